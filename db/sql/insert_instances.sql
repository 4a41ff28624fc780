-- New running instances.
-- $1 int8[]: id
-- $2 int8[]: root_id
-- $3 int8[]: parent_id
-- $4 int8[]: definition_id
-- $5 int8[]: version
-- $6 int2[]: status
-- $7 text[]: business_key
-- $8 text[]: tenant
-- $9 timestamptz[]: started_at
-- $10 text[]: started_by
-- $11 jsonb[]: variables
-- $12 int8[]: caller_id
INSERT INTO bpmnd.instance (
    id, root_id, parent_id, definition_id, version, status, business_key, tenant, started_at, started_by, variables,
    caller_id
)
SELECT *
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::smallint[], $7::text[], $8::text[],
    $9::timestamptz[], $10::text[], $11::jsonb[], $12::bigint[]
) AS r
