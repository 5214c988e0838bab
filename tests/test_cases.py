"""In: tests/cases/, small invented drivers with the right answer beside the lines; out: what an audit says otherwise.

By hand: python3 tests/test_cases.py [--engines LIST] [CASE ...]. tests/cases/README.md has the words of the comments.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
CASES = Path(__file__).resolve().parent / "cases"
SAMPLE = ROOT / "sample"

COMMENT = re.compile(r"/\* (site|trap|none|open|gap|caller|finding): ?(.*?) ?\*/")
WORDS = {
    "site": {"errno", "class", "verdict", "expected", "confidence", "op", "gap", "engine"},
    "caller": {"class"},
    "finding": {"rule"},
}
PAIR = {"misfit-not-tested", "test-changes-state"}  # where one stands, a comment says so
OF_TREE = ("drivers", "include", "arch")

Place = tuple[str, int]
Audit = dict[str, Any]


@dataclass(frozen=True)
class Comment:
    """One of them: of what kind, where, and its words (`class=hard|nomem` is {"class": {"hard", "nomem"}})."""

    kind: str
    file: str
    line: int
    words: dict[str, frozenset[str]]

    @property
    def place(self) -> Place:
        return self.file, self.line

    def __str__(self) -> str:
        words = (f"{key}={'|'.join(sorted(values))}" for key, values in self.words.items())
        return f"{self.file}:{self.line}: {self.kind}: {' '.join(words)}"


def all_cases() -> list[Path]:
    return sorted(
        p
        for p in CASES.iterdir()
        if p.suffix == ".c" or (p.is_dir() and p.name not in ("__pycache__", "include"))
    )


def is_caller(case: Path) -> bool:
    return case.name.startswith("caller-")


def is_tested(case: Path) -> bool:
    return case.name.startswith("tested-")


def make_tree(case: Path, tree: Path) -> list[Path]:
    """A tree around one case. Gives back the case's own files as they stand in it, those behind links too."""
    shutil.copytree(CASES / "include", tree / "include")
    shutil.copy(SAMPLE / "Makefile", tree)
    (tree / "drivers/iommu").mkdir(parents=True)
    if is_tested(case):
        header = tree / "include/linux/iommu.h"
        start, rest = header.read_text().split("/**\n * struct iommu_domain_ops", 1)
        part = (CASES / "tested.h").read_text().partition("/**\n")[2]
        header.write_text(
            f"{start}/**\n{part}\n/**\n * struct iommu_ops"
            + rest.partition("/**\n * struct iommu_ops")[2]
        )
    if is_caller(case):
        shutil.copy(SAMPLE / "drivers/iommu/iommu.c", tree / "drivers/iommu")
    if case.is_file():
        folder = tree / ("drivers/misc" if is_caller(case) else "drivers/iommu")
        folder.mkdir(exist_ok=True)
        return [Path(shutil.copy(case, folder))]
    top = tree
    if not any((case / name).is_dir() for name in OF_TREE):
        top = tree / "drivers/iommu" / case.name
    shutil.copytree(
        case, top, dirs_exist_ok=True, ignore=shutil.ignore_patterns("links", "outside")
    )
    files = [top / p.relative_to(case) for p in case.rglob("*") if p.is_file()]
    if (case / "outside").is_dir():
        shutil.copytree(case / "outside", tree.parent / "outside")
    if (case / "links").is_file():
        for line in (case / "links").read_text(encoding="utf-8").splitlines():
            name, target = line.split(" -> ")
            (top / name).symlink_to(target)
            files += [top / name, *(top / name).rglob("*")]
    return sorted(p for p in files if p.is_file() and p.name != "links")


def read_comments(tree: Path, files: list[Path]) -> Iterator[Comment]:
    for path in files:
        name = path.relative_to(tree).as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for kind, said in COMMENT.findall(line):
                words = {}
                if kind in WORDS:
                    pairs = dict(word.split("=", 1) for word in said.split())
                    words = {key: frozenset(value.split("|")) for key, value in pairs.items()}
                    if not words.keys() <= WORDS[kind]:
                        raise ValueError(f"{name}:{number}: see tests/cases/README.md")
                yield Comment(kind, name, number, words)


def otherwise(want: Comment, have: dict[str, str]) -> list[str]:
    """The words in which a comment and an audit differ."""
    wrong = {k: have[k] for k in have if k in want.words and have[k] not in want.words[k]}
    return [f"{want}: but {wrong}"] if wrong else []


def site_words(site: dict[str, Any]) -> dict[str, str]:
    words = {key: str(site[key]) for key in ("errno", "class", "verdict", "confidence")}
    return words | {"expected": (site["expected"] or ["-"])[0]}


def below(path: str, folder: str) -> bool:
    return f"{path}/".startswith(f"{folder}/")


def compare_sites(audit: Audit, comments: list[Comment]) -> list[str]:
    """What differs between a driver's comments and its audit, a line each."""
    sites = [c for c in comments if c.kind == "site"]
    refusable = {c.file for c in comments if c.kind == "gap"}
    excused = {name for c in sites for name in c.words.get("gap", ())}
    gaps = [c for c in audit["coverage"] if c["status"] != "analysed"]
    unread = {c["callback"] for c in gaps}

    said = [] if audit["coverage"] else ["no binding was found"]
    for c in gaps:
        if c["callback"] not in excused and not any(below(f, c["file"]) for f in refusable):
            said.append(f"not analysed: {c['callback']}: {c['why']}")
    named = set()
    for want in sites:
        op = want.words.get("op", frozenset({"attach_dev"}))
        here = [s for s in audit["sites"] if (s["file"], s["line"]) == want.place and s["op"] in op]
        got = [s for s in here if s["errno"] in want.words["errno"]]
        in_gap = want.file in refusable and any(below(want.file, c["file"]) for c in gaps)
        if not got and (in_gap or want.words.get("gap", frozenset()) & unread):
            continue
        if not here:
            said.append(f"{want}: but nothing")
            continue
        site = (got or here)[0]
        named.add(site["id"])
        said += otherwise(want, site_words(site))
    free = {c.place for c in comments if c.kind in ("none", "trap")}
    silent = {c.place for c in comments if c.kind == "none"}
    judged_freely = {c.place for c in comments if c.kind == "open"}
    for site in audit["sites"]:
        place = (site["file"], site["line"])
        change = site["verdict"] == "change"
        known = site["id"] in named or place in judged_freely
        if place in silent or (change and (place in free or not known)):
            said.append(f"{place[0]}:{place[1]}: no such site: {site_words(site)}")
    return said


def compare_pairs(audit: Audit, comments: list[Comment]) -> list[str]:
    """Of the rules about an operation and its test: findings without a comment, and comments without."""
    at = {s["id"]: (s["file"], s["line"]) for s in audit["sites"]}
    have = {
        (*at.get(f["site"], (f.get("file"), f.get("line"))), f["rule"])
        for f in audit["findings"]
        if f["rule"] in PAIR
    }
    want = {(*c.place, rule) for c in comments if c.kind == "finding" for rule in c.words["rule"]}
    said = [f"{file}:{line}: no {rule}" for file, line, rule in sorted(want - have)]
    return said + [f"{file}:{line}: {rule}" for file, line, rule in sorted(have - want)]


def compare_callers(audit: Audit, comments: list[Comment]) -> list[str]:
    said = []
    for want in (c for c in comments if c.kind == "caller"):
        got = [c for c in audit["callers"] if (c["file"], c["line"]) == want.place]
        said += otherwise(want, {"class": got[0]["class"]}) if got else [f"{want}: but nothing"]
    return said


def differences(case: Path, folder: Path, engines: str) -> list[str]:
    """Audits one case in a tree of its own in FOLDER."""
    tree, out = folder / "tree", folder / "out"
    files = make_tree(case, tree)
    comments = [
        c for c in read_comments(tree, files) if engines in c.words.get("engine", {engines})
    ]
    done = subprocess.run(
        ["./run-audit.sh", "--kernel", tree, "--out", out, "--engines", engines, "--quiet"],
        cwd=ROOT,
        env={"XDG_CACHE_HOME": str(folder / "cache"), **os.environ},
        capture_output=True,
        text=True,
        timeout=300,
    )
    if not (out / "audit.json").is_file():
        return [f"no audit: {done.stderr}"]
    audit = json.loads((out / "audit.json").read_text(encoding="utf-8"))
    complete = all(c["status"] == "analysed" for c in audit["coverage"])
    if not is_caller(case) and not complete and done.returncode != 2:
        return [f"exit status {done.returncode} of an audit that is not complete"]
    if is_caller(case):
        return compare_callers(audit, comments)
    return compare_sites(audit, comments) + compare_pairs(audit, comments)


@pytest.mark.parametrize("engine", ["coccinelle", "sparse"])
@pytest.mark.parametrize("case", all_cases(), ids=lambda case: str(case.name))
def test_case(case: Path, engine: str, tmp_path: Path) -> None:
    said = differences(case, tmp_path, engine)
    assert not said, "\n".join(said)


def an_audit(**site: Any) -> Audit:
    found = {"file": "a.c", "line": 3, "op": "attach_dev", "errno": "EINVAL", "class": "hard"}
    found |= {"verdict": "change", "confidence": "high", "expected": ["ENODEV"], "id": "1"}
    row = {"callback": "f", "file": "a.c", "status": "analysed", "why": ""}
    return {"sites": [found | site], "coverage": [row]}


def comment(kind: str, line: int, **words: str) -> Comment:
    return Comment(kind, "a.c", line, {k: frozenset(v.split("|")) for k, v in words.items()})


def test_comments_are_compared_in_both_directions() -> None:
    right = comment("site", 3, errno="EINVAL", verdict="change|review", expected="ENODEV")
    assert compare_sites(an_audit(), [right]) == []
    assert len(compare_sites(an_audit(), [])) == 1
    assert compare_sites(an_audit(), [comment("open", 3)]) == []
    assert len(compare_sites(an_audit(), [comment("trap", 3)])) == 1
    assert compare_sites(an_audit(verdict="ok"), [comment("trap", 3)]) == []
    assert len(compare_sites(an_audit(verdict="ok"), [comment("none", 3)])) == 1
    assert len(compare_sites(an_audit(expected=["EBUSY"]), [right])) == 1
    assert len(compare_sites(an_audit(line=4), [right])) == 2


def test_a_gap_excuses_only_what_it_names() -> None:
    audit = an_audit(line=9, verdict="ok")
    audit["coverage"][0] |= {"status": "partial", "why": "line 3"}
    excused = comment("site", 3, errno="EINVAL", gap="f")
    assert compare_sites(audit, [excused]) == []
    assert compare_sites(audit, [comment("site", 3, errno="EINVAL"), comment("gap", 1)]) == []
    assert len(compare_sites(audit, [comment("site", 3, errno="EINVAL")])) == 2
    assert len(compare_sites(audit, [comment("site", 3, errno="EINVAL", gap="g")])) == 2
    assert compare_sites({"sites": [], "coverage": []}, []) == ["no binding was found"]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--engines", default="coccinelle")
    parser.add_argument("cases", nargs="*", type=Path, metavar="CASE")
    options = parser.parse_args()
    right = 0
    cases = options.cases or all_cases()
    for case in cases:
        with tempfile.TemporaryDirectory() as folder:
            said = differences(case.resolve(), Path(folder), options.engines)
        right += not said
        if said:
            print(f"{case.name}:", *said, sep="\n    ")
    print(f"right: {right} of {len(cases)}")
    return right != len(cases)


if __name__ == "__main__":
    sys.exit(main())
