# SPDX-License-Identifier: GPL-3.0-or-later
# Nothing but the HTTP client of net speaks HTTP to others: no library for it, no request written by hand, no program started for it,
# and one client in the program, for the turns at a host are counted there. (miniupnpc asks the router by itself; the rooms lint keeps
# it in its one file.)
import re

import source

CLIENT = ("src/net/http_", "src/net/core/http_")
# The rest that may name the protocol, and why.
MAY = {
    "src/gateway/http/message.cpp": "answers of our own server",
    "src/gateway/http/http_connection.cpp": "answers of our own server",
    "src/relay/core/http_head.cpp": "reads what passes through a forward",
    "src/relay/core/forward_rules.cpp": "passes a browser's request on into a tunnel to a node, never to a socket",
    "src/daemon/demo/catalogue_origin.cpp": "answers of the demo's stand-in for the origins",
    "src/daemon/demo/readiness.cpp": "asks the demo's own nodes on loopback whether they are up",
}
MAY_ASK = ("src/daemon/demo/readiness.cpp",)
MAKERS = (*CLIENT, "include/soulfabric/net/http_client.hpp", "src/daemon/")
LIBRARIES = r"^(curl/|curlpp/|cpr/|httplib\.h|Poco/Net|cpprest/|libsoup|serf|neon/|nghttp2/|boost/beast/(http|websocket)/.*client|pistache/|drogon/|restinio/)"
LITERAL = r'"(?:[^"\\\n]|\\.)*"'


def literals(text):
    """(line number, literal) of each string in code; comments of whole lines are no code."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(("//", "#include", "/*", "*")):
            continue
        for match in re.finditer(LITERAL, line.split(" // ")[0] if '"' not in line.split(" // ")[-1] else line):
            yield number, match.group(0)


def check(name, text):
    for line, header, _ in source.includes(text):
        if re.search(LIBRARIES, header):
            yield f"{name}:{line}: <{header}> is another HTTP client"
    code = source.without_comments(text)
    if not name.startswith(MAKERS) and re.search(r"\bmake_http_client\s*\(", code):
        yield f"{name}: the program has one HTTP client, made in daemon"
    if re.search(r"\bhttp::(?:async_)?write(?:_some|_header)?\s*\([^;]*\brequest", code) or re.search(r"\bhttp::request_serializer\b", code):
        yield f"{name}: a request written by Beast is another HTTP client"
    if name.startswith(CLIENT):
        return
    for line, literal in literals(text):
        if re.search(r"\bHTTP/[0-9]", literal) and name not in MAY:
            yield f"{name}:{line}: only net/http_client speaks HTTP to others"
        asks = re.search(r"HTTP/[0-9.]+\\r\\n\s*Host", literal) or re.search(r"(?:^\"|\\n)(?:Host|User-Agent): ", literal)
        asks = asks or re.search(r"^\"(?:GET|HEAD|POST|PUT|DELETE|CONNECT) (?:/|http)", literal) and re.search(r"HTTP/", literal)
        if asks and name not in MAY_ASK:
            yield f"{name}:{line}: a request is written by net/http_client alone"
        if re.search(r"^\"(?:/usr/bin/)?(?:curl|wget|aria2c)(?:\"| +-| +http)", literal):
            yield f"{name}:{line}: no other program fetches for us"


if __name__ == "__main__":
    source.self_test(check, [
        ("src/relay/a.cpp", "#include <curl/curl.h>", True),
        ("src/relay/a.cpp", "#include <httplib.h>", True),
        ("src/relay/a.cpp", '#include "soulfabric/net/http_client.hpp"', False),
        ("src/relay/a.cpp", 'send("GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n");', True),
        ("src/relay/a.cpp", 'out += " HTTP/1.1\\r\\n";', True),
        ("src/relay/a.cpp", 'out += "Host: " + host;', True),
        ("src/relay/a.cpp", 'out += "\\r\\nHost: " + host;', True),
        ("src/relay/a.cpp", "// GET / HTTP/1.1 is what the client sends", False),
        ("src/relay/a.cpp", 'auto x = y();  // as HTTP/1.1 says', False),
        ("src/gateway/http/message.cpp", 'out += "HTTP/1.1 ";', False),
        ("src/gateway/http/message.cpp", 'out += "GET / HTTP/1.1\\r\\nHost: a";', True),
        ("src/daemon/demo/catalogue_origin.cpp", 'out = "GET / HTTP/1.1\\r\\nHost: a";', True),
        ("src/gateway/http/other.cpp", 'out += "HTTP/1.1 ";', True),
        ("src/gateway/http/a.cpp", "http::async_write(stream, request, kAwait);", True),
        ("src/daemon/demo/readiness.cpp", 'out += " HTTP/1.1\\r\\nHost: " + at;', False),
        ("src/net/core/http_rules.cpp", 'out += " HTTP/1.1\\r\\nHost: ";', False),
        ("src/net/port_mapping.cpp", 'out += " HTTP/1.1\\r\\n";', True),
        ("src/daemon/a.cpp", 'execlp("curl", "curl", url, nullptr);', True),
        ("src/daemon/a.cpp", 'std::system("wget http://a");', True),
        ("src/daemon/demo/greeting.cpp", 'say("For curl: addresses");', False),
        ("src/relay/a.cpp", "auto c = net::make_http_client(d, s);", True),
        ("src/daemon/daemon.cpp", "auto c = net::make_http_client(d, s);", False),
    ])
    problems = [f"{name}: is exempt but not there" for name in MAY if not (source.ROOT / name).exists()]
    for file in source.tracked(".cpp", ".hpp"):
        if file.startswith(("src/", "include/")):
            problems += check(file, source.read(file))
    source.finish("http_out", problems)
