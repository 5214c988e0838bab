# SPDX-License-Identifier: GPL-2.0-only
"""In: the files of docs/ci; out: each passes its own validator, and its commands do what it says.

The commands run in a shell as the CI would run them; only the installation of packages is replaced,
by a check that the packages named are those installed here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from test_engine import DRIVER, ROOT
from test_review import OLD, QUILL, Space

CI = ROOT / "docs" / "ci"
NPM = ROOT / "build" / "ci-validators"
VALIDATORS = (
    "@action-validator/core@0.6.0",
    "@action-validator/cli@0.6.0",
    "gitlab-ci-local@4.45.0",
)
BREAK = ("48)\n		return -EINVAL;", "48)\n		return -ERANGE;")
MEND = ("return -EXDEV;", "return -EINVAL;")


@pytest.fixture(scope="session")
def validators() -> Path:
    """The validators of GitHub workflows and GitLab jobs, fetched once from npm."""
    tools = NPM / "node_modules" / ".bin"
    if not (tools / "gitlab-ci-local").exists() or not (tools / "action-validator").exists():
        NPM.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(NPM)]
        try:
            subprocess.run([*command, *VALIDATORS], capture_output=True, timeout=180, check=True)
        except (OSError, subprocess.SubprocessError):
            why = "the validators cannot be fetched: npm is missing or has no network"
            if os.environ.get("ATTACH_AUDIT_ALL_TESTS"):
                pytest.fail(why)
            pytest.skip(why)
    return tools


@pytest.fixture
def space(tmp_path: Path) -> Space:
    """A tree with an origin, a stubbed installation, and attach-audit in the path."""
    made = Space(tmp_path)
    made.start()
    made.git("clone", "-q", "--bare", str(made.tree), str(tmp_path / "origin.git"))
    made.git("remote", "add", "origin", f"file://{tmp_path}/origin.git")
    made.git("fetch", "-q", "origin")
    made.git("config", "user.name", "Ada Author")
    made.git("config", "user.email", "ada@example.org")
    tools = tmp_path / "bin"
    tools.mkdir()
    stub = (
        '#!/bin/sh\n[ "$1" != apt-get ] || shift\n[ "$1" = install ] || exit 0\n'
        'shift\nfor p; do case $p in -*) ;; *) dpkg -s "$p" >/dev/null || exit 9 ;; esac; done\n'
    )
    for name in ("sudo", "apt-get"):
        (tools / name).write_text(stub, encoding="utf-8")
        (tools / name).chmod(0o755)
    (tools / "attach-audit").symlink_to(ROOT / "run-audit.sh")
    return made


def shell(
    space: Space, command: str, cwd: Path | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    names = ("KERNEL", "OUT", "ENGINES", "BASELINE", "CONTRACT", "BASE", "MBOX", "DRIVER", "TOOL")
    env = {k: v for k, v in os.environ.items() if k not in names and not k.startswith("GIT_")}
    env |= {
        "HOME": str(space.folder),
        "PATH": f"{space.folder}/bin:{os.environ['PATH']}",
        "TMPDIR": str(space.folder),
        "XDG_CACHE_HOME": str(space.folder / "cache"),
        "BASELINE": str(space.baseline),
    }
    return subprocess.run(
        ["bash", "-e", "-c", command],
        cwd=cwd or space.tree,
        env=env | more,
        capture_output=True,
        text=True,
        timeout=300,
    )


def load(name: str) -> Any:
    return yaml.safe_load((CI / name).read_text(encoding="utf-8"))


# --------------------------------------------------------------------- validators


def test_yaml_is_clean() -> None:
    rules = "{extends: default, rules: {line-length: {max: 120}}}"
    files = [str(p) for p in sorted([*CI.glob("*.y*ml"), ROOT / "action.yml"])]
    done = subprocess.run(
        ["yamllint", "--strict", "-d", rules, *files], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert len(files) == 4


def test_github_workflow_is_valid(validators: Path) -> None:
    for path in (CI / "github.yml", ROOT / "action.yml"):
        done = subprocess.run([validators / "action-validator", path], capture_output=True)
        assert done.returncode == 0, done.stdout


def test_gitlab_job_is_valid(validators: Path, space: Space) -> None:
    shutil.copy(CI / "gitlab.yml", space.tree / ".gitlab-ci.yml")
    space.git("remote", "set-url", "origin", "git@gitlab.example.org:owner/linux.git")
    done = shell(space, f"{validators}/gitlab-ci-local --list-all")
    assert done.returncode == 0, done.stderr
    assert "attach-audit" in done.stdout


def test_pre_commit_configuration_is_valid() -> None:
    done = subprocess.run(
        ["pre-commit", "validate-config", str(CI / "pre-commit-config.yaml")], capture_output=True
    )
    assert (done.returncode, done.stdout) == (0, b"")


def test_hook_is_clean() -> None:
    done = subprocess.run(["shellcheck", str(CI / "pre-push")], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
    assert os.access(CI / "pre-push", os.X_OK)


# ----------------------------------------------------------------------- for real


@pytest.mark.parametrize("edit, status", [(MEND, 0), (BREAK, 1)])
def test_github_commands(space: Space, edit: tuple[str, str], status: int) -> None:
    base = space.git("rev-parse", "start").strip()
    space.edit(*edit)
    space.commit("iommu/quill: Change")
    shutil.move(space.tree, space.folder / "linux")
    steps = load("github.yml")["jobs"]["audit"]["steps"]
    (space.folder / "temp").mkdir()
    for command in [step["run"] for step in steps if "run" in step]:
        done = shell(
            space,
            command,
            space.folder,
            BASE_SHA=base,
            TOOL=str(ROOT),
            RUNNER_TEMP=str(space.folder / "temp"),
        )
        if done.returncode:
            break
    assert done.returncode == status, done.stderr
    assert done.stdout.rstrip().endswith("gate fails" if status else "gate passes")
    kept = [s["with"]["path"] for s in steps if "upload-artifact" in s.get("uses", "")][0]
    for path in kept.replace("${{ runner.temp }}", str(space.folder / "temp")).split():
        assert Path(path).is_file()


def commands_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if re.match(r"::(error|warning|notice) ", line)]


def request(space: Space, edit: tuple[str, str]) -> None:
    """A request, merged with a base that has moved on since, a fault of its own included."""
    space.git("checkout", "-q", "-b", "request")
    space.edit(*edit)
    space.commit("iommu/quill: Change")
    space.git("checkout", "-q", "main")
    space.write("drivers/iommu/heron.c", (DRIVER % OLD).replace("quill", "heron"))
    space.commit("iommu: Add heron")
    space.git(
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b.org",
        "merge",
        "-q",
        "--no-ff",
        "-m",
        "M",
        "request",
    )


def test_a_wrong_errno_stands_beside_its_line_and_nothing_else(space: Space) -> None:
    request(space, BREAK)
    (step,) = [
        s
        for s in yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
        if s.get("id") == "audit"
    ]
    temp = space.folder / "temp"
    temp.mkdir()
    done = shell(
        *(space, step["run"]),
        AUDIT_KERNEL=".",
        AUDIT_BASE="HEAD^1",
        AUDIT_BASELINE="",
        AUDIT_FORMAT="text github sarif",
        GITHUB_ACTION_PATH=str(ROOT),
        GITHUB_OUTPUT=str(temp / "output"),
        GITHUB_STEP_SUMMARY=str(temp / "summary"),
        RUNNER_TEMP=str(temp),
    )
    assert done.returncode == 1, done.stderr
    source = (space.tree / QUILL).read_text().splitlines()
    line = source.index("\t\treturn -ERANGE;") + 1
    told, last = commands_of(done.stdout)
    assert told.startswith(
        f"::error file={QUILL},line={line},col=11,title=incompatible-not-einval::"
    )
    assert last.startswith("::notice title=attach-audit::HEAD^1 to the working tree: ")
    (result,) = json.loads((temp / "attach-audit/audit.sarif").read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (result["baselineState"], result["level"]) == ("new", "error")
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (QUILL, line)
    assert "### New findings" in (temp / "summary").read_text()
    assert (temp / "output").read_text() == f"sarif={temp}/attach-audit/audit.sarif\n"


def test_nothing_in_the_text_is_a_command(space: Space) -> None:
    request(space, BREAK)
    out = str(space.folder / "out")
    done = shell(space, f"attach-audit --kernel . --base HEAD^1 --format 'text github' --out {out}")
    first = done.stdout.splitlines()[0]
    assert re.fullmatch(r"::stop-commands::[0-9a-f]{64}", first)
    assert done.stdout.count(f"\n{first.replace('stop-commands::', '')}::\n") == 1


@pytest.mark.parametrize("edit, status", [(MEND, 0), (BREAK, 1)])
def test_gitlab_commands(space: Space, edit: tuple[str, str], status: int) -> None:
    base = space.git("rev-parse", "start").strip()
    space.edit(*edit)
    space.commit("iommu/quill: Change")
    job = load("gitlab.yml")["attach-audit"]
    commands = [c for c in job["before_script"] + job["script"] if not c.startswith("git clone")]
    assert len(commands) == len(job["before_script"] + job["script"]) - 1
    done = shell(
        space,
        "\n".join(commands),
        TOOL=str(ROOT),
        CI_PROJECT_DIR=str(space.tree),
        CI_BUILDS_DIR=str(space.folder / "builds"),
        CI_MERGE_REQUEST_DIFF_BASE_SHA=base,
    )
    assert done.returncode == status, done.stderr
    assert done.stdout.rstrip().endswith("gate fails" if status else "gate passes")
    done = shell(
        *(space, "\n".join(job["after_script"])),
        CI_PROJECT_DIR=str(space.tree),
        CI_BUILDS_DIR=str(space.folder / "builds"),
    )
    assert done.returncode == 0
    issues = json.loads((space.tree / job["artifacts"]["reports"]["codequality"]).read_text())
    assert len([i for i in issues if i["severity"] == "major"]) == status
    assert (space.tree / job["artifacts"]["reports"]["junit"]).is_file()


def test_pre_commit_hook(space: Space) -> None:
    shutil.copy(CI / "pre-commit-config.yaml", space.tree / ".pre-commit-config.yaml")
    space.edit(*MEND)
    space.git("add", "-A")
    done = shell(space, "pre-commit run")
    assert done.returncode == 0, done.stdout
    assert "Passed" in done.stdout
    space.edit(*BREAK)
    space.git("add", "-A")
    done = shell(space, "pre-commit run")
    assert done.returncode == 1
    assert f"{QUILL}:38:11: new error: domain and device do not fit" in done.stdout
    space.git("reset", "-q", "--hard")


def test_pre_push_hook(space: Space) -> None:
    hook = space.tree / ".git/hooks/pre-push"
    hook.parent.mkdir(exist_ok=True)
    shutil.copy(CI / "pre-push", hook)
    space.edit(*MEND)
    space.commit("iommu/quill: Mend")
    done = shell(space, "git push -q origin main")
    assert done.returncode == 0, done.stderr
    space.write("drivers/iommu/heron.c", (DRIVER % OLD).replace("quill", "heron"))
    space.commit("iommu: Add heron")
    space.write("README", "unrelated\n")
    space.commit("README: Add")
    before = space.git("rev-parse", "origin/main")
    for branch in ("main", "topic"):  # a known branch, and one that the remote does not have
        done = shell(space, f"git push -q origin HEAD:refs/heads/{branch}")
        assert done.returncode == 1
        assert "> +		return -EXDEV;" in done.stderr
        assert "This refuses a domain that does not fit the device" in done.stderr
    assert space.git("rev-parse", "origin/main") == before
    assert shell(space, "git push -q origin :refs/heads/absent main~2:refs/heads/x").returncode == 0


def test_b4_hook(space: Space) -> None:
    hook = space.folder / "pre-push"
    shutil.copy(CI / "pre-push", hook)
    done = shell(space, "b4 --offline-mode -n prep -n heron -f origin/main")
    assert done.returncode == 0, done.stderr
    space.write("drivers/iommu/heron.c", (DRIVER % OLD).replace("quill", "heron"))
    # b4 finds its cover letter by date, so not with the dates of space.commit()
    assert shell(space, "git add -A && git commit -qm 'iommu: Add heron'").returncode == 0
    done = shell(space, f"{hook} --b4 origin/main")
    assert done.returncode == 1, done.stderr
    assert "> +		return -EXDEV;" in done.stderr
