# SPDX-License-Identifier: GPL-2.0-only
"""JUnit XML: in, an audit and its gate; out, a testsuite a driver with a testcase a site.

Text is escaped before it gets here, so no character that XML forbids is left.
"""

from __future__ import annotations

from xml.sax.saxutils import escape as xml_text
from xml.sax.saxutils import quoteattr

from report.cases import Case, Suite, cases
from report.gate import Gate
from report.model import Audit
from report.text import escape, summary

TAGS = {"fail": "failure", "error": "error", "skip": "skipped"}


def _case(case: Case, suite: Suite) -> str:
    head = f"    <testcase classname={quoteattr(suite.name)} name={quoteattr(case.name)}"
    if case.status == "pass":
        return f"{head}/>\n"
    tag = TAGS[case.status]
    body = f"      <{tag} message={quoteattr(case.message)}"
    detail = xml_text("\n".join(case.detail))
    body += f">{detail}</{tag}>" if detail else "/>"
    return f"{head}>\n{body}\n    </testcase>\n"


def _counts(suites: tuple[Suite, ...]) -> str:
    total = sum(len(s.cases) for s in suites)
    fails, errors, skips = (sum(s.count(k) for s in suites) for k in ("fail", "error", "skip"))
    return f'tests="{total}" failures="{fails}" errors="{errors}" skipped="{skips}"'


def write(audit: Audit, gate: Gate) -> str:
    suites = cases(audit, gate)
    # <testsuites> has no attribute for skipped cases
    total = _counts(suites).rsplit(" ", 1)[0]
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="attach-audit" {total}>\n'
    for suite in suites:
        text += f"  <testsuite name={quoteattr(suite.name)} {_counts((suite,))}>\n"
        if gate.since and suite is suites[-1]:
            said = quoteattr(escape(summary(audit, gate)))
            text += f'    <properties><property name="since" value={said}/></properties>\n'
        text += "".join(_case(case, suite) for case in suite.cases)
        text += "  </testsuite>\n"
    return text + "</testsuites>\n"
