# SPDX-License-Identifier: GPL-2.0-only
"""Lock: in, a folder for results; out, this run alone writes there until it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

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
