# SPDX-License-Identifier: GPL-2.0-only
"""Several versions: in, a git directory with revisions, or trees; out, an audit of each and history.json.

Neither is written to: of a revision, only the files that an audit reads are unpacked, elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from report import history, scratch
from report.file import Complaint, Malformed, read_json, write_json, write_text
from report.history import History, Version
from report.model import MEND, parse_audit
from report.text import escape

COMMAND = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "run-audit.sh")


@dataclass(frozen=True, slots=True)
class Request:
    kernel: str
    revisions: tuple[str, ...]
    trees: tuple[str, ...]
    shard: str
    out: str


def _shard(text: str) -> tuple[int, int]:
    said = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    if not said or not 1 <= int(said[1]) <= int(said[2]):
        raise Complaint(f"{text}: no shard: give I/N with I from 1 to N, as in SHARD=2/3")
    return int(said[1]), int(said[2])


def _check(request: Request) -> None:
    """A wrong revision is told before anything is audited."""
    mend = "name a git directory and its revisions"
    if not os.path.isdir(request.kernel):
        raise Complaint(f"{request.kernel}: no such folder: {mend}")
    for name in request.revisions:
        if not scratch.commit_of(request.kernel, name):
            scratch.asked(request.kernel, "--git-dir")
            where = f"no such revision in {request.kernel}"
            raise Complaint(f"{name}: {where}: fetch it or name another")


@contextlib.contextmanager
def _unpacked(request: Request, name: str) -> Iterator[str]:
    """The revision's Makefile, contract and the folders that speak of an operation: blobs, by their
    names, not an archive, which the repository's attributes and filters would have a say in."""
    with scratch.scratch_folder(request.out) as folder:
        revision = scratch.open_revision(request.kernel, name, folder, bare=True)
        tree = scratch.new_tree(folder, "tree")
        files = scratch.naming_files(revision)
        scratch.extract(revision, scratch.folders_of(files), files, tree)
        yield tree


def _audit(name: str, tree: str, folder: str) -> Version:
    """Runs the command; what it could not audit is said, never left out."""
    result = os.path.join(folder, "audit.json")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(result)
    mine = {"KERNEL", "OUT", "FORMAT", "REVS", "TREES", "SHARD", "BASE", "MBOX", "DRIVER"}
    environment = {k: v for k, v in os.environ.items() if k not in mine}
    done = subprocess.run(
        [COMMAND, "--kernel", tree, "--out", folder, "--quiet"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    if not os.path.isfile(result):
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        return Version(name, None, said[-1].replace(tree, name), None)
    value = read_json(result, MEND)
    try:
        # The place it was audited at is nobody's business, and differs between machines.
        value["kernel"]["path"] = name
        return Version(name, parse_audit(value), "", value)
    except (Malformed, KeyError, TypeError) as error:
        raise Complaint(f"{result}: {error}: {MEND}") from None


def _names(trees: tuple[str, ...]) -> dict[str, str]:
    """Name -> tree; the last part of the path where that is enough."""
    last = [os.path.basename(os.path.abspath(t)) for t in trees]
    names = last if len(set(last)) == len(last) else list(trees)
    if len(set(names)) != len(names):
        raise Complaint("TREES: one tree is named twice: name each once")
    for tree in trees:
        if not os.path.isdir(tree):
            raise Complaint(f"{tree}: no such folder: TREES takes kernel trees")
    return dict(zip(names, trees))


def _progress(done: int, total: int, name: str, began: float) -> None:
    """What is being done and how long the rest may take, from what the earlier ones took."""
    left = ""
    if done:
        left = f", about {round((time.monotonic() - began) / done * (total - done))} s left"
    print(
        f"attach-audit: {escape(name)} ({done + 1} of {total}{left})", file=sys.stderr, flush=True
    )


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".") or "_"


def _make(out: str) -> None:
    try:
        os.makedirs(out, exist_ok=True)
    except OSError as error:
        raise Complaint(f"{out}: {error.strerror}: choose a writable OUT") from None


def audit_all(
    request: Request, held: Callable[[], AbstractContextManager[None]]
) -> tuple[str, int]:
    """All versions, and what they come to; HELD locks OUT once it is there."""
    mine, of = _shard(request.shard)
    if bool(request.revisions) == bool(request.trees):
        raise Complaint("history: give REVS with KERNEL=gitdir, or TREES: one of the two")
    if len(set(request.revisions)) != len(request.revisions):
        raise Complaint("REVS: one revision is named twice: name each once")
    places = _names(request.trees) if request.trees else dict.fromkeys(request.revisions, "")
    names = tuple(places)
    chosen = [n for i, n in enumerate(names) if i % of == mine - 1]
    if request.revisions:
        _check(request)
    _make(request.out)
    with held():
        return _audited(request, mine, of, places, chosen)


def _audited(
    request: Request, mine: int, of: int, places: dict[str, str], chosen: list[str]
) -> tuple[str, int]:
    names = tuple(places)
    versions: list[Version] = []
    began = time.monotonic()
    for name in chosen:
        _progress(len(versions), len(chosen), name, began)
        folder = os.path.join(request.out, f"{names.index(name) + 1:02}-{_slug(name)}")
        if request.revisions:
            with _unpacked(request, name) as tree:
                versions.append(_audit(name, tree, folder))
        else:
            versions.append(_audit(name, places[name], folder))
    found = History(names, tuple(versions))
    if of == 1:
        return _write(found, request.out)
    path = os.path.join(request.out, f"history-{mine}-of-{of}.json")
    write_json(path, history.to_json(found))
    return escape(
        f"{path}: merge it with the other shards: attach-audit merge FILE... --out DIR"
    ) + "\n", _status(found)


def _status(found: History) -> int:
    """2 where a version was not audited, or not completely."""
    whole = all(
        v.audit and all(b.status == "analysed" for b in v.audit.bindings) for v in found.versions
    )
    return 0 if whole else 2


def _write(found: History, out: str) -> tuple[str, int]:
    write_json(os.path.join(out, "history.json"), history.to_json(found))
    text = history.write(found)
    write_text(os.path.join(out, "history.txt"), text)
    write_text(os.path.join(out, "history.html"), history.page(found))
    return text, _status(found)


def merge(paths: list[str], out: str) -> tuple[str, int]:
    whole = history.merge(paths)
    _make(out)
    return _write(whole, out)
