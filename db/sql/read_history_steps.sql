-- Their steps.
-- $1 int8[]: instances
SELECT s.id, s.instance_id, s.at, s.first_id, s.subject_id, s.cause_id, s.version, s.command, s.actor,
    s.flows::bigint[], s.variables, s.reason, s.trace, s.input
FROM history.step AS s
WHERE s.instance_id = ANY ($1::bigint[])
ORDER BY s.version, s.id
