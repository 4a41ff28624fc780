-- Removes a deployment with its definitions; with cascade also everything that runs or ran on them. Answers 0: removed,
-- 1: there is none, 2: instances exist. To be run behind change_catalog, which waits for the running batches.
-- $1 int8: deployment
-- $2 bool: cascade
WITH definition AS (
    SELECT d.id FROM bpmnd.definition AS d WHERE d.deployment_id = $1::bigint
), used AS (
    SELECT EXISTS (SELECT FROM bpmnd.instance AS i WHERE i.definition_id IN (SELECT id FROM definition))
        OR EXISTS (SELECT FROM history.instance AS h WHERE h.definition_id IN (SELECT id FROM definition)) AS used
), doomed AS (
    SELECT d.id FROM definition AS d WHERE $2::boolean AND (SELECT used FROM used)
), tree AS (
    SELECT i.root_id FROM bpmnd.instance AS i WHERE i.definition_id IN (SELECT id FROM doomed)
), instance AS (
    SELECT i.id FROM bpmnd.instance AS i
    WHERE i.id IN (SELECT root_id FROM tree) OR (i.parent_id IS NOT NULL AND i.root_id IN (SELECT root_id FROM tree))
    UNION
    SELECT h.id FROM history.instance AS h WHERE h.definition_id IN (SELECT id FROM doomed)
), live_instance AS (
    DELETE FROM bpmnd.instance AS x WHERE x.id IN (SELECT id FROM instance)
), live_token AS (
    DELETE FROM bpmnd.token AS x WHERE x.root_id IN (SELECT root_id FROM tree)
), live_task AS (
    DELETE FROM bpmnd.task AS x WHERE x.root_id IN (SELECT root_id FROM tree)
), live_job AS (
    DELETE FROM bpmnd.job AS x WHERE x.root_id IN (SELECT root_id FROM tree)
), live_subscription AS (
    DELETE FROM bpmnd.subscription AS x WHERE x.root_id IN (SELECT root_id FROM tree)
), live_compensation AS (
    DELETE FROM bpmnd.compensation AS x WHERE x.root_id IN (SELECT root_id FROM tree)
), live_incident AS (
    DELETE FROM bpmnd.incident AS x WHERE x.root_id IN (SELECT root_id FROM tree)
), ended_instance AS (
    DELETE FROM history.instance AS x WHERE x.id IN (SELECT id FROM instance)
), ended_activity AS (
    DELETE FROM history.activity AS x WHERE x.instance_id IN (SELECT id FROM instance)
), ended_step AS (
    DELETE FROM history.step AS x WHERE x.instance_id IN (SELECT id FROM instance)
), ended_task AS (
    DELETE FROM history.task AS x WHERE x.instance_id IN (SELECT id FROM instance)
), comment AS (
    DELETE FROM history.comment AS x WHERE x.instance_id IN (SELECT id FROM instance)
), removed AS (
    DELETE FROM bpmnd.deployment AS p
    WHERE p.id = $1::bigint AND ($2::boolean OR NOT (SELECT used FROM used))
    RETURNING p.id
)
SELECT CASE
    WHEN EXISTS (SELECT FROM removed) THEN 0
    WHEN NOT EXISTS (SELECT FROM bpmnd.deployment AS p WHERE p.id = $1::bigint) THEN 1
    ELSE 2
END
