-- The tokens of trees.
-- $1 int8[]: roots
SELECT t.instance_id, t.id, t.scope_id, t.node, t.flow, t.state, t.started_at, t.variables, t.role,
    t.loop_counter
FROM bpmnd.token AS t
WHERE t.root_id = ANY ($1::bigint[])
ORDER BY t.id
