-- Removes work jobs by their tokens, as their ids may be others since they were taken over.
-- $1 int8[]: root_id
-- $2 int8[]: token_id
DELETE FROM bpmnd.job AS j
USING unnest($1::bigint[], $2::bigint[]) AS r (root_id, token_id)
WHERE j.root_id = r.root_id AND j.token_id = r.token_id AND j.kind = 1
