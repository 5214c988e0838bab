# SPDX-License-Identifier: GPL-2.0-only
"""What a tree is: in, its folder; out, what git calls it, and where its lines stand on git.kernel.org.

Only a released tag is known to be upstream without asking anybody.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import quote

from report.file import Complaint

SITE = "https://git.kernel.org/pub/scm/linux/kernel/git"


@dataclass(frozen=True, slots=True)
class Described:
    name: str = ""  # as git describe has it
    tag: str = ""  # a release that the tree is

    def link(self, file: str, line: int) -> str:
        """To a line; "" where nobody else may have it."""
        if not self.tag:
            return ""
        stable = re.fullmatch(r"v\d+\.\d+\.\d+", self.tag)
        where = "stable/linux.git" if stable else "torvalds/linux.git"
        return f"{SITE}/{where}/tree/{quote(file, errors='backslashreplace')}?h={self.tag}#n{line}"


UNDESCRIBED = Described()


def describe(tree: str) -> Described:
    if not os.path.lexists(os.path.join(tree, ".git")):
        return UNDESCRIBED
    from report.scratch import git

    def asked(*arguments: str) -> str:
        try:
            done = git("-C", tree, "describe", *arguments)
        except Complaint:
            return ""
        return done.stdout.decode("utf-8", "replace").strip() if not done.returncode else ""

    tag = asked("--tags", "--exact-match", "--match=v[0-9]*")
    release = tag if re.fullmatch(r"v\d+\.\d+(\.\d+|-rc\d+)?", tag) else ""
    return Described(tag or asked("--tags", "--always"), release)
