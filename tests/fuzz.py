# SPDX-License-Identifier: GPL-2.0-only
"""In: drivers that the tests hold, a number of minutes and a seed; out: status 0, or the first input that breaks a checker.

Each round mutates one driver and hands it to engine sparse or to the whole audit, both built with
sanitizers. The answer must be a row of coverage for each binding, or an error line with status 2:
never a crash, a hang or silence. Other rounds mutate what one step hands the next: a file between the
steps, under the sanitizers, and audit.json, which patches are made from.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from test_sparse import CHECK, DRIVER, HELPER, ROOT, write_tree

sys.path.insert(0, str(ROOT))

from report.file import Complaint
from report.patches import command, series

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


# --------------------------------------------------------------- between the steps

VALUES: list[Any] = [None, True, -1, 0, 1 << 40, 1 << 62, 1.5, "", "x" * 5000, "../../etc/passwd"]
VALUES += ["drivers/iommu", "\u202e\x1b[31m", "\n\n::error::", [], {}, [[[[[]]]]], {"k": "site"}]

# What a step reads: option -> file of OUT, and what it writes.
STEPS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "closure": ({"scan": "scan.json"}, ("out",)),
    "entries": ({"scan": "scan.json"}, ("out", "core", "bindings")),
    "bindings": ({"closure": "closure.json", "facts": "facts.jsonl"}, ("out",)),
    "text": (
        {"closure": "closure.json", "bindings": "bindings.jsonl", "facts": "facts.jsonl"},
        ("out",),
    ),
    "callers": ({"entries": "entries.json", "facts": "facts-entries.jsonl"}, ("out",)),
    "classify": (
        {
            "scan": "scan.json",
            "engines": "engines.json",
            "sites": "sites-coccinelle.jsonl",
            "entries": "entries.json",
            "callers": "callers.json",
            "core-sites": "sites-core.jsonl",
            "bindings": "bindings.jsonl",
        },
        ("out",),
    ),
}


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each container of a JSON value, with each of its keys."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from places(value[key])


def mutate_json(text: str, chance: random.Random) -> str:
    """A few values of one of its lines replaced, removed or doubled; now and then bytes of it."""
    if chance.random() < 0.2:
        return mutate(text, chance)
    lines = text.splitlines() if not text.startswith(("{\n", "[\n")) else [text]
    if not lines:
        return chance.choice(ODDITIES)
    at = chance.randrange(len(lines))
    value = json.loads(lines[at])
    for _ in range(chance.randint(1, 3)):
        found = list(places(value))
        if not found:
            break
        holder, key = chance.choice(found)
        match chance.randrange(4):
            case 0:
                del holder[key]
            case 1:
                other, name = chance.choice(found)
                with contextlib.suppress(KeyError, IndexError):  # just removed
                    holder[key] = copy.deepcopy(other[name])
            case _:
                holder[key] = copy.deepcopy(chance.choice(VALUES))
    lines[at] = json.dumps(value)
    return "\n".join(lines) + "\n"


def made(folder: Path) -> Path:
    """An audit of the sample, whose files are then mutated."""
    out = folder / "made"
    command = [str(ROOT / "run-audit.sh"), "--engines=coccinelle", "--quiet", f"--out={out}"]
    done = run([*command, f"--kernel={SAMPLE}"], folder / "cache")
    if done.returncode == 2:
        raise Broken(done.stderr)
    return out


def one_step(folder: Path, out: Path, chance: random.Random) -> None:
    """attach-checks answers, or names the file that is no good."""
    name = chance.choice(sorted(STEPS))
    reads, writes = STEPS[name]
    hit = chance.choice(sorted(reads))
    words = [str(CHECKS), name, f"--tree={SAMPLE}", f"--cache={folder}"]
    words += [f"--contract={ROOT / 'contract.json'}", f"--api={ROOT / 'checkers' / 'api.json'}"]
    for option, file in reads.items():
        path = out / file
        if option == hit:
            path = folder / file
            path.write_text(
                mutate_json((out / file).read_text(encoding="utf-8"), chance),
                encoding="utf-8",
                errors="surrogateescape",
            )
        words.append(f"--{option}={path}")
    run([*words, *(f"--{option}={folder / option}.made" for option in writes)], folder)


def patches_of(folder: Path, out: Path, chance: random.Random) -> None:
    """The patches are made, or a complaint says why not."""
    here = folder / "out"
    here.mkdir()
    for file in ("closure.json", "scan.json"):
        shutil.copy(out / file, here)
    text = mutate_json((out / "audit.json").read_text(encoding="utf-8"), chance)
    (here / "audit.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    wish = series.Wish()
    request = command.Request(
        str(here / "audit.json"), str(SAMPLE), wish, (), "", "", "", 1, False, False, ""
    )
    try:
        command.run(request)
    except Complaint:
        pass
    except Exception as error:
        said = "".join(traceback.format_exception(error))
        raise Broken(f"patches: {said}") from None


def between(rounds: int, seed: int, check: Callable[[Path, Path, random.Random], None]) -> str:
    """ROUNDS of it; the first mutated folder that breaks it is kept."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="attach-fuzz.") as name:
        out = made(Path(name))
        for number in range(rounds):
            folder = Path(name) / "round"
            folder.mkdir()
            try:
                check(folder, out, chance)
            except Broken as broken:
                kept = KEPT / f"{check.__name__}-{seed}-{number}"
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(folder, kept)
                raise Broken(f"{kept}: {broken}") from None
            shutil.rmtree(folder)
    return f"{rounds} rounds of {check.__name__}, seed {seed}: each got an answer"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=100, help="rounds on files between the steps")
    parser.add_argument("--patches", type=int, default=10, help="rounds on audit.json for patches")
    arguments = parser.parse_args()
    try:
        print(f"fuzz: {between(arguments.steps, arguments.seed, one_step)}")
        print(f"fuzz: {between(arguments.patches, arguments.seed, patches_of)}")
    except Broken as broken:
        print(f"fuzz: {broken}", file=sys.stderr)
        return 1
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
