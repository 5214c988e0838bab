# SPDX-License-Identifier: GPL-2.0-only
"""Words: in, findings of a kind on one hunk of a mail; out, the remark on them, as a reviewer would
write it: what the code does, what its errno tells the caller, one question.

The contract is quoted once a mail, and what was explained once is not explained again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from report.contract import Contract
from report.model import Finding
from report.rules import MIXED
from report.text import condition, squeeze

LONGEST = 160  # characters of a condition that is repeated in a remark
_NUMBERS = {2: "both", 3: "all three", 4: "all four", 5: "all five", 6: "all six"}


@dataclass(frozen=True, slots=True)
class Topic:
    """What a remark is about."""

    finding: Finding
    mended_by: str  # label of the later patch that does
    where: str  # its place, where the mail does not show it
    added: bool  # it stands on a line that the patch adds

    @property
    def errno(self) -> str:
        return self.finding.site.errno if self.finding.site else ""

    @property
    def wanted(self) -> str:
        site = self.finding.site
        return site.expected[0] if site and site.expected else ""

    @property
    def sure(self) -> bool:
        return not self.finding.site or self.finding.site.confidence == "high"

    @property
    def class_(self) -> str:
        return self.finding.site.class_ if self.finding.site else ""

    @property
    def callee(self) -> str:
        """Whose errno it is, where it is one that was called."""
        said = re.search(r"\b(?:errno|result) of (\w+)", self.finding.message)
        return self.errno.partition(":")[2] or (said[1] if said else "")

    @property
    def lesson(self) -> object:
        """What is explained once a mail."""
        return self.finding.rule, self.wanted, self.class_, self.sure

    @property
    def kind(self) -> object:
        """What one remark can speak of."""
        return self.lesson, self.errno.partition(":")[0], not self.callee, self.mended_by


def _condition(topic: Topic) -> str:
    """The nearest condition, as the source has it; a loop or a switch that ran out is told so."""
    guards = topic.finding.site.guards if topic.finding.site else ()
    text = squeeze(guards[0].text) if guards else ""
    if not text or len(text) > LONGEST:
        return ""
    before, code = condition(text)
    return f"{before}`{code}`"


def _list(words: Iterable[str]) -> str:
    *most, last = dict.fromkeys(words)
    return f"{', '.join(most)} and {last}" if most else last


def _guards(topics: tuple[Topic, ...]) -> str:
    conditions = [c for c in map(_condition, topics) if c]
    text = _list(conditions) if len(conditions) == len(topics) else ""
    return f" ({text})" if text and len(text) <= 2 * LONGEST else ""


def _helper(topics: tuple[Topic, ...]) -> str:
    """The function, where it is not the callback itself."""
    sites = [t.finding.site for t in topics if t.finding.site]
    names = {s.function if len(s.path) > 1 else "" for s in sites}
    name = names.pop() if len(names) == 1 else ""
    return f" in {name}()" if name else ""


def _called(text: str) -> str:
    """With () behind the functions that a finding names."""
    text = re.sub(r"\b((?:errno|result) of )([a-z_]\w*)\b(?!\()", r"\1\2()", squeeze(text))
    return re.sub(r"\b([a-z]\w*_\w+)(?= (?:can return|can fail|failed|reports)\b)", r"\1()", text)


def _these(n: int) -> str:
    return f"{_NUMBERS.get(n, f'all {n}')} of these"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@dataclass
class Words:
    """Of one mail."""

    contract: Contract
    _told: set[object] = field(default_factory=set)
    _quoted: set[str] = field(default_factory=set)

    def _shown(self, errno: str) -> str:
        return errno if errno == "0" else f"-{errno}"

    def _reason(self, topics: tuple[Topic, ...]) -> str:
        """What the failure is, and what its errno tells the caller."""
        first, many = topics[0], len(topics) > 1
        guards, helper, soft = _guards(topics), _helper(topics), f"-{self.contract.soft}"
        errno, these = self._shown(first.errno), _these(len(topics))
        who = f"{_capital(these)}{helper} refuse" if many else "This refuses"
        if helper and not many:
            who = f"{helper.removeprefix(' in ')} refuses"
        fails = f"fails in {these}{helper}" if many else f"fails here{helper}"
        here = f"In {these}{helper}" if many else "Here"
        blind = f", which {errno} does not tell the caller."
        match first.finding.rule, first.class_:
            case "incompatible-not-einval", _:
                return (
                    f"{who} a domain that does not fit the device{guards}. With {errno} the caller "
                    f"gives up, although another domain may work; {soft} makes it try one."
                )
            case "hard-as-einval", _:
                told = f"{errno} makes the caller go on trying domains."
                if first.errno != self.contract.soft:
                    told = f"{errno} does not tell the caller so."
                return (
                    f"What {fails} is the device or its IOMMU{guards}, so no other domain can "
                    f"help. {told}"
                )
            case "soft-failure-logged", _:
                what = f"A domain that does not fit the device{guards} is no error yet"
                if first.callee:
                    names = _list(f"{t.callee}()" for t in topics)
                    what = (
                        f"{names} can fail because the domain does not fit, which is no error yet"
                    )
                message = "these messages end" if many else f"the message{helper} ends"
                return (
                    f"{what}: callers probe one domain after another, so {message} up in the log "
                    "when all is well."
                )
            case "wrong-resource-errno", "nomem":
                return f"{here} an allocation fails{'' if many else helper}{guards}{blind}"
            case "wrong-resource-errno", "nospace":
                what = "something other than memory runs out"
                return f"{here} {what}{'' if many else helper}{guards}{blind}"
            case "wrong-resource-errno", "busy":
                return f"{here} the device is in use already{'' if many else helper}{guards}{blind}"
            case "errno-masked", _:
                names = _list(f"{t.callee}()" for t in topics)
                return (
                    f"{here} {errno} replaces the errno of {names}, so the caller no longer sees "
                    "what went wrong."
                )
            case "foreign-einval", _:
                names = _list(f"{t.callee}()" for t in topics)
                return (
                    f"{names} can return {soft} for reasons that have nothing to do with the domain, "
                    "and the caller then goes on trying others."
                )
            case "silent-success", _:
                said = f"0 is returned although nothing was attached{guards}"
                if first.callee:
                    said = f"the result of {_list(f'{t.callee}()' for t in topics)} is thrown away"
                return f"{here} {said}, and the caller believes that the device is attached."
        return f"Here {_called(first.finding.message)}."

    def _question(self, topics: tuple[Topic, ...]) -> str:
        """The suggested edit; line numbers say nothing in a quoted patch."""
        edits = [
            re.sub(
                r" at line \d+|, which should be [^,]*", "", _called(t.finding.rewrite or "")
            ).replace("; remove", ", and remove")
            for t in topics
        ]
        if not all(edits):
            return ""
        many = len(topics) > 1
        both = _NUMBERS.get(len(topics), f"all {len(topics)}")
        if many and topics[0].finding.rule == "soft-failure-logged":
            return "Could you remove them, or make them debug messages?"
        if len(set(edits)) > 1 and any("remove" in e for e in edits):
            edits = [re.sub(r",? ?(?:and )?remove .*", "", e) for e in edits]
            return f"Could you {_list(edits)} in {both}, without a message?"
        return f"Could you {_list(edits)}{f' in {both}' if many else ''}?"

    def _doubt(self, topics: tuple[Topic, ...]) -> str:
        """A question instead of both, where the code does not say so by itself."""
        first, many = topics[0], len(topics) > 1
        guards, helper, soft = _guards(topics), _helper(topics), f"-{self.contract.soft}"
        errno, these = self._shown(first.errno), _these(len(topics))
        match first.finding.rule:
            case "incompatible-not-einval":
                are = f"Are {these}" if many else "Is this"
                return (
                    f"{are} about a domain that does not fit the device{guards}? Then "
                    f"{errno} makes the caller give up, although another domain may work; {soft} "
                    "makes it try one."
                )
            case "hard-as-einval":
                place = f"in {these}" if many else "here"
                return (
                    f"Is it the device or its IOMMU that fails {place}{guards}? Then no other "
                    f"domain can help: {errno} makes the caller go on trying, -ENODEV ends that."
                )
            case "soft-failure-logged":
                message = "these messages" if many else "this message"
                return (
                    f"Can {message}{helper} appear because a domain merely does not fit the "
                    f"device{guards}? Callers probe one domain after another, so the log would fill "
                    "when all is well."
                )
            case "silent-success" if first.callee:
                names = _list(f"{t.callee}()" for t in topics)
                return (
                    f"Can {names} fail here? The result is thrown away, and the caller would believe "
                    "that the device is attached."
                )
        return ""

    def _contract(self, topics: tuple[Topic, ...]) -> str:
        """Its sentence on the errno that belongs here, once a mail."""
        wanted = topics[0].wanted
        if topics[0].finding.rule == "soft-failure-logged":
            wanted = self.contract.soft
        if wanted in self._quoted or wanted not in self.contract.errnos:
            return ""
        said = self.contract.also(wanted) if self._quoted else self.contract.says(wanted)
        self._quoted.add(wanted)
        return said

    def remark(self, topics: tuple[Topic, ...]) -> str:
        first = topics[0]
        if first.finding.rule == MIXED:
            said = squeeze(first.finding.message)
            said = said.replace(
                "misfits of domain and device are returned as",
                "a domain that does not fit the device is refused with",
            ).replace(" and as -", " and with -")
            said = said.replace("both a misfit and", "both a domain that does not fit and")
            return (
                f"With this patch {said} in the {first.finding.driver} driver; could one errno be "
                "kept for a domain that does not fit the device?"
            )
        doubt = "" if first.sure else self._doubt(topics)
        question = "" if doubt else self._question(topics)
        again = first.lesson in self._told
        self._told.add(first.lesson)
        where = f"for {_these(len(topics))}" if len(topics) > 1 else "here"
        if again and doubt:
            text = f"The same question {where}{_guards(topics)}."
        elif again and question:
            question = question.removesuffix(f" in {_NUMBERS.get(len(topics), '')}?").rstrip("?")
            text = f"The same goes {where}{_guards(topics)}: {question[0].lower()}{question[1:]}?"
        else:
            text = " ".join(
                filter(None, (doubt or self._reason(topics), self._contract(topics), question))
            )
        if first.mended_by:
            text += f" Patch {first.mended_by} does that; it would be better here already."
        return first.where + text
