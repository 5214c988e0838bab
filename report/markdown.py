# SPDX-License-Identifier: GPL-2.0-only
"""Markdown: in, an audit and its gate; out, a page for a job summary or a comment.

A comment holds 65536 characters at most: what does not fit is counted instead of cut.
"""

from __future__ import annotations

import re

from report.gate import Gate
from report.model import Audit, Finding
from report import sides
from report.rules import MIXED
from report.text import count, escape, squeeze, summary, told

LARGEST = 60000
STEPS = 40  # of a path


def _text(text: str) -> str:
    """Nothing of it is markup, a mention or a link to an issue."""
    shown = re.sub(r"([\\`*_{}\[\]()#+\-.!|~>$])", r"\\\1", escape(squeeze(text)))
    shown = shown.replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"@(?=\w)", "@\u2060", shown)  # a word joiner: no mention


def _code(text: str) -> str:
    shown = escape(squeeze(text)).replace("|", "\\|") or " "
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _finding(f: Finding, gate: Gate, steps: int) -> str:
    lines = [f"- **{_text(f.message)}** {_code(f.rule)}  "]
    lines.append(f"  {_code(f'{f.file}:{f.line}')}" + (f" in {_code(f.function)}" * bool(f.site)))
    if f.rewrite:
        lines.append(f"  - edit: {_text(f.rewrite)}")
    for c in f.callers:
        says = f"{c.today} here today; then it {c.then}"
        lines.append(f"  - caller: {_code(f'{c.function}() {c.file}:{c.line}')} {_text(says)}")
    for guard in f.site.guards[:3] if f.site else ():
        lines.append(f"  - guard: {_code(guard.text)}")
    if f.site and f.site.dispute:
        lines.append(f"  - dispute: {_text(f.site.dispute)}")
    if f.site and f.site.steps[:steps]:
        lines.append("  - <details><summary>a path to it</summary>\n")
        for step in f.site.steps[:steps]:
            lines.append(f"    1. {_code(f'{step.file}:{step.line}')} {_code(told(step))}")
        lines.append("\n    </details>")
    if f.id in gate.reasons:
        lines.append(f"  - known: {_text(gate.reasons[f.id])}")
    lines.append(f"  - id: {_code(f.id)}")
    return "\n".join(lines) + "\n"


def _length(found: list[Finding], gate: Gate, steps: int) -> int:
    return sum(len(_finding(f, gate, steps)) for f in found)


def _list(
    title: str, found: list[Finding], gate: Gate, left: int, folded: bool, later: int = 0
) -> str:
    """As many as fit into what is left of the page; with paths, where what comes later fits too."""
    if not found:
        return ""
    steps = STEPS if _length(found, gate, STEPS) + later < left - 400 else 0
    head = (
        f"<details><summary>{title}: {len(found)}</summary>\n\n" if folded else f"### {title}\n\n"
    )
    tail = "\n</details>\n\n" if folded else "\n"
    body, shown = "", 0
    for f in found:
        item = _finding(f, gate, steps)
        if len(head) + len(body) + len(item) + len(tail) + 80 > left:
            break
        body += item
        shown += 1
    if shown < len(found):
        body += f"\n{count(len(found) - shown, 'finding')} more: see the other reports.\n"
    return head + body + tail


def _drivers(audit: Audit) -> str:
    lines = ["| driver | mixed | errors | notes |", "|---|---|--:|--:|"]
    for driver in sorted(audit.drivers, key=lambda d: d.name):
        own = [f for f in audit.findings if f.driver == driver.name and f.rule != MIXED]
        errors = sum(f.severity == "error" for f in own)
        notes = sum(f.severity == "note" for f in own)
        mixed = "**yes**" if driver.mixed else "no"
        lines.append(f"| {_text(driver.name)} | {mixed} | {errors} | {notes} |")
    return "\n".join(lines) + "\n\n"


def _callers(audit: Audit) -> str:
    if not audit.sides.callers:
        return ""
    calls = count(len(audit.sides.callers), "call")
    lines = [
        f"<details><summary>What {calls} of the core make of a failed attach</summary>\n",
        "| handling | what becomes of the errno | decided in | calls |",
        "|---|---|---|--:|",
    ]
    for row in sides.rows(audit.sides):
        place = _code(f"{row.function}() {row.file}:{row.line}".lstrip("() "))
        lines.append(f"| {row.handling} | {_text(row.why or row.words)} | {place} | {row.calls} |")
    return "\n".join(lines) + "\n\n</details>\n\n"


def write(audit: Audit, gate: Gate) -> str:
    verdict = {"passes": "✅ passes", "fails": "❌ fails", "incomplete": "⚠️ incomplete"}[gate.result]
    page = f"## attach-audit: {verdict}\n\n"
    page += f"Linux {_text(audit.kernel.version)}: {_text(summary(audit, gate))}\n\n"
    gaps = [*gate.incomplete, *(f"stale baseline entry {e.id}" for e in gate.stale)]
    gaps += [f"stale baseline entry {d}" for d in gate.stale_mixed]
    page += "".join(f"- ⚠️ {_text(line[:300])}\n" for line in gaps[:40])
    page += f"- {len(gaps) - 40} more\n" if len(gaps) > 40 else ""
    page += "\n" if gaps else ""
    table = _drivers(audit)
    if len(page) + len(table) < LARGEST // 2:
        page += table
    callers = _callers(audit)
    if len(page) + len(callers) < LARGEST // 2:
        page += callers
    errors = [f for f in audit.findings if f.severity != "note"]
    new = [f for f in errors if f.id not in gate.reasons]
    known = [f for f in errors if f.id in gate.reasons]
    notes = [f for f in audit.findings if f.severity == "note"]
    later = _length(notes, gate, 0)
    also = later + _length(known, gate, 0)
    page += _list("New findings", new, gate, LARGEST - len(page), False, also)
    page += _list("Known findings", known, gate, LARGEST - len(page), True, later)
    page += _list("Notes", notes, gate, LARGEST - len(page), True)
    return page
