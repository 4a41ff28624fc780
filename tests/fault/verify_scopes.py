# SPDX-License-Identifier: Apache-2.0
"""What the ledger knows of trips, guards, bazaars and dawns (scopes.py) against the database."""

from collections import Counter

COMPLETED, CANCELED = 1, 2  # enum activity_outcome; here 0 is what has not ended
HANDLER = 2                 # enum token_role
ENDED_WELL = 3              # enum instance_status; those above have ended otherwise
ROUNDS_OF_ONE = 3           # of a guard who is not relieved before

ACTIVITIES = """SELECT a.instance_id, e.element_id, a.outcome, coalesce(a.role, 0), coalesce(a.loop_counter, -1)
    FROM (SELECT instance_id, definition_id, node, outcome, role, loop_counter FROM history.activity
        UNION ALL SELECT instance_id, definition_id, node, 0, role, loop_counter FROM bpmnd.token) a
    JOIN bpmnd.element e USING (definition_id, node) JOIN bpmnd.definition d ON d.id = a.definition_id
    WHERE d.key IN ('trip', 'guard', 'bazaar')"""
STATUS = "SELECT i.id, i.status FROM bpmnd.any_instance i JOIN bpmnd.definition d ON d.id = i.definition_id"

# When in its instance something was done or undone: work by its own completion, a call by that of the work inside.
DONE_IN_ORDER = """WITH done (id, version) AS (
        SELECT subject_id, version FROM history.step WHERE command = 7
        UNION ALL SELECT c.caller_id, s.version FROM history.instance c
            JOIN bpmnd.definition d ON d.id = c.definition_id AND d.key IN ('lodge', 'vacate')
            JOIN history.step s ON s.instance_id = c.id AND s.command = 7)
    SELECT a.instance_id, e.element_id, coalesce(a.loop_counter, -1) FROM done JOIN history.activity a ON a.id = done.id
    JOIN bpmnd.element e USING (definition_id, node)
    WHERE e.element_id IN ('quote', 'flight', 'room', 'unquote', 'unflight', 'unroom')
    ORDER BY a.instance_id, done.version"""

# An item that is done has its step, a pending one may not be there, and there are no other steps.
CHANGES = """SELECT i.operation_id, i.instance_id, i.status, count(s.id), o.type FROM bpmnd.operation_item i
    JOIN bpmnd.operation o ON o.id = i.operation_id AND o.type IN ('modify', 'migrate')
    LEFT JOIN history.step s ON s.instance_id = i.instance_id AND s.reason = o.reason AND s.command IN (20, 21)
    GROUP BY 1, 2, 3, 5"""
CHANGED = "SELECT count(*) FROM history.step WHERE command IN (20, 21)"
MODIFIED = "SELECT instance_id FROM history.step WHERE command = 20"
ITEM_DONE = 1

DAWNS = """SELECT i.id, a.ended_at FROM bpmnd.any_instance i JOIN bpmnd.definition d ON d.id = i.definition_id
    LEFT JOIN history.instance h ON h.id = i.id
    LEFT JOIN (history.activity a JOIN bpmnd.element e ON e.definition_id = a.definition_id AND e.node = a.node
        AND e.element_id = 'light') ON a.instance_id = i.id
    WHERE d.key = 'dawn' AND (a.id IS NULL OR a.ended_at < (h.variables ->> 'at')::timestamptz)"""
START_TIMERS = """SELECT d.key, d.version, e.fired, e.active, i.instances FROM bpmnd.start_event e
    JOIN bpmnd.definition d ON d.id = e.definition_id,
    LATERAL (SELECT count(*), max(started_at) FROM bpmnd.any_instance WHERE definition_id = d.id) i (instances, last)
    WHERE e.kind = 4 AND (e.fired <> i.instances OR i.last < e.first_due_at
        OR e.active AND EXISTS (SELECT FROM bpmnd.definition n WHERE n.key = d.key AND n.version > d.version))"""
ROUNDS = """SELECT r.instance_id, r.nth FROM (
        SELECT a.instance_id, a.ended_at, row_number() OVER (PARTITION BY a.instance_id ORDER BY a.ended_at) AS nth
        FROM history.activity a JOIN bpmnd.element e USING (definition_id, node) WHERE e.element_id = 'round-start') r
    JOIN bpmnd.any_instance i ON i.id = r.instance_id
    WHERE r.nth > 3 OR r.ended_at < i.started_at + r.nth * interval '1 s'"""

BOOKED = Counter(["trip-start", "book-start", *["quote"] * 3, *["flight"] * 4, "room", "sure"])  # bodies count
UNDONE = Counter(["unquote"] * 2 + ["unflight"] * 3 + ["unroom"])
KEPT = BOOKED + Counter(["book", "book-end", "mood"])
TRIPS = {
    "kept": KEPT + Counter(["trip-end"]),
    "regretted": KEPT + UNDONE + Counter(["book", "back", "back-end"]),
    "canceled": BOOKED + UNDONE + Counter(["no", "off", "off-end"]),
    "broken": BOOKED + Counter(["bad", "wrong", "wrong-end"]),
}
GUARD_ENDS = {"closed": ["closed", "closed-end"], "stopped": ["stopped", "stopped-start", "tidy", "stopped-end"],
              "watch": ["watch", "guard-end"]}


class ScopeVerifier:
    def __init__(self, rows, ledger):
        self.rows = rows
        self.ledger = ledger
        self.status = {identity: int(status) for identity, status in rows(STATUS)}
        self.activities = {}  # instance -> [(element, outcome, role, loop counter)]
        for instance, element, *numbers in rows(ACTIVITIES):
            self.activities.setdefault(instance, []).append((element, *map(int, numbers)))

    def count(self, instance, *outcomes):
        """element -> how often it has ended so"""
        return Counter(element for element, outcome, *_ in self.activities.get(instance, []) if outcome in outcomes)

    # ---- trips ----

    def trips(self):
        """Each has done what its fate says, and undone what it had done and nothing else."""
        for trip, fate in self.ledger.trips.items():
            found, whole = self.count(trip, COMPLETED), TRIPS[fate]
            if found - whole or self.status.get(trip) == ENDED_WELL and found != whole:
                yield trip, fate, "missing", dict(whole - found), "too many", dict(found - whole)
            done = {(f"un{element}", nth) for element, outcome, role, nth in self.activities.get(trip, [])
                    if outcome == COMPLETED and role != HANDLER}
            undone = [(element, nth) for element, outcome, role, nth in self.activities.get(trip, [])
                      if element in UNDONE and role == HANDLER]
            if len(set(undone)) < len(undone) or not done.issuperset(undone):
                yield trip, fate, "undone", undone

    def order(self):
        """What was done last is undone first."""
        done = {}
        for instance, element, nth in self.rows(DONE_IN_ORDER):
            done.setdefault(instance, []).append((element, nth))
        for trip, events in done.items():
            undone = [(element[2:], nth) for element, nth in events if element.startswith("un")]
            forward = [event for event in events if not event[0].startswith("un")]
            if undone != forward[::-1][:len(undone)]:
                yield trip, events

    # ---- guards ----

    def guards(self):
        modified = Counter(row[0] for row in self.rows(MODIFIED))
        for guard in self.ledger.guards.values():
            found, stopped = self.count(guard.instance, COMPLETED), self.count(guard.instance, CANCELED)
            rounds = found["round"]
            beside = {"rise": guard.rises, "noted": guard.notes, "round": rounds}
            whole = Counter({f"{kind}{part}": times for kind, times in beside.items()
                             for part in ("", "-start", "-end")})
            ended = self.status.get(guard.instance) == ENDED_WELL
            whole["guard-start"] = 1
            if ended and guard.fate:
                whole += Counter(GUARD_ENDS[guard.fate])
            elif guard.fate == "stopped":
                whole["stopped-start"] = 1
            left = modified[guard.instance] + (guard.fate in ("closed", "stopped"))
            if +found != +whole or stopped["watch"] != left:
                yield guard.instance, guard.fate, dict(found), "not", dict(whole), dict(stopped), "not", left
            if ended != bool(guard.fate) and guard.fate != "stopped" or not guard.fate and rounds != ROUNDS_OF_ONE:
                yield guard.instance, guard.fate, self.status.get(guard.instance), rounds

    def may_be_left(self, instance, what):
        """It had ended before it was its turn; or there was nothing to modify, or not then."""
        if self.status.get(instance, 0) >= ENDED_WELL:
            return True
        guard = self.ledger.guards.get(instance)
        return what == "modify" and (guard.rested or guard.fate == "stopped")

    def changes(self):
        """Who was to be changed was, once, or had ended before."""
        items = [(*row[:2], int(row[2]), int(row[3]), row[4]) for row in self.rows(CHANGES)]
        wrong = [item for item in items if item[3] != (item[2] == ITEM_DONE)]
        wrong += [item for item in items if item[2] != ITEM_DONE and not self.may_be_left(item[1], item[4])]
        totals = Counter(item[0] for item in items)
        wrong += [(name, totals[name], self.ledger.changes.get(name)) for name in totals | Counter(self.ledger.changes)
                  if totals[name] != self.ledger.changes.get(name)]
        steps, done = int(self.rows(CHANGED)[0][0]), sum(item[2] == ITEM_DONE for item in items)
        return wrong + [("steps", steps, "done", done)] * (steps != done)

    # ---- bazaars ----

    def bazaars(self):
        for bazaar in self.ledger.bazaars.values():
            found = self.count(bazaar.instance, 0, COMPLETED, CANCELED)
            if any(found[element] != times for element, times in bazaar.begun.items()):
                yield bazaar.instance, bazaar.begun, dict(found)
            ended = self.status.get(bazaar.instance) == ENDED_WELL
            if ended != bazaar.closed or found["bazaar-end"] != bazaar.closed:
                yield bazaar.instance, "closed" if bazaar.closed else "open", dict(found)

    def dawns(self):
        there = {row[0] for row in self.rows(f"{STATUS} WHERE d.key = 'dawn'")}
        return sorted(there ^ set(self.ledger.dawns.values())) + self.rows(DAWNS)

    def everything(self):
        return [
            ("each trip has done and undone what its fate says, once", list(self.trips())),
            ("what was done last is undone first", list(self.order())),
            ("what begins beside a guard has begun as often as it was to", list(self.guards())),
            ("a timer beside a guard fires three times, and not before it is due", self.rows(ROUNDS)),
            ("who is to be migrated or modified is, once, or had ended", self.changes()),
            ("what was begun at a bazaar was visited, once", list(self.bazaars())),
            ("a condition that was asked has come once, when it was true", self.dawns()),
            ("each firing of a start timer has begun one instance, of the newest version", self.rows(START_TIMERS)),
        ]
