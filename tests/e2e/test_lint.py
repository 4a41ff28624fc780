#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`bpmnd lint --report`: what becomes of each word of other engines' diagrams, and what it says over many files.

The words are those of Camunda 7 and its kin and of Zeebe, each where it belongs (the prefix is `v` for all of them).
None may keep a diagram out, but for the few that ask for what cannot be done here, and these say so."""

import json
import os
import pathlib
import subprocess
import tempfile

from harness import BPMND, SCRATCH, case, main, model, skip

CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
KIN = ("http://operaton.org/schema/1.0/bpmn", "http://activiti.org/bpmn", "http://flowable.org/bpmn")
ZEEBE = "http://camunda.org/schema/zeebe/1.0"


def report(*words):
    done = subprocess.run([BPMND, "lint", "--report", *map(str, words)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def extensions(content):
    return f"<bpmn:extensionElements>{content}</bpmn:extensionElements>" if content else ""


def node(kind, attributes="", inside="", more=""):
    """A process with one node of that kind between its start and its end."""
    return f"""<bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="n"/>
        <bpmn:{kind} id="n" name="Do it" {attributes}>{extensions(inside)}{more}</bpmn:{kind}>
        <bpmn:sequenceFlow id="f2" sourceRef="n" targetRef="e"/><bpmn:endEvent id="e"/>"""


def boundary(definition):
    return node("subProcess", "", "", '<bpmn:task id="inner"/>') + f"""
        <bpmn:boundaryEvent id="b" attachedToRef="n">{definition}</bpmn:boundaryEvent>
        <bpmn:sequenceFlow id="f3" sourceRef="b" targetRef="e"/>"""


def throw(attributes, inside=""):
    return node("intermediateThrowEvent", "", "", f"""
        <bpmn:messageEventDefinition {attributes}>{extensions(inside)}</bpmn:messageEventDefinition>""")


def loop(attributes, inside=""):
    return node("userTask", "", "", f"""<bpmn:multiInstanceLoopCharacteristics {attributes}>{extensions(inside)}
        <bpmn:loopCardinality>2</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>""")


def listener(kind, event, how, of="userTask"):
    return node(of, "", f'<v:{kind} event="{event}" {how}/>')


INPUTS = """<v:inputOutput><v:inputParameter name="a">${x}</v:inputParameter>
    <v:inputParameter name="b"><v:list><v:value>1</v:value></v:list></v:inputParameter>
    <v:inputParameter name="c"><v:map><v:entry key="k">v</v:entry></v:map>
    </v:inputParameter><v:outputParameter name="d">${a}</v:outputParameter></v:inputOutput>"""
FORM = """<v:formData businessKey="k"><v:formField id="f" label="F" type="enum" defaultValue="a">
    <v:properties><v:property id="p" value="v"/></v:properties>
    <v:validation><v:constraint name="required" config="true"/></v:validation>
    <v:value id="a" name="A"/></v:formField></v:formData>"""
CONNECTOR = """<v:connector><v:inputOutput><v:inputParameter name="url">u</v:inputParameter>
    </v:inputOutput><v:connectorId>http-connector</v:connectorId></v:connector>"""
TIMEOUT = """<v:taskListener id="t" event="timeout" class="com.acme.Late"><bpmn:timerEventDefinition>
    <bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></v:taskListener>"""
ERROR = '<bpmn:errorEventDefinition v:errorCodeVariable="c" v:errorMessageVariable="m"/>'
SCRIPT = "<bpmn:script>1</bpmn:script>"
MAPPED = '<v:errorEventDefinition id="d" errorRef="x" expression="${externalTask.retries == 0}"/>'
CONDITION = """<bpmn:conditionalEventDefinition v:variableName="v" v:variableEvents="create, update">
    <bpmn:condition>${v}</bpmn:condition></bpmn:conditionalEventDefinition>"""

# What becomes of which words, and the process that has them.
USER = {
    "runs": 'v:assignee="${x}" v:candidateUsers="a, ${b}" v:candidateGroups="c" v:priority="7" '
            'v:dueDate="${now()}" v:followUpDate="P1D" v:formKey="embedded:app:x.html"',
    "form": 'v:formRef="f" v:formRefBinding="latest" v:formRefVersion="1"',
    "no-effect": 'v:skipExpression="${x}"',
    "decoration": 'v:modelerTemplate="t"',
}
PROCESS = {
    "runs": {"v:versionTag": "1.0"},
    "no-effect": {"v:candidateStarterUsers": "a", "v:candidateStarterGroups": "b",
                  "v:jobPriority": "3", "v:taskPriority": "3"},
    "decoration": {"v:historyTimeToLive": "P30D", "v:isStartableInTasklist": "false"},
}
WORDS = [
    ("runs", "asyncBefore asyncAfter async", node("task", 'v:asyncBefore="true" v:asyncAfter="true" '
                                                  'v:async="true"')),
    ("decoration", "exclusive", node("task", 'v:exclusive="false"')),
    ("no-effect", "jobPriority", node("task", 'v:jobPriority="${p}"')),
    ("runs", "failedJobRetryTimeCycle", node("serviceTask", 'v:type="external" v:topic="t"',
                                             "<v:failedJobRetryTimeCycle>R5/PT10M</v:failedJobRetryTimeCycle>")),
    ("runs", "failedJobRetryTimeCycle", node("serviceTask", 'v:class="a.B"',
                                             "<v:failedJobRetryTimeCycle>PT1M,PT5M</v:failedJobRetryTimeCycle>")),
    ("runs", "assignee candidateUsers candidateGroups priority dueDate followUpDate formKey",
     node("userTask", USER["runs"])),
    ("runs", "formRef formRefBinding formRefVersion", node("userTask", USER["form"])),
    ("no-effect", "skipExpression", node("userTask", USER["no-effect"])),
    ("decoration", "modelerTemplate", node("userTask", USER["decoration"])),
    ("runs", "formData", node("userTask", "", FORM)),
    ("no-effect", "formData", node("serviceTask", "", FORM)),
    ("runs", "formProperty", node("userTask", "", '<v:formProperty id="x" name="X" type="string"/>')),
    ("runs", "initiator", '<bpmn:startEvent id="s" v:initiator="who"/>'),
    ("runs", "formKey", '<bpmn:startEvent id="s" v:formKey="f"/>'),
    ("job", "topic", node("serviceTask", 'v:type="external" v:topic="${t}"')),
    ("runs", "type", node("sendTask", 'v:type="external" v:topic="t"')),
    ("no-effect", "taskPriority", node("serviceTask", 'v:type="external" v:topic="t" v:taskPriority="3"')),
    ("runs", "errorEventDefinition", node("serviceTask", 'v:type="external" v:topic="t"', MAPPED)),
    ("runs", "errorEventDefinition", throw('v:type="external" v:topic="t"', MAPPED)),
    ("no-effect", "errorEventDefinition", node("userTask", "", MAPPED)),
    ("runs", "properties property", node("serviceTask", 'v:type="external" v:topic="t"',
                                         '<v:properties><v:property name="a" value="b"/></v:properties>')),
    ("decoration", "properties", node("userTask", "", '<v:properties><v:property name="a" value="b"/></v:properties>')),
    ("runs", "expression resultVariable", node("serviceTask", 'v:expression="${true}" v:resultVariable="r"')),
    ("job", "class", node("serviceTask", 'v:class="com.acme.Charge"')),
    ("job", "delegateExpression", node("businessRuleTask", 'v:delegateExpression="${charge}"')),
    ("job", "class", throw('v:class="com.acme.Mailer"')),
    ("job", "topic", throw('v:type="external" v:topic="mail"')),
    ("runs", "expression", throw('v:expression="${x}"')),
    ("runs", "field string", node("serviceTask", 'v:class="a.B"',
                                  '<v:field name="f"><v:string>x</v:string></v:field>')),
    ("no-effect", "type", node("serviceTask", 'v:type="mail"', '<v:field name="to" stringValue="x"/>')),
    ("no-effect", "connector connectorId", node("serviceTask", "", CONNECTOR)),
    ("no-effect", "decisionRef", node("businessRuleTask", 'v:decisionRef="d" v:mapDecisionResult="singleEntry" '
                                      'v:decisionRefBinding="latest" v:resultVariable="r"')),
    ("no-effect", "resource", node("scriptTask", 'scriptFormat="javascript" v:resource="deployment://x.js"', "",
                                   "<bpmn:script>1</bpmn:script>")),
    ("runs", "resultVariable", node("scriptTask", 'scriptFormat="javascript" v:resultVariable="r"', "",
                                    "<bpmn:script>1</bpmn:script>")),
    ("runs", "executionListener", listener("executionListener", "start", 'expression="${x}"', "task")),
    ("no-effect", "executionListener", listener("executionListener", "end", 'class="a.B"', "task")),
    ("no-effect", "executionListener", listener("executionListener", "end", 'delegateExpression="${b}"', "task")),
    ("runs", "taskListener", listener("taskListener", "create", 'expression="${x}"')),
    ("no-effect", "taskListener", listener("taskListener", "assignment", 'delegateExpression="${b}"')),
    ("runs", "taskListener", listener("taskListener", "assignment", 'expression="${x}"')),
    ("runs", "taskListener", listener("taskListener", "update", 'expression="${x}"')),
    ("runs", "taskListener", listener("taskListener", "delete", 'expression="${x}"')),
    ("runs", "taskListener script", node("userTask", "", """<v:taskListener event="delete">
        <v:script scriptFormat="juel">x</v:script></v:taskListener>""")),
    ("runs", "taskListener", node("userTask", "", TIMEOUT.replace("class=", "expression="))),
    ("no-effect", "taskListener", node("userTask", "", TIMEOUT)),
    ("no-effect", "taskListener", listener("taskListener", "timeout", 'id="t" expression="${x}"')),
    ("no-effect", "executionListener script", node("task", "", """<v:executionListener event="start">
        <v:script scriptFormat="groovy">x</v:script></v:executionListener>""")),
    ("runs", "inputOutput inputParameter list value map entry outputParameter",
     node("serviceTask", 'v:class="a.B"', INPUTS)),
    ("runs", "in out", node("callActivity", 'calledElement="x"', """<v:in source="a" target="b"/>
        <v:in sourceExpression="${a}" target="c" local="true"/><v:in variables="all"/>
        <v:in businessKey="${execution.businessKey}"/><v:out source="a" target="d"/>""")),
    ("runs", "calledElementBinding calledElementVersion",
     node("callActivity", 'calledElement="x" v:calledElementBinding="version" v:calledElementVersion="2"')),
    ("runs", "calledElementBinding calledElementVersionTag",
     node("callActivity", 'calledElement="x" v:calledElementBinding="versionTag" v:calledElementVersionTag="t"')),
    ("decoration", "calledElementTenantId", node("callActivity", 'calledElement="x" v:calledElementTenantId="t"')),
    ("no-effect", "variableMappingClass", node("callActivity", 'calledElement="x" v:variableMappingClass="a.B"')),
    ("no-effect", "variableMappingDelegateExpression",
     node("callActivity", 'calledElement="x" v:variableMappingDelegateExpression="${b}"')),
    ("runs", "collection elementVariable", loop('v:collection="people" v:elementVariable="person"')),
    ("no-effect", "asyncBefore", loop('v:asyncBefore="true"')),
    ("runs", "errorCodeVariable errorMessageVariable", boundary(ERROR)),
    ("runs", "escalationCodeVariable", boundary('<bpmn:escalationEventDefinition v:escalationCodeVariable="c"/>')),
    ("runs", "variableName", boundary(CONDITION)),
    ("no-effect", "variableEvents", boundary(CONDITION)),
    ("no-effect", "potentialStarter", extensions('<v:potentialStarter><bpmn:resourceAssignmentExpression>'
                                                 '<bpmn:formalExpression>group(a)</bpmn:formalExpression>'
                                                 '</bpmn:resourceAssignmentExpression></v:potentialStarter>')
     + node("task")),
]
FLOWABLE = [
    ("runs", "assignee", node("userTask", 'v:assignee="a"')),
    ("job", "class", node("serviceTask", 'v:class="com.acme.Charge"')),
    ("runs", "expression resultVariableName", node("serviceTask", 'v:expression="${x}" v:resultVariableName="r"')),
    ("runs", "inheritVariables inheritBusinessKey sameDeployment businessKey",
     node("callActivity", 'calledElement="x" v:inheritVariables="true" v:inheritBusinessKey="true" '
          'v:sameDeployment="true" v:businessKey="k"')),
    ("runs", "formProperty", node("userTask", "", '<v:formProperty id="x"/>')),
]
ZEEBES = [
    ("job", "taskDefinition", node("serviceTask", "", '<v:taskDefinition type="pay" retries="5"/>')),
    ("runs", "taskHeaders header", node("serviceTask", "", '<v:taskDefinition type="pay"/><v:taskHeaders>'
                                        '<v:header key="a" value="b"/></v:taskHeaders>')),
    ("runs", "ioMapping input output", node("serviceTask", "", '<v:taskDefinition type="pay"/><v:ioMapping>'
                                            '<v:input source="=a" target="b"/><v:output source="=b" target="c"/>'
                                            '</v:ioMapping>')),
    ("runs", "assignmentDefinition taskSchedule priorityDefinition formDefinition",
     node("userTask", "", '<v:assignmentDefinition assignee="a" candidateGroups="b"/><v:formDefinition formKey="f"/>'
          '<v:taskSchedule dueDate="P1D"/><v:priorityDefinition priority="3"/>')),
    ("decoration", "userTask", node("userTask", "", "<v:userTask/>")),
    ("runs", "calledElement",
     node("callActivity", "", '<v:calledElement processId="x" propagateAllChildVariables="false"/>')),
    ("runs", "loopCharacteristics",
     loop("", '<v:loopCharacteristics inputCollection="=people" inputElement="person"/>')),
    ("no-effect", "calledDecision",
     node("businessRuleTask", "", '<v:calledDecision decisionId="d" resultVariable="r"/>')),
    ("no-effect", "executionListeners", node("task", "", '<v:executionListeners><v:executionListener eventType="start" '
                                             'type="x"/></v:executionListeners>')),
    ("no-effect", "taskListeners", node("userTask", "", '<v:taskListeners><v:taskListener eventType="creating" '
                                        'type="x"/></v:taskListeners>')),
    ("runs", "versionTag", extensions('<v:versionTag value="1"/>') + node("task")),
    ("decoration", "properties", node("task", "", '<v:properties><v:property name="a" value="b"/></v:properties>')),
]

# What is refused, and the rule that says so.
REFUSED = [
    ("unsupported-script-format", "'groovy'", node("scriptTask", 'scriptFormat="groovy"', "", SCRIPT)),
    ("unsupported-script-format", "'python'", node("scriptTask", 'scriptFormat="python"', "", SCRIPT)),
    ("unsupported-script-format", "'groovy'", node("task", "", """<v:inputOutput><v:inputParameter name="a">
        <v:script scriptFormat="groovy">1</v:script></v:inputParameter></v:inputOutput>""")),
    ("unsupported-executable", "shell", node("serviceTask", 'v:type="shell"',
                                             '<v:field name="command" stringValue="rm"/>')),
    ("unsupported-attribute", "caseRef", node("callActivity", 'v:caseRef="c"')),
    ("feel-unsupported", "FEEL", node("scriptTask", "", f'<z:script xmlns:z="{ZEEBE}" expression="=a + 1"/>')),
    ("feel-unsupported", "FEEL", node("serviceTask", "", f'<z:ioMapping xmlns:z="{ZEEBE}">'
                                      '<z:input source="=a + 1" target="b"/></z:ioMapping>')),
    ("expression-invalid", "", node("serviceTask", 'v:expression="${x +}"')),
    ("misplaced-bpmnd-name", "belongs to a user task", node("serviceTask", 'bpmnd:assignee="a"')),
]


def diagram(folder, name, body, extra='<bpmn:error id="x" errorCode="x"/>', vendor=CAMUNDA, **attributes):
    path = pathlib.Path(folder) / f"{name}.bpmn"
    text = model("p", body, extra, **attributes)
    path.write_text(text.replace("<bpmn:definitions", f'<bpmn:definitions xmlns:v="{vendor}"'))
    return path


def surveyed(path):
    """The extensions of the file with what becomes of them, and its errors by rule."""
    status, out, err = report("--json", path)
    assert err == "", err
    said = json.loads(out)
    assert (status == 0) == (said["errors"] == []) == (said["running"] == 1), said
    words = {}
    for word in said["extensions"]:
        words.setdefault(word["name"], set()).add(word["becomes"])
    return words, {error["name"]: error["places"] for error in said["errors"]}


def check_words(words, vendor):
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        for number, (becomes, names, body) in enumerate(words):
            said, errors = surveyed(diagram(folder, number, body, vendor=vendor))
            assert not errors, (names, errors)
            for name in names.split():
                assert becomes in said.get(f"v:{name}", ()), (becomes, name, said)


@case("no word of Camunda 7 or Flowable keeps a diagram out, and the report says what becomes of each")
def _():
    check_words(WORDS + FLOWABLE, CAMUNDA)


@case("their namespaces are one vocabulary")
def _():
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        reports = []
        for vendor in (CAMUNDA, *KIN):
            for number, (_, _, body) in enumerate(WORDS + FLOWABLE):
                diagram(folder, number, body, vendor=vendor)
            reports.append(json.loads(report("--json", folder)[1]))
        assert all(said == reports[0] for said in reports) and reports[0]["errors"] == [], reports[0]["errors"]


@case("nor does a word of Zeebe")
def _():
    check_words(ZEEBES, ZEEBE)


@case("words of processes and of declarations")
def _():
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        for becomes, attributes in PROCESS.items():
            said, errors = surveyed(diagram(folder, becomes, node("task"), **attributes))
            assert not errors and said == {name: {becomes} for name in attributes}, (errors, said)
        said, errors = surveyed(diagram(
            folder, "error", node("task"),
            '<bpmn:error id="x" errorCode="x" v:errorMessage="${m}"/><bpmn:message id="m" name="m" '
            f'xmlns:z="{ZEEBE}"><bpmn:extensionElements><z:subscription correlationKey="=id"/></bpmn:extensionElements>'
            "</bpmn:message>"))
        assert not errors and said == {"v:errorMessage": {"runs"}, "z:subscription": {"runs"}}, (errors, said)


@case("what becomes of a word depends on its place")
def _():
    declared = '<bpmn:signal id="g" name="g"/><bpmn:error id="x" name="x" errorCode="x"/>'
    payload = extensions('<v:in source="a" target="b"/>')
    definition = f'<bpmn:signalEventDefinition signalRef="g">{payload}</bpmn:signalEventDefinition>'
    variables = '<bpmn:errorEventDefinition errorRef="x" v:errorCodeVariable="c"/>'
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        for number, (becomes, name, body) in enumerate([
                ("no-effect", "in", node("intermediateCatchEvent", "", "", definition)),
                ("runs", "in", node("intermediateThrowEvent", "", "", definition)),
                ("no-effect", "errorCodeVariable", '<bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f" sourceRef="s" '
                 f'targetRef="e"/><bpmn:endEvent id="e">{variables}</bpmn:endEvent>'),
                ("runs", "errorCodeVariable", boundary(variables)),
                ("no-effect", "calledElementVersion", node("callActivity", 'calledElement="y" v:calledElementVersion="2"')),
        ]):
            said, errors = surveyed(diagram(folder, number, body, declared))
            assert not errors and said == {f"v:{name}": {becomes}}, (number, errors, said)


@case("what cannot be done is refused, and says so")
def _():
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        for number, (rule, text, body) in enumerate(REFUSED):
            _, errors = surveyed(diagram(folder, f"refused{number}", body))
            assert list(errors) == [rule], (rule, errors)
            [place] = errors[rule]
            assert text in place["message"] and place["line"] > 0 and place["file"].endswith(".bpmn"), place


def folder_of_all(folder):
    top = pathlib.Path(folder)
    (top / "src" / "deep").mkdir(parents=True)
    diagram(top, "good", node("serviceTask", 'v:class="com.acme.Charge"'))
    diagram(top / "src", "bad", node("scriptTask", 'scriptFormat="groovy"', "", "<bpmn:script>1</bpmn:script>"))
    diagram(top / "src" / "deep", "drawing", node("userTask", 'v:assignee="a"'), isExecutable="false")
    diagram(top, "charge", node("serviceTask", 'v:class="com.acme.Charge"')).rename(top / "src" / "charge.bpmn20.xml")
    diagram(top, "named", node("userTask", 'v:assignee="a"')).rename(top / "src" / "named.xml")
    (top / "src" / "pom.xml").write_text("<project/>")
    (top / "src" / "broken.bpmn").write_text("<definitions>")
    (top / "src" / "loop").symlink_to(top)
    return top


@case("a folder is walked, and the report adds up")
def _():
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        top = folder_of_all(folder)
        status, out, err = report(top)
        assert (status, err) == (1, ""), (status, err)
        files = [line.split(": ")[:2] for line in out.split("\n\n")[0].splitlines()]
        assert [(name[len(folder) + 1:], verdict) for name, verdict in files] == [
            ("good.bpmn", "good"), ("src/bad.bpmn", "in error"), ("src/broken.bpmn", "in error"),
            ("src/charge.bpmn20.xml", "good"), ("src/deep/drawing.bpmn", "a drawing"), ("src/named.xml", "good")], files
        lines = [" ".join(line.split()) for line in out.splitlines()]
        for line in ("2 2 v:class becomes a job", "2 2 Charge", "2 2 v:assignee runs", "2 2 userTask runs",
                     "2 2 delegate-as-job: a worker does it: activate jobs of this type"):
            assert line in lines, (line, out)
        assert lines[-1] == "3 of 6 files can be deployed and started", lines[-1]
        assert any(line.startswith("1 1 unsupported-script-format: ") for line in lines), out
        assert any("broken.bpmn:1:" in line for line in lines), out
        said = json.loads(report("--json", top)[1])
        assert said["running"] == 3 and len(said["files"]) == 6, said["files"]
        [work] = said["work"]
        assert work == {"name": "Charge", "uses": 2, "files": 2}, work
        assert report(top / "good.bpmn")[0] == 0


@case("unusable input: status 2")
def _():
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        good = diagram(folder, "good", node("task"))
        status, out, err = report(pathlib.Path(folder) / "absent", good)
        assert status == 2 and "absent" in err and "1 of 1 file can be" in out, (out, err)
        odd = os.fsencode(folder) + b"/odd\xff.bpmn"
        pathlib.Path(os.fsdecode(odd)).write_bytes(good.read_bytes())
        assert json.loads(report("--json", os.fsdecode(odd))[1])["files"][0]["file"].endswith("/odd?.bpmn")
        empty = pathlib.Path(folder) / "empty"
        empty.mkdir()
        assert report(empty)[0] == 2 and "no diagrams" in report(empty)[2]
        done = subprocess.run([BPMND, "lint", "--json", str(good)], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and "--report" in done.stderr, done


@case("the reference diagrams of the BPMN Model Interchange Working Group")
def _():
    folder = os.environ.get("BPMND_MIWG")
    if not folder:
        skip("BPMND_MIWG names no folder")
    status, out, err = report("--json", folder)
    said = json.loads(out)
    count = len(list(pathlib.Path(folder).glob("*.bpmn")))
    assert status == 1 and err == "" and len(said["files"]) == count, (status, err)
    assert said["running"] == sum(file["runs"] for file in said["files"]) > 0
    assert all(word["becomes"] != "refused" for word in said["elements"]), said["elements"]


main()
