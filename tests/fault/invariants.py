# SPDX-License-Identifier: Apache-2.0
"""The database against itself: rows that must not be, whatever was asked. Each statement finds such rows.

Token states are those of engine/token_state.def: 1 task, 2 job, 3 timer, 5 scope, 8 event, 9 call, 10 and 11
continuation, 12 compensating, 14 and 15 the script of a mapping. Job kinds: 1 work, 2 timer or continuation. Instance
status: 3 completed. Commands of history.step: 5 and 7, a task and a job completed.
"""

INVARIANTS = {
    "a waiting token has exactly one owner": """
        SELECT t.id, t.state FROM bpmnd.token t JOIN bpmnd.element e USING (definition_id, node)
        CROSS JOIN LATERAL (SELECT
            (SELECT count(*) FROM bpmnd.task k WHERE k.root_id = t.root_id AND k.token_id = t.id) AS tasks,
            (SELECT count(*) FROM bpmnd.job j WHERE j.root_id = t.root_id AND j.token_id = t.id AND kind = 1) AS work,
            (SELECT count(*) FROM bpmnd.job j WHERE j.root_id = t.root_id AND j.token_id = t.id AND kind = 2) AS timer,
            (SELECT count(*) FROM bpmnd.subscription s WHERE s.root_id = t.root_id AND s.token_id = t.id) AS events,
            (SELECT count(*) FROM bpmnd.incident i WHERE i.root_id = t.root_id AND i.token_id = t.id) AS incidents,
            (SELECT count(*) FROM bpmnd.instance c WHERE c.parent_id = t.instance_id AND c.caller_id = t.id) AS called,
            (SELECT count(*) FROM bpmnd.token n WHERE n.root_id = t.root_id AND n.scope_id = t.id) AS inside) o
        WHERE t.state = 0 OR (t.state = 1) <> (tasks = 1) OR (t.state IN (2, 14, 15)) <> (work = 1)
            OR (t.state IN (6, 7)) <> (incidents = 1) OR (t.state = 9) <> (called = 1)
            OR t.state IN (3, 10, 11) AND timer <> 1 OR t.state = 8 AND timer + events = 0
            OR t.state = 5 AND inside = 0 AND e.type <> 'adHocSubProcess' OR t.state = 12 AND inside = 0
            OR inside > 0 AND t.state NOT IN (5, 12)""",
    "a task, job or incident has its token, instance and tree": """
        SELECT o.id FROM (SELECT id, token_id, instance_id, root_id FROM bpmnd.task
            UNION ALL SELECT id, token_id, instance_id, root_id FROM bpmnd.job WHERE kind = 1 OR token_id <> 0
            UNION ALL SELECT id, token_id, instance_id, root_id FROM bpmnd.incident
            UNION ALL SELECT id, token_id, instance_id, root_id FROM bpmnd.subscription WHERE token_id IS NOT NULL) o
        LEFT JOIN bpmnd.token t ON t.id = o.token_id AND t.instance_id = o.instance_id AND t.root_id = o.root_id
        WHERE t.id IS NULL""",
    "whatever lives has its instance": """
        SELECT o.id FROM (SELECT id, instance_id, root_id, definition_id FROM bpmnd.token
            UNION ALL SELECT id, instance_id, root_id, definition_id FROM bpmnd.job
            UNION ALL SELECT id, instance_id, root_id, definition_id FROM bpmnd.subscription
            UNION ALL SELECT id, instance_id, root_id, definition_id FROM bpmnd.compensation) o
        LEFT JOIN bpmnd.instance i ON i.id = o.instance_id AND i.root_id = o.root_id
            AND i.definition_id = o.definition_id
        WHERE i.id IS NULL""",
    "a running instance stands somewhere": """
        SELECT i.id FROM bpmnd.instance i WHERE NOT EXISTS (SELECT FROM bpmnd.token t WHERE t.instance_id = i.id)""",
    "a called instance has its caller": """
        SELECT c.id FROM bpmnd.instance c LEFT JOIN bpmnd.token t
            ON t.id = c.caller_id AND t.instance_id = c.parent_id AND t.root_id = c.root_id AND t.state = 9
        WHERE (c.parent_id IS NULL) <> (c.root_id = c.id) OR c.parent_id IS NOT NULL AND t.id IS NULL""",
    "a call ends with what it called, once": """
        SELECT a.id FROM history.activity a JOIN bpmnd.element e USING (definition_id, node)
        WHERE e.type = 'callActivity' AND a.role IS NULL AND (SELECT count(*) FROM history.instance c
            WHERE c.parent_id = a.instance_id AND c.caller_id = a.id AND c.ended_at = a.ended_at) <> 1""",
    "what was called has ended no later than its caller": """
        SELECT c.id FROM history.instance c
        LEFT JOIN history.activity a ON a.id = c.caller_id AND a.instance_id = c.parent_id
        WHERE c.parent_id IS NOT NULL AND a.id IS NULL""",
    "an instance runs or has ended, once": """
        SELECT id FROM (SELECT id FROM bpmnd.instance UNION ALL SELECT id FROM history.instance) i
        GROUP BY id HAVING count(*) > 1""",
    "an activity runs or has ended, once": """
        SELECT id FROM (SELECT id FROM bpmnd.token UNION ALL SELECT id FROM history.activity) a
        GROUP BY id HAVING count(*) > 1""",
    "a task is open or has ended, once": """
        SELECT id FROM (SELECT id FROM bpmnd.task UNION ALL SELECT id FROM history.task) k
        GROUP BY id HAVING count(*) > 1""",
    "history belongs to an instance": """
        SELECT a.id FROM (SELECT id, instance_id FROM history.activity
            UNION ALL SELECT id, instance_id FROM history.task
            UNION ALL SELECT id, instance_id FROM history.step
            UNION ALL SELECT id, to_instance_id FROM history.message WHERE to_instance_id IS NOT NULL
            UNION ALL SELECT id, from_instance_id FROM history.message WHERE from_instance_id IS NOT NULL) a
        WHERE NOT EXISTS (SELECT FROM bpmnd.instance i WHERE i.id = a.instance_id)
            AND NOT EXISTS (SELECT FROM history.instance i WHERE i.id = a.instance_id)""",
    "a message is kept or has ended, once": """
        SELECT id FROM (SELECT id FROM bpmnd.message UNION ALL SELECT id FROM history.message
            UNION ALL SELECT id FROM bpmnd.outbox) m
        GROUP BY id HAVING count(*) > 1""",
    "nothing is on its way any more": "SELECT id FROM bpmnd.outbox",
    "nothing waits for a person who operates the server": "SELECT id FROM bpmnd.incident",
    "a completed instance has all of its activities, each once": """
        SELECT h.id FROM history.instance h JOIN bpmnd.definition d ON d.id = h.definition_id
        LEFT JOIN (VALUES ('ledger', ARRAY['decide', 'end', 'fork', 'join', 'start', 'work']),
            ('caller', ARRAY['call', 'call', 'call', 'call', 'end', 'start']),
            ('callee', ARRAY['end', 'rest', 'start', 'work', 'work', 'work']), ('crier', ARRAY['cry', 'start']),
            ('household', ARRAY['end', 'host', 'start']),
            ('receiver', ARRAY['end', 'rest', 'start', 'wait']), ('teller', ARRAY['end', 'start', 'tell']),
            ('sentry', ARRAY['end', 'start']), ('burst', ARRAY['end', 'start']),
            ('ticks', ARRAY['end', 'rest', 'start']), ('lodge', ARRAY['end', 'start', 'work']),
            ('vacate', ARRAY['end', 'start', 'work']), ('dawn', ARRAY['end', 'light', 'start']),
            ('patrol', ARRAY['end', 'start'])
        ) AS whole (key, elements) ON whole.key = d.key
        WHERE h.status = 3 AND d.key NOT IN ('trip', 'guard', 'bazaar') AND ( -- verify_scopes.py tells theirs
            SELECT array_agg(n.name ORDER BY n.name COLLATE "C") FROM history.activity a
            JOIN bpmnd.element e ON e.definition_id = a.definition_id AND e.node = a.node
            CROSS JOIN LATERAL regexp_replace(e.element_id, '^' || d.key || '-', '') AS n (name)
            WHERE a.instance_id = h.id AND a.outcome = 1
        ) IS DISTINCT FROM whole.elements""",
    "an instance ends when both of its branches have": """
        SELECT s.instance_id FROM history.step s JOIN bpmnd.any_instance i ON i.id = s.instance_id
        JOIN bpmnd.definition d ON d.id = i.definition_id
        WHERE s.command IN (5, 7) AND d.key = 'ledger' GROUP BY s.instance_id
        HAVING (count(*) = 2) <> EXISTS (SELECT FROM history.instance h WHERE h.id = s.instance_id)""",
    "what has ended leaves nothing alive": """
        SELECT o.id FROM (SELECT id, instance_id FROM bpmnd.token UNION ALL SELECT id, instance_id FROM bpmnd.task
            UNION ALL SELECT id, instance_id FROM bpmnd.job UNION ALL SELECT id, instance_id FROM bpmnd.subscription
            UNION ALL SELECT id, instance_id FROM bpmnd.compensation
            UNION ALL SELECT id, instance_id FROM bpmnd.incident UNION ALL SELECT id, parent_id FROM bpmnd.instance) o
        JOIN history.instance h ON h.id = o.instance_id""",
    "the steps of a tree have no gap, and time does not go back": """
        SELECT s.root_id, max(s.version), count(DISTINCT s.version) FROM (
            SELECT i.root_id, s.version, s.at < lag(s.at) OVER (PARTITION BY i.root_id ORDER BY s.version) AS back
            FROM history.step s JOIN bpmnd.any_instance i ON i.id = s.instance_id) s
        LEFT JOIN bpmnd.instance r ON r.id = s.root_id
        GROUP BY s.root_id, r.version
        HAVING max(s.version) <> count(DISTINCT s.version) OR max(s.version) <> r.version OR bool_or(s.back)""",
    "what can be undone was done, in a scope that is open": """
        SELECT c.id FROM bpmnd.compensation c LEFT JOIN history.activity a
            ON a.id = c.id AND a.instance_id = c.instance_id AND a.outcome = 1
        WHERE a.id IS NULL OR c.scope_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM bpmnd.token t WHERE t.root_id = c.root_id AND t.id = c.scope_id)
            AND NOT EXISTS (SELECT FROM bpmnd.compensation o WHERE o.root_id = c.root_id AND o.id = c.scope_id)""",
    "a condition remembers what it was": """
        SELECT s.id, s.satisfied, i.variables -> 'level' FROM bpmnd.subscription s
        JOIN bpmnd.element e USING (definition_id, node) JOIN bpmnd.instance i ON i.id = s.instance_id
        WHERE e.element_id = 'rise-start' AND s.satisfied <> ((i.variables -> 'level')::integer > 3)""",
    "who watches waits for what his version has, each once": """
        SELECT i.id FROM bpmnd.instance i JOIN bpmnd.definition d ON d.id = i.definition_id AND d.key = 'guard'
        JOIN bpmnd.task k ON k.root_id = i.id
        WHERE (SELECT array_agg(e.element_id ORDER BY e.node) FROM (
                SELECT node, definition_id FROM bpmnd.subscription s WHERE s.root_id = i.id
                UNION ALL SELECT node, definition_id FROM bpmnd.job j WHERE j.root_id = i.id) w
            JOIN bpmnd.element e USING (definition_id, node) WHERE e.element_id <> 'round-start')
        IS DISTINCT FROM (SELECT array_agg(e.element_id ORDER BY e.node) FROM bpmnd.element e
            WHERE e.definition_id = i.definition_id
                AND e.element_id IN ('closed', 'tired', 'rise-start', 'noted-start', 'stopped-start'))""",
}
