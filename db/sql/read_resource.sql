-- The bytes of a file as they came. $1 deployment, $2 name, $3 tenant (null: all).
SELECT 0::bigint, r.content
  FROM bpmnd.resource r
 WHERE r.deployment_id = $1::bigint AND r.name = $2::text
   AND ($3::text IS NULL
        OR EXISTS (SELECT FROM bpmnd.definition d WHERE d.deployment_id = r.deployment_id AND d.tenant = $3::text))
