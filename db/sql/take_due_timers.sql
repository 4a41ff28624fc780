-- Due timers, oldest first, with the root rows of their trees locked; trees that others hold are passed over. A timer
-- may have gone between the search and the lock: what counts is the tree as it is loaded behind this statement.
-- $1 timestamptz: now
-- $2 int4: how many at most
-- $3 int8[]: timers to pass over
SELECT j.id, j.root_id
FROM bpmnd.job AS j
JOIN bpmnd.instance AS i ON i.id = j.root_id
WHERE j.kind = 2 AND NOT j.suspended AND j.due_at <= $1::timestamptz AND j.id <> ALL ($3::bigint[])
ORDER BY j.due_at
LIMIT $2::integer
FOR UPDATE OF i SKIP LOCKED
