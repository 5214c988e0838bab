# SPDX-License-Identifier: GPL-2.0-only
"""Applying: in, the patches of a series and the tree before it; out, the tree after each, where the
lines of the mails stand in it, and what could not be applied.

A hunk stands where git put it, which need not be where its author had it: what is said of a line of
the tree is said of the line of the mail that became it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

from report import scratch
from report.review.series import FileDiff, Hunk, Patch
from report.operations import operations
from report.scratch import SOURCES
from report.text import escape

CONTRACT = "include/linux/iommu.h"  # the errno rules stand there
FUZZ = 2  # lines of context that may differ at either end of a hunk


@dataclass(frozen=True, slots=True)
class Place:
    """Of a line in the mail."""

    file: int  # index of the FileDiff
    hunk: int
    line: int


@dataclass(frozen=True, slots=True)
class State:
    """A patch and the tree that it leaves."""

    patch: Patch
    tree: str
    why: str = ""  # it was left out, since it does not apply there
    beside: tuple[str, ...] = ()  # files of it that were left out, with the reason; none is read
    unread: tuple[str, ...] = ()  # the same, where an audit might have read them
    fuzzy: tuple[str, ...] = ()  # files in which not all of a hunk's context was found
    places: dict[tuple[str, int], Place] = field(default_factory=dict)  # (file, line) of the tree
    theirs: frozenset[str] = frozenset()  # files whose line numbers are the author's as well


def near(folder: str) -> str:
    """drivers/iommu of drivers/iommu/x/y: folders below one such share headers."""
    return "/".join(folder.split("/")[:2])


def _lines(tree: str, name: str) -> list[str] | None:
    content = scratch.read(os.path.join(tree, name))
    if content is None:
        return None
    return content.decode("utf-8", "backslashreplace").split("\n")


# ------------------------------------------------------------------------ where it stands


def _fits(after: list[str], kept: list[tuple[str, str]], start: int) -> bool:
    """Do the hunk's lines stand there, but for a line or two of context at its ends?"""
    if start < 0 or start + len(kept) > len(after):
        return False
    for i, (kind, text) in enumerate(kept):
        if after[start + i].rstrip("\r") != text.rstrip("\r"):
            if kind != " " or min(i, len(kept) - 1 - i) >= FUZZ:
                return False
    return True


def _start(after: list[str], hunk: Hunk, said: int) -> int | None:
    """Index of the hunk's first line, at or nearest to the line that git has said."""
    kept = [(line.kind, line.text) for line in hunk.lines if line.kind in "+ "]
    expected = max(said - 1, 0)
    for distance in range(len(after) + 1):
        for start in dict.fromkeys((expected - distance, expected + distance)):
            if _fits(after, kept, start):
                return start
    return None


def _placed(
    file: FileDiff, index: int, after: list[str], said: dict[int, int]
) -> Iterator[tuple[tuple[str, int], Place]]:
    for j, hunk in enumerate(file.hunks):
        start = _start(after, hunk, said.get(j, hunk.start))
        if start is None:
            continue
        number = start
        for k, line in enumerate(hunk.lines):
            if line.kind in "+ ":
                number += 1
                yield (file.new, number), Place(index, j, k)


def _same_file(tree: str, file: FileDiff) -> bool:
    """Is the file of the tree the one that the patch was made on?"""
    if not file.old:
        return True
    content = scratch.read(os.path.join(tree, file.old))
    if content is None or not file.blob:
        return False
    kind = hashlib.sha256 if len(file.blob) > 40 else hashlib.sha1
    return kind(b"blob %d\0" % len(content) + content).hexdigest().startswith(file.blob)


# ------------------------------------------------------------------------------ applying


def _git(diff: bytes, repository: str, tree: str, *options: str) -> tuple[bool, str]:
    """git keeps a patch inside the tree; what it would make a symbolic link becomes a plain file."""
    done = scratch.git(
        *(f"--git-dir={repository}", f"--work-tree={tree}", "-c", "core.symlinks=false"),
        *("-c", "core.autocrlf=false", "apply", "-v", "--whitespace=nowarn", *options, "-"),
        stdin=diff,
        cwd=tree,
    )
    return done.returncode == 0, done.stderr.decode("utf-8", "backslashreplace")


def _reason(said: str) -> str:
    errors = [s.removeprefix("error: ") for s in said.splitlines() if s.startswith("error: ")]
    why = next((s for s in errors if s.startswith("patch failed: ")), "")
    place = re.fullmatch(r"patch failed: (.+):(\d+)", why)
    if place:
        return f"{place[1]}:{place[2]}: the tree has other lines there"
    return errors[0] if errors else "no reason given"


def _apply(
    file: FileDiff, repository: str, tree: str, fuzz: bool
) -> tuple[str, dict[int, int], bool]:
    """Why the file's part does not apply, or "", where git put hunks that it had to move, and
    whether it took less context for it."""
    done, said = _git(file.diff, repository, tree)
    why, less = "" if done else _reason(said), False
    if not done and fuzz and file.hunks:
        less, said = _git(file.diff, repository, tree, "-C1")
        why = "" if less else why
    moved = re.findall(r"(?m)^Hunk #(\d+) succeeded at (\d+)", said)
    return why, {int(n) - 1: int(line) for n, line in moved}, less


def _is_code(name: str) -> bool:
    return name.endswith(SOURCES) and not name.startswith("include/dt-bindings/")


def _counts(file: FileDiff, roots: set[str]) -> bool:
    """Can a driver's audit depend on it?"""
    names = {n for n in (file.old, file.new) if _is_code(n)}
    words = any(o.encode() in file.diff for o in operations())
    return bool(names) and (
        words or any(n == CONTRACT or near(os.path.dirname(n)) in roots for n in names)
    )


def _state(
    patch: Patch, before: str, after: str, repository: str, roots: set[str], fuzz: bool
) -> State:
    shutil.copytree(before, after, symlinks=True)
    places: dict[tuple[str, int], Place] = {}
    theirs: set[str] = set()
    beside: list[str] = []
    unread: list[str] = []
    fuzzy: list[str] = []
    for i, file in enumerate(patch.files):
        same = _same_file(after, file)
        why, said, less = _apply(file, repository, after, fuzz)
        if why and _counts(file, roots):
            shutil.rmtree(after)
            return State(patch, before, why)
        name = file.new or file.old
        if why:
            (unread if _is_code(name) else beside).append(
                escape(why if why.startswith(name) else f"{name}: {why}")
            )
            continue
        if same:
            theirs.add(name)
        if less:
            fuzzy.append(escape(name))
        lines = _lines(after, file.new) if file.new else None
        places |= dict(_placed(file, i, lines or [], said))
    return State(
        *(patch, after, "", tuple(beside), tuple(unread), tuple(fuzzy)),
        places,
        frozenset(theirs),
    )


def states(patches: tuple[Patch, ...], folder: str, first: str, roots: set[str]) -> list[State]:
    """One a patch, in order. A patch that does not apply is left out whole, as git am would, but for
    files that no audit reads; the next one is tried on the tree without it. Less context than the
    mails have is enough where the whole series can be applied so. `roots`: near which folders the
    drivers stand; `folder` is scratch space."""
    repository = os.path.join(folder, "git")
    scratch.new_git_dir(repository)

    def made(fuzz: bool) -> list[State]:
        done: list[State] = []
        for i, patch in enumerate(patches, 1):
            before = done[-1].tree if done else first
            after = os.path.join(folder, f"state-{i}{'-fuzz' * fuzz}")
            done.append(_state(patch, before, after, repository, roots, fuzz))
        return done

    strict = made(False)
    if not any(state.why for state in strict):
        return strict
    fuzzy = made(True)
    return strict if any(state.why for state in fuzzy) else fuzzy
