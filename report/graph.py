# SPDX-License-Identifier: GPL-2.0-only
"""Call graphs: in, the sites of each driver; out, an SVG a driver by graphviz, or why there is none.

Boxes are functions (callbacks doubled), leaves are errnos; a leaf's outline says its verdict.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

from report.compare import label
from report.model import Site
from report.text import escape

SECONDS = 20
LARGEST = 48  # characters of a name that are drawn
GLYPHS = {"ok": "", "review": "? ", "change": "\u2717 "}  # as in the page's legend


def _quote(text: str) -> str:
    shown = escape(text)
    if len(shown) > LARGEST:
        shown = shown[: LARGEST - 1] + "\u2026"
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def dot(sites: list[Site], anchor: Callable[[Site], str]) -> str:
    """The driver's graph in graphviz's language; a leaf leads to its first site."""
    names: dict[str, str] = {}
    edges: dict[tuple[str, str], None] = {}
    leaves: dict[tuple[str, str, str, str], list[Site]] = {}

    def node(function: str) -> str:
        return names.setdefault(function, f"f{len(names)}")

    callbacks = {c for s in sites for c in s.callbacks}
    for site in sites:
        steps = [p.function for p in site.path] or [*site.callbacks[:1], site.function]
        for caller, callee in zip(steps, steps[1:]):
            if caller != callee:
                edges[node(caller), node(callee)] = None
        leaves.setdefault((node(steps[-1]), site.errno, site.class_, site.verdict), []).append(site)
    lines = [
        "digraph {",
        'rankdir=LR bgcolor="transparent" nodesep=0.12 ranksep=0.35',
        'node [fontname="sans-serif" fontsize=10 height=0.25 margin="0.09,0.04"]',
        "edge [arrowsize=0.6]",
    ]
    for function, name in names.items():
        kind = "callback" if function in callbacks else "helper"
        twice = " peripheries=2" if kind == "callback" else ""
        lines.append(f'{name} [shape=box class="{kind}" label={_quote(function)}{twice}]')
    lines += [f"{a} -> {b}" for a, b in edges]
    for i, ((name, errno, class_, verdict), own) in enumerate(leaves.items()):
        times = f" \u00d7{len(own)}" if len(own) > 1 else ""
        shown = _quote(f"{GLYPHS[verdict]}{label(errno)}{times} \u00b7 {class_}")
        dashed = " style=dashed" if verdict == "review" else ""
        bold = " penwidth=2" if verdict == "change" else ""
        lines.append(
            f'e{i} [shape=ellipse class="{verdict}" label={shown}'
            f' URL="#{anchor(own[0])}"{dashed}{bold}]'
        )
        lines.append(f"{name} -> e{i}")
    return "\n".join([*lines, "}"]) + "\n"


def draw(graphs: list[str]) -> tuple[list[str], str]:
    """An <svg> each, by one process; or none and why."""
    if not graphs:
        return [], ""
    try:
        done = subprocess.run(
            ["dot", "-Tsvg"],
            input="".join(graphs).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
    except FileNotFoundError:
        return [], "graphviz is not installed: apt-get install graphviz, then write the page again"
    except (OSError, subprocess.SubprocessError) as error:
        return [], f"graphviz failed ({type(error).__name__}): the page has no drawings"
    drawn = re.findall(r"<svg.*?</svg>", done.stdout.decode("utf-8", "replace"), re.DOTALL)
    if len(drawn) != len(graphs):
        return [], "graphviz drew less than it was given: the page has no drawings"
    return [re.sub(r"<!--.*?-->|<title>.*?</title>", "", s, flags=re.DOTALL) for s in drawn], ""
