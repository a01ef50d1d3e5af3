# SPDX-License-Identifier: GPL-3.0-or-later
# One daemon inside a namespace, and what its user may ask it by HTTP.
import json
import os
import subprocess
import tempfile
import time

from network import inside

KEY = "key-of-this-test-0123456789"


class Node:
    def __init__(self, program, namespace, settings="", port_mapping=False):
        self.program, self.namespace = program, namespace
        self.folder = tempfile.mkdtemp(prefix=f"sf-{namespace}-")
        self.config = os.path.join(self.folder, "soulfabric.yml")
        self.log = os.path.join(self.folder, "log")
        self.process = None
        with open(self.config, "w") as file:
            file.write(
                "flags:\n  no_connect: true\n"
                "web:\n  ip_address: 127.0.0.1\n  authentication:\n    api_keys:\n      test:\n"
                f"        key: {KEY}\n        role: administrator\n        scopes: [mesh, relay, guard]\n"
                "mesh:\n  join: \"yes\"\n  publish: public\n  reconnect_interval: 2\n"
                f"  port_mapping: {str(port_mapping).lower()}\n"
                "  services: [mesh-introspect]\n  gateway:\n    enabled: true\n    services:\n      mesh-introspect: [\"*\"]\n"
                + settings)

    def start(self):
        command = inside(self.namespace, self.program, "daemon", "--app-dir", self.folder, "--config", self.config)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.wait("being on the mesh", lambda: (self.get("/api/v0/mesh") or {}).get("peerId"))

    def stop(self, kill=False):
        if self.process is None:
            return
        self.process.kill() if kill else self.process.terminate()
        self.process.wait()
        self.process = None

    def _curl(self, path, *more):
        command = inside(self.namespace, "curl", "-s", "-m", "20", "-H", f"X-API-Key: {KEY}", "-w", "\n%{http_code}",
                         *more, "http://127.0.0.1:5030" + path)
        answer = subprocess.run(command, capture_output=True, text=True).stdout
        body, _, code = answer.rpartition("\n")
        try:
            return int(code), json.loads(body)
        except ValueError:
            return int(code or 0), body

    def get(self, path):
        code, body = self._curl(path)
        return body if code == 200 else None

    def call(self, peer):
        """GetStatus of mesh-introspect at `peer`: (HTTP status, body)."""
        return self._curl("/mesh/http/mesh-introspect/GetStatus", "-X", "POST", "-H", f"X-Mesh-Peer: {peer}",
                          "-H", "Content-Type: application/json", "-d", "{}")

    @property
    def peer(self):
        return self.get("/api/v0/mesh")["peerId"]

    def links(self):
        return {link["peer"]: link for link in self.get("/api/v0/mesh")["links"]}

    def wait(self, what, condition, seconds=60):
        """Looks again until `condition` holds; what it gave."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process is not None and self.process.poll() is not None:
                break
            found = condition()
            if found:
                return found
            time.sleep(0.1)
        with open(self.log, errors="replace") as log:
            tail = log.read()[-30000:]
        raise AssertionError(f"{self.namespace}: {what} did not come about\n{tail}")
