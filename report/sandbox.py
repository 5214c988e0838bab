#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The sandbox: in, a command and what it may see and write; out, its status, and only what it wrote there.

    python3 -IB report/sandbox.py --tree DIR [--see PATH].. [--write DIR].. [--seconds N] -- COMMAND..
    python3 -IB report/sandbox.py --probe

Everything that runs code of an audited tree, or parses it with a program that could be made to, is
started here: preparing, engines sparse and clang, the tree's own scripts. bubblewrap builds a file
system of the machine's programs, the tree (both read-only) and the folders that may be written;
nothing else is in it: no home, no configuration of the machine, no other process, no network, no
terminal, no variable of the environment, no capability and no way to a new one. A supervisor ends
what takes too long, too much memory, too many processes or too much of the disk.

What comes out of it is as untrusted as the tree: sweep() leaves plain files, take() of report/file.py
reads them.
"""

from __future__ import annotations

import argparse
import functools
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any

PROGRAMS = ("/usr/", "/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/", "/opt/")
# of /etc only what finds programs and their libraries, nothing that is anybody's secret
SETTINGS = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")
SAID = 64 << 20  # bytes of output that are kept
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
MEND = "install bubblewrap 0.8 or later where namespaces are allowed, or set SANDBOX=no where you trust the tree"


class NoSandbox(Exception):
    """This machine can make none; the mend."""


@dataclass(frozen=True)
class Limits:
    """What a whole sandbox may take; a file's size is each file's."""

    seconds: float = 1800
    memory: int = 6 << 30  # bytes resident, of all processes together
    processes: int = 1000
    disk: int = 4 << 30  # bytes in the folders that may be written
    files: int = 100_000
    file: int = 1 << 30
    scratch: int = 512 << 20  # of the private /tmp


def _system() -> Iterator[str]:
    for path in (*(p.rstrip("/") for p in PROGRAMS), *SETTINGS):
        if os.path.islink(path):  # /bin -> usr/bin
            yield from ("--symlink", os.readlink(path), path)
        elif os.path.exists(path):
            yield from ("--ro-bind", path, path)


def _tools(tools: Iterable[str], home: str) -> Iterator[str]:
    """Programs that are not the system's: each with the folder that it stands in, and the library beside that."""
    shown = set()
    for tool in tools:
        real = os.path.realpath(tool)
        if real != tool:
            yield from ("--symlink", real, tool)
        folder = os.path.dirname(real)
        if f"{home}/".startswith(f"{folder}/"):
            shown.add(real)  # not all of a home
        else:
            shown |= {folder, os.path.join(os.path.dirname(folder), "lib")}
    for place in sorted(shown):
        if not f"{place}/".startswith(PROGRAMS) and os.path.exists(place):
            yield from ("--ro-bind", place, place)


def wrapped(
    command: Iterable[str],
    tree: str,
    see: Iterable[str] = (),
    write: Iterable[str] = (),
    tools: Iterable[str] = (),
    preload: str = "",
    limits: Limits = Limits(),
) -> list[str]:
    """COMMAND as it runs in the sandbox, in the tree.

    SEE are further files and folders that it reads, WRITE the folders that it writes, TOOLS programs
    besides the system's, by their paths; PRELOAD is a library that the command is started with. Time, and the sums of memory, processes and disk, are run()'s
    to limit.
    """
    tree = os.path.realpath(tree)
    tools = [t for t in dict.fromkeys(tools) if not t.startswith(PROGRAMS)]
    path = dict.fromkeys(os.path.dirname(t) for t in tools)
    bwrap = ["bwrap", "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    bwrap += ["--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox", "--disable-userns"]
    bwrap += ["--cap-drop", "ALL", "--new-session", "--die-with-parent", "--clearenv"]
    for name, value in (("LC_ALL", "C.UTF-8"), ("TZ", "UTC"), ("HOME", "/tmp")):
        bwrap += ["--setenv", name, value]
    bwrap += ["--setenv", "PATH", ":".join((*path, PATH)), *_system()]
    home = os.path.realpath(os.environ.get("HOME") or "/")
    hidden = ["--tmpfs", home] if home != "/" and os.path.isdir(home) else []
    if home.startswith(PROGRAMS):
        bwrap += hidden
    bwrap += ["--proc", "/proc", "--dev", "/dev"]
    bwrap += ["--size", str(limits.scratch), "--tmpfs", "/tmp"]
    # a tree below /tmp is put back there; a folder that may be written lies on top of what it is in
    for place in dict.fromkeys([tree, *(os.path.realpath(p) for p in see)]):
        bwrap += ["--ro-bind", place, place]
    bwrap += _tools(tools, home)
    if home.startswith(tree + "/"):
        bwrap += hidden
    for place in (os.path.realpath(p) for p in write):
        bwrap += ["--bind", place, place]
    for place in ("/proc", "/dev", "/"):  # root in the sandbox is root to /proc/sys
        bwrap += ["--remount-ro", place]
    bwrap += ["--chdir", tree, "--"]
    command = ["env", f"LD_PRELOAD={preload}", *command] if preload else command
    limit = ["prlimit", "--core=0", f"--fsize={limits.file}", f"--nproc={limits.processes}"]
    return [*bwrap, *limit, "--nofile=4096", "--", *command]


@functools.cache
def works() -> bool:
    """Can this machine make the sandbox?"""
    try:
        done = subprocess.run(
            wrapped(["true"], "/usr"), stdin=subprocess.DEVNULL, capture_output=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def trusted() -> bool:
    """SANDBOX=no in the environment: the tree is trusted, and its programs run as the user."""
    return os.environ.get("SANDBOX") == "no"


# ------------------------------------------------------------------- the supervisor


def _taken(top: int) -> tuple[int, int]:
    """Processes below TOP, and the bytes that they hold in memory."""
    parents: dict[int, list[int]] = {}
    resident: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue  # it has ended
            parents.setdefault(int(fields[1]), []).append(int(name))
            resident[int(name)] = int(fields[21])
    found, left = [], [top]
    while left:
        below = parents.get(left.pop(), [])
        found += below
        left += below
    return len(found), sum(resident[p] for p in found) * os.sysconf("SC_PAGE_SIZE")


def _written(folders: Iterable[str], limits: Limits) -> bool:
    """Is there more in the folders than the limits let be?"""
    size = files = 0
    left = list(folders)
    while left:
        try:
            with os.scandir(left.pop()) as entries:
                for entry in entries:
                    files += 1
                    if entry.is_dir(follow_symlinks=False):
                        left.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if files > limits.files or size > limits.disk:
                        return True
        except OSError:
            continue
    return False


def _excess(process: subprocess.Popen[bytes], write: list[str], limits: Limits) -> str:
    """Waits for the end; what was taken too much of, in words, or nothing."""
    began = looked = time.monotonic()
    while True:
        try:
            process.wait(0.02 if time.monotonic() - began < 0.5 else 0.25)
            return ""
        except subprocess.TimeoutExpired:
            pass
        now = time.monotonic()
        if now - began > limits.seconds:
            return f"more than {limits.seconds:g} seconds"
        processes, memory = _taken(process.pid)
        if processes > limits.processes:
            return f"more than {limits.processes} processes"
        if memory > limits.memory:
            return f"more than {limits.memory >> 20} MiB of memory"
        if now - looked > 1:
            if _written(write, limits):
                return f"more than {limits.disk >> 20} MiB or {limits.files} files"
            looked = time.monotonic()


@dataclass(frozen=True)
class Done:
    """How a run ended: the status as a shell has it, 125 where a limit ended it; WHY in words."""

    status: int
    output: bytes
    errors: bytes
    why: str


def start(command: list[str], **streams: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, cwd="/", start_new_session=True, **streams)


def kill(process: subprocess.Popen[bytes]) -> None:
    """The first process of the sandbox goes, and with it, by the kernel, all of its namespace."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def ended(process: subprocess.Popen[bytes], write: list[str], limits: Limits) -> tuple[int, str]:
    """The status once nothing of it is left, and the limit that ended it."""
    try:
        why = _excess(process, write, limits)
    finally:
        kill(process)
    code = process.returncode
    return (125 if why else code if code >= 0 else 128 - code), why


def run(
    command: list[str],
    tree: str,
    given: bytes = b"",
    see: Iterable[str] = (),
    limits: Limits = Limits(),
) -> Done:
    """Runs it, and keeps what it says. Raises NoSandbox where none can be had."""
    if not trusted() and not works():
        raise NoSandbox(MEND)
    argv = command if trusted() else wrapped(command, tree, see, limits=limits)
    with TemporaryFile() as stdin, TemporaryFile() as output, TemporaryFile() as errors:
        stdin.write(given)
        stdin.seek(0)
        process = start(argv, stdin=stdin, stdout=output, stderr=errors)
        status, why = ended(process, [], limits)
        said = []
        for file in (output, errors):
            file.seek(0)
            said.append(file.read(SAID))
    return Done(status, said[0], said[1], why)


# ------------------------------------------------------------------ what comes out


def sweep(folder: str, limit: int = 64 << 20) -> None:
    """Leaves folders and regular files of at most LIMIT bytes, the user's own to read, and nothing else."""
    left = [folder]
    while left:
        here = left.pop()
        os.chmod(here, 0o755)
        with os.scandir(here) as entries:
            for entry in list(entries):
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    left.append(entry.path)
                elif not stat.S_ISREG(status.st_mode) or status.st_size > limit:
                    os.unlink(entry.path)
                else:
                    os.chmod(entry.path, 0o755 if status.st_mode & 0o100 else 0o644)


def _run(given: argparse.Namespace) -> int:
    """As the command line has it: the streams are the caller's, a signal ends the sandbox too."""
    limits = Limits(seconds=given.seconds)
    argv = given.command
    if not trusted():
        argv = wrapped(argv, given.tree, given.see, given.write, given.tool, limits=limits)
    process = start(argv, stdin=subprocess.DEVNULL)

    def stop(number: int, _frame: object) -> None:
        kill(process)
        os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    status, why = ended(process, given.write, limits)
    if why:
        print(f"error: {given.command[0]}: it took {why}", file=sys.stderr)
    return status


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="sandbox.py", description="Runs a command in the sandbox."
    )
    parser.add_argument("--probe", action="store_true", help="only: is there a sandbox?")
    parser.add_argument("--sweep", metavar="DIR", help="only: clean what a sandbox has written")
    parser.add_argument("--tree", metavar="DIR", help="what is read")
    parser.add_argument("--see", metavar="PATH", action="append", default=[], help="that too")
    parser.add_argument("--write", metavar="DIR", action="append", default=[])
    parser.add_argument("--tool", metavar="FILE", action="append", default=[], help="a program")
    parser.add_argument("--seconds", type=float, default=Limits.seconds)
    parser.add_argument("command", metavar="COMMAND", nargs="*")
    given = parser.parse_args()
    try:
        if given.sweep:
            sweep(given.sweep)
            return 0
        if not trusted() and not works():
            print(f"no sandbox can be had: {MEND}", file=sys.stderr)
            return 126
        return 0 if given.probe else _run(given)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 126


if __name__ == "__main__":
    sys.exit(main())
