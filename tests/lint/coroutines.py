# SPDX-License-Identifier: GPL-3.0-or-later
# The shapes a co_await may have, and where coroutines may be spawned: the rule keeps code right on every compiler.
import re

import source

SPAWN_OWNERS = ("src/base_io/task_scope.cpp",)
LONGEST_COROUTINE = 50
CLOCK_OWNERS = ("src/base/clock.cpp", "src/base_io/io.cpp", "include/soulfabric/base/io.hpp", "include/soulfabric/base/clock.hpp", "src/base/log.cpp")


def await_is_fine(statement):
    """`statement` is the text from the last ; { } or case label to the end of the co_await's expression."""
    head = statement[: statement.index("co_await")].strip()
    if statement.count("co_await") > 1:
        return False
    head = re.sub(r"^(?:(?:else|do)\b\s*)+", "", head)
    head = re.sub(r"^(?:\[\[[a-z_]+\]\]\s*)+", "", head)
    if head in ("", "co_return"):
        return True
    # a loop or branch whose whole body is one await: while (...) co_await x;
    match = re.match(r"^(?:while|if|for)\s*\(", head)
    if match:
        depth = 0
        for i, c in enumerate(head):
            depth += c == "("
            depth -= c == ")"
            if c == ")" and depth == 0:
                return await_is_fine(head[i + 1 :].strip() + " co_await") if head[i + 1 :].strip() else True
        return False
    return bool(re.match(r"^[\w:<>,&*\s\[\]]*[\w\]>]\s*=$", head))


def check_functions(name, clean):
    """Length and parameters of each coroutine, and lambdas that are coroutines."""
    for match in re.finditer(r"\bTask<[^;{}()]*>\s+(?:\w+::)*\w+\(([^{};]*)\)\s*(?:const\s*)?(?:noexcept\s*)?(?:override\s*)?\{", clean):
        number = clean.count("\n", 0, match.start()) + 1
        depth, end = 1, match.end()
        while depth and end < len(clean):
            depth += {"{": 1, "}": -1}.get(clean[end], 0)
            end += 1
        lines = clean.count("\n", match.start(), end) + 1
        if lines > LONGEST_COROUTINE:
            yield f"{name}:{number}: a coroutine of {lines} lines hides a decision: move it to core"
        if re.search(r"\bstring_view\b|\bconst std::(?:string|vector|optional|map)\b[^,]*&", match.group(1)):
            yield f"{name}:{number}: a coroutine takes values, or references to what outlives it"
    for match in re.finditer(r"\[[^\]\s]+\]\s*\([^)]*\)\s*(?:mutable\s*)?->\s*(?:soulfabric::)?Task<", clean):
        yield f"{name}:{clean.count(chr(10), 0, match.start()) + 1}: a lambda with captures is no coroutine"


def check(name, text):
    clean = source.without_comments(text)
    if name.startswith(("src/", "include/")):
        for match in re.finditer(r"\bco_await\b", clean):
            start = max(clean.rfind(c, 0, match.start()) for c in ";{}")
            # a for-loop's header holds semicolons: go back to its beginning
            before = clean[: match.start()]
            line_start = before.rfind("\n") + 1
            if re.match(r"\s*for\s*\(", before[line_start:]):
                start = line_start - 1
            colon = re.search(r"(?:case [^:]+|default):\s*(?=[^:]*$)", clean[start + 1 : match.start()])
            begin = start + 1 + (colon.end() if colon else 0)
            statement = clean[begin : match.end()]
            number = clean.count("\n", 0, match.start()) + 1
            if not await_is_fine(statement):
                yield f"{name}:{number}: co_await stands alone, initialises one named variable, or is co_returned"
            end = clean.find(";", match.end())
            rest = clean[match.end() : end if end >= 0 else len(clean)]
            if re.search(r"\bco_await\b", rest):
                yield f"{name}:{number}: one co_await in a statement"
        yield from check_functions(name, clean)
        if name not in SPAWN_OWNERS and re.search(r"\bco_spawn\s*\(", clean):
            yield f"{name}: only TaskScope spawns coroutines"
        if name not in CLOCK_OWNERS and re.search(r"\b(?:steady_clock|system_clock)::now\s*\(", clean):
            yield f"{name}: time comes from a Clock"
        if re.search(r"\basio::detached\b", clean):
            yield f"{name}: no detached coroutine"
    if name.startswith("tests/") and not name.startswith("tests/bench/"):
        for match in re.finditer(r"this_thread\s*::\s*sleep|\b(?:u|nano)sleep\s*\(|(?<![\w.>])::sleep\s*\(", clean):
            # A stand-in for something slow, such as a disk, is named so.
            within = re.findall(r"\b(?:class|struct)\s+(\w+)[^;{]*\{", clean[: match.start()])
            if not (within and within[-1].startswith("Slow")):
                yield f"{name}:{clean.count(chr(10), 0, match.start()) + 1}: a test waits for the event, it does not sleep"


if __name__ == "__main__":
    source.self_test(check, [
        ("src/a/a.cpp", "void f() { co_await g(); }", False),
        ("src/a/a.cpp", "void f() { const auto x = co_await g(); }", False),
        ("src/a/a.cpp", "void f() { const auto [a, b] = co_await g(); }", False),
        ("src/a/a.cpp", "void f() { co_return co_await g(); }", False),
        ("src/a/a.cpp", "void f() { while (x) co_await g(); }", False),
        ("src/a/a.cpp", "void f() { if (co_await g()) return; }", True),
        ("src/a/a.cpp", "void f() { h(co_await g()); }", True),
        ("src/a/a.cpp", "void f() { auto x = c ? co_await g() : 1; }", True),
        ("src/a/a.cpp", "void f() { R r{1, co_await g()}; }", True),
        ("src/a/a.cpp", "void f() { asio::co_spawn(x, y, z); }", True),
        ("src/a/a.cpp", "auto t = std::chrono::steady_clock::now();", True),
        ("src/a/a.cpp", "asio::co_spawn(x, y, asio::detached);", True),
        ("src/a/a.cpp", "void f() { EXPECT_EQ(1, co_await g()); }", True),
        ("src/a/a.cpp", "void f() { x = y + co_await g(); }", True),
        ("src/a/a.cpp", "void f() { throw E(co_await g()); }", True),
        ("src/a/a.cpp", "// if (co_await g())\n", False),
        ("src/a/a.cpp", "Task<void> f() {" + "\n" * 60 + "}", True),
        ("src/a/a.cpp", "Task<void> f(std::string_view x) { co_return; }", True),
        ("src/a/a.cpp", "Task<void> f(std::string x) { co_return; }", False),
        ("src/a/a.cpp", "auto f = [x]() -> Task<void> { co_return; };", True),
        ("src/base_io/task_scope.cpp", "asio::co_spawn(x, y, z);", False),
        ("src/base/clock.cpp", "auto t = std::chrono::steady_clock::now();", False),
        ("tests/a.cpp", "std::this_thread::sleep_for(1s);", True),
        ("tests/a.cpp", "::usleep(1);", True),
        ("tests/a.cpp", "class SlowDisk { void read() { std::this_thread::sleep_for(1s); } };", False),
    ])
    problems = []
    for file in source.tracked(".cpp", ".hpp"):
        problems += check(file, source.read(file))
    source.finish("coroutines", problems)
