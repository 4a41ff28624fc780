-- Messages and signals that steps have thrown.
-- $1 int8[]: id
-- $2 int8[]: root_id
-- $3 int8[]: instance_id
-- $4 int2[]: kind
-- $5 text[]: name
-- $6 text[]: tenant
-- $7 text[]: business_key
-- $8 jsonb[]: correlation
-- $9 jsonb[]: variables
-- $10 timestamptz[]: at
-- $11 timestamptz[]: expires_at
INSERT INTO bpmnd.outbox (
    id, root_id, instance_id, kind, name, tenant, business_key, correlation, variables, at, expires_at, sender
)
SELECT r.*, CASE r.kind WHEN 1 THEN 'message' ELSE 'signal' END
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::jsonb[],
    $9::jsonb[], $10::timestamptz[], $11::timestamptz[]
) AS r (
    id, root_id, instance_id, kind, name, tenant, business_key, correlation, variables, at, expires_at
)
