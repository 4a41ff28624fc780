-- Those that have ended.
-- $1 int8[]: instances
SELECT i.id, i.root_id, i.parent_id, i.caller_id, i.definition_id, i.status, i.started_at, i.ended_at, i.business_key,
    i.tenant, i.error_code, i.started_by, i.end_reason, i.variables
FROM history.instance AS i
WHERE i.id = ANY ($1::bigint[])
ORDER BY i.id
