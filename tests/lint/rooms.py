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
BASE_IO = {"all_of", "io", "timeout", "task_scope", "worker_pool", "sqlite", "db_writer", "files", "file_watch"}

# Standard headers a sans-IO file may use: values, containers and algorithms, nothing that waits, reads or draws lots.
PURE = set("""algorithm any array bit bitset cassert cerrno cctype charconv chrono climits cmath compare concepts cstddef cstdint cstdlib
cstring deque exception expected format functional initializer_list iterator limits list map memory new numbers numeric optional
queue ranges ratio regex set span stack stdexcept string string_view system_error tuple type_traits typeindex unordered_map
unordered_set utility variant vector version source_location""".split())

# Files of base whose work is the outside: the log, the clocks, randomness. The rest of base is sans-IO too.
BASE_OUTSIDE = ("src/base/log.cpp", "src/base/clock.cpp", "src/base/random.cpp", "src/base/ip.cpp", "src/base/error.cpp", "src/base/config/")

# Third-party headers, by pattern, and the files (prefixes) that own them. Asio belongs to every shell, never to a sans-IO file.
OWNERS = [
    (r"^boost/beast", ["src/gateway/http/"]),
    (r"^boost/(asio|system)", ["src/", "include/soulfabric/"]),
    (r"^boost/", []),
    (r"^(spdlog|fmt)/", ["src/base/log.cpp"]),
    (r"^yaml-cpp/", ["src/base/config/"]),
    (r"^sqlite3\.h", ["src/base_io/sqlite.cpp"]),
    (r"^(sodium|sodium/|openssl/)",
     ["src/base/crypto.cpp", "src/base/ed25519.cpp", "src/base/random.cpp", "src/net/", "src/mesh/identity.cpp",
      "src/library/core/manifest.cpp", "src/library/media/"]),
    (r"^(opendht/|opendht\.h|msgpack)", ["src/mesh/dht/"]),
    (r"^(miniupnpc/|natpmp\.h)", ["src/net/port_mapping"]),
    (r"^nlohmann/", ["src/gateway/api/", "src/gateway/core/", "src/daemon/demo/"]),
    (r"^lame/", ["src/daemon/demo/music_"]),
    (r"^FLAC/", ["src/daemon/demo/music_", "src/library/media/"]),
    (r"^lib(avcodec|avformat|avutil)/", ["src/library/media/"]),
    (r"^(taglib/|tag\.h|fileref\.h|tpropertymap\.h|mpegfile\.h|flacfile\.h)", ["src/library/media/"]),
    (r"^zlib\.h", ["src/soulseek/wire/zlib_stream.cpp", "src/net/core/http_inflate.cpp", "src/library/", "src/gateway/", "src/daemon/demo/cover_png.cpp"]),
    (r"^seccomp\.h", ["src/library/media/"]),
]

# Third-party headers that a sans-IO file may own: they compute and nothing else.
PURE_THIRD = r"^(zlib\.h|nlohmann/|sodium|openssl/|yaml-cpp/)"


def room_of(name):
    match = re.match(r"(?:src|include/soulfabric)/([a-z_]+)/", name)
    if not match:
        return None
    return "base" if match.group(1) == "base_io" else match.group(1)


def check(name, text):
    room = room_of(name)
    if room is None:
        return
    pure = bool(re.match(r"src/[a-z_]+/(wire|core)/", name)) or (name.startswith("src/base/") and not name.startswith(BASE_OUTSIDE))
    for line, header, angled in source.includes(text):
        where = f"{name}:{line}"
        face = re.match(r"soulfabric/([a-z_]+)/([a-z_]+)\.hpp", header)
        if face:
            yield from check_face(where, room, pure, *face.groups())
            continue
        if re.match(r"(tests|support)/", header):
            yield f"{where}: nothing here may include a test's file {header}"
        if not angled:
            if ".." in header.split("/"):
                yield f"{where}: a private header of another room is out of reach, not {header}"
            continue
        owners = next((owners for pattern, owners in OWNERS if re.search(pattern, header)), None)
        if owners is not None and not name.startswith(tuple(owners) or ("nobody",)):
            yield f"{where}: <{header}> belongs to {', '.join(owners) or 'nobody'}"
        if pure and header not in PURE and not (owners is not None and re.search(PURE_THIRD, header)):
            yield f"{where}: a sans-IO file may not include <{header}>"


def check_face(where, room, pure, other, file):
    if other != room and other not in BELOW.get(room, []):
        yield f"{where}: {room} may not include a header of {other}"
    if pure and other == "base" and file in BASE_IO:
        yield f"{where}: a sans-IO file may not include {file}.hpp, which does input and output"


if __name__ == "__main__":
    source.self_test(check, [
        ("src/guard/a.cpp", '#include "soulfabric/net/tcp.hpp"', True),
        ("src/guard/a.cpp", '#include "soulfabric/base/ip.hpp"', False),
        ("src/soulseek/core/a.cpp", '#include "soulfabric/base/io.hpp"', True),
        ("src/soulseek/wire/a.cpp", "#include <thread>", True),
        ("src/soulseek/wire/a.cpp", "#include <filesystem>", True),
        ("src/soulseek/wire/a.cpp", "#include <sys/socket.h>", True),
        ("src/soulseek/core/a.cpp", "#include <boost/asio/post.hpp>", True),
        ("src/soulseek/a.cpp", "#include <boost/asio/post.hpp>", False),
        ("src/soulseek/a.cpp", "#include <boost/beast/core.hpp>", True),
        ("src/soulseek/a.cpp", "#include <boost/json.hpp>", True),
        ("src/soulseek/core/a.cpp", "#include <vector>", False),
        ("src/soulseek/wire/zlib_stream.cpp", "#include <zlib.h>", False),
        ("src/library/a.cpp", "#include <tag.h>", True),
        ("src/gateway/a.cpp", "#include <sodium.h>", True),
        ("src/gateway/a.cpp", '#include "../soulseek/peer_link.hpp"', True),
        ("include/soulfabric/net/a.hpp", '#include "soulfabric/gateway/gateway.hpp"', True),
        ("src/guard/a.cpp", '#include "soulfabric/daemon/x.hpp"', True),
        ("src/soulseek/a.cpp", "#include <sqlite3.h>", True),
        ("src/base_io/sqlite.cpp", "#include <sqlite3.h>", False),
        ("src/mesh/a.cpp", '#include "soulfabric/soulseek/client.hpp"', True),
    ])
    problems = []
    for file in source.tracked(".cpp", ".hpp"):
        if file.startswith(("src/", "include/")):
            problems += check(file, source.read(file))
    source.finish("rooms", problems)
