-- A file of a deployment.
-- $1 int8: deployment
-- $2 text: name
-- $3 bytea: content
-- $4 bytea: its SHA-256
INSERT INTO bpmnd.resource (deployment_id, name, content, sha256)
VALUES ($1::bigint, $2::text, $3::bytea, $4::bytea)
