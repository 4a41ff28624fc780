-- Forgets operations with their items. Answers with how many.
-- $1 timestamptz: those that ended before
-- $2 int4: how many at most
WITH gone AS (
    DELETE FROM bpmnd.operation AS o
    WHERE o.id IN (
        SELECT p.id FROM bpmnd.operation AS p WHERE p.ended_at < $1::timestamptz ORDER BY p.ended_at LIMIT $2::integer
        FOR UPDATE SKIP LOCKED
    )
    RETURNING 1
)
SELECT count(*)::integer FROM gone
