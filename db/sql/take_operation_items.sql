-- The next items of an operation, locked until the transaction ends; those that somebody else has are passed over.
-- $1 int4: how many at most
-- $2 int8: operations behind this one come first, so that a large one does not hold up the others
WITH chosen AS (
    SELECT o.id FROM bpmnd.operation AS o
    WHERE o.ended_at IS NULL
        AND EXISTS (SELECT FROM bpmnd.operation_item AS i WHERE i.operation_id = o.id AND i.status = 0)
    ORDER BY o.id <= $2::bigint, o.id
    LIMIT 1
), taken AS (
    SELECT i.nth, i.instance_id FROM bpmnd.operation_item AS i
    WHERE i.operation_id = (SELECT c.id FROM chosen AS c) AND i.status = 0
    ORDER BY i.nth
    LIMIT $1::integer
    FOR UPDATE SKIP LOCKED
)
SELECT o.id, o.type, o.tenant, o.created_by, o.may_administer, o.dry_run, o.reason, o.input, o.definition_id,
    o.definition_key, o.definition_version, o.initial_variables, o.trace,
    ARRAY(SELECT t.nth::bigint FROM taken AS t ORDER BY t.nth),
    ARRAY(SELECT t.instance_id FROM taken AS t ORDER BY t.nth)
FROM bpmnd.operation AS o
WHERE o.id = (SELECT c.id FROM chosen AS c)
