# SPDX-License-Identifier: GPL-2.0-only
"""Places: in, what the command line says; out, the tree, the folders and the files of an audit, each
of which is there and fit for its use. Nothing is made before everything was looked at."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
from argparse import Namespace
from dataclasses import dataclass

from front import process
from front.lock import touch
from report.file import Complaint

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
SAMPLE = os.path.join(ROOT, "sample")
DAY = 24 * 3600
DEBIAN = "/usr/src/linux-source-{}.tar.xz"


def tool(*parts: str) -> str:
    """A file of this tool."""
    return os.path.join(ROOT, *parts)


@dataclass(frozen=True, slots=True)
class Place:
    kernel: str  # as it was given
    tree: str  # without links
    out: str
    cache: str
    baseline: str
    rules: str  # a file like contract.json
    choose: str  # one of its contracts, by name; "": the tree's own
    checks: str  # the program with all steps

    @property
    def is_sample(self) -> bool:
        return self.tree == SAMPLE

    def inside(self, *parts: str) -> str:
        return os.path.join(self.out, *parts)


def cache_folder() -> str:
    home = os.environ.get("XDG_CACHE_HOME")
    if not home:
        if not os.environ.get("HOME"):
            raise Complaint("no place for a cache: set XDG_CACHE_HOME or HOME")
        home = os.path.join(os.environ["HOME"], ".cache")
    return os.path.join(home, "attach-audit")


def _below(path: str, folder: str) -> bool:
    return os.path.commonpath((os.path.realpath(path), folder)) == folder


def default_out(tree: str) -> str:
    """build/audit in a checkout of this tool; anywhere else a folder a tree, in the cache."""
    here = os.getcwd()
    out = tool("build", "audit")
    checkout = os.path.isfile(tool("Makefile")) and os.access(ROOT, os.W_OK)
    if checkout and _below(here, ROOT) and not (tree and _below(out, tree)):
        return os.path.relpath(out, here)
    name = re.sub(r"[^A-Za-z0-9._-]", "_", os.path.basename(tree)) or "root"
    digest = hashlib.sha256(os.fsencode(tree)).hexdigest()[:8]
    return os.path.join(cache_folder(), "audits", f"{name}-{digest}")


def last_out() -> str:
    """Where the last audit's results are that nobody gave a place."""
    inside = default_out("")
    if os.path.isfile(os.path.join(inside, "audit.json")):
        return inside
    held = glob.glob(os.path.join(glob.escape(cache_folder()), "audits", "*", "audit.json"))
    return os.path.dirname(max(held, key=os.path.getmtime)) if held else inside


def _unpacked(version: str, cache: str) -> str:
    """A linux-source package of this machine, unpacked into the cache once."""

    def by_version(path: str) -> list[tuple[int, str]]:
        return [(int(n or 0), word) for n, word in re.findall(r"(\d*)(\D*)", path)]

    found = glob.glob(DEBIAN.format(version), recursive=False)
    if not found:
        raise Complaint(
            f"debian: no {DEBIAN.format(version)}: install one with: apt-get install linux-source"
        )
    tarball = max(found, key=by_version)
    stamp = int(os.stat(tarball).st_mtime)
    name = os.path.basename(tarball).removesuffix(".tar.xz")
    kernel = os.path.join(cache, "trees", f"{name}.{stamp}")
    if os.path.isdir(kernel):
        return kernel
    process.say(f"unpacking {tarball}")
    work = ""
    try:
        os.makedirs(os.path.dirname(kernel), exist_ok=True)
        for stale in glob.glob(f"{glob.escape(kernel)}.*"):  # of a killed run
            if os.stat(stale).st_mtime < time.time() - DAY:
                shutil.rmtree(stale, ignore_errors=True)
        work = tempfile.mkdtemp(prefix=f"{os.path.basename(kernel)}.", dir=os.path.dirname(kernel))
        unpack = ["tar", "-xf", tarball, "-C", work, "--strip-components=1"]
        if any(process.attend(unpack)):
            raise OSError
        os.rename(work, kernel)
    except OSError:
        mend = "free 1.5 GB or set XDG_CACHE_HOME"
        raise Complaint(f"{kernel}: cannot be unpacked: {mend}") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return kernel


def _tree(wish: Namespace, cache: str) -> str:
    if wish.kernel is None:
        return SAMPLE
    kernel: str = wish.kernel
    if not kernel:
        raise Complaint("KERNEL is empty: name a kernel tree, or leave it out for the sample")
    if kernel == "debian" or kernel.startswith("debian-"):
        return _unpacked(kernel[7:] or "*", cache)
    return os.path.expanduser(kernel) if kernel.startswith("~/") else kernel


def make(folder: str, mode: int = 0o777) -> None:
    try:
        os.makedirs(folder, mode, exist_ok=True)
        os.close(touch(os.path.join(folder, ".lock")))
        status = os.stat(folder)
    except OSError as error:
        mend = "choose a writable OUT or XDG_CACHE_HOME"
        raise Complaint(f"{folder}: {error.strerror}: {mend}") from None
    if status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
        mend = "chmod o-w it, or choose another OUT"
        raise Complaint(f"{folder}: anybody may put files in place of its own: {mend}")


def _make_cache(folder: str, out: str) -> str:
    """The cache, this user's alone; where it is another's, one in OUT."""
    try:
        os.makedirs(folder, 0o700, exist_ok=True)
        status = os.stat(folder)
        if status.st_uid == os.geteuid() and status.st_mode & 0o022:
            os.chmod(folder, stat.S_IMODE(status.st_mode) & ~0o022)
    except OSError as error:
        raise Complaint(f"{folder}: {error.strerror}: choose a writable XDG_CACHE_HOME") from None
    if status.st_uid != os.geteuid():
        process.say(f"{folder}: is another user's: not used: set XDG_CACHE_HOME to your own")
        folder = os.path.join(out, ".cache")
    make(folder, 0o700)
    return folder


def find(wish: Namespace) -> Place:
    """Makes the folders too, once everything is known to be right."""
    checks = os.environ.get("ATTACH_CHECKS") or tool("build", "attach-checks")
    if not os.access(checks, os.X_OK):
        raise Complaint(f"{checks}: not built: run make build in {ROOT}")
    cache = cache_folder()
    kernel = _tree(wish, cache)
    tree = os.path.realpath(kernel)
    rules, choose = tool("contract.json"), wish.contract or ""
    if "/" in choose or choose.endswith(".json"):
        rules, choose = choose, ""
        if not os.path.isfile(rules):
            mend = "give CONTRACT a name or a file like contract.json"
            raise Complaint(f"{rules}: no such file: {mend}")
    out = wish.out or default_out(tree)
    for folder in (cache, out):
        if _below(folder, tree):
            raise Complaint(
                f"{folder}: lies in the audited tree, which is never written to: "
                "choose another OUT or XDG_CACHE_HOME"
            )
    make(out)
    cache = _make_cache(cache, out)
    if not wish.out and os.path.isabs(out) and wish.extent != "quiet":
        process.say(f"results: {out}")
    own = SAMPLE if tree == SAMPLE else ROOT
    return Place(
        *(kernel, tree, out, cache),
        baseline=wish.baseline or os.path.join(own, "baseline.json"),
        rules=rules,
        choose=choose,
        checks=checks,
    )
