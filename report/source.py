# SPDX-License-Identifier: GPL-2.0-only
"""Source lines to show: in, a kernel tree and an audit; out, the lines of the files that it names.

They are shown and nothing is decided from them. Only regular .c and .h files below the tree are
opened, whatever paths an audit.json that came from elsewhere holds.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from report.file import take_below
from report.model import Audit

LARGEST = 4 << 20  # bytes; no driver comes near


@dataclass(frozen=True, slots=True)
class Source:
    files: dict[str, tuple[str, ...]]

    def line(self, file: str, number: int) -> str | None:
        lines = self.files.get(file, ())
        return lines[number - 1] if 0 < number <= len(lines) else None


NONE = Source({})


def _lines(tree: str, file: str) -> tuple[str, ...] | None:
    if not os.path.realpath(os.path.join(tree, file)).endswith((".c", ".h")):
        return None
    try:
        content = take_below(tree, file)
    except OSError:
        return None
    return tuple(content.decode("utf-8", "backslashreplace").split("\n"))


def read_source(audit: Audit, tree: str) -> Source:
    """Of all that an audit names."""
    files = {s.file for s in audit.sites} | {g.file for s in audit.sites for g in s.guards}
    return read_lines(files, tree)


def read_lines(files: Iterable[str], tree: str) -> Source:
    if not os.path.isdir(tree) or not os.path.isfile(os.path.join(tree, "Makefile")):
        return NONE
    tree = os.path.realpath(tree)
    found = {}
    for file in sorted(files):
        try:
            lines = _lines(tree, file)
        except ValueError:  # a NUL in a hand-edited path
            lines = None
        if lines is not None:
            found[file] = lines
    return Source(found)
