-- Locks root rows in id order, as lock_trees does, with those of everybody who waits for a message. Tells the locked trees
-- (message: null), and who can take each message: first those who wait, with the version of their tree as it was before
-- the lock, then the start events that it begins. Those who have declared the very keys of a message, whom most messages
-- find, are looked for here: message_candidates would find the same, one message after another.
-- $1 int8[]: instances, roots or called ones
-- $2 int8[]: tasks
-- $3 int8[]: jobs
-- $4 int8[]: incidents
-- $5 int8[]: subscriptions
-- $6 text[]: names of messages
-- $7 text[]: tenant
-- $8 int8[]: instance that it is for, null: any
-- $9 text[]: business key, null: any
-- $10 jsonb[]: correlation keys, null: none
-- $11 bool[]: a process has thrown it
-- $12 int4[]: how many receivers at most
WITH message AS (
    SELECT m.*
    FROM unnest(
        $6::text[], $7::text[], $8::bigint[], $9::text[], $10::jsonb[], $11::boolean[], $12::integer[]
    ) WITH ORDINALITY AS m (name, tenant, instance_id, business_key, correlation, thrown, most, nth)
), declared AS MATERIALIZED (
    SELECT m.nth, w.*
    FROM message AS m
    CROSS JOIN LATERAL (
        SELECT w.definition_id, w.node, w.event, w.subscription_id, w.instance_id, w.root_id, w.version
        FROM bpmnd.message_wait AS w
        WHERE m.instance_id IS NULL AND m.correlation <> '{}' AND w.tenant = m.tenant AND w.name = m.name
            AND jsonb_hash_extended(w.correlation, 0) = jsonb_hash_extended(m.correlation, 0)
            AND w.correlation = m.correlation
            AND (m.business_key IS NULL OR m.thrown OR w.business_key = m.business_key)
        LIMIT m.most
    ) AS w
), candidate AS MATERIALIZED (
    SELECT d.* FROM declared AS d
    UNION ALL
    SELECT m.nth, w.definition_id, w.node, w.event, w.subscription_id, w.instance_id, w.root_id, w.version
    FROM message AS m
    CROSS JOIN LATERAL bpmnd.message_candidates(
        m.name, m.tenant, m.instance_id, m.business_key, m.correlation, m.thrown, m.most
    ) AS w
    WHERE m.nth <> ALL (ARRAY(SELECT d.nth FROM declared AS d))
), locked AS (
    SELECT i.id, i.version, i.definition_id
    FROM bpmnd.instance AS i
    WHERE i.id = ANY (ARRAY(
        SELECT n.root_id FROM bpmnd.instance AS n WHERE n.id = ANY ($1::bigint[])
        UNION ALL SELECT t.root_id FROM bpmnd.task AS t WHERE t.id = ANY ($2::bigint[])
        UNION ALL SELECT j.root_id FROM bpmnd.job AS j WHERE j.id = ANY ($3::bigint[])
        UNION ALL SELECT c.root_id FROM bpmnd.incident AS c WHERE c.id = ANY ($4::bigint[])
        UNION ALL SELECT s.root_id FROM bpmnd.subscription AS s WHERE s.id = ANY ($5::bigint[])
        UNION ALL SELECT c.root_id FROM candidate AS c
    ))
    ORDER BY i.id
    FOR UPDATE OF i
)
SELECT NULL::integer AS message, l.definition_id, NULL::integer AS node, NULL::integer AS event,
    NULL::bigint AS subscription_id, NULL::bigint AS instance_id, l.id AS root_id, l.version
FROM locked AS l
UNION ALL
SELECT c.nth::integer - 1, c.definition_id, c.node, c.event, c.subscription_id, c.instance_id, c.root_id, c.version
FROM candidate AS c
UNION ALL
SELECT m.nth::integer - 1, e.definition_id, e.node, e.event, NULL, NULL, NULL, NULL
FROM message AS m
CROSS JOIN LATERAL (
    SELECT e.definition_id, e.node, e.event
    FROM bpmnd.open_start_event AS e
    WHERE e.kind = 1 AND e.tenant = m.tenant AND e.name = m.name AND m.instance_id IS NULL
    LIMIT m.most
) AS e
ORDER BY message NULLS FIRST, subscription_id NULLS LAST, definition_id
