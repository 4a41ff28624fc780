-- Who can take each message, as lock_message_trees tells it. To be run behind it, when a tree has changed before the lock.
-- $1 text[]: names of messages
-- $2 text[]: tenant
-- $3 int8[]: instance that it is for, null: any
-- $4 text[]: business key, null: any
-- $5 jsonb[]: correlation keys, null: none
-- $6 bool[]: a process has thrown it
-- $7 int4[]: how many receivers at most
SELECT m.nth::integer - 1, r.definition_id, r.node, r.event, r.subscription_id, r.instance_id, r.root_id, r.version
FROM unnest(
    $1::text[], $2::text[], $3::bigint[], $4::text[], $5::jsonb[], $6::boolean[], $7::integer[]
) WITH ORDINALITY AS m (name, tenant, instance_id, business_key, correlation, thrown, most, nth)
CROSS JOIN LATERAL (
    SELECT w.definition_id, w.node, w.event, w.subscription_id, w.instance_id, w.root_id, w.version
    FROM bpmnd.message_candidates(
        m.name, m.tenant, m.instance_id, m.business_key, m.correlation, m.thrown, m.most
    ) AS w
    UNION ALL
    SELECT e.definition_id, e.node, e.event, NULL, NULL, NULL, NULL
    FROM bpmnd.open_start_event AS e
    WHERE e.kind = 1 AND e.tenant = m.tenant AND e.name = m.name AND m.instance_id IS NULL
) AS r
ORDER BY m.nth, r.subscription_id NULLS LAST, r.definition_id
