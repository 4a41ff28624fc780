#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tasks for people: who may do what and when, that allowedActions tells the truth about it, and that lists show each
task once however they are cut."""

import itertools

from harness import Server, case, main, model, parallel

ONE = """
  <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="check"/>
  <bpmn:userTask id="check" name="Check" bpmnd:candidateUsers="una" bpmnd:candidateGroups="clerks"
      bpmnd:priority="${prio}" bpmnd:dueDate="${due}" bpmnd:assignee="${who}"/>
  <bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="end"/><bpmn:endEvent id="end"/>"""
BOTH = """
  <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="split"/>
  <bpmn:parallelGateway id="split"/>
  <bpmn:sequenceFlow id="f2" sourceRef="split" targetRef="left"/>
  <bpmn:sequenceFlow id="f3" sourceRef="split" targetRef="right"/>
  <bpmn:userTask id="left" bpmnd:candidateGroups="clerks"/><bpmn:userTask id="right" bpmnd:assignee="una"/>
  <bpmn:sequenceFlow id="f4" sourceRef="left" targetRef="all"/>
  <bpmn:sequenceFlow id="f5" sourceRef="right" targetRef="all"/>
  <bpmn:endEvent id="all"><bpmn:terminateEventDefinition/></bpmn:endEvent>"""


class People:
    """The cast: two clerks, a candidate by name, a stranger, an operator."""

    def __init__(self, server):
        self.admin = server.client("admin", roles=["admin"])
        self.kim = server.client("kim", groups=["clerks"], roles=["approver"])
        self.lee = server.client("lee", groups=["clerks"], roles=["approver"])
        self.una = server.client("una", roles=["approver"])
        self.eve = server.client("eve", groups=["others"], roles=["approver"])
        self.oda = server.client("oda", roles=["operator", "approver"])
        if not self.admin.get("/v1/definitions", key="one").json["items"]:
            self.admin.deploy(model("one", ONE))
            self.admin.deploy(model("both", BOTH))

    def task(self, who=None, prio=50, due=None, key="one"):
        instance = self.admin.start(key, who=who, prio=prio, due=due) if key == "one" else self.admin.start(key)
        return instance["tasks"][0]["id"], instance["id"]


def act(client, task, action, body=None, **headers):
    """The answer of an action; an underscore in a header's name stands for a hyphen."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.request("POST", f"/v1/tasks/{task}/{action}", body, headers)


def status(client, task, action, body=None, **headers):
    return act(client, task, action, body, **headers).status


@case("a task is completed once")
def _(server):
    p = People(server)
    task, instance = p.task()
    assert status(p.kim, task, "complete", {}) == 200
    again = act(p.kim, task, "complete", {})
    assert again.status == 409 and again.json["type"] == "urn:bpmnd:problem:gone", again
    assert [a["elementId"] for a in p.admin.activities(instance)] == ["start", "check", "end"]
    for action, body in ACTIONS.items():
        assert status(p.admin, task, action, body) == 409, action


@case("of twenty who complete one task at once one does")
def _(server):
    task, instance = People(server).task()
    clients = [server.client(user, groups=["clerks"], roles=["approver"]) for user in ("kim", "lee") for _ in range(10)]
    answers = parallel(len(clients), lambda n: act(clients[n], task, "complete", {"variables": {"by": n}}))
    assert sorted(a.status for a in answers) == [200] + [409] * 19, answers
    [winner] = [n for n, a in enumerate(answers) if a.status == 200]
    assert People(server).admin.variables(instance)["by"] == winner


@case("of twenty who claim one task at once one has it")
def _(server):
    task, _ = People(server).task()
    names = [f"clerk{n}" for n in range(20)]
    clients = [server.client(name, groups=["clerks"], roles=["approver"]) for name in names]
    answers = parallel(len(clients), lambda n: act(clients[n], task, "claim"))
    assert sorted(a.status for a in answers) == [200] + [409] * 19, answers
    [winner] = [names[n] for n, a in enumerate(answers) if a.status == 200]
    assert People(server).admin.task(task)["assignee"] == winner


@case("an old or foreign entity tag changes nothing")
def _(server):
    p = People(server)
    task, _ = p.task()
    first = p.kim.get(f"/v1/tasks/{task}").etag
    second = act(p.kim, task, "claim", If_Match=first)
    assert second.status == 200 and second.etag not in (None, first), second
    for action, body in (("release", None), ("complete", {}), ("comment", {"comment": "x"})):
        stale = act(p.kim, task, action, body, If_Match=first)
        assert stale.status == 412 and stale.json["type"] == "urn:bpmnd:problem:stale", (action, stale)
    assert status(p.admin, task, "assign", {"assignee": "lee"}, If_Match=first) == 412
    assert p.kim.get(f"/v1/tasks/{task}").etag == second.etag
    assert status(p.kim, task, "complete", {}, If_Match="*") == 200


@case("the entity tag moves with each change, and with nothing else")
def _(server):
    p = People(server)
    task, _ = p.task()
    tag = lambda: p.kim.get(f"/v1/tasks/{task}").etag
    seen = [tag()]
    steps = (
        ("claim", p.kim, None),
        ("release", p.kim, None),
        ("assign", p.oda, {"assignee": "kim"}),
        ("release", p.oda, None),
    )
    for action, who, body in steps:
        answered = act(who, task, action, body).etag
        assert answered == tag() and answered not in seen, (action, answered, seen)
        seen.append(answered)
    before = tag()
    assert status(p.lee, task, "complete", {"outcome": 7}) == 422
    assert status(p.eve, task, "claim") == 403
    assert status(p.kim, f"{task}", "claim", {"colour": "red"}) == 422
    assert tag() == before


@case("the wrong person is told so, and what is not visible is not there")
def _(server):
    p = People(server)
    task, _ = p.task()
    assert p.eve.request("GET", f"/v1/tasks/{task}").status == 404
    for action, body in ACTIONS.items():
        assert status(p.eve, task, action, body) == 403, action
    assert status(p.kim, task, "claim") == 200
    assert status(p.lee, task, "claim") == 409
    assert status(p.lee, task, "complete", {}) == 403
    assert status(p.lee, task, "release") == 403
    assert status(p.una, task, "complete", {}) == 403
    assert status(p.kim, task, "assign", {"assignee": "lee"}) == 403
    assert p.lee.task(task)["assignee"] == "kim"
    assert status(p.oda, task, "assign", {"assignee": "eve"}) == 200
    assert status(p.kim, task, "complete", {}) == 403
    assert status(p.eve, task, "complete", {}) == 200


@case("claim and release")
def _(server):
    p = People(server)
    task, _ = p.task()
    assert status(p.kim, task, "release") == 409
    assert status(p.kim, task, "claim") == 200
    assert status(p.kim, task, "claim") == 200
    assert status(p.kim, task, "release") == 200
    assert p.kim.task(task)["assignee"] is None
    assert status(p.una, task, "claim") == 200
    assert status(p.oda, task, "release") == 200


@case("unknown tasks, and ids that are none")
def _(server):
    p = People(server)
    for task in ("1", "9223372036854775807"):
        for action, body in ACTIONS.items():
            assert status(p.admin, task, action, body) == 404, (task, action)
        assert p.admin.request("GET", f"/v1/tasks/{task}").status == 404
    for task in ("x", "0", "-1", "1e3", "9223372036854775808", "%31%20"):
        assert status(p.admin, task, "claim") == 404, task
    _, instance = p.task()
    assert status(p.admin, instance, "claim") == 404, "an instance is no task"


@case("nothing is done in an ended instance")
def _(server):
    p = People(server)
    for end in (lambda i: p.admin.delete(f"/v1/instances/{i['id']}"), lambda i: act(p.una, right(i), "complete", {})):
        instance = p.admin.start("both")
        left = next(t["id"] for t in instance["tasks"] if t["elementId"] == "left")
        end(instance)
        for action, body in ACTIONS.items():
            assert status(p.kim, left, action, body) in ((403, 409) if action == "assign" else (409,)), action
        assert p.admin.task(left)["status"] == "canceled" and p.admin.task(left)["allowedActions"] == []


def right(instance):
    return next(t["id"] for t in instance["tasks"] if t["elementId"] == "right")


@case("suspended: to be read and commented on only")
def _(server):
    p = People(server)
    task, instance = p.task()
    p.admin.post(f"/v1/instances/{instance}/suspend")
    for action, body in ACTIONS.items():
        assert status(p.admin, task, action, body) == (200 if action == "comment" else 409), action
    assert p.kim.task(task)["status"] == "open"
    listed = [t for t in p.kim.get("/v1/tasks", instanceId=instance).json["items"] if t["id"] == task]
    commented = act(p.admin, task, "comment", {"comment": "x"}).json
    for shown in (p.kim.task(task), p.admin.task(task), listed[0], commented):
        assert shown["allowedActions"] == ["comment"] and "suspended" not in shown, shown
    p.admin.post(f"/v1/instances/{instance}/resume")
    assert "complete" in p.kim.task(task)["allowedActions"]
    assert status(p.kim, task, "complete", {}) == 200


@case("comments")
def _(server):
    p = People(server)
    task, _ = p.task()
    assert status(p.kim, task, "comment", {"comment": "first"}) == 200
    assert status(p.una, task, "comment", {"comment": "zweitens: 会签"}) == 200
    comments = p.kim.task(task)["comments"]
    assert [(c["author"], c["text"]) for c in comments] == [("kim", "first"), ("una", "zweitens: 会签")], comments
    for body in (
        {},
        {"comment": ""},
        {"comment": 7},
        {"comment": None},
        {"comment": "x" * 10001},
        {"comment": "x", "author": "una"},
    ):
        assert status(p.kim, task, "comment", body) == 422, str(body)[:50]
    assert status(p.kim, task, "comment") == 400
    assert len(p.kim.task(task)["comments"]) == 2


@case("assign needs a name")
def _(server):
    p = People(server)
    task, _ = p.task()
    for body in (
        {},
        {"assignee": ""},
        {"assignee": None},
        {"assignee": ["kim"]},
        {"assignee": "a\nb"},
        {"assignee": "x" * 256},
    ):
        assert status(p.oda, task, "assign", body) == 422, str(body)[:50]
    assert status(p.oda, task, "assign", {"assignee": "x" * 255}) == 200


ACTIONS = {"claim": None, "release": None, "complete": {}, "assign": {"assignee": "kim"}, "comment": {"comment": "x"}}


@case("allowedActions is what can be done")
def _(server):
    p = People(server)
    for who, assignee in itertools.product((p.kim, p.una, p.oda, p.admin), (None, "kim", "una", "somebody")):
        task, _ = p.task(who=assignee)
        allowed = who.task(task)["allowedActions"]
        assert set(allowed) <= set(ACTIONS), allowed
        for action, body in ACTIONS.items():
            answer = who.request("POST", f"/v1/tasks/{task}/{action}?dryRun=true", body)
            claims_own = action == "claim" and assignee == {p.kim: "kim", p.una: "una"}.get(who)
            assert (answer.status == 200) == (action in allowed or claims_own), (assignee, action, allowed, answer)
        assert who.task(task)["assignee"] == assignee, "a dry run keeps nothing"


@case("an action's answer shows the caller's next tasks")
def _(server):
    p = People(server)
    instance = p.admin.start("both")
    left = next(t["id"] for t in instance["tasks"] if t["elementId"] == "left")
    claimed = act(p.una, right(instance), "comment", {"comment": "x"}).json
    assert [t["id"] for t in claimed["tasks"]] == [right(instance)], claimed
    assert {t["id"] for t in act(p.admin, left, "comment", {"comment": "x"}).json["tasks"]} == {left, right(instance)}
    done = act(p.kim, left, "complete", {}).json
    assert done["tasks"] == [] and done["instance"]["status"] == "terminated" and done["status"] == "completed", done


def pages(client, limit, **query):
    """All pages of a list, one after the other."""
    cursor = {}
    while True:
        page = client.get("/v1/tasks", limit=limit, **query, **cursor).json
        assert len(page["items"]) <= limit
        yield page["items"]
        if not page["nextCursor"]:
            return
        assert len(page["items"]) == limit, "a page before the last one is full"
        cursor = {"cursor": page["nextCursor"]}


DUES = [None, "2031-01-01T00:00:00Z", "2031-01-01T01:00:00+01:00", "2030-06-01T00:00:00Z"]
ORDERS = {"created": lambda t: int(t["id"]), "priority": lambda t: t["priority"], "due": lambda t: t["due"] or "9"}


@case("lists: every order, every page size, each task once")
def _(server):
    p = People(server)
    made = {p.task(prio=prio, due=due)[0] for prio, due in itertools.product((1, 7, 7, 90), DUES)}
    mine = lambda tasks: [t for t in tasks if t["id"] in made]
    for order, limit in itertools.product(ORDERS, (1, 3, 500)):
        key = ORDERS[order]
        for sort in (order, f"-{order}"):
            found = mine(itertools.chain(*pages(p.admin, limit, sort=sort, definitionKey="one")))
            assert len(found) == len(made) and {t["id"] for t in found} == made, (sort, limit)
            keys = [key(t) for t in found if order != "due" or t["due"]]
            assert keys == sorted(keys, reverse=sort[0] == "-"), (sort, limit, keys)
            if order == "due":
                assert [t["due"] for t in found][-4:] == [None] * 4, "without a due time comes last"


@case("lists: while tasks come and go none is lost and none shown twice")
def _(server):
    p = People(server)
    kept = {p.task(prio=1000 + n % 3)[0] for n in range(20)}
    seen = []
    for page in pages(p.admin, 3, sort="priority", definitionKey="one", **{"priority.gte": 1000}):
        seen += [t["id"] for t in page]
        gone, _ = p.task(prio=1000)
        act(p.admin, gone, "complete", {})
        p.task(prio=1001)
    assert len(seen) == len(set(seen)), "shown twice"
    assert kept <= set(seen), "lost"


@case("lists: filters")
def _(server):
    p = People(server)
    early, instance = p.task(due="2029-01-01T00:00:00Z", prio=-5)
    kims, _ = p.task(who="kim", prio=7)
    ids = lambda client, **query: {t["id"] for t in client.tasks(limit=500, **query)}
    assert ids(p.admin, instanceId=instance) == {early}
    assert early in ids(p.admin, dueBefore="2029-01-01T00:00:01Z") and early not in ids(
        p.admin, dueBefore="2029-01-01T00:00:00Z"
    )
    assert (
        kims in ids(p.kim, assignee="me")
        and kims in ids(p.admin, assignee="kim")
        and kims not in ids(p.lee, assignee="me")
    )
    assert (
        early in ids(p.lee, candidate="me")
        and kims not in ids(p.lee, candidate="me")
        and kims not in ids(p.kim, candidate="me")
    )
    assert kims in ids(p.una), "a candidate sees what somebody else has claimed"
    assert ids(p.eve) == {t["id"] for t in p.eve.tasks(assignee="eve", limit=500)}
    assert ids(p.admin, definitionKey="nothing") == set() and ids(p.admin, instanceId="1") == set()
    assert early not in ids(p.admin, **{"priority.gte": -4}) and early in ids(p.admin, **{"priority.gte": -5})
    counted = p.admin.get("/v1/tasks", count=True, limit=1, instanceId=instance).json
    assert counted["count"] == 1 and len(counted["items"]) == 1, counted


@case("lists: what is asked wrongly")
def _(server):
    p = People(server)
    for query in (
        "limit=0",
        "limit=501",
        "limit=-1",
        "limit=x",
        "limit=",
        "limit=1e2",
        "limit=9999999999999999999",
        "sort=",
        "sort=--due",
        "sort=due,priority",
        "candidate=kim",
        "dueBefore=tomorrow",
        "dueBefore=2030-13-01T00:00:00Z",
        "priority.gte=high",
        "instanceId=x",
        "instanceId=0",
        "cursor=",
        "cursor=AAAA",
        "cursor=!!!",
        "count=yes",
        "offset=5",
        "limit=1&limit=2",
        "assignee",
    ):
        answer = p.admin.request("GET", f"/v1/tasks?{query}")
        assert answer.status == (200 if query == "assignee" else 400), (query, answer)
    assert len(p.admin.get("/v1/tasks?limit=500").json["items"]) > 50 >= len(p.admin.tasks())


main(server=Server)
