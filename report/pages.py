# SPDX-License-Identifier: GPL-2.0-only
"""Rule pages: in, a rule's id; out, its page docs/rules/ID.md, whole or by section."""

from __future__ import annotations

import os
import re

from report.file import Complaint

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "docs", "rules")


def read_page(rule: str) -> str:
    path = os.path.join(FOLDER, f"{rule}.md")
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        raise Complaint(f"{path}: {error.strerror}: install docs/ beside report/") from None


def sections(page: str) -> dict[str, str]:
    """Heading -> what stands below it; what precedes the first heading is left out."""
    parts = re.split(r"^## (.+)\n", page, flags=re.MULTILINE)
    return {title: body.strip() for title, body in zip(parts[1::2], parts[2::2])}
