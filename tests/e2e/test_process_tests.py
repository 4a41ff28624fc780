#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bpmnd test: scenarios on diagrams without a server; and those of the examples hold."""

import pathlib
import subprocess
import tempfile

from harness import BPMND, ROOT, case, main, model, sequence

ORDER = model("order", """
  <bpmn:startEvent id="ordered"><bpmn:messageEventDefinition messageRef="m-order"/></bpmn:startEvent>
  <bpmn:sequenceFlow id="f1" sourceRef="ordered" targetRef="check"/>
  <bpmn:callActivity id="check" calledElement="checking"><bpmn:extensionElements>
    <camunda:in source="amount" target="amount"/><camunda:out source="fine" target="fine"/>
  </bpmn:extensionElements></bpmn:callActivity>
  <bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="pay"/>
  <bpmn:intermediateCatchEvent id="pay"><bpmn:messageEventDefinition messageRef="paid"/></bpmn:intermediateCatchEvent>
  <bpmn:sequenceFlow id="f3" sourceRef="pay" targetRef="tell"/>
  <bpmn:intermediateThrowEvent id="tell"><bpmn:signalEventDefinition signalRef="sold"/></bpmn:intermediateThrowEvent>
  <bpmn:sequenceFlow id="f4" sourceRef="tell" targetRef="ship"/>
  <bpmn:serviceTask id="ship" bpmnd:type="ship"/>
  <bpmn:boundaryEvent id="lost" attachedToRef="ship"><bpmn:errorEventDefinition errorRef="gone"/></bpmn:boundaryEvent>
  <bpmn:sequenceFlow id="f5" sourceRef="lost" targetRef="refund"/>
  <bpmn:userTask id="refund" bpmnd:candidateGroups="clerks" bpmnd:dueDate="PT2H"/>
  <bpmn:boundaryEvent id="late" attachedToRef="refund" cancelActivity="false">
    <bpmn:timerEventDefinition><bpmn:timeCycle>R2/PT1H</bpmn:timeCycle></bpmn:timerEventDefinition>
  </bpmn:boundaryEvent>
  <bpmn:sequenceFlow id="f6" sourceRef="late" targetRef="remind"/>
  <bpmn:userTask id="remind" bpmnd:candidateUsers="boss"/>
  <bpmn:sequenceFlow id="f7" sourceRef="ship" targetRef="end"/><bpmn:endEvent id="end"/>""",
              extra='<bpmn:message id="m-order" name="order"/><bpmn:message id="paid" name="paid"/>'
                    '<bpmn:signal id="sold" name="sold"/><bpmn:error id="gone" errorCode="GONE"/>')
CHECKING = sequence("checking", """<bpmn:userTask id="vote" bpmnd:candidateGroups="clerks">
  <bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>2</bpmn:loopCardinality>
  </bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>""")
WATCH = model("watch", """
  <bpmn:startEvent id="heard"><bpmn:signalEventDefinition signalRef="sold"/></bpmn:startEvent>
  <bpmn:sequenceFlow id="f1" sourceRef="heard" targetRef="note"/><bpmn:userTask id="note" bpmnd:assignee="ana"/>""",
              extra='<bpmn:signal id="sold" name="sold"/>')
SCENARIO = """
users: {kim: clerks, lee: [clerks, others]}
scenarios:
  - name: sold and lost
    start: {message: order, businessKey: O-1, variables: {amount: 12.50}, at: 2026-05-01T08:00:00Z}
    steps:
      - expect:
          at: [vote, vote]
          tasks: [{element: vote, candidateGroups: clerks}, vote]
      - {complete: 'vote[1]', as: kim}
      - {complete: vote, as: lee, variables: {fine: yes it is}}
      - expect: {at: pay, variables: {fine: yes it is, amount: 12.5}}
      - {expect: {status: completed, variables: {amount: 12.5}}, in: checking}
      - {message: paid, businessKey: O-1}
      - expect: {at: [ship, note], sent: sold}
      - {expect: {status: running}, in: watch}
      - {job: ship, error: GONE, message: fell off}
      - expect:
          at: [refund, note]
          ended: {ship: error, pay: completed}
          tasks: [{element: refund, due: 2026-05-01T10:00:00Z}, note]
      - advance: PT90M
      - expect: {at: [refund, remind, note]}
      - at: 2026-05-01T23:00:00Z
      - expect: {at: [refund, remind, remind, note]}
      - {set: {amount: 1, more: {a: [1, null]}}}
      - expect: {variables: {amount: 1.0, more: {a: [1, ~]}}, status: running}
      - {expect: {never: end, at: [refund, remind, remind]}, in: order}
      - cancel: enough
      - expect: {status: canceled, at: note}
"""


class Folder:
    """A folder with diagrams and scenarios."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="bpmnd-test-")
        self.path = pathlib.Path(self.temporary.name)
        for name, text in (("order", ORDER), ("checking", CHECKING), ("watch", WATCH)):
            (self.path / f"{name}.bpmn").write_text(text)

    def run(self, scenario, *words, diagrams=("order", "checking", "watch")):
        (self.path / "s.yaml").write_text(scenario)
        return subprocess.run([BPMND, "test", *(f"{name}.bpmn" for name in diagrams), "s.yaml", *words], cwd=self.path,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)


def status(scenario, expected, *parts, words=()):
    done = Folder().run(scenario, *words)
    assert done.returncode == expected, done.stdout + done.stderr
    for part in parts:
        assert part in done.stdout, f"{part!r} is not in\n{done.stdout}"


@case("messages, signals, calls, loops, errors and timers")
def _():
    status(SCENARIO, 0, "ok   sold and lost\n", "coverage: 9 of 10 flows (90 %), 14 of 15 elements",
           "never taken: flow f7 from ship to end", "never reached: endEvent end", words=["--coverage"])


@case("what is different is told with its line")
def _():
    status("""process: watch
scenarios:
  - name: first
    start: {signal: sold}
    steps:
      - expect:
          at: [heard]
          status: completed
          variables: {x: 1}
  - name: second
    start: {event: heard}
    steps: [{complete: note, as: eve}]
  - name: third
    start: {signal: sold}
    steps: [{message: nothing}]
  - name: fourth
    start: {signal: sold}
    steps: [{complete: note}, {expect: {status: completed, path: [heard, note], absent: [x]}}]
""", 1, "FAIL first\n  s.yaml:7: at: expected [heard], there is [note]\n"
        "  s.yaml:8: status: expected completed, there is running\n"
        "  s.yaml:9: variable x: expected 1, it is not set\n",
           "FAIL second\n  s.yaml:12: you are neither assignee nor candidate of the task\n",
           "FAIL third\n  s.yaml:15: nobody waits for nothing\n", "ok   fourth\n")


@case("what is misspelled is no expectation that holds")
def _():
    for text, place in (("steps: [{complet: x}]", "1:10"), ("steps: [{expect: {sttus: x}}]", "1:19"),
                        ("steps: [{expect: {status: a, status: b}}]", "1:30"), ("steps: [{at: noon}]", "1:14"),
                        ("steps: [{advance: -PT1H}]", "1:19"), ("steps: [{job: a, retries: x}]", "1:27"),
                        ("a: &x 1\nsteps: []", "1:4"), ("steps: [", "2:1"), ("steps: []\n---\nsteps: []", "2:1"),
                        ("scenarios: [{steps: []}]", "1:13"), ("start: {message: a, signal: b}\nsteps: []", "1:8"),
                        ("", "1:1"), ("{}", "1:1")):
        status(text, 2, f"s.yaml:{place}: error: ")
    status("start: {signal: sold}\nsteps: [{expect: {never: [nowhere]}}]", 1, "s.yaml:2: there is no element nowhere")
    assert Folder().run("steps: []", "--fast").returncode == 2
    assert Folder().run("steps: []", "missing.bpmn").returncode == 2
    assert Folder().run("steps: []", diagrams=()).returncode == 2


@case("the examples do what their scenarios say")
def _():
    for diagram in sorted((ROOT / "examples").glob("*.bpmn")):
        scenarios = diagram.with_suffix(".yaml")
        assert scenarios.exists(), f"{diagram.name} has no scenarios"
        done = subprocess.run([BPMND, "test", diagram, scenarios, "--coverage"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0 and "never" not in done.stdout, done.stdout + done.stderr


main()
