"""In: sample/ and what an audit says of it; out: a diff of the two, empty when comments and audit agree.

By hand, on an audit.json that is already there: python3 tests/test_sample.py AUDIT.json
"""

import difflib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "sample"

COMMENT = re.compile(
    r"/\* (site:|trap:|driver:|binding|not a binding|entry:|core:|caller:|text:)(.*?) ?\*/"
)
SITE = re.compile(
    r" errno=(?P<errno>\S+) class=(?P<klass>\S+) verdict=(?P<verdict>\S+) expected=(?P<expected>\S+)"
    r"(?P<print> print)?(?P<remove> remove_print)?(?: op=(?P<op>\S+))?(?: \[(?P<rule>\S+)\])?"
)
# What stands beside the core and its callers is compared as it is written.
SIDE = {
    "entry:": re.compile(r" errno=\S+ class=\S+(?P<rule> \[entry-errno\])?"),
    "core:": re.compile(r" (changed|dropped)(?P<rule> \[entry-errno\])?"),
    "caller:": re.compile(r" class=\S+(?P<rule> \[caller-contract\])?"),
    "text:": re.compile(r"(?P<rule> \[contract-text\])"),
}
SIDE_RULES = {"entry-errno", "caller-contract", "contract-text"}

CLASSES = {
    "incompatible": {"ok", "change", "review"},
    "hard": {"ok", "change", "review"},
    "nomem": {"ok", "change"},
    "nospace": {"ok", "change"},
    "busy": {"ok", "change", "review"},
    "propagated": {"ok", "review"},
    "masked": {"ok", "change", "review"},
    "silent-success": {"change", "review"},
}
HANDLINGS = {
    "search-einval-only",
    "search-any-error",
    "logs-and-tries-on",
    "falls-back",
    "replaces",
    "ignores",
    "passes-on",
    "unknown",
}
RULES = {
    "incompatible-not-einval",
    "hard-as-einval",
    "soft-failure-logged",
    "wrong-resource-errno",
    "errno-masked",
    "silent-success",
    "discouraged-errno",
    "foreign-einval",
    "mixed-driver",
    *SIDE_RULES,
}


@dataclass(frozen=True, order=True)
class Site:
    file: str
    line: int
    errno: str
    op: str
    klass: str
    verdict: str
    expected: str
    printed: bool
    remove_print: bool

    def __str__(self) -> str:
        flags = " print" * self.printed + " remove_print" * self.remove_print
        return (
            f"site {self.file}:{self.line} {self.op} errno={self.errno} class={self.klass}"
            f" verdict={self.verdict} expected={self.expected}{flags}"
        )


@dataclass(frozen=True)
class Comments:
    """What the comments of a tree say; places are (file, line)."""

    sites: tuple[Site, ...]
    findings: tuple[tuple[str, int, str, str], ...]  # file, line, errno, rule
    traps: frozenset[tuple[str, int]]
    bindings: tuple[tuple[str, int], ...]
    not_bindings: tuple[tuple[str, int], ...]
    mixed: tuple[str, ...]
    sides: tuple[str, ...]  # as audited_sides() says it

    def lines(self) -> list[str]:
        return sorted(
            [str(site) for site in self.sites]
            + [f"finding {f}:{n} errno={errno} [{rule}]" for f, n, errno, rule in self.findings]
            + [f"binding {f}:{n} analysed" for f, n in self.bindings]
            + [f"driver {f}: mixed [mixed-driver]" for f in self.mixed]
            + list(self.sides)
        )


def comments_of(tree: Path) -> Iterator[tuple[str, int, str, str]]:
    for path in sorted(tree.rglob("*.[ch]")):
        name = path.relative_to(tree).as_posix()
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = COMMENT.findall(text)
            if len(found) != text.count("/* site") + text.count("/* trap") + len(
                re.findall(
                    r"/\* (?:driver|(?:not a )?binding|entry:|core:|caller:|text:)(?!\w)", text
                )
            ):
                raise ValueError(
                    f"{name}:{number}: a comment is written wrong: see sample/README.md"
                )
            for kind, rest in found:
                yield name, number, kind, rest


def read_comments(tree: Path) -> Comments:
    sites: list[Site] = []
    findings: list[tuple[str, int, str, str]] = []
    traps: set[tuple[str, int]] = set()
    bindings: list[tuple[str, int]] = []
    not_bindings: list[tuple[str, int]] = []
    mixed: list[str] = []
    sides: list[str] = []
    for name, number, kind, rest in comments_of(tree):
        if kind == "trap:":
            traps.add((name, number))
        elif kind == "binding":
            bindings.append((name, number))
        elif kind == "not a binding":
            not_bindings.append((name, number))
        elif kind == "driver:" and rest == " mixed [mixed-driver]":
            mixed.append(name)
        elif kind in SIDE and (m := SIDE[kind].fullmatch(rest)):
            rule = m["rule"] or ""
            said = rest[: len(rest) - len(rule)]
            sides += [f"{kind[:-1]} {name}:{number}{said}"] if kind != "text:" else []
            sides += [f"finding {name}:{number}{rule}"] if rule else []
        elif kind == "site:" and (m := SITE.fullmatch(rest)):
            sites.append(
                Site(
                    file=name,
                    line=number,
                    errno=m["errno"],
                    op=m["op"] or "attach_dev",
                    klass=m["klass"],
                    verdict=m["verdict"],
                    expected=m["expected"],
                    printed=bool(m["print"]),
                    remove_print=bool(m["remove"]),
                )
            )
            if m["rule"]:
                findings.append((name, number, m["errno"], m["rule"]))
        else:
            raise ValueError(f"{name}:{number}: a comment is written wrong: see sample/README.md")
    return Comments(
        sites=tuple(sites),
        findings=tuple(findings),
        traps=frozenset(traps),
        bindings=tuple(bindings),
        not_bindings=tuple(not_bindings),
        mixed=tuple(mixed),
        sides=tuple(sides),
    )


def audited_sides(audit: dict[str, Any]) -> set[str]:
    """The core, its callers and what is found in them."""
    lines = set()
    for point in audit["entry_points"]:
        for s in point["sites"]:
            lines.add(f"entry {s['file']}:{s['line']} errno={s['errno']} class={s['class']}")
        for h in point["handled"]:
            if h["what"] != "passed-on":
                lines.add(f"core {h['file']}:{h['line']} {h['what']}")
    for caller in audit["callers"]:
        lines.add(f"caller {caller['file']}:{caller['line']} class={caller['class']}")
    for f in audit["findings"]:
        if f["rule"] in SIDE_RULES:
            lines.add(f"finding {f['file']}:{f['line']} [{f['rule']}]")
    return lines


def audited_lines(audit: dict[str, Any], comments: Comments) -> list[str]:
    """The audit in the same words; what it mentions on a trap's line, short of change, is left out."""
    commented = {(site.file, site.line) for site in comments.sites}
    lenient = comments.traps - commented
    sites = {
        s["id"]: Site(
            file=s["file"],
            line=s["line"],
            errno=s["errno"],
            op=s["op"],
            klass=s["class"],
            verdict=s["verdict"],
            expected=(s["expected"] or [""])[0],
            printed=s["print"],
            remove_print=s["remove_print"],
        )
        for s in audit["sites"]
    }
    shown = {
        key: site
        for key, site in sites.items()
        if site.verdict == "change" or (site.file, site.line) not in lenient
    }
    lines = [str(site) for site in shown.values()]
    if len(sites) != len(audit["sites"]):
        lines.append("two sites have the same id")
    for finding in audit["findings"]:
        if finding["rule"] == "mixed-driver" or finding["rule"] in SIDE_RULES:
            continue  # drivers say it below; and so do the sides
        if finding["site"] not in sites:
            lines.append(f"finding of no site: {finding['id']} [{finding['rule']}]")
        elif finding["site"] in shown:
            at = shown[finding["site"]]
            lines.append(f"finding {at.file}:{at.line} errno={at.errno} [{finding['rule']}]")
    for entry in audit["coverage"]:
        lines.append(f"binding {entry['file']}:{entry['line']} {entry['status']}")
    mixed = [driver for driver in audit["drivers"] if driver["mixed"]]
    for driver in mixed:
        main_file = next((f for f in driver["files"] if f in comments.mixed), driver["driver"])
        lines.append(f"driver {main_file}: mixed [mixed-driver]")
    reported = sum(finding["rule"] == "mixed-driver" for finding in audit["findings"])
    if reported != len(mixed):
        lines.append(f"{reported} findings of mixed-driver for {len(mixed)} mixed drivers")
    return sorted([*lines, *audited_sides(audit)])


def difference(audit: dict[str, Any], tree: Path = SAMPLE) -> str:
    comments = read_comments(tree)
    return "\n".join(
        difflib.unified_diff(
            comments.lines(),
            audited_lines(audit, comments),
            "comments in sample/",
            "audit.json",
            lineterm="",
            n=0,
        )
    )


def test_comments_show_every_class_verdict_and_rule() -> None:
    comments = read_comments(SAMPLE)
    shown: dict[str, set[str]] = {}
    for site in comments.sites:
        shown.setdefault(site.klass, set()).add(site.verdict)
    assert shown == CLASSES
    found = {rule for *_, rule in comments.findings} | {"mixed-driver"}
    found |= {rule for rule in SIDE_RULES if any(f"[{rule}]" in s for s in comments.sides)}
    assert found == RULES
    handled = {m[1] for s in comments.sides if (m := re.search(r"^caller .* class=(\S+)", s))}
    assert handled == HANDLINGS
    assert comments.mixed and comments.traps and comments.not_bindings


def test_comments_agree_with_themselves() -> None:
    comments = read_comments(SAMPLE)
    with_finding = {(f, n, errno) for f, n, errno, _ in comments.findings}
    for site in comments.sites:
        assert (site.verdict != "ok") == ((site.file, site.line, site.errno) in with_finding), site
        assert site.printed or not site.remove_print, site
        assert site.op == "attach_dev" or site.verdict != "change", site


def test_every_table_entry_has_its_comment() -> None:
    comments = read_comments(SAMPLE)
    said = set(comments.bindings) | set(comments.not_bindings)
    for path in sorted(SAMPLE.rglob("*.c")):
        name = path.relative_to(SAMPLE).as_posix()
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            code = re.sub(r"^ \*.*|/\*.*?\*/", "", text)
            if re.search(r"(\.|->)(attach_dev|set_dev_pasid)\s*=[^=]", code):
                assert (name, number) in said, f"{name}:{number}"


def test_audit_says_what_the_comments_say(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    out = tmp_path / "out"
    shutil.copytree(SAMPLE, tree)
    done = subprocess.run(
        ["./run-audit.sh", "--kernel", str(tree), "--out", str(out), "--quiet"],
        cwd=ROOT,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    with open(out / "audit.json", encoding="utf-8") as f:
        said = difference(json.load(f), tree)
    assert not said, "\n" + said


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: test_sample.py AUDIT.json", file=sys.stderr)
        return 2
    try:
        audit = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
        said = difference(audit)
    except (OSError, ValueError, KeyError, TypeError) as e:
        print(
            f"test_sample.py: {sys.argv[1]}: {e!r}: write it with make audit first", file=sys.stderr
        )
        return 2
    if said:
        print(said)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
