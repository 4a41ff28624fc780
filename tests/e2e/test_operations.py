#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Operations on many instances: stored, done in the background, one result for each, also over a killed server."""

from harness import Database, Server, case, eventually, main, sequence

FIRST = '<bpmn:userTask id="first" bpmnd:candidateGroups="clerks"/>'
SECOND = '<bpmn:userTask id="second" bpmnd:candidateGroups="clerks"/>'
LOAN_1 = sequence("loan", FIRST)
LOAN_2 = sequence("loan", FIRST, SECOND)


def administrator(server):
    return server.client("admin", roles=["admin"])


def prepared(server):
    admin = administrator(server)
    known = admin.get("/v1/definitions", key="loan").json["items"]
    if not known:
        for diagram in (LOAN_1, LOAN_2):
            admin.deploy(diagram)
        known = admin.get("/v1/definitions", key="loan").json["items"]
    return admin, {definition["version"]: definition["id"] for definition in known}


def start_many(admin, ids, count, **body):
    items = [{"definitionId": ids[1], "variables": {"n": n}, **body} for n in range(count)]
    return [item["instance"]["id"] for item in admin.post("/v1/instances/batch", {"items": items}).json["items"]]


def operate(admin, word, expect=202, **body):
    query = {"dryRun": True} if body.pop("dryRun", False) else {}
    return admin.post("/v1/operations", {"type": word, **body}, expect=expect, **query).json


def finished(admin, operation):
    """The operation when it has ended."""
    def over():
        now = admin.get(f"/v1/operations/{operation['id']}").json
        return now if now["status"] != "running" else None
    return eventually(over, timeout=120)


def items(admin, operation, **query):
    found, page = [], {}
    while True:
        answer = admin.get(f"/v1/operations/{operation['id']}/items", limit=100, **query, **page).json
        found += answer["items"]
        if not answer["nextCursor"]:
            return found
        page = {"cursor": answer["nextCursor"]}


@case("many instances are canceled; those that are not there fail, each with its problem")
def _(server):
    admin, ids = prepared(server)
    instances = start_many(admin, ids, 120)
    answer = admin.post("/v1/operations", {"type": "cancel", "instances": [*instances, "999999999999", instances[0]],
                                           "reason": "closed"}, expect=202)
    operation = answer.json
    assert answer.headers["Location"] == f"/v1/operations/{operation['id']}"
    assert (operation["type"], operation["total"], operation["createdBy"]) == ("cancel", 121, "admin"), operation
    done = finished(admin, operation)
    assert (done["status"], done["done"], done["failed"]) == ("completed", 120, 1), done
    assert done["endedAt"] and done["reason"] == "closed"
    for instance in (instances[0], instances[-1]):
        assert admin.instance(instance)["status"] == "canceled"
    failed = items(admin, operation, status="failed")
    assert [item["instanceId"] for item in failed] == ["999999999999"], failed
    assert failed[0]["error"]["status"] == 404 and failed[0]["error"]["type"].endswith("not-found"), failed
    assert len(items(admin, operation, status="done")) == 120 and len(items(admin, operation)) == 121
    again = finished(admin, operate(admin, "cancel", instances=instances[:2]))
    assert again["failed"] == 2
    assert items(admin, again)[0]["error"]["type"].endswith("gone")


@case("a query finds them: suspended, resumed")
def _(server):
    admin, ids = prepared(server)
    instances = start_many(admin, ids, 3, businessKey="Q-1")
    start_many(admin, ids, 1, businessKey="Q-2")
    query = {"definitionKey": "loan", "businessKey": "Q-1"}
    assert finished(admin, operate(admin, "suspend", query=query))["done"] == 3
    assert admin.instance(instances[1])["status"] == "suspended"
    assert finished(admin, operate(admin, "resume", query={**query, "status": "suspended"}))["done"] == 3
    assert finished(admin, operate(admin, "resume", query={**query, "status": "suspended"}))["total"] == 0
    assert finished(admin, operate(admin, "suspend", query={**query, "startedBefore": "2001-01-01T00:00:00Z"}))["total"] == 0


@case("many are migrated; a dry run says which cannot be")
def _(server):
    admin, ids = prepared(server)
    instances = start_many(admin, ids, 60)
    body = {"definitionKey": "loan", "instances": instances}
    wrong = {**body, "mappings": [{"from": "first", "to": "end"}]}
    judged = finished(admin, operate(admin, "migrate", dryRun=True, **wrong))
    assert judged["dryRun"] and judged["failed"] == 60, judged
    error = items(admin, judged)[0]["error"]
    assert error["errors"][0]["elementId"] == "first" and error["errors"][0]["activityId"], error
    assert finished(admin, operate(admin, "migrate", dryRun=True, **body))["done"] == 60
    assert {admin.instance(instance)["version"] for instance in instances[:3]} == {1}
    assert finished(admin, operate(admin, "migrate", **body))["done"] == 60
    assert {admin.instance(instance)["version"] for instance in instances} == {2}
    assert finished(admin, operate(admin, "migrate", definitionKey="no-such", instances=instances[:1]))["failed"] == 1


@case("many are modified; a dry run changes nothing")
def _(server):
    admin, ids = prepared(server)
    instances = start_many(admin, ids, 5)
    body = {"instances": instances, "variables": {"batch": 1.10},
            "instructions": [{"type": "startBefore", "elementId": "first"}]}
    assert finished(admin, operate(admin, "modify", dryRun=True, **body))["done"] == 5
    assert len(admin.tokens(instances[0])) == 1
    assert finished(admin, operate(admin, "modify", **body))["done"] == 5
    assert len(admin.tokens(instances[0])) == 2 and admin.variables(instances[0])["batch"] == 1.10
    body["instructions"] = [{"type": "cancel", "elementId": "end"}]
    assert finished(admin, operate(admin, "modify", dryRun=True, **body))["failed"] == 5


@case("many are restarted: each item names its new instance")
def _(server):
    admin, ids = prepared(server)
    instances = start_many(admin, ids, 3)
    finished(admin, operate(admin, "cancel", instances=instances))
    done = finished(admin, operate(admin, "restart", instances=instances, variables={"again": True}, initialVariables=True))
    assert done["done"] == 3, (done, items(admin, done))
    for item in items(admin, done):
        assert admin.instance(item["newInstanceId"])["status"] == "running"
        old = admin.variables(item["instanceId"])
        assert admin.variables(item["newInstanceId"]) == {**old, "again": True}


@case("an operation is stopped: what is pending stays undone")
def _(server):
    admin, ids = prepared(server)
    instances = start_many(admin, ids, 1000)
    operation = operate(admin, "suspend", instances=instances)
    answer = admin.request("DELETE", f"/v1/operations/{operation['id']}")
    stopped = finished(admin, operation)
    if answer.status == 200:
        assert stopped["status"] == "canceled", stopped
        left = items(admin, operation, status="canceled")
        for item in left[-2:]:
            assert admin.instance(item["instanceId"])["status"] == "running"
    admin.delete(f"/v1/operations/{operation['id']}", expect=409)
    admin.delete("/v1/operations/999999999999", expect=404)


@case("what is refused at once")
def _(server):
    admin, ids = prepared(server)
    some = ["1"]
    for body in ({"type": "explode", "instances": some}, {"type": "cancel"}, {"type": "cancel", "instances": []},
                 {"type": "cancel", "instances": ["x"]}, {"type": "cancel", "instances": some, "query": {"status": "running"}},
                 {"type": "cancel", "query": {}}, {"type": "cancel", "query": {"status": "gone"}},
                 {"type": "cancel", "query": {"startedAfter": "yesterday"}}, {"type": "modify", "instances": some},
                 {"type": "cancel", "instances": some, "variables": {"a": 1}},
                 {"type": "migrate", "instances": some}, {"type": "cancel", "instances": some, "definitionKey": "loan"},
                 {"type": "suspend", "instances": some, "initialVariables": True},
                 {"type": "modify", "instances": some, "instructions": [{"type": "startBefore"}]}):
        admin.post("/v1/operations", body, expect=422)
    admin.post("/v1/operations", {"type": "cancel", "instances": some}, dryRun=True, expect=422)
    admin.get("/v1/operations/999999999999", expect=404)
    admin.get("/v1/operations/999999999999/items", expect=404)
    eve = server.client("eve", roles=["approver"])
    eve.post("/v1/operations", {"type": "cancel", "instances": some}, expect=403)
    eve.get("/v1/operations", expect=403)


@case("tenants see and touch their own only; a list shows the newest first")
def _(server):
    admin, ids = prepared(server)
    ann = server.client("ann", roles=["operator", "deployer", "starter"], tenant="acme")
    ann.deploy(LOAN_1)
    own, theirs = ann.start("loan")["id"], start_many(admin, ids, 1)[0]
    done = finished(ann, operate(ann, "suspend", instances=[own, theirs]))
    assert (done["done"], done["failed"]) == (1, 1), done
    assert finished(ann, operate(ann, "resume", query={"definitionKey": "loan"}))["total"] == 1
    listed = ann.get("/v1/operations", count=True).json
    assert listed["count"] == 2 and [item["type"] for item in listed["items"]] == ["resume", "suspend"], listed
    newest = operate(admin, "cancel", instances=[theirs])
    ann.get(f"/v1/operations/{newest['id']}", expect=404)
    ann.get(f"/v1/operations/{newest['id']}/items", expect=404)
    ann.delete(f"/v1/operations/{newest['id']}", expect=404)
    page = admin.get("/v1/operations", limit=1).json
    assert page["items"][0]["id"] == newest["id"] and page["nextCursor"]
    seen = [page["items"][0]["id"]]
    while page["nextCursor"]:
        page = admin.get("/v1/operations", limit=1, cursor=page["nextCursor"]).json
        seen += [item["id"] for item in page["items"]]
    assert seen == [item["id"] for item in admin.get("/v1/operations").json["items"]] and len(set(seen)) == len(seen)


@case("the same key makes one operation")
def _(server):
    admin, ids = prepared(server)
    body = {"type": "suspend", "instances": start_many(admin, ids, 2)}
    made = [admin.post("/v1/operations", body, headers={"Idempotency-Key": "once"}).json["id"] for _ in range(2)]
    assert made[0] == made[1]
    assert finished(admin, {"id": made[0]})["done"] == 2


@case("two servers share an operation, one is killed: each instance is restarted once")
def _(_):
    with Database() as database:
        one, other = Server(database=database), Server(database=database)
        admin, ids = prepared(one)
        instances = start_many(admin, ids, 900)
        second = administrator(other)
        operation = operate(second, "restart", instances=instances)
        one.kill()
        done = finished(second, operation)
        assert (done["done"], done["failed"]) == (900, 0), done
        assert database.value("SELECT count(*) FROM bpmnd.instance") == "1800"
        assert database.value("SELECT count(DISTINCT new_instance_id) FROM bpmnd.operation_item") == "900"
        other.stop()


main(server=Server)
