# SPDX-License-Identifier: GPL-2.0-only
"""Parts of an audit: in, an audit and its gate; out, the same with less to show: what a change brought,
one driver, or what filters leave. Nothing is taken from what was analysed, nor from the gate unless
that is asked for; what was left out is counted.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Collection
from dataclasses import dataclass, replace

from report.baseline import Baseline
from report.file import Complaint
from report.gate import Gate, Since, compare
from report.model import Audit, Finding
from report.rules import MIXED
from report.text import count

SEVERITIES = ("error", "warning", "note")


def _with(audit: Audit, findings: tuple[Finding, ...]) -> Audit:
    """Only what belongs to these findings; coverage stays."""
    drivers = {f.driver for f in findings}
    sites = {f.site.id for f in findings if f.site}
    return replace(
        audit,
        findings=findings,
        sites=tuple(s for s in audit.sites if s.id in sites),
        drivers=tuple(d for d in audit.drivers if d.name in drivers),
    )


def unexplained(new: Collection[Finding]) -> list[Finding]:
    """A mixed driver is said only where no other error in it says why."""
    named = {f.driver for f in new if f.severity == "error" and f.rule != MIXED}
    return [f for f in new if f.rule != MIXED or f.driver not in named]


def changed(
    audit: Audit, baseline: Baseline, since: Since, incomplete: tuple[str, ...]
) -> tuple[Audit, Gate]:
    """Of the audit after a change what is new. A baseline is not stale for what it is not asked."""
    gate = compare(replace(audit, findings=since.new), baseline)
    gate = replace(gate, since=since, incomplete=incomplete, stale=(), stale_mixed=())
    return _with(audit, tuple(unexplained(since.new))), gate


def one_driver(audit: Audit, baseline: Baseline, names: Collection[str]) -> tuple[Audit, Gate]:
    """Drivers of these names alone."""
    narrow = replace(
        audit,
        findings=tuple(f for f in audit.findings if f.driver in names),
        sites=tuple(s for s in audit.sites if s.driver in names),
        drivers=tuple(d for d in audit.drivers if d.name in names),
        bindings=tuple(
            b
            for b in audit.bindings
            if any(d.name in names and b.file in d.files for d in audit.drivers)
        ),
    )
    return narrow, replace(compare(narrow, baseline), stale=(), stale_mixed=())


def _below(file: str, path: str) -> bool:
    return file.startswith(path.rstrip("/") + "/") or fnmatch.fnmatchcase(file, path)


@dataclass(frozen=True, slots=True)
class Filters:
    drivers: tuple[str, ...] = ()  # names, or patterns of them
    paths: tuple[str, ...] = ()  # files, folders, or patterns of either
    rules: tuple[str, ...] = ()
    severity: str = ""  # the least
    gate: bool = False  # the gate looks at what is left alone

    def place(self, driver: str, file: str) -> bool:
        named = not self.drivers or any(fnmatch.fnmatchcase(driver, d) for d in self.drivers)
        return named and (not self.paths or any(_below(file, p) for p in self.paths))

    def leave(self, f: Finding) -> bool:
        least = SEVERITIES.index(self.severity) if self.severity else len(SEVERITIES)
        return (
            self.place(f.driver, f.file)
            and (not self.rules or f.rule in self.rules)
            and SEVERITIES.index(f.severity) <= least
        )


def _named(filters: Filters, audit: Audit) -> None:
    """A name that nothing has is a slip of the pen, not a reason to show nothing."""
    names = [d.name for d in audit.drivers]
    for wanted in filters.drivers:
        if not any(fnmatch.fnmatchcase(n, wanted) for n in names):
            import difflib  # only here: it would slow every start

            near = difflib.get_close_matches(wanted, names, 3, 0.4) or sorted(names)
            raise Complaint(f"{wanted}: no such driver in this audit: one of {', '.join(near)}")


def filtered(audit: Audit, gate: Gate, filters: Filters) -> tuple[Audit, Gate]:
    """What the filters leave. The gate's result stays that of the whole, unless they are its too."""
    if filters == Filters(gate=filters.gate):
        return audit, gate
    if not gate.since:
        _named(filters, audit)
    left = tuple(filter(filters.leave, audit.findings))
    out = [f for f in audit.findings if not filters.leave(f)]
    failing = {f.id for f in (*gate.new, *gate.newly_mixed)} & {f.id for f in out}
    said = f"{count(len(out), 'finding')} left out by filters" if out else ""
    if failing and not filters.gate:
        said += f", {len(failing)} of them failing the gate"
    narrow = replace(
        gate,
        new=tuple(filter(filters.leave, gate.new)),
        newly_mixed=tuple(filter(filters.leave, gate.newly_mixed)),
        left_out=said,
    )
    if filters.gate:  # entries that no longer match are not what is looked at
        narrow = replace(narrow, stale=(), stale_mixed=())
    else:
        narrow = replace(narrow, whole=gate.result)
    if filters.rules or filters.severity:
        return _with(audit, left), narrow
    drivers = (d for d in audit.drivers if any(filters.place(d.name, file) for file in d.files))
    sites = (s for s in audit.sites if filters.place(s.driver, s.file))
    return replace(audit, findings=left, sites=tuple(sites), drivers=tuple(drivers)), narrow
