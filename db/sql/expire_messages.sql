-- Kept messages whose time is over; nodes that do the same pass each other by.
-- $1 timestamptz: now
-- $2 int4: how many at most
WITH gone AS (
    DELETE FROM bpmnd.message AS m
    WHERE m.id = ANY (ARRAY(
        SELECT o.id
        FROM bpmnd.message AS o
        WHERE o.expires_at <= $1::timestamptz
        ORDER BY o.expires_at
        LIMIT $2::integer
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING m.*
)
INSERT INTO history.message (id, name, tenant, at, ended_at, from_instance_id, outcome)
SELECT g.id, g.name, g.tenant, g.at, g.expires_at, g.from_instance_id, 3 FROM gone AS g
