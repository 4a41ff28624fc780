#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad diagrams, bad JSON, bad HTTP, bad tokens: each is refused with the right status, the answer names the place, and
nothing is kept."""

import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import socket
import subprocess
import time

from harness import (BPMND, KEYS, PATIENCE, ROOT, SCRATCH, Server, case, eventually, in_time, main, model, parallel,
                     run, skip)

XML = {"Content-Type": "application/xml"}
JSON = {"Content-Type": "application/json"}
GOOD = """<bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="e"/><bpmn:endEvent id="e"/>"""
TASK = """<bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="t"/>
    <bpmn:userTask id="t" bpmnd:candidateGroups="g"/><bpmn:sequenceFlow id="h" sourceRef="t" targetRef="e"/>
    <bpmn:endEvent id="e"/>"""


def administrator(server):
    admin = server.client("admin", roles=["admin"])
    if not admin.get("/v1/definitions", key="good").json["items"]:
        admin.deploy(model("good", TASK))
    return admin


def refused(answer, status, slug=None):
    """A problem of that status; its errors."""
    assert answer.status == status, answer
    assert answer.headers["Content-Type"] == "application/problem+json", answer.headers
    assert answer.json["status"] == status and answer.json["traceId"], answer
    assert slug is None or answer.json["type"] == f"urn:bpmnd:problem:{slug}", answer
    return answer.json["errors"]


def what_is_there(admin):
    return [admin.get(path, limit=500).body for path in ("/v1/deployments", "/v1/definitions", "/v1/instances")]


# --- diagrams ---


def nested(depth):
    return "<bpmn:extensionElements>" + "<x>" * depth + "</x>" * depth + "</bpmn:extensionElements>"


# What is sent, the status of deploying it.
UNREADABLE = {
    "nothing but blanks": ("  \n", 400),
    "text": ("hello", 400),
    "JSON": ('{"a":1}', 400),
    "cut off": (model("bad", GOOD)[:-30], 400),
    "two roots": (model("bad", GOOD) + "<a/>", 400),
    "bad UTF-8": (model("bad", GOOD).encode().replace(b'id="s"', b'id="\xff"'), 400),
    "a control character": (model("bad", GOOD.replace('id="s"', 'id="s" name="\x01"')), 400),
    "an encoding that is not taken": (model("bad", GOOD).replace("UTF-8", "UTF-7").encode(), 422),
    "bytes of another encoding": (model("bad", GOOD.replace('id="s"', 'id="s" name="ä"')).encode("latin-1"), 400),
    "an unbound prefix": (model("bad", GOOD + '<nope:x xmlns:a="b"/>'), 422),
    "an attribute twice": (model("bad", GOOD.replace('id="s"', 'id="s" id="s"')), 400),
}

REFUSED = {
    "DOCTYPE": (model("bad", GOOD).replace("<bpmn:def", "<!DOCTYPE x><bpmn:def", 1), 400),
    "an external entity": (
        model("bad", GOOD.replace('id="s"', 'id="s" name="&x;"')).replace(
            "<bpmn:def", '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]><bpmn:def', 1
        ),
        400,
    ),
    "entities in entities": (
        model("bad", GOOD).replace("<bpmn:def", '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><bpmn:def', 1),
        400,
    ),
    "100,000 attributes": (
        model("bad", "<bpmn:task id='t' " + " ".join(f'a{n}="1"' for n in range(100000)) + "/>"),
        400,
    ),
    "depth 10,000": (model("bad", nested(10000)), 400),
    "200,000 elements": (model("bad", "<bpmn:extensionElements>" + "<a/>" * 200000 + "</bpmn:extensionElements>"), 400),
    "no BPMN": ("<svg xmlns='http://www.w3.org/2000/svg'/>", 422),
    "another namespace": (
        model("bad", GOOD).replace("http://www.omg.org/spec/BPMN/20100524/MODEL", "urn:nothing"),
        422,
    ),
}

DIAGNOSTIC = {"rule", "severity", "elementId", "elementName", "line", "column", "message", "hint"}


@case("files that are no XML, or dangerous: refused by line, nothing kept")
def _(server):
    admin = administrator(server)
    before = what_is_there(admin)
    for name, (text, status) in {**UNREADABLE, **REFUSED}.items():
        answer = admin.request("POST", "/v1/deployments", text, XML)
        # a file that is well-formed but beyond the limits is not a diagram we take: either status is an honest one
        allowed = (400, 422) if name in REFUSED else (status,)
        assert answer.status in allowed, (name, answer)
        assert answer.json["type"].startswith("urn:bpmnd:problem:"), name
        assert "root:" not in answer.body.decode() and len(answer.body) < 4000, (name, answer)
        [error] = answer.json["errors"]
        assert DIAGNOSTIC <= set(error) and answer.json["warnings"] == [], (name, answer)
        assert (error["rule"], error["severity"]) == ("unreadable-model", "error") and error["line"] > 0, (name, answer)
        linted = admin.request("POST", "/v1/lint", text, XML)
        assert linted.status == (200 if answer.status == 422 else answer.status), (name, linted)
        assert linted.json["diagnostics" if linted.status == 200 else "errors"] == [error], (name, linted)
    assert what_is_there(admin) == before


def processor_seconds(server):
    with open(f"/proc/{server.pid}/stat", encoding="utf-8", errors="replace") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@case("hostile files cost little")
def _(server):
    admin = administrator(server)
    for name in ("100,000 attributes", "depth 10,000", "200,000 elements"):
        before = processor_seconds(server)
        admin.request("POST", "/v1/deployments", REFUSED[name][0], XML)
        assert processor_seconds(server) - before < 10, name


def gateway(flows):
    return model(
        "bad",
        f"""<bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="g"/>
    <bpmn:exclusiveGateway id="g"/>{flows}<bpmn:endEvent id="e"/>""",
    )


CONDITION = """<bpmn:sequenceFlow id="h" sourceRef="g" targetRef="e">
<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${amount &gt; }</bpmn:conditionExpression></bpmn:sequenceFlow>
<bpmn:sequenceFlow id="i" sourceRef="g" targetRef="e">
<bpmn:conditionExpression>${true}</bpmn:conditionExpression></bpmn:sequenceFlow>"""

# What is wrong, the element that the answer names, the rule.
WRONG = {
    "a reference into nowhere": (
        model("bad", '<bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="gone"/>'),
        "f",
        "dangling-reference",
    ),
    "a gateway without outgoing flows": (gateway(""), "g", "gateway-without-outgoing-flow"),
    "a condition that does not parse": (gateway(CONDITION), "h", "expression-invalid"),
    "two processes of one id": (
        model("bad", GOOD).replace(
            "</bpmn:definitions>",
            '<bpmn:process id="bad" isExecutable="true">'
            + GOOD.replace('"s"', '"s2"').replace('"e"', '"e2"').replace('"f"', '"f2"')
            + "</bpmn:process></bpmn:definitions>",
        ),
        "bad",
        "duplicate-process-id",
    ),
    "two elements of one id": (model("bad", GOOD + '<bpmn:task id="s"/>'), "s", "duplicate-id"),
    "an element that is not run": (model("bad", GOOD + '<bpmn:choreographyTask id="c"/>'), "c", "unsupported-element"),
    "a call of nothing": (model("bad", GOOD + '<bpmn:callActivity id="c"/>'), "c", "call-without-element"),
    "a script of another language": (
        model(
            "bad", GOOD + '<bpmn:scriptTask id="c" scriptFormat="groovy"><bpmn:script>x</bpmn:script></bpmn:scriptTask>'
        ),
        "c",
        "unsupported-script-format",
    ),
    "a timer that is none": (
        model(
            "bad",
            TASK + '<bpmn:boundaryEvent id="b" attachedToRef="t"><bpmn:timerEventDefinition><bpmn:timeDuration>soon'
            '</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>'
            '<bpmn:sequenceFlow id="j" sourceRef="b" targetRef="e"/>',
        ),
        "b",
        "timer-invalid",
    ),
    "no process content": (model("bad", ""), "bad", "empty-process"),
}


@case("diagrams with errors: 422 names rule, element, line and column, nothing kept")
def _(server):
    admin = administrator(server)
    before = what_is_there(admin)
    for name, (text, element, rule) in WRONG.items():
        for path in ("/v1/deployments", "/v1/deployments?dryRun=true"):
            errors = refused(admin.request("POST", path, text, XML), 422, "invalid-model")
            found = [e for e in errors if e["rule"] == rule and e["elementId"] == element]
            assert found and found[0]["line"] > 0 and found[0]["column"] > 0 and found[0]["message"], (name, errors)
        linted = admin.post("/v1/lint", text, headers=XML).json["diagnostics"]
        assert [d["rule"] for d in linted if d["severity"] == "error"] == [e["rule"] for e in errors], name
    assert what_is_there(admin) == before


@case("a condition's error stands where the text is")
def _(server):
    text = gateway(CONDITION)
    [error] = refused(administrator(server).request("POST", "/v1/deployments", text, XML), 422)
    lines = text.splitlines()
    line = next(n for n, content in enumerate(lines, 1) if "${amount" in content)
    start = lines[line - 1].index("${amount") + 1
    assert error["line"] == line and start < error["column"] <= lines[line - 1].index("}") + 1, error


@case("one bad file of a form keeps the good ones out")
def _(server):
    admin = administrator(server)
    before = what_is_there(admin)
    for bad in (WRONG["a gateway without outgoing flows"][0], "no XML", model("fine", GOOD)):
        parts = "".join(
            f'--b\r\nContent-Disposition: form-data; name="f{n}"; filename="f{n}"\r\n\r\n{content}\r\n'
            for n, content in enumerate((model("fine", GOOD), bad))
        )
        answer = admin.request(
            "POST", "/v1/deployments", parts + "--b--\r\n", {"Content-Type": "multipart/form-data; boundary=b"}
        )
        assert answer.status in (400, 422), answer
        assert {e["resource"] for e in answer.json["errors"]} == {"f1"}, answer
    assert what_is_there(admin) == before


def told(server, path, body, kind):
    """The answer to a request on a connection of its own; who stands still for longer than the server lingers does not hear
    it, and asks again."""
    for _ in range(20):
        try:
            return administrator(server).request("POST", path, body, kind)
        except OSError:
            pass
    raise AssertionError("no answer")


@case("too large is answered readably: diagrams, bodies, variables")
def _(server):
    admin = administrator(server)
    before = what_is_there(admin)
    padding = "<!--" + "x" * 1000 + "-->"
    refused(told(server, "/v1/deployments", model("bad", GOOD + padding * 5300), XML), 413, "too-large")
    for size in (9 << 20, 15 << 20):
        refused(told(server, "/v1/instances", b" " * size, JSON), 413, "too-large")
    for variables in ({"a": "x" * (1 << 20)}, {f"a{n}": "x" * 1000 for n in range(1100)}, {"a": ["\u0001"] * 200000}):
        refused(
            admin.request("POST", "/v1/instances", {"definitionKey": "good", "variables": variables}), 413, "too-large"
        )
    items = [{"definitionKey": "good", "variables": {"a": "x" * 2000}}] * 600
    refused(admin.request("POST", "/v1/instances/batch", {"items": items}), 413, "too-large")
    assert what_is_there(admin) == before
    admin.start("good", a="x" * 900000)


# --- JSON ---

# The text of variable `a`, and whether it comes back: as this value, or (a status) not at all.
VALUES = {
    "depth within": ("[" * 60 + "]" * 60, None),
    "depth 65": ("[" * 65 + "]" * 65, (422,)),
    "depth 10,000": ("[" * 10000 + "]" * 10000, (400, 422)),
    "depth of objects": ('{"a":' * 65 + "1" + "}" * 65, (422,)),
    "a key twice": ('{"k":1,"k":2}', (422,)),
    "a key twice, once escaped": ('{"k":1,"\\u006b":2}', (422,)),
    "2^63": ("9223372036854775808", (422,)),
    "-2^63": ("-9223372036854775808", -9223372036854775808),
    "-2^63-1": ("-9223372036854775809", (422,)),
    "1e400": ("1e400", (400, 422)),
    "10,000 digits": ("1" * 10000, (400, 422)),
    "digits that a double has not": ("0.1234567890123456789", (422,)),
    "0.1": ("0.1", 0.1),
    "1e18": ("1e18", 1e18),
    "-0": ("-0", 0),
    "a lone surrogate": ('"\\ud800"', (400,)),
    "surrogates the wrong way round": ('"\\udc00\\ud800"', (400,)),
    "NUL in a text": ('"a\\u0000b"', (400, 422)),
    "a NUL": ('"a\0b"', (400,)),
    "a control character": ('"a\x01b"', (400,)),
    "an escaped control character": ('"a\\u0001b"', "a\x01b"),
    "a text beyond the plane": ('"\\ud83d\\ude00"', "\U0001f600"),
    "no UTF-8": (b'"\xff"', (400,)),
    "an overlong form": (b'"\xc0\xaf"', (400,)),
    "NaN": ("NaN", (400,)),
    "Infinity": ("-Infinity", (400,)),
    "single quotes": ("'a'", (400,)),
    "a trailing comma": ("[1,]", (400,)),
    "a comment": ("1/**/", (400,)),
    "hexadecimal": ("0x10", (400,)),
    "a leading zero": ("010", (400,)),
    "a leading plus": ("+1", (400,)),
    "a type name": (
        '{"@class":"java.lang.Runtime","type":"Object","$type":"x"}',
        {"@class": "java.lang.Runtime", "type": "Object", "$type": "x"},
    ),
    "an expression": ('"${now()} {{secrets.X}} #{1+1} =1"', "${now()} {{secrets.X}} #{1+1} =1"),
}


@case("values: refused, or given back as they were")
def _(server):
    admin = administrator(server)
    for name, (text, expected) in VALUES.items():
        text = text if isinstance(text, bytes) else text.encode()
        answer = admin.request(
            "POST", "/v1/instances", b'{"definitionKey":"good","variables":{"a":' + text + b"}}", JSON
        )
        if isinstance(expected, tuple):
            assert answer.status in expected, (name, answer)
            assert answer.json["type"] in ("urn:bpmnd:problem:bad-request", "urn:bpmnd:problem:invalid"), (name, answer)
        else:
            assert answer.status == 201, (name, answer)
            got = admin.variables(answer.json["id"])["a"]
            assert got == (json.loads(text) if expected is None else expected), (name, got)


@case("texts that are no object")
def _(server):
    admin = administrator(server)
    for text, statuses in (
        (b"", (400,)),
        (b" ", (400,)),
        (b"{", (400,)),
        (b"{}{}", (400,)),
        (b"{} x", (400,)),
        (b"\xef\xbb\xbf{}", (400,)),
        (b"null", (422,)),
        (b"7", (422,)),
        (b'"a"', (422,)),
        (b"[]", (422,)),
        (b"true", (422,)),
        (b"{\x00}", (400,)),
        ('{"definitionKey":"good"}'.encode("utf-16"), (400,)),
        (b'{"definitionKey":"good"}\0', (400,)),
        (b'{"definitionKey":"good","definitionKey":"good"}', (400, 422)),
    ):
        assert admin.request("POST", "/v1/instances", text, JSON).status in statuses, text


@case("a refused JSON text says where")
def _(server):
    answer = administrator(server).request("POST", "/v1/instances", b'{\n  "definitionKey": tru\n}', JSON)
    assert refused(answer, 400)[0]["line"] == 2, answer


TYPES = {
    "/definitionKey": [7, True, [], {}, "", "a\nb", "x" * 256],
    "/definitionId": [7, "x", "-1", "0", "1.0", " 1", "1 ", "99999999999999999999", True, []],
    "/version": ["1", 1.0, 0, -1, 2147483648, True, []],
    "/businessKey": [7, [], {}, "", "\u0001", "x" * 256],
    "/tenant": [7, []],
    "/variables": [7, "a", [], True],
    "/tenantId": ["t"],
    "/status": ["running"],
    "/id": ["1"],
    "/__proto__": [{}],
    "/startedBy": ["x"],
}


@case("members: no other type, no unknown name; the pointer says which")
def _(server):
    admin = administrator(server)
    for place, values in TYPES.items():
        for value in values:
            body = {"definitionKey": "good", place[1:]: value}
            errors = refused(admin.request("POST", "/v1/instances", body), 422)
            # definitionId beside definitionKey is one too many, whatever it is
            assert errors[0]["pointer"] == place, (place, value, errors)
    for path, body, place in (
        ("/v1/jobs/activate", {"type": "t", "worker": "w", "max": 0}, "/max"),
        ("/v1/jobs/activate", {"type": "t", "worker": "w", "max": "1"}, "/max"),
        ("/v1/jobs/activate", {"type": "t", "worker": "w", "max": 1001}, "/max"),
        ("/v1/jobs/activate", {"type": "t", "worker": "w", "lockFor": "5m"}, "/lockFor"),
        ("/v1/jobs/activate", {"type": "t", "worker": "w", "lockFor": "-PT1S"}, "/lockFor"),
        ("/v1/jobs/activate", {"type": "t", "worker": "w", "wait": "P1D"}, "/wait"),
        ("/v1/jobs/activate", {"type": "t", "worker": "w", "variables": "a"}, "/variables"),
        ("/v1/jobs/activate", {"worker": "w"}, "/type"),
        ("/v1/jobs/1/fail", {"message": "m", "retries": -1}, "/retries"),
        ("/v1/jobs/1/fail", {"message": "m", "retries": 2147483648}, "/retries"),
        ("/v1/jobs/complete", {"items": []}, "/items"),
        ("/v1/jobs/complete", {"items": [{"id": "1"}, {"id": 2}]}, "/items/1/id"),
        (
            "/v1/instances/batch",
            {"items": [{"definitionKey": "good", "variables": {"a/b\u0007": 1}}]},
            "/items/0/variables/a~1b ",
        ),
        ("/v1/incidents/1/retry", {"retries": 0}, "/retries"),
    ):
        errors = refused(admin.request("POST", path, body), 422)
        assert errors[0]["pointer"] == place, (path, body, errors)


@case("names of variables")
def _(server):
    admin = administrator(server)
    for name in ("", "x" * 256, "a\tb", "\u007f", "\u0085"):
        errors = refused(admin.request("POST", "/v1/instances", {"definitionKey": "good", "variables": {name: 1}}), 422)
        assert errors[0]["pointer"].startswith("/variables/"), errors
    odd = {
        "__proto__": 1,
        "constructor": 2,
        "a.b": 3,
        "a b": 4,
        "\u202eabc": 5,
        "'; DROP TABLE x; --": 6,
        "null": 7,
        "a/b~c": 8,
        "\u00e9": 9,
        "e\u0301": 10,
        "x" * 255: 11,
        "\u8d2d\u4e70": 12,
    }
    assert admin.variables(admin.start("good", **odd)["id"]) == odd


# --- routes ---


def routes():
    """(method, path, roles or None where no token is needed) of each operation, as the document says."""
    path, found = None, []
    for line in (ROOT / "schemas" / "openapi.yaml").read_text().splitlines():
        if re.match(r"  /\S*:$", line):
            path = line.strip().rstrip(":")
        elif re.match(r"    (get|post|put|patch|delete):$", line):
            found.append([line.strip().rstrip(":").upper(), path, None])
        elif line.startswith("      x-roles: "):
            found[-1][2] = line.split("'")[1]
    assert len(found) > 30, found
    return found


ROLES = ["admin", "deployer", "operator", "starter", "approver", "worker", "analyst"]


@case("every route: without a token 401, with the wrong role 403, with the right one neither")
def _(server):
    anonymous = server.client()
    anonymous.token = None
    people = {role: server.client(f"one-{role}", roles=[role]) for role in ROLES}
    people[None] = server.client("none")
    for method, path, roles in routes():
        path = path.replace("{id}", "1").replace("{name}", "x")
        nobody = anonymous.request(method, path)
        assert nobody.status == (401 if roles else 200), (method, path, nobody)
        if not roles:
            continue
        assert nobody.headers["WWW-Authenticate"].startswith("Bearer"), path
        allowed = set(ROLES) | {None} if roles == "any token" else set(re.findall(r"\w+", roles)) & set(ROLES)
        for role, client in people.items():
            answer = client.request(method, path)
            assert (answer.status == 403) == (role not in allowed), (method, path, role, answer)
            assert answer.status not in (401, 500, 503), (method, path, role, answer)


@case("every path: other methods 405 with Allow; other paths 404")
def _(server):
    admin = administrator(server)
    paths = {}
    for method, path, _ in routes():
        paths.setdefault(path, set()).add(method)
    for path, methods in paths.items():
        there = path.replace("{id}", "1").replace("{name}", "x")
        allow = methods | ({"HEAD"} if "GET" in methods else set())
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - allow:
            answer = admin.request(method, there)
            assert answer.status == 405, (method, path, answer)
            assert set(answer.headers["Allow"].split(", ")) == allow, (method, path, answer.headers)
        assert admin.request("GET", there + "/nothing").status in (
            (404, 405) if "{" not in path or "/{id}" in path else (404,)
        ), path
    for path in ("/", "/v1", "/v2/tasks", "/V1/tasks", "/v1/task", "/v1/tasks/1/claim/now", "/v1/instances/1/secret"):
        refused(admin.request("GET", path), 404)


@case("media types: 415")
def _(server):
    admin = administrator(server)
    body = b'{"definitionKey":"good"}'
    for kind in (
        None,
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "json",
        "",
    ):
        answer = admin.request("POST", "/v1/instances", body, {"Content-Type": kind} if kind is not None else {})
        refused(answer, 415, "unsupported-media-type")
    for kind in ("application/json; charset=utf-8", 'application/json;Charset="UTF-8"', "Application/JSON"):
        assert admin.request("POST", "/v1/instances", body, {"Content-Type": kind}).status == 201, kind
    for charset in ("utf-16", "ISO-8859-1", "utf-7", '"utf-16"', "", "utf-8; charset=utf-16"):
        answer = admin.request("POST", "/v1/instances", body, {"Content-Type": f"application/json; charset={charset}"})
        refused(answer, 415, "unsupported-media-type")
    text = model("good", TASK)
    latin = text.replace("UTF-8", "ISO-8859-1")
    for document, charset, status in (
        (text, "utf-8", 200),
        (text, "iso-8859-1", 415),
        (text, "utf-16", 415),
        (latin, "iso-8859-1", 200),
        (latin, "utf-8", 415),
        (text.replace("UTF-8", "UTF-16").encode("utf-16"), "utf-16", 200),
    ):
        answer = admin.request("POST", "/v1/lint", document, {"Content-Type": f"text/xml; charset={charset}"})
        assert answer.status == status, (charset, status, answer)
    refused(admin.request("POST", "/v1/deployments", model("bad", GOOD), {"Content-Type": "image/svg+xml"}), 415)
    refused(admin.request("POST", "/v1/instances", body, {**JSON, "Content-Encoding": "gzip"}), 415)


# --- HTTP ---


def raw(server, *pieces, patience=PATIENCE):
    """Statuses of the answers to these bytes, until the connection ends or the patience."""
    client = server.client("admin", roles=["admin"])
    client.get("/healthz")
    sock = client.connection.sock
    sock.settimeout(patience)
    got = b""
    try:
        for piece in pieces:
            sock.sendall(piece.replace(b"@TOKEN", client.token.encode()))
        while more := sock.recv(1 << 16):
            got += more
        closed = True
    except TimeoutError:
        closed = False
    except OSError:
        closed = True
    finally:
        client.close()
    return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d+) ", got)], closed, got


HOST = b"Host: x\r\n"
START = (
    b"POST /v1/instances HTTP/1.1\r\n" + HOST + b"Authorization: Bearer @TOKEN\r\nContent-Type: application/json\r\n"
)
SMUGGLED = b"DELETE /v1/deployments/1?cascade=true HTTP/1.1\r\n" + HOST + b"Authorization: Bearer @TOKEN\r\n\r\n"
BODY = b'{"definitionKey":"good"}'
LENGTH = b"Content-Length: %d\r\n" % len(BODY)

HTTP = {
    "two lengths": (START + LENGTH + b"Content-Length: 3\r\n\r\n" + BODY + SMUGGLED, {400}),
    "two equal lengths": (START + LENGTH + LENGTH + b"\r\n" + BODY + SMUGGLED, {400}),
    "length and chunks": (START + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, {400}),
    "other encodings": (START + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, {400, 501}),
    "a signed length": (START + b"Content-Length: +24\r\n\r\n" + BODY + SMUGGLED, {400}),
    "a blank before the colon": (START + b"Content-Length : 24\r\n\r\n" + BODY + SMUGGLED, {400}),
    "a length beyond 2^64": (START + b"Content-Length: 18446744073709551640\r\n\r\n" + BODY, {400, 413}),
    "a hexadecimal chunk": (
        START + b"Transfer-Encoding: chunked\r\n\r\n0x18\r\n" + BODY + b"\r\n0\r\n\r\n" + SMUGGLED,
        {400},
    ),
    "a bare LF": (b"GET /healthz HTTP/1.1\n" + HOST + b"\r\n" + SMUGGLED, {400}),
    "a folded field": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n" + SMUGGLED, {400}),
    "a NUL in a field": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n" + SMUGGLED, {400}),
    "no Host": (b"GET /healthz HTTP/1.1\r\n\r\n" + SMUGGLED, {400}),
    "two Hosts": (b"GET /healthz HTTP/1.1\r\n" + HOST + HOST + b"\r\n" + SMUGGLED, {400}),
    "two tokens": (START + b"Authorization: Bearer x\r\n" + LENGTH + b"\r\n" + BODY + SMUGGLED, {400}),
    "a head of 20 KiB": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 20480 + b"\r\n\r\n" + SMUGGLED, {431}),
    "a path of 20 KiB": (b"GET /" + b"a" * 20480 + b" HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, {414, 431}),
    "200 fields": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 200 + b"\r\n" + SMUGGLED, {431}),
    "TRACE": (b"TRACE /healthz HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, {405}),
    "CONNECT": (b"CONNECT x:443 HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, {400, 405}),
    "an unknown method": (b"BREW /healthz HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, {501}),
    "a whole URI": (b"GET https://evil.example/healthz HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, {400}),
    "two slashes": (b"GET //evil/healthz HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, {400}),
    "%00 in the path": (b"GET /healthz%00 HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, {400}),
    "dots in the path": (b"GET /v1/%2e%2e/metrics HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, {400}),
    "path parameters": (b"GET /v1/tasks;x=1 HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, {400}),
    "a parameter twice": (b"GET /v1/tasks?limit=1&limit=2 HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, {400}),
    "HTTP/2.0": (b"GET /healthz HTTP/2.0\r\n" + HOST + b"\r\n" + SMUGGLED, {400, 505}),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 501, 505}),
    "HTTP/1.1234": (b"GET /healthz HTTP/1.1234\r\n" + HOST + b"\r\n" + SMUGGLED, {400, 505}),
    "an expectation": (START + LENGTH + b"Expect: more\r\n\r\n" + BODY + SMUGGLED, {417}),
    "a 100 GB body": (START + b"Content-Length: 107374182400\r\n\r\n" + BODY, {413}),
}


@case("HTTP that may mean two things is refused, and nothing behind it is read")
def _(server):
    admin = administrator(server)
    before = what_is_there(admin)
    for name, (request, statuses) in HTTP.items():
        found, closed, got = raw(server, request)
        assert len(found) == 1 and found[0] in statuses, (name, found, got[:600])
        assert closed, (name, "left open")
    assert what_is_there(admin) == before


@case("HTTP that is merely unusual is answered")
def _(server):
    admin = administrator(server)
    chunks = (
        b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"1;x=y\r\n%c\r\n" % c for c in BODY) + b"0\r\nX: y\r\n\r\n"
    )
    last = b"Connection: close\r\n"
    health = b"GET /healthz HTTP/1.1\r\n" + HOST
    assert raw(server, START + last + chunks)[0] == [201]
    assert raw(server, *(bytes([c]) for c in health + last + b"\r\n"))[0] == [200]
    assert raw(server, (health + b"\r\n") * 39 + health + last + b"\r\n")[0] == [200] * 40
    assert raw(server, START + last + LENGTH + b"Expect: 100-continue\r\n\r\n" + BODY)[0][-1] == 201
    assert raw(server, b"GET /healthz HTTP/1.0\r\n\r\n")[:2] == ([200], True)
    assert raw(server, health + b"Upgrade: h2c\r\nConnection: Upgrade, close\r\n\r\n")[0] == [200]
    before = what_is_there(admin)
    assert raw(server, START + b"Content-Length: 100\r\n\r\n" + BODY, patience=0.3)[0] == []
    assert what_is_there(admin) == before, "half a request is none"


def resident(server):
    return next(
        int(line.split()[1]) << 10 for line in open(f"/proc/{server.pid}/status") if line.startswith("VmRSS:")
    )


@case("without a token nobody's body is read")
def _(server):
    size, body, trust = 7 << 20, b" " * (7 << 20), server.trust()
    before = resident(server)

    def stranger(n):
        head = START.replace(b"Bearer @TOKEN", (b"Bearer x.y.z", b"Basic eDp5")[n % 2])
        length = (b"Content-Length: %d\r\n" % size, b"Transfer-Encoding: chunked\r\n")[n // 2 % 2]
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as plain:
            with trust.wrap_socket(plain, server_hostname="127.0.0.1") as peer:
                peer.sendall(head + length + b"Expect: 100-continue\r\n\r\n")
                got = b""
                while b"\r\n\r\n" not in got:
                    piece = peer.recv(65536)
                    assert piece, got
                    got += piece
                try:
                    peer.sendall(body[:-1])
                except OSError:
                    pass  # closed meanwhile: as good
                return got, resident(server)

    answers = parallel(20, stranger)
    for got, _ in answers:
        assert got.startswith(b"HTTP/1.1 401 ") and b"Connection: close" in got, got
    most = max(after for _, after in answers)
    with open(f"/proc/{server.pid}/maps") as maps:
        if "libasan" not in maps.read():  # which keeps what is freed
            assert most - before < 20 << 20, (before, most)


@case("a browser of another site is allowed nothing")
def _(server):
    admin = administrator(server)
    for origin in ("https://evil.example", "null", f"https://127.0.0.1:{server.port}"):
        answer = admin.request("GET", "/v1/tasks", headers={"Origin": origin})
        assert not [name for name in answer.headers if name.lower().startswith("access-control")], answer.headers


# --- tokens ---


def b64(data):
    return (
        base64.urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).rstrip(b"=").decode()
    )


def ecdsa(text, key):
    """An ES256 signature by the openssl program: DER to the two numbers."""
    der = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", key], input=text.encode(), stdout=subprocess.PIPE, check=True
    ).stdout
    first = der[4 : 4 + der[3]]
    second = der[6 + der[3] :]
    return b"".join(int.from_bytes(part, "big").to_bytes(32, "big") for part in (first, second))


def issuer_key():
    """The dev issuer's private key, written as the openssl program reads it (RFC 5915)."""
    jwk = json.loads((KEYS.make() / "issuer.jwk").read_text())
    d, x, y = (base64.urlsafe_b64decode(jwk[name] + "==") for name in "dxy")
    der = b"\x30\x77\x02\x01\x01\x04\x20" + d + bytes.fromhex("a00a06082a8648ce3d030107a14403420004") + x + y
    file = SCRATCH / "issuer.pem"
    file.write_bytes(b"-----BEGIN EC PRIVATE KEY-----\n" + base64.encodebytes(der) + b"-----END EC PRIVATE KEY-----\n")
    return file


NOW = int(time.time())
CLAIMS = {
    "iss": "bpmnd-dev",
    "aud": "bpmnd",
    "sub": "eve",
    "roles": ["admin"],
    "groups": [],
    "iat": NOW,
    "exp": NOW + 86400,
}


@case("tokens: what is not signed as agreed is refused")
def _(server):
    good = server.token("admin", roles=["admin"])
    head, payload, signature = good.split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "=="))
    jwks = (KEYS.make() / "issuer.jwks").read_bytes()
    secrets = [jwks, jwks.strip(), base64.urlsafe_b64decode(json.loads(jwks)["keys"][0]["x"] + "==")]
    flipped = signature[:-2] + ("A" if signature[-2] != "A" else "B") + signature[-1]

    def signed(header, secret=b""):
        text = f"{b64(header)}.{b64(CLAIMS)}"
        return f"{text}.{b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"

    other = SCRATCH / "other-keys"
    run(BPMND, "keys", "--dir", other)
    tokens = [
        f"{b64({**header, 'alg': alg})}.{b64(CLAIMS)}.{tail}"
        for alg in ("none", "None", "nOnE", "", None)
        for tail in ("", signature)
    ]
    tokens += [signed({**header, "alg": "HS256"}, secret) for secret in secrets]
    tokens += [signed({"alg": "HS256", "typ": "JWT"}, secret) for secret in secrets + [b""]]
    tokens += [
        f"{b64({**header, **more})}.{payload}.{signature}"
        for more in (
            {"jku": "http://127.0.0.1:1/"},
            {"jwk": json.loads(jwks)["keys"][0]},
            {"x5u": "http://127.0.0.1:1/"},
            {"crit": ["x"], "x": 1},
            {"kid": "../../dev/null"},
            {"kid": "' OR 1=1 --"},
            {"kid": 7},
            {"alg": "RS256"},
            {"typ": "id+jwt"},
        )
    ]
    tokens += [run(BPMND, "token", "--user", "admin", "--role", "admin", "--dir", other).strip()]
    tokens += [
        f"{head}.{b64(CLAIMS)}.{signature}",
        f"{head}.{payload}.",
        f"{head}.{payload}.{flipped}",
        f"{head}.{payload}.{signature[:-4]}",
        f"{head}.{payload}.{b64(bytes(64))}",
        f"{head}.{payload}.{signature}=",
        f"{head}.{payload}.{signature}.x",
        f"{head}.{payload}",
        f" .{payload}.{signature}",
        "..",
        "x",
        good + "x",
        good * 40,
    ]
    client = server.client()
    for token in tokens:
        client.token = token
        answer = client.request("GET", "/v1/tasks")
        assert answer.status in ((401, 431) if len(token) > 8000 else (401,)), (token[:200], answer)
        assert answer.json["detail"] == "the bearer token is missing or not valid" or answer.status == 431, answer
    client.token = good
    assert client.request("GET", "/v1/tasks").status == 200


@case("tokens: claims")
def _(server):
    if not shutil.which("openssl"):
        skip("there is no openssl program")
    key, client = issuer_key(), server.client()
    header = server.token("admin", roles=["admin"]).split(".")[0]

    def status(**changes):
        claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not ...}
        return status_of(b64(claims))

    def status_of(payload):
        text = f"{header}.{payload}"
        client.token = f"{text}.{b64(ecdsa(text, key))}"
        return client.request("GET", "/v1/instances").status

    assert status() == 200
    for exp in (..., NOW - 61, 0, -1, "soon", 1e400, None, True):
        assert status(exp=exp) == 401, exp
    assert status(exp=int(time.time()) - 1) == 200, "60 s of leeway"
    assert status(nbf=NOW + 86400) == 401 and status(nbf=NOW - 5) == 200
    for iss in (..., "bpmnd-dev/", "BPMND-DEV", "other", 7, ["bpmnd-dev"]):
        assert status(iss=iss) == 401, iss
    for aud in (..., "other", "bpmnd ", [], ["other"], 7, {"bpmnd": 1}):
        assert status(aud=aud) == 401, aud
    assert status(aud=["other", "bpmnd"]) == 200
    for sub in (..., "", 7, None):
        assert status(sub=sub) == 401, sub
    assert status(roles=...) == 403 and status(roles=["nothing"]) == 403
    for payload in (b64(b"[]"), b64(b"\xff"), b64(b"{"), b64(b"[" * 2000), b64(b'{"sub":"a","sub":"b"}')):
        assert status_of(payload) == 401, payload[:60]


@case("tokens: only in one place, only in one form")
def _(server):
    good, anonymous = server.token("admin", roles=["admin"]), server.client()
    anonymous.token = None
    for value in (
        good,
        f"Basic {good}",
        f"Bearer{good}",
        "Bearer",
        "Bearer ",
        f"Bearer {good} x",
        f"Bearer {good},",
        f'Bearer "{good}"',
    ):
        assert anonymous.request("GET", "/v1/tasks", headers={"Authorization": value}).status in (400, 401), value[:30]
    assert (
        anonymous.request("GET", "/v1/tasks", headers={"Cookie": f"token={good}; Authorization=Bearer {good}"}).status
        == 401
    )
    assert anonymous.request("GET", f"/v1/tasks?access_token={good}").status == 401
    assert anonymous.request("GET", "/v1/tasks", headers={"Authorization": f"bearer {good}"}).status == 200


@case("a token that runs out meanwhile")
def _(_):
    with Server(jwt_leeway="PT0S", workers=1) as server:

        def while_good(seconds):
            client = server.client("kim", roles=["approver"], ttl=f"PT{seconds + 1}S")
            return client if client.request("GET", "/v1/tasks").status == 200 else None

        client = in_time(while_good)
        eventually(lambda: client.request("GET", "/v1/tasks").status == 401, 2 * PATIENCE)
        refused(client.request("GET", "/v1/tasks"), 401, "unauthenticated")


main(server=Server)
