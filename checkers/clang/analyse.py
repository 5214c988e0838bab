#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The clang engine: in, a kernel tree, bindings.jsonl and an audit; out, sites-clang.jsonl.

Runs the Clang Static Analyzer with the plugin once a callback, each run in the sandbox and with a limit of
time and memory, and keeps what it said by content: the files it read, the flags, the plugin and the compiler.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))  # python3 -I has no other place of the project's own

from report import sandbox
from report.file import take, take_below
from report.text import escape

CHECKER = "iommu.AttachPath"
FORMAT = 1  # of what is kept

# What says how a file is to be read. prepare.sh lets no other flag of the tree's Makefiles through; of a
# file that is given nothing that loads or writes files is handed on either.
JOINED = (
    *(
        "-I",
        "-D",
        "-U",
        "-std=",
        "-m",
        "--target=",
        "-O",
        "-isystem",
        "-nostdinc",
        "-ffreestanding",
    ),
    *("-fshort-wchar", "-fms-extensions", "-funsigned-char", "-fsigned-char", "-fno-builtin"),
    *("-fno-strict", "-fno-common", "-fno-delete-null", "-fwrapv", "-fshort-enums"),
)
APART = ("-I", "-D", "-U", "-include", "-imacros", "-isystem", "-iquote", "-idirafter")
SKIPPED = ("-mllvm", "-meabi", "--param", "-o", "-MF", "-MT", "-MQ", "-Xclang", "-arch")
FIXED = [
    "-w",
    "-Wno-error",
    '-DKBUILD_MODNAME="x"',
    '-DKBUILD_BASENAME="x"',
    '-DKBUILD_MODFILE="x"',
]
FIXED += ["-D__KBUILD_MODNAME=x", "-fno-crash-diagnostics"]
# See docs/clang.md, "Options".
ANALYZER = ["-Xclang", "-analyzer-inline-max-stack-depth", "-Xclang", "12"]
ANALYZER += ["-Xclang", "-analyzer-disable-retry-exhausted"]
UNCOMPILED = "does not compile: "
# Files of which each compiles and both do not.
CLASH = re.compile("redefinition|conflicting types|different kind of symbol|non-static declaration")
MEMORY = ("out of memory", "bad_alloc", "annot allocate memory", "failed to map segment")
CONFIG = "eagerly-assume=false,max-inlinable-size=1000"


class Failed(Exception):
    """Why the engine cannot run, and the mend."""


Place = tuple[str, str, int]  # file, function, line


@dataclass(frozen=True)
class Route:
    to: Place
    change: bool  # a change is demanded there
    enter: tuple[str, ...]  # functions on the way
    joined: tuple[str, ...]  # and their files


@dataclass(frozen=True)
class Job:
    """One callback, and where it may be defined: the first of these files that has it is taken."""

    op: str
    callback: str
    bindings: tuple[dict[str, Any], ...]
    files: tuple[str, ...]
    joined: tuple[str, ...]  # files of the driver that its calls lead to
    enter: tuple[str, ...] = ()  # functions that are entered; () for all
    routes: tuple[Route, ...] = ()  # to the sites that a path is wanted for


@dataclass(frozen=True)
class Answer:
    status: str  # analysed, partial, not-analysed
    why: str
    lines: tuple[dict[str, Any], ...] = ()
    read: tuple[str, ...] = ()
    keep: bool = True  # the same input says the same
    limited: bool = False  # by its budget


@dataclass(frozen=True)
class Settings:
    tree: Path
    clang: str
    plugin: Path
    version: str
    api: Path
    contract: Path
    cache: Path | None
    seconds: int
    megabytes: int
    nodes: int
    work: Path


# ---------------------------------------------------------------------- what to run


def read_lines(path: str) -> Iterator[dict[str, Any]]:
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                value = json.loads(line)
                if not isinstance(value, dict):
                    raise ValueError(f"line {number} is no object")
                yield value
    except (OSError, ValueError) as error:
        raise Failed(f"{path}: {error}: run the audit's earlier steps again") from None


def read_audit(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            audit = json.load(file)
        return {"sites": audit["sites"], "findings": audit["findings"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failed(f"{path}: {error!r}: run the audit's earlier steps again") from None


def disputed(audit: dict[str, Any]) -> list[dict[str, Any]]:
    """Sites with a finding, and those that engines or contexts do not agree on."""
    found = {f["site"] for f in audit["findings"]}
    return [s for s in audit["sites"] if s["id"] in found or s["confidence"] == "low"]


def defined_in(tree: Path, binding: dict[str, Any]) -> list[str]:
    """C files that may define the callback: its table's, then others of that folder that call it so."""
    file = str(binding["file"])
    name = re.compile(rf"^[^\s#/*].*\b{re.escape(str(binding['callback']))}\s*\(", re.MULTILINE)
    others = []
    for path in sorted((tree / file).parent.glob("*.c")):
        relative = path.relative_to(tree).as_posix()
        try:
            if relative != file and name.search(
                take_below(str(tree), relative).decode("utf-8", "replace")
            ):
                others.append(relative)
        except OSError:
            continue
    return [file, *others]


def place(site: dict[str, Any]) -> Place:
    return str(site["file"]), str(site["function"]), int(site["line"])


def leads_to(line: dict[str, Any], where: Place) -> bool:
    branch = line["guards"][0]["line"] if line["guards"] else 0
    there = branch < where[2] <= line.get("exit_line", 0)
    there = there or where[2] in (line["line"], line.get("constant_line"))
    return there and (line["file"], line["function"]) == where[:2]


def route(to: Place, change: bool, lines: list[dict[str, Any]], files: tuple[str, ...]) -> Route:
    """Over the calls on the way to a site, and below a helper whose failure it is."""
    own = [line for line in lines if place(line) == to]
    called = {str(line.get("callee") or line["errno"].partition(":")[2]) for line in own} - {""}
    below = [x for x in lines if any(step["function"] in called for step in x["path"])]
    steps = [step for line in (*own, *below) for step in line["path"]]
    names = tuple(sorted({step["function"] for step in steps}))
    return Route(to, change, names, other_sources(steps, files))


def other_sources(steps: Iterable[dict[str, Any]], files: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({s["file"] for s in steps if s["file"].endswith(".c")} - set(files[:1])))


def plan(
    tree: Path,
    bindings: Iterable[dict[str, Any]],
    audit: dict[str, Any],
    lines: list[dict[str, Any]],
    everything: bool,
) -> list[Job]:
    jobs: dict[tuple[str, ...], Job] = {}
    disputes = {place(site): site["verdict"] == "change" for site in disputed(audit)}
    of_callback: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for line in lines:
        folder = os.path.dirname(line["path"][0]["file"])
        of_callback.setdefault((line["op"], line["callback"], folder), []).append(line)
    for binding in bindings:
        if binding.get("status") != "bound":
            continue
        op, callback = str(binding["op"]), str(binding["callback"])
        own = of_callback.get((op, callback, os.path.dirname(str(binding["file"]))), [])
        wanted = tuple(sorted(disputes.keys() & {place(line) for line in own}))
        if not wanted and not everything:
            continue
        entries = sorted({line["path"][0]["file"] for line in own})
        files = tuple(entries or defined_in(tree, binding))
        key = (op, callback, *files)
        if key in jobs:
            jobs[key] = replace(jobs[key], bindings=(*jobs[key].bindings, binding))
            continue
        if everything:
            joined = other_sources((step for line in own for step in line["path"]), files)
            jobs[key] = Job(op, callback, (binding,), files, joined)
            continue
        routes = tuple(route(to, disputes[to], own, files) for to in wanted)
        enter = tuple(sorted({name for r in routes for name in r.enter}))
        joined = tuple(sorted({name for r in routes for name in r.joined}))
        jobs[key] = Job(op, callback, (binding,), files, joined, enter, routes)
    return list(jobs.values())


# --------------------------------------------------------------------------- flags


def usable_flags(lines: list[str]) -> list[str]:
    flags: list[str] = []
    i = 0
    while i < len(lines):
        flag, has_value = lines[i], i + 1 < len(lines)
        if flag in APART and has_value:
            if flag in ("-D", "-U"):
                flags.append(flag + lines[i + 1])
            elif not lines[i + 1].startswith("@"):  # the compiler would read arguments from it
                flags += [flag, lines[i + 1]]
            i += 2
        elif flag in SKIPPED:
            i += 2
        else:
            if flag.startswith(JOINED):
                flags.append(flag)
            i += 1
    return flags


class Flags:
    """A file's compiler flags by architecture; the tree is prepared for each when it is first needed."""

    def __init__(self, tree: Path, args: argparse.Namespace) -> None:
        self.tree, self.cache, self.jobs, self.build = tree, args.cache, args.jobs, args.build
        self.prepare = str(HERE.parent / "read" / "prepare.sh")
        self.known: dict[str, list[str]] = {}
        self.failed: dict[str, str] = {}
        self.given: str = args.flags
        self.lock = threading.Lock()

    def arches(self, file: str) -> list[str]:
        """Likely ones first; flags or a build that are given are of one."""
        if self.given or self.build:
            return [os.environ.get("ARCH") or "x86_64"]
        command = [self.prepare, "--tree", str(self.tree), "--guess", file]
        return subprocess.run(command, capture_output=True, text=True).stdout.split()

    def of(self, arch: str) -> list[str] | None:
        with self.lock:
            if arch not in self.known and arch not in self.failed:
                self._learn(arch)
            return self.known.get(arch)

    def _learn(self, arch: str) -> None:
        try:
            text = (
                Path(self.given).read_text(encoding="utf-8") if self.given else self._prepared(arch)
            )
            self.known[arch] = usable_flags(text.splitlines())
        except (Failed, OSError) as error:
            self.failed[arch] = str(error)

    def _prepared(self, arch: str) -> str:
        command = [self.prepare, "--tree", str(self.tree), "--arch", arch, "--jobs", str(self.jobs)]
        command += ["--build", self.build] if self.build else ["--cache", str(self.cache)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["prepare.sh said nothing"]
            raise Failed(said[-1].removeprefix("prepare: "))
        if self.build:
            return done.stdout  # the flags themselves
        return Path(done.stdout.strip(), "flags").read_text(encoding="utf-8")


# ----------------------------------------------------------------------- one callback


def first_error(said: str) -> str:
    errors = [line for line in said.splitlines() if ": error:" in line or "fatal error" in line]
    return (errors or said.strip().splitlines() or ["the compiler said nothing"])[0].strip()


def relative(settings: Settings, text: str) -> str:
    return text.replace(f"{settings.tree}/", "").replace(f"{settings.work}/", "")


class Runner:
    def __init__(self, settings: Settings, flags: Flags) -> None:
        self.settings, self.flags = settings, flags
        self.running: set[subprocess.Popen[str]] = set()
        self.lock = threading.Lock()
        self.digests: dict[str, str] = {}
        self.number = 0
        self.arch_of: dict[str, str] = {}

    def stop(self) -> None:
        with self.lock:
            for process in self.running:
                os.killpg(process.pid, signal.SIGKILL)

    def _limit(self) -> None:
        size = self.settings.megabytes << 20
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def _sandboxed(self, command: list[str], flags: list[str], folder: str) -> list[str]:
        """It sees the tree, its build and the plugin, and writes the folder."""
        if sandbox.trusted():
            return command
        s = self.settings
        preload = str(s.plugin.with_name("attach-open.so"))
        preload = preload if os.path.exists(preload) else ""
        paths = {flag.removeprefix("-I") for flag in flags}
        see = sorted(p for p in paths if p.startswith("/") and not p.startswith(f"{s.tree}/"))
        return sandbox.wrapped(
            command,
            str(s.tree),
            [p for p in see if not p.startswith(sandbox.PROGRAMS)]
            + [str(s.plugin), str(s.api), str(s.contract), *([preload] if preload else [])],
            [folder],
            [shutil.which(s.clang) or s.clang],
            preload,
        )

    def _run(self, command: list[str]) -> tuple[int, str]:
        """Status, or -SIGKILL when it took too long, and what it said."""
        process = subprocess.Popen(
            command,
            cwd=self.settings.tree,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=self._limit,
        )
        with self.lock:
            self.running.add(process)
        try:
            _, said = process.communicate(timeout=self.settings.seconds)
            return process.returncode, said
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return -signal.SIGKILL, ""
        finally:
            with self.lock:
                self.running.discard(process)

    def _command(self, job: Job, source: str, flags: list[str], out: str) -> list[str]:
        s = self.settings
        options = {"Out": out, "Callback": job.callback, "Op": job.op, "Root": s.tree}
        options |= {"Api": s.api, "Contract": s.contract}
        if job.enter:
            options["Enter"] = ";".join(job.enter)
        config = ",".join(f"{CHECKER}:{name}={value}" for name, value in options.items())
        command = [
            s.clang,
            "--analyze",
            "--analyzer-no-default-checks",
            "--analyzer-output",
            "text",
            "-o",  # else it is a file in the tree, which a failed compile removes
            f"{out}.report",
        ]
        command += [*flags, *FIXED, *ANALYZER]
        for option in (
            ["-load", str(s.plugin)],
            [f"-analyzer-checker={CHECKER}"],
            [f"-analyze-function={job.callback}"],
            ["-analyzer-opt-analyze-headers"],  # of a file that is put together of others
            ["-analyzer-config", f"{config},{CONFIG},max-nodes={s.nodes}"],
            ["-dependency-file", f"{out}.d", "-MT", "x", "-sys-header-deps"],
        ):
            command += [word for o in option for word in ("-Xclang", o)]
        return [*command, source]

    def _read(self, out: str) -> tuple[str, ...]:
        """The files of the tree and its build that the compiler read."""
        try:
            text = take(f"{out}.d").decode("utf-8", "replace")
        except OSError:
            return ()
        names = re.findall(r"(?:\\.|[^\s\\])+", text.replace("\\\n", " ").partition(":")[2])
        own = str(self.settings.work)
        return tuple(n for n in (x.replace("\\ ", " ") for x in names) if not n.startswith(own))

    def _near(self, files: tuple[str, ...]) -> tuple[str, ...]:
        """What a file that does not compile may have read: the compiler does not tell. Headers of the
        tree are in the key already, by the name of the prepared folder."""
        near = set(files)
        for folder in {(self.settings.tree / f).parent for f in files}:
            for path in (*folder.glob("*.[ch]"), *folder.parent.glob("*.h")):
                near.add(path.relative_to(self.settings.tree).as_posix())
        return tuple(sorted(near))

    def analyse(self, job: Job, files: tuple[str, ...], flags: list[str]) -> Answer | None:
        """What the plugin says of the callback in these files put together; None: not defined there."""
        s = self.settings
        with self.lock:
            self.number += 1
            folder = s.work / str(self.number)
        folder.mkdir()
        out = str(folder / "paths.json")
        source = str(s.tree / files[0])
        if len(files) > 1:
            source = f"{out}.c"
            included = "".join(f'#include "{s.tree / f}"\n' for f in files)
            Path(source).write_text(included, encoding="utf-8")
        command = self._command(job, source, flags, out)
        status, said = self._run(self._sandboxed(command, flags, str(folder)))
        said = relative(s, said)
        if status == -signal.SIGKILL:
            return Answer("not-analysed", f"takes more than {s.seconds} s", keep=False)
        if "PLEASE submit a bug report" in said or status < 0 or status >= 127:
            why = "the analyzer crashed"
            if any(word in said for word in MEMORY):
                why = f"needs more than {s.megabytes} MB"
            return Answer("not-analysed", why, keep=False)
        if status:
            return Answer("not-analysed", f"{UNCOMPILED}{first_error(said)}", (), self._near(files))
        try:
            lines = json.loads(take(out))
        except (OSError, ValueError):
            return None
        summary = next(line for line in lines if line["k"] == "paths")
        sites = tuple(line for line in lines if line["k"] == "site")
        state = "partial" if summary["why"] else "analysed"
        return Answer(state, summary["why"], sites, self._read(out), True, summary["limited"])

    # ------------------------------------------------------------- what is kept

    def _digest(self, name: str) -> str:
        if name not in self.digests:
            try:
                path = self.settings.tree / name
                self.digests[name] = hashlib.sha256(take(str(path))).hexdigest()[:24]
            except FileNotFoundError:
                self.digests[name] = "-"
            except OSError:  # not a plain file: it is what nothing is kept under
                self.digests[name] = os.urandom(12).hex()
        return self.digests[name]

    def _key(self, job: Job, files: tuple[str, ...], flags: list[str]) -> str:
        s = self.settings
        parts = [FORMAT, str(s.tree), job.op, job.callback, job.enter, files, flags]
        parts += [FIXED, ANALYZER, CONFIG]
        parts += [
            s.version,
            s.nodes,
            *(self._digest(str(p)) for p in (s.plugin, s.api, s.contract)),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]

    def _kept(self, key: str) -> Answer | None:
        try:
            assert self.settings.cache
            path = self.settings.cache / "clang" / key
            kept = json.loads(take(str(path), own=True))
            if any(self._digest(name) != digest for name, digest in kept["read"].items()):
                return None
            lines, read = tuple(kept["lines"]), tuple(kept["read"])
            return Answer(kept["status"], kept["why"], lines, read, True, kept["limited"])
        except (OSError, ValueError, KeyError, AssertionError, AttributeError, TypeError):
            return None

    def _keep(self, key: str, answer: Answer) -> None:
        if not self.settings.cache or not answer.keep or not answer.read:
            return
        kept: dict[str, Any] = {"status": answer.status, "why": answer.why, "lines": answer.lines}
        kept["limited"] = answer.limited
        kept["read"] = {name: self._digest(name) for name in answer.read}
        folder = self.settings.cache / "clang"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", dir=folder, delete=False, encoding="utf-8"
            ) as file:
                json.dump(kept, file)
            os.replace(file.name, folder / key)
        except OSError:
            pass  # the next run is only slower

    def _compiled(self, job: Job, files: tuple[str, ...]) -> Answer | None:
        """With the first architecture that compiles them; None: the callback is not defined there."""
        file = files[0]
        likely = self.flags.arches(file)
        errors: dict[str, str] = {}
        # what parses most comes first, as in engine sparse, which has prepared it
        likely_first = sorted(likely, key=lambda arch: arch != "x86_64")
        for arch in [self.arch_of[file]] if file in self.arch_of else likely_first:
            flags = self.flags.of(arch)
            if flags is None:
                errors[arch] = self.flags.failed[arch]
                continue
            key = self._key(job, files, flags)
            answer = self._kept(key)
            if answer is None:
                answer = self.analyse(job, files, flags)
                if answer is None:
                    return None
                self._keep(key, answer)
            if not answer.why.startswith(UNCOMPILED):
                self.arch_of[file] = arch
                return answer
            errors[arch] = answer.why
            if len(files) > 1 and CLASH.search(answer.why):
                break
        return Answer("not-analysed", errors.get(likely[0]) or next(iter(errors.values())))

    def _somewhere(self, job: Job) -> Answer:
        """In the first file that defines the callback, put together with others where that compiles."""
        why = f"{job.callback} is defined in none of {', '.join(job.files)}"
        for file in job.files:
            together = (file, *(f for f in job.joined if f != file))
            for files in dict.fromkeys([together, (file,)]):
                answer = self._compiled(job, files)
                if answer is None:
                    break
                if answer.status == "not-analysed":
                    why = answer.why
                    if why.startswith(f"{UNCOMPILED}{file}:") and not CLASH.search(why):
                        break  # by itself it is no better
                    continue
                if files != together and answer.status == "analysed":
                    said = f"{', '.join(together[1:])} cannot be joined with it"
                    answer = replace(answer, status="partial", why=said)
                return answer
        return Answer("not-analysed", why)

    def run(self, job: Job) -> Answer:
        """All that is wanted in one go; a change that a limit cut off then by itself."""
        answer = self._somewhere(job)
        for r in job.routes if answer.limited else ():
            missing = not any(leads_to(line, r.to) for line in answer.lines)
            if missing and r.change and r.enter != job.enter:
                alone = self._somewhere(replace(job, enter=r.enter, joined=r.joined))
                lines, read = (*answer.lines, *alone.lines), (*answer.read, *alone.read)
                sure = answer.keep and alone.keep and bool(alone.read)
                answer = replace(answer, lines=lines, read=read, keep=sure)
        return answer


class Whole:
    """The whole result, kept while nothing changes that decides it: the next run has no work at all."""

    def __init__(self, args: argparse.Namespace, tree: Path, version: str) -> None:
        content = hashlib.sha256(f"{FORMAT} {tree} {version} {args.all} {args.build}".encode())
        content.update(f"{args.seconds} {args.megabytes} {args.nodes}".encode())
        flags = sorted(Path(args.prepared).iterdir()) if args.prepared else []
        given: list[str | Path | None] = [
            args.bindings,
            args.audit,
            *args.sites,
            args.api,
            args.contract,
            args.plugin,
            __file__,
            *flags,
        ]
        for path in (g for g in given if g):
            content.update(hashlib.sha256(Path(path).read_bytes()).digest())
        self.tree, self.inputs = tree, content.hexdigest()
        # flags name the prepared build, so they change with its configuration: without them nothing is kept
        name = hashlib.sha256(str(tree).encode()).hexdigest()[:16]
        folder = Path(args.cache).resolve() if args.cache and flags else None
        self.path = folder / f"paths-{name}" if folder else None

    def _stamps(self, names: Iterable[str]) -> dict[str, list[int]]:
        stamps = {}
        for name in names:
            stat = (self.tree / name).stat()
            stamps[name] = [stat.st_size, stat.st_mtime_ns]
        return stamps

    def load(self) -> str | None:
        try:
            kept = json.loads(take(str(self.path), own=True)) if self.path else {}
            if kept.get("inputs") == self.inputs and kept["read"] == self._stamps(kept["read"]):
                return str(kept["text"])
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            pass
        return None

    def store(self, text: str, answers: list[Answer], began: float) -> None:
        """Unless an answer may be another the next time, or a file changed since the run began."""
        if not self.path or not all(a.keep and a.read for a in answers):
            return
        try:
            read = self._stamps(sorted({name for a in answers for name in a.read}))
            if any(changed >= began * 1e9 for _, changed in read.values()):
                return
            with tempfile.NamedTemporaryFile(
                "w", dir=self.path.parent, delete=False, encoding="utf-8"
            ) as file:
                json.dump({"inputs": self.inputs, "read": read, "text": text}, file)
            os.replace(file.name, self.path)
        except OSError:
            pass  # the next run is only slower


# ----------------------------------------------------------------------------- lines


@dataclass
class Progress:
    total: int
    done: int = 0
    shown: bool = field(default_factory=lambda: sys.stderr.isatty())

    def step(self) -> None:
        self.done += 1
        if self.shown:
            end = "\r" if self.done < self.total else "\r\033[K"
            print(f"\033[Kattach-audit: clang {self.done}/{self.total}", end=end, file=sys.stderr)


def to_lines(job: Job, answer: Answer, drivers: dict[str, str]) -> list[dict[str, Any]]:
    lines = []
    for binding in job.bindings:
        driver = drivers.get(str(binding["file"]), os.path.splitext(str(binding["file"]))[0])
        row = {name: binding.get(name, "") for name in ("op", "ops", "callback", "file", "line")}
        row |= {"k": "coverage", "engine": "clang", "driver": driver}
        lines.append(row | {"status": answer.status, "why": answer.why})
        for site in answer.lines:
            own = {"driver": driver, "fixed": binding.get("fixed", "")}
            lines.append({k: v for k, v in site.items() if k != "arrival"} | own)
    return lines


def compiler(clang: str, plugin: Path) -> str:
    """The compiler's version, once it is sure that it takes the plugin: another major version's is not."""
    try:
        done = subprocess.run([clang, "--version"], capture_output=True, text=True, cwd="/")
    except OSError:
        raise Failed(f"{clang}: not found: install it with: apt-get install clang-19") from None
    version = re.search(r"version (\S+)", done.stdout)
    if done.returncode or not version:
        raise Failed(f"{clang}: does not tell its version: name another with CLANG=")
    if not plugin.is_file():
        raise Failed(f"{plugin.name}: not built: make clang builds it")
    command = [clang, "-cc1", "-load", str(plugin), "-analyze", f"-analyzer-checker={CHECKER}"]
    probe = subprocess.run(
        [*command, "-x", "c", "/dev/null"], capture_output=True, text=True, cwd="/"
    )
    if probe.returncode:
        raise Failed(
            f"{plugin.name}: {clang} {version[1]} does not load it: make clang builds it anew"
        )
    return version[1]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tree", required=True, help="kernel tree")
    parser.add_argument("--bindings", help="bindings.jsonl")
    parser.add_argument("--audit", help="audit.json of the other engines: what is worth a path")
    parser.add_argument(
        "--sites", action="append", default=[], help="sites-ENGINE.jsonl of each of them"
    )
    parser.add_argument("--foreign", help=argparse.SUPPRESS)  # is for step classify
    parser.add_argument("--all", action="store_true", help="every callback, all functions it calls")
    parser.add_argument("--cache", help="folder for prepared trees and results")
    parser.add_argument("--prepared", help="folder of the flags that engine sparse used")
    parser.add_argument("--build", default="", help="configured build of ARCH; nothing is prepared")
    parser.add_argument("--flags", default="", help="file of compiler flags; nothing is prepared")
    parser.add_argument("--api", default=str(HERE.parent / "api.json"))
    parser.add_argument("--contract", default=str(HERE.parent.parent / "contract.json"))
    parser.add_argument("--plugin", default=str(HERE.parent.parent / "build" / "attach-path.so"))
    parser.add_argument("--clang", default=os.environ.get("CLANG") or "clang-19")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=int, default=60, help="of a callback (default: 60)")
    parser.add_argument("--megabytes", type=int, default=3000, help="address space (default: 3000)")
    parser.add_argument("--nodes", type=int, default=100000, help="budget (default: 100000)")
    parser.add_argument("--out", help="sites-clang.jsonl")
    parser.add_argument("--why", help="file that gets what goes wrong")
    parser.add_argument(
        "--probe", action="store_true", help="only: which version can run on this machine?"
    )
    return parser.parse_args()


def run(args: argparse.Namespace) -> None:
    plugin = Path(args.plugin).resolve()
    version = compiler(args.clang, plugin)
    if args.probe:
        print(version)
        return
    if not args.out or not args.bindings or not (args.cache or args.flags or args.build):
        raise Failed("--bindings, --out, and --cache, --build or --flags are needed: see --help")
    tree, out = Path(args.tree).resolve(), Path(args.out)
    if not tree.is_dir():
        raise Failed(f"{tree}: no such folder: name a kernel tree")
    audit = read_audit(args.audit) if args.audit else {"sites": [], "findings": []}
    began, known = time.time(), Whole(args, tree, version)
    text = known.load()
    if text is not None:
        out.write_text(text, encoding="utf-8")
        return
    stated = [line for path in args.sites for line in read_lines(path)]
    drivers = {str(x["file"]): str(x["driver"]) for x in stated if x.get("k") == "coverage"}
    sites = [line for line in stated if line.get("k") == "site"]
    jobs = plan(tree, read_lines(args.bindings), audit, sites, args.all or not args.audit)
    cache = Path(args.cache).resolve() if args.cache else None
    with tempfile.TemporaryDirectory(prefix="clang.", dir=out.resolve().parent) as work:
        settings = Settings(
            tree=tree,
            clang=args.clang,
            plugin=plugin,
            version=version,
            api=Path(args.api).resolve(),
            contract=Path(args.contract).resolve(),
            cache=cache,
            seconds=args.seconds,
            megabytes=args.megabytes,
            nodes=args.nodes,
            work=Path(work),
        )
        runner = Runner(settings, Flags(tree, args))
        progress = Progress(len(jobs))
        lines: list[dict[str, Any]] = []
        answers: list[Answer] = []

        def interrupted(_signal: int, _frame: object) -> None:
            runner.stop()
            shutil.rmtree(work, ignore_errors=True)
            os._exit(130)

        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, interrupted)
        with concurrent.futures.ThreadPoolExecutor(max(1, args.jobs)) as pool:
            for job, answer in zip(jobs, pool.map(runner.run, jobs)):
                lines += to_lines(job, answer, drivers)
                answers.append(answer)
                progress.step()
        dumps = {json.dumps(line, sort_keys=True, separators=(",", ":")) for line in lines}
        text = "".join(f"{line}\n" for line in sorted(dumps))
        whole = Path(work) / "sites"
        whole.write_text(text, encoding="utf-8")
        os.replace(whole, out)
        known.store(text, answers, began)


def main() -> int:
    args = arguments()
    try:
        run(args)
    except (Failed, OSError) as error:
        print(f"clang: {escape(str(error))}", file=sys.stderr)
        if args.why:
            Path(args.why).write_text(f"{error}\n", encoding="utf-8")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
