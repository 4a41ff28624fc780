# SPDX-License-Identifier: Apache-2.0
"""The ledger against the database, and the database against itself. Each check gives a list of what is wrong."""

from ledger import COMPLETE_JOB, COMPLETE_TASK, FAIL_JOB

EXAMPLES = 5  # of the faults of one kind, in a message

# The rows that must not be. Token states: 1 task, 2 job, 3 timer (engine/token_state.def); job kinds: 1 work, 2 timer.
INVARIANTS = {
    "a waiting token has exactly one owner": """
        SELECT t.id, t.state FROM bpmnd.token t WHERE t.state = 0
            OR (t.state = 1) <> ((SELECT count(*) FROM bpmnd.task k WHERE k.token_id = t.id) = 1)
            OR (t.state = 2) <> ((SELECT count(*) FROM bpmnd.job j WHERE j.token_id = t.id AND j.kind = 1) = 1)
            OR (t.state IN (6, 7)) <> ((SELECT count(*) FROM bpmnd.incident i WHERE i.token_id = t.id) = 1)""",
    "a task, job or incident has its token, instance and tree": """
        SELECT o.id FROM (SELECT id, token_id, instance_id, root_id FROM bpmnd.task
            UNION ALL SELECT id, token_id, instance_id, root_id FROM bpmnd.job
            UNION ALL SELECT id, token_id, instance_id, root_id FROM bpmnd.incident) o
        LEFT JOIN bpmnd.token t ON t.id = o.token_id AND t.instance_id = o.instance_id AND t.root_id = o.root_id
        WHERE t.id IS NULL""",
    "a token has its instance": """
        SELECT t.id FROM bpmnd.token t LEFT JOIN bpmnd.instance i
            ON i.id = t.instance_id AND i.root_id = t.root_id AND i.definition_id = t.definition_id
        WHERE i.id IS NULL""",
    "a running instance stands somewhere": """
        SELECT i.id FROM bpmnd.instance i WHERE NOT EXISTS (SELECT FROM bpmnd.token t WHERE t.instance_id = i.id)""",
    "an instance runs or has ended, once": """
        SELECT id FROM (SELECT id FROM bpmnd.instance UNION ALL SELECT id FROM history.instance) i
        GROUP BY id HAVING count(*) > 1""",
    "what has ended leaves nothing alive": """
        SELECT t.id FROM bpmnd.token t JOIN history.instance h ON h.id = t.instance_id""",
    "an activity runs or has ended, once": """
        SELECT id FROM (SELECT id FROM bpmnd.token UNION ALL SELECT id FROM history.activity) a
        GROUP BY id HAVING count(*) > 1""",
    "a task is open or has ended, once": """
        SELECT id FROM (SELECT id FROM bpmnd.task UNION ALL SELECT id FROM history.task) k
        GROUP BY id HAVING count(*) > 1""",
    "history belongs to an instance": """
        SELECT a.id FROM (SELECT id, instance_id FROM history.activity
            UNION ALL SELECT id, instance_id FROM history.task
            UNION ALL SELECT id, instance_id FROM history.step) a
        WHERE NOT EXISTS (SELECT FROM bpmnd.instance i WHERE i.id = a.instance_id)
            AND NOT EXISTS (SELECT FROM history.instance i WHERE i.id = a.instance_id)""",
    "a completed instance has all of its activities, each once": """
        SELECT h.id FROM history.instance h WHERE h.status = 3 AND (
            SELECT array_agg(e.element_id ORDER BY e.element_id) FROM history.activity a
            JOIN bpmnd.element e ON e.definition_id = a.definition_id AND e.node = a.node
            WHERE a.instance_id = h.id AND a.outcome = 1
        ) IS DISTINCT FROM ARRAY['decide', 'end', 'fork', 'join', 'start', 'work']""",
    "an instance ends when both of its branches have": """
        SELECT s.instance_id FROM history.step s WHERE s.command IN (5, 7) GROUP BY s.instance_id
        HAVING (count(*) = 2) <> EXISTS (SELECT FROM history.instance h WHERE h.id = s.instance_id)""",
}

# Every value that a request of the ledger may have written, wherever it can stand.
WRITTEN = """
    SELECT v.value #>> '{}' FROM (SELECT variables FROM bpmnd.instance UNION ALL SELECT variables FROM history.instance
        UNION ALL SELECT variables FROM history.step UNION ALL SELECT variables FROM bpmnd.token) o
    CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(o.variables) WHEN 'object' THEN o.variables ELSE '{}' END) v
    UNION SELECT business_key FROM bpmnd.instance UNION SELECT business_key FROM history.instance
    UNION SELECT message FROM bpmnd.job WHERE message IS NOT NULL"""


class Verifier:
    def __init__(self, postgres, database, ledger):
        self.ledger = ledger
        self.rows = lambda sql: [line.split("|") for line in postgres.query(database, sql).splitlines()]

    def instances(self):
        """business key -> ids of its instances"""
        found = {}
        for business_key, identity in self.rows("SELECT business_key, id FROM bpmnd.instance"
                                                " UNION ALL SELECT business_key, id FROM history.instance"):
            found.setdefault(business_key, []).append(identity)
        return found

    def steps(self):
        """(command, subject) -> how often"""
        sql = ("SELECT command, subject_id, count(*) FROM history.step"
               f" WHERE command IN ({COMPLETE_TASK}, {COMPLETE_JOB}, {FAIL_JOB}) GROUP BY 1, 2")
        return {(int(command), subject): int(count) for command, subject, count in self.rows(sql)}

    def decisions(self):
        """task id -> value that its completion left in the variables"""
        sql = """SELECT k.id, coalesce(i.variables, h.variables) ->> 'decided' FROM history.task k
            LEFT JOIN bpmnd.instance i ON i.id = k.instance_id LEFT JOIN history.instance h ON h.id = k.instance_id"""
        return dict(self.rows(sql))

    def compare(self):
        """What was promised against what is there: [(check, faults)]"""
        ledger, found, steps, decisions = self.ledger, self.instances(), self.steps(), self.decisions()
        written = {row[0] for row in self.rows(WRITTEN)}
        lost = [key for key, identity in ledger.started.items() if identity not in found.get(key, [])]
        lost += [key for key, values in ledger.done.items() if steps.get(key, 0) < len(values)]
        lost += [(key, values) for key, values in ledger.done.items()
                 if key[0] == COMPLETE_TASK and [decisions.get(key[1])] != values]
        doubled = [key for key, identities in found.items() if len(identities) > 1] + ledger.done_twice()
        doubled += [key for key, count in steps.items() if key in ledger.done and count > len(ledger.done[key])]
        nobodys = [key for key in found if key not in ledger.started] + [key for key in steps if key not in ledger.done]
        return [
            ("no acknowledged request is lost", lost),
            ("no request is applied twice", doubled),
            ("no job is given to two workers at a time", ledger.handed_out_twice()),
            ("nothing is there that nobody was told", nobodys),
            ("no refused request left anything", sorted(ledger.refused & written)),
            ("no answer broke the contract", ledger.broken),
        ]

    def everything(self):
        return self.compare() + [(name, self.rows(sql)) for name, sql in INVARIANTS.items()]


def report(checks):
    """Prints TAP; returns how many failed."""
    print(f"1..{len(checks)}")
    for number, (name, faults) in enumerate(checks, 1):
        print(f"{'not ok' if faults else 'ok'} {number} - {name}")
        if faults:
            print(f"# {len(faults)} faults, the first: {'; '.join(str(fault) for fault in faults[:EXAMPLES])}")
    return sum(1 for _, faults in checks if faults)
