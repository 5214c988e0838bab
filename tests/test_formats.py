# SPDX-License-Identifier: GPL-2.0-only
"""In: small audits, one of them hostile; out: each format, accepted by its own schema or parser."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import jsonschema
import junitparser  # type: ignore[import]
import pytest

from test_report import DRIVER, EINVAL_ID, EXDEV_ID, MIXED_ID, NOTE_ID, ROOT
from test_report import Workspace, broken, compared, make_audit, make_baseline, make_finding
from test_report import make_site

from front import options
from report import compare, edit, formats, sarif
from report.file import Complaint

SCHEMAS = ROOT / "tests" / "schemas"
FETCHED = ROOT / "build" / "schemas"
TARBALL = "microsoft-jest-sarif-1.0.0-beta.0.tgz"
SHA256 = "748e2c3d1a842e7bb258416685c7ea3a0da40005b72267b2052c2856d48ad102"
EVIL = "</script><script>document.title='gone'</script>|`@x` #1 \x1b[31m\u202e\x00\ud800\"'&<b>\n"


def hostile() -> dict[str, Any]:
    audit = make_audit()
    site = audit["sites"][0]
    site.update(file=EVIL, function=EVIL, why=EVIL, driver=EVIL, errno=f"propagated:{EVIL}")
    site["guards"][0].update(text=EVIL * 200, operands=[{"text": EVIL, "origins": [EVIL]}])
    site["path"] = [{"function": EVIL + str(i), "file": EVIL, "line": 1} for i in range(300)]
    site["messages"] = [{"call": EVIL, "level": "error", "line": 1}]
    for s in audit["sites"]:
        s["driver"] = EVIL
    audit["drivers"][0].update(driver=EVIL)
    audit["findings"][0].update(message=EVIL, rewrite=EVIL, id=EVIL)
    audit["findings"][3]["site"] = EVIL
    audit["coverage"][0].update(status="partial", why=EVIL, callback=EVIL)
    audit["kernel"].update(version=EVIL, contract=EVIL, path="/nowhere")
    audit["tool"]["version"] = EVIL
    audit["engines"]["coccinelle"].update(why=EVIL, version=EVIL)
    return audit


def empty() -> dict[str, Any]:
    nothing: dict[str, Any] = {"sites": [], "findings": [], "drivers": []}
    return make_audit() | nothing


AUDITS = {
    "plain": (make_audit(), make_baseline()),
    "known": (make_audit(), make_baseline(EXDEV_ID, NOTE_ID, "errno-masked:x", mixed=("gone",))),
    "hostile": (hostile(), make_baseline()),
    "empty": (empty(), make_baseline()),
    "incomplete": (broken("failed"), make_baseline()),
}


def written(name: str, kind: str) -> str:
    return formats.render(name, *compared(*AUDITS[kind]))


# ---------------------------------------------------------------------- SARIF


@pytest.fixture(scope="session")
def sarif_schema() -> Any:
    """From npm, once; the file is pinned by its sum, so where it came from does not matter."""
    path = FETCHED / TARBALL
    if not path.exists():
        FETCHED.mkdir(parents=True, exist_ok=True)
        package = "@microsoft/jest-sarif@1.0.0-beta.0"
        try:
            subprocess.run(
                ["npm", "pack", "--silent", package], cwd=FETCHED, capture_output=True, timeout=60
            )
        except (OSError, subprocess.TimeoutExpired):
            pass
        if not path.exists():
            pytest.skip("the SARIF schema cannot be fetched: npm is missing or has no network")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SHA256
    with tarfile.open(path) as package_file:
        schema = package_file.extractfile("package/lib/schemas/sarif-2.1.0-rtm.5.json")
        assert schema
        return json.load(schema)


@pytest.mark.parametrize("kind", AUDITS)
def test_sarif_is_valid(sarif_schema: Any, kind: str) -> None:
    jsonschema.Draft4Validator(sarif_schema).validate(json.loads(written("sarif", kind)))


def sarif_run(kind: str) -> Any:
    return json.loads(written("sarif", kind))["runs"][0]


def test_sarif_result() -> None:
    run = sarif_run("known")
    by_id = {r["partialFingerprints"]["attachAuditId/v1"]: r for r in run["results"]}
    assert set(by_id) == {EXDEV_ID, EINVAL_ID, NOTE_ID, MIXED_ID}
    found = by_id[EXDEV_ID]
    assert run["tool"]["driver"]["rules"][found["ruleIndex"]]["id"] == found["ruleId"]
    assert found["suppressions"] == [{"kind": "external", "justification": "sent upstream"}]
    assert found["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": DRIVER, "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 31, "startColumn": 11},
    }
    flow = by_id[EINVAL_ID]["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [s["location"]["message"]["text"] for s in flow] == [
        "in wren_attach()",
        "in wren_enable()",
        "-EINVAL",
    ]
    (change,) = found["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 31, "endLine": 31, "startColumn": 11, "endColumn": 16},
            "insertedContent": {"text": "EINVAL"},
        }
    ]
    assert "fixes" not in by_id[NOTE_ID] and "codeFlows" not in by_id[MIXED_ID]


def test_sarif_rules_have_help() -> None:
    for rule in sarif_run("plain")["tool"]["driver"]["rules"]:
        assert rule["help"]["markdown"].startswith(f"# {rule['id']}\n")
        assert len(rule["fullDescription"]["text"]) > 40 and len(rule["properties"]["tags"]) <= 10


def test_sarif_tells_an_incomplete_audit() -> None:
    (invocation,) = sarif_run("incomplete")["invocations"]
    assert invocation["executionSuccessful"] is False
    (note,) = invocation["toolExecutionNotifications"]
    assert note["message"]["text"] == "engine coccinelle: failed: spatch timed out"


def test_sarif_within_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "RESULTS", 2)
    run = sarif_run("plain")
    assert [r["level"] for r in run["results"]] == ["error", "error"]
    said = run["invocations"][0]["toolExecutionNotifications"]
    assert said[0]["message"]["text"] == "2 findings left out: 2 is the limit"
    (result, *_) = [r for r in sarif_run("hostile")["results"] if r.get("codeFlows")]
    assert len(result["codeFlows"][0]["threadFlows"][0]["locations"]) <= 100


def test_no_absolute_path() -> None:
    for name in formats.FORMATS:
        audit = make_audit()
        audit["kernel"]["path"] = "/home/someone/linux"
        assert "/home/someone" not in formats.render(name, *compared(audit, make_baseline()))


# -------------------------------------------------------------- exact edits


def test_edit_only_where_the_constant_stands() -> None:
    def edits(**changes: Any) -> set[str]:
        audit = make_audit()
        audit["sites"][0].update(changes)
        return set(edit.exact_edits(compared(audit, make_baseline())[0]))

    assert edits() == {EXDEV_ID, EINVAL_ID}
    assert edits(constant_line=9) == {EINVAL_ID}  # a preset: the constant stands elsewhere
    assert edits(constant_line=0) == {EINVAL_ID}
    assert edits(verdict="review") == {EINVAL_ID}
    assert edits(errno="EPERM") == {EINVAL_ID}  # may be written -1


def test_no_edit_where_sites_disagree() -> None:
    audit = make_audit()
    audit["sites"].append(make_site("s9", 31, verdict="ok", function="wren_other"))
    assert EXDEV_ID not in edit.exact_edits(compared(audit, make_baseline())[0])


# ------------------------------------------------------------ rdjson, GitLab


@pytest.mark.parametrize("kind", AUDITS)
@pytest.mark.parametrize("name", ["rdjson", "codequality"])
def test_schema(name: str, kind: str) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(written(name, kind)), schema)


def test_rdjson() -> None:
    found = json.loads(written("rdjson", "known"))["diagnostics"]
    assert [d["code"]["value"] for d in found] == ["hard-as-einval", "mixed-driver"]
    place = {"start": {"line": 12, "column": 11}, "end": {"line": 12, "column": 17}}
    assert found[0]["suggestions"] == [{"range": place, "text": "ENODEV"}]
    assert found[0]["location"] == {"path": DRIVER, "range": place}


def test_codequality() -> None:
    first, *rest = json.loads(written("codequality", "plain"))
    assert first == {
        "description": "-EINVAL for a broken device (suggested: return -ENODEV instead of -EINVAL)",
        "check_name": "hard-as-einval",
        "fingerprint": hashlib.sha256(EINVAL_ID.encode()).hexdigest(),
        "severity": "major",
        "location": {"path": DRIVER, "lines": {"begin": 12}},
    }
    assert len({i["fingerprint"] for i in [first, *rest]}) == 4


# ------------------------------------------------------------- KTAP and JUnit


@pytest.fixture(scope="session")
def kunit() -> Any:
    """The kernel's own parser, from a tree that the audit unpacked or from a source package."""
    inside = "tools/testing/kunit"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "attach-audit/trees"
    folders = sorted(p.parent for p in cache.glob(f"*/{inside}/kunit_parser.py"))
    packages = sorted(Path("/usr/src").glob("linux-source-*.tar.xz"))
    own = ROOT / "build" / "kunit"
    if not folders and not (own / inside).exists() and packages:
        own.mkdir(parents=True, exist_ok=True)
        command = [
            "tar",
            "-xf",
            str(packages[-1]),
            "-C",
            str(own),
            "--strip-components=1",
            "--wildcards",
        ]
        subprocess.run([*command, f"*/{inside}/kunit_p*.py"], check=True)
    if not folders and not (own / inside).exists():
        pytest.skip("no linux-source package: kunit_parser.py is not at hand")
    sys.path.insert(0, str(folders[-1] if folders else own / inside))
    return importlib.import_module("kunit_parser")


@pytest.mark.parametrize(
    "kind, passed, failed, skipped",
    [
        ("plain", 1, 3, 1),
        ("known", 0, 4, 2),
        ("hostile", 0, 4, 1),
        ("empty", 1, 0, 0),
        ("incomplete", 0, 4, 1),
    ],
)
def test_ktap(kunit: Any, kind: str, passed: int, failed: int, skipped: int) -> None:
    text = written("ktap", kind)
    counts = kunit.parse_run_tests(text.splitlines()).counts
    assert (counts.passed, counts.failed, counts.skipped) == (passed, failed, skipped)
    assert (counts.errors, counts.crashed) == (0, 0)
    assert all(line.isprintable() for line in text.splitlines())


@pytest.mark.parametrize("kind", AUDITS)
def test_junit(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_text(written("junit", kind), encoding="utf-8")
    suites = list(junitparser.JUnitXml.fromfile(str(path)))
    for suite in suites:
        results = [type(r).__name__ for case in suite for r in case.result]
        assert (suite.tests, suite.failures) == (len(list(suite)), results.count("Failure"))
        assert (suite.errors, suite.skipped) == (results.count("Error"), results.count("Skipped"))
    if kind == "plain":
        assert [s.name for s in suites] == ["wren-iommu", "coverage and baseline"]
        failure = list(suites[0])[1].result[0]
        assert failure.message == "-EINVAL for a broken device"
        assert f"id: {EINVAL_ID}" in failure.text


def test_case_names_hold_no_line_number() -> None:
    moved = make_audit()
    for site in moved["sites"]:
        site["line"] += 100
    names = re.findall(r"^ +(?:not )?ok \d+ (.*?)(?: # .*)?$", written("ktap", "plain"), re.M)
    again = formats.render("ktap", *compared(moved, make_baseline()))
    assert sorted(re.findall(r"^ +(?:not )?ok \d+ (.*?)(?: # .*)?$", again, re.M)) == sorted(names)


# ------------------------------------------------------- Markdown, comparison


def test_markdown() -> None:
    page = written("markdown", "known")
    assert page.startswith("## attach-audit: ❌ fails\n\nLinux 6\\.12\\.0: 1 binding, 3 sites")
    assert "- ⚠️ stale baseline entry errno\\-masked:x\n" in page
    assert "### New findings\n\n- **\\-EINVAL for a broken device** `hard-as-einval`" in page
    assert "<details><summary>Known findings: 1</summary>" in page
    assert "known: sent upstream" in page


def test_markdown_holds_no_markup_of_a_source() -> None:
    page = written("markdown", "hostile")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", page)
    outside = re.sub(r"(`+).*?\1", "", page)
    assert "<script" not in outside and "<b>" not in outside
    assert not re.search(r"@\w", outside)


def test_markdown_fits_into_a_comment() -> None:
    audit = make_audit()
    for i in range(2000):
        audit["findings"].append(make_finding(f"{EXDEV_ID}{i}", "s1", "m" * 100))
    audit["coverage"] = [audit["coverage"][0] | {"status": "partial", "why": "x" * 9000}] * 60
    page = formats.render("markdown", *compared(audit, make_baseline()))
    assert len(page) <= 65536
    assert re.search(r"\d+ findings more: see the other reports", page)


def test_compare() -> None:
    audit = make_audit()
    audit["sites"] += [
        make_site(f"o{i}", 40, errno="EINVAL", verdict="ok", driver=f"robin{i}") for i in range(3)
    ]
    audit["sites"][0]["messages"] = [{"call": "dev_err", "level": "error", "line": 30}]
    one = audit["drivers"][0]
    audit["drivers"] += [one | {"driver": f"robin{i}", "mixed": False} for i in range(3)]
    assert formats.render("compare", *compared(audit, make_baseline())).startswith(
        """\
incompatible: 4 sites of 4 drivers; the contract says EINVAL
    errno   drivers  sites  who
few EXDEV         1      1  wren-iommu 1
                            prints dev_err() at 1
    EINVAL        3      3  robin0 1, robin1 1, robin2 1

hard: 2 sites of 1 driver; the contract says ENODEV
"""
    )


def test_comparison_knows_every_class() -> None:
    schema = json.loads((ROOT / "report/schema.json").read_text())
    assert sorted(compare.ORDER) == sorted(schema["$defs"]["class"]["enum"])


# ------------------------------------------------------------------ the command


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/usr/bin/python3", "-m", "report", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    space = Workspace(tmp_path)
    space.write(make_audit(), make_baseline())
    return space


def test_several_at_once(space: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    done = run("write", space.audit, "--formats", "text sarif,junit html sarif", "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(p.name for p in out.iterdir()) == ["audit.sarif", "junit.xml", "report.html"]
    assert done.stdout.splitlines() == [
        str(out / n) for n in ("audit.sarif", "junit.xml", "report.html")
    ]
    assert run("sarif", space.audit).stdout == (out / "audit.sarif").read_text()


@pytest.mark.parametrize("name", formats.FORMATS)
def test_same_output_twice(space: Workspace, name: str) -> None:
    first = run(name, space.audit, "--baseline", space.baseline)
    assert (first.returncode, first.stderr) == (0, "")
    assert run(name, space.audit, "--baseline", space.baseline).stdout == first.stdout


@pytest.mark.parametrize("name", formats.FORMATS)
def test_old_file(space: Workspace, name: str) -> None:
    """Sites once had neither messages nor constant_line."""
    audit = make_audit()
    for site in audit["sites"]:
        del site["messages"], site["constant_line"]
    space.write(audit, make_baseline())
    assert run(name, space.audit).returncode == 0


@pytest.mark.parametrize(
    "content",
    ["", "{", '{"schema": "attach-audit/2"}', "[]", json.dumps(make_audit() | {"sites": [{}]})],
    ids=["empty", "truncated", "other-version", "list", "hand-edited"],
)
@pytest.mark.parametrize("name", ["html", "sarif", "history"])
def test_bad_audit(space: Workspace, tmp_path: Path, name: str, content: str) -> None:
    space.audit.write_text(content)
    done = (
        run("merge", space.audit, "--out", tmp_path)
        if name == "history"
        else run(name, space.audit)
    )
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr.startswith(f"attach-audit: {space.audit}")
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr


def test_unknown_format(space: Workspace) -> None:
    done = run("write", space.audit, "--formats", "html pdf")
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr.startswith("attach-audit: pdf: no such format: one of text, html, sarif,")
    assert not space.audit.with_name("report.html").exists()
    with pytest.raises(Complaint):
        formats.split("sarif ../x")


def test_unwritable_out(space: Workspace, tmp_path: Path) -> None:
    (tmp_path / "audit.sarif").mkdir()
    done = run("write", space.audit, "--formats", "sarif")
    assert done.returncode == 2 and done.stderr.startswith(
        f"attach-audit: {tmp_path}/audit.sarif: "
    )
    done = run("write", space.audit, "--formats", "sarif", "--out", tmp_path / "nowhere")
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert not [p for p in tmp_path.iterdir() if p.name.endswith(".tmp")]


def test_command_knows_every_format() -> None:
    """What it lists in its help, and takes, is what there are writers for."""
    said = subprocess.run([ROOT / "run-audit.sh", "-h"], capture_output=True, text=True).stdout
    (listed,) = re.findall(
        r"text \(on the terminal\), (.*?): written into OUT", " ".join(said.split())
    )
    assert listed.split(", ") == list(formats.FORMATS)
    assert options.formats(",".join(formats.FORMATS)) == tuple(formats.FORMATS)


def audit_sample(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    checks = Path(os.environ.get("ATTACH_CHECKS") or ROOT / "build" / "attach-checks")
    if not checks.exists():
        pytest.skip(f"{checks} is not built: make build")
    return subprocess.run(
        [ROOT / "run-audit.sh", "--out", tmp_path / "out"],
        env=os.environ | {"XDG_CACHE_HOME": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
    )


def test_audit_writes_formats(tmp_path: Path) -> None:
    done = audit_sample(tmp_path, FORMAT="sarif html")
    out = tmp_path / "out"
    assert done.stderr == f"{out}/audit.sarif\n{out}/report.html\n"
    assert done.stdout.count("\n") == 1  # without text only what decides the status
    assert done.returncode == 0
    assert json.loads((out / "audit.sarif").read_text())["version"] == "2.1.0"
    (out / "junit.xml").mkdir()
    done = audit_sample(tmp_path, FORMAT="text,junit")
    assert done.returncode == 2
    assert done.stderr.startswith(f"attach-audit: {out}/junit.xml: ")
    assert "drivers (" in done.stdout  # the text is printed all the same


def test_audit_refuses_an_unknown_format_at_once(tmp_path: Path) -> None:
    done = audit_sample(tmp_path, FORMAT="text pdf")
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr == "attach-audit: format pdf: no such format: see --format in --help\n"
    assert not (tmp_path / "out").exists()
