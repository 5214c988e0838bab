# SPDX-License-Identifier: GPL-2.0-only
"""Mail: in, the changes of one logical change; out, its subject and body, and the cover letter's."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from report.patches.choose import Target

WIDTH = 72
SUBJECT = 75


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the findings come from."""

    tool: str  # "attach-audit 0.1.0"
    engine: str  # "coccinelle 1.1.1"
    kernel: str
    contract: str
    soft: str  # EINVAL, or what the contract has in its place


_TITLES = {
    "incompatible-not-einval": "Return -{soft} when domain and device do not fit",
    "hard-as-einval": "Return -ENODEV when no domain can attach",
    "wrong-resource-errno": "Return the documented errno of an exhausted resource",
    "errno-masked": "Propagate the errno of a failed attach",
    "silent-success": "Do not report success of a failed attach",
    "soft-failure-logged": "Do not log that domain and device do not fit",
}
_DEBUG_TITLE = "Log at debug level that domain and device do not fit"

_SENTENCES = {
    "incompatible-not-einval": "-{soft} is what says that domain and device are incompatible because of"
    " how the domain is configured.",
    "hard-as-einval": "-ENODEV is what says that the device or its IOMMU is at fault, so that no domain"
    " could attach, while -{soft} says that this domain does not fit.",
    "wrong-resource-errno": "-ENOMEM is for memory that ran out, -ENOSPC for any other resource, and"
    " -EBUSY for a device that is attached to a domain and cannot be changed.",
    "errno-masked": "each kind of failure has an errno of its own, so a constant that replaces the errno"
    " of a called function hides which one it was.",
    "silent-success": "0 is success and nothing else.",
    "soft-failure-logged": "-{soft} is a soft failure, domain and device being incompatible, and a driver"
    " must not log it.",
}

_EFFECTS = {
    "incompatible-not-einval": "Callers that search for a domain go on only after -{soft}: until now they"
    " gave up here, although another domain would have fitted.",
    "hard-as-einval": "Callers that search for a domain go on after -{soft}: until now they tried one"
    " domain after the other here, although none can attach.",
    "wrong-resource-errno": "Callers that tell the errnos apart now learn which resource was short; all"
    " others see a failure as before.",
    "errno-masked": "Callers now get the errno that the called function chose, and can tell a lack of"
    " memory from a broken device.",
    "silent-success": "Callers now learn that the attach failed, instead of going on with a domain that"
    " is not attached.",
    "soft-failure-logged": "Callers see the same errno as before; a search for a domain no longer fills"
    " the log.",
}


def _wrapped(text: str, indent: str = "", hanging: str = "") -> str:
    return "\n".join(
        textwrap.wrap(
            re.sub(r"\s+", " ", text).strip(),
            WIDTH,
            initial_indent=indent,
            subsequent_indent=hanging,
            break_on_hyphens=False,
        )
    )


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode("ascii")


def _shown(errno: str) -> str:
    return "0" if errno == "0" else f"-{errno}"


def _edit(target: Target, debug: bool) -> str:
    if target.wanted == "propagate":
        return f"return the errno of {target.callee}() instead of {_shown(target.errno)}"
    parts = []
    if target.wanted not in ("keep", target.errno):
        parts.append(f"return {_shown(target.wanted)} instead of {_shown(target.errno)}")
    if target.silenced:
        parts.append("log at debug level" if debug else "do not log it")
    return " and ".join(parts)


def _item(target: Target, debug: bool) -> str:
    guard = re.sub(r"\s+", " ", _ascii(target.guard)).strip()
    guard = guard if len(guard) <= 200 else guard[:197] + "..."
    when = f" on ({guard})" if guard else ""
    return _wrapped(f"- {target.function}(){when}: {_edit(target, debug)}", "", "  ")


def subject(rule: str, prefix: str, origin: Origin, debug: bool) -> str:
    title = _TITLES[rule].format(soft=origin.soft)
    if rule == "soft-failure-logged" and debug:
        title = _DEBUG_TITLE
    return f"{prefix}: {title}"[:SUBJECT].rstrip()


def _contract(rule: str, origin: Origin) -> str:
    sentence = _SENTENCES[rule].format(soft=origin.soft)
    if origin.contract == "merged":
        return f"By the kernel-doc of struct iommu_domain_ops, {sentence}"
    if origin.contract == "pre":
        return f"By the rules that struct iommu_domain_ops documents since v6.2, {sentence}"
    return f"By the rules for attach_dev ({_ascii(origin.contract)}), {sentence}"


def body(
    rule: str,
    targets: list[Target],
    origin: Origin,
    debug: bool,
    trailers: Iterable[str],
) -> str:
    effect = _EFFECTS[rule].format(soft=origin.soft)
    logged = any(t.silenced for t in targets)
    if rule == "soft-failure-logged" and debug:
        effect = effect.replace("no longer fills the log", "fills the log at debug level only")
    elif logged and rule != "soft-failure-logged":
        effect += " What is only a misfit is no longer logged" + (" as an error." if debug else ".")
    files = sorted({t.file for t in targets})
    items = []
    for path in files:
        if len(files) > 1:
            items.append(f"{path}:")
        items += [_item(t, debug) for t in targets if t.file == path]
    found = _wrapped(
        f"Found by {origin.tool} ({origin.engine}), rule {rule}, in Linux {_ascii(origin.kernel)};"
        " edited by its semantic patches. Not compiled and not run."
    )
    parts = [_wrapped(_contract(rule, origin)), "\n".join(items), _wrapped(effect), found]
    end = "\n".join(trailers)
    return "\n\n".join(parts + ([end] if end else [])) + "\n"


def cover(prefix: str, targets: list[Target], left: list[Target], origin: Origin) -> str:
    """First paragraph the subject, as git format-patch --cover-from-description wants it."""
    title = f"{prefix}: Return the errnos that attach_dev documents"
    counts = Counter(t.rule for t in targets)
    numbers = "\n".join(f"  {rule}: {n}" for rule, n in sorted(counts.items()))
    intro = _wrapped(
        "An attach_dev callback tells its caller with -"
        f"{origin.soft} that domain and device do not fit, so that the caller tries another domain, and"
        " with any other errno that it must give up. This series mends the places where a driver says"
        " the wrong one of the two, or logs what is no error."
    )
    found = _wrapped(
        f"Found by {origin.tool} ({origin.engine}) in Linux {_ascii(origin.kernel)}; the edits are made by"
        " its semantic patches. The series applies with git am, scripts/checkpatch.pl --strict (where the"
        " tree has it) and git diff --check are silent, every touched file parses, and the audit of the"
        " result shows none of these findings and no new one. Nothing was compiled or run."
    )
    parts = [title[:SUBJECT], intro, f"Findings mended, by rule:\n{numbers}", found]
    if left:
        lines = [_wrapped(f"- {t.file}: {t.function}(): {t.refusal}", "", "  ") for t in left]
        parts.append("Findings without a patch:\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"
