-- Flows that an instance has taken, in order. $1 id, $2 sees all, $3 user, $4 groups, $5 tenant (null: all).
SELECT i.revision,
       (SELECT json_build_object('items', coalesce(json_agg(json_build_object('id', (s.id + taken.nth)::text,
                   'flowId', f.flow_id, 'sourceId', f.source_id, 'targetId', f.target_id,
                   'takenAt', bpmnd.rfc3339(s.at)) ORDER BY s.version, taken.nth), '[]'))
          FROM history.step s
         CROSS JOIN LATERAL unnest(s.flows) WITH ORDINALITY AS taken(flow, nth)
          JOIN bpmnd.flow f ON f.definition_id = bpmnd.definition_at(i.id, i.definition_id, s.version) AND f.flow = taken.flow
         WHERE s.instance_id = i.id)::text
  FROM bpmnd.visible_instance($1::bigint, $2::boolean, $3::text, $4::text[], $5::text) i
