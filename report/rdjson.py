# SPDX-License-Identifier: GPL-2.0-only
"""rdjson, for reviewdog: in, an audit and its gate; out, a DiagnosticResult of what is not known.

Format: https://github.com/reviewdog/reviewdog/tree/master/proto/rdf
"""

from __future__ import annotations

import json
from typing import Any

from report.edit import Edit, exact_edits
from report.gate import Gate
from report.model import Audit, Finding
from report.text import escape, squeeze

SEVERITIES = {"error": "ERROR", "warning": "WARNING", "note": "INFO"}


def _range(line: int, start: int, end: int) -> dict[str, Any]:
    return {"start": {"line": line, "column": start}, "end": {"line": line, "column": end}}


def _diagnostic(f: Finding, edit: Edit | None) -> dict[str, Any]:
    place: dict[str, Any] = {"start": {"line": f.line, "column": f.column}}
    if edit:
        place = _range(edit.line, edit.start, edit.end)
    text = f.message + (f"\nsuggested: {f.rewrite}" if f.rewrite else "")
    diagnostic: dict[str, Any] = {
        "message": "\n".join(escape(squeeze(line)) for line in text.split("\n")),
        "location": {"path": escape(f.file), "range": place},
        "severity": SEVERITIES[f.severity],
        "code": {"value": f.rule},
    }
    if edit:
        diagnostic["suggestions"] = [{"range": place, "text": edit.text}]
    if f.site and f.site.guards:
        diagnostic["related_locations"] = [
            {
                "message": escape(squeeze(f"guard: {g.text}")),
                "location": {"path": escape(g.file), "range": {"start": {"line": g.line}}},
            }
            for g in f.site.guards
        ]
    return diagnostic


def write(audit: Audit, gate: Gate) -> str:
    edits = exact_edits(audit)
    shown = [f for f in audit.findings if f.id not in gate.reasons]
    result = {
        "source": {"name": "attach-audit"},
        "diagnostics": [_diagnostic(f, edits.get(f.id)) for f in shown],
    }
    return json.dumps(result, indent=1, ensure_ascii=False) + "\n"
