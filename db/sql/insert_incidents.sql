-- New incidents.
-- $1 int8[]: id
-- $2 int8[]: root_id
-- $3 int8[]: instance_id
-- $4 int8[]: definition_id
-- $5 int8[]: token_id
-- $6 int4[]: node
-- $7 int8[]: job_id
-- $8 text[]: type
-- $9 text[]: message
-- $10 timestamptz[]: created_at
INSERT INTO bpmnd.incident (
    id, root_id, instance_id, definition_id, token_id, node, job_id, type, message, created_at
)
SELECT *
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::integer[], $7::bigint[], $8::text[],
    $9::text[], $10::timestamptz[]
) AS r
