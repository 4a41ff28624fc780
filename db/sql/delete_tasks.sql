-- Removes the live rows of finished user tasks.
-- $1 int8[]: ids
DELETE FROM bpmnd.task AS t WHERE t.id = ANY ($1::bigint[])
