-- The jobs and timers of trees.
-- $1 int8[]: roots
SELECT j.instance_id, j.id, j.token_id, j.node, j.kind, j.type, j.due_at, j.repeat, j.cycle, j.retries, j.message,
    j.event
FROM bpmnd.job AS j
WHERE j.root_id = ANY ($1::bigint[])
ORDER BY j.id
