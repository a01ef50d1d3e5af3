# SPDX-License-Identifier: GPL-3.0-or-later
# What every lint needs: the files git tracks, and C++ text without comments and literals.
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tracked(*suffixes):
    """Paths relative to the root of tracked and not ignored new files, by suffix (all without one)."""
    # A clone may belong to somebody else than the one who tests it.
    command = ["git", "-c", "safe.directory=*", "-c", "core.quotePath=off", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    names = [n for n in listed.stdout.splitlines() if (ROOT / n).is_file() and not (ROOT / n).is_symlink()]
    if len(names) < 50:
        sys.exit("git lists hardly any file: the lints look at a clone of the repository")
    return [n for n in names if not suffixes or n.endswith(suffixes)]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def without_comments(text):
    """Comments become blanks, string and character literals become empty; line numbers stay."""
    out = []
    i = 0
    n = len(text)
    while i < n:
        two = text[i : i + 2]
        if two == "//":
            while i < n and text[i] != "\n":
                i += 1
        elif two == "/*":
            end = text.find("*/", i + 2)
            end = n if end < 0 else end + 2
            out.append("\n" * text.count("\n", i, end))
            i = end
        elif text.startswith('R"', i) and (i == 0 or not text[i - 1].isalnum()):
            bracket = text.find("(", i)
            close = ")" + text[i + 2 : bracket] + '"'
            end = text.find(close, bracket)
            end = n if end < 0 else end + len(close)
            out.append('""' + "\n" * text.count("\n", i, end))
            i = end
        elif text[i] == '"' or (text[i] == "'" and not (i > 0 and text[i - 1].isalnum())):
            quote = text[i]
            out.append(quote)
            i += 1
            while i < n and text[i] != quote and text[i] != "\n":
                i += 2 if text[i] == "\\" else 1
            if i < n and text[i] == quote:
                out.append(quote)
                i += 1
        else:
            out.append(text[i])
            i += 1
    return "".join(out)


def includes(text):
    """(line number, name, is angled) of each include."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(2), match.group(1) == "<"


def finish(name, problems):
    for problem in problems:
        print(problem)
    print(f"{name}: {len(problems)} problems" if problems else f"{name}: nothing found")
    sys.exit(1 if problems else 0)


def self_test(check, cases):
    """Each case: (file name, text, whether it is a problem)."""
    for name, text, bad in cases:
        found = bool(list(check(name, text)))
        if found != bad:
            print(f"the lint itself is wrong: {name!r} {text!r} gave {found}, expected {bad}")
            sys.exit(2)
