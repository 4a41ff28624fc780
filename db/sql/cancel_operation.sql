-- Stops an operation: what is pending stays undone. 0 done, 1 not found, 2 it has ended already.
-- $1 int8: id
-- $2 text: tenant, null: all
-- $3 timestamptz: now
WITH found AS (
    SELECT o.id, o.ended_at FROM bpmnd.operation AS o
    WHERE o.id = $1::bigint AND ($2::text IS NULL OR o.tenant = $2::text)
    FOR UPDATE
), stopped AS (
    UPDATE bpmnd.operation AS o SET ended_at = $3::timestamptz, canceled = true
    FROM found AS f WHERE o.id = f.id AND f.ended_at IS NULL
)
SELECT coalesce((SELECT CASE WHEN f.ended_at IS NULL THEN 0 ELSE 2 END FROM found AS f), 1)
