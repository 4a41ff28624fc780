-- Their finished tasks.
-- $1 int8[]: instances
SELECT t.id, t.instance_id, t.definition_id, t.activity_id, t.created_at, t.ended_at, t.due_at, t.node, t.priority,
    t.outcome, t.assignee, t.completed_by, t.comment
FROM history.task AS t
WHERE t.instance_id = ANY ($1::bigint[])
ORDER BY t.id
