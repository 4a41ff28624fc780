-- Where an instance stands. $1 id, $2 sees all, $3 user, $4 groups, $5 tenant (null: all).
SELECT i.revision,
       (SELECT json_build_object('items', coalesce(json_agg(json_build_object('id', t.id::text,
                   'instanceId', t.instance_id::text, 'elementId', e.element_id, 'elementName', e.name,
                   'type', bpmnd.activity_type(e.type, e.loop, t.role), 'loopCounter', t.loop_counter,
                   'state', bpmnd.token_state_name(t.state), 'scopeId', t.scope_id::text, 'flowId', f.flow_id,
                   'startedAt', bpmnd.rfc3339(t.started_at)) ORDER BY t.id), '[]'))
          FROM bpmnd.token t
          JOIN bpmnd.element e ON e.definition_id = t.definition_id AND e.node = t.node
          LEFT JOIN bpmnd.flow f ON f.definition_id = t.definition_id AND f.flow = t.flow
         WHERE t.root_id = i.root_id AND t.instance_id = i.id)::text
  FROM bpmnd.visible_instance($1::bigint, $2::boolean, $3::text, $4::text[], $5::text) i
