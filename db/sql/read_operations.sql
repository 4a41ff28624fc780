-- Operations, newest first: by time, as ids are ordered within a worker only. $1 limit, $2 count too, $3 before this time
-- in microseconds and $4 id (null: from the first), $5 tenant (null: all).
WITH shown AS NOT MATERIALIZED (
    SELECT o.id, (extract(epoch FROM o.created_at) * 1000000)::bigint AS key
      FROM bpmnd.operation o
     WHERE $5::text IS NULL OR o.tenant = $5::text
), page AS (
    SELECT id, key, row_number() OVER (ORDER BY key DESC, id DESC) AS nth
      FROM shown
     WHERE $3::bigint IS NULL OR (key, id) < ($3::bigint, $4::bigint)
     ORDER BY key DESC, id DESC
     LIMIT $1::integer + 1
), answer AS (
    SELECT coalesce(json_agg(d.document ORDER BY p.nth) FILTER (WHERE p.nth <= $1::integer), '[]') AS items,
           CASE WHEN count(*) > $1::integer
                THEN bpmnd.list_cursor('operations', max(p.key) FILTER (WHERE p.nth = $1::integer),
                    max(p.id) FILTER (WHERE p.nth = $1::integer)) END AS next
      FROM page p
      JOIN bpmnd.operation_document d ON d.id = p.id
)
SELECT 0::bigint,
       CASE WHEN $2::boolean
            THEN json_build_object('items', items, 'nextCursor', next, 'count', (SELECT count(*) FROM shown))
            ELSE json_build_object('items', items, 'nextCursor', next) END::text
  FROM answer
