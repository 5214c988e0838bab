# SPDX-License-Identifier: GPL-2.0-only
"""Both sides of the contract: in, entry_points, callers and contract_text of an audit.json; out, frozen records, and the lines that say what each caller does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from report.file import Kind, check, record, strings

RULES = frozenset(
    {"entry-errno", "caller-contract", "contract-text"}
)  # their findings have no site

# Most consequential first: a call is what the first of its ends is.
HANDLINGS = {
    "search-einval-only": "tries another domain after the soft errno, stops after any other",
    "search-any-error": "tries another domain whatever the errno",
    "logs-and-tries-on": "logs an error, then tries another domain",
    "falls-back": "goes on without the domain",
    "replaces": "returns something else instead",
    "ignores": "does not look at the result",
    "passes-on": "returns the errno to its own caller",
    "unknown": "could not be followed",
}
OTHER = "other"
SAID = {
    "tries-next": "next domain",
    "goes-on": "goes on",
    "ignored": "ignored",
    "passed-on": "returned",
    "unknown": "unknown",
}


@dataclass(frozen=True, slots=True)
class End:
    """Where a failure ends: the last function that decides what becomes of it."""

    handling: str
    function: str
    file: str
    line: int
    on: dict[str, str]  # errno, or OTHER -> what becomes of it
    path: tuple[str, ...]  # functions, the one with the call first
    logs: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """One use of an entry point."""

    file: str
    line: int
    function: str
    entry_point: str
    handling: str
    on: dict[str, str]
    ends: tuple[End, ...]
    logs: bool
    why: str  # unknown: the reason

    @property
    def deciding(self) -> tuple[End, ...]:
        """The ends that give it its handling."""
        return tuple(end for end in self.ends if end.handling == self.handling)

    @property
    def decides(self) -> tuple[str, str, int]:
        """Function, file and line of the first of them."""
        for end in self.deciding:
            return end.function, end.file, end.line
        return self.function, self.file, self.line


@dataclass(frozen=True, slots=True)
class Handled:
    """A place of the core where a driver's errno is passed on, changed or dropped."""

    file: str
    function: str
    line: int
    callee: str
    what: str
    logged: bool


@dataclass(frozen=True, slots=True)
class Constant:
    file: str
    line: int
    function: str
    errno: str
    class_: str
    guard: str


@dataclass(frozen=True, slots=True)
class EntryPoint:
    name: str
    file: str
    line: int
    operations: tuple[str, ...]
    status: str
    why: str
    constants: tuple[Constant, ...]
    handled: tuple[Handled, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """What the comment of an operation or entry point says of errnos."""

    what: str
    name: str
    file: str
    line: int
    errnos: tuple[str, ...]
    states: bool
    why: str


@dataclass(frozen=True, slots=True)
class Concerned:
    """A caller that behaves differently after a finding's edit."""

    file: str
    line: int
    function: str
    today: str
    then: str


@dataclass(frozen=True, slots=True)
class Sides:
    entry_points: tuple[EntryPoint, ...] = ()
    callers: tuple[Caller, ...] = ()
    texts: tuple[Text, ...] = ()
    no_core: str = ""


KEYS: dict[str, Kind] = {
    "entry_points": list,
    "callers": list,
    "contract_text": list,
    "no_core": str,
}
_STEP: dict[str, Kind] = {"function": str, "file": str, "line": int}
_END: dict[str, Kind] = {
    "class": frozenset(HANDLINGS),
    "function": str,
    "file": str,
    "line": int,
    "on": dict,
    "path": list,
    "logs": bool,
    "why": str,
}
_CALLER: dict[str, Kind] = {
    "file": str,
    "line": int,
    "function": str,
    "entry_point": str,
    "ordinal": int,
    "class": frozenset(HANDLINGS),
    "on": dict,
    "ends": list,
    "logs": bool,
    "why": str,
}
_HANDLED: dict[str, Kind] = {
    "file": str,
    "function": str,
    "line": int,
    "callee": str,
    "what": frozenset({"passed-on", "changed", "dropped"}),
    "logged": bool,
    "on": dict,
}
_CONSTANT: dict[str, Kind] = {
    "file": str,
    "line": int,
    "function": str,
    "errno": str,
    "class": str,
    "guard": str,
    "why": str,
}
_ENTRY_POINT: dict[str, Kind] = {
    "name": str,
    "file": str,
    "line": int,
    "ops": list,
    "status": frozenset({"analysed", "partial", "not-analysed"}),
    "why": str,
    "sites": list,
    "handled": list,
}
_TEXT: dict[str, Kind] = {
    "what": frozenset({"operation", "entry-point"}),
    "name": str,
    "file": str,
    "line": int,
    "errnos": list,
    "states": bool,
    "why": str,
}
_CONCERNED: dict[str, Kind] = {
    "file": str,
    "line": int,
    "function": str,
    "today": str,
    "then": str,
}


def _on(value: dict[str, Any], where: str) -> dict[str, str]:
    for errno, what in value.items():
        check(what, str, f"{where}.{errno}")
    return dict(value)


def _end(value: Any, where: str) -> End:
    e = record(value, _END, where, optional={"never": list})
    steps = [record(s, _STEP, f"{where}.path[{i}]") for i, s in enumerate(e["path"])]
    return End(
        handling=e["class"],
        function=e["function"],
        file=e["file"],
        line=e["line"],
        on=_on(e["on"], f"{where}.on"),
        path=tuple(s["function"] for s in steps),
        logs=e["logs"],
    )


def _caller(value: Any, where: str) -> Caller:
    c = record(value, _CALLER, where)
    return Caller(
        file=c["file"],
        line=c["line"],
        function=c["function"],
        entry_point=c["entry_point"],
        handling=c["class"],
        on=_on(c["on"], f"{where}.on"),
        ends=tuple(_end(e, f"{where}.ends[{i}]") for i, e in enumerate(c["ends"])),
        logs=c["logs"],
        why=c["why"],
    )


def _handled(value: Any, where: str) -> Handled:
    h = record(value, _HANDLED, where)
    _on(h.pop("on"), f"{where}.on")
    return Handled(**h)


def _constant(value: Any, where: str) -> Constant:
    c = record(value, _CONSTANT, where)
    return Constant(c["file"], c["line"], c["function"], c["errno"], c["class"], c["guard"])


def _entry_point(value: Any, where: str) -> EntryPoint:
    p = record(value, _ENTRY_POINT, where)
    return EntryPoint(
        name=p["name"],
        file=p["file"],
        line=p["line"],
        operations=strings(p["ops"], f"{where}.ops"),
        status=p["status"],
        why=p["why"],
        constants=tuple(_constant(c, f"{where}.sites[{i}]") for i, c in enumerate(p["sites"])),
        handled=tuple(_handled(h, f"{where}.handled[{i}]") for i, h in enumerate(p["handled"])),
    )


def _text(value: Any, where: str) -> Text:
    t = record(value, _TEXT, where)
    errnos = strings(t["errnos"], f"{where}.errnos")
    return Text(t["what"], t["name"], t["file"], t["line"], errnos, t["states"], t["why"])


def parse_concerned(value: Any, where: str) -> tuple[Concerned, ...]:
    return tuple(
        Concerned(**record(c, _CONCERNED, f"{where}[{i}]")) for i, c in enumerate(value or ())
    )


def parse_sides(audit: dict[str, Any]) -> Sides:
    """Of an audit.json that may have none of it."""
    parts = {key: audit.get(key) or [] for key in KEYS if key != "no_core"}
    return Sides(
        tuple(_entry_point(p, f"entry_points[{i}]") for i, p in enumerate(parts["entry_points"])),
        tuple(_caller(c, f"callers[{i}]") for i, c in enumerate(parts["callers"])),
        tuple(_text(t, f"contract_text[{i}]") for i, t in enumerate(parts["contract_text"])),
        audit.get("no_core", ""),
    )


# ------------------------------------------------------------------------ in words


def said(what: str) -> str:
    kind, _, by = what.partition(":")
    return f"{by} instead" if kind == "replaced" else SAID.get(kind, kind)


@dataclass(frozen=True, slots=True)
class Row:
    """Calls that end in one place, in one way."""

    handling: str
    function: str
    file: str
    line: int
    entry_points: tuple[str, ...]
    calls: int
    more: int  # places that do the same with it
    words: str  # what becomes of each errno
    why: str


def _words(on: dict[str, str]) -> str:
    """The common answer last: "-EINVAL next domain, others returned"."""
    if not on:
        return ""
    usual = on.get(OTHER) or Counter(on.values()).most_common(1)[0][0]
    special: dict[str, list[str]] = {}
    for errno, what in sorted(on.items()):
        if what != usual and errno != OTHER:
            special.setdefault(what, []).append(f"-{errno}")
    parts = [f"{' '.join(errnos)}: {said(what)}" for what, errnos in sorted(special.items())]
    return ", ".join([*parts, f"{'others' if parts else 'any errno'}: {said(usual)}"])


def rows(sides: Sides) -> Iterator[Row]:
    """In the order of HANDLINGS, then by place."""
    groups: dict[tuple[str, tuple[str, str, int]], list[Caller]] = {}
    for caller in sides.callers:
        groups.setdefault((caller.handling, caller.decides), []).append(caller)
    order = list(HANDLINGS)
    for (handling, (function, file, line)), calls in sorted(
        groups.items(), key=lambda g: (order.index(g[0][0]), g[0][1][1], g[0][1][2])
    ):
        yield Row(
            handling=handling,
            function=function,
            file=file,
            line=line,
            entry_points=tuple(sorted({c.entry_point for c in calls})),
            calls=len(calls),
            more=max(len(c.deciding) for c in calls) - 1 if calls[0].ends else 0,
            words=_words(calls[0].on) + "; logged" * any(c.logs for c in calls),
            why=calls[0].why if handling == "unknown" else "",
        )
