# SPDX-License-Identifier: Apache-2.0
"""Two things happen to one instance at the same moment, on two servers with one database: what test_races.py and
test_element_races.py have in common. Whoever was told that he came first did, nothing happens twice, nothing is lost,
and nothing is left behind."""

import collections
import os
import threading

from harness import Database, Server, eventually, parallel

RACES = int(os.environ.get("RACES", "150"))  # of each program, in sum
LANES = 4
LIVE = ("instance", "token", "task", "job", "subscription", "compensation", "incident", "outbox", "message")
TASK = '<bpmn:userTask id="{0}" bpmnd:candidateGroups="clerks"/>'


def flow(source, target):
    return f'<bpmn:sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}"/>'


class Pair:
    """Two servers on one database, and how often each kind of race is tried."""

    def __init__(self, diagrams, kinds):
        self.tries = max(RACES // kinds, 1)
        self.database = Database()
        self.servers = [Server(self.database) for _ in range(2)]
        admin = self.client(0)
        for diagram in diagrams:
            admin.deploy(diagram)

    def client(self, number):
        return self.servers[number % 2].client("admin", roles=["admin"])

    def start(self, key, variables=lambda number: {}):
        items = [{"definitionKey": key, "variables": variables(number)} for number in range(self.tries)]
        answers = self.client(0).post("/v1/instances/batch", {"items": items}).json["items"]
        assert [answer["status"] for answer in answers] == [201] * self.tries, answers[:3]
        return [answer["instance"] for answer in answers]

    def __exit__(self, *how):
        for server in self.servers:
            server.__exit__(*how)
        self.database.drop()


def attempt(client, method, path, body=None):
    """Whether it was done; or it came too late."""
    answer = client.request(method, path, body)
    assert answer.status in (200, 409), answer
    return answer.status == 200


def complete(client, instance, element="task", **variables):
    [task] = [task["id"] for task in instance["tasks"] if task["elementId"] == element]
    return attempt(client, "POST", f"/v1/tasks/{task}/complete", {"variables": variables} if variables else {})


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


def judge(pair, kind, instances, told, good, bad, flows):
    """Who was told that he came first did, and the others' effects are not there."""
    settled(pair)
    found = stories(pair, instances)
    for instance, success, story in zip(instances, told, found):
        assert story == (good if success else bad), (instance["id"], success, story)
    assert taken(pair, instances) == [flows[success] for success in told]
    nothing_twice(pair, instances)
    say(pair, kind, ["first" if success else "second" for success in told])
