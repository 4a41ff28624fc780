-- Removes the live rows of tokens that have gone.
-- $1 int8[]: root_id
-- $2 int8[]: id
DELETE FROM bpmnd.token AS t
USING unnest($1::bigint[], $2::bigint[]) AS r (root_id, id)
WHERE t.root_id = r.root_id AND t.id = r.id
