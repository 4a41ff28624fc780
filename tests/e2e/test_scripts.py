#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scripts in JavaScript, of tasks and mappings: what a script sees and sets, how it fails, and that it gets nowhere it should not."""

import time
from xml.sax.saxutils import escape

from harness import PATIENCE, Server, case, eventually, main, model, parallel

SCRIPT = """
  <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="script"/>
  <bpmn:scriptTask id="script" scriptFormat="javascript" camunda:resultVariable="result">
    <bpmn:script>{source}</bpmn:script></bpmn:scriptTask>
  <bpmn:sequenceFlow id="f2" sourceRef="script" targetRef="after"/>
  <bpmn:userTask id="after" bpmnd:assignee="admin"/>"""

MAPPED = """
  <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
  <bpmn:serviceTask id="work" camunda:type="external" camunda:topic="mapped-work"><bpmn:extensionElements>
    <camunda:properties><camunda:property name="unit" value="kg"/></camunda:properties>
    <camunda:inputOutput>
      <camunda:inputParameter name="total"><camunda:script scriptFormat="javascript">
        var total = 0;
        order.lines.forEach(function (line) { total += line.price * line.count; });
        execution.setVariable('unseen', 1);
        total</camunda:script></camunda:inputParameter>
      <camunda:inputParameter name="text"><camunda:script scriptFormat="javascript">total + ' EUR'</camunda:script>
        </camunda:inputParameter>
      <camunda:outputParameter name="perKilo"><camunda:script scriptFormat="javascript">({price: total / weight})
        </camunda:script></camunda:outputParameter>
      <camunda:outputParameter name="last">${perKilo.price}</camunda:outputParameter>
    </camunda:inputOutput></bpmn:extensionElements></bpmn:serviceTask>
  <bpmn:sequenceFlow id="f2" sourceRef="work" targetRef="after"/>
  <bpmn:userTask id="after" bpmnd:assignee="admin"/>"""


class Lab:
    """Runs scripts, each as a process of its own."""

    count = 0

    def __init__(self, server, **who):
        self.client = server.client("admin", roles=["admin"], **who)

    def deploy(self, source):
        Lab.count += 1
        key = f"script-{Lab.count}"
        self.client.deploy(model(key, SCRIPT.format(source=escape(source))))
        return key

    def passed(self, instance):
        return eventually(lambda: self.client.tasks(instanceId=instance["id"]))

    def run(self, source, **variables):
        """The variables behind the script."""
        instance = self.client.start(self.deploy(source), **variables)
        self.passed(instance)
        return self.client.variables(instance["id"])

    def fail(self, source, **variables):
        """The incident, and its instance."""
        instance = self.client.start(self.deploy(source), **variables)
        incident = eventually(lambda: self.client.incidents(instance["id"]))[0]
        assert incident["type"] == "job-failed", incident
        return incident, instance


@case("a script sees variables and sets them")
def _(server):
    lab = Lab(server)
    assert lab.run("amount * 2", amount=21) == {"amount": 21, "result": 42}
    assert lab.run("execution.setVariable('b', {c: [1, null, 'x']}); a = 7;", a=1) == {
        "a": 1, "b": {"c": [1, None, "x"]}, "result": 7}
    assert lab.run("execution.setVariable('a', execution.getVariable('a') + 1); undefined", a=1) == {"a": 2}
    assert lab.run("execution.setVariableLocal('hint', 1); hint = 2", hint="outer") == {"hint": "outer", "result": 2}
    assert lab.run("text.length + text + '\\ud83d\\ude01'", text="😀é") == {"text": "😀é", "result": "3😀é😁"}
    assert lab.run("[execution.hasVariable('x'), execution.getVariable('x')]") == {"result": [False, None]}


@case("a script knows its execution")
def _(server):
    lab = Lab(server)
    key = lab.deploy("[execution.businessKey, execution.getProcessInstanceId(), execution.getCurrentActivityId()]")
    instance = lab.client.start(key, businessKey="K-1")
    lab.passed(instance)
    assert lab.client.variables(instance["id"])["result"] == ["K-1", instance["id"], "script"]


@case("a script that fails names its line and is an incident at once")
def _(server):
    lab = Lab(server)
    assert lab.fail("var a;\nmissing.x")[0]["message"] == "line 2: ReferenceError: identifier 'missing' undefined"
    assert lab.fail("var x = ;")[0]["message"].startswith("line 1: SyntaxError")
    assert lab.fail("1;\n\nthrow new Error('no')")[0]["message"] == "line 3: Error: no"
    assert lab.fail("throw 'plain'")[0]["message"] == "plain"
    assert "cyclic" in lab.fail("var c = {}; c.c = c; c")[0]["message"]


@case("a retry after a correction goes on")
def _(server):
    lab = Lab(server)
    incident, instance = lab.fail("execution.setVariable('b', a + 1)")
    lab.client.patch(f"/v1/instances/{instance['id']}/variables", {"a": 1})
    lab.client.post(f"/v1/incidents/{incident['id']}/retry", {})
    lab.passed(instance)
    assert lab.client.variables(instance["id"]) == {"a": 1, "b": 2}


@case("a script that does not end is ended")
def _(server):
    lab = Lab(server)
    began = time.monotonic()
    assert "CPU time" in lab.fail("while (true) ;")[0]["message"]
    assert "CPU time" in lab.fail("/(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab')")[0]["message"]
    assert time.monotonic() - began < 2 * PATIENCE
    assert lab.run("1") == {"result": 1}


@case("a script that takes memory gets no more than it may")
def _(server):
    lab = Lab(server)
    assert "alloc failed" in lab.fail("var s = 'x'; while (true) s += s;")[0]["message"]
    assert "callstack" in lab.fail("function f() { f(); } f()")[0]["message"]
    assert "larger than" in lab.fail("var s = 'x'; while (s.length < 2000000) s += s; s")[0]["message"]
    lab.fail("var a = []; while (true) a.push({a: a.length});")


@case("a script has nothing but the language")
def _(server):
    lab = Lab(server)
    names = ["require", "process", "Java", "java", "load", "print", "readFile", "XMLHttpRequest", "fetch", "Duktape"]
    found = lab.run("names.filter(function (n) { return n in this; }, this)", names=names)["result"]
    assert found == [], found
    broken = lab.run("JSON.stringify = null; Object.keys = null; execution.setVariable('ok', 1); 2")
    assert broken == {"ok": 1, "result": 2}, broken
    assert "environment" in lab.fail("Object.prototype.toJSON = function () { return 7; }; 1")[0]["message"]


@case("scripts of all tenants run, many at a time")
def _(server):
    plain, other = Lab(server), Lab(server, tenant="t1")
    keys = [plain.deploy("n * n"), other.deploy("-n")]

    def run(index):
        lab = Lab(server, tenant="t1") if index % 2 else Lab(server)
        instance = lab.client.start(keys[index % 2], n=index)
        eventually(lambda: lab.client.tasks(instanceId=instance["id"]))
        return lab.client.variables(instance["id"])["result"]

    assert parallel(12, run) == [-i if i % 2 else i * i for i in range(12)]


@case("scripts in mappings compute what goes in and what comes out")
def _(server):
    lab = Lab(server)
    lab.client.deploy(model("mapped", MAPPED))
    order = {"lines": [{"price": 2, "count": 3}, {"price": 1, "count": 4}]}
    instance = lab.client.start("mapped", order=order)
    job = eventually(lambda: lab.client.activate("mapped-work", variables=["total", "text"]))[0]
    assert job["variables"] == {"total": 10, "text": "10 EUR"} and job["headers"] == {"unit": "kg"}, job
    lab.client.complete_job(job["id"], {"weight": 5})
    lab.passed(instance)
    assert lab.client.variables(instance["id"]) == {"order": order, "weight": 5, "perKilo": {"price": 2}, "last": 2}


@case("a script in a mapping that fails says which, and a retry goes on there")
def _(server):
    lab = Lab(server)
    lab.client.deploy(model("mapped", MAPPED))
    instance = lab.client.start("mapped", order={})
    incident = eventually(lambda: lab.client.incidents(instance["id"]))[0]
    assert incident["message"].startswith("the input total: line 2: TypeError"), incident
    assert [token["state"] for token in lab.client.tokens(instance["id"])] == ["mapping-inputs"]
    lab.client.patch(f"/v1/instances/{instance['id']}/variables", {"order": {"lines": []}})
    lab.client.post(f"/v1/incidents/{incident['id']}/retry", {})
    job = eventually(lambda: lab.client.activate("mapped-work"))[0]
    assert job["variables"]["total"] == 0, job
    lab.client.complete_job(job["id"])
    incident = eventually(lambda: lab.client.incidents(instance["id"]))[0]
    assert incident["message"] == "the output perKilo: line 1: ReferenceError: identifier 'weight' undefined", incident
    local = f"SELECT name FROM report.variable WHERE instance_id = {instance['id']} AND scope_id IS NOT NULL ORDER BY name"
    assert server.database.query(local) == [["text"], ["total"], ["unseen"]]
    lab.client.post(f"/v1/incidents/{incident['id']}/retry", {"variables": {"weight": 1}})
    lab.passed(instance)
    assert lab.client.variables(instance["id"])["perKilo"] == {"price": 0}


@case("nobody else takes a script's job")
def _(server):
    lab = Lab(server)
    worker = server.client("w", roles=["worker"])
    problem = worker.post("/v1/jobs/activate", {"type": "bpmnd:javascript", "worker": "w"}, expect=422)
    assert "the server's own" in problem.json["detail"], problem


@case("a server that stops reports what runs")
def _():
    with Server() as server:
        lab = Lab(server)
        lab.run("1")
        instance = lab.client.start(lab.deploy("var t = Date.now(); while (Date.now() - t < 500) ; 'done'"))
        time.sleep(0.2)
        server.stop()
        server.start()
        lab = Lab(server)
        lab.passed(instance)
        assert lab.client.variables(instance["id"]) == {"result": "done"}


main(server=Server)
