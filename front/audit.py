# SPDX-License-Identifier: GPL-2.0-only
"""One audit: in, what is wished; out, audit.json and what led to it in OUT, whole or not at all, the
report or the patches made from it, and the exit status."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import Namespace

from front import engines, lock, options, place, process, steps
from front.place import Place
from front.steps import Run
from report.file import Complaint
from report.text import escape

RESULTS = (
    *(".baseline", "timing.json", "engines.json", "scan.json", "closure.json", "facts.jsonl"),
    *("bindings.jsonl", "entries.json", "core.json", "core.jsonl", "facts-entries.jsonl"),
    *("callers.json", "sites-core.jsonl", "sites-coccinelle.jsonl", "sites-sparse.jsonl"),
    *("sites-clang.jsonl", "foreign.jsonl", "audit.json"),
)
MONTH = 30 * 24 * 3600


def _changed(run: Run) -> str:
    """Engines read one after the other: what was written to in between they do not see alike."""
    began = os.stat(run.at("began")).st_mtime_ns
    with open(run.at("closure.json"), encoding="utf-8") as file:
        names: list[str] = json.load(file)["files"]
    for name in names:
        try:
            if os.lstat(os.path.join(run.place.tree, name)).st_mtime_ns > began:
                return name
        except OSError:
            continue
    return ""


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
    """Everything up to the results in OUT; returns a file that changed meanwhile."""
    steps.write(run, "began", "")
    steps.scan(run)
    steps.state(run)
    stated = engines.state(run, asked)
    if run.wish.action == "prepare":
        sparse = stated.engines["sparse"]
        if sparse.status != "ran":
            raise Complaint(f"{run.place.tree}: cannot be prepared: {sparse.why or 'see above'}")
        from front.main import show

        show(f"prepared: {', '.join(json.dumps(a) for a in sparse.arches)}\n")
        return ""
    engines.judge(run, stated)
    changed = _changed(run)
    steps.write(run, "timing.json", json.dumps({"milliseconds": run.milliseconds}) + "\n")
    steps.write(run, ".baseline", os.path.realpath(run.place.baseline) + "\n")
    _install(run)
    return changed


def _unreadable(where: Place) -> bool:
    """What could not be read has been named by the scan."""
    with open(where.inside("scan.json"), encoding="utf-8") as file:
        return bool(json.load(file)["unreadable"])


def _patches(wish: Namespace, where: Place) -> int:
    from front.main import show
    from report.patches import command, series

    output, status = command.run(
        command.Request(
            audit=where.inside("audit.json"),
            tree=where.tree,
            wish=series.Wish(wish.split, wish.signoff, wish.soft_messages == "debug"),
            only=tuple(wish.only),
            rule=wish.rule,
            driver=wish.driver,
            contract=wish.contract,
            jobs=wish.jobs or os.cpu_count() or 1,
            fix=wish.action == "fix",
        )
    )
    show(output)
    return status


def _report(wish: Namespace, where: Place, formats: tuple[str, ...]) -> int:
    from front.main import show, style
    from report import show as shown

    status = 0
    audit = where.inside("audit.json")
    try:
        for path in shown.write(" ".join(formats), audit, where.baseline, where.out, where.tree):
            print(escape(path), file=sys.stderr)
    except Complaint as complaint:
        process.say(str(complaint))
        status = 2
    said = shown.text(audit, where.baseline, wish.extent, style(wish.extent))
    show(said.text)
    return max(status, said.status)


def run(wish: Namespace) -> int:
    formats = options.formats(getattr(wish, "format", "text"))
    asked = options.engines(wish.engines)
    if "text" not in formats and not wish.extent:
        wish.extent = "quiet"  # without text only what decides the exit status
    where = place.find(wish)
    if where.is_sample and not wish.extent:
        wish.extent = "all"
    with lock.held(where.out):
        try:
            with steps.work_folder(where) as work:
                run = Run(where, wish, work)
                changed = _steps(run, asked)
                steps.progress(run)
        except steps.Ended:
            return 2
        if wish.action == "prepare":
            return 0
        _forget(where.cache)
        if wish.action in ("patches", "fix"):
            status = _patches(wish, where)
        else:
            status = _report(wish, where, formats)
        if changed:
            process.say(f"{changed}: changed during the audit: run it again")
        return 2 if changed or _unreadable(where) else status
