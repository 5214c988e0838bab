# SPDX-License-Identifier: GPL-2.0-only
"""In: drivers written here, with the few kernel declarations they need; out: what attach-check states.

No kernel tree is prepared: the flags are a file with one -I. Sites are compared whole.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHECK = ROOT / "build" / "san" / "attach-check"
PREPARE = ROOT / "checkers" / "read" / "prepare.sh"

HEADER = """#ifndef IOMMU_H
#define IOMMU_H
#define EINVAL 22
#define ENODEV 19
#define EBUSY 16
#define ENOMEM 12
#define EIO 5
#define NULL ((void *)0)
#define offsetof(t, m) __builtin_offsetof(t, m)
#define container_of(p, t, m) ({ void *__mptr = (void *)(p); ((t *)(__mptr - offsetof(t, m))); })
#define WARN_ON(c) ({ int __ret_warn_on = !!(c); __builtin_expect(!!(__ret_warn_on), 0); })
#define dev_err(dev, fmt, ...) ({ _dev_err(dev, fmt, ##__VA_ARGS__); })
typedef _Bool bool;
struct device;
struct iommu_domain_ops;
struct iommu_domain { unsigned type; const struct iommu_domain_ops *ops; };
struct iommu_domain_ops {
	int (*attach_dev)(struct iommu_domain *domain, struct device *dev);
};
void *dev_iommu_priv_get(struct device *dev);
void *kzalloc(unsigned long size, unsigned flags);
int clk_enable(void *clk);
int _dev_err(struct device *dev, const char *fmt, ...);
#endif
"""

DRIVER = """#include "iommu.h"
#include "quill.h"

static struct quill_domain *to_quill_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct quill_domain, domain);
}

static int quill_finalise(struct quill_domain *qdom, struct quill_iommu *iommu)
{
	if (!qdom->iommu)
		qdom->iommu = iommu;
	else if (qdom->iommu != iommu)
		return -EBUSY;
	qdom->table = kzalloc(64, 0);
	return qdom->table ? 0 : -ENOMEM;
}

static int quill_attach(struct iommu_domain *domain, struct device *dev)
{
	struct quill_domain *qdom = to_quill_domain(domain);
	struct quill_master *master = dev_iommu_priv_get(dev);
	int ret = -EINVAL;

	if (!master) {
		dev_err(dev, "no master");
		goto out;
	}
	if (WARN_ON(domain->type == 4 && !qdom->width))
		return -EIO;
	if (qdom->width > 48 || qdom->width > master->iommu->width)
		goto out;
	ret = quill_finalise(qdom, master->iommu);
	if (ret)
		return ret;
	ret = clk_enable(master->clk);
	if (ret)
		goto out;
	quill_program(master);
	ret = 0;
out:
	return ret;
}

#define QUILL_OPS .attach_dev = quill_attach

static const struct iommu_domain_ops quill_ops = { QUILL_OPS };
const struct iommu_domain_ops *quill = &quill_ops;
"""

PRIVATE = """#ifndef QUILL_H
#define QUILL_H
struct quill_iommu { unsigned width; };
struct quill_domain { struct iommu_domain domain; struct quill_iommu *iommu; void *table; unsigned width; };
struct quill_master { struct quill_iommu *iommu; void *clk; };
int quill_program(struct quill_master *master);
#endif
"""

HELPER = """#include "iommu.h"
#include "quill.h"

int quill_program(struct quill_master *master)
{
	master->clk = kzalloc(8, 0);
	if (!master->clk)
		return -ENOMEM;
	return 0;
}
"""


def write_tree(tree: Path, **changes: str) -> Path:
    folder = tree / "drivers" / "iommu" / "quill"
    folder.mkdir(parents=True, exist_ok=True)
    (tree / "include").mkdir(exist_ok=True)
    (tree / "include" / "iommu.h").write_text(HEADER)
    files = {"iommu": DRIVER, "helper": HELPER} | changes
    for name, source in files.items():
        (folder / f"{name}.c").write_text(source)
    (folder / "quill.h").write_text(PRIVATE)
    (tree / "flags").write_text("-Iinclude\n-mllvm\n-nothing\n--param\nalso=nothing\n")
    binding = {
        "op": "attach_dev",
        "callback": "quill_attach",
        "file": "drivers/iommu/quill/iommu.c",
        "line": 53,
        "ops": "quill_ops",
        "fixed": "",
        "status": "bound",
    }
    (tree / "bindings.jsonl").write_text(json.dumps(binding) + "\n")
    return tree


def ignore_children() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)


def run_engine(tree: Path, before: Callable[[], None] | None = None) -> list[dict[str, Any]]:
    out = tree / "sites.jsonl"
    command = [str(CHECK), "--tree", str(tree), "--bindings", str(tree / "bindings.jsonl")]
    command += ["--api", str(ROOT / "checkers" / "api.json"), "--flags", str(tree / "flags")]
    command += ["--out", str(out)]
    environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=120, preexec_fn=before
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in out.read_text().splitlines()]


def coverage(lines: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(line["status"], line["why"]) for line in lines if line["k"] == "coverage"]


def sites(lines: list[dict[str, Any]]) -> set[tuple[str, str, int, str, str]]:
    return {
        (
            line["function"],
            line["kind"],
            line["line"],
            line["errno"],
            line["guards"][0]["text"] if line["guards"] else "",
        )
        for line in lines
        if line["k"] == "site" and line["kind"] != "success"
    }


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return run_engine(write_tree(tmp_path_factory.mktemp("tree")))


def test_sites(lines: list[dict[str, Any]]) -> None:
    assert coverage(lines) == [("analysed", "")]
    assert sites(lines) == {
        ("quill_attach", "constant", 26, "EINVAL", "!master"),
        (
            "quill_attach",
            "constant",
            32,
            "EINVAL",
            "qdom->width > 48 || qdom->width > master->iommu->width",
        ),
        ("quill_attach", "constant", 30, "EIO", "WARN_ON(domain->type == 4 && !qdom->width)"),
        ("quill_finalise", "constant", 14, "EBUSY", "qdom->iommu != iommu"),
        ("quill_finalise", "constant", 16, "ENOMEM", "!qdom->table"),
        ("quill_attach", "call", 36, "propagated:clk_enable", "!ret"),
        ("quill_attach", "dropped", 39, "0", "!ret"),
        ("quill_program", "constant", 8, "ENOMEM", "!master->clk"),
    }


def of(lines: list[dict[str, Any]], line: int, errno: str) -> dict[str, Any]:
    return next(x for x in lines if x["k"] == "site" and x["line"] == line and x["errno"] == errno)


def test_a_field_set_from_the_device_stays_the_domains(lines: list[dict[str, Any]]) -> None:
    (atom,) = of(lines, 14, "EBUSY")["guards"][0]["alternatives"][0]
    assert [o["origins"][0] for o in atom["operands"]] == ["DOMAIN", "DEV"]


def test_and_or_are_put_together(lines: list[dict[str, Any]]) -> None:
    guard = of(lines, 32, "EINVAL")["guards"][0]
    assert [[a["text"] for a in atoms] for atoms in guard["alternatives"]] == [
        ["qdom->width > 48"],
        ["qdom->width > master->iommu->width"],
    ]
    warned = of(lines, 30, "EIO")["guards"][0]
    assert warned["warn"]
    assert [[a["op"] for a in atoms] for atoms in warned["alternatives"]] == [["==", "unset"]]


def test_messages_and_paths(lines: list[dict[str, Any]]) -> None:
    assert [m["call"] for m in of(lines, 26, "EINVAL")["messages"]] == ["dev_err"]
    assert [p["function"] for p in of(lines, 14, "EBUSY")["path"]] == [
        "quill_attach",
        "quill_finalise",
    ]


def test_a_dropped_helper_in_another_file_hides_its_sites(lines: list[dict[str, Any]]) -> None:
    dropped = of(lines, 39, "0")
    assert (dropped["callee"], dropped["own"]) == ("quill_program", True)
    assert of(lines, 8, "ENOMEM")["hidden"] == dropped["key"]


# ----------------------------------------------------------- macros as written

KIT = """#ifndef KIT_H
#define KIT_H
#include "iommu.h"
#define EAGAIN 11
#define SZ_4K 4096
#define GFP_KERNEL ((unsigned)(3 | 4))
typedef unsigned int u32;
struct list_head { struct list_head *next; };
#define list_entry(p, type, m) container_of(p, type, m)
#define list_for_each_entry(pos, head, m) \\
	for (pos = list_entry((head)->next, typeof(*pos), m); &pos->m != (head); \\
	     pos = list_entry(pos->m.next, typeof(*pos), m))
#define scoped_guard(name, lock) \\
	for (int __once = (lock_##name(lock), 1); __once; __once = (unlock_##name(lock), 0))
#define scoped_try(name, fail, lock) \\
	for (int __once = try_##name(lock), __done = 0; !__done; __done = 1) if (!__once) fail; else
#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define static_assert(c) _Static_assert(c, #c)
int lock_mutex(void *lock);
void unlock_mutex(void *lock);
int try_mutex(void *lock);
void use(u32 number);
int setup(unsigned flags);
#endif
"""


def attach(body: str, before: str = "") -> str:
    """A driver; BODY has domain, dev, qdom and master. Its own macros and helpers stand BEFORE."""
    return f"""#include "kit.h"
#include "quill.h"
#define to_quill(d) container_of(d, struct quill_domain, domain)
{before}
static int quill_attach(struct iommu_domain *domain, struct device *dev)
{{
	struct quill_domain *qdom = to_quill(domain);
	struct quill_master *master = dev_iommu_priv_get(dev);

{body}
	return 0;
}}

const struct iommu_domain_ops quill_ops = {{ .attach_dev = quill_attach }};
"""


def read(tree: Path, source: str, private: str = PRIVATE) -> list[dict[str, Any]]:
    write_tree(tree, iommu=source)
    (tree / "include" / "kit.h").write_text(KIT)
    (tree / "drivers" / "iommu" / "quill" / "quill.h").write_text(private)
    return run_engine(tree)


FITS = "qdom->width == master->iommu->width"
NEED = "#define QUILL_NEED(c, e) do { if (!(c)) return (e); } while (0)"


@pytest.mark.parametrize(
    ("body", "before", "expected"),
    [
        pytest.param(
            f"	QUILL_NEED({FITS}, -EIO);",
            NEED,
            {("EIO", 10, f"QUILL_NEED({FITS}, -EIO)")},
            id="return",
        ),
        pytest.param(
            f"	int ret = 0;\n	QUILL_BAIL(!({FITS}), -EBUSY);\nout:\n	if (ret)\n		return ret;",
            "#define QUILL_BAIL(c, e) ({ if (c) { ret = (e); goto out; } 0; })",
            {("EBUSY", 11, f"!({FITS})")},
            id="goto in a statement expression",
        ),
        pytest.param(
            f"	if (quill_misfit(qdom, master))\n		return -EIO;",
            "#define quill_misfit(q, m) ((q)->width != (m)->iommu->width)",
            {("EIO", 11, "quill_misfit(qdom, master)")},
            id="predicate",
        ),
        pytest.param(
            f"	if (!({FITS}))\n		return QUILL_ERR(EIO);",
            "#define QUILL_ERR(name) (-(name))",
            {("EIO", 11, f"!({FITS})")},
            id="errno made negative",
        ),
        pytest.param(
            "	return quill_do(check, qdom, master);",
            "static int quill_check(struct quill_domain *q, struct quill_master *m)\n"
            "{\n	return q->width == m->iommu->width ? 0 : -EIO;\n}\n"
            "#define quill_do(name, ...) quill_##name(__VA_ARGS__)",
            {("EIO", 6, f"q->width != m->iommu->width")},
            id="pasted name of a helper",
        ),
        pytest.param(
            "	return quill_made(qdom, master);",
            "#define QUILL_CHECK(name) static int quill_##name(struct quill_domain *q, struct quill_master *m)\n"
            "QUILL_CHECK(made)\n{\n	return q->width == m->iommu->width ? 0 : -EIO;\n}",
            {("EIO", 7, "q->width != m->iommu->width")},
            id="helper that a macro declares",
        ),
        pytest.param(
            "	use(QUILL_MASK);",
            "#define QUILL_MASK (((u32)-1) << 12)",
            set(),
            id="-1 in arithmetic",
        ),
        pytest.param(
            f"	static_assert(SZ_4K == 4096);\n	use(min_t(u32, SZ_4K, 9));\n	if (!({FITS}))\n		return -EIO;",
            "",
            {("EIO", 13, f"!({FITS})")},
            id="constants that the parser needs, a type among arguments",
        ),
        pytest.param(
            f"	scoped_guard(mutex, master->clk) {{\n		if (!({FITS}))\n			return -EIO;\n	}}",
            "",
            {("EIO", 12, f"!({FITS})")},
            id="a block under a guard",
        ),
        pytest.param(
            f"	scoped_try(mutex, return -EAGAIN, master->clk) {{\n		if (!({FITS}))\n			return -EIO;\n	}}",
            "",
            {
                ("EAGAIN", 10, "!__once"),
                ("EIO", 12, f"!({FITS})"),
            },
            id="a statement among arguments",
        ),
    ],
)
def test_macros_of_the_driver_are_followed_and_others_stand_as_written(
    tmp_path: Path, body: str, before: str, expected: set[tuple[str, int, str]]
) -> None:
    lines = read(tmp_path, attach(body, before))
    assert coverage(lines) == [("analysed", "")]
    assert {(errno, line, guard) for _, kind, line, errno, guard in sites(lines)} == expected


def test_a_macro_of_the_driver_that_loops_over_a_list(tmp_path: Path) -> None:
    lines = read(
        tmp_path,
        attach(
            "	struct quill_iommu *iommu;\n\n	for_each_quill(iommu, qdom)\n"
            "		if (iommu == master->iommu)\n			return 0;\n	return -EIO;",
            "#define for_each_quill(i, q) list_for_each_entry(i, &(q)->list, node)",
        ),
        PRIVATE.replace("struct quill_domain {", "struct quill_domain { struct list_head list;")
        .replace("struct quill_iommu {", "struct quill_iommu { struct list_head node;")
        .replace("#define QUILL_H", '#define QUILL_H\n#include "kit.h"'),
    )
    guard = of(lines, 15, "EIO")["guards"][0]
    assert (guard["text"], guard["exhausted"]) == ("no more of for_each_quill(iommu, qdom)", True)


def test_inline_functions_of_private_headers_are_as_written(tmp_path: Path) -> None:
    """So are the macros in them: the header is the driver's."""
    private = PRIVATE.replace(
        "int quill_program",
        "#define QUILL_FAIL -EBUSY\nstatic inline int quill_fits(struct quill_domain *q, struct quill_master *m)\n"
        "{\n	if (WARN_ON(!m->clk))\n		return QUILL_FAIL;\n	return 0;\n}\nint quill_program",
    )
    lines = read(tmp_path, attach("	return quill_fits(qdom, master);"), private)
    assert {(errno, line, guard) for _, _, line, errno, guard in sites(lines)} == {
        ("EBUSY", 10, "WARN_ON(!m->clk)")
    }


def test_a_stub_that_stands_for_the_drivers_function_raises_doubt(tmp_path: Path) -> None:
    private = PRIVATE.replace(
        "int quill_program(struct quill_master *master);",
        "#ifdef CONFIG_QUILL\nint quill_program(struct quill_master *master);\n#else\n"
        "static inline int quill_program(struct quill_master *master)\n{\n	return 0;\n}\n#endif",
    )
    lines = read(tmp_path, attach("	return quill_program(master);"), private)
    assert [(x["status"], x["doubt"]) for x in lines if x["k"] == "coverage"] == [
        ("analysed", True)
    ]
    assert sites(lines) == set()


def test_numbers_of_macros_are_known_where_a_call_is_stated(tmp_path: Path) -> None:
    (site,) = [x for x in read(tmp_path, attach("	return setup(GFP_KERNEL);")) if x["k"] == "site"]
    assert (site["errno"], site["arguments"], site["stopped"]) == ("propagated:setup", ["=7"], [])


# ------------------------------------------------------------ what is not read


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ('#include "missing.h"\n' + DRIVER, "unable to open 'missing.h'"),
        (DRIVER.replace("{ QUILL_OPS }", "{ }"), "do not bind it"),
        (DRIVER.replace("goto out;", "goto out", 1), "error:"),
        ("", "do not bind it"),
    ],
)
def test_what_does_not_parse_is_said(tmp_path: Path, source: str, why: str) -> None:
    ((status, said),) = coverage(run_engine(write_tree(tmp_path, iommu=source)))
    assert status != "analysed"
    assert why in said


def test_recursion_ends(tmp_path: Path) -> None:
    source = DRIVER.replace(
        "qdom->table = kzalloc(64, 0);", "if (qdom->width) return quill_finalise(qdom, iommu);"
    )
    assert coverage(run_engine(write_tree(tmp_path, iommu=source))) == [("analysed", "")]


def test_the_bound_is_said(tmp_path: Path) -> None:
    """Two calls on each of eleven levels: 2048 contexts, each with an errno of its own."""
    helper = "static int f0(struct device *dev) { return dev ? 0 : -EIO; }\n" + "".join(
        f"static int f{i}(struct device *dev)\n{{\n	int ret = f{i - 1}(dev);\n\n"
        f"	return ret ? ret : f{i - 1}(dev);\n}}\n"
        for i in range(1, 12)
    )
    for top, said in (
        (8, ("analysed", "")),
        (11, ("partial", "more than 512 errnos arrive together")),
    ):
        call = f"	ret = f{top}(dev);\n	if (ret)\n		return ret;\n	quill_program(master);"
        source = DRIVER.replace("	quill_program(master);", call)
        source = source.replace("static int quill_attach", helper + "static int quill_attach")
        assert coverage(run_engine(write_tree(tmp_path, iommu=source))) == [said]


def test_who_ignores_its_children_gets_the_same(
    tmp_path: Path, lines: list[dict[str, Any]]
) -> None:
    assert run_engine(write_tree(tmp_path), ignore_children) == lines


def test_plain_checker(tmp_path: Path) -> None:
    tree = write_tree(tmp_path)
    done = subprocess.run(
        [str(CHECK), "-Iinclude", "-Wall", "-O2", "-c", "-o", "x.o", "drivers/iommu/quill/iommu.c"],
        capture_output=True,
        text=True,
        cwd=tree,
        env=os.environ | {"ASAN_OPTIONS": "detect_leaks=0"},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    warnings = [line for line in done.stderr.splitlines() if ": warning: " in line]
    assert any("drivers/iommu/quill/iommu.c:14:" in line for line in warnings), done.stderr
    assert any("incompatible-not-einval" in line for line in warnings), done.stderr


def test_prepare_names_what_is_wrong(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(PREPARE), "--tree", str(tmp_path), "--cache", str(tmp_path), "--arch", "x86_64"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "no kernel tree" in done.stderr


def test_architecture_comes_from_kconfig(tmp_path: Path) -> None:
    folder = tmp_path / "drivers" / "iommu"
    folder.mkdir(parents=True)
    (tmp_path / "Makefile").write_text("")
    for arch, symbol in (("s390", "S390"), ("x86", "X86"), ("arm64", "ARM64")):
        (tmp_path / "arch" / arch).mkdir(parents=True)
        (tmp_path / "arch" / arch / "Kconfig").write_text(f"config {symbol}\n\tdef_bool y\n")
    (folder / "Makefile").write_text("obj-$(CONFIG_QUILL_IOMMU) += quill.o\n")
    (folder / "Kconfig").write_text(
        "config QUILL_IOMMU\n\tbool\n\tdepends on S390 && PCI\n\nconfig NEXT\n"
    )
    done = subprocess.run(
        [str(PREPARE), "--tree", str(tmp_path), "--guess", "drivers/iommu/quill.c"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split()[:2] == ["s390", "x86_64"]
