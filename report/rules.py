# SPDX-License-Identifier: GPL-2.0-only
"""The catalogue: in, a rule's id; out, its severity and title. Its page is docs/rules/ID.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    severity: str  # of a `change`; a `review` of the same rule is a note
    title: str


_CATALOGUE = (
    Rule("incompatible-not-einval", "error", "a misfit of domain and device is not -EINVAL"),
    Rule("hard-as-einval", "error", "a device or IOMMU failure is returned as -EINVAL"),
    Rule("soft-failure-logged", "error", "a misfit of domain and device is logged"),
    Rule(
        "wrong-resource-errno",
        "error",
        "a lack of memory or ids, or a busy device, has the wrong errno",
    ),
    Rule("errno-masked", "error", "a constant hides the errno of a called function"),
    Rule("silent-success", "error", "0 is returned although the attach failed"),
    Rule("discouraged-errno", "note", "an errno that the contract does not name"),
    Rule("foreign-einval", "note", "a called function can return -EINVAL for reasons of its own"),
    Rule("mixed-driver", "error", "a driver's errnos do not tell a misfit from a hard failure"),
    Rule("entry-errno", "warning", "the core's own errno misleads its callers"),
    Rule("caller-contract", "note", "a search for a domain goes on or stops at the wrong errno"),
    Rule(
        "contract-text", "note", "a comment does not state the errno rules, or the code breaks them"
    ),
    Rule("misfit-not-tested", "error", "an attach can fail for what its test does not check"),
    Rule("test-changes-state", "error", "an operation that only tests changes something"),
)

RULES = {rule.id: rule for rule in _CATALOGUE}
FOREIGN = "foreign-einval"  # the one rule that other subsystems' code decides
UNTESTED = (
    "misfit-not-tested"  # of a site, which is as the contract has it: no edit of it mends that
)
STATE = "test-changes-state"  # of a place that is no site
MIXED = "mixed-driver"  # the one rule about a driver instead of a site
