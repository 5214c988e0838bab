# SPDX-License-Identifier: GPL-2.0-only
"""Formats: in, a format's name, an audit and its gate; out, the text that its writer makes.

A writer is a module with `write(audit, gate) -> str`, loaded when it is asked for.
"""

from __future__ import annotations

import importlib
import os
from types import ModuleType

from report.file import Complaint, write_text
from report.gate import Gate
from report.model import Audit

# name -> (the file it is written to, what it is for)
FORMATS = {
    "html": ("report.html", "a page to read: matrix, sites, call graphs; holds all it needs"),
    "sarif": ("audit.sarif", "SARIF 2.1.0, for code scanning and editors"),
    "markdown": ("report.md", "for a job summary or a comment"),
    "rdjson": ("audit.rdjson", "for reviewdog"),
    "codequality": ("gl-code-quality-report.json", "GitLab Code Quality"),
    "ktap": ("audit.ktap", "KTAP, as kunit.py parses it"),
    "junit": ("junit.xml", "JUnit XML"),
    "compare": ("compare.txt", "drivers side by side, by class; advisory"),
    "github": ("", "workflow commands, printed; the Markdown goes to the job summary"),
}


def split(names: str) -> list[str]:
    """`text sarif,html` -> the writers' names, each once; text goes to the terminal anyway."""
    wanted = list(dict.fromkeys(names.replace(",", " ").split()))
    for name in wanted:
        if name != "text" and name not in FORMATS:
            raise Complaint(f"{name}: no such format: one of text, {', '.join(FORMATS)}")
    return [name for name in wanted if name != "text"]


def load_html() -> ModuleType:
    """The one module that needs a package of its own."""
    try:
        return importlib.import_module("report.html")
    except ModuleNotFoundError as error:
        mend = f"apt-get install python3-{error.name}"
        raise Complaint(f"html: {error.name}: not installed: {mend}") from None


def render(name: str, audit: Audit, gate: Gate, tree: str = "") -> str:
    if name == "html":
        html = load_html()
        from report.source import read_source

        from report.upstream import describe

        where = tree or audit.kernel.path
        page: str = html.write(audit, gate, read_source(audit, where), describe(where))
        return page
    text: str = importlib.import_module(f"report.{name}").write(audit, gate)
    return text


def _summarise(audit: Audit, gate: Gate) -> None:
    """Adds the Markdown to the summary of the job that this runs in."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(render("markdown", audit, gate))
    except OSError as error:
        raise Complaint(f"{path}: {error.strerror}: unset GITHUB_STEP_SUMMARY") from None


def write(names: list[str], audit: Audit, gate: Gate, folder: str, tree: str = "") -> list[str]:
    """Writes each into the folder; returns the paths."""
    paths = []
    for name in names:
        if name == "github":
            _summarise(audit, gate)
            continue
        paths.append(os.path.join(folder, FORMATS[name][0]))
        write_text(paths[-1], render(name, audit, gate, tree))
    return paths


def printed(names: list[str], audit: Audit, gate: Gate, text: str) -> str:
    """What goes to standard output: the text, and what is for whoever reads that."""
    if "github" not in names:
        return text
    from report import github

    return github.quoted(text) + github.write(audit, gate)
