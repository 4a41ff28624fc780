-- The file that a definition came in, byte for byte. $1 id, $2 tenant (null: all).
SELECT 0::bigint, r.content
  FROM bpmnd.definition d
  JOIN bpmnd.resource r ON r.deployment_id = d.deployment_id AND r.name = d.resource_name
 WHERE d.id = $1::bigint AND ($2::text IS NULL OR d.tenant = $2::text)
