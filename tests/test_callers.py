# SPDX-License-Identifier: GPL-2.0-only
"""In: sample/, small trees with one caller each, and the hand-labelled table; out: what an audit says of the core,
of what its callers do with each errno, and of the text between them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from report import html, markdown, model, sides  # noqa: E402
from report.baseline import Baseline  # noqa: E402
from report.gate import compare  # noqa: E402
from report.text import Style, full  # noqa: E402

TABLE = ROOT / "tests/callers/calls.json"
EMPTY = '{"schema": "attach-audit-baseline/1", "findings": [], "mixed": []}\n'
FILE = "drivers/zephyr/zephyr.c"

HEAD = """// SPDX-License-Identifier: GPL-2.0-only
#include <linux/iommu.h>
#include "zephyr.h"

"""


@dataclass(frozen=True)
class Result:
    status: int
    audit: dict[str, Any]
    stdout: str

    def findings(self, rule: str) -> list[dict[str, Any]]:
        return [f for f in self.audit["findings"] if f["rule"] == rule]


def audit(tree: Path, tmp_path: Path, *options: str, stderr: str = "") -> Result:
    baseline = tmp_path / "baseline.json"
    baseline.write_text(EMPTY, encoding="utf-8")
    command = ["./run-audit.sh", "--kernel", str(tree), "--out", str(tmp_path / "out"), "--callers"]
    done = subprocess.run(
        [*command, "--baseline", str(baseline), *options],
        cwd=ROOT,
        env={
            **os.environ,
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "ATTACH_CHECKS": str(ROOT / "build/san/attach-checks"),
            "ASAN_OPTIONS": "detect_leaks=0",
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == stderr
    content = (tmp_path / "out/audit.json").read_text(encoding="utf-8")
    return Result(done.returncode, json.loads(content), done.stdout)


def small_tree(tmp_path: Path, **files: str) -> Path:
    """The sample's core and its best driver, and these files of drivers/zephyr (a_c is a.c)."""
    tree = tmp_path / "tree"
    for folder in ("drivers/iommu", "drivers/zephyr", "include/linux"):
        (tree / folder).mkdir(parents=True)
    for name in ("Makefile", "drivers/iommu/iommu.c", "drivers/iommu/quillon-iommu.c"):
        shutil.copy(ROOT / "sample" / name, tree / name)
    shutil.copy(ROOT / "sample/include/linux/iommu.h", tree / "include/linux")
    for name, text in files.items():
        (tree / "drivers/zephyr" / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return tree


def handling(result: Result, function: str) -> list[tuple[str, dict[str, str]]]:
    return [(c["class"], c["on"]) for c in result.audit["callers"] if c["function"] == function]


# --------------------------------------------------------------- the labelled table


def test_the_table_holds_facts_and_no_code() -> None:
    calls = json.loads(TABLE.read_text(encoding="utf-8"))["calls"]
    keys = [(c["version"], c["file"], c["function"], c["entry_point"], c["ordinal"]) for c in calls]
    assert len(set(keys)) == len(keys) >= 40
    assert {c["version"] for c in calls} == {"6.1", "6.12", "7.2"}
    assert {c["class"] for c in calls} <= set(sides.HANDLINGS)
    assert all(set(c) - {"first_label", "logs"} == {*keys_of_a_row()} for c in calls)
    assert not any(re.search(r"[{}=]|\);", c["why"]) for c in calls)


def keys_of_a_row() -> tuple[str, ...]:
    return ("version", "file", "function", "entry_point", "ordinal", "class", "why")


# ------------------------------------------------------------------- one function each

# name: code, class, what becomes of EINVAL, ENODEV and any other errno
CASES = {
    "returned in a ternary": (
        "int f(struct device *dev) { return iommu_attach_device(d, dev) ? -ENXIO : 0; }",
        "replaces",
        ("replaced:-ENXIO", "replaced:-ENXIO", "replaced:-ENXIO"),
    ),
    "a short ternary": (
        "int f(struct device *dev) { return iommu_attach_device(d, dev) ?: more(dev); }",
        "passes-on",
        ("passed-on", "passed-on", "passed-on"),
    ),
    "as an error pointer and back": (
        """int f(struct device *dev)
{
	void *p = ERR_PTR(iommu_attach_device(d, dev));

	if (IS_ERR(p))
		return PTR_ERR(p);
	return 0;
}""",
        "passes-on",
        ("passed-on", "passed-on", "passed-on"),
    ),
    "the soft errno alone is hidden": (
        """int f(struct device *dev)
{
	int rc;

	rc = iommu_attach_device(d, dev);
	if (rc == -EINVAL) {
		rc = 0;
		goto out;
	}
	if (rc)
		pr_err("no\\n");
out:
	return rc;
}""",
        "falls-back",
        ("goes-on", "passed-on", "passed-on"),
    ),
    "kept in a second variable": (
        """int f(struct device *dev)
{
	int ret, result = 0;

	ret = iommu_attach_device(d, dev);
	if (ret < 0)
		result = ret;
	ret = undo(dev);
	return result;
}""",
        "passes-on",
        ("passed-on", "passed-on", "passed-on"),
    ),
    "overwritten before it is looked at": (
        """int f(struct device *dev)
{
	int ret = iommu_attach_device(d, dev);

	ret = more(dev);
	return ret;
}""",
        "ignores",
        ("ignored", "ignored", "ignored"),
    ),
    "only a warning": (
        "void f(struct device *dev) { WARN_ON(iommu_attach_device(d, dev)); }",
        "falls-back",
        ("goes-on", "goes-on", "goes-on"),
    ),
    "assigned in the condition": (
        """int f(struct device *dev)
{
	int err;

	if ((err = iommu_attach_device(d, dev)) != 0 && err != -ENODEV)
		return err;
	return 0;
}""",
        "falls-back",
        ("passed-on", "goes-on", "passed-on"),
    ),
    "a switch with a case of its own": (
        """bool f(struct device *dev)
{
	switch (iommu_attach_device(d, dev)) {
	case 0:
		return true;
	case -EINVAL:
		retry(dev);
		return true;
	}
	return false;
}""",
        "replaces",
        ("replaced:true", "replaced:false", "replaced:false"),
    ),
    "the result as a truth value": (
        "int f(struct device *dev) { return !iommu_attach_device(d, dev); }",
        "falls-back",
        ("goes-on", "goes-on", "goes-on"),
    ),
    "dev_err_probe": (
        """int f(struct device *dev)
{
	int ret = iommu_attach_device(d, dev);

	if (ret)
		return dev_err_probe(dev, ret, "no\\n");
	return 0;
}""",
        "passes-on",
        ("passed-on", "passed-on", "passed-on"),
    ),
    "what another function makes of it": (
        """int f(struct device *dev)
{
	int ret = iommu_attach_device(d, dev);

	if (ret)
		return zephyr_log_and_return(dev, ret);
	return 0;
}""",
        "unknown",
        ("unknown", "unknown", "unknown"),
    ),
    "what a macro makes of it": (
        """int f(struct device *dev)
{
	int ret = iommu_attach_device(d, dev);

	return min(ret, 0);
}""",
        "unknown",
        ("unknown", "unknown", "unknown"),
    ),
    "translated in place": (
        """int f(struct device *dev)
{
	int ret = iommu_attach_device(d, dev);

	ret = zephyr_errno(ret);
	return ret;
}""",
        "unknown",
        ("unknown", "unknown", "unknown"),
    ),
    "translated in an error pointer": (
        """void *f(struct device *dev)
{
	int ret = iommu_attach_device(d, dev);

	return ret ? ERR_PTR(zephyr_errno(ret)) : dev;
}""",
        "unknown",
        ("unknown", "unknown", "unknown"),
    ),
    "translated through its address": (
        """int f(struct device *dev)
{
	int ret = iommu_attach_device(d, dev);

	zephyr_errno(&ret);
	return ret;
}""",
        "unknown",
        ("unknown", "unknown", "unknown"),
    ),
    "an errno with an underscore": (
        """int f(struct device *dev)
{
	int rc = iommu_attach_device(d, dev);

	if (rc)
		rc = -EPROBE_DEFER;
	return rc;
}""",
        "replaces",
        ("replaced:-EPROBE_DEFER", "replaced:-EPROBE_DEFER", "replaced:-EPROBE_DEFER"),
    ),
    "the result as a bool": (
        """bool f(struct device *dev) { return !iommu_attach_device(d, dev); }""",
        "replaces",
        ("replaced:false", "replaced:false", "replaced:false"),
    ),
    "the errno as a bool": (
        """bool f(struct device *dev) { return iommu_attach_device(d, dev); }""",
        "replaces",
        ("replaced:true", "replaced:true", "replaced:true"),
    ),
    "all are tried, the errnos united": (
        """int f(struct device *dev)
{
	int rc = 0;

	for (int i = 0; i < n; i++)
		rc |= iommu_attach_device(domains[i], dev);
	return rc;
}""",
        "unknown",
        ("unknown", "unknown", "unknown"),
    ),
    "all are tried, none is looked at": (
        """void f(struct device *dev)
{
	for (int i = 0; i < n; i++)
		iommu_attach_device(domains[i], dev);
}""",
        "ignores",
        ("ignored", "ignored", "ignored"),
    ),
    "united, and any failure is another one": (
        """int f(struct device *dev)
{
	int rc = more(dev);

	rc |= iommu_attach_device(d, dev);
	if (rc)
		return -EIO;
	return 0;
}""",
        "replaces",
        ("replaced:-EIO", "replaced:-EIO", "replaced:-EIO"),
    ),
    "a do loop that ends with the next domain": (
        """int f(struct device *dev)
{
	int rc;

	do {
		rc = iommu_attach_device(d, dev);
		if (rc != -EINVAL)
			return rc;
		d = next_domain(d);
	} while (d);
	return -ENODEV;
}""",
        "search-einval-only",
        ("tries-next", "passed-on", "passed-on"),
    ),
    "a do loop whose condition tests": (
        """int f(struct device *dev)
{
	int rc;

	do {
		rc = iommu_attach_device(d, dev);
		d = next_domain(d);
	} while (d && rc == -EINVAL);
	return rc;
}""",
        "search-einval-only",
        ("tries-next", "passed-on", "passed-on"),
    ),
    "a jump back with another domain": (
        """int f(struct device *dev)
{
	int rc;

again:
	rc = iommu_attach_device(d, dev);
	if (rc == -EINVAL && d != e) {
		d = e;
		goto again;
	}
	return rc;
}""",
        "search-einval-only",
        ("tries-next", "passed-on", "passed-on"),
    ),
    "a jump back with the same domain": (
        """int f(struct device *dev)
{
	int rc;

again:
	rc = iommu_attach_device(d, dev);
	if (rc == -EINVAL && more(dev))
		goto again;
	return rc;
}""",
        "passes-on",
        ("passed-on", "passed-on", "passed-on"),
    ),
    "a search in a loop's condition": (
        """int f(struct device *dev)
{
	int rc = -ENODEV;

	while ((d = next_domain(d)) && (rc = iommu_attach_device(d, dev)) == -EINVAL)
		;
	return rc;
}""",
        "search-einval-only",
        ("tries-next", "passed-on", "passed-on"),
    ),
    "a search in one expression": (
        """int f(struct device *dev)
{
	int rc = iommu_attach_device(d, dev) == -EINVAL ? iommu_attach_device(e, dev) : 0;

	return rc;
}""",
        "search-einval-only",
        ("tries-next", "goes-on", "goes-on"),
    ),
    "another domain only after success": (
        """int f(struct device *dev) { return iommu_attach_device(d, dev) ?: iommu_attach_device(e, dev); }""",
        "passes-on",
        ("passed-on", "passed-on", "passed-on"),
    ),
    "a search by index that counts down": (
        """int f(struct device *dev)
{
	int i = n, ret = -ENODEV;

	while (i--) {
		ret = iommu_attach_device(domains[i], dev);
		if (ret != -EINVAL)
			break;
	}
	return ret;
}""",
        "search-einval-only",
        ("tries-next", "passed-on", "passed-on"),
    ),
    "a search with a label": (
        """int f(struct device *dev)
{
	int ret;

	ret = iommu_attach_device(first, dev);
	if (ret == -EINVAL)
		goto second;
	return ret;
second:
	return iommu_attach_device(spare, dev);
}""",
        "search-einval-only",
        ("tries-next", "passed-on", "passed-on"),
    ),
    "devices in a loop, one domain": (
        """void f(struct list_head *devices)
{
	struct zephyr *z;

	list_for_each_entry(z, devices, next)
		if (iommu_attach_device(d, z->dev))
			continue;
}""",
        "falls-back",
        ("goes-on", "goes-on", "goes-on"),
    ),
    "another device's turn goes on": (
        """int f(struct list_head *devices)
{
	struct zephyr *z;
	int ret = 0, err;

	list_for_each_entry(z, devices, next) {
		err = iommu_attach_device(d, z->dev);
		if (err)
			ret = err;
	}
	return ret;
}""",
        "passes-on",
        ("passed-on", "passed-on", "passed-on"),
    ),
}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("cases")
    code = [
        re.sub(r"\bf\(", f"case_{i}(", text, count=1) for i, (text, *_) in enumerate(CASES.values())
    ]
    tree = small_tree(folder, zephyr_c=HEAD + "\n\n".join(code) + "\n", zephyr_h="")
    return audit(tree, folder)


@pytest.mark.parametrize("name", CASES)
def test_what_becomes_of_each_errno(cases: Result, name: str) -> None:
    i = list(CASES).index(name)
    _, class_, (einval, enodev, other) = CASES[name]
    said_class, on = handling(cases, f"case_{i}")[0]
    assert (said_class, on["EINVAL"], on["ENODEV"], on["other"]) == (class_, einval, enodev, other)


def test_every_case_is_listed(cases: Result) -> None:
    functions = [c["function"] for c in cases.audit["callers"]]
    assert functions == sorted(functions, key=lambda f: int(f.split("_")[1]))
    assert set(functions) == {f"case_{i}" for i in range(len(CASES))}


# ----------------------------------------------------------------------- through wrappers

WRAPPED = {
    "zephyr_c": HEAD
    + """static int low(struct iommu_domain *domain, struct device *dev)
{
	return iommu_attach_device(domain, dev);
}

int zephyr_attach(struct zephyr *z, struct device *dev)
{
	int ret = low(z->domain, dev);

	if (ret)
		undo(z);
	return ret;
}
""",
    "zephyr_h": "int zephyr_attach(struct zephyr *z, struct device *dev);\n",
    "search_c": HEAD
    + """struct zephyr *find(struct list_head *all, struct device *dev)
{
	struct zephyr *z;

	list_for_each_entry(z, all, next) {
		int ret = zephyr_attach(z, dev);

		if (!ret)
			return z;
		if (ret != -EINVAL)
			return ERR_PTR(ret);
	}
	return NULL;
}
""",
}


def test_a_search_in_another_file_of_the_folder(tmp_path: Path) -> None:
    result = audit(small_tree(tmp_path, **WRAPPED), tmp_path)
    (caller,) = result.audit["callers"]
    assert caller["class"] == "search-einval-only"
    assert [(e["class"], e["function"], e["file"]) for e in caller["ends"]] == [
        ("search-einval-only", "find", "drivers/zephyr/search.c"),
    ]
    assert [p["function"] for p in caller["ends"][0]["path"]] == ["low", "zephyr_attach", "find"]


def test_a_message_of_a_wrapper_is_one_of_the_search(tmp_path: Path) -> None:
    """Printed at the bottom or in between, before the errno gets to the loop."""
    low, high = "\treturn iommu_attach_device(domain, dev);\n", "\t\tundo(z);\n"
    loud = """\tint ret = iommu_attach_device(domain, dev);

\tif (ret == -EINVAL)
\t\tdev_err(dev, "no\\n");
\treturn ret;
"""
    changes = [(low, loud), (high, high.replace("undo(z)", 'dev_warn(dev, "no\\n")'))]
    for i, change in enumerate(changes):
        folder = tmp_path / str(i)
        folder.mkdir()
        code = WRAPPED["zephyr_c"].replace(*change)
        result = audit(small_tree(folder, **{**WRAPPED, "zephyr_c": code}), folder)
        (caller,) = result.audit["callers"]
        assert (caller["class"], caller["logs"]) == ("logs-and-tries-on", True)
    quiet = WRAPPED["zephyr_c"].replace(low, loud.replace("EINVAL", "ENOMEM"))
    (tmp_path / "2").mkdir()
    result = audit(small_tree(tmp_path / "2", **{**WRAPPED, "zephyr_c": quiet}), tmp_path / "2")
    (caller,) = result.audit["callers"]
    assert (caller["class"], caller["logs"]) == ("search-einval-only", True)


def test_without_a_header_of_the_folder_the_way_ends(tmp_path: Path) -> None:
    result = audit(small_tree(tmp_path, **{**WRAPPED, "zephyr_h": ""}), tmp_path)
    (caller,) = result.audit["callers"]
    assert (caller["class"], caller["ends"][0]["function"]) == ("passes-on", "zephyr_attach")
    why = "callers of zephyr_attach() are not followed: no header of its folder declares it"
    assert (caller["why"], caller["ends"][0]["why"]) == (why, why)


def test_functions_that_call_each_other_end(tmp_path: Path) -> None:
    code = """static int a(struct device *dev, int n)
{
	if (!n)
		return iommu_attach_device(d, dev);
	return b(dev, n);
}

static int b(struct device *dev, int n)
{
	return a(dev, n - 1);
}
"""
    result = audit(small_tree(tmp_path, zephyr_c=HEAD + code), tmp_path)
    assert [c["class"] for c in result.audit["callers"]] == ["passes-on"]


def test_many_branches_take_no_time(tmp_path: Path) -> None:
    branches = "".join(f"\tif (x & {1 << i})\n\t\ty{i}();\n" for i in range(30))
    flags = "".join(f"\tif (z{i})\n\t\tr{i} = ret;\n" for i in range(14))
    code = f"""int f(struct device *dev, int x)
{{
	int ret = iommu_attach_device(d, dev);

{branches}{flags}	return ret;
}}
"""
    result = audit(small_tree(tmp_path, zephyr_c=HEAD + code), tmp_path)
    (caller,) = result.audit["callers"]
    assert (caller["class"], caller["on"]["EINVAL"]) == ("unknown", "unknown")


# ------------------------------------------------------------------------- the sample


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("sample")
    shutil.copytree(ROOT / "sample", folder / "tree")
    return audit(folder / "tree", folder)


def test_entry_points_of_the_sample(sample: Result) -> None:
    points = {p["name"]: p for p in sample.audit["entry_points"]}
    assert list(points) == ["iommu_attach_device", "iommu_attach_group", "iommu_deferred_attach"]
    assert {p["status"] for p in points.values()} == {"analysed"}
    assert all(p["ops"] == ["attach_dev"] for p in points.values())
    assert sample.audit["no_core"] == ""
    handled = points["iommu_deferred_attach"]["handled"]
    assert [(h["callee"], h["what"], h["on"]["EINVAL"], h["on"]["other"]) for h in handled] == [
        ("domain->ops->attach_dev", "passed-on", "passed-on", "passed-on"),
        ("__iommu_attach_device", "changed", "replaced:-EIO", "passed-on"),
    ]


def test_findings_of_the_sample(sample: Result) -> None:
    assert [(f["severity"], f["function"]) for f in sample.findings("entry-errno")] == [
        ("warning", "iommu_attach_device"),
        ("warning", "iommu_deferred_attach"),
    ]
    assert [(f["severity"], f["message"]) for f in sample.findings("caller-contract")] == [
        (
            "note",
            "the search goes on to another domain after a hard failure too, which no domain mends",
        ),
        ("note", "the search logs a domain that does not fit and goes on; it should say nothing"),
        (
            "note",
            "the search stops at -EINVAL, though another domain may fit; it goes on after "
            "-ENODEV, -ENOMEM, -ENOSPC and -EBUSY",
        ),
    ]
    ids = [f["id"] for f in sample.audit["findings"]]
    assert len(set(ids)) == len(ids)


def test_contract_text_of_the_sample(sample: Result) -> None:
    rows = {t["name"]: t for t in sample.audit["contract_text"]}
    states = {name: row["states"] for name, row in rows.items()}
    assert states == {
        "attach_dev": True,
        "set_dev_pasid": False,
        "iommu_attach_device": True,
        "iommu_attach_group": True,
        "iommu_deferred_attach": False,
    }
    assert rows["attach_dev"]["errnos"] == ["EINVAL", "ENOMEM", "ENOSPC", "EBUSY", "ENODEV"]
    assert {f["id"] for f in sample.findings("contract-text")} == {
        "contract-text:set_dev_pasid:1",
        "contract-text:iommu_attach_device:1",
        "contract-text:iommu_deferred_attach:1",
    }


def texts(result: Result) -> dict[str, tuple[bool, str]]:
    rows = result.audit["contract_text"]
    return {t["name"]: (t["states"], t["why"]) for t in rows}


def test_what_has_no_comment_is_said_to_have_none(tmp_path: Path) -> None:
    tree = small_tree(tmp_path)
    core, header = tree / "drivers/iommu/iommu.c", tree / "include/linux/iommu.h"
    comment = "/* What a driver says of a misfit does not arrive here. */\n"
    assert comment in core.read_text()
    core.write_text(core.read_text().replace(comment, ""))
    header.write_text(re.sub(r" \* @set_dev_pasid: .*\n", "", header.read_text()))
    said = texts(audit(tree, tmp_path))
    why = "iommu_deferred_attach() has no comment: nothing says that -EINVAL is a soft failure"
    assert said["iommu_deferred_attach"] == (False, why)
    why = "set_dev_pasid has no comment: nothing says which errno means what"
    assert said["set_dev_pasid"] == (False, why)


def test_a_comment_is_read_from_its_beginning(tmp_path: Path) -> None:
    tree = small_tree(tmp_path)
    core = tree / "drivers/iommu/iommu.c"
    end = "EINVAL can be treated as a soft failure: a different domain may succeed.\n"
    assert core.read_text().count(end) == 1
    core.write_text(core.read_text().replace(end, f'{end} * Files are drivers/*.c, strings "/*\n'))
    assert texts(audit(tree, tmp_path))["iommu_attach_group"] == (True, "")


def test_an_operation_in_a_comment_is_none(tmp_path: Path) -> None:
    tree = small_tree(tmp_path)
    header = tree / "include/linux/iommu.h"
    member = re.compile(r"\tint \(\*set_dev_pasid\)[^;]*;\n")
    assert len(member.findall(header.read_text())) == 1
    header.write_text(member.sub("\t/* int (*set_dev_pasid)(..) is gone */\n", header.read_text()))
    assert "set_dev_pasid" not in texts(audit(tree, tmp_path))


SEARCHES = {"osprey_find", "osprey_one_or_other", "osprey_search"}

# whose callbacks serve the domains that they allocate by default; what other tables are for nobody says
PAGING = {
    f"{d}_attach_dev" for d in ("brindel", "corvane", "melphor", "pellwix", "quillon", "tarnic")
}


def test_a_driver_finding_names_the_searches_that_its_edit_changes(sample: Result) -> None:
    sites = {s["id"]: s for s in sample.audit["sites"]}
    for f in sample.audit["findings"]:
        site = sites.get(f["site"])
        who = {(c["function"], c["today"], c["then"]) for c in f.get("callers", ())}
        about = (f["rule"], site["op"], site["errno"] == "EINVAL") if site else ()
        if site and PAGING.isdisjoint(site["callbacks"]):
            assert not who
        elif about == ("incompatible-not-einval", "attach_dev", False):
            assert who == {(s, "stops its search", "tries the next domain") for s in SEARCHES}
        elif about == ("hard-as-einval", "attach_dev", True):
            assert who == {(s, "tries the next domain", "stops its search") for s in SEARCHES}
        elif f["rule"] == "soft-failure-logged" or not site:
            assert not who
    assert sum("callers" in f for f in sample.audit["findings"]) == 11


def test_only_domains_that_map_are_searched_for(tmp_path: Path) -> None:
    search = """int f(struct device *dev)
{
	struct zephyr *z;
	int ret = -ENODEV;

	list_for_each_entry(z, &all, next) {
		ret = iommu_attach_device(z->domain, dev);
		if (ret != -EINVAL)
			break;
	}
	return ret;
}
"""
    callback = """static int wendel_NAME(struct iommu_domain *domain, struct device *dev)
{
	if (domain->pgsize_bitmap != wendel_pages(dev))
		return -EXDEV;
	return 0;
}
"""
    tables = """static const struct iommu_domain_ops first = {
	.attach_dev = wendel_first,
	.map_pages = wendel_map,
};

static const struct iommu_domain_ops second = {
	.attach_dev = wendel_second,
	.iotlb_sync = wendel_sync,
};

static const struct iommu_domain_ops nested = {
	.attach_dev = wendel_nested,
	.cache_invalidate_user = wendel_flush,
};

static struct iommu_domain wendel_identity_domain = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &(const struct iommu_domain_ops) {
		.attach_dev = wendel_identity,
		.map_pages = wendel_map,
	},
};

static const struct iommu_ops wendel_ops = {
	.identity_domain = &wendel_identity_domain,
	.default_domain_ops = &(const struct iommu_domain_ops) {
		.attach_dev = wendel_default,
	},
};
"""
    tree = small_tree(tmp_path, zephyr_c=HEAD + search)
    names = ["first", "second", "nested", "identity", "default"]
    code = "\n".join(callback.replace("NAME", n) for n in names)
    (tree / "drivers/iommu/wendel.c").write_text(f"#include <linux/iommu.h>\n\n{code}\n{tables}")
    result = audit(tree, tmp_path)
    sites = {s["id"]: s for s in result.audit["sites"]}
    of = {
        sites[f["site"]]["callbacks"][0]: [c["function"] for c in f.get("callers", ())]
        for f in result.findings("incompatible-not-einval")
    }
    said = {n: of.get(f"wendel_{n}") for n in names}
    assert said == {"first": ["f"], "second": ["f"], "nested": [], "identity": [], "default": ["f"]}


def test_they_decide_nothing(tmp_path: Path) -> None:
    tree = small_tree(tmp_path, zephyr_c=HEAD + "int f(void) { return 0; }\n")
    result = audit(tree, tmp_path)
    assert (result.status, len(result.findings("entry-errno"))) == (0, 2)
    assert "gate passes" in result.stdout and "2 warnings" in result.stdout


def test_what_stands_twice_in_one_function_has_two_ids(tmp_path: Path) -> None:
    code = """static int near(struct zephyr *z, struct device *dev)
{
	return iommu_attach_device(z->near, dev);
}

static int far(struct zephyr *z, struct device *dev)
{
	return iommu_attach_device(z->far, dev);
}

int f(struct device *dev)
{
	struct zephyr *z;

	list_for_each_entry(z, &all, next)
		if (!near(z, dev))
			return 0;
	list_for_each_entry(z, &all, next)
		if (!far(z, dev))
			return 0;
	return -ENODEV;
}
"""
    tree = small_tree(tmp_path, zephyr_c=HEAD + code)
    core = tree / "drivers/iommu/iommu.c"
    text = core.read_text()
    guard = "\tif (list_count_nodes(&group->devices) != 1)\n\t\treturn -EINVAL;"
    again = "\tif (ret == -EINVAL)\n\t\treturn -EIO;"
    assert guard in text and again in text
    text = text.replace(guard, f"{guard}\n\tlock(group);\n{guard}")
    second = "\n\tret = __iommu_attach_device(domain, dev->parent);\n"
    core.write_text(text.replace(again, f"{again}\n{second}{again}"))
    result = audit(tree, tmp_path)
    stem = f"caller-contract:{FILE}:f:iommu_attach_device"
    assert [(f["id"], f["line"]) for f in result.findings("caller-contract")] == [
        (f"{stem}:1", 20),
        (f"{stem}:2", 23),
    ]
    stem = "entry-errno:drivers/iommu/iommu.c"
    ids = [re.sub(r":[0-9a-f]{8}:", ":HASH:", f["id"]) for f in result.findings("entry-errno")]
    assert ids == [
        f"{stem}:iommu_attach_device:EINVAL:HASH:1",
        f"{stem}:iommu_attach_device:EINVAL:HASH:2",
        f"{stem}:iommu_deferred_attach:__iommu_attach_device:1",
        f"{stem}:iommu_deferred_attach:__iommu_attach_device:2",
    ]


def test_a_list_that_holds_no_words_ends_no_step(tmp_path: Path) -> None:
    tree = small_tree(tmp_path)
    audit(tree, tmp_path)
    out = tmp_path / "out"
    entries = json.loads((out / "entries.json").read_text())
    for point in entries["entry_points"]:
        point["functions"] = [1, None, *point["functions"]]
    (out / "entries.json").write_text(json.dumps(entries))
    command = [str(ROOT / "build/san/attach-checks"), "classify"]
    files = {"scan": "scan.json", "engines": "engines.json", "callers": "callers.json"}
    files |= {"sites": "sites-coccinelle.jsonl", "core-sites": "sites-core.jsonl"}
    files |= {"bindings": "bindings.jsonl"}
    files |= {"entries": "entries.json", "out": "again.json"}
    for name, file in files.items():
        command += [f"--{name}", str(out / file)]
    command += ["--api", "checkers/api.json", "--contract", "contract.json", "--tree", str(tree)]
    subprocess.run(command, cwd=ROOT, env={"ASAN_OPTIONS": "detect_leaks=0"}, check=True)
    first, again = (json.loads((out / f).read_text()) for f in ("audit.json", "again.json"))
    assert again["entry_points"] == first["entry_points"]


def test_text_report_shows_one_row_for_each_end(sample: Result) -> None:
    section = sample.stdout.split("\ncallers: ")[1].split("\n\n")[0].splitlines()
    assert section[0] == "15 calls of 3 entry points, and what becomes of a failed attach"
    assert (
        "    osprey_find() (drivers/osprey/osprey.c:16): -EINVAL: next domain, others: returned"
        in section
    )
    assert (
        "    osprey_optional() (drivers/osprey/osprey.c:111): -ENODEV: goes on, others: returned"
        in section
    )
    assert [line.split(":")[0].strip() for line in section[1:] if line[2] != " "] == list(
        sides.HANDLINGS
    )[:6] + ["unknown", "passes-on"]
    assert len(section) < 40


# -------------------------------------------------------------------------- bad input


def test_no_core(tmp_path: Path) -> None:
    tree = small_tree(
        tmp_path, zephyr_c=HEAD + "int f(void) { return iommu_attach_device(d, e); }\n"
    )
    (tree / "drivers/iommu/iommu.c").unlink()
    result = audit(tree, tmp_path)
    lists = [result.audit[key] for key in ("entry_points", "callers", "contract_text")]
    assert lists == [[], [], []] and result.status == 0
    assert "this tree has no core" in result.audit["no_core"]
    assert "callers: none listed: no file of drivers/iommu calls attach_dev" in result.stdout


OPERATION = "domain->ops->attach_dev(domain, dev)"


@pytest.mark.parametrize(
    "call",
    [
        "(*domain->ops->attach_dev)(domain, dev)",
        "(domain->ops->attach_dev)(domain, dev)",
        "(*(domain)->ops[0].attach_dev)(domain, dev)",
    ],
)
def test_an_operation_called_in_another_form(tmp_path: Path, call: str) -> None:
    code = "int f(struct device *dev) { return iommu_attach_device(d, dev); }\n"
    tree = small_tree(tmp_path, zephyr_c=HEAD + code)
    core = tree / "drivers/iommu/iommu.c"
    first = audit(tree, tmp_path)
    assert core.read_text().count(OPERATION) == 1
    core.write_text(core.read_text().replace(OPERATION, call))
    result = audit(tree, tmp_path)
    assert result.status == first.status == 0
    assert result.audit["callers"] == first.audit["callers"] != []
    for was, now in zip(first.audit["entry_points"], result.audit["entry_points"], strict=True):
        assert {**now, "handled": []} == {**was, "handled": []}
        rows = [[(h["function"], h["what"], h["on"]) for h in p["handled"]] for p in (was, now)]
        assert rows[0] == rows[1] != []


FORM = "is used in a form that is not read: entry points, and their callers, may be missing"


@pytest.mark.parametrize(
    "body",
    [
        "fn = domain->ops->attach_dev;\n\n\treturn fn(domain, dev);",
        "return call_op(domain->ops->attach_dev, domain, dev);",
        "return CALL_OP(domain, attach_dev, dev);",
        "return ((attach_fn)domain->ops->attach_dev)(domain, dev);",
        "return (dev ? domain->ops->attach_dev : none)(domain, dev);",
    ],
)
def test_an_operation_used_in_a_form_that_is_not_read(tmp_path: Path, body: str) -> None:
    tree = small_tree(tmp_path)
    core = tree / "drivers/iommu/iommu.c"
    text = core.read_text().replace(f"return {OPERATION};", body)
    core.write_text(text)
    line = next(n for n, t in enumerate(text.splitlines(), 1) if t.strip() == body.split("\n")[0])
    error = f"attach-checks: {core}:{line}: attach_dev {FORM}\n"
    result = audit(tree, tmp_path, stderr=error)
    assert (result.status, result.audit["entry_points"]) == (2, [])
    where = f"drivers/iommu/iommu.c:{line} names attach_dev in a form that is not read"
    assert result.audit["no_core"] == where


@pytest.mark.parametrize(
    "code",
    [
        "\tif (likely(domain->ops->attach_dev) && dev)\n\t\tretry(dev);\n",
        "\tif (WARN_ON(!domain->ops->attach_dev))\n\t\tretry(dev);\n",
        "\tretry(domain->ops->attach_dev ? dev : NULL);\n",
        "\tif (dev && ops.attach_dev != none)\n\t\tretry(dev);\n",
    ],
)
def test_an_operation_that_is_only_tested_or_set(tmp_path: Path, code: str) -> None:
    tree = small_tree(tmp_path)
    core = tree / "drivers/iommu/iommu.c"
    core.write_text(
        core.read_text().replace(f"\treturn {OPERATION}", f"{code}\treturn {OPERATION}")
    )
    result = audit(tree, tmp_path)
    assert (result.status, len(result.audit["entry_points"])) == (0, 3)


def test_a_renamed_entry_point_is_found(tmp_path: Path) -> None:
    code = "int f(struct device *dev) { return bind_domain(d, dev); }\n"
    tree = small_tree(tmp_path, zephyr_c=HEAD + code)
    for name in ("drivers/iommu/iommu.c", "include/linux/iommu.h"):
        text = (tree / name).read_text().replace("iommu_attach_device", "bind_domain")
        (tree / name).write_text(text)
    result = audit(tree, tmp_path)
    names = ["bind_domain", "iommu_attach_group", "iommu_deferred_attach"]
    assert [p["name"] for p in result.audit["entry_points"]] == names
    assert handling(result, "f")[0][0] == "passes-on"


def test_neither_offered_nor_a_domain_is_no_entry_point(tmp_path: Path) -> None:
    tree = small_tree(tmp_path)
    core = tree / "drivers/iommu/iommu.c"
    core.write_text(core.read_text().replace("EXPORT_SYMBOL_GPL(iommu_attach_group);\n", ""))
    header = tree / "include/linux/iommu.h"
    header.write_text(re.sub(r"int iommu_attach_group\(.*\);\n", "", header.read_text()))
    result = audit(tree, tmp_path)
    names = [p["name"] for p in result.audit["entry_points"]]
    assert names == ["iommu_attach_device", "iommu_deferred_attach"]


def test_what_is_no_call_is_told_apart(tmp_path: Path) -> None:
    code = (
        HEAD
        + """/* iommu_attach_device() stands in a comment here. */
static const char *name = "iommu_attach_device(";
#ifdef iommu_attach_device
#endif
extern int iommu_attach_device(struct iommu_domain *domain, struct device *dev);
#define ZEPHYR(d, dev) iommu_attach_device(d, dev)

static const struct zephyr_ops ops = {
	.attach = iommu_attach_device,
};

void f(struct zephyr *z)
{
	z->ops.iommu_attach_device(z);
	z->attach = &iommu_attach_device;
}
"""
    )
    result = audit(small_tree(tmp_path, zephyr_c=code), tmp_path)
    said = [(c["line"], c["class"], c["why"].split(":")[0]) for c in result.audit["callers"]]
    assert said == [
        (10, "unknown", "it stands in a macro"),
        (13, "unknown", "its address is taken"),
        (19, "unknown", "its address is taken"),
    ]


def test_a_function_of_the_same_name_is_another(tmp_path: Path) -> None:
    code = """static int iommu_attach_device(void)
{
	return 0;
}

int f(void)
{
	return iommu_attach_device();
}
"""
    result = audit(small_tree(tmp_path, zephyr_c=HEAD + code), tmp_path)
    assert result.audit["callers"] == []


def test_every_place_that_takes_the_address_is_listed(tmp_path: Path) -> None:
    code = """static const struct zephyr_ops plain = { iommu_attach_device, };
static attach_fn *const all[] = {
	zephyr_attach, iommu_attach_device,
};
static const struct zephyr_ops cast = { .attach = (void *)iommu_attach_group };
DEFINE_ZEPHYR(a, iommu_attach_device);
ZEPHYR_USES(iommu_attach_device);
#define ZEPHYR_ATTACH iommu_attach_device
#if defined(iommu_attach_device) && !defined iommu_attach_group
#undef iommu_attach_device
#endif
EXPORT_SYMBOL_GPL(iommu_attach_device);
struct zephyr_table {
	int (*iommu_attach_device)(struct zephyr *z);
	int iommu_attach_group;
};
"""
    result = audit(small_tree(tmp_path, zephyr_c=HEAD + code), tmp_path)
    first = 1 + HEAD.count("\n")
    said = [(c["line"] - first, c["class"], c["why"][:20]) for c in result.audit["callers"]]
    address = "its address is taken"
    assert said == [
        *((line, "unknown", address) for line in (0, 2, 4, 5, 6)),
        (7, "unknown", "it stands in a macro"),
    ]


def test_a_use_beside_a_stub_is_listed(tmp_path: Path) -> None:
    tree = small_tree(tmp_path)
    header = tree / "include/linux/iommu.h"
    prototype = "int iommu_attach_device(struct iommu_domain *domain, struct device *dev);\n"
    stub = prototype.replace(";", "\n{\n\treturn -ENODEV;\n}")
    wrapper = """static inline int iommu_try(struct iommu_domain *domain, struct device *dev)
{
	return iommu_attach_device(domain, dev);
}
"""
    assert prototype in header.read_text()
    arms = f"#ifdef CONFIG_IOMMU_API\n{prototype}#else\nstatic inline {stub}#endif\n\n{wrapper}"
    header.write_text(header.read_text().replace(prototype, arms))
    (caller,) = audit(tree, tmp_path).audit["callers"]
    assert (caller["file"], caller["function"]) == ("include/linux/iommu.h", "iommu_try")


def test_a_prototype_of_its_own_makes_no_stub(tmp_path: Path) -> None:
    code = """static int iommu_attach_device(void);

static int iommu_attach_device(void)
{
	return 0;
}

int f(void)
{
	return iommu_attach_device();
}
"""
    result = audit(small_tree(tmp_path, zephyr_c=HEAD + code), tmp_path)
    assert result.audit["callers"] == []


def test_a_caller_that_cannot_be_parsed_is_listed(tmp_path: Path) -> None:
    code = """int f(struct device *dev)
{
	ZEPHYR_BLOCK(dev, {) {
		return iommu_attach_device(d, dev);
	}
	return 0;
}
"""
    result = audit(small_tree(tmp_path, zephyr_c=HEAD + code), tmp_path)
    (caller,) = result.audit["callers"]
    assert (caller["class"], caller["line"], caller["ends"]) == ("unknown", 8, [])
    assert "pars" in caller["why"]
    assert result.status == 0


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    tree = small_tree(tmp_path)
    code = (
        HEAD
        + "/* \x1b[31m */\nint f\x07(struct device *dev)\n{\n\treturn iommu_attach_device(d, dev);\n}\n"
    )
    (tree / FILE).write_bytes(code.encode() + b"\xff\xfe /* \x00 */\n")
    result = audit(tree, tmp_path)
    (caller,) = result.audit["callers"]
    assert (caller["function"], caller["class"]) == ("", "unknown")
    assert caller["why"] == "it stands outside of any function that could be read"
    assert "\x1b" not in result.stdout and "\x07" not in result.stdout


def test_a_loop_that_declares_two_variables_is_read(tmp_path: Path) -> None:
    code = """int f(struct device *dev)
{
	for (int i = 0, n = count(); i < n; i++)
		if (!iommu_attach_device(domains[i], dev))
			return 0;
	return -ENODEV;
}
"""
    result = audit(small_tree(tmp_path, zephyr_c=HEAD + code), tmp_path)
    (caller,) = result.audit["callers"]
    assert (caller["class"], caller["why"]) == ("search-any-error", "")


def test_more_ways_than_can_be_followed(tmp_path: Path) -> None:
    flags = "".join(f"\tif (z{i})\n\t\tr{i} = ret;\n" for i in range(20))
    code = "int f(struct device *dev)\n{\n\tint ret = iommu_attach_device(d, dev);\n\n"
    tree = small_tree(tmp_path, zephyr_c=f"{HEAD}{code}{flags}\treturn ret;\n}}\n")
    (caller,) = audit(tree, tmp_path).audit["callers"]
    why = "more than 5000 states on the ways through f()"
    assert (caller["class"], caller["why"]) == ("unknown", why)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"says": "EINVAL"}, "says: is not a list of words"),
        ({"says": []}, "says: is not a list of words"),
        ({"at_most_note": [1]}, "at_most_note: is not a list of words"),
        ({"at_most_note": ["attach"]}, "at_most_note[0]: there is no operation attach"),
    ],
)
def test_a_contract_with_malformed_entry_points_is_refused(
    tmp_path: Path, broken: dict[str, Any], said: str
) -> None:
    contract = json.loads((ROOT / "contract.json").read_text())
    contract["contracts"]["merged"]["entry_points"] |= broken
    (tmp_path / "mine.json").write_text(json.dumps(contract))
    done = subprocess.run(
        ["./run-audit.sh", "--contract", str(tmp_path / "mine.json"), "--out", str(tmp_path / "o")],
        cwd=ROOT,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert f"mine.json:1: contracts.merged.entry_points.{said}: restore" in done.stderr


def test_another_soft_errno(tmp_path: Path) -> None:
    """What is soft is the contract's to say."""
    code = """int f(struct device *dev)
{
	int ret = -ENODEV;
	struct zephyr *z;

	list_for_each_entry(z, &all, next) {
		ret = iommu_attach_device(z->domain, dev);
		if (ret != -EMEDIUMTYPE)
			break;
	}
	return ret;
}
"""
    tree = small_tree(tmp_path, zephyr_c=HEAD + code)
    result = audit(tree, tmp_path, "--contract", "emediumtype")
    (caller,) = result.audit["callers"]
    assert caller["class"] == "search-einval-only"
    assert (caller["on"]["EMEDIUMTYPE"], caller["on"]["EINVAL"]) == ("tries-next", "passed-on")
    other = tmp_path / "other"
    other.mkdir()
    merged = audit(tree, other)
    assert merged.audit["callers"][0]["class"] == "search-any-error"
    assert merged.findings("caller-contract")[0]["message"] == (
        "the search stops at -EINVAL, though another domain may fit; it goes on after -EMEDIUMTYPE"
    )


# ------------------------------------------------------------------------- other formats


def test_html_and_markdown_show_the_same_rows(sample: Result) -> None:
    parsed = model.parse_audit(sample.audit)
    gate = compare(parsed, Baseline({}, {}))
    rows = list(sides.rows(parsed.sides))
    assert len(rows) == 15
    page, text = html.write(parsed, gate), markdown.write(parsed, gate)
    section = page[page.index('<section id="callers">') : page.index('<section id="rules">')]
    assert section.count('<th scope="row" title=') == len(rows)
    assert "-EINVAL: next domain, others: returned" in section
    assert "changed: <code>__iommu_attach_device()</code>" in section
    assert text.count("| search-einval-only |") == 3
    assert "stops its search here today; then it tries the next domain" in page
    assert "stops its search here today; then it tries the next domain" in text


def test_hostile_names_are_shown_not_obeyed(sample: Result) -> None:
    bad = json.loads(json.dumps(sample.audit))
    for caller in bad["callers"]:
        caller["file"] = "drivers/<b>|`x`\x1b[31m.c"
        caller["ends"] = []
    parsed = model.parse_audit(bad)
    gate = compare(parsed, Baseline({}, {}))
    page, text = html.write(parsed, gate), markdown.write(parsed, gate)
    assert "\x1b" not in page + text and "drivers/<b>" not in page
    assert "``osprey_find() drivers/<b>\\|`x`\\x1b[31m.c:16``" in text  # a fence of its own
    assert "\x1b" not in full(parsed, gate, Style())


# ------------------------------------------------------------------------- kept results


def test_an_unchanged_tree_is_not_read_again_and_a_changed_one_is(tmp_path: Path) -> None:
    code = HEAD + "int f(struct device *dev) { return iommu_attach_device(d, dev); }\n"
    tree = small_tree(tmp_path, zephyr_c=code)
    for path in tree.rglob("*"):
        os.utime(path, (1e9, 1e9))
    time.sleep(1.1)  # what changed within a second may change again within its stamp
    first = audit(tree, tmp_path)
    kept = sorted(p.name for p in (tmp_path / "cache/attach-audit").glob("step-*"))
    assert len(kept) == 5  # entries with core and bindings, callers, sites of the core
    assert audit(tree, tmp_path).audit == first.audit
    assert sorted(p.name for p in (tmp_path / "cache/attach-audit").glob("step-*")) == kept
    (tree / FILE).write_text(code.replace("return iommu", "return !!iommu"))
    changed = audit(tree, tmp_path)
    assert handling(first, "f")[0][0] == "passes-on"
    assert handling(changed, "f")[0][0] == "falls-back"


def test_a_damaged_kept_result_counts_for_nothing(tmp_path: Path) -> None:
    tree = small_tree(tmp_path)
    time.sleep(1.1)
    first = audit(tree, tmp_path)
    for path in (tmp_path / "cache/attach-audit").glob("step-*"):
        path.write_bytes(path.read_bytes()[:-3] + b"xxx")
    assert audit(tree, tmp_path).audit == first.audit
