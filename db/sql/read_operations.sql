-- Operations, newest first. $1 limit, $2 count too, $3 unused, $4 before this id (null: from the first), $5 tenant
-- (null: all).
WITH shown AS NOT MATERIALIZED (
    SELECT d.id FROM bpmnd.operation d WHERE $5::text IS NULL OR d.tenant = $5::text
), page AS (
    SELECT id, row_number() OVER (ORDER BY id DESC) AS nth
      FROM shown
     WHERE $3::bigint IS NULL OR id < $4::bigint
     ORDER BY id DESC
     LIMIT $1::integer + 1
), answer AS (
    SELECT coalesce(json_agg(d.document ORDER BY p.nth) FILTER (WHERE p.nth <= $1::integer), '[]') AS items,
           CASE WHEN count(*) > $1::integer
                THEN bpmnd.list_cursor('operations', 0, min(p.id) FILTER (WHERE p.nth <= $1::integer)) END AS next
      FROM page p
      JOIN bpmnd.operation_document d ON d.id = p.id
)
SELECT 0::bigint,
       CASE WHEN $2::boolean
            THEN json_build_object('items', items, 'nextCursor', next, 'count', (SELECT count(*) FROM shown))
            ELSE json_build_object('items', items, 'nextCursor', next) END::text
  FROM answer
