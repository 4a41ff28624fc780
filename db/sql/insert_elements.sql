-- The elements of a definition, if it was made.
-- $1 int8: definition
-- $2 text[]: element_id
-- $3 text[]: name
-- $4 text[]: type
-- $5 text[]: lane
-- $6 jsonb[]: headers
-- $7 text[]: loop
-- $8 jsonb[]: scripts
-- $9 jsonb[]: form
INSERT INTO bpmnd.element (definition_id, node, element_id, name, type, lane, headers, loop, scripts, form)
SELECT $1::bigint, e.position - 1, e.element_id, e.name, e.type, e.lane, e.headers, e.loop, e.scripts, e.form
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[], $8::jsonb[], $9::jsonb[])
    WITH ORDINALITY AS e (element_id, name, type, lane, headers, loop, scripts, form, position)
WHERE EXISTS (SELECT FROM bpmnd.definition AS d WHERE d.id = $1::bigint)
