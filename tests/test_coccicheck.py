"""In: each standalone rule, mode and fixture; out: exactly what spatch prints, kept in tests/coccicheck/RULE.MODE.

A new expectation is written with: python3 tests/test_coccicheck.py --write (then read the diff).
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "semantic-patches" / "coccicheck"
FIXTURES = ROOT / "tests" / "coccicheck"
NAMES = sorted(path.stem for path in RULES.glob("*.cocci"))
MODES = ("report", "org", "context", "patch")


def spatch(rule: str, mode: str) -> str:
    """What scripts/coccicheck of a kernel tree would print, without the names of temporary files."""
    text = (RULES / f"{rule}.cocci").read_text(encoding="utf-8")
    options = re.search(r"^// Options:(.*)$", text, re.MULTILINE)
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
    return "\n".join(sorted(lines) if show else lines) + "\n"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("rule", NAMES)
def test_output_is_exactly_as_kept(rule: str, mode: str) -> None:
    assert spatch(rule, mode) == (FIXTURES / f"{rule}.{mode}").read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", NAMES)
def test_report_finds_the_lines_that_say_so(rule: str) -> None:
    source = (FIXTURES / f"{rule}.c").read_text(encoding="utf-8").splitlines()
    wanted = [number for number, line in enumerate(source, 1) if "/* match" in line]
    wanted = [number + ("/* match: next line" in source[number - 1]) for number in wanted]
    kept = (FIXTURES / f"{rule}.report").read_text(encoding="utf-8").splitlines()
    assert sorted(int(line.split(":")[1]) for line in kept) == wanted


@pytest.mark.parametrize("rule", NAMES)
def test_patched_fixture_has_no_match_left_to_patch(rule: str, tmp_path: Path) -> None:
    """Applying the patch and running it once more changes nothing, and no line ends in blanks."""
    fixture = tmp_path / f"{rule}.c"
    fixture.write_text((FIXTURES / f"{rule}.c").read_text(encoding="utf-8"), encoding="utf-8")
    command = ["spatch", "-D", "patch", "--very-quiet", "--no-includes", "--in-place"]
    command += ["--no-show-diff", "--cocci-file", str(RULES / f"{rule}.cocci"), str(fixture)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    once = fixture.read_text(encoding="utf-8")
    assert not [line for line in once.splitlines() if line != line.rstrip()]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert fixture.read_text(encoding="utf-8") == once


def test_rules_are_in_the_kernels_format() -> None:
    assert len(NAMES) == 3
    for rule in NAMES:
        text = (RULES / f"{rule}.cocci").read_text(encoding="utf-8")
        assert text.startswith("// SPDX-License-Identifier: GPL-2.0-only\n/// ")
        for field in ("Confidence", "Options", "Keywords"):
            assert re.search(rf"^// {field}: ", text, re.MULTILINE), (rule, field)
        for mode in MODES:
            assert f"\nvirtual {mode}\n" in text, (rule, mode)


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: test_coccicheck.py --write")
    for name in NAMES:
        for kind in MODES:
            (FIXTURES / f"{name}.{kind}").write_text(spatch(name, kind), encoding="utf-8")
