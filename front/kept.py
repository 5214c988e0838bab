# SPDX-License-Identifier: GPL-2.0-only
"""What need not be done again: in, the scan of a tree and all else that decides the outcome; out, what
the last audit into this OUT said, if nothing of that has changed, its results included.

The scan has looked at every C file of the tree. Engines that configure the tree read its other files
too: those are listed while the scan runs. An audit in which an engine failed is not kept, since it may
do better the next time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from front.place import tool
from front.steps import Run
from report.file import Complaint, take, write_text

BUILT = ("attach-check", "attach-path.so")  # what only engines that configure a tree need
TOOLS = ("make", "flex", "bison", "bc", "bwrap", "gcc", "dot")
VARIABLES = ("LLVM", "CLANG", "SPATCH", "SANDBOX", "ARCH", "PATH", "HOME", "LC_ALL", "LANG")
LISTED = ["-name", "Documentation", "-prune", "-o", "-name", ".git", "-prune", "-o", "-type", "f"]
LISTED += ["!", "-name", "*.[ch]", "-printf", "%p %s %T@\\n"]


@dataclass(frozen=True, slots=True)
class Said:
    """What an audit told: stdout, lines on stderr, status."""

    text: str
    lines: tuple[str, ...]
    status: int


def listing(run: Run, asked: tuple[str, ...]) -> subprocess.Popen[bytes] | None:
    """Starts to list the tree's other files, where an engine may read them."""
    engines = set(asked or ("sparse", "clang")) - {"coccinelle"}
    if not engines or not any(os.path.exists(tool("build", name)) for name in BUILT):
        return None
    command = ["find", run.place.tree, *LISTED]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _stat(path: str) -> tuple[str, int, int, int] | None:
    try:
        s = os.stat(path)
    except OSError:
        return None
    return path, s.st_size, s.st_mtime_ns, s.st_ino


def _own() -> Iterator[str]:
    """This tool's files: programs, semantic patches, Python, data."""
    for top in (
        "front",
        "report",
        "semantic-patches",
        "checkers/read",
        "checkers/clang",
        "docs/rules",
    ):
        for folder, _, names in os.walk(tool(top)):
            yield from (os.path.join(folder, name) for name in names)
    yield from (tool("build", name) for name in BUILT)
    yield tool("checkers", "api.json")


def key(run: Run, listed: subprocess.Popen[bytes] | None, style: str) -> str:
    """A digest of all that decides what an audit says; "" where that cannot be told."""
    other = listed.communicate()[0] if listed else b""
    with open(run.at("scan.json"), "rb") as file:
        scan = file.read()
    # a file is too young, a build is elsewhere, or what is told goes to a file of somebody else's
    if not json.loads(scan)["state"] or run.wish.build or "github" in run.wish.format:
        return ""
    llvm, environment = os.environ.get("LLVM", "-19"), os.environ
    names = [*TOOLS, environment.get("SPATCH") or "spatch", environment.get("CLANG") or "clang-19"]
    names += [f"{name}{llvm}" for name in ("clang", "ld.lld", "llvm-ar")]
    paths: list[str] = [*sorted(_own()), run.place.checks, sys.executable]
    paths += [str(shutil.which(name) or name) for name in names]
    contents = []
    for path in (run.place.baseline, run.place.rules):
        try:
            with open(path, "rb") as file:
                contents.append(file.read())
        except OSError:
            return ""
    state: list[object] = [
        vars(run.wish),
        run.place.tree,
        run.place.choose,
        run.place.baseline,
        run.place.rules,
    ]
    state += [style, [environment.get(v) for v in VARIABLES], list(map(_stat, paths))]
    digest = hashlib.sha256(repr(state).encode("utf-8", "surrogateescape"))
    for content in (scan, other, *contents):
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def _path(run: Run) -> str:
    out = os.path.realpath(run.place.out)
    return os.path.join(run.place.cache, f"run-{hashlib.sha256(os.fsencode(out)).hexdigest()[:16]}")


def _files(run: Run) -> dict[str, list[int]]:
    """The results as they stand in OUT."""
    found = {}
    with os.scandir(run.place.out) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False) and entry.name != ".lock":
                s = entry.stat()
                found[entry.name] = [s.st_size, s.st_mtime_ns, s.st_ino]
    return found


def recall(run: Run, key: str) -> Said | None:
    try:
        held = json.loads(take(_path(run), own=True))
        if not key or held["key"] != key or held["files"] != _files(run):
            return None
        return Said(held["text"], tuple(held["lines"]), held["status"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(run: Run, key: str, said: Said) -> None:
    """Where it cannot be kept, it is made again."""
    if not key or not _settled(run):
        return
    held = {
        "key": key,
        "files": _files(run),
        "text": said.text,
        "lines": said.lines,
        "status": said.status,
    }
    try:
        write_text(_path(run), json.dumps(held))
    except Complaint:
        pass


def _settled(run: Run) -> bool:
    with open(run.place.inside("engines.json"), encoding="utf-8") as file:
        engines = json.load(file).values()
    return not any(e["status"] == "failed" or (e["status"] == "ran" and e["why"]) for e in engines)
