-- The comments on their tasks, finished or not.
-- $1 int8[]: instances
-- $2 int8: the root of their tree
SELECT c.id, c.instance_id, c.task_id, c.at, c.author, c.text
FROM history.comment AS c
WHERE c.task_id IN (
    SELECT e.id FROM history.task AS e WHERE e.instance_id = ANY ($1::bigint[])
    UNION ALL
    SELECT t.id FROM bpmnd.task AS t WHERE t.root_id = $2::bigint
)
ORDER BY c.id
