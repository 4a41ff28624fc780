-- Open tasks that the viewer may see. $1 limit, $2 count too, $3 and $4 behind this key and id (null: from the first),
-- $5 sees all, $6 user, $7 groups, $8 tenant (null: all), $9 assignee (null: any), $10 only those that the user may
-- claim, $11 definition key, $12 instance, $13 due before, $14 least priority (each null: any), $15 order: created,
-- due, priority, $16 descending. Tasks without a due time come last in either direction. Ids are found first, documents
-- are made for one page.
WITH shown AS NOT MATERIALIZED (
    SELECT t.id,
           CASE $15::text
           WHEN 'due' THEN CASE WHEN t.due_at IS NULL THEN 9223372036854775807
                ELSE (extract(epoch FROM t.due_at) * 1000000)::bigint * CASE WHEN $16::boolean THEN -1 ELSE 1 END END
           WHEN 'priority' THEN t.priority * CASE WHEN $16::boolean THEN -1::bigint ELSE 1 END
           ELSE t.id * CASE WHEN $16::boolean THEN -1 ELSE 1 END END AS key
      FROM bpmnd.task t
     WHERE ($8::text IS NULL OR EXISTS (SELECT FROM bpmnd.instance i WHERE i.id = t.instance_id AND i.tenant = $8::text))
       AND ($5::boolean OR t.assignee = $6::text OR t.candidate_users && ARRAY[$6::text]
            OR t.candidate_groups && $7::text[])
       AND ($9::text IS NULL OR t.assignee = $9::text)
       AND (NOT $10::boolean OR (t.assignee IS NULL
            AND (t.candidate_users && ARRAY[$6::text] OR t.candidate_groups && $7::text[])))
       AND ($11::text IS NULL OR t.definition_id IN (SELECT d.id FROM bpmnd.definition d WHERE d.key = $11::text))
       AND ($12::bigint IS NULL OR t.instance_id = $12::bigint)
       AND ($13::timestamptz IS NULL OR t.due_at < $13::timestamptz)
       AND ($14::integer IS NULL OR t.priority >= $14::integer)
), page AS (
    SELECT f.key, f.id, row_number() OVER (ORDER BY f.key, f.id) AS nth
      FROM (SELECT key, id FROM shown WHERE $3::bigint IS NULL OR (key, id) > ($3::bigint, $4::bigint)
             ORDER BY key, id LIMIT $1::integer + 1) f
), answer AS (
    SELECT coalesce(json_agg(d.document ORDER BY p.nth) FILTER (WHERE p.nth <= $1::integer), '[]') AS items,
           CASE WHEN count(*) > $1::integer
                THEN (SELECT bpmnd.list_cursor($15::text || CASE WHEN $16::boolean THEN '-' ELSE '' END, key, id)
                        FROM page WHERE nth = $1::integer) END AS next
      FROM page p
     CROSS JOIN LATERAL (SELECT t.document FROM bpmnd.task_document t WHERE t.id = p.id LIMIT 1) d
)
SELECT 0::bigint,
       CASE WHEN $2::boolean
            THEN json_build_object('items', items, 'nextCursor', next, 'count', (SELECT count(*) FROM shown))
            ELSE json_build_object('items', items, 'nextCursor', next) END::text
  FROM answer
