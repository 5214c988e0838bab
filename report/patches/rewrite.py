# SPDX-License-Identifier: GPL-2.0-only
"""Rewrite: in, edits in their order and the files' texts; out, each file after each edit, or why not.

The edits are SmPL, run by spatch on a scratch copy. What comes back is checked without regard to
what was meant: comments and directives are as they were, and only the edit's own tokens changed.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from report.file import Complaint
from report.patches.choose import Step, Target
from report.patches.source import Source, changed, kept, moved, tidied

PATCHES = os.path.join(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "semantic-patches"
)
TIMEOUT = 60  # seconds for a run of spatch
_MODES = ("declare", "drop", "unbrace")


class Failed(Exception):
    """Why an edit was not made."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one edit made of its file."""

    target: Target
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Spatch:
    """Runs rewrites, each at most once for the same text."""

    scratch: str
    memory: dict[tuple[str, str, tuple[str, ...]], str]

    def __call__(
        self, patch: str, place: str, defines: tuple[tuple[str, str], ...], text: str
    ) -> str:
        options = [f"-D{name}={value}" for name, value in defines if name not in (*_MODES, "CALL")]
        options = [part for option in options for part in ("-D", option[2:])]
        for mode in _MODES:
            if dict(defines).get(mode):
                options += ["-D", mode]
        key = (patch + place, text, tuple(options))
        if key not in self.memory:
            self.memory[key] = self._run(patch, place, dict(defines).get("CALL", ""), options, text)
        return self.memory[key]

    def _run(self, patch: str, place: str, call: str, options: list[str], text: str) -> str:
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            path = os.path.join(folder, "source.c")
            with open(path, "wb") as file:
                file.write(text.encode("latin-1"))
            command = [
                os.environ.get("SPATCH") or "spatch",
                *("--sp-file", os.path.join(PATCHES, "rewrites", f"{patch}.cocci")),
                *("--macro-file-builtins", os.path.join(PATCHES, "macros.h")),
                *("--very-quiet", "--no-includes", "--in-place", *options, path),
            ]
            try:
                done = subprocess.run(
                    command,
                    env={**os.environ, "AT": place, "CALL": call, "TMPDIR": folder},
                    cwd=folder,
                    capture_output=True,
                    timeout=TIMEOUT,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise Failed(f"spatch needed more than {TIMEOUT} seconds") from None
            except OSError as error:
                raise Complaint(f"spatch: {error.strerror}: install coccinelle") from None
            if done.returncode:
                lines = done.stderr.decode("latin-1").split("\n")
                raise Failed(f"spatch failed: {next((x for x in lines if x.strip()), '')[:120]}")
            with open(path, "rb") as file:
                return file.read().decode("latin-1")


def _modes(step: Step, source: Source, offset: int) -> tuple[tuple[str, str], ...]:
    """What may go beside the statement itself: nothing that holds a comment or a directive.

    Braces around a branch or a loop stay: an else must not change its if.
    """
    block = Source(source.block(offset))
    if step.patch not in ("message", "propagate") or not block.text or kept(block):
        return ()
    drop = (("drop", "y"),) if step.patch == "message" else ()
    nested = any(t.text in ("if", "for", "while", "do", "switch") for t in block.tokens)
    return drop if nested else (*drop, ("unbrace", "y"))


def _empty(source: Source) -> int:
    """How many blocks and labels hold no statement."""
    texts = [t.text for t in source.tokens if t.kind != "comment"]
    return sum(b == "}" and a in ("{", ":") for a, b in zip(texts, texts[1:]))


def _verify(step: Step, before: Source, after: Source) -> None:
    """The text changed as this rewrite may, and in no other way."""
    if kept(before) != kept(after):
        raise Failed("a comment or a directive would be lost")
    removed, added = changed(before, after)
    defines = dict(step.defines)
    wanted = Counter([defines.get("NEW", "")]) if not removed["?"] else Counter()
    if step.patch == "errno" and (
        added != wanted
        or removed["?"] > 1
        or (not removed["?"] and removed - Counter([defines["OLD"], "1"]))
    ):
        raise Failed("more than the errno would change")
    if step.patch == "message" and (added or removed["{"] != removed["}"] or removed["goto"]):
        raise Failed("more than the message would change")
    if _empty(after) > _empty(before):
        raise Failed("a branch or label would be left with no statement")
    if step.patch != "message" and sum((removed + added).values()) > 60:
        raise Failed("more than the place would change")
    old = set(before.text.split("\n"))
    for line in after.text.split("\n"):
        if line not in old and (
            re.search(r"[ \t]$", line) or re.search(r" \t", line[:200].rstrip("\\"))
        ):
            raise Failed("blanks and tabs are mixed in the line: git diff --check would complain")
        if line not in old and re.match(r"\t* {8}", line):
            raise Failed("the line is indented with blanks: mend that first")


def _aligned(step: Step, before: str, after: str) -> str:
    """Continuation lines under the parenthesis of a call whose name changed length."""
    defines = dict(step.defines)
    shift = len(defines.get("NEW", "")) - len(defines.get("OLD", ""))
    if step.patch != "debug" or not shift:
        return after
    source = Source(after)
    start = next((i for i, (a, b) in enumerate(zip(before, after)) if a != b), 0)
    places = [t for t in source.tokens if t.text == defines["NEW"] and t.start <= start < t.end + 1]
    if not places:
        return after
    head, end = places[0].start, source.statement(places[0].start)[1]
    line_start = after.rfind("\n", 0, head) + 1
    column = len(after[line_start:head].expandtabs(8)) + len(defines["NEW"]) + 1
    lines = after[head:end].split("\n")
    for i, line in enumerate(lines[1:], 1):
        rest = line.lstrip(" \t")
        if len(line[: len(line) - len(rest)].expandtabs(8)) == column - shift:
            lines[i] = "\t" * (column // 8) + " " * (column % 8) + rest
    return after[:head] + "\n".join(lines) + after[end:]


def _edited(
    patch: str, source: Source, offset: int, defines: tuple[tuple[str, str], ...], spatch: Spatch
) -> str:
    """spatch is shown the one function, in its place: the rest is safe from it, and it is quick."""
    start, end = source.definition(offset)
    text, place = source.text, source.at(offset)
    blank = "\n" * text.count("\n", 0, start)
    blank += " " * (start - text.rfind("\n", 0, start) - 1)
    result = spatch(patch, place, defines, f"{blank}{text[start:end]}\n")
    if not result.startswith(blank) or not result.endswith("}\n"):
        raise Failed("spatch changed more than the function")
    return tidied(text, text[:start] + result[len(blank) : -1] + text[end:])


def _run(step: Step, offset: int, text: str, spatch: Spatch) -> str:
    source = Source(text)
    defines = step.defines + _modes(step, source, offset)
    after = _edited(step.patch, source, offset, defines, spatch)
    if after == text:
        if step.or_else:
            return _run(step.or_else, offset, text, spatch)
        raise Failed(
            "what stands before the call may need undoing when it fails"
            if step.patch == "result"
            else f"its form fits no rewrite ({step.patch})"
        )
    after = _aligned(step, text, after)
    _verify(step, source, Source(after))
    return after


def _unused(before: str, after: str, offset: int, spatch: Spatch) -> str:
    """Drops the declarations of variables that only the removed text used."""
    source, rest = Source(before), Source(after)
    removed, added = changed(source, rest)
    if sum((removed - added).values()) <= sum(added.values()):
        return after  # one word for another
    start, end = source.function(offset)
    end -= len(before) - len(after)
    for name in sorted(removed):
        places = rest.uses(name, start, end) if re.fullmatch(r"[A-Za-z_]\w*", name) else []
        if len(places) != 1:
            continue
        place = places[0]
        line = rest.line_text(rest.line(place))
        if not re.match(rf"\s+(?:[\w*]+\s+)+\**[^;()]*\b{name}\b", line) or "return" in line:
            continue
        without = _edited("unused", rest, place, (("VAR", name),), spatch)
        if without == after or kept(Source(without)) != kept(rest):
            raise Failed(
                f"{name} would fall out of use, and its declaration does more than declare it"
            )
        return _unused(before, without, offset, spatch)
    return after


def _apply(target: Target, history: list[Change], text: str, spatch: Spatch) -> str:
    """The file's text after this edit; places are those of the file as audited."""

    def place(offset: int, current: list[tuple[str, str]]) -> int:
        for before, after in current:
            offset = moved(before, after, offset) if offset >= 0 else -1
        return offset

    steps = [(c.before, c.after) for c in history]
    done = text
    for step in target.steps:
        offset = place(step.offset, steps)
        if offset < 0:
            if step.patch in ("message", "debug"):  # it went with another site's
                continue
            raise Failed("another edit changed this place")
        after = _run(step, offset, done, spatch)
        if step.patch in ("message", "errno"):
            after = _unused(done, after, offset, spatch)
        steps.append((done, after))
        done = after
    if done == text:
        raise Failed("another edit has made it already")
    return done


def rewrite(
    targets: list[Target], texts: dict[str, str], spatch: Spatch, jobs: int
) -> tuple[list[Change], dict[str, str]]:
    """Files side by side, a file's edits one after the other; reasons by id of what failed."""

    def of_file(path: str) -> tuple[list[Change], dict[str, str]]:
        history: list[Change] = []
        failed = {}
        for target in targets:
            if target.file != path:
                continue
            text = history[-1].after if history else texts[path]
            try:
                history.append(Change(target, text, _apply(target, history, text, spatch)))
            except Failed as why:
                failed[target.id] = str(why)
        return history, failed

    with ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(of_file, sorted({t.file for t in targets})))
    changes = {c.target.id: c for history, _ in results for c in history}
    reasons = {id_: why for _, failed in results for id_, why in failed.items()}
    return [changes[t.id] for t in targets if t.id in changes], reasons


Rewriter = Callable[[list[Target]], tuple[list[Change], dict[str, str]]]
