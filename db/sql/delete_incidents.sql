-- Removes the live rows of closed incidents.
-- $1 int8[]: ids
DELETE FROM bpmnd.incident AS t WHERE t.id = ANY ($1::bigint[])
