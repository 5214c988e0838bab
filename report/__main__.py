# SPDX-License-Identifier: GPL-2.0-only
"""Where Python starts: in, the command's words; out, what front/ makes of them, and the exit status.

Started as `python3 -IB report/__main__.py`, from wherever: Python then looks for modules in its own
library and beside this package, never in the current folder, which may be the audited tree.
`python3 -m report`, in a checkout, works on files that are there already.
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
ALONE = bool(__package__)
if not ALONE:
    sys.path.insert(0, ROOT)

try:
    from front.main import main
except Exception as error:
    print(f"attach-audit: {ROOT}: broken: {error}: install it again", file=sys.stderr)
    sys.exit(2)

<<<<<<< HEAD
sys.exit(main(sys.argv[1:], ALONE))
=======
# A command returns what to print and the exit status.
Command = Callable[[argparse.Namespace], tuple[str, int]]


def _style(everything: bool) -> text.Style:
    """A terminal's width and colours; anywhere else the text is the same on every machine."""
    if not sys.stdout.isatty():
        return text.Style(all=everything)
    width = os.get_terminal_size(sys.stdout.fileno()).columns or None
    colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
    return text.Style(width, colour, everything)


def show(arguments: argparse.Namespace) -> tuple[str, int]:
    audit = read_audit(arguments.audit)
    known = baseline.read_baseline(arguments.baseline)
    result = gate.compare(audit, known)
    gate.write_gate(os.path.join(os.path.dirname(arguments.audit), "gate.json"), result)
    write = {"quiet": text.gate_only, "summary": text.table_only}.get(arguments.extent, text.full)
    shown = write(audit, result, _style(arguments.extent == "all"))
    if not known.serves(audit.kernel.version):
        shown += (
            text.escape(f"{arguments.baseline}: for Linux {known.kernel} only: not used") + "\n"
        )
    return shown, result.status


def explain(arguments: argparse.Namespace) -> tuple[str, int]:
    if arguments.rule not in RULES:
        raise Complaint(f"{arguments.rule}: no such rule: one of {', '.join(RULES)}")
    return read_page(arguments.rule), 0


def _judged(arguments: argparse.Namespace) -> tuple[Audit, gate.Gate]:
    """An audit and its gate; without a baseline nothing is known."""
    known = baseline.Baseline({}, {})
    if arguments.baseline:
        known = baseline.read_baseline(arguments.baseline)
    audit = read_audit(arguments.audit)
    return audit, gate.compare(audit, known)


def print_format(arguments: argparse.Namespace) -> tuple[str, int]:
    return formats.render(arguments.format, *_judged(arguments), arguments.tree), 0


def write_formats(arguments: argparse.Namespace) -> tuple[str, int]:
    names = formats.split(arguments.formats)
    folder = arguments.out or os.path.dirname(arguments.audit)
    paths = formats.write(names, *_judged(arguments), folder, arguments.tree)
    return "".join(f"{text.escape(path)}\n" for path in paths), 0


def history(arguments: argparse.Namespace) -> tuple[str, int]:
    from report import versions

    return versions.audit_all(
        versions.Request(
            kernel=arguments.kernel and os.path.realpath(os.path.expanduser(arguments.kernel)),
            revisions=tuple(arguments.revs.split()),
            trees=tuple(map(os.path.expanduser, arguments.trees.split())),
            shard=arguments.shard,
            out=arguments.out,
        )
    )


def merge(arguments: argparse.Namespace) -> tuple[str, int]:
    from report import versions

    return versions.merge(arguments.shards, arguments.out)


def change(arguments: argparse.Namespace) -> tuple[str, int]:
    from report import change as since

    known = baseline.read_baseline(arguments.baseline)
    return since.show(arguments.kernel, arguments.ref, arguments.out, known)


def review(arguments: argparse.Namespace) -> tuple[str, int]:
    from report.review import review as series

    known = baseline.read_baseline(arguments.baseline)
    return series.show(arguments.kernel, arguments.ref, arguments.mbox, arguments.out, known)


def driver(arguments: argparse.Namespace) -> tuple[str, int]:
    from report import driver as depth

    known = baseline.read_baseline(arguments.baseline)
    return depth.show(arguments.kernel, arguments.driver, arguments.out, known)


def accept(arguments: argparse.Namespace) -> tuple[str, int]:
    audit = read_audit(arguments.audit)
    names = baseline.accept(audit, arguments.baseline, arguments.id, arguments.reason)
    lines = [f"accepted {name}" for name in names] or ["nothing is new"]
    return "".join(text.escape(f"{arguments.baseline}: {line}") + "\n" for line in lines), 0


def prune(arguments: argparse.Namespace) -> tuple[str, int]:
    audit = read_audit(arguments.audit)
    removed = gate.prune(arguments.baseline, audit, baseline.read_baseline(arguments.baseline))
    lines = [f"removed {name}" for name in removed] or ["nothing is stale"]
    return "".join(text.escape(f"{arguments.baseline}: {line}") + "\n" for line in lines), 0


def patches(arguments: argparse.Namespace) -> tuple[str, int]:
    from report.patches import command, series  # only here: it would slow every start

    return command.run(
        command.Request(
            audit=arguments.audit,
            tree=arguments.tree,
            wish=series.Wish(arguments.split, arguments.signoff, arguments.messages == "debug"),
            only=tuple(arguments.only),
            rule=arguments.rule,
            driver=arguments.driver,
            contract=arguments.contract,
            jobs=arguments.jobs,
            fix=arguments.fix,
        )
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m report",
        description="Reports what an audit found and decides whether it passes the gate.",
        epilog="Exit status: 0 passes, 1 the gate fails, 2 incomplete or misused.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Command, what: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=what, description=what, allow_abbrev=False)
        sub.set_defaults(run=run)
        return sub

    def judged(name: str, run: Command, what: str) -> argparse.ArgumentParser:
        sub = command(name, run, what)
        sub.add_argument("audit", metavar="AUDIT", help="audit.json of a finished audit")
        sub.add_argument("--baseline", metavar="FILE", required=True)
        return sub

    sub = judged("text", show, "Print the findings; write gate.json beside the audit.")
    extent = sub.add_mutually_exclusive_group()
    for name, what in (
        ("all", "known findings too, and notes in full"),
        ("quiet", "only what decides the exit status"),
        ("summary", "only the table by driver and the summary line"),
    ):
        extent.add_argument(f"--{name}", dest="extent", action="store_const", const=name, help=what)
    command("explain", explain, "Print a rule's page.").add_argument("rule", metavar="RULE")
    sub = judged("accept", accept, "Add a finding to the baseline.")
    sub.add_argument(
        "id", metavar="ID", help="its id, a mixed driver's name, the start of one, or all"
    )
    sub.add_argument("--reason", metavar="TEXT", required=True, help="why it may stay")
    sub = command("patches", patches, "Write a patch series for the findings beside the audit.")
    sub.add_argument("audit", metavar="AUDIT", help="audit.json of a finished audit")
    sub.add_argument("--tree", metavar="DIR", required=True, help="the tree that was audited")
    sub.add_argument("--only", metavar="ID", action="append", default=[], help="this finding")
    sub.add_argument("--rule", metavar="RULE", default="", help="findings of this rule")
    sub.add_argument("--driver", metavar="NAME", default="", help="findings of this driver")
    sub.add_argument("--split", choices=("rule", "driver"), default="rule")
    sub.add_argument("--signoff", metavar="NAME <MAIL>", default="")
    sub.add_argument("--messages", choices=("remove", "debug"), default="remove")
    sub.add_argument("--contract", metavar="NAME", default="", help="as it was audited")
    sub.add_argument("--jobs", metavar="N", type=int, default=2)
    sub.add_argument("--fix", action="store_true", help="edit the tree instead")
    judged("prune", prune, "Remove the baseline's stale entries.")

    def written(name: str, run: Command, what: str) -> argparse.ArgumentParser:
        sub = command(name, run, what)
        sub.add_argument("audit", metavar="AUDIT", help="audit.json, of any earlier audit too")
        sub.add_argument("--baseline", metavar="FILE", help="what is known; without it all is new")
        sub.add_argument(
            "--tree", metavar="DIR", default="", help="for the source lines that html shows"
        )
        return sub

    for name, (_, what) in formats.FORMATS.items():
        sub = written(name, print_format, f"Print {name}: {what}.")
        sub.set_defaults(format=name)
    sub = written("write", write_formats, "Write several formats at once, a file each.")
    sub.add_argument("--formats", metavar="LIST", required=True, help=" ".join(formats.FORMATS))
    sub.add_argument("--out", metavar="DIR", help="their folder (default: the audit's)")

    def several(name: str, run: Command, what: str) -> argparse.ArgumentParser:
        sub = command(name, run, what)
        sub.add_argument("--kernel", metavar="DIR", required=True)
        sub.add_argument("--out", metavar="DIR", required=True)
        sub.add_argument("--baseline", metavar="FILE", required=True)
        return sub

    sub = several("change", change, "Audit a git revision and the working tree; compare them.")
    sub.add_argument("--ref", metavar="REF", required=True)
    sub = several("review", review, "Audit a patch series, patch by patch; write the replies.")
    sub.add_argument("--mbox", metavar="FILE", required=True, help="or - for standard input")
    sub.add_argument("--ref", metavar="REF", default="", help="what it applies to (default: HEAD)")
    sub = several("driver", driver, "Audit one driver in depth; compare it with the others.")
    sub.add_argument("--driver", metavar="PATH", required=True)
    sub = command("history", history, "Audit several versions; draw what changed between them.")
    sub.add_argument("--kernel", metavar="DIR", default="", help="a git directory, for --revs")
    sub.add_argument("--revs", metavar="LIST", default="", help="its revisions, oldest first")
    sub.add_argument("--trees", metavar="LIST", default="", help="kernel trees, oldest first")
    sub.add_argument(
        "--shard", metavar="I/N", default="1/1", help="audit only each Nth, from the Ith"
    )
    sub.add_argument("--out", metavar="DIR", required=True)
    sub = command("merge", merge, "Merge the history.json of all shards into one history.")
    sub.add_argument("shards", metavar="FILE", nargs="+")
    sub.add_argument("--out", metavar="DIR", required=True)
    return parser


def _discard_output() -> None:
    """What could not be written must not be tried again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print(output: str) -> None:
    try:
        print(output, end="", flush=True)
    except BrokenPipeError:  # the reader has left (`| head`): the status still stands
        _discard_output()
    except OSError as error:
        _discard_output()
        raise Complaint(f"standard output: {error.strerror}: free some space") from None


def main() -> int:
    if sys.stdout is None:  # started with >&-
        sys.stdout = open(os.devnull, "w", encoding="utf-8")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args()
    try:
        output, status = arguments.run(arguments)
        _print(output)
    except Complaint as complaint:
        print(f"attach-audit: {text.escape(str(complaint))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return int(status)


sys.exit(main())
>>>>>>> f97c587 (git reads no repository's configuration for what it does)
