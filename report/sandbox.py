# SPDX-License-Identifier: GPL-2.0-only
"""Sandbox: in, a command of an audited tree; out, the command that runs it where it can do no harm.

The tree's scripts are as untrusted as its sources: bubblewrap gives them a read-only file system, a
/tmp of their own, no network and no view of other processes.
"""

from __future__ import annotations

import functools
import os
import subprocess

from report.file import Complaint

_BWRAP = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
_BWRAP += ["--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
_BWRAP += ["--setenv", "PATH", "/usr/bin:/bin", "--setenv", "LC_ALL", "C.UTF-8"]


@functools.cache
def _works() -> bool:
    try:
        done = subprocess.run([*_BWRAP, "true"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def sandboxed(tree: str, command: list[str], *read: str) -> list[str]:
    """COMMAND as it may be run in TREE; SANDBOX=no in the environment runs it as it is. `read`: what
    else it reads, since /tmp inside is another one."""
    if os.environ.get("SANDBOX") == "no":
        return command
    if not _works():
        raise Complaint(
            f"{tree}: its scripts are run in a sandbox only, and there is none: "
            "apt-get install bubblewrap, or set SANDBOX=no if you trust the tree"
        )
    where = os.path.realpath(tree)
    # /tmp is another one inside: a tree that lies there is put back, to be read
    more: list[str] = []
    for path in read:
        more += ["--ro-bind", os.path.realpath(path), os.path.realpath(path)]
    return [*_BWRAP, "--ro-bind", where, where, *more, "--chdir", where, *command]
