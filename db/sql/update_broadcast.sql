-- A signal has reached these trees, and its start events.
-- $1 int8: id
-- $2 int8: the last tree
UPDATE bpmnd.outbox AS o SET last_root = $2::bigint, starts_done = true WHERE o.id = $1::bigint
