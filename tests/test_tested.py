# SPDX-License-Identifier: GPL-2.0-only
"""In: the cases of a contract with an operation that tests for the attach, in trees that differ in
how they declare it; out: whether the findings stay the same."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import test_cases  # noqa: E402

CASES = sorted((ROOT / "tests/cases").glob("tested-*.c"))
PARAMETERS = (
    "struct iommu_domain *domain, struct device *dev, ioasid_t pasid, struct iommu_domain *old"
)
Change = Callable[[str], str]


def same(text: str) -> str:
    return text


def parameters(new: str, attach: str = r"\g<0>") -> Change:
    """Those of the test, and of the attach."""
    old = r"struct iommu_domain \*(domain|d), struct device \*dev, struct iommu_domain \*old"

    def change(text: str) -> str:
        assert PARAMETERS in text
        return re.sub(old, attach, text.replace(PARAMETERS, "\0")).replace("\0", new)

    return change


def documented(test: str, attach: str) -> Change:
    def change(header: str) -> str:
        start, rest = header.split("/**\n * struct iommu_domain_ops", 1)
        doc = f"/**\n * struct iommu_domain_ops - of a domain\n{test}{attach} */\n"
        return start + doc + rest.partition(" */\n")[2]

    return change


def within_the_structure(header: str) -> str:
    header = documented("", "")(header)
    said = "\t/**\n\t * @test_dev: %-EINVAL, %-EBUSY or\n\t * %-ENODEV where it cannot be\n\t */\n"
    header = header.replace("\tint (*test_dev)", f"{said}\tint (*test_dev)")
    return header.replace("\tint (*attach_dev)", "\t/** @attach_dev: now */\n\tint (*attach_dev)")


def another_structure(text: str) -> str:
    return text.replace("iommu_domain_ops", "iommu_attach_ops")


def table_of_its_own(header: str) -> str:
    start, rest = header.split("/**\n * struct iommu_domain_ops", 1)
    test, rest = rest.split(" * @attach_dev:", 1)
    member = f"\tint (*test_dev)({PARAMETERS});\n"
    assert member in rest
    rest = rest.replace(member, "\tconst struct iommu_ask_ops *ask;\n")
    own = f"/**\n * struct iommu_ask_ops{test} */\nstruct iommu_ask_ops {{\n{member}}};\n\n"
    return f"{start}{own}/**\n * struct iommu_domain_ops - the rest\n * @attach_dev:{rest}"


def asks_by_its_own(driver: str) -> str:
    table = r"(?s)static const struct iommu_domain_ops (\w+) = \{([^}]*)(\t\.test_dev = \w+,\n)"
    own = r"static const struct iommu_ask_ops \1_ask = {\n\3};\n\n"
    return re.sub(
        table, own + r"static const struct iommu_domain_ops \1 = {\2\t.ask = \&\1_ask,\n", driver
    )


def audit(folder: Path, header: Change, driver: Change, *arguments: str) -> tuple[int, Any]:
    tree = folder / "tree"
    tree.mkdir()
    test_cases.make_tree(CASES[0], tree)
    declared = tree / "include/linux/iommu.h"
    declared.write_text(header(declared.read_text()))
    for case in CASES:
        (tree / "drivers/iommu" / case.name).write_text(driver(case.read_text()))
    known = folder / "known.json"
    known.write_text('{"schema": "attach-audit-baseline/1", "findings": [], "mixed": []}')
    command: list[str | Path] = [
        ROOT / "run-audit.sh",
        "--kernel",
        tree,
        "--out",
        folder / "out",
        "--quiet",
    ]
    command += ["--engines", "coccinelle", "--baseline", known, *arguments]
    done = subprocess.run(
        command,
        env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")},
        capture_output=True,
        text=True,
    )
    assert done.returncode < 2 or "incomplete" in done.stdout, done.stderr
    return done.returncode, json.loads((folder / "out/audit.json").read_text())


def findings(found: Any) -> list[tuple[str, str, str]]:
    """Without the lines, which a table more moves."""
    return sorted((f["rule"], f["severity"], f["message"]) for f in found["findings"])


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str]]:
    status, found = audit(tmp_path_factory.mktemp("as-it-is"), same, same)
    assert (status, found["kernel"]["contract"]) == (1, "tested")
    return findings(found)


@pytest.mark.parametrize(
    ("header", "driver"),
    [
        pytest.param(change, change, id=name)
        for name, change in {
            "another order": parameters(
                "struct device *dev, struct iommu_domain *old, ioasid_t pasid, struct iommu_domain *domain",
                r"struct device *dev, struct iommu_domain *\1",
            ),
            "more": parameters(
                "struct iommu_domain *domain, struct device *dev, bool again, u32 pasid, "
                "struct iommu_domain *old, void *data",
            ),
            "fewer": parameters("struct iommu_domain *domain, struct device *dev"),
            "another structure": another_structure,
        }.items()
    ]
    + [
        pytest.param(
            documented(
                " * @test_dev: Asks whether @dev can be put in. Gives 0 if so, -EINVAL for a domain that is made\n"
                " *\tfor others, -EBUSY for a device that must stay, -ENODEV if none will do.\n",
                " * @attach_dev: Puts it in. What is left to go wrong is %-ENOMEM and %-ENOSPC.\n",
            ),
            same,
            id="in sentences",
        ),
        pytest.param(
            documented(" * @test_dev: will it do?\n *\tReturn: -EINVAL if not\n", ""),
            same,
            id="a part of it",
        ),
        pytest.param(
            documented("", " * @attach_dev: do it\n * - ENOMEM: memory\n * - ENOSPC: else\n"),
            same,
            id="of the attach alone",
        ),
        pytest.param(within_the_structure, same, id="within the structure"),
    ],
)
def test_the_findings_stay(
    tmp_path: Path, header: Change, driver: Change, expected: list[tuple[str, str, str]]
) -> None:
    status, found = audit(tmp_path, header, driver)
    assert (status, found["kernel"]["contract"]) == (1, "tested")
    assert [c["why"] for c in found["coverage"] if c["status"] != "analysed"] == []
    assert findings(found) == expected


def test_tests_in_tables_of_their_own(tmp_path: Path, expected: list[tuple[str, str, str]]) -> None:
    """Which table is asked before which nobody can tell: any test of the driver counts."""
    status, found = audit(tmp_path, table_of_its_own, asks_by_its_own)
    assert (status, found["kernel"]["contract"]) == (1, "tested")
    alone = [f for f in expected if "stands beside" in f[2]]
    assert len(alone) == 1
    assert findings(found) == [f for f in expected if f not in alone]


def test_by_name_where_nothing_is_documented(
    tmp_path: Path, expected: list[tuple[str, str, str]]
) -> None:
    header = documented("", "")
    status, found = audit(tmp_path, header, same, "--contract", "tested")
    assert (status, findings(found)) == (1, expected)


def test_a_contract_of_ones_own(tmp_path: Path, expected: list[tuple[str, str, str]]) -> None:
    """Another name is another name in the file, and nothing else."""
    own = json.loads((ROOT / "contract.json").read_text().replace("test_dev", "fits_dev"))
    del own["choose"]
    own["contracts"] = {"own": own["contracts"]["tested"]}
    (tmp_path / "own.json").write_text(json.dumps(own))

    def renamed(text: str) -> str:
        return re.sub(r"(\.|\*)test_dev\b", r"\1fits_dev", text)

    arguments = ("--contract", str(tmp_path / "own.json"))
    status, found = audit(tmp_path, renamed, renamed, *arguments)
    assert status == 1
    assert findings(found) == [
        (
            rule,
            severity,
            message.replace("(test_dev)", "(fits_dev)").replace("no test_dev", "no fits_dev"),
        )
        for rule, severity, message in expected
    ]


def test_a_name_that_nobody_knows(tmp_path: Path) -> None:
    def renamed(text: str) -> str:
        return re.sub(r"(\.|\*)test_dev\b", r"\1fits_dev", text)

    status, found = audit(tmp_path, renamed, renamed)
    gaps = [(c["op"], c["why"]) for c in found["coverage"] if c["status"] != "analysed"]
    assert status == 2 and set(gaps) == {("fits_dev", "no rules in this contract")}


def test_the_example_of_the_page(tmp_path: Path) -> None:
    page = (ROOT / "docs/contract.md").read_text()
    example = page.partition("```json\n")[2].partition("```")[0]
    assert len(example.splitlines()) == 20
    (tmp_path / "mine.json").write_text(example)
    command: list[str | Path] = [ROOT / "run-audit.sh", "--kernel", ROOT / "sample"]
    command += ["--out", tmp_path / "out"]
    command += ["--engines", "coccinelle", "--quiet", "--contract", tmp_path / "mine.json"]
    done = subprocess.run(
        command,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
    )
    found = json.loads((tmp_path / "out/audit.json").read_text())
    assert found["kernel"]["contract"] == "own", done.stderr
    assert {s["op"] for s in found["sites"]} == {"attach_dev"}
