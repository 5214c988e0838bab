# SPDX-License-Identifier: GPL-2.0-only
"""In: small audits built here; out: the report's whole text, its files and its exit statuses, compared exactly."""

import copy
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from report import baseline, file, gate, model, text  # noqa: E402

SCHEMA = json.loads((ROOT / "report/schema.json").read_text())
DRIVER = "drivers/iommu/wren-iommu.c"
EXDEV_ID = f"incompatible-not-einval:{DRIVER}:wren_attach:EXDEV:1a2b:1"
EINVAL_ID = f"hard-as-einval:{DRIVER}:wren_enable:EINVAL:3c4d:1"
NOTE_ID = f"discouraged-errno:{DRIVER}:wren_enable:ENXIO:5e6f:1"
MIXED_ID = f"mixed-driver:{DRIVER}"


def make_site(name: str, line: int, **changes: Any) -> dict[str, Any]:
    site = {
        "id": name,
        "file": DRIVER,
        "line": line,
        "column": 11,
        "function": "wren_attach",
        "op": "attach_dev",
        "callbacks": ["wren_attach"],
        "driver": "wren-iommu",
        "errno": "EXDEV",
        "class": "incompatible",
        "expected": ["EINVAL"],
        "verdict": "change",
        "confidence": "high",
        "print": False,
        "remove_print": False,
        "messages": [],
        "constant_line": line,
        "guards": [
            {
                "text": "wdom->iommu != master->iommu",
                "line": line - 1,
                "operands": [
                    {"text": "wdom->iommu", "origins": ["DOMAIN"]},
                    {"text": "master->iommu", "origins": ["DEV"]},
                ],
            }
        ],
        "path": [{"function": "wren_attach", "file": DRIVER, "line": 20}],
        "engines": ["coccinelle"],
        "why": "compares the domain with the device",
    }
    return site | changes


def make_finding(name: str, site: str, message: str, **changes: Any) -> dict[str, Any]:
    finding = {
        "id": name,
        "rule": name.split(":")[0],
        "severity": "error",
        "site": site,
        "message": message,
        "rewrite": None,
        "baseline": "new",
    }
    return finding | changes


def make_audit() -> dict[str, Any]:
    """One driver with two errors, a note and a mixture: an error in the callback, one in a helper."""
    engine = {"status": "ran", "why": "", "version": "1.1.1", "seconds": None}
    skipped = {"status": "skipped", "why": "not asked for", "version": None, "seconds": None}
    path = [
        {"function": "wren_attach", "file": DRIVER, "line": 20},
        {"function": "wren_enable", "file": DRIVER, "line": 31},
    ]
    helper = {"function": "wren_enable", "class": "hard", "expected": ["ENODEV"], "path": path}
    return {
        "schema": "attach-audit/1",
        "tool": {"name": "attach-audit", "version": "0.1"},
        "kernel": {"path": "sample", "version": "6.12.0", "contract": "merged"},
        "engines": {"coccinelle": engine, "sparse": skipped | {"arches": []}},
        "coverage": [
            {
                "op": "attach_dev",
                "ops": "wren_ops",
                "callback": "wren_attach",
                "file": DRIVER,
                "line": 60,
                "status": "analysed",
                "why": None,
                "engines": ["coccinelle"],
            }
        ],
        "sites": [
            make_site("s1", 31),
            make_site("s2", 12, errno="EINVAL", confidence="low", guards=[], **helper),
            make_site("s3", 14, errno="ENXIO", verdict="review", **helper),
        ],
        "findings": [
            make_finding(
                EXDEV_ID,
                "s1",
                "-EXDEV where the domain does not fit",
                rewrite="return -EINVAL instead of -EXDEV",
            ),
            make_finding(
                EINVAL_ID,
                "s2",
                "-EINVAL for a broken device",
                rewrite="return -ENODEV instead of -EINVAL",
            ),
            make_finding(NOTE_ID, "s3", "-ENXIO is discouraged", severity="note"),
            make_finding(MIXED_ID, "wren-iommu", "misfits and hard failures are not kept apart"),
        ],
        "drivers": [
            {
                "driver": "wren-iommu",
                "files": [DRIVER],
                "mixed": True,
                "errnos": {"incompatible": {"EXDEV": 1}, "hard": {"ENXIO": 1, "EINVAL": 1}},
            }
        ],
    }


def make_baseline(*ids: str, mixed: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "schema": "attach-audit-baseline/1",
        "findings": [
            {
                "id": i,
                "rule": i.split(":")[0],
                "file": DRIVER,
                "function": "wren_attach",
                "reason": "sent upstream",
            }
            for i in ids
        ],
        "mixed": [{"driver": d, "reason": "waits for the clean-up"} for d in mixed],
    }


ALL_KNOWN = make_baseline(EXDEV_ID, EINVAL_ID, mixed=("wren-iommu",))

TABLE = """\
driver      callbacks  mixed  errors  notes  errnos by class
wren-iommu          1  yes         2      1  hard: 1 EINVAL, 1 ENXIO; incompatible: 1 EXDEV
"""

ENGINES = "engines: coccinelle 1.1.1, sparse skipped (not asked for); 1 of 1 binding analysed\n"
NEXT = """\
next: attach-audit --explain hard-as-einval; --patches; --accept ID --reason TEXT; --all; --format
    html
"""
RESULT = "1 binding, 3 sites, 2 errors (0 known), 1 note, 1 mixed driver (0 known): gate fails\n"
SHORT = (
    f"""\
{DRIVER}:12:11: error: -EINVAL for a broken device [hard-as-einval]
    edit: return -ENODEV instead of -EINVAL
    id: {EINVAL_ID}
{DRIVER}:31:11: error: -EXDEV where the domain does not fit [incompatible-not-einval]
    guard: wdom->iommu != master->iommu ({DRIVER}:30)
    edit: return -EINVAL instead of -EXDEV
    id: {EXDEV_ID}
{DRIVER}:31:11: error: misfits and hard failures are not kept apart [mixed-driver]
    errnos: hard: 1 EINVAL, 1 ENXIO; incompatible: 1 EXDEV
    id: {MIXED_ID}

{DRIVER}:14:11: note: -ENXIO is discouraged [discouraged-errno]

"""
    + TABLE
    + "\n"
    + ENGINES
    + NEXT
    + RESULT
)

FULL = (
    f"""\
{DRIVER}:12:11: error: -EINVAL for a broken device [hard-as-einval]
    why: compares the domain with the device
    edit: return -ENODEV instead of -EINVAL
    path: wren_attach ({DRIVER}:20) -> wren_enable ({DRIVER}:31)
    confidence: low
    id: {EINVAL_ID}
{DRIVER}:14:11: note: -ENXIO is discouraged [discouraged-errno]
    guard: wdom->iommu != master->iommu ({DRIVER}:13): wdom->iommu is DOMAIN, master->iommu is DEV
    why: compares the domain with the device
    path: wren_attach ({DRIVER}:20) -> wren_enable ({DRIVER}:31)
    id: {NOTE_ID}
{DRIVER}:31:11: error: -EXDEV where the domain does not fit [incompatible-not-einval]
    guard: wdom->iommu != master->iommu ({DRIVER}:30): wdom->iommu is DOMAIN, master->iommu is DEV
    why: compares the domain with the device
    edit: return -EINVAL instead of -EXDEV
    id: {EXDEV_ID}
{DRIVER}:31:11: error: misfits and hard failures are not kept apart [mixed-driver]
    errnos: hard: 1 EINVAL, 1 ENXIO; incompatible: 1 EXDEV
    id: {MIXED_ID}

"""
    + TABLE
    + "\n"
    + ENGINES
    + NEXT
    + RESULT
)
SOURCE = """\
static int wren_attach(void)
{
	if (!wdom)
		return wren_enable();
	if (wdom->iommu != master->iommu)
		return -EXDEV;
}
"""
BLOCK = f"""\
{DRIVER}:31:11: error: -EXDEV where the domain does not fit [incompatible-not-einval]
    30 |         if (wdom->iommu != master->iommu)
    31 |-                return -EXDEV;
       |                         ^~~~~
       |+                return -EINVAL;
    id: {EXDEV_ID}
"""


class Workspace:
    """A folder with audit.json and baseline.json, and the command run over them as a user does."""

    def __init__(self, folder: Path) -> None:
        self.audit = folder / "audit.json"
        self.baseline = folder / "baseline.json"
        self.gate = folder / "gate.json"

    def write(self, audit: Any, known: Any) -> None:
        self.audit.write_text(audit if isinstance(audit, str) else json.dumps(audit))
        self.baseline.write_text(known if isinstance(known, str) else json.dumps(known))

    def run(
        self, command: str, *arguments: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/usr/bin/python3", "-m", "report", command, str(self.audit)]
            + ["--baseline", str(self.baseline), *arguments],
            cwd=ROOT,
            env=os.environ | environment,
            capture_output=True,
            text=True,
        )


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    space = Workspace(tmp_path)
    space.write(make_audit(), make_baseline())
    return space


def compared(audit: dict[str, Any], known: dict[str, Any]) -> tuple[model.Audit, gate.Gate]:
    parsed = model.parse_audit(audit)
    return parsed, gate.compare(parsed, baseline._baseline(known))


# ----------------------------------------------------------------------- text


def test_fixture_is_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(make_audit(), SCHEMA)


def test_full_text(space: Workspace) -> None:
    done = space.run("text", "--all")
    assert (done.stdout, done.stderr, done.returncode) == (FULL, "", 1)


def test_short_text(space: Workspace) -> None:
    done = space.run("text")
    assert (done.stdout, done.stderr, done.returncode) == (SHORT, "", 1)


def test_what_fails_the_gate_is_shown_as_a_compiler_does(space: Workspace, tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("")
    source = tmp_path / DRIVER
    source.parent.mkdir(parents=True)
    source.write_text("\n" * 25 + SOURCE)
    shown = space.run("text", "--tree", str(tmp_path)).stdout
    assert BLOCK in shown
    source.write_text("\n" * 25 + SOURCE.replace("EXDEV", "EX\x1bDEV"))
    assert "\x1b" not in space.run("text", "--tree", str(tmp_path)).stdout


def test_a_long_report_is_kept_short() -> None:
    audit = make_audit()
    for n in range(200):
        name = EXDEV_ID[:-1] + str(n + 2)
        audit["sites"].append(make_site(f"t{n}", 40 + n))
        audit["findings"].append(make_finding(name, f"t{n}", "does not fit"))
        note = NOTE_ID[:-1] + str(n + 2)
        audit["findings"].append(
            make_finding(note, f"t{n}", "m", rule="discouraged-errno", severity="note")
        )
    lines = text.full(*compared(audit, make_baseline()), text.Style()).splitlines()
    assert sum(": error: " in line for line in lines) == 203  # none is left out
    assert len(lines) < 203 + 12
    assert "201 notes [discouraged-errno]: wren-iommu 201" in lines


def test_order_of_the_audit_does_not_matter(space: Workspace) -> None:
    audit = make_audit()
    for name in ("sites", "findings", "coverage"):
        audit[name].reverse()
    space.write(audit, make_baseline())
    assert space.run("text").stdout == SHORT


def test_same_text_and_gate_twice(space: Workspace) -> None:
    first = space.run("text").stdout, space.gate.read_bytes()
    assert (space.run("text").stdout, space.gate.read_bytes()) == first


def test_summary(space: Workspace) -> None:
    done = space.run("text", "--summary")
    assert done.stdout == TABLE + "\n" + RESULT
    assert done.returncode == 1


def test_quiet(space: Workspace) -> None:
    lines = [line for line in FULL.splitlines() if ": error: " in line]
    done = space.run("text", "--quiet")
    assert done.stdout.splitlines() == [*lines, FULL.splitlines()[-1]]


def test_known_are_counted_and_hidden(space: Workspace) -> None:
    space.write(make_audit(), ALL_KNOWN)
    done = space.run("text")
    assert done.stdout == (
        f"{DRIVER}:14:11: note: -ENXIO is discouraged [discouraged-errno]\n\n"
        + TABLE
        + "\n"
        + ENGINES
        + "1 binding, 3 sites, 2 errors (2 known), 1 note, 1 mixed driver (1 known): gate passes; --all shows the known\n"
    )
    assert done.returncode == 0


def test_all_shows_known_with_reason_and_notes_in_full(space: Workspace) -> None:
    space.write(make_audit(), make_baseline(EXDEV_ID, mixed=("wren-iommu",)))
    shown = space.run("text", "--all").stdout
    assert f"    known: sent upstream\n    id: {EXDEV_ID}\n" in shown
    assert f"    known: waits for the clean-up\n    id: {MIXED_ID}\n" in shown
    assert f"    id: {NOTE_ID}\n" in shown
    assert shown.index("[discouraged-errno]") < shown.index("[incompatible-not-einval]")


def test_nothing_found(space: Workspace) -> None:
    nothing: dict[str, Any] = {"sites": [], "findings": [], "drivers": []}
    audit = make_audit() | nothing
    space.write(audit, make_baseline())
    done = space.run("text")
    assert done.stdout == ENGINES + (
        "1 binding, 0 sites, 0 errors (0 known), 0 notes, 0 mixed drivers (0 known): gate passes\n"
    )
    assert done.returncode == 0


def test_warnings_come_next_and_do_not_gate() -> None:
    audit = make_audit()
    audit["findings"][0]["severity"] = "warning"
    shown = text.full(
        *compared(audit, make_baseline(EINVAL_ID, mixed=("wren-iommu",))), text.Style()
    )
    assert f": warning: -EXDEV where the domain does not fit" in shown
    assert shown.index(": warning: ") < shown.index(": note: ")
    assert f"    id: {EXDEV_ID}\n" not in shown
    assert "1 error (1 known), 1 warning, 1 note" in shown
    assert shown.endswith(": gate passes; --all shows the known\n")


def test_guard_in_another_file_and_of_unknown_origin() -> None:
    audit = make_audit()
    guard = {"text": "mode", "file": "drivers/iommu/wren.h", "line": 7, "operands": []}
    guard["operands"] = [{"text": "mode", "origins": []}, {"text": "x", "origins": ["OLD", "DEV"]}]
    audit["sites"][0]["guards"] = [guard]
    jsonschema.validate(audit, SCHEMA)
    shown = text.full(*compared(audit, make_baseline()), text.Style(all=True))
    assert (
        "guard: mode (drivers/iommu/wren.h:7): mode is of unknown origin, x is OLD or DEV" in shown
    )


@pytest.mark.parametrize(
    "raw, shown",
    [
        ("plain text", "plain text"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\tb\nc", "a\\tb\\nc"),
        ("if (a\u202e)b", "if (a\\u202e)b"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("e\u0301 \u3164 \u2028", "e\\u0301 \\u3164 \\u2028"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("Jörg 例", "Jörg 例"),
    ],
)
def test_escape(raw: str, shown: str) -> None:
    assert text.escape(raw) == shown


def test_hostile_sources_reach_no_terminal(space: Workspace) -> None:
    audit = make_audit()
    evil = "a\x1b[2J\u202e\x00\x9b\nb"
    site = audit["sites"][0]
    site.update(file=evil, why=evil)
    site["guards"][0].update(text=evil, operands=[{"text": evil, "origins": [evil]}])
    audit["findings"][0].update(message=evil, rewrite=evil)
    audit["coverage"][0].update(status="partial", why=evil, callback=evil)
    audit["drivers"][0].update(driver=evil)
    for s in audit["sites"]:
        s["driver"] = evil
    audit["findings"][3]["site"] = evil
    space.write(audit, make_baseline())
    for option in ("--all", "--quiet", "--summary"):
        done = space.run("text", option)
        assert all(line.isprintable() for line in done.stdout.splitlines()), done.stdout
        assert (done.stderr, done.returncode) == ("", 2)


def test_ascii_output(space: Workspace) -> None:
    audit = make_audit()
    audit["sites"][0]["why"] = "größer"
    space.write(audit, make_baseline())
    assert "why: gr\\xf6\\xdfer" in space.run("text", "--all", PYTHONIOENCODING="ascii").stdout
    assert "why: größer" in space.run("text", "--all", PYTHONIOENCODING="utf-8").stdout


def test_width_folds_all_but_ids() -> None:
    shown = text.full(*compared(make_audit(), make_baseline()), text.Style(width=70, all=True))
    assert (
        """\
    guard: wdom->iommu != master->iommu
        (drivers/iommu/wren-iommu.c:30): wdom->iommu is DOMAIN,
        master->iommu is DEV
"""
        in shown
    )
    assert (
        """\
driver      callbacks  mixed  errors  notes  errnos by class
wren-iommu          1  yes         2      1  hard: 1 EINVAL, 1 ENXIO;
                                             incompatible: 1 EXDEV
"""
        in shown
    )
    whole = [line for line in shown.splitlines() if len(line) > 70]
    assert all(line.startswith("    id: ") for line in whole)
    assert re.sub(r"\s+", " ", shown) == re.sub(r"\s+", " ", FULL)


def terminal_output(space: Workspace, **environment: str) -> str:
    leader, follower = pty.openpty()
    command = ["/usr/bin/python3", "-m", "report", "text", str(space.audit), "--quiet"]
    process = subprocess.Popen(
        [*command, "--baseline", str(space.baseline)],
        cwd=ROOT,
        stdout=follower,
        env={k: v for k, v in os.environ.items() if k != "NO_COLOR"} | environment,
    )
    os.close(follower)
    shown = b""
    try:
        while piece := os.read(leader, 65536):
            shown += piece
    except OSError:  # the other end has closed
        pass
    os.close(leader)
    process.wait()
    return shown.decode().replace("\r\n", "\n")


def test_colour_only_on_a_terminal(space: Workspace) -> None:
    plain = space.run("text", "--quiet", TERM="xterm").stdout
    coloured = terminal_output(space, TERM="xterm")
    assert f"\x1b[1m{DRIVER}:12:11:\x1b[0m \x1b[1;31merror:\x1b[0m " in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert terminal_output(space, TERM="xterm", NO_COLOR="1") == plain
    assert terminal_output(space, TERM="dumb") == plain


def test_reader_that_leaves_early(space: Workspace) -> None:
    """`| head` changes neither the status nor stderr, even past the size of a pipe."""
    audit = make_audit()
    audit["sites"][0]["why"] = "x" * 300000
    space.write(audit, make_baseline())
    command = ["/usr/bin/python3", "-m", "report", "text", str(space.audit)]
    process = subprocess.Popen(
        [*command, "--baseline", str(space.baseline)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout and process.stderr
    process.stdout.read(1)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


def test_full_disk_on_output(space: Workspace) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            ["/usr/bin/python3", "-m", "report", "text", str(space.audit)]
            + ["--baseline", str(space.baseline)],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert done.stderr == (
        "attach-audit: standard output: No space left on device: free some space\n"
    )


def test_starts_without_slow_imports(space: Workspace) -> None:
    modules = space.run("text", PYTHONPROFILEIMPORTTIME="1").stderr
    assert re.search(r"\breport\.text\b", modules)
    assert not re.search(r"\b(jinja2|rich|jsonschema|importlib\.metadata|difflib)\b", modules)


# ----------------------------------------------------------------------- gate


def test_gate_file(space: Workspace) -> None:
    stale = "errno-masked:drivers/iommu/gone.c:gone:EIO:77:1"
    space.write(make_audit(), make_baseline(EXDEV_ID, NOTE_ID, stale, mixed=("robin-iommu",)))
    assert space.run("text").returncode == 1
    assert json.loads(space.gate.read_text()) == {
        "schema": "attach-audit-gate/1",
        "result": "fails",
        "incomplete": [],
        "new": [EINVAL_ID],
        "newly_mixed": ["wren-iommu"],
        "known": [NOTE_ID, EXDEV_ID],
        "stale": [stale],
        "stale_mixed": ["robin-iommu"],
    }


@pytest.mark.parametrize(
    "known, status",
    [
        (ALL_KNOWN, 0),
        (make_baseline(EXDEV_ID, EINVAL_ID, NOTE_ID, mixed=("wren-iommu",)), 0),
        (make_baseline(EXDEV_ID, mixed=("wren-iommu",)), 1),
        (make_baseline(EXDEV_ID, EINVAL_ID), 1),
        (make_baseline(EXDEV_ID, EINVAL_ID, "errno-masked:x", mixed=("wren-iommu",)), 1),
        (make_baseline(EXDEV_ID, EINVAL_ID, mixed=("robin-iommu", "wren-iommu")), 1),
    ],
    ids=["all-known", "known-note", "new-error", "newly-mixed", "stale", "stale-mixed"],
)
def test_status(space: Workspace, known: dict[str, Any], status: int) -> None:
    space.write(make_audit(), known)
    done = space.run("text", "--quiet")
    assert (done.returncode, done.stderr) == (status, "")
    assert done.stdout.endswith(": gate passes\n" if status == 0 else ": gate fails\n")


def test_stale_entries_name_the_mend(space: Workspace) -> None:
    space.write(
        make_audit(), make_baseline(EXDEV_ID, EINVAL_ID, "errno-masked:x", mixed=("robin-iommu",))
    )
    assert (
        "baseline: stale: errno-masked:x: no such finding: remove it with --prune\n"
        "baseline: stale: robin-iommu: no longer mixed: remove it with --prune\n"
    ) in space.run("text").stdout


def test_notes_never_gate(space: Workspace) -> None:
    audit = make_audit()
    for finding in audit["findings"][:3]:
        finding["severity"] = "note"
    space.write(audit, make_baseline(mixed=("wren-iommu",)))
    assert space.run("text").returncode == 0


def broken(change: str) -> dict[str, Any]:
    audit = make_audit()
    row = audit["coverage"][0]
    if change in ("partial", "not-analysed"):
        row.update(status=change, why="line 40 cannot be parsed")
    elif change == "failed":
        audit["engines"]["coccinelle"].update(status="failed", why="spatch timed out")
        audit["engines"]["clang"] = dict(audit["engines"]["coccinelle"], status="ran")
    elif change == "skipped":
        audit["engines"]["coccinelle"]["status"] = "skipped"
    elif change == "gap":
        row.update(status="not-analysed", callback=None, ops=None, why="stands in a macro")
    elif change == "no-binding":
        audit["coverage"] = []
    return audit


@pytest.mark.parametrize(
    "change, line",
    [
        (
            "partial",
            f"{DRIVER}:60: incomplete: wren_attach (attach_dev of wren_ops): partial:"
            " line 40 cannot be parsed",
        ),
        (
            "not-analysed",
            f"{DRIVER}:60: incomplete: wren_attach (attach_dev of wren_ops): not-analysed:"
            " line 40 cannot be parsed",
        ),
        (
            "gap",
            f"{DRIVER}:60: incomplete: (no function) (attach_dev): not-analysed: stands in a macro",
        ),
        ("failed", "engine coccinelle: failed: spatch timed out"),
        ("skipped", "no engine ran: nothing was audited"),
        ("no-binding", "no binding was found: nothing was audited"),
    ],
)
def test_incomplete_is_2_whatever_else(space: Workspace, change: str, line: str) -> None:
    audit = broken(change)
    jsonschema.validate(audit, SCHEMA)
    for known in (ALL_KNOWN, make_baseline("errno-masked:x")):
        space.write(audit, known)
        done = space.run("text")
        assert done.returncode == 2
        assert f"\n{line}\n" in done.stdout
        assert done.stdout.endswith(": the audit is incomplete\n")
        assert json.loads(space.gate.read_text())["incomplete"] == [line]
    assert "[hard-as-einval]" in done.stdout  # the findings are printed all the same
    assert "stale" not in done.stdout  # what was not audited cannot be missed


def test_a_baseline_for_another_kernel_knows_nothing(space: Workspace) -> None:
    version = make_audit()["kernel"]["version"]
    for kernel, status in ((version, 0), (version.rsplit(".", 1)[0], 0), ("5.99", 1)):
        space.write(make_audit(), {**ALL_KNOWN, "kernel": kernel})
        assert space.run("text").returncode == status
    assert space.run("text").stdout.endswith(
        f": gate fails\n{space.baseline}: for Linux 5.99 only: not used\n"
    )
    for arguments in (("accept", EXDEV_ID, "--reason", "no"), ("prune",)):
        done = space.run(*arguments)
        assert done.returncode == 2
        assert done.stderr == (
            f"attach-audit: {space.baseline}: is for Linux 5.99, and {version} was audited: "
            "name one of your own with --baseline\n"
        )


def test_accept_all(space: Workspace) -> None:
    space.write(make_audit(), make_baseline(EXDEV_ID))
    done = space.run("accept", "all", "--reason", "as it was when the gate was set up")
    assert done.stdout == "".join(
        f"{space.baseline}: accepted {name}\n" for name in (EINVAL_ID, "wren-iommu")
    )
    assert space.run("text").returncode == 0
    done = space.run("accept", "all", "--reason", "again")
    assert done.stdout == f"{space.baseline}: nothing is new\n"


def test_moved_lines_stay_known(space: Workspace) -> None:
    audit = make_audit()
    for site in audit["sites"]:
        site["line"] += 1000
        site["guards"] = [g | {"line": g["line"] + 1000} for g in site["guards"]]
    space.write(audit, ALL_KNOWN)
    assert space.run("text").returncode == 0


def test_identical_lines_stay_apart(space: Workspace) -> None:
    twin = EXDEV_ID[:-1] + "2"
    audit = make_audit()
    audit["sites"].append(make_site("s4", 35))
    audit["findings"].append(make_finding(twin, "s4", "-EXDEV where the domain does not fit"))
    space.write(audit, ALL_KNOWN)
    assert space.run("text").returncode == 1
    assert json.loads(space.gate.read_text())["new"] == [twin]


def test_read_only_out(space: Workspace) -> None:
    space.gate.mkdir()
    done = space.run("text")
    assert done.returncode == 2
    assert done.stderr == (
        f"attach-audit: {space.gate}: Is a directory: "
        "make its folder writable, free some space or name another\n"
    )
    assert sorted(p.name for p in space.gate.parent.iterdir()) == [
        "audit.json",
        "baseline.json",
        "gate.json",
    ]


# ---------------------------------------------------------- malformed audits


def altered(*keys: Any, to: Any) -> dict[str, Any]:
    audit = make_audit()
    place: Any = audit
    for key in keys[:-1]:
        place = place[key]
    if to is KeyError:
        del place[keys[-1]]
    else:
        place[keys[-1]] = to
    return audit


@pytest.mark.parametrize(
    "keys, to, problem",
    [
        (("schema",), "attach-audit/2", 'schema: not "attach-audit/1"'),
        (("schema",), KeyError, 'audit: "schema" is missing'),
        (("sites",), KeyError, 'audit: "sites" is missing'),
        (("more",), 1, 'audit: unknown key "more"'),
        (("tool", "version"), None, "tool.version: not a string"),
        (("kernel", "contract"), 3, "kernel.contract: not a string"),
        (("engines", "gcc"), {}, "engines.gcc: not one of clang, coccinelle, sparse"),
        (
            ("engines", "sparse", "status"),
            "done",
            "engines.sparse.status: not one of failed, ran, skipped",
        ),
        (("engines", "sparse", "arches"), [1], "engines.sparse.arches: not a string"),
        (("coverage", 0, "line"), "60", "coverage[0].line: not a whole number"),
        (
            ("coverage", 0, "status"),
            "fine",
            "coverage[0].status: not one of analysed, not-analysed, partial",
        ),
        (("sites", 1, "line"), True, "sites[1].line: not a whole number"),
        (("sites", 1, "verdict"), "good", "sites[1].verdict: not one of change, ok, review"),
        (("sites", 1, "expected"), [None], "sites[1].expected: not a string"),
        (("sites", 0, "guards", 0, "operands", 1, "origins"), "DEV", None),
        (("sites", 0, "guards", 0), [], "sites[0].guards[0]: not an object"),
        (("sites", 0, "path", 0, "line"), KeyError, 'sites[0].path[0]: "line" is missing'),
        (("sites", 1, "id"), "s1", 'sites: "s1" occurs twice'),
        (("findings", 1, "id"), EXDEV_ID, f'findings: "{EXDEV_ID}" occurs twice'),
        (("findings", 0, "site"), "s9", 'findings[0].site: no site "s9"'),
        (("findings", 0, "rule"), "my-rule", None),
        (("findings", 3, "site"), "robin", 'findings[3].site: no driver "robin" with a site'),
        (("drivers", 0, "mixed"), False, None),
        (("drivers", 0, "errnos", "soft"), {}, None),
        (
            ("drivers", 0, "errnos", "hard"),
            {"EIO": "1"},
            "drivers[0].errnos.hard: not a whole number",
        ),
        (("drivers", 0, "driver"), "robin", 'drivers: "wren-iommu" is missing'),
    ],
)
def test_malformed_audit(
    keys: tuple[Any, ...], to: Any, problem: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "audit.json"
    path.write_text(json.dumps(altered(*keys, to=to)))
    with pytest.raises(file.Complaint) as complaint:
        model.read_audit(str(path))
    if problem:
        assert str(complaint.value) == f"{path}: {problem}: run the audit again"
    assert "\n" not in str(complaint.value)


@pytest.mark.parametrize(
    "content, problem",
    [
        ("", ": empty"),
        (" \n", ": empty"),
        (json.dumps(make_audit())[:-300], ":1: not JSON: "),
        ("[]", ": audit: not an object"),
        ("{}", ': audit: "schema" is missing'),
        ("[" * 100000, ": nested too deeply"),
        ('{"schema": 1, "schema": 2}', ': duplicate key "schema"'),
        ("\xff", ": not UTF-8"),
    ],
)
def test_broken_audit_file(space: Workspace, content: str, problem: str) -> None:
    space.audit.write_bytes(content.encode("latin-1"))
    done = space.run("text")
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr.startswith(f"attach-audit: {space.audit}{problem}")
    assert done.stderr.endswith(": run the audit again\n") and done.stderr.count("\n") == 1
    assert not space.gate.exists()


def test_missing_audit(space: Workspace) -> None:
    space.audit.unlink()
    done = space.run("text")
    assert done.returncode == 2
    assert done.stderr == (
        f"attach-audit: {space.audit}: No such file or directory: run the audit again\n"
    )


def test_audit_that_is_no_file(space: Workspace) -> None:
    space.audit.unlink()
    os.mkfifo(space.audit)
    done = space.run("text")
    assert done.returncode == 2
    assert done.stderr == f"attach-audit: {space.audit}: not a regular file: run the audit again\n"


# -------------------------------------------------------- malformed baselines


def one_entry(**changes: Any) -> dict[str, Any]:
    known = make_baseline(EXDEV_ID)
    known["findings"][0].update(changes)
    return known


def without(key: str) -> dict[str, Any]:
    known = make_baseline(EXDEV_ID)
    del known["findings"][0][key]
    return known


ENTRY = f'findings[0] "{EXDEV_ID}"'


@pytest.mark.parametrize(
    "known, problem",
    [
        ("", "empty: name an existing baseline, or make one with --accept"),
        ("[]", "baseline: not an object: mend it by hand"),
        (one_entry(reason=" \t"), f"{ENTRY}: no reason: say why it may stay, or remove the entry"),
        (one_entry(reason=None), f"{ENTRY}.reason: not a string"),
        (without("reason"), f'{ENTRY}: "reason" is missing'),
        (without("id"), 'findings[0]: "id" is missing'),
        (one_entry(line=3), f'{ENTRY}: unknown key "line"'),
        (one_entry(rule="my-rule"), f'{ENTRY}: unknown rule "my-rule": one of incompatible-not-'),
        (one_entry(rule="mixed-driver"), f'{ENTRY}: rule "mixed-driver": name the driver under'),
        (one_entry(id=""), 'findings[0] "": blank id: remove the entry'),
        (
            make_baseline(EXDEV_ID, EINVAL_ID, EXDEV_ID),
            f'findings[2] "{EXDEV_ID}": duplicate: remove one of the two',
        ),
        (
            make_baseline(mixed=("a", "a")),
            'mixed[1] "a": duplicate: remove one of the two',
        ),
        (make_baseline() | {"mixed": [{"driver": "a"}]}, 'mixed[0] "a": "reason" is missing'),
        (make_baseline() | {"mixed": ["a"]}, "mixed[0]: not an object"),
        (make_baseline() | {"schema": "attach-audit-baseline/2"}, "schema: not "),
        (make_baseline() | {"date": "today"}, 'baseline: unknown key "date"'),
    ],
)
def test_malformed_baseline(space: Workspace, known: Any, problem: str) -> None:
    space.write(make_audit(), known)
    before = space.baseline.read_bytes()
    with pytest.raises(file.Complaint) as complaint:
        baseline.read_baseline(str(space.baseline))
    assert str(complaint.value).startswith(f"{space.baseline}: {problem}")
    assert "\n" not in str(complaint.value)
    assert space.baseline.read_bytes() == before


@pytest.mark.parametrize("command", [("text",), ("accept", EXDEV_ID, "--reason", "r"), ("prune",)])
def test_every_command_refuses_a_malformed_baseline(space: Workspace, command: list[str]) -> None:
    space.write(make_audit(), '{"schema":\n"attach-audit-baseline/1", "findings": [}')
    before = space.baseline.read_bytes()
    done = space.run(*command)
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr.startswith(f"attach-audit: {space.baseline}:2: not JSON: ")
    assert done.stderr.count("\n") == 1
    assert space.baseline.read_bytes() == before


def test_missing_baseline(space: Workspace) -> None:
    space.baseline.unlink()
    done = space.run("text")
    assert done.returncode == 2
    assert done.stderr == (
        f"attach-audit: {space.baseline}: No such file or directory: "
        "name an existing baseline, or make one with --accept\n"
    )


# ------------------------------------------------------------ accept and prune


def test_accept_writes_sorted_entries(space: Workspace) -> None:
    for name, reason in ((EXDEV_ID, "one"), (EINVAL_ID, " zwei für drei "), ("wren-iommu", "all")):
        done = space.run("accept", name, "--reason", reason)
        assert (done.stdout, done.stderr, done.returncode) == (
            f"{space.baseline}: accepted {name}\n",
            "",
            0,
        )
    assert (
        space.baseline.read_text()
        == f"""\
{{
  "schema": "attach-audit-baseline/1",
  "findings": [
    {{
      "id": "{EINVAL_ID}",
      "rule": "hard-as-einval",
      "file": "{DRIVER}",
      "function": "wren_enable",
      "reason": "zwei für drei"
    }},
    {{
      "id": "{EXDEV_ID}",
      "rule": "incompatible-not-einval",
      "file": "{DRIVER}",
      "function": "wren_attach",
      "reason": "one"
    }}
  ],
  "mixed": [
    {{
      "driver": "wren-iommu",
      "reason": "all"
    }}
  ]
}}
"""
    )
    assert space.run("text").returncode == 0


def test_accept_makes_the_first_baseline(space: Workspace) -> None:
    space.baseline.unlink()
    assert space.run("accept", EXDEV_ID, "--reason", "r").returncode == 0
    assert list(baseline.read_baseline(str(space.baseline)).findings) == [EXDEV_ID]


def test_accept_again_replaces_the_reason(space: Workspace) -> None:
    space.run("accept", EXDEV_ID, "--reason", "old")
    space.run("accept", EXDEV_ID, "--reason", "new")
    known = baseline.read_baseline(str(space.baseline)).findings
    assert [entry.reason for entry in known.values()] == ["new"]


@pytest.mark.parametrize(
    "name, accepted",
    [("incomp", EXDEV_ID), ("mixed", "wren-iommu"), (MIXED_ID, "wren-iommu"), ("disc", NOTE_ID)],
)
def test_accept_by_unique_prefix(space: Workspace, name: str, accepted: str) -> None:
    assert space.run("accept", name, "--reason", "r").stdout == (
        f"{space.baseline}: accepted {accepted}\n"
    )


@pytest.mark.parametrize(
    "name, problem",
    [
        (
            EXDEV_ID.replace(":1a2b", ":1a2c"),
            f"no such finding in this audit: did you mean {EXDEV_ID}",
        ),
        ("zzz", "no such finding in this audit: take an id from the report"),
        ("", "no such finding in this audit: take an id from the report"),
    ],
)
def test_accept_unknown(space: Workspace, name: str, problem: str) -> None:
    before = space.baseline.read_bytes()
    done = space.run("accept", name, "--reason", "r")
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr.startswith(f"attach-audit: {name}: {problem}")
    assert done.stderr.count("\n") == 1
    assert space.baseline.read_bytes() == before


def test_accept_ambiguous_prefix(space: Workspace) -> None:
    audit = make_audit()
    twin = EXDEV_ID[:-1] + "2"
    audit["findings"].append(make_finding(twin, "s1", "m"))
    space.write(audit, make_baseline())
    done = space.run("accept", "incompatible", "--reason", "r")
    assert done.returncode == 2
    assert done.stderr == (
        "attach-audit: incompatible: 2 findings start so: give one whole:" f" {EXDEV_ID}, {twin}\n"
    )
    assert space.run("accept", EXDEV_ID, "--reason", "r").returncode == 0


@pytest.mark.parametrize("reason", ["", "  ", "\t\n"])
def test_accept_needs_a_reason(space: Workspace, reason: str) -> None:
    before = space.baseline.read_bytes()
    done = space.run("accept", EXDEV_ID, "--reason", reason)
    assert done.returncode == 2
    assert "--reason is blank" in done.stderr
    assert space.run("accept", EXDEV_ID).returncode == 2
    assert space.baseline.read_bytes() == before


def test_accept_keeps_a_link(space: Workspace) -> None:
    real = space.baseline.with_name("real.json")
    space.baseline.rename(real)
    space.baseline.symlink_to(real)
    assert space.run("accept", EXDEV_ID, "--reason", "r").returncode == 0
    assert space.baseline.is_symlink() and EXDEV_ID in real.read_text()


def test_prune_removes_only_what_is_stale(space: Workspace) -> None:
    kept = copy.deepcopy(ALL_KNOWN)
    space.write(
        make_audit(),
        make_baseline(EXDEV_ID, EINVAL_ID, "errno-masked:x", mixed=("a", "wren-iommu")),
    )
    done = space.run("prune")
    assert (done.stdout, done.stderr, done.returncode) == (
        f"{space.baseline}: removed errno-masked:x\n{space.baseline}: removed a\n",
        "",
        0,
    )
    pruned = json.loads(space.baseline.read_text())
    kept["findings"].sort(key=lambda e: e["id"])
    assert pruned == kept
    before = space.baseline.read_bytes()
    assert space.run("prune").stdout == f"{space.baseline}: nothing is stale\n"
    assert space.baseline.read_bytes() == before
    assert space.run("text").returncode == 0


def test_prune_refuses_an_incomplete_audit(space: Workspace) -> None:
    space.write(broken("partial"), make_baseline("errno-masked:x"))
    before = space.baseline.read_bytes()
    done = space.run("prune")
    assert (done.stdout, done.returncode) == ("", 2)
    assert "not pruned: an incomplete audit cannot tell what is stale" in done.stderr
    assert space.baseline.read_bytes() == before


# ------------------------------------------------------------------ the command


@pytest.mark.parametrize(
    "arguments",
    [[], ["text"], ["text", "a"], ["text", "a", "--base", "b"], ["nonsense"], ["explain"]]
    + [["text", "a", "--baseline", "b", "--quiet", "--all"]],
)
def test_misuse(arguments: list[str]) -> None:
    done = subprocess.run(
        ["/usr/bin/python3", "-m", "report", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr and "usage:" in done.stderr


def test_shipped_baseline_reads() -> None:
    baseline.read_baseline(str(ROOT / "baseline.json"))
