-- Changed jobs and timers. A work job is found by its token, as its id may be another since it was taken over, and is
-- free again for any worker.
-- $1 int8[]: id
-- $2 int8[]: root_id
-- $3 int8[]: token_id
-- $4 int2[]: kind
-- $5 timestamptz[]: due_at
-- $6 int8[]: repeat
-- $7 text[]: cycle
-- $8 int4[]: retries
-- $9 text[]: message
UPDATE bpmnd.job AS t SET
    due_at = r.due_at, repeat = r.repeat, cycle = r.cycle, retries = r.retries, message = r.message,
    worker = NULL, locked_until = NULL
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::timestamptz[], $6::bigint[], $7::text[],
    $8::integer[], $9::text[]
) AS r (
    id, root_id, token_id, kind, due_at, repeat, cycle, retries, message
)
WHERE t.root_id = r.root_id AND t.token_id = r.token_id AND t.kind = r.kind AND (t.id = r.id OR r.kind = 1)
