#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Plants wrong errnos where the right one stands, and asks whether the audit finds each with the right one suggested.

In: kernel trees and the labels of their sites (tests/truth/linux-VERSION.json); out: one figure a tree, with --verbose what
was missed; exit status 0 whatever the figures, 2 where something cannot be read. One label a driver is planted at a time, in a
copy of the files that an audit reads, so that the labels of a tree take as many audits as its busiest driver has.

planted.py 6.1=DIR [7.2=DIR ...] [--engines coccinelle] [--verbose]
"""
import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WRONG = {
    "incompatible": ("EXDEV", "EFAULT", "EPERM"),
    "hard": ("EINVAL",),
    "nomem": ("EINVAL", "ENODEV"),
    "nospace": ("EINVAL", "EPERM"),
    "busy": ("EXDEV", "EPERM"),
}
READ = ("drivers/iommu", "arch/powerpc/kernel", "include/linux", "Makefile")


def audit(tree: Path, out: Path, engines: str) -> Any:
    done = subprocess.run(
        [ROOT / "run-audit.sh", "--kernel", tree, "--engines", engines, "--out", out, "--quiet"],
        capture_output=True,
        text=True,
    )
    try:
        return json.loads((out / "audit.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        sys.exit(f"planted: {tree}: no audit: {done.stderr.strip()}")


def labels(version: str) -> list[dict[str, Any]]:
    """Sure sites that are right as they are, each with the one errno that is."""
    with open(ROOT / f"tests/truth/linux-{version}.json", encoding="utf-8") as f:
        rows: list[dict[str, Any]] = json.load(f)
    return [
        r
        for r in rows
        if r["verdict"] == "ok"
        and r["confidence"] in ("certain", "likely")
        and r["op"] == "attach_dev"
        and r["class"] in WRONG
    ]


def plant(tree: Path, label: dict[str, Any], wrong: str) -> bool:
    """Replaces the label's errno on its line; False where it does not stand there."""
    path = tree / label["file"]
    lines = path.read_text(encoding="utf-8").split("\n")
    at = label["line"] - 1
    changed = re.sub(rf"-{label['errno']}\b", f"-{wrong}", lines[at], count=1)
    if changed == lines[at]:
        return False
    lines[at] = changed
    path.write_text("\n".join(lines), encoding="utf-8")
    return True


def found(label: dict[str, Any], wrong: str, result: Any) -> bool:
    return any(
        s["file"] == label["file"]
        and s["function"] == label["function"]
        and abs(s["line"] - label["line"]) <= 2
        and s["errno"] == wrong
        and s["verdict"] == "change"
        and s["expected"][:1] == [label["errno"]]
        for s in result["sites"]
    )


def measure(version: str, tree: Path, engines: str, verbose: bool) -> str:
    by_file: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for label in labels(version):
        by_file[label["file"]].append(label)
    planted = hits = number = 0
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        copy = Path(folder, "tree")
        for name in READ:
            source = tree / name
            if source.is_dir():
                shutil.copytree(source, copy / name, symlinks=True)
            elif source.exists():
                shutil.copy(source, copy / name)
        for turn in range(max(map(len, by_file.values()))):
            now = []
            for file, rows in sorted(by_file.items()):
                shutil.copy(tree / file, copy / file)
                if turn >= len(rows):
                    continue
                wrongs = WRONG[rows[turn]["class"]]
                wrong = wrongs[number % len(wrongs)]
                number += 1
                if plant(copy, rows[turn], wrong):
                    now.append((rows[turn], wrong))
            result = audit(copy, Path(folder, "out"), engines)
            for label, wrong in now:
                planted += 1
                hit = found(label, wrong, result)
                hits += hit
                if verbose and not hit:
                    print(
                        f"  missed: {label['file']}:{label['line']}: -{label['errno']} -> -{wrong} ({label['class']})"
                    )
    return f"planted errnos found, {version} ({engines}): {hits}/{planted} = {hits / planted:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("trees", nargs="+", metavar="VERSION=DIR")
    parser.add_argument("--engines", default="coccinelle")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    for pair in args.trees:
        version, _, tree = pair.partition("=")
        print(measure(version, Path(tree), args.engines, args.verbose), flush=True)


if __name__ == "__main__":
    main()
