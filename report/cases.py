# SPDX-License-Identifier: GPL-2.0-only
"""An audit as a test run: in, an audit and its gate; out, a suite a driver, a case a site.

A finding that gates fails its case; one that is known or a note is skipped, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from report.gate import Gate
from report.model import Audit, Finding
from report.rules import MIXED, STATE
from report.text import escape, squeeze


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    status: str  # pass, fail, skip, error
    message: str = ""
    detail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suite:
    name: str
    cases: tuple[Case, ...]

    def count(self, status: str) -> int:
        return sum(case.status == status for case in self.cases)


def _say(text: str) -> str:
    return escape(squeeze(text))


def _case(name: str, found: list[Finding], gate: Gate) -> Case:
    """The worst of what was found decides."""
    fresh = [f for f in found if f.severity == "error" and f.id not in gate.reasons]
    if fresh:
        detail = []
        for f in fresh:
            detail.append(_say(f"{f.file}:{f.line}:{f.column}: {f.message} [{f.rule}]"))
            detail += [_say(f"edit: {f.rewrite}")] if f.rewrite else []
            detail.append(_say(f"id: {f.id}"))
        return Case(_say(name), "fail", _say(fresh[0].message), tuple(detail))
    if found:
        f = found[0]
        why = f"known: {gate.reasons[f.id]}" if f.id in gate.reasons else f"review: {f.message}"
        return Case(_say(name), "skip", _say(f"{f.file}:{f.line}: {why}"))
    return Case(_say(name), "pass")


def cases(audit: Audit, gate: Gate) -> tuple[Suite, ...]:
    of_site: dict[str, list[Finding]] = {}
    of_driver: dict[str, list[Finding]] = {}
    for f in audit.findings:
        (of_driver if f.site is None else of_site).setdefault(
            f.driver if f.site is None else f.site.id, []
        ).append(f)
    suites = []
    for driver in sorted(audit.drivers, key=lambda d: d.name):
        own = of_driver.get(driver.name, [])
        rows = [_case(MIXED, [f for f in own if f.rule == MIXED], gate)]
        changes = [f for f in own if f.rule == STATE]
        rows += [_case(STATE, changes, gate)] if changes else []
        rows += [
            _case(f"{s.op} {s.id}", of_site.get(s.id, []), gate)  # no line number: runs compare
            for s in audit.sites
            if s.driver == driver.name
        ]
        suites.append(Suite(_say(driver.name), tuple(rows)))
    told = [Case(_say(line), "error", _say(line)) for line in gate.incomplete]
    stale = [*(e.id for e in gate.stale), *gate.stale_mixed]
    told += [Case(_say(f"stale baseline entry {e}"), "fail", "no such finding") for e in stale]
    suites.append(Suite("coverage and baseline", tuple(told) or (Case("complete", "pass"),)))
    return tuple(suites)
