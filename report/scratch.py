# SPDX-License-Identifier: GPL-2.0-only
"""Scratch trees: in, a kernel tree or a git revision; out, a folder with the files an audit concerns.

Nothing of the tree is run. git is asked for objects and names only: no work tree is checked out, no
hook, filter or external diff of the repository takes part, and nothing is written to it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from collections.abc import Iterator
from dataclasses import dataclass
from glob import escape, glob
from tempfile import TemporaryDirectory
from types import FrameType, MappingProxyType
from typing import Any

from report.file import LARGEST, Complaint, read_json, take, take_below, write_text
from report.model import Audit, read_audit
from report.operations import contract_file, operations

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ALWAYS = ("Makefile", "include/linux/iommu.h")  # the version, the contract
SOURCES = (".c", ".h")
SECONDS = 300  # for a call of git
EMPTY = '{"schema": "attach-audit-baseline/1", "findings": [], "mixed": []}\n'


def inside(name: str) -> bool:
    """A path that stays below the folder it is joined to, and out of any .git."""
    parts = name.split("/")
    return (
        bool(name)
        and "\0" not in name
        and not {"", ".", ".."} & set(parts)
        and (".git" not in (p.lower() for p in parts))
    )


@contextmanager
def scratch_folder(out: str) -> Iterator[str]:
    """Gone when left, also by SIGTERM; what a killed run left there is removed first."""

    def stop(signal_number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        for stale in glob(os.path.join(escape(out), ".scratch.*")):
            shutil.rmtree(stale, ignore_errors=True)
        with TemporaryDirectory(prefix=".scratch.", dir=out, ignore_cleanup_errors=True) as folder:
            yield os.path.realpath(folder)
    except OSError as error:
        raise Complaint(f"{out}: {error.strerror}: free some space or choose another OUT") from None
    finally:
        signal.signal(signal.SIGTERM, before)


# -------------------------------------------------------------------------- git


def git_environment() -> dict[str, str]:
    """None of the variables that a hook's git hands down, and no write to the index."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return env | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "none",  # no such protocol: a promisor remote's program would run
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_PAGER": "cat",
        "LC_ALL": "C",
    }


def git(
    *arguments: str,
    stdin: bytes = b"",
    cwd: str = "/",
    index: str = "",
    configured: bool = False,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.CompletedProcess[bytes]:
    """Without the user's configuration, except where the question is about that or a repository.

    No program that a configuration names is run in either case, and no call takes longer than SECONDS.
    """
    env = git_environment() | dict(settings) | ({"GIT_INDEX_FILE": index} if index else {})
    if not configured:
        env |= {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
    command += ["-c", "protocol.allow=never", *arguments]
    try:
        return subprocess.run(
            command, input=stdin, capture_output=True, env=env, cwd=cwd, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        what = next((a for a in arguments if not a.startswith("-")), "")
        raise Complaint(f"git {what}: took more than {SECONDS} seconds: try git fsck") from None
    except FileNotFoundError:
        raise Complaint("git: not found: install it with: apt-get install git") from None


def first_line(stderr: bytes) -> str:
    """git's reason; of a repository that another user owns, its advice too."""
    lines = stderr.decode("utf-8", "backslashreplace").splitlines() or ["no reason given"]
    advice = [line.strip() for line in lines if "safe.directory" in line]
    return ": ".join([re.sub(r"^(fatal|error): ", "", lines[0]), *advice[:1]])


@dataclass(frozen=True, slots=True)
class Revision:
    """A folder as a revision holds it, read through a git directory of our own that borrows the
    repository's objects: its configuration, attributes and hooks take no part."""

    kernel: str
    git_dir: str
    commit: str
    tree: str  # of the folder, which need not be the repository's top
    top: str
    index: str
    ahead: bool = False  # the revision that was asked for has commits since this one
    unrelated: bool = False  # HEAD and the revision have none in common that is there

    def git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        done = git(f"--git-dir={self.git_dir}", *arguments, stdin=stdin, cwd=self.kernel)
        if done.returncode > 1 or (done.returncode and "grep" not in arguments):
            raise Complaint(f"{self.kernel}: git: {first_line(done.stderr)}: try git fsck")
        return done.stdout


def is_repository(kernel: str) -> bool:
    """Is this folder the top of a work tree, or a git directory itself?"""
    if not os.path.isdir(kernel):
        raise Complaint(f"{kernel}: no such folder: name a kernel tree as KERNEL")
    return os.path.lexists(os.path.join(kernel, ".git")) or (
        os.path.isfile(os.path.join(kernel, "HEAD"))
        and os.path.isdir(os.path.join(kernel, "objects"))
    )


def new_git_dir(path: str, object_format: str = "sha1") -> None:
    """An empty one, in which no attribute means anything."""
    done = git("init", "-q", "--bare", "--template=", f"--object-format={object_format}", path)
    if done.returncode:
        raise Complaint(f"git init: {first_line(done.stderr)}: free some space")
    write(path, "info/attributes", b"* -text -filter -diff -ident -working-tree-encoding\n")


def asked(kernel: str, *questions: str) -> list[str]:
    """One answer a question of git rev-parse."""
    answers = []
    for question in questions:
        done = git("-C", kernel, "rev-parse", *question.split(" "), configured=True)
        if done.returncode:
            why = first_line(done.stderr)
            mend = (
                "" if "safe.directory" in why else ": name a git repository's work tree as KERNEL"
            )
            raise Complaint(f"{kernel}: {why}{mend}")
        answers.append(done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n"))
    return answers


def commit_of(kernel: str, ref: str) -> str:
    """The commit that REF names there, "" for none."""
    verify = ("-C", kernel, "rev-parse", "--verify", "--quiet", "--end-of-options")
    found = git(*verify, f"{ref}^{{commit}}", configured=True).stdout.decode().strip()
    return "" if ref.startswith("-") else found


def open_revision(
    kernel: str, ref: str, folder: str, merged: bool = False, bare: bool = False
) -> Revision:
    """REF as a git directory in FOLDER holds it that is our own; MERGED: not REF itself, but the last
    commit that HEAD has in common with it; BARE: a repository without a work tree does too.

    The repository itself is only asked where its objects lie and which of them REF is.
    """
    if not os.path.isdir(kernel):
        raise Complaint(f"{kernel}: no such folder: name a kernel tree as KERNEL")
    at_work, shallow = asked(kernel, "--is-inside-work-tree", "--is-shallow-repository")
    if at_work != "true" and not bare:
        mend = f"make one: git -C {kernel} worktree add FOLDER"
        raise Complaint(f"{kernel}: a bare repository has no working tree to read: {mend}")
    objects, index, shared, object_format, cut = asked(
        kernel,
        *("--git-path objects", "--git-path index", "--shared-index-path"),
        *("--show-object-format", "--git-path shallow"),
    )
    top = prefix = ""
    if at_work == "true":
        top, prefix = asked(kernel, "--show-toplevel", "--show-prefix")
    commit = commit_of(kernel, ref)
    if not commit:
        mend = "fetch it: git fetch --unshallow" if shallow == "true" else "see git branch --all"
        what = "no such revision" + (" in this shallow repository" if shallow == "true" else "")
        raise Complaint(f"{kernel}: {ref}: {what}: {mend}")
    named, unrelated = commit, False
    if merged:
        base = git("-C", kernel, "merge-base", "HEAD", commit, configured=True)
        unrelated = not base.stdout.strip()
        commit = base.stdout.decode().strip() or commit
    verify = ("-C", kernel, "rev-parse", "--verify", "--quiet", "--end-of-options")
    tree = git(*verify, f"{commit}:{prefix}", configured=True).stdout.decode().strip()
    if not tree:
        raise Complaint(f"{kernel}: {ref} does not hold this folder: name another revision")
    own = os.path.join(folder, "objects.git")
    if not os.path.isdir(own):
        new_git_dir(own, object_format)
        borrowed = os.path.join(kernel, objects).encode("utf-8", "surrogateescape")
        write(own, "objects/info/alternates", borrowed + b"\n")
        if shared:
            os.symlink(os.path.join(kernel, shared), os.path.join(own, os.path.basename(shared)))
        if shallow == "true":
            write(own, "shallow", take(os.path.join(kernel, cut)))
    return Revision(
        kernel, own, commit, tree, top, os.path.join(kernel, index), named != commit, unrelated
    )


def changed(revision: Revision) -> set[str]:
    """Source files that may differ between the revision and the working tree, by stat."""
    done = git(
        *(f"--git-dir={revision.git_dir}", f"--work-tree={revision.top}"),
        *("diff-index", "--relative", "--name-only", "-z", "--no-renames", revision.commit),
        *("--", "."),
        cwd=revision.kernel,
        index=revision.index,
    )
    if done.returncode:
        raise Complaint(f"{revision.kernel}: git diff-index: {first_line(done.stderr)}")
    names = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    return {n for n in names if n.endswith(SOURCES)}


def _listed(revision: Revision, paths: Iterable[str]) -> dict[str, str]:
    """Path -> blob, of the regular files that stand at or directly below the paths."""
    wanted = sorted(paths)
    found = {}
    for i in range(0, len(wanted), 500):
        listing = revision.git(
            "ls-tree", "--full-tree", "-z", revision.tree, "--", *wanted[i : i + 500]
        )
        for row in listing.decode("utf-8", "surrogateescape").split("\0"):
            kind, _, name = row.partition("\t")
            if kind.startswith("100") and inside(name):
                found[name] = kind.split(" ")[2]
    return found


def differing(revision: Revision, paths: list[str]) -> list[str]:
    """Which of these files the revision does not hold, or not with these very bytes.

    git would ask the repository's filters; here the working tree's bytes are named as git names blobs.
    """
    listed = _listed(revision, paths)
    found = []
    for path in paths:
        content = read_below(revision.kernel, path)
        name = listed.get(path, "")
        digest = hashlib.new("sha256" if len(name) == 64 else "sha1", usedforsecurity=False)
        digest.update(b"blob %d\0" % len(content or b"") + (content or b""))
        if content is None or digest.hexdigest() != name:
            found.append(path)
    return found


def _blobs(revision: Revision, names: Iterable[str]) -> Iterator[bytes | int]:
    """Each blob's content; of one over the limit its size alone."""
    asked = list(names)
    listing = "".join(f"{n}\n" for n in asked).encode()
    sizes = {}
    for name, row in zip(
        asked, revision.git("cat-file", "--batch-check", stdin=listing).split(b"\n")
    ):
        header = row.split(b" ")
        if len(header) != 3:
            mend = "fetch it: git fsck tells what is missing"
            raise Complaint(f"{revision.kernel}: object {name} is missing: {mend}")
        sizes[name] = int(header[2])
    small = [name for name in dict.fromkeys(asked) if sizes[name] <= LARGEST]
    listing = "".join(f"{n}\n" for n in small).encode()
    answer, at, content = revision.git("cat-file", "--batch", stdin=listing), 0, {}
    for name in small:
        at = answer.index(b"\n", at) + 1
        content[name] = answer[at : at + sizes[name]]
        at += sizes[name] + 1
    for name in asked:
        yield content.get(name, sizes[name])


# -------------------------------------------------------------- what is concerned


@dataclass(frozen=True, slots=True)
class Reads:
    """What an audit reads of a tree."""

    bindings: frozenset[str]  # files in which an operation is given a value: their folders too
    files: frozenset[str]  # those, and the core's and its callers'
    entry_points: tuple[str, ...]


def _step(name: str, kernel: str, folder: str, *more: str) -> Any:
    """The result of a step of the audit; its cache makes this cheap."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ.get("HOME", ""), ".cache")
    checks = os.environ.get("ATTACH_CHECKS") or os.path.join(ROOT, "build", "attach-checks")
    out = os.path.join(folder, f"{name}.json")
    command = [checks, name, "--tree", kernel, "--cache", os.path.join(cache, "attach-audit")]
    command += ["--contract", contract_file(), "--out", out, *more]
    try:
        done = subprocess.run(command, capture_output=True)
    except OSError as error:
        raise Complaint(f"{checks}: {error.strerror}: run make build in {ROOT}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "backslashreplace").strip().splitlines()
        raise Complaint(said[-1].removeprefix("attach-checks: ") if said else f"{kernel}: no scan")
    return read_json(out, "run it again")


def scan(kernel: str, folder: str, callers: bool = False) -> Reads:
    """`callers`: those who call the core are read as well; `folder` is scratch space."""
    scanned = _step("scan", kernel, folder)
    bindings = frozenset(scanned["files"])
    if not callers:
        return Reads(bindings, bindings, tuple(scanned["entry_points"]))
    places = {n: os.path.join(folder, n) for n in ("scan.json", "core.json", "core.jsonl")}
    entries = _step(
        *("entries", kernel, folder, "--scan", places["scan.json"]),
        *("--core", places["core.json"], "--bindings", places["core.jsonl"]),
    )
    files = bindings | set(scanned["callers"]) | set(entries["files"])
    return Reads(bindings, files, tuple(scanned["entry_points"]))


def concerned(revision: Revision, folder: str, callers: bool = True) -> Reads:
    """What an audit reads in the working tree, and what it reads in the revision alone: files that
    differ and hold an operation's or an entry point's name there."""
    suspects = changed(revision)
    reads = scan(revision.kernel, folder, callers)

    def holding(names: Iterable[str]) -> set[str]:
        paths = sorted(suspects) if len(suspects) <= 500 else []
        found = revision.git(
            *("--literal-pathspecs", "grep", "-l", "-z", "-F", "--text", "--no-textconv"),
            *(word for name in names for word in ("-e", name)),
            *(revision.tree, "--", *paths),
        )
        listed = found.decode("utf-8", "surrogateescape").split("\0")
        return {n.partition(":")[2] for n in listed if n.endswith(SOURCES)} & suspects

    if not suspects:
        return reads
    bindings = reads.bindings | holding(operations())
    files = reads.files | bindings
    if callers and reads.entry_points:
        files |= holding(reads.entry_points)
    return Reads(bindings, files, reads.entry_points)


def naming_files(revision: Revision) -> set[str]:
    """The source files of the revision in which an operation's name stands."""
    patterns = [word for name in operations() for word in ("-e", name)]
    found = revision.git(
        *("--literal-pathspecs", "grep", "-l", "-z", "-F", "--text", "--no-textconv"),
        *(*patterns, revision.tree),
    )
    names = found.decode("utf-8", "surrogateescape").split("\0")
    return {name for n in names if (name := n.partition(":")[2]).endswith(SOURCES)}


def folders_of(files: Iterable[str]) -> set[str]:
    return {os.path.dirname(f) for f in files}


# ---------------------------------------------------------------------- to scratch


def write(into: str, name: str, content: bytes) -> None:
    path = os.path.join(into, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def extract(revision: Revision, folders: Iterable[str], files: Iterable[str], into: str) -> None:
    """Writes the source files directly in the folders, and the files, as the revision holds them."""
    wanted = set(files) | set(ALWAYS)
    listed = _listed(revision, {f + "/" for f in folders if f} | wanted)
    chosen = {n: b for n, b in listed.items() if n in wanted or n.endswith(SOURCES)}
    for name, content in zip(chosen, _blobs(revision, chosen.values())):
        if isinstance(
            content, int
        ):  # the audit names what is over the limit: a hole of that size will do
            write(into, name, b"")
            os.truncate(os.path.join(into, name), content)
        else:
            write(into, name, content)


def read(path: str) -> bytes | None:
    """A regular file's content; a symbolic link is not followed."""
    try:
        return take(path)
    except OSError:
        return None


def read_below(tree: str, name: str) -> bytes | None:
    """The same of a file of a tree; a link is followed where it stays in it."""
    try:
        return take_below(tree, name)
    except OSError:
        return None


def copy(kernel: str, folders: Iterable[str], files: Iterable[str], into: str) -> None:
    """As extract(), from a tree that is no git repository."""
    top = os.path.realpath(kernel)
    wanted = set(files) | set(ALWAYS)
    for folder in set(folders):
        try:
            names = os.listdir(os.path.join(top, folder))
        except OSError:
            continue
        wanted |= {os.path.join(folder, n) for n in names if n.endswith(SOURCES)}
    for name in sorted(wanted):
        content = read_below(top, name) if inside(name) else None
        if content is not None:
            write(into, name, content)


# -------------------------------------------------------------------------- audits


def _run(tree: str, out: str) -> Audit:
    mine = {"KERNEL", "OUT", "BASE", "MBOX", "DRIVER", "BASELINE", "FORMAT", "FORMATS"}
    env = {k: v for k, v in os.environ.items() if k not in mine}
    os.makedirs(out, exist_ok=True)
    result = os.path.join(out, "audit.json")
    if os.path.lexists(result):
        os.unlink(result)
    baseline = os.path.join(out, "no-baseline.json")
    write_text(baseline, EMPTY)
    command = [os.path.join(ROOT, "run-audit.sh"), "--kernel", tree, "--out", out]
    process = subprocess.Popen(
        [*command, "--baseline", baseline, "--quiet"],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _, stderr = process.communicate()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        os.unlink(baseline)
    if not os.path.exists(result) or process.returncode < 0:
        said = stderr.decode("utf-8", "backslashreplace").strip().splitlines()
        why = re.sub(r"^attach-(audit|checks): ", "", said[-1]) if said else f"{tree}: not audited"
        raise Complaint(why)
    return read_audit(result)


def new_tree(folder: str, name: str) -> str:
    """An empty one; a kernel tree has a drivers/iommu even where nothing of it is concerned."""
    tree = os.path.join(folder, name)
    os.makedirs(os.path.join(tree, "drivers/iommu"))
    return tree


def run_audits(trees: list[tuple[str, str]]) -> list[Audit]:
    """Audits each (tree, folder for the results), two at a time; of many alike the first goes ahead,
    since what it has read of a file the others need not read again."""
    ahead = [_run(*trees[0])] if len(trees) > 2 else []
    with ThreadPoolExecutor(max_workers=2) as pool:
        return ahead + list(pool.map(lambda pair: _run(*pair), trees[len(ahead) :]))
