-- Ended instances.
-- $1 int8[]: id
-- $2 int8[]: root_id
-- $3 int8[]: parent_id
-- $4 int8[]: definition_id
-- $5 int2[]: status
-- $6 timestamptz[]: started_at
-- $7 timestamptz[]: ended_at
-- $8 text[]: business_key
-- $9 text[]: tenant
-- $10 text[]: error_code
-- $11 text[]: started_by
-- $12 text[]: end_reason
-- $13 jsonb[]: variables
-- $14 int8[]: caller_id
INSERT INTO history.instance (
    id, root_id, parent_id, definition_id, status, started_at, ended_at, business_key, tenant, error_code,
    started_by, end_reason, variables, caller_id
)
SELECT *
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::smallint[], $6::timestamptz[], $7::timestamptz[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::jsonb[], $14::bigint[]
) AS r
