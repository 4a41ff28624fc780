#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Races of events, completions and cancellations (races.py): a timer, a message, a signal, a completion, a
cancellation, an arrival at a join.

RACES says how often in sum (150); what came first how often is told in a comment."""

import datetime
import random
import threading
import time

from harness import case, main, model, parallel
from races import (LANES, TASK, Pair, attempt, both_at_once, complete, flow, judge, nothing_twice, settled, stories,
                   taken)

EVENTS = '<bpmn:message id="m" name="{0}-go"/><bpmn:signal id="s" name="{0}-stop"/>'
TIMER = "<bpmn:timerEventDefinition><bpmn:timeDate>${at}</bpmn:timeDate></bpmn:timerEventDefinition>"
SIGNAL = '<bpmn:signalEventDefinition signalRef="s"/>'


def guarded(key, definition):
    """A task that its end event `done` follows, or `other` when the event comes first."""
    return model(key, f"""<bpmn:startEvent id="start"/>{TASK.format("task")}
        <bpmn:boundaryEvent id="late" attachedToRef="task">{definition}</bpmn:boundaryEvent>
        <bpmn:endEvent id="done"/><bpmn:endEvent id="other"/>
        {flow("start", "task")}{flow("task", "done")}{flow("late", "other")}""", EVENTS.format(key))


CHOOSING = model("choosing", f"""<bpmn:startEvent id="start"/><bpmn:eventBasedGateway id="first"/>
    <bpmn:intermediateCatchEvent id="told"><bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent>
    <bpmn:intermediateCatchEvent id="late">{TIMER}</bpmn:intermediateCatchEvent>
    <bpmn:endEvent id="done"/><bpmn:endEvent id="other"/>{flow("start", "first")}{flow("first", "told")}
    {flow("first", "late")}{flow("told", "done")}{flow("late", "other")}""", EVENTS.format("choosing"))
JOINED = model("joined", f"""<bpmn:startEvent id="start"/><bpmn:parallelGateway id="split"/>{TASK.format("left")}
    {TASK.format("right")}<bpmn:parallelGateway id="join"/><bpmn:endEvent id="done"/>{flow("start", "split")}
    {flow("split", "left")}{flow("split", "right")}{flow("left", "join")}{flow("right", "join")}
    {flow("join", "done")}""")
DIAGRAMS = [guarded("timed", TIMER), guarded("signaled", SIGNAL), guarded("canceled", SIGNAL), CHOOSING, JOINED]


def cancel(client, instance):
    return attempt(client, "DELETE", f"/v1/instances/{instance['id']}", {"reason": "race"})


def tell(client, instance):
    return attempt(client, "POST", "/v1/messages", {"name": "choosing-go", "instanceId": instance["id"]})


def when_due(pair, instances, due, action):
    """Each instance has it done about when its timer is due; who was told that it worked."""
    told = [None] * len(instances)

    def lane(number):
        client = pair.client(number)
        for index in range(number, len(instances), LANES):
            time.sleep(max(due(index) + random.uniform(-0.01, 0.1) - time.time(), 0))
            told[index] = action(client, instances[index])

    parallel(LANES, lane)
    return told


FIRST = ("3", sorted(["start", "task", "done"]))
OTHER = ("3", sorted(["start", "task:2", "late", "other"]))
FLOWS = {True: sorted(["start-task", "task-done"]), False: sorted(["start-task", "late-other"])}


def due_times():
    """Timers that are due one after the other, beginning soon; and the variables that say so."""
    begin = time.time() + 1.5

    def due(number):
        return begin + number * 0.01

    def variables(number):
        at = datetime.datetime.fromtimestamp(due(number), datetime.timezone.utc)
        return {"at": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}

    return due, variables


@case("a timer against a completion")
def _(pair):
    due, variables = due_times()
    instances = pair.start("timed", variables)
    told = when_due(pair, instances, due, complete)
    judge(pair, "completion or timer", instances, told, FIRST, OTHER, FLOWS)


@case("a message against a timer")
def _(pair):
    due, variables = due_times()
    instances = pair.start("choosing", variables)
    told = when_due(pair, instances, due, tell)
    flows = {True: sorted(["start-first", "first-told", "told-done"]),
             False: sorted(["start-first", "first-late", "late-other"])}
    judge(pair, "message or timer", instances, told, ("3", sorted(["start", "first", "told", "done"])),
          ("3", sorted(["start", "first", "late", "other"])), flows)


@case("two arrivals at a join, one on each server")
def _(pair):
    instances = pair.start("joined")
    told = both_at_once(pair, instances, lambda client, instance: complete(client, instance, "left"),
                        lambda client, instance: complete(client, instance, "right"))
    assert told == [[True, True]] * len(instances), told
    settled(pair)
    for story in stories(pair, instances):
        others = [name for name in story[1] if name != "join"]
        assert (story[0], others) == ("3", ["done", "left", "right", "split", "start"]), story
        assert 1 <= story[1].count("join") <= 2, story
    once = sorted(["start-split", "split-left", "split-right", "left-join", "right-join", "join-done"])
    assert taken(pair, instances) == [once] * len(instances)
    nothing_twice(pair, instances)


@case("a cancellation against a completion")
def _(pair):
    instances = pair.start("canceled")
    told = both_at_once(pair, instances, complete, cancel)
    assert all(sorted(pair_of) == [False, True] for pair_of in told), told
    judge(pair, "completion or cancellation", instances, [first for first, _ in told], FIRST,
          ("6", sorted(["start", "task:2"])), {True: FLOWS[True], False: ["start-task"]})


@case("a signal against completions")
def _(pair):
    instances = pair.start("signaled")
    told, middle = [None] * len(instances), threading.Event()

    def lane(number):
        client = pair.client(number)
        if number == LANES:
            middle.wait(60)
            client.broadcast("signaled-stop")
            return
        for index in range(number, len(instances), LANES):
            told[index] = complete(client, instances[index])
            if index >= len(instances) // 4:
                middle.set()
        middle.set()

    parallel(LANES + 1, lane)
    judge(pair, "completion or signal", instances, told, FIRST, OTHER, FLOWS)


main(server=Pair, diagrams=DIAGRAMS, kinds=5)
