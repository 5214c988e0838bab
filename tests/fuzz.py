# SPDX-License-Identifier: GPL-2.0-only
"""In: drivers that the tests hold, a number of minutes and a seed; out: status 0, or the first source that breaks a checker.

Each round mutates one driver and hands it to engine sparse or to the whole audit, both built with
sanitizers. The answer must be a row of coverage for each binding, or an error line with status 2:
never a crash, a hang or silence.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from test_sparse import CHECK, DRIVER, HELPER, ROOT, write_tree

CHECKS = ROOT / "build" / "san" / "attach-checks"
KEPT = ROOT / "build" / "fuzz"
SAMPLE = ROOT / "sample"
SAMPLES = sorted((SAMPLE / "drivers" / "iommu").glob("*.c"))
LIMIT = 120  # seconds an answer may take
SANITIZER = re.compile(r"Sanitizer|runtime error|ended by (signal|SIG)")

ODDITIES = [
    "{",
    "}",
    "(",
    ")",
    ";",
    "#if 0\n",
    "#endif\n",
    "/*",
    '"',
    "'",
    "\\\n",
    "\0",
    "\xff",
    "->",
    "-",
    "?",
    ":",
]
ODDITIES += [
    "goto out;",
    "return -EINVAL;",
    "case 1:",
    "do",
    "else",
    "0x",
    "9" * 40,
    "(" * 200,
    "#define if\n",
]


class Broken(Exception):
    """What a checker said or did instead of an answer."""


def mutate(source: str, chance: random.Random) -> str:
    """A few pieces deleted, doubled, moved, swapped for oddities; sometimes cut short."""
    pieces = re.split(r"(\W)", source)
    for _ in range(chance.randint(1, 8)):
        i, k = chance.randrange(len(pieces)), chance.randrange(len(pieces))
        match chance.randrange(5):
            case 0:
                del pieces[i : i + chance.randint(1, 12)]
            case 1:
                pieces[i:i] = pieces[k : k + chance.randint(1, 40)]
            case 2:
                pieces[i], pieces[k] = pieces[k], pieces[i]
            case 3:
                pieces[i] = chance.choice(ODDITIES)
            case 4:
                pieces[i:i] = [chance.choice(ODDITIES)]
        if len(pieces) < 2:
            return source
    if chance.random() < 0.05:
        pieces = pieces[: chance.randrange(len(pieces))]
    return "".join(pieces)


def run(command: list[str], cache: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "ASAN_OPTIONS": "detect_leaks=0",
        "XDG_CACHE_HOME": str(cache),
        "ATTACH_CHECKS": str(CHECKS),
    }
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment,
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired as e:
        raise Broken(f"no answer in {LIMIT} s: {' '.join(command)}") from e
    if SANITIZER.search(done.stderr) or done.returncode not in (0, 1, 2):
        raise Broken(f"status {done.returncode}: {' '.join(command)}\n{done.stderr}")
    if done.returncode == 2 and not (done.stderr + done.stdout).strip():
        raise Broken(f"status 2 without a word: {' '.join(command)}")
    return done


def engine_sparse(folder: Path, source: str) -> None:
    """One bound callback: one row that says what became of it."""
    tree, out = write_tree(folder / "tree", iommu=source), folder / "sites.jsonl"
    command = [str(CHECK), f"--tree={tree}", f"--bindings={tree / 'bindings.jsonl'}"]
    command += [
        f"--api={ROOT / 'checkers' / 'api.json'}",
        f"--flags={tree / 'flags'}",
        f"--out={out}",
    ]
    run(command, folder / "cache")
    rows = [row for row in map(json.loads, out.read_text().splitlines()) if row["k"] == "coverage"]
    if not rows or SANITIZER.search(str(rows)):
        raise Broken(f"coverage: {rows}")


def whole_audit(folder: Path, source: str) -> None:
    """The text that holds a binding is named, in coverage or as an error."""
    tree, out = folder / "kernel", folder / "out"
    path = tree / "drivers" / "iommu" / "fuzzed.c"
    path.parent.mkdir(parents=True)
    shutil.copy(SAMPLE / "Makefile", tree)
    shutil.copytree(SAMPLE / "include", tree / "include")
    path.write_text(source, encoding="utf-8", errors="surrogateescape")
    command = [str(ROOT / "run-audit.sh"), "--engines=coccinelle", "--quiet", "--jobs=1"]
    done = run([*command, f"--kernel={tree}", f"--out={out}", "--timeout=20"], folder / "cache")
    if not (out / "audit.json").exists():
        raise Broken(f"no audit.json: status {done.returncode}: {done.stderr}")
    audit = json.loads((out / "audit.json").read_text(encoding="utf-8"))
    if not audit["coverage"] and done.returncode != 2:
        raise Broken(f"no binding and status {done.returncode}: {done.stderr}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    deadline = time.monotonic() + 60 * arguments.minutes
    samples = [path.read_text(encoding="utf-8") for path in SAMPLES]
    rounds = 0
    while time.monotonic() < deadline:
        check: Callable[[Path, str], None] = engine_sparse
        seed_source = chance.choice([DRIVER, DRIVER, HELPER + DRIVER])
        if rounds % 4 == 3:
            check, seed_source = whole_audit, chance.choice(samples)
        source = mutate(seed_source, chance)
        with tempfile.TemporaryDirectory(prefix="attach-fuzz.") as folder:
            try:
                check(Path(folder), source)
            except Broken as broken:
                KEPT.mkdir(parents=True, exist_ok=True)
                kept = KEPT / f"{arguments.seed}-{rounds}.c"
                kept.write_text(source, encoding="utf-8", errors="surrogateescape")
                print(f"fuzz: {kept}: {broken}", file=sys.stderr)
                return 1
        rounds += 1
    print(f"fuzz: {rounds} mutated drivers, seed {arguments.seed}: each got an answer")
    return 0


if __name__ == "__main__":
    sys.exit(main())
