-- Definitions, newest first. $1 limit, $2 count too, $3 unused, $4 before this id (null: from the first), $5 tenant
-- (null: all), $6 key (null: all), $7 only the latest version of each key.
WITH shown AS NOT MATERIALIZED (
    SELECT d.*
      FROM bpmnd.definition d
     WHERE ($5::text IS NULL OR d.tenant = $5::text)
       AND ($6::text IS NULL OR d.key = $6::text)
       AND (NOT $7::boolean OR NOT EXISTS (SELECT FROM bpmnd.definition later
            WHERE later.tenant = d.tenant AND later.key = d.key AND later.version > d.version))
), page AS (
    SELECT *, row_number() OVER (ORDER BY id DESC) AS nth
      FROM shown
     WHERE $3::bigint IS NULL OR id < $4::bigint
     ORDER BY id DESC
     LIMIT $1::integer + 1
), answer AS (
    SELECT coalesce(json_agg(json_build_object('id', id::text, 'key', key, 'version', version, 'name', name,
                   'versionTag', version_tag, 'tenant', nullif(tenant, ''), 'executable', executable,
                   'suspended', suspended, 'deploymentId', deployment_id::text, 'resource', resource_name) ORDER BY nth)
               FILTER (WHERE nth <= $1::integer), '[]') AS items,
           CASE WHEN count(*) > $1::integer
                THEN bpmnd.list_cursor('definitions', 0, min(id) FILTER (WHERE nth <= $1::integer)) END AS next
      FROM page
)
SELECT 0::bigint,
       CASE WHEN $2::boolean
            THEN json_build_object('items', items, 'nextCursor', next, 'count', (SELECT count(*) FROM shown))
            ELSE json_build_object('items', items, 'nextCursor', next) END::text
  FROM answer
