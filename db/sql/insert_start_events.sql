-- What begins instances of a definition, if it was made.
-- $1 int8: definition
-- $2 text: tenant
-- $3 int4[]: node
-- $4 int4[]: event
-- $5 int2[]: kind
-- $6 text[]: name
-- $7 timestamptz[]: due_at
-- $8 int8[]: repeat
-- $9 text[]: cycle
INSERT INTO bpmnd.start_event (definition_id, tenant, node, event, kind, name, first_due_at, due_at, repeat, cycle)
SELECT $1::bigint, $2::text, e.node, e.event, e.kind, e.name, e.due_at, e.due_at, e.repeat, e.cycle
FROM unnest(
    $3::integer[], $4::integer[], $5::smallint[], $6::text[], $7::timestamptz[], $8::bigint[], $9::text[]
) AS e (
    node, event, kind, name, due_at, repeat, cycle
)
WHERE EXISTS (SELECT FROM bpmnd.definition AS d WHERE d.id = $1::bigint)
