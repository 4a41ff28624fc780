-- Activities of an instance, finished and running, by start, then id. $1 id, $2 sees all, $3 user, $4 groups, $5
-- tenant (null: all), $6 with those of the instances that it called.
SELECT i.revision,
       (SELECT json_build_object('items', coalesce(json_agg(json_build_object('id', a.id::text,
                   'instanceId', a.instance_id::text, 'elementId', e.element_id, 'elementName', e.name,
                   'type', bpmnd.activity_type(e.type, e.loop, a.role), 'loopCounter', a.loop_counter,
                   'scopeId', a.scope_id::text, 'startedAt', bpmnd.rfc3339(a.started_at),
                   'endedAt', bpmnd.rfc3339(a.ended_at), 'outcome', bpmnd.outcome_name(a.outcome),
                   'errorCode', a.error_code) ORDER BY a.started_at, a.id), '[]'))
          FROM bpmnd.any_activity a
          JOIN bpmnd.element e ON e.definition_id = a.definition_id AND e.node = a.node
         WHERE a.instance_id = ANY (CASE WHEN $6::boolean THEN ARRAY(
                   WITH RECURSIVE tree(id) AS (
                       SELECT i.id UNION ALL SELECT c.id FROM bpmnd.any_instance c JOIN tree ON c.parent_id = tree.id)
                   SELECT id FROM tree) ELSE ARRAY[i.id] END))::text
  FROM bpmnd.visible_instance($1::bigint, $2::boolean, $3::text, $4::text[], $5::text) i
