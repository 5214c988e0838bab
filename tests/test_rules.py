# SPDX-License-Identifier: GPL-2.0-only
"""In: the rules' catalogue, schema, pages and sample/; out: whether they name the same rules, in the same form."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from report.rules import MIXED, RULES, STATE, UNTESTED, Rule  # noqa: E402

PAGES = ROOT / "docs/rules"
SECTIONS = [
    "What it does",
    "Why it is bad",
    "Bad",
    "Good",
    "When it is a review",
    "How to accept it",
    "Sources",
]


def explain(rule: str) -> subprocess.CompletedProcess[str]:
    command = ["/usr/bin/python3", "-m", "report", "explain", rule]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_catalogue() -> None:
    assert {r.id: r.severity for r in RULES.values()} == {
        "incompatible-not-einval": "error",
        "hard-as-einval": "error",
        "soft-failure-logged": "error",
        "wrong-resource-errno": "error",
        "errno-masked": "error",
        "silent-success": "error",
        "discouraged-errno": "note",
        "foreign-einval": "note",
        "mixed-driver": "error",
        "entry-errno": "warning",
        "caller-contract": "note",
        "contract-text": "note",
        "misfit-not-tested": "error",
        "test-changes-state": "error",
    }
    assert MIXED in RULES
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", rule) for rule in RULES)


def test_schema_knows_the_same_rules() -> None:
    schema = json.loads((ROOT / "report/schema.json").read_text())
    assert schema["$defs"]["finding"]["properties"]["rule"]["enum"] == list(RULES)


def test_a_page_for_each_rule_and_no_other() -> None:
    assert {page.stem for page in PAGES.iterdir()} == set(RULES)


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_page(rule: Rule) -> None:
    page = (PAGES / f"{rule.id}.md").read_text()
    title = rule.title[0].upper() + rule.title[1:]
    assert page.startswith(f"# {rule.id}\n\n{title} ({rule.severity})\n\n## ")
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == SECTIONS

    section = dict(re.findall(r"^## (.*)\n\n((?:(?!^## ).*\n)*)", page, re.MULTILINE))
    for caller in ("VFIO", "iommufd", "core", "contract"):
        assert caller in section["Why it is bad"]
    assert "```c\n" in section["Bad"] and "```c\n" in section["Good"]
    assert "--accept" in section["How to accept it"]
    assert "v6.2" in section["Sources"]
    for linked in re.findall(r"\]\(([^)]*)\)", page):
        assert (PAGES / linked).is_file()


@pytest.mark.parametrize("rule", RULES)
def test_explain_prints_the_page(rule: str) -> None:
    done = explain(rule)
    assert (done.stdout, done.stderr) == ((PAGES / f"{rule}.md").read_text(), "")
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["", "no-such-rule", "../contract", "hard-as-einval\x1b[2J"])
def test_explain_unknown_rule(name: str) -> None:
    done = explain(name)
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr.endswith(f": no such rule: one of {', '.join(RULES)}\n")
    assert done.stderr.count("\n") == 1 and "\x1b" not in done.stderr


@pytest.mark.parametrize("rule", RULES)
def test_a_fixture_in_the_sample(rule: str) -> None:
    """The expectation stands in a comment of a source file; the sample's contract has no test: that is in the cases."""
    if rule in (UNTESTED, STATE):
        sources, said = (ROOT / "tests/cases").glob("tested-*.c"), f"finding: rule={rule}"
    else:
        sources, said = (ROOT / "sample").rglob("*.[ch]"), f"[{rule}]"
    assert any(said in source.read_text(errors="replace") for source in sources)


def test_the_sample_knows_no_other_rule() -> None:
    named = set()
    for source in (ROOT / "sample").rglob("*.[ch]"):
        named |= set(re.findall(r"\[([a-z]+(?:-[a-z]+)+)\]", source.read_text(errors="replace")))
    assert named <= set(RULES)
