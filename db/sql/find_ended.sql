-- Which ids were there once, and whose tenant's: ended instances and tasks stand in history; a job, incident or subscription
-- was there if its id has been given out, and nothing more is told of it.
-- $1 int8[]: instances
-- $2 int8[]: tasks
-- $3 int8[]: jobs, incidents and subscriptions
SELECT h.id, coalesce(h.tenant, '') FROM history.instance AS h WHERE h.id = ANY ($1::bigint[])
UNION ALL
SELECT t.id, coalesce(i.tenant, h.tenant, '')
FROM history.task AS t
LEFT JOIN bpmnd.instance AS i ON i.id = t.instance_id
LEFT JOIN history.instance AS h ON h.id = t.instance_id
WHERE t.id = ANY ($2::bigint[])
UNION ALL
SELECT g.id, NULL FROM unnest($3::bigint[]) AS g (id), bpmnd.id_block AS s WHERE g.id >> 20 BETWEEN 1 AND s.last_value
