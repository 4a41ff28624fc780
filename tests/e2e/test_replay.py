#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bpmnd replay: what a server has stored of an instance is done again without it, and comes out the same."""

import subprocess

from harness import BPMND, Server, case, eventually, main, sequence

CALLED = sequence("called", '<bpmn:serviceTask id="work" bpmnd:type="replay-work"/>')
CALLER = sequence("caller", """<bpmn:callActivity id="call" calledElement="called">
  <bpmn:extensionElements><camunda:in source="n" target="n"/><camunda:out source="doubled" target="doubled"/>
  </bpmn:extensionElements></bpmn:callActivity>""")
TASKS = sequence("tasks",
                 '<bpmn:scriptTask id="sum" scriptFormat="juel" camunda:resultVariable="total">'
                 '<bpmn:script>${amount + 1}</bpmn:script></bpmn:scriptTask>',
                 '<bpmn:userTask id="check" bpmnd:candidateGroups="clerks"/>',
                 '<bpmn:userTask id="sign" bpmnd:assignee="admin"/>')
TIMER = sequence("timer", """<bpmn:intermediateCatchEvent id="pause"><bpmn:timerEventDefinition>
  <bpmn:timeDuration>PT1S</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>""")
MESSAGE = sequence("message", """<bpmn:intermediateCatchEvent id="wait">
  <bpmn:messageEventDefinition messageRef="paid"/></bpmn:intermediateCatchEvent>""",
                   '<bpmn:userTask id="after" bpmnd:assignee="admin"/>',
                   extra='<bpmn:message id="paid" name="replay-paid"/>')
EACH = sequence("each", """<bpmn:userTask id="vote" bpmnd:assignee="admin">
  <bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality>
  </bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>""")


def replay(server, instance_id):
    return subprocess.run([BPMND, "replay", str(instance_id), "--database", server.database.conninfo],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)


def same(server, instance_id):
    """How many steps there were; all came out as they are stored."""
    done = replay(server, instance_id)
    assert done.returncode == 0 and done.stdout.endswith("steps, equal\n"), done.stdout + done.stderr
    return int(done.stdout.split()[0])


def lead(server):
    return server.client("admin", roles=["admin", "operator"])


@case("tasks, claimed, commented and done")
def _(server):
    admin = lead(server)
    kim = server.client("kim", groups=["clerks"], roles=["approver"])
    admin.deploy(TASKS)
    instance = admin.start("tasks", amount=41, text="é", list=[1, {"b": 1, "aa": 1.50}], big=1e300)["id"]
    assert same(server, instance) == 1
    task = kim.tasks(instanceId=instance)[0]["id"]
    kim.claim(task)
    kim.post(f"/v1/tasks/{task}/comment", {"comment": "looks good"})
    kim.complete(task, {"ok": True, "amount": 41}, comment="fine")
    assert same(server, instance) == 4
    admin.complete(admin.tasks(instanceId=instance)[0]["id"])
    assert same(server, instance) == 5


@case("calls and jobs, with a failure, an incident and a take-over")
def _(server):
    admin = lead(server)
    admin.deploy(CALLED)
    admin.deploy(CALLER)
    instance = admin.start("caller", n=4)["id"]
    admin.activate("replay-work", lockFor="PT1S")
    job = eventually(lambda: admin.activate("replay-work"))[0]
    admin.fail_job(job["id"], "no paper", retries=1, retryAfter="PT0S")
    job = eventually(lambda: admin.activate("replay-work"))[0]
    admin.fail_job(job["id"], "no ink")
    child = job["instanceId"]
    incident = admin.incidents(child)[0]["id"]
    assert same(server, instance) == same(server, child) == 3
    admin.post(f"/v1/incidents/{incident}/retry", {"retries": 2})
    job = eventually(lambda: admin.activate("replay-work"))[0]
    admin.complete_job(job["id"], {"doubled": 8})
    assert admin.instance(instance)["status"] == "completed"
    assert same(server, instance) == same(server, child) == 5


@case("timers and messages")
def _(server):
    admin = lead(server)
    admin.deploy(TIMER)
    admin.deploy(MESSAGE)
    timer = admin.start("timer")["id"]
    message = admin.start("message", businessKey="R-1")["id"]
    admin.publish("replay-paid", businessKey="R-1", variables={"sum": 12.5, "by": {"z": 1, "name": "x"}})
    assert same(server, message) == 2
    eventually(lambda: admin.instance(timer)["status"] == "completed")
    assert same(server, timer) == 2


@case("several instances of a task, moved by hand")
def _(server):
    admin = lead(server)
    admin.deploy(EACH)
    instance = admin.start("each")["id"]
    admin.complete(admin.tasks(instanceId=instance)[0]["id"], {"a": 1})
    admin.patch(f"/v1/instances/{instance}/variables", {"a": None, "b": {"c": 1}})
    admin.post(f"/v1/instances/{instance}/modify",
               {"instructions": [{"type": "cancel", "elementId": "vote"},
                                 {"type": "startBefore", "elementId": "vote", "variables": {"again": True}}]})
    assert same(server, instance) == 4
    for task in admin.tasks(instanceId=instance):
        admin.complete(task["id"])
    assert admin.instance(instance)["status"] == "completed"
    assert same(server, instance) == 7


@case("what was tampered with is named")
def _(server):
    admin = lead(server)
    admin.deploy(TASKS)
    instance = admin.start("tasks", amount=1)["id"]
    server.database.query(f"UPDATE history.activity SET error_code = 'X' WHERE instance_id = {instance} AND node = 1")
    done = replay(server, instance)
    assert done.returncode == 1 and "error=X" in done.stdout and "step " in done.stdout, done.stdout + done.stderr
    other = admin.start("tasks", amount=1)["id"]
    server.database.query(f"UPDATE bpmnd.instance SET variables = '{{\"amount\": 2}}' WHERE id = {other}")
    done = replay(server, other)
    assert done.returncode == 1 and "not what lives now" in done.stdout, done.stdout + done.stderr
    assert replay(server, 1).returncode == 2
    assert replay(server, "x").returncode == 2


main(Server)
