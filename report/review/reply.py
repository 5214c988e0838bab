# SPDX-License-Identifier: GPL-2.0-only
"""A reply: in, a patch as it was applied and what it brings; out, one mail, the patch quoted and cut
to the parts concerned, each remark beneath its line. What a remark says is in words.py.
"""

from __future__ import annotations

import quopri
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.header import Header
from email.utils import formataddr

from report.contract import Contract
from report.model import Audit, Finding
from report.review.apply import Place, State
from report.review.series import FileDiff, Hunk, Mail, Patch
from report.review.words import Topic, Words
from report.rules import MIXED
from report.scratch import git
from report.text import escape, squeeze

WIDTH = 72
LINE = 400  # characters of a quoted line
BESIDE = 4  # lines from an added condition to what it guards
BEFORE, JOIN = 6, 12  # quoted lines above a remark; a gap of at most JOIN lines is not cut

# ---------------------------------------------------------------------------- placing


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


def _kind(patch: Patch, place: Place) -> str:
    return patch.files[place.file].hunks[place.hunk].lines[place.line].kind


def _anchor(finding: Finding, audit: Audit, state: State) -> tuple[Place | None, bool]:
    """Where in the mail the remark belongs, and whether that is the finding's own line: that one
    where the patch shows it, else the first line that the patch adds of those that it is about."""
    places, patch = state.places, state.patch
    own = places.get((finding.file, finding.line)) if finding.site else None
    there = [places[c] for c in _candidates(finding, audit) if c in places]
    added = [place for place in there if _kind(patch, place) == "+"]
    if own and (not added or own in added):
        return own, True
    if own:  # it stayed; what was added to it brings the fault: the later of the two
        first = added[0]
        same = (own.file, own.hunk) == (first.file, first.hunk)
        close = same and own.line - first.line < BESIDE
        return max(own, first, key=lambda p: p.line) if close else first, True
    if added:
        return added[0], False
    changed = [
        Place(i, j, k)
        for i, f in enumerate(patch.files)
        if finding.file in (f.new, f.old) or any(p.file == i for p in there)
        for j, hunk in enumerate(f.hunks)
        for k, line in enumerate(hunk.lines)
        if line.kind != " "
    ]
    for seen in there:  # a line that stayed is not the cause: the change beside it is
        beside = [p for p in changed if (p.file, p.hunk) == (seen.file, seen.hunk)]
        if beside:
            return min(beside, key=lambda p: abs(p.line - seen.line)), False
    removed = [p for p in changed if _kind(patch, p) == "-"]
    return next(iter(removed or changed), None), False


def _elsewhere(finding: Finding, state: State) -> str:
    """A place that the mail does not show: the line is named where the author has the same one."""
    where = f"{finding.function}()" if finding.function else ""
    if finding.file in state.theirs:
        return f"({finding.file}:{finding.line}, {where}) "
    return f"({finding.file}, {where}) "


# ----------------------------------------------------------------------------- quoting


def _quoted(text: str) -> str:
    text = text.rstrip("\r")
    if len(text) > LINE:
        text = text[:LINE] + " [...]"
    return ("> " + "\t".join(map(escape, text.split("\t")))).rstrip()


def _shortened(word: str) -> str:
    """A name too long for a line of mail loses its middle."""
    return word if len(word) <= WIDTH else f"{word[:34]}...{word[-35:]}"


def _filled(text: str) -> str:
    words = " ".join(map(_shortened, escape(text).split(" ")))
    return textwrap.fill(words, WIDTH, break_long_words=False, break_on_hyphens=False)


def _head(f: FileDiff) -> list[str]:
    old = f"a/{f.old}" if f.old else "/dev/null"
    new = f"b/{f.new}" if f.new else "/dev/null"
    return [f"--- {old}", f"+++ {new}"]


def _cut(hunk: Hunk, shown: dict[int, list[str]]) -> Iterator[str]:
    """The lines above each place that is shown, and the remarks on it; `[...]` for what was left
    out."""
    at = 0
    for k in sorted(shown):
        start = max(at, k - BEFORE)
        if start > at and (start - at > JOIN - BEFORE or not at):
            yield "> [...]"
        else:
            start = at
        for line in hunk.lines[start : k + 1]:
            yield _quoted(line.kind + line.text)
        for text in shown[k]:
            yield ""
            yield _filled(text)
        if shown[k]:
            yield ""
        at = k + 1


@dataclass(frozen=True, slots=True)
class _Remark:
    place: Place | None
    topics: tuple[Topic, ...]  # those of a kind, in the order of their lines


def _grouped(
    findings: Iterable[tuple[Finding, str]], audit: Audit, state: State
) -> Iterator[_Remark]:
    """Findings of a kind on lines of one hunk share a remark, beneath the last of them."""
    groups: dict[object, list[tuple[Place | None, Topic]]] = defaultdict(list)
    for finding, mended_by in findings:
        place, exact = _anchor(finding, audit, state)
        where = "" if exact or finding.rule == MIXED else _elsewhere(finding, state)
        added = exact and place is not None and _kind(state.patch, place) == "+"
        topic = Topic(finding, mended_by, where, added)
        key: object = topic.kind if place and exact else finding.id
        groups[place and (place.file, place.hunk), key].append((place, topic))
    for group in groups.values():
        group.sort(key=lambda g: g[0].line if g[0] else 0)
        yield _Remark(group[-1][0], tuple(topic for _, topic in group))


def body(
    state: State, audit: Audit, findings: Iterable[tuple[Finding, str]], contract: Contract
) -> str:
    """ "" where the patch touches none of it. `findings`: each with the label of the later patch
    that mends it, or ""."""
    patch, words = state.patch, Words(contract)
    remarks = list(_grouped(findings, audit, state))
    remarks.sort(
        key=lambda r: (r.place.file, r.place.hunk, r.place.line) if r.place else (len(patch.files),)
    )
    shown: dict[tuple[int, int], dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for remark in remarks:
        if remark.place is None:  # the patch touches nothing of it
            continue
        text = words.remark(remark.topics)
        hunk = shown[remark.place.file, remark.place.hunk]
        hunk[remark.place.line].append(text)
        for topic in remark.topics:
            place = state.places.get((topic.finding.file, topic.finding.line))
            if place and (place.file, place.hunk) == (remark.place.file, remark.place.hunk):
                hunk[place.line] += []
    who = patch.mail.sender[0] or patch.mail.sender[1] or "the author"
    on = f"On {patch.mail.date}, " if patch.mail.date else ""
    lines = textwrap.wrap(
        f"{on}{who} wrote:", WIDTH, break_long_words=False, break_on_hyphens=False
    )
    last = -1
    for i, j in sorted(shown):
        f = patch.files[i]
        lines += ["> [...]"]
        if i != last:
            lines += [_quoted(line) for line in _head(f)]
        lines.append(_quoted(f.hunks[j].heading))
        lines += _cut(f.hunks[j], shown[i, j])
        last = i
    if not shown:
        return ""
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------ headers


def identity(kernel: str) -> tuple[str, str]:
    """Who replies, as git knows them in the audited tree; ("", "") leaves the From to the mail
    client."""

    def asked(name: str) -> str:
        answer = git("config", name, cwd=kernel, configured=True).stdout
        return squeeze(escape(answer.decode("utf-8", "replace").strip()))

    return asked("user.name"), asked("user.email")


def _formatted(addresses: Iterable[tuple[str, str]]) -> str:
    return ",\n\t".join(formataddr(a) for a in addresses)


def _subject(mail: Mail) -> str:
    subject = f"Re: {mail.subject}"
    if subject.isascii() and len(subject) < 200:
        return subject
    charset = "us-ascii" if subject.isascii() else "utf-8"
    return Header(subject, charset, header_name="Subject").encode()


def mail(patch: Patch, text: str, me: tuple[str, str]) -> str:
    """One mail of an mbox; Date and Message-ID are left to whoever sends it."""
    original = patch.mail
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
