# SPDX-License-Identifier: GPL-3.0-or-later
# Who includes whom: a room includes only rooms on its row; wire/ and core/ are sans-IO; third-party headers stay with their owners.
import re

import source

EVERY = ["base", "guard", "net", "library", "soulseek", "mesh", "swarm", "fabric", "relay", "virtualsoulfind", "services", "gateway", "daemon"]
BELOW = {
    "base": [],
    "guard": ["base"],
    "net": ["base", "guard"],
    "library": ["base", "guard"],
    "soulseek": ["base", "guard", "net", "library"],
    "mesh": ["base", "guard", "net"],
    "swarm": ["base", "guard", "library"],
    "fabric": ["base", "guard", "mesh"],
    "relay": ["base", "guard", "net", "library", "mesh", "swarm", "fabric"],
    "virtualsoulfind": EVERY[:9],
    "services": EVERY[:10],
    "gateway": EVERY[:11],
    "daemon": EVERY[:12],
}

# Headers of base that touch files, databases, threads or coroutines: base_io.
BASE_IO = {"io", "timeout", "task_scope", "worker_pool", "sqlite", "db_writer", "files", "file_watch"}

# Standard headers a sans-IO file may not use.
NOT_PURE = {"thread", "mutex", "shared_mutex", "condition_variable", "future", "filesystem", "fstream", "iostream", "atomic", "random", "ctime", "cstdio", "stop_token", "semaphore", "coroutine"}

# Third-party headers, by pattern, and the files (prefixes) that own them.
OWNERS = [
    (r"^boost/beast", ["src/gateway/http/"]),
    (r"^boost/", ["src/base_io/", "include/soulfabric/base/", "src/net/", "include/soulfabric/net/", "src/gateway/http/", "src/daemon/run_", "src/daemon/demo/", "src/library/media/", "src/library/", "src/guard/", "src/soulseek/server/", "src/daemon/"]),
    (r"^spdlog/", ["src/base/log.cpp"]),
    (r"^yaml-cpp/", ["src/base/config/"]),
    (r"^sqlite3\.h", ["src/base_io/sqlite.cpp"]),
    (r"^(sodium\.h|openssl/)", ["src/base/crypto.cpp", "src/base/random.cpp", "src/library/"]),
    (r"^nlohmann/", ["src/gateway/", "src/daemon/demo/"]),
    (r"^(FLAC/|lame/)", ["src/daemon/demo/music_"]),
    (r"^(taglib/|tag\.h|fileref\.h)", ["src/library/media/"]),
    (r"^zlib\.h", ["src/soulseek/wire/zlib_stream.cpp", "src/library/", "src/gateway/", "src/daemon/demo/"]),
    (r"^seccomp\.h", ["src/library/media/", "src/library/"]),
]


def room_of(name):
    match = re.match(r"(?:src|include/soulfabric)/([a-z_]+)/", name)
    if not match:
        return None
    return "base" if match.group(1) == "base_io" else match.group(1)


def check(name, text):
    room = room_of(name)
    if room is None:
        return
    pure = re.match(r"src/[a-z_]+/(wire|core)/", name) or name.startswith("src/base/")
    for line, header, angled in source.includes(text):
        match = re.match(r"soulfabric/([a-z_]+)/([a-z_]+)\.hpp", header)
        where = f"{name}:{line}"
        if match:
            other, file = match.groups()
            if other != room and other not in BELOW.get(room, []):
                yield f"{where}: {room} may not include {header}"
            if pure and other == "base" and file in BASE_IO:
                yield f"{where}: a sans-IO file may not include {header}"
            if pure and other != "base" and other != room:
                yield f"{where}: a sans-IO file may include only base, not {header}"
            continue
        if pure and angled and header in NOT_PURE and not name.startswith(("src/base/log", "src/base/config", "src/base/clock")):
            yield f"{where}: a sans-IO file may not include <{header}>"
        for pattern, owners in OWNERS:
            if re.search(pattern, header):
                if not any(name.startswith(o) for o in owners):
                    yield f"{where}: <{header}> belongs to {', '.join(owners)}"
                if pure and pattern.startswith("^boost"):
                    yield f"{where}: a sans-IO file may not include <{header}>"
                break


if __name__ == "__main__":
    source.self_test(check, [
        ("src/guard/a.cpp", '#include "soulfabric/net/tcp.hpp"', True),
        ("src/guard/a.cpp", '#include "soulfabric/base/ip.hpp"', False),
        ("src/soulseek/core/a.cpp", '#include "soulfabric/base/io.hpp"', True),
        ("src/soulseek/wire/a.cpp", "#include <thread>", True),
        ("src/soulseek/a.cpp", "#include <sqlite3.h>", True),
        ("src/base_io/sqlite.cpp", "#include <sqlite3.h>", False),
        ("src/mesh/a.cpp", '#include "soulfabric/soulseek/client.hpp"', True),
    ])
    problems = []
    for file in source.tracked(".cpp", ".hpp"):
        if file.startswith(("src/", "include/")):
            problems += check(file, source.read(file))
    source.finish("rooms", problems)
