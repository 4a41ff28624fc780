-- New jobs and timers.
-- $1 int8[]: id
-- $2 int8[]: root_id
-- $3 int8[]: instance_id
-- $4 int8[]: definition_id
-- $5 int8[]: token_id
-- $6 int4[]: node
-- $7 int2[]: kind
-- $8 text[]: type
-- $9 timestamptz[]: due_at
-- $10 int8[]: repeat
-- $11 text[]: cycle
-- $12 int4[]: retries
-- $13 bool[]: suspended
-- $14 text[]: message
-- $15 text[]: tenant
INSERT INTO bpmnd.job (
    id, root_id, instance_id, definition_id, token_id, node, kind, type, due_at, repeat, cycle, retries, suspended,
    message, tenant
)
SELECT *
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::integer[], $7::smallint[], $8::text[],
    $9::timestamptz[], $10::bigint[], $11::text[], $12::integer[], $13::boolean[], $14::text[], $15::text[]
) AS r
