# SPDX-License-Identifier: GPL-2.0-only
"""The command: in, its words; out, what was asked for on stdout and the exit status.

0: audited completely, nothing outside the baseline. 1: the gate fails. 2: incomplete or misused, with
one line on stderr that says what and how to mend it, whatever went wrong.
"""

from __future__ import annotations

import io
import os
import sys
from argparse import Namespace

from front import VERSION, options, process
from front.show import show, wanted
from report.file import Complaint, take
from report.text import escape


# ------------------------------------------------------- what an audit.json is turned into


def _last(wish: Namespace) -> tuple[str, str]:
    """The audit.json that is meant, and its baseline; "" where none is known."""
    from front import place

    if wish.AUDIT:
        return wish.AUDIT, wish.baseline or ""
    out = getattr(wish, "out", None) or os.environ.get("OUT") or place.last_out()
    audit = os.path.join(out, "audit.json")
    if not os.path.isfile(audit):
        raise Complaint(f"{out}: holds no audit: run one first, or name another OUT")
    baseline = wish.baseline
    if not baseline:
        try:
            baseline = os.fsdecode(take(os.path.join(out, ".baseline"), own=True)).rstrip("\n")
        except OSError:
            mend = "name one as BASELINE"
            raise Complaint(f"{out}: does not say which baseline: {mend}") from None
    return audit, baseline


def _needed(baseline: str) -> str:
    if not baseline:
        raise options.Misuse("--baseline: is needed with an audit.json of one's own")
    return baseline


def text(wish: Namespace) -> int:
    from report import show as report

    audit, baseline = _last(wish)
    said = report.text(audit, _needed(baseline), wanted(wish), wish.tree)
    show(said.text)
    return said.status


def write(wish: Namespace) -> int:
    from report import formats
    from report import show as report

    names = formats.split(wish.format)
    audit, baseline = _last(wish)
    paths = report.write(names, audit, baseline, wanted(wish, out=wish.out or ""), wish.tree)
    show("".join(f"{escape(path)}\n" for path in paths))
    return 0


def print_format(wish: Namespace) -> int:
    from report import show as report

    show(report.render(wish.action, *_last(wish), wish.tree, wanted(wish).filters))
    return 0


def accept(wish: Namespace) -> int:
    from report import baseline
    from report.model import read_audit

    audit, path = _last(wish)
    if not wish.reason and wish.AUDIT is None:
        raise Complaint(f"--accept {wish.ID}: needs --reason TEXT: say why the finding stays")
    with baseline.changing(_needed(path)):
        names = baseline.accept(read_audit(audit), path, wish.ID, wish.reason)
    lines = [f"accepted {name}" for name in names] or ["nothing is new"]
    show("".join(escape(f"{path}: {line}") + "\n" for line in lines))
    return 0


def prune(wish: Namespace) -> int:
    from report import baseline, gate
    from report.model import read_audit

    audit, path = _last(wish)
    with baseline.changing(_needed(path)):
        removed = gate.prune(path, read_audit(audit), baseline.read_baseline(path))
    lines = [f"removed {name}" for name in removed] or ["nothing is stale"]
    show("".join(escape(f"{path}: {line}") + "\n" for line in lines))
    return 0


def explain(wish: Namespace) -> int:
    from report.pages import read_page
    from report.rules import RULES

    if wish.RULE not in RULES:
        raise Complaint(f"{wish.RULE}: no such rule: one of {', '.join(RULES)}")
    show(read_page(wish.RULE))
    return 0


# ----------------------------------------------------------------------------- audits


def history(wish: Namespace) -> int:
    from front import lock, place
    from report import versions

    for name in ("engines", "contract", "jobs"):  # each version's audit is a command of its own
        if getattr(wish, name):
            os.environ[name.upper()] = str(getattr(wish, name))
    request = versions.Request(
        kernel=(wish.kernel or "") and os.path.realpath(os.path.expanduser(wish.kernel)),
        revisions=tuple(wish.revs.split()),
        trees=tuple(map(os.path.expanduser, wish.trees.split())),
        shard=wish.shard,
        out=wish.out or os.path.join(os.path.dirname(place.default_out("")), "history"),
    )
    output, status = versions.audit_all(
        request, lambda: lock.held(request.out, ".review.lock", "history")
    )
    show(output)
    return status


def merge(wish: Namespace) -> int:
    from report import versions

    output, status = versions.merge(wish.FILE, wish.out)
    show(output)
    return status


def several(wish: Namespace) -> int:
    """A change, a series or a driver is several audits, each a command of its own."""
    from front import lock, place
    from report import baseline

    engines = options.engines(wish.engines)
    if engines not in ((), ("coccinelle",)):
        raise Complaint(
            f"engine {' '.join(engines)}: a revision, series or driver is read by coccinelle alone, "
            "which runs nothing of it"
        )
    formats = options.formats(wish.format)
    if "text" not in formats and not wish.extent:
        wish.extent = "quiet"
    where = place.find(wish)
    jobs = wish.jobs or os.cpu_count() or 1
    os.environ |= {"ENGINES": "coccinelle", "CONTRACT": wish.contract, "JOBS": str(jobs)}
    os.environ["ATTACH_CHECKS"] = where.checks
    with lock.held(where.out, ".review.lock", "review"):
        known = baseline.read_baseline(where.baseline)
        asked = wanted(wish, formats, where.out)
        if wish.action == "review":
            from report.review import review

            said = review.show(where.kernel, wish.base, wish.mbox, where.out, known, asked)
        elif wish.action == "change":
            from report import change

            said = change.show(where.kernel, wish.base, where.out, known, asked)
        else:
            from report import driver

            said = driver.show(where.kernel, wish.driver, where.out, known, asked)
        for path in said.paths:
            print(escape(path), file=sys.stderr)
        show(said.text)
        if said.failed:
            process.say(said.failed)
    return said.status


def audit(wish: Namespace) -> int:
    from front import audit as one

    return one.run(wish)


def doctor(wish: Namespace) -> int:
    from front.doctor import examine

    said, status = examine()
    show(said)
    return status


RUN = {
    **dict.fromkeys(("audit", "patches", "fix", "prepare"), audit),
    **dict.fromkeys(("change", "review", "driver"), several),
    "history": history,
    "merge": merge,
    "text": text,
    "write": write,
    "accept": accept,
    "prune": prune,
    "explain": explain,
    "doctor": doctor,
}


def run(words: list[str], alone: bool) -> int:
    wish = options.parse(words, {} if alone else os.environ, alone)
    if wish.action == "help":
        show(wish.page)
        return 0
    if wish.action == "version":
        show(f"attach-audit {VERSION}\n")
        return 0
    return RUN.get(wish.action, print_format)(wish)


def main(words: list[str], alone: bool = False) -> int:
    """`alone`: as `python3 -m report`, on files that are there already."""
    if sys.stdout is None:  # started with >&-
        sys.stdout = open(os.devnull, "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    process.heed_interrupts()
    try:
        return run(words, alone)
    except options.Misuse as misuse:
        if alone:
            print(misuse.usage or options.usage(), end="", file=sys.stderr)
        process.say(str(misuse))
    except Complaint as complaint:
        process.say(str(complaint))
    except KeyboardInterrupt:
        process.say("interrupted: earlier results are whole: run it again")
    except ModuleNotFoundError as error:
        process.say(
            f"{error.name}: no such Python module: install it, or install attach-audit again"
        )
    except OSError as error:  # no more files, processes, space
        what = error.filename or "the system"
        process.say(f"{what}: {error.strerror}: free some space, or raise the limit (ulimit -a)")
    except Exception as error:  # whatever it is, it is not the gate's 1
        where = error.__traceback__
        while where and where.tb_next:
            where = where.tb_next
        place = (
            f"{os.path.basename(where.tb_frame.f_code.co_filename)}:{where.tb_lineno}"
            if where
            else "?"
        )
        process.say(f"{place}: {type(error).__name__}: {error}: report it with this command")
    return 2
