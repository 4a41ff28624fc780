-- New waiting tokens.
-- $1 int8[]: id
-- $2 int8[]: root_id
-- $3 int8[]: instance_id
-- $4 int8[]: definition_id
-- $5 int8[]: scope_id
-- $6 int4[]: node
-- $7 int4[]: flow
-- $8 int2[]: state
-- $9 timestamptz[]: started_at
-- $10 jsonb[]: variables
-- $11 int2[]: role
-- $12 int4[]: loop_counter
INSERT INTO bpmnd.token (
    id, root_id, instance_id, definition_id, scope_id, node, flow, state, started_at, variables, role,
    loop_counter
)
SELECT *
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::integer[], $7::integer[],
    $8::smallint[], $9::timestamptz[], $10::jsonb[], $11::smallint[], $12::integer[]
) AS r
