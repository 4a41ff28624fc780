-- The sequence flows of a definition, if it was made.
-- $1 int8: definition
-- $2 text[]: flow_id
-- $3 text[]: source_id
-- $4 text[]: target_id
INSERT INTO bpmnd.flow (definition_id, flow, flow_id, source_id, target_id)
SELECT $1::bigint, f.position - 1, f.flow_id, f.source_id, f.target_id
FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS f (flow_id, source_id, target_id, position)
WHERE EXISTS (SELECT FROM bpmnd.definition AS d WHERE d.id = $1::bigint)
