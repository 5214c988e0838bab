# SPDX-License-Identifier: GPL-2.0-only
"""Calls: in, a tree and the files that an audit reads; out, for a function, who else calls it: what
an edit made for an attach changes for them too.

By text: who names the function, who names those, up to what an ops table holds or nobody names.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import cached_property

from report.file import Complaint, take_below
from report.patches.source import Source
from report.operations import operations


def read_source(tree: str, path: str) -> Source:
    try:
        return Source(take_below(tree, path).decode("latin-1"))
    except OSError as error:
        raise Complaint(f"{tree}/{path}: {error.strerror}: make the tree readable") from None


@dataclass(frozen=True, slots=True)
class Function:
    file: str
    name: str
    static: bool


@dataclass
class Calls:
    tree: str
    files: frozenset[str]
    attach: frozenset[str]  # callbacks of attach operations
    _sources: dict[str, Source] = field(default_factory=dict)
    _named: dict[Function, tuple[list[Function], list[str]]] = field(default_factory=dict)

    def _source(self, path: str) -> Source:
        if path not in self._sources:
            self._sources[path] = read_source(self.tree, path)
        return self._sources[path]

    @cached_property
    def _all(self) -> list[str]:
        return sorted(f for f in self.files if f.endswith((".c", ".h")))

    def _function(self, path: str, name: str) -> Function:
        text = self._source(path).text
        static = re.search(rf"(?m)^(?:static|[^;{{}}()]*\bstatic\b)[^;{{}}]*\b{name}\s*\(", text)
        return Function(path, name, bool(static))

    def _around(self, path: str, offset: int) -> str:
        """The function around a place; "" outside of any."""
        source = self._source(path)
        head = source.text[slice(*source.definition(offset))].split("{")[0]
        name = re.search(r"(\w+)\s*\(", head)
        return name[1] if name else ""

    def _names(self, function: Function) -> tuple[list[Function], list[str]]:
        """The functions that name it, and the members of tables that hold it."""
        if function in self._named:
            return self._named[function]
        users: dict[Function, None] = {}
        members: dict[str, None] = {}
        paths = [function.file] if function.static and function.file.endswith(".c") else self._all
        for path in paths:
            source = self._source(path)
            for token in source.tokens if function.name in source.text else ():
                if token.text != function.name or token.kind != "word":
                    continue
                around = self._around(path, token.start)
                member = re.search(r"(?:\.|->)(\w+)\s*=\s*&?\s*$", source.text[: token.start][-80:])
                if member:
                    members[member[1]] = None
                elif around and around != function.name:
                    users[self._function(path, around)] = None
        self._named[function] = list(users), list(members)
        return self._named[function]

    def users(self, path: str, name: str) -> tuple[str, ...]:
        """Where the function's errno may go beside an attach: "f() (.op)" for what a table holds,
        "f()" for what nobody in these files names."""
        first = self._function(path, name)
        found: dict[str, None] = {}
        seen, left = {first}, [first]
        while left:
            function = left.pop(0)
            callers, members = self._names(function)
            for member in members:
                if member not in operations():
                    found[f"{function.name}() (.{member})"] = None
            if not callers and not members and function.name not in self.attach | {name}:
                found[f"{function.name}()"] = None
            for caller in callers:
                if caller not in seen:
                    seen.add(caller)
                    left.append(caller)
        return tuple(sorted(found))
