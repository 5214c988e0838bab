# SPDX-License-Identifier: GPL-2.0-only
"""Choose: in, an audit.json and its tree; out, for each `change` the steps of its edit, or why not.

A step is one run of a semantic patch at one place. Nothing here changes text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from report.patches.calls import Calls, read_source
from report.patches.source import Source
from report.rules import UNTESTED

LOGGED = ("error", "warning")
_OFFERS = ("return its errno at once", "undo what was done before it, then return its errno")
_PRINT = re.compile(r"^(\w+?)_(err|warn|warning|crit|alert|emerg|notice|info)((?:_\w+)?)$")


@dataclass(frozen=True, slots=True)
class Step:
    """Semantic patch, place in the file as audited, what it is told; `or_else` when nothing matched."""

    patch: str
    offset: int
    defines: tuple[tuple[str, str], ...]
    or_else: Step | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A finding of verdict `change`, with what a changelog says of it."""

    id: str
    rule: str
    driver: str
    file: str
    function: str
    line: int
    errno: str
    wanted: str
    silenced: bool  # its messages go
    guard: str
    callee: str
    confidence: str
    steps: tuple[Step, ...]
    class_: str = ""
    expected: tuple[str, ...] = ()  # what may be returned
    users: tuple[str, ...] = ()  # "f() (.op)": others for which the function is called
    typed: bool = False  # the check refuses every domain of a type
    refusal: str = ""
    offers: tuple[str, ...] = ()  # the edits among which a person must choose


class Refused(Exception):
    def __init__(self, reason: str, *offers: str) -> None:
        super().__init__(reason)
        self.offers = offers


def debug_name(call: str) -> str:
    """dev_err_ratelimited -> dev_dbg_ratelimited, pr_err -> pr_debug; "" where there is none."""
    match = _PRINT.match(call)
    if call == "dev_err_probe":
        return "dev_dbg"
    if not match:
        return ""
    return f"{match[1]}_{'debug' if match[1] == 'pr' else 'dbg'}{match[3]}"


def _variable(source: Source, offset: int) -> tuple[str, bool]:
    """An int that may take a result here, and whether it must be declared first.

    One that is there is taken only when nothing was stored in it before and no loop can bring
    an earlier value back: storing a 0 then changes no exit.
    """
    start, end = source.function(offset)
    body, before = source.text[start:end], source.text[start:offset]
    if not re.search(r"\b(for|while|do)\b|\bfor_each_|_for_each", before):
        for declaration in re.finditer(r"^[ \t]+int[ \t]+([^;(]+);", before, re.MULTILINE):
            for name in re.split(r"\s*,\s*", declaration[1]):
                if re.fullmatch(r"[a-z]\w*", name) and not re.search(
                    rf"&{name}\b|\b{name}\s*[-+|&]?=[^=]", body[: offset - start]
                ):
                    return name, False
    whole = source.text[slice(*source.definition(offset))]
    for name in ("ret", "err", "rc", "error"):
        if not re.search(rf"\b{name}\b", whole):
            return name, True
    raise Refused("no int variable is free here, and ret, err, rc and error are taken")


def _reach(function: str, sites: list[Any]) -> set[str]:
    """The functions whose failures this one hands on, as far as the audit went."""
    below: dict[str, set[str]] = {}
    for site in sites:
        names = [step["function"] for step in site["path"]]
        for caller, callee in zip(names, names[1:]):
            below.setdefault(caller, set()).add(callee)
    found, left = {function}, [function]
    while left:
        for callee in below.get(left.pop(), set()) - found:
            found.add(callee)
            left.append(callee)
    return found


def _also_hard(site: dict[str, Any], source: Source, sites: list[Any], soft: str) -> Any:
    """A failure, no misfit, of the helper whose every failure this message reports; or None."""
    kind, _, callee = site["errno"].partition(":")
    if kind != "propagated":
        return None
    lines = [m["line"] for m in site["messages"]]
    branch = "\n".join(source.line_text(n) for n in range(site["line"], max(lines) + 1))
    if re.search(rf"==\s*-\s*{soft}\b", branch):  # it asks which failure it is
        return None
    reach = _reach(callee, [s for s in sites if s["driver"] == site["driver"]])
    for other in sites:
        if (
            other["driver"] == site["driver"]
            and other["function"] in reach
            and other["class"] not in ("incompatible", "silent-success")
            and (other["errno"].partition(":")[2] or callee) not in reach - {callee}
        ):
            return other
    return None


def _message_steps(
    site: dict[str, Any], source: Source, sites: list[Any], debug: bool, soft: str
) -> list[Step]:
    hard = _also_hard(site, source, sites, soft)
    if hard:
        call = next(m["call"] for m in site["messages"] if m["level"] in LOGGED)
        line = next(m["line"] for m in site["messages"] if m["level"] in LOGGED)
        shown = hard["errno"].partition(":")
        what = f"the errno of {shown[2]}()" if shown[2] else f"-{shown[0]}"
        raise Refused(
            f"{call}() in line {line} also reports what is no misfit: {hard['function']}() returns "
            f"{what} (line {hard['line']})",
            f"remove {call}() for both",
            f"move {call}() to where only the other failure passes",
        )
    steps = []
    for m in site["messages"]:
        if m["level"] not in LOGGED:
            continue
        call, line = m["call"], m["line"]
        places = source.words(call, line)
        if len(places) != 1:
            raise Refused(f"{call}() occurs {len(places)} times in line {line}")
        start, end = source.statement(places[0])
        low, high = source.offset(line, 1), source.text.find("\n", end)
        kept = call == "dev_err_probe" and re.search(r"(return|=)\s*$", source.text[low:start])
        if not kept and any(t.kind == "comment" and low <= t.start < high for t in source.tokens):
            raise Refused(
                f"a comment stands beside {call}() in line {line}: it may belong to either"
            )
        if any(t.kind == "directive" and start <= t.start < end for t in source.tokens):
            raise Refused(f"{call}() in line {line} holds a directive")
        for other in sites:
            if (
                other["file"] == site["file"]
                and other["class"] not in ("incompatible", "propagated")
                and any(o["line"] == line and o["call"] == call for o in other["messages"])
            ):
                raise Refused(
                    f"{call}() in line {line} also reports another failure (line {other['line']})",
                    f"remove {call}() for both",
                    f"move {call}() to where only the other failure passes",
                )
        if debug:
            if not debug_name(call):
                raise Refused(f"{call}() has no debug form")
            steps.append(Step("debug", places[0], (("OLD", call), ("NEW", debug_name(call)))))
        else:
            steps.append(Step("message", places[0], (("CALL", call),)))
    return steps


def _preset_steps(
    site: dict[str, Any], wanted: str, source: Source, sites: list[Any]
) -> list[Step]:
    """The errno stands at a preset that one or several exits return."""
    line, old = site["constant_line"], site["errno"]
    places = source.words(old, line)
    if len(places) != 1:
        raise Refused(f"the preset -{old} is not found once in line {line}")
    others = [
        s
        for s in sites
        if s["file"] == site["file"] and s["constant_line"] == line and s["errno"] == old
    ]
    if all(s["verdict"] == "change" and s["expected"][0] == wanted for s in others):
        return [Step("errno", places[0], (("OLD", old), ("NEW", wanted)))]
    held = re.search(rf"(\w+)\s*=\s*-\s*{old}\b", source.line_text(line))
    exits = [o for word in ("goto", "return") for o in source.words(word, site["line"])]
    if not held or len(exits) != 1:
        raise Refused(
            f"the exit in line {site['line']} returns the preset of line {line} in no plain way"
        )
    return [Step("preset", exits[0], (("VAR", held[1]), ("NEW", wanted)))]


def _propagate_steps(site: dict[str, Any], callee: str, source: Source, offset: int) -> list[Step]:
    defines = (("OLD", site["errno"]), ("CALLEE", callee), ("FUNCTION", site["function"]))
    if not callee:
        raise Refused("the audit does not name the function whose errno is to be returned")
    try:
        name, declare = _variable(source, offset)
        hold = Step("hold", offset, defines + (("VAR", name), ("declare", "y" if declare else "")))
    except Refused:
        hold = None
    if site["class"] == "masked":
        return [Step("propagate", offset, defines, hold)]
    if hold is None:
        raise Refused("no int variable is free to take the result")
    return [replace(hold, patch="result")]


def _errno_steps(site: dict[str, Any], callee: str, source: Source, sites: list[Any]) -> list[Step]:
    wanted, old = site["expected"][0], site["errno"]
    if wanted in (old, "keep"):
        return []
    offset = source.offset(site["line"], site["column"])
    if wanted == "propagate":
        return _propagate_steps(site, callee, source, offset)
    if wanted == "0" or old == "0" or old.startswith("propagated:"):
        raise Refused(f"no rewrite turns {old} into {wanted}")
    if site["constant_line"] not in (0, site["line"]):
        return _preset_steps(site, wanted, source, sites)
    if old == "EPERM" and not source.words(old, site["line"]):  # a raw -1
        ones = source.words("1", site["line"])
        offset = ones[0] if len(ones) == 1 else -1
    if offset < 0 or not re.match(rf"({old}|1)\b", source.text[offset:]):
        raise Refused(f"no {old} stands at line {site['line']}, column {site['column']}")
    return [Step("errno", offset, (("OLD", old), ("NEW", wanted)))]


def _compared(tree: str, site: dict[str, Any], sources: dict[str, Source]) -> None:
    """A caller in the driver that looks for the old errno would no longer find it."""
    old, function = site["errno"], site["function"]
    callers = {step["function"] for step in site["path"]} - {function}
    for path in sorted({step["file"] for step in site["path"]} | {site["file"]}):
        source = sources.setdefault(path, read_source(tree, path))
        for match in re.finditer(rf"(?:[=!]=\s*-\s*|\bcase\s+-\s*){old}\b", source.text):
            text = source.text[slice(*source.definition(match.start()))]
            names = set(re.findall(r"\b(\w+)\s*\(", text))
            if function not in names and not callers & set(re.findall(r"\w+", text.split("(")[0])):
                continue
            line = source.line(match.start())
            raise Refused(
                f"{path}:{line} compares with -{old}: change both or neither",
                f"return -{site['expected'][0]} and compare with it in line {line}",
                f"keep -{old} in {site['function']}() and convert it in its caller",
            )


def _steps(
    tree: str,
    site: dict[str, Any],
    callee: str,
    sites: list[Any],
    sources: dict[str, Source],
    debug: bool,
    soft: str,
) -> list[Step]:
    source = sources.setdefault(site["file"], read_source(tree, site["file"]))
    if "\r" in source.text:
        raise Refused("the file has CRLF line ends, which mail does not keep: convert it first")
    if "\0" in source.text:
        raise Refused("the file holds a NUL byte: git takes it for a binary one")
    offset = source.offset(site["line"], site["column"])
    if source.in_directive(offset):
        raise Refused("it stands in a macro definition, which serves other places too")
    if source.function(offset) == (0, 0):
        raise Refused("the braces around it do not pair (#ifdef arms?)")
    steps = _errno_steps(site, callee, source, sites)
    if steps and len(site["path"]) > 1 and not site["errno"].startswith(("0", "propagated:")):
        _compared(tree, site, sources)
    if site["remove_print"]:
        steps += _message_steps(site, source, sites, debug, soft)
    if not steps:
        raise Refused("nothing to change")
    return steps


_TYPE = re.compile(r"(->|\.)\s*type\b|\bIOMMU_DOMAIN_\w+")


def _typed(site: dict[str, Any], wanted: str, soft: str) -> bool:
    """Does the check ask for the kind of domain alone, however this one is configured?"""
    guard = site["guards"][0]["text"] if site["guards"] else ""
    lacking = site["why"].startswith("a capability that only this kind of domain needs")
    return wanted == soft and (lacking or bool(_TYPE.search(guard)))


def choose(
    audit: dict[str, Any],
    tree: str,
    debug: bool,
    dirty: Iterable[str],
    files: Iterable[str] = (),
    soft: str = "EINVAL",
) -> list[Target]:
    """Every finding of severity error that is about a site, in the order of the source. `files`: in
    which the functions' other users are looked for."""
    by_id = {s["id"]: s for s in audit["sites"]}
    sources: dict[str, Source] = {}
    uncommitted = set(dirty)
    attach = {(b["file"], b["callback"]) for b in audit["coverage"]}
    calls = Calls(tree, frozenset(files), frozenset(name for _, name in attach if name))
    targets = []
    for finding in audit["findings"]:
        site = by_id.get(finding["site"])
        if site is None or finding["severity"] != "error" or finding["rule"] == UNTESTED:
            continue
        said = re.search(r"return the errno of (\w+)", finding["rewrite"] or "")
        callee = said[1] if said else ""
        target = Target(
            id=finding["id"],
            rule=finding["rule"],
            driver=site["driver"],
            file=site["file"],
            function=site["function"],
            line=site["line"],
            errno=site["errno"],
            wanted=site["expected"][0],
            silenced=site["remove_print"],
            guard=site["guards"][0]["text"] if site["guards"] else "",
            callee=callee,
            confidence=site["confidence"],
            steps=(),
            class_=site["class"],
            expected=tuple(site["expected"]),
            users=calls.users(site["file"], site["function"]),
            typed=_typed(site, site["expected"][0], soft),
            offers=_OFFERS if site["class"] == "silent-success" else (),
        )
        try:
            if site["file"] in uncommitted:
                raise Refused("the file has uncommitted changes: commit or stash them first")
            steps = _steps(tree, site, callee, audit["sites"], sources, debug, soft)
            targets.append(replace(target, steps=tuple(steps)))
        except Refused as refused:
            targets.append(replace(target, refusal=str(refused), offers=refused.offers))
    return targets
