-- Kept messages that have been delivered.
-- $1 int8[]: ids
DELETE FROM bpmnd.message AS m WHERE m.id = ANY ($1::bigint[])
