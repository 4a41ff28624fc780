-- Removes subscriptions.
-- $1 int8[]: ids
DELETE FROM bpmnd.subscription AS t WHERE t.id = ANY ($1::bigint[])
