-- The diagram that a definition came from.
-- $1 int8: definition
SELECT d.id, r.content
FROM bpmnd.definition AS d
JOIN bpmnd.resource AS r ON r.deployment_id = d.deployment_id AND r.name = d.resource_name
WHERE d.id = $1::bigint
