#!/usr/bin/env python3
"""In: audit.json of a Linux tree, its version as calls.json has it, the tree; out: how many calls of entry
points are listed, against a plain search of the text, how many handlings are right, and how many of the messages
that the labels tell of are seen.

Status 1 where a call is missing or fewer than 95 % are right.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

LEAST = 0.95
TABLE = Path(__file__).with_name("calls.json")
Key = tuple[str, str, str, int]


def key(call: dict[str, Any]) -> Key:
    return call["file"], call["function"], call["entry_point"], call["ordinal"]


def searched(tree: Path, names: list[str], core: set[str]) -> set[tuple[str, int]]:
    """(file, line) of every `NAME(` that is neither declared nor defined there, by grep and eye-level rules."""
    folders = [f for f in sorted(tree.iterdir()) if f.is_dir()]
    skipped = {"Documentation", "tools", ".git"}
    done = subprocess.run(
        ["grep", "-rnwE", "|".join(names), "--include=*.[ch]"]
        + [str(f) for f in folders if f.name not in skipped],
        capture_output=True,
        text=True,
        errors="replace",
    )
    found = set()
    for row in done.stdout.splitlines():
        name, number, text = row.split(":", 2)
        file = Path(name).relative_to(tree).as_posix()
        call = re.search(rf"\b({'|'.join(names)})\b", text)
        comment = re.match(r"\s*(\*|/\*|//)", text)
        declared = re.match(r"(extern |static |inline |int |void )", text)
        if call and not comment and not declared and file not in core:
            found.add((file, int(number)))
    return found


def main() -> int:
    if len(sys.argv) != 4:
        print("usage: score.py AUDIT.json VERSION TREE", file=sys.stderr)
        return 2
    audit = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    table = json.loads(TABLE.read_text(encoding="utf-8"))["calls"]
    labels = {key(c): c["class"] for c in table if c["version"] == sys.argv[2]}
    said = {key(c): c["class"] for c in audit["callers"]}
    logs = {key(c): any(e["logs"] for e in c["ends"]) for c in audit["callers"]}
    logged = [key(c) for c in table if c["version"] == sys.argv[2] and c.get("logs")]
    names = sorted(p["name"] for p in audit["entry_points"])
    core = {p["file"] for p in audit["entry_points"]}
    text = searched(Path(sys.argv[3]), names, core)
    listed = {(c["file"], c["line"]) for c in audit["callers"]}
    for file, line in sorted(text - listed):
        print(f"not listed: {file}:{line}")
    for file, line in sorted(listed - text):
        print(f"not in the text: {file}:{line}")
    right = 0
    for call, label in sorted(labels.items()):
        right += said.get(call) == label
        if said.get(call) != label:
            print(f"{call[0]}: {call[1]}: {call[2]} {call[3]}: {said.get(call)}, labelled {label}")
    for call in logged:
        if not logs.get(call):
            print(f"{call[0]}: {call[1]}: {call[2]} {call[3]}: its message is not seen")
    seen = sum(logs.get(call, False) for call in logged)
    share = right / len(labels) if labels else 0.0
    print(f"calls listed            {len(text & listed)}/{len(text)}")
    print(f"handling right          {right}/{len(labels)} = {share:.3f}")
    print(f"messages seen           {seen}/{len(logged)}")
    return int(text != listed or share < LEAST)


if __name__ == "__main__":
    sys.exit(main())
