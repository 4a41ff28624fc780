# SPDX-License-Identifier: Apache-2.0
"""The ledger: clients that ask for work to be done, write down what they asked and what they were told, and persist.

Each request carries an Idempotency-Key. When the answer does not come, or is 503, the request is in doubt, and the
client asks again with the same key, of whichever node, until it knows; some requests go to two nodes at once. So at the
end every request is either acknowledged or refused, and the database can be compared with the ledger line by line
(verify.py). What clients do beside tasks and jobs is in events.py and scopes.py.
"""

import json
import random
import threading
import time
from http.client import HTTPException, HTTPSConnection

PROCESS = "ledger"
TREE = "caller"
WORK = "ledger-work"
RETRYABLE = (408, 503)
PATIENCE = 90  # seconds that a request may stay in doubt
LOYALTY = 0.98  # probability that the next request goes to the same node
TWINS = 0.03    # ... and that it goes to a second one at the same moment

# Values of engine/command_kind.def, as history.step has them.
COMPLETE_TASK, COMPLETE_JOB, FAIL_JOB = 5, 7, 8


class Broken(Exception):
    """An answer that no fault excuses; the text says which."""


class Ledger:
    """What all clients together asked and were told. A request that is still in doubt at the end breaks the run."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.file = open(path, "w", encoding="utf-8")
        self.started = {}       # business key -> instance id, acknowledged
        self.done = {}          # (command, id of task or of a job's activity) -> values that were written, acknowledged
        self.decisions = {}     # task -> value that nothing else overwrites
        self.refused = set()    # values of refused requests: must be nowhere
        self.handed_out = {}    # job id -> how often it was given to somebody
        self.failed = {}        # job id -> how often it was failed, acknowledged
        self.letters = {}       # order -> events.Letter
        self.versions = {}      # diagram -> how often it was deployed
        self.expired = 0        # letters for nobody
        self.alarms = {}        # variable that a signal brings -> (asked, told)
        self.alarmed = {}       # instance that waits for signals -> (asked, told)
        self.operations = {}    # operation -> (type, instances)
        self.trips = {}         # instance -> fate
        self.guards = {}        # instance -> scopes.Guard
        self.bazaars = {}       # instance -> scopes.Bazaar
        self.dawns = {}         # business key -> instance
        self.changes = {}       # operation that migrates or modifies -> how many
        self.broken = []
        self.asked = self.acknowledged = self.refusals = self.doubts = self.replays = self.twins = 0
        self.last_acknowledged = {}  # port of the node -> when

    def write(self, *words):
        with self.lock:
            self.file.write(json.dumps(words) + "\n")

    def count(self, status, doubts, port):
        with self.lock:
            self.asked += 1
            self.doubts += doubts
            if status < 300:
                self.acknowledged += 1
                self.last_acknowledged[port] = time.monotonic()
            else:
                self.refusals += 1

    def start(self, business_key, instance):
        with self.lock:
            self.started[business_key] = instance

    def finish(self, command, subject, value):
        with self.lock:
            self.done.setdefault((command, subject), []).append(value)

    def fail(self, job):
        with self.lock:
            self.failed[job] = self.failed.get(job, 0) + 1

    def expire(self):
        with self.lock:
            self.expired += 1

    def refuse(self, value):
        with self.lock:
            self.refused.add(value)

    def hand_out(self, job):
        with self.lock:
            self.handed_out[job] = self.handed_out.get(job, 0) + 1

    def done_twice(self):
        return [key for key, values in self.done.items() if key[0] != FAIL_JOB and len(values) > 1]

    def handed_out_twice(self):
        """A job comes back under its id only after a failure; after its lock ran out it has another."""
        return [job for job, count in self.handed_out.items() if count > 1 + self.failed.get(job, 0)]

    def acknowledged_by_all(self, servers, since):
        return all(self.last_acknowledged.get(server.port, 0) > since for server in servers)

    def break_with(self, text):
        with self.lock:
            self.broken.append(text)


class Twin(threading.Thread):
    """A request of its own connection; `answer` is None where nobody knows."""

    def __init__(self, server, path, headers, body):
        super().__init__(daemon=True)
        self.connection = HTTPSConnection("127.0.0.1", server.port, timeout=35, context=server.trust)
        self.request = ("POST", path, body, headers)
        self.answer = None
        self.start()

    def run(self):
        try:
            self.connection.request(*self.request)
            answer = self.connection.getresponse()
            self.answer = (answer.status, answer.read())
        except (OSError, HTTPException):
            pass
        self.connection.close()


class Client(threading.Thread):
    """One connection, now to this node and now to that one, and one person or machine behind it. `stop` lets it finish
    what is in doubt and end."""

    work_types = [WORK]

    def __init__(self, number, seed, servers, token, ledger, stop):
        super().__init__(name=f"client-{number}", daemon=True)
        self.number = number
        self.random = random.Random(seed * 1000 + number)
        self.servers = servers
        self.server = self.random.choice(servers)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.ledger = ledger
        self.stop = stop
        self.connection = None
        self.serial = 0
        self.tasks = []     # ids of open tasks of instances that this client started
        self.ended = []     # ids of tasks that it has completed
        self.answered = []  # requests with their answers, to be repeated

    # ---- asking ----

    def new_key(self, what):
        self.serial += 1
        return f"{what}-{self.number}-{self.serial}"

    def turn_away(self):
        """The next request goes to any node."""
        if self.connection:
            self.connection.close()
        self.connection = None
        self.server = self.random.choice(self.servers)

    def ask_once(self, path, key, body, method="POST"):
        """The status and the body, or None: nobody knows."""
        if self.random.random() > LOYALTY:
            self.turn_away()
        try:
            if self.connection is None:
                self.connection = HTTPSConnection("127.0.0.1", self.server.port, timeout=35, context=self.server.trust)
            headers = {**self.headers, "Idempotency-Key": key} if method == "POST" else self.headers
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException):
            self.turn_away()
            return None

    def new_twin(self, path, key, body):
        if self.random.random() > TWINS:
            return None
        self.ledger.twins += 1
        return Twin(self.random.choice(self.servers), path, {**self.headers, "Idempotency-Key": key}, body)

    @staticmethod
    def compare_twin(twin, key, answer):
        """What was done has one answer, whoever hears it."""
        if twin is None:
            return
        twin.join()
        known = twin.answer and twin.answer[0] not in RETRYABLE
        if known and min(answer[0], twin.answer[0]) < 300 and answer != twin.answer:
            raise Broken(f"{key}: told {answer}, and its twin {twin.answer}")

    def ask(self, path, key, body, method="POST"):
        """Asks until the answer is known. Returns status and JSON. The body is bytes or None, or becomes JSON. Only a
        POST has a key; what else is asked must mean the same when it is asked twice."""
        text = body if body is None or isinstance(body, bytes) else json.dumps(body)
        self.ledger.write("ask", key, path, "" if isinstance(body, bytes) else text)
        end = time.monotonic() + PATIENCE
        doubts = 0
        twin = self.new_twin(path, key, text) if method == "POST" else None
        while True:
            answer = self.ask_once(path, key, text, method)
            if answer and answer[0] not in RETRYABLE:
                break
            doubts += 1
            self.turn_away()
            if time.monotonic() > end:
                raise Broken(f"{key}: {path}: in doubt for {PATIENCE} s, last answer {answer}")
            time.sleep(0.02)
        self.compare_twin(twin, key, answer)
        status, content = answer
        self.ledger.write("told", key, status, content.decode(), doubts)
        self.ledger.count(status, doubts, self.server.port)
        if status >= 500:
            raise Broken(f"{key}: {path}: {status} {content.decode()}")
        if method == "POST" and status < 300 and self.random.random() < 0.05:
            self.answered.append((path, key, text, answer))
        return status, json.loads(content)

    def demand(self, expected, path, key, body, method="POST"):
        """The answer's JSON; any other status breaks the run."""
        status, answer = self.ask(path, key, body, method)
        if status != expected:
            raise Broken(f"{key}: {path}: {status} {answer}")
        return answer

    # ---- what a client does ----

    def begin(self, definition, key, **variables):
        body = {"definitionKey": definition, "businessKey": key, "variables": {"start": key, **variables}}
        status, answer = self.ask("/v1/instances", key, body)
        if status != 201:
            raise Broken(f"{key}: a start was refused: {answer}")
        self.ledger.start(key, answer["id"])
        return answer

    def start_instance(self):
        self.tasks += [task["id"] for task in self.begin(PROCESS, self.new_key("start"))["tasks"]]

    def start_tree(self):
        self.begin(TREE, self.new_key("tree"))

    def complete_task(self):
        if not self.tasks:
            return
        task = self.tasks.pop(self.random.randrange(len(self.tasks)))
        key = self.new_key("task")
        status, answer = self.ask(f"/v1/tasks/{task}/complete", key, {"variables": {"decided": key}})
        if status != 200:
            raise Broken(f"{key}: a completion was refused: {answer}")
        self.ledger.finish(COMPLETE_TASK, task, key)
        self.ledger.decisions[task] = key
        self.ended.append(task)

    def look_at_job(self, job):
        """What it must have brought along."""

    def work(self):
        """Takes some jobs; sometimes for so short a time that others take them over before they are done."""
        key = self.new_key("activate")
        lock = self.random.choice(["PT30S"] * 9 + ["PT0.05S"])
        body = {"type": self.random.choice(self.work_types), "worker": self.name, "max": 8, "lockFor": lock}
        _, answer = self.ask("/v1/jobs/activate", key, body)
        jobs = answer.get("jobs", [])
        for job in jobs:
            self.look_at_job(job)
            self.ledger.hand_out(job["id"])
        if self.random.random() < 0.5:
            self.complete_jobs(jobs)
        else:
            for job in jobs:
                self.end_job(job)

    def note_job(self, command, job, status, key, answer):
        if status < 300:
            self.ledger.finish(command, job["activityId"], key)
            if command == FAIL_JOB:
                self.ledger.fail(job["id"])
        elif status in (404, 409):
            self.ledger.refuse(key)
        else:
            raise Broken(f"{key}: {status} {answer}")

    def complete_jobs(self, jobs):
        """All in one request, each with a value of its own."""
        if not jobs:
            return
        key = self.new_key("jobs")
        items = [{"id": job["id"], "variables": {"worked": f"{key}.{job['id']}"}} for job in jobs]
        status, answer = self.ask("/v1/jobs/complete", key, {"items": items})
        if status != 200 or len(answer["items"]) != len(jobs):
            raise Broken(f"{key}: {status} {answer}")
        for job, item in zip(jobs, answer["items"]):
            self.note_job(COMPLETE_JOB, job, item["status"], f"{key}.{job['id']}", item)

    def end_job(self, job):
        key = self.new_key("job")
        if self.random.random() < 0.1:
            body = {"message": key, "retries": 3, "retryAfter": "PT0S"}
            status, answer = self.ask(f"/v1/jobs/{job['id']}/fail", key, body)
            self.note_job(FAIL_JOB, job, status, key, answer)
        else:
            status, answer = self.ask(f"/v1/jobs/{job['id']}/complete", key, {"variables": {"worked": key}})
            self.note_job(COMPLETE_JOB, job, status, key, answer)

    def be_refused(self):
        """Requests that must leave nothing behind."""
        key = self.new_key("refused")
        variables = {"variables": {"start": key, "decided": key, "worked": key}}
        wrong = [
            ("/v1/instances", {"definitionKey": "no-such-process", "businessKey": key, **variables}),
            ("/v1/instances", {"definitionKey": PROCESS, "businessKey": key, "surprise": 1, **variables}),
            ("/v1/jobs/1/complete", variables),
        ]
        if self.ended:
            wrong.append((f"/v1/tasks/{self.random.choice(self.ended)}/complete", variables))
        path, body = self.random.choice(wrong)
        status, answer = self.ask(path, key, body)
        if not 400 <= status < 500:
            raise Broken(f"{key}: {path} should have been refused: {status} {answer}")
        self.ledger.refuse(key)

    def repeat(self):
        """The same request with the same key has the same answer; with another body it is refused."""
        if not self.answered:
            return
        path, key, text, (status, content) = self.answered.pop(self.random.randrange(len(self.answered)))
        again = self.ask_once(path, key, text)
        if again is None or again[0] in RETRYABLE:
            return
        if again != (status, content):
            raise Broken(f"{key}: told {status} {content!r}, and when asked again {again}")
        self.ledger.replays += 1
        other = self.ask_once(path, key, json.dumps({"definitionKey": PROCESS, "businessKey": f"other-{key}"}))
        if other and other[0] not in RETRYABLE and other[0] != 422:
            raise Broken(f"{key}: the key was taken twice: {other}")
        self.ledger.refuse(f"other-{key}")

    def deeds(self):
        """What it may do next; the more often it stands here the more often."""
        return ([self.start_instance] * 6 + [self.complete_task] * 5 + [self.work] * 3
                + [self.start_tree, self.be_refused, self.repeat])

    def live(self):
        deeds = self.deeds()
        while not self.stop.is_set():
            self.random.choice(deeds)()

    def run(self):
        try:
            self.live()
        except Broken as broken:
            self.ledger.break_with(str(broken))
        except Exception as error:  # pylint: disable=broad-except
            self.ledger.break_with(f"{self.name}: {error!r}")
