-- Lets jobs follow their instance into suspension and out of it.
-- $1 int8[]: instance_id
-- $2 int8[]: root_id
-- $3 bool[]: suspended
UPDATE bpmnd.job AS t SET
    suspended = r.suspended
FROM unnest(
    $1::bigint[], $2::bigint[], $3::boolean[]
) AS r (
    instance_id, root_id, suspended
)
WHERE t.root_id = r.root_id AND t.instance_id = r.instance_id AND t.suspended <> r.suspended
