-- The jobs that activate_jobs has just taken in this transaction, oldest first, with the variables that each sees:
-- those of the process, the scopes around it over them from the outside in, its own on top.
-- $1 text[]: the names of the variables wanted, null: all
SELECT j.id, j.instance_id, j.retries, j.locked_until, j.type, place.element_id, place.key, i.business_key,
    coalesce(place.headers, '{}'::jsonb),
    CASE WHEN $1::text[] IS NULL THEN seen.variables ELSE (
        SELECT coalesce(jsonb_object_agg(v.key, v.value), '{}'::jsonb)
        FROM jsonb_each(seen.variables) AS v
        WHERE v.key = ANY ($1::text[])
    ) END, j.token_id
FROM bpmnd.job AS j
JOIN bpmnd.instance AS i ON i.id = j.instance_id
JOIN bpmnd.token AS t ON t.root_id = j.root_id AND t.id = j.token_id
CROSS JOIN LATERAL (
    SELECT e.element_id, e.headers, d.key
    FROM bpmnd.element AS e
    JOIN bpmnd.definition AS d ON d.id = e.definition_id
    WHERE e.definition_id = j.definition_id AND e.node = j.node
    OFFSET 0
) AS place
CROSS JOIN LATERAL (
    SELECT CASE WHEN t.scope_id IS NULL AND t.variables IS NULL THEN i.variables ELSE i.variables || (
        WITH RECURSIVE around (scope_id, variables) AS (
            SELECT t.scope_id, coalesce(t.variables, '{}'::jsonb)
            UNION ALL
            SELECT s.scope_id, coalesce(s.variables, '{}'::jsonb) || a.variables
            FROM around AS a
            JOIN bpmnd.token AS s ON s.root_id = j.root_id AND s.id = a.scope_id
        )
        SELECT a.variables FROM around AS a WHERE a.scope_id IS NULL
    ) END AS variables
) AS seen
WHERE j.id = ANY (current_setting('bpmnd.activated')::bigint[])
ORDER BY j.due_at, j.id
