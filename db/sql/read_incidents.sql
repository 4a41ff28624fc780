-- Open incidents, newest first. $1 limit, $2 count too, $3 unused, $4 before this id (null: from the first), $5 tenant
-- (null: all).
WITH shown AS NOT MATERIALIZED (
    SELECT f.id, f.document FROM bpmnd.incident_document f WHERE $5::text IS NULL OR f.tenant = $5::text
), page AS (
    SELECT *, row_number() OVER (ORDER BY id DESC) AS nth
      FROM shown
     WHERE $3::bigint IS NULL OR id < $4::bigint
     ORDER BY id DESC
     LIMIT $1::integer + 1
), answer AS (
    SELECT coalesce(json_agg(document ORDER BY nth) FILTER (WHERE nth <= $1::integer), '[]') AS items,
           CASE WHEN count(*) > $1::integer
                THEN bpmnd.list_cursor('incidents', 0, min(id) FILTER (WHERE nth <= $1::integer)) END AS next
      FROM page
)
SELECT 0::bigint,
       CASE WHEN $2::boolean
            THEN json_build_object('items', items, 'nextCursor', next, 'count', (SELECT count(*) FROM shown))
            ELSE json_build_object('items', items, 'nextCursor', next) END::text
  FROM answer
