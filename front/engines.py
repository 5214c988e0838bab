# SPDX-License-Identifier: GPL-2.0-only
"""The engines: in, what the steps have stated; out, sites-ENGINE.jsonl of each that can run, what
engines.json says of them, and audit.json, judged from all."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import asdict, dataclass, field
from typing import Any

from front import process
from front.options import ENGINES
from front.place import tool
from front.steps import API, Run, step, timed, write
from report.file import Complaint, take
from report.text import escape

PREPARE = tool("checkers", "read", "prepare.sh")
ANALYSE = tool("checkers", "read", "analyse.sh")
CHECK = tool("build", "attach-check")
PLUGIN = tool("build", "attach-path.so")
CLANG = [sys.executable, "-IB", tool("checkers", "clang", "analyse.py")]
SANDBOX = [sys.executable, "-ISB", tool("report", "sandbox.py")]
LARGEST_SITES = 1 << 30  # bytes of what an engine states
SPARSE_VERSION = "0.6.4"


class CannotRun(Exception):
    """Why an engine cannot run here."""


@dataclass(frozen=True, slots=True)
class Engine:
    status: str  # ran, skipped, failed
    why: str = ""
    version: str | None = None
    arches: tuple[str, ...] = ()


@dataclass(slots=True)
class Stated:
    """What the engines have stated so far."""

    engines: dict[str, Engine] = field(default_factory=dict)
    sites: list[str] = field(default_factory=list)
    foreign: str = ""


def _json(engines: dict[str, Engine]) -> str:
    """Seconds are in timing.json: audit.json is the same for the same input."""
    shown: dict[str, Any] = {}
    for name in ENGINES:
        engine = asdict(engines[name]) | {"seconds": None}
        if not engines[name].arches:
            del engine["arches"]
        engine["why"] = "".join(c for c in engines[name].why if c >= " ")
        shown[name] = engine
    return json.dumps(shown, indent=1) + "\n"


def _said(run: Run) -> str:
    """What the engine that has just run left in the file that --why names, each thing once."""
    try:
        with open(run.at("why"), encoding="utf-8", errors="replace") as file:
            return ";".join(dict.fromkeys(file.read().splitlines()))
    except OSError:
        return ""


def _wanted(run: Run, asked: tuple[str, ...], name: str) -> None:
    if asked and name not in asked:
        raise CannotRun(f"not asked for: ENGINES={' '.join(asked)}")


def _part(run: Run) -> bool:
    """Is it a part of a kernel tree, which cannot be configured? sparse reads it as it stands, if asked."""
    return not run.wish.build and not os.path.isfile(os.path.join(run.place.tree, "Kconfig"))


def _preparable(run: Run, asked: tuple[str, ...]) -> None:
    """Can the tree be configured? That the machine lacks something is said aloud, once."""
    command = [PREPARE, "--tree", run.place.tree, "--build", run.wish.build, "--probe"]
    status, why = process.asked(command)
    why = why.removeprefix("prepare: ").removeprefix(f"{run.place.tree}: ")
    if status == 3 and not asked and not run.told:
        line = f"by coccinelle alone: {why}"
        process.say(line)
        run.told.append(f"attach-audit: {escape(line)}")
    if status:
        raise CannotRun(why)


def _flags(run: Run) -> list[str]:
    folder = run.at("flags")
    return (
        sorted(os.path.join(folder, n) for n in os.listdir(folder)) if os.path.isdir(folder) else []
    )


def _repeated(option: str, values: list[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _common(run: Run) -> list[str]:
    place = run.place
    words = ["--tree", place.tree, "--api", API, "--contract", run.at("contract.json")]
    return [*words, "--cache", place.cache, "--jobs", run.jobs]


def _follow(run: Run, stated: Stated, foreign: str) -> int:
    """What the functions of other subsystems hand on to these sites, by their own sources.

    In the sandbox it may write a part of the cache that is its own, and a folder of which one plain
    file is taken when it is done.
    """
    work, cache = os.path.realpath(run.work), os.path.realpath(run.place.cache)
    out, own = os.path.join(work, "followed"), os.path.join(cache, "followed")
    built = os.path.realpath(run.wish.build) if run.wish.build else os.path.join(cache, "prepared")
    for folder in (out, own, built):
        os.makedirs(folder, exist_ok=True)
    command = [CHECK, "--follow", "--tree", run.place.tree, "--api", API, "--cache", own]
    command += ["--jobs", run.jobs, "--out", os.path.join(out, "foreign.jsonl")]
    command += _repeated("--sites", [os.path.realpath(s) for s in stated.sites])
    command += _repeated("--flags", [os.path.realpath(f) for f in _flags(run)])
    see = [os.path.dirname(CHECK), API, work, built]
    inside = [*SANDBOX, "--tree", run.place.tree, *_repeated("--see", see)]
    (status,) = process.attend([*inside, *_repeated("--write", [out, own]), "--", *command])
    if not status:
        try:
            with open(foreign, "wb") as file:
                file.write(take(os.path.join(out, "foreign.jsonl"), LARGEST_SITES))
        except OSError:
            return 1
    return status


def _sparse(run: Run, stated: Stated) -> None:
    sites, why = run.at("sites-sparse.jsonl"), ["--why", run.at("why")]
    command = [ANALYSE, *_common(run), "--bindings", run.at("bindings.jsonl"), "--out", sites]
    command += ["--build", run.wish.build, "--drivers", run.at("sites-coccinelle.jsonl"), *why]
    with timed(run, "sparse"), open(run.at("arches"), "wb") as arches:
        (status,) = process.attend([*command, "--flags", run.at("flags")], stdout=arches)
    if status:
        stated.engines["sparse"] = Engine("failed", _said(run))
        return
    with open(run.at("arches"), encoding="utf-8") as file:
        used = tuple(file.read().split())
    stated.engines["sparse"] = Engine("ran", _said(run), SPARSE_VERSION, used)
    stated.sites.append(sites)
    foreign = run.at("foreign.jsonl")
    with timed(run, "follow"):
        status = _follow(run, stated, foreign)
    if status:
        why_not = "callees in other subsystems could not be followed: see above"
        stated.engines["sparse"] = Engine("failed", why_not)
    else:
        stated.foreign = foreign


def _clang(run: Run, stated: Stated, version: str) -> None:
    """What the others found worth a path is walked; then all is judged again."""
    audit = ""
    if stated.sites:
        stated.engines["clang"] = Engine("skipped")
        judge(run, stated, "disputes")
        audit = run.at("audit.json")
    sites = run.at("sites-clang.jsonl")
    command = [*CLANG, *_common(run), "--bindings", run.at("bindings.jsonl"), "--audit", audit]
    command += ["--build", run.wish.build, "--why", run.at("why"), "--out", sites]
    command += ["--prepared", run.at("flags")] if _flags(run) else []
    command += _repeated("--sites", stated.sites)
    command += ["--foreign", stated.foreign] if stated.foreign else []
    with timed(run, "clang"):
        (status,) = process.attend(command)
    if status:
        stated.engines["clang"] = Engine("failed", _said(run) or "see above")
    else:
        stated.engines["clang"] = Engine("ran", "", version)
        stated.sites.append(sites)


def _clang_version(run: Run) -> str:
    status, said = process.asked([*CLANG, "--tree", run.place.tree, "--probe"])
    if status:
        raise CannotRun(said.removeprefix("clang: "))
    return said


def _coccinelle_version() -> str | None:
    # not here: a .cocciconfig would be obeyed
    _, said = process.asked([os.environ.get("SPATCH") or "spatch", "--version"], cwd="/")
    found = re.match(r"spatch version (\S*)", said)
    return found[1] if found else None


def state(run: Run, asked: tuple[str, ...]) -> Stated:
    """Runs sparse and clang, or says why not; an engine that was asked for by name must run."""
    stated = Stated()
    os.environ["PYTHON"] = sys.executable  # for the scripts, which start the sandbox
    if not asked or "coccinelle" in asked:
        stated.engines["coccinelle"] = Engine("ran", "", _coccinelle_version())
        stated.sites.append(run.at("sites-coccinelle.jsonl"))
    else:
        stated.engines["coccinelle"] = Engine(
            "skipped", f"not asked for: ENGINES={' '.join(asked)}"
        )
    for name, built, mend in (("sparse", CHECK, "make sparse"), ("clang", PLUGIN, "make clang")):
        try:
            _wanted(run, asked, name)
            if not os.path.isfile(built):
                raise CannotRun(f"not built: {mend} in {tool()} builds it")
            version = _clang_version(run) if name == "clang" else ""
            if name == "sparse":
                ready = name in asked and _part(run)  # read as it stands
            else:
                ready = stated.engines["sparse"].status == "ran" and not _part(run)
            if not ready:
                _preparable(run, asked)
        except CannotRun as reason:
            if name in asked:
                raise Complaint(f"engine {name}: {reason}") from None
            stated.engines[name] = Engine("skipped", str(reason))
        else:
            _clang(run, stated, version) if name == "clang" else _sparse(run, stated)
        if name == "sparse" and run.wish.action == "prepare":
            return stated
    if not stated.sites:
        why = next(e.why for e in reversed(stated.engines.values()) if e.why)
        raise Complaint(f"no engine has stated anything: {why}")
    return stated


def judge(run: Run, stated: Stated, label: str = "") -> None:
    """Judges what the engines that are named have stated."""
    write(run, "engines.json", _json(stated.engines))
    at = run.at
    options: dict[str, str | list[str]] = {
        "tree": run.place.tree,
        "scan": at("scan.json"),
        "api": API,
        "contract": run.at("contract.json"),
        "engines": at("engines.json"),
        "sites": stated.sites,
        "foreign": [stated.foreign] if stated.foreign else [],
        "entries": at("entries.json"),
        "callers": at("callers.json"),
        "core-sites": at("sites-core.jsonl"),
        "bindings": at("bindings.jsonl"),
        "out": at("audit.json"),
    }
    step(run, "classify", options, label)
