"""In: the linux-source packages of this machine; out: a table of accuracy, speed and memory on them.

With --gate: accuracy alone, and exit status 1 below the project's minimum. Trees are unpacked once,
in the cache of run-audit.sh. Status 2 where something cannot be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TRUTH = ROOT / "tests" / "truth"
ROUNDS = 3

# Bindings of both operations: table entries, counted by hand.
BINDINGS = {"6.1": 20, "6.12": 52}

# Least accuracy of the coccinelle engine alone; the last figure is a count that must be reached exactly.
MINIMUM = {
    "labelled sites seen": 0.95,
    "class right": 0.88,
    "change found (recall)": 0.90,
    "change right (precision)": 0.90,
}
TRAPS = "false on traps"

ENGINES = ("coccinelle", "sparse", "clang", "coccinelle,sparse", "coccinelle,sparse,clang")

TRIVIAL = "@@\nexpression e;\n@@\n* return e;\n"


class Unmeasured(Exception):
    """What could not be measured, and the mend."""


@dataclass(frozen=True)
class Row:
    what: str
    measured: str
    target: str
    met: bool


@dataclass(frozen=True)
class Run:
    seconds: float
    megabytes: float


def timed(
    command: list[str],
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    worst: int = 1,
) -> Run:
    """One run: its time, and the largest process of it, this one's children so far included."""
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, env=env, cwd=cwd)
    seconds = time.monotonic() - began
    if not 0 <= done.returncode <= worst:
        said = (done.stdout + done.stderr).decode(errors="replace").strip()
        raise Unmeasured(f"{' '.join(command)}: status {done.returncode}:\n{said}")
    return Run(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)


def median(measure: Callable[[], Run]) -> float:
    return statistics.median(measure().seconds for _ in range(ROUNDS))


def install_source(version: str) -> None:
    if Path(f"/usr/src/linux-source-{version}.tar.xz").exists():
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Unmeasured(
            f"linux-source-{version}: not installed: sudo apt-get install linux-source-{version}"
        )
    for command in (["update", "-qq"], ["install", "-y", "-qq", f"linux-source-{version}"]):
        if subprocess.run(["apt-get", *command], stdout=subprocess.DEVNULL).returncode:
            raise Unmeasured(f"linux-source-{version}: cannot be installed: see above")


def audit(
    kernel: str, out: Path, cache: Path | None = None, engines: str = "coccinelle"
) -> list[str]:
    """The command of an audit; with a cache of its own it starts cold."""
    command = ["env", f"XDG_CACHE_HOME={cache}"] if cache else ["env"]
    return [
        *command,
        str(ROOT / "run-audit.sh"),
        "--quiet",
        f"--engines={engines}",
        f"--kernel={kernel}",
        f"--out={out}",
    ]


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def score(out: Path) -> dict[str, str]:
    """What tests/truth/score.py says of an audit of 6.1."""
    done = subprocess.run(
        [sys.executable, str(TRUTH / "score.py"), str(out / "audit.json")]
        + [str(TRUTH / "linux-6.1.json")]
        + ["--not-reaching", str(TRUTH / "linux-6.1-not-reaching.json")],
        capture_output=True,
        text=True,
    )
    figures = dict(re.findall(r"^(\S.*?\S)  *([\d/]+(?: = \S+)?)$", done.stdout, re.MULTILINE))
    if done.returncode or not {*MINIMUM, TRAPS} <= set(figures):
        raise Unmeasured(f"tests/truth/score.py: {done.stderr.strip() or done.stdout}")
    return figures


def accuracy(out: Path) -> list[Row]:
    figures = score(out)
    rows = []
    for name, least in MINIMUM.items():
        share = figures[name].split(" = ")[-1]
        met = share != "n/a" and float(share) >= least
        rows.append(Row(f"6.1: {name}", figures[name], f">= {least:.2f}", met))
    rows.append(Row(f"6.1: {TRAPS}", figures[TRAPS], "0", figures[TRAPS] == "0"))
    return rows


def engines(tree: Path, scratch: Path) -> list[Row]:
    """Each engine by itself, and all of them: seen, class, recall, precision."""
    rows = []
    for names in ENGINES:
        out = scratch / names.replace(",", "-")
        timed(audit(str(tree), out, engines=names), worst=2)  # clang alone is incomplete
        figures = score(out)
        said = "  ".join(figures[name].split(" = ")[0] for name in MINIMUM)
        met = names.count(",") < 2 or figures["change right (precision)"].endswith("= 1.000")
        rows.append(Row(f"6.1: {names}: seen, class, recall, precision", said, "", met))
    return rows


# Stands in for clang: notes what it is asked, and does it.
NOTES = """#!/bin/sh
case $1 in --analyze) printf '%s\\0' "$@" >>"$NOTED"; printf '\\n\\0' >>"$NOTED" ;; esac
exec clang-19 "$@"
"""


def peer(command: list[str]) -> list[str]:
    """The analyzer with its own checkers on the same function, without this project's."""
    kept, i = [], 0
    while i < len(command):
        word = command[i]
        after = command[i + 1] if word == "-Xclang" else ""
        if word == "--analyzer-no-default-checks":
            i += 1
        elif after == "-load" or after == "-analyzer-config" or after == "-dependency-file":
            i += 4
        elif after.startswith("-analyzer-checker="):
            i += 2
        else:
            kept.append(word)
            i += 1
    return kept


def paths(version: str, tree: Path, scratch: Path) -> list[Row]:
    """Engine clang by itself, nothing kept but the prepared tree; then each of its runs beside its peer."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "attach-audit"
    out, cache = scratch / "paths", scratch / "paths-cache"
    cache.mkdir(parents=True)
    (cache / "prepared").symlink_to(home / "prepared")
    timed(audit(str(tree), out, engines="coccinelle,sparse,clang"))  # prepares what is needed
    timed(audit(str(tree), out, engines="coccinelle,sparse"))
    noting = scratch / "noting-clang"
    noting.write_text(NOTES, encoding="utf-8")
    noting.chmod(0o755)
    command = [
        str(ROOT / "checkers" / "clang" / "analyse.py"),
        f"--tree={tree}",
        f"--cache={cache}",
    ]
    command += [f"--bindings={out}/bindings.jsonl", f"--audit={out}/audit.json"]
    command += [f"--sites={out}/sites-{engine}.jsonl" for engine in ("coccinelle", "sparse")]
    command += [f"--out={scratch}/sites-clang.jsonl", f"--clang={noting}"]
    run = timed(command, env=os.environ | {"NOTED": str(scratch / "noted")})
    noted = (scratch / "noted").read_text(encoding="utf-8").split("\0\n\0")
    asked = [words.split("\0") for words in noted if words]
    # of files that were put together nothing is left
    asked = [words for words in asked if Path(words[-1]).exists()]
    seconds = [0.0, 0.0]
    for words in asked:
        report = Path(words[words.index("-o") + 1])  # beside it goes all that the run writes
        report.parent.mkdir(exist_ok=True)
        for which, options in enumerate((words, peer(words))):
            began = time.monotonic()
            subprocess.run(["clang-19", *options], cwd=tree, capture_output=True)
            seconds[which] += time.monotonic() - began
    ratio = seconds[0] / seconds[1]
    timed(audit(str(tree), out, engines="coccinelle,sparse,clang"))
    result = read(out / "audit.json")
    found = {f["site"] for f in result["findings"] if f["severity"] == "error"}
    sites = [s for s in result["sites"] if s["id"] in found]
    walked = sum("steps" in s for s in sites)
    return [
        Row(
            f"{version}: paths to all findings",
            f"{run.seconds:.1f} s",
            "<= 60 s",
            run.seconds <= 60,
        ),
        Row(
            f"{version}: their largest process",
            f"{run.megabytes:.0f} MB",
            "<= 500 MB",
            run.megabytes <= 500,
        ),
        Row(
            f"{version}: the analyzer / with its own checkers, same {len(asked)} runs",
            f"{seconds[0]:.1f} s / {seconds[1]:.1f} s = {ratio:.2f}",
            "<= 1",
            ratio <= 1,
        ),
        Row(
            f"{version}: errors with a path, of all (some are not compiled)",
            f"{walked}/{len(sites)} = {walked / max(len(sites), 1):.2f}",
            ">= 0.85",
            walked >= 0.85 * len(sites),
        ),
    ]


def processor(command: list[str], tree: Path) -> float:
    """Seconds of processor time that a command takes, itself and what it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=tree, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def value_flow(version: str, tree: Path, scratch: Path) -> list[Row]:
    """Engine sparse: preparing once, audits of the prepared tree, and the checker beside plain sparse."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "attach-audit"
    out, cache = scratch / "flow", scratch / "flow-cache"
    names = "coccinelle,sparse"
    began = time.monotonic()
    prepare = ["env", f"XDG_CACHE_HOME={cache}", str(ROOT / "run-audit.sh"), "--prepare"]
    timed([*prepare, "--quiet", f"--engines={names}", f"--kernel={tree}", f"--out={out}"])
    prepared = time.monotonic() - began

    def whole() -> Run:
        """With the tree prepared and the facts kept, nothing else."""
        for kept in (cache / "attach-audit").iterdir():
            if kept.name.startswith("run-"):
                kept.unlink()
            elif kept.name.startswith("analysed-"):
                shutil.rmtree(kept)
            elif kept.name.startswith(("foreign-", "definitions-")):
                kept.unlink()
        return timed(audit(str(tree), out, cache, engines=names))

    runs = [whole() for _ in range(ROUNDS)]
    milliseconds = read(out / "timing.json")["milliseconds"]
    with_following = statistics.median(run.seconds for run in runs)
    without = with_following - milliseconds["follow"] / 1000
    unchanged = median(lambda: timed(audit(str(tree), out, cache, engines=names)))
    said = subprocess.run(
        [str(ROOT / "checkers" / "read" / "prepare.sh"), "--arch", "x86_64"]
        + ["--tree", str(tree), "--cache", str(home)],
        capture_output=True,
        text=True,
    )
    flags = Path(said.stdout.strip()) / "flags"
    sites = scratch / "flow-sites.jsonl"
    command = [str(ROOT / "build" / "attach-check"), f"--tree={tree}", f"--flags={flags}"]
    command += [f"--bindings={out}/bindings.jsonl", f"--api={ROOT}/checkers/api.json"]
    ours = statistics.median(
        processor([*command, f"--out={sites}", "--jobs=1"], tree) for _ in range(ROUNDS)
    )
    rows = [json.loads(line) for line in sites.read_text(encoding="utf-8").splitlines()]
    files = sorted({row["file"] for row in rows if row["k"] == "coverage"})
    plain = ["sparse", *flags.read_text(encoding="utf-8").splitlines()]
    theirs = statistics.median(
        sum(processor([*plain, name], tree) for name in files) for _ in range(ROUNDS)
    )
    megabytes = max(run.megabytes for run in runs)
    return [
        Row(f"{version}: preparing, once", f"{prepared:.0f} s", "<= 180 s", prepared <= 180),
        Row(f"{version}: prepared, {names}", f"{without:.1f} s", "<= 15 s", without <= 15),
        Row(
            f"{version}: the same, following into other subsystems",
            f"{with_following:.1f} s",
            "<= 60 s",
            with_following <= 60,
        ),
        Row(f"{version}: the same, unchanged", f"{unchanged:.2f} s", "<= 1 s", unchanged <= 1),
        Row(
            f"{version}: the checker / plain sparse, {len(files)} files, x86_64",
            f"{ours:.1f} s / {theirs:.1f} s = {ours / theirs:.2f}",
            "<= 2",
            ours <= 2 * theirs,
        ),
        Row(
            f"{version}: memory of the largest process",
            f"{megabytes:.0f} MB",
            "<= 1000 MB",
            megabytes <= 1000,
        ),
    ]


def callers(version: str, out: Path, tree: Path) -> list[Row]:
    """Against a plain search of the text, and against the labels."""
    score = ROOT / "tests" / "callers" / "score.py"
    done = subprocess.run(
        [sys.executable, str(score), str(out / "audit.json"), version, str(tree)],
        capture_output=True,
        text=True,
    )
    figures = dict(re.findall(r"^(\S.*?\S)  +([\d/]+(?: = \S+)?)$", done.stdout, re.MULTILINE))
    names = ("calls listed", "handling right")
    if done.stderr or not {*names} <= set(figures):
        raise Unmeasured(f"tests/callers/score.py: {done.stderr.strip() or done.stdout}")
    wanted = ("all", ">= 0.95")
    return [
        Row(f"{version}: {name}", figures[name], want, done.returncode == 0)
        for name, want in zip(names, wanted)
    ]


def bindings(version: str, out: Path) -> Row:
    found = len(read(out / "audit.json")["coverage"])
    want = BINDINGS[version]
    return Row(f"{version}: bindings", str(found), str(want), found == want)


def speed(version: str, tree: Path, scratch: Path) -> list[Row]:
    """Cold audits beside one trivial semantic patch on the same files, then audits with little to do."""
    cache, out = scratch / "cache", scratch / "out"

    def cold() -> Run:
        shutil.rmtree(cache, ignore_errors=True)
        return timed(audit(str(tree), out, cache))

    def warm() -> Run:
        return timed(audit(str(tree), out, cache))

    first = cold()  # also brings the tree into the page cache
    cold_seconds = median(cold)
    files = [str(tree / name) for name in read(out / "closure.json")["files"]]
    (scratch / "trivial.cocci").write_text(TRIVIAL, encoding="utf-8")
    (scratch / "files").write_text("\n\n".join(files) + "\n", encoding="utf-8")
    spatch = [
        "spatch",
        "--no-includes",
        "--very-quiet",
        "--sp-file",
        str(scratch / "trivial.cocci"),
    ]
    spatch += ["--jobs", str(os.cpu_count()), "--file-groups", str(scratch / "files")]
    trivial = median(lambda: timed(spatch, cwd=scratch))

    ratio = cold_seconds / trivial
    rows = [
        Row(f"{version}: cold audit", f"{cold_seconds:.2f} s", "<= 5 s", cold_seconds <= 5),
        Row(f"{version}: trivial semantic patch, same files", f"{trivial:.2f} s", "", True),
        Row(f"{version}: cold audit / trivial", f"{ratio:.2f}", "<= 3", ratio <= 3),
    ]
    unchanged = median(warm)
    start = median(lambda: timed([sys.executable, "-IB", "-c", "pass"]))
    measured = f"{unchanged:.2f} s (Python starts in {start:.2f} s)"
    rows.append(Row(f"{version}: unchanged tree", measured, "<= 0.4 s", unchanged <= 0.4))
    rows.append(
        Row(
            f"{version}: memory of the largest process",
            f"{first.megabytes:.0f} MB",
            "<= 500 MB",
            first.megabytes <= 500,
        )
    )
    return rows


def one_file_changed(version: str, tree: Path, scratch: Path) -> Row:
    """On a tree of links to the real one, its drivers/iommu copied: the audited tree is not written to."""
    copy, cache, out = scratch / "copy", scratch / "cache", scratch / "out"
    shutil.copytree(tree, copy, copy_function=os.link, symlinks=True)
    shutil.rmtree(copy / "drivers" / "iommu")
    shutil.copytree(tree / "drivers" / "iommu", copy / "drivers" / "iommu", symlinks=True)
    time.sleep(1.1)  # what is younger than a second is not cached
    timed(audit(str(copy), out, cache))
    binding = next(entry for entry in read(out / "audit.json")["coverage"])
    source = copy / str(binding["file"])
    callback = f"{binding['callback']}("

    def change() -> Run:
        text = source.read_text(encoding="utf-8")
        body = text.index("\n{", text.index(callback)) + 2
        source.write_text(text[:body] + "\n\tbarrier();" + text[body:], encoding="utf-8")
        return timed(audit(str(copy), out, cache))

    seconds = median(change)
    return Row(f"{version}: one callback changed", f"{seconds:.2f} s", "<= 0.9 s", seconds <= 0.9)


def front(out: Path, tree: Path) -> list[Row]:
    """What the command itself takes: a rule's page over Python's own start, and all writers for a
    change's findings (here: those of one rule)."""
    command = str(ROOT / "run-audit.sh")
    start = median(lambda: timed([sys.executable, "-IB", "-c", "pass"]))
    explain = median(lambda: timed([command, "--explain", "errno-masked"])) - start
    audit = str(out / "audit.json")
    formats = "html sarif markdown rdjson codequality ktap junit"
    write = [command, "write", audit, "--format", formats, "--tree", str(tree)]
    write += ["--rule", "errno-masked"]
    read = [command, "codequality", audit, "--rule", "errno-masked"]
    writers = median(lambda: timed(write)) - median(lambda: timed(read))
    return [
        Row("a rule's page, over Python's start", f"{explain:.2f} s", "<= 0.1 s", explain <= 0.1),
        Row("all writers for a change", f"{writers:.2f} s", "<= 0.3 s", writers <= 0.3),
    ]


def finding(version: str, tree: Path, scratch: Path) -> Row:
    """Finding the files against grep -rl for the same string, page cache warm."""
    cache = scratch / "scan"
    checks = [str(ROOT / "build" / "attach-checks"), "scan", "--tree", str(tree)]
    checks += ["--cache", str(cache), "--contract", str(ROOT / "contract.json")]
    checks += ["--out", str(scratch / "scan.json")]

    def scan() -> Run:
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir()
        return timed(checks)

    grep = median(lambda: timed(["grep", "-rl", "attach_dev", str(tree)]))
    found = median(scan)
    ratio = found / grep
    measured = f"{found:.2f} s / {grep:.2f} s = {ratio:.2f}"
    return Row(f"{version}: finding the files / grep -rl", measured, "<= 1.5", ratio <= 1.5)


RULES = ROOT / "semantic-patches" / "coccicheck"
FOUND = {"6.1": 20, "7.2": 10}  # least number of sure changes that the standalone rules report


def standalone(version: str, tree: Path, scratch: Path) -> list[Row]:
    """The rules for make coccicheck, each over drivers/iommu with one job: what they report, and how long it takes."""
    rows, seconds, said = [], 0.0, ""
    for rule in sorted(RULES.glob("*.cocci")):
        command = ["spatch", "-D", "report", "--no-show-diff", "--very-quiet", "--no-includes"]
        command += ["--cocci-file", str(rule), "--dir", "drivers/iommu"]
        took = median(lambda: timed(command, cwd=tree))
        seconds += took
        rows.append(Row(f"{version}: {rule.stem}", f"{took:.2f} s", "<= 3 s", took <= 3))
        said += subprocess.run(command, cwd=tree, capture_output=True, text=True).stdout
    rows.append(Row(f"{version}: all of them", f"{seconds:.2f} s", "<= 12 s", seconds <= 12))
    if version not in FOUND:
        return rows
    report = scratch / "rules.report"
    report.write_text(said, encoding="utf-8")
    truth = TRUTH / f"linux-{version}.json"
    command = [sys.executable, str(TRUTH / "score_rules.py"), str(report), str(truth)]
    command += ["--not-reaching", str(truth.with_name(f"linux-{version}-not-reaching.json"))]
    done = subprocess.run(command, capture_output=True, text=True)
    figures = dict(re.findall(r"^(\S.*?\S)  *([\d/]+(?: = \S+)?)$", done.stdout, re.MULTILINE))
    if done.returncode or len(figures) != 3:
        raise Unmeasured(f"tests/truth/score_rules.py: {done.stderr.strip() or done.stdout}")
    found, precise, trapped = figures.values()
    least = FOUND[version]
    enough = int(found.split("/")[0]) >= least
    return rows + [
        Row(f"{version}: sure changes the rules report", found, f">= {least}", enough),
        Row(
            f"{version}: their reports that are right",
            precise,
            ">= 0.95",
            float(precise.split(" = ")[-1]) >= 0.95,
        ),
        Row(f"{version}: their reports on traps", trapped, "0", trapped == "0"),
    ]


def measure(gate: bool, trees: list[str]) -> list[Row]:
    rows = []
    versions = [] if trees else ["6.1"] if gate else list(BINDINGS)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix="attach-audit.", dir=home
    ) as folder:  # beside the trees
        for version in versions:
            install_source(version)
            scratch = Path(folder) / version
            out = scratch / "out"
            timed(audit(f"debian-{version}", out))
            tree = Path(read(out / "audit.json")["kernel"]["path"])
            if version == "6.1":
                rows += accuracy(out)
            rows.append(bindings(version, out))
            rows += callers(version, out, tree)
            if not gate:
                rows += engines(tree, scratch) if version == "6.1" else []
                rows += value_flow(version, tree, scratch)
                rows += paths(version, tree, scratch)
                rows += speed(version, tree, scratch)
                rows += standalone(version, tree, scratch)
                rows.append(one_file_changed(version, tree, scratch))
                rows += front(out, tree) if version == "6.1" else []
                rows.append(finding(version, tree, scratch))
        for name in trees:
            makefile = (Path(name) / "Makefile").read_text(encoding="utf-8")
            major, minor = re.findall(r"^(?:VERSION|PATCHLEVEL) = (\d+)$", makefile, re.MULTILINE)[
                :2
            ]
            rows += standalone(f"{major}.{minor}", Path(name), Path(folder))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--gate", action="store_true", help="accuracy alone; status 1 below minimum"
    )
    parser.add_argument(
        "--rules",
        metavar="TREE",
        nargs="+",
        default=[],
        help="the standalone rules alone, on these kernel trees",
    )
    args = parser.parse_args()
    gate = args.gate
    try:
        rows = measure(gate, args.rules)
    except (Unmeasured, OSError, ValueError) as reason:
        print(f"bench: {reason}", file=sys.stderr)
        return 2
    width = max(len(row.what) for row in rows)
    for row in rows:
        said = "" if row.met else "  MISSED"
        print(f"{row.what:<{width}}  {row.measured:<24}  {row.target}{said}".rstrip())
    return int(gate and not all(row.met for row in rows))


if __name__ == "__main__":
    sys.exit(main())
