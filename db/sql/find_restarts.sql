-- What instances began and ended with, or have now: those that nobody called.
-- $1 int8[]: instances
SELECT i.id, i.definition_id, i.business_key, i.tenant, i.variables,
    coalesce(s.input -> 'variables', s.variables, CASE WHEN s.only THEN i.variables END, '{}'::jsonb)
FROM bpmnd.any_instance AS i
LEFT JOIN LATERAL (
    SELECT h.input, h.variables, i.ended_at = h.at AS only
    FROM history.step AS h
    WHERE h.instance_id = i.id
    ORDER BY h.version
    LIMIT 1
) AS s ON true
WHERE i.id = ANY ($1::bigint[]) AND i.parent_id IS NULL
