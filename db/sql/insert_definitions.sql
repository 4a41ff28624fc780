-- The processes of a file: each gets the next version of its key, unless the latest version came from the same bytes.
-- Answers with all of them in the file's order. To be run behind change_catalog.
-- $1 int8: deployment
-- $2 text: the file's name
-- $3 text: tenant
-- $4 bytea: the file's SHA-256
-- $5 int8[]: ids
-- $6 int4[]: process_index
-- $7 text[]: key
-- $8 text[]: name
-- $9 text[]: version_tag
-- $10 bool[]: executable
WITH wanted AS (
    SELECT *
    FROM unnest($5::bigint[], $6::integer[], $7::text[], $8::text[], $9::text[], $10::boolean[])
        WITH ORDINALITY AS w (id, process_index, key, name, version_tag, executable, position)
), latest AS (
    SELECT DISTINCT ON (d.key)
        d.key, d.id, d.deployment_id, d.version, d.executable, d.name, d.sha256 = $4::bytea AND d.process_index = w.process_index AS same
    FROM wanted AS w
    JOIN bpmnd.definition AS d ON d.tenant = $3::text AND d.key = w.key
    ORDER BY d.key, d.version DESC
), fresh AS (
    INSERT INTO bpmnd.definition
        (id, deployment_id, resource_name, process_index, key, version, name, version_tag, tenant, executable, sha256)
    SELECT w.id, $1::bigint, $2::text, w.process_index, w.key, coalesce(l.version, 0) + 1, w.name,
        w.version_tag, $3::text, w.executable, $4::bytea
    FROM wanted AS w
    LEFT JOIN latest AS l ON l.key = w.key
    WHERE l.same IS NOT TRUE
    RETURNING key, id, version, executable, name
)
SELECT coalesce(f.id, l.id), coalesce(f.version, l.version), coalesce(f.executable, l.executable), f.id IS NOT NULL,
    w.key, CASE WHEN f.id IS NULL THEN l.name ELSE f.name END,
    p.id, p.deployed_at
FROM wanted AS w
LEFT JOIN fresh AS f ON f.key = w.key
LEFT JOIN latest AS l ON l.key = w.key
JOIN bpmnd.deployment AS p ON p.id = CASE WHEN f.id IS NULL THEN l.deployment_id ELSE $1::bigint END
ORDER BY w.position
