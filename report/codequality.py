# SPDX-License-Identifier: GPL-2.0-only
"""GitLab Code Quality: in, an audit and its gate; out, the list its merge-request widget reads.

Format: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import hashlib
import json

from report.gate import Gate
from report.model import Audit
from report.text import escape, squeeze

SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def write(audit: Audit, gate: Gate) -> str:
    issues = [
        {
            "description": escape(
                squeeze(f.message + (f" (suggested: {f.rewrite})" if f.rewrite else ""))
            ),
            "check_name": f.rule,
            "fingerprint": hashlib.sha256(f.id.encode("utf-8", "backslashreplace")).hexdigest(),
            "severity": SEVERITIES[f.severity],
            "location": {"path": escape(f.file), "lines": {"begin": f.line}},
        }
        for f in audit.findings
        if f.id not in gate.reasons
    ]
    return json.dumps(issues, indent=1, ensure_ascii=False) + "\n"
