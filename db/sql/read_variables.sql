-- The variables of an instance's process scope. $1 id, $2 sees all, $3 user, $4 groups, $5 tenant (null: all).
SELECT i.revision, i.variables::text
  FROM bpmnd.visible_instance($1::bigint, $2::boolean, $3::text, $4::text[], $5::text) i
