-- Which tree each task, job, incident, subscription or instance belongs to; those that are gone have no row. Locks the
-- jobs' rows, so that nobody takes one over meanwhile. To be run behind lock_trees.
-- $1 int8[]: tasks
-- $2 int8[]: jobs
-- $3 int8[]: incidents
-- $4 int8[]: subscriptions
-- $5 int8[]: instances
WITH held AS (
    SELECT j.id, j.root_id, j.token_id, j.worker
    FROM bpmnd.job AS j
    WHERE j.id = ANY ($2::bigint[])
    ORDER BY j.id
    FOR UPDATE OF j
)
SELECT 1::smallint, t.id, t.root_id, t.token_id, false FROM bpmnd.task AS t WHERE t.id = ANY ($1::bigint[])
UNION ALL
SELECT 2::smallint, h.id, h.root_id, h.token_id, h.worker IS NOT NULL FROM held AS h
UNION ALL
SELECT 3::smallint, c.id, c.root_id, c.token_id, false FROM bpmnd.incident AS c WHERE c.id = ANY ($3::bigint[])
UNION ALL
SELECT 4::smallint, s.id, s.root_id, s.token_id, false
FROM bpmnd.subscription AS s
WHERE s.id = ANY ($4::bigint[])
UNION ALL
SELECT 5::smallint, n.id, n.root_id, NULL, false FROM bpmnd.instance AS n WHERE n.id = ANY ($5::bigint[])
