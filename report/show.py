# SPDX-License-Identifier: GPL-2.0-only
"""What a reader asks for: in, an audit.json and a baseline, by path; out, the report or the formats."""

from __future__ import annotations

import os
from dataclasses import dataclass

from report import baseline, gate
from report import text as writer
from report.model import Audit, read_audit


@dataclass(frozen=True, slots=True)
class Shown:
    text: str
    status: int


def text(audit_path: str, baseline_path: str, extent: str, style: writer.Style) -> Shown:
    """The report of that extent (all, quiet, summary or ""); gate.json is written beside the audit."""
    audit = read_audit(audit_path)
    known = baseline.read_baseline(baseline_path)
    result = gate.compare(audit, known)
    gate.write_gate(os.path.join(os.path.dirname(audit_path), "gate.json"), result)
    write = {"quiet": writer.gate_only, "summary": writer.table_only}.get(extent, writer.full)
    shown = write(audit, result, style)
    if not known.serves(audit.kernel.version):
        said = f"{baseline_path}: for Linux {known.kernel} only: not used"
        shown += writer.escape(said) + "\n"
    return Shown(shown, result.status)


def _judged(audit_path: str, baseline_path: str) -> tuple[Audit, gate.Gate]:
    """An audit and its gate; without a baseline nothing is known."""
    known = baseline.Baseline({}, {})
    if baseline_path:
        known = baseline.read_baseline(baseline_path)
    audit = read_audit(audit_path)
    return audit, gate.compare(audit, known)


def render(name: str, audit_path: str, baseline_path: str, tree: str) -> str:
    from report import formats

    return formats.render(name, *_judged(audit_path, baseline_path), tree)


def write(names: str, audit_path: str, baseline_path: str, out: str, tree: str) -> list[str]:
    """Into OUT, or beside the audit; returns the paths."""
    from report import formats

    wanted = formats.split(names)
    folder = out or os.path.dirname(audit_path)
    return formats.write(wanted, *_judged(audit_path, baseline_path), folder, tree)
