# SPDX-License-Identifier: GPL-2.0-only
"""Processes: in, a command; out, its end, or an interrupt's: then nothing that was started is left."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import IO

from report.text import escape

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _stop(number: int, frame: FrameType | None) -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # one is enough: what follows is tidied up
    raise KeyboardInterrupt


def heed_interrupts() -> None:
    """From now on they raise KeyboardInterrupt; what the caller ignores stays ignored."""
    for each in SIGNALS:
        if signal.getsignal(each) != signal.SIG_IGN:
            signal.signal(each, _stop)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Signals wait until the end."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def attend(
    *commands: list[str], stdout: int | IO[bytes] | None = None, plain_signals: bool = True
) -> list[int]:
    """Runs commands side by side to their ends; returns their statuses, negative for the signal that
    ended one. Without `plain_signals` they ignore those that Python ignores: a full disk is an error
    then, not a death."""
    running = []
    try:
        for command in commands:
            running.append(
                subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    restore_signals=plain_signals,
                )
            )
        return [process.wait() for process in running]
    except BaseException:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
        raise


def asked(command: list[str], cwd: str | None = None) -> tuple[int, str]:
    """What a short command answers, on stdout or stderr, and its status."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        encoding="utf-8",
        errors="replace",
    )
    return done.returncode, done.stdout.rstrip("\n")


def say(line: str) -> None:
    """A line on stderr. What is no text is shown, not obeyed."""
    print(f"attach-audit: {escape(line)}", file=sys.stderr, flush=True)
