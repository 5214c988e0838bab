# SPDX-License-Identifier: GPL-2.0-only
"""The steps of an audit: in, a place; out, in a work folder, the file of each step up to engine
coccinelle's sites and the callers. docs/architecture.md says what each file is."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from front import process
from front.place import Place, tool
from front.stamp import Stamp, stamps
from report.file import Complaint

API = tool("checkers", "api.json")


class Ended(Exception):
    """A step has said why it cannot go on."""


@dataclass(slots=True)
class Run:
    """One audit while it lasts."""

    place: Place
    wish: Namespace
    work: str
    milliseconds: dict[str, int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)  # lines that were said on stderr
    began: int = field(default_factory=time.time_ns)
    stamps: dict[str, Stamp] = field(default_factory=dict)  # of the files that engines read

    def at(self, name: str) -> str:
        return os.path.join(self.work, name)

    @property
    def jobs(self) -> str:
        return str(self.wish.jobs or os.cpu_count() or 1)


@contextmanager
def work_folder(place: Place) -> Iterator[str]:
    """For what is not whole yet."""
    work = place.inside(f".work.{os.getpid()}")
    try:
        os.mkdir(work, 0o700)
    except OSError:
        mend = "free some space or choose another OUT"
        raise Complaint(f"{work}: cannot be made: {mend}") from None
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def write(run: Run, name: str, content: str) -> None:
    try:
        with open(run.at(name), "w", encoding="utf-8") as file:
            file.write(content)
    except OSError:
        mend = "free some space or choose another OUT"
        raise Complaint(f"{run.place.inside(name)}: cannot be written: {mend}") from None


# --------------------------------------------------------------------------- progress


def _last_time(run: Run, name: str) -> str:
    try:
        with open(run.place.inside("timing.json"), encoding="utf-8") as file:
            return f", about {int(json.load(file)['milliseconds'][name])} ms"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def progress(run: Run, name: str = "") -> None:
    """On a terminal: what is being done, and how long it took the last time."""
    dumb = os.environ.get("TERM", "dumb") == "dumb" or run.wish.extent == "quiet"
    if dumb or not sys.stderr or not sys.stderr.isatty():
        return
    said = f"attach-audit: {name}{_last_time(run, name)}" if name else ""
    width = os.get_terminal_size(sys.stderr.fileno()).columns or 80
    print(f"\033[K{said[: width - 1]}\r", end="", file=sys.stderr, flush=True)


@contextmanager
def timed(run: Run, name: str) -> Iterator[None]:
    progress(run, name)
    began = time.monotonic_ns()
    yield
    run.milliseconds[name] = (time.monotonic_ns() - began) // 1000000


# ------------------------------------------------------------------------------ steps


Options = Mapping[str, str | list[str]]


def _command(run: Run, name: str, options: Options) -> list[str]:
    """attach-checks NAME with these options; a list gives an option several times."""
    command = [run.place.checks, name]
    for key, value in options.items():
        for one in value if isinstance(value, list) else [value]:
            command += [f"--{key}", one]
    return command


def together(run: Run, *steps: tuple[str, Options, str]) -> None:
    """Steps that need nothing of each other: name, options, what it is called in timing.json."""
    if run.jobs == "1" and len(steps) > 1:
        for one in steps:
            together(run, one)
        return
    commands = [_command(run, name, options) for name, options, _ in steps]
    labels = [label or name for name, _, label in steps]
    with timed(run, " and ".join(labels)):
        statuses = process.attend(*commands, plain_signals=False)
    for (name, _, _), status in zip(steps, statuses):
        if status < 0:
            raise Complaint(
                f"attach-checks {name}: ended by {signal.Signals(-status).name}: "
                "report it with this command and the kernel's version"
            )
    if any(statuses):
        raise Ended


def step(run: Run, name: str, options: Options, label: str = "") -> None:
    together(run, (name, options, label))


def scan(run: Run) -> None:
    """Which files may bind an operation or name an entry point; the version and the contract, with
    the structures in which this tree's header has the operations."""
    place = run.place
    options: dict[str, str | list[str]] = {
        "tree": place.kernel,
        "cache": place.cache,
        "skip": tool(),
        "out": run.at("scan.json"),
        "contract": place.rules,
        "rules": run.at("contract.json"),
    }
    step(run, "scan", options | ({"choose": place.choose} if place.choose else {}))


def state(run: Run) -> None:
    """From scan.json on: facts, bindings and sites as engine coccinelle sees them, and the callers."""
    place, at = run.place, run.at
    tree, cache = {"tree": place.kernel, "contract": at("contract.json")}, {"cache": place.cache}
    api = {"api": API}
    scanned = {"scan": at("scan.json")}
    closure = {**tree, **scanned, "out": at("closure.json")}
    entries = {
        **(tree | scanned | cache),
        "out": at("entries.json"),
        "core": at("core.json"),
        "bindings": at("core.jsonl"),
    }
    together(run, ("closure", closure, ""), ("entries", entries, ""))
    # engines read one after the other: what is written to in between they do not see alike
    with open(at("closure.json"), encoding="utf-8") as file:
        run.stamps = stamps(place.tree, json.load(file)["files"])
    step(
        *(run, "facts"),
        {
            **(tree | cache),
            "closure": at("closure.json"),
            "entries": at("entries.json"),
            "entries-out": at("facts-entries.jsonl"),
            "patches": tool("semantic-patches"),
            "jobs": run.jobs,
            "timeout": str(run.wish.timeout),
            "out": at("facts.jsonl"),
        },
    )
    closure, facts = {"closure": at("closure.json")}, {"facts": at("facts.jsonl")}
    bindings = at("bindings.jsonl")
    step(run, "bindings", {**closure, **facts, "out": bindings})
    sites = {"bindings": bindings, "out": at("sites-coccinelle.jsonl")}
    own = {**tree, **closure, **facts, **api, **sites}

    # The other side: the core and those who call it.
    facts = {"facts": at("facts-entries.jsonl")}
    used = {"entries": at("entries.json"), "out": at("callers.json")}
    callers = {**tree, **cache, **facts, **api, **used}
    core = {"closure": at("core.json"), "bindings": at("core.jsonl")}
    core |= {**tree, **scanned, **cache, **facts, **api, "out": at("sites-core.jsonl")}
    together(run, ("text", own, ""), ("callers", callers, ""), ("text", core, "core"))
