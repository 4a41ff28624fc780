-- Forgets old answers, a part at a time; nodes that do the same pass each other by.
-- $1 timestamptz: those from before
-- $2 int4: how many at most
DELETE FROM bpmnd.idempotency AS a
WHERE a.ctid = ANY (ARRAY(
    SELECT o.ctid
    FROM bpmnd.idempotency AS o
    WHERE o.created_at < $1::timestamptz
    LIMIT $2::integer
    FOR UPDATE SKIP LOCKED
))
