-- Timers that begin instances and are due, oldest first, locked until the transaction ends; those that another node is
-- about to fire are passed over.
-- $1 timestamptz: now
-- $2 int4: how many at most
SELECT e.definition_id, e.node, e.event, e.first_due_at, e.due_at, e.fired, e.repeat, e.cycle, e.tenant
FROM bpmnd.start_event AS e
JOIN bpmnd.definition AS d ON d.id = e.definition_id
WHERE e.active AND e.kind = 4 AND e.due_at <= $1::timestamptz AND NOT d.suspended
ORDER BY e.due_at, e.definition_id, e.node, e.event
LIMIT $2::integer
FOR UPDATE OF e SKIP LOCKED
