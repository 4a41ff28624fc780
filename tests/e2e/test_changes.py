#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Running instances changed by hand: modified, migrated to another version, started again as they were."""

from harness import Server, case, eventually, main, sequence

FIRST = '<bpmn:userTask id="first" bpmnd:candidateGroups="clerks"/>'
SECOND = '<bpmn:userTask id="second" bpmnd:candidateGroups="clerks"/>'
REMIND = """<bpmn:boundaryEvent id="remind" attachedToRef="first" cancelActivity="false">
    <bpmn:timerEventDefinition><bpmn:timeDuration>P1D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>
    <bpmn:endEvent id="reminded"/><bpmn:sequenceFlow id="to-reminded" sourceRef="remind" targetRef="reminded"/>"""
STOP = """<bpmn:boundaryEvent id="stop" attachedToRef="first"><bpmn:signalEventDefinition signalRef="s-stop"/>
    </bpmn:boundaryEvent><bpmn:sequenceFlow id="to-stopped" sourceRef="stop" targetRef="end"/>"""
SIGNAL = '<bpmn:signal id="s-stop" name="stop"/>'
LOAN_1 = sequence("loan", FIRST, SECOND, beside=REMIND)
LOAN_2 = sequence("loan", FIRST, '<bpmn:userTask id="checked" bpmnd:candidateGroups="clerks"/>', SECOND, beside=STOP,
                  extra=SIGNAL)
PLAIN = sequence("plain", FIRST)


def administrator(server):
    return server.client("admin", roles=["admin"])


def prepared(server):
    """Version 1 of the loan, and then version 2: instances of both."""
    admin = administrator(server)
    known = admin.get("/v1/definitions", key="loan").json["items"]
    if not known:
        for diagram in (LOAN_1, LOAN_2, PLAIN):
            admin.deploy(diagram)
        known = admin.get("/v1/definitions", key="loan").json["items"]
    return admin, {definition["version"]: definition["id"] for definition in known}


def start_old(admin, ids, **body):
    return admin.post("/v1/instances", {"definitionId": ids[1], **body}).json


def stands(admin, instance):
    return sorted(token["elementId"] for token in admin.tokens(instance["id"]))


def change(admin, instance, word, body=None, **options):
    return admin.post(f"/v1/instances/{instance['id']}/{word}", body, **options)


# --- migration ---


@case("an instance moves to another version: its task and history stay, boundary events come and go")
def _(server):
    admin, ids = prepared(server)
    old = start_old(admin, ids, variables={"amount": 3})
    task = admin.tasks(instanceId=old["id"])[0]
    moved = change(admin, old, "migrate", {"definitionKey": "loan", "reason": "law has changed"})
    assert moved.json["definitionId"] == ids[2] and moved.json["version"] == 2, moved.json
    assert moved.headers["ETag"] == '"2"', moved.headers
    assert admin.instance(old["id"])["version"] == 2
    assert stands(admin, old) == ["first"]
    clerk = server.client("eve", groups=["clerks"], roles=["approver"])
    clerk.claim(task["id"])
    clerk.complete(task["id"])
    assert stands(admin, old) == ["checked"]
    assert [flow["flowId"] for flow in admin.flows(old["id"])] == ["to-first", "to-checked"]
    assert {row["elementId"] for row in admin.activities(old["id"])} == {"start", "first", "checked"}
    stopped = start_old(admin, ids)
    change(admin, stopped, "migrate", {"definitionId": ids[2]})
    admin.broadcast("stop")
    eventually(lambda: admin.instance(stopped["id"])["status"] == "completed")


@case("a mapping says where elements go that are called otherwise")
def _(server):
    admin, ids = prepared(server)
    old = start_old(admin, ids)
    body = {"definitionKey": "loan", "version": 2, "mappings": [{"from": "first", "to": "checked"}]}
    change(admin, old, "migrate", body)
    assert stands(admin, old) == ["checked"]


@case("a dry run lists every problem and changes nothing; without it they are the errors of a 409")
def _(server):
    admin, ids = prepared(server)
    old = start_old(admin, ids)
    body = {"definitionKey": "loan", "mappings": [{"from": "first", "to": "end"}, {"from": "none", "to": "nowhere"}]}
    problems = change(admin, old, "migrate", body, dryRun=True).json["problems"]
    assert [(p.get("elementId"), "activityId" in p) for p in problems] == [
        ("none", False), ("nowhere", False), ("first", True)], problems
    assert "another kind" in problems[-1]["message"], problems
    refused = change(admin, old, "migrate", body, expect=409).json
    assert [error["elementId"] for error in refused["errors"]] == ["none", "nowhere", "first"], refused
    assert refused["errors"][2]["message"] == problems[2]["message"]
    assert change(admin, old, "migrate", {"definitionKey": "loan"}, dryRun=True).json == {"problems": []}
    assert admin.instance(old["id"])["version"] == 1
    change(admin, old, "migrate", {"definitionKey": "loan"}, expect=412, headers={"If-Match": '"7"'})


@case("what cannot be migrated, or not to there")
def _(server):
    admin, ids = prepared(server)
    old = start_old(admin, ids)
    change(admin, {"id": "999999999999"}, "migrate", {"definitionId": ids[2]}, expect=404)
    change(admin, old, "migrate", {"definitionId": "999999999999"}, expect=404)
    change(admin, old, "migrate", {"definitionKey": "loan", "version": 9}, expect=404)
    for body in ({}, {"definitionKey": "loan", "definitionId": ids[2]}, {"definitionId": ids[2], "version": 2},
                 {"definitionKey": "loan", "mappings": []}, {"definitionKey": "loan", "mappings": [{"from": "a"}]}):
        change(admin, old, "migrate", body, expect=422)
    admin.delete(f"/v1/instances/{old['id']}")
    change(admin, old, "migrate", {"definitionId": ids[2]}, expect=409)
    server.client("eve", roles=["approver"]).post(f"/v1/instances/{old['id']}/migrate", {}, expect=403)


@case("an instance of a tenant moves within its tenant only")
def _(server):
    admin, ids = prepared(server)
    acme = server.client("ann", roles=["admin"], tenant="acme")
    acme.deploy(LOAN_1)
    own = acme.start("loan")
    acme.deploy(LOAN_2)
    change(acme, own, "migrate", {"definitionId": ids[2]}, expect=404)
    change(admin, own, "migrate", {"definitionId": ids[2]}, expect=404)
    assert change(admin, own, "migrate", {"definitionKey": "loan"}).json["version"] == 2
    theirs = start_old(admin, ids)
    change(acme, theirs, "migrate", {"definitionKey": "loan"}, expect=404)
    change(acme, theirs, "restart", expect=404)


# --- restart ---


@case("an instance is started as another one was: with its last variables, or those that it began with")
def _(server):
    admin, ids = prepared(server)
    old = start_old(admin, ids, businessKey="K-1", variables={"amount": 1.10, "who": {"name": "lin", "age": 3}})
    admin.patch(f"/v1/instances/{old['id']}/variables", {"amount": 2, "more": True})
    again = change(admin, old, "restart")
    assert again.status == 201 and again.headers["Location"] == f"/v1/instances/{again.json['id']}"
    assert again.json["definitionId"] == ids[1] and again.json["businessKey"] == "K-1", again.json
    assert admin.variables(again.json["id"]) == {"amount": 2, "more": True, "who": {"name": "lin", "age": 3}}
    admin.delete(f"/v1/instances/{old['id']}")
    body = {"initialVariables": True, "variables": {"who": {"age": None, "town": "Wu"}, "amount": None}, "reason": "again"}
    first = change(admin, old, "restart", body).json
    assert admin.variables(first["id"]) == {"who": {"name": "lin", "town": "Wu"}}
    assert stands(admin, first) == ["first"]


@case("a restart may begin elsewhere; one that ended in its first step has its variables, too")
def _(server):
    admin, ids = prepared(server)
    old = start_old(admin, ids, variables={"a": 1})
    body = {"instructions": [{"type": "startBefore", "elementId": "second", "variables": {"local": 1}}]}
    again = change(admin, old, "restart", body).json
    assert stands(admin, again) == ["second"]
    admin.deploy(sequence("at-once"))
    ended = admin.start("at-once", b=2)
    assert ended["status"] == "completed"
    for initial in (True, False):
        twin = change(admin, ended, "restart", {"initialVariables": initial}).json
        assert admin.variables(twin["id"]) == {"b": 2}
    change(admin, {"id": "999999999999"}, "restart", expect=404)


@case("the same key restarts once")
def _(server):
    admin, ids = prepared(server)
    old = start_old(admin, ids)
    answers = [change(admin, old, "restart", headers={"Idempotency-Key": "again"}) for _ in range(2)]
    assert answers[0].json["id"] == answers[1].json["id"]
    assert answers[1].headers["Idempotent-Replay"] == "true"


# --- modification ---


@case("an instance is modified: activities are canceled and begin elsewhere")
def _(server):
    admin, ids = prepared(server)
    old = start_old(admin, ids)
    body = {"instructions": [{"type": "cancel", "elementId": "first"}, {"type": "startAfter", "elementId": "first"}],
            "variables": {"skipped": True}}
    change(admin, old, "modify", body, dryRun=True)
    assert stands(admin, old) == ["first"]
    change(admin, old, "modify", body)
    assert stands(admin, old) == ["second"] and admin.variables(old["id"]) == {"skipped": True}
    refused = change(admin, old, "modify", body, expect=409).json
    assert "no token stands at first" in refused["detail"], refused


main(server=Server)
