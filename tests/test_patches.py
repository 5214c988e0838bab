"""In: invented drivers with findings, and trees of every kind; out: exactly the expected patches, or a named refusal.

tests/patches/NAME.c is a driver; NAME.patch holds what becomes of it: each patch's subject and
diff, then what is left, each with its reason. PATCHES_UPDATE=1 writes them anew, to be read.
"""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from report.contract import Contract
from report.patches import command, mail, series
from report.patches.choose import debug_name
from report.patches.source import Source, moved, tidied

ROOT = Path(__file__).resolve().parent.parent
CASES = Path(__file__).resolve().parent / "patches"
NAMES = sorted(path.stem for path in CASES.glob("*.c"))
MAKEFILE = "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 0\nEXTRAVERSION =\n"
EPOCH = "1700000000"

SMALL = """\
// SPDX-License-Identifier: GPL-2.0-only

static int small_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct small_domain *domain = to_small_domain(dom);
	struct small_unit *unit = dev_iommu_priv_get(dev);

	if (!unit)
		return -ENODEV;
	if (domain->unit != unit) {
		dev_err(dev, "cannot attach to another unit\\n");
		return -EBUSY;
	}
	return 0;
}

static const struct iommu_domain_ops small_domain_ops = {
	.attach_dev = small_attach_dev,
};
"""
MENDED = SMALL.replace(
    """\
	if (domain->unit != unit) {
		dev_err(dev, "cannot attach to another unit\\n");
		return -EBUSY;
	}
""",
    """\
	if (domain->unit != unit)
		return -EINVAL;
""",
)
SMALL_PATH = "drivers/iommu/small-iommu.c"


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str
    folder: Path

    @property
    def patches(self) -> Path:
        return self.folder / "patches"

    @property
    def mails(self) -> list[str]:
        return [p.read_text() for p in sorted(self.patches.glob("*.patch"))]

    @property
    def patch(self) -> str:
        """The only mail."""
        (text,) = self.mails
        return text


def run(tree: Path, out: Path, *options: str, fix: bool = False, **env: str) -> Outcome:
    names = ["KERNEL", "OUT", "ENGINES", "BASELINE", "CONTRACT", "JOBS", "SPATCH", "MAKEFLAGS"]
    names += ["ONLY", "RULE", "DRIVER", "SPLIT", "SIGNOFF", "SOFT_MESSAGES"]
    base = {name: value for name, value in os.environ.items() if name not in names}
    base |= {
        "XDG_CACHE_HOME": str(out.parent / "cache"),
        "SOURCE_DATE_EPOCH": EPOCH,
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(
        [
            str(ROOT / "run-audit.sh"),
            "--fix" if fix else "--patches",
            *("--kernel", str(tree), "--out", str(out), *options),
        ],
        env=base | env,
        capture_output=True,
        text=True,
    )
    return Outcome(done.returncode, done.stdout, done.stderr, out)


def make_tree(folder: Path) -> Path:
    tree = folder / "tree"
    (tree / "drivers/iommu").mkdir(parents=True)
    (tree / "Makefile").write_text(MAKEFILE)
    (tree / SMALL_PATH).write_text(SMALL)
    return tree


def git(tree: Path, *arguments: str) -> str:
    who = {
        f"GIT_{r}_{w}": "a@example.org" for r in ("AUTHOR", "COMMITTER") for w in ("NAME", "EMAIL")
    }
    env = os.environ | who | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    env |= {"GIT_AUTHOR_DATE": f"{EPOCH} +0000", "GIT_COMMITTER_DATE": f"{EPOCH} +0000"}
    done = subprocess.run(
        ["git", *arguments], cwd=tree, env=env, capture_output=True, text=True, check=True
    )
    return done.stdout


def subject(text: str) -> str:
    return str(email.message_from_string(text, policy=email.policy.default)["Subject"])


def diff(text: str) -> str:
    found = re.search(r"^diff --git .*?(?=^-- $)", text, re.MULTILINE | re.DOTALL)
    return found[0] if found else ""


def rendered(outcome: Outcome, name: str) -> str:
    """What became of one driver, in the form of NAME.patch."""
    parts = []
    for text in outcome.mails:
        if f" a/drivers/iommu/{name}." in diff(text):
            parts.append(f"{re.sub(r'^.PATCH( [0-9/]+)?. ', '', subject(text))}\n\n{diff(text)}")
    for left in json.loads((outcome.patches / "series.json").read_text())["left"]:
        if left["file"].startswith(f"drivers/iommu/{name}."):
            lines = [f"{left['file']}:{left['line']}: {left['why']}"]
            lines += [f"    either: {edit}" for edit in left["edits"]]
            parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def compare(path: Path, text: str) -> None:
    if os.environ.get("PATCHES_UPDATE"):
        path.write_text(text)
    assert text == path.read_text()


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("cases")
    tree = folder / "tree"
    (tree / "drivers/iommu").mkdir(parents=True)
    (tree / "Makefile").write_text(MAKEFILE)
    for path in CASES.glob("*.[ch]"):
        shutil.copyfile(path, tree / "drivers/iommu" / path.name)
    return run(tree, folder / "out", "--split", "driver")


@pytest.mark.parametrize("name", NAMES)
def test_case(cases: Outcome, name: str) -> None:
    assert cases.status == 0, cases.err
    compare(CASES / f"{name}.patch", rendered(cases, name))


def test_cases_are_whole(cases: Outcome) -> None:
    """Nothing is lost between the series, what is left and the text."""
    said = json.loads((cases.patches / "series.json").read_text())
    mended = [f for p in said["patches"] for f in p["findings"]]
    audit = json.loads((cases.folder / "audit.json").read_text())
    errors = {
        f["id"]
        for f in audit["findings"]
        if f["severity"] == "error" and f["rule"] != "mixed-driver"
    }
    left = [entry["finding"] for entry in said["left"]]
    assert len(mended + left) == len(set(mended + left))
    assert errors <= set(mended + left)
    assert cases.out.count(": no patch: ") == len(left)
    assert cases.out.endswith(
        f"{len(mended)} findings in {len(said['patches'])} patches, {len(left)} without an edit\n"
    )
    assert [p["file"] for p in said["patches"]] == [
        p.name for p in sorted(cases.patches.glob("*.patch"))[1:]
    ]


def test_debug_messages(tmp_path: Path) -> None:
    tree = make_tree(tmp_path)
    shutil.copyfile(CASES / "message.c", tree / "drivers/iommu/message.c")
    outcome = run(tree, tmp_path / "out", "--driver", "message", SOFT_MESSAGES="debug")
    assert outcome.status == 0, outcome.err
    compare(CASES / "message.debug.patch", rendered(outcome, "message"))


def test_mail(tmp_path: Path) -> None:
    """A whole series, byte for byte; the same from another place."""
    tree = make_tree(tmp_path / "a")
    (tree / SMALL_PATH).with_name("other.c").write_text(SMALL.replace("small", "other"))
    first = run(tree, tmp_path / "a/out")
    assert first.status == 0, first.err
    version = subprocess.run([ROOT / "run-audit.sh", "--version"], capture_output=True, text=True)
    spatch = subprocess.run(["spatch", "--version"], capture_output=True, text=True).stdout.split()[
        2
    ]
    text = "".join(first.mails).replace(version.stdout.strip(), "attach-audit VERSION")
    compare(CASES / "mail.patch", text.replace(f"coccinelle {spatch}", "coccinelle VERSION"))
    shutil.copytree(tree, tmp_path / "b/tree")
    second = run(tmp_path / "b/tree", tmp_path / "b/out")
    assert second.mails == first.mails
    assert str(tmp_path) not in "".join(first.mails)
    assert run(tree, tmp_path / "a/out").mails == first.mails  # and again in the same place


def test_applies(cases: Outcome, tmp_path: Path) -> None:
    """What a maintainer does: git am, one patch after the other."""
    tree = tmp_path / "tree"
    shutil.copytree(cases.folder.parent / "tree", tree)
    git(tree, "init", "-q")
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "base")
    for path in sorted(cases.patches.glob("*.patch"))[1:]:
        git(tree, "am", "-q", str(path))
    assert git(tree, "diff", "--check", "HEAD~1") == ""


HEADER = """\
/**
 * struct iommu_domain_ops - what a domain can do
 * @attach_dev: attach a domain to a device
 *  Return:
 * * 0		- success
 * * EINVAL	- the domain does not fit, which is not logged
 * * ENOMEM	- no memory
 * * EBUSY	- it is taken
 * * ENODEV	- the device is at fault
 * @free: the end
 */
"""


def contract(tree: Path) -> None:
    (tree / "include/linux").mkdir(parents=True)
    (tree / "include/linux/iommu.h").write_text(HEADER)


def history(tree: Path, rules_first: bool = True) -> str:
    """A repository whose last commit brings the wrong errno, before or after the rules."""
    if rules_first:
        contract(tree)
    (tree / SMALL_PATH).write_text(SMALL.replace("EBUSY", "EINVAL").replace("dev_err", "dev_dbg"))
    git(tree, "init", "-q")
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "iommu/small-thing: Add driver")
    (tree / SMALL_PATH).write_text(SMALL)
    git(tree, "commit", "-q", "-a", "-m", "iommu/small-thing: Say busy")
    commit = git(tree, "rev-parse", "HEAD").strip()
    if not rules_first:
        contract(tree)
        git(tree, "add", "-A")
        git(tree, "commit", "-q", "-m", "iommu: Write the rules down")
    return commit


def test_history(tmp_path: Path) -> None:
    tree = make_tree(tmp_path)
    commit = history(tree)
    outcome = run(tree, tmp_path / "out")
    assert outcome.status == 0, outcome.err
    assert subject(outcome.patch).startswith("[PATCH] iommu/small-thing: Return -EINVAL")
    assert f'\n\nFixes: {commit[:12]} ("iommu/small-thing: Say busy")\n---\n' in outcome.patch
    assert git(tree, "status", "--porcelain") == ""


def test_shallow(tmp_path: Path) -> None:
    """Where the history is cut off nobody can be blamed."""
    tree = make_tree(tmp_path)
    history(tree)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{tree}", "shallow")
    outcome = run(tmp_path / "shallow", tmp_path / "out")
    assert outcome.status == 0, outcome.err
    assert "Fixes:" not in outcome.patch


def test_a_commit_before_the_rules_did_not_break_them(tmp_path: Path) -> None:
    tree = make_tree(tmp_path)
    history(tree, rules_first=False)
    outcome = run(tree, tmp_path / "out")
    assert outcome.status == 0, outcome.err
    assert "Fixes:" not in outcome.patch
    said = " ".join(outcome.patch.split())
    assert '-EINVAL says: "the domain does not fit, which is not logged".' in said


@pytest.mark.parametrize("fix", (False, True))
def test_dirty(tmp_path: Path, fix: bool) -> None:
    tree = make_tree(tmp_path)
    history(tree)
    dirty = SMALL + "/* mine */\n"
    (tree / SMALL_PATH).write_text(dirty)
    outcome = run(tree, tmp_path / "out", fix=fix)
    assert (
        f"{SMALL_PATH}:12: no patch: the file has uncommitted changes: commit or stash"
        in outcome.out
    )
    assert outcome.status == 0
    assert (tree / SMALL_PATH).read_text() == dirty
    named = re.search(r"    id: (\S+)", outcome.out)
    assert named
    assert run(tree, tmp_path / "out", "--only", named[1], fix=fix).status == 2


def test_no_finding_no_patch(tmp_path: Path) -> None:
    tree = make_tree(tmp_path)
    (tree / SMALL_PATH).write_text(MENDED)
    outcome = run(tree, tmp_path / "out")
    assert (outcome.status, outcome.out) == (0, "0 findings in 0 patches, 0 without an edit\n")
    assert outcome.mails == []


@pytest.mark.parametrize("repository", (False, True))
def test_fix(tmp_path: Path, repository: bool) -> None:
    tree = make_tree(tmp_path)
    if repository:
        history(tree)
    (tree / SMALL_PATH).chmod(0o640)
    outcome = run(tree, tmp_path / "out", fix=True)
    assert outcome.status == 0, outcome.err
    assert outcome.out == f"{SMALL_PATH}:12: mended [incompatible-not-einval]\n" + (
        "1 finding mended, 0 without an edit\n"
    )
    assert (tree / SMALL_PATH).read_text() == MENDED
    assert (tree / SMALL_PATH).stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in (tree / "drivers/iommu").iterdir()) == ["small-iommu.c"]


def test_patches_leave_the_tree_alone(tmp_path: Path) -> None:
    """A read-only tree is enough for a series; make fix says what is missing."""
    tree = make_tree(tmp_path)
    for path in (tree / SMALL_PATH, tree / "drivers/iommu", tree):
        path.chmod(path.stat().st_mode & ~0o222)
    outcome = run(tree, tmp_path / "out")
    assert outcome.status == 0, outcome.err
    assert len(outcome.mails) == 1
    assert (tree / SMALL_PATH).read_text() == SMALL
    if os.geteuid():  # nothing is read-only for root
        fixed = run(tree, tmp_path / "out", fix=True)
        assert fixed.status == 2
        assert "cannot be written: make the tree writable, or use make patches" in fixed.err
    for path in (tree, tree / "drivers/iommu"):
        path.chmod(0o755)


@pytest.mark.parametrize(
    "options, message",
    (
        (
            ["--only", "nothing:like:this"],
            "nothing:like:this: 0 findings of severity error have this id",
        ),
        (
            ["--rule", "no-such-rule"],
            "no-such-rule: no such rule with an edit: one of errno-masked",
        ),
        (["--driver", "none"], "none: no such driver in this audit's errors: one of small-iommu"),
        (["--signoff", "Nobody"], "SIGNOFF=Nobody: not of the form: Name <name@example.org>"),
    ),
)
def test_misuse(tmp_path: Path, options: list[str], message: str) -> None:
    outcome = run(make_tree(tmp_path), tmp_path / "out", *options)
    assert outcome.status == 2
    assert outcome.err.startswith(f"attach-audit: {message}")
    assert outcome.err.count("\n") == 1


def test_signoff_maintainers_and_checkpatch(tmp_path: Path) -> None:
    """What the tree's own scripts say counts: who is told, and what is not sent."""
    tree = make_tree(tmp_path)
    (tree / SMALL_PATH).with_name("other.c").write_text(SMALL.replace("small", "other"))
    (tree / "scripts").mkdir()
    (tree / "MAINTAINERS").write_text("STONES\nM:\tAnn <ann@example.org>\n")
    (tree / "scripts/get_maintainer.pl").write_text('print "Ann <ann\\@example.org>\\n";\n')
    (tree / "scripts/checkpatch.pl").write_text(
        'while (<STDIN>) { print "-:1: ERROR:ODD: odd name\\n" if m{^\\+\\+\\+ b/.*other} }\n'
    )
    outcome = run(tree, tmp_path / "out", "--signoff", "Bob B <bob@example.org>")
    assert outcome.status == 0, outcome.err
    assert "\nFrom: Bob B <bob@example.org>\n" in outcome.patch
    assert (
        "\n\nCc: Ann <ann@example.org>\nSigned-off-by: Bob B <bob@example.org>\n---\n"
        in outcome.patch
    )
    assert "other.c" not in outcome.patch
    assert "SIGNOFF" not in outcome.out
    assert "drivers/iommu/other.c:12: no patch: checkpatch.pl: ERROR:ODD: odd name" in outcome.out


@pytest.mark.parametrize(
    "path, prefix",
    (
        ("drivers/iommu/cobble-iommu.c", "iommu/cobble"),
        ("drivers/iommu/cobble_iommu.c", "iommu/cobble"),
        ("drivers/iommu/cobble.c", "iommu/cobble"),
        ("drivers/iommu/cobble/iommu.c", "iommu/cobble"),
        ("drivers/iommu/cobble/table.c", "iommu/cobble"),
        ("drivers/iommu/stone/cobble-v3/cobble-v3.c", "iommu/cobble-v3"),
        ("drivers/iommu/stone/cobble/slate_iommu.c", "iommu/slate"),
        ("arch/granite/kernel/iommu.c", "granite/iommu"),
        ("lone.c", "lone"),
    ),
)
def test_path_prefix(path: str, prefix: str) -> None:
    assert series.path_prefix(path) == prefix


def test_common_prefix() -> None:
    assert series.common_prefix(["iommu/a", "iommu/a"]) == "iommu/a"
    assert series.common_prefix(["iommu/a", "iommu/b"]) == "iommu"
    assert series.common_prefix(["iommu/a", "iommu/b", "granite/iommu"]) == "iommu"


def test_debug_name() -> None:
    names = ("dev_err", "dev_err_ratelimited", "pr_warn_once", "dev_err_probe", "cobble_log")
    assert [debug_name(name) for name in names] == [
        "dev_dbg",
        "dev_dbg_ratelimited",
        "pr_debug_once",
        "dev_dbg",
        "",
    ]


def test_moved() -> None:
    before = "a\nif (x) {\n\tlog(x);\n\treturn -EBUSY;\n}\nreturn -EBUSY;\n"
    after = "a\nif (x)\n\treturn -EINVAL;\nreturn -EBUSY;\n"
    assert moved(before, after, before.rindex("EBUSY")) == after.rindex("EBUSY")
    assert moved(before, after, after.rindex("EBUSY"), back=True) == before.rindex("EBUSY")
    assert moved(before, after, before.index("log")) == -1
    assert moved(before, before, 5) == 5


def test_tidied() -> None:
    before = "{\n\tlog();\n\n\treturn 1;\n}\n"
    assert tidied(before, "{\n\t\n\n\treturn 1;\n}\n") == "{\n\treturn 1;\n}\n"
    assert tidied("a;\n\nlog();\n\nb;\n", "a;\n\n\nb;\n") == "a;\n\nb;\n"


def test_source() -> None:
    text = 'int f(void)\n{\n\tg("} /*");\t/* { */\n\tif (x) { h(a,\n\t b); }\n}\n'
    source = Source(text)
    at = text.index("h(a")
    assert source.at(at) == "4:10"
    assert source.block(at) == "{ h(a,\n\t b); }"
    assert text[slice(*source.definition(at))] == text.rstrip("\n")
    assert text[slice(*source.statement(at))] == "h(a,\n\t b);"
    assert source.words("a", 4) == [at + 2]


def test_commit_messages_fit() -> None:
    """Subjects of 75 characters at most, bodies of 72, for every rule."""
    rules = Contract(
        "attach_dev", "EINVAL", {"EINVAL": "a misfit " * 20, "ENODEV": "x"}, frozenset()
    )
    origin = mail.Origin("attach-audit 0", "coccinelle 1", "6.12", rules)
    resources = ("nomem", "nospace", "busy")
    for kind in (*(set(series.ORDER) - {"wrong-resource-errno"}), *resources):
        for debug in (False, True):
            assert len(mail.subject(kind, "iommu/a-long-name", "EINVAL", debug)) <= 75
            text = mail.body(kind, [], origin, debug, ())
            assert max(map(len, text.split("\n"))) <= 72
            assert "{" not in text
            assert ("resource" in text) == (kind == "nospace")


# A helper whose failure is logged by its caller: a misfit, and what else it is given.
LOGGED = """\
// SPDX-License-Identifier: GPL-2.0-only

%(helpers)sstatic int small_join(struct small_domain *domain, struct small_unit *unit)
{
	if (domain->unit != unit)
		return -EINVAL;
%(more)s	return 0;
}

static int small_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct small_domain *domain = to_small_domain(dom);
	struct small_unit *unit = dev_iommu_priv_get(dev);
	int ret;

	ret = small_join(domain, unit);
	if (%(asked)s) {
		dev_err(dev, "cannot join\\n");
		return ret;
	}
	return 0;
}

static const struct iommu_domain_ops small_domain_ops = {
	.attach_dev = small_attach_dev,
};
"""
DEEPER = """\
static int small_start(struct small_unit *unit)
{
	if (!unit->base)
		return -ENODEV;
	return 0;
}

"""


@pytest.mark.parametrize(
    "more, helpers, asked, what",
    (
        ("", "", "ret", ""),
        ("	if (!unit->base)\n		return -ENODEV;\n", "", "ret", "small_join() returns -ENODEV (line 8)"),
        ("	if (!unit->base)\n		return -ENODEV;\n", "", "ret < 0", "small_join() returns -ENODEV (line 8)"),
        ("	return small_start(unit);\n", DEEPER, "ret", "small_start() returns -ENODEV (line 6)"),
        (
            "	domain->ops = kzalloc(8, GFP_KERNEL);\n	if (!domain->ops)\n		return -ENOMEM;\n",
            *("", "ret", "small_join() returns -ENOMEM (line 9)"),
        ),
        (
            "	return pm_runtime_resume_and_get(unit->dev);\n",
            *("", "ret", "small_join() returns the errno of pm_runtime_resume_and_get() (line 7)"),
        ),
    ),
)  # fmt: skip
def test_a_message_that_also_reports_what_is_no_misfit(
    tmp_path: Path, more: str, helpers: str, asked: str, what: str
) -> None:
    tree = make_tree(tmp_path)
    (tree / SMALL_PATH).write_text(LOGGED % {"more": more, "helpers": helpers, "asked": asked})
    outcome = run(tree, tmp_path / "out")
    assert outcome.status == 0, outcome.err
    assert len(outcome.mails) == (not what)
    if what:
        assert f"dev_err() in line 23 also reports what is no misfit: {what} [" in re.sub(
            r"line \d+ also", "line 23 also", outcome.out
        )
        assert (
            "    either: remove dev_err() for both\n    either: move dev_err() to where"
            in outcome.out
        )


USED = """\
// SPDX-License-Identifier: GPL-2.0-only

static int small_region(struct device *dev)
{
	struct small_unit *unit = dev_iommu_priv_get(dev);

	if (!unit->region)
		return -EINVAL;
	return 0;
}

%s
static int small_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	return small_region(dev);
}

static const struct iommu_domain_ops small_domain_ops = {
	.attach_dev = small_attach_dev,
};
"""
PROBE = """\
static struct iommu_device *small_probe_device(struct device *dev)
{
	if (small_region(dev))
		return NULL;
	return small_of(dev);
}

static const struct iommu_ops small_ops = {
	.probe_device = small_probe_device,
};
"""
HIDDEN = """\
static int small_any(struct device *dev)
{
	return small_region(dev);
}

static void small_reserve(struct device *dev, struct list_head *head)
{
	small_list(dev, head, small_any);
}

static const struct iommu_ops small_ops = {
	.get_resv_regions = small_reserve,
};
"""
EXPORTED = """\
int small_check(struct device *dev)
{
	return small_region(dev);
}
"""


@pytest.mark.parametrize(
    "code, users",
    (
        ("", ""),
        (HIDDEN, "small_reserve() (.get_resv_regions)"),
        (EXPORTED, "small_check()"),
    ),
)
def test_the_other_users_of_a_helper_are_named(tmp_path: Path, code: str, users: str) -> None:
    tree = make_tree(tmp_path)
    (tree / SMALL_PATH).write_text(USED % code)
    outcome = run(tree, tmp_path / "out")
    changelog = " ".join(outcome.patch.split("\n---\n")[0].split())
    named = f"small_region() is also called for {users}, which may return the new errno as well."
    assert (named in changelog) == bool(users)
    assert ("is also called for" in changelog) == bool(users)


def test_a_helper_that_probing_calls_too_is_not_edited(tmp_path: Path) -> None:
    """The core takes -ENODEV of a probe for no failure: whether to return it is for a maintainer to say."""
    tree = make_tree(tmp_path)
    (tree / SMALL_PATH).write_text(USED % PROBE)
    outcome = run(tree, tmp_path / "out")
    assert (outcome.status, list(outcome.patches.glob("*.patch"))) == (0, [])


def test_a_check_that_refuses_every_domain_of_a_type_is_named(tmp_path: Path) -> None:
    tree = make_tree(tmp_path)
    kind = SMALL.replace("domain->unit != unit", "dom->type == IOMMU_DOMAIN_DMA")
    (tree / SMALL_PATH).write_text(kind)
    notes = " ".join(run(tree, tmp_path / "out").patch.split("\n---\n")[1].split())
    assert "small_attach_dev(): the check refuses every domain of a type" in notes


def test_a_busy_device_is_no_exhausted_resource(tmp_path: Path) -> None:
    tree = make_tree(tmp_path)
    taken = SMALL.replace("domain->unit != unit", "unit->domain && unit->domain != domain")
    (tree / SMALL_PATH).write_text(taken.replace("EBUSY", "EEXIST"))
    text = run(tree, tmp_path / "out").patch
    assert subject(text) == "[PATCH] iommu/small: Return -EBUSY for a device that is in use"
    assert "resource" not in text.split("\n---\n")[0]


def test_fix_shows_what_it_would_change(tmp_path: Path) -> None:
    tree = make_tree(tmp_path)
    outcome = run(tree, tmp_path / "out", "--diff", fix=True)
    assert outcome.status == 0, outcome.err
    assert (tree / SMALL_PATH).read_text() == SMALL
    shown, _, last = outcome.out.rpartition("1 finding to be mended")
    assert last == ", 0 without an edit\n"
    done = subprocess.run(["patch", "-p1"], cwd=tree, input=shown, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout
    assert (tree / SMALL_PATH).read_text() == MENDED


def test_the_prefix_is_what_maintainers_call_it(tmp_path: Path) -> None:
    (tmp_path / "MAINTAINERS").write_text(
        "GRANITE IOMMU (Gr-d)\nM:\tA U Thor <author@example.com>\nF:\tdrivers/iommu/stone/\n\n"
        "COBBLE IOMMU (COBBLE-VI)\nF:\tdrivers/iommu/cobble/\n\n"
        "IOMMU SUBSYSTEM (IOMMU)\nF:\tdrivers/iommu/\n"
    )
    history = series.History(str(tmp_path), str(tmp_path / "git"))
    assert history.prefix("drivers/iommu/stone/iommu.c") == "iommu/gr-d"
    assert history.prefix("drivers/iommu/cobble/iommu.c") == "iommu/cobble"
    assert history.prefix("drivers/iommu/slate-iommu.c") == "iommu/slate"


def test_a_tree_of_another_owner(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("needs root, to give a folder away")
    tree = make_tree(tmp_path)
    history(tree)
    shutil.chown(tree, 12345)
    outcome = run(tree, tmp_path / "out", HOME=str(tmp_path))
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    assert outcome.err.endswith(f"git config --global --add safe.directory {tree}\n")


def prepared(cache: Path, tree: Path, *flags: str) -> None:
    """What engine sparse leaves behind, for one architecture."""
    folder = cache / "attach-audit/prepared/0"
    folder.mkdir(parents=True)
    (folder / "arch").write_text("arm64\n")
    (folder / "flags").write_text("\n".join((f"-I{tree}/include", *flags, "")))


COMPILED = """\
struct iommu_domain { int id; };
struct device { int id; };
struct small_unit { int id, width; };
struct iommu_domain_ops { int (*attach_dev)(struct iommu_domain *dom, struct device *dev); };
struct small_domain { struct iommu_domain dom; struct small_unit *unit; int width; };
struct small_domain *to_small_domain(struct iommu_domain *dom);
struct small_unit *dev_iommu_priv_get(struct device *dev);
int dev_err(struct device *dev, const char *format, ...);
"""


def test_each_patch_is_compiled(tmp_path: Path) -> None:
    """An edit that brings a warning is dropped, and the rest says what it was compiled for."""
    if not shutil.which("clang-19"):
        pytest.skip("needs a package: apt-get install clang-19")
    tree = make_tree(tmp_path)
    errnos = "#define ENODEV 19\n#define EBUSY 16\n#define EINVAL 22\n"
    code = f"{COMPILED}{errnos}{SMALL}"
    (tree / SMALL_PATH).write_text(code)
    (tree / "include").mkdir()
    prepared(tmp_path / "cache", tree, "--target=aarch64-linux-gnu", "-Wno-unused")
    outcome = run(tree, tmp_path / "out")
    assert outcome.status == 0, outcome.err
    assert "Compiled for arm64 with the warnings of W=1, none of them new. Not run." in " ".join(
        outcome.patch.split()
    )

    (tree / SMALL_PATH).write_text(code.replace("#define EINVAL 22\n", ""))
    outcome = run(tree, tmp_path / "out")
    assert outcome.mails == []
    assert f"no patch: {SMALL_PATH} no longer compiles for arm64" in outcome.out

    odd = "static inline int odd(void) { int unused_here = 1; return 0; }\n"
    (tree / SMALL_PATH).write_text(odd + code)
    assert "none of them new" in " ".join(run(tree, tmp_path / "out").patch.split())

    wide = code.replace("#define EINVAL 22", "#define EINVAL 22000000000")
    (tree / SMALL_PATH).write_text(wide)
    outcome = run(tree, tmp_path / "out")
    assert outcome.mails == []
    assert "no patch: clang for arm64: implicit conversion from 'long' to 'int'" in outcome.out


def test_rounds_end() -> None:
    assert command.ROUNDS > 2
