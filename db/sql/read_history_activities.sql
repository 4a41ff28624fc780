-- Their finished activities.
-- $1 int8[]: instances
SELECT a.id, a.instance_id, a.definition_id, a.started_at, a.ended_at, a.node, a.outcome, a.role, a.loop_counter,
    a.scope_id, a.error_code
FROM history.activity AS a
WHERE a.instance_id = ANY ($1::bigint[])
ORDER BY a.id
