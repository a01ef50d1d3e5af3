# SPDX-License-Identifier: GPL-3.0-or-later
# What the documents name exists: links, files, commands of ./dev, benches.
import os
import re

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


if __name__ == "__main__":
    source.self_test(check, [
        ("README.md", "`./dev demo` and [a](docs/architecture.md)", False),
        ("README.md", "`./dev dance`", True),
        ("README.md", "[a](docs/nothing.md)", True),
        ("docs/a.md", "[a](architecture.md)", False),
        ("README.md", "`./dev bench nothing_at_all`", True),
        ("README.md", "`config/nothing.service`", True),
    ])
    problems = []
    for file in source.tracked(".md"):
        problems += check(file, source.read(file))
    source.finish("docs", problems)
