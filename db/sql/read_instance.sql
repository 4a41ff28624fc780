-- One instance. $1 id, $2 sees all, $3 user, $4 groups, $5 tenant (null: all).
SELECT d.revision, d.document::text
  FROM bpmnd.visible_instance($1::bigint, $2::boolean, $3::text, $4::text[], $5::text) i
  JOIN bpmnd.instance_document d ON d.id = i.id
