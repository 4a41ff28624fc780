#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The dev server's life: data survive a restart, nothing is left behind, and each kind of untidy end is recovered."""

import os
import pathlib
import stat

from harness import DevServer, case, eventually, main


def postmaster(server):
    home = (server.folder / "var" / "postgres").resolve()
    return int((home / "data" / "postmaster.pid").read_text().split()[0])


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def definitions(server):
    return server.client().get("/v1/definitions", count=True).json["items"]


@case("what is secret is for its owner alone")
def _(server):
    for name in ("admin.token", "issuer.jwk", "server.key"):
        mode = stat.S_IMODE((server.dev / name).stat().st_mode)
        assert mode == 0o600, f"{name}: {mode:o}"
    assert int(server.text("pid")) == server.process.pid


@case("the socket's path is short enough for PostgreSQL and the database is as durable as in production")
def _(server):
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        assert server.query(f"SHOW {name}") == [["on"]], name
    assert server.query("SELECT current_setting('listen_addresses') = ''") == [["t"]]


@case("a second one in the same folder is refused and harms nobody")
def _(server):
    second = server.launch()
    output, _ = second.communicate(timeout=60)
    assert second.returncode == 1 and "in use" in output, output
    assert server.client().get("/readyz").status == 200
    assert int(server.text("pid")) == server.process.pid


@case("a restart keeps data, keys and versions")
def _(server):
    before = definitions(server)
    token = server.text("admin.token")
    pid = postmaster(server)
    server.stop()
    assert not alive(pid) and not (server.dev / "url").exists() and not (server.dev / "pid").exists()
    server.start()
    assert before and definitions(server) == before
    api = server.client()
    api.token = token
    api.get("/v1/definitions")


@case("kill -9 takes PostgreSQL along, and the next start goes on")
def _(server):
    before = definitions(server)
    pid = postmaster(server)
    server.kill()
    eventually(lambda: not alive(pid))
    server.start()
    assert definitions(server) == before


@case("PostgreSQL killed comes back by itself")
def _(server):
    before = definitions(server)
    os.kill(postmaster(server), 9)
    eventually(lambda: answered(server, before), 60)


def answered(server, expected):
    response = server.client().request("GET", "/v1/definitions?count=true")
    return response.status == 200 and response.json["items"] == expected


@case("a lock file that names a stranger does not keep it from starting")
def _(server):
    server.stop()
    data = (server.folder / "var" / "postgres").resolve() / "data"
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n")
    server.start()
    assert definitions(server)


@case("a taken port: the next free one")
def _(server):
    other = DevServer()
    try:
        assert other.port != server.port and definitions(other)
    finally:
        other.stop()


main(server=DevServer)
