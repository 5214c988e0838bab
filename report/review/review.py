# SPDX-License-Identifier: GPL-2.0-only
"""make review: in, a kernel tree and a series; out, what each patch brings, moves and fixes,
review.mbox with the replies, and a status.

Each state of the series is a scratch folder of its own, so its audits run side by side. Only the
coccinelle engine is used: it reads the sources and runs nothing of them.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass, replace

from report import gate, narrow, scratch
from report.baseline import Baseline
from report.change import Change, compare, errors, lines_of
from report.file import Complaint, write_text
from report.model import Audit, Finding
from report.review import reply
from report.review.series import STDIN, Patch, read_series
from report.rules import MIXED
from report.scratch import ALWAYS, SOURCES
from report.show import Shown, Wanted
from report.text import by_severity, count, escape


@dataclass(frozen=True, slots=True)
class Step:
    """A patch, the tree that it leaves, and what it changed in the audit."""

    patch: Patch
    tree: str
    audit: Audit
    change: Change


def _note(line: str) -> None:
    print(f"attach-audit: {escape(line)}", file=sys.stderr)


def _near(folder: str) -> str:
    """drivers/iommu of drivers/iommu/x/y: folders below one such share headers."""
    return "/".join(folder.split("/")[:2])


def _start(kernel: str, ref: str, patches: list[Patch], folder: str, tree: str) -> None:
    """The files that the series touches, and those whose audit can depend on them."""
    names = {n for p in patches for n in p.names}
    sources = {n for n in names if n.endswith(SOURCES)}
    revision = None
    if ref or scratch.is_repository(kernel):
        revision = scratch.open_revision(kernel, ref or "HEAD", folder)
        bindings = scratch.binding_files(revision, folder)
        dirty = sorted(scratch.changed(scratch.open_revision(kernel, "HEAD", folder)) & sources)
        if dirty:
            _note(
                f"{kernel}: {dirty[0]}: may have uncommitted changes, which are not in {ref or 'HEAD'}"
            )
    else:
        bindings = scratch.scan(kernel, folder)
    folders = scratch.folders_of(sources)
    near = {_near(f) for f in folders}
    everything = "include/linux/iommu.h" in names  # the contract stands there
    folders |= {f for f in scratch.folders_of(bindings) if everything or _near(f) in near}
    if revision:
        scratch.extract(revision, folders, names, tree)
    else:
        scratch.copy(kernel, folders, names, tree)
    if not os.path.isfile(os.path.join(tree, ALWAYS[0])):
        raise Complaint(f"{kernel}: not a kernel tree: name one as KERNEL")


def _apply(patch: Patch, repository: str, tree: str, kernel: str) -> None:
    """git keeps a patch inside the tree; what it would make a symbolic link becomes a plain file."""
    done = scratch.git(
        *(f"--git-dir={repository}", f"--work-tree={tree}", "-c", "core.symlinks=false"),
        *("-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-"),
        stdin=patch.diff,
        cwd=tree,
    )
    if done.returncode == 0:
        return
    said = [
        re.sub(r"^error: ", "", line)
        for line in done.stderr.decode("utf-8", "backslashreplace").splitlines()
    ]
    why = next(
        (s for s in said if s.startswith("patch failed: ")), said[0] if said else "no reason"
    )
    place = re.fullmatch(r"patch failed: (.+):(\d+)", why)
    if place:
        why = f"{place[1]}:{place[2]}: the tree has other lines there"
    mend = f"name the tree or revision (BASE) that it was made for, not {kernel}"
    raise Complaint(f"patch {patch.label} does not apply: {why}: {mend}")


def _states(patches: list[Patch], folder: str, first: str, kernel: str) -> list[str]:
    """A tree a patch; the tree before it where it changes no source."""
    repository = os.path.join(folder, "git")
    scratch.new_git_dir(repository)
    trees = []
    current = first
    for i, patch in enumerate(patches, 1):
        after = os.path.join(folder, f"state-{i}")
        shutil.copytree(current, after, symlinks=True)
        _apply(patch, repository, after, kernel)
        current = after
        trees.append(after)
    return trees


def _audits(trees: list[str], patches: list[Patch], folder: str) -> list[Audit]:
    """One of the tree before the series and one a patch; equal sources are audited once."""
    wanted = [0]
    for i, patch in enumerate(patches, 1):
        concerned = any(n.endswith(SOURCES) or n in ALWAYS for n in patch.names)
        wanted.append(i if concerned else wanted[-1])
    distinct = sorted(set(wanted))
    results = scratch.run_audits([(trees[i], os.path.join(folder, f"out-{i}")) for i in distinct])
    audit_of = dict(zip(distinct, results))
    return [audit_of[i] for i in wanted]


def _mended(steps: list[Step], i: int, finding: Finding) -> str | None:
    """The label of the later patch that fixes what patch i brought; None when it stays."""
    for step in steps[i + 1 :]:
        if any(f.id == finding.id for f in step.change.fixed):
            return step.patch.label
        finding = next((a for b, a in step.change.kept if b.id == finding.id), finding)
    return None


def _worth_saying(change: Change) -> list[Finding]:
    """Errors; a mixed driver only where no other remark on it says why."""
    found = errors(change.new)
    named = {f.driver for f in found if f.rule != MIXED}
    return [f for f in found if f.rule != MIXED or f.driver not in named]


def _incomplete(audits: list[Audit]) -> list[str]:
    """Gaps of the last state; a tree without any binding is no gap here."""
    last = audits[-1]
    lines = gate.compare(last, Baseline({}, {})).incomplete
    return [line for line in lines if last.bindings or not line.startswith("no binding")]


def show(
    kernel: str, ref: str, mbox: str, out: str, baseline: Baseline, wanted: Wanted = Wanted()
) -> Shown:
    with scratch.scratch_folder(out) as folder:
        patches = read_series(os.path.expanduser(mbox), folder)
        kernel = os.path.realpath(kernel)
        first = scratch.new_tree(folder, "state-0")
        _start(kernel, ref, patches, folder, first)
        trees = [first, *_states(patches, folder, first, kernel)]
        audits = _audits(trees, patches, folder)
        steps = []
        for i, patch in enumerate(patches, 1):
            if audits[i] is audits[i - 1]:
                change = Change((), (), ())
                if i < len(patches):  # findings are followed through it all the same
                    change = replace(change, kept=tuple((f, f) for f in audits[i].findings))
            else:
                change = compare(audits[i - 1], audits[i], trees[i - 1], trees[i])
            steps.append(Step(patch, trees[i], audits[i], change))
        text, status = _report(steps, audits, out, baseline)
        return _written(text, status, steps, audits, first, baseline, wanted)


def _written(
    text: str,
    status: int,
    steps: list[Step],
    audits: list[Audit],
    first: str,
    baseline: Baseline,
    wanted: Wanted,
) -> Shown:
    """The whole series as one change, for the formats."""
    if not wanted.formats and not wanted.extent:
        return Shown(text, status)
    tree = steps[-1].tree
    change = compare(audits[0], audits[-1], first, tree)
    kept = tuple(a for _, a in change.kept)
    since = gate.Since("before the series to after it", change.new, change.fixed, kept)
    audit, result = narrow.changed(audits[-1], baseline, since, tuple(_incomplete(audits)))
    result = replace(result, whole=("passes", "fails", "incomplete")[status])
    return wanted.shown(text, *wanted.part(audit, result), tree)


def _report(
    steps: list[Step], audits: list[Audit], out: str, baseline: Baseline
) -> tuple[str, int]:
    lines: list[str] = []
    replies: list[str] = []
    answered: list[Patch] = []
    stay: list[Finding] = []
    for i, step in enumerate(steps):
        lines.append(f"patch {escape(step.patch.label)}")
        said = lines_of(step.change)
        lines += [f"    {line}" for line in said or ["changes no finding"]]
        remarks = []
        for finding in errors(step.change.new):
            mended = _mended(steps, i, finding)
            if mended is None and finding.id not in baseline.findings:
                stay.append(finding)
            if finding in _worth_saying(step.change):
                remarks.append((finding, mended or ""))
        if remarks:
            contract = reply.read_contract(step.audit.kernel.contract, step.tree)
            text = reply.body(step.patch, step.audit, remarks, contract)
            replies.append(reply.mail(step.patch, text))
            answered.append(step.patch)
    for patch in [p for p in answered if not p.mail.message_id][:1]:
        _note(f"patch {patch.label}: has no Message-ID: its reply starts a new thread")
    for patch in [p for p in answered if not p.mail.recipients][:1]:
        _note(
            f"patch {patch.label}: has no To or Cc (b4 am drops them): "
            "its reply is to the author alone; b4 mbox keeps them"
        )
    path = os.path.join(out, "review.mbox")
    write_text(path, "".join(replies))
    incomplete = _incomplete(audits)
    lines += [escape(line) for line in incomplete]
    if not audits[-1].bindings and not audits[0].bindings:
        lines.append("no attach_dev or set_dev_pasid is near what the series touches")
    verdict = "the audit is incomplete" if incomplete else f"gate {'fails' if stay else 'passes'}"
    every_new = [f for s in steps for f in s.change.new]
    every_fixed = [f for s in steps for f in s.change.fixed]
    lines.append(
        f"{count(len(steps), 'patch').replace('patchs', 'patches')}, {by_severity(every_new)} new, "
        f"{by_severity(every_fixed)} fixed, {len(replies)} "
        f"{'reply' if len(replies) == 1 else 'replies'}"
        f"{' in ' + escape(path) if replies else ''}: {verdict}"
    )
    return "\n".join(lines) + "\n", 2 if incomplete else 1 if stay else 0
