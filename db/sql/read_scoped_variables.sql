-- The variables of all scopes of an instance, but what the engine notes there (#...). $1 id, $2 sees all, $3 user, $4 groups, $5 tenant (null: all).
SELECT i.revision,
       (SELECT json_build_object('items', coalesce(json_agg(json_build_object('name', v.key, 'value', v.value,
                   'type', jsonb_typeof(v.value), 'scopeId', s.scope_id::text, 'elementId', e.element_id)
                   ORDER BY s.scope_id NULLS FIRST, v.key), '[]'))
          FROM (SELECT NULL::bigint AS scope_id, NULL::integer AS node, i.variables
                UNION ALL
                SELECT t.id, t.node, t.variables FROM bpmnd.token t
                 WHERE t.root_id = i.root_id AND t.instance_id = i.id AND t.variables IS NOT NULL) s
          LEFT JOIN bpmnd.element e ON e.definition_id = i.definition_id AND e.node = s.node
         CROSS JOIN LATERAL jsonb_each(s.variables) v
         WHERE s.scope_id IS NULL OR v.key NOT LIKE '#%')::text
  FROM bpmnd.visible_instance($1::bigint, $2::boolean, $3::text, $4::text[], $5::text) i
