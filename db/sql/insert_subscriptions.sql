-- New subscriptions.
-- $1 int8[]: id
-- $2 int8[]: root_id
-- $3 int8[]: instance_id
-- $4 int8[]: definition_id
-- $5 int8[]: token_id
-- $6 int4[]: node
-- $7 int4[]: event
-- $8 int2[]: kind
-- $9 bool[]: satisfied
-- $10 text[]: name
-- $11 jsonb[]: correlation
-- $12 text[]: tenant
INSERT INTO bpmnd.subscription (
    id, root_id, instance_id, definition_id, token_id, node, event, kind, satisfied, name, correlation, tenant
)
SELECT *
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::integer[], $7::integer[],
    $8::smallint[], $9::boolean[], $10::text[], $11::jsonb[], $12::text[]
) AS r
