# SPDX-License-Identifier: GPL-3.0-or-later
# What the HTTP client meets: names by UDP on port 53 and pages on port 80, in the namespace where this runs.
# http_world.py dns | web [ADDRESS]
import http.server
import ipaddress
import socket
import struct
import sys
import urllib.parse

ORIGIN = "5.9.0.2"
NAMES = {
    "good.example.org": [ORIGIN],
    "loop.example.org": ["127.0.0.1"],
    "lan.example.org": ["192.168.77.1"],
    "metadata.example.org": ["169.254.169.254"],
    "half.example.org": [ORIGIN, "10.0.0.1"],
    "six.example.org": ["::1"],
    "half-six.example.org": [ORIGIN, "fd00::1"],
    "mapped.example.org": ["::ffff:127.0.0.1"],
    "nat64.example.org": ["64:ff9b::7f00:1"],
    "sixtofour.example.org": ["2002:7f00:1::1"],
    "zero.example.org": ["0.0.0.0"],
}
# Each answer is another one: what was judged is gone when it is looked up again.
FLIPPING = {"flip.example.org": [ORIGIN, "10.1.2.3"]}


def records(name, kind, turns):
    if name in FLIPPING:
        turn = turns[name, kind] = turns.get((name, kind), -1) + 1
        addresses = [FLIPPING[name][turn % 2]]
    else:
        addresses = NAMES.get(name, [])
    parsed = [ipaddress.ip_address(a) for a in addresses]
    return [a.packed for a in parsed if (kind == 1) == (a.version == 4)] if kind in (1, 28) else []


def serve_names():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("0.0.0.0", 53))
    turns = {}
    while True:
        query, asker = server.recvfrom(4096)
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += 1 + query[at]
        if labels[0] == "silent":
            continue
        kind = struct.unpack(">H", query[at + 1 : at + 3])[0]
        found = records(".".join(labels).lower(), kind, turns)
        answer = query[:2] + struct.pack(">HHHHH", 0x8180, 1, len(found), 0, 0) + query[12 : at + 5]
        for packed in found:
            answer += b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(packed)) + packed
        server.sendto(answer, asker)


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        self.send_response(302 if "to" in query else 200)
        if "to" in query:
            self.send_header("Location", query["to"][0])
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    if sys.argv[1] == "dns":
        serve_names()
    http.server.HTTPServer((sys.argv[2], 80), Pages).serve_forever()
