# SPDX-License-Identifier: GPL-2.0-only
"""make review: in, a kernel tree and a series; out, what each patch brings, moves and fixes,
review.mbox with the replies, and a status.

Each state of the series is a scratch folder of its own, so its audits run side by side. Only the
coccinelle engine is used: it reads the sources and runs nothing of them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace

from report import gate, narrow, scratch
from report.baseline import Baseline
from report.change import Change, compare, errors, lines_of, neither
from report.contract import read_contract
from report.file import Complaint, write_text
from report.model import Audit, Finding
from report.operations import operations
from report.review import reply
from report.review.apply import CONTRACT, State, near, states
from report.review.series import Patch, Series, read_series
from report.rules import MIXED
from report.scratch import ALWAYS, SOURCES
from report.show import Shown, Wanted
from report.text import by_severity, count, escape


@dataclass(frozen=True, slots=True)
class Step:
    """A patch as it was applied, the audit of the tree then, and what it changed in it."""

    state: State
    audit: Audit
    change: Change
    known: dict[str, str]  # findings that the baseline knows, with the reason

    @property
    def patch(self) -> Patch:
        return self.state.patch


def _note(line: str) -> None:
    print(f"attach-audit: {escape(line)}", file=sys.stderr)


def _start(kernel: str, ref: str, patches: Iterable[Patch], folder: str, tree: str) -> set[str]:
    """Writes the files that the series touches, and those whose audit can depend on them. Returns
    near which folders the drivers stand."""
    names = {n for p in patches for n in p.names}
    sources = {n for n in names if n.endswith(SOURCES)}
    revision = None
    if ref or scratch.is_repository(kernel):
        revision = scratch.open_revision(kernel, ref or "HEAD", folder)
        bindings = scratch.concerned(revision, folder, callers=False).bindings
        dirty = sorted(scratch.changed(scratch.open_revision(kernel, "HEAD", folder)) & sources)
        if dirty:
            _note(
                f"{kernel}: {dirty[0]}: may have uncommitted changes, which are not in {ref or 'HEAD'}"
            )
    else:
        bindings = scratch.scan(kernel, folder).bindings
    folders = scratch.folders_of(sources)
    touched = {near(f) for f in folders}
    everything = CONTRACT in names
    folders |= {f for f in scratch.folders_of(bindings) if everything or near(f) in touched}
    if revision:
        scratch.extract(revision, folders, names, tree)
    else:
        scratch.copy(kernel, folders, names, tree)
    if not os.path.isfile(os.path.join(tree, ALWAYS[0])):
        raise Complaint(f"{kernel}: not a kernel tree: name one as KERNEL")
    return {near(f) for f in scratch.folders_of(bindings)} | {"drivers/iommu"}


def _audits(first: str, made: list[State], folder: str) -> list[Audit]:
    """One of the tree before the series and one a patch; equal sources are audited once."""
    trees = [first]
    for state in made:
        concerned = any(n.endswith(SOURCES) or n in ALWAYS for n in state.patch.names)
        trees.append(state.tree if concerned and not state.why else trees[-1])
    distinct = list(dict.fromkeys(trees))
    results = scratch.run_audits(
        [(tree, os.path.join(folder, f"out-{i}")) for i, tree in enumerate(distinct)]
    )
    audit_of = dict(zip(distinct, results))
    return [audit_of[tree] for tree in trees]


def _steps(first: str, made: list[State], audits: list[Audit], baseline: Baseline) -> list[Step]:
    steps = []
    tree = first
    for i, state in enumerate(made):
        before, after = audits[i], audits[i + 1]
        if after is before:  # findings are followed through it all the same
            change = Change((), (), tuple((f, f) for f in after.findings))
        else:
            change = compare(before, after, tree, state.tree)
        tree = state.tree
        steps.append(Step(state, after, change, gate.compare(after, baseline).reasons))
    return steps


def _fate(steps: list[Step], i: int, finding: Finding) -> tuple[bool, str]:
    """Does what patch i brought stay to the end, and if a later patch mends it, that one's label."""
    for step in steps[i + 1 :]:
        if any(f.id == finding.id for f in step.change.fixed):
            return False, step.patch.label
        if any(gone.finding.id == finding.id for gone in step.change.left):
            return False, ""
        finding = next((a for b, a in step.change.kept if b.id == finding.id), finding)
    return True, ""


def _worth_saying(step: Step) -> list[Finding]:
    """New errors that are not known; a mixed driver only where no other remark on it says why."""
    found = [f for f in errors(step.change.new) if f.id not in step.known]
    named = {f.driver for f in errors(step.change.new) if f.rule != MIXED}
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
        series = read_series(os.path.expanduser(mbox), folder)
        kernel = os.path.realpath(kernel)
        first = scratch.new_tree(folder, "state-0")
        roots = _start(kernel, ref, series.patches, folder, first)
        made = states(series.patches, folder, first, roots)
        if all(state.why for state in made):
            mend = f"name the tree or revision (BASE) that it was made for, not {kernel}"
            label, why = made[0].patch.label, made[0].why
            less = f": {series.missing} of the series is not there" if series.missing else ""
            raise Complaint(f"patch {label} does not apply: {why}{less}: {mend}")
        audits = _audits(first, made, folder)
        steps = _steps(first, made, audits, baseline)
        replies = _replies(steps, kernel)
        text, status = _text(series, steps, audits, len(replies), out, baseline)
        write_text(os.path.join(out, "review.mbox"), "".join(replies))
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
    tree = steps[-1].state.tree
    change = compare(audits[0], audits[-1], first, tree)
    kept = tuple(a for _, a in change.kept)
    aside = neither([change])
    since = gate.Since("before the series to after it", change.new, change.fixed, kept, aside)
    audit, result = narrow.changed(audits[-1], baseline, since, tuple(_incomplete(audits)))
    result = replace(result, whole=("passes", "fails", "incomplete")[status])
    return wanted.shown(text, *wanted.part(audit, result), tree)


def _replies(steps: list[Step], kernel: str) -> list[str]:
    """A mail to each patch that deserves one."""
    me = reply.identity(kernel)
    mails: list[str] = []
    answered: list[Patch] = []
    for i, step in enumerate(steps):
        remarks = [(f, _fate(steps, i, f)[1]) for f in _worth_saying(step)]
        if not remarks:
            continue
        contract = read_contract(step.audit.kernel.contract, step.state.tree)
        body = reply.body(step.state, step.audit, remarks, contract)
        if not body:
            continue
        mails.append(reply.mail(step.patch, body, me))
        answered.append(step.patch)
    for patch in [p for p in answered if not p.mail.message_id][:1]:
        _note(f"patch {patch.label}: has no Message-ID: its reply starts a new thread")
    for patch in [p for p in answered if not p.mail.recipients][:1]:
        _note(
            f"patch {patch.label}: has no To or Cc (b4 am drops them): "
            "its reply is to the author alone; b4 mbox keeps them"
        )
    return mails


def _text(
    series: Series,
    steps: list[Step],
    audits: list[Audit],
    replies: int,
    out: str,
    baseline: Baseline,
) -> tuple[str, int]:
    """What to print, and the status."""
    lines: list[str] = []
    stay: list[Finding] = []
    for i, step in enumerate(steps):
        lines.append(f"patch {escape(step.patch.label)}")
        said = lines_of(step.change, step.known)
        if step.state.why:
            said = [f"not reviewed, it does not apply: {escape(step.state.why)}"]
        lines += [f"    {line}" for line in said or ["changes no finding"]]
        lines += [f"    applied with less context: {name}" for name in step.state.fuzzy]
        lines += [f"    not read, it does not apply: {line}" for line in step.state.unread]
        lines += [f"    left out, no audit reads it: {line}" for line in step.state.beside]
        stay += [
            f for f in errors(step.change.new) if f.id not in step.known and _fate(steps, i, f)[0]
        ]
    if series.missing:
        several = " and " in series.missing or " to " in series.missing
        noun, verb = ("patches", "are") if several else ("patch", "is")
        lines.append(f"{noun} {series.missing} {verb} not there: not reviewed")
    gaps = _incomplete(audits)
    lines += [escape(line) for line in (*gaps, *baseline.unused(audits[-1].kernel.version))]
    if not audits[-1].bindings and not audits[0].bindings:
        lines.append(f"no {' or '.join(operations())} is near what the series touches")
    less = bool(gaps or series.missing or any(s.state.why or s.state.unread for s in steps))
    verdict = "the review is incomplete" if less else f"gate {'fails' if stay else 'passes'}"
    if gaps:
        verdict = "the audit is incomplete"
    changes = [s.change for s in steps]
    place = f" in {escape(os.path.join(out, 'review.mbox'))}" if replies else ""
    lines.append(
        f"{count(len(steps), 'patch').replace('patchs', 'patches')}, "
        f"{by_severity(f for c in changes for f in c.new)} new, "
        f"{by_severity(f for c in changes for f in c.fixed)} fixed, {neither(changes)}"
        f"{replies} {'reply' if replies == 1 else 'replies'}{place}: {verdict}"
    )
    return "\n".join(lines) + "\n", 2 if less else 1 if stay else 0
