-- The steps of an instance, in order: who did what, and what came of it. $1 id, $2 sees all, $3 user, $4 groups, $5 tenant
-- (null: all).
SELECT i.revision,
       (SELECT json_build_object('items', coalesce(json_agg(json_build_object('id', s.id::text,
                   'at', bpmnd.rfc3339(s.at), 'command', bpmnd.command_name(s.command), 'actor', nullif(s.actor, ''),
                   'reason', s.reason, 'subjectId', s.subject_id::text, 'causeId', s.cause_id::text,
                   'flows', (SELECT coalesce(json_agg(f.flow_id ORDER BY taken.nth), '[]')
                               FROM unnest(s.flows) WITH ORDINALITY AS taken(flow, nth)
                               JOIN bpmnd.flow f ON f.flow = taken.flow
                                AND f.definition_id = bpmnd.definition_at(i.id, i.definition_id, s.version)),
                   'variables', coalesce(s.variables, '{}'), 'traceId', s.trace) ORDER BY s.version), '[]'))
          FROM history.step s
         WHERE s.instance_id = i.id)::text
  FROM bpmnd.visible_instance($1::bigint, $2::boolean, $3::text, $4::text[], $5::text) i
