-- Deployments, newest first. $1 limit, $2 count too, $3 unused, $4 before this id (null: from the first), $5 tenant
-- (null: all).
WITH shown AS NOT MATERIALIZED (
    SELECT p.id, p.name, p.source, p.deployed_at, p.deployed_by
      FROM bpmnd.deployment p
     WHERE $5::text IS NULL
        OR EXISTS (SELECT FROM bpmnd.definition d WHERE d.deployment_id = p.id AND d.tenant = $5::text)
), page AS (
    SELECT *, row_number() OVER (ORDER BY id DESC) AS nth
      FROM shown
     WHERE $3::bigint IS NULL OR id < $4::bigint
     ORDER BY id DESC
     LIMIT $1::integer + 1
), answer AS (
    SELECT coalesce(json_agg(json_build_object('id', id::text, 'name', name, 'source', source,
                   'deployedAt', bpmnd.rfc3339(deployed_at), 'deployedBy', deployed_by) ORDER BY nth)
               FILTER (WHERE nth <= $1::integer), '[]') AS items,
           CASE WHEN count(*) > $1::integer
                THEN bpmnd.list_cursor('deployments', 0, min(id) FILTER (WHERE nth <= $1::integer)) END AS next
      FROM page
)
SELECT 0::bigint,
       CASE WHEN $2::boolean
            THEN json_build_object('items', items, 'nextCursor', next, 'count', (SELECT count(*) FROM shown))
            ELSE json_build_object('items', items, 'nextCursor', next) END::text
  FROM answer
