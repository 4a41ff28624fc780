# SPDX-License-Identifier: Apache-2.0
"""What the ledger knows of letters, alarms, timers and operations (events.py) against the database."""

from collections import Counter

from events import KEPT, THROWN

DELIVERED, EXPIRED = "1", "3"  # outcome in history.message
MESSAGES = """SELECT s.instance_id FROM history.step s JOIN bpmnd.any_instance i ON i.id = s.instance_id
    JOIN bpmnd.definition d ON d.id = i.definition_id
    WHERE s.command = 16 AND s.cause_id IS NULL AND d.key = 'receiver'"""
HAS_READ = """SELECT id, variables ->> 'letter' FROM (SELECT id, definition_id, variables FROM bpmnd.instance
    UNION ALL SELECT id, definition_id, variables FROM history.instance) i
    WHERE variables ? 'letter' AND definition_id IN (SELECT id FROM bpmnd.definition WHERE key = 'receiver')"""
CALLED = "SELECT id, parent_id FROM bpmnd.any_instance WHERE parent_id IS NOT NULL ORDER BY id"
KEPT_STILL = "SELECT correlation ->> 'orderId' FROM bpmnd.message"
FINISHED = """SELECT h.id FROM history.instance h JOIN bpmnd.definition d ON d.id = h.definition_id
    WHERE d.key = 'receiver' AND h.status = 3"""

SIGNALS = """SELECT s.instance_id, v.name, count(*) FROM history.step s, jsonb_object_keys(s.variables) v (name)
    WHERE s.command = 17 GROUP BY 1, 2"""
RINGS = """SELECT a.instance_id, count(*) FROM history.activity a JOIN bpmnd.element e USING (definition_id, node)
    WHERE e.element_id IN ('ring', 'family-ring') AND a.outcome = 1 GROUP BY 1"""
SENTRIES = """SELECT v.name, count(*) FROM history.instance h JOIN bpmnd.definition d ON d.id = h.definition_id,
    jsonb_object_keys(h.variables) v (name) WHERE d.key = 'sentry' GROUP BY 1"""

# `ticks` goes on without end, `burst` has 8. Each firing is counted from the first.
TIMERS = {
    "ticks": """SELECT e.fired, e.due_at, i.instances FROM bpmnd.start_event e
        JOIN bpmnd.definition s ON s.id = e.definition_id AND s.key = 'ticks',
        (SELECT count(*) FROM bpmnd.any_instance i JOIN bpmnd.definition d ON d.id = i.definition_id
            WHERE d.key = 'ticks') i (instances)
        WHERE e.fired <> i.instances OR e.fired = 0
            OR e.due_at <> e.first_due_at + e.fired * e.cycle::interval OR e.due_at < now() - interval '30 s'""",
    "burst": """SELECT count(*) FROM bpmnd.any_instance i JOIN bpmnd.definition d ON d.id = i.definition_id
        WHERE d.key = 'burst' HAVING count(*) <> 8""",
}

OUTCOMES = """SELECT i.id, i.status, s.cancels, s.suspends FROM bpmnd.any_instance i, LATERAL (
        SELECT count(*) FILTER (WHERE command = 13), count(*) FILTER (WHERE command = 14)
        FROM history.step WHERE instance_id = i.id) s (cancels, suspends)
    WHERE i.id IN (SELECT instance_id FROM bpmnd.operation_item)"""
SUSPENDED, CANCELED = "2", "6"


class EventVerifier:
    def __init__(self, rows, ledger):
        self.rows = rows
        self.ledger = ledger
        self.called = {}  # instance -> those that it called
        for identity, parent in rows(CALLED):
            self.called.setdefault(parent, []).append(identity)

    # ---- letters ----

    def receiver(self, letter):
        """Who waits, which another one may have called."""
        return self.called.get(letter.receiver, [letter.receiver])[0]

    def letters(self):
        """(order, what is wrong)"""
        received = Counter(row[0] for row in self.rows(MESSAGES))
        read = dict(self.rows(HAS_READ))
        finished = {row[0] for row in self.rows(FINISHED)}
        kept = Counter(row[0] for row in self.rows(KEPT_STILL))
        for letter in self.ledger.letters.values():
            both = letter.receiver is not None and letter.way is not None
            receiver = self.receiver(letter)
            times = received.pop(receiver, 0)
            if times != both:
                yield letter.order, f"sent {letter.way}, received {times} times by {receiver}"
            elif both and (read.get(receiver) != letter.order or receiver not in finished):
                yield letter.order, f"{receiver} has read {read.get(receiver)}, or has not ended"
            waits = letter.way in (KEPT, THROWN) and not both
            if kept.pop(letter.order, 0) != waits:
                yield letter.order, f"sent {letter.way}, for {receiver}, and kept or not"
        yield from (("nobody's", instance) for instance in [*received, *kept])

    def deliveries(self):
        """history.message has what was kept or thrown and delivered, or has expired, and nothing else."""
        expected = Counter((self.receiver(letter), DELIVERED) for letter in self.ledger.letters.values()
                           if letter.way in (KEPT, THROWN) and letter.receiver)
        expected["", EXPIRED] = self.ledger.expired
        found = Counter(map(tuple, self.rows("SELECT to_instance_id, outcome FROM history.message")))
        return [("missing", *row) for row in expected - found] + [("too many", *row) for row in found - expected]

    # ---- alarms ----

    def with_called(self, instances):
        """They and those that they called, which live and hear alike: {instance: the same}"""
        return {member: value for instance, value in instances.items()
                for member in [instance, *self.called.get(instance, [])]}

    def alarms(self):
        """Whoever waited before the alarm was asked for has got it once, whoever came after it was told has not."""
        got = {(instance, name): int(count) for instance, name, count in self.rows(SIGNALS)}
        operated = self.with_called({instance: what for what, instances in self.ledger.operations.values()
                                     for instance in instances})
        alarmed = self.with_called(self.ledger.alarmed)
        for name, (asked, told) in self.ledger.alarms.items():
            for instance, (came, was_there) in alarmed.items():
                times = got.pop((instance, name), 0)
                must = was_there < asked and instance not in operated
                if times > 1 or times < must or (times and came > told):
                    yield instance, f"{name} came {times} times"
        sentries = {name: int(count) for name, count in self.rows(SENTRIES)}
        for name in self.ledger.alarms:
            began = sentries.pop(name, 0)
            if began != 1:
                yield name, f"began {began} sentries"
        yield from (("nobody's", item) for item in [*got, *sentries])

    def rings(self):
        """Each alarm that came has run through its boundary event."""
        came = Counter()
        for instance, _, count in self.rows(SIGNALS):
            came[instance] += int(count)
        rang = Counter({instance: int(count) for instance, count in self.rows(RINGS)})
        return [(instance, came[instance], rang[instance]) for instance in came | rang
                if came[instance] != rang[instance]]

    # ---- operations ----

    def operations(self):
        open_items = self.rows("SELECT operation_id, nth, status FROM bpmnd.operation_item WHERE status = 0")
        wanted = {}
        for what, instances in self.ledger.operations.values():
            for instance in instances:
                wanted.setdefault(instance, set()).add(what)
        found = {instance: (status, int(cancels), int(suspends))
                 for instance, status, cancels, suspends in self.rows(OUTCOMES)}
        wrong = [(instance, words, found.get(instance)) for instance, words in wanted.items()
                 if not self.is_done(words, *found.get(instance, ("", 0, 0)))]
        stored = {row[0] for row in self.rows("SELECT id FROM bpmnd.operation")}
        return open_items + wrong + sorted(stored ^ {*self.ledger.operations, *self.ledger.changes})

    @staticmethod
    def is_done(words, status, cancels, suspends):
        """An instance that is to be suspended and canceled may have been canceled first."""
        if "cancel" in words:
            return status == CANCELED and cancels == 1 and suspends <= ("suspend" in words)
        return (status, cancels, suspends) == (SUSPENDED, 0, 1)

    def everything(self):
        return [
            ("each letter has reached its receiver once, and the others are kept", list(self.letters())),
            ("what became of a letter is in the history", self.deliveries()),
            ("each alarm has reached all that waited, once", list(self.alarms())),
            ("each alarm that came was heard", self.rings()),
            *((f"the timers of {name} fired once each cycle", self.rows(sql)) for name, sql in TIMERS.items()),
            ("operations have done what they were for, once", self.operations()),
        ]
