-- The subscriptions of trees.
-- $1 int8[]: roots
SELECT s.instance_id, s.id, s.token_id, s.node, s.event, s.kind, s.satisfied, s.name, s.correlation
FROM bpmnd.subscription AS s
WHERE s.root_id = ANY ($1::bigint[])
ORDER BY s.id
