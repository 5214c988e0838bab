# SPDX-License-Identifier: GPL-2.0-only
"""The gate: in, an audit and a baseline; out, what is new, known, stale or incomplete, gate.json."""

from __future__ import annotations

from dataclasses import dataclass

from report.baseline import Baseline, Entry, check_serves, write_baseline
from report.file import Complaint, write_json
from report.model import Audit, Finding
from report.rules import MIXED

SCHEMA = "attach-audit-gate/1"


@dataclass(frozen=True, slots=True)
class Since:
    """What an audit of a change or a series is compared with: of the audit only the new is left."""

    what: str  # from where to where
    new: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    unchanged: tuple[Finding, ...]
    aside: str = ""  # how many are none of these, in words


@dataclass(frozen=True, slots=True)
class Gate:
    new: tuple[Finding, ...]  # errors outside the baseline, without the mixed drivers
    newly_mixed: tuple[Finding, ...]
    reasons: dict[str, str]  # known finding's id -> why it was accepted
    stale: tuple[Entry, ...]
    stale_mixed: tuple[str, ...]
    incomplete: tuple[str, ...]  # a line each
    since: Since | None = None
    left_out: str = ""  # by filters, in words
    whole: str = ""  # the result before they took something away

    @property
    def result(self) -> str:
        if self.whole:
            return self.whole
        if self.incomplete:
            return "incomplete"
        if self.new or self.newly_mixed or self.stale or self.stale_mixed:
            return "fails"
        return "passes"

    @property
    def status(self) -> int:
        return {"passes": 0, "fails": 1, "incomplete": 2}[self.result]


def _incomplete(audit: Audit) -> tuple[str, ...]:
    lines = [
        f"{b.file}:{b.line}: incomplete: {b.callback or '(no function)'}"
        f" ({b.op}{' of ' + b.ops if b.ops else ''}): {b.status}: {b.why or 'no reason given'}"
        for b in audit.bindings
        if b.status != "analysed"
    ]
    lines += [
        f"engine {e.name}: failed: {e.why or 'no reason given'}"
        for e in audit.engines
        if e.status == "failed"
    ]
    if not any(e.status == "ran" for e in audit.engines):
        lines.append("no engine ran: nothing was audited")
    if not audit.bindings:
        lines.append("no binding was found: nothing was audited")
    return tuple(lines)


def compare(audit: Audit, baseline: Baseline) -> Gate:
    """A baseline that is for another kernel knows nothing of this one."""
    if not baseline.serves(audit.kernel.version):
        baseline = Baseline({}, {})
    reasons = {}
    for f in audit.findings:
        if f.rule == MIXED and f.driver in baseline.mixed:
            reasons[f.id] = baseline.mixed[f.driver]
        elif f.rule != MIXED and f.id in baseline.findings:
            reasons[f.id] = baseline.findings[f.id].reason
    fresh = [f for f in audit.findings if f.id not in reasons]
    mixed = {d.name for d in audit.drivers if d.mixed}
    return Gate(
        new=tuple(f for f in fresh if f.severity == "error" and f.rule != MIXED),
        newly_mixed=tuple(f for f in fresh if f.rule == MIXED and f.severity == "error"),
        reasons=reasons,
        stale=tuple(e for i, e in sorted(baseline.findings.items()) if i not in reasons),
        stale_mixed=tuple(d for d in sorted(baseline.mixed) if d not in mixed),
        incomplete=_incomplete(audit),
    )


def write_gate(path: str, gate: Gate) -> None:
    write_json(
        path,
        {
            "schema": SCHEMA,
            "result": gate.result,
            "incomplete": list(gate.incomplete),
            "new": sorted(f.id for f in gate.new),
            "newly_mixed": sorted(f.driver for f in gate.newly_mixed),
            "known": sorted(gate.reasons),
            "stale": [e.id for e in gate.stale],
            "stale_mixed": list(gate.stale_mixed),
        },
    )


def prune(path: str, audit: Audit, baseline: Baseline) -> list[str]:
    """Removes the stale entries; returns what was removed."""
    check_serves(path, baseline, audit)
    gate = compare(audit, baseline)
    if gate.incomplete:
        raise Complaint(
            f"{path}: not pruned: an incomplete audit cannot tell what is stale: "
            f"mend this first: {gate.incomplete[0]}"
        )
    stale = [e.id for e in gate.stale]
    if stale or gate.stale_mixed:
        kept = {i: e for i, e in baseline.findings.items() if i not in stale}
        mixed = {d: r for d, r in baseline.mixed.items() if d not in gate.stale_mixed}
        write_baseline(path, Baseline(kept, mixed, baseline.kernel))
    return stale + list(gate.stale_mixed)
