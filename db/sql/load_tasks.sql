-- The open user tasks of trees.
-- $1 int8[]: roots
SELECT t.instance_id, t.id, t.token_id, t.node, t.version, t.priority, t.assignee, t.candidate_users,
    t.candidate_groups, t.form, t.created_at, t.due_at, t.follow_up_at
FROM bpmnd.task AS t
WHERE t.root_id = ANY ($1::bigint[])
ORDER BY t.id
