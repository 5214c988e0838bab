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
from report.scratch import ROOT
from report.text import squeeze


@dataclass(frozen=True, slots=True)
class Contract:
    soft: str  # the errno of a misfit
    errnos: dict[str, str]  # errno -> what it means
    quoted: frozenset[str]  # whose sentence is the tree's kernel-doc, word for word

    def says(self, errno: str) -> str:
        """The kernel-doc of attach_dev has for EBUSY: "..." """
        if errno not in self.errnos:
            return ""
        if errno in self.quoted:
            return f'The kernel-doc of attach_dev has for {errno}: "{self.errnos[errno]}".'
        return f"The rules of attach_dev (v6.2) have for {errno}: {self.errnos[errno]}."

    def also(self, errno: str) -> str:
        """The same where the source has been named before."""
        if errno not in self.errnos:
            return ""
        if errno in self.quoted:
            return f'For {errno} it has: "{self.errnos[errno]}".'
        return f"For {errno} they have: {self.errnos[errno]}."


def _kernel_doc(tree: str) -> dict[str, str]:
    """Errno -> its line in the tree's own kernel-doc of attach_dev; quoted, never decided by."""
    content = scratch.read(os.path.join(tree, "include/linux/iommu.h")) or b""
    text = content.decode("utf-8", "backslashreplace")
    part = re.search(
        r"(?s) \* struct iommu_domain_ops - .*? \* @attach_dev:(.*?)(?: \* @|\*/)", text
    )
    found = {}
    for errno, said in re.findall(
        r"(?ms)^ \*\s+(?:\* )?(E[A-Z]+)\s+- (.*?)(?=^ \*\s+(?:\* )?(?:E[A-Z]+|<\w+>)\s+- |^ \*\s*$|\Z)",
        part[1] if part else "",
    ):
        found[errno] = squeeze(re.sub(r"(?m)^ \*", " ", said)).rstrip(" ./*")
    return found


def read_contract(name: str, tree: str) -> Contract:
    """The contract that an audit of the tree names; CONTRACT may be a file."""
    chosen = os.environ.get("CONTRACT", "")
    path = chosen if "/" in chosen or chosen.endswith(".json") else f"{ROOT}/contract.json"
    try:
        contracts = read_json(path, "name another CONTRACT")["contracts"]
        contract = contracts[name]
        if "judged_as" in contract:
            contract = contracts[contract["judged_as"]]
        rules = contract["operations"]["attach_dev"]
        errnos = {errno: str(rule["meaning"]) for errno, rule in rules["errnos"].items()}
        own = {e: said for e, said in _kernel_doc(tree).items() if e in errnos}
        return Contract(str(rules["soft"]), errnos | own, frozenset(own))
    except (KeyError, TypeError):
        raise Complaint(f"{path}: no rules of attach_dev for {name}: mend it by hand") from None
