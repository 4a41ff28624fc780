-- Finished activities.
-- $1 int8[]: id
-- $2 int8[]: instance_id
-- $3 int8[]: definition_id
-- $4 timestamptz[]: started_at
-- $5 timestamptz[]: ended_at
-- $6 int4[]: node
-- $7 int2[]: outcome
-- $8 int8[]: scope_id
-- $9 text[]: error_code
-- $10 int2[]: role
-- $11 int4[]: loop_counter
INSERT INTO history.activity (
    id, instance_id, definition_id, started_at, ended_at, node, outcome, scope_id, error_code, role,
    loop_counter
)
SELECT *
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::integer[], $7::smallint[],
    $8::bigint[], $9::text[], $10::smallint[], $11::integer[]
) AS r
