# SPDX-License-Identifier: GPL-2.0-only
"""baseline.json: in, its path; out, the findings and mixed drivers accepted, each with a reason.

Entries hold no line numbers and no dates, so the file changes only when a decision does.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from report.file import Complaint, Kind, Malformed, read_json, record, write_json
from report.model import Audit, Finding
from report.rules import MIXED, RULES

SCHEMA = "attach-audit-baseline/1"


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    rule: str
    file: str
    function: str
    reason: str


@dataclass(frozen=True, slots=True)
class Baseline:
    findings: dict[str, Entry]  # by finding id
    mixed: dict[str, str]  # driver -> reason
    kernel: str = ""  # the only version it is for, as "6.12"; "" for any
    path: str = ""  # where it was read from

    def serves(self, version: str) -> bool:
        return not self.kernel or version == self.kernel or version.startswith(self.kernel + ".")

    def unused(self, version: str) -> list[str]:
        """A line that says so, where it is for another kernel than this one."""
        if self.serves(version):
            return []
        return [f"{self.path}: for Linux {self.kernel} only: not used"]


_BASELINE: dict[str, Kind] = {"schema": str, "findings": list, "mixed": list}
_ENTRY: dict[str, Kind] = {"id": str, "rule": str, "file": str, "function": str, "reason": str}
_MIXED: dict[str, Kind] = {"driver": str, "reason": str}


def _checked(value: Any, kinds: dict[str, Kind], name: str, where: str) -> dict[str, Any]:
    """One entry; a complaint about it names it, since nobody counts to findings[41]."""
    if type(value) is dict and type(value.get(name)) is str:
        where = f'{where} "{value[name]}"'
    entry = record(value, kinds, where)
    if not entry[name].strip():
        raise Malformed(f"{where}: blank {name}: remove the entry")
    if not entry["reason"].strip():
        raise Malformed(f"{where}: no reason: say why it may stay, or remove the entry")
    return entry


def _baseline(value: Any) -> Baseline:
    b = record(value, _BASELINE, "baseline", {"kernel": str})
    if b["schema"] != SCHEMA:
        raise Malformed(f'schema: not "{SCHEMA}"')
    findings: dict[str, Entry] = {}
    mixed: dict[str, str] = {}
    for i, v in enumerate(b["findings"]):
        e = _checked(v, _ENTRY, "id", f"findings[{i}]")
        where = f'findings[{i}] "{e["id"]}"'
        if e["rule"] == MIXED:
            raise Malformed(f'{where}: rule "{MIXED}": name the driver under "mixed" instead')
        if e["rule"] not in RULES:
            raise Malformed(f'{where}: unknown rule "{e["rule"]}": one of {", ".join(RULES)}')
        if e["id"] in findings:
            raise Malformed(f"{where}: duplicate: remove one of the two")
        findings[e["id"]] = Entry(**e)
    for i, v in enumerate(b["mixed"]):
        e = _checked(v, _MIXED, "driver", f"mixed[{i}]")
        if e["driver"] in mixed:
            raise Malformed(f'mixed[{i}] "{e["driver"]}": duplicate: remove one of the two')
        mixed[e["driver"]] = e["reason"]
    return Baseline(findings, mixed, b.get("kernel", ""))


def read_baseline(path: str) -> Baseline:
    value = read_json(path, "name an existing baseline, or make one with --accept")
    try:
        return replace(_baseline(value), path=path)
    except Malformed as error:
        raise Complaint(f"{path}: {error}: mend it by hand") from None


def write_baseline(path: str, baseline: Baseline) -> None:
    write_json(
        path,
        {
            "schema": SCHEMA,
            **({"kernel": baseline.kernel} if baseline.kernel else {}),
            "findings": [
                {
                    "id": e.id,
                    "rule": e.rule,
                    "file": e.file,
                    "function": e.function,
                    "reason": e.reason,
                }
                for _, e in sorted(baseline.findings.items())
            ],
            "mixed": [{"driver": d, "reason": r} for d, r in sorted(baseline.mixed.items())],
        },
        follow=True,
    )


@contextmanager
def changing(path: str) -> Iterator[None]:
    """Nobody else changes the baseline meanwhile: its folder is locked, for the file itself is replaced."""
    try:
        number = os.open(os.path.dirname(os.path.realpath(path)), os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise Complaint(f"{path}: {error.strerror}: name a file in a folder that exists") from None
    try:
        with suppress(OSError):  # some network file systems lock no folder
            fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def _find(audit: Audit, name: str) -> Finding:
    """The one finding that NAME means: its id, a mixed driver's name, or the start of either."""
    names = {f.id: f for f in audit.findings}
    names.update((f.driver, f) for f in audit.findings if f.rule == MIXED)
    if name in names:
        return names[name]
    starts = sorted(n for n in names if name and n.startswith(name))
    found = {names[n].id: names[n] for n in starts}
    if len(found) == 1:
        return found.popitem()[1]
    if found:
        raise Complaint(
            f"{name}: {len(found)} findings start so: give one whole: {', '.join(starts[:5])}"
        )
    import difflib  # only here: it would slow every start

    near = difflib.get_close_matches(name, sorted(names), 3, 0.5)
    mend = f"did you mean {' or '.join(near)}" if near else "take an id from the report"
    raise Complaint(f"{name}: no such finding in this audit: {mend}")


def _accepted(baseline: Baseline, finding: Finding, reason: str) -> Baseline:
    if finding.rule == MIXED:
        return replace(baseline, mixed={**baseline.mixed, finding.driver: reason})
    entry = Entry(finding.id, finding.rule, finding.file, finding.function, reason)
    return replace(baseline, findings={**baseline.findings, finding.id: entry})


def check_serves(path: str, baseline: Baseline, audit: Audit) -> None:
    if not baseline.serves(audit.kernel.version):
        raise Complaint(
            f"{path}: is for Linux {baseline.kernel}, and {audit.kernel.version} was audited: "
            "name one of your own with --baseline"
        )


def accept(audit: Audit, path: str, name: str, reason: str) -> list[str]:
    """Adds a finding, or gives it a new reason; "all" adds every error there is. Returns what."""
    reason = reason.strip()
    if not reason:
        raise Complaint(f'{name}: --reason is blank: say why it may stay, as in --reason "..."')
    baseline = read_baseline(path) if os.path.lexists(path) else Baseline({}, {})
    check_serves(path, baseline, audit)
    if name == "all":
        findings = [
            f
            for f in audit.findings
            if f.severity == "error"
            and f.id not in baseline.findings
            and not (f.rule == MIXED and f.driver in baseline.mixed)
        ]
    else:
        findings = [_find(audit, name)]
    for finding in findings:
        baseline = _accepted(baseline, finding, reason)
    write_baseline(path, baseline)
    return [f.driver if f.rule == MIXED else f.id for f in findings]
