# SPDX-License-Identifier: GPL-2.0-only
"""A driver in depth: in, a kernel tree and a driver's file or folder, in the tree or outside one;
out, its returns in attach order, its findings, and how the other drivers answer such guards.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from report import gate, narrow, scratch
from report.baseline import Baseline
from report.file import Complaint
from report.model import Audit, Binding, Finding, Site
from report.operations import operations
from report.rules import MIXED
from report.scratch import SOURCES
from report.show import Shown, Wanted
from report.text import count, escape, gate_only, squeeze

MOST = 2000  # source files of a driver
ORDER = "incompatible hard nomem nospace busy propagated masked silent-success deferred".split()
GUARD = 48  # columns; a longer guard moves what follows it


@dataclass(frozen=True, slots=True)
class Target:
    """Where the driver stands in the audited tree, and what the reader calls that place."""

    path: str
    shown: str

    def holds(self, file: str) -> bool:
        return file == self.path or file.startswith(self.path + "/")

    def name(self, file: str) -> str:
        return escape(self.shown + file[len(self.path) :] if self.holds(file) else file)


# ------------------------------------------------------------------------- the driver


def _in_tree(kernel: str, path: str) -> Target | None:
    """The driver as a path below the tree; a name relative to the tree comes first."""
    for full in (os.path.join(kernel, path), os.path.abspath(path)):
        real = os.path.realpath(full)
        if os.path.exists(real) and os.path.commonpath((kernel, real)) == kernel and real != kernel:
            inside = os.path.relpath(real, kernel)
            return Target(inside, inside)
    return None


def _sources(path: str) -> dict[str, str]:
    """The driver's files: name in its folder -> path. A file brings the headers beside it."""
    if not os.path.isdir(path):
        folder = os.path.dirname(path) or "."
        headers = {n: os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(".h")}
        return headers | {os.path.basename(path): path}
    found: dict[str, str] = {}
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in names:
            if name.endswith(SOURCES):
                full = os.path.join(folder, name)
                found[os.path.relpath(full, path)] = full
        if len(found) > MOST:
            raise Complaint(f"{path}: more than {MOST} sources: name the driver's own folder")
    return found


def _outside(kernel: str, path: str, folder: str, tree: str) -> Target:
    """Puts the driver into a scratch copy of the other drivers, in a folder of its own."""
    if not os.path.exists(path):
        raise Complaint(f"{path}: no such file or folder, in {kernel} or outside: name a driver")
    if not os.path.isdir(path) and not path.endswith(SOURCES):
        raise Complaint(f"{path}: not a .c file or a folder: name a driver's sources")
    try:
        sources = _sources(path)
    except OSError as error:
        raise Complaint(f"{path}: {error.strerror}: make it readable") from None
    files = scratch.scan(kernel, folder).bindings
    scratch.copy(kernel, scratch.folders_of(files), files, tree)
    stem = os.path.basename(os.path.realpath(path)).removesuffix(".c") or "driver"
    name = stem
    while os.path.lexists(os.path.join(tree, "drivers/iommu", name)):
        name += "-new"
    here = os.path.join("drivers/iommu", name)
    for inner, full in sorted(sources.items()):
        content = scratch.read(os.path.realpath(full))
        if content is None:
            raise Complaint(f"{full}: cannot be read: name regular files of at most 64 MiB")
        scratch.write(tree, os.path.join(here, inner), content)
    if os.path.isdir(path):
        return Target(here, path.rstrip("/"))
    return Target(os.path.join(here, os.path.basename(path)), path)


# ----------------------------------------------------------------------------- the text


def _label(errno: str) -> str:
    kind, _, callee = errno.partition(":")
    return f"{escape(callee)}()" if kind == "propagated" else escape(errno)


def _row(site: Site, target: Target) -> tuple[str, ...]:
    depth = max(len(site.path) - 1, 0)
    function = "  " * depth + escape(site.function)
    guard = escape(squeeze(site.guards[0].text)) if site.guards else "-"
    if len(site.guards) > 1:
        guard += f" (+{len(site.guards) - 1})"
    verdict = site.verdict
    if site.verdict != "ok" and site.expected:
        verdict += f": {', '.join(map(escape, site.expected))}"
    if site.remove_print:
        verdict += ", silent"
    home = site.path[0].file if site.path else site.file
    line = str(site.line) if site.file == home else f"{target.name(site.file)}:{site.line}"
    return function, line, guard, site.class_, _label(site.errno), verdict


def _attach_order(site: Site) -> tuple[tuple[int, ...], int]:
    return tuple(step.line for step in site.path), site.column


def _table(binding: Binding, sites: list[Site], target: Target) -> Iterator[str]:
    yield f"{binding.op}: {escape(binding.callback)}() ({target.name(binding.file)}:{binding.line})"
    if binding.status != "analysed":
        yield f"    {binding.status}: {escape(binding.why or 'no reason given')}"
    rows: list[tuple[str, ...]] = [("function", "line", "guard", "class", "errno", "verdict")]
    rows += [_row(s, target) for s in sorted(sites, key=_attach_order)]
    if len(rows) == 1:
        yield "    returns no errno"
        return
    widths = [min(max(len(r[i]) for r in rows), GUARD if i == 2 else 60) for i in range(6)]
    for row in rows:
        yield ("    " + "  ".join(f"{c:{w}}" for c, w in zip(row, widths))).rstrip()


def _others(sites: list[Site], others: list[Site], target: Target) -> Iterator[str]:
    """For each class: which errnos, in how many drivers, an example; then who stands alone."""
    for class_ in ORDER:
        mine = [s for s in sites if s.class_ == class_]
        theirs = [s for s in others if s.class_ == class_ and s.op in {m.op for m in sites}]
        if not mine:
            continue
        own = Counter(_label(s.errno) for s in mine)
        yield f"{class_}: here {', '.join(f'{e} {n}' for e, n in sorted(own.items()))}"
        drivers = {e: {s.driver for s in theirs if s.errno == e} for e in {s.errno for s in theirs}}
        ranked = sorted(drivers, key=lambda e: (-len(drivers[e]), e))
        if not ranked:
            yield "    no other driver has such a return"
        shown = ranked if class_ != "propagated" else [e for e in ranked if _label(e) in own]
        for errno in shown:
            example = min(
                (s for s in theirs if s.errno == errno),
                key=lambda s: (s.verdict != "ok", s.confidence != "high", s.file, s.line),
            )
            guard = f": {escape(squeeze(example.guards[0].text))}" if example.guards else ""
            yield (
                f"    {_label(errno)} in {count(len(drivers[errno]), 'driver')}, "
                f"as in {escape(example.file)}:{example.line} {escape(example.function)}(){guard}"
            )
        everyone = {s.driver for s in theirs}
        if ranked and class_ not in ("propagated", "silent-success", "masked"):
            usual = ranked[0]
            for s in mine:
                if len(drivers.get(s.errno, ())) < len(drivers[usual]):
                    yield (
                        f"    {target.name(s.file)}:{s.line}: {_label(s.errno)} here; "
                        f"{len(drivers[usual])} of {count(len(everyone), 'other driver')} "
                        f"return {_label(usual)}"
                    )


def _finding(f: Finding, target: Target, known: dict[str, str]) -> Iterator[str]:
    word = "known " if f.id in known else ""
    message = escape(squeeze(f.message))
    yield f"{target.name(f.file)}:{f.line}:{f.column}: {word}{f.severity}: {message} [{f.rule}]"
    if f.site and f.site.why:
        yield f"    why: {escape(squeeze(f.site.why))}"
    if f.rewrite:
        yield f"    edit: {escape(squeeze(f.rewrite))}"


def depth(audit: Audit, target: Target, baseline: Baseline) -> tuple[str, int]:
    """The whole text, and 1 for an error outside the baseline, 2 where a binding was not read."""
    names = {d.name for d in audit.drivers if any(map(target.holds, d.files))}
    bindings = [b for b in audit.bindings if target.holds(b.file)]
    sites = [s for s in audit.sites if s.driver in names]
    if not bindings and not sites:
        raise Complaint(
            f"{target.shown}: binds no {' or '.join(operations())}: name an IOMMU driver's sources"
        )
    bindings = bindings or [
        b for b in audit.bindings if any(b.callback in s.callbacks for s in sites)
    ]
    known = gate.compare(audit, baseline).reasons
    findings = [f for f in audit.findings if f.driver in names]
    blocks = []
    told: set[tuple[str, str]] = set()
    for b in bindings:
        if (b.op, b.callback) not in told:
            told.add((b.op, b.callback))
            mine = [s for s in sites if b.callback in s.callbacks and s.op == b.op]
            blocks.append(list(_table(b, mine, target)))
    blocks.append([line for f in findings for line in _finding(f, target, known)])
    others = [s for s in audit.sites if s.driver not in names]
    blocks.append(["How other drivers answer:", *_others(sites, others, target)])
    incomplete = [b for b in bindings if b.status != "analysed"]
    failing = [f for f in findings if f.severity == "error" and f.id not in known]
    notes = sum(f.severity == "note" for f in findings)
    errors = sum(f.severity == "error" and f.rule != MIXED for f in findings)
    mixed = ", mixed" if any(f.rule == MIXED for f in findings) else ""
    verdict = f"gate {'fails' if failing else 'passes'}"
    blocks.append(
        [
            f"{escape(target.shown)}: {count(len(sites), 'site')}, {count(errors, 'error')}, "
            f"{count(notes, 'note')}{mixed}: {'the audit is incomplete' if incomplete else verdict}"
        ]
    )
    text = "\n\n".join("\n".join(block) for block in blocks if block) + "\n"
    return text, 2 if incomplete else 1 if failing else 0


def _shown(audit: Audit, target: Target, baseline: Baseline, wanted: Wanted, tree: str) -> Shown:
    text, status = depth(audit, target, baseline)
    names = {d.name for d in audit.drivers if any(map(target.holds, d.files))}
    part, result = narrow.one_driver(audit, baseline, names)
    result = replace(result, whole=("passes", "fails", "incomplete")[status])
    if wanted.extent == "quiet":
        text = gate_only(part, result, wanted.style)
    return wanted.shown(text, *wanted.part(part, result), tree)


def show(kernel: str, path: str, out: str, baseline: Baseline, wanted: Wanted = Wanted()) -> Shown:
    path = os.path.expanduser(path)
    kernel = os.path.realpath(kernel)
    if not os.path.isdir(kernel):
        raise Complaint(f"{kernel}: no such folder: name a kernel tree as KERNEL")
    target = _in_tree(kernel, path)
    if target:
        audit = scratch.run_audits([(kernel, out)])[0]
        return _shown(audit, target, baseline, wanted, kernel)
    with scratch.scratch_folder(out) as folder:
        tree = scratch.new_tree(folder, "tree")
        target = _outside(kernel, path, folder, tree)
        audit = scratch.run_audits([(tree, out)])[0]
        return _shown(audit, target, baseline, wanted, tree)
