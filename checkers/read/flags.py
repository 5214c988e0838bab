#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Flags: in, the command with which a tree's Makefile calls a checker; out, what of it says how a file is
to be read, one a line, on stdout.

    python3 -IB flags.py --tree DIR --build DIR <COMMAND

The Makefile is the tree's, so its words are only taken in the forms below, values included: a word that
a compiler would read more arguments from (@file), load (-fplugin, -Xclang -load), run (-B, -wrapper) or
write by is no such form. Paths come out absolute. What does not change how a file is read is left out;
one that leads out of the tree, its build and the compiler's own headers ends this with status 1.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from collections.abc import Iterator

DEFINE = re.compile(r"[A-Za-z_]\w*(\([\w, .]*\))?(=[^\n]*)?")
NAME = re.compile(r"[A-Za-z_]\w*")
FOLDERS = ("-I", "-isystem", "-iquote", "-idirafter")
FILES = ("-include", "-imacros")
SYSTEM = ("/usr/lib/", "/usr/include/", "/usr/local/include/", "/opt/")  # a compiler's own headers
PLAIN = re.compile(
    r"-std=[\w+:]+|-m[a-z0-9][\w.+=-]*|-O[0-3sgz]?|-nostdinc|-ffreestanding|-f(un)?signed-char"
    r"|-fshort-(wchar|enums)|-fms-extensions|-fwrapv"
    r"|-fno-(builtin[\w-]*|strict[\w-]*|common|delete-null[\w-]*)|-?-target=[\w.-]+|--arch=\w+"
)
VALUED = ("-mllvm", "-meabi", "--param", "-o", "-MF", "-MT", "-MQ", "-Xclang", "-arch", "-B")
OWN = re.compile(r"KBUILD_(BASE|MOD)|__KBUILD_MOD")  # names the file that make was asked for


class Refused(Exception):
    """Which word, and why."""


def _path(flag: str, value: str, tree: str, build: str) -> str:
    path = os.path.normpath(os.path.join(build, value))
    real = os.path.realpath(path)
    within = [os.path.realpath(tree) + "/", os.path.realpath(build) + "/"]
    if flag in FOLDERS:
        within += SYSTEM
    if "\n" in path or not f"{real}/".startswith(tuple(within)):
        raise Refused(f"{flag} {value!r} leads out of the tree and its build")
    return path


def allowed(words: list[str], tree: str, build: str) -> Iterator[str]:
    """The words of known forms; a value that stood by itself is joined, or begins with a slash."""
    left = list(reversed(words))
    while left:
        word = left.pop()
        flag = next((f for f in ("-D", "-U", *FILES, *FOLDERS) if word.startswith(f)), "")
        if word in VALUED:
            left = left[:-1]
        elif PLAIN.fullmatch(word):
            yield word
        elif flag:
            value = word.removeprefix(flag)
            if not value:
                value = left.pop() if left else ""
            if flag in ("-D", "-U"):
                if not (DEFINE if flag == "-D" else NAME).fullmatch(value):
                    raise Refused(f"{flag} {value!r} names no macro")
                if not OWN.match(value):
                    yield f"{flag}{value}"
            elif flag == "-I":
                yield f"-I{_path(flag, value, tree, build)}"
            else:
                yield flag
                yield _path(flag, value, tree, build)


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Takes from a checker's command how files are read."
    )
    parser.add_argument("--tree", required=True)
    parser.add_argument("--build", required=True)
    given = parser.parse_args()
    try:
        words = shlex.split(sys.stdin.buffer.read().decode("utf-8", "surrogateescape"))
        lines = list(allowed(words, given.tree, given.build))
    except (Refused, ValueError) as error:
        print(
            f"error: the flags of its Makefiles are not taken: {ascii(str(error))[1:-1]}",
            file=sys.stderr,
        )
        return 1
    sys.stdout.buffer.write("".join(f"{s}\n" for s in lines).encode("utf-8", "surrogateescape"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
