-- Messages that processes have thrown, oldest first, locked until the transaction ends; those that another node is about
-- to deliver are passed over.
-- $1 int4: how many at most
SELECT o.id, o.name, o.tenant, NULL::bigint, o.business_key, o.correlation, o.variables, false, false, o.instance_id,
    o.sender, o.at, o.expires_at
FROM bpmnd.outbox AS o
WHERE o.kind = 1
ORDER BY o.id
LIMIT $1::integer
FOR UPDATE OF o SKIP LOCKED
