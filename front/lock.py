# SPDX-License-Identifier: GPL-2.0-only
"""Lock: in, a folder for results; out, this run alone writes there until it ends, and what killed runs
left there is gone."""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from report.file import Complaint


def touch(path: str) -> int:
    """The file, open for appending. A link that somebody put in its place is not followed."""
    return os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666
    )


@contextmanager
def held(out: str, name: str = ".lock", what: str = "audit") -> Iterator[None]:
    number = touch(os.path.join(out, name))
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            mend = "wait for it or choose another OUT"
            raise Complaint(f"{out}: another {what} is writing there: {mend}") from None
        yield
    finally:
        os.close(number)


def _remove(out: str, *patterns: str) -> None:
    for pattern in patterns:
        for stale in glob.glob(os.path.join(glob.escape(out), pattern)):
            if not os.path.islink(stale):
                shutil.rmtree(stale, ignore_errors=True)


def sweep(out: str) -> None:
    """What audits left, whose lock the caller holds, and what reviews and histories left, unless one
    runs, which this audit may be a part of."""
    _remove(out, ".work.*", ".patches.*")
    if glob.glob(os.path.join(glob.escape(out), ".scratch.*")):
        with suppress(Complaint), held(out, ".review.lock"):
            _remove(out, ".scratch.*")
