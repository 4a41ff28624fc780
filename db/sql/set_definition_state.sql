-- Suspends or resumes a definition. Answers 0: done, 1: there is none, 2: another revision. To be run behind
-- change_catalog.
-- $1 int8: definition
-- $2 bool: suspended
-- $3 int8: expected revision, null: any
WITH done AS (
    UPDATE bpmnd.definition AS d SET suspended = $2::boolean, revision = d.revision + 1
    WHERE d.id = $1::bigint AND d.revision = coalesce($3::bigint, d.revision)
    RETURNING d.id
)
SELECT CASE
    WHEN EXISTS (SELECT FROM done) THEN 0
    WHEN NOT EXISTS (SELECT FROM bpmnd.definition AS d WHERE d.id = $1::bigint) THEN 1
    ELSE 2
END
