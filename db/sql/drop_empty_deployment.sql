-- Forgets a deployment that brought no new definition.
-- $1 int8: deployment
DELETE FROM bpmnd.deployment AS p
WHERE p.id = $1::bigint AND NOT EXISTS (SELECT FROM bpmnd.definition AS d WHERE d.deployment_id = p.id)
