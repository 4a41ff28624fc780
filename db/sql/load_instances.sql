-- The instances of trees.
-- $1 int8[]: roots
SELECT i.id, i.root_id, i.parent_id, i.definition_id, i.version, i.status, i.business_key, i.tenant, i.started_at,
    i.started_by, i.variables, i.caller_id
FROM bpmnd.instance AS i
WHERE i.id = ANY ($1::bigint[]) OR (i.parent_id IS NOT NULL AND i.root_id = ANY ($1::bigint[]))
ORDER BY i.id
