-- Moved or changed tokens; variables only where they are not null.
-- $1 int8[]: id
-- $2 int8[]: root_id
-- $3 int4[]: node
-- $4 int4[]: flow
-- $5 int2[]: state
-- $6 timestamptz[]: started_at
-- $7 jsonb[]: variables
-- $8 int2[]: role
-- $9 int4[]: loop_counter
UPDATE bpmnd.token AS t SET
    node = r.node, flow = r.flow, state = r.state, started_at = r.started_at,
    variables = coalesce(r.variables, t.variables), role = r.role, loop_counter = r.loop_counter
FROM unnest(
    $1::bigint[], $2::bigint[], $3::integer[], $4::integer[], $5::smallint[], $6::timestamptz[], $7::jsonb[],
    $8::smallint[], $9::integer[]
) AS r (
    id, root_id, node, flow, state, started_at, variables, role, loop_counter
)
WHERE t.root_id = r.root_id AND t.id = r.id
