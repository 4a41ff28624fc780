-- Removes compensations that are done or forgotten.
-- $1 int8[]: root_id
-- $2 int8[]: id
DELETE FROM bpmnd.compensation AS t
USING unnest($1::bigint[], $2::bigint[]) AS r (root_id, id)
WHERE t.root_id = r.root_id AND t.id = r.id
