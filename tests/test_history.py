# SPDX-License-Identifier: GPL-2.0-only
"""In: small audits, trees and git directories as versions; out: histories, shards and their merge, compared exactly."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from test_report import DRIVER, EINVAL_ID, EXDEV_ID, ROOT, make_audit, make_finding, make_site

from report import history, versions
from report.file import Complaint
from report.model import parse_audit

CHECKS = Path(os.environ.get("ATTACH_CHECKS") or ROOT / "build" / "attach-checks")


def version(name: str, audit: dict[str, Any] | None) -> history.Version:
    return history.Version(
        name, parse_audit(audit) if audit else None, "" if audit else "no", audit
    )


def fixed() -> dict[str, Any]:
    """The later version: EXDEV is mended, one finding moved, one appeared, no mixture is left."""
    audit = make_audit()
    audit["sites"][0].update(errno="EINVAL", verdict="ok")
    audit["sites"].append(make_site("s4", 90, function="wren_set"))
    moved = make_finding(EINVAL_ID.replace("3c4d", "99"), "s2", "-EINVAL for a broken device")
    new = make_finding("incompatible-not-einval:new", "s4", "-EXDEV where the domain does not fit")
    audit["findings"] = [moved, new]
    audit["drivers"][0]["mixed"] = False
    return audit


def three() -> history.History:
    names = ("v1", "v2", "v3")
    return history.History(
        names, (version("v1", make_audit()), version("v2", None), version("v3", fixed()))
    )


def test_text() -> None:
    assert (
        history.write(three())
        == f"""\
               v1  v2  v3
drivers         1   -   1
bindings        1   -   1
not analysed    0   -   0
sites           3   -   4
ok              0   -   1
review          1   -   1
change          2   -   2
mixed drivers   1   -   0
incompatible
  EXDEV         1   .   1
  EINVAL        .   .   1
hard
  EINVAL        1   .   1
  ENXIO         1   .   1
v2: not audited: no

v1 -> v3: 1 appeared, 2 fixed, 1 moved or reworded
  + {DRIVER}:90: -EXDEV where the domain does not fit [incompatible-not-einval]
  - {DRIVER}:31: -EXDEV where the domain does not fit [incompatible-not-einval]
  - {DRIVER}:31: misfits and hard failures are not kept apart [mixed-driver]
"""
    )


def test_page() -> None:
    page = history.page(three())
    assert "v2 was not audited:</b> no" in page
    assert page.count("+ appeared</b>") == 1 and page.count("− fixed</b>") == 2
    assert (
        "<script" not in page and " style=" not in page and "http" not in page.split("</style>")[1]
    )


def test_page_of_nothing() -> None:
    nothing = history.History(("v1",), (version("v1", None),))
    assert "No version was audited." in history.page(nothing)
    assert history.write(nothing) == "  v1\nv1: not audited: no\n"


def save(path: Path, found: history.History) -> str:
    path.write_text(json.dumps(history.to_json(found)))
    return str(path)


def test_merge_is_the_whole_in_any_order(tmp_path: Path) -> None:
    whole = three()
    parts = [history.History(whole.names, (v,)) for v in whole.versions]
    paths = [save(tmp_path / f"{i}.json", part) for i, part in enumerate(parts)]
    for order in (paths, paths[::-1], [*paths, paths[1]]):
        assert history.to_json(history.merge(order)) == history.to_json(whole)


def test_merge_tells_what_is_missing_or_does_not_belong(tmp_path: Path) -> None:
    whole = three()
    one = save(tmp_path / "1.json", history.History(whole.names, whole.versions[:1]))
    with pytest.raises(Complaint, match="v2, v3: in none of these shards"):
        history.merge([one])
    other = save(tmp_path / "2.json", history.History(("v1", "v9"), ()))
    with pytest.raises(Complaint, match="not of the same history"):
        history.merge([one, other])
    differs = history.History(whole.names, (version("v1", fixed()),))
    with pytest.raises(Complaint, match="v1: audited before, otherwise"):
        history.merge([one, save(tmp_path / "3.json", differs)])


@pytest.mark.parametrize("shard", ["", "0/2", "3/2", "1", "a/b", "1/0", "-1/2"])
def test_bad_shard(shard: str) -> None:
    with pytest.raises(Complaint, match="no shard: give I/N"):
        versions._shard(shard)


# ------------------------------------------------------------------ end to end


@pytest.fixture
def trees(tmp_path: Path) -> list[Path]:
    """The sample twice, the second time with an errno mended and another driver gone."""
    if not CHECKS.exists():
        pytest.skip(f"{CHECKS} is not built: make build")
    first, second = tmp_path / "one", tmp_path / "two"
    for tree in (first, second):
        shutil.copytree(ROOT / "sample", tree)
    driver = second / "drivers/iommu/hestor-iommu.c"
    text = driver.read_text()
    assert "-EEXIST" in text
    driver.write_text(text.replace("-EEXIST", "-EBUSY"))
    return [first, second]


def run(*arguments: str | Path, cache: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/usr/bin/python3", "-m", "report", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"XDG_CACHE_HOME": str(cache), "FORMAT": "html", "SHARD": "7/7"},
        capture_output=True,
        text=True,
    )


def test_trees_and_shards(trees: list[Path], tmp_path: Path) -> None:
    listed = " ".join(map(str, trees))
    whole = tmp_path / "whole"
    done = run("history", "--trees", listed, "--out", whole, cache=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "one -> two: 0 appeared, 1 fixed\n  - drivers/iommu/hestor-iommu.c:" in done.stdout
    assert done.stderr.startswith("attach-audit: one (1 of 2)\nattach-audit: two (2 of 2, about ")
    shards = []
    for i in (1, 2):
        out = tmp_path / f"shard{i}"
        done = run("history", "--trees", listed, "--shard", f"{i}/2", "--out", out, cache=tmp_path)
        assert done.returncode == 0, done.stderr
        shards.append(out / f"history-{i}-of-2.json")
    merged = tmp_path / "merged"
    assert run("merge", *shards[::-1], "--out", merged, cache=tmp_path).returncode == 0
    for name in ("history.json", "history.html", "history.txt"):
        assert (merged / name).read_bytes() == (whole / name).read_bytes()
    assert str(tmp_path) not in (whole / "history.json").read_text()


def test_revisions(trees: list[Path], tmp_path: Path) -> None:
    repository = tmp_path / "git"
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    repository.mkdir()
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    for tree in trees:
        for old in repository.iterdir():
            if old.name != ".git":
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        shutil.copytree(tree, repository, dirs_exist_ok=True)
        (repository / "Documentation.txt").write_text("not needed\n")
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-qm", tree.name], check=True)
        subprocess.run([*git, "tag", tree.name], check=True)
    before = sorted(p for p in repository.rglob("*"))
    out = tmp_path / "out"
    arguments = ("--kernel", repository, "--revs", "one two", "--out", out)
    done = run("history", *arguments, cache=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(p for p in repository.rglob("*")) == before
    assert sorted(p.name for p in out.iterdir()) == [
        ".review.lock",
        "01-one",
        "02-two",
        "history.html",
        "history.json",
        "history.txt",
    ]
    of_trees = tmp_path / "of-trees"
    run("history", "--trees", " ".join(map(str, trees)), "--out", of_trees, cache=tmp_path)
    assert (out / "history.json").read_bytes() == (of_trees / "history.json").read_bytes()

    done = run("history", "--kernel", repository, "--revs", "one v9", "--out", out, cache=tmp_path)
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr == (
        f"attach-audit: v9: no such revision in {repository}: fetch it or name another\n"
    )


def test_a_tree_that_cannot_be_audited_is_told(trees: list[Path], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    out = tmp_path / "out"
    done = run("history", "--trees", f"{trees[0]} {empty}", "--out", out, cache=tmp_path)
    assert done.returncode == 2
    assert "\nempty: not audited: " in done.stdout and "empty folder" in done.stdout
    assert "empty was not audited" in (out / "history.html").read_text()


@pytest.mark.parametrize(
    "arguments, problem",
    [
        ([], "give REVS with KERNEL=gitdir, or TREES"),
        (["--revs", "a", "--trees", "b"], "give REVS with KERNEL=gitdir, or TREES"),
        (["--trees", "/nowhere"], "/nowhere: no such folder"),
        (["--trees", "/tmp /tmp"], "one tree is named twice"),
        (["--kernel", "/nowhere", "--revs", "a"], "name a git directory and its revisions"),
        (["--kernel", ".", "--revs=--help"], "no such revision"),
    ],
)
def test_misuse(tmp_path: Path, arguments: list[str], problem: str) -> None:
    done = run("history", *arguments, "--out", tmp_path / "out", cache=tmp_path)
    assert (done.stdout, done.returncode) == ("", 2)
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


def test_unwritable_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("history", "--trees", ROOT, "--out", tmp_path / "file" / "out", cache=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "choose a writable OUT" in done.stderr
