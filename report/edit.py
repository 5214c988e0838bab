# SPDX-License-Identifier: GPL-2.0-only
"""Exact edits: in, an audit; out, for findings whose edit is one constant for another, where and what.

Everything else (a message to remove, an errno to propagate) is left to the patches that rewrite.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from report.model import Audit, Site


@dataclass(frozen=True, slots=True)
class Edit:
    line: int
    start: int  # columns from 1; end is the first one after
    end: int
    text: str


def _constant(site: Site) -> bool:
    """The errno itself stands at the site's place; a -EPERM may be written -1."""
    named = re.fullmatch(r"E[A-Z0-9_]+", site.errno) and site.errno != "EPERM"
    return bool(named) and site.constant_line == site.line


def exact_edits(audit: Audit) -> dict[str, Edit]:
    """Finding's id -> its edit; none where sites that share the constant want different ones."""
    wanted: dict[tuple[str, int, int], set[str]] = {}
    for s in audit.sites:
        wish = s.expected[0] if s.verdict == "change" and s.expected else s.errno
        wanted.setdefault((s.file, s.line, s.column), set()).add(wish)
    edits = {}
    for finding in audit.findings:
        site = finding.site
        if site is None or site.verdict != "change" or not _constant(site):
            continue
        said = re.fullmatch(
            r"return -(E[A-Z0-9_]+) instead of -(E[A-Z0-9_]+)", finding.rewrite or ""
        )
        agreed = wanted[site.file, site.line, site.column]
        if said and said[2] == site.errno and agreed == {said[1]}:
            end = site.column + len(site.errno)
            edits[finding.id] = Edit(site.line, site.column, end, said[1])
    return edits
