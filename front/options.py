# SPDX-License-Identifier: GPL-2.0-only
"""The command line: in, its words and the environment; out, an action and what is wished of it.

An action is named by a first word (`attach-audit explain RULE`) or, as ever, by an option
(`attach-audit --explain RULE`); with neither the tree is audited. Both ways read the same tables.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from report.formats import FORMATS
from report.rules import RULES

ENGINES = ("coccinelle", "sparse", "clang")


class Misuse(Exception):
    """One line, and how it should be used."""

    def __init__(self, line: str, usage: str = "") -> None:
        super().__init__(line)
        self.usage = usage


@dataclass(frozen=True, slots=True)
class Option:
    help: str
    metavar: str = ""  # "" for a switch
    variable: str = ""  # of the environment that does the same
    default: Any = None
    choices: tuple[str, ...] = ()
    several: bool = False
    number: bool = False
    action: str = ""  # that it asks for, without an action's word


OPTIONS = {
    "kernel": Option(
        'kernel source tree; "debian" takes the newest linux-source package of this machine, '
        '"debian-6.1" that version of it (default: the sample tree)',
        "DIR",
        "KERNEL",
    ),
    "out": Option("folder for the results (default: build/audit in a checkout of this tool)", "DIR", "OUT"),
    "engines": Option(
        "engines that must run, separated by commas: coccinelle; sparse and clang, which prepare "
        "the tree once in a sandbox (default: all that can run here)",
        "LIST",
        "ENGINES",
        "",
    ),
    "build": Option(
        "a build of the tree that you configured (make O=DIR; ARCH= names its architecture): "
        "engines sparse and clang take its flags and prepare nothing",
        "DIR",
        "O",
        "",
    ),
    "baseline": Option("known findings (default: baseline.json, the sample's own for the sample)", "FILE", "BASELINE"),
    "contract": Option(
        "errno rules: merged, strict, emediumtype, or a file (default: the tree's own)",
        "NAME",
        "CONTRACT",
        "",
    ),
    "format": Option(
        f"text (on the terminal), {', '.join(FORMATS)}: written into OUT (default: text)",
        "LIST",
        "FORMAT",
        "text",
    ),
    "jobs": Option("processes at a time (default: one a processor)", "N", "JOBS", number=True),
    "timeout": Option("what spatch may take for a file (default: 60)", "SECONDS", "", "60", number=True),
    "quiet": Option("print only what decides the exit status"),
    "summary": Option("print the table of drivers and the summary line only"),
    "callers": Option("print what each caller of the core makes of a failed attach"),
    "only-driver": Option(
        "show and write findings of this driver alone (repeatable, as the others here; * stands for anything)",
        "NAME",
        several=True,
    ),
    "path": Option("those in this file or folder, or below", "PATH", several=True),
    "severity": Option("those that are at least that severe: error, warning, note", "WHAT", "", "", ("error", "warning", "note")),
    "gate-on": Option(
        "what fails the gate: all that is found (default), or shown: what these filters leave",
        "WHAT",
        "",
        "all",
        ("all", "shown"),
    ),
    "all": Option("print known findings too, and notes in full"),
    "base": Option(
        "audit a git revision too; report, and gate on, what is new since then",
        "REF",
        "BASE",
        "",
        action="change",
    ),
    "mbox": Option(
        "review a patch series (- for standard input, or a git format-patch folder): what each "
        "patch brings and fixes; replies in OUT/review.mbox",
        "FILE",
        "MBOX",
        "",
        action="review",
    ),
    "driver": Option(
        "one driver in depth, a file or folder in the tree or outside one; with --patches and "
        "--fix, findings of the driver of this name",
        "PATH",
        "DRIVER",
        "",
        action="driver",
    ),
    "patches": Option("write a patch series for the findings into OUT/patches", action="patches"),
    "fix": Option("make the same edits in the tree, except in files with uncommitted changes", action="fix"),
    "diff": Option("with --fix, print the edits and make none"),
    "only": Option("with either, this finding; the start of its id does (repeatable)", "ID", "ONLY", several=True),
    "rule": Option("those of this rule; with --patches and --fix, its edits alone", "RULE", "RULE", several=True),
    "split": Option("one patch a rule (default), or one a rule and driver", "WHAT", "SPLIT", "rule", ("rule", "driver")),
    "signoff": Option("sign the patches off", "NAME <MAIL>", "SIGNOFF", ""),
    "soft-messages": Option(
        "what becomes of a logged soft failure (default: remove)",
        "WHAT",
        "SOFT_MESSAGES",
        "remove",
        ("remove", "debug"),
    ),
    "explain": Option("print the page of a rule", "RULE", action="explain"),
    "accept": Option("add a finding of the last audit in OUT to its baseline", "ID", action="accept"),
    "reason": Option("why the finding may stay", "TEXT", default=""),
    "prune": Option("drop what the last audit in OUT no longer finds from its baseline", action="prune"),
    "prepare": Option("configure the tree for the engines that need it, and stop", action="prepare"),
    "tree": Option("for the source lines that html shows (default: the audited one)", "DIR", default=""),
    "revs": Option("revisions of the git directory KERNEL, oldest first", "LIST", "", ""),
    "trees": Option("kernel trees, oldest first", "LIST", "", ""),
    "shard": Option("audit only each Nth, from the Ith", "I/N", "", "1/1"),
}  # fmt: skip

EXTENTS = ("quiet", "summary", "all")
_AUDIT = ("kernel", "out", "engines", "build", "baseline", "contract", "jobs", "timeout")
_FILTERS = ("only-driver", "path", "rule", "severity", "gate-on")
_SHOWN = ("format", *_FILTERS, *EXTENTS)
_EDITS = ("only", "rule", "driver", "split", "signoff", "soft-messages")
_OLD = ("baseline", "tree")  # of an audit.json that is there already


@dataclass(frozen=True, slots=True)
class Action:
    help: str
    options: tuple[str, ...]
    words: tuple[str, ...] = ()  # after its name; "AUDIT" may be left out
    required: tuple[str, ...] = ()


ACTIONS = {
    "audit": Action("audit a kernel tree (what happens without a word)", (*_AUDIT, *_SHOWN, "callers")),
    "change": Action("what is new, fixed and unchanged since a git revision", (*_AUDIT, "base", *_SHOWN, "callers"), (), ("base",)),
    "review": Action("review a patch series, patch by patch", (*_AUDIT, "mbox", "base", *_SHOWN), (), ("mbox",)),
    "driver": Action("one driver in depth, beside the others", (*_AUDIT, "driver", *_SHOWN), (), ("driver",)),
    "patches": Action("write a patch series for the findings", (*_AUDIT, *_EDITS, *EXTENTS)),
    "fix": Action("make the same edits in the tree", (*_AUDIT, *_EDITS, "diff", *EXTENTS)),
    "prepare": Action("configure a tree for engines sparse and clang", (*_AUDIT, *EXTENTS)),
    "history": Action(
        "audit several versions; draw what changed between them",
        ("kernel", "revs", "trees", "shard", "out", "engines", "contract", "jobs"),
    ),
    "merge": Action("merge the history.json of all shards", ("out",), ("FILE...",), ("out",)),
    "text": Action("print the report of an audit.json; write gate.json beside it", (*_OLD, *_FILTERS, "callers", *EXTENTS), ("AUDIT",)),
    "write": Action("write formats of an audit.json, a file each", (*_OLD, *_FILTERS, "format", "out"), ("AUDIT",), ("format",)),
    **{name: Action(f"print {name}: {what}", (*_OLD, *_FILTERS), ("AUDIT",)) for name, (_, what) in FORMATS.items()},
    "accept": Action("add a finding to the baseline", ("out", "baseline", "reason"), ("AUDIT", "ID")),
    "prune": Action("remove the baseline's stale entries", ("out", "baseline"), ("AUDIT",)),
    "explain": Action("print a rule's page", (), ("RULE",)),
    "doctor": Action("say what is installed, what that allows and what mends the rest", ()),
}  # fmt: skip


# ------------------------------------------------------------------------------ help


def _plain(line: str) -> str:
    """What argparse complains of, in this command's words."""
    found = re.fullmatch(r"argument (--[a-z-]+)(?:/[^:]*)?: expected .*argument", line)
    if found:
        return f"{found[1]}: needs a value: see --help"
    found = re.fullmatch(r"argument ([^:]+): invalid choice: (.*) \(choose from (.*)\)", line)
    if found:
        value = found[2].strip("'")
        return f"{found[1]} {value}: one of {found[3].replace(chr(39), '')}"
    found = re.fullmatch(r"the following arguments are required: (.*)", line)
    if found:
        return f"{found[1]}: is needed: see --help"
    return f"{line}: see --help"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Misuse(_plain(message), self.format_usage())


def _shape(prog: str) -> argparse.HelpFormatter:
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=22, width=100)


def _rules() -> str:
    width = max(map(len, RULES))
    return "rules:\n" + "\n".join(f"  {r.id:{width}}  {r.title}" for r in RULES.values())


def _add(parser: argparse._ActionsContainer, name: str, option: Option) -> None:
    flags = ["--format", "--formats"] if name == "format" else [f"--{name}"]
    how: dict[str, Any] = {"dest": name.replace("-", "_"), "help": option.help.replace("%", "%%")}
    if name in EXTENTS:
        how |= {"action": "store_const", "const": name, "dest": "extent"}
    elif not option.metavar:
        how |= {"action": "store_true"}
    else:
        how |= {"metavar": option.metavar, "action": "append" if option.several else "store"}
    parser.add_argument(*flags, default=argparse.SUPPRESS, **how)


def _parser(name: str, action: Action, alone: bool = False) -> argparse.ArgumentParser:
    """Of one action; `alone`: there is no last audit to fall back to."""
    parser = _Parser(
        prog=f"attach-audit {name}",
        description=f"{action.help[0].upper()}{action.help[1:]}.",
        epilog=_rules() if "RULE" in action.words else None,
        formatter_class=_shape,
        allow_abbrev=False,
    )
    for word in action.words:
        if word == "AUDIT" and not alone:
            parser.add_argument(word, nargs="?")
        elif word == "FILE...":
            parser.add_argument("FILE", nargs="+")
        else:
            parser.add_argument(word)
    if set(EXTENTS) <= set(action.options):
        extents = parser.add_mutually_exclusive_group()
        for each in EXTENTS:
            _add(extents, each, OPTIONS[each])
    for each in action.options:
        if each not in EXTENTS:
            _add(parser, each, OPTIONS[each])
    return parser


EPILOG = """\
actions, as a first word instead (attach-audit ACTION -h tells its options):
{actions}

KERNEL, OUT, ENGINES, O, BASELINE, CONTRACT, FORMAT, BASE, MBOX, DRIVER and JOBS in the environment
do the same; for patches ONLY, RULE, DRIVER, SPLIT, SIGNOFF and SOFT_MESSAGES too.

{rules}

Exit status: 0 audited completely, nothing outside the baseline; 1 a new finding of severity
error, a newly mixed driver or a stale baseline entry; 2 incomplete or misused.
"""


def _everything() -> argparse.ArgumentParser:
    """Without an action's word."""
    width = max(map(len, ACTIONS))
    listed = "\n".join(f"  {n:{width}}  {a.help}" for n, a in ACTIONS.items())
    parser = _Parser(
        prog="attach-audit",
        usage="attach-audit [OPTIONS]\n       attach-audit ACTION [OPTIONS]",
        description="Audits the errnos with which a kernel tree's IOMMU drivers refuse an attach.",
        epilog=EPILOG.format(actions=listed, rules=_rules()),
        formatter_class=_shape,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", default=argparse.SUPPRESS)
    for name, option in OPTIONS.items():
        if name not in ("tree", "revs", "trees", "shard"):
            _add(parser, name, option)
    return parser


def usage() -> str:
    return _everything().format_usage()


# --------------------------------------------------------------------------- parsing


def _deduced(given: dict[str, Any]) -> str:
    """The action that options ask for: patches and fix take --driver as a name, a series its base."""
    asked = [n for n, o in OPTIONS.items() if o.action and given.get(n) not in (None, "", False)]
    sole = [n for n in asked if n not in ("base", "mbox", "driver")]
    if len(sole) > 1:
        raise Misuse(f"--{sole[1]}: not with --{sole[0]}: one action at a time")
    if sole:
        return OPTIONS[sole[0]].action
    if "driver" in asked and len(asked) > 1:
        raise Misuse(f"--driver: not with --{asked[0]}: one action at a time")
    return next((OPTIONS[n].action for n in ("mbox", "base", "driver") if n in asked), "audit")


def _number(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,4}", text):
        raise Misuse(f"{text}: not a number above zero: see --jobs and --timeout in --help")
    return int(text)


def _check(wish: argparse.Namespace, name: str, option: Option) -> None:
    value = getattr(wish, name.replace("-", "_"))
    if option.number and value is not None:
        setattr(wish, name, _number(value))
    if option.choices and value and value not in option.choices:
        raise Misuse(f"--{name} {value}: one of {', '.join(option.choices)}")
    if name == "rule" and not hasattr(wish, "only"):
        for rule in value:
            if rule not in RULES:
                raise Misuse(f"--rule {rule}: no such rule: one of {', '.join(RULES)}")


def _defaults(
    wish: argparse.Namespace, action: str, environment: Mapping[str, str]
) -> argparse.Namespace:
    """What was not given, by the environment, or else as ever."""
    for name in ACTIONS[action].options:
        option, key = OPTIONS[name], name.replace("-", "_")
        value: Any
        if name in EXTENTS:
            key, value = "extent", ""
        elif option.several:
            asked = name != "rule" or "only" in ACTIONS[action].options  # RULE is for patches
            value = environment.get(option.variable, "").split() if asked else []
        else:
            value = environment.get(option.variable) or option.default
            if name == "kernel" and "KERNEL" in environment:
                value = environment["KERNEL"]
        if not hasattr(wish, key):
            setattr(wish, key, value)
    for name in ACTIONS[action].options:
        if name not in EXTENTS:
            _check(wish, name, OPTIONS[name])
    return wish


def _by_option(
    parser: argparse.ArgumentParser, words: list[str], environment: Mapping[str, str]
) -> tuple[str, argparse.Namespace]:
    wish, left = parser.parse_known_args(words)
    if left:
        raise Misuse(f"{left[0]}: no such option: see --help")
    if hasattr(wish, "version"):
        return "version", wish
    given = vars(wish)
    # the environment can ask for what it always could
    also = {n: environment.get(OPTIONS[n].variable, "") for n in ("base", "mbox", "driver")}
    name = _deduced(also | given)
    takes = {*ACTIONS[name].options, name} | (
        {"extent"} if "quiet" in ACTIONS[name].options else set()
    )
    for key in given:
        option = key.replace("_", "-")
        if given[key] == "" and OPTIONS.get(option, OPTIONS["out"]).action:
            raise Misuse(f"--{option}: is empty: see --help")
        if option not in takes:
            option = given[key] if key == "extent" else option
            raise Misuse(f"--{option}: means nothing to {name}: see attach-audit {name} --help")
    wish.AUDIT = None
    if name == "explain":
        wish.RULE = wish.explain
    elif name == "accept":
        wish.ID = wish.accept
    return name, wish


def parse(
    words: list[str], environment: Mapping[str, str], alone: bool = False
) -> argparse.Namespace:
    """`action`, and a member for each option and word that the action takes; "help" or "version"
    with the `page` to print. `alone`: the action and its audit.json must be named."""
    named = bool(words) and words[0] in ACTIONS
    if {"-h", "--help"} & set(words):
        parser = _parser(words[0], ACTIONS[words[0]], alone) if named else _everything()
        return argparse.Namespace(action="help", page=parser.format_help())
    if named:
        name = words[0]
        parser = _parser(name, ACTIONS[name], alone)
        wish, left = parser.parse_known_intermixed_args(words[1:])
        if left:
            raise Misuse(f"{left[0]}: no such option: see --help", parser.format_usage())
    else:
        parser = _everything()
        if alone:
            raise Misuse(f"an action is needed: one of {', '.join(ACTIONS)}", parser.format_usage())
        name, wish = _by_option(parser, words, environment)
        if name == "version":
            return argparse.Namespace(action=name)
    wish = _defaults(wish, name, environment)
    for needed in ACTIONS[name].required:
        if not getattr(wish, needed):
            raise Misuse(f"--{needed}: is needed: see --help", parser.format_usage())
    if getattr(wish, "gate_on", "") == "shown" and not any(
        getattr(wish, key) for key in ("only_driver", "path", "rule", "severity")
    ):
        raise Misuse("--gate-on shown: needs a filter: --only-driver, --path, --rule or --severity")
    wish.action = name
    return wish


def engines(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(text.replace(",", " ").split()))
    for name in names:
        if name not in ENGINES:
            raise Misuse(f"{name}: no such engine: ENGINES takes coccinelle, sparse and clang")
    return names


def formats(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(text.replace(",", " ").split()))
    for name in names:
        if name != "text" and name not in FORMATS:
            raise Misuse(f"format {name}: no such format: see --format in --help")
    return names
