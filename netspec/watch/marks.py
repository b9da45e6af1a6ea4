"""Which parts of the last good graph a mistake is about, though its lines may have moved since."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.errors import Diagnostic, Where
from netspec.graph import Graph
from netspec.outline import Kind, Part, outline
from netspec.page import Mark, MarkKind
from netspec.yaml import LINE_BREAK


def mark_mistakes(graph: Graph, problems: Sequence[Diagnostic]) -> dict[str, Mark]:
    """Mark the parts that stand where a mistake is; by built name, as a `View` wants it."""
    places = _Places(graph)
    marks: dict[str, Mark] = {}
    for problem in problems:
        for part in places.around(problem.where):
            marks.setdefault(part.name, Mark(MarkKind.mistake, f"{problem.code}: {problem.message}"))
    return marks


class _Places:
    """Where in their files the parts of a graph are written; stages and the network have no place of their own."""

    def __init__(self, graph: Graph) -> None:
        self._written: dict[str, dict[tuple[int, int], list[Part]]] = {}
        self._texts: dict[str, str] = {}
        self._moves: dict[str, _Moves] = {}
        for part in outline(graph).walk():
            if part.kind not in (Kind.network, Kind.stage):
                where = part.where
                self._texts[where.file] = where.source.text
                self._written.setdefault(where.file, {}).setdefault((where.line, where.end_line), []).append(part)

    def around(self, where: Where) -> list[Part]:
        """The parts that are written most closely around a place in the text as it is now; the outermost of them."""
        if where.file not in self._written:
            return []
        if where.file not in self._moves:
            self._moves[where.file] = _Moves(self._texts[where.file], where.source.text)
        line = self._moves[where.file].before(where.line)
        around = [lines for lines in self._written[where.file] if lines[0] <= line <= lines[1]]
        if not around:
            return []
        found = self._written[where.file][min(around, key=lambda lines: lines[1] - lines[0])]
        return [part for part in found if part.parent not in found]


class _Moves:
    """Where the lines of a text were before it was edited in one place."""

    def __init__(self, old: str, new: str) -> None:
        before, after = LINE_BREAK.split(old), LINE_BREAK.split(new)
        self._longer = len(after) - len(before)
        self._above = _equal(before, after)
        self._below = _equal(before[self._above :][::-1], after[self._above :][::-1])
        self._lines = len(after)

    def before(self, line: int) -> int:
        """The line as it was; of lines that were not there the one that stood in their place, or the last before it."""
        if line > self._lines - self._below:
            return line - self._longer
        return min(line, self._lines - self._longer - self._below) if line > self._above else line


def _equal(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines are equal from the start on."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (left, right) in pairs if left != right), min(len(one), len(other)))
