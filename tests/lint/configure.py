# SPDX-License-Identifier: GPL-3.0-or-later
# Configures with an old GCC and with an old Boost and expects the sentence that says what to do.
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile

TOP = pathlib.Path(sys.argv[1])


def configure(folder, *arguments):
    command = ["cmake", "-S", str(TOP), "-B", str(folder), "-G", "Ninja", "-DSF_TESTS=OFF", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def old_gcc(folder):
    """A compiler that calls itself GCC 12.2: the real one where it is installed, else clang with GCC's identity macros."""
    for name in ("g++-12", "g++"):
        found = shutil.which(name)
        if found and subprocess.run([found, "-dumpversion"], capture_output=True, text=True).stdout.strip().split(".")[0] == "12":
            return found
    script = folder / "g++-12"
    flags = "-U__clang__ -U__clang_major__ -U__clang_minor__ -U__clang_patchlevel__ -U__GNUC__ -U__GNUC_MINOR__ -U__GNUC_PATCHLEVEL__ -D__GNUC__=12 -D__GNUC_MINOR__=2 -D__GNUC_PATCHLEVEL__=0"
    script.write_text(f'#!/bin/sh\nexec clang++-19 -Wno-builtin-macro-redefined -Wno-macro-redefined {flags} "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IEXEC)
    return script


def main():
    failures = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        code, text = configure(folder / "gcc", f"-DCMAKE_CXX_COMPILER={old_gcc(folder)}", "-DCMAKE_C_COMPILER=clang-19")
        if code == 0 or "miscompiles coroutines" not in text or "./dev setup" not in text:
            failures.append("GCC 12 was not refused with a sentence: " + text[-600:])
        boost = folder / "boost" / "boost"
        boost.mkdir(parents=True)
        (boost / "version.hpp").write_text("#define BOOST_VERSION 107400\n")
        code, text = configure(folder / "old", "-DCMAKE_CXX_COMPILER=clang++-19", "-DCMAKE_C_COMPILER=clang-19", f"-DSF_BOOST_INCLUDE={folder / 'boost'}")
        if code == 0 or "is older than 1.81" not in text or "./dev setup" not in text:
            failures.append("Boost 1.74 was not refused with a sentence: " + text[-600:])
    for failure in failures:
        print(failure)
    print(f"configure: {len(failures)} problems")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
