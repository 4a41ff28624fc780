-- New jobs and timers. Work of the server's own (types that begin with bpmnd:) is done for all tenants, under none.
-- $1 int8[]: id
-- $2 int8[]: root_id
-- $3 int8[]: instance_id
-- $4 int8[]: definition_id
-- $5 int8[]: token_id
-- $6 int4[]: node
-- $7 int2[]: kind
-- $8 text[]: type
-- $9 timestamptz[]: due_at
-- $10 int8[]: repeat
-- $11 text[]: cycle
-- $12 int4[]: retries
-- $13 bool[]: suspended
-- $14 text[]: message
-- $15 text[]: tenant
-- $16 int4[]: event
INSERT INTO bpmnd.job (
    id, root_id, instance_id, definition_id, token_id, node, kind, type, due_at, repeat, cycle, retries, suspended,
    message, tenant, event
)
SELECT
    r.id, r.root_id, r.instance_id, r.definition_id, r.token_id, r.node, r.kind, r.type, r.due_at, r.repeat, r.cycle,
    r.retries, r.suspended, r.message, CASE WHEN r.type LIKE 'bpmnd:%' THEN '' ELSE r.tenant END, r.event
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::integer[], $7::smallint[], $8::text[],
    $9::timestamptz[], $10::bigint[], $11::text[], $12::integer[], $13::boolean[], $14::text[], $15::text[],
    $16::integer[]
) AS r (
    id, root_id, instance_id, definition_id, token_id, node, kind, type, due_at, repeat, cycle, retries, suspended,
    message, tenant, event
)
