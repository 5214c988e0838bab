# SPDX-License-Identifier: GPL-2.0-only
"""The text report: in, an audit, its gate and a style; out, one string.

The order is that of a compiler's output: errors where they stand, notes a line each, what could not
be audited, a table by driver, one summary line.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from collections.abc import Iterable, Iterator

from report.gate import Gate
from report.model import Audit, Driver, Finding, Guard, Leak, PathStep, Site
from report.rules import MIXED
from report import sides

COLOURS = {"error": "31", "warning": "35", "note": "36"}


@dataclass(frozen=True, slots=True)
class Style:
    width: int | None = None  # None: lines are as long as they are
    colour: bool = False
    all: bool = False  # known findings too, and notes in full
    callers: bool = False  # what each caller makes of a failure


def escape(text: str) -> str:
    """Shows what a terminal would obey or hide (control, bidi, invisible, combining) as \\x1b."""
    if text.isascii() and text.isprintable():
        return text
    import unicodedata  # only here: sources are nearly always plain ASCII

    fillers = "\u115f\u1160\u2800\u3164\uffa0"  # letters by name, blanks by look

    def shown(c: str) -> str:
        if c.isprintable() and c not in fillers and not unicodedata.category(c).startswith("M"):
            return c
        return c.encode("unicode_escape").decode("ascii")

    return "".join(map(shown, text))


def squeeze(text: str) -> str:
    """An expression that spans lines, on one line."""
    return re.sub(r"[ \t\r\n]+", " ", text).strip(" ")


def count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _wrap(line: str, indent: int, width: int | None) -> str:
    """One escaped line, folded at the width with a hanging indent."""
    line = escape(line)
    if width is None or len(line) <= width:
        return line
    return "\n".join(
        textwrap.wrap(
            line,
            max(width, indent + 30),
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def _headline(finding: Finding, style: Style) -> str:
    """Never folded: editors and CI parse it."""
    place = escape(f"{finding.file}:{finding.line}:{finding.column}:")
    severity = f"{finding.severity}:"
    if style.colour:
        place = f"\x1b[1m{place}\x1b[0m"
        severity = f"\x1b[1;{COLOURS[finding.severity]}m{severity}\x1b[0m"
    return f"{place} {severity} {escape(squeeze(finding.message))} [{finding.rule}]"


def _errnos(driver: Driver) -> str:
    """incompatible: 3 EINVAL, 1 EXDEV; hard: 2 ENODEV"""
    return "; ".join(
        f"{class_}: " + ", ".join(f"{n} {errno}" for errno, n in sorted(errnos.items()))
        for class_, errnos in sorted(driver.errnos.items())
    )


def _guard(guard: Guard) -> str:
    operands = ", ".join(
        f"{squeeze(o.text)} is {' or '.join(o.origins) or 'of unknown origin'}"
        for o in guard.operands
    )
    return f"{squeeze(guard.text)} ({guard.file}:{guard.line}){': ' + operands if operands else ''}"


def told(step: PathStep) -> str:
    """A step of a path, as a reader of C would say it."""
    words = {"entry": "enter {}", "branch": "if ({})", "message": "log: {}", "return": "return {}"}
    return words.get(step.kind, "{}").format(squeeze(step.text))


def _details(finding: Finding, audit: Audit, gate: Gate, style: Style) -> Iterator[tuple[str, str]]:
    site = finding.site
    if site:
        for guard in site.guards:
            yield "guard", _guard(guard)
        if site.why and site.why != finding.message:
            yield "why", squeeze(site.why)
    elif finding.rule == MIXED:
        driver = next(d for d in audit.drivers if d.name == finding.driver)
        yield "errnos", _errnos(driver)
    if finding.rewrite:
        yield "edit", squeeze(finding.rewrite)
    for c in finding.callers:
        yield "caller", f"{c.function}() ({c.file}:{c.line}) {c.today} here today; then it {c.then}"
    if site and any(step.function != site.function for step in site.path):
        yield "path", " -> ".join(f"{p.function} ({p.file}:{p.line})" for p in site.path)
    if site:
        for turn in site.steps if style.all else ():
            yield "step", f"{turn.file}:{turn.line}: {told(turn)}"
    if site and site.dispute:
        yield "dispute", squeeze(site.dispute)
    if site and site.confidence != "high":
        yield "confidence", site.confidence
    if finding.id in gate.reasons:
        yield "known", squeeze(gate.reasons[finding.id])


def _findings(audit: Audit, gate: Gate, style: Style) -> Iterator[str]:
    shown = [f for f in audit.findings if style.all or f.id not in gate.reasons]
    for finding in shown:
        if finding.severity != "note" or style.all:
            yield _headline(finding, style)
            for name, value in _details(finding, audit, gate, style):
                yield _wrap(f"    {name}: {value}", 8, style.width)
            yield escape(f"    id: {finding.id}")  # one piece, to be copied
    if not style.all:
        yield from (_headline(f, style) for f in shown if f.severity == "note")


def _list(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _calls(site: Site, leak: Leak) -> str:
    """CALLBACK (file:line) -> HELPER (file:line) -> CALLEE (file:line): if GUARD"""
    steps = (*site.path, *leak.chain)
    calls = " -> ".join(f"{p.function} ({p.file}:{p.line})" for p in steps)
    return f"{calls}: if {squeeze(leak.guard.text)}" if leak.guard else calls


def _foreign(audit: Audit, style: Style) -> Iterator[str]:
    """What other subsystems hand on where it is returned: a line a site; with all, a line an errno."""
    for site in audit.sites:
        if site.class_ != "propagated" and not style.all:
            continue
        for foreign in site.foreign:
            errnos = sorted({f"-{leak.errno}" for leak in foreign.leaks})
            if foreign.status != "followed":
                errnos.append("what could not be followed")
            callers = " -> ".join(step.function for step in site.path)
            place = f"{site.file}:{site.line}:{site.column}: "
            said = f"{_list(errnos) or 'no errno'}, by {callers} -> {foreign.callee}"
            yield _wrap(place + said, 8, style.width)
            if not style.all:
                continue
            for leak in foreign.leaks:
                yield _wrap(f"    -{leak.errno}: {_calls(site, leak)}", 8, style.width)
            if foreign.why:
                yield _wrap(f"    not followed: {squeeze(foreign.why)}", 8, style.width)


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    for i, line in enumerate(lines):
        if not i:
            yield title
        yield line


def _stale(gate: Gate) -> list[str]:
    if gate.incomplete:  # what was not audited cannot be missed
        return []
    mend = "remove it with --prune"
    return [f"baseline: stale: {e.id}: no such finding: {mend}" for e in gate.stale] + [
        f"baseline: stale: {d}: no longer mixed: {mend}" for d in gate.stale_mixed
    ]


def _table(audit: Audit, width: int | None) -> Iterator[str]:
    if not audit.drivers:
        return
    header = ("driver", "callbacks", "mixed", "errors", "notes", "errnos by class")
    rows = [header]
    for driver in sorted(audit.drivers, key=lambda d: d.name):
        callbacks = {
            (b.file, b.callback) for b in audit.bindings if b.callback and b.file in driver.files
        }
        own = [f for f in audit.findings if f.driver == driver.name and f.rule != MIXED]
        rows.append(
            (
                escape(driver.name),
                str(len(callbacks)),
                "yes" if driver.mixed else "no",
                str(sum(f.severity == "error" for f in own)),
                str(sum(f.severity == "note" for f in own)),
                _errnos(driver) or "none",
            )
        )
    first = max(len(row[0]) for row in rows)
    for row in rows:
        cells = f"{row[0]:{first}}  {row[1]:>9}  {row[2]:5}  {row[3]:>6}  {row[4]:>5}  "
        yield _wrap(cells + row[5], len(cells), width)


def _callers(audit: Audit, width: int | None) -> Iterator[str]:
    """What each caller of the core does when an attach fails: one screen for a whole tree."""
    if audit.sides.no_core:
        yield _wrap(f"callers: none listed: {audit.sides.no_core}", 4, width)
        return
    if not audit.sides.callers:
        return
    calls = count(len(audit.sides.callers), "call")
    points = count(len(audit.sides.entry_points), "entry point")
    yield f"callers: {calls} of {points}, and what becomes of a failed attach"
    passing: list[str] = []
    told = ""
    for row in sides.rows(audit.sides):
        if row.handling == "passes-on":
            passing.append(f"{row.function}()" + f" x{row.calls}" * (row.calls > 1))
            continue
        if row.handling != told:
            told = row.handling
            yield f"  {told}: {sides.HANDLINGS[told]}"
        times = f", {row.calls} calls" if row.calls > 1 else ""
        times += f", and {count(row.more, 'more place')}" if row.more > 0 else ""
        name = f"{row.function}()" if row.function else "outside of functions"
        what = f"    {name} ({row.file}:{row.line}{times}): {row.why or row.words}"
        yield _wrap(what, 8, width)
    if passing:
        yield f"  passes-on: {sides.HANDLINGS['passes-on']}"
        yield _wrap(f"    {', '.join(passing)}", 4, width or 100)


def by_severity(findings: Iterable[Finding]) -> str:
    found = list(findings)
    failed = sum(f.severity == "error" for f in found)
    return f"{count(failed, 'error')} and {count(len(found) - failed, 'note')}"


def _verdict(gate: Gate) -> str:
    return "the audit is incomplete" if gate.incomplete else f"gate {gate.result}"


def _compared(gate: Gate) -> str:
    since = gate.since
    assert since
    return (
        f"{since.what}: {by_severity(since.new)} new, {by_severity(since.fixed)} fixed, "
        f"{by_severity(since.unchanged)} unchanged"
    )


def summary(audit: Audit, gate: Gate, all_shown: bool = True) -> str:
    left_out = f"; {gate.left_out}" if gate.left_out else ""
    if gate.since:
        return f"{_compared(gate)}: {_verdict(gate)}{left_out}"

    def known(findings: list[Finding]) -> str:
        return f"({sum(f.id in gate.reasons for f in findings)} known)"

    mixed = [f for f in audit.findings if f.rule == MIXED]
    errors = [f for f in audit.findings if f.severity == "error" and f.rule != MIXED]
    warnings = sum(f.severity == "warning" for f in audit.findings)
    notes = sum(f.severity == "note" for f in audit.findings)
    stale = 0 if gate.incomplete else len(gate.stale) + len(gate.stale_mixed)
    parts = [
        count(len(audit.bindings), "binding"),
        count(len(audit.sites), "site"),
        f"{count(len(errors), 'error')} {known(errors)}",
        *([count(warnings, "warning")] if warnings else []),
        count(notes, "note"),
        f"{count(len(mixed), 'mixed driver')} {known(mixed)}",
        *([f"{stale} stale"] if stale else []),
    ]
    hidden = (
        "; --all shows the known" if gate.reasons and not all_shown and not gate.incomplete else ""
    )
    return f"{', '.join(parts)}: {_verdict(gate)}{hidden}{left_out}"


def _join(sections: Iterable[Iterable[str]]) -> str:
    """Sections, a blank line between them; empty ones leave none."""
    blocks = ["\n".join(section) for section in sections]
    return "\n\n".join(block for block in blocks if block) + "\n"


def full(audit: Audit, gate: Gate, style: Style) -> str:
    return _join(
        (
            _findings(audit, gate, style),
            _section("errnos from other subsystems:", _foreign(audit, style)),
            map(escape, (*gate.incomplete, *_stale(gate))),
            _table(audit, style.width),
            _callers(audit, style.width),
            [summary(audit, gate, style.all)],
        )
    )


def table_only(audit: Audit, gate: Gate, style: Style) -> str:
    return _join((_table(audit, style.width), [summary(audit, gate)]))


def gate_only(audit: Audit, gate: Gate, style: Style) -> str:
    """What decides the exit status, a line each, and the summary."""
    failing = {f.id for f in (*gate.new, *gate.newly_mixed)}
    headlines = [_headline(f, style) for f in audit.findings if f.id in failing]
    return (
        "\n".join(
            (*headlines, *map(escape, (*gate.incomplete, *_stale(gate))), summary(audit, gate))
        )
        + "\n"
    )
