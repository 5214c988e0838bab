# SPDX-License-Identifier: GPL-2.0-only
"""History: in, the audits of several versions, oldest first; out, a text and an HTML page of findings
and errnos by class over versions, with what appeared and what was fixed between neighbours.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from report import compare, formats
from report.file import Complaint, Kind, Malformed, check, read_json, record, strings
from report.model import Audit, Finding, parse_audit
from report.rules import MIXED
from report.text import escape, squeeze

SCHEMA = "attach-audit-history/1"
MEND = "audit these versions again"


@dataclass(frozen=True, slots=True)
class Version:
    name: str
    audit: Audit | None  # None: it could not be audited
    why: str
    value: dict[str, Any] | None  # audit.json itself, to be written again


@dataclass(frozen=True, slots=True)
class History:
    names: tuple[str, ...]  # of the whole history; a shard holds some of its versions
    versions: tuple[Version, ...]

    @property
    def missing(self) -> list[str]:
        held = {v.name for v in self.versions}
        return [name for name in self.names if name not in held]


@dataclass(frozen=True, slots=True)
class Change:
    """From one audited version to the next; what only moved is in neither list."""

    before: str
    after: str
    appeared: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    moved: int


_HISTORY: dict[str, Kind] = {"schema": str, "names": list, "versions": list}
_VERSION: dict[str, Kind] = {"name": str, "why": str, "audit": (dict, type(None))}


def _version(value: Any, where: str) -> Version:
    v = record(value, _VERSION, where)
    try:
        audit = None if v["audit"] is None else parse_audit(v["audit"])
    except Malformed as error:
        raise Malformed(f"{where}.audit: {error}") from None
    return Version(v["name"], audit, v["why"], v["audit"])


def read_history(path: str) -> History:
    value = read_json(path, MEND)
    try:
        if type(value) is dict and value.get("schema", SCHEMA) != SCHEMA:
            raise Malformed(f'schema: not "{SCHEMA}"')
        h = record(value, _HISTORY, "history")
        names = strings(h["names"], "names")
        versions = tuple(_version(v, f"versions[{i}]") for i, v in enumerate(h["versions"]))
        for version in versions:
            check(version.name, frozenset(names), "versions.name")
        held = [v.name for v in versions]
        if len(set(held)) != len(held) or len(set(names)) != len(names):
            raise Malformed("versions: one occurs twice")
    except Malformed as error:
        raise Complaint(f"{path}: {error}: {MEND}") from None
    return History(names, versions)


def to_json(history: History) -> dict[str, Any]:
    order = {name: i for i, name in enumerate(history.names)}
    return {
        "schema": SCHEMA,
        "names": list(history.names),
        "versions": [
            {"name": v.name, "why": v.why, "audit": v.value}
            for v in sorted(history.versions, key=lambda v: order[v.name])
        ],
    }


def merge(paths: list[str]) -> History:
    """All shards of one history; the whole is the same whoever audited what."""
    parts = [read_history(path) for path in paths]
    versions: dict[str, Version] = {}
    for path, part in zip(paths, parts):
        if part.names != parts[0].names:
            raise Complaint(f"{path}: not of the same history as {paths[0]}: give shards of one")
        for version in part.versions:
            if versions.setdefault(version.name, version).value != version.value:
                raise Complaint(f"{path}: {version.name}: audited before, otherwise: give it once")
    whole = History(parts[0].names, tuple(versions[n] for n in parts[0].names if n in versions))
    if whole.missing:
        raise Complaint(
            f"{', '.join(whole.missing)}: in none of these shards: add the ones missing"
        )
    return whole


# ------------------------------------------------------------------ comparison


def _gating(audit: Audit) -> list[Finding]:
    return [f for f in audit.findings if f.severity == "error"]


def _alike(finding: Finding) -> tuple[str, str, str]:
    """What stays when a file is renamed or a guard is reworded."""
    site = finding.site
    return (finding.rule, finding.function, site.errno) if site else (finding.rule, "", finding.id)


def _change(before: Version, after: Version) -> Change:
    assert before.audit and after.audit
    old = {f.id: f for f in _gating(before.audit)}
    new = {f.id: f for f in _gating(after.audit)}
    gone = [f for i, f in old.items() if i not in new]
    appeared = []
    for finding in (f for i, f in new.items() if i not in old):
        twin = next((f for f in gone if _alike(f) == _alike(finding)), None)
        if twin:
            gone.remove(twin)
        else:
            appeared.append(finding)
    moved = len([i for i in new if i not in old]) - len(appeared)
    return Change(before.name, after.name, tuple(appeared), tuple(gone), moved)


def changes(history: History) -> list[Change]:
    audited = [v for v in history.versions if v.audit]
    return [_change(a, b) for a, b in zip(audited, audited[1:])]


def totals(audit: Audit) -> dict[str, int]:
    verdicts = Counter(s.verdict for s in audit.sites)
    return {
        "drivers": len(audit.drivers),
        "bindings": len(audit.bindings),
        "not analysed": sum(b.status != "analysed" for b in audit.bindings),
        "sites": len(audit.sites),
        "ok": verdicts["ok"],
        "review": verdicts["review"],
        "change": verdicts["change"],
        "mixed drivers": sum(f.rule == MIXED for f in audit.findings),
    }


def errnos(history: History) -> dict[str, dict[str, list[int]]]:
    """Class -> errno -> number of sites in each version; what callees return is one row."""
    counted: dict[str, dict[str, list[int]]] = {}
    for i, version in enumerate(history.versions):
        for site in version.audit.sites if version.audit else ():
            errno = "callee" if site.errno.startswith("propagated:") else site.errno
            row = counted.setdefault(site.class_, {}).setdefault(errno, [0] * len(history.versions))
            row[i] += 1
    return {
        c: dict(sorted(counted[c].items(), key=lambda e: (-sum(e[1]), e[0])))
        for c in compare.ORDER
        if c in counted
    }


# ------------------------------------------------------------------------ text


def _grid(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [f"{row[0]:{widths[0]}}"] + [f"{c:>{w}}" for c, w in zip(row[1:], widths[1:])]
        lines.append("  ".join(cells).rstrip())
    return lines


def _headline(f: Finding) -> str:
    return escape(squeeze(f"{f.file}:{f.line}: {f.message} [{f.rule}]"))


def write(history: History) -> str:
    """The text: totals, errnos by class, changes."""
    held = [totals(v.audit) if v.audit else {} for v in history.versions]
    rows = [["", *(escape(v.name) for v in history.versions)]]
    for key in next((t for t in held if t), {}):
        rows.append([key, *(str(t.get(key, "-")) for t in held)])
    for class_, by_errno in errnos(history).items():
        rows.append([class_, *([""] * len(held))])
        rows += [[f"  {escape(e)}", *(str(n or ".") for n in ns)] for e, ns in by_errno.items()]
    lines = _grid(rows)
    lines += [escape(f"{v.name}: not audited: {v.why}") for v in history.versions if not v.audit]
    for change in changes(history):
        moved = f", {change.moved} moved or reworded" if change.moved else ""
        lines += [
            "",
            escape(f"{change.before} -> {change.after}: ")
            + f"{len(change.appeared)} appeared, {len(change.fixed)} fixed{moved}",
        ]
        lines += [f"  + {_headline(f)}" for f in change.appeared]
        lines += [f"  - {_headline(f)}" for f in change.fixed]
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------ page


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    y: int
    height: int
    count: int
    series: str  # its CSS class
    name: str


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    names: tuple[tuple[str, int], ...]  # version and where its column starts
    bars: tuple[Bar, ...]
    width: int
    step: int


HIGH, STEP, SERIES = 150, 96, 6  # of a chart, of a column; the rest is summed up


def _chart(title: str, versions: list[str], series: dict[str, list[int]], own: bool) -> Chart:
    """Stacked columns; with `own` a series has the class of its name, else s0, s1, ..."""
    names = list(series)
    if len(names) > SERIES:
        rest = [sum(series[n][i] for n in names[SERIES:]) for i in range(len(versions))]
        series = {n: series[n] for n in names[:SERIES]} | {f"{len(names) - SERIES} others": rest}
    most = max((sum(s[i] for s in series.values()) for i in range(len(versions))), default=0) or 1
    bars = []
    for i in range(len(versions)):
        y = HIGH + 20
        for k, (name, ns) in enumerate(series.items()):
            height = round(ns[i] * HIGH / most)
            y -= height
            if ns[i]:
                style = name.replace(" ", "-") if own else f"s{k}"
                bars.append(Bar(i * STEP + 10, y, height, ns[i], style, name))
    columns = tuple((v, i * STEP + 10) for i, v in enumerate(versions))
    return Chart(title, columns, tuple(bars), len(versions) * STEP + 20, STEP - 20)


def page(history: History) -> str:
    audited = [v for v in history.versions if v.audit]
    names = [v.name for v in audited]
    held = [totals(v.audit) for v in audited if v.audit]
    by_class = errnos(History(tuple(names), tuple(audited)))
    verdicts = {k: [t[k] for t in held] for k in ("change", "review", "ok")}
    charts = [_chart("sites by verdict", names, verdicts, True)]
    charts += [_chart(c, names, by_errno, False) for c, by_errno in by_class.items()]
    text: str = formats.load_html().render(
        "history.html",
        "",
        history=history,
        versions=audited,
        missing=[v for v in history.versions if not v.audit],
        totals=held,
        charts=charts,
        by_class=by_class,
        changes=changes(history),
        high=HIGH,
        series=SERIES,
    )
    return text
