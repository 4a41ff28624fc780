-- What can be compensated in trees.
-- $1 int8[]: roots
SELECT c.instance_id, c.id, c.scope_id, c.sequence, c.node, c.loop_counter, c.variables
FROM bpmnd.compensation AS c
WHERE c.root_id = ANY ($1::bigint[])
ORDER BY c.sequence
