# SPDX-License-Identifier: GPL-2.0-only
"""What a reader asks for: in, an audit and a gate, or the paths of both; out, the text that is wanted of
them, the formats that are, and the exit status."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from report import baseline, gate, narrow
from report import text as writer
from report.file import Complaint
from report.gate import Gate
from report.model import Audit, Finding, read_audit
from report.narrow import Filters
from report.source import read_lines


@dataclass(frozen=True, slots=True)
class Shown:
    text: str
    status: int
    paths: tuple[str, ...] = ()  # what was written
    failed: str = ""  # why the rest was not


@dataclass(frozen=True, slots=True)
class Wanted:
    extent: str = ""  # all, quiet, summary
    formats: tuple[str, ...] = ()
    out: str = ""  # where they are written to
    filters: Filters = Filters()
    style: writer.Style = writer.Style()

    def left(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        return tuple(filter(self.filters.leave, findings))

    def part(self, audit: Audit, result: Gate) -> tuple[Audit, Gate]:
        return narrow.filtered(audit, result, self.filters)

    def shown(self, text: str, audit: Audit, result: Gate, tree: str) -> Shown:
        """The text, with less of it where that is wanted, and the formats, written."""
        if self.extent == "quiet" and result.since:
            text = writer.gate_only(audit, result, self.style)
        elif self.extent == "summary" and result.since:
            text = writer.escape(writer.summary(audit, result)) + "\n"
        names = [n for n in self.formats if n != "text"]
        if not names:
            return Shown(text, result.status)
        from report import formats  # only here: it would slow every start

        said = formats.printed(names, audit, result, text)
        try:
            paths = formats.write(names, audit, result, self.out, tree)
        except Complaint as complaint:
            return Shown(said, 2, (), str(complaint))
        return Shown(said, result.status, tuple(paths))


def _judged(audit_path: str, baseline_path: str) -> tuple[Audit, Gate]:
    """An audit and its gate; without a baseline nothing is known."""
    known = baseline.Baseline({}, {})
    if baseline_path:
        known = baseline.read_baseline(baseline_path)
    audit = read_audit(audit_path)
    return audit, gate.compare(audit, known)


def text(audit_path: str, baseline_path: str, wanted: Wanted, tree: str = "") -> Shown:
    """The report; gate.json is written beside the audit, of the whole whatever is shown of it."""
    audit = read_audit(audit_path)
    known = baseline.read_baseline(baseline_path)
    result = gate.compare(audit, known)
    gate.write_gate(os.path.join(os.path.dirname(audit_path), "gate.json"), result)
    part, left = wanted.part(audit, result)
    if wanted.extent in ("quiet", "summary"):
        write = {"quiet": writer.gate_only, "summary": writer.table_only}[wanted.extent]
        said = write(part, left, wanted.style)
    else:
        failing = {f.id for f in (*left.new, *left.newly_mixed)}
        files = {f.file for f in part.findings if f.id in failing}
        lines = read_lines(files, tree or audit.kernel.path)
        said = writer.full(part, left, wanted.style, lines)
    said += "".join(writer.escape(line) + "\n" for line in known.unused(audit.kernel.version))
    return wanted.shown(said, part, left, tree)


def render(name: str, audit_path: str, baseline_path: str, tree: str, filters: Filters) -> str:
    from report import formats

    return formats.render(
        name, *narrow.filtered(*_judged(audit_path, baseline_path), filters), tree
    )


def write(
    names: list[str], audit_path: str, baseline_path: str, wanted: Wanted, tree: str
) -> list[str]:
    """Into OUT, or beside the audit; returns the paths."""
    from report import formats

    folder = wanted.out or os.path.dirname(audit_path)
    part = wanted.part(*_judged(audit_path, baseline_path))
    return formats.write(names, *part, folder, tree)
