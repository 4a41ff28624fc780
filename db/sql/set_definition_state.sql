-- Suspends or resumes a definition; its start timers do not make up for what they missed. Answers 0: done, 1: there is none, 2: another revision. To be run behind
-- change_catalog.
-- $1 int8: definition
-- $2 bool: suspended
-- $3 int8: expected revision, null: any
WITH done AS (
    UPDATE bpmnd.definition AS d SET suspended = $2::boolean, revision = d.revision + 1
    WHERE d.id = $1::bigint AND d.revision = coalesce($3::bigint, d.revision)
    RETURNING d.id
), moved AS (
    UPDATE bpmnd.start_event AS e SET
        first_due_at = now(), due_at = now(), fired = 0,
        repeat = CASE WHEN e.repeat >= 0 THEN e.repeat - e.fired ELSE e.repeat END
    WHERE NOT $2::boolean AND e.definition_id IN (SELECT id FROM done) AND e.due_at < now()
)
SELECT CASE
    WHEN EXISTS (SELECT FROM done) THEN 0
    WHEN NOT EXISTS (SELECT FROM bpmnd.definition AS d WHERE d.id = $1::bigint) THEN 1
    ELSE 2
END
