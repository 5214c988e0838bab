# SPDX-License-Identifier: GPL-2.0-only
"""Output: in, what is wished of it and a text; out, it is there. A reader who has left is no reason to
complain."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from report.file import Complaint
from report.narrow import Filters
from report.show import Wanted
from report.text import Style


SAMPLE = "the sample that comes with attach-audit, not your kernel: --kernel DIR names one"


def wanted(
    wish: Namespace, formats: tuple[str, ...] = (), out: str = "", sample: bool = False
) -> Wanted:
    """Of a report or its formats."""
    filters = Filters(
        *(tuple(wish.only_driver), tuple(wish.path), tuple(wish.rule), wish.severity),
        gate=wish.gate_on == "shown",
    )
    extent = getattr(wish, "extent", "")
    callers = getattr(wish, "callers", False) or False
    return Wanted(extent, formats, out, filters, style(extent, callers, SAMPLE if sample else ""))


def style(extent: str, callers: bool = False, about: str = "") -> Style:
    """A terminal's width and colours; anywhere else the text is the same on every machine."""
    if not sys.stdout.isatty():
        return Style(all=extent == "all", callers=callers, about=about)
    width = os.get_terminal_size(sys.stdout.fileno()).columns or None
    colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
    return Style(width, colour, extent == "all", callers, about)


def _discard_output() -> None:
    """What could not be written must not be tried again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show(output: str) -> None:
    try:
        print(output, end="", flush=True)
    except BrokenPipeError:  # the reader has left (`| head`): the status still stands
        _discard_output()
    except OSError as error:
        _discard_output()
        raise Complaint(f"standard output: {error.strerror}: free some space") from None
