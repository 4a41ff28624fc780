-- Of each process the newest version's start events are active, the others' are not. Timers of a version that is the newest
-- again begin anew, now at the earliest: what it has missed is not made up for. To be run behind change_catalog, after
-- definitions came or went.
WITH newest AS (
    SELECT DISTINCT ON (d.tenant, d.key) d.id FROM bpmnd.definition AS d ORDER BY d.tenant, d.key, d.version DESC
), settled AS (
    SELECT e.definition_id, e.node, e.event, e.definition_id IN (SELECT n.id FROM newest AS n) AS active
    FROM bpmnd.start_event AS e
)
UPDATE bpmnd.start_event AS e SET
    active = s.active,
    first_due_at = CASE WHEN s.active AND e.due_at < now() THEN now() ELSE e.first_due_at END,
    due_at = CASE WHEN s.active AND e.due_at < now() THEN now() ELSE e.due_at END,
    repeat = CASE WHEN s.active AND e.due_at < now() AND e.repeat >= 0 THEN e.repeat - e.fired ELSE e.repeat END,
    fired = CASE WHEN s.active AND e.due_at < now() THEN 0 ELSE e.fired END
FROM settled AS s
WHERE e.definition_id = s.definition_id AND e.node = s.node AND e.event = s.event AND e.active <> s.active
