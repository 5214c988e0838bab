#!/usr/bin/env python3
"""In: Linux 6.1 as Debian packages it; out: mutants of its attach functions whose wrong errno vanishes without a word.

A mutant has one construct planted where one of its sites returns an errno. Several drivers are changed for one audit,
one site each; a mutant's errno is one that the tree does not know, so it is either a site, or its driver has a row in
coverage that says what was not read. Anything else is silence, and exit status 1.

usage: mutants.py [--seed N] [--mutants N] [--minutes N] [--tree DIR]
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path("/usr/src/linux-source-6.1.tar.xz")
PARTS = ("drivers/iommu", "include/linux", "Makefile")
ERRNO = "EUCLEAN"

# A statement that returns the errno, and what stands at the top of the file for it.
CONSTRUCTS = {
    "parentheses": ("return (-{e});", ""),
    "cast": ("return (int)-{e};", ""),
    "variable": ("{{ int mutant = -{e}; return mutant; }}", ""),
    "assigned": ("{{ int mutant; mutant = -{e}; return mutant; }}", ""),
    "constant": ("return MUTANT_E;", "#define MUTANT_E (-{e})"),
    "named": ("return -MUTANT_E;", "#define MUTANT_E {e}"),
    "pasted": ("return MUTANT_E(UCLEAN);", "#define MUTANT_E(x) (-E##x)"),
    "negated": ("return MUTANT_E({e});", "#define MUTANT_E(x) (-(x))"),
    "macro": ("MUTANT_FAIL(-{e});", "#define MUTANT_FAIL(x) do {{ return x; }} while (0)"),
    "bare_macro": ("MUTANT_FAIL(-{e});", "#define MUTANT_FAIL(x) return (x)"),
    "macro_block": ("MUTANT_FAIL({e})", "#define MUTANT_FAIL(x) {{ return -(x); }}"),
    "macro_if": ("MUTANT_NEED(0, -{e});", "#define MUTANT_NEED(c, x) if (!(c)) return x"),
    "foreign_macro": ("FOREIGN_FAIL({e});", ""),
    "foreign_errno": ("FOREIGN_FAIL(-{e});", ""),
    "statements": ("return ({{ int mutant = -{e}; mutant; }});", ""),
    "once": ("{{ int mutant = -{e}; return READ_ONCE(mutant); }}", ""),
    "plus_zero": ("return -{e} + 0;", ""),
    "from_zero": ("return 0 - {e};", ""),
    "complement": ("return ~({e} - 1);", ""),
    "product": ("return 1 * -{e};", ""),
    "or": ("return -{e} | -{e};", ""),
    "minimum": ("return min(-{e}, 0);", ""),
    "foreign": ("return foreign_code(-{e});", ""),
    "array": ("return (int[]){{ 0, -{e} }}[1];", ""),
    "table": ("return mutant_codes[1];", "static const int mutant_codes[] = {{ 0, -{e} }};"),
    "row": (
        "return mutant_rows[0].err;",
        "static const struct {{ int a, err; }} mutant_rows[] = {{ {{ 1, -{e} }} }};",
    ),
    "pointer_row": (
        "{{ const struct mutant_row *mutant = &mutant_rows[0]; return mutant->err; }}",
        "struct mutant_row {{ int err; }}; static const struct mutant_row mutant_rows[] = {{ {{ -{e} }} }};",
    ),
    "structure": ("{{ struct {{ int err; }} mutant = {{ .err = -{e} }}; return mutant.err; }}", ""),
    "positional": ("{{ struct {{ int err; }} mutant = {{ -{e} }}; return mutant.err; }}", ""),
    "helper": ("return mutant(1);", "static int mutant(int x) {{ if (x) return -{e}; return 0; }}"),
    "annotated": (
        "return mutant(1);",
        "static int mutant(int x) __must_hold(x) __cold {{ if (x) return -{e}; return 0; }}",
    ),
    "named_in_parentheses": (
        "return mutant(1);",
        "static int (mutant)(int x) {{ if (x) return -{e}; return 0; }}",
    ),
    "old_style": (
        "return mutant(1);",
        "static int mutant(x) int x; {{ if (x) return -{e}; return 0; }}",
    ),
    "made": (
        "return mutant(1);",
        "#define MUTANT(n) static int n(int x)\nMUTANT(mutant) {{ if (x) return -{e}; return 0; }}",
    ),
    "made_whole": (
        "return mutant(1);",
        "#define MUTANT(n) static int n(int x) {{ if (x) return -{e}; return 0; }}\nMUTANT(mutant)",
    ),
    "alias": (
        "return mutant(1);",
        "#define mutant(x) __mutant((x))\nstatic int __mutant(int x) {{ if (x) return -{e}; return 0; }}",
    ),
    "passed_through": ("return mutant(-{e});", "static int mutant(int x) {{ return x; }}"),
    "pointer": (
        "{{ int (*mutant)(int) = mutant_1; return mutant(1); }}",
        "static int mutant_1(int x) {{ if (x) return -{e}; return 0; }}",
    ),
    "functions": (
        "return mutants[0](1);",
        "static int mutant(int x) {{ if (x) return -{e}; return 0; }}\nstatic int (*const mutants[])(int) = {{ mutant }};",
    ),
    "out_parameter": (
        "{{ int err; mutant(&err); return err; }}",
        "static void mutant(int *err) {{ *err = -{e}; }}",
    ),
    "for_ever": ("for (;;) {{ return -{e}; }}", ""),
    "case_range": ("switch (1) {{ case 1 ... 3: return -{e}; }}", ""),
    "guarded": ("scoped_guard(mutex, &mutant) {{ return -{e}; }}", ""),
    "guard_fails": ("scoped_cond_guard(mutex_try, return -{e}, &mutant) {{ ; }}", ""),
    "unknown_block": ("mutant_locked(1) {{ return -{e}; }}", ""),
    "freed": ("{{ void *mutant __free(kfree) = NULL; return -{e}; }}", ""),
    "dead_brace": ("{{ \n#if 0\n}}\n#endif\nreturn -{e}; }}", ""),
    "two_arms": (
        "{{ if (1) {{\n#ifdef MUTANT\n}} else {{ foo(); }}\n#else\n}}\n#endif\nreturn -{e}; }}",
        "",
    ),
    "column_zero": ("{{ static const int mutant[] = {{ 1,\n}};\nreturn -{e}; }}", ""),
    "fragment": ('{{\n#include "mutant.h"\n}}', ""),
}


@dataclass(frozen=True)
class Place:
    """A line of the tree that is `return -E;` alone, and a site."""

    file: str
    line: int
    driver: str


def make_tree(folder: Path, tree: Path | None) -> Path:
    """The parts of the kernel that are read, in FOLDER."""
    small = folder / "tree"
    if tree:
        for part in PARTS:
            (small / part).parent.mkdir(parents=True, exist_ok=True)
            if (tree / part).is_dir():
                shutil.copytree(tree / part, small / part)
            else:
                shutil.copy(tree / part, small / part)
        return small
    with tarfile.open(PACKAGE) as package:
        for member in package:
            name = member.name.partition("/")[2]
            content = package.extractfile(member) if member.isfile() else None
            if content and any(name == p or name.startswith(f"{p}/") for p in PARTS):
                (small / name).parent.mkdir(parents=True, exist_ok=True)
                (small / name).write_bytes(content.read())
    return small


def audit(tree: Path, folder: Path) -> dict[str, Any]:
    out = folder / "out"
    done = subprocess.run(
        ["./run-audit.sh", "--kernel", tree, "--out", out, "--engines", "coccinelle", "--quiet"],
        cwd=ROOT,
        env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")},
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode > 2:
        raise RuntimeError(done.stderr)
    audited: dict[str, Any] = json.loads((out / "audit.json").read_text(encoding="utf-8"))
    return audited


def places(tree: Path, audited: dict[str, Any]) -> Iterator[Place]:
    for site in audited["sites"]:
        lines = (tree / site["file"]).read_text(errors="replace").splitlines()
        if re.fullmatch(r"\s*return -E[A-Z]+;", lines[site["line"] - 1]):
            yield Place(site["file"], site["line"], site["driver"])


def plant(path: Path, line: int, construct: str) -> None:
    """Above the first function of the file stands what the construct needs."""
    statement, top = (part.format(e=ERRNO) for part in CONSTRUCTS[construct])
    lines = path.read_text(errors="replace").splitlines()
    lines[line - 1] = statement
    first = max(i for i, text in enumerate(lines[: line - 1]) if text.startswith("#include"))
    lines[first + 1 : first + 1] = ["", *top.splitlines()]
    path.write_text("\n".join(lines) + "\n")
    (path.parent / "mutant.h").write_text(f"return -{ERRNO};\n")


def silent(audited: dict[str, Any], place: Place) -> bool:
    driver = next(d for d in audited["drivers"] if d["driver"] == place.driver)
    seen = any(s["errno"] == ERRNO and s["driver"] == place.driver for s in audited["sites"])
    told = [c for c in audited["coverage"] if c["status"] != "analysed"]
    return not seen and not any(c["file"] in driver["files"] for c in told)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutants", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--tree", type=Path, help="an unpacked tree instead of the package")
    options = parser.parse_args()
    if not options.tree and not PACKAGE.is_file():
        print(
            f"{PACKAGE}: missing: install it with: apt-get install linux-source-6.1",
            file=sys.stderr,
        )
        return 2
    chance = random.Random(options.seed)
    end = time.monotonic() + 60 * options.minutes
    made, lost = 0, []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tree = make_tree(folder, options.tree)
        all_places = sorted(places(tree, audit(tree, folder)), key=lambda p: (p.driver, p.line))
        waiting = list(CONSTRUCTS) * (options.mutants // len(CONSTRUCTS) + 1)
        chance.shuffle(waiting)
        while made < options.mutants and time.monotonic() < end:
            planted: dict[Place, str] = {}
            kept: dict[Path, str] = {}
            for driver in sorted({p.driver for p in all_places}):
                place = chance.choice([p for p in all_places if p.driver == driver])
                if made + len(planted) == options.mutants:
                    break
                planted[place] = waiting.pop()
                kept[tree / place.file] = (tree / place.file).read_text(errors="replace")
                plant(tree / place.file, place.line, planted[place])
            audited = audit(tree, folder)
            made += len(planted)
            for place, construct in planted.items():
                if silent(audited, place):
                    lost.append(f"{construct} at {place.file}:{place.line}")
            for path, text in kept.items():
                path.write_text(text)
    for line in lost:
        print(f"silent: {line}")
    print(f"silent {len(lost)} of {made} mutants, seed {options.seed}")
    return 1 if lost or made < options.mutants else 0


if __name__ == "__main__":
    sys.exit(main())
