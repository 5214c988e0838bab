# SPDX-License-Identifier: GPL-2.0-only
"""Stamps: in, a tree and names of files; out, what tells whether one was written to, or replaced.

Size, inode and the time of the last change tell, for no program can set that time back: it is the
system's. A file's own time (mtime) says nothing: it may be of next year. Where the time of change is so
near that another write could have the same one, or in the future, the content tells.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Mapping

from report.file import take_below

TICK = 2 * 10**9  # nanoseconds; NFS and FAT are as coarse as that

Stamp = tuple[int, int, int, bytes]
GONE: Stamp = (-1, -1, -1, b"")


def _stamp(tree: str, name: str, now: int) -> Stamp:
    try:
        status = os.stat(os.path.join(tree, name))
        content = b""
        if status.st_ctime_ns > now - TICK:
            content = hashlib.blake2b(take_below(tree, name)).digest()
        return status.st_size, status.st_ino, status.st_ctime_ns, content
    except OSError:
        return GONE


def stamps(tree: str, names: Iterable[str]) -> dict[str, Stamp]:
    now = time.time_ns()
    return {name: _stamp(tree, name, now) for name in names}


def changed(tree: str, before: Mapping[str, Stamp], began: int) -> str:
    """The first of these files that is another one than it was, or was written to from BEGAN (by the
    clock, in nanoseconds) until its stamp was taken; "" for none."""
    now = time.time_ns()
    for name in sorted(before):
        old = before[name]
        new = _stamp(tree, name, now)
        same = old[:3] == new[:3] and (not old[3] or not new[3] or old[3] == new[3])
        if not same or began <= old[2] <= now:
            return name
    return ""
