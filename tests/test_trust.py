# SPDX-License-Identifier: GPL-2.0-only
"""What an untrusted tree can make the tool do: docs/trust.md, a test for each of its sentences.

Every fault is a kind: its test holds several spellings of it. The trees are invented.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from report import sandbox
from report.patches.series import _addresses
from report.text import escape

TRUST = ROOT / "docs" / "trust.md"
SANDBOX = ["/usr/bin/python3", "-IB", str(ROOT / "report" / "sandbox.py")]
FLAGS = ["/usr/bin/python3", "-IB", str(ROOT / "checkers" / "read" / "flags.py")]
NONE = '{"schema": "attach-audit-baseline/1", "findings": [], "mixed": []}\n'
DRIVER = """\
struct device; struct iommu_domain;
struct iommu_domain_ops { int (*attach_dev)(struct iommu_domain *, struct device *); };
struct tilde_domain { int unit; };
struct tilde_domain *to_tilde_domain(struct iommu_domain *domain);
#define EBUSY 16
static int tilde_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct tilde_domain *t = to_tilde_domain(domain);

	if (t->unit)
		return -EBUSY;
	t->unit = 1;
	return 0;
}

const struct iommu_domain_ops tilde_ops = {
	.attach_dev = tilde_attach_dev,
};
"""
MAKEFILE = """\
VERSION = 6
PATCHLEVEL = 12
SUBLEVEL = 0
EXTRAVERSION =
allmodconfig:
	@sh $(CURDIR)/scripts/own.sh "$(O)" "$(CURDIR)" || true
prepare0:
	@mkdir -p $(O)/include/generated; touch $(O)/include/generated/autoconf.h
drivers/base/core.o:
	$(CHECK) -D__KERNEL__ -I$(CURDIR)/include $(FLAGS) $(CURDIR)/drivers/base/core.c
"""


class Space:
    """A tree with one error, and where its audit goes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.tree, self.out = folder, folder / "tree", folder / "out"
        self.home, self.cache = folder / "home", folder / "cache"
        (self.tree / "drivers" / "iommu").mkdir(parents=True)
        (self.tree / "include" / "linux").mkdir(parents=True)
        self.home.mkdir()
        shutil.copy(ROOT / "sample/include/linux/iommu.h", self.tree / "include" / "linux")
        self.driver = self.tree / "drivers" / "iommu" / "tilde.c"
        self.driver.write_text(DRIVER)
        (self.tree / "Makefile").write_text(MAKEFILE)
        self.baseline = folder / "baseline.json"
        self.baseline.write_text(NONE)
        self.mark = folder / "ran"

    def kernel(self, script: str) -> None:
        """As far as preparing goes, a whole tree, whose Makefile runs the script."""
        for name in ("arch/x86", "drivers/base", "scripts"):
            (self.tree / name).mkdir(parents=True)
        for name in ("Kconfig", "arch/x86/Kconfig"):
            (self.tree / name).write_text("")
        (self.tree / "scripts" / "own.sh").write_text(script)

    def audit(
        self, *words: str, engines: str = "coccinelle", cwd: Path = ROOT, **env: str
    ) -> subprocess.CompletedProcess[bytes]:
        mine = {"KERNEL", "OUT", "ENGINES", "SANDBOX", "MAKEFLAGS", "ATTACH_CHECKS"}
        environment = {k: v for k, v in os.environ.items() if k not in mine}
        environment |= {"XDG_CACHE_HOME": str(self.cache), "HOME": str(self.home)} | env
        command = [str(ROOT / "run-audit.sh"), f"--kernel={self.tree}", f"--out={self.out}"]
        command += [f"--baseline={self.baseline}", f"--engines={engines}", "--quiet", *words]
        return subprocess.run(command, capture_output=True, env=environment, cwd=cwd, timeout=300)

    def result(self) -> str:
        return (self.out / "audit.json").read_text(encoding="utf-8")


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


def inside(space: Space, script: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [*SANDBOX, "--tree", str(space.tree), *options, "--", "sh", "-c", script]
    environment = os.environ | {"HOME": str(space.home), "CI_TOKEN": "s3cret"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


# ------------------------------------------------------------------------------ Python


@pytest.mark.parametrize("name", ("json", "re", "argparse", "usercustomize", "sitecustomize"))
def test_no_module_of_the_tree(space: Space, name: str) -> None:
    """Not from the current folder, not from where the environment says."""
    text = f"open({str(space.mark)!r}, 'w').write('ran')\n"
    (space.tree / f"{name}.py").write_text(text)
    for package in ("report", "front"):
        (space.tree / package).mkdir()
        (space.tree / package / "__init__.py").write_text(text)
        (space.tree / package / "__main__.py").write_text(text)
    done = space.audit(cwd=space.tree, PYTHONPATH=".", PYTHONSTARTUP=f"{name}.py")
    assert done.returncode == 1, done.stderr
    assert not space.mark.exists()
    assert not list(space.tree.rglob("__pycache__"))


def test_no_configuration_of_coccinelle(space: Space) -> None:
    (space.tree / ".cocciconfig").write_text("[spatch]\n\toptions = --no-such-option\n")
    (space.tree / "drivers" / "iommu" / ".cocciconfig").write_text("[spatch]\n\toptions = --x\n")
    assert space.audit(cwd=space.tree).returncode == 1
    assert json.loads(space.result())["engines"]["coccinelle"]["version"]


# ------------------------------------------------------------------------- the sandbox


@pytest.mark.parametrize(
    "script",
    (
        'mount -o remount,rw,bind "$PWD" && touch pwned',
        "mount -t tmpfs none /usr && touch pwned",
        "unshare -Ur mount -o remount,rw,bind / && touch pwned",
        "touch pwned",
        "touch /usr/pwned /etc/pwned /pwned /dev/shm/pwned",
        "echo x >/proc/sys/kernel/core_pattern",
        "mknod /tmp/mem c 1 1 && cat /tmp/mem",
        "cat /etc/shadow /etc/machine-id",
        'test "$(ls -d /proc/[0-9]* | wc -l)" -gt 8',
        "exec 3<>/dev/tcp/127.0.0.1/22",
        ": >/dev/tty",
    ),
)
def test_no_way_out_of_the_sandbox(space: Space, script: str) -> None:
    assert inside(space, script).returncode != 0
    assert not list(space.tree.rglob("pwned"))


def test_the_sandbox_has_no_capability_no_variable_no_home(space: Space) -> None:
    (space.home / "key").write_text("PRIVATE")
    said = inside(space, f"grep Cap /proc/self/status; env; cat {space.home}/key; ls -A /tmp")
    assert set(re.findall(r"Cap\w+:\t(\w+)", said.stdout)) == {"0" * 16}
    names = {line.partition("=")[0] for line in said.stdout.splitlines() if "=" in line}
    assert names <= {"PATH", "HOME", "LC_ALL", "TZ", "PWD", "OLDPWD", "SHLVL", "_"}
    assert "PRIVATE" not in said.stdout and "s3cret" not in said.stdout


def test_a_home_in_the_tree_is_hidden(space: Space) -> None:
    space.home = space.tree / "home"
    space.home.mkdir()
    (space.home / "key").write_text("PRIVATE")
    assert "PRIVATE" not in inside(space, f"cat {space.home}/key").stdout


@pytest.mark.parametrize(
    "script, why",
    (
        ("sleep 60", "seconds"),
        ("while :; do sleep 60 & done", "processes"),
        ("exec python3 -c 'x = bytearray(7 << 30); import time; time.sleep(60)'", "memory"),
    ),
)
def test_the_sandbox_is_limited(space: Space, script: str, why: str) -> None:
    seconds = "2" if why == "seconds" else "60"
    done = inside(space, script, "--seconds", seconds)
    assert done.returncode == 125
    assert why in done.stderr and done.stderr.count("\n") == 1


def test_a_file_in_the_sandbox_is_limited(space: Space) -> None:
    own = space.folder / "own"
    own.mkdir()
    inside(space, f"truncate -s 2G {own}/a; head -c 600M /dev/zero >/tmp/b", "--write", str(own))
    assert (own / "a").stat().st_size == 0


def test_what_comes_out_is_plain(space: Space) -> None:
    own = space.folder / "own"
    own.mkdir()
    (space.home / "key").write_text("PRIVATE")
    script = (
        f"cd {own}; ln -s {space.home}/key a; mkfifo b; mkdir c; ln -s / c/d; echo e >e; chmod 0 c"
    )
    assert inside(space, script, "--write", str(own)).returncode == 0
    sandbox.sweep(str(own))
    assert sorted(p.name for p in own.rglob("*")) == ["c", "e"]


@pytest.mark.parametrize("name", ("log", "line", "flags", "flags.new", "arch", "build/x"))
def test_preparing_writes_through_no_link(space: Space, name: str) -> None:
    """The Makefile puts links where the script, outside, writes."""
    (space.home / ".profile").write_text("# mine\n")
    space.kernel(
        f'ln -sf {space.home}/.profile "$1/../{name}"; ln -sf {space.home}/.profile "$1/x"\n'
    )
    space.audit(engines="coccinelle,sparse")
    assert (space.home / ".profile").read_text() == "# mine\n"
    assert not [p for p in (space.cache / "attach-audit").rglob("*") if p.is_symlink()]


@pytest.mark.parametrize(
    "flags",
    (
        "-D @{0}",
        "-fplugin={0} --param @{0} @{0}",
        "-Xclang -load -Xclang {0}",
        "-B{0} -wrapper {0} @{0}",
        "-specs={0} --config={0}",
    ),
)
def test_no_flag_of_the_tree_loads_anything(space: Space, flags: str) -> None:
    words = "-DA -I./include " + flags.format("/tmp/x") + " -std=gnu11 a.c"
    command = [*FLAGS, "--tree", str(space.tree), "--build", str(space.tree)]
    done = subprocess.run(command, input=words, capture_output=True, text=True)
    kept = ["-DA", f"-I{space.tree}/include", "-std=gnu11"]
    assert (done.returncode, done.stdout) == (1, "") or done.stdout.split("\n")[:-1] == kept


@pytest.mark.parametrize("flag", ("-include", "-imacros", "-I", "-isystem"))
@pytest.mark.parametrize("path", ("/etc/passwd", "../../../etc", "link"))
def test_no_flag_leads_out_of_the_tree(space: Space, flag: str, path: str) -> None:
    (space.tree / "link").symlink_to("/etc")
    command = [*FLAGS, "--tree", str(space.tree), "--build", str(space.tree)]
    done = subprocess.run(command, input=f"{flag} {path}", capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1 and "leads out of the tree" in done.stderr


def test_no_variable_gets_into_the_results(space: Space) -> None:
    space.kernel("")
    makefile = (space.tree / "Makefile").read_text()
    error = "prepare0:\n\t$(error $(CI_TOKEN) $(shell cat /proc/*/environ | tr '\\0' ' '))"
    (space.tree / "Makefile").write_text(makefile.replace("prepare0:", error))
    space.audit("--format=html sarif", engines="coccinelle,sparse", CI_TOKEN="s3cret")
    for path in space.out.iterdir():
        assert not path.is_file() or b"s3cret" not in path.read_bytes()


@pytest.mark.parametrize(
    "said", ("caf\\351", "\\033]0;x\\007 \\302\\233 \\342\\200\\256", "::error::")
)
def test_a_message_of_the_build_is_shown_and_loses_nothing(space: Space, said: str) -> None:
    space.kernel("")
    text = said.encode().decode("unicode_escape").encode("latin-1")
    with open(space.tree / "Makefile", "ab") as file:
        file.write(b"prepare0:\n\t$(error " + text + b")\n")
    done = space.audit(engines="coccinelle,sparse")
    assert len(json.loads(space.result())["findings"]) == 1
    assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f-\xff]|(?m:^::)", done.stdout + done.stderr)


def test_without_a_sandbox_coccinelle_goes_on(space: Space) -> None:
    tools = space.folder / "tools"
    tools.mkdir()
    (tools / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (tools / "bwrap").chmod(0o755)
    space.kernel(f"touch {space.mark}\n")
    path = f"{tools}:{os.environ['PATH']}"
    assert space.audit(PATH=path).returncode == 1
    done = space.audit(engines="coccinelle,sparse", PATH=path)
    assert done.returncode == 2 and b"install bubblewrap" in done.stderr
    done = space.audit(engines="coccinelle,sparse", PATH=path, SANDBOX="no")
    assert b"SANDBOX=no: programs of" in done.stderr and b"run as you" in done.stderr
    assert space.mark.exists()


# --------------------------------------------------------------------------------- git


def repository(space: Space) -> Path:
    """Its configuration and attributes name programs that leave a mark."""
    tool = space.folder / "tool.sh"
    tool.write_text(f"#!/bin/sh\ntouch {space.mark}\ncat\n")
    tool.chmod(0o755)

    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(space.tree), *words], check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    git("add", "-A")
    git(*who, "commit", "-qm", "iommu/tilde: Base")
    attributes = "* filter=own diff=own\ndrivers/iommu/tilde.c export-ignore\n"
    (space.tree / ".gitattributes").write_text(attributes)
    git("add", "-A")
    git(*who, "commit", "-qm", "iommu/tilde: Attributes")
    for name in (
        "filter.own.clean",
        "filter.own.smudge",
        "filter.own.process",
        "diff.own.textconv",
    ):
        git("config", name, str(tool))
    for name in ("core.fsmonitor", "core.sshCommand", "core.pager", "gpg.program", "diff.external"):
        git("config", name, str(tool))
    git("config", "log.showSignature", "true")
    git("config", "remote.origin.url", "/nowhere")
    git("config", "remote.origin.promisor", "true")
    git("config", "remote.origin.uploadpack", f"{tool} </dev/null; false")
    git("config", "protocol.file.allow", "always")
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        shutil.copy(tool, space.tree / ".git" / "hooks" / hook)
    os.utime(space.driver)  # git would look at its content, by its filters
    return tool


@pytest.mark.parametrize("words", (["--patches"], ["--base=HEAD~1"], ["--fix"]))
def test_git_runs_no_program_of_a_repository(space: Space, words: list[str]) -> None:
    repository(space)
    done = space.audit(*words)
    assert done.returncode in (0, 1), done.stderr
    assert not space.mark.exists()


def test_history_reads_blobs(space: Space) -> None:
    """Attributes thin nothing out, filters write nothing."""
    repository(space)
    out = space.folder / "history"
    command = [str(ROOT / "run-audit.sh"), "history", f"--kernel={space.tree}", f"--out={out}"]
    environment = os.environ | {"XDG_CACHE_HOME": str(space.cache)}
    done = subprocess.run([*command, "--revs=HEAD~1 HEAD"], capture_output=True, env=environment)
    assert done.returncode == 0, done.stderr
    for folder in ("01-HEAD_1", "02-HEAD"):
        audit = json.loads((out / folder / "audit.json").read_text())
        assert [f["rule"] for f in audit["findings"]] == ["incompatible-not-einval"]
    assert not space.mark.exists()


def test_a_repository_of_another_user_is_told_with_gits_advice(space: Space) -> None:
    if os.geteuid():
        pytest.skip("only root can give a folder away")
    repository(space)
    for path in (space.tree, space.tree / ".git"):
        os.chown(path, 65534, 65534)
    done = space.audit("--base=HEAD~1")
    assert done.returncode == 2
    assert b"dubious ownership" in done.stderr and b"safe.directory" in done.stderr


# ------------------------------------------------------------------- text of the tree


@pytest.mark.parametrize(
    "name", ("\x1b]0;owned\x07.c", "\x9b31m\u202e.c", "a\nSigned-off-by: x <x@y>\n.c")
)
def test_a_name_is_shown_and_not_obeyed(space: Space, name: str) -> None:
    space.driver.rename(space.driver.with_name(name))
    done = space.audit("--patches")
    texts = [done.stdout, done.stderr]
    texts += [p.read_bytes() for p in (space.out / "patches").glob("*.patch")]
    for text in texts:
        assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae", text)
        assert b"\nSigned-off-by: x" not in text


@pytest.mark.parametrize(
    "text, shown",
    (
        ("::error::x", r"\x3a:error::x"),
        ("  ::set-output x", r"  \x3a:set-output x"),
        ("a ##[group]b", r"a #\x23[group]b"),
        ("##vso[task]", r"#\x23vso[task]"),
        ("a::b", "a::b"),
    ),
)
def test_a_ci_log_takes_no_command(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_stderr_of_a_step_is_escaped(space: Space) -> None:
    large = space.driver.with_name("\x1b[31m\u202e.c")
    large.write_text(".attach_dev = x")
    os.truncate(large, 65 << 20)
    done = space.audit()
    assert done.returncode == 2
    assert b"\\x1b[31m\\xe2\\x80\\xae.c: File too large" in done.stderr


# ------------------------------------------------------------------ scripts of the tree


def test_scripts_see_the_tree_and_the_patch(space: Space) -> None:
    (space.home / ".ssh").mkdir()
    (space.home / ".ssh" / "id").write_text("PRIVATE KEY\n")
    (space.tree / "scripts").mkdir()
    (space.tree / "MAINTAINERS").write_text("TILDE\nM:\tAnn <ann@example.org>\n")
    (space.tree / "scripts" / "get_maintainer.pl").write_text(
        f"print 'x@example.org ', `cat {space.home}/.ssh/id`, qq(\\n);\n"
        'print "Ann <ann\\@example.org>\\nBob <bob\\@example.org>\\n";\n'
        f"open(F, '>', '{space.tree}/pwned');\n"
    )
    done = space.audit("--patches")
    assert done.returncode == 0, done.stderr
    text = "".join(p.read_text() for p in (space.out / "patches").glob("0001*.patch"))
    assert re.findall(r"^Cc: .*", text, re.MULTILINE) == ["Cc: Ann <ann@example.org>"]
    assert not (space.tree / "pwned").exists()


@pytest.mark.parametrize(
    "said",
    (
        "PRIVATE <mallory@example.org>",
        "ann@example.org PRIVATE",
        "\x1b[2J <ann@example.org\x1b>",
        "<ann@example.org>, <x@example.org>",
    ),
)
def test_an_address_has_the_form_of_one(said: str) -> None:
    assert _addresses(said, "M:\tAnn <ann@example.org>\nF:\tmallory@example.org\n") == []


@pytest.mark.parametrize(
    "script", ("print 'x:1: WARNING:A: b', \"\\n\"; exit 1;", "exit 3;", "die;")
)
def test_every_edit_rejected_is_said(space: Space, script: str) -> None:
    (space.tree / "scripts").mkdir()
    (space.tree / "scripts" / "checkpatch.pl").write_text(script)
    done = space.audit("--patches")
    assert done.returncode == 0 and done.stderr == b""
    assert b"no patch: checkpatch.pl: " in done.stdout
    assert done.stdout.endswith(b"0 findings in 0 patches, 1 without an edit\n")


# ------------------------------------------------------------------------------- files


@pytest.mark.parametrize("engines", ("coccinelle", "coccinelle,sparse,clang"))
def test_a_fifo_is_named_and_never_opened(space: Space, engines: str) -> None:
    space.kernel("")
    os.mkfifo(space.driver.with_name("tilde.h"))
    space.driver.write_text('#include "tilde.h"\n' + DRIVER)
    done = space.audit(engines=engines)
    assert done.returncode == 2
    assert b"tilde.h: not a regular file" in done.stderr


@pytest.mark.parametrize("target", ("loop.c", "/dev/zero", "big"))
def test_patches_copy_plain_files_only(space: Space, target: str) -> None:
    with open(space.folder / "big", "wb") as file:
        file.truncate(200 << 30)
    link = target if target != "big" else str(space.folder / "big")
    space.driver.with_name("loop.c").symlink_to(link)
    done = space.audit("--patches")
    assert done.returncode in (0, 2) and b"Traceback" not in done.stderr
    assert b"1 finding in 1 patch" in done.stdout


@pytest.mark.parametrize("name", ("audit.json", "gate.json", ".lock", "timing.json"))
def test_out_is_not_written_through_links(space: Space, name: str) -> None:
    space.out.mkdir()
    mine = space.folder / "mine"
    mine.write_text("mine")
    (space.out / name).symlink_to(mine)
    space.audit()
    assert mine.read_text() == "mine"


def test_out_may_begin_with_a_dash(space: Space) -> None:
    done = space.audit("--out=-x", cwd=space.folder)
    assert done.returncode == 1, done.stderr
    assert (space.folder / "-x" / "audit.json").is_file()


# ----------------------------------------------------------------------------- caches


def poison(space: Space, owner: int, mode: int) -> None:
    for path in (space.cache / "attach-audit").glob("facts-*"):
        path.chmod(mode)
        os.chown(path, owner, owner)


@pytest.mark.parametrize(
    "owner, mode, used", ((0, 0o600, True), (0, 0o622, False), (65534, 0o600, False))
)
def test_only_what_this_user_wrote_is_believed(
    space: Space, owner: int, mode: int, used: bool
) -> None:
    if os.geteuid():
        pytest.skip("only root can give a file away")
    calls = space.folder / "calls"
    tool = space.folder / "spatch"
    tool.write_text(f'#!/bin/sh\necho "$*" >>{calls}\nexec spatch "$@"\n')
    tool.chmod(0o755)
    assert space.audit(SPATCH=str(tool)).returncode == 1
    poison(space, owner, mode)
    calls.write_text("")
    assert space.audit(SPATCH=str(tool)).returncode == 1
    assert ("--sp-file" not in calls.read_text() and "facts.cocci" not in calls.read_text()) == used


def test_a_renamed_entry_is_another(space: Space) -> None:
    """What is kept of a tree without the error does not serve one that has it."""
    space.driver.write_text(
        DRIVER.replace("-EBUSY", "-EINVAL").replace("#define EBUSY 16", "#define EINVAL 22")
    )
    assert space.audit().returncode == 0
    (clean,) = (space.cache / "attach-audit").glob("facts-*")
    kept = clean.read_bytes()
    space.driver.write_text(DRIVER)
    assert space.audit().returncode == 1
    for path in (space.cache / "attach-audit").glob("facts-*"):
        path.write_bytes(kept)
    assert space.audit().returncode == 1


def test_a_cache_of_another_user_is_not_used(space: Space) -> None:
    if os.geteuid():
        pytest.skip("only root can give a folder away")
    cache = space.cache / "attach-audit"
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    assert space.audit().returncode == 1
    assert cache.stat().st_mode & 0o022 == 0
    os.chown(cache, 65534, 65534)
    done = space.audit()
    assert done.returncode == 1 and b"is another user's: not used" in done.stderr


@pytest.mark.parametrize("hours", (2, -2, 24 * 400))
def test_a_time_is_no_change(space: Space, hours: int) -> None:
    os.utime(space.driver, (time.time() + 3600 * hours,) * 2)
    for _ in range(2):
        assert space.audit().returncode == 1


@pytest.mark.parametrize("how", ("write", "replace", "touch back"))
def test_a_change_during_the_audit_is_seen(space: Space, how: str) -> None:
    """Also one that leaves size and time as they were."""
    tool = space.folder / "spatch"
    stamp = space.driver.stat().st_mtime_ns
    other = space.folder / "other.c"
    other.write_text(DRIVER.replace("16", "17"))
    os.utime(other, ns=(stamp, stamp))
    action = {
        "write": f"cat {other} >{space.driver}",
        "replace": f"cp -p {other} {space.driver}.new; mv {space.driver}.new {space.driver}",
        "touch back": f"cat {other} >{space.driver}; touch -r {other} {space.driver}",
    }[how]
    tool.write_text(
        f'#!/bin/sh\ncase "$*" in *--version*) ;; *) {action} ;; esac\nexec spatch "$@"\n'
    )
    tool.chmod(0o755)
    done = space.audit(SPATCH=str(tool))
    assert done.returncode == 2 and b"tilde.c: changed during the audit" in done.stderr


@pytest.mark.parametrize("name", (".work.1", ".patches.x", ".scratch.x"))
def test_leftovers_of_any_action_go_with_the_next(space: Space, name: str) -> None:
    left = space.out / name
    (left / "tree").mkdir(parents=True)
    (left / "tree" / "a.c").write_text("x")
    assert space.audit().returncode == 1
    assert not left.exists()


def test_two_at_once_lose_nothing(space: Space) -> None:
    for i in range(6):
        text = DRIVER.replace("tilde", f"tilde{i}")
        (space.driver.with_name(f"tilde{i}.c")).write_text(text)
    space.driver.unlink()
    assert space.audit().returncode == 1
    ids = [f["id"] for f in json.loads(space.result())["findings"]]
    words = [str(ROOT / "run-audit.sh"), f"--out={space.out}", f"--baseline={space.baseline}"]
    running = [
        subprocess.Popen([*words, "--accept", i, "--reason", "r"], stdout=subprocess.DEVNULL)
        for i in ids
    ]
    assert [p.wait() for p in running] == [0] * 6
    kept = json.loads(space.baseline.read_text())["findings"]
    assert sorted(entry["id"] for entry in kept) == sorted(ids)


# ------------------------------------------------------------------------ failing well


@pytest.mark.parametrize("limit", ("-n 12", "-f 8", "-n 13"))
@pytest.mark.parametrize("word", ("--patches", "--all"))
def test_what_runs_out_is_one_line(space: Space, limit: str, word: str) -> None:
    command = [str(ROOT / "run-audit.sh"), f"--kernel={space.tree}", f"--out={space.out}", word]
    command += [f"--baseline={space.baseline}", "--engines=coccinelle"]
    environment = os.environ | {"XDG_CACHE_HOME": str(space.cache)}
    shell = ["sh", "-c", f'ulimit {limit}; exec "$@"', "sh", *command]
    done = subprocess.run(shell, capture_output=True, text=True, env=environment)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1) or (done.returncode == 2 and done.stderr.count("\n") == 1)


# ---------------------------------------------------------------------- docs/trust.md


def sentences() -> Iterator[tuple[str, str]]:
    """Each sentence of the page, and the test that it names."""
    text = re.sub(r"^(#.*|\|[-| ]*\|?|```.*?```)$", "", TRUST.read_text(), flags=re.MULTILINE)
    for part in re.split(r"(?<=-->)", text):
        said, _, name = part.partition("<!--")
        if said.strip(" \n*-"):
            yield " ".join(said.split()), name.strip(" ->")


def test_every_sentence_of_the_page_has_a_test() -> None:
    found = list(sentences())
    assert len(found) > 20
    for said, name in found:
        assert name in globals() and name.startswith("test_"), said
        assert said.count(". ") == 0, f"two sentences, one test: {said}"


def test_a_tree_chooses_its_contract(space: Space) -> None:
    (space.tree / "include" / "linux" / "iommu.h").write_text("struct iommu_domain_ops { };\n")
    makefile = (space.tree / "Makefile").read_text()
    (space.tree / "Makefile").write_text(makefile.replace("VERSION = 6", "VERSION = 5", 1))
    space.audit()
    kernel = json.loads(space.result())["kernel"]
    assert (kernel["version"], kernel["contract"]) == ("5.12.0", "pre")
