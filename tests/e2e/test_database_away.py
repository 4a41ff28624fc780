#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""When PostgreSQL is away: clear refusals meanwhile, back by itself, nothing lost that was acknowledged. On a cluster
of its own, as it is stopped and killed."""

import os
import pathlib
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
os.environ["BPMND_TEST_DATABASE"] = "dbname=none"  # the harness need not start one: Away does
import harness  # noqa: E402
from harness import BPMND, PATIENCE, Database, Server, case, eventually, main, model, run  # noqa: E402
from private_server import Postgres  # noqa: E402

RECOVERY = 60
WAIT = model(
    "wait",
    """
  <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="check"/>
  <bpmn:userTask id="check" bpmnd:candidateGroups="clerks"/>
  <bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="end"/>
  <bpmn:endEvent id="end"/>""",
)


class Away:
    """A cluster, a database on it, a server on that."""

    def __init__(self):
        self.postgres = Postgres()
        self.postgres.start()
        os.environ["BPMND_TEST_DATABASE"] = self.postgres.conninfo("postgres")
        self.database = Database()
        self.server = Server(self.database)
        self.client().deploy(WAIT)

    def client(self):
        return self.server.client("admin", roles=["admin"])

    def __exit__(self, *how):
        try:
            self.server.__exit__(*how)
        finally:
            self.postgres.remove()

    def back(self):
        """Seconds until the server is ready and takes work."""
        began = time.monotonic()
        eventually(self.server.ready, 60)
        eventually(lambda: start(self.client(), "back").status == 201)
        return time.monotonic() - began


def start(client, business_key, **headers):
    return client.request("POST", "/v1/instances", {"definitionKey": "wait", "businessKey": business_key}, headers)


def refused(answer):
    assert answer.status == 503 and answer.json["retryable"] and int(answer.headers["Retry-After"]) >= 1, answer
    assert answer.json["type"] in ("urn:bpmnd:problem:unavailable", "urn:bpmnd:problem:in-doubt"), answer
    text = answer.body.decode()
    assert "/tmp" not in text and "psql" not in text and "FATAL" not in text, text


@case("stopped: refused at once, alive but not ready; started: back by itself")
def _(away):
    client = away.client()
    task = start(client, "before").json["tasks"][0]["id"]
    lines, stopped = len(away.server.log().splitlines()), time.monotonic()
    away.postgres.stop()
    eventually(lambda: not away.server.ready())
    client = away.client()
    assert client.get("/healthz").json == {"status": "ok"}
    refused(client.request("GET", "/readyz"))
    assert "bpmnd_database_ready 0" in client.get("/metrics").body.decode()
    for method, path, body in (
        ("POST", "/v1/instances", {"definitionKey": "wait"}),
        ("GET", "/v1/tasks", None),
        ("GET", f"/v1/tasks/{task}", None),
        ("POST", f"/v1/tasks/{task}/complete", {}),
        ("POST", "/v1/jobs/activate", {"type": "x", "worker": "w"}),
        ("GET", "/v1/instances", None),
    ):
        began = time.monotonic()
        refused(client.request(method, path, body))
        assert time.monotonic() - began < PATIENCE, (method, path)
    assert client.request("POST", "/v1/instances", {"colour": 1}).status == 422, "what needs no database is answered"
    assert client.request("GET", "/v1/nothing").status == 404
    time.sleep(1)
    grown = len(away.server.log().splitlines()) - lines
    seconds = time.monotonic() - stopped
    assert grown < 60 + 10 * seconds, f"{grown} lines of log in {seconds:.1f} s"
    away.postgres.start()
    assert away.back() < RECOVERY
    assert away.client().complete(task)["status"] == "completed"


class Load:
    """Clients that start instances and complete their tasks, each with a key, and note what was promised."""

    def __init__(self, away, clients=8):
        self.away = away
        self.started, self.completed, self.doubtful, self.refusals = [], [], [], 0
        self.over = threading.Event()
        self.failures = []
        self.threads = [threading.Thread(target=self.work, args=(n,)) for n in range(clients)]
        for thread in self.threads:
            thread.start()

    def ask(self, client, path, body, key):
        try:
            answer = client.request("POST", path, body, {"Idempotency-Key": key})
        except OSError:
            client.close()
            return None
        if answer.status >= 500:
            refused(answer)
            self.refusals += 1
            time.sleep(0.05)
            return None
        assert answer.status in (200, 201), answer
        return answer.json

    def persist(self, client, path, body, key):
        """Until it is answered, with the same key: once is what it must be in the end."""
        while not self.over.is_set():
            answer = self.ask(client, path, body, key)
            if answer:
                return answer
        self.doubtful.append(key)
        return None

    def work(self, n):
        client, count = self.away.client(), 0
        try:
            while not self.over.is_set():
                count += 1
                key = f"load-{id(self)}-{n}-{count}"
                made = self.persist(client, "/v1/instances", {"definitionKey": "wait", "businessKey": key}, key)
                if not made:
                    return
                self.started.append((key, made["id"]))
                task = made["tasks"][0]["id"]
                if self.persist(client, f"/v1/tasks/{task}/complete", {}, key + "-done"):
                    self.completed.append(made["id"])
        except Exception as failure:  # pylint: disable=broad-except
            self.failures.append(failure)

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def check(self, database):
        """What was promised is there, once; what is there was asked for."""
        rows = dict(database.query("SELECT id, business_key FROM bpmnd.any_instance WHERE business_key LIKE 'load-%'"))
        ended = {
            row[0]
            for row in database.query("SELECT id FROM history.instance WHERE status = 3 AND business_key LIKE 'load-%'")
        }
        lost = [key for key, made in self.started if rows.get(made) != key]
        assert not lost, f"acknowledged and lost: {lost[:5]}"
        assert set(self.completed) <= ended, "a completion was lost"
        keys = [key for key in rows.values() if key.startswith(f"load-{id(self)}-")]
        assert len(keys) == len(set(keys)), "started twice"
        assert set(keys) <= {key for key, _ in self.started} | set(self.doubtful), "started without being asked"
        activities = database.value("""SELECT count(*) FROM (SELECT instance_id, node FROM history.activity
                                       GROUP BY 1, 2 HAVING count(*) > 1) twice""")
        assert activities == "0", "an activity twice"


@case("a backend killed under load, and all of PostgreSQL: nothing acknowledged is lost, nothing done twice")
def _(away):
    load = Load(away)
    try:
        for kill in (one, terminate, restart):
            eventually(lambda: len(load.completed) > 0)
            time.sleep(0.7)
            kill(away)
            count = len(load.completed)
            eventually(lambda: len(load.completed) > count + 8, RECOVERY)
    finally:
        load.end()
    load.check(away.database)


def terminate(away):
    """One connection after the other, as an administrator would."""
    for _ in range(5):
        away.database.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            " ORDER BY random() LIMIT 2"
        )
        time.sleep(0.1)


def restart(away):
    away.postgres.kill()
    away.postgres.start()


def one(away):
    """PostgreSQL ends all others as well, and recovers."""
    away.postgres.kill_backend("bpmnd")
    eventually(away.postgres.ready)


class Few(Database):
    """A database of a role that may have only so many connections."""

    def __init__(self, postgres):
        self.name, self.cluster = "few", postgres.conninfo("postgres")
        for sql in ("CREATE ROLE few LOGIN", "CREATE DATABASE few OWNER few"):
            self.psql(self.cluster, sql)
        self.conninfo = f"host={postgres.home} user=few dbname=few"
        run(BPMND, "migrate", "--database", self.conninfo)

    def allow(self, count):
        self.psql(self.cluster, f"ALTER ROLE few CONNECTION LIMIT {count}")

    def allow_when(self, lack, nth):
        """As many as it likes, a while after the nth server that was made has said what it lacks. Its log up to then."""
        eventually(lambda: len(harness.STARTED) > nth and harness.STARTED[nth].log_file.exists(), RECOVERY)
        server = harness.STARTED[nth]
        eventually(lambda: lack in server.log_file.read_text(), RECOVERY)
        time.sleep(1)
        log = server.log_file.read_text()
        self.allow(-1)
        return log


@case("too few connections at the start, or none: not ready, and ready as soon as there are enough")
def _(away):
    few = Few(away.postgres)
    for limit, lack in ((2, "connection lost"), (0, "waiting-for-database")):
        few.allow(limit)
        logs, nth = [], len(harness.STARTED)
        allowing = threading.Thread(target=lambda: logs.append(few.allow_when(lack, nth)))
        allowing.start()
        with Server(few, workers=2) as server:
            allowing.join()
            assert logs and '"event":"ready"' not in logs[0], logs
            assert server.client("admin", roles=["admin"]).deploy(WAIT)["definitions"]


def serve(conninfo):
    words = [BPMND, "serve", "--database", conninfo, "--listen-port=0"]
    words += [f"--{name}={value}" for name, value in harness.KEYS.settings().items()]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@case("a database without the schema: it ends, and says why")
def _(away):
    process = serve(away.postgres.conninfo("postgres"))
    _, said = process.communicate(timeout=RECOVERY)
    assert process.returncode == 1 and "migrate" in said and "Sanitizer" not in said, (process.returncode, said)


@case("SIGTERM while it waits for the database")
def _(away):
    process = serve(away.postgres.conninfo("nowhere"))
    line = process.stderr.readline()
    assert "nowhere" in line, line
    process.terminate()
    _, said = process.communicate(timeout=RECOVERY)
    assert process.returncode in (0, 1) and "Sanitizer" not in said, (process.returncode, said)


main(server=Away)
