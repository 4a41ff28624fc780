-- Compensations of which the scope has completed; variables only where they are not null.
-- $1 int8[]: root_id
-- $2 int8[]: id
-- $3 int8[]: scope_id
-- $4 jsonb[]: variables
UPDATE bpmnd.compensation AS t SET
    scope_id = r.scope_id, variables = coalesce(r.variables, t.variables)
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::jsonb[]
) AS r (
    root_id, id, scope_id, variables
)
WHERE t.root_id = r.root_id AND t.id = r.id
