# SPDX-License-Identifier: GPL-3.0-or-later
# What the documents name exists: links, files, commands of ./dev, benches. Every page is linked from the README or the page on the
# architecture, and that page's table of rooms is the one that the rooms are held to.
import os
import re

import rooms
import source

COMMANDS = set(re.findall(r"^  ([a-z]+)(?: \||\))", source.read("dev")[source.read("dev").index('case "$command" in') :], re.M))
BENCHES = [n.split("/")[-1].removesuffix("_bench.cpp") for n in source.tracked("_bench.cpp")]


def check(name, text):
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{name}:{number}"
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", line):
            if not re.match(r"[a-z]+:", target) and not (source.ROOT / os.path.dirname(name) / target).exists():
                yield f"{where}: there is no {target}"
        for command in re.findall(r"\./dev ([a-z]+)", line):
            if command not in COMMANDS:
                yield f"{where}: ./dev has no command '{command}'"
        for bench in re.findall(r"\./dev bench ([a-z_]+)", line):
            if not any(bench in known for known in BENCHES):
                yield f"{where}: there is no bench '{bench}'"
        for path in re.findall(r"`((?:config|tests|cmake|docs|include|src)/[\w./-]+\.\w+)`", line):
            if not (source.ROOT / path).exists() and not (source.ROOT / os.path.dirname(name) / path).exists():
                yield f"{where}: there is no {path}"


def table_of(text):
    """Room to what it may include, as the page on the architecture says it."""
    rows = re.findall(r"^\| \d+ \| `(\w+)`[^|]*\|[^|]*\|([^|]*)\|$", text, re.M)
    return {room: [word.strip() for word in below.split(",") if word.strip()] for room, below in rows}


def check_table(text, folders):
    said = table_of(text)
    for room in folders:
        below = [one for one in rooms.BELOW[room] if one in folders]
        if said.get(room) != below:
            yield f"docs/architecture.md: the row of '{room}' says {said.get(room)}, the rooms are held to {below}"
    for room in said:
        if room not in folders:
            yield f"docs/architecture.md: there is no room '{room}'"


def check_reach(pages, entries):
    """Each page is a link away from one of the entries."""
    linked = set()
    for name, text in entries:
        linked |= {os.path.normpath(os.path.join(os.path.dirname(name), target)) for target in re.findall(r"\]\(([^)#]+)", text)}
    for page in pages:
        if page not in linked and page not in [name for name, _ in entries]:
            yield f"{page}: no page links to it"


if __name__ == "__main__":
    source.self_test(check, [
        ("README.md", "`./dev demo` and [a](docs/architecture.md)", False),
        ("README.md", "`./dev dance`", True),
        ("README.md", "[a](docs/nothing.md)", True),
        ("docs/a.md", "[a](architecture.md)", False),
        ("README.md", "`./dev bench nothing_at_all`", True),
        ("README.md", "`config/nothing.service`", True),
    ])
    table = "| 0 | `base`, `base_io` | all | |\n| 1 | `guard` | permits | base |\n"
    assert not list(check_table(table, ["base", "guard"])), "the right table was refused"
    assert list(check_table(table, ["base", "guard", "net"])), "a missing room was not noticed"
    assert list(check_table(table.replace("| base |", "| |"), ["base", "guard"])), "a wrong row was not noticed"
    assert not list(check_reach(["docs/a.md"], [("README.md", "[a](docs/a.md)")])), "a linked page was refused"
    assert list(check_reach(["docs/a.md"], [("README.md", "a")])), "an orphan was not noticed"
    problems = []
    architecture = "docs/architecture.md"
    folders = [room for room in rooms.BELOW if (source.ROOT / "src" / room).is_dir()]
    problems += check_table(source.read(architecture), folders)
    entries = [(name, source.read(name)) for name in ("README.md", architecture)]
    problems += check_reach([page for page in source.tracked(".md") if page.startswith("docs/")], entries)
    for file in source.tracked(".md"):
        problems += check(file, source.read(file))
    source.finish("docs", problems)
