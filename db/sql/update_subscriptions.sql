-- Conditions that have become true or false.
-- $1 int8[]: id
-- $2 bool[]: satisfied
UPDATE bpmnd.subscription AS t SET satisfied = r.satisfied
FROM unnest($1::bigint[], $2::boolean[]) AS r (id, satisfied)
WHERE t.id = r.id
