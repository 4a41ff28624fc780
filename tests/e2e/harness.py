# SPDX-License-Identifier: Apache-2.0
"""Servers, clients and cases for the end-to-end tests: Python's standard library only, TAP on standard output.

A test file is a program:

    #!/usr/bin/env python3
    from harness import Server, case, main

    @case("a task waits for a person")
    def _():
        with Server() as server:                    # a fresh database, a server on a free port, gone afterwards
            admin = server.client("admin", roles=["admin"])
            admin.deploy("examples/purchase-approval.bpmn")
            instance = admin.start("purchase-approval", amount=1200)
            assert admin.tasks(instanceId=instance["id"]) == []

    main()

Register it in tests/include.am (dist_check_SCRIPTS). Alone it runs as `tests/e2e/test_x.py [--only WORD]`; it looks for
bpmnd in $builddir, then in build/. Cases run one after the other; `main(server=Server)` starts one server for the whole
file and hands it to each case that takes an argument, which is a lot faster than one each.

Server(database=None, **settings)
    A `bpmnd serve`. settings are those of `bpmnd help` with `_` for `-` (drain_time="PT1S"). Several servers may share
    a Database. client(user, groups=, roles=, tenant=, ttl=) | token(the same) | stop() (SIGTERM, the exit status is
    checked) | kill() | start() (again) | ready() | log() | events() | url, port, database, pid.
DevServer()
    A `bpmnd dev` in a folder of its own, with the checkout's examples: client() | query(sql) | stop() | kill() |
    start() | folder, url.
Database()
    A fresh database with bpmnd's schema. query(sql) -> rows as lists of texts | value(sql) | conninfo | drop().
Client
    One user's keep-alive connection that trusts the server's certificate only. get, post, put, patch, delete(path,
    body=None, expect=2xx, headers={}, **query) -> Response(status, headers, body, json). A status that was not expected
    fails the case and shows the problem. Then, in the words of the API: deploy, start, instance, variables, tasks,
    task, claim, complete, activate, complete_job, fail_job, throw_error, publish, broadcast, activities, flows, tokens,
    incidents.
eventually(function, timeout=PATIENCE)
    Calls until the result is true (or the assertion in it holds) and returns it.
parallel(count, function)
    Runs function(0) .. function(count - 1) in a thread each, set off together; the results in order.
in_time(attempt)
    Calls attempt(seconds), which returns None when it was too late, with more seconds each time.
skip(reason), model(key, body), sequence(key, node...)
    Ends the case as skipped; wraps process content into a BPMN document with the usual namespaces; makes the nodes a line
    between a start and an end event.

The cluster comes from tests/with-postgres: in `make check` one for all programs, otherwise one of the file's own.

No case may depend on how fast the machine is: it may stand still for seconds between any two lines. So nothing is slept
for that is to happen (eventually), a time that must not have come yet is far away or is looked at again (in_time), and
what must be quick has PATIENCE, as a guard against what hangs.
"""

import atexit
import csv
import http.client
import io
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 30
START_TIMEOUT = 120
STOP_TIMEOUT = 60
KEPT_SECONDS = 30  # after which an idle connection is not used again; the server closes it after 75


def find_bpmnd():
    for folder in (os.environ.get("builddir"), ROOT / "build"):
        if folder and os.access(os.path.join(folder, "bpmnd"), os.X_OK):
            return os.path.abspath(os.path.join(folder, "bpmnd"))
    sys.exit("harness: no bpmnd in $builddir or build/")


def ensure_postgres():
    """Without a cluster the program starts again, wrapped into one."""
    if "BPMND_TEST_DATABASE" not in os.environ:
        wrapper = str(ROOT / "tests" / "with-postgres")
        os.execv(wrapper, [wrapper, sys.executable, *sys.argv])


ensure_postgres()
BPMND = find_bpmnd()
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="bpmnd-e2e-"))
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)


def run(*words, **options):
    """Runs a program to its end and returns its output; a failure shows what it said."""
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, **options)
    assert done.returncode == 0, f"{words[0]} {words[1]}: status {done.returncode}: {done.stderr or done.stdout}"
    return done.stdout


def eventually(function, timeout=PATIENCE, pause=0.05):
    deadline = time.monotonic() + timeout
    while True:
        try:
            result = function()
            if result or time.monotonic() > deadline:
                assert result, f"not within {timeout} s: {function}"
                return result
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        time.sleep(pause)


def in_time(attempt):
    """What must be done before a time comes: attempt(seconds) has so many and returns None when it was too late. Then it
    has more."""
    for seconds in (1, 2, 4, 8, 16, 32):
        result = attempt(seconds)
        if result is not None:
            return result
    raise AssertionError("too late each time, the last time after 32 s")


# --- database ---


class Database:
    """A database of its own in the test cluster."""

    def __init__(self, migrate=True):
        self.name = "t" + uuid.uuid4().hex[:16]
        self.cluster = os.environ["BPMND_TEST_DATABASE"]
        self.psql(self.cluster, f"CREATE DATABASE {self.name}")
        self.conninfo = f"{self.cluster} dbname={self.name}"
        if migrate:
            run(BPMND, "migrate", "--database", self.conninfo)

    @staticmethod
    def psql(conninfo, sql):
        return run("psql", "--no-psqlrc", "--quiet", "--csv", "--tuples-only", "--set=ON_ERROR_STOP=1",
                   "--command", sql, conninfo)

    def query(self, sql):
        return list(csv.reader(io.StringIO(self.psql(self.conninfo, sql))))

    def value(self, sql):
        return self.query(sql)[0][0]

    def drop(self):
        """PostgreSQL waits for 5 s only until the sessions that it ends have gone."""
        eventually(lambda: self.psql(self.cluster, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)") == "")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.drop()


# --- server ---


class Keys:
    """One certificate and token issuer for all servers of the program, so that tokens fit each of them."""

    def __init__(self):
        self.folder = SCRATCH / "keys"
        self.tokens = {}
        self.context = None

    def make(self):
        if not self.folder.exists():
            run(BPMND, "keys", "--dir", self.folder)
        return self.folder

    def settings(self):
        folder = self.make()
        return {
            "tls-certificate": folder / "server.pem",
            "tls-key": folder / "server.key",
            "jwks-file": folder / "issuer.jwks",
            "jwt-issuer": "bpmnd-dev",
            "jwt-audience": "bpmnd",
        }

    def token(self, user, groups=(), roles=(), tenant=None, ttl="P1D"):
        who = (user, tuple(groups), tuple(roles), tenant, ttl)
        if who not in self.tokens:
            words = ["--user", user, "--ttl", ttl, "--dir", self.make()]
            words += [word for group in groups for word in ("--group", group)]
            words += [word for role in roles for word in ("--role", role)]
            words += ["--tenant", tenant] if tenant else []
            self.tokens[who] = run(BPMND, "token", *words).strip()
        return self.tokens[who]

    def trust(self):
        self.context = self.context or ssl.create_default_context(cafile=str(self.make() / "ca.pem"))
        return self.context


KEYS = Keys()
STARTED = []  # every server of the program: their logs are shown when a case fails, their processes ended at the end


class Server:
    """A `bpmnd serve` on a database, its own unless one is given."""

    def __init__(self, database=None, **settings):
        self.own_database = database is None
        self.database = database or Database()
        self.settings = {"listen-port": 0, "port-search": True, "workers": 2, "database": self.database.conninfo,
                         **KEYS.settings()}
        self.settings.update({name.replace("_", "-"): value for name, value in settings.items()})
        self.log_file = SCRATCH / f"server-{len(STARTED)}.log"
        self.process = None
        self.port = None
        STARTED.append(self)
        self.start()

    def start(self):
        """Starts it (again), on the same port unless that was taken meanwhile; returns when it is ready."""
        words = [BPMND, "serve"] + [f"--{name}={self._word(value)}" for name, value in self.settings.items()]
        with open(self.log_file, "ab") as log:
            self._log_start = log.tell()
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.port = self._wait_until_listening()
        self.settings["listen-port"] = self.port
        eventually(self.ready, START_TIMEOUT)

    @staticmethod
    def _word(value):
        return str(value).lower() if isinstance(value, bool) else value

    def _wait_until_listening(self):
        def port():
            assert self.process.poll() is None, f"bpmnd serve ended with {self.process.returncode}:\n{self.log()}"
            for event in self.events():
                if "port" in event:
                    return event["port"]
            return None

        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            found = port()
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(f"bpmnd serve does not listen:\n{self.log()}")

    def log(self):
        """What it wrote since it was started last."""
        with open(self.log_file, "rb") as log:
            log.seek(self._log_start)
            return log.read().decode("utf-8", "replace")

    def events(self):
        """The log's lines as dictionaries; other lines are left out."""
        events = []
        for line in self.log().splitlines():
            try:
                events.append(json.loads(line))
            except ValueError:
                pass
        return [event for event in events if isinstance(event, dict)]

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    def ready(self):
        try:
            return Client(self, None).request("GET", "/readyz").status == 200
        except OSError:
            return False

    def token(self, user="admin", **who):
        return KEYS.token(user, **who)

    def trust(self):
        return KEYS.trust()

    def client(self, user="admin", **who):
        return Client(self, self.token(user, **who))

    def kill(self):
        """As a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self):
        """Asks it to end and insists that it ends well: sanitizers report their findings in the exit status."""
        if self.process:
            status = self._end(signal.SIGTERM)
            assert status == 0, f"bpmnd serve ended with {status}:\n{self.log()[-4000:]}"

    def _end(self, number):
        process, self.process = self.process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            return process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"bpmnd serve does not end:\n{self.log()[-4000:]}") from None

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        self._end(signal.SIGKILL) if failed else self.stop()
        if self.own_database:
            self.database.drop()


class DevServer:
    """A `bpmnd dev`, with its folder laid out as a checkout's."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bpmnd-dev-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o755)
        (self.folder / "examples").symlink_to(ROOT / "examples")
        self.dev = self.folder / "var" / "dev"
        self.log_file = self.dev / "log"
        self.process = None
        STARTED.append(self)
        self.start()

    def launch(self):
        return subprocess.Popen([BPMND, "dev"], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def start(self):
        (self.dev / "url").unlink(missing_ok=True)
        self.process = self.launch()

        def up():
            if self.process.poll() is not None:
                raise RuntimeError(f"bpmnd dev: {self.process.stdout.read()}")
            return (self.dev / "url").exists()

        eventually(up, START_TIMEOUT)

    def text(self, name):
        return (self.dev / name).read_text().strip()

    @property
    def url(self):
        return self.text("url")

    @property
    def port(self):
        return int(self.url.rpartition(":")[2])

    def trust(self):
        return ssl.create_default_context(cafile=str(self.dev / "ca.pem"))

    def token(self, user="admin", groups=(), roles=()):
        words = ["--user", user] + [word for group in groups for word in ("--group", group)]
        words += [word for role in roles for word in ("--role", role)]
        return run(BPMND, "token", *words, "--dir", self.dev).strip()

    def client(self, user=None, **who):
        return Client(self, self.token(user, **who) if user else self.text("admin.token"))

    def query(self, sql):
        return list(csv.reader(io.StringIO(Database.psql(self.text("psql"), sql))))

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        output, _ = self.process.communicate(timeout=STOP_TIMEOUT)
        assert self.process.returncode == 0, f"bpmnd dev ended with {self.process.returncode}: {output}"
        return output

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        self.kill() if failed else self.stop()


# --- client ---


class Response:
    """An answer; `json` is None where the body is none."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body) if "json" in self.headers.get("Content-Type", "") else None

    @property
    def etag(self):
        return self.headers.get("ETag")

    def __repr__(self):
        return f"{self.status} {self.body.decode('utf-8', 'replace')[:2000]}"


class Client:
    """One user's connection to one server. Not for several threads at once: give each its own."""

    def __init__(self, server, token):
        self.server = server
        self.token = token
        self.connection = None
        self.used_at = 0

    # The transport.

    def request(self, method, path, body=None, headers=None, timeout=60):
        """One request on the kept connection; bytes and texts go as they are, other bodies as JSON."""
        headers = dict(headers or {})
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        if isinstance(body, str):
            body = body.encode()
        if time.monotonic() - self.used_at > KEPT_SECONDS:
            self.close()
        fresh = self.connection is None or self.connection.port != self.server.port
        if fresh:
            self._connect(timeout)
        self.connection.timeout = timeout
        self.connection.sock.settimeout(timeout)
        try:
            return self._exchange(method, path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self.close()
            if fresh or method not in ("GET", "HEAD"):
                raise
        # A kept connection that the server has closed meanwhile; a read may be asked again.
        self._connect(timeout)
        return self._exchange(method, path, body, headers)

    def _connect(self, timeout):
        self.connection = http.client.HTTPSConnection("127.0.0.1", self.server.port, timeout=timeout,
                                                      context=self.server.trust())
        self.connection.connect()

    def _exchange(self, method, path, body, headers):
        try:
            self.connection.request(method, path, body=body, headers=headers)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            pass  # the server has answered before it had read everything
        answer = self.connection.getresponse()
        response = Response(answer.status, answer.headers, answer.read())
        self.used_at = time.monotonic()
        if answer.will_close:
            self.close()
        return response

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def call(self, method, path, body=None, expect=None, headers=None, timeout=60, **query):
        """A request whose status must be `expect` (a number, or 2xx where None)."""
        if query:
            path += "?" + urllib.parse.urlencode({name: self._query_word(value) for name, value in query.items()})
        response = self.request(method, path, body, headers, timeout)
        good = response.status == expect if expect else 200 <= response.status < 300
        assert good, f"{method} {path}: expected {expect or '2xx'}, got {response}"
        return response

    @staticmethod
    def _query_word(value):
        return str(value).lower() if isinstance(value, bool) else value

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.call("POST", path, body, **options)

    def put(self, path, body=None, **options):
        return self.call("PUT", path, body, **options)

    def patch(self, path, body=None, **options):
        return self.call("PATCH", path, body, **options)

    def delete(self, path, body=None, **options):
        return self.call("DELETE", path, body, **options)

    # The words of the API.

    def deploy(self, diagram, name=None, **options):
        """Deploys XML, or a file seen from the checkout; the answer's JSON."""
        if not diagram.lstrip().startswith("<"):
            name = name or os.path.basename(diagram)
            diagram = (ROOT / diagram).read_bytes()
        if name:
            options["name"] = name
        headers = {"Content-Type": "application/xml", **options.pop("headers", {})}
        return self.post("/v1/deployments", diagram, headers=headers, **options).json

    def start(self, key, businessKey=None, expect=None, headers=None, **variables):
        """Starts an instance of the latest version; the instance."""
        body = {"definitionKey": key, "variables": variables}
        if businessKey is not None:
            body["businessKey"] = businessKey
        return self.post("/v1/instances", body, expect=expect, headers=headers).json

    def instance(self, instance_id):
        return self.get(f"/v1/instances/{instance_id}").json

    def variables(self, instance_id):
        return self.get(f"/v1/instances/{instance_id}/variables").json

    def _list(self, path, query):
        answer = self.get(path, **query).json
        return answer["items"] if isinstance(answer, dict) else answer

    def activities(self, instance_id, **query):
        return self._list(f"/v1/instances/{instance_id}/activities", query)

    def flows(self, instance_id, **query):
        return self._list(f"/v1/instances/{instance_id}/flows", query)

    def tokens(self, instance_id, **query):
        return self._list(f"/v1/instances/{instance_id}/tokens", query)

    def incidents(self, instance_id=None, **query):
        return self._list(f"/v1/instances/{instance_id}/incidents" if instance_id else "/v1/incidents", query)

    def tasks(self, **query):
        return self._list("/v1/tasks", query)

    def task(self, task_id):
        return self.get(f"/v1/tasks/{task_id}").json

    def claim(self, task_id, **options):
        return self.post(f"/v1/tasks/{task_id}/claim", **options).json

    def complete(self, task_id, variables=None, expect=None, headers=None, **body):
        if variables is not None:
            body["variables"] = variables
        return self.post(f"/v1/tasks/{task_id}/complete", body, expect=expect, headers=headers).json

    def activate(self, job_type, count=1, worker="test", lockFor="PT1M", **body):
        """Takes up to `count` jobs; a list."""
        body = {"type": job_type, "worker": worker, "max": count, "lockFor": lockFor, **body}
        return self.post("/v1/jobs/activate", body).json["jobs"]

    def complete_job(self, job_id, variables=None, **options):
        return self.post(f"/v1/jobs/{job_id}/complete", {"variables": variables or {}}, **options).json

    def publish(self, name, expect=None, dryRun=None, **body):
        """A message; what it reached, as a list."""
        query = {} if dryRun is None else {"dryRun": dryRun}
        return self.post("/v1/messages", {"name": name, **body}, expect=expect, **query).json.get("results")

    def broadcast(self, name, **body):
        return self.post("/v1/signals", {"name": name, **body}, expect=202).json

    def fail_job(self, job_id, message="failed", expect=None, **body):
        return self.post(f"/v1/jobs/{job_id}/fail", {"message": message, **body}, expect=expect).json

    def throw_error(self, job_id, code, message="", variables=None, **options):
        body = {"code": code, "message": message, "variables": variables or {}}
        return self.post(f"/v1/jobs/{job_id}/error", body, **options).json


# --- diagrams ---


def model(key, body, extra="", **attributes):
    """A BPMN document with one executable process; `extra` comes before it (messages, errors)."""
    named = " ".join(f'{name}="{value}"' for name, value in {"isExecutable": "true", **attributes}.items())
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmnd="urn:bpmnd:model:1"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    targetNamespace="urn:test">
{extra}
<bpmn:process id="{key}" {named}>
{body}
</bpmn:process>
</bpmn:definitions>
"""


def sequence(key, *nodes, beside="", extra="", start='<bpmn:startEvent id="start"/>', **attributes):
    """A document with a process that is a line: a start event, the nodes, an end event `end`. `beside` stands beside."""
    nodes = [start, *nodes, '<bpmn:endEvent id="end"/>']
    ids = [re.search(r'\bid="([^"]+)"', node).group(1) for node in nodes]
    flows = [f'<bpmn:sequenceFlow id="to-{target}" sourceRef="{source}" targetRef="{target}"/>'
             for source, target in zip(ids, ids[1:])]
    return model(key, "\n".join([*nodes, *flows, beside]), extra, **attributes)


# --- cases ---


class Skipped(Exception):
    """Raised by skip()."""


def skip(reason):
    raise Skipped(reason)


CASES = []


def case(name):
    def register(function):
        CASES.append((name, function))
        return function

    return register


def diagnose():
    """What helps to understand a failure, as TAP comments."""
    text = traceback.format_exc()
    for server in STARTED:
        if server.log_file.exists():
            lines = server.log_file.read_text("utf-8", "replace").splitlines()[-15:]
            text += f"{server.log_file.name}:\n" + "\n".join(f"  {line}" for line in lines) + "\n"
    for line in text.splitlines():
        print(f"# {line}")


def run_case(number, name, function, server):
    try:
        function(server) if function.__code__.co_argcount else function()
        print(f"ok {number} - {name}")
        return True
    except Skipped as reason:
        print(f"ok {number} - {name} # SKIP {reason}")
        return True
    except Exception:  # pylint: disable=broad-except
        print(f"not ok {number} - {name}")
        diagnose()
        return False
    finally:
        sys.stdout.flush()


def chosen_cases():
    word = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
    return [(name, function) for name, function in CASES if word in name]


def end_leftovers():
    for server in STARTED:
        if server.process and server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def main(server=None, **settings):
    """Runs the file's cases and ends the program. With a kind of server they share one, made with `settings`."""
    atexit.register(end_leftovers)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    cases = chosen_cases()
    shared = server(**settings) if server else None
    results = [run_case(number, name, function, shared) for number, (name, function) in enumerate(cases, 1)]
    count = len(cases)
    if shared:
        count += 1
        results.append(run_case(count, "the server ends well", lambda: shared.__exit__(None, None, None), None))
    print(f"1..{count}")
    sys.exit(0 if all(results) else 1)


def parallel(count, function):
    """Runs function(0) .. function(count - 1) in a thread each, all set off together; the results in order."""
    results = [None] * count
    gate = threading.Barrier(count)

    def work(index):
        gate.wait()
        try:
            results[index] = function(index)
        except Exception as failure:  # pylint: disable=broad-except
            results[index] = failure

    threads = [threading.Thread(target=work, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results
