# SPDX-License-Identifier: Apache-2.0
"""A private PostgreSQL cluster and a bpmnd on it, for the programs that start and kill them (tests/bench, tests/fault).

Everything lives in one new folder and listens on a unix socket and on loopback only. PostgreSQL does not run as root:
there its processes are the system user's.
"""

import glob
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from http.client import HTTPException, HTTPSConnection

SYSTEM_USER = "postgres"
ROLES = ["admin", "deployer", "operator", "starter", "approver", "worker", "analyst"]


class Trouble(Exception):
    """Something did not start, or not answer; the text says what."""


def wait_until(condition, seconds, what, pause=0.02):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Trouble(f"{what}: not within {seconds} s")
        time.sleep(pause)


def all_gone(pids):
    return not any(os.path.exists(f"/proc/{pid}") for pid in pids)


def free_port():
    """Below the range that the kernel gives to clients, so that no connection of ours can take it meanwhile."""
    for port in range(20000 + os.getpid() % 5000, 32000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Trouble("no free port")


class Postgres:
    """One cluster. Settings are those of `bpmnd dev`: durable, and large enough that checkpoints are rare."""

    SETTINGS = {
        "listen_addresses": "''",
        "shared_buffers": "256MB",
        "max_wal_size": "4GB",
        "max_connections": "100",
        "fsync": "on",
        "synchronous_commit": "on",
        "log_min_messages": "fatal",
    }

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="bpmnd-test-")
        self.data = os.path.join(self.home, "data")
        self.log = os.path.join(self.home, "postgres.log")
        self.user = SYSTEM_USER if os.geteuid() == 0 else None
        self.role = SYSTEM_USER if self.user else pwd.getpwuid(os.geteuid()).pw_name
        if self.user:
            shutil.chown(self.home, self.user)
        os.chmod(self.home, 0o755)
        programs = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"), key=lambda path: int(path.split("/")[4]))
        self.programs = os.path.dirname(programs[-1]) if programs else os.path.dirname(shutil.which("postgres") or "")
        self.process = None
        self._run("initdb", "-D", self.data, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        with open(os.path.join(self.data, "postgresql.conf"), "a", encoding="ascii") as conf:
            for name, value in self.SETTINGS.items():
                conf.write(f"{name} = {value}\n")
            conf.write(f"unix_socket_directories = '{self.home}'\n")

    def _run(self, program, *words):
        done = subprocess.run([os.path.join(self.programs, program), *words], user=self.user, cwd="/", text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise Trouble(f"{program}: {done.stdout}")

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([os.path.join(self.programs, "postgres"), "-D", self.data], user=self.user,
                                            cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)
        wait_until(self.ready, 60, "PostgreSQL")

    def ready(self):
        if self.process.poll() is not None:
            raise Trouble(f"PostgreSQL ended; see {self.log}")
        return subprocess.run(["psql", "-XAtqc", "SELECT 1", self.conninfo("postgres")], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def kill(self):
        """kill -9 of the postmaster; its children notice and end. Returns when all are gone."""
        children = self.children()
        self.process.kill()
        self.process.wait()
        wait_until(lambda: all_gone(children), 60, "end of PostgreSQL's processes")

    def kill_backend(self, application):
        """kill -9 of one connection of that application: PostgreSQL then ends all others and recovers. Returns when they
        are gone."""
        sql = f"SELECT pid FROM pg_stat_activity WHERE application_name = '{application}'"
        pids = [int(pid) for pid in self.query("postgres", sql).split()]
        if pids and pids[0] in self.children():
            os.kill(pids[0], signal.SIGKILL)
            wait_until(lambda: all_gone(pids), 60, "end of the connections")

    def children(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.kill()

    def remove(self):
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def conninfo(self, database):
        return f"host={self.home} user={self.role} dbname={database}"

    def query(self, database, sql):
        """The rows as psql prints them: one a line, columns separated by |."""
        done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, self.conninfo(database)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise Trouble(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()

    def create_database(self, name):
        self.query("postgres", f"CREATE DATABASE {name}")


class Bpmnd:
    """The daemon on one database, with keys in `folder`, which several may share; it may be started and killed again and
    again."""

    def __init__(self, program, postgres, database, folder, workers=2):
        self.program = os.path.abspath(program)
        self.conninfo = postgres.conninfo(database)
        self.folder = folder
        self.workers = workers
        self.port = free_port()
        self.process = None
        self.log = os.path.join(folder, f"bpmnd-{self.port}.log")
        self.ca = os.path.join(folder, "ca.pem")
        if not os.path.exists(self.ca):
            self.command("keys", "--dir", folder)
        self.trust = ssl.create_default_context(cafile=self.ca)

    def command(self, *words):
        done = subprocess.run([self.program, *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise Trouble(f"bpmnd {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def migrate(self):
        self.command("migrate", "--database", self.conninfo)

    def token(self, user, groups=(), roles=ROLES):
        words = [word for group in groups for word in ("--group", group)]
        words += [word for role in roles for word in ("--role", role)]
        return self.command("token", "--dir", self.folder, "--user", user, *words)

    def start(self, wait=True):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "serve", "--database", self.conninfo, "--listen-port", str(self.port),
                 "--workers", str(self.workers), "--tls-certificate", os.path.join(self.folder, "server.pem"),
                 "--tls-key", os.path.join(self.folder, "server.key"),
                 "--jwks-file", os.path.join(self.folder, "issuer.jwks"), "--jwt-issuer", "bpmnd-dev", "--jwt-audience", "bpmnd", "--log-level", "warning"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        if wait:
            wait_until(self.ready, 60, "bpmnd", pause=0.002)

    def ready(self):
        if self.process.poll() is not None:
            raise Trouble(f"bpmnd ended with {self.process.returncode}\n{self.last_words()}")
        connection = HTTPSConnection("127.0.0.1", self.port, timeout=5, context=self.trust)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def last_words(self):
        """The end of its log."""
        try:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                return file.read()[-2000:]
        except OSError:
            return ""

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.kill()
