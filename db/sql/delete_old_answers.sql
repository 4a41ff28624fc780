-- Forgets old answers, a part at a time; nodes that do the same pass each other by. Answers with how many.
-- $1 timestamptz: those from before
-- $2 int4: how many at most
WITH gone AS (
    DELETE FROM bpmnd.idempotency AS a
    WHERE a.ctid = ANY (ARRAY(
        SELECT o.ctid
        FROM bpmnd.idempotency AS o
        WHERE o.created_at < $1::timestamptz
        LIMIT $2::integer
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING 1
)
SELECT count(*)::integer FROM gone
