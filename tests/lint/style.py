# SPDX-License-Identifier: GPL-3.0-or-later
# Form of files: licence line, purpose line, length, no unfinished work, no paths of a machine, tests that can fail.
import re

import source

LONGEST = 500
# Only root can become somebody else; where tests run as another user, that one test has nothing to try.
NEEDS_ROOT = r"if \(::geteuid\(\) != 0\) GTEST_SK" + r"IP"
WORDS = re.compile(r"reg" + r"istry\.npmjs|pypi\.o" + r"rg", re.I)
ROOM_WORDS = re.compile(r"(^|/)(ut" + r"ils?|hel" + r"pers?|com" + r"mon|man" + r"agers?)(/|\.|_|$)")
OURS = (".cpp", ".hpp", ".ts", ".tsx", ".css", ".mjs", ".py", ".cmake", "CMakeLists.txt")
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK|not impl" + r"emented|place" + r"holder|for n" + r"ow|st" + r"ub)\b")
MACHINE = re.compile(r"(^|[^A-Za-z0-9_.-])/(wo" + r"rk|fa" + r"rm|tmp/[a-z]{1,3}/|root)/")
IDLE_TEST = re.compile(r"GTEST_SK" + r"IP|DISAB" + r"LED_|\b(?:it|test|describe)\.sk" + r"ip\(|it\.to" + r"do|EXPECT_TRUE\(tr" + r"ue\)")


def check(name, text):
    lines = text.splitlines()
    if ROOM_WORDS.search(name) and "/lib/" not in name:
        yield f"{name}: a name that says nothing"
    if name.endswith(OURS) and "node_modules" not in name:
        first = lines[1:] if lines and lines[0].startswith("#!") else lines
        if not first or "SPDX-License-Identifier: GPL-3.0-or-later" not in first[0]:
            yield f"{name}:1: the first line is the SPDX line"
        elif len(first) < 2 or not re.match(r"\s*(//|#|/\*|\*)", first[1]):
            yield f"{name}:2: a comment says what the file is for"
    if name.endswith((".cpp", ".hpp", ".ts", ".tsx", ".css")) and len(lines) > LONGEST:
        yield f"{name}: {len(lines)} lines, what two things is it?"
    if WORDS.search(text) and name != "tests/lint/style.py":
        yield f"{name}: names one package host; which one is used is the machine's affair"
    if name.endswith((".json", ".lock", "LICENSE", ".png", ".css")):
        return
    for number, line in enumerate(lines, 1):
        # An HTML or CSS attribute of that name is a word of its language.
        plain = re.sub(r"place" + r"holder(?=[=\"':(?]|\s*[:=])|::place" + r"holder", "", line)
        if name.startswith(("src/", "include/", "tests/", "web/src")) and UNFINISHED.search(plain):
            yield f"{name}:{number}: words of unfinished work"
        if MACHINE.search(line) and name != "tests/lint/style.py":
            yield f"{name}:{number}: a path of some machine"
        if name.startswith(("tests/", "web/")) and IDLE_TEST.search(line) and not re.search(NEEDS_ROOT, line):
            yield f"{name}:{number}: a test that is left out or cannot fail"


if __name__ == "__main__":
    good = "// SPDX-License-Identifier: GPL-3.0-or-later\n// What it is for.\n"
    source.self_test(check, [
        ("src/a/a.cpp", good, False),
        ("src/a/a.cpp", "int x;\n", True),
        ("src/a/a.cpp", good + "// TO" + "DO later\n", True),
        ("src/a/a.cpp", good + "int x;\n" * LONGEST, True),
        ("tests/a.cpp", good + "EXPECT_TRUE(tr" + "ue);\n", True),
        ("src/a/ut" + "ils.cpp", good, True),
        ("src/a/com" + "mon/x.cpp", good, True),
        ("src/a/command.cpp", good, False),
        ("tests/a.cpp", good + "GTEST_SK" + "IP();\n", True),
        ("docs/a.md", "see /wo" + "rk/main\n", True),
    ])
    problems = []
    for file in source.tracked():
        if file.endswith((".png", ".ico", ".woff2", ".deb")) or "/corpus/" in file or "/data/" in file:
            continue
        problems += check(file, source.read(file))
    source.finish("style", problems)
