# SPDX-License-Identifier: GPL-2.0-only
"""In: a tree whose Makefile configures itself the way a kernel does; out: which engines ran on it, and what they say.

The compiler is a stand-in that only has a version: preparing asks it nothing else here.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from test_sparse import DRIVER, write_tree

ROOT = Path(__file__).resolve().parent.parent

MAKEFILE = """VERSION = 6
PATCHLEVEL = 12
SUBLEVEL = 3
EXTRAVERSION =
NAME = None

allmodconfig:
	@mkdir -p $(O)/include/generated
	@echo $(ARCH) >>$(O)/include/generated/autoconf.h
	@echo $(ARCH) >>$(O)/../../../configured

prepare0:
	@test $(ARCH) != s390 || { echo "arch/s390/x.S:7: error: unknown \\"opcode\\"" >&2; exit 1; }

drivers/base/core.o:
	$(CHECK) -I$(CURDIR)/include -D__$(ARCH)__=1 -Wp,-MMD,x.d drivers/base/core.c
"""

# It takes one architecture's header, as Kconfig says.
ELSEWHERE = DRIVER.replace("quill_", "arch_").replace(
    '#include "iommu.h"', '#include "iommu.h"\n#include <s390.h>'
)


class Kernel:
    """A tree with two drivers, one of which wants an architecture that does not configure."""

    def __init__(self, folder: Path) -> None:
        self.tree = write_tree(folder / "kernel")
        self.cache = folder / "cache"
        self.out = folder / "out"
        (self.tree / "Makefile").write_text(MAKEFILE)
        (self.tree / "Kconfig").write_text("")
        (self.tree / "include" / "linux").mkdir()
        (self.tree / "include" / "linux" / "iommu.h").write_text("")
        for arch, symbol in (("x86", "X86"), ("s390", "S390")):
            (self.tree / "arch" / arch).mkdir(parents=True)
            (self.tree / "arch" / arch / "Kconfig").write_text(f"config {symbol}\n\tdef_bool y\n")
        tools = folder / "tools"
        tools.mkdir()
        for name in ("clang", "ld.lld", "llvm-ar"):
            tool = tools / f"{name}-none"
            tool.write_text("#!/bin/sh\necho none 1.0\n")
            tool.chmod(0o755)
        self.path = f"{tools}:{os.environ['PATH']}"

    def want_s390(self) -> None:
        folder = self.tree / "drivers" / "iommu" / "elsewhere"
        folder.mkdir()
        (folder / "iommu.c").write_text(ELSEWHERE.replace("quill.h", "../quill/quill.h"))
        (folder / "Makefile").write_text("obj-$(CONFIG_ELSEWHERE) += iommu.o\n")
        (folder / "Kconfig").write_text("config ELSEWHERE\n\tbool\n\tdepends on S390\n")

    def audit(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        names = ("ENGINES", "KERNEL", "OUT", "O", "ARCH", "ATTACH_CHECK", "MAKEFLAGS", "SANDBOX")
        environment = {name: value for name, value in os.environ.items() if name not in names}
        environment |= {"XDG_CACHE_HOME": str(self.cache), "LLVM": "-none", "PATH": self.path}
        command = [str(ROOT / "run-audit.sh"), f"--kernel={self.tree}", f"--out={self.out}"]
        return subprocess.run(
            [*command, "--quiet", *arguments],
            capture_output=True,
            text=True,
            env=environment | env,
            timeout=300,
        )

    def read(self) -> dict[str, Any]:
        audit = json.loads((self.out / "audit.json").read_text())
        assert isinstance(audit, dict)
        return audit

    def engines(self) -> dict[str, tuple[str, str]]:
        return {
            name: (engine["status"], engine["why"])
            for name, engine in self.read()["engines"].items()
            if name != "clang"
        }

    def coverage(self) -> dict[str, tuple[str, str]]:
        return {b["callback"]: (b["status"], b["why"]) for b in self.read()["coverage"]}


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    return Kernel(tmp_path)


def test_without_a_word_all_that_can_run(kernel: Kernel) -> None:
    assert kernel.audit().returncode == 1
    assert kernel.engines() == {"coccinelle": ("ran", ""), "sparse": ("ran", "")}
    assert kernel.read()["engines"]["sparse"]["arches"] == ["x86_64"]
    sites = kernel.read()["sites"]
    assert {tuple(e for e in s["engines"] if e != "clang") for s in sites} == {
        ("coccinelle", "sparse")
    }
    assert kernel.coverage() == {"quill_attach": ("analysed", "")}


def test_one_engine_alone(kernel: Kernel) -> None:
    assert kernel.audit("--engines=sparse").returncode == 1
    assert kernel.engines() == {
        "coccinelle": ("skipped", "not asked for: ENGINES=sparse"),
        "sparse": ("ran", ""),
    }
    alone = [(s["line"], s["errno"], s["engines"]) for s in kernel.read()["sites"]]
    assert kernel.audit("--engines=coccinelle").returncode == 1
    assert kernel.engines()["sparse"] == ("skipped", "not asked for: ENGINES=coccinelle")
    assert not (kernel.out / "sites-sparse.jsonl").exists()
    assert [(s["line"], s["errno"]) for s in kernel.read()["sites"]] == [s[:2] for s in alone]
    assert all(engines == ["sparse"] for _, _, engines in alone)


def test_a_part_of_a_tree_is_read_by_coccinelle_alone(kernel: Kernel) -> None:
    (kernel.tree / "Kconfig").unlink()
    assert kernel.audit().returncode == 1
    why = "no Kconfig: a part of a kernel tree cannot be configured"
    assert kernel.engines() == {"coccinelle": ("ran", ""), "sparse": ("skipped", why)}
    done = kernel.audit("--engines=coccinelle,clang")
    assert (done.returncode, done.stderr) == (2, f"attach-audit: engine clang: {why}\n")


def test_a_part_of_a_tree_is_read_by_sparse_where_it_is_asked_for(kernel: Kernel) -> None:
    """As it stands: nothing is configured, or run."""
    (kernel.tree / "Kconfig").unlink()
    assert kernel.audit("--engines=sparse").returncode == 1
    assert kernel.engines()["sparse"] == ("ran", "")
    assert kernel.coverage() == {"quill_attach": ("analysed", "")}


def test_an_architecture_that_does_not_configure(kernel: Kernel) -> None:
    kernel.want_s390()
    done = kernel.audit()
    why = 's390: the tree cannot be configured: arch/s390/x.S:7: error: unknown "opcode"'
    assert done.returncode == 2
    assert f"prepare: {why}\n" in done.stderr
    assert kernel.coverage() == {
        "arch_attach": ("not-analysed", why),
        "quill_attach": ("analysed", ""),
    }
    assert kernel.engines()["sparse"] == ("ran", why)
    assert {s["driver"] for s in kernel.read()["sites"]} == {"quill/iommu", "elsewhere/iommu"}


def test_no_architecture_configures(kernel: Kernel) -> None:
    (kernel.tree / "Makefile").write_text(MAKEFILE.replace("test $(ARCH) != s390", "false"))
    assert kernel.audit().returncode == 2
    status, why = kernel.engines()["sparse"]
    assert (status, why.split(": ")[1]) == ("failed", "the tree cannot be configured")
    assert len(kernel.read()["sites"]) == 7


def test_prepared_once(kernel: Kernel) -> None:
    done = kernel.audit("--prepare")
    assert (done.returncode, done.stdout) == (0, 'prepared: "x86_64"\n')
    assert not (kernel.out / "audit.json").exists()
    prepared = sorted(p.name for p in (kernel.cache / "attach-audit" / "prepared").iterdir())
    assert kernel.audit().returncode == 1
    assert (
        sorted(p.name for p in (kernel.cache / "attach-audit" / "prepared").iterdir()) == prepared
    )


def test_what_did_not_change_is_not_analysed_again(kernel: Kernel) -> None:
    def errnos() -> set[str]:
        return {site["errno"] for site in kernel.read()["sites"] if site["line"] == 14}

    kernel.audit("--engines=sparse")
    (kept,) = (kernel.cache / "attach-audit").glob("analysed-*/sites")
    assert kept.read_bytes() == (kernel.out / "sites-sparse.jsonl").read_bytes()
    kept.write_text(kept.read_text().replace("EBUSY", "EXDEV"))
    kernel.audit("--engines=sparse")
    assert errnos() == {"EXDEV"}
    header = kernel.tree / "drivers" / "iommu" / "quill" / "quill.h"
    header.write_text(header.read_text() + "/* changed */\n")
    kernel.audit("--engines=sparse")
    assert errnos() == {"EBUSY"}


def test_a_build_of_ones_own(kernel: Kernel, tmp_path: Path) -> None:
    build = tmp_path / "build"
    (build / "include" / "generated").mkdir(parents=True)
    done = kernel.audit(O=str(build))
    assert done.returncode == 2
    assert kernel.engines()["sparse"] == (
        "failed",
        f"{build}: no configured build: run make prepare there",
    )
    (build / "include" / "generated" / "autoconf.h").write_text("")
    assert kernel.audit(f"--build={build}").returncode == 1
    assert kernel.engines()["sparse"] == ("ran", "")
    assert not (kernel.cache / "attach-audit" / "prepared").exists()


def test_no_compiler(kernel: Kernel) -> None:
    why = (
        "clang-missing: not found: install it with: apt-get install "
        "make clang-19 lld-19 llvm-19 flex bison bc libssl-dev libelf-dev, or set LLVM to another suffix"
    )
    assert kernel.audit(LLVM="-missing").returncode == 1
    assert kernel.engines()["sparse"] == ("skipped", why)


def test_no_sandbox(kernel: Kernel, tmp_path: Path) -> None:
    tool = tmp_path / "tools" / "bwrap"
    tool.write_text("#!/bin/sh\nexit 1\n")
    tool.chmod(0o755)
    assert kernel.audit().returncode == 1
    assert "no sandbox can be had" in kernel.engines()["sparse"][1]
    assert kernel.audit(SANDBOX="no").returncode == 1
    assert kernel.engines()["sparse"] == ("ran", "")


def test_clang_walks_to_what_the_others_find(kernel: Kernel) -> None:
    assert kernel.audit().returncode == 1
    audit = kernel.read()
    assert (audit["engines"]["clang"]["status"], audit["engines"]["clang"]["why"]) == ("ran", "")
    found = {f["site"] for f in audit["findings"] if f["severity"] == "error"}
    sites = [s for s in audit["sites"] if s["id"] in found]
    assert [(s["line"], s["steps"][-1]["kind"]) for s in sites] == [
        (14, "return"),
        (26, "return"),
        (39, "return"),
    ]
    (row,) = audit["coverage"]
    assert (row["status"], row["paths"]) == ("analysed", "complete")
    without = kernel.audit("--engines=coccinelle,sparse")
    assert without.returncode == 1
    assert not (kernel.out / "sites-clang.jsonl").exists()
    assert kernel.read()["findings"] == audit["findings"]


def test_without_clang_the_audit_goes_on(kernel: Kernel) -> None:
    missing = "no-such-clang: not found: install it with: apt-get install clang-19"
    assert kernel.audit(CLANG="no-such-clang").returncode == 1
    clang = kernel.read()["engines"]["clang"]
    assert (clang["status"], clang["why"]) == ("skipped", missing)
    asked = kernel.audit("--engines=coccinelle,clang", CLANG="no-such-clang")
    assert (asked.returncode, asked.stderr) == (2, f"attach-audit: engine clang: {missing}\n")


def test_clang_walks_again_only_what_changed(kernel: Kernel, tmp_path: Path) -> None:
    """A compiler that dies when it is asked to analyse tells whether it was asked."""
    dead = tmp_path / "clang"
    dead.write_text('#!/bin/sh\n[ "$1" != --analyze ] || kill -SEGV $$\nexec clang-19 "$@"\n')
    dead.chmod(0o755)
    os.utime(kernel.tree / "drivers" / "iommu" / "quill" / "iommu.c", (1, 1))
    kernel.audit()
    first = (kernel.out / "audit.json").read_bytes()
    kernel.audit(CLANG=str(dead))
    assert (kernel.out / "audit.json").read_bytes() == first
    header = kernel.tree / "include" / "iommu.h"
    header.write_text(header.read_text() + "\n")
    kernel.audit(CLANG=str(dead))
    (row,) = kernel.read()["coverage"]
    assert (row["status"], row["paths"]) == ("analysed", "not walked: the analyzer crashed")


def test_results_are_kept_wherever_out_is(kernel: Kernel, tmp_path: Path) -> None:
    command = [str(ROOT / "run-audit.sh"), f"--kernel={kernel.tree}", "--engines=sparse"]
    env = os.environ | {"XDG_CACHE_HOME": str(kernel.cache), "LLVM": "-none", "PATH": kernel.path}
    done = subprocess.run(
        [*command, "--out=here", "--quiet"], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (1, "")
    (kept,) = (kernel.cache / "attach-audit").glob("analysed-*/read")
    assert "drivers/iommu/quill/iommu.c" in kept.read_text().splitlines()


def test_a_file_that_changes_meanwhile(kernel: Kernel) -> None:
    """The compiler that preparing asks for its version writes to the tree: as an editor might."""
    source = kernel.tree / "drivers" / "iommu" / "quill" / "iommu.c"
    tool = Path(kernel.path.split(":")[0]) / "clang-none"
    tool.write_text(f"#!/bin/sh\ntouch {source}\necho none 1.0\n")
    done = kernel.audit("--engines=coccinelle,sparse")
    said = "attach-audit: drivers/iommu/quill/iommu.c: changed during the audit: run it again\n"
    assert (done.returncode, done.stderr) == (2, said)


def test_a_home_that_is_none(kernel: Kernel) -> None:
    for home in ("/", "/nonexistent"):
        assert kernel.audit(HOME=home).returncode == 1
        assert kernel.engines()["sparse"] == ("ran", "")


def test_a_path_that_make_does_not_take(kernel: Kernel, tmp_path: Path) -> None:
    cache = tmp_path / "a cache"
    assert kernel.audit(XDG_CACHE_HOME=str(cache)).returncode == 2
    assert kernel.engines()["sparse"] == (
        "failed",
        f"{kernel.tree}, {cache}/attach-audit: make takes no blank or colon in a path: "
        "move the tree, or set XDG_CACHE_HOME",
    )
