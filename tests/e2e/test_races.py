#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two things happen to one instance at the same moment, on two servers with one database: a timer, a message, a signal,
a completion, a cancellation, an arrival at a join. Whoever was told that he came first did, nothing happens twice,
nothing is lost, and nothing is left behind.

RACES says how often in sum (150); what came first how often is told in a comment."""

import collections
import datetime
import os
import random
import threading
import time

from harness import Database, Server, case, eventually, main, model, parallel

KINDS = 5
TRIES = max(int(os.environ.get("RACES", "150")) // KINDS, 1)
LANES = 4
LIVE = ("instance", "token", "task", "job", "subscription", "compensation", "incident", "outbox", "message")

EVENTS = '<bpmn:message id="m" name="{0}-go"/><bpmn:signal id="s" name="{0}-stop"/>'
TASK = '<bpmn:userTask id="{0}" bpmnd:candidateGroups="clerks"/>'
TIMER = "<bpmn:timerEventDefinition><bpmn:timeDate>${at}</bpmn:timeDate></bpmn:timerEventDefinition>"
SIGNAL = '<bpmn:signalEventDefinition signalRef="s"/>'


def flow(source, target):
    return f'<bpmn:sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}"/>'


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


class Pair:
    """Two servers on one database."""

    def __init__(self):
        self.database = Database()
        self.servers = [Server(self.database) for _ in range(2)]
        admin = self.client(0)
        guards = [guarded("timed", TIMER), guarded("signaled", SIGNAL), guarded("canceled", SIGNAL)]
        for diagram in [*guards, CHOOSING, JOINED]:
            admin.deploy(diagram)

    def client(self, number):
        return self.servers[number % 2].client("admin", roles=["admin"])

    def start(self, key, variables=lambda number: {}):
        items = [{"definitionKey": key, "variables": variables(number)} for number in range(TRIES)]
        answers = self.client(0).post("/v1/instances/batch", {"items": items}).json["items"]
        assert [answer["status"] for answer in answers] == [201] * TRIES, answers[:3]
        return [answer["instance"] for answer in answers]

    def __exit__(self, *how):
        for server in self.servers:
            server.__exit__(*how)
        self.database.drop()


def complete(client, instance, element="task"):
    [task] = [task["id"] for task in instance["tasks"] if task["elementId"] == element]
    answer = client.request("POST", f"/v1/tasks/{task}/complete", {})
    assert answer.status in (200, 409), answer
    return answer.status == 200


def cancel(client, instance):
    answer = client.request("DELETE", f"/v1/instances/{instance['id']}", {"reason": "race"})
    assert answer.status in (200, 409), answer
    return answer.status == 200


def tell(client, instance):
    answer = client.request("POST", "/v1/messages", {"name": "choosing-go", "instanceId": instance["id"]})
    assert answer.status in (200, 409), answer
    return answer.status == 200


def both_at_once(pair, instances, first, second):
    """Each instance has both done to it in the same moment, one on each server; who was told that it worked."""
    told = [[None, None] for _ in instances]
    gates = [threading.Barrier(2) for _ in range(LANES)]

    def side(number):
        lane, which = divmod(number, 2)
        client, action = pair.client(which), (first, second)[which]
        for index in range(lane, len(instances), LANES):
            gates[lane].wait(60)
            told[index][which] = action(client, instances[index])

    parallel(2 * LANES, side)
    return told


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


def settled(pair):
    """Everything has ended and nothing is left in any live table; a signal is given the time to pass by."""
    def left():
        return [table for table in LIVE if pair.database.value(f"SELECT count(*) FROM bpmnd.{table}") != "0"]

    eventually(lambda: left() == [], timeout=30)


def stories(pair, instances):
    """Of each instance: how it ended, and what ended in it, as SQL has it; each exactly once."""
    ids = ",".join(instance["id"] for instance in instances)
    ended = pair.database.query(
        f"SELECT id, status, count(*) OVER (PARTITION BY id) FROM history.instance WHERE id IN ({ids}) ORDER BY id")
    assert [row[0] for row in ended] == sorted((i["id"] for i in instances), key=int), "lost, or ended twice"
    happened = collections.defaultdict(list)
    for instance, element, outcome in pair.database.query(
            "SELECT a.instance_id, e.element_id, a.outcome FROM history.activity a JOIN bpmnd.element e"
            f" ON e.definition_id = a.definition_id AND e.node = a.node WHERE a.instance_id IN ({ids})"):
        happened[instance].append(element if outcome == "1" else f"{element}:{outcome}")
    return [(row[1], sorted(happened[row[0]])) for row in ended]


def nothing_twice(pair, instances):
    """No passage, step or task has two rows, and as many flows were taken as nodes were entered by one."""
    ids = ",".join(instance["id"] for instance in instances)
    for table in ("activity", "step", "task"):
        twice = pair.database.query(
            f"SELECT id FROM history.{table} WHERE instance_id IN ({ids}) GROUP BY id HAVING count(*) > 1")
        assert twice == [], (table, twice)
    orphans = pair.database.query(
        f"SELECT t.id FROM history.task t WHERE t.instance_id IN ({ids}) AND NOT EXISTS"
        " (SELECT FROM history.activity a WHERE a.instance_id = t.instance_id AND a.id = t.activity_id)")
    assert orphans == [], orphans


def taken(pair, instances):
    """The flows that each instance has taken, sorted."""
    ids = ",".join(instance["id"] for instance in instances)
    flows = collections.defaultdict(list)
    for instance, name in pair.database.query(
            "SELECT s.instance_id, f.flow_id FROM history.step s JOIN history.instance i ON i.id = s.instance_id"
            " CROSS JOIN unnest(s.flows) taken JOIN bpmnd.flow f"
            " ON f.definition_id = i.definition_id AND f.flow = taken"
            f" WHERE s.instance_id IN ({ids})"):
        flows[instance].append(name)
    return [sorted(flows[instance["id"]]) for instance in instances]


def say(pair, kind, wins):
    print(f"# {kind}: " + ", ".join(f"{name} {count}" for name, count in sorted(collections.Counter(wins).items())))


FIRST = ("3", sorted(["start", "task", "done"]))
OTHER = ("3", sorted(["start", "task:2", "late", "other"]))
FLOWS = {True: sorted(["start-task", "task-done"]), False: sorted(["start-task", "late-other"])}


def judge(pair, kind, instances, told, good, bad, flows):
    """Who was told that he came first did, and the others' effects are not there."""
    settled(pair)
    found = stories(pair, instances)
    for instance, success, story in zip(instances, told, found):
        assert story == (good if success else bad), (instance["id"], success, story)
    assert taken(pair, instances) == [flows[success] for success in told]
    nothing_twice(pair, instances)
    say(pair, kind, ["first" if success else "second" for success in told])


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


main(server=Pair)
