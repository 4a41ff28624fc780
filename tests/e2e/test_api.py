#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The HTTP contract beside the happy path: what is refused and how, conditions, keys, lists, roles, tenants."""

import json
import os
import re
import signal
import threading
import time

from harness import PATIENCE, ROOT, Server, case, eventually, main, model

REVIEW = model("review", """
  <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="check"/>
  <bpmn:userTask id="check" name="Check it" camunda:candidateGroups="clerks" camunda:priority="${prio}"/>
  <bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="send"/>
  <bpmn:serviceTask id="send" bpmnd:type="send"/>
  <bpmn:sequenceFlow id="f3" sourceRef="send" targetRef="end"/><bpmn:endEvent id="end"/>""")

PROBLEM = {"type", "title", "status", "detail", "instance", "traceId", "retryable", "errors"}


def administrator(server):
    return server.client("admin", roles=["admin"])


def problem(response, status, slug=None):
    assert response.status == status, response
    assert response.headers["Content-Type"] == "application/problem+json", response.headers
    body = response.json
    assert PROBLEM <= set(body) and body["status"] == status, body
    assert slug is None or body["type"] == f"urn:bpmnd:problem:{slug}", body
    return body


def pointer(body):
    return body["errors"][0]["pointer"]


@case("what is not there, not allowed, not readable")
def _(server):
    admin, nobody = administrator(server), server.client("nobody")
    anonymous = server.client()
    anonymous.token = None
    problem(admin.request("GET", "/v1/nothing"), 404, "not-found")
    wrong = admin.request("PATCH", "/v1/instances")
    problem(wrong, 405, "method-not-allowed")
    assert wrong.headers["Allow"] == "GET, HEAD, POST", wrong.headers
    refused = anonymous.request("GET", "/v1/tasks")
    problem(refused, 401, "unauthenticated")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer"), refused.headers
    anonymous.token = "a.b.c"
    assert 'error="invalid_token"' in anonymous.request("GET", "/v1/tasks").headers["WWW-Authenticate"]
    problem(nobody.request("GET", "/v1/instances"), 403, "forbidden")
    assert nobody.tasks() == []
    problem(admin.request("GET", "/v1/instances?colour=red"), 400, "bad-request")
    problem(admin.request("GET", "/v1/instances?limit=0"), 400)
    problem(admin.request("GET", "/v1/instances?cursor=zzz"), 400)
    problem(admin.request("GET", "/v1/instances/7"), 404)
    problem(admin.request("GET", "/v1/instances/x"), 404)
    problem(admin.request("GET", "/v1/instances/99999999999999999999"), 404)
    trace = "0af7651916cd43dd8448eb211c80319c"
    body = admin.request("GET", "/v1/instances/7", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"}).json
    assert body["traceId"] == trace and body["instance"] == "/v1/instances/7", body


def operations():
    """(method, path, x-roles or None) of the document."""
    path = method = None
    for line in (ROOT / "schemas" / "openapi.yaml").read_text().splitlines():
        if line == "components:":
            return
        path = line.strip(" :") if line.startswith("  /") else path
        method = line.strip(" :").upper() if re.fullmatch(r"    \w+:", line) else method
        if line.startswith("      x-roles: "):
            yield method, path, re.findall(r"\w+", line)


@case("every route for every role")
def _(server):
    roles = ["admin", "deployer", "operator", "starter", "approver", "worker", "analyst"]
    clients = {role: server.client("r-" + role, roles=[role]) for role in roles}
    count = 0
    for method, path, allowed in operations():
        for role, client in clients.items():
            status = client.request(method, path.replace("{id}", "1").replace("{name}", "x")).status
            may = role in allowed or "any" in allowed
            assert (status != 403) == may, (method, path, role, status)
            count += 1
    assert count > 200, count


@case("bodies: 400, 415, 422")
def _(server):
    admin = administrator(server)

    def start(body, **headers):
        return admin.request("POST", "/v1/instances", body, {"Content-Type": "application/json", **headers})

    problem(start(b""), 400)
    problem(start(b"{"), 400)
    problem(start(b"[]"), 422)
    problem(start(b"{}", **{"Content-Type": "text/plain"}), 415, "unsupported-media-type")
    assert pointer(problem(start(b'{"definitionKey":"review","colour":1}'), 422, "invalid")) == "/colour"
    assert pointer(problem(start(b'{"definitionKey":7}'), 422)) == "/definitionKey"
    controls = b'{"definitionKey":"review","variables":{"a\\u0001b":1}}'
    assert pointer(problem(start(controls), 422)).startswith("/variables/a")
    assert pointer(problem(start(b'{"definitionKey":"review","variables":{"":1}}'), 422)) == "/variables/"
    problem(start(b'{"definitionKey":"review","definitionId":"5"}'), 422)
    problem(start(b'{"definitionKey":"nowhere"}'), 404)
    large = {"definitionKey": "review", "variables": {"a": "x" * (1 << 20)}}
    problem(start(json.dumps(large).encode()), 413, "too-large")
    deep = b'{"definitionKey":"review","variables":{"a":' + b"[" * 70 + b"]" * 70 + b"}}"
    problem(start(deep), 422)
    problem(start(b"{}", **{"Idempotency-Key": "a b"}), 400)
    problem(admin.request("DELETE", "/v1/deployments/7", b"{}", {"Content-Type": "application/json"}), 400)


@case("deployments")
def _(server):
    admin = administrator(server)
    xml = {"Content-Type": "application/xml"}
    first = admin.post("/v1/deployments", REVIEW, headers=xml, name="Review", expect=201)
    deployed = first.json
    assert first.headers["Location"] == f"/v1/deployments/{deployed['id']}"
    assert deployed["name"] == "Review" and deployed["definitions"][0]["version"] == 1, deployed
    assert deployed["definitions"][0]["changed"] and isinstance(deployed["diagnostics"], list), deployed
    again = admin.deploy(REVIEW)
    assert not again["definitions"][0]["changed"] and again["definitions"][0]["version"] == 1, again
    assert again["id"] == deployed["id"] and again["deployedAt"] == deployed["deployedAt"], (again, deployed)
    got = admin.get(f"/v1/deployments/{deployed['id']}").json
    assert got["definitions"][0]["key"] == "review", got
    name = got["resources"][0]["name"]
    assert admin.get(f"/v1/deployments/{deployed['id']}/resources/{name}").body == REVIEW.encode()
    problem(admin.request("GET", f"/v1/deployments/{deployed['id']}/resources/other"), 404)

    broken = model("broken", '<bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="gone"/>')
    body = problem(admin.request("POST", "/v1/deployments", broken, xml), 422, "invalid-model")
    assert body["errors"][0]["rule"] and body["errors"][0]["line"] > 0, body
    problem(admin.request("POST", "/v1/deployments", "not xml", xml), 400)
    problem(admin.request("POST", "/v1/deployments", "", xml), 400)
    problem(admin.request("POST", "/v1/deployments", REVIEW, {"Content-Type": "application/json"}), 415)
    linted = admin.post("/v1/lint", broken, headers=xml).json
    assert [d for d in linted["diagnostics"] if d["severity"] == "error"], linted
    problem(admin.request("POST", "/v1/lint", "not xml", xml), 400)

    other = REVIEW.replace('id="review"', 'id="dry"')
    dry = admin.post("/v1/deployments?dryRun=true", other, headers=xml).json
    assert dry["definitions"][0]["key"] == "dry", dry
    assert admin.get("/v1/definitions", key="dry").json["items"] == []


def form(*parts):
    """A multipart body of (name, filename or None, content)."""
    out = b""
    for name, filename, content in parts:
        file = f'; filename="{filename}"' if filename else ""
        out += f'--limit\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{content}\r\n'.encode()
    return out + b"--limit--\r\n", {"Content-Type": "multipart/form-data; boundary=limit"}


@case("several files in a form")
def _(server):
    admin = administrator(server)
    one, two = REVIEW.replace('id="review"', 'id="one"'), REVIEW.replace('id="review"', 'id="two"')
    body, headers = form(("name", None, "Pair"), ("a", "one.bpmn", one), ("b", "zwei-购买.bpmn", two))
    pair = admin.post("/v1/deployments", body, headers=headers, expect=201).json
    assert pair["name"] == "Pair" and [d["key"] for d in pair["definitions"]] == ["one", "two"], pair
    path = f"/v1/deployments/{pair['id']}/resources/zwei-%E8%B4%AD%E4%B9%B0.bpmn"
    assert admin.get(path).body == two.encode()
    body, headers = form(("a", "same", one), ("b", "same", two))
    [clash] = problem(admin.request("POST", "/v1/deployments", body, headers), 422)["errors"]
    assert (clash["rule"], clash["severity"], clash["resource"]) == ("duplicate-file", "error", "same"), clash
    body, headers = form(("a", "one", REVIEW), ("b", "two", REVIEW))
    [clash] = problem(admin.request("POST", "/v1/deployments", body, headers), 422)["errors"]
    assert (clash["rule"], clash["elementId"], clash["resource"]) == ("duplicate-process-id", "review", "two"), clash
    assert clash["line"] > 0 and clash in admin.post("/v1/lint", body, headers=headers).json["diagnostics"]
    problem(admin.request("POST", "/v1/deployments", body[:-8], headers), 400)
    admin.delete(f"/v1/deployments/{pair['id']}", expect=204)
    problem(admin.request("GET", f"/v1/deployments/{pair['id']}"), 404)


@case("definitions")
def _(server):
    admin = administrator(server)
    second = admin.deploy(REVIEW.replace("Check it", "Check again"))["definitions"][0]
    assert second["version"] == 2, second
    latest = admin.get("/v1/definitions", key="review", latest=True).json["items"]
    assert [d["id"] for d in latest] == [second["id"]], latest
    assert len(admin.get("/v1/definitions", key="review").json["items"]) == 2
    got = admin.get(f"/v1/definitions/{second['id']}")
    state = f"/v1/definitions/{second['id']}/state"
    for tag, status in (('"99"', 412), ('"abc"', 412), ("W/" + got.etag, 412), ("seven", 400)):
        problem(admin.request("PUT", state, {"suspended": True}, {"If-Match": tag}), status)
    changed = admin.put(state, {"suspended": True}, headers={"If-Match": got.etag})
    assert changed.json["suspended"] and changed.etag != got.etag, changed
    problem(admin.request("POST", "/v1/instances", {"definitionKey": "review"}), 409)
    admin.put(state, {"suspended": False}, headers={"If-Match": "*"})


@case("an instance from start to end")
def _(server):
    admin, clerk = administrator(server), server.client("kim", groups=["clerks"], roles=["approver"])
    other = server.client("eve", roles=["approver"])
    body = {"definitionKey": "review", "businessKey": "B-1", "variables": {"prio": 70, "amount": 0.1}}
    started = admin.post("/v1/instances", body, expect=201)
    instance = started.json
    assert started.headers["Location"] == f"/v1/instances/{instance['id']}"
    shown = admin.get(f"/v1/instances/{instance['id']}")
    without_tasks = {name: value for name, value in instance.items() if name != "tasks"}
    assert shown.json == without_tasks, (shown.json, without_tasks)
    assert shown.etag == started.etag, (shown.etag, started.etag)
    assert b'"amount":0.1' in admin.get(f"/v1/instances/{instance['id']}/variables").body

    [task] = clerk.tasks(candidate="me", instanceId=instance["id"])
    assert task["priority"] == 70 and "claim" in task["allowedActions"] and task["name"] == "Check again", task
    full = clerk.get(f"/v1/tasks/{task['id']}")
    assert full.json["variables"]["amount"] == 0.1, full
    assert full.json["participants"] == [{"group": "clerks", "role": "candidate"}], full
    assert admin.tasks(instanceId=instance["id"]) == instance["tasks"], instance["tasks"]
    problem(other.request("GET", f"/v1/tasks/{task['id']}"), 404)
    problem(other.request("GET", f"/v1/instances/{instance['id']}"), 404)
    assert clerk.instance(instance["id"])["status"] == "running"

    claimed = clerk.post(f"/v1/tasks/{task['id']}/claim", headers={"If-Match": full.etag})
    assert claimed.json["assignee"] == "kim" and claimed.etag != full.etag, claimed
    problem(clerk.request("POST", f"/v1/tasks/{task['id']}/complete", {}, {"If-Match": full.etag}), 412, "stale")
    dry = clerk.post(f"/v1/tasks/{task['id']}/complete?dryRun=true", {}).json
    assert dry["status"] == "completed", dry
    clerk.post(f"/v1/tasks/{task['id']}/comment", {"comment": "looks fine"})
    done = clerk.complete(task["id"], {"note": "ok"}, outcome="approved", comment="yes")
    assert done["status"] == "completed" and done["tasks"] == [] and done["instance"]["id"] == instance["id"], done
    problem(clerk.request("POST", f"/v1/tasks/{task['id']}/complete", {}), 409, "gone")
    ended = clerk.get(f"/v1/tasks/{task['id']}").json
    assert ended["status"] == "completed" and ended["allowedActions"] == [] and ended["completedBy"] == "kim", ended
    said = [(c["author"], c["text"]) for c in ended["comments"]]
    assert said == [("kim", "looks fine"), ("kim", "yes")] and ended["comments"][1]["at"] == ended["endedAt"], ended
    assert admin.variables(instance["id"]) == {"prio": 70, "amount": 0.1, "note": "ok", "outcome": "approved"}

    [token] = admin.tokens(instance["id"])
    assert token["elementId"] == "send" and token["state"] == "job", token
    patched = admin.patch(f"/v1/instances/{instance['id']}/variables", {"note": None, "more": [1]}).json
    assert "note" not in patched and patched["more"] == [1], patched
    scoped = admin.get(f"/v1/instances/{instance['id']}/variables", scopes=True).json["items"]
    assert {"name": "amount", "value": 0.1, "type": "number", "scopeId": None, "elementId": None} in scoped, scoped

    worker = server.client("w", roles=["worker"])
    [job] = worker.activate("send", lockFor="PT5M")
    more_time = (f"/v1/jobs/{job['id']}/extend", {"lockFor": "PT10M"})
    longer = worker.post(*more_time, headers={"Idempotency-Key": "more"})
    assert longer.json["job"]["lockedUntil"] > job["lockedUntil"], longer
    assert longer.json["instance"]["id"] == instance["id"], longer
    failed = worker.post(f"/v1/jobs/{job['id']}/fail", {"message": "no paper", "retries": 0}).json
    assert failed["instance"]["incident"], failed
    [incident] = admin.incidents(instance["id"])
    assert incident["message"] == "no paper" and incident["elementId"] == "send", incident
    assert [i["id"] for i in admin.get("/v1/incidents", count=True).json["items"]] == [incident["id"]]
    problem(worker.request("POST", f"/v1/jobs/{job['id']}/complete", {}), 409)
    assert not admin.post(f"/v1/incidents/{incident['id']}/retry", {"retries": 2}).json["incident"]
    [job] = worker.activate("send")
    result = worker.complete_job(job["id"], {"sent": True})
    assert result["job"]["id"] == job["id"] and result["instance"]["status"] == "completed", result
    problem(worker.request("POST", f"/v1/jobs/{job['id']}/complete", {}), 409)
    problem(worker.request("POST", *more_time), 409, "gone")
    assert worker.post(*more_time, headers={"Idempotency-Key": "more"}).body == longer.body
    end = admin.instance(instance["id"])
    assert end["status"] == "completed" and end["endedAt"] and admin.variables(instance["id"])["sent"] is True
    kinds = [a["elementId"] for a in admin.activities(instance["id"])]
    assert kinds == ["start", "check", "send", "end"], kinds
    assert [f["flowId"] for f in admin.flows(instance["id"])] == ["f1", "f2", "f3"]
    problem(admin.request("DELETE", f"/v1/instances/{instance['id']}", {"reason": "late"}), 409, "gone")


@case("suspend, resume, cancel")
def _(server):
    admin = administrator(server)
    instance = admin.start("review", prio=1)
    path = f"/v1/instances/{instance['id']}"
    assert admin.post(path + "/suspend").json["status"] == "suspended"
    [task] = admin.tasks(instanceId=instance["id"])
    problem(admin.request("POST", f"/v1/tasks/{task['id']}/complete", {}), 409, "conflict")
    problem(admin.request("POST", path + "/suspend", None), 409)
    assert admin.post(path + "/resume", {"reason": "ok"}).json["status"] == "running"
    canceled = admin.delete(path, {"reason": "no longer wanted"}).json
    assert canceled["status"] == "canceled" and canceled["endedAt"], canceled
    assert admin.task(task["id"])["status"] == "canceled"


@case("one answer for one key")
def _(server):
    admin = administrator(server)
    key = {"Idempotency-Key": "k-1"}
    first = admin.post("/v1/instances", {"definitionKey": "review", "variables": {"prio": 5}}, headers=key)
    second = admin.post("/v1/instances", {"definitionKey": "review", "variables": {"prio": 5}}, headers=key, expect=201)
    assert first.body == second.body and second.headers["Idempotent-Replay"] == "true", second.headers
    assert second.headers["Location"] == first.headers["Location"] and second.etag == first.etag
    problem(admin.request("POST", "/v1/instances", {"definitionKey": "review"}, key), 422, "idempotency-key-reused")
    answers = []

    def ask():
        body = {"definitionKey": "review", "variables": {"prio": 1}}
        answer = administrator(server).post("/v1/instances", body, headers={"Idempotency-Key": "k-2"}, expect=201)
        answers.append(answer.json["id"])

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 50 and len(set(answers)) == 1, answers


def waits(client):
    """A long poll has found nothing and stands in its server."""
    return "bpmnd_long_polls 1\n" in client.get("/metrics").body.decode()


@case("a worker waits for work")
def _(server):
    admin, found = administrator(server), []
    instance = admin.start("review", prio=1)
    waiting = threading.Thread(target=lambda: found.extend(administrator(server).activate("send", wait="PT5M")))
    waiting.start()
    eventually(lambda: waits(admin))
    began = time.monotonic()
    admin.complete(instance["tasks"][0]["id"])
    waiting.join()
    assert [job["instanceId"] for job in found] == [instance["id"]] and time.monotonic() - began < PATIENCE, found
    assert administrator(server).activate("send", wait="PT0.2S") == []
    both = {"items": [{"id": found[0]["id"], "variables": {"x": 1}}, {"id": "5"}]}
    many = admin.post("/v1/jobs/complete", both).json["items"]
    assert [item["status"] for item in many] == [200, 404] and many[0]["instance"]["status"] == "completed", many


@case("SIGHUP changes nothing that was not changed, SIGTERM answers who waits")
def _(server):
    with Server(database=server.database) as other:
        os.kill(other.pid, signal.SIGHUP)
        administrator(other).get("/v1/tasks")
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(administrator(other).activate("send", wait="PT5M")))
        waiting.start()
        eventually(lambda: waits(administrator(other)))
        began = time.monotonic()
        other.stop()
        waiting.join()
        assert answers == [[]] and time.monotonic() - began < PATIENCE, (answers, time.monotonic() - began)


@case("lists of instances: filters, pages, counts")
def _(server):
    admin = administrator(server)
    batch = [{"definitionKey": "review", "businessKey": f"L-{n}",
              "variables": {"prio": n, "city": "Köln", "n": n * 1.5}} for n in range(7)] + [{"definitionKey": "nowhere"}]
    results = admin.post("/v1/instances/batch", {"items": batch}).json["items"]
    assert [r["status"] for r in results] == [201] * 7 + [404], results
    assert results[7]["problem"]["status"] == 404
    wrong = {"items": [{"definitionKey": "review"}, {"x": 1}]}
    assert pointer(problem(admin.request("POST", "/v1/instances/batch", wrong), 422)) == "/items/1/x"

    def keys(**query):
        return sorted(i["businessKey"] for i in admin.get("/v1/instances", **query).json["items"])

    assert keys(**{"variable.city": "Köln"}) == [f"L-{n}" for n in range(7)]
    assert keys(**{"variable.city": "Köln", "variable.n.gt": 7}) == ["L-5", "L-6"]
    assert keys(**{"variable.city": "Köln", "variable.n.lte": 1.5}) == ["L-0", "L-1"]
    assert keys(**{"variable.city.ne": "Köln", "businessKey": "L-1"}) == []
    assert keys(businessKey="L-3") == ["L-3"] and keys(businessKey="L-3", status="completed") == []
    problem(admin.request("GET", "/v1/instances?status=asleep"), 400)

    seen, cursor = [], None
    while True:
        query = {"variable.city": "Köln", "limit": 3, "count": True, **({"cursor": cursor} if cursor else {})}
        page = admin.get("/v1/instances", **query).json
        assert page["count"] == 7 and len(page["items"]) <= 3, page
        seen += [i["id"] for i in page["items"]]
        cursor = page["nextCursor"]
        if not cursor:
            break
    assert len(seen) == 7 and seen == sorted(seen, key=int, reverse=True), seen

    order = [t["priority"] for t in admin.tasks(sort="-priority", **{"priority.gte": 3, "definitionKey": "review"})]
    assert order == sorted(order, reverse=True) and min(order) >= 3, order
    first = admin.get("/v1/tasks", sort="priority", limit=2).json
    rest = admin.get("/v1/tasks", sort="priority", limit=2, cursor=first["nextCursor"]).json
    assert rest["items"][0]["priority"] >= first["items"][1]["priority"]
    assert not {t["id"] for t in first["items"]} & {t["id"] for t in rest["items"]}
    problem(admin.request("GET", f"/v1/tasks?sort=due&cursor={first['nextCursor']}"), 400)
    problem(admin.request("GET", "/v1/tasks?sort=colour"), 400)


@case("tenants do not see each other")
def _(server):
    red = server.client("ann", roles=["admin"], tenant="red")
    blue = server.client("bob", roles=["admin"], tenant="blue")
    deployed = red.deploy(REVIEW)
    instance = red.start("review", prio=1)
    for path in (f"/v1/deployments/{deployed['id']}", f"/v1/definitions/{deployed['definitions'][0]['id']}",
                 f"/v1/definitions/{deployed['definitions'][0]['id']}/xml", f"/v1/instances/{instance['id']}",
                 f"/v1/instances/{instance['id']}/variables", f"/v1/tasks/{instance['tasks'][0]['id']}"):
        red.get(path)
        problem(blue.request("GET", path), 404)
    problem(blue.request("POST", f"/v1/tasks/{instance['tasks'][0]['id']}/complete", {}), 404)
    problem(blue.request("DELETE", f"/v1/instances/{instance['id']}"), 404)
    ended = red.start("review", prio=1)
    red.post(f"/v1/tasks/{ended['tasks'][0]['id']}/complete", {})
    red.delete(f"/v1/instances/{ended['id']}")
    problem(blue.request("POST", f"/v1/tasks/{ended['tasks'][0]['id']}/complete", {}), 404)
    problem(blue.request("DELETE", f"/v1/instances/{ended['id']}"), 404)
    platform, nobody = server.client("root", roles=["admin"]), server.client("nora", roles=["approver"], groups=["managers"])
    platform.post(f"/v1/tasks/{instance['tasks'][0]['id']}/comment", {"comment": "above tenants"})
    problem(nobody.request("GET", f"/v1/tasks/{instance['tasks'][0]['id']}"), 404)
    problem(blue.request("DELETE", f"/v1/deployments/{deployed['id']}?cascade=true"), 404)
    problem(blue.request("POST", "/v1/instances", {"definitionKey": "review"}), 404)
    problem(blue.request("POST", "/v1/instances", {"definitionKey": "review", "tenant": "red"}), 403)
    assert blue.get("/v1/instances").json["items"] == []
    red.delete(f"/v1/deployments/{deployed['id']}", expect=409)
    red.delete(f"/v1/deployments/{deployed['id']}?cascade=true", expect=204)
    problem(red.request("GET", f"/v1/instances/{instance['id']}"), 404)


@case("health and metrics need no token")
def _(server):
    anonymous = server.client()
    anonymous.token = None
    assert anonymous.get("/healthz").json == {"status": "ok"}
    assert anonymous.get("/readyz").json == {"status": "ready", "durability": "single"}
    text = anonymous.get("/metrics").body.decode()
    assert "# TYPE bpmnd_instances_started_total counter" in text, text
    assert 'bpmnd_commit_seconds_bucket{le="+Inf"}' in text, text
    assert anonymous.request("HEAD", "/healthz").status == 200


@case("the report shows running and ended work")
def _(server):
    count = server.database.value("SELECT count(*) FROM report.process_instance")
    assert int(count) > 5, count
    found = server.database.query("SELECT DISTINCT status FROM report.process_instance ORDER BY 1")
    assert found == [["canceled"], ["completed"], ["running"]], found
    found = server.database.query("SELECT DISTINCT element_type FROM report.activity_instance ORDER BY 1")
    assert found == [["endEvent"], ["serviceTask"], ["startEvent"], ["userTask"]], found
    assert int(server.database.value("SELECT count(*) FROM report.task WHERE state = 'open'")) > 0
    assert server.database.value("SELECT number_value FROM report.variable WHERE name = 'amount'") == "0.1"
    undocumented = server.database.query("""
        SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         WHERE c.relnamespace = 'report'::regnamespace AND a.attnum > 0 AND col_description(c.oid, a.attnum) IS NULL""")
    assert undocumented == [], undocumented


main(server=Server)
