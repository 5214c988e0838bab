#!/usr/bin/env python3
"""Score what the standalone rules report against a table of hand-labelled sites.

usage: score_rules.py REPORT TRUTH.json --not-reaching TRAPS.json [--verbose]

REPORT is what `make coccicheck MODE=report` printed, of all rules together; TRUTH.json as in score.py, and
only its sure labels count. A report is right where it demands what the label of its line expects, or where
the label is a review (the rules say Confidence: Moderate); a message may stand up to six lines before the
line of its site, or three behind. What stands on no label or on an `ok` is wrong.
Prints one figure a line; exit status 0 whatever the figures, 2 where a file cannot be read.
"""
import argparse
import json
import re
import sys

LINE = re.compile(r"(\S+\.[ch]):(\d+):\d+-\d+: (?:ERROR|WARNING): (.*)")
NEAR = 2  # as in score.py


def load(path, read):
    try:
        with open(path, encoding="utf-8") as f:
            return read(f)
    except (OSError, ValueError) as e:
        print(f"score_rules: {path}: {e}", file=sys.stderr)
        sys.exit(2)


def demands(words):
    """What a report asks for: an errno, silence, or that an errno is handed on."""
    if "is logged" in words:
        return "silence"
    errno = re.search(r"should be -(\w+)|read as -(\w+)", words)
    return (errno[1] or errno[2]) if errno else "propagate"


def label_of(file, line, words, truth):
    far = (-3, 6) if demands(words) == "silence" else (0, 0)
    near = [t for t in truth if t["file"] == file and far[0] <= t["line"] - line <= far[1]]
    return min(near, key=lambda t: abs(t["line"] - line), default=None)


def right(words, label):
    if label is None or label["verdict"] == "ok":
        return False
    if label["verdict"] == "review":
        return True
    demand = demands(words)
    return label["remove_print"] if demand == "silence" else demand in label["expected"]


def ratio(part, whole):
    return f"{part}/{whole} = {part / whole:.3f}" if whole else f"{part}/0 = n/a"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("report")
    parser.add_argument("truth")
    parser.add_argument("--not-reaching", required=True)
    parser.add_argument("--verbose", action="store_true", help="list every miss and false report")
    args = parser.parse_args()
    truth, traps = load(args.truth, json.load), load(args.not_reaching, json.load)
    reports = sorted(
        {
            (m[1], int(m[2]), m[3])
            for m in load(args.report, lambda f: map(LINE.match, f.readlines()))
            if m
        }
    )

    found, false = set(), []
    for file, line, words in reports:
        label = label_of(file, line, words, truth)
        if not right(words, label):
            false.append((file, line, words))
        elif label["verdict"] == "change":
            found.add((label["file"], label["line"], label["errno"]))
    must = [
        t
        for t in truth
        if t["verdict"] == "change" and t["confidence"] != "ambiguous" and t["class"] != "deferred"
    ]
    hit = [t for t in must if (t["file"], t["line"], t["errno"]) in found]
    trapped = [
        r
        for r in reports
        if any(t["file"] == r[0] and abs(t["line"] - r[1]) <= NEAR for t in traps)
    ]
    print("change found (recall)    ", ratio(len(hit), len(must)))
    print("report right (precision) ", ratio(len(reports) - len(false), len(reports)))
    print("reported on traps        ", len(trapped))
    if args.verbose:
        for t in must:
            if t not in hit:
                print(
                    "missed  ",
                    f"{t['file']}:{t['line']} {t['function']} {t['errno']}",
                    t["expected"],
                )
        for file, line, words in false:
            print("false   ", f"{file}:{line}: {words}")


if __name__ == "__main__":
    main()
