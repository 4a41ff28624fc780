-- The incidents of trees.
-- $1 int8[]: roots
SELECT c.instance_id, c.id, c.token_id, c.node, c.job_id, c.type, c.message, c.created_at
FROM bpmnd.incident AS c
WHERE c.root_id = ANY ($1::bigint[])
ORDER BY c.id
