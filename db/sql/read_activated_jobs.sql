-- The jobs that activate_jobs has just taken in this transaction, oldest first, with the variables that each sees:
-- those of the process, the scopes around it over them from the outside in, its own on top, but what the engine notes
-- there (#...). A token in state 14 or 15 waits for the script of a mapping, and remembers its place.
-- $1 text[]: the names of the variables wanted, null: all
SELECT j.id, j.instance_id, j.retries, j.locked_until, j.type, place.element_id, place.key, i.business_key,
    place.headers,
    CASE WHEN $1::text[] IS NULL THEN seen.variables ELSE (
        SELECT coalesce(jsonb_object_agg(v.key, v.value), '{}'::jsonb)
        FROM jsonb_each(seen.variables) AS v
        WHERE v.key = ANY ($1::text[])
    ) END, j.token_id
FROM bpmnd.job AS j
JOIN bpmnd.instance AS i ON i.id = j.instance_id
JOIN bpmnd.token AS t ON t.root_id = j.root_id AND t.id = j.token_id
CROSS JOIN LATERAL (
    SELECT e.element_id, d.key,
        CASE t.state
            WHEN 14 THEN jsonb_build_object('bpmnd:source', e.scripts->'inputs'->(t.variables->>'#inputs'))
            WHEN 15 THEN jsonb_build_object('bpmnd:source', e.scripts->'outputs'->(t.variables->>'#outputs'))
            ELSE coalesce(e.headers, '{}'::jsonb)
        END AS headers
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
        SELECT coalesce(jsonb_object_agg(v.key, v.value), '{}'::jsonb)
        FROM around AS a
        CROSS JOIN jsonb_each(a.variables) AS v
        WHERE a.scope_id IS NULL AND v.key NOT LIKE '#%'
    ) END AS variables
) AS seen
WHERE j.id = ANY (current_setting('bpmnd.activated')::bigint[])
ORDER BY j.due_at, j.id
