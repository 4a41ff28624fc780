-- Operations of which no item is left: they have ended. Whoever is at it already is not waited for.
-- $1 timestamptz: now
WITH over AS (
    SELECT o.id FROM bpmnd.operation AS o
    WHERE o.ended_at IS NULL
        AND NOT EXISTS (SELECT FROM bpmnd.operation_item AS i WHERE i.operation_id = o.id AND i.status = 0)
    FOR UPDATE SKIP LOCKED
)
UPDATE bpmnd.operation AS o SET ended_at = $1::timestamptz, done = c.done, failed = c.failed
FROM over
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE i.status = 1) AS done, count(*) FILTER (WHERE i.status = 2) AS failed
    FROM bpmnd.operation_item AS i WHERE i.operation_id = over.id
) AS c
WHERE o.id = over.id
