# SPDX-License-Identifier: GPL-2.0-only
"""One audit: in, what is wished; out, audit.json and what led to it in OUT, whole or not at all, the
report or the patches made from it, and the exit status."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import Namespace

from front import engines, kept, lock, options, place, process, stamp, steps
from front.show import show, style, wanted
from front.place import Place
from front.steps import Run
from report import sandbox
from report import show as report
from report.file import Complaint
from report.text import escape

RESULTS = (
    *(".baseline", "timing.json", "engines.json", "scan.json", "contract.json", "closure.json"),
    "facts.jsonl",
    *("bindings.jsonl", "entries.json", "core.json", "core.jsonl", "facts-entries.jsonl"),
    *("callers.json", "sites-core.jsonl", "sites-coccinelle.jsonl", "sites-sparse.jsonl"),
    *("sites-clang.jsonl", "foreign.jsonl", "audit.json"),
)
MONTH = 30 * 24 * 3600


def _install(run: Run) -> None:
    """Replaces the results of an earlier audit, as one."""
    with process.uninterrupted():
        for name in RESULTS:
            try:
                if os.path.exists(run.at(name)):
                    os.replace(run.at(name), run.place.inside(name))
                elif os.path.lexists(run.place.inside(name)):
                    os.unlink(run.place.inside(name))
            except OSError:
                mend = "choose another OUT"
                raise Complaint(f"{run.place.inside(name)}: cannot be replaced: {mend}") from None


def _forget(cache: str) -> None:
    """What was kept a month ago is made anew where it is wanted."""
    kept = [cache]
    with os.scandir(cache) as entries:
        kept += [
            e.path
            for e in entries
            if e.is_dir(follow_symlinks=False) and e.name not in ("trees", "prepared")
        ]
    for folder in kept:
        with os.scandir(folder) as entries:
            for e in entries:
                try:
                    if e.is_file(follow_symlinks=False) and e.stat().st_mtime < time.time() - MONTH:
                        os.unlink(e.path)
                except OSError:
                    continue


def _steps(run: Run, asked: tuple[str, ...]) -> str:
    """From the scan on, up to the results in OUT; returns a file that changed meanwhile."""
    steps.state(run)
    stated = engines.state(run, asked)
    if run.wish.action == "prepare":
        sparse = stated.engines["sparse"]
        if sparse.status != "ran":
            raise Complaint(f"{run.place.tree}: cannot be prepared: {sparse.why or 'see above'}")
        show(f"prepared: {', '.join(json.dumps(a) for a in sparse.arches)}\n")
        return ""
    engines.judge(run, stated)
    changed = stamp.changed(run.place.tree, run.stamps, run.began)
    steps.write(run, "timing.json", json.dumps({"milliseconds": run.milliseconds}) + "\n")
    steps.write(run, ".baseline", os.path.realpath(run.place.baseline) + "\n")
    _install(run)
    return changed


def _unreadable(where: Place) -> bool:
    """What could not be read has been named by the scan."""
    with open(where.inside("scan.json"), encoding="utf-8") as file:
        return bool(json.load(file)["unreadable"])


def _patches(wish: Namespace, where: Place, flags: str) -> int:
    """FLAGS: a folder of the compiler flags that engine sparse has used, if there is one."""
    from report.patches import command, series

    output, status = command.run(
        command.Request(
            audit=where.inside("audit.json"),
            tree=where.tree,
            wish=series.Wish(wish.split, wish.signoff, wish.soft_messages == "debug"),
            only=tuple(wish.only),
            rule=wish.rule[-1] if wish.rule else "",
            driver=wish.driver,
            contract=wish.contract,
            jobs=wish.jobs or os.cpu_count() or 1,
            fix=wish.action == "fix",
            diff=wish.action == "fix" and bool(wish.diff),
            flags=flags,
        )
    )
    show(output)
    return status


def _report(wish: Namespace, where: Place, formats: tuple[str, ...]) -> kept.Said:
    """The text is printed even where a format cannot be written."""
    path, asked = where.inside("audit.json"), wanted(wish, formats, where.out, where.is_sample)
    said = report.text(path, where.baseline, asked, where.tree)
    lines = [escape(p) for p in said.paths]
    lines += [f"attach-audit: {escape(said.failed)}"] if said.failed else []
    return kept.Said(said.text, tuple(lines), said.status)


def _audit(run: Run, asked: tuple[str, ...], formats: tuple[str, ...]) -> int:
    """An audit is kept until something changes, what it said included."""
    wish, where = run.wish, run.place
    alone = wish.action == "audit"
    listed = kept.listing(run, asked) if alone else None
    try:
        steps.scan(run)
    except BaseException:
        if listed:
            listed.kill()
            listed.communicate()
        raise
    key = kept.key(run, listed, repr(style(wish.extent))) if alone else ""
    said = kept.recall(run, key)
    changed = ""
    if not said:
        changed = _steps(run, asked)
        steps.progress(run)
        if wish.action == "prepare":
            return 0
        _forget(where.cache)
        if not alone:
            status = _patches(wish, where, run.at("flags"))
            return 2 if changed or _unreadable(where) else status
        told = _report(wish, where, formats)
        said = kept.Said(told.text, (*run.told, *told.lines), told.status)
        if not changed:
            kept.remember(run, key, said)
        said = told
    for line in said.lines:
        print(line, file=sys.stderr)
    show(said.text)
    if changed:
        process.say(f"{changed}: changed during the audit: run it again")
    return 2 if changed or _unreadable(where) else said.status


def run(wish: Namespace) -> int:
    formats = options.formats(getattr(wish, "format", "text"))
    asked = options.engines(wish.engines)
    if "text" not in formats and not wish.extent:
        wish.extent = "quiet"  # without text only what decides the exit status
    where = place.find(wish)
    if where.is_sample and not wish.extent:
        wish.extent = "all"  # it is there to be looked at
    if sandbox.trusted() and (asked != ("coccinelle",) or wish.action in ("patches", "fix")):
        process.say(
            f"SANDBOX=no: programs of {where.tree} run as you, with your files and your network"
        )
    try:
        with lock.held(where.out):
            lock.sweep(where.out)
            with steps.work_folder(where) as work:
                return _audit(Run(where, wish, work), asked, formats)
    except steps.Ended:
        return 2
