# SPDX-License-Identifier: GPL-2.0-only
"""The command: in, an audit, its tree and what is wished; out, OUT/patches or mended files, and a text."""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from report.baseline import Baseline
from report.file import Complaint, read_json, write_json
from report.gate import compare
from report.model import MEND, read_audit
from report.contract import read_contract
from report.scratch import inside
from report.patches import mail, proof, series
from report.patches.calls import read_source
from report.patches.choose import Step, Target, choose
from report.patches.compile import Compiler, compiles, prepared
from report.patches.rewrite import Change, Spatch, rewrite
from report.patches.source import moved
from report.text import count, escape

NO_NEWLINE = "\\ No newline at end of file\n"
SCHEMA = "attach-audit-patches/1"
ROUNDS = 12  # a round drops at least one edit or adds one that another uncovered


@dataclass(frozen=True, slots=True)
class Request:
    audit: str
    tree: str
    wish: series.Wish
    only: tuple[str, ...]  # ids
    rule: str
    driver: str
    contract: str
    jobs: int
    fix: bool
    diff: bool  # with fix: print what would change instead
    flags: str  # folder of compiler flags that the audit used; "" for those of the cache


@dataclass(frozen=True, slots=True)
class Result:
    series: list[series.Patch]
    mails: list[str]  # one a patch; a cover letter stands beside them
    left: list[Target]  # with the reason in refusal
    incomplete: tuple[str, ...]


def _load(path: str) -> dict[str, Any]:
    audit: dict[str, Any] = read_json(path, MEND)
    return audit


def _wanted(targets: list[Target], request: Request) -> list[Target]:
    for given, what, known in (
        (request.rule, "rule with an edit", {t.rule for t in targets} | set(series.ORDER)),
        (request.driver, "driver in this audit's errors", {t.driver for t in targets}),
    ):
        if given and given not in known:
            raise Complaint(f"{given}: no such {what}: one of {', '.join(sorted(known)) or 'none'}")
    chosen = targets
    if request.only:
        chosen = []
        for name in request.only:
            found = [t for t in targets if t.id == name] or [
                t for t in targets if t.id.startswith(name)
            ]
            if len(found) != 1:
                raise Complaint(
                    f"{name}: {len(found)} findings of severity error have this id: take one from the report"
                )
            chosen += found
    return [
        t
        for t in dict.fromkeys(chosen)
        if request.rule in ("", t.rule) and request.driver in ("", t.driver)
    ]


def _origin(audit: dict[str, Any], tree: str) -> mail.Origin:
    engines = [
        f"{name} {e['version'] or ''}".strip()
        for name, e in sorted(audit["engines"].items())
        if e["status"] == "ran"
    ]
    return mail.Origin(
        tool=f"{audit['tool']['name']} {audit['tool']['version']}",
        engine=", ".join(engines),
        kernel=audit["kernel"]["version"],
        contract=read_contract(audit["kernel"]["contract"], tree),
    )


def _back(target: Target, changes: list[Change]) -> Target:
    """A target found in the result, with its places as they are in the tree; refused if it is gone."""
    history = [c for c in changes if c.target.file == target.file]

    def place(step: Step) -> Step:
        offset = step.offset
        for change in reversed(history):
            offset = moved(change.before, change.after, offset, back=True) if offset >= 0 else -1
        return replace(step, offset=offset, or_else=step.or_else and place(step.or_else))

    return replace(target, steps=tuple(map(place, target.steps)))


def _uncovered(
    added: list[dict[str, Any]],
    audit: dict[str, Any],
    folder: str,
    changes: list[Change],
    request: Request,
    soft: str,
) -> list[Target]:
    """Edits for findings that only the result has: what a propagated errno brought to light."""
    ids = {f["id"] for f in added}
    tree = os.path.join(folder, "tree")
    chosen = choose(audit, tree, request.wish.debug, (), _files(request), soft)
    found = [t for t in chosen if t.id in ids]
    targets = [_back(t, changes) for t in found if not t.refusal]
    usable = [t for t in targets if all(step.offset >= 0 for step in t.steps)]
    return usable if len(usable) == len(added) else []


def _files(request: Request) -> list[str]:
    """The files that the audit has read."""
    path = os.path.join(os.path.dirname(request.audit) or ".", "closure.json")
    return list(read_json(path, "run the audit again")["files"])


@contextlib.contextmanager
def _scratch(out: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory(
        prefix=".patches.", dir=out, ignore_cleanup_errors=True
    ) as folder:
        yield os.path.realpath(folder)


def _placed(left: dict[str, Target]) -> list[Target]:
    return sorted(left.values(), key=lambda t: (t.file, t.line, t.id))


def _prove(request: Request, out: str, scratch: str) -> Result:
    """Rewrites and proves until nothing fails; what failed is named."""
    incomplete = compare(read_audit(request.audit), Baseline({}, {})).incomplete
    audit = _load(request.audit)  # of the form that read_audit() has seen
    history = series.History(request.tree, scratch)
    origin = _origin(audit, request.tree)
    paths = sorted({s["file"] for s in audit["sites"]})
    dirty = history.uncommitted(paths) if history.own or request.fix else []
    soft = origin.contract.soft
    chosen = choose(audit, request.tree, request.wish.debug, dirty, _files(request), soft)
    wanted = _wanted(chosen, request)
    wanted = [
        t if inside(t.file) else replace(t, refusal="its name cannot stand in a patch")
        for t in wanted
    ]
    left = {t.id: t for t in wanted if t.refusal}
    targets = [t for t in wanted if not t.refusal]
    texts = {t.file: read_source(request.tree, t.file).text for t in targets}
    spatch = Spatch(scratch, {})
    flags = prepared(request.tree, request.flags, _cache())
    compiler = Compiler(request.tree, scratch, flags)
    made: list[series.Patch] = []
    mails: list[str] = []

    def drop(reasons: dict[str, str]) -> None:
        for target in targets:
            if target.id in reasons:
                left[target.id] = replace(target, refusal=reasons[target.id])

    for number in range(ROUNDS):
        folder = os.path.join(scratch, str(number))
        os.makedirs(folder)
        ordered = series.sort([t for t in targets if t.id not in left], request.wish.split)
        changes, failed = rewrite(ordered, texts, spatch, request.jobs)
        drop(failed)
        if not changes:
            made, mails = [], []
            break
        again = proof.audit_again(
            folder, request.tree, out, changes, request.contract, request.jobs
        )
        failed, added = proof.mended(audit, again, changes)
        more = _uncovered(added, again, folder, changes, request, soft) if added else []
        if more and not {t.id for t in more} & {t.id for t in targets}:
            targets += more
            continue
        failed = failed or proof.parses(folder, texts, changes, request.jobs)
        if not failed:
            made = series.patches(changes, history, origin, request.wish)
            proved = compiles(compiler, made, request.jobs)
            failed = dict(proved.failed)
        if not failed:
            silent = bool(request.wish.signoff) and proof.has_checkpatch(request.tree)
            done = mail.Done(silent, proved.said(sorted({c.target.file for c in changes})))
            unmade, wish = _placed(left), request.wish
            mails = series.commit(
                *(folder, texts, made, unmade, history, origin, wish, done, proved.said)
            )
            failed = proof.applies(folder, made, mails)
            failed |= proof.checked(folder, request.tree, made, mails, request.jobs)
        if not failed:
            shutil.move(os.path.join(folder, "mails"), os.path.join(scratch, "mails"))
            break
        drop(failed)
        made = []
    else:
        raise Complaint("the edits do not settle: select some with --rule, --driver or --only")
    return Result(made, mails, _placed(left), incomplete)


def _write(out: str, scratch: str, result: Result) -> None:
    """OUT/patches is replaced as a whole."""
    fresh = os.path.join(scratch, "patches")
    os.makedirs(fresh)
    written = os.path.join(scratch, "mails")
    for name in sorted(os.listdir(written)) if result.series else []:
        shutil.move(os.path.join(written, name), os.path.join(fresh, name))
    write_json(
        os.path.join(fresh, "series.json"),
        {
            "schema": SCHEMA,
            "patches": [
                {
                    "file": name,
                    "subject": patch.subject,
                    "rule": patch.changes[0].target.rule,
                    "findings": sorted(c.target.id for c in patch.changes),
                }
                for patch, name in zip(result.series, result.mails)
            ],
            "left": [
                {
                    "finding": t.id,
                    "file": t.file,
                    "line": t.line,
                    "why": t.refusal,
                    "edits": list(t.offers),
                }
                for t in result.left
            ],
        },
    )
    final = os.path.join(out, "patches")
    if os.path.lexists(final):
        os.rename(final, os.path.join(scratch, "earlier"))
    os.rename(fresh, final)


def _mend(tree: str, result: Result) -> None:
    """Writes the files of the tree, all or, if one cannot be written, none."""
    final = {c.target.file: c.after for patch in result.series for c in patch.changes}
    first = {
        c.target.file: c.before
        for patch in reversed(result.series)
        for c in reversed(patch.changes)
    }
    for path in final:
        full = os.path.join(tree, path)
        if os.path.islink(full):
            raise Complaint(f"{full}: a symbolic link: mend the file it points to")
        if not os.access(full, os.W_OK) or not os.access(os.path.dirname(full), os.W_OK):
            raise Complaint(
                f"{full}: cannot be written: make the tree writable, or use make patches"
            )
        if read_source(tree, path).text != first[path]:
            raise Complaint(f"{full}: changed during the audit: run it again")
    for path, text in final.items():
        full = os.path.join(tree, path)
        temporary = f"{full}.{os.getpid()}.tmp"
        try:
            with open(temporary, "wb") as file:
                file.write(text.encode("latin-1"))
            shutil.copymode(full, temporary)
            os.replace(temporary, full)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise Complaint(f"{full}: {error.strerror}: make the tree writable") from None


def _cache() -> str:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ.get("HOME", ""), ".cache")
    return os.path.join(home, "attach-audit")


def _diff(result: Result) -> str:
    """What the series as a whole changes."""
    first: dict[str, str] = {}
    final: dict[str, str] = {}
    for change in (c for patch in result.series for c in patch.changes):
        first.setdefault(change.target.file, change.before)
        final[change.target.file] = change.after
    lines = []
    for path in sorted(final):
        old, new = (text.splitlines(keepends=True) for text in (first[path], final[path]))
        lines += list(difflib.unified_diff(old, new, f"a/{path}", f"b/{path}"))
    text = "".join(line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}" for line in lines)
    text = text.encode("latin-1").decode("utf-8", "backslashreplace")
    if not sys.stdout.isatty():
        return text
    return "\n".join("\t".join(map(escape, line.split("\t"))) for line in text.split("\n"))


def _patches(n: int) -> str:
    return "1 patch" if n == 1 else f"{n} patches"


def _text(out: str, result: Result, request: Request) -> str:
    lines = []
    if request.diff:
        pass
    elif request.fix:
        for patch in result.series:
            lines += [
                f"{c.target.file}:{c.target.line}: mended [{c.target.rule}]" for c in patch.changes
            ]
    else:
        for patch, name in zip(result.series, result.mails):
            lines.append(f"{out}/patches/{name}: {count(len(patch.changes), 'finding')}")
    for target in result.left:
        lines.append(f"{target.file}:{target.line}: no patch: {target.refusal} [{target.rule}]")
        lines += [f"    either: {offer}" for offer in target.offers]
        lines.append(f"    id: {target.id}")
    mended = count(sum(len(p.changes) for p in result.series), "finding")
    lines += result.incomplete
    if result.series and not request.fix and not request.wish.signoff:
        lines.append("SIGNOFF is not set: checkpatch.pl will ask for a Signed-off-by in each patch")
    what = (
        "to be mended"
        if request.diff
        else "mended"
        if request.fix
        else f"in {_patches(len(result.series))}"
    )
    lines.append(f"{mended} {what}, {len(result.left)} without an edit")
    return "".join(f"{escape(line)}\n" for line in lines)


def run(request: Request) -> tuple[str, int]:
    """What to print, and the status: 2 when an edit asked for by name was not made."""
    if request.wish.signoff and not re.fullmatch(
        r"[^<>\n]*\S\s*<[^<>@\s]+@[^<>@\s]+>", request.wish.signoff
    ):
        raise Complaint(f"SIGNOFF={request.wish.signoff}: not of the form: Name <name@example.org>")
    out = os.path.dirname(request.audit) or "."
    with _scratch(out) as scratch:
        result = _prove(request, out, scratch)
        if request.diff:
            pass
        elif request.fix:
            _mend(request.tree, result)
        else:
            _write(out, scratch, result)
    missed = bool(request.only) and bool(result.left)
    shown = (_diff(result) if request.diff else "") + _text(out, result, request)
    return shown, 2 if missed or result.incomplete else 0
