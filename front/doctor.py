# SPDX-License-Identifier: GPL-2.0-only
"""The doctor: in, this machine; out, what is installed, which engines, formats and actions that allows,
and the one command that mends what is missing. Nothing is installed and nothing is written."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
from dataclasses import dataclass

from front import VERSION, process
from front.engines import CHECK, PLUGIN
from front.place import ROOT, cache_folder, tool
from report.file import Complaint
from report.text import count, escape

LLVM = os.environ.get("LLVM", "-19")
# what is looked for -> its Debian package: a program, a Python module, or a header
PACKAGES = {
    "spatch": "coccinelle",
    "make": "make",
    "gcc": "gcc",
    "git": "git",
    "perl": "perl",
    "bwrap": "bubblewrap",
    "flex": "flex",
    "bison": "bison",
    "bc": "bc",
    f"clang{LLVM}": f"clang{LLVM}",
    f"ld.lld{LLVM}": f"lld{LLVM}",
    f"llvm-ar{LLVM}": f"llvm{LLVM}",
    "openssl/ssl.h": "libssl-dev",
    "libelf.h": "libelf-dev",
    "dot": "graphviz",
    "b4": "b4",
    "import jinja2": "python3-jinja2",
    "import markdown": "python3-markdown",
    "import unidiff": "python3-unidiff",
}
PREPARING: tuple[str, ...] = (
    "make",
    f"clang{LLVM}",
    f"ld.lld{LLVM}",
    f"llvm-ar{LLVM}",
    "flex",
    "bison",
    "bc",
)
PREPARING += ("openssl/ssl.h", "libelf.h", "bwrap")
ROWS = {
    "engine coccinelle": ("spatch",),
    "engine sparse": PREPARING,
    "engine clang": PREPARING,
    "text, sarif, markdown, rdjson, codequality, ktap, junit, compare, github": (),
    "html": ("import jinja2", "import markdown"),
    "html's call graphs": ("dot",),
    "audit, driver, history of trees": ("spatch",),
    "change, history of revisions": ("spatch", "git"),
    "review": ("spatch", "git", "import unidiff"),
    "patches, fix": ("spatch", "git", "perl", "bwrap"),
    "accept, prune, explain, text, write, merge": (),
}
BUILT = {"engine sparse": (CHECK, "sparse"), "engine clang": (PLUGIN, "clang")}


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    missing: tuple[str, ...]  # as in PACKAGES
    build: str = ""  # the make target that is to be run
    why: str = ""


def _there(what: str) -> bool:
    if what.startswith("import "):
        return importlib.util.find_spec(what.removeprefix("import ")) is not None
    if what.endswith(".h"):
        return any(
            os.path.exists(os.path.join(folder, what))
            for folder in ("/usr/include", f"/usr/include/{platform.machine()}-linux-gnu")
        )
    if what == "spatch":
        what = os.environ.get("SPATCH") or what
    return shutil.which(what) is not None


def _row(name: str, needs: tuple[str, ...]) -> Row:
    built, target = BUILT.get(name, ("", ""))
    build = target if built and not os.path.exists(built) else ""
    missing = tuple(n for n in needs if not _there(n))
    why = ""
    if "bwrap" in needs and "bwrap" not in missing:
        command = ["bwrap", "--ro-bind", "/", "/", "--unshare-all", "true"]
        status, said = process.asked(command)
        why = f"no sandbox can be had: {said.splitlines()[-1]}" if status and said else ""
    return Row(name, missing, build, why)


def _version() -> str:
    try:
        status, said = process.asked([os.environ.get("SPATCH") or "spatch", "--version"], cwd="/")
    except OSError:
        return ""
    found = re.match(r"spatch version (\S*)", said)
    return f" {found[1]}" if found and not status else ""


def _line(row: Row) -> str:
    told = [f"missing: {', '.join(n.removeprefix('import ') for n in row.missing)}"] * bool(
        row.missing
    )
    told += [f"not built: make {row.build}"] * bool(row.build) + [row.why] * bool(row.why)
    ready = f"ready{_version() if row.name == 'engine coccinelle' else ''}"
    return f"  {row.name}: {'; '.join(told) or ready}"


def examine() -> tuple[str, int]:
    """What to print, and 2 where not even an audit by coccinelle can be made."""
    checks = os.environ.get("ATTACH_CHECKS") or tool("build", "attach-checks")
    built = os.access(checks, os.X_OK)
    rows = [_row(name, needs) for name, needs in ROWS.items()]
    try:
        cache = cache_folder()
    except Complaint as complaint:
        cache = str(complaint)
    lines = [
        f"attach-audit {VERSION} in {ROOT}, Python {platform.python_version()}",
        f"  {checks}: {'ready' if built else 'not built: make build'}",
        f"  cache: {cache}",
        "engines",
        *map(_line, rows[:3]),
        "formats",
        *map(_line, rows[3:6]),
        "actions",
        *map(_line, rows[6:]),
    ]
    packages = sorted({PACKAGES[n] for row in rows for n in row.missing})
    targets = ([] if built else ["build"]) + [row.build for row in rows if row.build]
    mend = []
    if packages:
        sudo = "" if os.geteuid() == 0 else "sudo "
        mend.append(f"{sudo}apt-get install {' '.join(packages)}")
    if targets and os.path.exists(tool("Makefile")):
        mend.append(f"make -C {ROOT} {' '.join(targets)}")
    elif targets:
        mend.append(f"make {' '.join(targets)} install in its sources")
    lacking = sum(bool(row.missing or row.build or row.why) for row in rows) + (not built)
    lines.append(
        f"{count(lacking, 'thing')} to mend: {' && '.join(mend)}" if mend else "nothing is missing"
    )
    usable = built and not rows[0].missing
    return "\n".join(map(escape, lines)) + "\n", 0 if usable else 2
