# SPDX-License-Identifier: GPL-2.0-only
"""GitHub: in, an audit and its gate; out, workflow commands that put each finding beside its line.

GitHub shows ten of each level a step, so what fails the gate comes first; known findings are left out.
Format: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import hashlib

from report.gate import Gate
from report.model import Audit, Finding
from report.text import escape, squeeze, summary

LEVELS = {"error": "error", "warning": "warning", "note": "notice"}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(escape(text)).replace(":", "%3A").replace(",", "%2C")


def _command(level: str, message: str, **properties: str) -> str:
    listed = ",".join(f"{k}={_property(v)}" for k, v in properties.items())
    return f"::{level} {listed}::{_data(message)}"


def _finding(f: Finding) -> str:
    lines = [f.message]
    if f.site and f.site.guards:
        lines.append(f"guard: {f.site.guards[0].text}")
    lines += [f"edit: {f.rewrite}"] if f.rewrite else []
    text = "\n".join(escape(squeeze(line)) for line in lines)
    place = {"file": f.file, "line": str(f.line), "col": str(f.column)}
    return _command(LEVELS[f.severity], text, **place, title=f.rule)


def write(audit: Audit, gate: Gate) -> str:
    failing = {f.id for f in (*gate.new, *gate.newly_mixed)}
    order = list(LEVELS)
    shown = sorted(
        (f for f in audit.findings if f.id not in gate.reasons),
        key=lambda f: (f.id not in failing, order.index(f.severity), f.file, f.line, f.column),
    )
    lines = [_command("error", escape(line), title="incomplete") for line in gate.incomplete]
    lines += map(_finding, shown)
    stale = [*(e.id for e in gate.stale), *gate.stale_mixed]
    lines += [
        _command(
            "error", f"{escape(e)}: no such finding: remove it with --prune", title="stale baseline"
        )
        for e in ([] if gate.incomplete else stale)
    ]
    lines.append(_command("notice", escape(summary(audit, gate)), title="attach-audit"))
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A text in which nothing is a command, whatever the audited sources say."""
    token = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
    return f"::stop-commands::{token}\n{text}::{token}::\n"
