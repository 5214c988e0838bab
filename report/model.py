# SPDX-License-Identifier: GPL-2.0-only
"""In: the path of an audit.json; out: an Audit of frozen records, or a Complaint.

The checks are those of schema.json, written out by hand because a schema validator takes longer
to import than the whole report takes to print.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Iterable

from report.file import Complaint, Kind, Malformed, check, read_json, record, strings
from report import sides
from report.rules import MIXED, RULES, STATE
from report.sides import Concerned, Sides

SCHEMA = "attach-audit/1"
MEND = "run the audit again"

CLASSES = frozenset(
    "incompatible hard nomem nospace busy propagated masked silent-success deferred".split()
)


@dataclass(frozen=True, slots=True)
class Engine:
    name: str
    status: str
    why: str
    version: str


@dataclass(frozen=True, slots=True)
class Binding:
    """A row of `coverage`: what became of one ops table entry; "" for a name that is not known."""

    op: str
    ops: str
    callback: str
    file: str
    line: int
    status: str
    why: str
    paths: str = ""  # what engine clang walked of it


@dataclass(frozen=True, slots=True)
class Operand:
    text: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guard:
    text: str
    file: str
    line: int
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Step:
    function: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class PathStep:
    """Of a path that was walked: its text is a condition as it held, a call, an errno, ..."""

    file: str
    line: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """A print call of the site's branch, in the site's file."""

    call: str
    level: str
    line: int


@dataclass(frozen=True, slots=True)
class Leak:
    """An errno that a function of another subsystem can return, and the calls down to it."""

    errno: str
    file: str
    line: int
    function: str
    guard: Guard | None
    chain: tuple[Step, ...]  # goes on where the site's path ends


@dataclass(frozen=True, slots=True)
class Foreign:
    callee: str
    status: str
    why: str
    leaks: tuple[Leak, ...]


@dataclass(frozen=True, slots=True)
class Site:
    id: str
    file: str
    line: int
    column: int
    function: str
    op: str
    callbacks: tuple[str, ...]
    driver: str
    errno: str
    class_: str
    expected: tuple[str, ...]
    verdict: str
    confidence: str
    remove_print: bool
    messages: tuple[Message, ...]
    constant_line: int
    guards: tuple[Guard, ...]
    path: tuple[Step, ...]
    engines: tuple[str, ...]
    why: str
    foreign: tuple[Foreign, ...] = ()
    steps: tuple[PathStep, ...] = ()
    dispute: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One of the sites that make a driver mixed."""

    file: str
    line: int
    function: str
    errno: str
    class_: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Of a site; for the rule mixed-driver of a driver, placed at the first line that offends; for
    test-changes-state of the line that does it; for the rules on the core and its callers of a
    function, with no driver."""

    id: str
    rule: str
    severity: str
    driver: str
    file: str
    line: int
    column: int
    message: str
    rewrite: str | None
    site: Site | None
    function: str = ""
    callers: tuple[Concerned, ...] = ()  # that behave differently after the edit
    lines: tuple[Line, ...] = ()  # of a mixed driver, both sides


@dataclass(frozen=True, slots=True)
class Driver:
    name: str
    files: tuple[str, ...]
    mixed: bool
    errnos: dict[str, dict[str, int]]  # class -> errno -> number of sites


@dataclass(frozen=True, slots=True)
class Kernel:
    path: str
    version: str
    contract: str


@dataclass(frozen=True, slots=True)
class Audit:
    version: str  # of the tool
    kernel: Kernel
    engines: tuple[Engine, ...]
    bindings: tuple[Binding, ...]
    sites: tuple[Site, ...]
    findings: tuple[Finding, ...]  # in the order of the source
    drivers: tuple[Driver, ...]
    sides: Sides = Sides()


_TEXT: Kind = (str, type(None))

_AUDIT: dict[str, Kind] = {
    "schema": str,
    "tool": dict,
    "kernel": dict,
    "engines": dict,
    "coverage": list,
    "sites": list,
    "findings": list,
    "drivers": list,
}
_TOOL: dict[str, Kind] = {"name": str, "version": str}
_KERNEL: dict[str, Kind] = {"path": str, "version": str, "contract": str}
_ENGINE: dict[str, Kind] = {
    "status": frozenset({"ran", "skipped", "failed"}),
    "why": _TEXT,
    "version": _TEXT,
    "seconds": (float, int, type(None)),
}
_BINDING: dict[str, Kind] = {
    "op": str,
    "ops": _TEXT,
    "callback": _TEXT,
    "file": str,
    "line": int,
    "status": frozenset({"analysed", "partial", "not-analysed"}),
    "why": _TEXT,
    "engines": list,
}
_SITE: dict[str, Kind] = {
    "id": str,
    "file": str,
    "line": int,
    "column": int,
    "function": str,
    "op": str,
    "callbacks": list,
    "driver": str,
    "errno": str,
    "class": CLASSES,
    "expected": list,
    "verdict": frozenset({"ok", "change", "review"}),
    "confidence": frozenset({"high", "medium", "low"}),
    "print": bool,
    "remove_print": bool,
    "guards": list,
    "path": list,
    "engines": list,
    "why": str,
}
_SITE_SINCE_0_1: dict[str, Kind] = {
    "messages": list,
    "constant_line": int,
    "steps": list,
    "dispute": str,
    "foreign": list,
}
_PATH_STEP: dict[str, Kind] = {
    "file": str,
    "line": int,
    "kind": frozenset({"entry", "branch", "call", "errno", "message", "return"}),
    "text": str,
}
_FOREIGN: dict[str, Kind] = {
    "callee": str,
    "status": frozenset({"followed", "partial", "not-followed"}),
    "why": str,
    "errnos": list,
}
_LEAK: dict[str, Kind] = {
    "errno": str,
    "file": str,
    "line": int,
    "function": str,
    "guard": (dict, type(None)),
    "chain": list,
}
_MESSAGE: dict[str, Kind] = {
    "call": str,
    "level": frozenset({"error", "warning", "info", "debug"}),
    "line": int,
}
_GUARD: dict[str, Kind] = {"text": str, "line": int, "operands": list}
_OPERAND: dict[str, Kind] = {"text": str, "origins": list}
_STEP: dict[str, Kind] = {"function": str, "file": str, "line": int}
_FINDING: dict[str, Kind] = {
    "id": str,
    "rule": frozenset(RULES),
    "severity": frozenset({"error", "warning", "note"}),
    "site": str,
    "message": str,
    "rewrite": _TEXT,
    "baseline": frozenset({"new", "known"}),
}
_PLACE: dict[str, Kind] = {"file": str, "line": int, "function": str}
_LINE: dict[str, Kind] = {
    "file": str,
    "line": int,
    "function": str,
    "errno": str,
    "class": frozenset({"incompatible", "hard"}),
}
_DRIVER: dict[str, Kind] = {"driver": str, "files": list, "mixed": bool, "errnos": dict}


def _engine(name: str, value: Any) -> Engine:
    where = f"engines.{name}"
    check(name, frozenset({"coccinelle", "sparse", "clang"}), where)
    e = record(value, _ENGINE, where, optional={"arches": list})
    strings(e.get("arches", []), f"{where}.arches")
    return Engine(name, e["status"], e["why"] or "", e["version"] or "")


def _binding(value: Any, where: str) -> Binding:
    b = record(value, _BINDING, where, optional={"paths": str})
    strings(b["engines"], f"{where}.engines")
    return Binding(
        op=b["op"],
        ops=b["ops"] or "",
        callback=b["callback"] or "",
        file=b["file"],
        line=b["line"],
        status=b["status"],
        why=b["why"] or "",
        paths=b.get("paths", ""),
    )


def _operand(value: Any, where: str) -> Operand:
    o = record(value, _OPERAND, where)
    return Operand(o["text"], strings(o["origins"], f"{where}.origins"))


def _guard(value: Any, site_file: str, where: str) -> Guard:
    g = record(value, _GUARD, where, optional={"file": str})
    operands = tuple(_operand(o, f"{where}.operands[{i}]") for i, o in enumerate(g["operands"]))
    return Guard(g["text"], g.get("file", site_file), g["line"], operands)


def _step(value: Any, where: str) -> Step:
    s = record(value, _STEP, where)
    return Step(s["function"], s["file"], s["line"])


def _path_step(value: Any, where: str) -> PathStep:
    return PathStep(**record(value, _PATH_STEP, where))


def _message(value: Any, where: str) -> Message:
    m = record(value, _MESSAGE, where)
    return Message(m["call"], m["level"], m["line"])


def _leak(value: Any, where: str) -> Leak:
    e = record(value, _LEAK, where)
    return Leak(
        errno=e["errno"],
        file=e["file"],
        line=e["line"],
        function=e["function"],
        guard=_guard(e["guard"], e["file"], f"{where}.guard") if e["guard"] else None,
        chain=tuple(_step(s, f"{where}.chain[{i}]") for i, s in enumerate(e["chain"])),
    )


def _foreign(value: Any, where: str) -> Foreign:
    f = record(value, _FOREIGN, where)
    leaks = tuple(_leak(e, f"{where}.errnos[{i}]") for i, e in enumerate(f["errnos"]))
    return Foreign(f["callee"], f["status"], f["why"], leaks)


def _site(value: Any, where: str) -> Site:
    s = record(value, _SITE, where, optional=_SITE_SINCE_0_1)
    for key in ("callbacks", "expected", "engines"):
        strings(s[key], f"{where}.{key}")
    return Site(
        id=s["id"],
        file=s["file"],
        line=s["line"],
        column=s["column"],
        function=s["function"],
        op=s["op"],
        callbacks=tuple(s["callbacks"]),
        driver=s["driver"],
        errno=s["errno"],
        class_=s["class"],
        expected=tuple(s["expected"]),
        verdict=s["verdict"],
        confidence=s["confidence"],
        remove_print=s["remove_print"],
        messages=tuple(
            _message(m, f"{where}.messages[{i}]") for i, m in enumerate(s.get("messages", ()))
        ),
        constant_line=s.get("constant_line", 0),
        guards=tuple(
            _guard(g, s["file"], f"{where}.guards[{i}]") for i, g in enumerate(s["guards"])
        ),
        path=tuple(_step(p, f"{where}.path[{i}]") for i, p in enumerate(s["path"])),
        engines=tuple(s["engines"]),
        why=s["why"],
        foreign=tuple(
            _foreign(f, f"{where}.foreign[{i}]") for i, f in enumerate(s.get("foreign", ()))
        ),
        steps=tuple(_path_step(p, f"{where}.steps[{i}]") for i, p in enumerate(s.get("steps", ()))),
        dispute=s.get("dispute", ""),
    )


def _driver(value: Any, where: str) -> Driver:
    d = record(value, _DRIVER, where)
    for class_, errnos in d["errnos"].items():
        check(class_, CLASSES, f"{where}.errnos")
        for count in check(errnos, dict, f"{where}.errnos.{class_}").values():
            check(count, int, f"{where}.errnos.{class_}")
    return Driver(d["driver"], strings(d["files"], f"{where}.files"), d["mixed"], d["errnos"])


def _line(value: Any, where: str) -> Line:
    n = record(value, _LINE, where)
    return Line(n["file"], n["line"], n["function"], n["errno"], n["class"])


def _side(f: dict[str, Any], where: str) -> Finding:
    for key in _PLACE:
        if key not in f:
            raise Malformed(f'{where}: "{key}" is missing')
    return Finding(
        id=f["id"],
        rule=f["rule"],
        severity=f["severity"],
        driver="",
        file=f["file"],
        line=f["line"],
        column=1,
        message=f["message"],
        rewrite=f["rewrite"],
        site=None,
        function=f["function"],
    )


def _mixed(
    f: dict[str, Any], first: dict[str, Site], drivers: dict[str, Driver], where: str
) -> Finding:
    """At its own place; without one, as in an audit.json of before, at the driver's first misfit."""
    place = first.get(f["site"])
    if f["site"] not in drivers or place is None:
        raise Malformed(f'{where}.site: no driver "{f["site"]}" with a site')
    return Finding(
        id=f["id"],
        rule=f["rule"],
        severity=f["severity"],
        driver=f["site"],
        file=f.get("file", place.file),
        line=f.get("line", place.line),
        column=1 if "line" in f else place.column,
        message=f["message"],
        rewrite=f["rewrite"],
        site=None,
        function=f.get("function", ""),
        lines=tuple(_line(n, f"{where}.lines[{i}]") for i, n in enumerate(f.get("lines", ()))),
    )


def _finding(
    value: Any,
    sites: dict[str, Site],
    first: dict[str, Site],
    drivers: dict[str, Driver],
    where: str,
) -> Finding:
    f = record(value, _FINDING, where, optional={**_PLACE, "callers": list, "lines": list})
    if f.get("rule") in sides.RULES:
        return _side(f, where)
    if f["rule"] == STATE:
        if f["site"] not in drivers:
            raise Malformed(f'{where}.site: no driver "{f["site"]}"')
        return replace(_side(f, where), driver=f["site"])
    if f["rule"] == MIXED:
        return _mixed(f, first, drivers, where)
    site = sites.get(f["site"])
    if site is None:
        raise Malformed(f'{where}.site: no site "{f["site"]}"')
    return Finding(
        id=f["id"],
        rule=f["rule"],
        severity=f["severity"],
        driver=site.driver,
        file=site.file,
        line=site.line,
        column=site.column,
        message=f["message"],
        rewrite=f["rewrite"],
        site=site,
        function=site.function,
        callers=sides.parse_concerned(f.get("callers"), f"{where}.callers"),
    )


def _unique(names: Iterable[str], where: str) -> None:
    seen = set()
    for name in names:
        if name in seen:
            raise Malformed(f'{where}: "{name}" occurs twice')
        seen.add(name)


def parse_audit(value: Any) -> Audit:
    if type(value) is dict and value.get("schema", SCHEMA) != SCHEMA:
        raise Malformed(f'schema: not "{SCHEMA}"')
    a = record(value, _AUDIT, "audit", optional=sides.KEYS)
    tool = record(a["tool"], _TOOL, "tool")
    kernel = Kernel(**record(a["kernel"], _KERNEL, "kernel"))
    engines = tuple(_engine(name, e) for name, e in sorted(a["engines"].items()))
    bindings = tuple(_binding(b, f"coverage[{i}]") for i, b in enumerate(a["coverage"]))
    sites = sorted(
        (_site(s, f"sites[{i}]") for i, s in enumerate(a["sites"])),
        key=lambda s: (s.file, s.line, s.column, s.id),
    )
    drivers = tuple(_driver(d, f"drivers[{i}]") for i, d in enumerate(a["drivers"]))
    _unique((s.id for s in sites), "sites")
    _unique((d.name for d in drivers), "drivers")

    by_id = {s.id: s for s in sites}
    by_name = {d.name: d for d in drivers}
    first = {s.driver: s for s in reversed(sites)}
    first |= {s.driver: s for s in reversed(sites) if s.class_ == "incompatible"}
    for name in first:
        if name not in by_name:
            raise Malformed(f'drivers: "{name}" is missing')
    findings = sorted(
        (_finding(f, by_id, first, by_name, f"findings[{i}]") for i, f in enumerate(a["findings"])),
        key=lambda f: (f.file, f.line, f.column, f.rule, f.id),
    )
    _unique((f.id for f in findings), "findings")
    said = {f.driver for f in findings if f.rule == MIXED}
    for driver in drivers:
        if driver.mixed != (driver.name in said):
            raise Malformed(f'drivers: "{driver.name}" and the {MIXED} findings disagree')
    return Audit(
        *(tool["version"], kernel, engines, bindings, tuple(sites), tuple(findings), drivers),
        sides=sides.parse_sides(a),
    )


def read_audit(path: str) -> Audit:
    value = read_json(path, MEND)
    try:
        return parse_audit(value)
    except Malformed as error:
        raise Complaint(f"{path}: {error}: {MEND}") from None
