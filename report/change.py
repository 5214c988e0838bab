# SPDX-License-Identifier: GPL-2.0-only
"""A change: in, two audits and their trees; out, which findings are new, fixed, moved, unchanged.

An identifier holds no line number, so most findings pair by it. What is left is paired by the line
it stands on, followed through the difference of the two files; then by function, errno and guard.

New and fixed is what the change did. Old code that another contract judges otherwise is rejudged;
a finding whose code stands, where no attach path comes to it any more, has left.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property

from report import gate, narrow, scratch
from report.baseline import Baseline
from report.file import Complaint, write_json
from report.model import Audit, Finding, Site
from report.rules import MIXED
from report.scratch import SOURCES
from report.show import Shown, Wanted
from report.text import NO_RULES, by_severity, escape, squeeze, summary

Pair = tuple[Finding, Finding]


NEAR = 12  # lines between a site and the guard or message that is shown to belong to it


@dataclass(frozen=True, slots=True)
class Left:
    """A finding before, and where its code stands now."""

    finding: Finding
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Change:
    new: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    kept: tuple[Pair, ...]  # before, after
    left: tuple[Left, ...] = ()
    rejudged: tuple[Finding, ...] = ()  # after

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


# ------------------------------------------------------------------- the two trees' lines


def _read(tree: str, file: str) -> tuple[str, ...]:
    content = scratch.read(os.path.join(tree, file)) if scratch.inside(file) else None
    return tuple((content or b"").decode("utf-8", "backslashreplace").split("\n"))


class Trees:
    """The files of both, read when they are asked for."""

    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new
        self._lines: dict[tuple[str, str], tuple[str, ...]] = {}
        self._maps: dict[str, dict[int, int]] = {}
        self._names: dict[str, str] = {}

    def lines(self, tree: str, file: str) -> tuple[str, ...]:
        if (tree, file) not in self._lines:
            self._lines[tree, file] = _read(tree, file)
        return self._lines[tree, file]

    def line(self, tree: str, file: str, number: int) -> str:
        lines = self.lines(tree, file)
        return lines[number - 1] if 0 < number <= len(lines) else ""

    @cached_property
    def sources(self) -> list[str]:
        """The C files below the folders in which drivers stand, of the new tree."""
        found = []
        for top in ("drivers/iommu", "arch"):
            for folder, folders, names in os.walk(os.path.join(self.new, top)):
                folders.sort()
                inner = os.path.relpath(folder, self.new)
                found += [f"{inner}/{n}" for n in sorted(names) if n.endswith(SOURCES)]
        return found

    def beside(self, file: str) -> list[str]:
        """Those in the file's folder and below."""
        folder = os.path.dirname(file)
        return [n for n in self.sources if os.path.dirname(n).startswith(folder)]

    @cached_property
    def _added(self) -> list[str]:
        return [f for f in self.sources if not os.path.lexists(os.path.join(self.old, f))]

    def renamed(self, file: str) -> str:
        """What a file of the old tree is called in the new one; "" where it is gone."""
        if file not in self._names:
            self._names[file] = file
            if not os.path.lexists(os.path.join(self.new, file)):
                was = self.lines(self.old, file)
                alike = {
                    n: SequenceMatcher(None, was, self.lines(self.new, n), autojunk=False).ratio()
                    for n in self._added
                    if n.endswith(file[-2:])
                }
                best = max(alike, key=lambda n: (alike[n], n), default="")
                self._names[file] = best if best and alike[best] > 0.8 else ""
        return self._names[file]

    def followed(self, file: str, number: int) -> int:
        """Where a line of the old file stands in the new one; 0 where it was changed."""
        if file not in self._maps:
            new = self.renamed(file)
            lines = self.lines(self.new, new) if new else ()
            self._maps[file] = line_map(self.lines(self.old, file), lines)
        return self._maps[file].get(number, 0)


_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


def _alike(old: str, new: str) -> bool:
    """One line, in which nothing but names is another: those of functions, variables, members."""
    tokens = [re.findall(r"\w+|[^\w\s]", squeeze(text)) for text in (old, new)]
    if len(tokens[0]) != len(tokens[1]) or not tokens[0]:
        return False
    return all(
        a == b or (_IDENTIFIER.fullmatch(a) and _IDENTIFIER.fullmatch(b)) for a, b in zip(*tokens)
    )


def _kind(site: Site | None) -> str:
    """An errno; of one that is handed on, only that it is."""
    return site.errno.partition(":")[0] if site else ""


def _renamed_callees(old: list[Finding], new: list[Finding], trees: Trees) -> list[Pair]:
    """The same line but for the names in it."""
    pairs = []
    for f in list(old):
        for g in list(new):
            if (
                (f.severity, f.rule, _kind(f.site)) == (g.severity, g.rule, _kind(g.site))
                and f.rule != MIXED
                and g.file == trees.renamed(f.file)
                and not trees.followed(f.file, f.line)
                and _alike(
                    trees.line(trees.old, f.file, f.line), trees.line(trees.new, g.file, g.line)
                )
                and _between(f, g, trees)
            ):
                pairs.append((f, g))
                old.remove(f)
                new.remove(g)
                break
    return pairs


def _between(f: Finding, g: Finding, trees: Trees) -> bool:
    """Do the nearest unchanged lines around the one enclose the other too?"""
    above = next((n for k in range(f.line - 1, 0, -1) if (n := trees.followed(f.file, k))), 0)
    last = len(trees.lines(trees.old, f.file))
    below = next((n for k in range(f.line + 1, last + 1) if (n := trees.followed(f.file, k))), 0)
    return above < g.line and (not below or g.line < below)


# ------------------------------------------------------------- what the change did not do


def _signature(site: Site) -> Hashable:
    """What the contract does not decide."""
    guards = tuple(squeeze(g.text) for g in site.guards)
    return site.file, site.function, site.op, site.errno, guards, len(site.messages)


def _rejudged(
    found: list[Finding], audit: Audit, other: Audit, trees: Trees
) -> tuple[list[Finding], list[Finding]]:
    """Findings of `audit` whose code `other` has seen as well, and the rest."""
    known = Counter(map(_signature, other.sites))
    drivers: dict[str, Counter[Hashable]] = defaultdict(Counter)
    others: dict[str, Counter[Hashable]] = defaultdict(Counter)
    for s in audit.sites:
        drivers[s.driver][_signature(s)] += 1
    for s in other.sites:
        others[s.driver][_signature(s)] += 1
    same: list[Finding] = []
    rest: list[Finding] = []
    for f in found:
        if f.rule == MIXED:
            known_code = drivers[f.driver] == others[f.driver]
        elif f.site:
            known_code = known[_signature(f.site)] > 0
            known[_signature(f.site)] -= known_code
        else:
            known_code = trees.lines(trees.old, f.file) == trees.lines(trees.new, f.file)
        (same if known_code else rest).append(f)
    return same, rest


def _plain(line: str) -> str:
    return "".join(line.split())


def _unnamed(line: str) -> str:
    """Without the names of variables: members and functions keep theirs."""
    return re.sub(r"(?<![\w.>])[a-z_]\w*(?![\w(])", "@", re.sub(r"\s+", " ", line)).replace(" ", "")


def _blocks(site: Site, trees: Trees) -> Iterator[tuple[list[str], Callable[[str], str]]]:
    """The site's lines from its guard on, as they would look elsewhere; sharpest first."""
    lines = trees.lines(trees.old, site.file)
    first = min(
        n
        for n in (site.line, *(g.line for g in site.guards[:1] if g.file == site.file),
                  *(m.line for m in site.messages))
        if 0 < n <= site.line and site.line - n <= NEAR
    )  # fmt: skip
    start = first if site.guards else max(site.line - 2, 1)
    end = site.line
    if ":" in site.errno:  # a call, whose errno is returned below it
        after = (
            n
            for n in range(end, end + NEAR)
            if re.search(r"\b(return|goto)\b", "".join(lines[n - 1 : n]))
        )
        end = next(after, end)
    block = [text for text in lines[start - 1 : end] if text.strip()]
    yield [_plain(text) for text in block], _plain
    members = site.guards and re.search(r"->|\.\w|\w\(", site.guards[0].text)
    if members and first < site.line:
        yield [_unnamed(text) for text in block], _unnamed


def _function(lines: tuple[str, ...], number: int) -> str:
    """The name of the function around a line, as the kernel writes one: from the first column."""
    for text in reversed(lines[: max(number - 1, 0)]):
        begins = re.match(r"(?=[A-Za-z_])[^;=(]*?\b(\w+)\s*\(", text)
        if begins:
            return begins[1]
    return ""


def _called(file: str, line: int, reached: set[tuple[str, str]], trees: Trees) -> bool:
    """Does an attach path come to this place, by the names that functions call?"""
    around = _function(trees.lines(trees.new, file), line)
    seen = {around}
    left = [around]
    if (file, around) in reached:
        return True
    while left:
        word = re.compile(rf"\b{re.escape(left.pop())}\s*\(")
        for name in trees.beside(file):
            lines = trees.lines(trees.new, name)
            for number, text in enumerate(lines, 1):
                if not word.search(text):
                    continue
                caller = _function(lines, number) if text[:1].isspace() else ""
                if (name, caller) in reached:
                    return True
                if caller and caller not in seen:
                    seen.add(caller)
                    left.append(caller)
    return False


def _standing(site: Site, reached: set[tuple[str, str]], trees: Trees) -> tuple[str, int] | None:
    """Where the site's code stands in the new tree, in a function that no attach path reaches."""
    home = trees.renamed(site.file)
    names = [home] if home else []
    names += [n for n in trees.beside(site.file) if n != home]
    for block, form in _blocks(site, trees):
        for name in names:
            lines = trees.lines(trees.new, name)
            origin = site.file if name == home else name
            if name != home and lines == trees.lines(trees.old, name):
                continue
            came = {
                trees.followed(origin, n): n
                for n in range(1, len(trees.lines(trees.old, origin)) + 1)
            }
            full = [(i, form(text)) for i, text in enumerate(lines, 1) if text.strip()]
            for at in range(len(full) - len(block) + 1):
                if [text for _, text in full[at : at + len(block)]] != block:
                    continue
                line = full[at + len(block) - 1][0]
                was = came.get(line)
                itself = was is not None and origin == site.file and 0 <= was - site.line < NEAR
                if (was is None or itself) and not _called(name, line, reached, trees):
                    return name, line
    return None


def _leaving(
    found: list[Finding], before: Audit, after: Audit, trees: Trees
) -> tuple[list[Left], list[Finding]]:
    """Findings whose code stands, off the attach path, and the rest."""
    reached = {(step.file, step.function) for s in after.sites for step in s.path}
    reached |= {(b.file, b.callback) for b in after.bindings if not b.why.startswith(NO_RULES)}
    left, rest = [], []
    drivers: set[str] = set()
    for f in found:
        if f.rule == MIXED or f.site is None:
            continue
        stands = _standing(f.site, reached, trees)
        if stands:
            left.append(Left(f, *stands))
            drivers.add(f.driver)
        else:
            rest.append(f)
    for f in found:
        if f.rule == MIXED and f.driver not in drivers:
            own = [s for s in before.sites if s.driver == f.driver]
            gone = [s for s in own if s.class_ in ("incompatible", "hard")]
            now = {_signature(s) for s in after.sites}
            if any(_signature(s) not in now and _standing(s, reached, trees) for s in gone):
                drivers.add(f.driver)
        if f.rule == MIXED and f.driver in drivers:
            left.append(Left(f, f.file, 0))
        elif f.rule == MIXED or f.site is None:
            rest.append(f)
    order = {f.id: i for i, f in enumerate(found)}
    return left, sorted(rest, key=lambda f: order[f.id])


# --------------------------------------------------------------------------- pairing


def compare(before: Audit, after: Audit, old_tree: str, new_tree: str) -> Change:
    old, new = list(before.findings), list(after.findings)
    kept = _take(old, new, _stem, _stem, even=True)
    if not old and not new:
        return Change((), (), tuple(kept))
    trees = Trees(old_tree, new_tree)

    def followed(f: Finding) -> Hashable:
        line = trees.followed(f.file, f.line) if f.rule != MIXED else 0
        return (
            line and (f.severity, f.rule, trees.renamed(f.file), line, f.site and f.site.errno)
        ) or None

    def standing(f: Finding) -> Hashable:
        return f.severity, f.rule, f.file, f.line, f.site and f.site.errno

    if old and new:
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
        kept += _renamed_callees(old, new, trees)
        renamed = {b.driver: a.driver for b, a in kept if b.file not in here}
        kept += _take(
            *(old, new),
            lambda f: f.rule == MIXED and renamed.get(f.driver) or None,
            lambda f: f.rule == MIXED and f.driver,
        )
    rejudged: list[Finding] = []
    if before.kernel.contract != after.kernel.contract:
        rejudged, new = _rejudged(new, after, before, trees)
        _, old = _rejudged(old, before, after, trees)
    left, old = _leaving(old, before, after, trees) if old else ([], old)
    return Change(tuple(new), tuple(old), tuple(kept), tuple(left), tuple(rejudged))


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
    lines += [headline(f, "by the new contract:") for f in change.rejudged]
    lines += [headline(a, "moved") + f", was {place(b)}" for b, a in change.moved]
    for gone in change.left:
        now = f", it stands in {escape(gone.file)}:{gone.line}" if gone.line else ""
        lines.append(headline(gone.finding, "no longer on an attach path:") + now)
    return lines + [headline(f, "fixed") for f in change.fixed]


def errors(findings: Iterable[Finding]) -> list[Finding]:
    return [f for f in findings if f.severity == "error"]


def neither(changes: Iterable[Change]) -> str:
    """What is neither new nor fixed nor unchanged, where there is such a thing."""
    every = list(changes)
    left = [gone.finding for c in every for gone in c.left]
    rejudged = [f for c in every for f in c.rejudged]
    said = [f"{by_severity(left)} no longer on an attach path"] if left else []
    said += [f"{by_severity(rejudged)} by the new contract"] if rejudged else []
    return "".join(f"{part}, " for part in said)


def show(kernel: str, ref: str, out: str, baseline: Baseline, wanted: Wanted = Wanted()) -> Shown:
    """Audits where the working tree left the revision, and itself; new errors outside the baseline
    fail."""
    kernel = os.path.realpath(kernel)
    with scratch.scratch_folder(out) as folder:
        revision = scratch.open_revision(kernel, ref, folder, merged=True)
        reads = scratch.concerned(revision, folder)
        base = scratch.new_tree(folder, "base")
        scratch.extract(revision, scratch.folders_of(reads.bindings), reads.files, base)
        if not os.path.isfile(os.path.join(base, "Makefile")):
            raise Complaint(f"{kernel}: {ref} is no kernel tree: name a revision that holds one")
        results = os.path.join(out, "base")
        before, after = scratch.run_audits([(base, results), (kernel, out)])
        change = compare(before, after, base, kernel)
    known = gate.compare(after, baseline).reasons
    incomplete = [f"{ref}: {line}" for line in gate.compare(before, baseline).incomplete]
    incomplete += gate.compare(after, baseline).incomplete
    base_of = f" (merge base {revision.commit[:12]})" if revision.ahead else ""
    since = gate.Since(
        *(f"{ref}{base_of} to the working tree", change.new, change.fixed),
        unchanged=tuple(a for _, a in change.kept),
        aside=neither([change]),
    )
    part, result = wanted.part(*narrow.changed(after, baseline, since, tuple(incomplete)))
    lines = lines_of(replace(change, new=wanted.left(change.new)), known)
    lines += [escape(line) for line in (*incomplete, *baseline.unused(after.kernel.version))]
    if revision.unrelated:
        lines.append(escape(f"{ref}: no merge base with HEAD is there: compared with {ref} itself"))
    lines.append(escape(summary(part, result)))
    write_json(
        os.path.join(out, "change.json"),
        {
            "schema": "attach-audit-change/1",
            "base": revision.commit,
            "result": result.result,
            "new": sorted(f.id for f in change.new),
            "fixed": sorted(f.id for f in change.fixed),
            "moved": sorted([b.id, a.id] for b, a in change.moved),
            "left": sorted(gone.finding.id for gone in change.left),
            "rejudged": sorted(f.id for f in change.rejudged),
            "unchanged": sorted(a.id for _, a in change.kept),
        },
    )
    return wanted.shown("\n".join(lines) + "\n", part, result, kernel)
