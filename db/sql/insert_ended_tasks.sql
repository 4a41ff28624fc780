-- Finished user tasks.
-- $1 int8[]: id
-- $2 int8[]: instance_id
-- $3 int8[]: definition_id
-- $4 int8[]: activity_id
-- $5 timestamptz[]: created_at
-- $6 timestamptz[]: ended_at
-- $7 timestamptz[]: due_at
-- $8 int4[]: node
-- $9 int4[]: priority
-- $10 int2[]: outcome
-- $11 text[]: assignee
-- $12 text[]: completed_by
-- $13 text[]: comment
INSERT INTO history.task (
    id, instance_id, definition_id, activity_id, created_at, ended_at, due_at, node, priority, outcome, assignee,
    completed_by, comment
)
SELECT *
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[],
    $8::integer[], $9::integer[], $10::smallint[], $11::text[], $12::text[], $13::text[]
) AS r
