# SPDX-License-Identifier: GPL-2.0-only
"""C text: in, a file's bytes as latin-1; out, tokens, blocks, places, and how two versions differ.

Text is bytes decoded as latin-1, so that an offset is a byte and nothing is lost on the way back.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

_TOKEN = re.compile(
    r"(?P<comment>/\*.*?\*/|//[^\n]*)"
    r"|(?P<directive>^[ \t]*\#(?:\\\r?\n|/\*.*?\*/|[^\n])*)"
    r'|(?P<text>"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')'
    r"|(?P<word>[A-Za-z_]\w*|\d[\w.]*)"
    r"|(?P<mark>[^\s\w])",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True)
class Source:
    text: str

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        return tuple(
            Token(m.lastgroup or "", m.group(), m.start()) for m in _TOKEN.finditer(self.text)
        )

    @cached_property
    def _lines(self) -> list[int]:
        return [0] + [m.end() for m in re.finditer("\n", self.text)]

    def offset(self, line: int, column: int) -> int:
        """Of a line from 1 and a column from 1; -1 where there is no such place."""
        if not 1 <= line <= len(self._lines):
            return -1
        at = self._lines[line - 1] + column - 1
        return at if at <= len(self.text) else -1

    def line(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def at(self, offset: int) -> str:
        """line:column as spatch counts, columns from 0."""
        line = self.line(offset)
        return f"{line}:{offset - self._lines[line - 1]}"

    def line_text(self, line: int) -> str:
        return self.text.split("\n")[line - 1] if 1 <= line <= len(self._lines) else ""

    def words(self, name: str, line: int) -> list[int]:
        """Where a word stands in a line, outside comments and strings."""
        low, high = self.offset(line, 1), self.offset(line + 1, 1)
        high = high if high >= 0 else len(self.text)
        return [t.start for t in self.tokens if low <= t.start < high and t.text == name]

    def uses(self, name: str, start: int, end: int) -> list[int]:
        """Where a variable of this name stands in a stretch: members of that name are others."""
        places = []
        before = ""
        for token in self.tokens:
            if start <= token.start < end and token.text == name and before not in (".", "->"):
                places.append(token.start)
            before = "->" if before == "-" and token.text == ">" else token.text
        return places

    def in_directive(self, offset: int) -> bool:
        return any(t.kind == "directive" and t.start <= offset < t.end for t in self.tokens)

    def _blocks(self, offset: int) -> list[tuple[int, int]]:
        """The { } around a place, outermost first; empty where they do not pair."""
        stack: list[int] = []
        around: list[tuple[int, int]] = []
        for token in self.tokens:
            if token.kind != "mark":
                continue
            if token.text == "{":
                stack.append(token.start)
            elif token.text == "}" and stack:
                start = stack.pop()
                if start < offset < token.end:
                    around.append((start, token.end))
        return around[::-1]

    def block(self, offset: int) -> str:
        """The text of the innermost { } around a place."""
        blocks = self._blocks(offset)
        return self.text[slice(*blocks[-1])] if blocks else ""

    def function(self, offset: int) -> tuple[int, int]:
        """The extent of the body around a place; (0, 0) outside of any."""
        blocks = self._blocks(offset)
        return blocks[0] if blocks else (0, 0)

    def definition(self, offset: int) -> tuple[int, int]:
        """The function around a place, from its first word on; (0, 0) outside of any."""
        start, end = self.function(offset)
        if not end:
            return 0, 0
        ends = [
            t.end
            for t in self.tokens
            if t.end <= start and (t.text in (";", "}") or t.kind in ("directive", "comment"))
        ]
        return (ends[-1] if ends else 0), end

    def statement(self, offset: int) -> tuple[int, int]:
        """From a call's name to its semicolon."""
        depth = 0
        for token in self.tokens:
            if token.start < offset:
                continue
            depth += (token.text == "(") - (token.text == ")")
            if token.text == ";" and depth <= 0:
                return offset, token.end
        return offset, offset


def _common(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many elements both have at the start, and how many more at the end."""
    most = min(len(old), len(new))
    low = 0
    while low < most and old[low] == new[low]:
        low += 1
    high = 0
    while high < most - low and old[-1 - high] == new[-1 - high]:
        high += 1
    return low, high


def _segments(before: str, after: str) -> Iterator[tuple[int, int, int]]:
    """Stretches both have: start before, start after, length."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    low, high = _common(old, new)
    a = b = sum(map(len, old[:low]))
    yield 0, 0, a
    middle = old[low : len(old) - high], new[low : len(new) - high]
    for tag, i, j, k, m in difflib.SequenceMatcher(None, *middle, autojunk=False).get_opcodes():
        x, y = "".join(middle[0][i:j]), "".join(middle[1][k:m])
        if tag == "equal":
            yield a, b, len(x)
        else:
            same, tail = _common(x, y)
            yield a, b, same
            yield a + len(x) - tail, b + len(y) - tail, tail
        a, b = a + len(x), b + len(y)
    yield a, b, len(before) - a


def moved(before: str, after: str, offset: int, back: bool = False) -> int:
    """Where a place of the text before stands after (back: the other way); -1 where it is gone."""
    for a, b, length in _segments(before, after):
        start, other = (b, a) if back else (a, b)
        if start <= offset < start + length:
            return other + offset - start
    return -1


def tidied(before: str, after: str) -> str:
    """Without the blank lines that a removed statement or brace left behind."""
    old, new = before.split("\n"), after.split("\n")
    low, high = _common(old, new)
    low, high = max(0, low - 3), max(0, high - 3)  # the blank lines beside what changed
    head, tail = new[:low], new[len(new) - high :]
    old, new = old[low : len(old) - high], new[low : len(new) - high]
    out: list[str] = []
    gap = False  # something was removed just before
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        lines = new[k:m]
        if tag != "equal":
            lines = [line for line in lines if line.strip()]
            gap = True
        elif gap:
            above = out[-1].strip() if out else ""
            while lines and not lines[0].strip() and not above.endswith((";", "}", "*/")):
                lines = lines[1:]
            if lines and lines[0].strip().startswith("}"):
                while out and not out[-1].strip():
                    out.pop()
            gap = False
        out += lines
    return "\n".join(head + out + tail)


def changed(before: Source, after: Source) -> tuple[Counter[str], Counter[str]]:
    """Tokens removed and added; blanks do not count."""
    old, new = Counter(t.text for t in before.tokens), Counter(t.text for t in after.tokens)
    return old - new, new - old


def kept(source: Source) -> list[str]:
    """What no rewrite may touch, in order: comments and directives."""
    return [t.text for t in source.tokens if t.kind in ("comment", "directive")]
