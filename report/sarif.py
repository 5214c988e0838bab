# SPDX-License-Identifier: GPL-2.0-only
"""SARIF 2.1.0: in, an audit and its gate; out, one log with one run, within GitHub's limits.

Limits: https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from report.edit import Edit, exact_edits
from report.gate import Gate
from report.model import Audit, Finding, Site
from report.pages import read_page, sections
from report.rules import FOREIGN, RULES, Rule
from report.text import escape, squeeze, told

RESULTS = 25000  # more are rejected; of these the most severe come first
LOCATIONS = 100  # more are not shown
ROOT = "%SRCROOT%"
ORDER = {"error": 0, "warning": 1, "note": 2}

Json = dict[str, Any]


def _say(text: str) -> str:
    return escape(squeeze(text))


def _rule(rule: Rule) -> Json:
    page = read_page(rule.id)
    about = sections(page)
    full = _say(about.get("What it does", rule.title))
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.title[0].upper() + rule.title[1:]},
        "fullDescription": {"text": full[:1000]},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"tags": ["iommu", "attach", "errno"]},
    }


def _place(file: str, line: int, column: int = 0) -> Json:
    region = {"startLine": max(line, 1)} | ({"startColumn": column} if column > 0 else {})
    artifact = {"uri": quote(file.lstrip("/"), errors="backslashreplace"), "uriBaseId": ROOT}
    return {"artifactLocation": artifact, "region": region}


def _location(file: str, line: int, text: str, column: int = 0) -> Json:
    return {"physicalLocation": _place(file, line, column), "message": {"text": _say(text)}}


def _flow(site: Site) -> Json:
    """A path that was walked; else the calls from the callback down, the guards' conditions, the errno."""
    if site.steps:
        walked = [_location(p.file, p.line, told(p)) for p in site.steps[:LOCATIONS]]
        return {"threadFlows": [{"locations": [{"location": s} for s in walked]}]}
    place = (site.file, site.line)
    calls = [p for p in site.path if (p.file, p.line) != place]
    steps = [_location(p.file, p.line, f"in {p.function}()") for p in calls]
    steps += [_location(g.file, g.line, f"if {g.text}") for g in reversed(site.guards)]
    steps.append(_location(site.file, site.line, _returned(site), site.column))
    return {"threadFlows": [{"locations": [{"location": s} for s in steps[-LOCATIONS:]]}]}


def _leaks(site: Site) -> list[Json]:
    """For each errno of another subsystem, the calls from the callback down to its constant."""
    flows = []
    for leak in [e for f in site.foreign for e in f.leaks]:
        calls = (*site.path, *leak.chain)
        steps = [_location(p.file, p.line, f"in {p.function}()") for p in calls]
        if leak.guard:
            steps.append(_location(leak.guard.file, leak.guard.line, f"if {leak.guard.text}"))
        steps.append(_location(leak.file, leak.line, f"-{leak.errno}"))
        flows.append({"threadFlows": [{"locations": [{"location": s} for s in steps]}]})
    return flows


def _returned(site: Site) -> str:
    kind, _, callee = site.errno.partition(":")
    if kind == "propagated":
        return f"the errno of {callee}"
    return "0" if site.errno == "0" else f"-{site.errno}"


def _fix(file: str, edit: Edit) -> Json:
    region = {"startLine": edit.line, "startColumn": edit.start, "endColumn": edit.end}
    change = {
        "artifactLocation": _place(file, 1)["artifactLocation"],
        "replacements": [
            {
                "deletedRegion": region | {"endLine": edit.line},
                "insertedContent": {"text": edit.text},
            }
        ],
    }
    return {"description": {"text": f"-{edit.text} instead"}, "artifactChanges": [change]}


def _result(f: Finding, rules: list[str], gate: Gate, edit: Edit | None) -> Json:
    text = f.message + (f" (suggested: {f.rewrite})" if f.rewrite else "")
    where: Json = {"physicalLocation": _place(f.file, f.line, f.column)}
    if f.function:
        where["logicalLocations"] = [{"name": _say(f.function), "kind": "function"}]
    result: Json = {
        "ruleId": f.rule,
        "ruleIndex": rules.index(f.rule),
        "level": f.severity,
        "baselineState": "unchanged" if f.id in gate.reasons else "new",
        "message": {"text": _say(text)},
        "locations": [where],
        "partialFingerprints": {"attachAuditId/v1": escape(f.id)},
        "properties": {"driver": escape(f.driver)},
    }
    if f.site:
        s = f.site
        result["codeFlows"] = [_flow(s), *(_leaks(s) if f.rule == FOREIGN else [])]
        result["properties"] |= {
            "operation": s.op,
            "class": s.class_,
            "errno": escape(s.errno),
            "verdict": s.verdict,
            "confidence": s.confidence,
            "engines": list(map(escape, s.engines)),
            "why": _say(s.why),
        }
        if s.dispute:
            result["properties"]["dispute"] = _say(s.dispute)
        messages = [_location(s.file, m.line, f"{m.call}()", 0) for m in s.messages]
        if messages:
            result["relatedLocations"] = [
                m | {"id": i} for i, m in enumerate(messages[: LOCATIONS - 1], 1)
            ]
    if f.lines:
        related = [_location(n.file, n.line, f"{n.class_}: -{n.errno}") for n in f.lines]
        result["relatedLocations"] = [n | {"id": i} for i, n in enumerate(related[:LOCATIONS], 1)]
    if edit:
        result["fixes"] = [_fix(f.file, edit)]
    if f.id in gate.reasons:
        reason = _say(gate.reasons[f.id])
        result["suppressions"] = [{"kind": "external", "justification": reason}]
    return result


def _since(gate: Gate) -> Json:
    """What a change did besides bringing the results."""
    if not gate.since:
        return {}
    fixed, unchanged = len(gate.since.fixed), len(gate.since.unchanged)
    return {"since": escape(gate.since.what), "fixed": fixed, "unchanged": unchanged}


def write(audit: Audit, gate: Gate) -> str:
    rules = list(RULES)
    edits = exact_edits(audit)
    kept = sorted(audit.findings, key=lambda f: ORDER[f.severity])[:RESULTS]
    notes = [*gate.incomplete]
    if len(kept) < len(audit.findings):
        notes.append(f"{len(audit.findings) - len(kept)} findings left out: {RESULTS} is the limit")
    notes += [gate.left_out] if gate.left_out else []
    run = {
        "tool": {
            "driver": {
                "name": "attach-audit",
                "version": escape(audit.version),
                "rules": [_rule(RULES[r]) for r in rules],
            }
        },
        "originalUriBaseIds": {ROOT: {"description": {"text": "the top of the kernel tree"}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not gate.incomplete,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": escape(n)}} for n in notes
                ],
            }
        ],
        "properties": {
            "kernel": escape(audit.kernel.version),
            "contract": escape(audit.kernel.contract),
            **_since(gate),
        },
        "results": [_result(f, rules, gate, edits.get(f.id)) for f in kept],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, indent=1, ensure_ascii=False) + "\n"
