-- Prolongs a lock. Answers 0: done, 1: the job is gone, or not locked.
-- $1 int8: job
-- $2 timestamptz: locked until
WITH done AS (
    UPDATE bpmnd.job AS j SET locked_until = $2::timestamptz
    WHERE j.id = $1::bigint AND j.kind = 1 AND j.locked_until IS NOT NULL
    RETURNING j.id
)
SELECT 1 - count(*)::integer FROM done
