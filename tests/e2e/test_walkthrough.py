#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""README's walk through an approval, twice: its shell blocks as they are written, and step by step with every answer
looked at."""

import re
import subprocess

from harness import ROOT, DevServer, case, main


def shell_blocks():
    return re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


@case("README's blocks run as they are written")
def _(server):
    script = "set -eu -o pipefail\n" + "".join(shell_blocks())
    done = subprocess.run(["bash", "-c", script], cwd=server.folder, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"status":"completed"' in done.stdout.replace(" ", ""), done.stdout
    assert "notify" in done.stdout, done.stdout


@case("the walk, step by step")
def _(server):
    api = server.client()
    [definition] = api.get("/v1/definitions", key="purchase-approval", latest=True).json["items"]
    assert definition["executable"], definition
    example = (ROOT / "examples" / "purchase-approval.bpmn").read_bytes()
    assert api.get(f"/v1/definitions/{definition['id']}/xml").body == example

    instance = api.start("purchase-approval", amount=1200, requester="lin")
    assert instance["status"] == "running" and not instance["incident"], instance
    assert api.tasks(candidate="me", instanceId=instance["id"]) == []

    [job] = api.activate("AIService")
    assert job["instanceId"] == instance["id"] and job["variables"]["amount"] == 1200, job
    api.complete_job(job["id"], {"ai_result": "approved"})

    [task] = api.tasks(candidate="me", instanceId=instance["id"])
    assert "claim" in task["allowedActions"], task
    assert api.claim(task["id"])["assignee"] == "admin"
    api.complete(task["id"], {"approved": True})

    [job] = api.activate("notify-finance")
    api.complete_job(job["id"])
    assert api.instance(instance["id"])["status"] == "completed"
    check_history(server, api, instance["id"])


ELEMENTS = ["submitted", "ai-review", "ai-decision", "manager-approval", "manager-decision", "split", "notify-finance",
            "archive", "join", "done"]
FLOWS = ["to-ai-review", "to-ai-decision", "ai-approved", "to-manager-decision", "manager-approved", "to-notify",
         "to-archive", "archived", "notified", "to-done"]


def check_order(found, expected, alone):
    """The same in the same order, but for what runs side by side: all after the first `alone` and before the last."""
    assert found[:alone] == expected[:alone] and found[-1] == expected[-1], found
    assert set(found) == set(expected), found


def check_history(server, api, instance_id):
    activities = api.activities(instance_id)
    assert all(row["outcome"] == "completed" for row in activities), activities
    assert activities == sorted(activities, key=lambda row: (row["startedAt"], int(row["id"])))
    check_order([row["elementId"] for row in activities], ELEMENTS, 6)
    flows = [row["flowId"] for row in api.flows(instance_id)]
    check_order(flows, FLOWS, 5)
    assert len(flows) == len(FLOWS), flows
    assert api.variables(instance_id)["archived"] is True

    rows = server.query(f"SELECT element_id FROM report.activity_instance WHERE instance_id = {instance_id}"
                        " ORDER BY started_at, activity_id")
    assert [row[0] for row in rows] == [row["elementId"] for row in activities], rows
    rows = server.query(f"SELECT flow_id FROM report.sequence_flow WHERE instance_id = {instance_id}"
                        " ORDER BY taken_at, passage_id")
    assert [row[0] for row in rows] == flows, rows
    [[status]] = server.query(f"SELECT status FROM report.process_instance WHERE instance_id = {instance_id}")
    assert status == "completed", status


main(server=DevServer)
