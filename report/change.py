# SPDX-License-Identifier: GPL-2.0-only
"""A change: in, two audits and their trees; out, which findings are new, fixed, moved, unchanged.

An identifier holds no line number, so most findings pair by it. What is left is paired by the line
it stands on, followed through the difference of the two files; then by function, errno and guard.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from report import gate, narrow, scratch
from report.baseline import Baseline
from report.file import Complaint, write_json
from report.model import Audit, Finding
from report.rules import MIXED
from report.source import Source, read_source
from report.show import Shown, Wanted
from report.text import by_severity, escape, squeeze, summary

Pair = tuple[Finding, Finding]


@dataclass(frozen=True, slots=True)
class Change:
    new: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    kept: tuple[Pair, ...]  # before, after

    @property
    def moved(self) -> tuple[Pair, ...]:
        """What stands in another function or file now."""
        return tuple((b, a) for b, a in self.kept if (b.file, b.function) != (a.file, a.function))


def line_map(old: tuple[str, ...], new: tuple[str, ...]) -> dict[int, int]:
    """Line of the old file -> the same line in the new one; changed lines have none."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    lines = {i + 1: i + 1 for i in range(head)}
    lines |= {len(old) - i: len(new) - i for i in range(tail)}
    middle = SequenceMatcher(
        None, old[head : len(old) - tail], new[head : len(new) - tail], autojunk=False
    )
    for block in middle.get_matching_blocks():
        for i in range(block.size):
            lines[head + block.a + i + 1] = head + block.b + i + 1
    return lines


def _take(
    old: list[Finding],
    new: list[Finding],
    before: Callable[[Finding], Hashable],
    after: Callable[[Finding], Hashable],
    even: bool = False,
) -> list[Pair]:
    """Pairs those with the same key, in order, and removes them from both lists; `even` leaves
    keys alone that do not occur equally often. A key of None pairs with nothing."""
    ours, theirs = defaultdict(list), defaultdict(list)
    for f in old:
        ours[before(f)].append(f)
    for f in new:
        theirs[after(f)].append(f)
    pairs = [
        pair
        for key in ours
        if key is not None and (not even or len(ours[key]) == len(theirs[key]))
        for pair in zip(ours[key], theirs[key])
    ]
    gone = {f.id for f, _ in pairs}, {f.id for _, f in pairs}
    old[:] = [f for f in old if f.id not in gone[0]]
    new[:] = [f for f in new if f.id not in gone[1]]
    return pairs


def _stem(f: Finding) -> Hashable:
    """The identifier without the number among identicals."""
    return f.severity, f.id if f.rule == MIXED else f.id.rpartition(":")[0]


def _shape(f: Finding) -> tuple[str, ...] | None:
    """Rule, errno and guard, without the place."""
    return None if f.rule == MIXED else (f.severity, f.rule, *f.id.split(":")[-3:-1])


def compare(before: Audit, after: Audit, old_tree: str, new_tree: str) -> Change:
    old, new = list(before.findings), list(after.findings)
    kept = _take(old, new, _stem, _stem, even=True)
    if old and new:

        def sources(audit: Audit, left: list[Finding], tree: str) -> Source:
            return read_source(replace(audit, sites=tuple(f.site for f in left if f.site)), tree)

        was, now = sources(before, old, old_tree), sources(after, new, new_tree)
        maps: dict[str, dict[int, int]] = {}

        def followed(f: Finding) -> Hashable:
            if f.file not in now.files or f.rule == MIXED:
                return None
            if f.file not in maps:
                maps[f.file] = line_map(was.files.get(f.file, ()), now.files[f.file])
            line = maps[f.file].get(f.line)
            return line and (f.severity, f.rule, f.file, line, f.site and f.site.errno)

        def standing(f: Finding) -> Hashable:
            return f.severity, f.rule, f.file, f.line, f.site and f.site.errno

        kept += _take(old, new, followed, standing)
        kept += _take(old, new, _stem, _stem)
        here = {b.file for b in after.bindings} | {s.file for s in after.sites}

        def from_file(f: Finding) -> Hashable:
            shape = _shape(f)
            return shape and f.file not in here and (*shape, f.function) or None

        kept += _take(old, new, from_file, lambda f: (*(_shape(f) or ()), f.function))
        kept += _take(
            *(old, new),
            lambda f: _shape(f) and (*(_shape(f) or ()), f.file),
            lambda f: (*(_shape(f) or ()), f.file),
        )
        renamed = {b.driver: a.driver for b, a in kept if b.file not in here}
        kept += _take(
            *(old, new),
            lambda f: f.rule == MIXED and renamed.get(f.driver) or None,
            lambda f: f.rule == MIXED and f.driver,
        )
    return Change(tuple(new), tuple(old), tuple(kept))


def place(f: Finding) -> str:
    return escape(f"{f.file}:{f.line}:{f.column}")


def headline(f: Finding, word: str) -> str:
    return f"{place(f)}: {word} {f.severity}: {escape(squeeze(f.message))} [{f.rule}]"


def lines_of(change: Change, known: Iterable[str] = ()) -> list[str]:
    """What changed, a line each; an accepted finding is called known."""
    accepted = set(known)
    lines = []
    for f in change.new:
        lines.append(headline(f, "known" if f.id in accepted else "new"))
        if f.severity == "error":
            lines += [f"    edit: {escape(squeeze(f.rewrite))}"] if f.rewrite else []
            lines.append(f"    id: {escape(f.id)}")
    lines += [headline(a, "moved") + f", was {place(b)}" for b, a in change.moved]
    return lines + [headline(f, "fixed") for f in change.fixed]


def errors(findings: Iterable[Finding]) -> list[Finding]:
    return [f for f in findings if f.severity == "error"]


def show(kernel: str, ref: str, out: str, baseline: Baseline, wanted: Wanted = Wanted()) -> Shown:
    """Audits the revision and the working tree; new errors outside the baseline fail."""
    kernel = os.path.realpath(kernel)
    with scratch.scratch_folder(out) as folder:
        revision = scratch.open_revision(kernel, ref, folder)
        base = scratch.new_tree(folder, "base")
        files = scratch.binding_files(revision, folder)
        scratch.extract(revision, scratch.folders_of(files), files, base)
        if not os.path.isfile(os.path.join(base, "Makefile")):
            raise Complaint(f"{kernel}: {ref} is no kernel tree: name a revision that holds one")
        results = os.path.join(out, "base")
        before, after = scratch.run_audits([(base, results), (kernel, out)])
        change = compare(before, after, base, kernel)
    known = gate.compare(after, baseline).reasons
    incomplete = [f"{ref}: {line}" for line in gate.compare(before, baseline).incomplete]
    incomplete += gate.compare(after, baseline).incomplete
    since = gate.Since(
        *(f"{ref} to the working tree", change.new, change.fixed),
        unchanged=tuple(a for _, a in change.kept),
    )
    part, result = wanted.part(*narrow.changed(after, baseline, since, tuple(incomplete)))
    lines = lines_of(replace(change, new=wanted.left(change.new)), known)
    lines += [escape(line) for line in incomplete] + [escape(summary(part, result))]
    write_json(
        os.path.join(out, "change.json"),
        {
            "schema": "attach-audit-change/1",
            "base": revision.commit,
            "result": result.result,
            "new": sorted(f.id for f in change.new),
            "fixed": sorted(f.id for f in change.fixed),
            "moved": sorted([b.id, a.id] for b, a in change.moved),
            "unchanged": sorted(a.id for _, a in change.kept),
        },
    )
    return wanted.shown("\n".join(lines) + "\n", part, result, kernel)
