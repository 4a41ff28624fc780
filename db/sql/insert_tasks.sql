-- New user tasks.
-- $1 int8[]: id
-- $2 int8[]: root_id
-- $3 int8[]: instance_id
-- $4 int8[]: definition_id
-- $5 int8[]: token_id
-- $6 int4[]: node
-- $7 int8[]: version
-- $8 int4[]: priority
-- $9 text[]: assignee
-- $10 text[]: candidate_users, as the text of an array
-- $11 text[]: candidate_groups, as the text of an array
-- $12 text[]: form
-- $13 timestamptz[]: created_at
-- $14 timestamptz[]: due_at
-- $15 timestamptz[]: follow_up_at
INSERT INTO bpmnd.task (
    id, root_id, instance_id, definition_id, token_id, node, version, priority, assignee, candidate_users,
    candidate_groups, form, created_at, due_at, follow_up_at
)
SELECT
    r.id, r.root_id, r.instance_id, r.definition_id, r.token_id, r.node, r.version, r.priority, r.assignee,
    r.candidate_users::text[], r.candidate_groups::text[], r.form, r.created_at, r.due_at, r.follow_up_at
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::integer[], $7::bigint[], $8::integer[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[], $15::timestamptz[]
) AS r (
    id, root_id, instance_id, definition_id, token_id, node, version, priority, assignee, candidate_users,
    candidate_groups, form, created_at, due_at, follow_up_at
)
