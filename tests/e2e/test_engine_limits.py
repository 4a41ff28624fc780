#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Processes that misbehave, clocks, and several servers at once: loops, failing expressions, timers, retries, jobs and
joins shared by two servers, and how a server ends under load."""

import signal
import threading
import time

from harness import PATIENCE, Database, Server, case, eventually, in_time, main, model, parallel

LOOP = model(
    "loop",
    """
  <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="again"/>
  <bpmn:exclusiveGateway id="again"/><bpmn:sequenceFlow id="f2" sourceRef="again" targetRef="step"/>
  <bpmn:scriptTask id="step"><bpmn:script>${execution.setVariable('n', n + 1)}</bpmn:script></bpmn:scriptTask>
  <bpmn:sequenceFlow id="f3" sourceRef="step" targetRef="more"/>
  <bpmn:exclusiveGateway id="more" default="f5"/>
  <bpmn:sequenceFlow id="f4" sourceRef="more" targetRef="again">
  <bpmn:conditionExpression>${!stop}</bpmn:conditionExpression></bpmn:sequenceFlow>
  <bpmn:sequenceFlow id="f5" sourceRef="more" targetRef="end"/><bpmn:endEvent id="end"/>""",
)
WRAP = LOOP.replace('"loop"', '"wrap"').replace(
    "${execution.setVariable('n', n + 1)}", "${execution.setVariable('x', [x])}"
)
DOUBLE = LOOP.replace('"loop"', '"double"').replace(
    "${execution.setVariable('n', n + 1)}", "${execution.setVariable('x', x + x)}"
)


def choice(key, condition):
    return model(
        key,
        f"""
  <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="choice"/>
  <bpmn:exclusiveGateway id="choice" name="Enough?"/>
  <bpmn:sequenceFlow id="f2" sourceRef="choice" targetRef="end">
  <bpmn:conditionExpression>{condition}</bpmn:conditionExpression></bpmn:sequenceFlow>
  <bpmn:sequenceFlow id="f3" sourceRef="choice" targetRef="end">
  <bpmn:conditionExpression>${{false}}</bpmn:conditionExpression></bpmn:sequenceFlow>
  <bpmn:endEvent id="end"/>""",
    )


TIMED = model(
    "timed",
    """
  <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="wait"/>
  <bpmn:userTask id="wait" bpmnd:candidateGroups="clerks"/>
  <bpmn:boundaryEvent id="late" attachedToRef="wait"><bpmn:timerEventDefinition>
  <bpmn:timeDuration>${after}</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>
  <bpmn:sequenceFlow id="f2" sourceRef="wait" targetRef="done"/><bpmn:endEvent id="done"/>
  <bpmn:sequenceFlow id="f3" sourceRef="late" targetRef="missed"/><bpmn:endEvent id="missed"/>""",
)
REMIND = model(
    "reminding",
    """
  <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="wait"/>
  <bpmn:userTask id="wait" bpmnd:candidateGroups="clerks"/>
  <bpmn:boundaryEvent id="remind" attachedToRef="wait" cancelActivity="false"><bpmn:timerEventDefinition>
    <bpmn:timeCycle>R3/PT1S</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:boundaryEvent>
  <bpmn:sequenceFlow id="f2" sourceRef="wait" targetRef="done"/><bpmn:endEvent id="done"/>
  <bpmn:sequenceFlow id="f3" sourceRef="remind" targetRef="told"/><bpmn:endEvent id="told"/>""",
)
WORK = model(
    "work",
    """
  <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="do"/>
  <bpmn:serviceTask id="do" bpmnd:type="${kind}"/><bpmn:sequenceFlow id="f2" sourceRef="do" targetRef="end"/>
  <bpmn:endEvent id="end"/>""",
)
JOIN = model(
    "join",
    """
  <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="fork"/>
  <bpmn:parallelGateway id="fork"/>
  <bpmn:sequenceFlow id="f2" sourceRef="fork" targetRef="left"/>
  <bpmn:sequenceFlow id="f3" sourceRef="fork" targetRef="right"/>
  <bpmn:userTask id="left" bpmnd:candidateGroups="clerks"/><bpmn:userTask id="right" bpmnd:candidateGroups="clerks"/>
  <bpmn:sequenceFlow id="f4" sourceRef="left" targetRef="both"/>
  <bpmn:sequenceFlow id="f5" sourceRef="right" targetRef="both"/>
  <bpmn:parallelGateway id="both"/><bpmn:sequenceFlow id="f6" sourceRef="both" targetRef="end"/>
  <bpmn:endEvent id="end"/>""",
)

BACKOFF = 0.5


class Pair:
    """Two servers on one database."""

    def __init__(self):
        self.database = Database()
        self.servers = [Server(self.database, job_backoff="PT0.5S") for _ in range(2)]
        self.admin, self.other = [self.client(n) for n in range(2)]
        for diagram in (LOOP, WRAP, DOUBLE, TIMED, REMIND, WORK, JOIN):
            self.admin.deploy(diagram)

    def client(self, n, user="admin", **who):
        return self.servers[n % 2].client(user, **(who or {"roles": ["admin"]}))

    def __exit__(self, *how):
        for server in self.servers:
            server.__exit__(*how)
        self.database.drop()


# --- processes that do not behave ---


@case("an endless loop: 201 with an incident, others are answered meanwhile, and it goes on when corrected")
def _(pair):
    slowest, over = [], threading.Event()

    def others(n):
        client = pair.client(0)
        while not over.is_set():
            began = time.monotonic()
            client.get("/healthz" if n % 2 else "/v1/tasks")
            slowest.append(time.monotonic() - began)

    threads = [threading.Thread(target=others, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    answer = pair.admin.post(
        "/v1/instances", {"definitionKey": "loop", "variables": {"n": 0, "stop": False}}, expect=201
    ).json
    eventually(lambda: len(slowest) > 4)
    over.set()
    for thread in threads:
        thread.join()
    assert answer["status"] == "running" and answer["incident"] is True, answer
    assert max(slowest) < PATIENCE, slowest
    [incident] = pair.admin.incidents(answer["id"])
    assert incident["type"] == "endless-loop", incident
    assert not pair.other.instance(answer["id"])["endedAt"]
    corrected = pair.other.post(f"/v1/incidents/{incident['id']}/retry", {"variables": {"stop": True}}).json
    assert corrected["status"] == "completed" and not corrected["incident"], corrected
    assert pair.admin.request("POST", f"/v1/incidents/{incident['id']}/retry").status in (404, 409)
    assert pair.admin.variables(answer["id"])["stop"] is True


@case("an endless loop among others in a batch stops alone")
def _(pair):
    items = [
        {"definitionKey": key, "variables": {"n": 0, "stop": False}} for key in ("join", "loop", "join", "loop", "join")
    ]
    results = pair.admin.post("/v1/instances/batch", {"items": items}).json["items"]
    assert [r["status"] for r in results] == [201] * 5
    assert [r["instance"]["incident"] for r in results] == [False, True, False, True, False], results
    assert [len(r["instance"]["tasks"]) for r in results] == [2, 0, 2, 0, 2], results


@case("the largest step budget that may be set leaves a server that works")
def _(pair):
    with Server(pair.database, step_budget=250000, workers=1) as server:
        client = server.client("admin", roles=["admin"])
        for _ in range(3):
            assert client.start("loop", n=0, stop=False)["incident"]
            assert client.start("loop", n=0, stop=True)["status"] == "completed"


def incident_of(client, key, **variables):
    """The one incident of a fresh instance."""
    instance = client.start(key, expect=201, **variables)
    assert instance["incident"] and instance["status"] == "running", instance
    [incident] = client.incidents(instance["id"])
    return instance["id"], incident


@case("values that grow without end: an incident, the last good value stays, and the server lives")
def _(pair):
    instance, incident = incident_of(pair.admin, "wrap", x=1, stop=False)
    assert incident["type"] == "script" and incident["elementId"] == "step" and "64" in incident["message"], incident
    value, depth = pair.admin.variables(instance)["x"], 0
    while isinstance(value, list):
        [value], depth = value, depth + 1
    assert value == 1 and 60 <= depth <= 64, depth
    assert (
        pair.other.request("POST", f"/v1/incidents/{incident['id']}/retry", {"variables": {"x": 1, "stop": True}}).json[
            "status"
        ]
        == "completed"
    )
    instance, incident = incident_of(pair.admin, "double", x="ab", stop=False)
    assert incident["elementId"] == "step", incident
    assert 2 < len(pair.admin.variables(instance)["x"]) < 16 << 20
    pair.admin.delete(f"/v1/instances/{instance}")
    assert pair.admin.get("/healthz").json == {"status": "ok"}


@case("expressions that fail: the incident names the text and the place, and a correction helps")
def _(pair):
    cases = {
        "unknown": ("${amount &gt; 1000}", "${amount > 1000}", {}, "amount", {"amount": 2000}),
        "kinds": ("${amount &gt; 1000}", "${amount > 1000}", {"amount": "many"}, "", {"amount": 2000}),
        "no-truth": ("${amount}", "${amount}", {"amount": 7}, "boolean", {"amount": True}),
        "division": ("${1 / amount == 1}", "${1 / amount == 1}", {"amount": 0}, "zero", {"amount": 1}),
        "no-way": ("${amount &gt; 1000}", None, {"amount": 1}, "", {"amount": 2000}),
        "member": ("${amount.total &gt; 1}", None, {"amount": {}}, "", {"amount": {"total": 2}}),
    }
    for key, (condition, text, variables, word, better) in cases.items():
        pair.admin.deploy(choice(key, condition))
        instance, incident = incident_of(pair.admin, key, **variables)
        assert incident["elementId"] == "choice" and incident["elementName"] == "Enough?", (key, incident)
        assert word in incident["message"], (key, incident)
        if text:
            assert (
                text in incident["message"] and "line 1" in incident["message"] and "column" in incident["message"]
            ), (key, incident)
        again = pair.other.post(f"/v1/incidents/{incident['id']}/retry").json
        assert again["incident"], (key, again)
        [incident] = pair.other.incidents(instance)
        pair.other.patch(f"/v1/instances/{instance}/variables", better)
        assert pair.admin.post(f"/v1/incidents/{incident['id']}/retry").json["status"] == "completed", key


@case("a variable's text is never run as an expression")
def _(pair):
    pair.admin.deploy(choice("text", "${text.contains('now()')}"))
    assert pair.admin.start("text", text="${now()} #{now()} =now()")["status"] == "completed"
    instance = pair.admin.start("work", kind="${now()}")
    [job] = pair.admin.activate("${now()}")
    assert job["instanceId"] == instance["id"]
    pair.admin.complete_job(job["id"])


# --- clocks ---


@case("a boundary timer of a second")
def _(pair):
    began = time.monotonic()
    fires = [pair.client(n).start("timed", after="PT1S")["id"] for n in range(6)]
    kept = pair.admin.start("timed", after="PT1H")

    def completed(seconds):
        quick = pair.admin.start("timed", after=f"PT{seconds}S")
        answer = pair.admin.request("POST", f"/v1/tasks/{quick['tasks'][0]['id']}/complete", {})
        return quick if answer.status == 200 else None

    quick = in_time(completed)
    assert all(pair.admin.instance(i)["status"] == "running" for i in fires) or time.monotonic() - began > 1
    for instance in fires:
        ended = eventually(lambda i=instance: (x := pair.other.instance(i))["status"] == "completed" and x)
        assert ended["endedAt"] > ended["startedAt"]
    time.sleep(0.3)
    for instance in fires:
        assert [(a["elementId"], a["outcome"]) for a in pair.admin.activities(instance)] == [
            ("start", "completed"),
            ("wait", "canceled"),
            ("late", "completed"),
            ("missed", "completed"),
        ], pair.admin.activities(instance)
        assert pair.admin.tasks(instanceId=instance) == []
    assert [a["elementId"] for a in pair.admin.activities(quick["id"])] == ["start", "wait", "done"]
    assert pair.admin.instance(kept["id"])["status"] == "running"
    assert int(pair.database.value(f"SELECT count(*) FROM bpmnd.job WHERE instance_id = {quick['id']}")) == 0


@case("a cycle fires as often as it says, each time once, with two servers looking")
def _(pair):
    instances = [pair.client(n).start("reminding")["id"] for n in range(10)]
    told = lambda i: [a for a in pair.admin.activities(i) if a["elementId"] == "told"]
    for instance in instances:
        eventually(lambda i=instance: len(told(i)) == 3)
    time.sleep(1.2)
    for instance in instances:
        assert len(told(instance)) == 3 and pair.admin.instance(instance)["status"] == "running"
        pair.admin.complete(pair.admin.tasks(instanceId=instance)[0]["id"])
        assert pair.admin.instance(instance)["status"] == "completed"


@case("a failed job comes back after its pause, which doubles; then it is an incident")
def _(pair):
    instance = pair.admin.start("work", kind="backoff")["id"]
    pauses = []
    for left in (2, 1):
        [job] = pair.admin.activate("backoff", wait="PT30S")
        began = time.monotonic()
        failed = pair.admin.fail_job(job["id"])
        assert failed["job"]["retries"] == left and not failed["instance"]["incident"], failed
        [again] = pair.other.activate("backoff", wait="PT30S", lockFor="PT0.2S")
        pauses.append(time.monotonic() - began)
        assert again["retries"] == left
        time.sleep(0.25)  # until the lock is over
    assert pauses[0] > BACKOFF - 0.1 and pauses[1] > 2 * BACKOFF - 0.1, pauses
    [job] = pair.admin.activate("backoff", wait="PT30S")
    assert pair.admin.fail_job(job["id"], "third")["instance"]["incident"]
    assert pair.admin.activate("backoff", wait="PT1S") == []
    [incident] = pair.admin.incidents(instance)
    pair.admin.post(f"/v1/incidents/{incident['id']}/retry", {"retries": 1})
    [job] = pair.admin.activate("backoff")
    assert pair.admin.fail_job(job["id"], retries=1, retryAfter="PT0S")["job"]["retries"] == 1
    [job] = pair.other.activate("backoff", wait="PT30S")
    assert pair.other.complete_job(job["id"])["instance"]["status"] == "completed"


@case("a lock that has run out: the next worker has the job, the late one is refused")
def _(pair):
    pair.admin.start("work", kind="lock")
    began = time.monotonic()
    [late] = pair.admin.activate("lock", lockFor="PT0.3S", worker="late")
    taken = pair.other.activate("lock", worker="next")
    assert taken == [] or time.monotonic() - began > 0.3, "the lock is not over yet"
    [job] = taken or eventually(lambda: pair.other.activate("lock", worker="next"))
    assert job["id"] != late["id"]
    for client in (pair.admin, pair.other):
        for action, body in (
            ("complete", {}),
            ("fail", {"message": "m"}),
            ("error", {"code": "c"}),
            ("extend", {"lockFor": "PT1M"}),
        ):
            assert client.request("POST", f"/v1/jobs/{late['id']}/{action}", body).status in (404, 409), action
    assert pair.admin.complete_job(job["id"])["instance"]["status"] == "completed"


# --- two servers ---


@case("two thousand jobs, four workers, two servers: each job is one worker's, each is done once")
def _(pair):
    for _ in range(2):
        items = [{"definitionKey": "work", "variables": {"kind": "shared"}}] * 1000
        pair.admin.post("/v1/instances/batch", {"items": items})

    gate = threading.Barrier(4)

    def work(n):
        client, taken = pair.client(n), []
        while jobs := client.activate("shared", count=37, worker=f"w{n}", lockFor="PT5M"):
            if not taken:
                gate.wait(60)  # each has had some before one of them has had all
            taken += [job["id"] for job in jobs]
            done = client.post("/v1/jobs/complete", {"items": [{"id": job["id"]} for job in jobs]}).json["items"]
            assert {item["status"] for item in done} == {200}, done
        return taken

    taken = parallel(4, work)
    every = [job for some in taken for job in some]
    assert len(every) == 2000 and len(set(every)) == 2000, (len(every), len(set(every)))
    assert (
        pair.admin.get("/v1/instances", **{"variable.kind": "shared", "status": "running", "count": True}).json["count"]
        == 0
    )


@case("a join reached from two servers at the same time fires once")
def _(pair):
    items = pair.admin.post("/v1/instances/batch", {"items": [{"definitionKey": "join"}] * 60}).json["items"]
    tasks = [{t["elementId"]: t["id"] for t in item["instance"]["tasks"]} for item in items]
    gate = threading.Barrier(2)

    def work(n):
        client = pair.client(n)
        for task in tasks:
            gate.wait()
            client.complete(task[("left", "right")[n]])

    parallel(2, work)
    for item in items:
        instance = item["instance"]["id"]
        assert pair.admin.instance(instance)["status"] == "completed"
        ids = [a["elementId"] for a in pair.admin.activities(instance)]
        assert sorted(ids) == ["both", "end", "fork", "left", "right", "start"], ids
    orphans = pair.database.value(
        "SELECT count(*) FROM bpmnd.token t WHERE NOT EXISTS (SELECT FROM bpmnd.instance i WHERE i.id = t.instance_id)"
    )
    assert orphans == "0"


@case("one task, one user on each server: one of them completes it")
def _(pair):
    items = pair.admin.post("/v1/instances/batch", {"items": [{"definitionKey": "join"}] * 20}).json["items"]
    clients = [pair.client(n) for n in range(4)]
    for item in items:
        task = item["instance"]["tasks"][0]["id"]
        answers = parallel(4, lambda n, t=task: clients[n].request("POST", f"/v1/tasks/{t}/complete", {}).status)
        assert sorted(answers) == [200, 409, 409, 409], answers


@case("what one server changes the other sees at once")
def _(pair):
    instance = pair.admin.start("join")["id"]
    for n in range(10):
        here, there = (pair.admin, pair.other) if n % 2 else (pair.other, pair.admin)
        assert here.patch(f"/v1/instances/{instance}/variables", {"n": n}).json["n"] == n
        assert there.variables(instance)["n"] == n
    changed = JOIN.replace('id="end"', 'id="end" name="the new one"')
    version = pair.admin.deploy(changed)["definitions"][0]["version"]
    assert pair.other.start("join")["version"] == version


# --- the end ---


class Ending:
    """A server of its own, with clients that go on until they are refused."""

    def __init__(self, pair):
        self.server = Server(pair.database, drain_time="PT5M")
        self.answers, self.over, self.broken = [], threading.Event(), []

    def client(self):
        return self.server.client("admin", roles=["admin"])

    def work(self, n):
        client = self.client()
        while not self.over.is_set():
            key = f"end-{id(self)}-{n}-{len(self.answers)}"
            try:
                answer = client.request("POST", "/v1/instances", {"definitionKey": "join", "businessKey": key})
            except OSError as reason:
                self.broken.append((key, reason))
                return
            self.answers.append((key, answer.status, answer.json))


@case("a full queue: 503 with Retry-After for what does not fit, and what was answered is there")
def _():
    with Server(queue_limit=1, batch_limit=1, workers=1) as server:
        admin = server.client("admin", roles=["admin"])
        admin.deploy(model("plain", '<bpmn:startEvent id="a"/>'))
        clients = [server.client("admin", roles=["admin"]) for _ in range(32)]
        for client in clients:
            client.get("/healthz")
        answers, refused = [], []
        while len(answers) < 160 or (not refused and len(answers) < 6400):
            answers += parallel(32, lambda n: clients[n].request("POST", "/v1/instances", {"definitionKey": "plain"}))
            refused = [a for a in answers if a.status != 201]
        assert refused and {a.status for a in refused} == {503}, {a.status for a in answers}
        assert {a.headers["Retry-After"] for a in refused} == {"1"}
        assert {(a.json["type"], a.json["retryable"]) for a in refused} == {("urn:bpmnd:problem:overloaded", True)}
        good = {a.json["id"] for a in answers if a.status == 201}
        assert good == {row[0] for row in server.database.query("SELECT id FROM history.instance")}


@case("SIGTERM under load: what is answered is done, the rest is refused, the end is good and quick")
def _(pair):
    ending = Ending(pair)
    threads = [threading.Thread(target=ending.work, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(ending.answers) > 100)
    process, began = ending.server.process, time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0, ending.server.log()[-2000:]
    assert time.monotonic() - began < PATIENCE
    ending.server.process = None
    ending.over.set()
    for thread in threads:
        thread.join()
    assert {status for _, status, _ in ending.answers} <= {201, 503}, {status for _, status, _ in ending.answers}
    rows = {
        row[0]: row[1]
        for row in pair.database.query("SELECT business_key, id FROM bpmnd.instance WHERE business_key LIKE 'end-%'")
    }
    good = {key: body["id"] for key, status, body in ending.answers if status == 201}
    assert all(rows.get(key) == made for key, made in good.items()), "acknowledged and lost"
    doubtful = set(rows) - set(good)
    assert not doubtful, f"done, and not said: {doubtful} {ending.broken}"


def waits(client):
    """A long poll has found nothing and stands in its server."""
    return "bpmnd_long_polls 1\n" in client.get("/metrics").body.decode()


@case("SIGTERM ends a long poll with an answer, and does not wait for idle connections")
def _(pair):
    ending = Ending(pair)
    idle, poller, answers = ending.client(), ending.client(), []
    idle.get("/healthz")

    def poll():
        answers.append(poller.request("POST", "/v1/jobs/activate", {"type": "never", "worker": "w", "wait": "PT5M"}))

    thread = threading.Thread(target=poll)
    thread.start()
    eventually(lambda: waits(idle))
    began = time.monotonic()
    ending.server.stop()
    assert time.monotonic() - began < PATIENCE
    thread.join()
    assert answers[0].status == 503 or answers[0].json == {"jobs": []}, answers


@case("a long poll is answered by a job of the other server")
def _(pair):
    answers = []
    thread = threading.Thread(
        target=lambda: answers.append((pair.client(0).activate("awaited", wait="PT5M"), time.monotonic()))
    )
    thread.start()
    eventually(lambda: waits(pair.admin))
    began = time.monotonic()
    pair.other.start("work", kind="awaited")
    thread.join()
    assert len(answers[0][0]) == 1 and answers[0][1] - began < PATIENCE, answers


main(server=Pair)
