-- Locks root rows in id order: those of instances, tasks, jobs, incidents and subscriptions.
-- $1 int8[]: instances, roots or called ones
-- $2 int8[]: tasks
-- $3 int8[]: jobs
-- $4 int8[]: incidents
-- $5 int8[]: subscriptions
SELECT i.id, i.version, i.definition_id
FROM bpmnd.instance AS i
WHERE i.id = ANY (ARRAY(
    SELECT n.root_id FROM bpmnd.instance AS n WHERE n.id = ANY ($1::bigint[])
    UNION SELECT t.root_id FROM bpmnd.task AS t WHERE t.id = ANY ($2::bigint[])
    UNION SELECT j.root_id FROM bpmnd.job AS j WHERE j.id = ANY ($3::bigint[])
    UNION SELECT c.root_id FROM bpmnd.incident AS c WHERE c.id = ANY ($4::bigint[])
    UNION SELECT s.root_id FROM bpmnd.subscription AS s WHERE s.id = ANY ($5::bigint[])
))
ORDER BY i.id
FOR UPDATE OF i
