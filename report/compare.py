# SPDX-License-Identifier: GPL-2.0-only
"""Drivers side by side: in, an audit; out, by class which errno who returns and what they print.

Errnos that few drivers return come first. Advisory: being alone is no defect, and nothing gates.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from collections.abc import Iterator

from report.gate import Gate
from report.model import CLASSES, Audit, Site
from report.text import count, escape

# In the order in which the contract is read: misfits first, what is only passed on last.
ORDER = "incompatible hard busy nomem nospace masked silent-success propagated deferred".split()
assert set(ORDER) == CLASSES


@dataclass(frozen=True, slots=True)
class Row:
    errno: str
    deviant: bool  # fewer than half of the class's drivers return it
    sites: tuple[Site, ...]
    drivers: tuple[tuple[str, int], ...]  # by name, with how many sites
    messages: tuple[tuple[str, int], ...]  # calls from level warning up, with how many sites

    @property
    def agrees(self) -> bool:
        """Every site of the row returns what the contract wants of it."""
        return all(s.verdict == "ok" or s.errno in s.expected for s in self.sites)


@dataclass(frozen=True, slots=True)
class Table:
    class_: str
    expected: str  # of most sites; "" for none
    drivers: int
    sites: int
    rows: tuple[Row, ...]


def label(errno: str) -> str:
    kind, _, callee = errno.partition(":")
    return f"{callee}()" if kind == "propagated" else errno


def says(expected: str) -> str:
    words = {"keep": "the callee's errno is kept", "propagate": "the callee's errno is wanted"}
    return words.get(expected) or f"the contract says {expected}"


def _table(class_: str, sites: list[Site]) -> Table:
    drivers = {s.driver for s in sites}
    wanted = Counter(s.expected[0] for s in sites if s.expected)
    rows = []
    for errno in sorted({s.errno for s in sites}):
        own = tuple(s for s in sites if s.errno == errno)
        by_driver = Counter(s.driver for s in own)
        loud = Counter(
            call
            for s in own
            for call in {m.call for m in s.messages if m.level in ("error", "warning")}
        )
        rows.append(
            Row(
                errno,
                2 * len(by_driver) < len(drivers),
                own,
                tuple(sorted(by_driver.items())),
                tuple(sorted(loud.items())),
            )
        )
    rows.sort(key=lambda r: (r.agrees, len(r.drivers), r.errno))
    most = min(wanted, key=lambda e: (-wanted[e], e)) if wanted else ""
    return Table(class_, most, len(drivers), len(sites), tuple(rows))


def tables(audit: Audit) -> tuple[Table, ...]:
    by_class: dict[str, list[Site]] = {}
    for site in audit.sites:
        by_class.setdefault(site.class_, []).append(site)
    return tuple(_table(c, by_class[c]) for c in ORDER if c in by_class)


def _lines(table: Table) -> Iterator[str]:
    expected = f"; {says(table.expected)}" if table.expected else ""
    yield f"{table.class_}: {count(table.sites, 'site')} of {count(table.drivers, 'driver')}{expected}"
    width = max(5, *(len(escape(label(r.errno))) for r in table.rows))
    yield f"    {'errno':{width}}  drivers  sites  who"
    for row in table.rows:
        mark = "few" if row.deviant else "   "
        who = ", ".join(f"{escape(d)} {n}" for d, n in row.drivers)
        yield (
            f"{mark} {escape(label(row.errno)):{width}}  {len(row.drivers):7}"
            f"  {len(row.sites):5}  {who}"
        )
        if row.messages:
            said = ", ".join(f"{escape(c)}() at {n}" for c, n in row.messages)
            yield f"    {'':{width}}                  prints {said}"


def write(audit: Audit, gate: Gate) -> str:
    """`gate` is not looked at: nothing here depends on what is known."""
    blocks = ["\n".join(_lines(table)) for table in tables(audit)]
    return "\n\n".join(blocks or ["no site"]) + "\n"
