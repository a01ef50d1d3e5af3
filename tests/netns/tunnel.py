# SPDX-License-Identifier: GPL-3.0-or-later
# Tunnels where they are needed: a home behind a router and a VPS drive each other over the home's one outbound link; two homes meet
# through the VPS, which is killed in between.
import json
import subprocess
import sys

import network

network.enter_own_namespaces()
from network import inside  # noqa: E402
from node import KEY, Node  # noqa: E402

PORTS = {"vps": 5041, "home": 5042, "second": 5043}


def expect(what, holds, detail=""):
    print(("ok   " if holds else "FAIL ") + what, detail if not holds else "", flush=True)
    if not holds:
        raise AssertionError(what)


def through(node, forward, path="/api/v0/mesh", key=KEY, host=None):
    """GET through a forward, as a browser on that machine would: (HTTP status, body)."""
    port = PORTS[forward]
    command = ["curl", "-s", "-m", "20", "-w", "\n%{http_code}", "--resolve", f"{forward}.localhost:{port}:127.0.0.1"]
    if key:
        command += ["-H", f"X-API-Key: {key}"]
    if host:
        command += ["-H", f"Host: {host}"]
    answer = subprocess.run(inside(node.namespace, *command, f"http://{forward}.localhost:{port}{path}"), capture_output=True, text=True).stdout
    body, _, code = answer.rpartition("\n")
    try:
        return int(code), json.loads(body)
    except ValueError:
        return int(code or 0), body


def shows(node, forward, peer):
    """Whether the page behind the forward is that of this peer."""
    status, body = through(node, forward)
    return status == 200 and body.get("peerId") == peer


def settings(*, peers, relay, forwards):
    text = "  peers:\n" if peers else ""
    for peer, lines in peers.items():
        text += f"    {peer}:\n" + "".join(f"      {line}\n" for line in lines)
    text += "relay:\n  trusted:\n" + "".join(f"    {line}\n" for line in relay)
    text += "forwards:\n" if forwards else ""
    for name, lines in forwards.items():
        text += f"  {name}:\n    port: {PORTS[name]}\n" + "".join(f"    {line}\n" for line in lines)
    return text


def main(program):
    internet = network.Internet()
    address = internet.host("vps")
    internet.home("home1")
    internet.home("home2")
    vps, home1, home2 = nodes = [Node(program, name) for name in ("vps", "home1", "home2")]
    try:
        ids = {}
        for node in nodes:  # once, for their ids
            node.start()
            ids[node.namespace] = node.peer
            node.stop()
        there = f"endpoints: [\"{address}:50305\"]"
        wishes = {
            "vps": settings(peers={ids["home1"]: ["rights: [tunnel_targets]", f"relay_for: [{ids['home2']}]"], ids["home2"]: ["trusted: false"]},
                            relay=["enabled: true", "relay: true"], forwards={"home": [f"peer: {ids['home1']}"]}),
            "home1": settings(peers={ids["vps"]: [there, "rights: [tunnel_targets]"]}, relay=["enabled: true"],
                              forwards={"vps": [f"peer: {ids['vps']}"], "second": [f"peer: {ids['home2']}", f"via: {ids['vps']}"]}),
            "home2": settings(peers={ids["vps"]: [there], ids["home1"]: ["rights: [tunnel_targets]"]}, relay=["enabled: true"], forwards={}),
        }
        for node in nodes:
            with open(node.config, "a") as file:
                file.write(wishes[node.namespace])
            node.start()
        for node in (home1, home2):
            node.wait("a link to the VPS", lambda node=node: ids["vps"] in node.links())

        home1.wait("the VPS's page at home", lambda: shows(home1, "vps", ids["vps"]))
        print("ok   home drives the VPS", flush=True)
        vps.wait("the home's page on the VPS", lambda: shows(vps, "home", ids["home1"]))
        print("ok   the VPS drives home", flush=True)
        link = vps.links()[ids["home1"]]
        expect("both over the link that the home dialled", link["direction"] == "inbound", str(link))

        status, _ = through(home1, "vps", key=None)
        expect("a tunnel is not local: without a key nothing is answered", status == 401, str(status))
        status, body = through(home1, "vps", host=f"localhost:{PORTS['vps']}")
        expect("a forward answers to its own host only", status == 421, f"{status} {body}")
        status, _ = through(home1, "vps", path="/", key=None)
        expect("the page itself comes through", status == 200, str(status))

        home1.wait("the second home's page", lambda: shows(home1, "second", ids["home2"]))
        print("ok   two homes meet through the VPS", flush=True)
        expect("they have no link of their own", ids["home2"] not in home1.links())
        vps.stop(kill=True)
        status, body = through(home1, "second")
        expect("with the VPS killed it is said so", status in (502, 504) and str(body).strip().endswith("."), f"{status} {body}")
        vps.start()
        home1.wait("the second home's page again", lambda: shows(home1, "second", ids["home2"]))
        print("ok   and they meet again when it is back", flush=True)
        expect("nobody was blamed", all(not node.get("/api/v0/guard/bans") for node in nodes))
    finally:
        for node in nodes:
            node.stop(kill=True)


if __name__ == "__main__":
    main(sys.argv[1])
