-- What is to be done beside the requests: when the next timer begins an instance, whether messages or signals are on their way,
-- whether messages are kept, whether operations go on.
SELECT
    (SELECT e.due_at FROM bpmnd.start_event AS e JOIN bpmnd.definition AS d ON d.id = e.definition_id
      WHERE e.active AND e.kind = 4 AND NOT d.suspended ORDER BY e.due_at LIMIT 1),
    EXISTS (SELECT FROM bpmnd.outbox AS o WHERE o.kind = 1),
    EXISTS (SELECT FROM bpmnd.outbox AS o WHERE o.kind IN (2, 3)),
    EXISTS (SELECT FROM bpmnd.message),
    EXISTS (SELECT FROM bpmnd.operation AS o WHERE o.ended_at IS NULL)
