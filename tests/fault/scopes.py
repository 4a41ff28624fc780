# SPDX-License-Identifier: Apache-2.0
"""Clients that look after instances with a life inside: trips that are undone, guards whom events reach and who are
changed where they stand, bazaars that are visited in any order, and dawns that come when somebody asks.

What a client has begun it alone goes on with, so it knows how often each thing must have happened in each instance;
what comes of itself meanwhile, comes at the same moment: workers, timers, operations, new versions, deaths of nodes.
"""

import datetime
import time

from events import EventClient
from ledger import COMPLETE_TASK, WORK, Broken

TRIP, GUARD, BAZAAR, DAWN = "trip", "guard", "bazaar", "dawn"
TRIP_WORK = "trip-work"
FATES = ["kept", "canceled", "canceled", "regretted", "regretted", "broken"]  # of trips, as their diagram has them
SEATS = [100, 101, 102]
THRESHOLD = 3   # a guard's level rises above it
VISITS = 8      # to one bazaar, about
DAWN_SECONDS = 1.5  # at most, after the start
MODIFIED = 10   # guards in one operation
MODIFICATION = [{"type": "cancel", "elementId": "watch"}, {"type": "startBefore", "elementId": "watch"}]


class Guard:
    def __init__(self, order, instance, task):
        self.order = order
        self.instance = instance
        self.task = task
        self.level = 0
        self.rises = self.notes = 0  # acknowledged
        self.modified = False        # it may have another task by now
        self.rested = False          # and was not modified meanwhile
        self.fate = None             # how it was ended


class Bazaar:
    def __init__(self, instance):
        self.instance = instance
        self.begun = {"look": 0, "buy": 0}
        self.tasks = []
        self.closed = False


class ScopeClient(EventClient):
    work_types = [WORK, TRIP_WORK]

    def __init__(self, *words, pool):
        super().__init__(*words, pool=pool)
        self.guards = []
        self.bazaars = []

    def take(self, things):
        """Any of them, no longer in the list; None where there is none."""
        return things.pop(self.random.randrange(len(things))) if things else None

    # ---- trips ----

    def start_trip(self):
        fate = self.random.choice(FATES)
        trip = self.begin(TRIP, self.new_key("trip"), fate=fate, seats=SEATS)
        self.ledger.trips[trip["id"]] = fate

    def look_at_job(self, job):
        """Each flight has its own seat, and its handler sees the same one."""
        variables = job["variables"]
        if job["elementId"] in ("flight", "unflight") and variables["seat"] != SEATS[variables["loopCounter"]]:
            raise Broken(f"{job['elementId']} {job['activityId']} sees {variables}")

    # ---- guards ----

    def start_guard(self):
        order = self.new_key("guard")
        answer = self.begin(GUARD, order, orderId=order, level=0, closed=False)
        guard = Guard(order, answer["id"], answer["tasks"][0]["id"])
        self.ledger.guards[guard.instance] = guard
        self.guards.append(guard)

    def set_variables(self, guard, **variables):
        """Once or twice is the same: the request names values, and nobody else writes them. True unless the guard has
        ended."""
        key = self.new_key("patch")
        status, answer = self.ask(f"/v1/instances/{guard.instance}/variables", key, variables, "PATCH")
        if status not in (200, 409):
            raise Broken(f"{key}: {status} {answer}")
        return status == 200

    def set_level(self, guard):
        level = self.random.choice([0, 2, THRESHOLD, THRESHOLD + 1, 9])
        if not self.set_variables(guard, level=level):
            raise Broken(f"{guard.instance} has ended by itself")
        return level

    @staticmethod
    def note_level(guard, level):
        guard.rises += guard.level <= THRESHOLD < level
        guard.level = level

    def move_level(self, guard):
        self.note_level(guard, self.set_level(guard))

    def rest(self, guard):
        """While it is suspended nothing comes: what its level was in between is not seen, and no note is taken."""
        path = f"/v1/instances/{guard.instance}"
        guard.rested = True
        self.demand(200, f"{path}/suspend", self.new_key("suspend"), {})
        level = self.set_level(guard)
        if self.random.random() < 0.5:
            level = self.set_level(guard)
        else:
            key = self.new_key("unheard")
            body = {"name": "note", "correlation": {"orderId": guard.order}, "variables": {"told": key}}
            self.demand(409, "/v1/messages", key, body)
            self.ledger.refuse(key)
        self.demand(200, f"{path}/resume", self.new_key("resume"), {})
        self.note_level(guard, level)

    def tell(self, guard, name):
        key = self.new_key(name)
        body = {"name": name, "correlation": {"orderId": guard.order}, "variables": {"told": key}}
        answer = self.demand(200, "/v1/messages", key, body)
        if [result["instanceId"] for result in answer["results"]] != [guard.instance]:
            raise Broken(f"{key}: for {guard.instance}: {answer}")

    def send_note(self, guard):
        self.tell(guard, "note")
        guard.notes += 1

    def end_guard(self, guard):
        guard.fate = self.random.choice(["closed", "stopped", "watch"][:2 if guard.modified else 3])
        if guard.fate == "closed":
            self.set_variables(guard, closed=True)
        elif guard.fate == "stopped":
            self.tell(guard, "stop")
        else:
            key = self.new_key("relieve")
            self.demand(200, f"/v1/tasks/{guard.task}/complete", key, {"variables": {"relieved": key}})
            self.ledger.finish(COMPLETE_TASK, guard.task, key)

    def look_after_guard(self):
        guard = self.take(self.guards)
        if not guard:
            return
        deed = self.random.choice([self.move_level] * 4 + [self.send_note] * 2 + [self.rest, self.end_guard])
        deed(guard)
        if not guard.fate:
            self.guards.append(guard)

    def migrate_guards(self):
        """Whoever looks after them."""
        self.migrate_all(GUARD)

    def modify_guards(self):
        """Some of the own begin their watch anew."""
        guards = self.random.sample(self.guards, min(MODIFIED, len(self.guards)))
        for guard in guards:
            guard.modified = True
        if guards:
            instances = [guard.instance for guard in guards]
            self.change(type="modify", instructions=MODIFICATION, instances=instances)

    # ---- bazaars ----

    def start_bazaar(self):
        bazaar = Bazaar(self.begin(BAZAAR, self.new_key("bazaar"), closing=False)["id"])
        self.ledger.bazaars[bazaar.instance] = bazaar
        self.bazaars.append(bazaar)

    def visit(self, bazaar, element):
        key = self.new_key("visit")
        known = set(bazaar.tasks)
        self.demand(200, f"/v1/instances/{bazaar.instance}/activities", key, {"elementId": element})
        bazaar.begun[element] += 1
        answer = self.demand(200, f"/v1/tasks?limit=100&instanceId={bazaar.instance}", f"{key}-seen", None, "GET")
        tasks = [task["id"] for task in answer["items"]]
        if len(tasks) != len(known) + (element == "look") or not known <= set(tasks):
            raise Broken(f"{key}: {element} was begun beside {known}: {tasks}")
        bazaar.tasks = tasks

    def end_visit(self, bazaar, **variables):
        key = self.new_key("seen")
        task = bazaar.tasks.pop(self.random.randrange(len(bazaar.tasks)))
        self.demand(200, f"/v1/tasks/{task}/complete", key, {"variables": {"seen": key, **variables}})
        self.ledger.finish(COMPLETE_TASK, task, key)

    def close_bazaar(self, bazaar):
        """What is still visited is canceled; nothing can be begun behind that."""
        self.end_visit(bazaar, closing=True)
        bazaar.closed = True
        key = self.new_key("too-late")
        body = {"elementId": "look", "variables": {"seen": key}}
        self.demand(409, f"/v1/instances/{bazaar.instance}/activities", key, body)
        self.ledger.refuse(key)

    def go_to_bazaar(self):
        bazaar = self.take(self.bazaars)
        if not bazaar:
            return
        if bazaar.tasks and self.random.random() < 1 / VISITS:
            self.close_bazaar(bazaar)
        elif bazaar.tasks and self.random.random() < 0.3:
            self.end_visit(bazaar)
        else:
            self.visit(bazaar, self.random.choice(["look", "look", "buy"]))
        if not bazaar.closed:
            self.bazaars.append(bazaar)

    # ---- dawns ----

    def start_dawn(self):
        at = datetime.datetime.now(datetime.timezone.utc)
        at += datetime.timedelta(seconds=self.random.uniform(0, DAWN_SECONDS))
        key = self.new_key("dawn")
        self.ledger.dawns[key] = self.begin(DAWN, key, at=at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))["id"]

    def ask_for_dawn(self):
        """Where it is too early somebody has to ask again. Conditions of guards are asked as well, and must not come
        twice."""
        self.demand(202, "/v1/conditions", self.new_key("conditions"), {})

    def ask_at_last(self):
        """Behind this all must have come."""
        time.sleep(DAWN_SECONDS)
        self.ask_for_dawn()

    def deeds(self):
        return (super().deeds() * 2 + [self.start_trip] * 6 + [self.start_guard] * 4 + [self.look_after_guard] * 16
                + [self.start_bazaar] * 2 + [self.go_to_bazaar] * 12 + [self.start_dawn] * 4
                + [self.migrate_guards, self.modify_guards, self.ask_for_dawn])
