# SPDX-License-Identifier: GPL-3.0-or-later
# A home whose router opens ports when asked, by NAT-PMP or by UPnP: Debian's miniupnpd with nftables. Others then dial into the home,
# the page's port stays closed, and the end of the program takes the mapping back.
import os
import re
import subprocess
import sys
import tempfile

import network

network.enter_own_namespaces()
from nat import expect  # noqa: E402
from node import Node  # noqa: E402

# The chains that miniupnpd fills, beside those of the router itself.
CHAINS = """
    table inet filter {
      chain forward { type filter hook forward priority 0; policy accept; jump miniupnpd; }
      chain miniupnpd { }
      chain prerouting { type nat hook prerouting priority -100; policy accept; jump prerouting_miniupnpd; }
      chain postrouting { type nat hook postrouting priority 100; policy accept; jump postrouting_miniupnpd; }
      chain prerouting_miniupnpd { }
      chain postrouting_miniupnpd { }
    }
    add rule ip filter forward ct status dnat accept
    """


class Router:
    """miniupnpd on the router of a home, speaking one of the two protocols."""

    def __init__(self, home, by):
        self.namespace = home + "-router"
        self.folder = tempfile.mkdtemp(prefix="sf-router-")
        config = os.path.join(self.folder, "miniupnpd.conf")
        with open(config, "w") as file:
            file.write("ext_ifname=wan\nlistening_ip=lan\nport=0\nipv6_disable=yes\n"
                       f"enable_natpmp={'yes' if by == 'NAT-PMP' else 'no'}\nenable_upnp={'yes' if by == 'UPnP' else 'no'}\n"
                       "secure_mode=yes\nsystem_uptime=yes\nuuid=9f0865b3-f5da-4ad5-85b7-7404637fdf37\n"
                       "allow 1024-65535 192.168.0.0/16 1024-65535\ndeny 0-65535 0.0.0.0/0 0-65535\n")
        network.run(*network.inside(self.namespace, "nft", "-f", "-"), input=CHAINS)
        self.log = open(os.path.join(self.folder, "log"), "w+")
        self.process = subprocess.Popen(
            network.inside(self.namespace, "miniupnpd", "-d", "-f", config, "-P", os.path.join(self.folder, "pid")),
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)

    def ports(self):
        """What the router lets in: (protocol, port), as its kernel has it."""
        rules = network.run(*network.inside(self.namespace, "nft", "-n", "list", "chain", "inet", "filter", "prerouting_miniupnpd"))
        names = {"0x6": "tcp", "0x11": "udp"}  # miniupnpd writes the protocol as a byte of the header
        return {(names.get(protocol, protocol), int(port)) for protocol, port in re.findall(r"(\S+) (?:th )?dport (\d+) dnat", rules)}

    def stop(self):
        self.process.kill()
        self.process.wait()

    def said(self):
        self.log.seek(0)
        return self.log.read()[-3000:]


def home_is_dialled(program, internet, middle, friend, by):
    home = "home" + by[:3].lower()
    outside = internet.home(home)
    router = Router(home, by)
    node = Node(program, home, friend, port_mapping=True)
    opened = Node(program, "open" + by[:3].lower(), friend)
    internet.host(opened.namespace)
    try:
        node.start()
        opened.start()
        mapping = node.wait(f"the router to open the port by {by}", lambda: (node.get("/api/v0/mesh") or {}).get("portMapping"))
        expect(f"{by}: the node says how it is reached", mapping == {"by": by, "external": f"{outside}:50305"}, mapping)
        ports = router.ports()
        expect(f"{by}: TCP and UDP are open, the page is not", ports == {("tcp", 50305), ("udp", 50305)}, ports)
        peer = node.peer
        opened.wait(f"{by}: somebody in the open calls the home", lambda: opened.call(peer)[0] == 200)
        expect(f"{by}: and dialled it, through the router", opened.links()[peer]["direction"] == "outbound", opened.links())
        node.stop()
        expect(f"{by}: at its end the program takes the mapping back", router.ports() == set(), router.ports())
    except AssertionError:
        print(router.said(), flush=True)
        raise
    finally:
        for one in (node, opened):
            one.stop(kill=True)
        router.stop()


def main(program):
    internet = network.Internet()
    address = internet.host("middle")
    middle = Node(program, "middle")
    try:
        middle.start()
        friend = f"  bootstrap: [\"{address}:50305\"]\n  peers:\n    {middle.peer}:\n      endpoints: [\"{address}:50305\"]\n"
        for by in ("NAT-PMP", "UPnP"):
            home_is_dialled(program, internet, middle, friend, by)
    finally:
        middle.stop(kill=True)


if __name__ == "__main__":
    main(sys.argv[1])
