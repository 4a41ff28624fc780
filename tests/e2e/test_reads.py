#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is answered is what is read afterwards, by every way there is to read it: answers of actions, single things,
lists, metrics and the report's views."""

import json
import re

from harness import Server, case, main, model

FLOW = model(
    "flow",
    """
  <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="check"/>
  <bpmn:userTask id="check" name="Check it" bpmnd:candidateGroups="clerks" bpmnd:candidateUsers="una" bpmnd:priority="7"
      bpmnd:dueDate="2031-02-03T04:05:06.789Z" bpmnd:formKey="f.json"/>
  <bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="inner"/>
  <bpmn:subProcess id="inner">
    <bpmn:startEvent id="in"/><bpmn:sequenceFlow id="f3" sourceRef="in" targetRef="local"/>
    <bpmn:scriptTask id="local">
    <bpmn:script>${execution.setVariableLocal('here', 5)} ${stop ? nothing : 1}</bpmn:script></bpmn:scriptTask>
    <bpmn:sequenceFlow id="f4" sourceRef="local" targetRef="work"/><bpmn:serviceTask id="work" bpmnd:type="work"/>
    <bpmn:sequenceFlow id="f5" sourceRef="work" targetRef="out"/><bpmn:endEvent id="out"/>
  </bpmn:subProcess>
  <bpmn:sequenceFlow id="f6" sourceRef="inner" targetRef="end"/><bpmn:endEvent id="end"/>""",
)
JOBS = model(
    "jobs",
    """
  <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
  <bpmn:serviceTask id="work" bpmnd:type="many"/><bpmn:sequenceFlow id="f2" sourceRef="work" targetRef="end"/>
  <bpmn:endEvent id="end"/>""",
)


def administrator(server):
    admin = server.client("admin", roles=["admin"], groups=["clerks"])
    if not admin.get("/v1/definitions", key="flow").json["items"]:
        admin.deploy(FLOW)
        admin.deploy(JOBS)
    return admin


def same_instance(admin, answered, etag=None):
    shown = admin.get(f"/v1/instances/{answered['id']}")
    assert {**answered, "tasks": 0} == {**shown.json, "tasks": 0}, (answered, shown.json)
    assert etag is None or etag == shown.etag, (etag, shown.etag)
    [listed] = [
        i
        for i in admin.get("/v1/instances", definitionKey=answered["definitionKey"], limit=500).json["items"]
        if i["id"] == answered["id"]
    ]
    assert listed == shown.json, (listed, shown.json)


def same_task(admin, answered):
    """Each member of an action's answer that the task has as well is the same there."""
    shown = admin.task(answered["id"])
    assert {name: shown[name] for name in answered if name in shown} == {
        n: v for n, v in answered.items() if n in shown
    }, (answered, shown)
    assert len(set(answered) & set(shown)) > 15, (set(answered), set(shown))
    listed = [t for t in admin.tasks(instanceId=answered["instanceId"]) if t["id"] == answered["id"]]
    assert listed == ([] if shown["status"] != "open" else [{n: v for n, v in shown.items() if n in listed[0]}]), (
        listed,
        shown,
    )


@case("an action's answer is what is read right after it")
def _(server):
    admin = administrator(server)
    started = admin.post(
        "/v1/instances", {"definitionKey": "flow", "businessKey": "Ä-1", "variables": {"a": 1, "stop": False}}
    )
    instance = started.json
    path = f"/v1/instances/{instance['id']}"
    same_instance(admin, instance, started.etag)
    assert instance["tasks"] == [
        {n: v for n, v in t.items() if n in instance["tasks"][0]} for t in admin.tasks(instanceId=instance["id"])
    ]
    task = instance["tasks"][0]["id"]
    same_task(admin, instance["tasks"][0])
    for action, body in (
        ("claim", None),
        ("comment", {"comment": "x"}),
        ("release", None),
        ("assign", {"assignee": "una"}),
        ("complete", {}),
    ):
        answer = admin.post(f"/v1/tasks/{task}/{action}", body)
        same_task(admin, answer.json)
        same_instance(admin, answer.json["instance"])
        assert answer.etag == admin.get(f"/v1/tasks/{task}").etag, action
    for action in ("suspend", "resume"):
        answer = admin.post(f"{path}/{action}")
        same_instance(admin, answer.json, answer.etag)
    patched = admin.patch(f"{path}/variables", {"b": {"c": [1]}})
    assert patched.json == admin.variables(instance["id"]) == {"a": 1, "b": {"c": [1]}, "stop": False}
    assert patched.etag == admin.get(path).etag
    [job] = admin.activate("work", lockFor="PT5M")
    assert job["variables"] == {"a": 1, "b": {"c": [1]}, "stop": False} and job["businessKey"] == "Ä-1", job
    longer = admin.post(f"/v1/jobs/{job['id']}/extend", {"lockFor": "PT9M"}).json
    assert longer["job"]["id"] == job["id"] and longer["job"]["lockedUntil"] > job["lockedUntil"], (longer, job)
    same_instance(admin, longer["instance"])
    failed = admin.post(f"/v1/jobs/{job['id']}/fail", {"message": "m", "retries": 0}).json
    assert failed["job"]["retries"] == 0 and failed["instance"]["incident"], failed
    same_instance(admin, failed["instance"])
    [incident] = admin.incidents(instance["id"])
    assert incident in admin.incidents(limit=500), incident
    retried = admin.post(f"/v1/incidents/{incident['id']}/retry", {"retries": 2})
    same_instance(admin, retried.json, retried.etag)
    [job] = admin.activate("work")
    done = admin.complete_job(job["id"], {"z": None})
    assert done["job"]["id"] == job["id"] and done["instance"]["status"] == "completed", done
    same_instance(admin, done["instance"])
    canceled = admin.delete(f"/v1/instances/{admin.start('flow')['id']}", {"reason": "r"}).json
    assert canceled["status"] == "canceled" and canceled["endedAt"], canceled
    same_instance(admin, canceled)


@case("forms of the diagram are handed to the frontend as they stand there")
def _(server):
    admin = administrator(server)
    field = """<camunda:formData><camunda:formField id="amount" label="Amount" type="long" defaultValue="1">
        <camunda:validation><camunda:constraint name="max" config="9"/></camunda:validation></camunda:formField>
        </camunda:formData>"""
    definition = admin.deploy(model("forms", f"""
        <bpmn:startEvent id="start" camunda:formKey="begin"/>
        <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="ask"/>
        <bpmn:userTask id="ask" camunda:assignee="admin" camunda:formKey="ask-${{n}}"><bpmn:extensionElements>
        {field}</bpmn:extensionElements></bpmn:userTask>"""))["definitions"][0]
    form = {"fields": [{"id": "amount", "label": "Amount", "type": "long", "defaultValue": "1",
                        "constraints": [{"name": "max", "config": "9"}]}]}
    assert admin.get(f"/v1/definitions/{definition['id']}").json["startForm"] == {"key": "begin", "fields": []}
    [task] = admin.start("forms", n=7)["tasks"]
    for _ in range(2):
        shown = admin.get(f"/v1/tasks/{task['id']}").json
        assert shown["formDefinition"] == form, shown
        if shown["status"] == "open":
            assert shown["form"] == "ask-7", shown
            admin.complete(task["id"])
    definition = admin.get("/v1/definitions", key="flow").json["items"][0]
    assert admin.get(f"/v1/definitions/{definition['id']}").json["startForm"] is None
    [task] = admin.start("flow")["tasks"]
    assert admin.get(f"/v1/tasks/{task['id']}").json["formDefinition"] is None


@case("a thousand starts in one request")
def _(server):
    admin = administrator(server)
    items = [{"definitionKey": "jobs", "businessKey": f"T-{n}", "variables": {"n": n}} for n in range(1000)]
    results = admin.post("/v1/instances/batch", {"items": items}).json["items"]
    assert [r["status"] for r in results] == [201] * 1000
    assert [r["instance"]["businessKey"] for r in results] == [i["businessKey"] for i in items]
    assert len({r["instance"]["id"] for r in results}) == 1000
    assert admin.get("/v1/instances", definitionKey="jobs", count=True, limit=1).json["count"] == 1000
    assert admin.request("POST", "/v1/instances/batch", {"items": items + items[:1]}).status in (413, 422)
    same_instance(admin, results[999]["instance"])


@case("many jobs completed in one request, some of them twice, some that are none")
def _(server):
    admin = administrator(server)
    jobs = admin.activate("many", count=1000, lockFor="PT5M")
    assert len(jobs) == 1000 and len({j["id"] for j in jobs}) == 1000
    ids = [j["id"] for j in jobs[:300]]
    sent = ids + ids[:5] + ["1", "9223372036854775807"]
    results = admin.post(
        "/v1/jobs/complete", {"items": [{"id": i, "variables": {"by": n}} for n, i in enumerate(sent)]}
    ).json["items"]
    assert [r["status"] for r in results] == [200] * 300 + [409] * 5 + [404] * 2, [r["status"] for r in results][295:]
    assert all(r["problem"]["status"] == r["status"] for r in results[300:])
    for n in (0, 299):
        assert results[n]["job"]["id"] == ids[n] and results[n]["instance"]["status"] == "completed"
        assert admin.variables(jobs[n]["instanceId"])["by"] == n
    again = admin.post("/v1/jobs/complete", {"items": [{"id": ids[0]}, {"id": jobs[300]["id"]}]}).json["items"]
    assert [r["status"] for r in again] == [409, 200], again


@case("filters by variables")
def _(server):
    admin = administrator(server)
    rows = {
        "one": {"x": 1, "t": "a", "b": True, "n": None, "o": {"p": 1}},
        "two": {"x": 2, "t": "b", "b": False},
        "ten": {"x": 10, "t": "10"},
        "text": {"x": "5"},
        "half": {"x": 1.5, "t": "a b&c=d", "dotted.name": 1, "gt": 3},
        "none": {},
    }
    for name, variables in rows.items():
        admin.post(
            "/v1/instances",
            {"definitionKey": "jobs", "businessKey": f"V-{name}", "variables": {**variables, "set": "V"}},
        )

    def names(**query):
        query = {f"variable.{name.replace('__', '.')}": value for name, value in query.items()}
        found = admin.get("/v1/instances", **{"variable.set": "V"}, **query, limit=500).json["items"]
        return sorted(i["businessKey"][2:] for i in found)

    assert names() == sorted(rows)
    assert names(x=1) == ["one"] and names(x="1.0") == ["one"] and names(x=5) == ["text"] and names(x__eq=2) == ["two"]
    assert (
        names(x__gt=1) == ["half", "ten", "two"] and names(x__gte=2) == ["ten", "two"] and names(x__lt=1.5) == ["one"]
    )
    assert names(x__lte="1e1") == ["half", "one", "ten", "two"] and names(x__gt=1, x__lt=10) == ["half", "two"]
    assert names(x__ne=1) == ["half", "ten", "text", "two"]
    assert (
        names(t="a") == ["one"]
        and names(t="10") == ["ten"]
        and names(t="a b&c=d") == ["half"]
        and names(t__gt="a") == ["half", "two"]
    )
    assert names(b="true") == ["one"] and names(b="false") == ["two"] and names(n="null") == ["one"]
    assert names(dotted__name=1) == ["half"] and names(gt=3) == ["half"] and names(gt__gt=2) == ["half"]
    assert names(y=1) == [] and names(x="1' OR '1'='1") == [] and names(**{"x') OR true --": 1}) == []
    assert names(**{f"x{n}": 1 for n in range(15)}) == []
    assert admin.request("GET", "/v1/instances?" + "&".join(f"variable.x{n}=1" for n in range(17))).status == 400


@case("PATCH merges: null takes away, absent stays, the rest is put")
def _(server):
    admin = administrator(server)
    path = f"/v1/instances/{admin.start('flow', a=1, b={'c': 1, 'd': 2}, e=[1])['id']}/variables"
    assert admin.patch(path, {}).json == {"a": 1, "b": {"c": 1, "d": 2}, "e": [1]}
    merged = admin.patch(path, {"a": None, "b": {"c": None, "f": 3}, "e": [2], "g": "new"}).json
    assert merged == admin.get(path).json == {"b": {"d": 2, "f": 3}, "e": [2], "g": "new"}, merged
    etag = admin.get(path[: -len("/variables")]).etag
    assert admin.patch(path, {"a": 2}, headers={"If-Match": etag}).json["a"] == 2
    assert admin.request("PATCH", path, {"a": 3}, {"If-Match": etag}).status == 412
    merge = {"Content-Type": "application/merge-patch+json"}
    assert admin.patch(path, b'{"a":7}', headers=merge).json["a"] == 7
    assert admin.request("PATCH", path, b'[{"op":"remove","path":"/a"}]', merge).status == 422
    assert admin.get(path).json["a"] == 7


@case("variables with their scopes")
def _(server):
    admin = administrator(server)
    instance = admin.start("flow", stop=True, s="t", n=1.5, b=True, z=None, o={"k": 1}, l=[])
    admin.complete(instance["tasks"][0]["id"], {"late": 1})
    rows = admin.get(f"/v1/instances/{instance['id']}/variables", scopes=True).json["items"]
    top = {r["name"]: (r["value"], r["type"]) for r in rows if r["scopeId"] is None}
    assert top == {
        "s": ("t", "string"),
        "n": (1.5, "number"),
        "b": (True, "boolean"),
        "z": (None, "null"),
        "o": ({"k": 1}, "object"),
        "l": ([], "array"),
        "late": (1, "number"),
        "stop": (True, "boolean"),
    }, rows
    [inner] = [r for r in rows if r["scopeId"] is not None]
    scope = next(a for a in admin.activities(instance["id"]) if a["elementId"] == "local")
    assert inner == {"name": "here", "value": 5, "type": "number", "scopeId": scope["id"], "elementId": "local"}, (
        inner,
        scope,
    )
    assert "here" not in admin.variables(instance["id"])


@case("a list read page by page while instances start: none lost, none twice")
def _(server):
    admin = administrator(server)
    known = [admin.start("jobs", businessKey="page")["id"] for _ in range(15)]
    seen, cursor = [], {}
    while True:
        page = admin.get("/v1/instances", businessKey="page", limit=4, **cursor).json
        seen += [i["id"] for i in page["items"]]
        if not page["nextCursor"]:
            break
        cursor = {"cursor": page["nextCursor"]}
        admin.start("jobs", businessKey="page")
        admin.delete(f"/v1/instances/{admin.start('jobs', businessKey='page')['id']}")
    assert seen == sorted(known, key=int, reverse=True), "newest first, and what came later is not among them"
    for path, query in (("/v1/incidents", {}), ("/v1/deployments", {}), ("/v1/definitions", {})):
        everything = admin.get(path, limit=500, **query).json["items"]
        found, cursor = [], {}
        while True:
            page = admin.get(path, limit=1, count=True, **query, **cursor).json
            assert page["count"] == len(everything)
            found += page["items"]
            if not page["nextCursor"]:
                break
            cursor = {"cursor": page["nextCursor"]}
        assert found == everything, path


@case("a dry run answers and keeps nothing")
def _(server):
    admin = administrator(server)
    tables = lambda: [
        server.database.value(f"SELECT count(*) FROM {table}")
        for table in (
            "bpmnd.deployment",
            "bpmnd.definition",
            "bpmnd.instance",
            "bpmnd.token",
            "bpmnd.task",
            "bpmnd.job",
            "history.instance",
            "history.activity",
            "history.task",
            "history.step",
            "bpmnd.idempotency",
        )
    ]
    instance = admin.start("flow", a=1)
    task = instance["tasks"][0]["id"]
    before, etag = tables(), admin.get(f"/v1/tasks/{task}").etag
    dry = lambda path, body, **options: admin.post(path, body, dryRun=True, **options).json
    assert dry("/v1/instances", {"definitionKey": "flow"}, expect=201)["status"] == "running"
    assert [r["status"] for r in dry("/v1/instances/batch", {"items": [{"definitionKey": "flow"}] * 3})["items"]] == [
        201
    ] * 3
    xml = {"Content-Type": "application/xml"}
    assert dry("/v1/deployments", FLOW.replace('"flow"', '"dry"'), headers=xml)["definitions"][0]["changed"]
    for action, body in (
        ("claim", None),
        ("assign", {"assignee": "una"}),
        ("comment", {"comment": "x"}),
        ("complete", {"variables": {"a": 2}}),
    ):
        dry(f"/v1/tasks/{task}/{action}", body)
    dry(f"/v1/tasks/{task}/complete", {}, headers={"Idempotency-Key": "dry"})
    assert admin.request("POST", f"/v1/tasks/{task}/release?dryRun=true").status == 409, "the same checks"
    assert admin.request("POST", "/v1/instances?dryRun=maybe", {"definitionKey": "flow"}).status == 400
    assert tables() == before and admin.get(f"/v1/tasks/{task}").etag == etag
    assert admin.variables(instance["id"]) == {"a": 1} and admin.task(task)["comments"] == []
    done = admin.post(f"/v1/tasks/{task}/complete", {}, headers={"Idempotency-Key": "dry"})
    assert done.headers.get("Idempotent-Replay") is None, "a dry run uses no key up"


@case("a step keeps the trace that the client has begun, and no other")
def _(server):
    admin = administrator(server)
    good = "0af7651916cd43dd8448eb211c80319c"
    for header, kept in ((f"00-{good}-b7ad6b7169203331-01", good), ("x", "none"), (None, "none")):
        headers = {"traceparent": header} if header else {}
        instance = admin.post("/v1/instances", {"definitionKey": "flow"}, headers=headers).json["id"]
        sql = f"SELECT coalesce(trace, 'none') FROM history.step WHERE instance_id = {instance}"
        assert server.database.value(sql) == kept, header


@case("traceparent is echoed, nonsense is not")
def _(server):
    admin = administrator(server)
    trace = lambda value: admin.request("GET", "/v1/instances/1", headers={"traceparent": value}).json["traceId"]
    good = "0af7651916cd43dd8448eb211c80319c"
    assert trace(f"00-{good}-b7ad6b7169203331-01") == good
    assert trace(f"01-{good}-b7ad6b7169203331-01-more") == good
    for value in (
        f"00-{good}-b7ad6b7169203331-01-more",
        f"ff-{good}-b7ad6b7169203331-01",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{good.upper()}-b7ad6b7169203331-01",
        f"00-{good[:-1]}-b7ad6b7169203331-01",
        "x",
        "",
    ):
        assert re.fullmatch("[0-9a-f]{32}", trace(value)) and trace(value) != good, value
    assert trace("") != trace("")


@case("HEAD is GET without the body")
def _(server):
    admin = administrator(server)
    instance = admin.start("flow")
    for path in (
        "/healthz",
        "/v1/tasks",
        f"/v1/instances/{instance['id']}",
        f"/v1/tasks/{instance['tasks'][0]['id']}",
        "/v1/instances/1",
    ):
        head, get = admin.request("HEAD", path), admin.request("GET", path)
        assert head.status == get.status and head.body == b"" and head.etag == get.etag, path
        assert get.status != 200 or head.headers["Content-Length"] == get.headers["Content-Length"], path


# --- metrics ---

SAMPLE = re.compile(r'^([a-z_][a-z0-9_]*)(?:\{le="([^"]+)"\})? (\S+)$')


def metrics(client):
    """Samples by name; the text keeps to Prometheus' format 0.0.4."""
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"), answer.headers
    text, samples, kinds = answer.body.decode(), {}, {}
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in kinds and kind in ("counter", "gauge", "histogram"), line
            kinds[name] = kind
        elif not line.startswith("# HELP "):
            name, bound, value = SAMPLE.match(line).groups()
            assert (name, bound) not in samples and float(value) >= 0, line
            samples[name, bound] = float(value)
            assert name in kinds or re.sub("_(bucket|sum|count)$", "", name) in kinds, line
    for name in (name for name, kind in kinds.items() if kind == "histogram"):
        buckets = [value for (sample, _), value in samples.items() if sample == f"{name}_bucket"]
        assert buckets == sorted(buckets) and buckets[-1] == samples[f"{name}_count", None], name
        assert (f"{name}_bucket", "+Inf") in samples, name
    return {name: value for (name, bound), value in samples.items() if bound is None}


@case("metrics count what has happened")
def _(server):
    admin = administrator(server)
    before = metrics(admin)
    ids = [admin.start("flow")["tasks"][0]["id"] for _ in range(5)]
    for task in ids[:3]:
        admin.complete(task, {"stop": False})
    jobs = admin.activate("work", count=2)
    for job in jobs:
        admin.complete_job(job["id"])
    [job] = admin.activate("work", count=1)
    admin.post(f"/v1/jobs/{job['id']}/fail", {"message": "no"})
    admin.request("DELETE", f"/v1/instances/{job['instanceId']}")
    admin.request("GET", "/v1/tasks/1")
    admin.request("GET", "/v1/nothing")
    key = {"Idempotency-Key": "metric"}
    for _ in range(2):
        admin.post("/v1/instances", {"definitionKey": "flow"}, headers=key)
    after = metrics(admin)
    grown = {name: after[name] - before[name] for name in after}
    expected = {
        "instances_started": 6,
        "instances_ended": 3,
        "instances_completed": 2,
        "instances_terminated": 0,
        "instances_failed": 0,
        "instances_canceled": 1,
        "tasks_created": 6,
        "tasks_ended": 3,
        "jobs_created": 3,
        "jobs_activated": 3,
        "jobs_completed": 2,
        "jobs_failed": 1,
        "answers_replayed": 1,
        "http_responses_4xx": 2,
        "http_responses_5xx": 0,
        "incidents_created": 0,
        "timers_fired": 0,
    }
    assert {name: grown[f"bpmnd_{name}_total"] for name in expected} == expected, grown
    assert grown["bpmnd_http_responses_2xx_total"] == 5 + 3 + 1 + 2 + 3 + 2 + 1, grown
    assert grown["bpmnd_http_request_seconds_count"] == 19, grown
    assert after["bpmnd_database_ready"] == 2, "one a worker"


# --- report ---


def rows(server, view, instance_id, order):
    """The rows of a view for one instance, as dictionaries of JSON values."""
    sql = f"""SELECT coalesce(json_agg(row_to_json(r) ORDER BY {order}), '[]')
                FROM report.{view} r WHERE r.instance_id = {instance_id}"""
    return json.loads(server.database.value(sql))


def moment(text):
    """Times are written differently by PostgreSQL and by the API."""
    if text is None:
        return None
    text = text.replace("Z", "").replace("+00:00", "")
    head, _, fraction = text.partition(".")
    return f"{head}.{fraction.ljust(6, '0')}"


def compare(server, admin, instance_id):
    instance = admin.instance(instance_id)
    [row] = rows(server, "process_instance", instance_id, "instance_id")
    assert row["status"] == instance["status"] and row["business_key"] == instance["businessKey"], (row, instance)
    assert (moment(row["started_at"]), moment(row["ended_at"])) == (
        moment(instance["startedAt"]),
        moment(instance["endedAt"]),
    ), row
    assert row["definition_key"] == instance["definitionKey"], row
    activities = admin.activities(instance_id)
    shown = [
        (r["element_id"], r["element_type"], moment(r["started_at"]), moment(r["ended_at"]), r["state"])
        for r in rows(server, "activity_instance", instance_id, "started_at, activity_id")
    ]
    assert shown == [
        (a["elementId"], a["type"], moment(a["startedAt"]), moment(a["endedAt"]), a["outcome"] or "running")
        for a in activities
    ], (shown, activities)
    flows = [
        (r["flow_id"], moment(r["taken_at"]))
        for r in rows(server, "sequence_flow", instance_id, "taken_at, passage_id")
    ]
    assert flows == [(f["flowId"], moment(f["takenAt"])) for f in admin.flows(instance_id)], flows
    values = {r["name"]: r for r in rows(server, "variable", instance_id, "name")}
    assert set(admin.variables(instance_id)) <= set(values), values
    tasks = rows(server, "task", instance_id, "task_id")
    assert [str(t["task_id"]) for t in tasks] == [
        str(t["task_id"]) for t in tasks if admin.task(t["task_id"])["instanceId"] == instance_id
    ]
    for row in tasks:
        task = admin.task(row["task_id"])
        assert (
            row["state"] == task["status"]
            and row["assignee"] == task["assignee"]
            and row["priority"] == task["priority"]
        ), (row, task)
    return activities


@case("the report's views say what the API says, running and finished")
def _(server):
    admin = administrator(server)
    instance = admin.start("flow", businessKey="R-1", text="x", number=0.25, flag=True, thing={"a": 1})
    assert len(compare(server, admin, instance["id"])) == 2
    admin.complete(instance["tasks"][0]["id"], {"late": 7, "stop": False})
    assert [a["elementId"] for a in compare(server, admin, instance["id"]) if a["endedAt"] is None] == ["inner", "work"]
    [job] = admin.activate("work", count=1)
    while job["instanceId"] != instance["id"]:
        [job] = admin.activate("work", count=1)
    admin.complete_job(job["id"])
    assert {a["outcome"] for a in compare(server, admin, instance["id"])} == {"completed"}
    canceled = admin.start("flow", businessKey="R-2")
    admin.delete(f"/v1/instances/{canceled['id']}")
    assert "canceled" in {a["outcome"] for a in compare(server, admin, canceled["id"])}


main(server=Server)
