# SPDX-License-Identifier: GPL-2.0-only
"""KTAP version 1: in, an audit and its gate; out, a test a driver with a subtest a site.

Format: Documentation/dev-tools/ktap.rst of the kernel; tools/testing/kunit/kunit.py parse reads it.
"""

from __future__ import annotations

from collections.abc import Iterator

from report.cases import Suite, cases
from report.gate import Gate
from report.model import Audit
from report.text import escape, summary


def _plain(text: str) -> str:
    """`#` starts a directive, and a name that starts with `-` or a number confuses parsers."""
    return text.replace("#", "%23")


def _suite(suite: Suite) -> Iterator[str]:
    yield "    KTAP version 1"
    yield f"    # Subtest: {_plain(suite.name)}"
    yield f"    1..{len(suite.cases)}"
    for i, case in enumerate(suite.cases, 1):
        for line in (*case.detail, *([case.message] if case.status == "error" else [])):
            yield f"    # {_plain(line)}"
        result = "ok" if case.status in ("pass", "skip") else "not ok"
        why = f" # SKIP {_plain(case.message)}" if case.status == "skip" else ""
        yield f"    {result} {i} {_plain(case.name)}{why}"


def write(audit: Audit, gate: Gate) -> str:
    suites = cases(audit, gate)
    lines = ["KTAP version 1", f"1..{len(suites)}"]
    if gate.since:
        lines.insert(1, f"# {_plain(escape(summary(audit, gate)))}")
    for i, suite in enumerate(suites, 1):
        lines += _suite(suite)
        bad = suite.count("fail") + suite.count("error")
        lines.append(f"{'not ok' if bad else 'ok'} {i} {_plain(suite.name)}")
    return "\n".join(lines) + "\n"
