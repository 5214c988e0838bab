# SPDX-License-Identifier: GPL-2.0-only
"""The contract in words: in, the name that an audit gives it and its tree; out, what it says of each
errno: the tree's own kernel-doc where that does, else contract.json's sentence.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from report import scratch
from report.file import Complaint, read_json
from report.operations import contract_file, operations
from report.text import squeeze


@dataclass(frozen=True, slots=True)
class Contract:
    op: str  # the operation whose rules these are
    soft: str  # the errno of a misfit
    errnos: dict[str, str]  # errno -> what it means
    quoted: frozenset[str]  # whose sentence is the tree's kernel-doc, word for word

    def says(self, errno: str) -> str:
        """The kernel-doc of ... has for EBUSY: "..." """
        if errno not in self.errnos:
            return ""
        if errno in self.quoted:
            return f'The kernel-doc of {self.op} has for {errno}: "{self.errnos[errno]}".'
        return f"The rules of {self.op} (v6.2) have for {errno}: {self.errnos[errno]}."

    def also(self, errno: str) -> str:
        """The same where the source has been named before."""
        if errno not in self.errnos:
            return ""
        if errno in self.quoted:
            return f'For {errno} it has: "{self.errnos[errno]}".'
        return f"For {errno} they have: {self.errnos[errno]}."


def _kernel_doc(tree: str, op: str) -> dict[str, str]:
    """Errno -> its line in the tree's own kernel-doc of the operation; quoted, never decided by."""
    content = scratch.read(os.path.join(tree, "include/linux/iommu.h")) or b""
    text = content.decode("utf-8", "backslashreplace")
    part = re.search(rf"(?s)\n \* @{op}:(.*?)(?: \* @|\*/)", text)
    found = {}
    for errno, said in re.findall(
        r"(?ms)^ \*\s+(?:\* )?(E[A-Z]+)\s+- (.*?)(?=^ \*\s+(?:\* )?(?:E[A-Z]+|<\w+>)\s+- |^ \*\s*$|\Z)",
        part[1] if part else "",
    ):
        found[errno] = squeeze(re.sub(r"(?m)^ \*", " ", said)).rstrip(" ./*")
    return found


def read_contract(name: str, tree: str) -> Contract:
    """The contract that an audit of the tree names; CONTRACT may be a file."""
    path = contract_file()
    # "merged", or "attach=merged test=drafted": whose rules each operation has
    parts = {o: c for o, _, c in (part.rpartition("=") for part in name.split())}
    found = []
    try:
        contracts = read_json(path, "name another CONTRACT")["contracts"]
        for op in operations():
            contract = contracts[parts.get(op, next(iter(parts.values())))]
            contract = (
                contracts[contract.get("judged_as", "")] if "judged_as" in contract else contract
            )
            rules = contract["operations"].get(op, {})
            if "errnos" not in rules:
                continue
            errnos = {errno: str(rule["meaning"]) for errno, rule in rules["errnos"].items()}
            own = {e: said for e, said in _kernel_doc(tree, op).items() if e in errnos}
            found.append(Contract(op, str(rules["soft"]), errnos | own, frozenset(own)))
        # of several the one that the tree has the errno of a misfit in
        return min(found, key=lambda c: c.soft not in c.quoted)
    except (KeyError, TypeError, ValueError, StopIteration):
        raise Complaint(f"{path}: no rules for {name}: mend it by hand") from None
