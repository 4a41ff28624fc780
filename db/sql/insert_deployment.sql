-- A deployment.
-- $1 int8: id
-- $2 text: name
-- $3 text: source, or null
-- $4 timestamptz: when
-- $5 text: by whom
INSERT INTO bpmnd.deployment (id, name, source, deployed_at, deployed_by)
VALUES ($1::bigint, $2::text, $3::text, $4::timestamptz, $5::text)
