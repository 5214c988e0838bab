# SPDX-License-Identifier: GPL-2.0-only
"""Series: in, changes in their order; out, a scratch git repository with a commit a logical change,
and its mails as git format-patch writes them.

What the tree's own history says (subject prefixes, Fixes:, the date) is asked of it here, read-only.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property

from report.file import Complaint, take
from report.patches import mail
from report.patches.choose import Target
from report.patches.rewrite import Change
from report.rules import RULES
from report.text import escape
from report import sandbox, scratch

Compiled = Callable[[list[str]], str]  # files -> what was compiled of them, in a sentence
SCRIPT = sandbox.Limits(seconds=120, memory=2 << 30, processes=100)  # of the tree
AUTHOR = "attach-audit <attach-audit@example.invalid>"
ERRNO_RULES = frozenset(RULES) - {"soft-failure-logged"}

# Rules in the order of their patches: errnos first, then messages.
ORDER = (
    "incompatible-not-einval",
    "hard-as-einval",
    "wrong-resource-errno",
    "errno-masked",
    "silent-success",
    "soft-failure-logged",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for."""

    split: str = "rule"  # or driver
    signoff: str = ""
    debug: bool = False


@dataclass(frozen=True, slots=True)
class Patch:
    kind: str  # a rule; for a resource, which one
    subject: str
    body: str
    changes: tuple[Change, ...]


def git(folder: str, *arguments: str, given: str | None = None, **env: str) -> str:
    """Output of a git command that must succeed, in a repository of our own."""
    stdin = b"" if given is None else given.encode("utf-8", "surrogateescape")
    done = scratch.git(*arguments, stdin=stdin, cwd=folder, settings={"TZ": "UTC", **env})
    if done.returncode:
        why = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise Complaint(f"git {arguments[0]}: {why}: see {folder}")
    return done.stdout.decode("utf-8", "replace")


def read_lines(path: str) -> list[str]:
    """None where there is no such file."""
    try:
        return take(path).decode("utf-8", "replace").split("\n")
    except OSError:
        return []


class History:
    """The tree's own git history, where it has one; FOLDER holds the git directory it is read through."""

    def __init__(self, tree: str, folder: str) -> None:
        self.tree = tree
        self.revision: scratch.Revision | None = None
        done = scratch.git("-C", tree, "rev-parse", "--show-toplevel", configured=True)
        top = done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")
        self.inside = done.returncode == 0  # of some repository
        self.own = self.inside and os.path.realpath(top) == os.path.realpath(tree)
        if not self.inside and b"safe.directory" in done.stderr:
            raise Complaint(f"{tree}: {scratch.first_line(done.stderr)}")
        if self.inside and scratch.commit_of(tree, "HEAD"):
            self.revision = scratch.open_revision(tree, "HEAD", folder)

    @property
    def _head(self) -> str:
        return self.revision.commit if self.revision else ""

    def _said(self, *arguments: str) -> str:
        """What git says of the last commit; "" where there is none, or where it cannot."""
        r = self.revision
        if not r or not self.own:
            return ""
        done = scratch.git(f"--git-dir={r.git_dir}", *arguments, cwd=r.kernel)
        return "" if done.returncode else done.stdout.decode("utf-8", "replace")

    def uncommitted(self, paths: list[str]) -> list[str]:
        """Which of these files differ from the last commit, byte for byte, or are in none."""
        if not self.inside:
            return []
        return scratch.differing(self.revision, paths) if self.revision else paths

    def date(self) -> int:
        """Of the last commit, or of the tree's Makefile; SOURCE_DATE_EPOCH wins."""
        given = os.environ.get("SOURCE_DATE_EPOCH", "")
        if given:
            if not re.fullmatch(r"\d{1,11}", given):
                raise Complaint(
                    f"SOURCE_DATE_EPOCH={given}: not a number of seconds: mend or unset it"
                )
            return int(given)
        said = self._said("log", "-1", "--no-show-signature", "--format=%ct", self._head).strip()
        if said.isdigit():
            return int(said)
        try:
            return int(os.stat(os.path.join(self.tree, "Makefile")).st_mtime)
        except OSError:
            return 0

    def _subjects(self, path: str, most: int) -> list[str]:
        """The subject prefixes of the newest commits that touched the path, one a commit."""
        if not self.own:
            return []
        options = ["-n", str(most), "--no-merges", "--no-show-signature", "--format=%s"]
        said = self._said("--literal-pathspecs", "log", *options, self._head, "--", path)
        return re.findall(
            r"^([a-z][a-zA-Z0-9_./,+-]*(?:: [a-z][a-zA-Z0-9_./+-]*)?): ", said, re.MULTILINE
        )

    def prefix(self, path: str) -> str:
        """What most of the file's commits have; else what its neighbours' commits have of the names
        that its path and MAINTAINERS give it; else that of MAINTAINERS, or of its path."""
        found = self._subjects(path, 40)
        if found:
            return str(Counter(found).most_common(1)[0][0])
        names = list(filter(None, (maintained_prefix(self.tree, path), path_prefix(path))))
        others = Counter(self._subjects("/".join(path.split("/")[:2]), 2000))
        return max(names, key=lambda n: (others[n], -names.index(n)))

    @cached_property
    def _contract(self) -> str:
        """The commit that wrote the rules into the tree's kernel-doc; "" where none did."""
        path = "include/linux/iommu.h"
        lines = read_lines(os.path.join(self.tree, path))
        stands = [
            i for i, text in enumerate(lines, 1) if re.match(r" \*\s+(\* )?E[A-Z]+\s+- ", text)
        ]
        if not self.own or not stands:
            return ""
        where = f"{stands[0]},{stands[0]}"
        return self._said("blame", "-w", "--porcelain", "-L", where, self._head, "--", path)[:40]

    def _since_the_contract(self, commit: str) -> bool:
        """A commit that the rules came after did not break them."""
        if not self._contract or self._contract == commit:
            return False
        return self._said("merge-base", self._contract, commit).strip() == self._contract

    def fixes(self, change: Change) -> str:
        """The commit that brought the errno, where blame is clear about it and the rules stood then."""
        target = change.target
        if target.rule not in ERRNO_RULES or target.wanted in ("keep", target.errno):
            return ""
        line = f"{target.line},{target.line}"
        said = self._said("blame", "-w", "--porcelain", "-L", line, self._head, "--", target.file)
        if not said or "\nboundary\n" in said:  # the first commit, or where a clone was cut off
            return ""
        if not self._since_the_contract(said[:40]):
            return ""
        title = re.search(r"^summary (.*)$", said, re.MULTILINE)
        return f'Fixes: {said[:12]} ("{escape(title[1])}")' if title else ""


def maintained_prefix(tree: str, path: str) -> str:
    """INTEL IOMMU (VT-d) with F: drivers/iommu/intel/ -> iommu/vt-d; "" where the name in brackets
    only spells out the one that the path has, or there is none."""
    best, name = 0, ""
    for block in "\n".join(read_lines(os.path.join(tree, "MAINTAINERS"))).split("\n\n"):
        title = re.match(r"\n*(\S.*\(([A-Za-z][\w-]*)\).*)\n", block)
        for pattern in re.findall(r"(?m)^F:\s*(\S+)", block):
            inside = path.startswith(pattern) if pattern.endswith("/") else fnmatch(path, pattern)
            if inside and len(pattern) > best:
                best, name = len(pattern), title[2].lower() if title else ""
    subsystem, _, own = path_prefix(path).partition("/")
    spelt = not own or name.startswith(own) or own.startswith(name) or name == subsystem
    return "" if not name or spelt else f"{subsystem}/{name}"


def path_prefix(path: str) -> str:
    """drivers/iommu/foo-iommu.c -> iommu/foo; drivers/iommu/bar/iommu.c -> iommu/bar."""
    parts = path.split("/")
    stem = parts[-1].rsplit(".", 1)[0]
    if parts[0] == "drivers" and len(parts) > 2:
        parts = parts[1:]
    elif parts[0] == "arch" and len(parts) > 2:
        return f"{parts[1]}/{stem}"
    elif len(parts) == 1:
        return stem
    subsystem, folders = parts[0], parts[1:-1]
    own = re.sub(rf"^{subsystem}[-_]|[-_]{subsystem}$", "", stem)
    if own == stem and folders:
        own = folders[-1]
    return f"{subsystem}/{own}"


def common_prefix(prefixes: list[str]) -> str:
    """One for a patch over several drivers: what their prefixes share, else the commonest start."""
    if len(set(prefixes)) == 1:
        return prefixes[0]
    split = [p.split("/") for p in prefixes]
    shared = os.path.commonprefix([tuple(s) for s in split])
    if shared:
        return "/".join(shared)
    return Counter(s[0].split(":")[0] for s in split).most_common(1)[0][0]


def sort(targets: list[Target], split: str) -> list[Target]:
    """The order of the patches; within a file from its end, so that two edits of a line agree."""

    def key(t: Target) -> tuple[object, ...]:
        first, second = (ORDER.index(t.rule), mail.kind(t)), t.driver
        return (*((second, first) if split == "driver" else (first,)), t.file, -t.line, t.id)

    return sorted(targets, key=key)


ADDRESS = re.compile(r"[A-Za-z0-9._%+=-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


def _addresses(said: str, maintainers: str) -> list[str]:
    """Lines that are a name and an address, or an address, of the same tree's MAINTAINERS."""
    known = {
        a.lower()
        for line in re.findall(r"(?m)^[MRL]:(.*)$", maintainers)
        for a in ADDRESS.findall(line)
    }
    found = []
    for line in said.split("\n"):
        m = re.fullmatch(rf"(?:([^<>@]*)<({ADDRESS.pattern})>|({ADDRESS.pattern}))", line.strip())
        address = m and (m[2] or m[3])
        if m and address and address.lower() in known:
            name = (m[1] or "").strip()
            found.append(f"{name} <{address}>" if name and name.isprintable() else address)
    return found


def script(tree: str, name: str, arguments: list[str], given: bytes = b"") -> sandbox.Done:
    """What a Perl script of the tree says; it is the tree's own, so it runs in the sandbox."""
    command = ["perl", os.path.join(os.path.realpath(tree), "scripts", name), *arguments]
    try:
        return sandbox.run(command, tree, given, limits=SCRIPT)
    except sandbox.NoSandbox as error:
        mend = f"its scripts are run in a sandbox only, and none can be had: {error}"
        raise Complaint(f"{tree}: {mend}") from None


def _maintainers(tree: str, paths: list[str]) -> list[str]:
    """Whom scripts/get_maintainer.pl of the tree names: nobody but those whom MAINTAINERS does."""
    try:
        take(os.path.join(tree, "scripts", "get_maintainer.pl"))
        known = take(os.path.join(tree, "MAINTAINERS")).decode("utf-8", "replace")
    except OSError:
        return []
    options = ["--no-git", "--no-git-fallback", "--norolestats", "--nokeywords"]
    done = script(tree, "get_maintainer.pl", [*options, "-f", "--", *paths])
    return [] if done.status else _addresses(done.output.decode("utf-8", "replace"), known)


def patches(
    changes: list[Change], history: History, origin: mail.Origin, wish: Wish
) -> list[Patch]:
    groups: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        driver = change.target.driver if wish.split == "driver" else ""
        groups.setdefault((driver, mail.kind(change.target)), []).append(change)
    out = []
    for (_, kind), group in groups.items():
        targets = _as_read(group)
        paths = sorted({t.file for t in targets})
        fixes = dict.fromkeys(filter(None, map(history.fixes, group)))
        trailers = list(fixes) if len(fixes) <= 5 else []
        trailers += [f"Cc: {who}" for who in _maintainers(history.tree, paths)]
        if wish.signoff:
            trailers.append(f"Signed-off-by: {wish.signoff}")
        prefix = common_prefix([history.prefix(p) for p in paths])
        out.append(
            Patch(
                kind,
                mail.subject(kind, prefix, origin.contract.soft, wish.debug),
                mail.body(kind, targets, origin, wish.debug, trailers),
                tuple(group),
            )
        )
    return out


def _as_read(changes: Iterable[Change]) -> list[Target]:
    """As a reader finds them, not as they were applied."""
    return sorted((c.target for c in changes), key=lambda t: (t.file, t.line, t.id))


def write_files(folder: str, files: dict[str, str]) -> None:
    for path, text in files.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(text.encode("latin-1"))


def commit(
    folder: str,
    texts: dict[str, str],
    series: list[Patch],
    left: list[Target],
    history: History,
    origin: mail.Origin,
    wish: Wish,
    done: mail.Done,
    compiled: Compiled,
) -> list[str]:
    """Makes the repository (branches base and series) and the mails in folder/mails; the names of
    those that hold a patch. A single one has no cover letter."""
    who = re.fullmatch(r"(.*\S)\s*<(.*)>", wish.signoff or AUTHOR)
    assert who
    date = f"{history.date()} +0000"
    env: dict[str, str] = {}
    for role in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{role}_NAME": who[1], f"GIT_{role}_EMAIL": who[2], f"GIT_{role}_DATE": date}
    repository = os.path.join(folder, "repository")
    os.makedirs(repository)
    git(repository, "init", "-q", "-b", "base")
    settings = {"core.autocrlf": "false", "core.abbrev": "12", "gc.auto": "0"}
    settings |= {
        "core.protectNTFS": "false",
        "core.protectHFS": "false",
    }  # names as the tree has them
    for name, value in settings.items():
        git(repository, "config", name, value)
    touched = {c.target.file for patch in series for c in patch.changes}
    write_files(repository, {path: texts[path] for path in sorted(touched)})
    git(repository, "add", "-A", "-f")
    git(repository, "commit", "-q", "-m", "base", **env)
    git(repository, "checkout", "-q", "-b", "series")
    for patch in series:
        write_files(repository, {c.target.file: c.after for c in patch.changes})
        git(repository, "add", "-u")
        git(
            repository,
            *("commit", "-q", "--cleanup=verbatim", "-F", "-"),
            given=f"{patch.subject}\n\n{patch.body}",
            **env,
        )
    targets = [c.target for patch in series for c in patch.changes]
    prefix = common_prefix([history.prefix(p) for p in sorted(touched)])
    description = mail.cover(prefix, targets, left, origin, done)
    git(repository, "config", "branch.series.description", description)
    options = ["-q", "--cover-from-description=subject", "--zero-commit", "--no-renames"]
    options += ["--cover-letter", "--numbered"] if len(series) > 1 else ["--no-numbered"]
    options += [f"--signature={origin.tool}", "-o", "../mails", "base..series"]
    git(repository, "format-patch", *options, **env)
    names = sorted(os.listdir(os.path.join(folder, "mails")))[-len(series) :]
    for patch, name in zip(series, names):
        own = _as_read(patch.changes)
        notes = mail.notes(own, origin, compiled(sorted({t.file for t in own})))
        path = os.path.join(folder, "mails", name)
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text.replace("\n---\n", f"\n---\n{notes}\n", 1))
    return names
