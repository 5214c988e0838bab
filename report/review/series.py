# SPDX-License-Identifier: GPL-2.0-only
"""A series: in, an mbox, a `git format-patch` folder or standard input; out, its patches in order,
and which of its numbers are not there.

git splits the mails and decodes them (MIME, base64, quoted-printable), as `git am` would; names in
the patches are checked here before anything is read or written by them.
"""

from __future__ import annotations

import email
import email.errors
import email.header
import io
import os
import re
import stat
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import getaddresses

from report.file import Complaint
from report.scratch import first_line, git, inside
from report.text import escape, squeeze

try:
    import unidiff  # type: ignore[import]
except ImportError:
    raise Complaint(
        "unidiff: not found: install it with: apt-get install python3-unidiff"
    ) from None

LARGEST = 64 << 20  # bytes of an mbox
MOST = 1000  # mails
LONGEST = 500  # characters of a subject or a date
STDIN = "standard input"


@dataclass(frozen=True, slots=True)
class Line:
    kind: str  # " ", "+", "-"
    text: str


@dataclass(frozen=True, slots=True)
class Hunk:
    heading: str
    start: int  # its first line in the file as the patch leaves it
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class FileDiff:
    old: str  # "" where the patch adds the file
    new: str  # "" where it removes it
    hunks: tuple[Hunk, ...]
    diff: bytes  # this file's part of the patch, as git apply reads it
    blob: str  # start of the hash of the file that the patch was made on; "" where it does not say


@dataclass(frozen=True, slots=True)
class Mail:
    """What a reply needs to know; an address is (name, address)."""

    message_id: str
    references: tuple[str, ...]
    subject: str
    date: str
    sender: tuple[str, str]
    reply_to: tuple[tuple[str, str], ...]
    recipients: tuple[tuple[str, str], ...]  # To and Cc


@dataclass(frozen=True, slots=True)
class Patch:
    mail: Mail
    version: int
    number: int  # 0 where the subject does not say
    total: int
    title: str  # the subject without its prefix
    diff: bytes  # as git apply reads it
    files: tuple[FileDiff, ...]

    @property
    def names(self) -> set[str]:
        return {n for f in self.files for n in (f.old, f.new) if n}

    @property
    def label(self) -> str:
        return f'{self.number}/{self.total} "{self.title}"' if self.number else f'"{self.title}"'


@dataclass(frozen=True, slots=True)
class Series:
    patches: tuple[Patch, ...]
    missing: str  # "1/3 and 3/3", the patches that the mbox does not hold; "" when it is whole


# ---------------------------------------------------------------------------- mails


def _clean(text: str) -> str:
    """On one line, without what a terminal obeys; the marks of a letter are a part of it."""
    out = ""
    for c in unicodedata.normalize("NFC", squeeze(text)):
        mark = unicodedata.category(c) in ("Mn", "Mc") and out[-1:].isalpha()
        out += c if mark else escape(c)
    return out


_WORDS = re.compile(r"((?:=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=(?:\s+(?==\?))?)+)")


def _decoded(raw: str) -> str:
    """A header's text, its encoded words decoded; it is one line whatever they held."""
    parts = _WORDS.split(raw)
    for i in range(1, len(parts), 2):
        try:
            words = email.header.decode_header(re.sub(r"\s+", " ", parts[i]))
            parts[i] = str(email.header.make_header(words))
        except (LookupError, UnicodeError, ValueError, email.errors.HeaderParseError):
            pass
    return _clean("".join(parts))


def _headers(message: email.message.Message, *names: str) -> list[str]:
    """Their text as it came. Eight-bit bytes are UTF-8 (RFC 6532), else what the mail says it is in,
    else Latin-1."""
    found = []
    wanted = [n.lower() for n in names]
    for name, value in message.raw_items():
        if name.lower() in wanted:
            octets = str(value).encode("utf-8", "surrogateescape")
            for charset in ("utf-8", message.get_content_charset("latin-1"), "latin-1"):
                try:
                    found.append(octets.decode(charset))
                    break
                except (LookupError, UnicodeError):
                    continue
    return found


def _header(message: email.message.Message, name: str) -> str:
    return next(iter(_headers(message, name)), "")


def _addresses(message: email.message.Message, *names: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, tuple[str, str]] = {}
    for name, address in getaddresses([re.sub(r"\s+", " ", r) for r in _headers(message, *names)]):
        if re.fullmatch(r"[^\s<>()\[\],;:\"\\@\x00-\x1f\x7f-\uffff]+@[A-Za-z0-9.-]+", address):
            found.setdefault(address.lower(), (_decoded(name), address))
    return tuple(found.values())


def _ids(message: email.message.Message, name: str) -> tuple[str, ...]:
    return tuple(re.findall(r"<[!-;=?-~]+>", _header(message, name)))


def _mail(raw: bytes) -> Mail:
    message = email.message_from_bytes(raw)
    senders = _addresses(message, "From")
    references = _ids(message, "References") or _ids(message, "In-Reply-To")[:1]
    return Mail(
        message_id=next(iter(_ids(message, "Message-ID")), ""),
        references=references,
        subject=_decoded(_header(message, "Subject"))[:LONGEST],
        date=_decoded(_header(message, "Date"))[:LONGEST],
        sender=senders[0] if senders else ("", ""),
        reply_to=_addresses(message, "Reply-To"),
        recipients=_addresses(message, "To", "Cc"),
    )


# ---------------------------------------------------------------------------- diffs


def _name(path: str | None, prefix: str) -> str:
    """A name as the diff gives it, without a/ or b/; "" for /dev/null."""
    path = (path or "").split("\t")[0]
    if path == "/dev/null":
        return ""
    if len(path) > 1 and path.startswith('"') and path.endswith('"'):  # C-style, as git quotes
        inner = path[1:-1].encode("latin-1", "backslashreplace")
        path = (
            inner.decode("unicode_escape").encode("latin-1", "replace").decode("utf-8", "replace")
        )
    return path.removeprefix(prefix)


def _hunks(section: str, label: str) -> tuple[Hunk, ...]:
    try:
        (parsed,) = unidiff.PatchSet(io.StringIO(section, newline="\n"))
    except (unidiff.UnidiffParseError, ValueError, IndexError) as error:
        why = _clean(str(error))
        raise Complaint(f"patch {label}: malformed: {why}: ask for it again") from None
    return tuple(
        Hunk(
            f"@@ -{h.source_start},{h.source_length} +{h.target_start},{h.target_length} @@ "
            + (h.section_header or ""),
            h.target_start,
            tuple(
                Line(line.line_type, line.value.removesuffix("\n"))
                for line in h
                if line.line_type in " +-"
            ),
        )
        for h in parsed
    )


def _sections(diff: bytes) -> list[bytes]:
    """A file's part each: from "diff --git", or from "---" where git did not make the patch."""
    parts = re.split(rb"(?m)^(?=diff --git )", diff)
    plain = re.split(rb"(?m)^(?=--- [^\n]+\n\+\+\+ [^\n]+\n@@ -)", parts[0])
    return [part for part in (*plain, *parts[1:]) if part.startswith((b"--- ", b"diff --git "))]


def _files(diff: bytes, label: str) -> tuple[FileDiff, ...]:
    """A part without hunks (renamed, binary, another mode) has its names alone."""
    files = []
    for part in _sections(diff):
        section = part.decode("utf-8", "backslashreplace")
        hunked = re.search(r"(?m)^--- (.+)\n\+\+\+ (.+)\n@@ ", section)
        renamed = re.search(r"(?m)^(?:rename|copy) from (.+)\n(?:rename|copy) to (.+)$", section)
        named = re.match(r"diff --git a/(.+) b/\1\n", section)
        blob = re.search(r"(?m)^index ([0-9a-f]{7,64})\.\.", section)
        hunks: tuple[Hunk, ...] = ()
        if hunked:
            hunks = _hunks(section[hunked.start() :], label)
            names = _name(hunked[1], "a/"), _name(hunked[2], "b/")
        elif renamed:
            names = _name(renamed[1], ""), _name(renamed[2], "")
        elif named:
            names = named[1], named[1]
        else:
            continue
        files.append(FileDiff(*names, hunks, part, blob[1] if blob else ""))
    return tuple(files)


def _check_names(patch: Patch) -> None:
    """Every name, as unidiff and as git read it, stays inside the tree."""
    stated = git("apply", "--numstat", "-z", "-", stdin=patch.diff)
    if stated.returncode:
        why = first_line(stated.stderr)
        raise Complaint(f"patch {patch.label}: malformed: {_clean(why)}: ask for it again")
    rows = stated.stdout.decode("utf-8", "surrogateescape").split("\0")
    names = {row.split("\t", 2)[2] for row in rows if row.count("\t") >= 2} | patch.names
    for name in sorted(names):
        if not inside(name):
            shown = _clean(name)
            raise Complaint(
                f"patch {patch.label}: {shown}: a name outside the tree: do not apply it"
            )
    left = {f.new for f in patch.files}
    for name in sorted(left):
        above = [name[:i] for i, c in enumerate(name) if c == "/"]
        for folder in left & set(above):
            raise Complaint(
                f"patch {patch.label} does not apply: {_clean(name)}: stands below a file that "
                f"the patch makes, {_clean(folder)}: ask for it again"
            )


# ----------------------------------------------------------------------------- mbox


def _content(path: str) -> bytes:
    """The bytes of an mbox; those of a folder are its *.patch, *.eml and *.mbox files in order."""
    if path == "-":
        content = sys.stdin.buffer.read(LARGEST + 1)
    elif os.path.isdir(path):
        names = [n for n in sorted(os.listdir(path)) if n.endswith((".patch", ".eml", ".mbox"))]
        if not names:
            raise Complaint(f"{path}: holds no *.patch: name a git format-patch folder or an mbox")
        paths = [os.path.join(path, name) for name in names]
        content = b"".join(_content(p) for p in paths if not os.path.isdir(p))
    else:
        try:
            if not stat.S_ISREG(os.stat(path).st_mode) and not path.startswith("/dev/fd/"):
                raise Complaint(
                    f"{path}: not a regular file: name an mbox, or - for standard input"
                )
            with open(path, "rb") as file:
                content = file.read(LARGEST + 1)
        except OSError as error:
            raise Complaint(f"{path}: {error.strerror}: name an mbox as MBOX, or -") from None
        if content and not content.endswith(b"\n"):
            content += b"\n"
        if not content.startswith(b"From "):  # one mail as a client saves it
            content = b"From nobody Mon Sep 17 00:00:00 2001\n" + content
    if len(content) > LARGEST:
        raise Complaint(
            f"{path}: more than {LARGEST >> 20} MiB: keep the one series, as b4 am does"
        )
    return content


def _mails(content: bytes, name: str, folder: str) -> Iterator[tuple[bytes, bytes]]:
    """Each mail with its patch as git decodes it, b"" for a mail that holds none."""
    split = os.path.join(folder, "mails")
    os.mkdir(split)
    done = git("mailsplit", "-b", f"-o{split}", stdin=content)
    names = sorted(os.listdir(split))
    if done.returncode or len(names) > MOST:
        why = first_line(done.stderr) if done.returncode else f"more than {MOST} mails"
        raise Complaint(f"{name}: not an mbox: {_clean(why)}: give what b4 am -o - prints")
    for number in names:
        with open(os.path.join(split, number), "rb") as file:
            raw = file.read()
        message, diff = os.path.join(split, "message"), os.path.join(split, "diff")
        info = git("mailinfo", "--no-scissors", "--quoted-cr=strip", message, diff, stdin=raw)
        content = b""
        if info.returncode == 0:
            with open(diff, "rb") as file:
                content = file.read()
        yield raw, content


def _patch(raw: bytes, diff: bytes) -> Patch | None:
    """None for a cover letter, a reply and whatever else holds no patch."""
    mail = _mail(raw)
    if re.match(r"(?i)(re|aw|fwd?)\s*:", mail.subject):
        return None
    if not _sections(diff):
        return None
    prefix = re.match(r"\s*((?:\[[^\]]*\]\s*)*)(.*)", mail.subject)
    words = prefix[1] if prefix else ""
    numbers = re.search(r"(?<![\w.])(\d{1,4})/(\d{1,4})(?![\w.])", words)
    version = re.search(r"(?i)(?<![a-z0-9])v(\d{1,3})(?![\d.])", words)
    number, total = (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)
    title = (prefix[2] if prefix else mail.subject) or "(no subject)"
    label = f'{number}/{total} "{title}"' if number else f'"{title}"'
    return Patch(
        mail=mail,
        version=int(version[1]) if version else 1,
        number=number,
        total=total,
        title=title,
        diff=diff,
        files=_files(diff, label),
    )


def _said(numbers: Iterable[int], total: int) -> str:
    """1/9, 3/9 to 7/9 and 9/9"""
    runs: list[list[int]] = []
    for n in sorted(numbers):
        if runs and runs[-1][-1] == n - 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    words = []
    for run in runs:
        ends = run if len(run) < 3 else [run[0], run[-1]]
        names = [f"{n}/{total}" for n in ends]
        words += [" to ".join(names)] if len(run) > 2 else names
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _ordered(patches: list[Patch], name: str) -> Series:
    """The one series that the mails are; patches without numbers stay in the order of the mbox."""
    kinds = sorted({(p.version, p.total) for p in patches})
    senders = {p.mail.sender[1].lower() for p in patches}
    numbers = [p.number for p in patches]
    mend = "keep one: b4 am -o - MESSAGE-ID picks the newest"
    if len(kinds) > 1:
        said = ", ".join(f"v{v} of {t or 'no number'}" for v, t in kinds)
        raise Complaint(f"{name}: holds {len(kinds)} series ({said}): {mend}")
    if not kinds[0][1]:
        return Series(tuple(patches), "")
    twice = sorted({n for n in numbers if numbers.count(n) > 1})
    if twice:
        people = f" by {len(senders)} senders" if len(senders) > 1 else ""
        raise Complaint(
            f"{name}: holds several series{people}: patch {twice[0]} is there twice: {mend}"
        )
    missing = set(range(1, kinds[0][1] + 1)) - set(numbers)
    return Series(tuple(sorted(patches, key=lambda p: p.number)), _said(missing, kinds[0][1]))


def read_series(path: str, folder: str) -> Series:
    """Reads MBOX; `folder` is scratch space."""
    name = STDIN if path == "-" else path
    content = _content(path)
    if path == "-" and not content.startswith(b"From "):
        content = b"From nobody Mon Sep 17 00:00:00 2001\n" + content
    patches: list[Patch] = []
    seen: set[str] = set()
    for raw, diff in _mails(content, name, folder):
        patch = _patch(raw, diff)
        if patch and (not patch.mail.message_id or patch.mail.message_id not in seen):
            seen.add(patch.mail.message_id)
            patches.append(patch)
    if not patches:
        raise Complaint(f"{name}: holds no patch: give what b4 am -o - or git format-patch writes")
    series = _ordered(patches, name)
    for patch in series.patches:
        _check_names(patch)
    return series
