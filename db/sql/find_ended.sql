-- Which ids were there once: ended instances and tasks stand in history; a job or incident was there if its id has been given out.
-- $1 int8[]: instances
-- $2 int8[]: tasks
-- $3 int8[]: jobs and incidents
SELECT h.id FROM history.instance AS h WHERE h.id = ANY ($1::bigint[])
UNION ALL
SELECT h.id FROM history.task AS h WHERE h.id = ANY ($2::bigint[])
UNION ALL
SELECT g.id FROM unnest($3::bigint[]) AS g (id), bpmnd.id_block AS s WHERE g.id >> 20 BETWEEN 1 AND s.last_value
