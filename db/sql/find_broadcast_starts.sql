-- The start events that a signal, or a look at conditions, may begin.
-- $1 int2: kind
-- $2 text: name, null: conditions
-- $3 text: tenant
SELECT e.definition_id, e.node, e.event, e.first_due_at, e.due_at, e.fired, e.repeat, e.cycle, e.tenant
FROM bpmnd.open_start_event AS e
WHERE e.kind = $1::smallint AND e.tenant = $3::text AND e.name IS NOT DISTINCT FROM $2::text
ORDER BY e.definition_id, e.node, e.event
