# SPDX-License-Identifier: GPL-2.0-only
"""Mail: in, the changes of one logical change; out, its subject and body, and the cover letter's."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from report.contract import Contract
from report.patches.choose import Target
from report.text import condition, escape

WIDTH = 72
SUBJECT = 75


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the findings come from."""

    tool: str  # "attach-audit 0.1.0"
    engine: str  # "coccinelle 1.1.1"
    kernel: str
    contract: Contract


@dataclass(frozen=True, slots=True)
class Done:
    """What was tried on the series, for its cover letter."""

    checkpatch: bool  # it is silent, the sign-off included
    compiled: str  # a sentence


_TITLES = {
    "incompatible-not-einval": "Return -{soft} when domain and device do not fit",
    "hard-as-einval": "Return -ENODEV when no domain can attach",
    "errno-masked": "Propagate the errno of a failed attach",
    "silent-success": "Do not report success of a failed attach",
    "soft-failure-logged": "Do not log that domain and device do not fit",
}
_RESOURCES = {
    "nomem": "Return -ENOMEM when an allocation fails",
    "nospace": "Return -ENOSPC when a resource runs out",
    "busy": "Return -EBUSY for a device that is in use",
}
_DEBUG_TITLE = "Log at debug level that domain and device do not fit"

_EFFECTS = {
    "incompatible-not-einval": "Callers that search for a domain go on only after -{soft}: they give up"
    " here, although another domain may fit.",
    "hard-as-einval": "Callers that search for a domain go on after -{soft}: they may try one domain"
    " after the other here, although none can attach.",
    "nomem": "A caller cannot tell that it was memory that ran out.",
    "nospace": "A caller cannot tell that it was a resource that ran out.",
    "busy": "A caller cannot tell that the device is in use.",
    "errno-masked": "A constant hides which failure it was: a caller cannot tell, say, a lack of memory"
    " from a broken device.",
    "silent-success": "A caller may go on with a domain that is not attached.",
    "soft-failure-logged": "A caller that searches for a domain may fill the log when all is well.",
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
    """Text of the tree on one line of a mail that any terminal can show."""
    return escape(re.sub(r"\s+", " ", text)).encode("ascii", "backslashreplace").decode("ascii")


def _shown(errno: str) -> str:
    return "0" if errno == "0" else f"-{errno}"


def _edit(target: Target, debug: bool) -> str:
    if target.wanted == "propagate":
        return f"return the errno of {_ascii(target.callee)}() instead of {_shown(target.errno)}"
    parts = []
    if target.wanted not in ("keep", target.errno):
        parts.append(f"return {_shown(target.wanted)} instead of {_shown(target.errno)}")
    if target.silenced:
        parts.append("log at debug level" if debug else "do not log it")
    return " and ".join(parts)


def _item(target: Target, debug: bool) -> str:
    before, guard = condition(_ascii(target.guard).strip())
    guard = guard if len(guard) <= 200 else guard[:197] + "..."
    when = f" {before or 'on '}({guard})" if guard else ""
    return _wrapped(f"- {_ascii(target.function)}(){when}: {_edit(target, debug)}", "", "  ")


def kind(target: Target) -> str:
    """What goes into one patch: a rule; for a resource, which one."""
    return target.class_ if target.rule == "wrong-resource-errno" else target.rule


def subject(kind: str, prefix: str, soft: str, debug: bool) -> str:
    title = (_RESOURCES.get(kind) or _TITLES[kind]).format(soft=soft)
    if kind == "soft-failure-logged" and debug:
        title = _DEBUG_TITLE
    words = f"{_ascii(prefix)}: {title}".split(" ")
    while len(" ".join(words)) > SUBJECT:
        words.pop()
    return " ".join(words)


def _contract(kind: str, targets: list[Target], contract: Contract) -> str:
    """What the tree's contract says of the errnos that are returned from now on."""
    wanted = [e for t in targets for e in t.expected]
    if kind in ("soft-failure-logged", "incompatible-not-einval"):
        wanted = [contract.soft]
    if kind == "hard-as-einval":
        wanted = ["ENODEV", contract.soft]
    errnos = [e for e in dict.fromkeys(wanted) if e in contract.errnos and e != "0"]
    quoted = contract.quoted.issuperset(errnos)
    source = (
        f"the kernel-doc of {contract.op}"
        if quoted
        else f"the rules that {contract.op} has since v6.2"
    )
    mark = '"' if quoted else ""
    said = [f"-{e} says: {mark}{contract.errnos[e]}{mark}" for e in errnos]
    return f"By {source}, {', and '.join(said)}." if said else ""


def _others(targets: list[Target]) -> str:
    """Who else gets to see the edits."""
    parts = []
    for name, users in sorted({(t.function, t.users) for t in targets if t.users}):
        own = [t for t in targets if t.function == name]
        new = any(_says(t) for t in own)
        what = (
            "which may return the new errno as well" if new else "for which it is not logged either"
        )
        said = ", ".join(users[:6]) + (f" and {len(users) - 6} more" if len(users) > 6 else "")
        parts.append(f"{name}() is also called for {said}, {what}.")
        probing = any(re.search(r"\(\.(probe_device|device_group)\)", u) for u in users)
        if probing and any("ENODEV" in (t.wanted, t.errno) and _says(t) for t in own):
            parts.append(
                "The core takes -ENODEV of these for a device that has no IOMMU, and goes on."
            )
    return " ".join(parts)


def _says(target: Target) -> bool:
    """Does the edit change the errno?"""
    return target.wanted not in ("keep", target.errno)


def body(
    kind: str, targets: list[Target], origin: Origin, debug: bool, trailers: Iterable[str]
) -> str:
    """The changelog."""
    effect = _EFFECTS[kind].format(soft=origin.contract.soft)
    logged = any(t.silenced for t in targets)
    if kind == "soft-failure-logged" and debug:
        effect += " At debug level it is there for who looks for it."
    elif logged and kind != "soft-failure-logged":
        effect += " What is no error is no longer logged" + (" as an error." if debug else ".")
    files = sorted({t.file for t in targets})
    items = []
    for path in files:
        if len(files) > 1:
            items.append(f"{_ascii(path)}:")
        items += [_item(t, debug) for t in targets if t.file == path]
    parts = [_wrapped(_contract(kind, targets, origin.contract)), _wrapped(effect)]
    parts += ["\n".join(items), _wrapped(_others(targets)), "\n".join(trailers)]
    return "\n\n".join(filter(None, parts)) + "\n"


def notes(targets: list[Target], origin: Origin, compiled: str) -> str:
    """What stands below the ---: how the patch was made, and what to look at before it is sent."""
    rules = ", ".join(sorted({t.rule for t in targets}))
    parts = [
        f"Found by {origin.tool} ({origin.engine}), rule {rules}, in Linux {_ascii(origin.kernel)};"
        f" edited by its semantic patches. {compiled}"
    ]
    typed = sorted({f"{t.function}()" for t in targets if t.typed and _says(t)})
    if typed:
        parts.append(
            f"{', '.join(typed)}: the check refuses every domain of a type, however it is configured."
            f" A caller may try another one of that type after -{origin.contract.soft}."
        )
    return "\n\n".join(map(_wrapped, parts)) + "\n"


def cover(
    prefix: str, targets: list[Target], left: list[Target], origin: Origin, done: Done
) -> str:
    """First paragraph the subject, as git format-patch --cover-from-description wants it."""
    title = f"{_ascii(prefix)}: Return the errnos that {origin.contract.op} documents"
    counts = Counter(t.rule for t in targets)
    numbers = "\n".join(f"  {rule}: {n}" for rule, n in sorted(counts.items()))
    article = "An" if origin.contract.op[0] in "aeiou" else "A"
    intro = _wrapped(
        f"{article} {origin.contract.op} callback tells its caller with -"
        f"{origin.contract.soft} that domain and device do not fit, so that the caller may try another"
        " domain, and with any other errno that it must give up. This series mends the places where a"
        " driver says the wrong one of the two, or logs what is no error."
    )
    silent = "scripts/checkpatch.pl --strict and " if done.checkpatch else ""
    found = _wrapped(
        f"Found by {origin.tool} ({origin.engine}) in Linux {_ascii(origin.kernel)}; the edits are made by"
        f" its semantic patches. The series applies with git am, {silent}git diff --check"
        f" {'are' if silent else 'is'} silent, every touched file parses, and the audit of the result"
        f" shows none of these findings and no new one. {done.compiled}"
    )
    parts = [title[:SUBJECT], intro, f"Findings mended, by rule:\n{numbers}", found]
    if left:
        shown = [f"- {_ascii(t.file)}: {_ascii(t.function)}(): {_ascii(t.refusal)}" for t in left]
        lines = [_wrapped(line, "", "  ") for line in shown]
        parts.append("Findings without a patch:\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"
