-- Items of an operation, in order. $1 limit, $2 count too, $3 unused, $4 behind this number (null: from the first), $5
-- operation, $6 tenant (null: all), $7 status: pending, done, failed, canceled (null: any). No row: no such operation.
WITH shown AS NOT MATERIALIZED (
    SELECT i.nth, i.document
      FROM bpmnd.operation_item_document i
     WHERE i.operation_id = $5::bigint
       AND ($7::text IS NULL OR CASE $7::text WHEN 'done' THEN i.status = 1 WHEN 'failed' THEN i.status = 2
            WHEN 'canceled' THEN i.status = 0 AND i.ended ELSE i.status = 0 AND NOT i.ended END)
), page AS (
    SELECT nth, document FROM shown WHERE $3::bigint IS NULL OR nth > $4::bigint ORDER BY nth LIMIT $1::integer + 1
), answer AS (
    SELECT coalesce(json_agg(p.document ORDER BY p.nth) FILTER (WHERE p.place <= $1::integer), '[]') AS items,
           CASE WHEN count(*) > $1::integer
                THEN bpmnd.list_cursor('items', 0, max(p.nth) FILTER (WHERE p.place <= $1::integer)) END AS next
      FROM (SELECT nth, document, row_number() OVER (ORDER BY nth) AS place FROM page) p
)
SELECT 0::bigint,
       CASE WHEN $2::boolean
            THEN json_build_object('items', items, 'nextCursor', next, 'count', (SELECT count(*) FROM shown))
            ELSE json_build_object('items', items, 'nextCursor', next) END::text
  FROM answer
 WHERE EXISTS (SELECT FROM bpmnd.operation o
                WHERE o.id = $5::bigint AND ($6::text IS NULL OR o.tenant = $6::text))
