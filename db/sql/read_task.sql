-- One task, open or ended, with the comments made on it (the one that it was completed with has the task's id) and the
-- variables that it sees: those of the process, and of an open one those of the scopes around it over them from the
-- outside in, its own on top, but what the engine notes there (#...). $1 id, $2 sees all, $3 user, $4 groups, $5 tenant (null: all).
SELECT t.revision,
       json_build_object('task', t.document, 'completedBy', t.completed_by, 'formDefinition', t.form_definition,
           'comments', (SELECT coalesce(json_agg(json_build_object('id', c.id::text, 'at', bpmnd.rfc3339(c.at),
                                   'author', c.author, 'text', c.text) ORDER BY c.at, c.id), '[]')
                          FROM (SELECT id, at, author, text FROM history.comment WHERE task_id = t.id
                                UNION ALL
                                SELECT t.id, t.ended_at, t.completed_by, t.comment WHERE t.comment <> '') c))::text,
       (t.variables || coalesce((
           WITH RECURSIVE around (root_id, scope_id, variables) AS (
               SELECT o.root_id, o.scope_id, coalesce(o.variables, '{}')
                 FROM bpmnd.task open JOIN bpmnd.token o ON o.root_id = open.root_id AND o.id = open.token_id
                WHERE open.id = t.id
               UNION ALL
               SELECT a.root_id, s.scope_id, coalesce(s.variables, '{}') || a.variables
                 FROM around a JOIN bpmnd.token s ON s.root_id = a.root_id AND s.id = a.scope_id
           )
           SELECT jsonb_object_agg(v.key, v.value) FROM around a CROSS JOIN jsonb_each(a.variables) v
            WHERE a.scope_id IS NULL AND v.key NOT LIKE '#%'), '{}'))::text
  FROM bpmnd.task_document t
 WHERE t.id = $1::bigint
   AND ($5::text IS NULL OR t.tenant = $5::text)
   AND ($2::boolean OR t.assignee = $3::text OR t.completed_by = $3::text OR $3::text = ANY (t.candidate_users)
        OR t.candidate_groups && $4::text[])
