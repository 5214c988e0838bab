# SPDX-License-Identifier: GPL-2.0-only
"""In: command lines, environments and places; out: the action that is run, or one line and status 2."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import shutil
import struct
import subprocess
import termios
from pathlib import Path
from typing import Any

import pytest

from test_run import CHECKS, ROOT, Space, content_of, environment

from front import options
from report import formats
from report.rules import RULES

MISFIT = """\
static int heron_attach(struct iommu_domain *domain, struct device *dev)
{
	if (domain->type != dev->kind)
		return -EXDEV;
	return 0;
}

static const struct iommu_domain_ops heron_ops = {
	.attach_dev	= heron_attach,
};
"""


NOTHING = '{"schema": "attach-audit-baseline/1", "findings": [], "mixed": []}'


@pytest.fixture
def space(tmp_path: Path) -> Space:
    made = Space(tmp_path)
    made.write("drivers/iommu/heron.c", MISFIT)
    return made


def audit(space: Space, *more: str, **env: str) -> subprocess.CompletedProcess[str]:
    known = space.folder / "b.json"
    if not known.exists():
        known.write_text(NOTHING)
    place = ("--kernel", str(space.tree), "--out", str(space.out), "--baseline", str(known))
    return space.command(*place, "--engines", "coccinelle", *more, limit=None, **env)


# ------------------------------------------------------------------------ the line


@pytest.mark.parametrize(
    "words, said",
    [
        (["--kernel", ""], "KERNEL is empty: name a kernel tree, or leave it out for the sample"),
        (["--base", ""], "--base: is empty: see --help"),
        (["--explain"], "--explain: needs a value: see --help"),
        (["--rule", "hard-as-einval", "--prune"], "--rule: means nothing to prune: see attach-audit prune --help"),
        (["--format", "html", "--patches"], "--format: means nothing to patches: see attach-audit patches --help"),
        (["--reason", "x"], "--reason: means nothing to audit: see attach-audit audit --help"),
        (["--quiet", "--explain", "x"], "--quiet: means nothing to explain: see attach-audit explain --help"),
        (["--patches", "--prune"], "--prune: not with --patches: one action at a time"),
        (["--driver", "x", "--base", "HEAD"], "--driver: not with --base: one action at a time"),
        (["--gate-on", "shown"], "--gate-on shown: needs a filter: --only-driver, --path, --rule or --severity"),
        (["--severity", "bad"], "--severity bad: one of error, warning, note"),
        (["--rule", "x"], f"--rule x: no such rule: one of {', '.join(RULES)}"),
        (["change"], "--base: is needed: see --help"),
        (["explain"], "RULE: is needed: see --help"),
        (["explain", "x"], f"x: no such rule: one of {', '.join(RULES)}"),
        (["write", "a", "--bogus"], "--bogus: no such option: see --help"),
        (["text", "/none"], "--baseline: is needed with an audit.json of one's own"),
    ],
)  # fmt: skip
def test_misuse_is_one_line(space: Space, words: list[str], said: str) -> None:
    assert space.refused(*words) == f"attach-audit: {said}"


def test_an_empty_kernel_of_the_environment_is_none(space: Space) -> None:
    assert space.refused(KERNEL="").startswith("attach-audit: KERNEL is empty: ")


@pytest.mark.parametrize("name", ["", *options.ACTIONS])
def test_help_names_what_an_action_takes(space: Space, name: str) -> None:
    done = space.command(*([name] if name else []), "-h")
    assert (done.returncode, done.stderr) == (0, "")
    wanted = options.ACTIONS[name].options if name else ("kernel", "explain", "patches")
    assert all(f"--{option}" in done.stdout for option in wanted)
    if name == "explain":
        assert all(rule in done.stdout for rule in RULES)


@pytest.mark.parametrize("variable", ["DRIVER", "RULE", "BASE", "O", "ONLY", "SPLIT"])
def test_make_takes_only_what_its_line_says(space: Space, variable: str) -> None:
    command = ["make", "-s", "-C", str(ROOT), "audit", f"KERNEL={space.tree}", f"OUT={space.out}"]
    command += ["ENGINES=coccinelle", "FORMAT=markdown", f"XDG_CACHE_HOME={space.cache}"]
    env = environment(space.cache, **{variable: "nonsense"})
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert "heron.c:4:11: error: " in done.stdout
    assert (space.out / "report.md").is_file()


@pytest.mark.parametrize(
    "given, said",
    [
        ("KERNEL=", "attach-audit: KERNEL is empty: "),
        ("kernel=x", "make: kernel: no such variable: one of KERNEL OUT "),
    ],
)
def test_make_refuses_a_slip_of_the_pen(space: Space, given: str, said: str) -> None:
    done = subprocess.run(
        ["make", "-s", "-C", str(ROOT), "audit", given],
        env=environment(space.cache),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said)


# ----------------------------------------------------------------------- where it runs


def test_nothing_is_imported_from_where_it_stands(space: Space, tmp_path: Path) -> None:
    evil = "import sys; sys.stderr.write('imported'); sys.exit(0)\n"
    for name in ("json.py", "argparse.py", "front.py", "report.py", "sitecustomize.py"):
        (space.tree / name).write_text(evil)
    before = content_of(ROOT / "front") | content_of(ROOT / "report")
    done = subprocess.run(
        [ROOT / "run-audit.sh", "--kernel", ".", "--out", space.out, "--engines=coccinelle"],
        cwd=space.tree,
        env=environment(space.cache, PYTHONPATH=str(space.tree), PYTHONHOME="/none"),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert content_of(ROOT / "front") | content_of(ROOT / "report") == before


def test_results_have_a_place_of_their_own(space: Space) -> None:
    done = space.command("--kernel", str(space.tree), "--engines", "coccinelle")
    (folder,) = (space.cache / "attach-audit" / "audits").iterdir()
    assert done.stderr == f"attach-audit: results: {folder}\n"
    assert (folder / "audit.json").is_file() and folder.name.startswith("tree-")
    assert space.command("text", "--quiet").returncode == 1
    written = space.command("write", "--format", "sarif")
    assert (written.returncode, written.stdout) == (0, f"{folder}/audit.sarif\n")


def test_an_installed_command_works_from_anywhere(space: Space) -> None:
    prefix = space.folder / "usr"
    command = ["make", "-s", "-C", str(ROOT), "install", "INSTALL=no", f"PREFIX={prefix}"]
    subprocess.run(command, check=True, capture_output=True, env=environment(space.cache))
    for path in prefix.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    before = content_of(prefix)
    installed = prefix / "bin" / "attach-audit"
    env = environment(space.cache)
    del env["ATTACH_CHECKS"]

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([installed, *words], cwd="/", env=env, capture_output=True, text=True)

    kernel = ("--kernel", str(space.tree), "--engines", "coccinelle")
    assert run(*kernel).returncode == 1
    assert run("--version").stdout.startswith("attach-audit ")
    for words in (
        ("text",),
        ("--accept", "x", "--reason", "y"),
        ("sarif",),
        ("explain", "errno-masked"),
    ):
        assert "Traceback" not in run(*words).stderr
    history = run("history", "--trees", f"{space.tree} {prefix}/lib/attach-audit/sample")
    assert history.returncode == 0, history.stderr
    for page in (prefix / "lib/attach-audit/docs").rglob("*.md"):
        for link in page.read_text().split("](")[1:]:
            target = link.partition(")")[0].partition("#")[0]
            if page.parent.name == "rules" and target.endswith(".md"):
                assert (page.parent / target).is_file(), f"{page}: {target}"
    assert content_of(prefix) == before
    for path in prefix.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    command[4] = "uninstall"
    subprocess.run(command, check=True, capture_output=True, env=environment(space.cache))
    assert not [p for p in prefix.rglob("*") if not p.is_dir()]


def test_the_sample_says_what_it_is(space: Space) -> None:
    done = space.command("--engines", "coccinelle", "--out", str(space.out))
    lines = done.stdout.splitlines()
    about = "the sample that comes with attach-audit, not your kernel"
    assert lines[0].startswith(about) and f" ({about}" in lines[-1]
    assert about not in audit(space).stdout


# ---------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    "name, body, said",
    [
        ("report/rules.py", "raise ImportError('gone')\n", "broken: gone: install it again"),
        ("front/place.py", "import no_such_module\n", "no_such_module: no such Python module"),
        ("report/gate.py", "def compare(a, b):\n    return 1 // 0\n", "broken: cannot import"),
        ("front/lock.py", "held = None\ntouch = None\n", "TypeError"),
    ],
)
def test_a_broken_installation_is_no_gate(space: Space, name: str, body: str, said: str) -> None:
    copy = space.folder / "copy"
    for folder in ("front", "report", "docs/rules"):
        shutil.copytree(ROOT / folder, copy / folder)
    for file in ("run-audit.sh", "contract.json", "baseline.json"):
        shutil.copy(ROOT / file, copy)
    (copy / name).write_text(body)
    done = subprocess.run(
        [copy / "run-audit.sh", "--kernel", space.tree, "--out", space.out],
        env=environment(space.cache),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert said in done.stderr and "Traceback" not in done.stderr


def test_output_that_is_closed_early(space: Space) -> None:
    command = [ROOT / "run-audit.sh", "--kernel", space.tree, "--out", space.out]
    for end in ("| head -n 1", ">&-", "| true"):
        shell = f"set -o pipefail; {' '.join(map(str, command))} --engines coccinelle {end}"
        done = subprocess.run(
            ["bash", "-c", shell], env=environment(space.cache), capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (1, "")


def test_a_narrow_terminal(space: Space) -> None:
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 20, 0, 0))
    command = [str(p) for p in (ROOT / "run-audit.sh", "--kernel", space.tree, "--out", space.out)]
    process = subprocess.Popen(
        [*command, "--engines=coccinelle"],
        env=environment(space.cache, TERM="xterm"),
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    shown = b""
    try:
        while piece := os.read(leader, 65536):
            shown += piece
    except OSError:  # the other end has closed
        pass
    os.close(leader)
    assert process.wait() == 1
    assert b"Traceback" not in shown and b"gate fails" in b" ".join(shown.split())


def test_two_fronts_at_once(space: Space) -> None:
    """Both go on, or one says why it does not."""
    space.command("--explain", "errno-masked")
    command = [str(p) for p in (ROOT / "run-audit.sh", "--kernel", space.tree, "--out", space.out)]
    runs = [
        subprocess.Popen(
            [*command, "--engines=coccinelle"],
            env=environment(space.cache),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ends = []
    for process in runs:
        _, stderr = process.communicate()
        ends.append((process.returncode, stderr))
    busy = f"attach-audit: {space.out}: another audit is writing there: wait for it or choose another OUT\n"
    assert sorted(ends) in ([(1, ""), (1, "")], [(1, ""), (2, busy)])
    assert json.loads((space.out / "audit.json").read_text())["findings"]


# ------------------------------------------------------------------------ what is kept


def steps_run(space: Space) -> int:
    return (
        len((space.folder / "steps").read_text().split())
        if (space.folder / "steps").exists()
        else 0
    )


@pytest.fixture
def counted(space: Space) -> dict[str, str]:
    """A program in place of attach-checks that tells how often it was run."""
    program = space.folder / "checks"
    program.write_text(f'#!/bin/sh\necho "$1" >>{space.folder}/steps\nexec {CHECKS} "$@"\n')
    program.chmod(0o755)
    return {"ATTACH_CHECKS": str(program)}


def test_an_unchanged_tree_is_only_scanned(space: Space, counted: dict[str, str]) -> None:
    space.age()
    first = audit(space, **counted)
    whole, results = steps_run(space), content_of(space.out)
    second = audit(space, **counted)
    assert (second.returncode, second.stdout, second.stderr) == (1, first.stdout, first.stderr)
    assert steps_run(space) == whole + 1
    results.pop(str(space.out))
    after = content_of(space.out)
    after.pop(str(space.out))
    assert after == results


CHANGES: dict[str, Any] = {
    "a source": lambda s: s.write("drivers/iommu/heron.c", MISFIT.replace("EXDEV", "EBUSY")),
    "a header": lambda s: s.write("include/linux/new.h", "int x;\n"),
    "the results": lambda s: (s.out / "audit.json").write_text("{}"),
    "a result is gone": lambda s: (s.out / "gate.json").unlink(),
    "the baseline": lambda s: (s.folder / "b.json").write_text(
        json.dumps({"schema": "attach-audit-baseline/1", "findings": [], "mixed": [{"driver": "x", "reason": "y"}]})
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_seen(space: Space, counted: dict[str, str], what: str) -> None:
    more = ("--baseline", str(space.folder / "b.json"))
    space.age()
    audit(space, **counted)
    before = steps_run(space)
    CHANGES[what](space)
    again = audit(space, **counted)
    assert steps_run(space) == before + 9
    fresh = space.command(
        *("--kernel", str(space.tree), "--out", str(space.folder / "fresh")),
        *("--engines", "coccinelle", *more),
    )
    assert (again.returncode, again.stdout) == (fresh.returncode, fresh.stdout)
    assert (space.out / "audit.json").read_bytes() == (
        space.folder / "fresh/audit.json"
    ).read_bytes()


# ---------------------------------------------------------------------------- filters


def test_filters_narrow_what_is_shown_not_the_gate(space: Space) -> None:
    space.write("drivers/iommu/crane.c", MISFIT.replace("heron", "crane"))
    whole = audit(space)
    assert "heron.c:4:11: error: " in whole.stdout and "crane.c:4:11: error: " in whole.stdout
    audits = (space.out / "audit.json").read_bytes()
    for words in (("--only-driver", "cr*"), ("--path", "drivers/iommu/crane.c")):
        part = audit(space, *words, "--format", "text sarif")
        assert part.returncode == 1
        assert "crane.c:4:11: error: " in part.stdout and "heron.c:4:11" not in part.stdout
        assert part.stdout.rstrip().endswith(
            "gate fails; 2 findings left out by filters, 1 of them failing the gate"
        )
        (result,) = json.loads((space.out / "audit.sarif").read_text())["runs"][0]["results"]
        assert result["ruleId"] == "incompatible-not-einval"
        assert (space.out / "audit.json").read_bytes() == audits
        assert len(json.loads((space.out / "gate.json").read_text())["new"]) == 2
    none = audit(space, "--rule", "errno-masked")
    assert none.returncode == 1 and "2 of them failing the gate" in none.stdout
    assert audit(space, "--rule", "errno-masked", "--gate-on", "shown").returncode == 0
    assert audit(space, "--severity", "error", "--gate-on", "shown").returncode == 1


def test_a_filter_that_nothing_has_is_a_slip_of_the_pen(space: Space) -> None:
    done = audit(space, "--only-driver", "hern")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "attach-audit: hern: no such driver in this audit: one of heron\n"


# ---------------------------------------------------------------------------- doctor


def test_doctor(space: Space) -> None:
    done = space.command("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert "engine coccinelle: ready 1." in done.stdout
    assert all(name in done.stdout for name in formats.FORMATS)
    assert done.stdout.count("\n") < 25
    missing = space.command("doctor", SPATCH="/no/spatch")
    assert missing.returncode == 2
    assert "engine coccinelle: missing: spatch" in missing.stdout
    assert "apt-get install coccinelle" in missing.stdout.splitlines()[-1]
