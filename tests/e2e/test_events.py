#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Events through the API: messages to one that waits and to processes that begin with them, signals to all, conditions,
timers that begin instances, and which version of a process they begin."""

import datetime
import time

from harness import Server, case, eventually, in_time, main, model, sequence

MESSAGES = """<bpmn:message id="m-plain" name="plain"/>
<bpmn:message id="m-paid" name="paid" bpmnd:correlation="orderId"/>
<bpmn:message id="m-order" name="order"/><bpmn:message id="m-receipt" name="receipt" bpmnd:correlation="orderId"/>
<bpmn:message id="m-rare" name="rare"/>
<bpmn:signal id="s-alarm" name="alarm"/>"""


def catch(node, definition):
    return f'<bpmn:intermediateCatchEvent id="{node}">{definition}</bpmn:intermediateCatchEvent>'


def message(reference):
    return f'<bpmn:messageEventDefinition messageRef="m-{reference}"/>'


ALARM = '<bpmn:signalEventDefinition signalRef="s-alarm"/>'
TASK = '<bpmn:userTask id="task" bpmnd:candidateGroups="clerks"/>'


def boundary(node, definition, keeps=False, host="task"):
    """A boundary event with an end event of its own."""
    return f"""<bpmn:boundaryEvent id="{node}" attachedToRef="{host}" cancelActivity="{str(not keeps).lower()}">
        {definition}</bpmn:boundaryEvent><bpmn:endEvent id="{node}-end"/>
        <bpmn:sequenceFlow id="{node}-out" sourceRef="{node}" targetRef="{node}-end"/>"""


def event_sub_process(definition, keeps=False):
    return f"""<bpmn:subProcess id="beside" triggeredByEvent="true">
        <bpmn:startEvent id="beside-start" isInterrupting="{str(not keeps).lower()}">{definition}</bpmn:startEvent>
        <bpmn:endEvent id="beside-end"/>
        <bpmn:sequenceFlow id="beside-to" sourceRef="beside-start" targetRef="beside-end"/></bpmn:subProcess>"""


def starts_with(definition):
    return f'<bpmn:startEvent id="start">{definition}</bpmn:startEvent>'


DIAGRAMS = [
    sequence("waits", catch("wait", message("plain")), extra=MESSAGES),
    sequence("pays", catch("wait", message("paid")), extra=MESSAGES),
    sequence("receives", '<bpmn:receiveTask id="receive" messageRef="m-paid"/>', extra=MESSAGES),
    sequence("guarded", TASK, extra=MESSAGES,
             beside=boundary("stop", message("plain")) + boundary("note", message("paid"), keeps=True)),
    sequence("besides", TASK, beside=event_sub_process(message("paid"), keeps=True), extra=MESSAGES),
    sequence("instead", TASK, beside=event_sub_process(message("paid")), extra=MESSAGES),
    sequence("begins", TASK, start=starts_with(message("order")), extra=MESSAGES),
    sequence("rarely", start=starts_with(message("rare")), extra=MESSAGES),
    sequence("alarmed", catch("wait", ALARM), extra=MESSAGES),
    sequence("alarm-starts", start=starts_with(ALARM), extra=MESSAGES),
]


def administrator(server):
    return server.client("admin", roles=["admin"])


def prepared(server):
    admin = administrator(server)
    if not admin.get("/v1/definitions", key="waits").json["items"]:
        for diagram in DIAGRAMS:
            admin.deploy(diagram)
    return admin


def ended(admin, instance_id):
    """The history of a completed instance: its elements by their outcome."""
    assert admin.instance(instance_id)["status"] == "completed", admin.instance(instance_id)
    return {activity["elementId"]: activity["outcome"] for activity in admin.activities(instance_id)}


def correlated(*instances):
    return [{"instanceId": instance["id"], "kind": "correlated"} for instance in instances]


def by_instance(results):
    return sorted(results, key=lambda result: int(result["instanceId"]))


def refused(admin, status, title, name, **body):
    problem = admin.request("POST", "/v1/messages", {"name": name, **body})
    assert problem.status == status and title in problem.json["type"], problem
    return problem.json["detail"]


# --- messages ---


@case("a message reaches one: by instance, by correlation keys, by business key")
def _(server):
    admin = prepared(server)
    first, second, third = [admin.start("pays", businessKey=f"P-{n}", orderId=n) for n in range(3)]
    assert admin.publish("paid", instanceId=first["id"], variables={"amount": 7}) == correlated(first)
    assert admin.publish("paid", correlation={"orderId": 1}) == correlated(second)
    assert admin.publish("paid", businessKey="P-2") == correlated(third)
    for instance in (first, second, third):
        assert ended(admin, instance["id"]) == {"start": "completed", "wait": "completed", "end": "completed"}
    assert admin.variables(first["id"]) == {"orderId": 0, "amount": 7}
    refused(admin, 409, "message-not-correlated", "paid", correlation={"orderId": 1})


@case("a message that nobody waits for, and one that two wait for: refused, nothing happens")
def _(server):
    admin = prepared(server)
    refused(admin, 409, "message-not-correlated", "plain")
    refused(admin, 409, "message-not-correlated", "no such name")
    pair = [admin.start("waits", businessKey="same") for _ in range(2)]
    for body in ({}, {"businessKey": "same"}):
        detail = refused(admin, 409, "conflict", "plain", **body)
        assert "ambiguous" in detail and all(instance["id"] in detail for instance in pair), detail
    assert all(admin.instance(instance["id"])["status"] == "running" for instance in pair)
    refused(admin, 409, "message-not-correlated", "plain", businessKey="other")
    refused(admin, 409, "message-not-correlated", "plain", instanceId="4")
    assert by_instance(admin.publish("plain", mode="all")) == by_instance(correlated(*pair))
    assert all(admin.instance(instance["id"])["status"] == "completed" for instance in pair)


@case("every place that waits for a message")
def _(server):
    admin = prepared(server)
    receives = admin.start("receives", orderId="r")
    assert [(t["elementId"], t["type"], t["state"]) for t in admin.tokens(receives["id"])] == [
        ("receive", "receiveTask", "event")]
    admin.publish("paid", correlation={"orderId": "r"})
    assert ended(admin, receives["id"])["receive"] == "completed"

    guarded = admin.start("guarded", orderId="g")
    for _ in range(2):
        admin.publish("paid", correlation={"orderId": "g"})
    assert [a["elementId"] for a in admin.activities(guarded["id"])].count("note") == 2
    admin.publish("plain", instanceId=guarded["id"])
    assert ended(admin, guarded["id"])["task"] == "canceled" and not admin.tasks(instanceId=guarded["id"])

    besides = admin.start("besides", orderId="b")
    for _ in range(2):
        admin.publish("paid", correlation={"orderId": "b"})
    [task] = admin.tasks(instanceId=besides["id"])
    admin.complete(task["id"])
    story = admin.activities(besides["id"])
    assert [a["type"] for a in story if a["elementId"] == "beside"] == ["subProcess"] * 2, story
    assert ended(admin, besides["id"])["task"] == "completed"

    instead = admin.start("instead", orderId="i")
    admin.publish("paid", correlation={"orderId": "i"})
    assert ended(admin, instead["id"])["task"] == "canceled"


@case("a message begins a process, which has its business key and variables")
def _(server):
    admin = prepared(server)
    [result] = admin.publish("order", businessKey="O-1", variables={"lines": [1, 2]})
    assert result["kind"] == "started", result
    instance = admin.instance(result["instanceId"])
    assert instance["businessKey"] == "O-1" and instance["definitionKey"] == "begins", instance
    assert admin.variables(instance["id"]) == {"lines": [1, 2]}
    assert [t["elementId"] for t in admin.tokens(instance["id"])] == ["task"]


@case("a kept message is delivered later, once, or expires")
def _(server):
    admin = prepared(server)
    assert admin.publish("paid", correlation={"orderId": "late"}, ttl="PT1H", variables={"n": 1}) == []
    late = admin.start("pays", orderId="late")
    eventually(lambda: admin.instance(late["id"])["status"] == "completed")
    assert admin.variables(late["id"])["n"] == 1
    again = admin.start("pays", orderId="late")
    assert admin.publish("paid", correlation={"orderId": "short"}, ttl="PT0.2S") == []
    kept = lambda: server.database.value("SELECT count(*) FROM bpmnd.message")
    eventually(lambda: kept() == "0")
    short = admin.start("pays", orderId="short")
    time.sleep(1.5)
    assert [admin.instance(i["id"])["status"] for i in (again, short)] == ["running"] * 2
    outcomes = server.database.query("SELECT state, count(*) FROM report.message GROUP BY 1 ORDER BY 1")
    assert outcomes == [["delivered", "1"], ["expired", "1"]], outcomes


@case("a message's dry run says whom it would reach, and keeps nothing")
def _(server):
    admin = prepared(server)
    waits = admin.start("pays", orderId="dry")
    found = admin.publish("paid", correlation={"orderId": "dry"}, dryRun=True)
    assert found == correlated(waits) and admin.instance(waits["id"])["status"] == "running", found
    [started] = admin.publish("order", dryRun=True)
    assert started["kind"] == "started" and admin.request("GET", f"/v1/instances/{started['instanceId']}").status == 404
    refused(admin, 409, "message-not-correlated", "plain")


@case("one key, one message")
def _(server):
    admin = prepared(server)
    key = {"Idempotency-Key": "only-once"}
    first = admin.post("/v1/messages", {"name": "order"}, headers=key)
    second = admin.post("/v1/messages", {"name": "order"}, headers=key)
    assert first.body == second.body and second.headers["Idempotent-Replay"] == "true", second


@case("processes talk: an order begins one, its receipt comes back by key")
def _(server):
    admin = prepared(server)
    extra = MESSAGES.replace('"order"', '"talk"')
    send = """<bpmn:intermediateThrowEvent id="send"><bpmn:messageEventDefinition messageRef="m-order">
        <bpmn:extensionElements><bpmnd:in source="orderId" target="orderId"/></bpmn:extensionElements>
        </bpmn:messageEventDefinition></bpmn:intermediateThrowEvent>"""
    reply = """<bpmn:sendTask id="reply" messageRef="m-receipt"><bpmn:extensionElements>
        <bpmnd:in source="orderId" target="orderId"/><bpmnd:in sourceExpression="${orderId * 2}" target="total"/>
        </bpmn:extensionElements></bpmn:sendTask>"""
    admin.deploy(sequence("buys", send, catch("receipt", message("receipt")), extra=extra))
    admin.deploy(sequence("sells", reply, start=starts_with(message("order")), extra=extra))
    buyers = [admin.start("buys", orderId=n) for n in range(5)]
    for n, buyer in enumerate(buyers):
        eventually(lambda buyer=buyer: admin.instance(buyer["id"])["status"] == "completed")
        assert admin.variables(buyer["id"]) == {"orderId": n, "total": 2 * n}, admin.variables(buyer["id"])
    assert len(admin.get("/v1/instances", definitionKey="sells").json["items"]) == 5
    assert server.database.value("SELECT count(*) FROM bpmnd.outbox") == "0"


# --- signals, conditions ---


@case("a signal reaches all that wait, and begins a process, with its variables")
def _(server):
    admin = prepared(server)
    waiting = [admin.start("alarmed") for _ in range(20)]
    assert admin.broadcast("alarm", variables={"level": 3}) == {}
    for instance in waiting:
        eventually(lambda instance=instance: admin.instance(instance["id"])["status"] == "completed")
        assert admin.variables(instance["id"]) == {"level": 3}
    begun = eventually(lambda: admin.get("/v1/instances", definitionKey="alarm-starts").json["items"])
    assert len(begun) == 1 and admin.variables(begun[0]["id"]) == {"level": 3}, begun
    late = admin.start("alarmed")
    time.sleep(0.3)
    assert admin.instance(late["id"])["status"] == "running", "what waits later does not hear it"


@case("conditions: asked when variables change, and all of them when somebody says so")
def _(server):
    admin = prepared(server)
    condition = "<bpmn:conditionalEventDefinition><bpmn:condition>{}</bpmn:condition></bpmn:conditionalEventDefinition>"
    admin.deploy(sequence("careful", catch("wait", condition.format("${amount &gt; 10}"))))
    admin.deploy(sequence("patient", catch("wait", condition.format("${now().toString() &gt; at}"))))
    careful = admin.start("careful", amount=1)
    admin.patch(f"/v1/instances/{careful['id']}/variables", {"amount": 10})
    assert admin.instance(careful["id"])["status"] == "running"
    admin.patch(f"/v1/instances/{careful['id']}/variables", {"amount": 11})
    assert ended(admin, careful["id"])["wait"] == "completed"

    def now():
        return datetime.datetime.now(datetime.timezone.utc)

    def waiting(seconds):
        at = now() + datetime.timedelta(seconds=seconds + 1)
        patient = admin.start("patient", at=at.strftime("%Y-%m-%dT%H:%M:%S"))
        return (patient, at) if patient["status"] == "running" else None

    patient, at = in_time(waiting)
    time.sleep(max(0, (at - now()).total_seconds() + 0.1))
    assert admin.instance(patient["id"])["status"] == "running", "time alone wakes nobody"
    assert admin.post("/v1/conditions", {}, expect=202).json["waiting"] >= 1
    eventually(lambda: admin.instance(patient["id"])["status"] == "completed")


# --- what begins processes ---


@case("the newest version begins, the one before it when that is deleted, none when it is suspended")
def _(server):
    admin = prepared(server)
    versions = [admin.deploy(sequence("newest", f'<bpmn:task id="v{n}"/>', start=starts_with(message("rare")),
                                      extra=MESSAGES.replace('"rare"', '"newest"'))) for n in range(1, 4)]

    def begun():
        [result] = admin.publish("newest")
        return admin.instance(result["instanceId"])["version"]

    def suspend(version, value):
        definition = versions[version - 1]["definitions"][0]["id"]
        admin.put(f"/v1/definitions/{definition}/state", {"suspended": value}, headers={"If-Match": "*"})

    assert begun() == 3
    admin.delete(f"/v1/deployments/{versions[2]['id']}", cascade=True)
    assert begun() == 2
    suspend(2, True)
    refused(admin, 409, "message-not-correlated", "newest")
    suspend(2, False)
    assert begun() == 2
    without = sequence("newest", '<bpmn:task id="plain"/>')
    latest = admin.deploy(without)
    refused(admin, 409, "message-not-correlated", "newest")
    admin.delete(f"/v1/deployments/{latest['id']}")
    assert begun() == 2


@case("timers begin instances: at a time, in a cycle, and a suspended one does not")
def _(server):
    admin = prepared(server)

    def timed(key, kind, value):
        definition = f"<bpmn:timerEventDefinition><bpmn:{kind}>{value}</bpmn:{kind}></bpmn:timerEventDefinition>"
        return admin.deploy(sequence(key, start=starts_with(definition)))["definitions"][0]

    def count(key):
        return len(admin.get("/v1/instances", definitionKey=key).json["items"])

    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
    timed("at-a-time", "timeDate", soon.strftime("%Y-%m-%dT%H:%M:%SZ"))
    deployed = datetime.datetime.now(datetime.timezone.utc)
    timed("cyclic", "timeCycle", "R3/PT1S")
    silent = timed("silent", "timeCycle", "R/PT1S")
    admin.put(f"/v1/definitions/{silent['id']}/state", {"suspended": True}, headers={"If-Match": "*"})
    before = count("silent")
    eventually(lambda: count("at-a-time") == 1)
    eventually(lambda: count("cyclic") == 3)
    time.sleep(1.5)
    assert (count("at-a-time"), count("cyclic"), count("silent")) == (1, 3, before)
    begun = [instance["startedAt"] for instance in admin.get("/v1/instances", definitionKey="cyclic").json["items"]]
    begun = sorted(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) for text in begun)
    early = [n for n, at in enumerate(begun, 1) if at < deployed + datetime.timedelta(seconds=n)]
    assert not early, f"never before its time: {begun}"


@case("several start events: each begins at its own place")
def _(server):
    admin = prepared(server)
    admin.deploy(model("many", f"""<bpmn:startEvent id="none"/>
        <bpmn:startEvent id="called">{message("rare")}</bpmn:startEvent>
        <bpmn:sequenceFlow id="f1" sourceRef="none" targetRef="a"/>
        <bpmn:sequenceFlow id="f2" sourceRef="called" targetRef="b"/>
        <bpmn:task id="a"/><bpmn:task id="b"/>""", MESSAGES.replace('"rare"', '"many"')))
    plain = admin.start("many")
    [result] = admin.publish("many")
    assert list(ended(admin, plain["id"])) == ["none", "a"]
    assert list(ended(admin, result["instanceId"])) == ["called", "b"]


main(server=Server)
