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
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass

from report import history
from report.file import Complaint, Malformed, read_json, write_json, write_text
from report.history import History, Version
from report.model import MEND, parse_audit
from report.text import escape

COMMAND = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "run-audit.sh")
OPERATIONS = r"attach_dev|set_dev_pasid"


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


def _git(kernel: str, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", kernel, *arguments], capture_output=True, text=True, errors="replace"
        )
    except FileNotFoundError:
        raise Complaint("git: not installed: apt-get install git, or use TREES") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"git {arguments[0]} failed"]
        raise Complaint(f"{kernel}: {said[-1]}: name a git directory and its revisions")
    return done.stdout


def _commits(request: Request) -> dict[str, str]:
    """Revision -> commit; a wrong one is told before anything is audited."""
    commits = {}
    for name in request.revisions:
        what = f"{name}^{{commit}}"
        with contextlib.suppress(Complaint):
            found = _git(request.kernel, "rev-parse", "--verify", "--end-of-options", what)
            commits[name] = found.split()[-1]
        if name not in commits:
            _git(request.kernel, "rev-parse", "--git-dir")
            raise Complaint(
                f"{name}: no such revision in {request.kernel}: fetch it or name another"
            )
    return commits


@contextlib.contextmanager
def _unpacked(kernel: str, commit: str, out: str) -> Iterator[str]:
    """The revision's Makefile, contract and the folders that speak of an operation."""
    pattern = ("-l", "-z", "-I", "-E", OPERATIONS, commit, "--", "*.c", "*.h")
    with tempfile.TemporaryDirectory(prefix=".tree.", dir=out) as tree:
        found = subprocess.run(["git", "-C", kernel, "grep", *pattern], capture_output=True)
        files = [os.fsdecode(f).partition(":")[2] for f in found.stdout.split(b"\0") if f]
        folders = sorted({os.path.dirname(f) for f in files if "/" in f})
        wanted = [f":(top,glob){folder}/*.[ch]" for folder in folders]
        archive = ["git", "-C", kernel, "archive", commit, "--", ":(top,literal)Makefile", *wanted]
        with subprocess.Popen(archive, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as packer:
            unpacked = subprocess.run(
                ["tar", "-xf", "-", "-C", tree], stdin=packer.stdout, stderr=subprocess.DEVNULL
            )
        if packer.returncode or unpacked.returncode:
            raise Complaint(f"{commit}: cannot be unpacked into {out}: free some space")
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


def audit_all(request: Request) -> tuple[str, int]:
    mine, of = _shard(request.shard)
    if bool(request.revisions) == bool(request.trees):
        raise Complaint("history: give REVS with KERNEL=gitdir, or TREES: one of the two")
    commits = _commits(request) if request.revisions else {}
    if len(commits) != len(request.revisions):
        raise Complaint("REVS: one revision is named twice: name each once")
    places = commits or _names(request.trees)
    names = tuple(places)
    chosen = [n for i, n in enumerate(names) if i % of == mine - 1]
    _make(request.out)
    versions: list[Version] = []
    began = time.monotonic()
    for name in chosen:
        _progress(len(versions), len(chosen), name, began)
        folder = os.path.join(request.out, f"{names.index(name) + 1:02}-{_slug(name)}")
        if commits:
            with _unpacked(request.kernel, commits[name], request.out) as tree:
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
