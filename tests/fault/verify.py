# SPDX-License-Identifier: Apache-2.0
"""The ledger against the database, and the database against itself. Each check gives a list of what is wrong."""

import random
import subprocess

from invariants import INVARIANTS
from ledger import COMPLETE_JOB, COMPLETE_TASK, FAIL_JOB
from verify_events import EventVerifier
from verify_scopes import ScopeVerifier

EXAMPLES = 5  # of the faults of one kind, in a message
REPLAYED = 50  # instances, of all processes alike

# Every value that a request of the ledger may have written, wherever it can stand.
WRITTEN = """
    SELECT v.value #>> '{}' FROM (SELECT variables FROM bpmnd.instance UNION ALL SELECT variables FROM history.instance
        UNION ALL SELECT variables FROM history.step UNION ALL SELECT variables FROM bpmnd.token) o
    CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(o.variables) WHEN 'object' THEN o.variables ELSE '{}' END) v
    UNION SELECT business_key FROM bpmnd.instance UNION SELECT business_key FROM history.instance
    UNION SELECT message FROM bpmnd.job WHERE message IS NOT NULL"""


REPLAYABLE = """SELECT d.key, i.id FROM bpmnd.any_instance i JOIN bpmnd.definition d ON d.id = i.definition_id
    ORDER BY i.id"""
VERSIONS = """SELECT key, count(*) FROM bpmnd.definition
    GROUP BY key HAVING count(*) = max(version)"""  # in a row: a gap makes the process one that is missing


class Verifier:
    def __init__(self, postgres, database, ledger, options):
        self.ledger = ledger
        self.options = options
        self.conninfo = postgres.conninfo(database)
        self.rows = lambda sql: [line.split("|") for line in postgres.query(database, sql).splitlines()]

    def instances(self):
        """business key -> ids of its instances"""
        found = {}
        for business_key, identity in self.rows("SELECT business_key, id FROM bpmnd.any_instance"
                                                " WHERE business_key IS NOT NULL"):
            found.setdefault(business_key, []).append(identity)
        return found

    def steps(self):
        """(command, subject) -> how often"""
        sql = ("SELECT command, subject_id, count(*) FROM history.step"
               f" WHERE command IN ({COMPLETE_TASK}, {COMPLETE_JOB}, {FAIL_JOB}) AND cause_id IS NULL GROUP BY 1, 2")
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
        lost += [(task, value) for task, value in ledger.decisions.items() if decisions.get(task) != value]
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

    def versions(self):
        """Each acknowledged deployment has made one version of each process, and nothing else has."""
        ledger = self.ledger
        expected = {"ledger": "ledger", "caller": "trees", "callee": "trees", "teller": "events",
                    "alarmed": "alarmed", "family": "alarmed", "trip": "trips",
                    "guard": "guards", "patrol": "guards", "bazaar": "bazaar"}
        found = {key: int(count) for key, count in self.rows(VERSIONS)}
        return [(key, found.get(key), ledger.versions.get(diagram)) for key, diagram in expected.items()
                if found.get(key) != ledger.versions.get(diagram)]

    def replay(self):
        """History done again comes out as it is stored: [(instance, what `bpmnd replay` says)]"""
        by_process = {}
        for process, identity in self.rows(REPLAYABLE):
            by_process.setdefault(process, []).append(identity)
        choice = random.Random(self.options.seed)
        each = -(-REPLAYED // max(len(by_process), 1))
        sample = [one for found in by_process.values() for one in choice.sample(found, min(each, len(found)))]
        choice.shuffle(sample)
        faults = []
        for instance in sample[:REPLAYED]:
            done = subprocess.run([self.options.bpmnd, "replay", instance, "--database", self.conninfo], text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if done.returncode != 0:
                faults.append((instance, done.stdout[:2000]))
        return faults

    def everything(self):
        return (self.compare() + EventVerifier(self.rows, self.ledger).everything()
                + ScopeVerifier(self.rows, self.ledger).everything()
                + [(name, self.rows(sql)) for name, sql in INVARIANTS.items()]
                + [("each deployment has made a version", self.versions()),
                   ("history done again comes out the same", self.replay())])


def report(checks):
    """Prints TAP; returns how many failed."""
    print(f"1..{len(checks)}")
    for number, (name, faults) in enumerate(checks, 1):
        print(f"{'not ok' if faults else 'ok'} {number} - {name}")
        if faults:
            print(f"# {len(faults)} faults, the first: {'; '.join(str(fault) for fault in faults[:EXAMPLES])}")
    return sum(1 for _, faults in checks if faults)
