#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Idempotency keys: however often, however parallel and through whichever server a request comes, it is done once and
answered alike."""

from harness import Database, Server, case, main, model, parallel

WAIT = model(
    "wait",
    """
  <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="check"/>
  <bpmn:userTask id="check" bpmnd:candidateGroups="clerks"/>
  <bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="work"/><bpmn:serviceTask id="work" bpmnd:type="work"/>
  <bpmn:sequenceFlow id="f3" sourceRef="work" targetRef="end"/><bpmn:endEvent id="end"/>""",
)


class Pair:
    """Two servers on one database."""

    def __init__(self):
        self.database = Database()
        self.servers = [Server(self.database), Server(self.database)]
        self.admin, self.other = [server.client("admin", roles=["admin"]) for server in self.servers]
        self.admin.deploy(WAIT)

    def __exit__(self, *how):
        for server in self.servers:
            server.__exit__(*how)
        self.database.drop()


def start(client, key, business_key="B", expect=None, **more):
    body = {"definitionKey": "wait", "businessKey": business_key, **more}
    return (
        client.request("POST", "/v1/instances", body, {"Idempotency-Key": key})
        if expect is None
        else client.post("/v1/instances", body, headers={"Idempotency-Key": key}, expect=expect)
    )


def started(client, business_key):
    return [i["id"] for i in client.get("/v1/instances", businessKey=business_key, limit=500).json["items"]]


@case("fifty at once, over fifty connections and two servers: one instance and equal answers")
def _(pair):
    for round_number in range(3):
        name = f"fifty-{round_number}"
        clients = [pair.servers[n % 2].client("admin", roles=["admin"]) for n in range(50)]
        for client in clients:
            client.get("/healthz")
        answers = parallel(50, lambda n: start(clients[n], name, name))
        assert {a.status for a in answers} == {201}, {a.status for a in answers}
        assert len({a.body for a in answers}) == 1 and len({a.etag for a in answers}) == 1
        assert len({a.headers["Location"] for a in answers}) == 1
        assert [a.headers.get("Idempotent-Replay") for a in answers].count(None) == 1, "all but the first are repeats"
        assert len(started(pair.admin, name)) == 1
        for client in clients:
            client.close()


@case("fifty at once over one connection")
def _(pair):
    request = b'{"definitionKey":"wait","businessKey":"pipe"}'
    head = (
        f"POST /v1/instances HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {pair.admin.token}\r\n"
        "Idempotency-Key: pipe\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(request)}\r\n\r\n"
    ).encode()
    client = pair.servers[0].client("admin", roles=["admin"])
    client.get("/healthz")
    sock = client.connection.sock
    sock.sendall((head + request) * 50)
    got = b""
    while got.count(b"HTTP/1.1 ") < 50 or not got.endswith(b"}"):
        more = sock.recv(1 << 16)
        assert more, got
        got += more
    assert got.count(b"HTTP/1.1 201 ") == 50, got[:2000]
    assert len({answer.split(b"\r\n\r\n")[1] for answer in got.split(b"HTTP/1.1 ")[1:]}) == 1
    assert len(started(pair.admin, "pipe")) == 1
    client.close()


@case("a replay says so, on the other server as well, and keeps status and header fields")
def _(pair):
    first = start(pair.admin, "replay", "replay", expect=201)
    assert first.headers.get("Idempotent-Replay") is None
    for client in (pair.admin, pair.other):
        again = start(client, "replay", "replay", expect=201)
        assert again.headers["Idempotent-Replay"] == "true" and again.body == first.body and again.etag == first.etag
        assert again.headers["Location"] == first.headers["Location"]
        assert again.headers["Content-Type"] == first.headers["Content-Type"]


@case("another request under the same key is refused")
def _(pair):
    start(pair.admin, "other", "other", expect=201)
    differing = [
        lambda c: start(c, "other", "other-2"),
        lambda c: start(c, "other", "other", variables={}),
        lambda c: c.request(
            "POST", "/v1/instances?dryRun=false", {"definitionKey": "wait", "businessKey": "other"}, KEY
        ),
        lambda c: c.request("POST", "/v1/jobs/activate", {"type": "work", "worker": "w"}, KEY),
    ]
    for client in (pair.admin, pair.other):
        for ask in differing:
            answer = ask(client)
            assert answer.status == 422 and answer.json["type"] == "urn:bpmnd:problem:idempotency-key-reused", answer
    assert len(started(pair.admin, "other")) == 1 and started(pair.admin, "other-2") == []


KEY = {"Idempotency-Key": "other"}


@case("equal key, different bodies, all at once: one is done")
def _(pair):
    clients = [pair.servers[n % 2].client("admin", roles=["admin"]) for n in range(20)]
    answers = parallel(20, lambda n: start(clients[n], "mixed", "mixed", variables={"n": n % 2}))
    good = [n % 2 for n, a in enumerate(answers) if a.status == 201]
    assert len(set(good)) == 1 and len(good) == 10, answers
    assert {a.status for n, a in enumerate(answers) if n % 2 != good[0]} == {422}, answers
    assert len(started(pair.admin, "mixed")) == 1


@case("a failed request keeps no key: it may be repeated, and may then succeed")
def _(pair):
    assert start(pair.admin, "fails", "fails", version=7).status == 404
    assert start(pair.admin, "fails", "fails", colour="red").status == 422
    assert start(pair.admin, "fails", "fails", expect=201).headers.get("Idempotent-Replay") is None
    task = pair.admin.start("wait")["tasks"][0]["id"]
    complete = lambda: pair.admin.request("POST", f"/v1/tasks/{task}/complete", {}, {"Idempotency-Key": "late"})
    instance = pair.admin.task(task)["instanceId"]
    pair.admin.post(f"/v1/instances/{instance}/suspend")
    assert complete().status == 409
    pair.admin.post(f"/v1/instances/{instance}/resume")
    done = complete()
    assert done.status == 200 and done.headers.get("Idempotent-Replay") is None, done
    again = complete()
    assert again.status == 200 and again.body == done.body and again.headers["Idempotent-Replay"] == "true", again


@case("keys belong to a user of a tenant")
def _(pair):
    people = [
        pair.admin,
        pair.servers[0].client("ann", roles=["starter"]),
        pair.servers[0].client("bob", roles=["starter"]),
    ]
    ids = {start(client, "mine", "mine", expect=201).json["id"] for client in people}
    assert len(ids) == 3 and len(started(pair.admin, "mine")) == 3
    red = pair.servers[0].client("admin", roles=["admin"], tenant="red")
    red.deploy(WAIT)
    assert start(red, "mine", "mine", expect=201).json["id"] not in ids


@case("every POST takes a key")
def _(pair):
    admin = pair.admin

    def twice(path, body=None, kind="application/json", again=pair.other):
        headers = {"Idempotency-Key": path, "Content-Type": kind} if body is not None else {"Idempotency-Key": path}
        first, second = admin.request("POST", path, body, headers), again.request("POST", path, body, headers)
        assert first.status in (200, 201), (path, first)
        assert (second.status, second.body) == (first.status, first.body), (path, first, second)
        assert second.headers.get("Idempotent-Replay") == "true", (path, second.headers)
        return first.json

    twice(
        "/v1/deployments", WAIT.replace('"wait"', '"keyed"').replace('type="work"', 'type="keyed"'), "application/xml"
    )
    items = twice("/v1/instances/batch", {"items": [{"definitionKey": "keyed", "businessKey": "many"}] * 5})["items"]
    assert len(started(admin, "many")) == 5
    instance, task = items[0]["instance"]["id"], items[0]["instance"]["tasks"][0]["id"]
    twice(f"/v1/instances/{instance}/suspend")
    twice(f"/v1/instances/{instance}/resume", {})
    twice(f"/v1/tasks/{task}/claim")
    twice(f"/v1/tasks/{task}/comment", {"comment": "once"})
    assert len(admin.task(task)["comments"]) == 1
    twice(f"/v1/tasks/{task}/release", {})
    twice(f"/v1/tasks/{task}/assign", {"assignee": "kim"})
    twice(f"/v1/tasks/{task}/complete", {"variables": {"a": 1}})
    [job] = twice("/v1/jobs/activate", {"type": "keyed", "worker": "w", "lockFor": "PT5M"})["jobs"]
    twice(f"/v1/jobs/{job['id']}/extend", {"lockFor": "PT9M"})
    twice(f"/v1/jobs/{job['id']}/fail", {"message": "no", "retries": 0})
    [incident] = admin.incidents(instance)
    twice(f"/v1/incidents/{incident['id']}/retry", {"retries": 3})
    [job] = admin.activate("keyed")
    twice(f"/v1/jobs/{job['id']}/complete", {"variables": {"b": 2}})
    assert admin.instance(instance)["status"] == "completed"


@case("what a key may look like")
def _(pair):
    for key in ("x", "a" * 255, "~!#$%&'()*+-./:;<=>?@[]^_`{|}", "k'; DROP TABLE bpmnd.answer; --".replace(" ", "")):
        assert start(pair.admin, key, "shape").status == 201, key
    for key in ("a" * 256, "a b", "a\tb", "\u00e4"):
        assert start(pair.admin, key, "shape").status == 400, key


@case("an answer outlives the server")
def _(pair):
    first = start(pair.admin, "lives", "lives", expect=201)
    pair.servers[0].kill()
    pair.servers[0].start()
    pair.admin.close()
    assert start(pair.admin, "lives", "lives", expect=201).body == first.body


main(server=Pair)
