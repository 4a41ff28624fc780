-- Timers that have fired; those without a next firing leave.
-- $1 int8[]: definition_id
-- $2 int4[]: node
-- $3 int4[]: event
-- $4 timestamptz[]: due_at, null: it was the last
WITH fired AS (
    SELECT *
    FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::timestamptz[]) AS r (definition_id, node, event, due_at)
), gone AS (
    DELETE FROM bpmnd.start_event AS e
    USING fired AS f
    WHERE e.definition_id = f.definition_id AND e.node = f.node AND e.event = f.event AND f.due_at IS NULL
)
UPDATE bpmnd.start_event AS e SET due_at = f.due_at, fired = e.fired + 1
FROM fired AS f
WHERE e.definition_id = f.definition_id AND e.node = f.node AND e.event = f.event AND f.due_at IS NOT NULL
