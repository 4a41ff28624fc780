-- Removes the live rows of ended instances.
-- $1 int8[]: ids
DELETE FROM bpmnd.instance AS t WHERE t.id = ANY ($1::bigint[])
