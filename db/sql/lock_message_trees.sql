-- Locks root rows in id order, as lock_trees does, with those of everybody who waits for a message.
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
SELECT i.id, i.version, i.definition_id
FROM bpmnd.instance AS i
WHERE i.id = ANY (ARRAY(
    SELECT n.root_id FROM bpmnd.instance AS n WHERE n.id = ANY ($1::bigint[])
    UNION SELECT t.root_id FROM bpmnd.task AS t WHERE t.id = ANY ($2::bigint[])
    UNION SELECT j.root_id FROM bpmnd.job AS j WHERE j.id = ANY ($3::bigint[])
    UNION SELECT c.root_id FROM bpmnd.incident AS c WHERE c.id = ANY ($4::bigint[])
    UNION SELECT s.root_id FROM bpmnd.subscription AS s WHERE s.id = ANY ($5::bigint[])
    UNION SELECT r.root_id
    FROM unnest(
        $6::text[], $7::text[], $8::bigint[], $9::text[], $10::jsonb[], $11::boolean[], $12::integer[]
    ) AS m (name, tenant, instance_id, business_key, correlation, thrown, most)
    CROSS JOIN LATERAL bpmnd.message_candidates(
        m.name, m.tenant, m.instance_id, m.business_key, m.correlation, m.thrown, m.most
    ) AS r
))
ORDER BY i.id
FOR UPDATE OF i
