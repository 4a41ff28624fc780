-- Comments on tasks.
-- $1 int8[]: id
-- $2 int8[]: instance_id
-- $3 int8[]: task_id
-- $4 timestamptz[]: at
-- $5 text[]: author
-- $6 text[]: text
INSERT INTO history.comment (
    id, instance_id, task_id, at, author, text
)
SELECT *
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[]
) AS r
