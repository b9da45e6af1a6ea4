"""The lines of a text in YAML, each taken apart as far as that can be done without parsing it; and repairs of them.

Lines and columns count from 0.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

PAIRS = {"{": "}", "[": "]", "(": ")"}
OPENERS = {right: left for left, right in PAIRS.items()}


@dataclass(frozen=True, slots=True)
class Repair:
    """A guess at what was meant: the lines that change, and what to say at a place of one of them.

    ``weak`` says that almost any text can be read after such a repair, so that it proves something only if it leaves
    nothing broken; ``moves`` that later lines get other numbers by it.
    """

    line: int
    column: int
    end: int
    message: str
    help: str
    lines: Mapping[int, str]
    code: str = "E003"
    weak: bool = False
    moves: bool = False


@dataclass(frozen=True)
class Line:
    """A line taken apart: indentation, dashes, body, comment."""

    text: str

    @cached_property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip(" \t"))

    @cached_property
    def start(self) -> int:
        """Where the body begins, behind the dashes."""
        match = _DASHES.match(self.text, self.indent)
        return match.end() if match else self.indent

    @cached_property
    def dashed(self) -> bool:
        return self.start > self.indent

    @cached_property
    def columns(self) -> list[int]:
        """Where something begins that the lines below may stand under: dashes and the body."""
        found = [match.start() for match in re.finditer(r"-(?= )", self.text[: self.start])]
        return [*found, self.start]

    @cached_property
    def tokens(self) -> list[re.Match[str]]:
        """The quoted texts, brackets and the comment of the body. A quote left open is a match of one character."""
        return list(TOKEN.finditer(self.text, self.start))

    @cached_property
    def end(self) -> int:
        """Where the body ends."""
        comment = next((match.start() for match in self.tokens if match[0][0] == "#"), len(self.text))
        return len(self.text[:comment].rstrip()) if comment > self.start else self.start

    @property
    def body(self) -> str:
        return self.text[self.start : self.end]

    @cached_property
    def key(self) -> str:
        """The key that the body begins with, or nothing."""
        match = _KEY.match(self.body)
        return match[1] if match else ""

    @cached_property
    def value(self) -> int:
        """Where the value of that key begins, or the body where there is no key."""
        match = _KEY.match(self.text[: self.end], self.start)
        return match.end() if match else self.start

    def with_body(self, body: str) -> str:
        return self.text[: self.start] + body + self.text[self.end :]

    def replaced(self, start: int, end: int, new: str) -> str:
        return self.text[:start] + new + self.text[end:]


_DASHES = re.compile(r"(?:-[ \t]+)+")
_KEY = re.compile(r"""(?:["']?)([A-Za-z_]\w*)(?:["']?)[ \t]*:(?:[ \t]+|$)""")
# A quote opens a text only where one may begin; the apostrophe of a word does not.
TOKEN = re.compile(r"""(?:(?<=[\[{(,:\s])|^)(?:'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|['"])|[\[\]{}()]|(?:(?<=\s)|^)\#.*""")


class Lines(Sequence[str]):
    """The lines of a text, each taken apart when asked for."""

    def __init__(self, lines: Sequence[str], parts: Mapping[int, Line] | None = None) -> None:
        self._lines = list(lines)
        self._parts = dict(parts or {})

    def mended(self, changes: Mapping[int, str]) -> list[str]:
        """The lines with some of them changed."""
        lines = self._lines.copy()
        for number, line in changes.items():
            lines[number] = line
        return lines

    def changed(self, changes: Mapping[int, str]) -> Lines:
        """The same, taken apart as far as it was."""
        parts = {number: line for number, line in self._parts.items() if number not in changes}
        return Lines(self.mended(changes), parts)

    @cached_property
    def indents(self) -> dict[int, int]:
        """By how much the lines are indented that say something."""
        return {n: self.line(n).indent for n in range(len(self)) if self.says(n)}

    @cached_property
    def offsets(self) -> Mapping[bool, Counter[int]]:
        """How far lists (True) and mappings stand to the right of their keys, and how often."""
        found: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}
        for number in self.indents:
            below = self.after(number) if self.line(number).body.endswith(":") else None
            if below is not None:
                found[self.line(below).dashed][self.line(below).indent - self.line(number).start] += 1
        return found

    def usual_column(self, number: int) -> int | None:
        """Where a line begins in the style of this text, if it is the first below a key."""
        above, line = self.before(number), self.line(number)
        if above is None or not self.line(above).body.endswith(":"):
            return None
        start = self.line(above).start
        others = self.offsets[line.dashed] - Counter([line.indent - start])
        common = others.most_common(1)
        return start + (common[0][0] if common and 0 <= common[0][0] <= 8 else 2)

    def out_of_style(self, number: int) -> bool:
        """Whether a line is the first below a key, and further in or out than others are."""
        usual = self.usual_column(number)
        return usual is not None and usual != self.line(number).indent

    @cached_property
    def tabbed(self) -> list[int]:
        """The lines with a tab before their body."""
        return [n for n, text in enumerate(self._lines) if "\t" in text and "\t" in text[: self.line(n).start]]

    def __getitem__(self, number: int) -> str:  # type: ignore[override]
        return self._lines[number]

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, number: int) -> Line:
        if number not in self._parts:
            self._parts[number] = Line(self._lines[number])
        return self._parts[number]

    def before(self, number: int) -> int | None:
        """The next line above that says something."""
        return next((n for n in range(min(number, len(self)) - 1, -1, -1) if self.says(n)), None)

    def after(self, number: int) -> int | None:
        return next((n for n in range(number + 1, len(self)) if self.says(n)), None)

    def says(self, number: int) -> bool:
        stripped = self._lines[number].strip()
        return bool(stripped) and stripped[0] != "#"

    def around(self, number: int) -> list[int]:
        """The lines above that this one stands in: each is indented less than the one before."""
        found: list[int] = []
        indent = self.line(number).indent
        for above in range(number - 1, -1, -1):
            if len(found) == 6 or indent == 0:
                break
            if self.says(above) and self.line(above).indent < indent:
                indent = self.line(above).indent
                found.append(above)
        return found


Finder = Callable[[Lines, int], Iterator[Repair]]
"""Looks at one line and proposes how it may have been meant."""
