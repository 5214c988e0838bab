# SPDX-License-Identifier: GPL-2.0-only
"""HTML: in, an audit, its gate and source lines to show; out, one page that loads nothing else.

Every text passes `_shown` and jinja2's escaping; scripts and styles run by their hash only.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import jinja2
from markupsafe import Markup, escape as markup

from report import compare, graph, sides
from report.gate import Gate
from report.model import Audit, Driver, Finding, Site
from report.pages import read_page, sections
from report.rules import RULES
from report.source import NONE, Source
from report.text import escape, squeeze, summary, told

TEMPLATES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "templates")
WIDEST = 160  # columns of a source line
ABOVE, BELOW, REACH = 3, 1, 14  # lines of context; how far up a guard may widen it

WORST = ("change", "review", "ok")
LOGGED = "soft-failure-logged"
CALLEE = "callee"  # one column for all errnos that are passed on


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    text: str
    mark: str  # errno, guard, message or ""


@dataclass(frozen=True, slots=True)
class Cell:
    count: int
    worst: str
    words: str
    first: str  # anchor of its first site


@dataclass(frozen=True, slots=True)
class Row:
    driver: Driver
    anchor: str
    cells: tuple[Cell | None, ...]
    verdicts: Counter[str]


def anchor(kind: str, name: str) -> str:
    """The same in every page that shows the same site, so that a link can be kept."""
    digest = hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()
    return f"{kind}-{digest[:10]}"


def _site_anchor(site: Site) -> str:
    return anchor("site", site.id)


def _shown(value: Any) -> Any:
    """What jinja2 is about to print: no control character reaches the page."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return escape(value)
    return value


def _returned(errno: str) -> str:
    kind, _, callee = errno.partition(":")
    if kind == "propagated":
        return f"errno of {callee}()"
    return "0" if errno == "0" else f"-{errno}"


def _wish(site: Site, found: list[Finding]) -> str:
    """What a headline suggests in place of the errno."""
    if site.verdict == "ok" or not site.expected:
        return ""
    if site.expected[0] == site.errno or any(f.rule == LOGGED for f in found):
        return "without the message" if any(f.rule == LOGGED for f in found) else ""
    words = {"keep": "", "propagate": "the callee\u2019s errno", "0": "0"}
    return words.get(site.expected[0], f"-{site.expected[0]}")


def _excerpt(site: Site, source: Source) -> tuple[Line, ...]:
    guards = {g.line for g in site.guards if g.file == site.file}
    messages = {m.line for m in site.messages}
    near = [n for n in guards | messages if site.line - REACH <= n <= site.line + REACH]
    first = max(1, min([*near, site.line - ABOVE + 1]) - 1)
    last = max([*near, site.line]) + BELOW
    lines = []
    for number in range(first, last + 1):
        text = source.line(site.file, number)
        if text is None:
            continue
        text = escape(text.rstrip().expandtabs(8))
        text = text if len(text) <= WIDEST else text[: WIDEST - 1] + "\u2026"
        mark = "errno" if number == site.line else "message" if number in messages else ""
        lines.append(Line(number, text, mark or ("guard" if number in guards else "")))
    return tuple(lines)


def _column(site: Site) -> tuple[str, str]:
    return site.class_, CALLEE if site.errno.startswith("propagated:") else site.errno


def _columns(audit: Audit) -> list[tuple[str, str]]:
    """Class by class in the contract's order; the errnos most often right come first."""
    good = Counter(_column(s) for s in audit.sites if s.verdict == "ok")
    seen = {_column(s) for s in audit.sites}
    return sorted(seen, key=lambda c: (compare.ORDER.index(c[0]), -good[c], c[1]))


def _verdicts(sites: list[Site]) -> Counter[str]:
    return Counter(s.verdict for s in sites)


def _words(sites: list[Site]) -> str:
    return ", ".join(f"{n} {v}" for v, n in sorted(_verdicts(sites).items()))


def _matrix(
    audit: Audit, columns: list[tuple[str, str]], of: dict[str, list[Site]]
) -> tuple[Row, ...]:
    rows = []
    for driver in audit.drivers:
        cells: list[Cell | None] = []
        for column in columns:
            own = [s for s in of.get(driver.name, []) if _column(s) == column]
            cells.append(
                Cell(len(own), own[0].verdict, _words(own), _site_anchor(own[0])) if own else None
            )
        verdicts = _verdicts(of.get(driver.name, []))
        rows.append(Row(driver, anchor("driver", driver.name), tuple(cells), verdicts))
    rows.sort(
        key=lambda r: (
            not r.driver.mixed,
            -r.verdicts["change"],
            -r.verdicts["review"],
            r.driver.name,
        )
    )
    return tuple(rows)


def _groups(columns: list[tuple[str, str]]) -> list[tuple[str, str, int]]:
    """Class, its first errno, how many it has."""
    first = dict(reversed(columns))
    return [(c, first[c], n) for c, n in Counter(class_ for class_, _ in columns).items()]


def _prose(text: str) -> Markup:
    """Paragraphs, bullets and `code` of a rule's page."""

    def inline(block: str) -> str:
        plain = str(markup(escape(squeeze(block))))
        return re.sub(
            r"\*([^*`]+)\*", r"<em>\1</em>", re.sub(r"`([^`]+)`", r"<code>\1</code>", plain)
        )

    parts = []
    for block in re.split(r"\n\s*\n|\n(?=- )", text.strip()):
        if block.startswith("- "):
            parts.append(f"<ul><li>{inline(block[2:])}</li></ul>")
        elif block.strip() and not block.startswith("```"):
            parts.append(f"<p>{inline(block)}</p>")
    return Markup("".join(parts).replace("</ul><ul>", ""))


def _rules(audit: Audit) -> list[dict[str, Any]]:
    used = Counter(f.rule for f in audit.findings)
    rules = []
    for rule in RULES.values():
        about = sections(read_page(rule.id))
        rules.append(
            {
                "rule": rule,
                "found": used[rule.id],
                "what": _prose(about.get("What it does", "")),
                "why": _prose(about.get("Why it is bad", "")),
            }
        )
    return rules


def _read(name: str) -> str:
    with open(os.path.join(TEMPLATES, name), encoding="utf-8") as file:
        return file.read()


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def render(template: str, script: str, **context: Any) -> str:
    """The template with its style and script inside, and a policy that allows nothing else."""
    style = _read("report.css")
    code = _read(script) if script else ""
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src '{_hash(style)}'; script-src '{_hash(code)}'"
    )
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["returned"] = _returned
    environment.filters["squeeze"] = squeeze
    environment.filters["told"] = told
    environment.filters["shown"] = escape
    environment.globals.update(anchor=anchor, site_anchor=_site_anchor)
    return environment.get_template(template).render(
        style=Markup(style), script=Markup(code), policy=Markup(policy), **context
    )


def write(audit: Audit, gate: Gate, source: Source = NONE) -> str:
    of: dict[str, list[Site]] = {}
    for site in sorted(audit.sites, key=lambda s: WORST.index(s.verdict)):
        of.setdefault(site.driver, []).append(site)
    found: dict[str, list[Finding]] = {}
    for finding in audit.findings:
        found.setdefault(finding.site.id if finding.site else finding.driver, []).append(finding)
    columns = _columns(audit)
    rows = _matrix(audit, columns, of)
    drawn, undrawn = graph.draw(
        [graph.dot(of[r.driver.name], _site_anchor) for r in rows if r.driver.name in of]
    )
    names = [r.driver.name for r in rows if r.driver.name in of]
    return render(
        "report.html",
        "report.js",
        audit=audit,
        gate=gate,
        columns=columns,
        groups=_groups(columns),
        shared={class_ for class_, _, n in _groups(columns) if n > 1},
        wish=_wish,
        says=compare.says,
        rows=rows,
        sites_of=of,
        findings_of=found,
        graphs={n: Markup(svg) for n, svg in zip(names, drawn)},
        undrawn=undrawn,
        excerpt=lambda site: _excerpt(site, source),
        column=_column,
        tables=compare.tables(audit),
        label=compare.label,
        order=compare.ORDER,
        caller_rows=list(sides.rows(audit.sides)),
        handlings=sides.HANDLINGS,
        rules=_rules(audit),
        summary=summary(audit, gate),
        verdicts=_verdicts(list(audit.sites)),
        classes=[c for c in compare.ORDER if any(s.class_ == c for s in audit.sites)],
        errnos=sorted({_column(s)[1] for s in audit.sites}),
        operations=sorted({s.op for s in audit.sites}),
        severities=Counter(f.severity for f in audit.findings if f.site),
        has_source=bool(source.files),
    )
