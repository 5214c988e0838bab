# SPDX-License-Identifier: GPL-2.0-only
"""Compile: in, a series, its tree and the flags of a prepared one; out, which edits bring a warning,
and for which architectures each file was compiled.

The flags are those that engine sparse keeps: what the tree's own Makefiles hand a checker. clang
parses each file as it was and as each patch leaves it, in the sandbox; nothing is made of it.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from report import sandbox
from report.file import take
from report.patches.rewrite import Change
from report.patches.series import Patch, write_files

ARCHES = ("x86_64", "arm64", "arm", "s390", "powerpc")  # in the order in which they are tried
ENOUGH = 2  # architectures a file
TIMEOUT = 120  # seconds for a file
_SPARSE = ("-Wbitwise", "-Wno-return-void", "-Wno-unknown-attribute", "--arch=", "-mlittle-endian")
_UNWANTED = (*_SPARSE, "-mbig-endian", "-Werror", "-frandomize-layout-seed", "-DRANDSTRUCT")
# scripts/Makefile.extrawarn, W=1, as far as an edit of a function can bring such a warning
_WARNINGS = ["-Wextra", "-Wunused", "-Wno-unused-parameter", "-Wno-sign-compare"]
_WARNINGS += ["-Wno-missing-field-initializers", "-Wunused-but-set-variable", "-Wempty-body"]
_FIXED = ["-Wno-error", "-Wno-unknown-warning-option", '-DKBUILD_MODFILE="x"']
_FIXED += ['-DKBUILD_MODNAME="x"', '-DKBUILD_BASENAME="x"', "-D__KBUILD_MODNAME=kmod_x"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Of one architecture."""

    arch: str
    flags: tuple[str, ...]
    reads: tuple[str, ...]  # folders beside the tree that the flags name


@dataclass(frozen=True, slots=True)
class Proof:
    failed: dict[str, str] = field(default_factory=dict)  # finding -> why its edit is dropped
    arches: dict[str, tuple[str, ...]] = field(default_factory=dict)  # file -> it was compiled for

    def said(self, files: Iterable[str]) -> str:
        """A sentence on these files."""
        wanted = list(files)
        done = [f for f in wanted if self.arches.get(f)]
        arches = sorted({a for f in done for a in self.arches[f]})
        if not done:
            return "Not compiled: no prepared tree has flags that parse the files. Not run."
        rest = ", ".join(sorted(set(wanted) - set(done)))
        what = f", but for {rest}" if rest else ""
        names = " and ".join(filter(None, (", ".join(arches[:-1]), arches[-1])))
        return f"Compiled for {names} with the warnings of W=1, none of them new{what}. Not run."


def prepared(tree: str, given: str, cache: str) -> list[Prepared]:
    """The flags that the audit has just used (a folder of files N-ARCH), or else those of the newest
    preparation of this tree in the cache."""
    found: dict[str, tuple[float, str]] = {}
    top = os.path.realpath(tree)
    folder = os.path.join(cache, "prepared")
    if given and os.path.isdir(given):
        for name in os.listdir(given):
            found[name.partition("-")[2]] = 0.0, os.path.join(given, name)
    elif os.path.isdir(folder):
        needed = f"-I{top}/include\n"
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name, "flags")
            try:
                with open(path, encoding="utf-8") as file:
                    if needed not in file.read():
                        continue
                with open(os.path.join(folder, name, "arch"), encoding="utf-8") as file:
                    arch = file.read().strip()
            except OSError:
                continue
            found[arch] = max(found.get(arch, (0.0, "")), (os.stat(path).st_mtime, path))
    out = []
    for arch in sorted(found, key=lambda a: ARCHES.index(a) if a in ARCHES else len(ARCHES)):
        with open(found[arch][1], encoding="utf-8") as file:
            flags = tuple(f for f in file.read().split("\n") if f and not f.startswith(_UNWANTED))
        named = {f[2:] for f in flags if f.startswith("-I/")}
        beside = [f for f in sorted(named) if os.path.isdir(f) and not f.startswith(top + "/")]
        out.append(Prepared(arch, flags, tuple(beside)))
    return out


class Compiler:
    """Says what clang has to say of a file, each text of it once."""

    def __init__(self, tree: str, scratch: str, flags: list[Prepared]) -> None:
        self.tree, self.flags = os.path.realpath(tree), flags
        self.scratch = os.path.join(scratch, "compile")
        self.clang = f"clang{os.environ.get('LLVM') or '-19'}"
        self._known: dict[tuple[str, str, str], Counter[str] | None] = {}

    def said(self, arch: Prepared, path: str, files: dict[str, str]) -> Counter[str] | None:
        """The warnings, without their lines, when `files` have these texts; None for an error."""
        key = arch.arch, path, json.dumps(files, sort_keys=True)
        if key not in self._known:
            self._known[key] = self._run(arch, path, files)
        return self._known[key]

    def _run(self, arch: Prepared, path: str, files: dict[str, str]) -> Counter[str] | None:
        os.makedirs(self.scratch, exist_ok=True)
        folder = tempfile.mkdtemp(dir=self.scratch)
        write_files(folder, files)
        overlay = os.path.join(folder, "overlay.json")
        places = [
            {"type": "file", "name": f"{self.tree}/{p}", "external-contents": f"{folder}/{p}"}
            for p in sorted(files)
        ]
        with open(overlay, "w", encoding="utf-8") as file:
            json.dump({"version": 0, "roots": places}, file)
        command = [self.clang, "-fsyntax-only", *arch.flags, *_WARNINGS, *_FIXED]
        command += ["-fno-color-diagnostics", "-fno-caret-diagnostics", "-ferror-limit=1"]
        command += ["-ivfsoverlay", overlay, "-x", "c", f"{self.tree}/{path}"]
        see, limits = [folder, *arch.reads], sandbox.Limits(seconds=TIMEOUT)
        try:
            done = sandbox.run(command, self.tree, see=see, limits=limits)
        except (OSError, sandbox.NoSandbox):
            return None
        if done.status:
            return None
        said = done.errors.decode("utf-8", "replace")
        return Counter(re.findall(r"(?m)^\S+?: warning: (.*)$", said))


def _first(new: Counter[str], old: Counter[str]) -> str:
    return min((new - old).elements(), default="")


def _units(path: str, tree: str) -> list[str]:
    """The C files to compile for an edit of this one: for a header those beside it that include it."""
    if not path.endswith(".h"):
        return [path]
    folder, name = os.path.split(path)
    found: list[str] = []
    for other in sorted(os.listdir(os.path.join(tree, folder))):
        if other.endswith(".c") and len(found) < ENOUGH:
            try:
                text = take(os.path.join(tree, folder, other)).decode("latin-1")
            except OSError:  # no plain file: the audit has named it
                continue
            if f'#include "{name}"' in text:
                found.append(os.path.join(folder, other))
    return found


def compiles(compiler: Compiler, series: list[Patch], jobs: int) -> Proof:
    """Each file as each patch leaves it, held against how it was."""
    tree, flags = compiler.tree, compiler.flags

    def of_file(path: str) -> tuple[dict[str, str], set[str]]:
        failed: dict[str, str] = {}
        names: set[str] = set()
        own = path.split("/")[1] if path.startswith("arch/") else ""
        left = [[c for c in patch.changes if c.target.file == path] for patch in series]
        for unit in _units(path, tree):
            done = 0
            for arch in flags:
                if done == ENOUGH or (own and not arch.arch.startswith(own)):
                    continue
                said = [
                    (group, compiler.said(arch, unit, _texts(group))) for group in left if group
                ]
                # only what is not silent has to be held against how it was
                old = (
                    compiler.said(arch, unit, {})
                    if any(new != Counter() for _, new in said)
                    else Counter()
                )
                if old is None:  # not this architecture's
                    continue
                done += 1
                names.add(arch.arch)
                for group, new in said:
                    if new is None or new - old:
                        failed |= _guilty(compiler, arch, unit, group)
        return failed, names

    paths = sorted({c.target.file for p in series for c in p.changes})
    with ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(of_file, paths)) if flags else []
    reasons = {f: why for failed, _ in results for f, why in failed.items()}
    arches = {path: tuple(sorted(names)) for path, (_, names) in zip(paths, results)}
    return Proof(reasons, arches)


def _texts(changes: list[Change]) -> dict[str, str]:
    """The file as a patch leaves it."""
    return {changes[-1].target.file: changes[-1].after}


def _guilty(compiler: Compiler, arch: Prepared, unit: str, changes: list[Change]) -> dict[str, str]:
    """Which edits of a patch bring a warning or an error, held each against the one before it."""
    failed = {}
    for change in changes:
        before = compiler.said(arch, unit, {change.target.file: change.before})
        after = compiler.said(arch, unit, {change.target.file: change.after})
        if after is None and before is not None:
            failed[change.target.id] = f"{unit} no longer compiles for {arch.arch}"
        elif after is not None and before is not None and after - before:
            failed[change.target.id] = f"clang for {arch.arch}: {_first(after, before)}"
    return failed or {
        changes[-1].target.id: f"{unit} does not compile for {arch.arch} as the patch leaves it"
    }
