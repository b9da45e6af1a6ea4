"""Broken YAML explained: what a person did, at the line where they did it.

A parser says where it gave up, which is often lines later and in its own words. Here the lines that may be at fault are
looked at one by one; what `repairs` proposes for them is tried, and the first repair with which the text can be read is
what was meant. The spec is then read on with it, so that a missing brace hides no other mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from netspec.errors import Diagnostic, Related, Source, Where
from netspec.options import escape, shorten
from netspec.repairs import FINDERS
from netspec.repairs.common import BODY_KEYS, MAX_LINE
from netspec.repairs.lines import OPENERS, PAIRS, Lines, Repair

MAX_TEXT = 50_000
"""In a longer text no repair is looked for."""

MAX_TRIED = 500_000
"""So many characters are read again at most, all trials together; a trial reads as far as it succeeds."""

MAX_REPAIRS = 10


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a parser gave up, why, and what it was reading then. Lines and columns count from 0."""

    line: int
    column: int
    problem: str
    context: str = ""
    context_line: int | None = None
    context_column: int = 0


class Trial(NamedTuple):
    """What came of reading a text: where the parser failed, None if nowhere; mistakes; those that ended the reading."""

    failure: Failure | None
    mistakes: Sequence[Diagnostic] = ()
    refused: Sequence[Diagnostic] = ()


Try = Callable[[Sequence[str]], Trial]


class Explained(NamedTuple):
    """The mistakes, and the lines with all of them mended; None where not all are known."""

    diagnostics: list[Diagnostic]
    lines: Sequence[str] | None


def explain(source: Source, lines: Sequence[str], failure: Failure, attempt: Try) -> Explained:
    """Find what was done wrong in a text that can't be read. ``attempt`` reads lines as a spec is read."""
    search = _Search(attempt)
    found: list[Diagnostic] = []
    mended = Lines(lines)
    while sum(map(len, mended)) <= MAX_TEXT and len(found) < MAX_REPAIRS:
        repair, trial = search.best(mended, failure)
        if repair is None:
            break
        found.append(_diagnostic(source, lines, repair))
        mended = mended.changed(repair.lines)
        if trial.failure is None or repair.moves or not repair.lines:
            known = trial.failure is None and not trial.refused and not repair.moves
            return Explained([*found, *trial.refused], mended if known else None)
        failure = trial.failure
    return Explained(found or [_unexplained(source, lines, failure)], None)


def _diagnostic(source: Source, lines: Sequence[str], repair: Repair) -> Diagnostic:
    where = _place(source, lines, repair.line, repair.column, repair.end)
    return Diagnostic(repair.code, repair.message, where, help=repair.help)


class _Search:
    """Tries repairs until the text can be read, within a budget."""

    def __init__(self, attempt: Try) -> None:
        self.attempt = attempt
        self.left = MAX_TRIED

    def best(self, lines: Lines, failure: Failure) -> tuple[Repair | None, Trial]:
        """The first repair that leaves nothing broken; failing that, the first that leads to a later line."""
        suspects = [number for number in _suspects(lines, failure) if len(lines[number]) <= MAX_LINE]
        lengths = [len(line) + 1 for line in lines]
        further: tuple[Repair | None, Trial] = None, Trial(failure)
        for finder in FINDERS:
            for number in suspects:
                for repair in finder(lines, number):
                    if not repair.lines:
                        return repair, further[1]
                    if self.left < 0:
                        return further
                    trial = self.attempt(lines.mended(repair.lines))
                    read = lengths if trial.failure is None else lengths[: trial.failure.line + 1]
                    self.left -= sum(read)
                    if any(mistake.where.line - 1 in repair.lines for mistake in (*trial.mistakes, *trial.refused)):
                        continue
                    if trial.failure is None:
                        return repair, trial
                    if further[0] is None and not repair.weak and trial.failure.line > max(failure.line, *repair.lines):
                        further = repair, trial
        return further


def _suspects(lines: Lines, failure: Failure) -> list[int]:
    """The lines that may be at fault: where the parser gave up, before that, around that, where something is open."""
    last = min(failure.line, len(lines) - 1)
    found = [last]
    if (above := lines.before(last)) is not None:
        found += [above, *lines.around(above)]
    found += lines.around(last)
    if failure.context_line is not None and failure.context_line < len(lines):
        found.append(failure.context_line)
    found += _unbalanced(lines, last)
    found += islice((n for n in range(last, -1, -1) if not lines.line(n).dashed and lines.line(n).key in BODY_KEYS), 3)
    odd = (n for n in range(last, -1, -1) if lines.says(n) and (lines.line(n).indent % 2 or lines.out_of_style(n)))
    found += islice(odd, 5)
    return list(dict.fromkeys(number for number in found if lines.says(number) or number == last))


def _unbalanced(lines: Lines, last: int) -> Iterator[int]:
    """The nearest and the first lines that open what they don't close, or close what they didn't open."""
    found = []
    for number in range(last + 1):
        text = lines[number]
        if any(sign in text for sign in "[]{}'\"") and len(text) <= MAX_LINE:
            signs = [token[0] for token in lines.line(number).tokens]
            if (
                any(signs.count(left) != signs.count(right) for left, right in PAIRS.items())
                or "'" in signs
                or '"' in signs
            ):
                found.append(number)
    yield from reversed(found[-3:])
    yield from found[:2]


# ------------------------------------------------------------------------------------------------- where nothing helped


def _place(source: Source, lines: Sequence[str], line: int, column: int, end: int) -> Where:
    """A stretch of a line as a place; what is past the end of the text is at its last character."""
    line = min(line, len(lines) - 1)
    if line == len(lines) - 1 and line > 0 and not lines[line]:  # behind the last line break there is nothing to show
        line -= 1
        column = end = len(lines[line])
    column = min(column, len(lines[line]))
    end = max(min(end, len(lines[line])), column)
    return Where(source, line + 1, column + 1, line + 1, max(end, column + 1) + 1 if end == column else end + 1)


def _unexplained(source: Source, lines: Sequence[str], failure: Failure) -> Diagnostic:
    """Say what the parser said, and as much more as can be seen."""
    at, context = failure.context_line, failure.context
    if at is not None and at < len(lines):
        opened = lines[at][failure.context_column : failure.context_column + 1]
        there = _place(source, lines, at, failure.context_column, failure.context_column + 1)
        at_the_end = not "".join(lines[failure.line :]).strip()
        cut_off = opened in OPENERS.values() and (at_the_end or "expected ',' or" in failure.problem)
        if cut_off or (opened in ("'", '"') and at_the_end):
            closing = PAIRS.get(opened, opened)
            message = f"this {opened} is never closed" + (f": a {closing} is missing" if closing != opened else "")
            return Diagnostic("E003", message, there, help=f"add the {closing} that is missing")
        if context == "while scanning a simple key":
            text = lines[at][failure.context_column :].split(" #")[0].rstrip()
            where = _place(source, lines, at, failure.context_column, failure.context_column + len(text))
            help = f"write - {shorten(text)}, or {shorten(text)}: …"
            return Diagnostic("E003", "this is neither an item of a list nor a key with a value", where, help=help)
    where = _place(source, lines, failure.line, failure.column, failure.column + 1)
    related: tuple[Related, ...] = ()
    if context and at is not None and at < len(lines) and at != failure.line:
        related = (
            Related(escape(context), _place(source, lines, at, failure.context_column, failure.context_column + 1)),
        )
    help = "check the indentation, brackets, quotes and commas here and on the line before"
    return Diagnostic("E003", f"broken YAML: {escape(failure.problem)}", where, help=help, related=related)
