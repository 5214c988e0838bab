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
import markdown
from markupsafe import Markup

from report import compare, graph, sides
from report.gate import Gate
from report.model import Audit, Driver, Finding, Site
from report.pages import read_page
from report.rules import RULES
from report.source import NONE, Source
from report.upstream import UNDESCRIBED, Described
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


def _errno_verdict(site: Site) -> str:
    """Of what is returned alone: an errno that is right is right, whatever is logged beside it."""
    return "ok" if site.errno in site.expected else site.verdict


def _state(found: list[Finding], gate: Gate) -> str:
    """Words to filter by: fails (the gate), new, known."""
    failing = {f.id for f in gate.new}
    words = {"known" if f.id in gate.reasons else "new" for f in found}
    return " ".join(sorted(words | ({"fails"} if any(f.id in failing for f in found) else set())))


def _failing(gate: Gate) -> str:
    """Where what fails the gate begins."""
    if gate.new and not gate.incomplete:
        return "sites"
    if gate.newly_mixed and not gate.incomplete:
        return anchor("driver", gate.newly_mixed[0].driver)
    return "gaps" if gate.incomplete or gate.stale or gate.stale_mixed else "sites"


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
            worst = min(map(_errno_verdict, own), key=WORST.index, default="ok")
            cells.append(Cell(len(own), worst, _words(own), _site_anchor(own[0])) if own else None)
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


def _page(rule: str) -> Markup:
    """A rule's page without its title. A link leads to another rule here, or is its text alone."""
    body = read_page(rule).partition("\n")[2]
    links = r"\[([^\]]+)\]\(([^)]*)\)"

    def inside(link: re.Match[str]) -> str:
        name = os.path.basename(link[2]).removesuffix(".md")
        return f"[{link[1]}](#rule-{name})" if name in RULES else link[1]

    text = re.sub(links, inside, body)
    return Markup(
        markdown.markdown(text, extensions=["fenced_code", "tables"], output_format="html")
    )


def _rules(audit: Audit, used_alone: bool) -> list[dict[str, Any]]:
    used = Counter(f.rule for f in audit.findings)
    shown = [r for r in RULES.values() if used[r.id] or not used_alone]
    return [{"rule": r, "found": used[r.id], "page": _page(r.id)} for r in shown]


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


def write(audit: Audit, gate: Gate, source: Source = NONE, tree: Described = UNDESCRIBED) -> str:
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
        state=lambda found: _state(found, gate),
        failing=_failing(gate),
        tree=tree,
        line_of=lambda g: escape((source.line(g.file, g.line) or "").strip()),
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
        rules=_rules(audit, gate.since is not None),
        summary=summary(audit, gate),
        verdicts=_verdicts(list(audit.sites)),
        classes=[c for c in compare.ORDER if any(s.class_ == c for s in audit.sites)],
        errnos=sorted({_column(s)[1] for s in audit.sites}),
        operations=sorted({s.op for s in audit.sites}),
        severities=Counter(f.severity for f in audit.findings if f.site),
        has_source=bool(source.files),
    )
