# SPDX-License-Identifier: GPL-2.0-only
"""The operations of an audit: in, contract.json or the file that CONTRACT names; out, their names."""

from __future__ import annotations

import os
import re
from functools import cache

from report.file import Complaint, read_json

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def contract_file() -> str:
    """CONTRACT may be the name of a contract, or a file."""
    chosen = os.environ.get("CONTRACT", "")
    named = "/" in chosen or chosen.endswith(".json")
    return chosen if named else os.path.join(ROOT, "contract.json")


@cache
def _of(path: str) -> tuple[str, ...]:
    try:
        rows = read_json(path, "name another CONTRACT")["operations"]
        names = tuple(str(row["name"]) for row in rows)
    except (KeyError, TypeError):
        names = ()
    if not names or not all(re.fullmatch(r"\w+", name) for name in names):
        raise Complaint(f"{path}: operations: names none: mend it by hand")
    return names


def operations() -> tuple[str, ...]:
    """Members of the tables that drivers fill, as the contract names them."""
    return _of(contract_file())
