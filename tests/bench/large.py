# SPDX-License-Identifier: Apache-2.0
"""A diagram of so many elements (nodes, not counting the flows between them), in the mix of a real process: choices with
conditions, people's and workers' tasks, scripts, forks, boundary timers, messages, sub-processes."""

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmnd="urn:bpmnd:model:1"
    targetNamespace="urn:bpmnd:bench">
  <message id="paid" name="paid" bpmnd:correlation="number"/>
  <process id="bench_large" isExecutable="true">
"""
TAIL = "  </process>\n</definitions>\n"


class Diagram:
    """Grows at its end: `last` is what the next element comes behind."""

    def __init__(self):
        self.parts = []
        self.elements = self.flows = 0
        self.last = self.node("startEvent")

    def node(self, kind, attributes="", content=""):
        self.elements += 1
        identity = f"n{self.elements}"
        self.parts.append(f'    <{kind} id="{identity}" name="Element {self.elements}"{attributes}>{content}</{kind}>\n')
        return identity

    def flow(self, source, target, condition=None):
        self.flows += 1
        content = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
        self.parts.append(f'    <sequenceFlow id="f{self.flows}" sourceRef="{source}" targetRef="{target}">{content}'
                          "</sequenceFlow>\n")

    def then(self, kind, attributes="", content=""):
        node = self.node(kind, attributes, content)
        self.flow(self.last, node)
        self.last = node

    def branches(self, gateway, ways):
        """ways: (condition or None, kind, attributes, content) of each branch's one element."""
        split = self.node(gateway)
        self.flow(self.last, split)
        ends = []
        for condition, kind, attributes, content in ways:
            end = self.node(kind, attributes, content)
            self.flow(split, end, condition)
            ends.append(end)
        self.last = self.node(gateway)
        for end in ends:
            self.flow(end, self.last)

    def sub_process(self):
        outer, self.last = self.last, None
        start = len(self.parts)
        inner = self.last = self.node("startEvent")
        self.then("task")
        self.then("endEvent")
        content = "\n" + "".join(self.parts[start:])
        del self.parts[start:]
        self.last = outer
        self.then("subProcess", content=content)
        return inner

    def round(self):
        """Twenty elements."""
        self.branches("exclusiveGateway", [
            ("${amount &gt; 100 and region == 'north'}", "userTask", ' bpmnd:assignee="${manager}"', ""),
            ("${amount &lt;= 100 or region != 'north'}", "serviceTask", ' bpmnd:type="ship"', "")])
        host = self.last = self.branch_host()
        late = self.node("boundaryEvent", f' attachedToRef="{host}" cancelActivity="false"',
                         "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>")
        self.flow(late, self.node("endEvent"))
        self.branches("parallelGateway", [
            (None, "task", "", ""),
            (None, "scriptTask", "", "<script>execution.setVariable('total', amount * 2)</script>")])
        self.then("intermediateCatchEvent", content='<messageEventDefinition messageRef="paid"/>')
        self.sub_process()
        self.then("scriptTask", content="<script>execution.setVariable('done', true)</script>")
        self.then("task")
        self.then("task")
        self.then("task")

    def branch_host(self):
        self.then("userTask", ' bpmnd:candidateGroups="clerks"')
        return self.last


def large_diagram(elements):
    diagram = Diagram()
    while diagram.elements + 21 <= elements:
        diagram.round()
    while diagram.elements < elements - 1:
        diagram.then("task")
    diagram.then("endEvent")
    return HEAD + "".join(diagram.parts) + TAIL
