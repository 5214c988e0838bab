#!/usr/bin/env python3
"""Score an audit against a table of hand-labelled sites.

usage: score.py AUDIT.json TRUTH.json [--not-reaching TRAPS.json] [--op attach_dev] [--verbose]

AUDIT.json is what the audit writes; TRUTH.json a list of labelled sites (see README.md here).
Only labels of confidence 'certain' or 'likely' count, and none of class 'deferred'. A 'change' on a
'review' label is never held against the audit; one on an 'ok' label or an unlabelled line is false.
Prints one figure a line; exit status 0 whatever the figures, 2 where a file cannot be read.
"""
import argparse
import json
import sys

NEAR = 2  # a statement can span lines: a site matches within this many lines


def load(path):
    try:
        with open(path, encoding="utf-8") as f:
            return json.load(f)
    except (OSError, ValueError) as e:
        print(f"score: {path}: {e}", file=sys.stderr)
        sys.exit(2)


def errno_matches(truth, site):
    t, s = truth["errno"], site.get("errno", "")
    if t.startswith("propagated:"):
        return s.startswith("propagated")
    if truth["class"] == "masked":
        return s == t or site.get("class") == "masked" or s.startswith("propagated")
    return s == t


def find(truth, sites):
    """The audit's site for a labelled one: same file and function, nearest line, same errno if any has it."""
    near = [
        s
        for s in sites.get((truth["file"], truth["function"]), ())
        if abs(s["line"] - truth["line"]) <= NEAR
    ]
    same = [s for s in near if errno_matches(truth, s)]
    return min(same, key=lambda s: abs(s["line"] - truth["line"]), default=None)


def ratio(part, whole):
    return f"{part}/{whole} = {part / whole:.3f}" if whole else f"{part}/0 = n/a"


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("audit")
    ap.add_argument("truth")
    ap.add_argument("--not-reaching", help="sites that must not be reported as 'change'")
    ap.add_argument("--op", help="only this operation's sites (attach_dev or set_dev_pasid)")
    ap.add_argument("--verbose", action="store_true", help="list every miss and false report")
    args = ap.parse_args()

    audit, truth = load(args.audit), load(args.truth)
    traps = load(args.not_reaching) if args.not_reaching else []
    if args.op:
        truth = [t for t in truth if t.get("op", "attach_dev") == args.op]
    sites = {}
    for s in audit["sites"]:
        sites.setdefault((s["file"], s["function"]), []).append(s)

    sure = [t for t in truth if t["confidence"] != "ambiguous" and t["class"] != "deferred"]
    const = [t for t in sure if t["errno"].startswith("E")]
    found = {id(t): find(t, sites) for t in truth}
    covered = [t for t in sure if found[id(t)]]
    right_class = [t for t in covered if found[id(t)].get("class") == t["class"]]

    def hit(t):
        s = found[id(t)]
        if not s or s.get("verdict") != "change":
            return False
        if t["remove_print"] and (t["errno"] in t["expected"] or "keep" in t["expected"]):
            return bool(s.get("remove_print"))  # errno right, message wrong
        return bool(set(s.get("expected", [])[:1]) & set(t["expected"]))

    must = [t for t in sure if t["verdict"] == "change"]
    certain = [t for t in must if t["confidence"] == "certain"]
    hits = [t for t in must if hit(t)]
    ok = [t for t in sure if t["verdict"] == "ok"]
    flagged_ok = [t for t in ok if found[id(t)] and found[id(t)].get("verdict") == "change"]

    labelled = {id(found[id(t)]) for t in truth if found[id(t)]}
    changes = [
        s
        for s in audit["sites"]
        if s.get("verdict") == "change" and (not args.op or s.get("op", "attach_dev") == args.op)
    ]
    near_label = [
        s
        for s in changes
        if id(s) in labelled
        or any(t["file"] == s["file"] and abs(t["line"] - s["line"]) <= NEAR for t in truth)
    ]
    stray = [s for s in changes if s not in near_label]
    trapped = [
        s
        for s in changes
        if any(t["file"] == s["file"] and abs(t["line"] - s["line"]) <= NEAR for t in traps)
    ]
    wrong = len(flagged_ok) + len(stray)

    print("labelled sites seen      ", ratio(len(covered), len(sure)))
    print("  of errno constants     ", ratio(sum(1 for t in const if found[id(t)]), len(const)))
    print("class right              ", ratio(len(right_class), len(covered)))
    print("change found (recall)    ", ratio(len(hits), len(must)))
    print("  of certain ones        ", ratio(sum(1 for t in certain if hit(t)), len(certain)))
    print("change right (precision) ", ratio(len(changes) - wrong, len(changes)))
    print("false on 'ok' labels     ", len(flagged_ok))
    print("false on unlabelled lines", len(stray))
    print("false on traps           ", len(trapped))
    if args.verbose:
        for t in sure:
            s = found[id(t)]
            where = f"{t['file']}:{t['line']} {t['function']} {t['errno']}"
            if not s:
                print("unseen  ", where, t["class"])
            elif s.get("class") != t["class"]:
                print("class   ", where, "want", t["class"], "got", s.get("class"))
        for t in must:
            if not hit(t):
                print(
                    "missed  ",
                    f"{t['file']}:{t['line']} {t['function']} {t['errno']} -> {t['expected']}",
                    "remove print" if t["remove_print"] else "",
                )
        for t in flagged_ok:
            print(
                "false   ",
                f"{t['file']}:{t['line']} {t['function']} {t['errno']}",
                found[id(t)].get("expected"),
            )
        for s in stray:
            print(
                "stray   ",
                f"{s['file']}:{s['line']} {s['function']} {s.get('errno')} -> {s.get('expected')}",
            )


if __name__ == "__main__":
    main()
