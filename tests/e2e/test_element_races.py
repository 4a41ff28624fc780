#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Races of conditions, event sub-processes, transactions, ad-hoc sub-processes and changes by hand (races.py).

RACES says how often in sum (150); what came first how often is told in a comment."""

from harness import case, main, model
from races import TASK, Pair, attempt, both_at_once, complete, flow, judge, nothing_twice, say, settled, stories, taken

SIGNAL = '<bpmn:signal id="s" name="halt-${number}"/>'
MESSAGE = '<bpmn:message id="m" name="word" bpmnd:correlation="number"/>'

CONDITION = model("conditional", f"""<bpmn:startEvent id="start"/>{TASK.format("task")}
    <bpmn:boundaryEvent id="closed" attachedToRef="task"><bpmn:conditionalEventDefinition>
    <bpmn:condition>${{over}}</bpmn:condition></bpmn:conditionalEventDefinition></bpmn:boundaryEvent>
    <bpmn:endEvent id="done"/><bpmn:endEvent id="other"/>
    {flow("start", "task")}{flow("task", "done")}{flow("closed", "other")}""")
HALTED = model("halted", f"""<bpmn:startEvent id="start"/>{TASK.format("task")}<bpmn:endEvent id="done"/>
    {flow("start", "task")}{flow("task", "done")}
    <bpmn:subProcess id="instead" triggeredByEvent="true">
    <bpmn:startEvent id="halt"><bpmn:signalEventDefinition signalRef="s"/></bpmn:startEvent>
    <bpmn:endEvent id="halted-end"/>{flow("halt", "halted-end")}</bpmn:subProcess>""", SIGNAL)
BOOKING = model("booking", f"""<bpmn:startEvent id="start"/><bpmn:transaction id="book">
    <bpmn:startEvent id="begin"/><bpmn:parallelGateway id="split"/>
    {TASK.format("pay")}<bpmn:boundaryEvent id="undo" attachedToRef="pay"><bpmn:compensateEventDefinition/>
    </bpmn:boundaryEvent><bpmn:task id="refund" isForCompensation="true"/>
    <bpmn:association id="by" associationDirection="One" sourceRef="undo" targetRef="refund"/>
    {TASK.format("refuse")}<bpmn:endEvent id="paid"/>
    <bpmn:endEvent id="no"><bpmn:cancelEventDefinition/></bpmn:endEvent>
    {flow("begin", "split")}{flow("split", "pay")}{flow("split", "refuse")}{flow("pay", "paid")}{flow("refuse", "no")}
    </bpmn:transaction>
    <bpmn:boundaryEvent id="off" attachedToRef="book"><bpmn:cancelEventDefinition/></bpmn:boundaryEvent>
    <bpmn:endEvent id="done"/><bpmn:endEvent id="other"/>
    {flow("start", "book")}{flow("book", "done")}{flow("off", "other")}""")
FREE = model("free", f"""<bpmn:startEvent id="start"/><bpmn:adHocSubProcess id="any">{TASK.format("look")}
    {TASK.format("more")}<bpmn:completionCondition>${{enough}}</bpmn:completionCondition></bpmn:adHocSubProcess>
    <bpmn:endEvent id="done"/>{flow("start", "any")}{flow("any", "done")}""")
WORKED = model("worked", f"""<bpmn:startEvent id="start"/><bpmn:serviceTask id="work" bpmnd:type="race-work"/>
    <bpmn:endEvent id="done"/><bpmn:task id="aside"/><bpmn:endEvent id="other"/>
    {flow("start", "work")}{flow("work", "done")}{flow("aside", "other")}""")


def waiting(*behind):
    """A version of a process that waits for its message; what is behind the event is new in each."""
    nodes = ["told", *behind, "done"]
    return model("waiting", f"""<bpmn:startEvent id="start"/>
        <bpmn:intermediateCatchEvent id="told"><bpmn:messageEventDefinition messageRef="m"/>
        </bpmn:intermediateCatchEvent>
        {"".join(f'<bpmn:task id="{node}"/>' for node in behind)}<bpmn:endEvent id="done"/>
        {flow("start", "told")}{"".join(map(flow, nodes, nodes[1:]))}""", MESSAGE)


DIAGRAMS = [CONDITION, HALTED, BOOKING, FREE, WORKED, waiting()]


def numbered(number):
    return {"number": number}


@case("a condition against a completion")
def _(pair):
    def become_true(client, instance):
        return attempt(client, "PATCH", f"/v1/instances/{instance['id']}/variables", {"over": True})

    instances = pair.start("conditional", lambda _: {"over": False})
    told = both_at_once(pair, instances, complete, become_true)
    assert all(sorted(pair_of) == [False, True] for pair_of in told), told
    judge(pair, "completion or condition", instances, [first for first, _ in told],
          ("3", sorted(["start", "task", "done"])), ("3", sorted(["start", "task:2", "closed", "other"])),
          {True: sorted(["start-task", "task-done"]), False: sorted(["start-task", "closed-other"])})


@case("two signals against one interrupting event sub-process")
def _(pair):
    def halt(by):
        def send(client, instance):
            client.broadcast(f"halt-{instance['number']}", variables={"by": by})
            return True
        return send

    instances = pair.start("halted", numbered)
    for number, instance in enumerate(instances):
        instance["number"] = number
    both_at_once(pair, instances, halt("left"), halt("right"))
    settled(pair)
    once = ("3", sorted(["start", "task:2", "halt", "halted-end", "instead"]))
    assert stories(pair, instances) == [once] * len(instances)
    assert taken(pair, instances) == [sorted(["start-task", "halt-halted-end"])] * len(instances)
    nothing_twice(pair, instances)


@case("a cancel end event against a completion inside its transaction")
def _(pair):
    instances = pair.start("booking")
    told = both_at_once(pair, instances, lambda client, instance: complete(client, instance, "pay"),
                        lambda client, instance: complete(client, instance, "refuse"))
    assert all(refused for _, refused in told), told
    always = ["start", "begin", "split", "refuse", "no", "book:2", "off", "other"]
    flows = ["start-book", "begin-split", "split-pay", "split-refuse", "refuse-no", "off-other"]
    judge(pair, "payment or cancellation", instances, [paid for paid, _ in told],
          ("3", sorted([*always, "pay", "paid", "refund"])), ("3", sorted([*always, "pay:2"])),
          {True: sorted([*flows, "pay-paid"]), False: sorted(flows)})


@case("an activity of an ad-hoc sub-process begins against its completion condition")
def _(pair):
    def begin(client, instance):
        return attempt(client, "POST", f"/v1/instances/{instance['id']}/activities", {"elementId": "look"})

    def decide(client, instance):
        return complete(client, instance, "look", enough=True)

    instances = pair.start("free", lambda _: {"enough": False})
    told = both_at_once(pair, instances, begin, decide)
    assert all(enough for _, enough in told), told
    always = ["start", "look", "more:2", "any", "done"]
    flows = sorted(["start-any", "any-done"])
    judge(pair, "one more or enough", instances, [begun for begun, _ in told], ("3", sorted([*always, "look:2"])),
          ("3", sorted(always)), {True: flows, False: flows})


@case("a modification against the completion of a job")
def _(pair):
    def finish(client, instance):
        return attempt(client, "POST", f"/v1/jobs/{jobs[instance['id']]}/complete", {})

    def modify(client, instance):
        instructions = [{"type": "cancel", "elementId": "work"}, {"type": "startBefore", "elementId": "aside"}]
        return attempt(client, "POST", f"/v1/instances/{instance['id']}/modify", {"instructions": instructions})

    instances = pair.start("worked")
    jobs = {job["instanceId"]: job["id"] for job in pair.client(0).activate("race-work", pair.tries)}
    assert len(jobs) == len(instances), jobs
    told = both_at_once(pair, instances, finish, modify)
    assert all(sorted(pair_of) == [False, True] for pair_of in told), told
    judge(pair, "job or modification", instances, [finished for finished, _ in told],
          ("3", sorted(["start", "work", "done"])), ("3", sorted(["start", "work:2", "aside", "other"])),
          {True: sorted(["start-work", "work-done"]), False: sorted(["start-work", "aside-other"])})


@case("a migration against a message: it comes once, in the old version or in the new one")
def _(pair):
    def migrate(client, instance):
        return attempt(client, "POST", f"/v1/instances/{instance['id']}/migrate", {"definitionKey": "waiting"})

    def tell(client, instance):
        body = {"name": "word", "correlation": {"number": instance["number"]}}
        return attempt(client, "POST", "/v1/messages", body)

    instances = pair.start("waiting", numbered)
    for number, instance in enumerate(instances):
        instance["number"] = number
    pair.client(0).deploy(waiting("extra"))
    told = both_at_once(pair, instances, migrate, tell)
    assert all(came for _, came in told), told
    settled(pair)
    for (migrated, _), story in zip(told, stories(pair, instances)):
        assert story == ("3", sorted(["start", "told", "done"] + ["extra"] * migrated)), (migrated, story)
    nothing_twice(pair, instances)
    say(pair, "migration or message", ["first" if migrated else "second" for migrated, _ in told])


main(server=Pair, diagrams=DIAGRAMS, kinds=6)
