# SPDX-License-Identifier: GPL-2.0-only
"""In: small git trees, changes and series made of them; out: exactly what is new, fixed and answered.

A reply is read back as a list of (the quoted line above a remark, the remark).
"""

from __future__ import annotations

import base64
import email
import mailbox
import os
import quopri
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from test_engine import DRIVER, EMPTY, HEAD, ROOT, small_tree

CHECKS = ROOT / "build" / "attach-checks"  # the C steps have sanitized tests of their own
QUILL = "drivers/iommu/quill.c"

# Two faults, and two returns that are right.
OLD = (
    HEAD
    + """
	if (qdom->iommu != master->iommu)
		return -EXDEV;
	if (!master->iommu->base)
		return -EINVAL;
	if (qdom->width > 48)
		return -EINVAL;
	qdom->ops = kzalloc(8, GFP_KERNEL);
	if (!qdom->ops)
		return -ENOMEM;
	return 0;
}
"""
)


@dataclass(frozen=True)
class Result:
    status: int
    stdout: str
    stderr: str
    out: Path

    @property
    def last(self) -> str:
        return self.stdout.splitlines()[-1]


class Space:
    """A kernel tree under git, with an identity of its own, and a place for results."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = small_tree(folder, OLD)
        self.baseline = folder / "baseline.json"
        self.baseline.write_text(EMPTY, encoding="utf-8")
        self.git("init", "-q", "-b", "main")
        self.commit("iommu: Start")

    def git(self, *arguments: str) -> str:
        env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | {
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada Author",
            "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada Author",
            "GIT_COMMITTER_EMAIL": "ada@example.org",
            "GIT_AUTHOR_DATE": "2024-03-01T10:00:00Z",
            "GIT_COMMITTER_DATE": "2024-03-01T10:00:00Z",
        }
        done = subprocess.run(
            ["git", "-C", str(self.tree), *arguments], env=env, capture_output=True, check=True
        )
        return done.stdout.decode("utf-8", "surrogateescape")

    def commit(self, subject: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject)

    def edit(self, old: str, new: str, file: str = QUILL) -> None:
        path = self.tree / file
        content = path.read_text(encoding="utf-8")
        assert content.count(old) == 1, old
        path.write_text(content.replace(old, new), encoding="utf-8")

    def write(self, file: str, content: str) -> None:
        path = self.tree / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def series(self, *options: str) -> str:
        """The commits since main's start as an mbox; the work tree is then as before them."""
        text = self.git(
            *("format-patch", "--stdout", "--thread", "--to=Lea List <lea@example.org>"),
            *("--cc=iommu@lists.example.org", *options, "start"),
        )
        self.git("reset", "-q", "--hard", "start")
        return text

    def start(self) -> None:
        self.git("tag", "start")

    def run(self, *options: str, stdin: str | None = None, **more: str) -> Result:
        out = self.folder / "out"
        names = ("KERNEL", "OUT", "ENGINES", "BASELINE", "CONTRACT", "BASE", "MBOX", "DRIVER")
        env = {k: v for k, v in os.environ.items() if k not in names}
        env |= {
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "ATTACH_CHECKS": str(CHECKS),
            "ASAN_OPTIONS": "detect_leaks=0",
            "HOME": str(self.folder),
        }
        command = [str(ROOT / "run-audit.sh"), "--out", str(out), "--baseline", str(self.baseline)]
        if "--kernel" not in options:
            command += ["--kernel", str(self.tree)]
        done = subprocess.run(
            [*command, *options],
            env=env | more,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=300,
        )
        assert "Traceback" not in done.stderr
        assert [p for p in out.glob(".scratch.*")] == []
        return Result(done.returncode, done.stdout, done.stderr, out)

    def review(self, text: str, *options: str) -> Result:
        path = self.folder / "series.mbox"
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
        return self.run("--mbox", str(path), *options)


@pytest.fixture
def space(tmp_path: Path) -> Space:
    made = Space(tmp_path)
    made.start()
    return made


@dataclass(frozen=True)
class Reply:
    headers: email.message.Message
    text: str
    remarks: list[tuple[str, str]]  # the quoted line above, the paragraph on one line


def replies(result: Result) -> list[Reply]:
    found = []
    for message in mailbox.mbox(result.out / "review.mbox", create=False):
        payload = message.get_payload(decode=True)
        assert isinstance(payload, bytes)
        text = payload.decode("utf-8")
        blocks = [b for b in re.split(r"\n\n+", text.strip("\n"))]
        remarks = []
        quoted = ""
        for block in blocks:
            if block.splitlines()[-1].startswith(">"):
                quoted = block.splitlines()[-1]
            else:
                remarks.append((quoted, " ".join(block.split())))
        found.append(Reply(message, text, remarks))
    return found


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below, with time and content; to show that nothing was touched."""
    return {
        str(p.relative_to(folder)): (p.lstat().st_mtime_ns, p.read_bytes())
        for p in sorted(folder.rglob("*"))
        if p.is_file() and not p.is_symlink()
    }


# --------------------------------------------------------------------------- BASE


def test_base_reports_new_fixed_and_unchanged_and_gates_on_the_new(space: Space) -> None:
    space.edit("return -EXDEV;", "return -EINVAL;")
    space.edit("return -ENOMEM;", "return -EAGAIN;")
    before = state(space.tree)
    result = space.run("--base", "start")
    assert result.stderr == ""
    assert state(space.tree) == before
    lines = result.stdout.splitlines()
    assert [line.split(" [")[1] for line in lines if line.startswith(QUILL)] == [
        "wrong-resource-errno]",
        "incompatible-not-einval]",
    ]
    assert lines[-1] == (
        "start to the working tree: 1 error and 0 notes new, 1 error and 0 notes fixed, "
        "1 error and 1 note unchanged: gate fails"
    )
    assert result.status == 1
    assert (result.out / "base" / "audit.json").is_file()


def test_base_without_a_new_error_passes_whatever_is_old(space: Space) -> None:
    space.edit("return 0;", "return  0;")
    space.write("drivers/iommu/other.h", "/* nothing */\n")
    result = space.run("--base", "HEAD")
    assert (result.status, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "HEAD to the working tree: 0 errors and 0 notes new, 0 errors and 0 notes fixed, "
        "2 errors and 1 note unchanged: gate passes"
    ]


def test_base_follows_moved_lines_renamed_files_and_functions(space: Space) -> None:
    space.git("mv", QUILL, "drivers/iommu/quill-new.c")
    space.edit(
        "#include <linux/iommu.h>", "#include <linux/iommu.h>\n\n\n", "drivers/iommu/quill-new.c"
    )
    result = space.run("--base", "HEAD")
    assert result.status == 0
    assert [line.split(": ")[1] for line in result.stdout.splitlines()[:-1]] == [
        *("moved error", "moved error", "moved note")
    ]
    assert (
        "0 errors and 0 notes new, 0 errors and 0 notes fixed, 2 errors and 1 note" in result.last
    )


def test_base_tells_an_added_twin_from_the_one_it_stands_before(space: Space) -> None:
    twin = "	if (!master->iommu->base)\n		return -EINVAL;\n"
    call = "	quill_program(master);\n"  # may write to base: the next check can fail
    last, first = "	if (qdom->width > 48)\n", "	if (qdom->iommu != master->iommu)\n"
    declared = "static struct quill_domain *to_quill_domain("
    space.edit(declared, f"void quill_program(struct quill_master *master);\n{declared}")
    space.edit(last, call + twin + last)
    space.edit(first, twin + call + first)
    result = space.run("--base", "HEAD")
    source = (space.tree / QUILL).read_text(encoding="utf-8").splitlines()
    lines = [int(x) for x in re.findall(rf"{QUILL}:(\d+):\d+: new error", result.stdout)]
    at = next(i for i, line in enumerate(source, 1) if line == "		return -EINVAL;")
    assert lines[0] == at and len(lines) == 2


def test_base_sees_a_binding_that_the_change_removed(space: Space) -> None:
    space.write("drivers/misc/plume.c", (DRIVER % OLD).replace("quill", "plume"))
    space.commit("misc: Add")
    (space.tree / "drivers/misc/plume.c").unlink()
    result = space.run("--base", "HEAD")
    assert result.status == 0
    lines = result.stdout.splitlines()
    assert len([x for x in lines if ": fixed error: " in x]) == 2
    assert len([x for x in lines if ": fixed note: " in x]) == 1


@pytest.mark.parametrize("ref", ["nowhere", "--all", "HEAD:Makefile", "HEAD~1"])
def test_base_that_is_no_revision(space: Space, ref: str) -> None:
    result = space.run(f"--base={ref}")
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr == (
        f"attach-audit: {space.tree}: {ref}: no such revision: see git branch --all\n"
    )


def test_base_in_bare_and_shallow_repositories_and_in_none(space: Space) -> None:
    space.edit("	return 0;", "	return  0;")
    space.commit("iommu: Second")
    bare = space.folder / "bare.git"
    space.git("clone", "-q", "--bare", str(space.tree), str(bare))
    result = space.run("--kernel", str(bare), "--base", "HEAD")
    assert result.status == 2
    assert "a bare repository has no working tree to read: make one: " in result.stderr

    shallow = space.folder / "shallow"
    space.git("clone", "-q", "--depth=1", f"file://{space.tree}", str(shallow))
    result = space.run("--kernel", str(shallow), "--base", "HEAD~1")
    assert (result.status, result.stderr.count("\n")) == (2, 1)
    assert "no such revision in this shallow repository: fetch it: " in result.stderr
    assert space.run("--kernel", str(shallow), "--base", "HEAD").status == 0

    shutil.rmtree(space.tree / ".git")
    result = space.run("--base", "HEAD", GIT_CEILING_DIRECTORIES=str(space.folder))
    assert (result.status, result.stderr.count("\n")) == (2, 1)
    assert "not a git repository" in result.stderr


def test_base_runs_nothing_that_the_repository_names(space: Space) -> None:
    ran = space.folder / "ran"
    script = space.folder / "script"
    script.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n", encoding="utf-8")
    script.chmod(0o755)
    space.write(".gitattributes", "*.c filter=evil diff=evil\n")
    space.commit("attributes")
    for name in ("core.fsmonitor", "filter.evil.smudge", "filter.evil.clean", "diff.evil.textconv",
                 "diff.evil.command", "diff.external"):  # fmt: skip
        space.git("config", name, str(script))
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        shutil.copy(script, space.tree / ".git/hooks" / hook)
    (space.tree / QUILL).touch()
    before = state(space.tree)
    result = space.run("--base", "HEAD")
    assert (result.status, result.stderr) == (0, "")
    assert not ran.exists()
    assert state(space.tree) == before


# ------------------------------------------------------------------------- replies


def test_a_series_that_adds_a_driver_with_three_faults_is_answered_beneath_them(
    space: Space,
) -> None:
    space.write("Documentation/wren.rst", "wren\n")
    space.commit("Documentation: Describe wren")
    driver = DRIVER.replace("quill", "wren").replace(
        "#include <linux/iommu.h>", '#include "wren.h"'
    )
    code = """static int wren_bind(struct wren_domain *wdom, struct wren_master *master)
{
	if (wdom->iommu != master->iommu) {
		dev_err(master->dev, "another IOMMU\\n");
		return -EINVAL; /* logged */
	}
	if (!master->iommu->base)
		return -EINVAL; /* hard */
	return 0;
}

static int wren_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct wren_domain *wdom = to_wren_domain(domain);
	struct wren_master *master = dev_iommu_priv_get(dev);

	if (!master)
		return -ENODEV;
	wdom->ops = kzalloc(8, GFP_KERNEL);
	if (!wdom->ops)
		return -EAGAIN; /* memory */
	return wren_bind(wdom, master);
}
"""
    space.write("drivers/iommu/wren/wren.h", "#include <linux/iommu.h>\n")
    space.commit("iommu/wren: Add header")
    space.write("drivers/iommu/wren/wren.c", driver % code)
    space.commit("iommu/wren: Add driver")
    result = space.review(space.series("-v3", "--cover-letter"))
    assert (result.status, result.stderr) == (1, "")
    (reply,) = replies(result)
    assert [quoted for quoted, _ in reply.remarks] == [
        "> +		return -EINVAL; /* logged */",
        "> +		return -EINVAL; /* hard */",
        "> +		return -EAGAIN; /* memory */",
    ]
    logged, hard, memory = (remark for _, remark in reply.remarks)
    assert logged.startswith(
        "A domain that does not fit the device (`wdom->iommu != master->iommu`)"
    )
    assert logged.endswith("Could you remove the dev_err(), or make it a debug message?")
    assert "can indicate that device and domain are incompatible" in logged
    assert hard.startswith(
        "What fails here in wren_bind() is the device or its IOMMU (`!master->iommu->base`)"
    )
    assert '"device specific errors, not able to be attached"' in hard
    assert hard.endswith("Could you return -ENODEV instead of -EINVAL?")
    assert memory.endswith('"out of memory". Could you return -ENOMEM instead of -EAGAIN?')
    headers = reply.headers
    assert headers["Subject"] == "Re: [PATCH v3 3/3] iommu/wren: Add driver"
    assert headers["To"] == "Ada Author <ada@example.org>"
    assert headers["Cc"].split() == "Lea List <lea@example.org>, iommu@lists.example.org".split()
    original = [m for m in mailbox.mbox(space.folder / "series.mbox") if "3/3" in m["Subject"]][0]
    assert headers["In-Reply-To"] == original["Message-ID"]
    assert headers["References"].split() == [original["References"], original["Message-ID"]]
    assert reply.text.startswith("On Fri, 1 Mar 2024 10:00:00 +0000, Ada Author wrote:\n> [...]\n")


def _mending(space: Space) -> str:
    """Two old faults mended, a third made."""
    space.edit("return -EXDEV;", "return -EINVAL;")
    space.commit("iommu/quill: Say EINVAL to a foreign domain")
    space.edit("base)\n		return -EINVAL;", "base)\n		return -ENODEV;")
    space.commit("iommu/quill: Say ENODEV without registers")
    space.edit("48)\n		return -EINVAL;", "48)\n		return -ERANGE;")
    space.commit("iommu/quill: Say ERANGE to a wide domain")
    return space.series()


def test_a_series_that_fixes_two_and_breaks_a_third(space: Space) -> None:
    text = _mending(space)
    before = state(space.tree)
    result = space.review(text)
    assert (result.status, result.stderr) == (1, "")
    assert state(space.tree) == before
    (reply,) = replies(result)
    assert [quoted for quoted, _ in reply.remarks] == ["> +		return -ERANGE;"]
    assert "(`qdom->width > 48`)" in reply.remarks[0][1]
    assert reply.headers["Subject"].startswith("Re: [PATCH 3/3] ")
    said = result.stdout.splitlines()
    assert [x.split(": ")[1] + x.split(" [")[1] for x in said if x.startswith("    drivers/")] == [
        "fixed errorincompatible-not-einval]",
        "fixed notemixed-driver]",
        "fixed errorhard-as-einval]",
        "new notemixed-driver]",
        "new errorincompatible-not-einval]",
    ]


def test_a_series_without_a_fault_gets_no_reply(space: Space) -> None:
    space.edit("return -EXDEV;", "return -EINVAL;")
    space.edit("base)\n		return -EINVAL;", "base)\n		return -ENODEV;")
    space.commit("iommu/quill: Mend")
    result = space.review(space.series())
    assert (result.status, result.stderr) == (0, "")
    assert (result.out / "review.mbox").read_bytes() == b""
    assert "0 replies: gate passes" in result.last


def test_a_fault_that_a_later_patch_mends_is_said_to_be_so_and_passes(space: Space) -> None:
    space.edit("48)\n		return -EINVAL;", "48)\n		return -ERANGE;")
    space.commit("iommu/quill: Break")
    space.edit("48)\n		return -ERANGE;", "48)\n		return -EINVAL;")
    space.commit("iommu/quill: Mend")
    result = space.review(space.series())
    assert result.status == 0
    (reply,) = replies(result)
    assert reply.remarks[0][1].endswith(
        'Patch 2/2 "iommu/quill: Mend" does that; it would be better here already.'
    )


def test_a_remark_on_a_line_outside_the_patch_names_its_place(space: Space) -> None:
    space.edit("48)\n", "48)\n" + "		/* far */\n" * 5)
    space.commit("iommu/quill: Comment")
    space.git("tag", "-f", "start")
    space.edit("	if (qdom->width > 48)\n", "	if (master->iommu->features)\n")
    space.commit("iommu/quill: Look at the features")
    result = space.review(space.series())
    assert result.status == 1
    (reply,) = replies(result)
    quoted, remark = reply.remarks[0]
    assert quoted == "> +	if (master->iommu->features)"
    assert remark.startswith(f"({QUILL}:43, quill_attach_dev())")


def test_a_tree_without_git_a_folder_of_patches_and_standard_input_do_the_same(
    space: Space,
) -> None:
    text = _mending(space)
    expected = space.review(text)
    mails = (expected.out / "review.mbox").read_text(encoding="utf-8")
    assert space.run("--mbox", "-", stdin=text).stdout == expected.stdout
    folder = space.folder / "patches"
    folder.mkdir()
    for i, part in enumerate(re.split(r"(?m)^(?=From [0-9a-f]{40} )", text)[1:], 1):
        (folder / f"{i:04}.patch").write_text(part, encoding="utf-8")
    assert space.run("--mbox", str(folder)).stdout == expected.stdout
    shutil.rmtree(space.tree / ".git")
    before = state(space.tree)
    again = space.review(text)
    assert (again.status, again.stdout, again.stderr) == (1, expected.stdout, "")
    assert (again.out / "review.mbox").read_text(encoding="utf-8") == mails
    assert state(space.tree) == before


def test_what_b4_am_gives(space: Space) -> None:
    text = _mending(space)
    (space.folder / "thread.mbox").write_text(text, encoding="utf-8")
    first = email.message_from_string(text)["Message-ID"].strip("<>")
    (space.folder / ".gitconfig").write_text(
        "[user]\n\tname = Rea Reviewer\n\temail = rea@example.org\n", encoding="utf-8"
    )
    thread = str(space.folder / "thread.mbox")
    done = subprocess.run(
        ["b4", "--offline-mode", "-n", "am", "-m", thread, "-o", "-", first],
        cwd=space.tree,
        env={**os.environ, "HOME": str(space.folder)},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    result = space.run("--mbox", "-", stdin=done.stdout)
    assert result.status == 1
    assert "has no To or Cc (b4 am drops them)" in result.stderr
    (reply,) = replies(result)
    assert [quoted for quoted, _ in reply.remarks] == ["> +		return -ERANGE;"]
    assert reply.headers["To"] == "Ada Author <ada@example.org>"
    assert reply.headers["In-Reply-To"]
    assert reply.headers["From"] == "Rea Reviewer <rea@example.org>"


def _reencoded(text: str, how: str) -> str:
    """The same mails: base64, quoted-printable, a part of a multipart, an attachment, CRLF."""
    out = []
    for part in re.split(r"(?m)^(?=From [0-9a-f]{40} )", text)[1:]:
        head, _, body = part.partition("\n\n")
        raw = body.encode()
        if how == "base64":
            head += "\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64"
            body = base64.encodebytes(raw).decode()
        elif how == "quoted-printable":
            head += "\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable"
            body = quopri.encodestring(raw).decode()
        elif how == "multipart":
            head += '\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="xyz"'
            message, _, patch = body.partition("---\n")
            body = (
                f"--xyz\nContent-Type: text/plain\n\n{message}\n--xyz\nContent-Type: text/x-patch;"
                f' name="a.patch"\nContent-Disposition: attachment; filename="a.patch"\n'
                f"Content-Transfer-Encoding: base64\n\n"
                f"{base64.encodebytes(('---' + chr(10) + patch).encode()).decode()}\n--xyz--\n"
            )
        elif how == "crlf":
            body = body.replace("\n", "\r\n")
            head = head.replace("\n", "\r\n")
        out.append(head + ("\r\n\r\n" if how == "crlf" else "\n\n") + body + "\n")
    return "".join(out)


@pytest.mark.parametrize("how", ["base64", "quoted-printable", "multipart", "crlf"])
def test_mails_in_other_encodings(space: Space, how: str) -> None:
    text = _reencoded(_mending(space), how)
    path = space.folder / "series.mbox"
    path.write_bytes(text.encode())
    result = space.run("--mbox", str(path))
    assert (result.status, result.stderr) == (1, "")
    assert [r.remarks[0][0] for r in replies(result)] == ["> +		return -ERANGE;"]


def test_control_characters_and_markup_stay_text(space: Space) -> None:
    space.edit("48)\n		return -EINVAL;", "48) /* \x1b[31m\u202e <b> */\n		return -ERANGE;")
    space.commit("x")
    text = space.series()
    subject = (
        "=?utf-8?B?"
        + base64.b64encode("[PATCH] \x1b[2Ja\nBcc: b@c.d\u202e <i>ü".encode()).decode()
        + "?="
    )
    text = re.sub(r"(?m)^Subject: .*$", f"Subject: {subject}", text)
    text = re.sub(r"(?m)^From: .*$", 'From: "A\x1bda <script>" <ada@example.org>', text)
    result = space.review(text)
    assert result.status == 1
    raw = (result.out / "review.mbox").read_text(encoding="utf-8")
    (reply,) = replies(result)
    assert reply.headers["Bcc"] is None
    for shown in (result.stdout, raw):
        assert "\x1b" not in shown and "\u202e" not in shown
    subject = str(email.header.make_header(email.header.decode_header(reply.headers["Subject"])))
    assert subject == "Re: [PATCH] \\x1b[2Ja Bcc: b@c.d\\u202e <i>ü"
    assert "> +	if (qdom->width > 48) /* \\x1b[31m\\u202e <b> */" in reply.text


# ------------------------------------------------------------- where a remark stands


TWINS = """static int quill_one(struct quill_domain *qdom, struct quill_master *master)
{
	/* one */
	if (qdom->width > 48)
		return -EINVAL;

	if (qdom->width < 32)
		return -EINVAL;
	return 0;
}

static int quill_two(struct quill_domain *qdom, struct quill_master *master)
{
	/* two */
	if (qdom->width > 48)
		return -EINVAL;

	if (qdom->width < 32)
		return -EINVAL;
	return 0;
}

static int quill_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct quill_domain *qdom = to_quill_domain(domain);
	struct quill_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = quill_one(qdom, master);
	if (ret)
		return ret;
	return quill_two(qdom, master);
}
"""


@pytest.mark.parametrize("above", [1, 7, 40])
def test_twins_under_an_offset_are_told_apart(space: Space, above: int) -> None:
    space.write(QUILL, DRIVER % TWINS)
    space.commit("Twins")
    space.git("tag", "-f", "start")
    text = (space.tree / QUILL).read_text(encoding="utf-8")
    head, two = text[: text.index("quill_two")], text[text.index("quill_two") :]
    two = two.replace("48)\n		return -EINVAL;", "48)\n		return -ERANGE;")
    two = two.replace("	int ret;\n", "	int ret; /* errno */\n")
    space.write(QUILL, head + two)
    space.commit("iommu/quill: Break the second")
    mail = space.series()
    space.edit("struct quill_iommu {", "/* more */\n" * above + "struct quill_iommu {")
    space.commit("Lines above")
    result = space.review(mail)
    assert result.status == 1
    (reply,) = replies(result)
    assert [quoted for quoted, _ in reply.remarks] == ["> +		return -ERANGE;"]
    assert "quill_two() refuses a domain" in reply.remarks[0][1]


def test_a_line_outside_the_patch_has_a_number_where_the_author_has_it(space: Space) -> None:
    space.edit("48)\n", "48)\n" + "		/* far */\n" * 5)
    space.commit("iommu/quill: Comment")
    space.git("tag", "-f", "start")
    space.edit("	if (qdom->width > 48)\n", "	if (master->iommu->features)\n")
    space.commit("iommu/quill: Look at the features")
    mail = space.series()
    space.edit("struct quill_iommu {", "\n\nstruct quill_iommu {")
    space.commit("Two lines above")
    (reply,) = replies(space.review(mail))
    quoted, remark = reply.remarks[0]
    assert quoted == "> +	if (master->iommu->features)"
    assert remark.startswith(f"({QUILL}, quill_attach_dev()) ")
    assert not re.search(r"\b\d\d\b", remark)


def test_a_renamed_file_under_an_offset(space: Space) -> None:
    space.git("mv", QUILL, "drivers/iommu/heron.c")
    path = space.tree / "drivers/iommu/heron.c"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("48)\n		return -EINVAL;", "48)\n		return -ERANGE;"))
    space.commit("iommu: Rename and break")
    mail = space.series("-M")
    space.edit("struct quill_iommu {", "\n\n\n\nstruct quill_iommu {")
    space.commit("Lines above")
    result = space.review(mail)
    assert (result.status, result.stdout.count("new error")) == (1, 1)
    (reply,) = replies(result)
    assert [quoted for quoted, _ in reply.remarks] == ["> +		return -ERANGE;"]


def test_a_patch_that_git_did_not_make(space: Space) -> None:
    space.edit("48)\n		return -EINVAL;", "48)\n		return -ERANGE;")
    space.write("drivers/iommu/other.h", "/* other */\n")
    space.commit("iommu/quill: Break")
    text = space.series("--no-renames", "--no-signature")
    text = re.sub(r"(?m)^(diff --git|index|new file mode) .*\n", "", text)
    result = space.review(text)
    assert result.status == 1
    (reply,) = replies(result)
    assert [quoted for quoted, _ in reply.remarks] == ["> +		return -ERANGE;"]


# ------------------------------------------------------------------ whose fault it is


def test_moved_code_that_nothing_attaches_with_is_not_fixed(space: Space) -> None:
    """Another name for the variables, another function, another operation."""
    check = "	if (qdom->iommu != master->iommu)\n		return -EXDEV;\n"
    space.edit(check, "")
    space.edit("static int quill_attach_dev", "@@\nstatic int quill_attach_dev")
    moved = check.replace("qdom", "q").replace("master", "m")
    space.edit(
        "@@\n",
        "static int quill_try(struct iommu_domain *domain, struct device *dev)\n{\n"
        "	struct quill_domain *q = to_quill_domain(domain);\n"
        "	struct quill_master *m = dev_iommu_priv_get(dev);\n\n" + moved + "	return 0;\n}\n\n",
    )
    space.edit("	.attach_dev = ", "	.try_dev = quill_try,\n	.attach_dev = ")
    space.commit("iommu/quill: Try first")
    result = space.review(space.series())
    assert (result.status, result.stderr) == (0, "")
    assert " fixed error" not in result.stdout
    assert (
        result.stdout.count("no longer on an attach path: error: domain and device do not fit") == 1
    )


def test_an_operation_that_is_bound_no_more_has_not_fixed_its_callback(space: Space) -> None:
    space.write("drivers/iommu/heron.c", (DRIVER % OLD).replace("quill", "heron"))
    space.commit("iommu: Another")
    space.git("tag", "-f", "start")
    space.edit("	.attach_dev = quill", "	.late_attach = quill")
    space.commit("iommu/quill: Attach late")
    result = space.review(space.series())
    assert " fixed error" not in result.stdout
    assert result.stdout.count("no longer on an attach path: error:") == 2
    assert result.stdout.count("no longer on an attach path: note:") == 1


@pytest.mark.parametrize(
    "new",
    ["-EINVAL;", "quill_errno(qdom);", "0; /* another domain's */"],
)
def test_what_is_mended_in_place_is_fixed(space: Space, new: str) -> None:
    space.edit("return -EXDEV;", f"return {new}")
    space.commit("iommu/quill: Mend")
    result = space.review(space.series())
    assert "fixed error: domain and device do not fit, but -EXDEV is returned" in result.stdout
    assert "no longer on an attach path" not in result.stdout


def test_a_helper_whose_errno_is_converted_by_its_caller_is_fixed(space: Space) -> None:
    helper = """static int quill_fits(struct quill_domain *qdom, struct quill_master *master)
{
	if (qdom->iommu != master->iommu)
		return -EXDEV;
	return 0;
}

"""
    body = HEAD + "	if (!master)\n		return -ENODEV;\n	return quill_fits(qdom, master);\n}\n"
    space.write(QUILL, DRIVER % (helper + body))
    space.commit("iommu/quill: Help")
    space.git("tag", "-f", "start")
    space.edit(
        "	return quill_fits(qdom, master);\n",
        "	if (quill_fits(qdom, master))\n		return -EINVAL;\n	return 0;\n",
    )
    space.commit("iommu/quill: Convert")
    result = space.review(space.series())
    assert "no longer on an attach path" not in result.stdout
    assert "fixed error: domain and device do not fit, but -EXDEV is returned" in result.stdout


def test_a_renamed_callee_is_neither_new_nor_fixed(space: Space) -> None:
    helper = """static int quill_fits(struct quill_domain *qdom, struct quill_master *master)
{
	if (qdom->iommu != master->iommu)
		return -EINVAL;
	return 0;
}

"""
    body = """	int ret;

	if (!master)
		return -ENODEV;
	ret = quill_fits(qdom, master);
	if (ret) {
		dev_err(dev, "no\\n");
		return ret;
	}
	return 0;
}
"""
    space.write(QUILL, DRIVER % (helper + HEAD + body))
    space.commit("iommu/quill: Log")
    space.git("tag", "-f", "start")
    path = space.tree / QUILL
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("quill_fits", "quill_domain_is_compatible_with"))
    space.commit("iommu/quill: Rename")
    result = space.review(space.series())
    assert (result.status, result.stderr) == (0, "")
    assert "0 errors and 0 notes new, 0 errors and 0 notes fixed, 0 replies" in result.last
    after = space.run("--base", "start")
    assert "0 errors and 0 notes new" in after.last


def test_another_contract_does_not_make_old_code_new(space: Space) -> None:
    """Nor does it hide what the same patch breaks."""
    header = "include/linux/iommu.h"
    text = (space.tree / header).read_text(encoding="utf-8")
    start, end = text.index(" *  Return:"), text.index("\n */", text.index("* ENODEV"))
    rules = " * Rules:\n *  EINVAL  - Exclusively, they are incompatible\n *  ENODEV  - the device is wrong"
    rest = text[end:]
    space.write(
        QUILL,
        DRIVER
        % (
            HEAD
            + "	int ret;\n\n	if (qdom->iommu != master->iommu)\n		return -EINVAL;\n"
            + "	ret = pm_runtime_resume_and_get(dev);\n	if (ret)\n		return ret;\n	return 0;\n}\n"
        ),
    )
    space.commit("iommu/quill: Resume")
    space.git("tag", "-f", "start")
    space.write(header, text[:start] + rules + rest)
    space.commit("iommu: Write stricter rules")
    result = space.review(space.series())
    assert (result.status, result.stderr) == (0, "")
    assert "0 errors and 0 notes new" in result.last
    assert (result.out / "review.mbox").read_bytes() == b""

    space.write(header, text[:start] + rules + rest)
    space.edit("return -EINVAL;", "return -EXDEV;")
    space.commit("iommu: Write stricter rules, and break them")
    result = space.review(space.series())
    assert result.status == 1
    (reply,) = replies(result)
    assert [quoted for quoted, _ in reply.remarks] == ["> +		return -EXDEV;"]


# ------------------------------------------------------------------- what is there


def test_patches_that_are_not_there_are_named_and_the_others_reviewed(space: Space) -> None:
    space.write("drivers/iommu/heron.c", (DRIVER % OLD).replace("quill", "heron"))
    space.commit("iommu: Another")
    space.git("tag", "-f", "start")
    for i in range(3):
        space.write(f"drivers/iommu/note{i}.h", "/* note */\n")
        space.commit(f"iommu: Note {i}")
    space.edit("48)\n		return -EINVAL;", "48)\n		return -ERANGE;")
    space.commit("iommu/quill: Break")
    space.edit("return -ENOMEM;", "return -EAGAIN;", "drivers/iommu/heron.c")
    space.commit("iommu/heron: Break")
    parts = re.split(r"(?m)^(?=From [0-9a-f]{40} )", space.series())[1:]
    result = space.review(parts[4])
    assert result.status == 2
    assert "\npatches 1/5 to 4/5 are not there: not reviewed\n" in result.stdout
    (reply,) = replies(result)
    assert [quoted for quoted, _ in reply.remarks] == ["> +		return -EAGAIN;"]
    result = space.review(parts[0] + parts[2] + parts[4])
    assert "\npatches 2/5 and 4/5 are not there: not reviewed\n" in result.stdout


def test_a_patch_that_does_not_apply_is_named_and_the_others_reviewed(space: Space) -> None:
    space.write("drivers/iommu/heron.c", (DRIVER % OLD).replace("quill", "heron"))
    space.commit("iommu: Another")
    space.git("tag", "-f", "start")
    space.edit("return -EXDEV;", "return -EPERM;")
    space.commit("iommu/quill: Change")
    space.edit("return -ENOMEM;", "return -EAGAIN;", "drivers/iommu/heron.c")
    space.commit("iommu/heron: Break")
    text = space.series()
    space.edit("return -EXDEV;", "return -EINVAL;")
    space.commit("iommu/quill: Mended meanwhile")
    result = space.review(text)
    assert result.status == 2
    assert re.search(
        rf'patch 1/2 "iommu/quill: Change"\n    not reviewed, it does not apply: {QUILL}:\d+: the tree',
        result.stdout,
    )
    (reply,) = replies(result)
    assert [quoted for quoted, _ in reply.remarks] == ["> +		return -EAGAIN;"]


@pytest.mark.parametrize(
    "file, status",
    [
        ("MAINTAINERS", 1),
        ("drivers/iommu/Kconfig", 1),
        ("Documentation/devicetree/bindings/iommu/quill.yaml", 1),
        ("arch/arm64/boot/dts/quill.dtsi", 1),
        ("include/dt-bindings/iommu/quill.h", 1),
        ("tools/testing/selftests/quill.c", 2),
    ],
)
def test_a_clash_elsewhere(space: Space, file: str, status: int) -> None:
    space.write(file, "one\n")
    space.commit("One")
    space.git("tag", "-f", "start")
    space.write(file, "one\ntwo\n")
    space.edit("48)\n		return -EINVAL;", "48)\n		return -ERANGE;")
    space.commit("iommu/quill: Break")
    text = space.series()
    space.write(file, "three\n")
    space.commit("Three")
    result = space.review(text)
    assert result.status == status
    assert f"{file}:1: the tree has other lines there" in result.stdout
    (reply,) = replies(result)
    assert [quoted for quoted, _ in reply.remarks] == ["> +		return -ERANGE;"]


# ------------------------------------------------------------------------- baseline


@pytest.mark.parametrize("kernel, known", [("", True), ("6.2", True), ("6.1", False)])
def test_a_baseline_counts_for_its_kernel_alone_in_all_three(
    space: Space, kernel: str, known: bool
) -> None:
    import json

    space.write("Makefile", "VERSION = 6\nPATCHLEVEL = 2\nSUBLEVEL = 1\nEXTRAVERSION =\n")
    space.write(QUILL, DRIVER % OLD.replace("EXDEV", "EINVAL").replace("base)\n		return -EINVAL", "base)\n		return -ENODEV"))  # fmt: skip
    space.commit("iommu/quill: Clean")
    space.git("tag", "-f", "start")
    # two lines mix, so that it is an error of the driver
    narrow = "	if (qdom->width < 12)\n		return -ERANGE;\n"
    space.edit("48)\n		return -EINVAL;\n", f"48)\n		return -ERANGE;\n{narrow}")
    space.commit("iommu/quill: Break")
    assert space.run().status == 1
    command = [str(ROOT / "run-audit.sh"), "--out", str(space.folder / "out")]
    command += ["--baseline", str(space.baseline), "--accept", "all", "--reason", "as it is"]
    subprocess.run(command, check=True, capture_output=True)
    said = json.loads(space.baseline.read_text(encoding="utf-8"))
    assert said["mixed"] and said["findings"]
    if kernel:
        space.baseline.write_text(json.dumps({**said, "kernel": kernel}), encoding="utf-8")
    audit, base = space.run(), space.run("--base", "HEAD~1")
    mbox = space.review(space.series(), "--base", "start")
    assert [r.status for r in (audit, base, mbox)] == [0 if known else 1] * 3
    for result in (base, mbox):
        assert result.stdout.count("known error:") == (3 if known else 0)
        assert result.stdout.count("new error:") == (0 if known else 3)
        assert ("for Linux 6.1 only: not used" in result.stdout) == (not known)
    assert len(replies(mbox)) == (not known)


# ----------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    "raw, name",
    [
        ("Åsa Thörn".encode(), "Åsa Thörn"),
        ("Åsa Thörn".encode("latin-1"), "Åsa Thörn"),
        ("A\u030asa Tho\u0308rn".encode(), "Åsa Thörn"),
        ("=?utf-8?q?=C3=85sa?= =?utf-8?q?_Th=C3=B6rn?=".encode(), "Åsa Thörn"),
        ("=?iso-8859-1?q?=C5sa?= Thörn".encode(), "Åsa Thörn"),
        ("=?utf-8?b?w4VzYSBUaMO2cm4=?=".encode(), "Åsa Thörn"),
        ("अमित कुमार".encode(), "अमित कुमार"),
        ("王小明".encode(), "王小明"),
    ],
)
def test_names_in_any_encoding_survive(space: Space, raw: bytes, name: str) -> None:
    text = _mending(space).encode()
    text = re.sub(rb"(?m)^From: Ada Author ", lambda _: b"From: " + raw + b" ", text)
    path = space.folder / "series.mbox"
    path.write_bytes(text)
    result = space.run("--mbox", str(path))
    (reply,) = replies(result)
    assert reply.text.startswith(f"On Fri, 1 Mar 2024 10:00:00 +0000, {name} wrote:\n")
    shown = str(email.header.make_header(email.header.decode_header(reply.headers["To"])))
    assert shown == f"{name} <ada@example.org>"


def test_the_sender_is_the_audited_repositorys_own_user(space: Space) -> None:
    (space.folder / ".gitconfig").write_text(
        "[user]\n\tname = Rea\n\temail = rea@example.org\n", encoding="utf-8"
    )
    text = _mending(space)
    (reply,) = replies(space.review(text))
    assert reply.headers["From"] == "Rea <rea@example.org>"
    space.git("config", "user.email", "kernel@example.org")
    (reply,) = replies(space.review(text))
    assert reply.headers["From"] == "Rea <kernel@example.org>"


# ----------------------------------------------------------------------- bad input


def _bad(space: Space, text: str, *pieces: str) -> None:
    before = state(space.tree)
    (space.folder / "out").mkdir(exist_ok=True)
    (space.folder / "out" / "review.mbox").write_text("kept", encoding="utf-8")
    result = space.review(text)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.startswith("attach-audit: ") and result.stderr.count("\n") == 1
    for piece in pieces:
        assert piece in result.stderr
    assert state(space.tree) == before
    assert (space.folder / "out" / "review.mbox").read_text(encoding="utf-8") == "kept"


def _hostile(diff: str) -> str:
    return (
        "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
        "From: Eve <eve@example.org>\nDate: Fri, 1 Mar 2024 10:00:00 +0000\n"
        f"Message-ID: <1@example.org>\nSubject: [PATCH] x\n\nx\n---\n{diff}-- \n2.39\n\n"
    )


def _adding(name: str) -> str:
    return f"diff --git a/{name} b/{name}\nnew file mode 100644\n--- /dev/null\n+++ b/{name}\n@@ -0,0 +1 @@\n+evil\n"


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "drivers/../../evil",
        "/tmp/attach-audit-evil",
        ".git/hooks/evil",
        "a/.GIT/config",
        "a//b",
    ],
)
def test_names_that_would_leave_the_tree(space: Space, name: str) -> None:
    _bad(space, _hostile(_adding(name)), 'patch "x": ')
    assert not (space.folder / "evil").exists()
    assert not Path("/tmp/attach-audit-evil").exists()


def test_a_renaming_out_of_the_tree(space: Space) -> None:
    diff = f"diff --git a/{QUILL} b/../evil.c\nsimilarity index 100%\nrename from {QUILL}\nrename to ../evil.c\n"
    _bad(space, _hostile(diff), 'patch "x": ')
    assert not (space.folder / "evil.c").exists()


def test_a_quoted_name_out_of_the_tree(space: Space) -> None:
    diff = _adding("x").replace("b/x", '"b/\\056\\056/evil"')
    _bad(space, _hostile(diff), 'patch "x": ')


def test_a_symbolic_link_and_a_file_behind_it(space: Space) -> None:
    outside = space.folder / "outside"
    outside.mkdir()
    link = (
        "diff --git a/drivers/iommu/l b/drivers/iommu/l\nnew file mode 120000\n--- /dev/null\n"
        f"+++ b/drivers/iommu/l\n@@ -0,0 +1 @@\n+{outside}\n\\ No newline at end of file\n"
    )
    _bad(space, _hostile(link + _adding("drivers/iommu/l/evil")), 'patch "x" does not apply: ')
    assert list(outside.iterdir()) == []
    result = space.review(_hostile(link))
    assert result.status == 0


def test_a_link_in_the_tree_is_not_followed(space: Space) -> None:
    outside = space.folder / "outside"
    outside.mkdir()
    (outside / "secret.c").write_text("secret\n", encoding="utf-8")
    shutil.rmtree(space.tree / ".git")
    (space.tree / "drivers/iommu/l").symlink_to(outside)
    diff = "diff --git a/drivers/iommu/l/secret.c b/drivers/iommu/l/secret.c\n--- a/drivers/iommu/l/secret.c\n+++ b/drivers/iommu/l/secret.c\n@@ -1 +1 @@\n-secret\n+public\n"
    _bad(space, _hostile(diff), "drivers/iommu/l/secret.c: No such file or directory")
    assert (outside / "secret.c").read_text(encoding="utf-8") == "secret\n"


def test_a_series_for_another_tree_says_where_and_why(space: Space) -> None:
    text = _mending(space)
    text = text.replace("if (qdom->width > 48)", "if (qdom->width > 52)")
    _bad(
        space,
        text,
        'patch 1/3 "iommu/quill: Say EINVAL to a foreign domain" does not apply: ',
        f"{QUILL}:",
        "the tree has other lines there",
    )


def test_a_series_for_a_file_that_is_not_there(space: Space) -> None:
    text = _mending(space).replace("quill.c", "quilt.c")
    _bad(space, text, "does not apply: drivers/iommu/quilt.c: No such file or directory")


def test_several_series_or_half_of_one(space: Space) -> None:
    text = _mending(space)
    second = text.replace("[PATCH ", "[PATCH v2 ").replace("Message-Id: <", "Message-Id: <v2")
    second = re.sub(r"(?mi)^message-id: <", "Message-ID: <v2", second)
    _bad(space, text + second, "holds 2 series (v1 of 3, v2 of 3): keep one")
    other = re.sub(r"(?mi)^message-id: <", "Message-ID: <other", text)
    _bad(space, text + other, "holds several series: patch 1 is there twice")
    parts = re.split(r"(?m)^(?=From [0-9a-f]{40} )", text)[1:]
    half = space.review(parts[0] + parts[1])
    assert half.status == 2
    assert "\npatch 3/3 is not there: not reviewed\n" in half.stdout
    result = space.review(
        parts[2] + parts[0] + parts[1] + parts[0]
    )  # order and copies do not matter
    assert result.status == 1


def test_mails_that_hold_no_patch(space: Space) -> None:
    _bad(space, "", "holds no patch")
    _bad(space, "\x00\x01\x02 nothing\n", "holds no patch")
    _bad(space, "Subject: hello\n\nno patch\n", "holds no patch")
    reply = re.sub(r"(?m)^Subject: ", "Subject: Re: ", _mending(space))
    _bad(space, reply, "holds no patch")
    result = space.run("--mbox", str(space.folder / "absent"))
    assert (result.status, result.stdout) == (2, "")
    assert "absent: No such file or directory: name an mbox" in result.stderr


def test_a_cut_patch(space: Space) -> None:
    parts = re.split(r"(?m)^(?=From [0-9a-f]{40} )", _mending(space))[1:]
    cut = parts[0].split("+		return")[0].replace("[PATCH 1/3]", "[PATCH]")
    _bad(space, cut, 'patch "iommu/quill: Say EINVAL to a foreign domain": malformed: ')


def test_binary_patches_and_deleted_drivers(space: Space) -> None:
    (space.tree / "logo.bin").write_bytes(bytes(range(256)) * 4)
    space.git("rm", "-q", QUILL)
    space.write("drivers/iommu/heron.c", (DRIVER % OLD).replace("quill", "heron"))
    space.commit("iommu: Exchange")
    result = space.review(space.series("--binary", "--no-renames"))
    assert result.stderr == ""
    assert result.stdout.count("new error") == 2
    assert result.stdout.count("fixed error") == 2
    assert [q for r in replies(result) for q, _ in r.remarks] == [
        "> +		return -EXDEV;",
        "> +		return -EINVAL;",
    ]


def test_a_renamed_driver_brings_nothing(space: Space) -> None:
    space.git("mv", QUILL, "drivers/iommu/heron.c")
    space.commit("iommu: Rename")
    result = space.review(space.series("-M"))
    assert (result.status, result.stderr) == (0, "")
    assert result.stdout.count("moved error") == 2


def test_a_dirty_file_is_named_and_left_out(space: Space) -> None:
    text = _mending(space)
    space.edit("return -ENOMEM;", "return -EAGAIN;")
    before = state(space.tree)
    result = space.review(text)
    assert result.status == 1
    assert f"{QUILL}: may have uncommitted changes, which are not in HEAD" in result.stderr
    assert "-EAGAIN" not in result.stdout
    assert state(space.tree) == before


def test_a_review_of_a_given_revision(space: Space) -> None:
    text = _mending(space)
    space.edit("return -EXDEV;", "return -EPERM;")
    space.commit("iommu/quill: Elsewhere")
    _bad(space, text, "does not apply: ")
    assert space.review(text, "--base", "start").status == 1


def test_lines_of_a_megabyte(space: Space) -> None:
    space.edit("48)\n", f"48) /* {'x' * (1 << 20)} */\n")
    space.edit("48) /", "47) /")
    space.edit("*/\n		return -EINVAL;", "*/\n		return -ERANGE;")
    space.commit(f"iommu/quill: {'Long ' * 5000}")
    result = space.review(space.series())
    assert result.status == 1
    raw = (result.out / "review.mbox").read_bytes()
    assert max(map(len, raw.split(b"\n"))) < 998
    (reply,) = replies(result)
    assert [quoted for quoted, _ in reply.remarks] == ["> +		return -ERANGE;"]


def test_headers_are_not_injected(space: Space) -> None:
    text = _mending(space)
    text = re.sub(r"(?m)^Date: .*$", "Date: =?utf-8?q?now=0ABcc=3A_x=40y.z?=", text)
    text = re.sub(r"(?m)^From: .*$", "From: =?utf-8?q?Ada=0D=0ABcc=3A_x=40y.z?= <a@b.cd>", text)
    text = re.sub(r"(?mi)^(message-id: <[^>]*)>$", r"\1>\n In-Reply-To: <evil>\n\tBcc: x@y.z", text)
    (reply,) = replies(space.review(text))
    assert reply.headers["Bcc"] is None
    assert reply.headers["To"].split("\n") == [reply.headers["To"]]


def test_a_tree_of_another_owner(space: Space) -> None:
    if os.geteuid():
        pytest.skip("needs root, to give a folder away")
    text = _mending(space)
    shutil.chown(space.tree, 12345)
    _bad(space, text, f"git config --global --add safe.directory {space.tree}\n")
    result = space.run("--base", "HEAD")
    assert (result.status, result.stderr.count("\n")) == (2, 1)
    assert f"git config --global --add safe.directory {space.tree}\n" in result.stderr
    (space.folder / ".gitconfig").write_text(
        f"[safe]\n\tdirectory = {space.tree}\n", encoding="utf-8"
    )
    assert space.run("--base", "HEAD").status == 0
    assert space.review(text).status == 1


def test_without_unidiff(space: Space) -> None:
    text = _mending(space)
    path = space.folder / "series.mbox"
    path.write_text(text, encoding="utf-8")
    out = space.folder / "out"
    out.mkdir()
    (out / "review.mbox").write_text("kept", encoding="utf-8")
    arguments = ["report", "review", "--kernel", str(space.tree), "--mbox", str(path)]
    arguments += ["--out", str(out), "--baseline", str(space.baseline)]
    code = (
        f"import runpy, sys; sys.modules['unidiff'] = None; sys.argv = {arguments!r}; "
        f"runpy.run_path({str(ROOT / 'report/__main__.py')!r}, run_name='__main__')"
    )
    env = {**os.environ, "XDG_CACHE_HOME": str(space.folder / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, encoding="utf-8"
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "attach-audit: unidiff: not found: install it with: apt-get install python3-unidiff\n"
    )
    assert (space.folder / "out" / "review.mbox").read_text(encoding="utf-8") == "kept"


# ----------------------------------------------------------------------------- BASE, again


def test_base_blames_a_topic_for_its_own_commits_alone(space: Space) -> None:
    space.git("checkout", "-q", "-b", "topic")
    space.edit("	return 0;", "	return  0;")
    space.commit("A blank")
    space.git("checkout", "-q", "main")
    space.edit("return -EXDEV;", "return -EINVAL;")
    space.commit("iommu/quill: Mend")
    space.git("checkout", "-q", "topic")
    result = space.run("--base", "main")
    assert (result.status, result.stderr) == (0, "")
    base = space.git("merge-base", "HEAD", "main")[:12]
    assert result.last.startswith(f"main (merge base {base}) to the working tree: 0 errors and 0")
    space.edit("return -ENOMEM;", "return -EAGAIN;")
    result = space.run("--base", "main")
    assert (result.status, result.stdout.count("new error")) == (1, 1)


def test_base_head_of_a_clean_tree_with_callers_says_nothing_is_new(space: Space) -> None:
    shutil.rmtree(space.tree)
    shutil.copytree(ROOT / "sample", space.tree)
    space.git("init", "-q", "-b", "main")
    space.commit("The sample")
    result = space.run("--base", "HEAD")
    assert (result.status, result.stderr, result.stdout.count("\n")) == (0, "", 1)
    assert result.last.startswith(
        "HEAD to the working tree: 0 errors and 0 notes new, 0 errors and 0 notes fixed, "
    )


def test_other_engines_are_refused(space: Space) -> None:
    result = space.run("--base", "HEAD", ENGINES="sparse")
    assert result.status == 2 and result.stderr.count("\n") == 1


# -------------------------------------------------------------------------- DRIVER


def test_driver_in_the_tree_and_outside_print_the_same_table(space: Space) -> None:
    space.write(
        "drivers/iommu/heron.c", (DRIVER % OLD).replace("quill", "heron").replace("EXDEV", "EINVAL")
    )
    space.write(
        "drivers/iommu/crane.c", (DRIVER % OLD).replace("quill", "crane").replace("EXDEV", "EINVAL")
    )
    inside = space.run("--driver", QUILL)
    assert (inside.status, inside.stderr) == (1, "")
    rows = [
        re.split(r"  +", row.strip()) for row in inside.stdout.split("\n\n")[0].splitlines()[1:]
    ]
    source = (space.tree / QUILL).read_text(encoding="utf-8").splitlines()
    line = {text.strip(): str(i) for i, text in enumerate(source, 1)}
    assert rows[0] == ["function", "line", "guard", "class", "errno", "verdict"]
    assert [r[2:] for r in rows[1:]] == [
        ["qdom->iommu != master->iommu", "incompatible", "EXDEV", "change: EINVAL"],
        ["!master->iommu->base", "hard", "EINVAL", "change: ENODEV"],
        ["qdom->width > 48", "incompatible", "EINVAL", "ok"],
        ["!qdom->ops", "nomem", "ENOMEM", "ok"],
    ]
    assert rows[1][1] == line["return -EXDEV;"]
    assert "    EINVAL in 2 drivers, as in drivers/iommu/crane.c:" in inside.stdout
    assert (
        f"{QUILL}:{line['return -EXDEV;']}: EXDEV here; 2 of 2 other drivers return EINVAL"
        in inside.stdout
    )

    outside = space.folder / "elsewhere" / "quill.c"
    outside.parent.mkdir()
    shutil.move(space.tree / QUILL, outside)
    before = state(space.tree)
    alone = space.run("--driver", str(outside))
    assert alone.stdout == inside.stdout.replace(QUILL, str(outside))
    folder = space.run("--driver", str(outside.parent))
    assert folder.stdout.splitlines()[1:-1] == alone.stdout.splitlines()[1:-1]
    assert state(space.tree) == before


def test_driver_shows_helpers_and_foreign_callees_in_attach_order(space: Space) -> None:
    body = HEAD + """	int ret;

	if (!master)
		return -ENODEV;
	ret = quill_setup(qdom, master);
	if (ret)
		return ret;
	return pm_runtime_resume_and_get(dev);
}
"""  # fmt: skip
    helper = """static int quill_setup(struct quill_domain *qdom, struct quill_master *master)
{
	if (qdom->iommu != master->iommu)
		return -EINVAL;
	return 0;
}

"""
    space.write(QUILL, DRIVER % (helper + body))
    result = space.run("--driver", QUILL)
    rows = [
        re.split(r"  +", row.strip()) for row in result.stdout.split("\n\n")[0].splitlines()[2:]
    ]
    assert [(r[0], r[4]) for r in rows] == [
        ("quill_attach_dev", "ENODEV"),
        ("quill_setup", "EINVAL"),
        ("quill_attach_dev", "pm_runtime_resume_and_get()"),
    ]


@pytest.mark.parametrize("name", ["drivers/iommu/none.c", "Makefile", "include"])
def test_driver_that_is_none(space: Space, name: str) -> None:
    result = space.run("--driver", name)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.startswith("attach-audit: ") and result.stderr.count("\n") == 1


# ---------------------------------------------------------------------- a real series


@pytest.fixture(scope="session")
def debian() -> Iterator[tuple[Path, Path]]:
    """Linux 6.1 and 6.12 as run-audit.sh unpacks them into its cache."""
    trees = []
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for version in ("6.1", "6.12"):
        if not list(Path("/usr/src").glob(f"linux-source-{version}.tar.xz")):
            why = f"needs a package: apt-get install linux-source-{version}"
            if os.environ.get("ATTACH_AUDIT_ALL_TESTS"):
                pytest.fail(why)
            pytest.skip(why)
        pattern = f"attach-audit/trees/linux-source-{version}.[0-9]*"
        if not list(cache.glob(pattern)):
            subprocess.run(
                [str(ROOT / "run-audit.sh"), "--kernel", f"debian-{version}", "--quiet",
                 "--out", str(ROOT / "build" / "out-of-tests")],
                capture_output=True,
            )  # fmt: skip
        trees.append(max(cache.glob(pattern)))
    yield trees[0], trees[1]


def _unit(file: str) -> str:
    """What one patch replaces: a driver's folder below drivers/iommu, or its file."""
    parts = file.split("/")
    return "/".join(parts[:4]) if parts[2] == "arm" and len(parts) > 4 else "/".join(parts[:3])


def _audited(space: Space, tree: Path) -> dict[str, tuple[str, int]]:
    """Error's id -> its place, mixed drivers left out; a plain audit, without any of the review."""
    import json

    space.run("--kernel", str(tree))
    with open(space.folder / "out" / "audit.json", encoding="utf-8") as file:
        audit = json.load(file)
    sites = {s["id"]: s for s in audit["sites"]}
    return {
        f["id"]: (sites[f["site"]]["file"], sites[f["site"]]["line"])
        for f in audit["findings"]
        if f["severity"] == "error" and f["site"] in sites
    }


def _place(name: str) -> tuple[str, ...]:
    """Rule, file, function and errno of an id: all but the guard and the ordinal."""
    return tuple(name.split(":")[:-2])


def test_a_real_series_of_five_drivers(space: Space, debian: tuple[Path, Path]) -> None:
    old, new = debian
    was, now = _audited(space, old), _audited(space, new)
    changes: dict[str, list[bool]] = {}
    for name in set(was) ^ set(now):
        file = (was.get(name) or now[name])[0]
        if file.startswith("drivers/iommu/"):
            changes.setdefault(_unit(file), []).append(name in now)
    units = sorted(changes, key=lambda u: (not any(changes[u]), -len(changes[u]), u))[:5]
    assert len(units) == 5 and any(any(changes[u]) for u in units)

    shutil.rmtree(space.tree)
    for file in ("Makefile", "include/linux/iommu.h"):
        (space.tree / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(old / file, space.tree / file)
    shutil.copytree(old / "drivers/iommu", space.tree / "drivers/iommu", symlinks=True)
    space.git("init", "-q", "-b", "main")
    space.commit("Linux 6.1")
    space.start()
    expected = []
    for unit in units:
        if (old / unit).is_dir():
            shutil.rmtree(space.tree / unit)
            shutil.copytree(new / unit, space.tree / unit, symlinks=True)
        else:
            shutil.copy(new / unit, space.tree / unit)
        space.commit(f"{unit}: As in 6.12")
        # another guard around the same return is no new finding
        left = Counter(_place(name) for name in set(was) - set(now))
        lines = []
        for name in sorted(set(now) - set(was), key=lambda name: now[name]):
            file, line = now[name]
            if _unit(file) == unit:
                left[_place(name)] -= 1
                if left[_place(name)] < 0:
                    source = (new / file).read_text(encoding="utf-8").splitlines()
                    lines.append(source[line - 1])
        expected.append(lines)
    text = space.series()
    path = space.folder / "series.mbox"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    result = space.run("--mbox", str(path), "--kernel", str(old))
    assert result.status in (1, 2), result.stderr
    by_patch = {
        int(re.search(r"(\d)/5", str(r.headers["Subject"]))[1]): r for r in replies(result)  # type: ignore[index]
    }
    for i, lines in enumerate(expected, 1):
        remarks = by_patch[i].remarks if i in by_patch else []
        remarks = [r for r in remarks if not r[1].startswith("With this patch ")]
        # those of a kind in one hunk share a remark, beneath the last; all of them are quoted
        beneath, quoted = iter(lines), iter(by_patch[i].text.splitlines() if lines else [])
        assert all(q[3:] in beneath for q, _ in remarks), units[i - 1]
        assert all(f"> +{line}" in quoted for line in lines), units[i - 1]
        assert bool(remarks) == bool(lines) and len(remarks) <= len(lines)
    assert sum(map(len, expected)) > 2
