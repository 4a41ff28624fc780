-- Instances, running and ended, newest first. $1 limit, $2 count too, $3 unused, $4 before this id (null: from the
-- first), $5 sees all, $6 user, $7 groups, $8 tenant (null: all), $9 definition key, $10 business key, $11 status, $12
-- started after, $13 parent (each null: any), $14 only roots, $15 names of variables, $16 operators, $17 values as
-- text, $18 values as JSON. Ids are found first, documents are made for one page.
WITH shown AS NOT MATERIALIZED (
    SELECT i.id
      FROM bpmnd.any_instance i
     WHERE ($8::text IS NULL OR i.tenant = $8::text)
       AND ($9::text IS NULL OR i.definition_id IN (SELECT d.id FROM bpmnd.definition d WHERE d.key = $9::text))
       AND ($10::text IS NULL OR i.business_key = $10::text)
       AND ($11::smallint IS NULL OR i.status = $11::smallint)
       AND ($12::timestamptz IS NULL OR i.started_at > $12::timestamptz)
       AND ($13::bigint IS NULL OR i.parent_id = $13::bigint)
       AND (NOT $14::boolean OR i.parent_id IS NULL)
       AND (cardinality($15::text[]) = 0 OR NOT EXISTS (
           SELECT FROM unnest($15::text[], $16::text[], $17::text[], $18::jsonb[]) AS f(name, operator, plain, value)
            WHERE (CASE f.operator
                  WHEN 'eq' THEN i.variables -> f.name IN (f.value, to_jsonb(f.plain))
                  WHEN 'ne' THEN i.variables -> f.name NOT IN (f.value, to_jsonb(f.plain))
                  WHEN 'gt' THEN i.variables -> f.name > f.value
                  WHEN 'gte' THEN i.variables -> f.name >= f.value
                  WHEN 'lt' THEN i.variables -> f.name < f.value
                  WHEN 'lte' THEN i.variables -> f.name <= f.value END
              AND (f.operator IN ('eq', 'ne')
                   OR jsonb_typeof(i.variables -> f.name) = jsonb_typeof(f.value))) IS NOT TRUE))
       AND ($5::boolean OR bpmnd.takes_part(i.id, i.root_id, i.started_by, $6::text, $7::text[]))
), page AS (
    SELECT f.id, row_number() OVER (ORDER BY f.id DESC) AS nth
      FROM (SELECT id FROM shown WHERE $3::bigint IS NULL OR id < $4::bigint ORDER BY id DESC LIMIT $1::integer + 1) f
), answer AS (
    SELECT coalesce(json_agg(d.document ORDER BY p.nth) FILTER (WHERE p.nth <= $1::integer), '[]') AS items,
           CASE WHEN count(*) > $1::integer
                THEN bpmnd.list_cursor('instances', 0, min(p.id) FILTER (WHERE p.nth <= $1::integer)) END AS next
      FROM page p
     CROSS JOIN LATERAL (SELECT i.document FROM bpmnd.instance_document i WHERE i.id = p.id LIMIT 1) d
)
SELECT 0::bigint,
       CASE WHEN $2::boolean
            THEN json_build_object('items', items, 'nextCursor', next, 'count', (SELECT count(*) FROM shown))
            ELSE json_build_object('items', items, 'nextCursor', next) END::text
  FROM answer
