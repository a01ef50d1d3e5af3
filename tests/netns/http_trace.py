# SPDX-License-Identifier: GPL-3.0-or-later
# The HTTP client is led to every forbidden place, by URL, by name and by redirect; the kernel counts each packet that leaves it, and
# none goes anywhere but to the name server and the one public host. That the count works is shown by an exception.
import json
import subprocess
import sys
import time
import urllib.parse

import network

network.enter_own_namespaces()
import http_world  # noqa: E402

FORBIDDEN_HOSTS = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "0", "0.0.0.0", "localhost", "a.localhost", "localhost.", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[2002:a00:1::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "[fe80::1]", "[fe80::1%25wan]", "[fd00::1]", "[ff02::1]", "10.0.0.1", "172.16.0.1", "192.168.77.1", "169.254.169.254",
    "100.64.0.1", "198.18.0.1", "192.0.2.1", "224.0.0.1", "255.255.255.255", "%31%32%37.0.0.1", "router", "nas.local", "metadata.google.internal",
    "loop.example.org", "lan.example.org", "metadata.example.org", "half.example.org", "six.example.org", "half-six.example.org", "mapped.example.org",
    "nat64.example.org", "sixtofour.example.org", "zero.example.org", "good.example.org:8080", "good.example.org:22", "good.example.org@127.0.0.1"]
RULES = f"""
table inet trace {{
  counter names {{}}
  counter origin {{}}
  counter forbidden {{}}
  chain out {{
    type filter hook output priority 0; policy accept;
    ip daddr {http_world.ORIGIN} udp dport 53 counter name "names" accept
    ip daddr {http_world.ORIGIN} tcp dport 80 counter name "origin" accept
    meta l4proto {{ tcp, udp }} counter name "forbidden"
  }}
}}
"""


def expect(what, holds, detail=""):
    print(("ok   " if holds else "FAIL ") + what, detail if not holds else "", flush=True)
    if not holds:
        raise AssertionError(what)


def counted():
    listed = json.loads(network.run(*network.inside("client", "nft", "-j", "list", "counters")))
    return {each["counter"]["name"]: each["counter"]["packets"] for each in listed["nftables"] if "counter" in each}


def put_over(path, text):
    """What the system says at `path`, inside these namespaces."""
    name = "/run/" + path.replace("/", "_")
    with open(name, "w") as file:
        file.write(text)
    network.run("mount", "--bind", name, path)


def probe(program, urls, *options):
    command = network.inside("client", program, *options, *urls)
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    if done.returncode != 0:
        raise AssertionError(done.stderr[-3000:])
    lines = [line.split(" ", 2) for line in done.stdout.splitlines()]
    slow = [line for line in lines if int(line[1]) > 4000]  # each may take 2 s; the machine may be busy
    expect("every request ended at its deadline", not slow, slow)
    return {url: said for said, _, url in lines}


def wait_for(what, holds):
    for _ in range(200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(what + " did not come about")


def build():
    internet = network.Internet()
    internet.host("client")
    expect("the public host has the address that the names give", internet.host("origin") == http_world.ORIGIN)
    put_over("/etc/resolv.conf", f"nameserver {http_world.ORIGIN}\noptions timeout:6 attempts:1\n")
    put_over("/etc/nsswitch.conf", "hosts: files dns\n")
    put_over("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")
    for command in (("ip", "route", "add", "default", "via", http_world.ORIGIN), ("ip", "route", "add", "169.254.0.0/16", "dev", "wan"),
                    ("ip", "-6", "address", "add", "2a01:4f8::1/64", "dev", "wan", "nodad"), ("ip", "-6", "route", "add", "default", "via", "2a01:4f8::2")):
        network.run(*network.inside("client", *command))
    network.run(*network.inside("client", "nft", "-f", "-"), input=RULES)


def main(program):
    build()
    world = http_world.__file__
    servers = [subprocess.Popen(network.inside(where, sys.executable, world, *words), stderr=subprocess.DEVNULL)
               for where, words in (("origin", ["dns"]), ("origin", ["web", "0.0.0.0"]), ("client", ["web", "127.0.0.1"]))]
    try:
        good = "http://good.example.org/"
        wait_for("an answer of the public host", lambda: probe(program, [good])[good] == "200")
        wait_for("an answer on loopback", lambda: subprocess.run(network.inside("client", "curl", "-s", "http://127.0.0.1/")).returncode == 0)
        network.run(*network.inside("client", "nft", "reset", "counters"))

        direct = [scheme + host + "/" for host in FORBIDDEN_HOSTS for scheme in ("http://", "https://")]
        for url, said in probe(program, direct).items():
            expect(f"{url} is refused", said in ("url", "user_info", "port", "host", "resolve", "address"), said)
        led = [good + "?to=" + urllib.parse.quote("http://" + host + "/", safe="") for host in FORBIDDEN_HOSTS]
        for url, said in probe(program, led).items():
            expect(f"a redirect to {urllib.parse.unquote(url.split('=')[1])} is refused", said in ("url", "user_info", "port", "host", "resolve", "address"), said)
        flips = probe(program, ["http://flip.example.org/?" + str(i) for i in range(10)])
        expect("a name that changes with every answer leads to the judged address or nowhere", sorted(set(flips.values())) == ["200", "address"], flips)
        silent = probe(program, ["http://silent.example.org/"])
        expect("a name server that says nothing is not waited for", list(silent.values()) == ["time"], silent)
        packets = counted()
        expect("the names were asked for and the public host was reached", packets["names"] > 20 and packets["origin"] > 200, packets)
        expect("no packet went anywhere else", packets["forbidden"] == 0, packets)

        said = probe(program, ["http://127.0.0.1/", "http://10.0.0.1/"], "--except", "127.0.0.1", "--except", "10.0.0.1")
        expect("an exception opens its host", said["http://127.0.0.1/"] == "200", said)
        expect("and the kernel counted that", counted()["forbidden"] > 0, counted())
    finally:
        for server in servers:
            server.kill()


if __name__ == "__main__":
    main(sys.argv[1])
