# SPDX-License-Identifier: GPL-2.0-only
"""The text report: in, an audit, its gate, a style and source lines; out, one string.

First what fails the gate, as a compiler shows it; then warnings, notes by rule and driver, a table by
driver; at last the engines, what to do next and one summary line. `--all` shows every finding in full.
"""

from __future__ import annotations

import re
import unicodedata
import textwrap
from collections import Counter
from dataclasses import dataclass
from collections.abc import Iterable, Iterator

from report.gate import Gate
from report.model import Audit, Driver, Finding, Guard, Leak, PathStep, Site
from report.rules import MIXED
from report.source import NONE, Source
from report import sides

LINES = 116  # of a report that is not asked for in full
COLOURS = {"error": "31", "warning": "35", "note": "36"}


@dataclass(frozen=True, slots=True)
class Style:
    width: int | None = None  # None: lines are as long as they are
    colour: bool = False
    all: bool = False  # known findings too, and notes in full
    callers: bool = False  # what each caller makes of a failure
    about: str = ""  # what the reader should know of the tree, first and last


def escape(text: str) -> str:
    """Shows what a terminal would obey or hide (control, bidi, invisible, combining) as \\x1b, and what
    a CI's log would obey: "::" where a line begins, "##[" anywhere."""
    if "##" in text:
        text = re.sub(r"##(?=\[|vso)", r"#\\x23", text)
    if text.lstrip().startswith("::"):
        text = text.replace("::", r"\x3a:", 1)
    if text.isascii() and text.isprintable():
        return text
    fillers = "\u115f\u1160\u2800\u3164\uffa0"  # letters by name, blanks by look

    def shown(c: str) -> str:
        if c.isprintable() and c not in fillers and not unicodedata.category(c).startswith("M"):
            return c
        return c.encode("unicode_escape").decode("ascii")

    return "".join(map(shown, text))


def squeeze(text: str) -> str:
    """An expression that spans lines, on one line."""
    return re.sub(r"[ \t\r\n]+", " ", text).strip(" ")


def condition(text: str) -> tuple[str, str]:
    """A guard as C has it, and what to say before it where it is a loop or a switch that ran out."""
    text = squeeze(text)
    case = re.fullmatch(r"(.+) is none of the cases", text)
    if case:
        return "no case of ", f"switch ({case[1]})"
    loop = re.fullmatch(r"no more of (.+)", text)
    return ("after the loop over ", loop[1]) if loop else ("", text)


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
    """Folded on a terminal only: editors and CI parse it."""
    place = escape(f"{finding.file}:{finding.line}:{finding.column}:")
    severity = f"{finding.severity}:"
    message = escape(squeeze(finding.message))
    line = _wrap(f"{place} {severity} {message} [{finding.rule}]", 4, style.width)
    if style.colour and line.startswith(f"{place} {severity}"):
        colour = f"\x1b[1;{COLOURS[finding.severity]}m{severity}\x1b[0m"
        line = f"\x1b[1m{place}\x1b[0m {colour}" + line[len(place) + len(severity) + 1 :]
    return line


def _errnos(driver: Driver) -> str:
    """incompatible: 3 EINVAL, 1 EXDEV; hard: 2 ENODEV"""
    return "; ".join(
        f"{class_}: " + ", ".join(f"{n} {errno}" for errno, n in sorted(errnos.items()))
        for class_, errnos in sorted(driver.errnos.items())
    )


def _guard(guard: Guard, origins: bool = True) -> str:
    place = f"{squeeze(guard.text)} ({guard.file}:{guard.line})"
    if not origins:
        return place
    operands = ", ".join(
        f"{squeeze(o.text)} is {' or '.join(o.origins) or 'of unknown origin'}"
        for o in guard.operands
    )
    return f"{place}{': ' + operands if operands else ''}"


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
        for n in finding.lines:
            yield n.class_, f"{n.file}:{n.line}: -{n.errno} in {n.function}()"
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


def _in_full(audit: Audit, gate: Gate, findings: Iterable[Finding], style: Style) -> Iterator[str]:
    for finding in findings:
        yield _headline(finding, style)
        for name, value in _details(finding, audit, gate, style):
            yield _wrap(f"    {name}: {value}", 8, style.width)
        yield escape(f"    id: {finding.id}")  # one piece, to be copied


# --------------------------------------------------------------- as a compiler shows it


def _code(text: str, width: int | None) -> str:
    shown = escape(text.expandtabs(8).rstrip())
    return shown if width is None or len(shown) <= width else shown[: max(width - 2, 8)] + ".."


def _edited(site: Site, rewrite: str, line: str) -> str:
    """The line as the edit wants it; "" where that is no exchange of one constant for another."""
    said = re.match(r"return -(E[A-Z0-9_]+) instead of -(E[A-Z0-9_]+)", rewrite)
    at = site.column - 1
    if not said or site.constant_line != site.line or line[at : at + len(said[2])] != said[2]:
        return ""
    return line[:at] + said[1] + line[at + len(said[2]) :]


def _excerpt(finding: Finding, source: Source, style: Style) -> list[str]:
    """The guard's line, the line itself with a caret, and the edit beside it: - out, + in."""
    site, line = finding.site, source.line(finding.file, finding.line)
    if line is None:
        return []
    width = style.width and max(style.width - 9, 12)

    def row(number: int | None, text: str, sign: str = " ") -> str:
        return f"{number or '':>6} |{sign}{_code(text, width)}".rstrip()

    rows = []
    guards = site.guards if site else ()
    for guard in guards[:1]:
        text = source.line(guard.file, guard.line)
        if guard.file == finding.file and text is not None and guard.line < finding.line:
            rows.append(row(guard.line, text))
        elif (guard.file, guard.line) != (finding.file, finding.line):
            rows.append(_wrap(f"    guard: {_guard(guard, False)}", 8, style.width))
    for message in site.messages if site and site.remove_print else ():
        text = source.line(finding.file, message.line)
        if text is not None and message.line != finding.line:
            rows.append(row(message.line, text, "-"))
    after = _edited(site, finding.rewrite or "", line) if site else ""
    rows.append(row(finding.line, line, "-" if after else " "))
    word = re.match(r"-?\w+|\S", line[finding.column - 1 :])
    before = escape(line[: finding.column - 1].expandtabs(8))
    if word and (width is None or len(before) + len(word[0]) <= width):
        rows.append(f"{'':>6} | {' ' * len(before)}^{'~' * (len(word[0]) - 1)}")
    rows += [row(None, after, "+")] if after else []
    if finding.rewrite and not after:
        rows.append(_wrap(f"    edit: {squeeze(finding.rewrite)}", 8, style.width))
    return rows


def _block(finding: Finding, audit: Audit, source: Source, style: Style) -> list[str]:
    rows = [_headline(finding, style), *_excerpt(finding, source, style)]
    if len(rows) == 1:  # no source at hand
        rows += [
            _wrap(f"    guard: {_guard(g, False)}", 8, style.width)
            for g in (finding.site.guards[:1] if finding.site else ())
        ]
        rows += (
            [_wrap(f"    edit: {squeeze(finding.rewrite)}", 8, style.width)]
            if finding.rewrite
            else []
        )
    if finding.rule == MIXED:
        driver = next(d for d in audit.drivers if d.name == finding.driver)
        rows.append(_wrap(f"    errnos: {_errnos(driver)}", 8, style.width))
    return [*rows, escape(f"    id: {finding.id}")]


def _height(lines: Iterable[str]) -> int:
    """With those that were folded."""
    return sum(line.count("\n") + 1 for line in lines)


def _gating(audit: Audit, gate: Gate, style: Style, source: Source, room: int) -> Iterator[str]:
    """What fails the gate; in full as far as there is room."""
    failing = {f.id for f in (*gate.new, *gate.newly_mixed)}
    shown = [f for f in audit.findings if f.id in failing]
    room -= _height(_headline(f, style) for f in shown) + 1
    short = 0
    for finding in shown:
        block = _block(finding, audit, source, style)
        room -= _height(block[1:])
        if room < 0 or short:
            short += 1
            yield _headline(finding, style)
        else:
            yield from block
    if short:
        yield f"    {short} of them without source and edit, to be short: --all shows all in full"


def _others(audit: Audit, gate: Gate, style: Style) -> Iterator[str]:
    """Warnings; then notes, by rule and driver."""
    fresh = [f for f in audit.findings if f.id not in gate.reasons]
    failing = {f.id for f in (*gate.new, *gate.newly_mixed)}
    yield from (_headline(f, style) for f in fresh if f.severity != "note" and f.id not in failing)
    notes = [f for f in fresh if f.severity == "note"]
    for rule in sorted({f.rule for f in notes}):
        found = [f for f in notes if f.rule == rule]
        if len(found) == 1:
            yield _headline(found[0], style)
            continue
        drivers = Counter(f.driver or "the core and its callers" for f in found)
        listed = ", ".join(f"{name} {n}" for name, n in sorted(drivers.items()))
        yield _wrap(f"{len(found)} notes [{rule}]: {listed}", 4, style.width or 100)


def _last_words(audit: Audit, gate: Gate, style: Style) -> Iterator[str]:
    """Which engines ran and how far they came, and what can be done now."""
    reached = sum(b.status == "analysed" for b in audit.bindings)
    told = []
    for e in sorted(audit.engines, key=lambda e: (e.status != "ran", e.name)):
        if e.status == "ran":
            told.append(
                f"{e.name} {e.version}".rstrip() + (f" ({squeeze(e.why)})" if e.why else "")
            )
        else:
            told.append(f"{e.name} {e.status} ({squeeze(e.why) or 'no reason given'})")
    width = style.width or 100
    yield _wrap(
        f"engines: {', '.join(told)}; {reached} of {count(len(audit.bindings), 'binding')} analysed",
        4,
        width,
    )
    rules = [f.rule for f in (*gate.new, *gate.newly_mixed)]
    if rules:
        yield _wrap(
            f"next: attach-audit --explain {rules[0]}; --patches; --accept ID --reason TEXT; "
            "--all; --format html",
            4,
            width,
        )


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


def _table(audit: Audit, width: int | None, folded: bool = True) -> Iterator[str]:
    """Not folded, it has errnos only where they fit."""
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
    wide = first + 35 + max(len(row[5]) for row in rows)
    bare = width is not None and wide > width and not folded
    for row in rows:
        cells = f"{row[0]:{first}}  {row[1]:>9}  {row[2]:5}  {row[3]:>6}  {row[4]:>5}  "
        yield cells.rstrip() if bare else _wrap(cells + row[5], len(cells), width)


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
        f"{since.aside}{by_severity(since.unchanged)} unchanged"
    )


NO_RULES = "no rules in this contract"  # of an operation, as step scan says it


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
    unruled = sorted({b.op for b in audit.bindings if b.why.startswith(NO_RULES)})
    said = "".join(f"; {escape(op)}: {NO_RULES}" for op in unruled)
    return f"{', '.join(parts)}: {_verdict(gate)}{said}{hidden}{left_out}"


def _join(sections: Iterable[Iterable[str]]) -> str:
    """Sections, a blank line between them; empty ones leave none."""
    blocks = ["\n".join(section) for section in sections]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _framed(style: Style, text: str) -> str:
    """First and last what the tree is, where that is to be known."""
    if not style.about:
        return text
    body, _, last = text.rstrip("\n").rpartition("\n")
    first = f"{style.about}\n\n{body}\n" if body else ""
    return f"{first}{last} ({style.about})\n"


def full(audit: Audit, gate: Gate, style: Style, source: Source = NONE) -> str:
    result = [_wrap(summary(audit, gate, style.all), 4, style.width)]
    gaps = list(map(escape, (*gate.incomplete, *_stale(gate))))
    gaps = ["the audit is incomplete:", *gaps] if gate.incomplete else gaps
    if style.all:
        return _framed(
            style,
            _join(
                (
                    _in_full(audit, gate, audit.findings, style),
                    _section("errnos from other subsystems:", _foreign(audit, style)),
                    gaps,
                    _table(audit, style.width),
                    _callers(audit, style.width),
                    [*_last_words(audit, gate, style), *result],
                )
            ),
        )
    others = list(_others(audit, gate, style))
    table = list(_table(audit, style.width, folded=False))
    asked = style.callers or audit.sides.no_core
    callers = list(_callers(audit, style.width)) if asked else []
    last = [*_last_words(audit, gate, style), *result]
    rest = (gaps, others, table, callers, last)
    room = LINES - sum(_height(part) + 1 for part in rest if part)
    gating = list(_gating(audit, gate, style, source, room))
    return _framed(style, _join((gaps, gating, others, table, callers, last)))


def table_only(audit: Audit, gate: Gate, style: Style) -> str:
    return _framed(
        style, _join((_table(audit, style.width), [_wrap(summary(audit, gate), 4, style.width)]))
    )


def gate_only(audit: Audit, gate: Gate, style: Style) -> str:
    """What decides the exit status, a line each, and the summary."""
    failing = {f.id for f in (*gate.new, *gate.newly_mixed)}
    headlines = [_headline(f, style) for f in audit.findings if f.id in failing]
    gaps = map(escape, (*gate.incomplete, *_stale(gate)))
    text = "\n".join((*headlines, *gaps, summary(audit, gate))) + "\n"
    return _framed(style, text)
