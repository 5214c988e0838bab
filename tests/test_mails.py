"""In: mails of every shape that lists have, for one small tree; out: the replies, byte for byte.

tests/review/NAME.mbox is a mail or a series, NAME.tree what the maintainer's tree differs in from
tests/review/tree, NAME.reply what is printed and, below a line of =, review.mbox.
MAILS_UPDATE=1 writes the replies anew, to be read aloud.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAILS = Path(__file__).resolve().parent / "review"
NAMES = sorted(path.stem for path in MAILS.glob("*.mbox"))
EMPTY = '{"schema": "attach-audit-baseline/1", "findings": [], "mixed": []}\n'
STATUS = {name: 1 for name in NAMES} | {"part": 2, "moved": 2}  # incomplete
CONFIG = "[user]\n\tname = M Aintainer\n\temail = maintainer@example.org\n"


def run(folder: Path, tree: Path, mbox: Path, known: str) -> tuple[int, str]:
    """Status, and what is printed with what is written."""
    baseline = folder / "baseline.json"
    baseline.write_text(known, encoding="utf-8")
    (folder / ".gitconfig").write_text(CONFIG, encoding="utf-8")
    names = ("KERNEL", "OUT", "ENGINES", "BASELINE", "CONTRACT", "BASE", "MBOX", "DRIVER")
    env = {k: v for k, v in os.environ.items() if k not in names}
    env |= {"XDG_CACHE_HOME": str(folder / "cache"), "HOME": str(folder)}
    done = subprocess.run(
        [str(ROOT / "run-audit.sh"), "--kernel", str(tree), "--mbox", str(mbox), "--out", "out",
         "--baseline", str(baseline)],
        cwd=folder,
        env=env,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )  # fmt: skip
    assert done.stderr == ""
    replies = (folder / "out/review.mbox").read_text(encoding="utf-8")
    return done.returncode, f"{done.stdout}{'=' * 72}\n{replies}"


def maintainers_tree(folder: Path, name: str) -> Path:
    tree = folder / "tree"
    shutil.copytree(MAILS / "tree", tree)
    change = MAILS / f"{name}.tree"
    if change.exists():
        command = ["git", "apply", "--whitespace=nowarn", str(change)]
        subprocess.run(command, cwd=tree, check=True, env={**os.environ, "GIT_DIR": str(folder)})
    return tree


def known_by(name: str) -> str:
    """The baseline: one finding of the mail named "known" is."""
    if name != "known":
        return EMPTY
    file, function = "drivers/iommu/sedge-iommu.c", "sedge_attach_dev"
    rule = "incompatible-not-einval"
    entry = {"id": f"{rule}:{file}:{function}:ERANGE:23e05636:1", "rule": rule, "file": file}
    findings = [{**entry, "function": function, "reason": "as it is"}]
    mixed = [{"driver": "sedge-iommu", "reason": "as it is"}]
    return json.dumps({"schema": "attach-audit-baseline/1", "findings": findings, "mixed": mixed})


UPDATE = bool(os.environ.get("MAILS_UPDATE"))


@pytest.mark.parametrize("name", NAMES)
def test_reply(tmp_path: Path, name: str) -> None:
    tree = maintainers_tree(tmp_path, name)
    status, text = run(tmp_path, tree, MAILS / f"{name}.mbox", known_by(name))
    expected = MAILS / f"{name}.reply"
    if UPDATE:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert status == STATUS[name]


def test_they_are_twelve() -> None:
    assert len(NAMES) == 12


@pytest.mark.parametrize("name", NAMES)
def test_what_is_ours_is_narrow_and_asks_once(name: str) -> None:
    """At most 72 columns, at most one question a remark, the source of the rules once a mail."""
    text = (MAILS / f"{name}.reply").read_text(encoding="utf-8").partition("=" * 72 + "\n")[2]
    for mail in re.split(r"(?m)^(?=From attach-audit )", text)[1:]:
        body = mail.partition("\n\n")[2]
        ours = [line for line in body.splitlines() if not line.startswith(">")]
        assert max(map(len, ours)) <= 72
        assert body.count("The kernel-doc of") + body.count("The rules of") <= 1
        for remark in re.split(r"\n\n", body):
            assert remark.startswith(">") or remark.count("?") <= 1
