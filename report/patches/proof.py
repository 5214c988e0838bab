# SPDX-License-Identifier: GPL-2.0-only
"""Proof: in, the scratch repository with the series and the tree; out, which findings' edits fail, and why."""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from report.file import Complaint
from report.patches.rewrite import PATCHES, Change
from report.patches.series import Patch, git, script, write_files
from report.scratch import copy as copy_files
from report.scratch import new_tree

ROOT = os.path.dirname(PATCHES)


def _all(changes: Iterable[Change], why: str) -> dict[str, str]:
    return {c.target.id: why for c in changes}


def applies(folder: str, series: list[Patch], mails: list[str]) -> dict[str, str]:
    """git am on a fresh checkout gives the same files, and git diff --check is silent."""
    repository = os.path.join(folder, "repository")
    everything = [c for patch in series for c in patch.changes]
    git(repository, "checkout", "-q", "-b", "applied", "base")
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "attach-audit"), ("EMAIL", "attach-audit@example.invalid"))
    }
    try:
        git(repository, "am", "-q", *(os.path.join("..", "mails", m) for m in mails), **who)
        git(repository, "diff", "--quiet", "series", "applied")
    except Complaint as error:
        return _all(everything, f"git am does not apply it: {error}")
    try:
        git(repository, "diff", "--check", "base", "series")
    except Complaint:
        return _all(everything, "git diff --check complains")
    return {}


def _checkpatch(tree: str, options: list[str], given: str) -> list[str]:
    command = ["--no-tree", "--strict", "--terse", "--show-types", "--no-summary", *options, "-"]
    done = script(tree, "checkpatch.pl", command, given.encode("utf-8", "surrogateescape"))
    out = (done.output + (done.errors if done.status not in (0, 1) else b"")).decode("latin-1")
    if done.status not in (0, 1):
        why = done.why and f"it took {done.why}"
        why = why or (out.strip().splitlines() or [f"exit status {done.status}"])[-1]
        return [f"ERROR: scripts/checkpatch.pl: {why}"]
    return [line for line in out.split("\n") if re.search(r"(ERROR|WARNING|CHECK):", line)]


def _quoted(path: str) -> str:
    """As git has it in a patch, with {} for its a/ or b/."""
    data = path.encode("utf-8", "surrogateescape")
    if all(b > 32 and b < 127 and chr(b) not in '"\\{}' for b in data):
        return "{}" + path
    shown = (chr(b) if 32 <= b < 127 and chr(b) not in '"\\{}' else f"\\{b:03o}" for b in data)
    return '"{}' + "".join(shown) + '"'


def _one(change: Change) -> str:
    path = _quoted(change.target.file)
    lines = difflib.unified_diff(
        change.before.splitlines(keepends=True),
        change.after.splitlines(keepends=True),
        path.format("a/"),
        path.format("b/"),
    )
    return f"diff --git {path.format('a/')} {path.format('b/')}\n" + "".join(lines)


def has_checkpatch(tree: str) -> bool:
    return os.path.isfile(os.path.join(tree, "scripts", "checkpatch.pl"))


def checked(
    folder: str, tree: str, series: list[Patch], mails: list[str], jobs: int
) -> dict[str, str]:
    """scripts/checkpatch.pl --strict has nothing to say; what it says is held against its edit."""
    if not has_checkpatch(tree):
        return {}

    def of_patch(patch: Patch, name: str) -> dict[str, str]:
        with open(
            os.path.join(folder, "mails", name), encoding="utf-8", errors="surrogateescape"
        ) as file:
            text = file.read()
        unsigned = [] if "\nSigned-off-by: " in text else ["--no-signoff"]
        said = _checkpatch(tree, unsigned, text)
        if not said:
            return {}
        alone = ["--no-signoff", "--ignore", "COMMIT_MESSAGE"]
        guilty = {}
        for change in patch.changes:
            own = _checkpatch(tree, alone, _one(change))
            if own:
                guilty[change.target.id] = f"checkpatch.pl: {own[0].split(': ', 1)[-1]}"
        return guilty or _all(patch.changes, f"checkpatch.pl: {said[0].split(': ', 1)[-1]}")

    out: dict[str, str] = {}
    with ThreadPoolExecutor(jobs) as pool:
        for found in pool.map(of_patch, series, mails):
            out |= found
    return out


def _bad_tokens(path: str) -> int:
    command = [os.environ.get("SPATCH") or "spatch", "--parse-c"]
    command += ["--macro-file-builtins", os.path.join(PATCHES, "macros.h"), path]
    done = subprocess.run(command, capture_output=True, check=False)
    said = re.search(rb"nb bad = (\d+)", done.stdout + done.stderr)
    return int(said[1]) if said else -1


def parses(folder: str, texts: dict[str, str], changes: list[Change], jobs: int) -> dict[str, str]:
    """spatch reads no less of each file than before."""
    final = {c.target.file: c.after for c in changes}
    place = os.path.join(folder, "parse")
    write_files(os.path.join(place, "0"), {path: texts[path] for path in final})
    write_files(os.path.join(place, "1"), final)

    def worse(path: str) -> bool:
        before, after = (_bad_tokens(os.path.join(place, n, path)) for n in ("0", "1"))
        return after < 0 or after > max(before, 0)

    with ThreadPoolExecutor(jobs) as pool:
        bad = {path for path, is_worse in zip(final, pool.map(worse, final)) if is_worse}
    return _all((c for c in changes if c.target.file in bad), "the file no longer parses")


def _stem(finding: str) -> str:
    """A finding's id without the ordinal, which moves when another one is mended."""
    return re.sub(r":\d+$", "", finding)


def audit_again(
    folder: str, tree: str, out: str, changes: list[Change], contract: str, jobs: int
) -> dict[str, Any]:
    """The audit of a copy of what the audit reads, with the edits."""
    copy, result = os.path.join(folder, "tree"), os.path.join(folder, "audit")
    with open(os.path.join(out, "closure.json"), encoding="utf-8") as file:
        paths = set(json.load(file)["files"])
    with open(os.path.join(out, "scan.json"), encoding="utf-8") as file:
        paths |= set(json.load(file)["files"])
    new_tree(folder, "tree")
    copy_files(tree, {os.path.dirname(path) for path in paths}, paths, copy)
    write_files(copy, {c.target.file: c.after for c in changes})
    baseline = os.path.join(folder, "baseline.json")
    with open(baseline, "w", encoding="utf-8") as file:
        json.dump({"schema": "attach-audit-baseline/1", "findings": [], "mixed": []}, file)
    command = [os.path.join(ROOT, "run-audit.sh"), "--quiet", "--kernel", copy, "--out", result]
    command += ["--baseline", baseline, "--jobs", str(jobs)]
    command += ["--contract", contract] if contract else []
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    try:
        with open(os.path.join(result, "audit.json"), encoding="utf-8") as file:
            audit: dict[str, Any] = json.load(file)
            return audit
    except OSError:
        lines = done.stderr.decode("utf-8", "replace").strip().split("\n")
        raise Complaint(f"the audit of the result failed: {lines[-1]}") from None


def _blamed(finding: dict[str, Any], audit: dict[str, Any], changes: list[Change]) -> list[Change]:
    """Whose edit brought it: one in its function, else one that returns its errno, else its driver's."""
    site = next((s for s in audit["sites"] if s["id"] == finding["site"]), None)
    if site is None:  # a mixed driver
        return [c for c in changes if c.target.driver == finding["site"]]
    functions = {step["function"] for step in site["path"]}
    for fits in (
        [c for c in changes if c.target.callee in functions and c.target.file == site["file"]],
        [
            c
            for c in changes
            if (c.target.file, c.target.function) == (site["file"], site["function"])
        ],
        [c for c in changes if c.target.driver == site["driver"]],
    ):
        if fits:
            return fits
    return changes


def mended(
    before: dict[str, Any], after: dict[str, Any], changes: list[Change]
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Edits whose finding stands, or that brought a new one; and the new ones."""
    old = Counter(_stem(f["id"]) for f in before["findings"])
    new = Counter(_stem(f["id"]) for f in after["findings"])
    gone = Counter(_stem(c.target.id) for c in changes)
    failed = {
        c.target.id: "the audit of the result still finds it"
        for c in changes
        if new[_stem(c.target.id)] > max(0, old[_stem(c.target.id)] - gone[_stem(c.target.id)])
    }
    added = [f for f in after["findings"] if new[_stem(f["id"])] > old[_stem(f["id"])]]
    for finding in added:
        for change in _blamed(finding, after, changes):
            failed.setdefault(change.target.id, f"it brings a new finding: {finding['id']}")
    partial = {(b["file"], b["callback"]) for b in before["coverage"] if b["status"] != "analysed"}
    for b in after["coverage"]:
        if b["status"] != "analysed" and (b["file"], b["callback"]) not in partial:
            for change in changes:
                if change.target.file == b["file"]:
                    failed[change.target.id] = f"the audit can no longer read {b['callback']}"
    return failed, added
