#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One process for each family of elements, run to its end through the API, with the history that it leaves: what is
special about each is shown, its many cases are in tests/engine."""

import re
import time

from harness import Server, case, eventually, main, model, sequence

DECLARED = """<bpmn:error id="x-bad" errorCode="BAD"/><bpmn:escalation id="x-up" escalationCode="UP"/>
<bpmn:message id="x-go" name="go"/><bpmn:signal id="x-all" name="everybody"/>"""
GO = '<bpmn:messageEventDefinition messageRef="x-go"/>'
ALL = '<bpmn:signalEventDefinition signalRef="x-all"/>'
UP = '<bpmn:escalationEventDefinition escalationRef="x-up"/>'
NODE = r"<bpmn:(\w+Event|\w*[tT]ask|\w*[gG]ateway|\w*[sS]ubProcess|transaction|callActivity)\b[^>]*\bid=\"([\w-]+)\""


def flows(*pairs):
    """`a>b` is a sequence flow; `a>b ${x}` one with a condition."""
    out = []
    for pair in pairs:
        ends, _, condition = pair.partition(" ")
        source, target = ends.split(">")
        inner = condition and f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>"
        out.append(f'<bpmn:sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}">{inner}'
                   "</bpmn:sequenceFlow>")
    return "\n".join(out)


def user(node, inside="", **attributes):
    words = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return f'<bpmn:userTask id="{node}" bpmnd:candidateGroups="clerks" {words}>{inside}</bpmn:userTask>'


def work(node, kind=None, inside="", more=""):
    return f'<bpmn:serviceTask id="{node}" bpmnd:type="{kind or node}" {more}>{inside}</bpmn:serviceTask>'


def scope(node, content, kind="subProcess", more=""):
    """A sub-process of one line between start and end events of its own."""
    return f"""<bpmn:{kind} id="{node}" {more}><bpmn:startEvent id="{node}-start"/>{content}
        <bpmn:endEvent id="{node}-end"/></bpmn:{kind}>"""


def boundary(node, host, definition, more=""):
    return f"""<bpmn:boundaryEvent id="{node}" attachedToRef="{host}" {more}>{definition}</bpmn:boundaryEvent>
        <bpmn:endEvent id="{node}-end"/>{flows(f"{node}>{node}-end")}"""


def undone_by(host, handler):
    return f"""<bpmn:boundaryEvent id="{host}-undone" attachedToRef="{host}"><bpmn:compensateEventDefinition/>
        </bpmn:boundaryEvent>{work(handler, more='isForCompensation="true"')}
        <bpmn:association id="{host}-by" associationDirection="One" sourceRef="{host}-undone" targetRef="{handler}"/>"""


def timer(value, kind="timeDuration"):
    return f"<bpmn:timerEventDefinition><bpmn:{kind}>{value}</bpmn:{kind}></bpmn:timerEventDefinition>"


class Run:
    """One deployed process and one instance of it."""

    def __init__(self, server, diagram, **variables):
        self.admin = server.client("admin", roles=["admin"])
        self.types = {node: kind for kind, node in re.findall(NODE, diagram)}
        self.key = re.search(r'<bpmn:process id="([^"]+)"', diagram).group(1)
        self.admin.deploy(diagram)
        self.id = self.admin.start(self.key, **variables)["id"]

    @property
    def status(self):
        return self.admin.instance(self.id)["status"]

    def task(self, element, nth=0):
        return [task for task in self.admin.tasks(instanceId=self.id) if task["elementId"] == element][nth]["id"]

    def complete(self, element, nth=0, **variables):
        return self.admin.complete(self.task(element, nth), variables)

    def job(self, kind):
        job = eventually(lambda: self.admin.activate(kind))[0]
        assert not [name for name in job["variables"] if name.startswith("#")], "no notes of the engine"
        return job["id"]

    def work(self, kind, **variables):
        return self.admin.complete_job(self.job(kind), variables)

    def states(self):
        return sorted((token["elementId"], token["state"]) for token in self.admin.tokens(self.id))

    def story(self):
        """The history as element:outcome, `completed` left out; what the API says of types is checked in passing."""
        story = []
        for activity in self.admin.activities(self.id):
            body = activity["type"].endswith("Body")
            kind = self.types.get(activity["elementId"])
            assert body or not kind or activity["type"] == kind, activity
            outcome = "" if activity["outcome"] == "completed" else f":{activity['outcome']}"
            story.append(activity["elementId"] + ("#body" if body else "") + outcome)
        return story

    def ends(self, *story, status="completed"):
        """The instance has ended, and this has happened in it, in any order."""
        eventually(lambda: self.admin.instance(self.id)["endedAt"])
        assert self.status == status and self.admin.tokens(self.id) == [], self.admin.instance(self.id)
        assert sorted(self.story()) == sorted(story), self.story()


# --- calls ---

CALLED = sequence("called", user("inner"))


def calls(key, called, inside="", beside=""):
    return sequence(key, f"""<bpmn:callActivity id="call" calledElement="{called}"><bpmn:extensionElements>
        <bpmnd:in source="a" target="b"/><bpmnd:out source="c" target="d"/></bpmn:extensionElements>{inside}
        </bpmn:callActivity>""", beside=beside, extra=DECLARED)


@case("a call activity: variables there and back, and one tree")
def _(server):
    server.client("admin", roles=["admin"]).deploy(CALLED)
    run = Run(server, calls("calling", "called"), a=1)
    assert run.states() == [("call", "call")], run.states()
    [child] = run.admin.get("/v1/instances", parentId=run.id).json["items"]
    assert (child["rootId"], child["definitionKey"]) == (run.id, "called"), child
    assert child["id"] not in [i["id"] for i in run.admin.get("/v1/instances", roots=True, limit=500).json["items"]]
    assert run.admin.variables(child["id"]) == {"b": 1}
    tree = [(a["elementId"], a["instanceId"] == run.id) for a in run.admin.activities(run.id, tree=True)]
    assert sorted(tree) == [("call", True), ("inner", False), ("start", False), ("start", True)], tree
    [task] = run.admin.tasks(instanceId=child["id"])
    run.admin.complete(task["id"], {"c": 2})
    run.ends("start", "call", "end")
    assert run.admin.variables(run.id) == {"a": 1, "d": 2} and run.admin.instance(child["id"])["status"] == "completed"


@case("a call is canceled from above with what it called; canceled from below it is an incident, and may be retried")
def _(server):
    server.client("admin", roles=["admin"]).deploy(CALLED)
    run = Run(server, calls("canceled-above", "called"))
    [child] = run.admin.get("/v1/instances", parentId=run.id).json["items"]
    run.admin.delete(f"/v1/instances/{run.id}", {"reason": "enough"})
    run.ends("start", "call:canceled", status="canceled")
    assert run.admin.instance(child["id"])["status"] == "canceled" and not run.admin.tasks(instanceId=child["id"])

    run = Run(server, calls("canceled-below", "called"))
    [child] = run.admin.get("/v1/instances", parentId=run.id).json["items"]
    assert run.admin.delete(f"/v1/instances/{child['id']}", {"reason": "only this one"}).json["status"] == "canceled"
    assert run.status == "running" and run.admin.instance(run.id)["incident"]
    [incident] = run.admin.incidents(run.id)
    run.admin.post(f"/v1/incidents/{incident['id']}/retry", {})
    children = run.admin.get("/v1/instances", parentId=run.id).json["items"]
    [again] = [instance["id"] for instance in children if instance["status"] == "running"]
    [task] = run.admin.tasks(instanceId=again)
    run.admin.complete(task["id"])
    run.ends("start", "call", "end")


@case("a call canceled by its boundary event, and an error that crosses it")
def _(server):
    admin = server.client("admin", roles=["admin"])
    admin.deploy(CALLED)
    late = Run(server, calls("late", "called", beside=boundary("hurry", "call", timer("PT0.5S"))))
    late.ends("start", "call:canceled", "hurry", "hurry-end")
    assert [i["status"] for i in admin.get("/v1/instances", parentId=late.id).json["items"]] == ["canceled"]
    throws = '<bpmn:endEvent id="throw"><bpmn:errorEventDefinition errorRef="x-bad"/></bpmn:endEvent>'
    body = f'<bpmn:startEvent id="start"/>{work("risky")}{throws}{flows("start>risky", "risky>throw")}'
    admin.deploy(model("throws", body, DECLARED))
    caught = '<bpmn:errorEventDefinition errorRef="x-bad" camunda:errorCodeVariable="code"/>'
    run = Run(server, calls("catches", "throws", beside=boundary("caught", "call", caught)))
    run.work("risky")
    run.ends("start", "call:error", "caught", "caught-end")
    assert run.admin.variables(run.id)["code"] == "BAD"
    [child] = admin.get("/v1/instances", parentId=run.id).json["items"]
    assert (child["status"], child["errorCode"]) == ("failed", "BAD"), child


# --- transactions, compensation ---


@case("a transaction that is canceled undoes what was done, in reverse order")
def _(server):
    inside = f"""<bpmn:startEvent id="t-start"/>{work("book")}{undone_by("book", "unbook")}{work("pay")}
        {undone_by("pay", "refund")}{user("sure")}<bpmn:exclusiveGateway id="choice" default="choice-good"/>
        <bpmn:endEvent id="good"/>
        <bpmn:endEvent id="off"><bpmn:cancelEventDefinition/></bpmn:endEvent>
        {flows("t-start>book", "book>pay", "pay>sure", "sure>choice", "choice>good", "choice>off ${no}")}"""
    diagram = sequence("trip", f'<bpmn:transaction id="t">{inside}</bpmn:transaction>',
                       beside=boundary("canceled", "t", "<bpmn:cancelEventDefinition/>"))
    run = Run(server, diagram)
    run.work("book"), run.work("pay")
    run.complete("sure", no=True)
    assert ("refund", "job") in run.states() and not run.admin.activate("unbook"), run.states()
    run.work("refund"), run.work("unbook")
    run.ends("start", "t-start", "book", "pay", "sure", "choice", "off", "refund", "unbook", "t:canceled", "canceled",
             "canceled-end")
    good = Run(server, diagram)
    good.work("book"), good.work("pay")
    good.complete("sure", no=False)
    good.ends("start", "t", "t-start", "book", "pay", "sure", "choice", "good", "end")


@case("compensation is thrown, and its handler sees what its activity saw")
def _(server):
    throw = '<bpmn:intermediateThrowEvent id="back"><bpmn:compensateEventDefinition/></bpmn:intermediateThrowEvent>'
    run = Run(server, sequence("sorry", work("order"), user("regret"), throw, beside=undone_by("order", "take-back")))
    run.work("order", number=7)
    run.complete("regret", number=8)
    assert run.states() == [("back", "compensating"), ("take-back", "job")], run.states()
    [job] = run.admin.activate("take-back")
    assert job["variables"] == {"number": 7}, job
    run.admin.complete_job(job["id"])
    run.ends("start", "order", "regret", "take-back", "back", "end")


# --- loops ---


@case("multi-instance: one for each, a result for each, and an end before the last")
def _(server):
    loop = """<bpmn:multiInstanceLoopCharacteristics bpmnd:collection="people" bpmnd:elementVariable="person"
        bpmnd:outputCollection="said" bpmnd:outputElement="${answer}">
        <bpmn:completionCondition>${nrOfCompletedInstances == 2}</bpmn:completionCondition>
        </bpmn:multiInstanceLoopCharacteristics>"""
    run = Run(server, sequence("votes", user("vote", loop)), people=["ann", "bob", "cho"])
    tokens = run.admin.tokens(run.id)
    assert sorted((t["type"], t["loopCounter"], t["state"]) for t in tokens if t["loopCounter"] is not None) == [
        ("userTask", n, "task") for n in range(3)], tokens
    [body] = [t for t in tokens if t["loopCounter"] is None]
    assert body["type"] == "multiInstanceBody" and {t["scopeId"] for t in tokens} == {None, body["id"]}, tokens
    tasks = {run.admin.task(t["id"])["variables"]["person"]: t["id"] for t in run.admin.tasks(instanceId=run.id)}
    for person in ("cho", "ann"):
        run.admin.complete(tasks[person], {"answer": f"yes, {person}"})
    run.ends("start", "vote#body", "vote", "vote", "vote:canceled", "end")
    assert [a["loopCounter"] for a in run.admin.activities(run.id) if a["outcome"] == "canceled"] == [1]
    assert run.admin.variables(run.id)["said"] == ["yes, ann", None, "yes, cho"]


@case("multi-instance one after the other, and a standard loop")
def _(server):
    cardinality = """<bpmn:multiInstanceLoopCharacteristics isSequential="true">
        <bpmn:loopCardinality>${n}</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"""
    run = Run(server, sequence("in-a-row", user("step", cardinality)), n=3)
    for _ in range(3):
        assert len(run.admin.tasks(instanceId=run.id)) == 1
        run.complete("step")
    run.ends("start", "step#body", "step", "step", "step", "end")
    told = """<bpmn:multiInstanceLoopCharacteristics isSequential="true" bpmnd:collection="people"
        bpmnd:outputCollection="said" bpmnd:outputElement="${answer}"/>"""
    run = Run(server, sequence("one-by-one", work("tell", inside=told)), people=["ann", "bob"])
    run.work("tell", answer=1), run.work("tell", answer=2)
    run.ends("start", "tell#body", "tell", "tell", "end")
    assert run.admin.variables(run.id)["said"] == [1, 2]
    loop = """<bpmn:standardLoopCharacteristics><bpmn:loopCondition>${again}</bpmn:loopCondition>
        </bpmn:standardLoopCharacteristics>"""
    run = Run(server, sequence("again-and-again", user("try", loop)))
    run.complete("try", again=True)
    run.complete("try", again=False)
    run.ends("start", "try#body", "try", "try", "end")
    assert [a["type"] for a in run.admin.activities(run.id)].count("loopBody") == 1


@case("an ad-hoc sub-process: its activities are begun over the API")
def _(server):
    inside = f"{user('x')}{user('y')}<bpmn:completionCondition>${{enough}}</bpmn:completionCondition>"
    free = f'<bpmn:adHocSubProcess id="free" bpmnd:start="manual">{inside}</bpmn:adHocSubProcess>'
    run = Run(server, sequence("as-you-like", free), enough=False)
    assert run.states() == [("free", "scope")], run.states()
    path = f"/v1/instances/{run.id}/activities"
    for element in ("x", "y", "x"):
        run.admin.post(path, {"elementId": element, "variables": {"mine": element}})
    assert run.admin.request("POST", path, {"elementId": "end"}).status in (404, 409)
    assert run.states() == [("free", "scope"), ("x", "task"), ("x", "task"), ("y", "task")], run.states()
    run.complete("y")
    run.complete("x", enough=True)
    run.ends("start", "free", "x", "x:canceled", "y", "end")


# --- gateways ---


@case("an event-based gateway: the first event decides")
def _(server):
    body = f"""<bpmn:startEvent id="start"/><bpmn:eventBasedGateway id="first"/>
        <bpmn:intermediateCatchEvent id="told">{GO}</bpmn:intermediateCatchEvent>
        <bpmn:intermediateCatchEvent id="bored">{timer("${patience}")}</bpmn:intermediateCatchEvent>
        <bpmn:intermediateCatchEvent id="heard">{ALL}</bpmn:intermediateCatchEvent>
        <bpmn:endEvent id="a"/><bpmn:endEvent id="b"/><bpmn:endEvent id="c"/>
        {flows("start>first", "first>told", "first>bored", "first>heard", "told>a", "bored>b", "heard>c")}"""
    told = Run(server, model("deciding", body, DECLARED), patience="PT1H")
    told.admin.publish("go", instanceId=told.id)
    told.ends("start", "first", "told", "a")
    Run(server, model("deciding", body, DECLARED), patience="PT0.5S").ends("start", "first", "bored", "b")
    assert told.admin.get(f"/v1/instances/{told.id}").json["status"] == "completed"


@case("a complex gateway: two of three, then the third is taken in")
def _(server):
    body = f"""<bpmn:startEvent id="start"/><bpmn:parallelGateway id="split"/>{user("a")}{user("b")}{user("c")}
        <bpmn:complexGateway id="gate"><bpmn:activationCondition>${{activationCount >= 2}}</bpmn:activationCondition>
        </bpmn:complexGateway><bpmn:endEvent id="end"/><bpmn:endEvent id="late"/>
        {flows("start>split", "split>a", "split>b", "split>c", "a>gate", "b>gate", "c>gate",
               "gate>end ${waitingForStart}", "gate>late ${!waitingForStart}")}"""
    run = Run(server, model("quorum", body))
    run.complete("c")
    assert ("gate", "join") in run.states(), run.states()
    run.complete("a")
    assert "end" in run.story() and ("gate", "reset") in run.states(), run.states()
    run.complete("b")
    run.ends("start", "split", "a", "b", "c", "gate", "end", "late")


@case("inclusive and parallel gateways: a join waits for what was split")
def _(server):
    body = f"""<bpmn:startEvent id="start"/><bpmn:inclusiveGateway id="some" default="some-none"/>{user("a")}{user("b")}
        <bpmn:task id="none"/><bpmn:inclusiveGateway id="together"/><bpmn:endEvent id="end"/>
        {flows("start>some", "some>a ${x > 1}", "some>b ${x > 2}", "some>none", "a>together", "b>together",
               "none>together", "together>end")}"""
    both = Run(server, model("choices", body), x=3)
    both.complete("b")
    assert both.states() == [("a", "task"), ("together", "join")], both.states()
    both.complete("a")
    both.ends("start", "some", "a", "b", "together", "end")
    Run(server, model("choices", body), x=0).ends("start", "some", "none", "together", "end")


# --- data, scripts, links ---


@case("data objects and associations, a script in JavaScript, a business rule, a manual task")
def _(server):
    script = """<bpmn:scriptTask id="sum" scriptFormat="javascript" bpmnd:resultVariable="total"><bpmn:script>
        lines.reduce(function (a, b) { return a + b; }, 0)</bpmn:script></bpmn:scriptTask>"""
    data = """<bpmn:userTask id="look" bpmnd:candidateGroups="clerks"><bpmn:ioSpecification>
        <bpmn:dataInput id="in" name="seen"/><bpmn:inputSet id="is"><bpmn:dataInputRefs>in</bpmn:dataInputRefs>
        </bpmn:inputSet><bpmn:outputSet id="os"/></bpmn:ioSpecification><bpmn:dataInputAssociation id="da">
        <bpmn:sourceRef>ref</bpmn:sourceRef><bpmn:targetRef>in</bpmn:targetRef></bpmn:dataInputAssociation>
        </bpmn:userTask>"""
    beside = '<bpmn:dataObject id="o" name="total"/><bpmn:dataObjectReference id="ref" dataObjectRef="o"/>'
    judge, manual = '<bpmn:businessRuleTask id="judge" bpmnd:type="judge"/>', '<bpmn:manualTask id="file"/>'
    own = """<bpmn:scriptTask id="own"><bpmn:script>${execution.setVariable("twice", total * 2)}</bpmn:script>
        </bpmn:scriptTask>"""
    run = Run(server, sequence("data", script, own, data, judge, manual, beside=beside), lines=[1, 2.5, 3])
    eventually(lambda: run.admin.tasks(instanceId=run.id))
    assert run.admin.task(run.task("look"))["variables"]["seen"] == 6.5
    assert run.admin.variables(run.id)["twice"] == 13
    run.complete("look")
    run.work("judge", verdict="fine")
    run.ends("start", "sum", "own", "look", "judge", "file", "end")
    assert run.admin.variables(run.id)["verdict"] == "fine"


@case("links, none and multiple events, and a terminate end event")
def _(server):
    link = '<bpmn:linkEventDefinition name="over"/>'
    body = f"""<bpmn:startEvent id="start"/><bpmn:intermediateThrowEvent id="milestone"/>
        <bpmn:intermediateThrowEvent id="away">{link}</bpmn:intermediateThrowEvent>
        <bpmn:intermediateCatchEvent id="here">{link}</bpmn:intermediateCatchEvent>
        <bpmn:intermediateCatchEvent id="any">{GO}{ALL}</bpmn:intermediateCatchEvent>
        <bpmn:intermediateCatchEvent id="all" parallelMultiple="true">{GO}{ALL}</bpmn:intermediateCatchEvent>
        <bpmn:parallelGateway id="split"/>{user("idle")}<bpmn:endEvent id="idle-end"/>
        <bpmn:endEvent id="stop"><bpmn:terminateEventDefinition/></bpmn:endEvent>
        {flows("start>milestone", "milestone>split", "split>idle", "idle>idle-end", "split>away", "here>any", "any>all",
               "all>stop")}"""
    run = Run(server, model("events", body, DECLARED))
    run.admin.broadcast("everybody")
    eventually(lambda: ("all", "event") in run.states())
    run.admin.publish("go", instanceId=run.id)
    assert ("all", "event") in run.states(), run.states()
    run.admin.broadcast("everybody")
    run.ends("start", "milestone", "split", "away", "here", "any", "all", "stop", "idle:canceled", status="terminated")


# --- event sub-processes, errors, escalations ---


@case("event sub-processes of the process: a timer beside, an error instead, an escalation upwards")
def _(server):
    def event(name, definition, content="", keeps=False):
        return f"""<bpmn:subProcess id="{name}" triggeredByEvent="true">
            <bpmn:startEvent id="{name}-start" isInterrupting="{str(not keeps).lower()}">{definition}</bpmn:startEvent>
            {content}<bpmn:endEvent id="{name}-end"/></bpmn:subProcess>"""

    cycle = event("nag", timer("R2/PT1S", "timeCycle"), flows("nag-start>nag-end"), keeps=True)
    error = event("saved", '<bpmn:errorEventDefinition errorRef="x-bad"/>',
                  user("repair") + flows("saved-start>repair", "repair>saved-end"))
    heard = event("heard", UP, flows("heard-start>heard-end"), keeps=True)
    call_out = f'<bpmn:intermediateThrowEvent id="call-out">{UP}</bpmn:intermediateThrowEvent>'
    inner = scope("deep", call_out + work("risky") + flows("deep-start>call-out", "call-out>risky", "risky>deep-end"))
    run = Run(server, sequence("watched", inner, beside=cycle + error + heard, extra=DECLARED))
    eventually(lambda: run.story().count("nag-end") == 2)
    time.sleep(0.5)
    run.admin.throw_error(run.job("risky"), "BAD")
    assert run.states() == [("repair", "task"), ("saved", "scope")], run.states()
    run.complete("repair")
    run.ends("start", "deep:canceled", "deep-start", "call-out", "risky:error", "heard", "heard-start", "heard-end",
             "saved", "saved-start", "repair", "saved-end", *["nag", "nag-start", "nag-end"] * 2)


@case("an error that nobody catches ends the instance as failed; an escalation harms nobody")
def _(server):
    up = f'<bpmn:intermediateThrowEvent id="up">{UP}</bpmn:intermediateThrowEvent>'
    run = Run(server, sequence("unheard", up, work("risky"), extra=DECLARED))
    run.admin.throw_error(run.job("risky"), "UNKNOWN", "out of paper")
    instance = run.admin.instance(run.id)
    assert (instance["status"], instance["errorCode"]) == ("failed", "UNKNOWN"), instance
    run.ends("start", "up", "risky:error", status="failed")


@case("what a worker reports is an error where the diagram says so; listeners hear of a task while it is open")
def _(server):
    def mapped(expression):
        return f'<camunda:errorEventDefinition errorRef="x-bad" expression="{expression}"/>'

    def heard(event):
        return (f'<camunda:taskListener event="{event}" expression="${{execution.setVariable(\'heard\', '
                f'heard.concat(\' {event}:\').concat(empty task.assignee ? \'-\' : task.assignee))}}"/>')

    caught = boundary("bad", "risky", '<bpmn:errorEventDefinition errorRef="x-bad" camunda:errorMessageVariable="said"/>')
    charge = f"""<bpmn:serviceTask id="risky" camunda:type="external" camunda:topic="charge"><bpmn:extensionElements>
        {mapped("${amount &lt; limit}")}{mapped("${externalTask.retries == 0}")}</bpmn:extensionElements></bpmn:serviceTask>"""
    listeners = "".join(map(heard, ["create", "update", "assignment", "delete"]))
    asked = user("ask", f"<bpmn:extensionElements>{listeners}</bpmn:extensionElements>")
    diagram = sequence("reports", charge, asked, beside=caught, extra=DECLARED)
    run = Run(server, diagram, limit=10, heard="")
    run.work("charge", amount=3)
    run.ends("start", "risky:error", "bad", "bad-end")
    assert run.admin.variables(run.id) == {"limit": 10, "amount": 3, "heard": "", "said": ""}
    run = Run(server, diagram, limit=10, heard="")
    run.admin.fail_job(run.job("charge"), "no card", retries=0)
    run.ends("start", "risky:error", "bad", "bad-end")
    assert run.admin.variables(run.id)["said"] == "no card"
    run = Run(server, diagram, limit=10, heard="")
    assert run.work("charge")["instance"]["incident"], "amount is not known"
    [incident] = run.admin.incidents(run.id)
    assert (incident["elementId"], incident["type"]) == ("risky", "expression"), incident
    run.admin.post(f"/v1/incidents/{incident['id']}/retry", {"variables": {"amount": 20}})
    run.admin.claim(run.task("ask"))
    run.admin.patch(f"/v1/instances/{run.id}/variables", {"heard": None})
    run.admin.post(f"/v1/tasks/{run.task('ask')}/comment", {"comment": "hm"})
    assert [i["type"] for i in run.admin.incidents(run.id)] == ["expression"]
    assert set(run.admin.task(run.task("ask"))["variables"]) == {"limit", "amount"}, "no notes of the engine"
    run.admin.patch(f"/v1/instances/{run.id}/variables", {"heard": ""})
    run.admin.post(f"/v1/incidents/{run.admin.incidents(run.id)[0]['id']}/retry")
    run.admin.delete(f"/v1/instances/{run.id}", {"reason": "no more"})
    assert run.admin.variables(run.id)["heard"] == " update:admin delete:admin"
    run.ends("start", "risky", "ask:canceled", status="canceled")


@case("continuations before and after, and quantities")
def _(server):
    run = Run(server, sequence("slow", '<bpmn:task id="step" bpmnd:asyncBefore="true" bpmnd:asyncAfter="true"/>',
                               user("many", completionQuantity="2")))
    eventually(lambda: run.admin.tasks(instanceId=run.id))
    run.complete("many")
    run.ends("start", "step", "many", "end", "end")


main(server=Server)
