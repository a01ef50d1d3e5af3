# SPDX-License-Identifier: GPL-3.0-or-later
# Calls between nodes in the open and behind routers that masquerade: each pair either talks or is told that it needs a relay.
import sys

import network

network.enter_own_namespaces()
from node import Node  # noqa: E402


def expect(what, holds, detail=""):
    print(("ok   " if holds else "FAIL ") + what, detail if not holds else "", flush=True)
    if not holds:
        raise AssertionError(what)


def call_succeeds(caller, callee, what):
    caller.wait(what, lambda: caller.call(callee)[0] == 200)
    print("ok   " + what, flush=True)


def main(program):
    internet = network.Internet()
    middle_address = internet.host("middle")
    internet.host("open")
    internet.home("home1")
    internet.home("home2")
    start_from = f"  bootstrap: [\"{middle_address}:50305\"]\n"
    middle = Node(program, "middle")
    nodes = [middle]
    try:
        middle.start()
        friend = f"  peers:\n    {middle.peer}:\n      endpoints: [\"{middle_address}:50305\"]\n"
        for name in ("open", "home1", "home2"):
            node = Node(program, name, start_from + friend)
            node.start()
            nodes.append(node)
        _, opened, home1, home2 = nodes
        ids = {node.namespace: node.peer for node in nodes}
        for node in nodes[1:]:
            node.wait("a link to the middle", lambda node=node: ids["middle"] in node.links())
        expect("the middle sees the homes' links as inbound",
               all(middle.links()[ids[name]]["direction"] == "inbound" for name in ("home1", "home2")))
        call_succeeds(opened, ids["middle"], "open calls open")
        call_succeeds(home1, ids["open"], "a home calls open")
        call_succeeds(middle, ids["home1"], "open calls a home through the link that the home dialled")
        opened_link = opened.links().get(ids["home2"])
        expect("open has no link to the second home yet", opened_link is None)
        call_succeeds(opened, ids["home2"], "open calls a home that a common peer asks to dial back")
        expect("the second home dialled", opened.links()[ids["home2"]]["direction"] == "inbound")
        status, body = home1.call(ids["home2"])
        expect("two homes are told that they need a relay", status == 503 and "relay" in str(body).lower(), f"{status} {body}")
        expect("nobody was blamed", all(not node.get("/api/v0/guard/bans") for node in nodes))
    finally:
        for node in nodes:
            node.stop(kill=True)


if __name__ == "__main__":
    main(sys.argv[1])
