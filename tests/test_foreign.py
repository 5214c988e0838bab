# SPDX-License-Identifier: GPL-2.0-only
"""In: drivers and subsystems written here; out: what attach-check --follow states, and what is made of it.

No kernel tree is prepared: the flags are a file with one -I. Facts are compared whole.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from test_engines import Kernel
from test_sparse import ignore_children

ROOT = Path(__file__).resolve().parent.parent
CHECK = ROOT / "build" / "san" / "attach-check"
STEPS = ROOT / "build" / "san" / "attach-checks"
API = ROOT / "checkers" / "api.json"
SCHEMA = json.loads((ROOT / "report/schema.json").read_text())
DRIVER = "drivers/iommu/quill.c"

HEADER = """#ifndef QUILL_H
#define QUILL_H
#define EPERM 1
#define EIO 5
#define ENOMEM 12
#define EBUSY 16
#define ENODEV 19
#define EINVAL 22
#define ENOSPC 28
#define EINPROGRESS 115
#define NULL ((void *)0)
#define WARN_ON(c) ({ int __ret_warn_on = !!(c); __builtin_expect(!!(__ret_warn_on), 0); })
struct wheel_ops { int (*spin)(int speed); };
struct device { int latched, flags; const struct wheel_ops *ops; };
struct iommu_domain_ops;
struct iommu_domain { unsigned type; const struct iommu_domain_ops *ops; };
struct iommu_domain_ops {
	int (*attach_dev)(struct iommu_domain *domain, struct device *dev);
};
int __wake(struct device *dev, int flags);
static inline int wake_sync(struct device *dev)
{
	return __wake(dev, 4);
}
int pick(int *ids, unsigned int low, unsigned int high);
int callee(struct device *dev);
int two(struct iommu_domain *domain, struct device *dev);
#endif
"""

WAKE = """#include "quill.h"

static int resume(struct device *dev, int flags)
{
	int ret = 0;

	if (dev->latched)
		ret = -EINVAL;
	else if (flags & 1)
		ret = -EINPROGRESS;
	return ret;
}

int __wake(struct device *dev, int flags)
{
	return resume(dev, flags);
}
"""

PICK = """#include "quill.h"

int pick(int *ids, unsigned int low, unsigned int high)
{
	if ((int)low < 0)
		return -ENOSPC;
	if (!ids)
		return -EINVAL;
	if (*ids > high)
		return -EBUSY;
	return 0;
}
"""


def attach(body: str) -> str:
    """A driver; BODY begins in line 6 and has domain, dev and ret."""
    return f"""#include "quill.h"

static int quill_attach(struct iommu_domain *domain, struct device *dev)
{{
	int ret;
{body}
	return 0;
}}

const struct iommu_domain_ops quill_ops = {{ .attach_dev = quill_attach }};
"""


def passing(call: str) -> str:
    return attach(f"	ret = {call};\n	if (ret)\n		return ret;")


def run(
    *command: object, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}
    return subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
        preexec_fn=before,
    )


def write_tree(tree: Path, driver: str, **sources: str) -> Path:
    """SOURCES are files of lib/ by their names."""
    for folder in ("drivers/iommu", "include", "lib"):
        (tree / folder).mkdir(parents=True, exist_ok=True)
    (tree / "include/quill.h").write_text(HEADER)
    (tree / DRIVER).write_text(driver)
    for name, source in sources.items():
        (tree / f"lib/{name}.c").write_text(source)
    (tree / "flags").write_text("-Iinclude\n")
    binding = {
        "op": "attach_dev",
        "callback": "quill_attach",
        "file": DRIVER,
        "line": 12,
        "ops": "quill_ops",
        "fixed": "",
        "status": "bound",
    }
    (tree / "bindings.jsonl").write_text(json.dumps(binding) + "\n")
    done = run(
        *(CHECK, "--tree", tree, "--bindings", tree / "bindings.jsonl", "--api", API),
        *("--flags", tree / "flags", "--out", tree / "sites.jsonl"),
    )
    assert done.returncode == 0, done.stderr
    return tree


def follow(
    tree: Path, *options: object, before: Callable[[], None] | None = None
) -> list[dict[str, Any]]:
    done = run(
        *(CHECK, "--follow", "--tree", tree, "--sites", tree / "sites.jsonl", "--api", API),
        *("--flags", tree / "flags", "--out", tree / "foreign.jsonl", *options),
        before=before,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return [json.loads(line) for line in (tree / "foreign.jsonl").read_text().splitlines()]


def only(tree: Path) -> dict[str, Any]:
    (row,) = follow(tree)
    return row


def errnos(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Errno, the functions of its chain, the guard's text."""
    return [
        (
            e["errno"],
            " ".join(s["function"] for s in e["chain"]),
            e["guard"]["text"] if e["guard"] else "",
        )
        for e in row["errnos"]
    ]


def classify(tree: Path) -> subprocess.CompletedProcess[str]:
    (tree / "scan.json").write_text('{"contract": "merged", "version": ""}')
    (tree / "engines.json").write_text("{}")
    return run(
        *(STEPS, "classify", "--tree", ".", "--scan", tree / "scan.json", "--api", API),
        *("--contract", ROOT / "contract.json", "--engines", tree / "engines.json"),
        *("--sites", tree / "sites.jsonl", "--foreign", tree / "foreign.jsonl"),
        *("--out", tree / "audit.json"),
    )


def audit(tree: Path) -> dict[str, Any]:
    follow(tree)
    done = classify(tree)
    assert done.returncode == 0, done.stderr
    value: dict[str, Any] = json.loads((tree / "audit.json").read_text())
    jsonschema.validate(value, SCHEMA)
    return value


# ------------------------------------------------------------------ following


def test_a_chain_through_a_header_and_another_file(tmp_path: Path) -> None:
    """As it is called (flags 4), -EINPROGRESS cannot happen."""
    assert only(write_tree(tmp_path, passing("wake_sync(dev)"), wake=WAKE)) == {
        "k": "foreign",
        "callee": "wake_sync",
        "file": DRIVER,
        "lines": [6],
        "arguments": ["V"],
        "status": "followed",
        "why": "",
        "errnos": [
            {
                "errno": "EINVAL",
                "file": "lib/wake.c",
                "line": 8,
                "function": "resume",
                "guard": {
                    "text": "dev->latched",
                    "file": "lib/wake.c",
                    "line": 7,
                    "warn": False,
                    "otherwise": False,
                    "operands": [{"text": "dev->latched", "origins": ["DEV"]}],
                },
                "chain": [
                    {"function": "wake_sync", "file": "include/quill.h", "line": 23},
                    {"function": "__wake", "file": "lib/wake.c", "line": 16},
                    {"function": "resume", "file": "lib/wake.c", "line": 8},
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("call", "arguments", "expected"),
    [
        ("pick(&dev->flags, dev->latched, 9)", ["V&", "V", "=9"], {"ENOSPC", "EBUSY"}),
        ("pick(&dev->flags, 1, 9)", ["V&", "=1", "=9"], {"EBUSY"}),
        ("pick(NULL, -1, 9)", ["=0", "=4294967295", "=9"], {"ENOSPC"}),
        ("pick(NULL, 1, 9)", ["=0", "=1", "=9"], {"EINVAL"}),
    ],
)
def test_what_the_caller_writes_down_decides(
    tmp_path: Path, call: str, arguments: list[str], expected: set[str]
) -> None:
    row = only(write_tree(tmp_path, passing(call), pick=PICK))
    assert row["arguments"] == arguments
    assert (row["status"], {e["errno"] for e in row["errnos"]}) == ("followed", expected)


def callee(body: str, before: str = "") -> str:
    return f'#include "quill.h"\n{before}\nint callee(struct device *dev)\n{{\n{body}\n}}\n'


THREE = callee("	if (dev->flags) return -EIO; if (dev->latched) return -EINVAL; return -EPERM;")


@pytest.mark.parametrize(
    ("driver", "expected"),
    [
        (passing("callee(dev)"), {"EIO", "EINVAL", "EPERM"}),
        (
            attach(
                "	ret = callee(dev);\n	if (ret == -EINVAL)\n		ret = 0;\n	if (ret)\n		return ret;"
            ),
            {"EIO", "EPERM"},
        ),
        (
            attach("	ret = callee(dev);\n	if (ret)\n		return ret == -EINVAL ? -ENODEV : ret;"),
            {"EIO", "EPERM"},
        ),
        (
            attach(
                "	ret = callee(dev);\n	switch (ret) {\n	case -EIO:\n	case 0:\n		return 0;\n	default:"
                "\n		return ret;\n	}"
            ),
            {"EINVAL", "EPERM"},
        ),
    ],
)
def test_an_errno_that_the_driver_stops_does_not_arrive(
    tmp_path: Path, driver: str, expected: set[str]
) -> None:
    row, *_ = follow(write_tree(tmp_path, driver, callee=THREE))
    assert (row["status"], {e["errno"] for e in row["errnos"]}) == ("followed", expected)


def test_an_errno_is_stopped_on_the_way_too(tmp_path: Path) -> None:
    middle = '#include "quill.h"\nint below(struct device *dev);\n' + callee(
        "	int ret = below(dev);\n	if (ret == -EIO)\n		return 0;\n	return ret;",
        "int below(struct device *dev);",
    )
    row = only(
        write_tree(
            tmp_path, passing("callee(dev)"), callee=middle, below=THREE.replace("callee", "below")
        )
    )
    assert (row["status"], errnos(row)) == (
        "followed",
        [
            ("EINVAL", "callee below", "dev->latched"),
            ("EPERM", "callee below", "!dev->latched"),
        ],
    )


@pytest.mark.parametrize(("promise", "expected"), [("const ", {"EIO"}), ("", {"EIO", "EINVAL"})])
def test_numbers_in_a_structure_that_is_only_read(
    tmp_path: Path, promise: str, expected: set[str]
) -> None:
    """Through a function of the caller's file and one of another."""
    order = f"struct order {{ int kind, count; }};\nint send({promise}struct order *order);\n"
    here = callee(
        "	struct order order = { .kind = 7, .count = 2 };\n	return pass(dev, &order);",
        f"{order}static int pass(struct device *dev, {promise}struct order *order)\n"
        "{\n	return order->kind == 7 ? send(order) : -EBUSY;\n}",
    ).replace("-EBUSY", "-EIO" if not promise else "-EBUSY")
    there = f"""#include "quill.h"
{order}
int send({promise}struct order *order)
{{
	if (order->count > 4)
		return -EINVAL;
	return -EIO;
}}
"""
    row = only(write_tree(tmp_path, passing("callee(dev)"), callee=here, send=there))
    assert (row["status"], {e["errno"] for e in row["errnos"]}) == ("followed", expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            callee("	return give(dev, -EIO);", "static int give(void *p, int e) { return e; }"),
            [("EIO", "callee", "")],
        ),
        (
            callee(
                "	return give(dev, take(dev));",
                "static int take(void *p) { return p ? -EBUSY : 0; }\n"
                "static int give(void *p, int e) { if (e) return e; return 0; }",
            ),
            [("EBUSY", "callee take", "p")],
        ),
        (
            callee(
                "	return table.spin(3);",
                "static int turn(int speed) { return speed > 2 ? -EIO : -EBUSY; }\n"
                "static const struct wheel_ops table = { .spin = turn };",
            ),
            [("EIO", "callee turn", "")],
        ),
        (
            callee(
                "	struct job job = { .fn = NULL };\n	return start(dev, &job);",
                "struct job { void *fn; };\nstatic int start(struct device *dev, struct job *job)\n{\n"
                "	if (job->fn)\n		return -ENOMEM;\n	return dev->flags ? -EIO : 0;\n}",
            ),
            [("EIO", "callee start", "dev->flags")],
        ),
        (
            callee('	asm goto("" : : : : out);\n	return -EIO;\nout:\n	return -EBUSY;'),
            [("EBUSY", "callee", "asm goto"), ("EIO", "callee", "!asm goto")],
        ),
        (
            callee(
                "	return step(dev) ? -EIO : 0;",
                "int step(struct device *dev);\n"
                "static int step_on(struct device *dev) { return dev->flags ? -EBUSY : step(dev); }",
            ),
            [("EIO", "callee", "step(dev)")],
        ),
        (
            callee("	if (dev->flags && !dev->latched)\n		return -EIO;\n	return 0;"),
            [("EIO", "callee", "dev->flags && !dev->latched")],
        ),
    ],
)
def test_ways_to_return(tmp_path: Path, source: str, expected: list[tuple[str, str, str]]) -> None:
    row = only(write_tree(tmp_path, passing("callee(dev)"), callee=source))
    assert (row["status"], row["why"], errnos(row)) == ("followed", "", expected)


# ------------------------------------------------------------------ giving up


HUGE = callee(
    "	int n = 0;\n"
    + "".join(f"	if (dev->flags == {i}) n += dev->latched;\n" for i in range(6000))
    + "	return n ? -EIO : 0;"
)
DEEP = "".join(
    f"static int f{i}(struct device *dev) {{ return f{i + 1}(dev); }}\n" for i in range(19, -1, -1)
)


@pytest.mark.parametrize(
    ("sources", "status", "why", "expected"),
    [
        ({}, "not-followed", "no definition of callee was found", set()),
        (
            {"callee": callee("	return dev->flags ? dev->ops->spin(1) : -EIO;")},
            "partial",
            "dev->ops->spin is called through a pointer (callee, lib/callee.c:5)",
            {"EIO"},
        ),
        (
            {"callee": callee("	return dev->flags ? dev->latched : -EIO;")},
            "partial",
            "dev->latched is returned, which is read from memory (callee, lib/callee.c:5)",
            {"EIO"},
        ),
        (
            {"callee": callee("	return dev->flags ? -EIO : gone(dev);", "int gone(void *p);")},
            "partial",
            "no definition of gone was found (callee, lib/callee.c:5)",
            {"EIO"},
        ),
        (
            {"callee": '#include "missing.h"\n' + THREE},
            "not-followed",
            "callee: lib/callee.c: does not parse: lib/callee.c:1:10: error: unable to open 'missing.h'",
            set(),
        ),
        (
            {"callee": THREE.replace("return -EIO;", "return -EIO; x = ;")},
            "partial",
            "is not parsed completely: lib/callee.c:5:",
            {"EIO", "EINVAL", "EPERM"},
        ),
        (
            {"callee": "#if 0\n" + THREE + "#endif\n"},
            "not-followed",
            "callee is not defined in lib/callee.c as it is configured",
            set(),
        ),
        (
            {"callee": THREE, "other": THREE},
            "not-followed",
            "callee is defined in lib/callee.c and lib/other.c",
            set(),
        ),
        (
            {"callee": HUGE},
            "partial",
            "callee has too many branches (callee, lib/callee.c:3)",
            set(),
        ),
        (
            {
                "callee": callee(
                    "	return dev->flags ? -EIO : f0(dev);",
                    "static int f20(struct device *dev) { return -EPERM; }\n" + DEEP,
                )
            },
            "partial",
            "calls are nested more than 16 deep (f15, lib/callee.c:7)",
            {"EIO"},
        ),
    ],
)
def test_giving_up_says_why(
    tmp_path: Path, sources: dict[str, str], status: str, why: str, expected: set[str]
) -> None:
    row = only(write_tree(tmp_path, passing("callee(dev)"), **sources))
    assert row["status"] == status
    assert row["why"].startswith(why), row["why"]
    assert {e["errno"] for e in row["errnos"]} == expected


def test_recursion_within_and_across_files_ends(tmp_path: Path) -> None:
    here = callee(
        "	if (dev->flags)\n		return callee(dev);\n	return dev->latched ? -EIO : back(dev);",
        "int back(struct device *dev);",
    )
    there = (
        '#include "quill.h"\nint back(struct device *dev)\n{\n'
        "	return dev->latched ? -EBUSY : callee(dev);\n}\n"
    )
    row = only(write_tree(tmp_path, passing("callee(dev)"), callee=here, back=there))
    assert (row["status"], row["why"], errnos(row)) == (
        "followed",
        "",
        [("EBUSY", "callee back", "dev->latched"), ("EIO", "callee", "dev->latched")],
    )


def test_mutated_sources_get_an_answer(tmp_path: Path) -> None:
    """Pieces of a subsystem deleted, doubled or moved: a status always, a crash never."""
    chance = random.Random(5)
    tree = write_tree(tmp_path, passing("wake_sync(dev)"), wake=WAKE)
    seen = set()
    for _ in range(int(os.environ.get("MUTATIONS", "25"))):
        pieces = (WAKE + PICK[len('#include "quill.h"') :]).split(" ")
        for _ in range(chance.randint(1, 6)):
            i, k = chance.randrange(len(pieces)), chance.randrange(len(pieces))
            pieces[i:i] = [pieces.pop(k)] * chance.randint(0, 2)
        (tree / "lib/wake.c").write_text(" ".join(pieces))
        row = only(tree)
        seen.add(row["status"])
        assert "signal" not in row["why"] and "anitizer" not in row["why"], row["why"]
        assert "runtime error" not in row["why"] and "without a word" not in row["why"], row["why"]
    assert seen <= {"followed", "partial"}


def test_a_file_that_includes_itself_ends(tmp_path: Path) -> None:
    source = '#include "callee.c"\n' + THREE
    tree = write_tree(tmp_path, passing("callee(dev)"), callee=source)
    (row,) = follow(tree, "--timeout", 1)
    assert (row["status"], row["why"]) == (
        "not-followed",
        "callee: lib/callee.c: takes more than 1 s",
    )


def test_who_ignores_its_children_gets_the_same(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, passing("wake_sync(dev)"), wake=WAKE)
    assert follow(tree, before=ignore_children) == follow(tree)


def test_a_weak_definition_gives_way(tmp_path: Path) -> None:
    weak = THREE.replace("int callee", "int __weak callee")
    row = only(
        write_tree(tmp_path, passing("callee(dev)"), callee=weak, real=callee("	return -EIO;"))
    )
    assert (row["status"], errnos(row)) == ("followed", [("EIO", "callee", "")])


@pytest.mark.parametrize(
    "makefile",
    [
        "obj-$(CONFIG_ONE) += \\\n\tone.o\nother-two-y += two.o\nobj-$(CONFIG_OTHER) += other.o\n",
        "obj-$(CONFIG_OTHER) += other.o\nobj-$(CONFIG_ONE) += pair.o\npair-objs :=one.o\n",
        "obj-$(CONFIG_OTHER) += other.o\nobj-$(CONFIG_ONE) += one.o",
    ],
)
def test_the_configuration_chooses_the_definition(tmp_path: Path, makefile: str) -> None:
    tree = write_tree(tmp_path, passing("callee(dev)"), one=THREE, other=callee("	return -EIO;"))
    (tree / "lib/Makefile").write_text(makefile)
    (tree / "build/include/generated").mkdir(parents=True)
    (tree / "build/include/generated/autoconf.h").write_text("#define CONFIG_OTHER_MODULE 1\n")
    (tree / "flags").write_text("-Iinclude\n-Ibuild/include\n")
    assert errnos(only(tree)) == [("EIO", "callee", "")]


def test_a_stub_in_a_header_is_not_the_function(tmp_path: Path) -> None:
    """Whoever configures the subsystem gets the definition; without one the header's body is all there is."""
    tree = write_tree(tmp_path, passing("callee(dev)"))
    stub = "static inline int callee(struct device *dev)\n{\n	return -ENODEV;\n}"
    header = HEADER.replace(
        "int callee(struct device *dev);",
        f"#ifdef REAL\nint callee(struct device *dev);\n#else\n{stub}\n#endif",
    )
    (tree / "include/quill.h").write_text(header)
    assert errnos(only(tree)) == [("ENODEV", "callee", "")]
    (tree / "lib/callee.c").write_text("#define REAL\n" + callee("	return -EIO;"))
    assert errnos(only(tree)) == [("EIO", "callee", "")]


def test_another_architectures_definition_is_none(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, passing("callee(dev)"))
    for arch, source in (("here", callee("	return -EIO;")), ("there", THREE)):
        (tree / f"arch/{arch}/include").mkdir(parents=True)
        (tree / f"arch/{arch}/x.c").write_text(source)
    (tree / "flags").write_text(f"-I{tree}/include\n-I{tree}/arch/here/include\n")
    assert errnos(only(tree)) == [("EIO", "callee", "")]
    (tree / "arch/here/x.c").unlink()
    row = only(tree)
    assert (row["status"], row["why"]) == (
        "not-followed",
        "callee is defined for another architecture only: arch/there/x.c",
    )


def test_a_second_configuration_parses_what_the_first_does_not_compile(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, passing("callee(dev)"))
    (tree / "arch/two/include").mkdir(parents=True)
    (tree / "arch/two/x.c").write_text(callee("#ifdef TWO\n	return -EBUSY;\n#endif\n	return -EIO;"))
    (tree / "flags").write_text("-Iinclude\n")
    (tree / "flags.two").write_text(f"-Iinclude\n-DTWO\n-I{tree}/arch/two/include\n")
    (row,) = follow(tree, "--flags", tree / "flags.two")
    assert errnos(row) == [("EBUSY", "callee", "")]


def test_the_cache_knows_when_a_file_changes(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, passing("callee(dev)"), callee=THREE)
    cache = tmp_path / "cache"
    cache.mkdir()
    first = follow(tree, "--cache", cache)
    kept = {p.name: p.stat().st_mtime_ns for p in cache.iterdir()}
    assert follow(tree, "--cache", cache) == first
    assert {p.name: p.stat().st_mtime_ns for p in cache.iterdir()} == kept
    for name in kept:  # what is cut short counts as absent
        (cache / name).write_bytes((cache / name).read_bytes()[:40])
    assert follow(tree, "--cache", cache) == first
    (tree / "lib/callee.c").write_text(THREE.replace("EPERM", "EBUSY"))
    (row,) = follow(tree, "--cache", cache)
    assert {e["errno"] for e in row["errnos"]} == {"EIO", "EINVAL", "EBUSY"}
    twin = "#define latched flags\nint callee(struct device *dev);"
    (tree / "include/quill.h").write_text(HEADER.replace("int callee(struct device *dev);", twin))
    (row,) = follow(tree, "--cache", cache)
    assert {e["errno"] for e in row["errnos"]} == {"EIO", "EBUSY"}


def test_the_bound_is_on_readings_and_not_on_time(tmp_path: Path) -> None:
    """One of the driver and 599 of other files: the cache does not get any further."""
    names = [f"c{i:03}" for i in range(602)]
    body = callee("	return -EIO;")
    sources = {name: body.replace("callee", name) for name in names}
    tree = write_tree(tmp_path, attach("	ret = 0;"), **sources)
    lines = [
        {"k": "site", "kind": "call", "file": DRIVER, "line": 6, "errno": f"propagated:{name}"}
        | {"arguments": ["V"], "stopped": []}
        for name in names
    ]
    (tree / "sites.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    cache = tmp_path / "cache"
    cache.mkdir()
    for _ in range(2):
        rows = follow(tree, "--jobs", 2, "--cache", cache)
        assert [(r["status"], r["why"]) for r in rows] == [("followed", "")] * 599 + [
            (
                "not-followed",
                f"{name}: lib/{name}.c: files would have to be read more than 600 times",
            )
            for name in names[599:]
        ]


def test_no_callee_needs_no_index(tmp_path: Path) -> None:
    assert follow(write_tree(tmp_path, attach("	ret = 0;"))) == []


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ((), "--flags: is needed: one for each configuration that the tree was prepared for"),
        (("--timeout", "soon"), "--timeout: is no number of seconds"),
        (("--flags", "gone"), "gone: No such file or directory: prepare the tree first"),
    ],
)
def test_misuse(tmp_path: Path, options: tuple[str, ...], complaint: str) -> None:
    tree = write_tree(tmp_path, attach("	ret = 0;"))
    done = run(
        *(CHECK, "--follow", "--tree", tree, "--sites", tree / "sites.jsonl", "--api", API),
        *("--out", tree / "foreign.jsonl", *options),
    )
    assert done.returncode == 2
    assert complaint in done.stderr
    assert not (tree / "foreign.jsonl").exists()


@pytest.mark.parametrize("key", ["arguments", "stopped"])
def test_a_site_with_a_list_of_something_else_is_malformed(tmp_path: Path, key: str) -> None:
    tree = write_tree(tmp_path, attach("	ret = 0;"), callee=THREE)
    site = {"k": "site", "kind": "call", "file": DRIVER, "line": 6, "errno": "propagated:callee"}
    site |= {"arguments": ["V"], "stopped": ["EIO"]} | {key: [5]}
    (tree / "sites.jsonl").write_text(json.dumps(site) + "\n")
    done = run(
        *(CHECK, "--follow", "--tree", tree, "--sites", tree / "sites.jsonl", "--api", API),
        *("--flags", tree / "flags", "--out", tree / "foreign.jsonl"),
    )
    assert (done.returncode, done.stderr) == (
        2,
        f'attach-checks: {tree}/sites.jsonl: "{key}" holds what is no string: '
        "delete it and run the audit again\n",
    )


def test_contexts_that_disagree_leave_it_open(tmp_path: Path) -> None:
    """A place that is reached in two ways: another number is none, where it comes from is both."""
    tree = write_tree(tmp_path, attach("	ret = 0;"), callee=THREE)
    lines = [
        {"k": "site", "kind": "call", "file": DRIVER, "line": 6, "errno": "propagated:callee"}
        | {"arguments": arguments, "stopped": stopped}
        for arguments, stopped in ((["D&", "=1", "=2"], ["EIO"]), (["V", "=1", "=3"], []))
    ]
    (tree / "sites.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    row = only(tree)
    assert (row["arguments"], {e["errno"] for e in row["errnos"]}) == (
        ["DV", "=1", ""],
        {"EIO", "EINVAL", "EPERM"},
    )
    del lines[1]["arguments"], lines[0]["arguments"]
    (tree / "sites.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert only(tree)["arguments"] is None


def test_the_audit_follows(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)
    (kernel.tree / "lib").mkdir()
    (kernel.tree / "lib/clk.c").write_text(
        "int clk_enable(void *clk)\n{\n	return clk ? -5 : -22;\n}\n"
    )
    assert kernel.audit().returncode == 1
    (site,) = [s for s in kernel.read()["sites"] if s["errno"] == "propagated:clk_enable"]
    (foreign,) = site["foreign"]
    assert (foreign["status"], [e["errno"] for e in foreign["errnos"]]) == (
        "followed",
        ["EINVAL", "EIO"],
    )
    assert "follow" in json.loads((kernel.out / "timing.json").read_text())["milliseconds"]


# ------------------------------------------------------------------ judging


MESSAGE = (
    "wake_sync can return -EINVAL for reasons without a domain, which a caller reads as a misfit: "
    "resume (lib/wake.c:8) if dev->latched, by quill_attach -> wake_sync -> __wake -> resume"
)


def test_a_foreign_einval_is_a_note_with_its_chain(tmp_path: Path) -> None:
    value = audit(write_tree(tmp_path, passing("wake_sync(dev)"), wake=WAKE))
    (site,), (finding,) = value["sites"], value["findings"]
    assert (site["errno"], site["class"], site["verdict"], site["expected"]) == (
        "propagated:wake_sync",
        "propagated",
        "review",
        ["keep", "ENODEV"],
    )
    assert (finding["rule"], finding["severity"], finding["message"]) == (
        "foreign-einval",
        "note",
        MESSAGE,
    )
    (foreign,) = site["foreign"]
    assert (foreign["callee"], foreign["status"]) == ("wake_sync", "followed")
    (leak,) = foreign["errnos"]
    assert (leak["errno"], leak["function"], leak["guard"]["text"]) == (
        "EINVAL",
        "resume",
        "dev->latched",
    )


TWO = '#include "quill.h"\nint two(struct iommu_domain *domain, struct device *dev)\n{\n%s\n}\n'


@pytest.mark.parametrize(
    ("call", "name", "source"),
    [
        ("two(domain, dev)", "two", TWO % "	return domain->type > 3 ? -EINVAL : 0;"),
        ("callee(dev)", "callee", callee("	return WARN_ON(!dev) ? -EINVAL : 0;")),
        ("callee(dev)", "callee", callee("	return dev->flags ? -EIO : 0;")),
    ],
)
def test_einval_of_a_domain_or_a_warning_is_no_finding(
    tmp_path: Path, call: str, name: str, source: str
) -> None:
    value = audit(write_tree(tmp_path, passing(call), **{name: source}))
    assert value["findings"] == []
    assert value["sites"][0]["foreign"][0]["status"] == "followed"


def test_an_origin_that_is_no_string_is_malformed(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, passing("wake_sync(dev)"), wake=WAKE)
    audit(tree)
    foreign = tree / "foreign.jsonl"
    foreign.write_text(foreign.read_text().replace('"origins":["DEV"]', '"origins":[5]'))
    done = classify(tree)
    assert (done.returncode, done.stderr) == (
        2,
        f'attach-checks: {foreign}: "origins" holds what is no string: '
        "delete it and run the audit again\n",
    )


SYNC = '#include "quill.h"\nint pm_runtime_get_sync(struct device *dev)\n{\n%s\n}\n'
DECLARED = "int pm_runtime_get_sync(struct device *dev);\n"


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ("	return dev->flags ? -EIO : 0;", []),
        ("	return dev->flags ? -EIO : dev->latched;", ["foreign-einval"]),
        ("	return dev->flags ? -EINVAL : 0;", ["foreign-einval"]),
    ],
)
def test_what_was_read_supersedes_the_table(tmp_path: Path, body: str, rules: list[str]) -> None:
    """Followed to the end and no -EINVAL: no guess by the name; a part proves nothing."""
    driver = DECLARED + passing("pm_runtime_get_sync(dev)")
    value = audit(write_tree(tmp_path, driver, sync=SYNC % body))
    assert [f["rule"] for f in value["findings"]] == rules


def test_a_constant_that_is_the_callees_only_errno_masks_nothing(tmp_path: Path) -> None:
    masking = attach("	ret = set_up(dev);\n	if (ret)\n		return -ENODEV;").replace(
        "\n\n", "\n\nint set_up(struct device *dev);\n", 1
    )
    same = callee("	return dev->flags ? -ENODEV : 0;").replace("callee", "set_up")
    value = audit(write_tree(tmp_path / "same", masking, set_up=same))
    assert [(s["class"], s["verdict"]) for s in value["sites"]] == [("masked", "ok")]
    value = audit(write_tree(tmp_path / "other", masking, set_up=same.replace("ENODEV", "ENOMEM")))
    assert [(s["class"], s["verdict"]) for s in value["sites"]] == [("masked", "review")]
    assert value["sites"][0]["foreign"][0]["errnos"][0]["errno"] == "ENOMEM"


def test_behind_a_helper_that_is_masked(tmp_path: Path) -> None:
    driver = passing("helper(dev)").replace("return ret;", "return -ENODEV;")
    helper = "static int helper(struct device *dev)\n{\n	if (dev->latched)\n		return -ENOMEM;\n"
    helper += "	return callee(dev);\n}\n"
    driver = driver.replace("\n\nstatic", f"\n\n{helper}\nstatic", 1)
    value = audit(write_tree(tmp_path, driver, callee=callee("	return dev->flags ? -EIO : 0;")))
    (site,) = [s for s in value["sites"] if s["class"] == "masked"]
    (foreign,) = site["foreign"]
    assert [s["function"] for s in foreign["errnos"][0]["chain"]] == ["helper", "callee"]


def test_the_text_report_shows_the_calls(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, passing("wake_sync(dev)"), wake=WAKE)
    audit(tree)
    command = [sys.executable, "-m", "report", "text", str(tree / "audit.json"), "--all"]
    done = subprocess.run(
        [*command, "--baseline", str(ROOT / "baseline.json")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    place = f"{DRIVER}:6:2:"
    assert f"{place} note: {MESSAGE} [foreign-einval]" in done.stdout.splitlines(), done.stderr
    section = done.stdout.split("errnos from other subsystems:\n")[1].split("\n\n")[0]
    assert section.splitlines() == [
        f"{place} -EINVAL, by quill_attach -> wake_sync",
        f"    -EINVAL: quill_attach ({DRIVER}:6) -> wake_sync (include/quill.h:23) -> "
        "__wake (lib/wake.c:16) -> resume (lib/wake.c:8): if dev->latched",
    ]


def test_html_and_sarif_show_the_calls(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, passing("wake_sync(dev)"), wake=WAKE)
    audit(tree)
    command = [sys.executable, "-m", "report", "write", str(tree / "audit.json")]
    done = subprocess.run(
        [*command, "--formats", "html,sarif", "--tree", str(tree)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    page = (tree / "report.html").read_text()
    shown = page.split("<h4>Errnos of wake_sync()")[1].split('<p class="facts">')[0]
    places = [p.split("</span>")[0] for p in shown.split('<span class="place">')[1:]]
    assert places == ["lib/wake.c:7", "include/quill.h:23", "lib/wake.c:16", "lib/wake.c:8"]
    (result,) = json.loads((tree / "audit.sarif").read_text())["runs"][0]["results"]
    leak = result["codeFlows"][1]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in leak] == [
        "in quill_attach()",
        "in wake_sync()",
        "in __wake()",
        "in resume()",
        "if dev->latched",
        "-EINVAL",
    ]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"status": "guessed"}, "sites[0].foreign[0].status: not "),
        ({"errnos": [{}]}, 'sites[0].foreign[0].errnos[0]: "errno" is missing'),
        ({"more": 1}, 'sites[0].foreign[0]: unknown key "more"'),
    ],
)
def test_a_malformed_part_is_named(tmp_path: Path, change: dict[str, Any], complaint: str) -> None:
    value = audit(write_tree(tmp_path, passing("wake_sync(dev)"), wake=WAKE))
    value["sites"][0]["foreign"][0] |= change
    (tmp_path / "audit.json").write_text(json.dumps(value))
    command = [sys.executable, "-m", "report", "text", str(tmp_path / "audit.json")]
    command += ["--baseline", str(ROOT / "baseline.json")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 2
    assert complaint in done.stderr
