# SPDX-License-Identifier: GPL-2.0-only
"""In: drivers written here and plain compiler flags; out: what engine clang states of their paths.

No kernel tree is prepared: the flags are a file with one -I. Each trap of the analyzer has a test.
"""

from __future__ import annotations

import importlib.util
import json
import os
import plistlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from test_sparse import DRIVER, HEADER, write_tree

from report import html, markdown, sarif, text
from report.baseline import Baseline
from report.gate import compare
from report.model import parse_audit

ROOT = Path(__file__).resolve().parent.parent
ANALYSE = ROOT / "checkers" / "clang" / "analyse.py"
PLUGIN = ROOT / "build" / "attach-path.so"
CHECKS = ROOT / "build" / "san" / "attach-checks"
FILE = "drivers/iommu/quill/iommu.c"

START = """#include "iommu.h"
#include "quill.h"

void touch(struct device *dev);
static struct quill_domain *to_quill(struct iommu_domain *domain)
{
	return container_of(domain, struct quill_domain, domain);
}
"""

Line = dict[str, Any]


def analyse(tree: Path, *options: str, status: int = 0) -> tuple[list[Line], str]:
    out = tree / "sites.jsonl"
    command = [sys.executable, str(ANALYSE), f"--tree={tree}", f"--flags={tree / 'flags'}"]
    command += [f"--bindings={tree / 'bindings.jsonl'}", f"--out={out}", "--jobs=1", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == status, done.stderr
    if status:
        return [], done.stderr
    return [json.loads(line) for line in out.read_text().splitlines()], done.stderr


def attach(body: str, before: str = "") -> str:
    """A driver whose callback has this body."""
    return (
        START
        + before
        + """
static int quill_attach(struct iommu_domain *domain, struct device *dev)
{
	struct quill_domain *qdom = to_quill(domain);
"""
        + body
        + """}
static const struct iommu_domain_ops ops = { .attach_dev = quill_attach };
const struct iommu_domain_ops *quill = &ops;
"""
    )


def of(source: str, tmp_path: Path, *options: str) -> list[Line]:
    return analyse(write_tree(tmp_path, iommu=source), *options)[0]


def coverage(lines: list[Line]) -> tuple[str, str]:
    ((status, why),) = [(x["status"], x["why"]) for x in lines if x["k"] == "coverage"]
    return status, why


def errnos(lines: list[Line]) -> set[tuple[str, str, str]]:
    """Function, errno, nearest guard."""
    return {
        (x["function"], x["errno"], x["guards"][0]["text"] if x["guards"] else "")
        for x in lines
        if x["k"] == "site" and x["kind"] in ("constant", "call")
    }


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[Line]:
    return analyse(write_tree(tmp_path_factory.mktemp("tree")))[0]


# ------------------------------------------------------------------- what is stated


def test_sites(lines: list[Line]) -> None:
    assert coverage(lines) == ("partial", "quill_program() is defined in another file")
    assert {(x["kind"], x["line"], x["errno"]) for x in lines if x["k"] == "site"} == {
        ("constant", 14, "EBUSY"),
        ("constant", 16, "ENOMEM"),
        ("constant", 27, "EINVAL"),
        ("constant", 30, "EIO"),
        ("constant", 32, "EINVAL"),
        ("call", 36, "propagated:clk_enable"),
    }
    assert errnos(lines) == {
        ("quill_finalise", "EBUSY", "qdom->iommu != iommu"),
        ("quill_finalise", "ENOMEM", "!qdom->table"),
        ("quill_attach", "EINVAL", "!master"),
        ("quill_attach", "EIO", "WARN_ON(domain->type == 4 && !qdom->width)"),
        ("quill_attach", "EINVAL", "qdom->width > 48 || qdom->width > master->iommu->width"),
        ("quill_attach", "propagated:clk_enable", "!ret"),
    }


def site(lines: list[Line], line: int) -> Line:
    (found,) = [x for x in lines if x["k"] == "site" and x["line"] == line]
    return found


def test_steps_can_be_followed(lines: list[Line]) -> None:
    assert [(s["line"], s["kind"], s["text"]) for s in site(lines, 14)["steps"]] == [
        (19, "entry", "quill_attach()"),
        (22, "call", "master = dev_iommu_priv_get(dev)"),
        (25, "branch", "master"),
        (29, "branch", "!WARN_ON(domain->type == 4 && !qdom->width)"),
        (31, "branch", "!(qdom->width > 48 || qdom->width > master->iommu->width)"),
        (33, "call", "quill_finalise(qdom, master->iommu)"),
        (11, "branch", "qdom->iommu"),
        (13, "branch", "qdom->iommu != iommu"),
        (14, "errno", "-EBUSY"),
        (34, "branch", "ret"),
        (35, "return", "ret"),
    ]
    assert {s["file"] for s in site(lines, 14)["steps"]} == {FILE}
    assert [(s["line"], s["kind"]) for s in site(lines, 27)["steps"]] == [
        (19, "entry"),
        (23, "errno"),
        (22, "call"),
        (25, "branch"),
        (26, "message"),
        (42, "return"),
    ]


def test_origins_and_messages(lines: list[Line]) -> None:
    (atom,) = site(lines, 14)["guards"][0]["alternatives"][0]
    assert (atom["op"], [o["origins"][0] for o in atom["operands"]]) == ("!=", ["DOMAIN", "DEV"])
    assert [len(a) for a in site(lines, 32)["guards"][0]["alternatives"]] == [1, 1]
    assert site(lines, 30)["guards"][0]["warn"]
    assert site(lines, 27)["messages"] == [{"call": "dev_err", "level": "error", "line": 26}]
    assert site(lines, 14)["messages"] == []
    assert [(p["function"], p["line"]) for p in site(lines, 14)["path"]] == [
        ("quill_attach", 33),
        ("quill_finalise", 14),
    ]


def test_a_message_on_some_paths_only_is_none(tmp_path: Path) -> None:
    body = """	if (!qdom->iommu) {
		if (qdom->width)
			dev_err(dev, "narrow");
		return -EINVAL;
	}
	return 0;
"""
    (found,) = [x for x in of(attach(body), tmp_path) if x["k"] == "site"]
    assert (found["errno"], found["messages"]) == ("EINVAL", [])
    body = body.replace("		if (qdom->width)\n", "")
    (found,) = [x for x in of(attach(body), tmp_path) if x["k"] == "site"]
    assert [m["call"] for m in found["messages"]] == ["dev_err"]


def test_a_helper_in_another_file_is_joined(tmp_path: Path) -> None:
    source = DRIVER.replace(
        "\tquill_program(master);\n\tret = 0;", "\tret = quill_program(master);"
    )
    tree = write_tree(tmp_path, iommu=source)
    helper: Line = {
        "op": "attach_dev",
        "callback": "quill_attach",
        "kind": "constant",
        "errno": "ENOMEM",
    }
    helper |= {"k": "site", "file": "drivers/iommu/quill/helper.c", "function": "quill_program"}
    steps = [("quill_attach", FILE, 39), ("quill_program", helper["file"], 8)]
    helper |= {"line": 8, "path": [dict(zip(("function", "file", "line"), s)) for s in steps]}
    (tree / "other.jsonl").write_text(json.dumps(helper) + "\n")
    found, _ = analyse(tree, f"--sites={tree / 'other.jsonl'}")
    assert coverage(found) == ("analysed", "")
    assert ("quill_program", "ENOMEM", "!master->clk") in errnos(found)
    audit: Line = {"sites": [helper | {"id": "x", "verdict": "change", "confidence": "high"}]}
    audit |= {"findings": [{"site": "x"}]}
    (tree / "audit.json").write_text(json.dumps(audit))
    options = [f"--sites={tree / 'other.jsonl'}", f"--audit={tree / 'audit.json'}"]
    found, _ = analyse(tree, *options)
    assert coverage(found) == ("partial", "quill_finalise() was not entered")
    assert ("quill_program", "ENOMEM", "!master->clk") in errnos(found)
    (tree / "audit.json").write_text(json.dumps(audit | {"findings": []}))
    assert analyse(tree, *options)[0] == []  # nothing is in dispute


def test_files_that_cannot_be_joined(tmp_path: Path) -> None:
    source = DRIVER.replace(
        "\tquill_program(master);\n\tret = 0;", "\tret = quill_program(master);"
    )
    clash = "static int to_quill_domain;\nint *clash = &to_quill_domain;\n"
    tree = write_tree(tmp_path, iommu=source, helper=clash)
    steps: list[Line] = [{"function": "quill_attach", "file": FILE, "line": 39}]
    steps += [{"function": "quill_program", "file": "drivers/iommu/quill/helper.c", "line": 8}]
    line: Line = {"k": "site", "op": "attach_dev", "callback": "quill_attach", "path": steps}
    line |= {"file": steps[1]["file"], "function": "quill_program", "line": 8, "errno": "ENOMEM"}
    (tree / "other.jsonl").write_text(json.dumps(line) + "\n")
    found, _ = analyse(tree, f"--sites={tree / 'other.jsonl'}")
    assert coverage(found)[0] == "partial"
    assert ("quill_finalise", "EBUSY", "qdom->iommu != iommu") in errnos(found)


# -------------------------------------------------------------- traps of the analyzer


def test_asm_goto_does_not_end_the_path(tmp_path: Path) -> None:
    before = """static inline int branch(void)
{
	asm goto("" : : : : yes);
	return 0;
yes:
	return 1;
}
"""
    body = "	if (branch())\n		touch(dev);\n	if (!qdom->iommu)\n		return -ENODEV;\n	return 0;\n"
    found = of(attach(body, before), tmp_path)
    assert errnos(found) == {("quill_attach", "ENODEV", "!qdom->iommu")}
    assert coverage(found) == ("partial", "branch() holds a jump out of assembly")


def test_asm_goto_in_the_callback_is_said(tmp_path: Path) -> None:
    body = """	asm goto("" : : : : yes);
	if (!qdom->iommu)
		return -ENODEV;
yes:
	return 0;
"""
    status, why = coverage(of(attach(body), tmp_path))
    assert (status, why.partition("(")[0]) == ("partial", "paths break off in quill_attach ")


def test_clean_up_does_not_end_the_path(tmp_path: Path) -> None:
    before = """static void release(int *p)
{
	touch((void *)p);
}
"""
    body = """	int lock __attribute__((__cleanup__(release))) = 0;

	if (qdom->iommu)
		return -EBUSY;
	return lock;
"""
    found = of(attach(body, before), tmp_path)
    assert errnos(found) == {("quill_attach", "EBUSY", "qdom->iommu")}
    assert coverage(found) == ("analysed", "")


def test_a_stored_comparison_decides_once(tmp_path: Path) -> None:
    """Assumed eagerly, the comparison would be decided where it is stored, not where it is tested."""
    body = """	bool fits = qdom->width == domain->type;

	touch(dev);
	if (!fits)
		return -EBUSY;
	return 0;
"""
    (found,) = [x for x in of(attach(body), tmp_path) if x["k"] == "site"]
    assert [s["text"] for s in found["steps"] if s["kind"] == "branch"] == ["!fits"]
    assert "--analyzer-config" not in found
    command = (ROOT / "checkers" / "clang" / "analyse.py").read_text()
    assert "eagerly-assume=false" in command


def test_deep_and_large_helpers_are_entered(tmp_path: Path) -> None:
    deep = "static int f0(struct quill_domain *q)\n{\n	return q->iommu ? -EBUSY : 0;\n}\n"
    for n in range(1, 9):
        deep += f"static int f{n}(struct quill_domain *q)\n{{\n	return f{n - 1}(q);\n}}\n"
    cases = "".join(f"	case {n}:\n		touch(dev);\n		break;\n" for n in range(120))
    deep += (
        "static int large(struct quill_domain *q, struct device *dev)\n{\n	switch (q->width) {\n"
    )
    deep += cases + "	default:\n		return -EIO;\n	}\n	return 0;\n}\n"
    body = "	int ret = f8(qdom);\n\n	return ret ? ret : large(qdom, dev);\n"
    found = of(attach(body, deep), tmp_path)
    assert ("f0", "EBUSY", "q->iommu") in errnos(found)
    assert ("large", "EIO", "q->width is none of the cases") in errnos(found)


def test_an_opaque_call_does_not_forget_the_domain(tmp_path: Path) -> None:
    body = """	if (qdom->width)
		return -EBUSY;
	touch(dev);
	if (qdom->width)
		return -EIO;
	return clk_enable(dev);
"""
    found = of(attach(body), tmp_path)
    assert errnos(found) == {
        ("quill_attach", "EBUSY", "qdom->width"),
        ("quill_attach", "propagated:clk_enable", "!qdom->width"),
    }


def test_an_opaque_call_writes_to_locals_it_is_given(tmp_path: Path) -> None:
    before = "int fill(int *value);\n"
    body = "	int found = 0;\n\n	fill(&found);\n	if (found)\n		return -EBUSY;\n	return 0;\n"
    assert errnos(of(attach(body, before), tmp_path)) == {("quill_attach", "EBUSY", "found")}


def test_a_function_that_is_never_defined(tmp_path: Path) -> None:
    source = START + "int quill_attach(struct iommu_domain *domain, struct device *dev);\n"
    assert coverage(of(source, tmp_path)) == (
        "not-analysed",
        f"quill_attach is defined in none of {FILE}",
    )


def test_a_callback_in_another_file_than_its_table(tmp_path: Path) -> None:
    body = "	return qdom->iommu ? -EBUSY : 0;\n"
    found = analyse(write_tree(tmp_path, iommu=START, helper=attach(body)))[0]
    assert coverage(found) == ("analysed", "")
    assert errnos(found) == {("quill_attach", "EBUSY", "qdom->iommu")}


# -------------------------------------------------------------------------- bad input


def two_callbacks(tmp_path: Path) -> Path:
    """The fixture, and a second driver that is whole."""
    tree = write_tree(tmp_path)
    folder = tree / "drivers" / "iommu" / "brush"
    folder.mkdir()
    body = "	return qdom->iommu ? -EBUSY : 0;\n"
    source = (
        attach(body).replace("quill_attach", "brush_attach").replace("quill.h", "../quill/quill.h")
    )
    (folder / "iommu.c").write_text(source)
    line = json.loads((tree / "bindings.jsonl").read_text())
    line |= {"callback": "brush_attach", "file": "drivers/iommu/brush/iommu.c"}
    with (tree / "bindings.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    return tree


def states(lines: list[Line]) -> dict[str, tuple[str, str]]:
    return {x["callback"]: (x["status"], x["why"]) for x in lines if x["k"] == "coverage"}


def test_a_file_that_does_not_compile(tmp_path: Path) -> None:
    tree = two_callbacks(tmp_path)
    (tree / FILE).write_text('#include "missing.h"\n' + DRIVER)
    said = states(analyse(tree)[0])
    assert said["brush_attach"] == ("analysed", "")
    assert said["quill_attach"] == (
        "not-analysed",
        f"does not compile: {FILE}:1:10: fatal error: 'missing.h' file not found",
    )


def stand_in(tree: Path, script: str) -> str:
    """A compiler that does SCRIPT for quill_attach, and is clang otherwise."""
    path = tree / "compiler"
    path.write_text(
        f'#!/bin/sh\ncase " $* " in *"-analyze-function=quill_attach "*) {script} ;; esac\n'
        'exec clang-19 "$@"\n'
    )
    path.chmod(0o755)
    return f"--clang={path}"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("kill -SEGV $$", "the analyzer crashed"),
        ("exec sleep 60", "takes more than 3 s"),
        ("echo 'LLVM ERROR: out of memory' >&2; kill -ABRT $$", "needs more than 3000 MB"),
        ("exit 0", f"quill_attach is defined in none of {FILE}"),
    ],
)
def test_what_goes_wrong_in_one_costs_that_one(tmp_path: Path, script: str, why: str) -> None:
    tree = two_callbacks(tmp_path)
    said = states(analyse(tree, stand_in(tree, script), "--seconds=3")[0])
    assert said == {"quill_attach": ("not-analysed", why), "brush_attach": ("analysed", "")}


def test_memory_is_limited(tmp_path: Path) -> None:
    status, why = coverage(analyse(write_tree(tmp_path), "--megabytes=60")[0])
    assert (status, why) == ("not-analysed", "needs more than 60 MB")


def test_an_exhausted_budget_is_no_absence(tmp_path: Path) -> None:
    status, why = coverage(analyse(write_tree(tmp_path), "--nodes=60")[0])
    assert (status, why.partition(",")[0]) == ("partial", "the budget of nodes was used up")


def test_a_loop_is_followed_a_few_times(tmp_path: Path) -> None:
    body = """	unsigned i;

	for (i = 0; i < qdom->width; i++)
		if (clk_enable(dev))
			return -EIO;
	return 0;
"""
    found = of(attach(body), tmp_path)
    assert coverage(found) == ("partial", "a loop was followed a few times only")
    assert errnos(found) == {("quill_attach", "EIO", "clk_enable(dev)")}


def test_a_plugin_of_another_version(tmp_path: Path) -> None:
    source = tmp_path / "old.c"
    source.write_text(
        'const char clang_analyzerAPIVersionString[] = "14.0.6";\n'
        "void clang_registerCheckers(void *registry) { (void)registry; }\n"
    )
    old = tmp_path / "attach-path.so"
    subprocess.run(["cc", "-shared", "-fPIC", str(source), "-o", str(old)], check=True)
    tree = write_tree(tmp_path / "tree")
    _, said = analyse(tree, f"--plugin={old}", status=2)
    assert "does not load it: make clang builds it anew" in said
    assert said.startswith("clang: attach-path.so: clang-19 19.")
    _, said = analyse(tree, f"--plugin={tmp_path / 'none.so'}", status=2)
    assert said == "clang: none.so: not built: make clang builds it\n"
    _, said = analyse(tree, "--clang=no-such-clang", status=2)
    assert said == "clang: no-such-clang: not found: install it with: apt-get install clang-19\n"


@pytest.mark.parametrize("content", ["[]\n", "{", '{"sites": 1}'])
def test_malformed_audits_are_refused(tmp_path: Path, content: str) -> None:
    tree = write_tree(tmp_path)
    (tree / "audit.json").write_text(content)
    _, said = analyse(tree, f"--audit={tree / 'audit.json'}", status=2)
    assert said.startswith(f"clang: {tree / 'audit.json'}: ")
    assert "Traceback" not in said


def module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("analyse", ANALYSE)
    assert spec and spec.loader
    loaded = importlib.util.module_from_spec(spec)
    sys.modules["analyse"] = loaded
    spec.loader.exec_module(loaded)
    return loaded


def test_flags_that_load_or_write_are_dropped() -> None:
    hostile = ["-fplugin=x.so", "-Xclang", "-load", "-fpass-plugin=y.so", "@file", "-o", "/etc/x"]
    hostile += [
        "-fprofile-instr-use=p",
        "-MF",
        "x.d",
        "-mllvm",
        "-load",
        "-specs=z",
        "-wrapper",
        "sh",
    ]
    hostile += ["-Wp,-MMD,x.d", "-B/tmp", "-meabi", "gnu", "--param", "x"]
    kept = ["-Iinclude", "-include", "k.h", "-DX", "-std=gnu11", "-mno-sse", "--target=x", "-O2"]
    assert module().usable_flags([*hostile, *kept]) == kept


# ----------------------------------------------------------------------------- cache


def test_results_are_kept_by_what_was_read(tmp_path: Path) -> None:
    tree, cache = write_tree(tmp_path / "tree"), f"--cache={tmp_path / 'cache'}"
    first = analyse(tree, cache)[0]
    dead = stand_in(tree, "kill -SEGV $$")
    # the compiler's version is part of the key, its path is not
    assert analyse(tree, cache, dead)[0] == first
    private = tree / "drivers" / "iommu" / "quill" / "quill.h"
    private.write_text(private.read_text() + "\n")
    assert coverage(analyse(tree, cache, dead)[0]) == ("not-analysed", "the analyzer crashed")
    for kept in (tmp_path / "cache" / "clang").iterdir():
        kept.write_text(kept.read_text()[:-9])  # cut short
    assert analyse(tree, cache)[0] == first


def test_output_is_the_same_in_every_run(tmp_path: Path) -> None:
    tree = two_callbacks(tmp_path)
    analyse(tree)
    first = (tree / "sites.jsonl").read_bytes()
    analyse(tree, "--jobs=2")
    assert (tree / "sites.jsonl").read_bytes() == first


# ----------------------------------------------------------------------------- merge


def merged(tmp_path: Path, *engines: list[Line]) -> dict[str, Any]:
    command = [str(CHECKS), "classify", "--api", str(ROOT / "checkers" / "api.json")]
    command += ["--contract", str(ROOT / "contract.json"), "--out", str(tmp_path / "audit.json")]
    (tmp_path / "scan.json").write_text('{"contract": "merged", "version": "6.12.0"}')
    (tmp_path / "engines.json").write_text("{}")
    command += ["--scan", str(tmp_path / "scan.json"), "--engines", str(tmp_path / "engines.json")]
    for number, lines in enumerate(engines):
        path = tmp_path / f"{number}.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        command += ["--sites", str(path)]
    environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    audit: dict[str, Any] = json.loads((tmp_path / "audit.json").read_text())
    return audit


def as_text(lines: list[Line]) -> list[Line]:
    """As if the text engine had said it, completely."""
    plain = [{k: v for k, v in x.items() if k not in ("steps", "exit_line")} for x in lines]
    return [
        x | {"engine": "coccinelle"} | ({"status": "analysed", "why": ""} if "status" in x else {})
        for x in plain
    ]


def at(audit: dict[str, Any], line: int) -> dict[str, Any]:
    (found,) = [s for s in audit["sites"] if s["line"] == line]
    return dict(found)


def test_a_path_adds_its_engine_and_steps(tmp_path: Path, lines: list[Line]) -> None:
    alone, both = merged(tmp_path, as_text(lines)), merged(tmp_path, as_text(lines), lines)
    assert both["findings"] == alone["findings"]
    assert at(both, 14)["engines"] == ["clang", "coccinelle"]
    assert at(both, 14)["steps"] == site(lines, 14)["steps"]
    strip = {"engines", "steps", "confidence"}
    for one, two in zip(alone["sites"], both["sites"], strict=True):
        assert {k: v for k, v in one.items() if k not in strip} == {
            k: v for k, v in two.items() if k not in strip
        }
    (row,) = both["coverage"]
    assert (row["status"], row["engines"]) == ("analysed", ["clang", "coccinelle"])
    assert row["paths"] == "incomplete: quill_program() is defined in another file"


def test_clang_does_not_vote(tmp_path: Path, lines: list[Line]) -> None:
    """Its own class, its absence and a site of its own change nothing."""
    other = as_text(lines)
    for x in other:
        if x.get("line") == 14:
            x["guards"] = []
    alone, both = merged(tmp_path, other), merged(tmp_path, other, lines)
    assert at(both, 14)["class"] == at(alone, 14)["class"] == "hard"
    fewer = [x for x in other if x.get("line") != 30]
    assert [s["line"] for s in merged(tmp_path, fewer, lines)["sites"]] == [14, 16, 27, 32, 36]
    nothing = [x for x in lines if x["k"] == "coverage"]
    silent = merged(tmp_path, other, nothing)
    assert silent["sites"] == alone["sites"]


def test_what_contradicts_is_shown(tmp_path: Path, lines: list[Line]) -> None:
    other = as_text(lines)
    whole = [x | ({"status": "analysed", "why": ""} if "status" in x else {}) for x in lines]
    without = [x for x in whole if x.get("line") != 14]
    alone, both = merged(tmp_path, other), merged(tmp_path, other, without)
    none = "all paths of this configuration were followed, and none leads there"
    assert at(both, 14) == at(alone, 14) | {"dispute": none}
    turned = [x | {"errno": "EIO"} if x.get("line") == 14 else x for x in lines]
    assert at(merged(tmp_path, other, turned), 14)["dispute"] == "a path returns -EIO there"
    mute = [x | {"messages": []} if x.get("line") == 27 else x for x in whole]
    assert at(merged(tmp_path, other, mute), 27)["dispute"] == "not every path to it logs a message"
    assert "dispute" not in at(merged(tmp_path, other, whole), 27)


def test_confidence_is_raised(tmp_path: Path) -> None:
    body = "	if (!qdom->iommu || !clk_enable(dev))\n		return -EBUSY;\n	return 0;\n"
    lines = of(attach(body), tmp_path / "tree")
    other = as_text(lines)
    (number,) = [x["line"] for x in lines if x["k"] == "site"]
    before = at(merged(tmp_path, other), number)
    after = at(merged(tmp_path, other, lines), number)
    assert (before["confidence"], after["confidence"]) == ("medium", "high")
    assert (before["class"], before["verdict"]) == (after["class"], after["verdict"])


def test_alone_it_is_an_engine_like_others(tmp_path: Path, lines: list[Line]) -> None:
    audit = merged(tmp_path, lines)
    assert at(audit, 14)["verdict"] == "change"
    assert {s["engines"][0] for s in audit["sites"]} == {"clang"}


def test_writers_show_the_path(tmp_path: Path, lines: list[Line]) -> None:
    whole = [x | ({"status": "analysed", "why": ""} if "status" in x else {}) for x in lines]
    mute = [x | {"messages": []} if x.get("line") == 27 else x for x in whole]
    audit = parse_audit(merged(tmp_path, as_text(lines), mute))
    gate = compare(audit, Baseline({}, {}))
    style = text.Style(all=True)
    report = text.full(audit, gate, style)
    assert f"    step: {FILE}:13: if (qdom->iommu != iommu)\n" in report
    assert f"    step: {FILE}:35: return ret\n" in report
    assert "    dispute: not every path to it logs a message\n" in report
    assert "step:" not in text.full(audit, gate, text.Style())
    page = markdown.write(audit, gate)
    assert f"    1. `{FILE}:13` `if (qdom->iommu != iommu)`\n" in page
    log = json.loads(sarif.write(audit, gate))
    (result,) = [
        r
        for r in log["runs"][0]["results"]
        if r["locations"][0]["physicalLocation"]["region"]["startLine"] == 14 and "codeFlows" in r
    ]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    told = [s["location"]["message"]["text"] for s in steps]
    assert told[0] == "enter quill_attach()" and told[-1] == "return ret"
    assert [s["location"]["physicalLocation"]["region"]["startLine"] for s in steps] == [
        s["line"] for s in site(lines, 14)["steps"]
    ]
    shown = html.write(audit, gate)
    assert '<li class="branch"><code>if (qdom-&gt;iommu != iommu)</code>' in shown
    assert "paths complete" in shown


# ------------------------------------------------------------------ ordinary checker


def clang(tree: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["clang-19", "--analyze", "--analyzer-no-default-checks", "-Iinclude"]
    for option in ("-load", str(PLUGIN), "-analyzer-checker=iommu.AttachPath"):
        command += ["-Xclang", option]
    return subprocess.run([*command, *options, FILE], capture_output=True, text=True, cwd=tree)


WARNINGS = [
    (
        14,
        10,
        "domain and device do not fit, but -EBUSY is returned; return -EINVAL instead of -EBUSY",
    ),
    (27, 3, "a device or IOMMU failure is returned as -EINVAL; return -ENODEV instead of -EINVAL"),
]


def test_text_output(tmp_path: Path) -> None:
    done = clang(write_tree(tmp_path), "--analyzer-output", "text")
    said = [x for x in done.stderr.splitlines() if ": warning: " in x]
    assert [x.rpartition(" [")[0].rpartition(" [")[0] for x in said] == [
        f"{FILE}:{line}:{column}: warning: {what}" for line, column, what in WARNINGS
    ]
    assert f"{FILE}:13:11: note: Assuming 'iommu' is not equal to field 'iommu'" in done.stderr
    assert f"{FILE}:33:8: note: Calling 'quill_finalise'" in done.stderr


def test_plist_output(tmp_path: Path) -> None:
    tree = write_tree(tmp_path)
    clang(tree, "--analyzer-output", "plist", "-o", "out.plist")
    found = plistlib.loads((tree / "out.plist").read_bytes())["diagnostics"]
    assert [d["location"]["line"] for d in found] == [14, 27]
    assert {d["check_name"] for d in found} == {"iommu.AttachPath"}
    assert all(len(d["path"]) > 1 for d in found)


def test_sarif_output(tmp_path: Path) -> None:
    tree = write_tree(tmp_path)
    clang(tree, "--analyzer-output", "sarif", "-o", "out.sarif")
    (run,) = json.loads((tree / "out.sarif").read_text())["runs"]
    places = [r["locations"][0]["physicalLocation"]["region"]["startLine"] for r in run["results"]]
    assert sorted(places) == [14, 27]
    assert all(r["codeFlows"] for r in run["results"])


def test_html_output(tmp_path: Path) -> None:
    tree = write_tree(tmp_path)
    clang(tree, "--analyzer-output", "html", "-o", "out")
    pages = [page.read_text() for page in (tree / "out").glob("report-*.html")]
    assert len(pages) == 2
    assert any(
        "Calling &#39;quill_finalise&#39;" in p or "Calling 'quill_finalise'" in p for p in pages
    )


def test_a_file_that_binds_nothing_is_silent(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, iommu=HEADER + DRIVER.partition("#define QUILL_OPS")[0])
    done = clang(tree, "--analyzer-output", "text")
    assert "AttachPath" not in done.stderr


def test_tables_in_other_shapes(tmp_path: Path) -> None:
    """A compound literal in iommu_ops, as drivers write default_domain_ops."""
    source = DRIVER.partition("static const struct iommu_domain_ops")[0]
    source += """struct iommu_ops { const struct iommu_domain_ops *default_domain_ops; };
const struct iommu_ops quill = {
	.default_domain_ops = &(const struct iommu_domain_ops) { QUILL_OPS },
};
"""
    done = clang(write_tree(tmp_path, iommu=source), "--analyzer-output", "text")
    assert done.stderr.count("warning: ") == 2


def test_a_result_that_nothing_can_have_changed_is_not_made_again(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree")
    cache, prepared = tmp_path / "cache", tmp_path / "prepared"
    cache.mkdir()
    prepared.mkdir()
    (prepared / "x86_64").write_text((tree / "flags").read_text())
    options = (f"--cache={cache}", f"--prepared={prepared}")
    header = tree / "drivers" / "iommu" / "quill" / "quill.h"
    for path in (tree / FILE, header, tree / "include" / "iommu.h"):
        os.utime(path, (1e9, 1e9))
    first = analyse(tree, *options)
    (kept,) = cache.glob("paths-*")
    kept.write_text(kept.read_text().replace("EBUSY", "EXDEV"))
    assert "EXDEV" in str(analyse(tree, *options))
    os.utime(header, (1e9 + 1, 1e9 + 1))
    assert analyse(tree, *options) == first


def test_nothing_in_the_tree_is_written_or_removed(tmp_path: Path) -> None:
    """The compiler's own output goes by the source's name, and is removed when a compile fails."""
    for source in (DRIVER, DRIVER + "syntax error"):
        tree = write_tree(tmp_path / str(len(source)), iommu=source)
        (tree / "iommu.plist").write_text("precious")
        before = {p: p.read_bytes() for p in tree.rglob("*") if p.is_file()}
        out = tmp_path / f"{len(source)}.jsonl"
        command = [sys.executable, str(ANALYSE), f"--tree={tree}", f"--flags={tree / 'flags'}"]
        command += [f"--bindings={tree / 'bindings.jsonl'}", f"--out={out}", "--jobs=1"]
        subprocess.run(command, capture_output=True, timeout=300)
        assert {p: p.read_bytes() for p in tree.rglob("*") if p.is_file()} == before
