-- Changed user tasks.
-- $1 int8[]: id
-- $2 int8[]: version
-- $3 int4[]: priority
-- $4 text[]: assignee
-- $5 text[]: candidate_users, as the text of an array
-- $6 text[]: candidate_groups, as the text of an array
-- $7 text[]: form
-- $8 timestamptz[]: due_at
-- $9 timestamptz[]: follow_up_at
UPDATE bpmnd.task AS t SET
    version = r.version, priority = r.priority, assignee = r.assignee, candidate_users = r.candidate_users::text[],
    candidate_groups = r.candidate_groups::text[], form = r.form, due_at = r.due_at, follow_up_at = r.follow_up_at
FROM unnest(
    $1::bigint[], $2::bigint[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
    $9::timestamptz[]
) AS r (
    id, version, priority, assignee, candidate_users, candidate_groups, form, due_at, follow_up_at
)
WHERE t.id = r.id
