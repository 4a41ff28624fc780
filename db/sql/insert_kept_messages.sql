-- Messages that nobody waits for yet.
-- $1 int8[]: id
-- $2 text[]: name
-- $3 text[]: tenant
-- $4 int8[]: instance_id
-- $5 text[]: business_key
-- $6 jsonb[]: correlation
-- $7 jsonb[]: variables
-- $8 bool[]: for_all
-- $9 int8[]: from_instance_id
-- $10 text[]: sender
-- $11 timestamptz[]: at
-- $12 timestamptz[]: expires_at
INSERT INTO bpmnd.message (
    id, name, tenant, instance_id, business_key, correlation, variables, for_all, from_instance_id, sender, at,
    expires_at
)
SELECT *
FROM unnest(
    $1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::jsonb[], $7::jsonb[], $8::boolean[],
    $9::bigint[], $10::text[], $11::timestamptz[], $12::timestamptz[]
) AS r
