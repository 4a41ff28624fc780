-- Kept messages that somebody can take by now, locked until the transaction ends; those that another node is about to
-- deliver are passed over.
-- $1 int4: how many at most
-- $2 int8: only behind this id
-- $3 timestamptz: now
SELECT m.id, m.name, m.tenant, m.instance_id, m.business_key, m.correlation, m.variables, m.for_all, m.may_administer,
    m.from_instance_id, m.sender, m.at, m.expires_at
FROM bpmnd.message AS m
WHERE m.id > $2::bigint AND m.expires_at > $3::timestamptz AND (
    EXISTS (
        SELECT FROM bpmnd.message_candidates(
            m.name, m.tenant, m.instance_id, m.business_key, m.correlation, m.from_instance_id IS NOT NULL, 1
        )
    )
    OR m.instance_id IS NULL AND EXISTS (
        SELECT FROM bpmnd.open_start_event AS e WHERE e.kind = 1 AND e.tenant = m.tenant AND e.name = m.name
    )
)
ORDER BY m.id
LIMIT $1::integer
FOR UPDATE OF m SKIP LOCKED
