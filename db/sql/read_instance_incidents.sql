-- The open incidents of an instance. $1 id, $2 sees all, $3 user, $4 groups, $5 tenant (null: all).
SELECT i.revision,
       (SELECT json_build_object('items', coalesce(json_agg(f.document ORDER BY f.id), '[]'))
          FROM bpmnd.incident_document f
         WHERE f.root_id = i.root_id AND f.instance_id = i.id)::text
  FROM bpmnd.visible_instance($1::bigint, $2::boolean, $3::text, $4::text[], $5::text) i
