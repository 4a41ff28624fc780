# SPDX-License-Identifier: Apache-2.0
"""A client that deploys: at first everything, then new versions of what the others start, while they do."""

import os
import re

from ledger import Broken, Client

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "diagrams")
DIAGRAMS = ["ledger", "trees", "events", "alarmed", "trips", "guards", "bazaar"]
AGAIN = ["ledger", "trees", "alarmed", "guards"]
PAUSE_SECONDS = (0.5, 3)
VARYING = re.compile(rb"<!-- every other version -->.*<!-- every version -->", re.DOTALL)


class Deployer(Client):
    def __init__(self, *words):
        super().__init__(*words)
        self.headers["Content-Type"] = "application/xml"

    def deploy(self, name):
        key = self.new_key(f"deploy-{name}")
        with open(os.path.join(FOLDER, f"{name}.bpmn"), "rb") as file:
            diagram = file.read() + f"<!-- {key} -->\n".encode()
        if self.ledger.versions.get(name, 0) % 2:
            diagram = VARYING.sub(b"", diagram)
        status, answer = self.ask("/v1/deployments", key, diagram)
        if status != 201:
            raise Broken(f"{key}: {status} {answer}")
        self.ledger.versions[name] = self.ledger.versions.get(name, 0) + 1

    def deploy_all(self):
        for name in DIAGRAMS:
            self.deploy(name)

    def live(self):
        while not self.stop.wait(self.random.uniform(*PAUSE_SECONDS)):
            self.deploy(self.random.choice(AGAIN))
