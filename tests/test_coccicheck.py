"""In: each standalone rule, mode and fixture; out: exactly what spatch prints, kept in tests/coccicheck/RULE.MODE.

A fixture says where its rule must report something: on a line that says /* match */, or at the
lines that /* match: +1 +2 */ counts from its own; "no edit" where patch mode leaves it. A new
expectation is written with: python3 tests/test_coccicheck.py --write (then read the diff). What the
rules share is copied from one of them into the others with: --share RULE.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "semantic-patches" / "coccicheck"
REWRITES = ROOT / "semantic-patches" / "rewrites"
FIXTURES = ROOT / "tests" / "coccicheck"
NAMES = sorted(path.stem for path in RULES.glob("*.cocci"))
MODES = ("report", "org", "context", "patch")
SHARED = re.compile(r"^//---- the same in .*?^//---- end of what is the same\n", re.M | re.S)


def text_of(rule: str) -> str:
    return (RULES / f"{rule}.cocci").read_text(encoding="utf-8")


def spatch(rule: str, mode: str) -> str:
    """What scripts/coccicheck of a kernel tree would print, without the names of temporary files."""
    options = re.search(r"^// Options:(.*)$", text_of(rule), re.MULTILINE)
    assert options, f"{rule}.cocci has no line '// Options:'"
    show = ["--no-show-diff"] if mode in ("report", "org") else []
    done = subprocess.run(
        ["spatch", "-D", mode, *show, "--very-quiet", *options[1].split()]
        + ["--cocci-file", str(RULES / f"{rule}.cocci"), f"{rule}.c"],
        cwd=FIXTURES,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr.strip(), done.stderr
    lines = [line for line in done.stdout.splitlines() if not re.match(r"(diff|---|\+\+\+) ", line)]
    return "\n".join(lines) + "\n" if lines else ""


def patched(rule: str, path: Path) -> str:
    command = ["spatch", "-D", "patch", "--very-quiet", "--no-includes", "--in-place"]
    command += ["--no-show-diff", "--cocci-file", str(RULES / f"{rule}.cocci"), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return path.read_text(encoding="utf-8")


def copy(rule: str, folder: Path) -> Path:
    path = folder / f"{rule}.c"
    path.write_text((FIXTURES / f"{rule}.c").read_text(encoding="utf-8"), encoding="utf-8")
    return path


def rewritten(name: str, path: Path, at: tuple[int, int], call: str, options: list[str]) -> None:
    """One edit of the audit's own, at a place as spatch counts."""
    command = ["spatch", "--very-quiet", "--no-includes", "--in-place", *options]
    subprocess.run(
        [*command, "--sp-file", str(REWRITES / f"{name}.cocci"), str(path)],
        env=os.environ | {"AT": f"{at[0]}:{at[1]}", "CALL": call},
        check=True,
        capture_output=True,
        timeout=60,
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("rule", NAMES)
def test_output_is_exactly_as_kept(rule: str, mode: str) -> None:
    assert spatch(rule, mode) == (FIXTURES / f"{rule}.{mode}").read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", NAMES)
def test_report_finds_the_lines_that_say_so(rule: str) -> None:
    wanted = set()
    source = (FIXTURES / f"{rule}.c").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(source, 1):
        mark = re.search(r"/\* match(?:: (\+[\d +]+))?", line)
        if mark:
            wanted |= {number + int(offset) for offset in (mark[1] or "+0").split()}
    kept = (FIXTURES / f"{rule}.report").read_text(encoding="utf-8").splitlines()
    assert {int(line.split(":")[1]) for line in kept} == wanted
    assert len(kept) == len(set(kept))


@pytest.mark.parametrize("rule", NAMES)
def test_patched_fixture_has_no_match_left_to_patch(rule: str, tmp_path: Path) -> None:
    """Applying the patch and running it once more changes nothing, and no line ends in blanks."""
    fixture = copy(rule, tmp_path)
    once = patched(rule, fixture)
    assert not [line for line in once.splitlines() if line != line.rstrip()]
    assert patched(rule, fixture) == once


@pytest.mark.parametrize(
    "rule", [name for name in NAMES if name != "attach_errno_outside_contract"]
)
def test_patch_mode_makes_the_edits_of_the_rewrites(rule: str, tmp_path: Path) -> None:
    """The audit's own rewrites, one at each place of the report, from the last to the first."""
    from report.patches.source import tidied

    (tmp_path / "patch").mkdir()
    want = patched(rule, copy(rule, tmp_path / "patch"))
    path = copy(rule, tmp_path)
    before = path.read_text(encoding="utf-8")
    lines = before.splitlines()
    kept = (FIXTURES / f"{rule}.report").read_text(encoding="utf-8").splitlines()
    for place in sorted(
        (tuple(map(int, re.findall(r":(\d+)", x)[:2])) for x in kept), reverse=True
    ):
        number, column = place
        said = [x for x in kept if x.startswith(f"{rule}.c:{number}:{column}-")][0]
        line = lines[number - 1]
        if "no edit" in line:
            continue
        new = re.search(r"-(\w+) should be -(\w+)", said)
        if new and line[column:].startswith(new[1]):
            options = ["-D", f"OLD={new[1]}", "-D", f"NEW={new[2]}"]
            rewritten("errno", path, (number, column), "", options)
        elif new:
            name = re.search(r"return (\w+);", "\n".join(lines[number - 1 :]))
            assert name
            options = ["-D", f"VAR={name[1]}", "-D", f"NEW={new[2]}"]
            rewritten("preset", path, (number, column), "", options)
        else:
            call = re.search(r"(\w+)\(", line)
            assert call
            above, below = "\n".join(lines[: number - 1]), "\n".join(lines[number - 1 :])
            block = above[above.rindex("{") :].partition("\n")[2] + below[: below.index("}")]
            options = [] if "/*" in block else ["-D", "unbrace"]
            rewritten("message", path, (number, line.index(call[1])), call[1], options)
    assert want != before
    assert want == tidied(before, path.read_text(encoding="utf-8"))


def test_the_rules_share_one_text() -> None:
    copies = [SHARED.findall(text_of(rule)) for rule in NAMES]
    assert [len(found) for found in copies] == [1] * len(NAMES)
    assert len({found[0] for found in copies}) == 1


def test_rules_are_in_the_kernels_format() -> None:
    assert NAMES == [
        "attach_errno_outside_contract",
        "attach_hard_failure",
        "attach_incompatible",
        "attach_no_resource",
    ]
    for rule in NAMES:
        text = text_of(rule)
        assert text.startswith("// SPDX-License-Identifier: GPL-2.0-only\n/// ")
        for field in ("Confidence", "Options", "Keywords", "Comments"):
            assert re.search(rf"^// {field}: ", text, re.MULTILINE), (rule, field)
        for mode in MODES:
            assert f"\nvirtual {mode}\n" in text, (rule, mode)
        assert f"`{rule}.cocci`" in (RULES / "README.md").read_text(encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--share"] and len(sys.argv) == 3:
        shared = SHARED.findall(text_of(sys.argv[2].removesuffix(".cocci")))
        assert len(shared) == 1
        for name in NAMES:
            mended = SHARED.sub(lambda _: str(shared[0]), text_of(name))
            (RULES / f"{name}.cocci").write_text(mended, encoding="utf-8")
    elif sys.argv[1:] == ["--write"]:
        for name in NAMES:
            for kind in MODES:
                (FIXTURES / f"{name}.{kind}").write_text(spatch(name, kind), encoding="utf-8")
    else:
        sys.exit("usage: test_coccicheck.py --write | --share RULE")
