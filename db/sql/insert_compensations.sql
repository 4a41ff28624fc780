-- What has completed and can be compensated.
-- $1 int8[]: id
-- $2 int8[]: root_id
-- $3 int8[]: instance_id
-- $4 int8[]: definition_id
-- $5 int8[]: scope_id
-- $6 int8[]: sequence
-- $7 int4[]: node
-- $8 int4[]: loop_counter
-- $9 jsonb[]: variables
INSERT INTO bpmnd.compensation (
    id, root_id, instance_id, definition_id, scope_id, sequence, node, loop_counter, variables
)
SELECT *
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::integer[],
    $8::integer[], $9::jsonb[]
) AS r
