# SPDX-License-Identifier: GPL-2.0-only
"""In: small trees, and copies of sample/ with one thing changed; out: what audit and gate then say.

The drivers under test are written here or are the sample's; lists of sites are compared whole.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
EMPTY = '{"schema": "attach-audit-baseline/1", "findings": [], "mixed": []}\n'

# One file, one callback; %s is the body behind these declarations.
DRIVER = """// SPDX-License-Identifier: GPL-2.0-only
#include <linux/iommu.h>

struct quill_iommu {
	void __iomem *base;
	unsigned long ids[1];
	unsigned int features;
};

struct quill_domain {
	struct iommu_domain domain;
	struct quill_iommu *iommu;
	struct io_pgtable_ops *ops;
	unsigned int width;
};

struct quill_master {
	struct quill_iommu *iommu;
	struct iommu_domain *domain;
	bool bound;
};

static struct quill_domain *to_quill_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct quill_domain, domain);
}

%s
static const struct iommu_domain_ops quill_domain_ops = {
	.attach_dev = quill_attach_dev,
};
"""

HEAD = """static int quill_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct quill_domain *qdom = to_quill_domain(domain);
	struct quill_master *master = dev_iommu_priv_get(dev);
"""


@dataclass(frozen=True)
class Result:
    status: int
    audit: dict[str, Any]
    stdout: str


def audit(tree: Path, tmp_path: Path, baseline: Path) -> Result:
    out = tmp_path / "out"
    checks = ROOT / "build" / "san" / "attach-checks"
    done = subprocess.run(
        ["./run-audit.sh", "--kernel", str(tree), "--out", str(out), "--baseline", str(baseline)],
        cwd=ROOT,
        env={
            **os.environ,
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "ATTACH_CHECKS": str(checks),
            "ASAN_OPTIONS": "detect_leaks=0",
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    with open(out / "audit.json", encoding="utf-8") as f:
        return Result(done.returncode, json.load(f), done.stdout)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "sample", tree)
    return tree


def small_tree(tmp_path: Path, code: str) -> Path:
    """A kernel tree that holds nothing but this driver."""
    tree = tmp_path / "tree"
    (tree / "drivers/iommu").mkdir(parents=True)
    (tree / "include/linux").mkdir(parents=True)
    shutil.copy(ROOT / "sample/Makefile", tree)
    shutil.copy(ROOT / "sample/include/linux/iommu.h", tree / "include/linux")
    (tree / "drivers/iommu/quill.c").write_text(DRIVER % code, encoding="utf-8")
    return tree


def sites(tmp_path: Path, code: str) -> list[tuple[str, ...]]:
    """(text of the site's line, errno, class, verdict, first expected) of each site, in order."""
    tree = small_tree(tmp_path, code)
    baseline = tmp_path / "baseline.json"
    baseline.write_text(EMPTY, encoding="utf-8")
    result = audit(tree, tmp_path, baseline)
    assert [row["status"] for row in result.audit["coverage"]] == ["analysed"]
    lines = (tree / "drivers/iommu/quill.c").read_text(encoding="utf-8").splitlines()
    return [
        (lines[s["line"] - 1].strip(), s["errno"], s["class"], s["verdict"], s["expected"][0])
        for s in result.audit["sites"]
    ]


CASES = {
    "a loop's variable, after a check of the domain": (
        HEAD
        + """	struct quill_port *port;

	if (!qdom->iommu || qdom->iommu != master->iommu)
		return -EINVAL;
	list_for_each_entry(port, &master->ports, next) {
		if (port->lanes > 3)
			return -EINVAL;
	}
	return 0;
}
""",
        [
            ("return -EINVAL;", "EINVAL", "incompatible", "ok", "EINVAL"),
            ("return -EINVAL;", "EINVAL", "hard", "change", "ENODEV"),
        ],
    ),
    "an errno with an underscore": (
        HEAD
        + """	if (!master->iommu->base)
		return -EPROBE_DEFER;
	return 0;
}
""",
        [("return -EPROBE_DEFER;", "EPROBE_DEFER", "hard", "review", "ENODEV")],
    ),
    "a constant that is no errno": (
        HEAD
        + """	writel(master->iommu->size -ENTRY_SIZE, master->iommu->base);
	return 0;
}
""",
        [],
    ),
    "one preset, two exits": (
        HEAD
        + """	int ret = -EINVAL;

	if (qdom->iommu != master->iommu)
		goto out;
	if (!master->iommu->base)
		goto out;
	ret = 0;
out:
	return ret;
}
""",
        [
            ("goto out;", "EINVAL", "incompatible", "ok", "EINVAL"),
            ("goto out;", "EINVAL", "hard", "change", "ENODEV"),
        ],
    ),
    "one preset, one exit": (
        HEAD
        + """	int ret;

	ret = -EXDEV;
	if (qdom->iommu != master->iommu)
		goto out;
	ret = 0;
out:
	return ret;
}
""",
        [("ret = -EXDEV;", "EXDEV", "incompatible", "change", "EINVAL")],
    ),
    "a dead initialiser and a comparison are no sites": (
        HEAD
        + """	int ret = -EFAULT;

	ret = quill_hw_bind(master);
	if (ret == -EEXIST)
		ret = 0;
	return ret;
}
""",
        [
            (
                "ret = quill_hw_bind(master);",
                "propagated:quill_hw_bind",
                "propagated",
                "ok",
                "keep",
            )
        ],
    ),
    "attached already is success": (
        HEAD
        + """
	if (master->domain == domain)
		return 0;
	if (master->domain)
		return -EBUSY;
	qdom->iommu = master->iommu;
	return 0;
}
""",
        [("return -EBUSY;", "EBUSY", "busy", "ok", "EBUSY")],
    ),
    "set from the device before, so the device's; set on first attach, so the domain's": (
        HEAD
        + """
	qdom->width = quill_count(dev);
	if (!qdom->width)
		return -EINVAL;
	if (!qdom->iommu)
		qdom->iommu = master->iommu;
	if (qdom->iommu != master->iommu)
		return -EMEDIUMTYPE;
	return 0;
}
""",
        [
            ("return -EINVAL;", "EINVAL", "hard", "change", "ENODEV"),
            ("return -EMEDIUMTYPE;", "EMEDIUMTYPE", "incompatible", "change", "EINVAL"),
        ],
    ),
    "ternaries, else branches and error pointers": (
        """static struct io_pgtable_ops *quill_pgtable(struct quill_domain *qdom)
{
	struct io_pgtable_ops *ops = alloc_io_pgtable_ops(0, NULL, qdom);

	return ops ?: ERR_PTR(-EINVAL);
}

"""
        + HEAD
        + """
	if (qdom->iommu == master->iommu) {
		qdom->ops = quill_pgtable(qdom);
	} else {
		return -EBUSY;
	}
	if (IS_ERR(qdom->ops))
		return PTR_ERR(qdom->ops);
	return master->bound ? -EINVAL : 0;
}
""",
        [
            ("return ops ?: ERR_PTR(-EINVAL);", "EINVAL", "nomem", "change", "ENOMEM"),
            ("return -EBUSY;", "EBUSY", "incompatible", "change", "EINVAL"),
            ("return master->bound ? -EINVAL : 0;", "EINVAL", "busy", "review", "EBUSY"),
        ],
    ),
    "the value of a function pointer": (
        """static int quill_one(struct quill_domain *qdom)
{
	return qdom->width > 48 ? -E2BIG : 0;
}

"""
        + HEAD
        + """	int (*finalise)(struct quill_domain *qdom);

	finalise = quill_one;
	return finalise(qdom);
}
""",
        [
            (
                "return qdom->width > 48 ? -E2BIG : 0;",
                "E2BIG",
                "incompatible",
                "change",
                "EINVAL",
            )
        ],
    ),
    "loops: a look-up that ends without result, and a bitmap that is full": (
        HEAD
        + """	int i, id;

	for (i = 0; i < quill_ports(dev); i++)
		if (quill_port_id(dev, i) == 3)
			goto found;
	return -EINVAL;
found:
	do {
		id = find_first_zero_bit(master->iommu->ids, 64);
		if (id == 64)
			return -EBUSY;
	} while (test_and_set_bit(id, master->iommu->ids));
	return 0;
}
""",
        [
            ("return -EINVAL;", "EINVAL", "hard", "change", "ENODEV"),
            ("return -EBUSY;", "EBUSY", "nospace", "change", "ENOSPC"),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_sites(name: str, tmp_path: Path) -> None:
    code, expected = CASES[name]
    assert sites(tmp_path, code) == expected


UNFOLLOWED = {
    "an element of a table": (
        "static const int quill_errnos[] = { 0, -EBUSY };\n",
        "quill_errnos[1]",
    ),
    "a positive errno": ("", "-master->bound"),
    "what another subsystem makes of it": ("", "quill_vendor_code(-EBUSY)"),
}
FOLLOWED = {
    "a macro": ("#define QUILL_BAD (-EBUSY)\n", "QUILL_BAD"),
    "statements": ("", "({ int r = -EBUSY; r; })"),
}


@pytest.mark.parametrize("name", UNFOLLOWED)
def test_an_errno_that_is_not_followed_is_a_gap(name: str, tmp_path: Path) -> None:
    before, value = UNFOLLOWED[name]
    body = f"\n\tif (qdom->iommu != master->iommu)\n\t\treturn {value};\n\treturn 0;\n}}\n"
    tree = small_tree(tmp_path, before + HEAD + body)
    baseline = tmp_path / "baseline.json"
    baseline.write_text(EMPTY, encoding="utf-8")
    result = audit(tree, tmp_path, baseline)
    (row,) = result.audit["coverage"]
    assert (result.status, row["status"]) == (2, "partial")


@pytest.mark.parametrize("name", FOLLOWED)
def test_an_errno_that_stands_in_a_macro_or_statements_is_followed(
    name: str, tmp_path: Path
) -> None:
    before, value = FOLLOWED[name]
    line = f"return {value};"
    body = f"\n\tif (qdom->iommu != master->iommu)\n\t\t{line}\n\treturn 0;\n}}\n"
    assert sites(tmp_path, before + HEAD + body) == [
        (line, "EBUSY", "incompatible", "change", "EINVAL")
    ]


def test_origins_hold_through_many_helpers(tmp_path: Path) -> None:
    arguments = "struct quill_domain *qdom, struct quill_master *m"
    code = f"static int quill_0({arguments})\n{{\n\tif (qdom->iommu != m->iommu)\n\t\treturn -EBUSY;\n\treturn 0;\n}}\n\n"
    for i in range(1, 13):
        code += f"static int quill_{i}({arguments})\n{{\n\treturn quill_{i - 1}(qdom, m);\n}}\n\n"
    code += HEAD + "\n\treturn quill_12(qdom, master);\n}\n"
    assert sites(tmp_path, code) == [
        ("return -EBUSY;", "EBUSY", "incompatible", "change", "EINVAL")
    ]


def test_many_paths_take_no_time(tmp_path: Path) -> None:
    arguments = "struct quill_domain *qdom, struct quill_master *m"
    code = f"static int quill_0({arguments})\n{{\n\tif (qdom->iommu != m->iommu)\n\t\treturn -EBUSY;\n\treturn 0;\n}}\n\n"
    for i in range(1, 10):
        code += (
            f"static int quill_{i}({arguments})\n{{\n\tint a = 0, b = 0;\n\n"
            f"\ta = quill_{i - 1}(qdom, m);\n\tif (m->bound)\n\t\ta = b;\n\tif (!m->bound)\n\t\tb = a;\n"
            f"\tif (a)\n\t\treturn a;\n\treturn b;\n}}\n\n"
        )
    code += HEAD + "\n\treturn quill_9(qdom, master);\n}\n"
    lost = [  # `a = b` overwrites what nobody has looked at
        (f"a = quill_{i}(qdom, m);", "0", "silent-success", "change", "propagate") for i in range(9)
    ]
    assert sites(tmp_path, code) == [
        ("return -EBUSY;", "EBUSY", "incompatible", "change", "EINVAL"),
        *lost,
    ]


def test_findings_survive_moved_lines(sample: Path, tmp_path: Path) -> None:
    for source in sorted(sample.glob("**/*.[ch]")):
        text = source.read_text(encoding="utf-8")
        source.write_text("/* a\n * b\n */\n\n" + text, encoding="utf-8")
    before = audit(ROOT / "sample", tmp_path, ROOT / "sample/baseline.json")
    after = audit(sample, tmp_path, ROOT / "sample/baseline.json")
    assert (before.status, after.status) == (0, 0)
    assert [s["id"] for s in before.audit["sites"]] == [s["id"] for s in after.audit["sites"]]
    assert [s["line"] + 4 for s in before.audit["sites"]] == [
        s["line"] for s in after.audit["sites"]
    ]


def test_one_new_wrong_return_fails(sample: Path, tmp_path: Path) -> None:
    driver = sample / "drivers/iommu/quill.c"
    body = HEAD + "\n\tif (qdom->iommu != master->iommu)\n\t\treturn -EXDEV;\n\treturn 0;\n}\n"
    driver.write_text(DRIVER % body, encoding="utf-8")
    result = audit(sample, tmp_path, ROOT / "sample/baseline.json")
    assert result.status == 1
    with open(tmp_path / "out/gate.json", encoding="utf-8") as f:
        gate = json.load(f)
    assert [finding.split(":")[:4] for finding in gate["new"] if "EXDEV" in finding] == [
        ["incompatible-not-einval", "drivers/iommu/quill.c", "quill_attach_dev", "EXDEV"]
    ]
    assert (gate["stale"], gate["newly_mixed"]) == ([], [])


def test_identical_lines_stay_apart(tmp_path: Path) -> None:
    once = "\tif (qdom->iommu != master->iommu)\n\t\treturn -EXDEV;\n"
    tree = small_tree(
        tmp_path, HEAD + "\n" + once + "\tquill_sync(master);\n" + once + "\treturn 0;\n}\n"
    )
    baseline = tmp_path / "baseline.json"
    baseline.write_text(EMPTY, encoding="utf-8")
    ids = [s["id"] for s in audit(tree, tmp_path, baseline).audit["sites"]]
    assert [i.rsplit(":", 1)[1] for i in ids] == ["1", "2"]
    assert len({i.rsplit(":", 1)[0] for i in ids}) == 1


def test_what_spatch_cannot_parse_is_said(tmp_path: Path) -> None:
    body = HEAD + "\n\tQUILL_BLOCK(master, {) {\n\t\treturn -EXDEV;\n\t}\n\treturn 0;\n}\n"
    tree = small_tree(tmp_path, body)
    baseline = tmp_path / "baseline.json"
    baseline.write_text(EMPTY, encoding="utf-8")
    result = audit(tree, tmp_path, baseline)
    assert result.status == 2
    (row,) = result.audit["coverage"]
    assert row["status"] in ("partial", "not-analysed")
    assert "quill" in row["why"]
    assert "the audit is incomplete" in result.stdout


UNWINDING = """static int quill_program(struct quill_iommu *iommu, unsigned int width)
{
	if (width > 48)
		return -ENOMEM;
	return readl_poll_timeout(iommu->base, width, !width, 1, 10);
}

static int quill_move(struct iommu_domain *from, struct iommu_domain *to)
{
	struct quill_domain *qdom = to_quill_domain(to);

	qdom->ops = kzalloc(64, GFP_KERNEL);
	return qdom->ops ? 0 : -ENOMEM;
}

static int quill_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct quill_domain *qdom = to_quill_domain(domain);
	struct quill_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = quill_program(master->iommu, qdom->width);
	if (ret)
		goto out_unwind;
	return 0;

out_unwind:
	quill_move(domain, master->domain);
	%s
}
"""


@pytest.mark.parametrize(
    ("end", "dropped"),
    [
        ("return ret;", False),
        ("return -ENODEV;", False),
        ("return 0;", True),
        ("ret = 0;\n\treturn ret;", True),
    ],
)
def test_a_failure_while_unwinding_is_not_lost(tmp_path: Path, end: str, dropped: bool) -> None:
    """What is thrown away counts only where the function can then return success."""
    found = [s for s in sites(tmp_path, UNWINDING % end) if s[1] == "0"]
    lost = ("quill_move(domain, master->domain);", "0", "silent-success", "change", "propagate")
    assert [s for s in found if s[0] == lost[0]] == ([lost] if dropped else [])
