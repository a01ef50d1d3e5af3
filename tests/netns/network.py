# SPDX-License-Identifier: GPL-3.0-or-later
# A small internet out of network namespaces: one exchange, hosts on it, and homes behind routers that masquerade.
# Everything lives in user, mount and network namespaces of its own and goes with the process.
import os
import subprocess
import sys

EXCHANGE = "exchange"
PREFIX = "5.9.0."  # inside the namespaces only; a range that counts as global


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, capture_output=True, **options).stdout


def enter_own_namespaces():
    """Starts the script again as root of fresh namespaces; gives up with code 77 where the system does not allow them."""
    if os.environ.get("SF_IN_NAMESPACES"):
        run("mount", "-t", "tmpfs", "tmpfs", "/run")
        return
    trial = subprocess.run(["unshare", "-Urnm", "true"], capture_output=True)
    if trial.returncode != 0:
        print("user namespaces are not allowed on this machine: nothing was tested")
        sys.exit(77)
    environment = dict(os.environ, SF_IN_NAMESPACES="1", PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    os.execvpe("unshare", ["unshare", "-Urnm", "--kill-child", "--pid", "--fork", "--mount-proc", sys.executable, *sys.argv], environment)


def inside(namespace, *command):
    return ["ip", "netns", "exec", namespace, *command]


class Internet:
    def __init__(self):
        self.next = 0
        run("ip", "netns", "add", EXCHANGE)
        run(*inside(EXCHANGE, "ip", "link", "add", "br0", "type", "bridge"))
        run(*inside(EXCHANGE, "ip", "link", "set", "br0", "up"))

    def _wire(self, namespace, device, number):
        """A cable from the exchange to `namespace`, where it ends as `device`."""
        port = f"p{number}"
        run("ip", "link", "add", port, "netns", EXCHANGE, "type", "veth", "peer", "name", device, "netns", namespace)
        run(*inside(EXCHANGE, "ip", "link", "set", port, "master", "br0", "up"))

    def host(self, name):
        """A machine with a global address; gives the address."""
        self.next += 1
        address = PREFIX + str(self.next)
        run("ip", "netns", "add", name)
        run(*inside(name, "ip", "link", "set", "lo", "up"))
        self._wire(name, "wan", self.next)
        run(*inside(name, "ip", "address", "add", address + "/24", "dev", "wan"))
        run(*inside(name, "ip", "link", "set", "wan", "up"))
        return address

    def home(self, name):
        """A machine behind a router that masquerades and lets nothing in; gives the router's global address."""
        router = name + "-router"
        outside = self.host(router)
        network = f"192.168.{self.next}."
        run("ip", "netns", "add", name)
        run("ip", "link", "add", "lan", "netns", router, "type", "veth", "peer", "name", "eth", "netns", name)
        run(*inside(router, "ip", "address", "add", network + "1/24", "dev", "lan"))
        run(*inside(router, "ip", "link", "set", "lan", "up"))
        run(*inside(name, "ip", "link", "set", "lo", "up"))
        run(*inside(name, "ip", "address", "add", network + "2/24", "dev", "eth"))
        run(*inside(name, "ip", "link", "set", "eth", "up"))
        run(*inside(name, "ip", "route", "add", "default", "via", network + "1"))
        run(*inside(router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"))
        rules = """
            table ip nat {
              chain post {
                type nat hook postrouting priority 100
                oifname "wan" masquerade
              }
            }
            table ip filter {
              chain forward {
                type filter hook forward priority 0; policy drop;
                iifname "lan" accept
                ct state established,related accept
              }
              chain input {
                type filter hook input priority 0; policy accept;
                iifname "wan" ct state new drop
              }
            }
            """
        run(*inside(router, "nft", "-f", "-"), input=rules)
        return outside
