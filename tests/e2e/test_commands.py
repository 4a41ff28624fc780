#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The subcommands that end by themselves: what they print and with which status."""

import base64
import json
import re
import subprocess

from harness import BPMND, SCRATCH, Database, case, main, model


def bpmnd(*words):
    done = subprocess.run([BPMND, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout, done.stderr


def diagram(name, body):
    path = SCRATCH / name
    path.write_text(body)
    return path


GOOD = model("good", """
  <bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="e"/><bpmn:endEvent id="e"/>""")
BAD = model("bad", """
  <bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="nowhere"/>""")
WAITS = model("waits", """
  <bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="x" default="d"/><bpmn:parallelGateway id="j"/>
  <bpmn:endEvent id="e"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="x"/>
  <bpmn:sequenceFlow id="c" sourceRef="x" targetRef="j"><bpmn:conditionExpression>${y}</bpmn:conditionExpression>
  </bpmn:sequenceFlow><bpmn:sequenceFlow id="d" sourceRef="x" targetRef="j"/>
  <bpmn:sequenceFlow id="g" sourceRef="j" targetRef="e"/>""")
LINT_LINE = r":\d+:\d+: (error|warning|info): .+ \[[a-z0-9-]+\]( \(.+\))?"

# Words, and what the message must name.
WRONG_WORDS = [
    ([], "subcommand"),
    (["fly"], "`fly`"),
    (["version", "now"], "`now`"),
    (["rules", "all"], "`all`"),
    (["lint"], "files"),
    (["token", "--usr", "x"], "--user"),
    (["token", "--user", "x", "--role", "king"], "`king`"),
    (["token", "--user", "x", "--ttl", "soon"], "duration"),
    (["token", "--user", "x", "y"], "`y`"),
]


@case("version and help")
def _():
    for word in ("version", "--version"):
        status, out, _ = bpmnd(word)
        assert status == 0 and re.fullmatch(r"bpmnd \d+\.\d+\.\d+\n", out), out
    for word in ("help", "--help", "-h"):
        status, out, _ = bpmnd(word)
        assert status == 0 and "bpmnd serve" in out and "listen-port" in out, out
        assert "bpmnd keys" not in out, out


@case("wrong words are named")
def _():
    for words, name in WRONG_WORDS:
        status, out, err = bpmnd(*words)
        assert status == 2 and out == "" and name in err, (words, status, out, err)


@case("rules: a row for each, with its clause")
def _():
    status, out, _ = bpmnd("rules")
    rows = [line.split(" | ") for line in out.splitlines() if line.startswith("| `")]
    assert status == 0 and len(rows) > 50 and all(len(row) == 4 for row in rows), out
    assert ["| `join-can-wait`", "warning", "10.6.4"] in [row[:3] for row in rows], out


@case("lint: runs are tried")
def _():
    waits = diagram("waits.bpmn", WAITS)
    status, out, _ = bpmnd("lint", waits)
    assert status == 0, out
    assert "warning: parallelGateway 'j' can wait for ever, after s > x [join-can-wait] (j)" in out, out


@case("lint: one diagnostic a line, and the worst file decides")
def _():
    good, bad = diagram("good.bpmn", GOOD), diagram("bad.bpmn", BAD)
    broken = diagram("broken.bpmn", GOOD[:200])
    assert bpmnd("lint", good) == (0, "", "")
    status, out, _ = bpmnd("lint", good, bad)
    assert status == 1, out
    for line in out.splitlines():
        assert re.fullmatch(re.escape(str(bad)) + LINT_LINE, line), line
    assert ": error: " in out and "(f)" in out, out
    assert bpmnd("lint", broken)[0] == 1
    status, out, err = bpmnd("lint", SCRATCH / "absent.bpmn", bad)
    assert status == 2 and "absent.bpmn" in err and str(bad) in out, (out, err)


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@case("token: what was asked for stands in it")
def _():
    folder = SCRATCH / "issuer"
    assert bpmnd("keys", "--dir", folder)[0] == 0
    before = (folder / "server.pem").read_text()
    assert bpmnd("keys", "--dir", folder)[0] == 0 and (folder / "server.pem").read_text() == before
    status, out, err = bpmnd("token", "--user", "lin", "--group", "a", "--group=b", "--role", "approver",
                             "--tenant", "t1", "--ttl", "PT1H", "--dir", folder)
    assert status == 0, err
    said = claims(out.strip())
    assert (said["sub"], said["groups"], said["roles"], said["tenant"]) == ("lin", ["a", "b"], ["approver"], "t1"), said
    assert said["exp"] - said["iat"] == 3600, said
    status, _, err = bpmnd("token", "--user", "lin", "--dir", SCRATCH / "nothing")
    assert status == 1 and "nothing" in err, err


@case("migrate: from nothing to the present, and again without effect")
def _():
    with Database(migrate=False) as database:
        status, out, err = bpmnd("migrate", "--database", database.conninfo)
        assert status == 0 and re.match(r"schema went from version 0 to \d+$", out), (out, err)
        status, out, err = bpmnd("migrate", "--database", database.conninfo)
        assert status == 0 and re.match(r"schema is at version \d+$", out), (out, err)
    status, _, err = bpmnd("migrate", "--database", database.conninfo)
    assert status == 1 and database.name in err, err


main()
