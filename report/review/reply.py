# SPDX-License-Identifier: GPL-2.0-only
"""A reply: in, a patch and what it brings; out, one mail, the patch quoted and cut to the parts
concerned, each finding beneath its line.
"""

from __future__ import annotations

import os
import quopri
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import formataddr

from report import scratch
from report.file import Complaint, read_json
from report.model import Audit, Finding
from report.review.series import FileDiff, Hunk, Mail, Patch
from report.rules import MIXED
from report.scratch import ROOT, git
from report.text import escape, squeeze

WIDTH = 72
BEFORE, JOIN = 6, 12  # quoted lines above a remark; a gap of at most JOIN lines is not cut


# ----------------------------------------------------------------- the contract's words


@dataclass(frozen=True, slots=True)
class Contract:
    soft: str  # the errno of a misfit
    errnos: dict[str, str]  # errno -> what it means, in a sentence of its own or of the tree
    quoted: frozenset[str]  # whose sentence is the tree's kernel-doc, word for word

    def sentence(self, errno: str) -> str:
        if errno not in self.errnos:
            return ""
        if errno in self.quoted:
            return f' The kernel-doc of attach_dev has for {errno}: "{self.errnos[errno]}".'
        return f" The rules of attach_dev (v6.2) have for {errno}: {self.errnos[errno]}."


def _kernel_doc(tree: str) -> dict[str, str]:
    """Errno -> its line in the tree's own kernel-doc of attach_dev; quoted, never decided by."""
    content = scratch.read(os.path.join(tree, "include/linux/iommu.h")) or b""
    text = content.decode("utf-8", "backslashreplace")
    part = re.search(
        r"(?s) \* struct iommu_domain_ops - .*? \* @attach_dev:(.*?)(?: \* @|\*/)", text
    )
    found = {}
    for errno, said in re.findall(
        r"(?ms)^ \* \* (E[A-Z]+)\s+- (.*?)(?=^ \* \* |\Z)", part[1] if part else ""
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


# ------------------------------------------------------------------- the words on a finding


def _guard(finding: Finding) -> str:
    guards = finding.site.guards if finding.site else ()
    return f" (`{squeeze(guards[0].text)}`)" if guards else ""


def _errno(finding: Finding) -> str:
    return f"-{finding.site.errno}" if finding.site else ""


def _edit(finding: Finding) -> str:
    """The suggested edit as a question; line numbers say nothing in a quoted patch."""
    edit = re.sub(r" at line \d+", "", squeeze(finding.rewrite or ""))
    edit = edit.replace("; remove", ", and remove")
    return f" Could you {edit}?" if edit else ""


def _because(finding: Finding, contract: Contract) -> str:
    """What the failure is, and what its errno tells the caller; one sentence or two."""
    site, guard, soft = finding.site, _guard(finding), contract.soft
    helper = f" in {site.function}()" if site and len(site.path) > 1 else ""
    match finding.rule:
        case "incompatible-not-einval":
            return (
                f"This{helper} refuses a domain that does not fit the device{guard}. With "
                f"{_errno(finding)} the caller gives up, although another domain may work; "
                f"-{soft} makes it try one."
            )
        case "hard-as-einval":
            return (
                f"What fails here{helper} is the device or its IOMMU{guard}, so no other domain "
                f"can help. -{soft} makes the caller go on trying domains."
            )
        case "soft-failure-logged":
            return (
                f"A domain that does not fit the device{guard} is no error yet: callers probe one "
                f"domain after another, so the message{helper} ends up in the log when all is well."
            )
        case "wrong-resource-errno":
            said = squeeze(finding.message)
            return f"Here{helper}{guard} {said}; the caller cannot tell what it ran into."
        case "errno-masked":
            return f"Here {squeeze(finding.message)}, so the caller no longer sees what went wrong."
        case "silent-success":
            return f"Here {squeeze(finding.message)}, and the caller believes the device attached."
    return f"Here {squeeze(finding.message)}."


def _rule_of(finding: Finding, contract: Contract) -> str:
    """The contract's sentence on the errno that belongs here."""
    site = finding.site
    wanted = site.expected[0] if site and site.expected else contract.soft
    if finding.rule == "soft-failure-logged":
        wanted = contract.soft
    return contract.sentence(wanted)


def remark(finding: Finding, contract: Contract, mended_by: str = "") -> str:
    if finding.rule == MIXED:
        text = (
            f"With this patch {squeeze(finding.message)} in the {finding.driver} driver; could one "
            "errno be kept for a domain that does not fit the device?"
        )
    else:
        text = _because(finding, contract) + _rule_of(finding, contract) + _edit(finding)
    if mended_by:
        text += f" Patch {mended_by} does that; it would be better here already."
    return text


# ----------------------------------------------------------------------------- quoting


@dataclass(frozen=True, slots=True)
class Place:
    file: int  # index of the FileDiff
    hunk: int
    line: int


def _candidates(finding: Finding, audit: Audit) -> Iterator[tuple[str, int]]:
    """Places a finding is about, best first: its line, its guards, the calls that lead there, the
    table entry that makes it an attach path."""
    yield finding.file, finding.line
    site = finding.site
    if site is None:
        for s in audit.sites:
            if s.driver == finding.driver:
                yield s.file, s.line
        return
    yield site.file, site.constant_line
    yield from ((site.file, m.line) for m in site.messages)
    yield from ((g.file, g.line) for g in site.guards)
    yield from ((s.file, s.line) for s in reversed(site.path))
    yield from ((b.file, b.line) for b in audit.bindings if b.callback in site.callbacks)


def _places(patch: Patch) -> dict[tuple[str, int], tuple[Place, str]]:
    found = {}
    for i, f in enumerate(patch.files):
        for j, hunk in enumerate(f.hunks):
            for k, line in enumerate(hunk.lines):
                if line.number is not None and line.kind in "+ ":
                    found[f.new, line.number] = Place(i, j, k), line.kind
    return found


def _anchor(finding: Finding, audit: Audit, patch: Patch) -> tuple[Place | None, bool]:
    """Where in the patch the remark belongs, and whether that is the finding's own line."""
    places = _places(patch)
    own = places.get((finding.file, finding.line))
    if own and finding.site:
        return own[0], True
    there = [places[c] for c in _candidates(finding, audit) if c in places]
    added = [place for place, kind in there if kind == "+"]
    if added:
        return added[0], False
    if there:
        return there[0][0], False
    for i, f in enumerate(patch.files):  # what it took away is the cause: its first removed line
        if f.new == finding.file or f.old == finding.file:
            for j, hunk in enumerate(f.hunks):
                for k, line in enumerate(hunk.lines):
                    if line.kind == "-":
                        return Place(i, j, k), False
    return None, False


def _quoted(text: str) -> str:
    return ("> " + "\t".join(map(escape, text.rstrip("\r").split("\t")))).rstrip()


def _filled(text: str) -> str:
    return textwrap.fill(escape(text), WIDTH, break_long_words=False, break_on_hyphens=False)


def _head(f: FileDiff) -> list[str]:
    old = f"a/{f.old}" if f.old else "/dev/null"
    new = f"b/{f.new}" if f.new else "/dev/null"
    return [f"--- {old}", f"+++ {new}"]


def _cut(hunk: Hunk, remarks: dict[int, list[str]]) -> Iterator[str]:
    """The lines above each remark, and the remark; `[...]` for what was left out."""
    at = 0
    for k in sorted(remarks):
        start = max(at, k - BEFORE)
        if start > at and (start - at > JOIN - BEFORE or not at):
            yield "> [...]"
        else:
            start = at
        for line in hunk.lines[start : k + 1]:
            yield _quoted(line.kind + line.text)
        for text in remarks[k]:
            yield ""
            yield _filled(text)
        yield ""
        at = k + 1


def body(
    patch: Patch, audit: Audit, findings: Iterable[tuple[Finding, str]], contract: Contract
) -> str:
    """`findings`: each with the label of the later patch that mends it, or ""."""
    remarks: dict[tuple[int, int], dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    loose = []
    for finding, mended_by in findings:
        place, exact = _anchor(finding, audit, patch)
        text = remark(finding, contract, mended_by)
        if not exact and finding.rule != MIXED:
            text = f"({finding.file}:{finding.line}, {finding.function}()) {text}"
        if place is None:
            loose.append(text)
        else:
            remarks[place.file, place.hunk][place.line].append(text)
    who = patch.mail.sender[0] or patch.mail.sender[1] or "the author"
    on = f"On {patch.mail.date}, " if patch.mail.date else ""
    lines = [f"{on}{who} wrote:"]
    last = -1
    for i, j in sorted(remarks):
        f = patch.files[i]
        hunk = f.hunks[j]
        lines += ["> [...]"]
        if i != last:
            lines += [_quoted(line) for line in _head(f)]
        lines.append(_quoted(hunk.heading))
        lines += _cut(hunk, remarks[i, j])
        last = i
    if loose:
        lines += [_quoted(line) for line in (_head(patch.files[0]) if patch.files else [])]
        lines += [part for text in loose for part in ("", _filled(text))] + [""]
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------ headers


def _identity() -> tuple[str, str]:
    """Who replies, as git knows them; ("", "") leaves the From to the mail client."""

    def asked(name: str) -> str:
        answer = git("config", name, cwd=os.getcwd(), configured=True).stdout
        return squeeze(escape(answer.decode("utf-8", "replace").strip()))

    return asked("user.name"), asked("user.email")


def _formatted(addresses: Iterable[tuple[str, str]]) -> str:
    return ",\n\t".join(formataddr(a) for a in addresses)


def _subject(mail: Mail) -> str:
    from email.header import Header

    subject = f"Re: {mail.subject}"
    if subject.isascii():
        return subject
    return Header(subject, "utf-8", header_name="Subject").encode()


def mail(patch: Patch, text: str) -> str:
    """One mail of an mbox; Date and Message-ID are left to whoever sends it."""
    original = patch.mail
    me = _identity()
    to = list(original.reply_to or [original.sender] if original.sender[1] else [])
    skip = {a.lower() for _, a in (*to, me)}
    cc = [a for a in original.recipients if a[1].lower() not in skip]
    headers = [("From", formataddr(me))] if me[1] else []
    headers += [("Subject", _subject(original))]
    headers += [("To", _formatted(to))] if to else []
    headers += [("Cc", _formatted(cc))] if cc else []
    if original.message_id:
        chain = [r for r in original.references if r != original.message_id]
        headers.append(("In-Reply-To", original.message_id))
        headers.append(("References", "\n\t".join([*chain, original.message_id])))
    encoding = "8bit"
    if any(len(line.encode()) > 900 for line in text.split("\n")):
        encoding = "quoted-printable"
        text = quopri.encodestring(text.encode()).decode("ascii")
    headers += [
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Transfer-Encoding", encoding),
    ]
    text = re.sub(r"(?m)^(>*From )", r">\1", text)
    head = "".join(f"{name}: {value}\n" for name, value in headers)
    return f"From attach-audit Mon Sep 17 00:00:00 2001\n{head}\n{text}\n"
