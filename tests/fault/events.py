# SPDX-License-Identifier: Apache-2.0
"""Clients that write letters, sound alarms and order operations on many instances.

A letter is one message for one receiver, an instance with the same orderId. Its two halves, the message and the start
of the receiver, wait in a pool that all clients share and are done in any order, also at the same moment by two of
them: the message finds its receiver waiting, or is kept until it comes. An alarm is a signal for all that wait at that
moment, and are migrated now and then; the variable that it brings has a name of its own, so that each can be told from
the others in each instance.
"""

import threading
import time

from ledger import Broken, Client

RECEIVERS = ["receiver", "receiver", "household"]  # the last one calls a receiver
ALARMED = ["alarmed", "alarmed", "alarmed", "family"]  # the last one calls two that wait, and waits as well
TELLER, CRIER = "teller", "crier"
SENT, KEPT, THROWN = "sent", "kept", "thrown"  # which way a letter went
AT_ONCE = 100  # starts in one request
CROWD = 1000   # that wait for an alarm from the beginning: it takes several pages to reach them
OPERATED = 20  # instances of one operation


class Letter:
    def __init__(self, order):
        self.order = order
        self.receiver = None  # instance, or who calls it
        self.way = None


class Pool:
    """Halves of letters that are still to be done."""

    def __init__(self):
        self.lock = threading.Lock()
        self.halves = []

    def put(self, halves):
        with self.lock:
            self.halves += halves

    def take(self, random):
        with self.lock:
            return self.halves.pop(random.randrange(len(self.halves))) if self.halves else None


class EventClient(Client):
    def __init__(self, *words, pool):
        super().__init__(*words)
        self.pool = pool

    # ---- letters ----

    def begin_letter(self):
        letter = Letter(self.new_key("letter"))
        self.ledger.letters[letter.order] = letter
        send = self.random.choice([EventClient.send_letter, EventClient.send_letter, EventClient.throw_letter])
        self.pool.put([(EventClient.start_receiver, letter), (send, letter)])

    def go_on(self):
        half = self.pool.take(self.random)
        if half:
            deed, letter = half
            deed(self, letter)

    def start_receiver(self, letter):
        definition = self.random.choice(RECEIVERS)
        letter.receiver = self.begin(definition, self.new_key("receiver"), orderId=letter.order)["id"]

    def send_letter(self, letter):
        """It may be kept, unless somebody must be waiting."""
        key = self.new_key("send")
        body = {"name": "letter", "correlation": {"orderId": letter.order}, "variables": {"letter": letter.order}}
        known = letter.receiver
        if not known or self.random.random() < 0.5:
            body["ttl"] = "PT1H"
        status, answer = self.ask("/v1/messages", key, body)
        results = answer.get("results")
        if status != 200 or (known and len(results) != 1):
            raise Broken(f"{key}: a letter for {known}: {status} {answer}")
        letter.way = SENT if results else KEPT
        if not known or self.random.random() < 0.8:
            return
        status, answer = self.ask("/v1/messages", f"{key}-late", {**body, "ttl": "PT0S", "variables": {"letter": key}})
        if status != 409:
            raise Broken(f"{key}: a second letter was taken: {status} {answer}")
        self.ledger.refuse(key)

    def throw_letter(self, letter):
        self.begin(TELLER, self.new_key("teller"), orderId=letter.order, letter=letter.order)
        letter.way = THROWN

    def send_to_nobody(self):
        """Kept for a moment only."""
        key = self.new_key("nobody")
        body = {"name": "letter", "correlation": {"orderId": key}, "ttl": "PT1S", "variables": {"letter": key}}
        status, answer = self.ask("/v1/messages", key, body)
        if status != 200 or answer["results"]:
            raise Broken(f"{key}: a letter for nobody: {status} {answer}")
        self.ledger.expire()

    # ---- many at once ----

    def start_alarmed(self, count):
        key = self.new_key("alarmed")
        items = [{"definitionKey": self.random.choice(ALARMED), "businessKey": f"{key}.{nth}"} for nth in range(count)]
        asked = time.monotonic()
        status, answer = self.ask("/v1/instances/batch", key, {"items": items})
        if status != 200 or any(item["status"] != 201 for item in answer["items"]):
            raise Broken(f"{key}: a start was refused: {status} {answer}")
        told = time.monotonic()
        instances = [item["instance"]["id"] for item in answer["items"]]
        for item, instance in zip(items, instances):
            self.ledger.start(item["businessKey"], instance)
            self.ledger.alarmed[instance] = (asked, told)
        return instances

    def order(self, what, instances):
        key = self.new_key(what)
        status, answer = self.ask("/v1/operations", key, {"type": what, "instances": instances, "reason": key})
        if status != 202 or answer["total"] != len(instances):
            raise Broken(f"{key}: {status} {answer}")
        self.ledger.operations[answer["id"]] = (what, instances)

    def change(self, **body):
        """In the background: some may have ended before it is their turn."""
        key = self.new_key("change")
        operation = self.demand(202, "/v1/operations", key, {**body, "reason": key})
        self.ledger.changes[operation["id"]] = operation["total"]

    def migrate_all(self, definition):
        """All that there are, to the newest version."""
        self.change(type="migrate", definitionKey=definition, query={"definitionKey": definition})

    def operate(self):
        instances = self.start_alarmed(OPERATED)
        what = self.random.choice([["suspend"], ["cancel"], ["suspend", "cancel"]])
        for word in what:
            self.order(word, instances)

    def deeds(self):
        return super().deeds() * 2 + [self.begin_letter] * 3 + [self.go_on] * 6 + [self.send_to_nobody, self.operate]


class Ringer(EventClient):
    """Sounds an alarm when its bell rings, sometimes while all who wait for it are migrated. `server` is the node that
    was asked last and delivers it."""

    def __init__(self, *words, pool):
        super().__init__(*words, pool=pool)
        self.bell = threading.Event()

    def gather(self):
        for _ in range(0, CROWD, AT_ONCE):
            self.start_alarmed(AT_ONCE)

    def sound(self):
        """By a request, or by a process that throws it."""
        key = self.new_key("alarm")
        deed = self.random.choice([("/v1/signals", 202, {"name": "alarm"}),
                                   ("/v1/instances", 201, {"definitionKey": CRIER, "businessKey": key})])
        path, expected, body = deed
        asked = time.monotonic()
        status, answer = self.ask(path, key, {**body, "variables": {key: True}})
        if status != expected:
            raise Broken(f"{key}: {status} {answer}")
        self.ledger.alarms[key] = (asked, time.monotonic())
        if path == "/v1/instances":
            self.ledger.start(key, answer["id"])

    def live(self):
        while not self.stop.is_set():
            if self.bell.wait(0.1):
                self.bell.clear()
                if self.random.random() < 0.3:
                    self.migrate_all("alarmed")
                self.sound()
