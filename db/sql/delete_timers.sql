-- Removes timers.
-- $1 int8[]: ids
DELETE FROM bpmnd.job AS j WHERE j.id = ANY ($1::bigint[])
