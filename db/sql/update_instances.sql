-- Stepped instances: the new version, the status, and the variables where they are not null.
-- $1 int8[]: id
-- $2 int8[]: version
-- $3 int2[]: status
-- $4 jsonb[]: variables
UPDATE bpmnd.instance AS t SET
    version = r.version, status = r.status, variables = coalesce(r.variables, t.variables)
FROM unnest(
    $1::bigint[], $2::bigint[], $3::smallint[], $4::jsonb[]
) AS r (
    id, version, status, variables
)
WHERE t.id = r.id
