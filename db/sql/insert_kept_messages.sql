-- Messages that nobody waits for yet.
-- $1 int8[]: id
-- $2 text[]: name
-- $3 text[]: tenant
-- $4 int8[]: instance_id
-- $5 text[]: business_key
-- $6 jsonb[]: correlation
-- $7 jsonb[]: variables
-- $8 bool[]: for_all
-- $9 bool[]: may_administer
-- $10 int8[]: from_instance_id
-- $11 text[]: sender
-- $12 timestamptz[]: at
-- $13 timestamptz[]: expires_at
INSERT INTO bpmnd.message (
    id, name, tenant, instance_id, business_key, correlation, variables, for_all, may_administer, from_instance_id,
    sender, at, expires_at
)
SELECT *
FROM unnest(
    $1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::jsonb[], $7::jsonb[], $8::boolean[],
    $9::boolean[], $10::bigint[], $11::text[], $12::timestamptz[], $13::timestamptz[]
) AS r
