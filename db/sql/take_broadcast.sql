-- The oldest signal that nobody else is about to deliver, locked until the transaction ends, with the next trees that waited
-- for it when it was thrown. The thrower's own tree has got it already.
-- $1 int4: how many trees at most
WITH taken AS (
    SELECT o.* FROM bpmnd.outbox AS o
    WHERE o.kind IN (2, 3)
    ORDER BY o.id
    LIMIT 1
    FOR UPDATE OF o SKIP LOCKED
)
SELECT t.id, t.kind, t.name, t.tenant, t.variables, t.sender, t.starts_done,
    CASE t.kind WHEN 2 THEN ARRAY(
        SELECT DISTINCT s.root_id
        FROM bpmnd.subscription AS s
        WHERE s.kind = 2 AND s.tenant = t.tenant AND s.name = t.name AND s.root_id > t.last_root
            AND s.root_id IS DISTINCT FROM t.root_id AND s.created_at <= t.created_at
        ORDER BY s.root_id
        LIMIT $1::integer
    ) ELSE ARRAY(
        SELECT DISTINCT s.root_id
        FROM bpmnd.subscription AS s
        WHERE s.kind = 3 AND s.tenant = t.tenant AND s.root_id > t.last_root AND s.created_at <= t.created_at
        ORDER BY s.root_id
        LIMIT $1::integer
    ) END
FROM taken AS t
