"""Diagnostics for people and for programs: drawn beside the line they are about, or as JSON."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from netspec.errors import Diagnostic, Where
from netspec.options import escape
from netspec.yaml import LINE_BREAK

MAX_DRAWN = 20
MAX_LINE = 160


class Colours:
    """Terminal colours, or none of them."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

    def __call__(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.enabled else text

    def error(self, text: str) -> str:
        return self(text, "1;31")

    def warning(self, text: str) -> str:
        return self(text, "1;33")

    def quiet(self, text: str) -> str:
        return self(text, "2")

    def good(self, text: str) -> str:
        return self(text, "36")


PLAIN = Colours(False)


def draw_all(diagnostics: Sequence[Diagnostic], colours: Colours = PLAIN) -> str:
    """Draw the first 20 mistakes, and say how many more there are."""
    drawn = [draw(diagnostic, colours) for diagnostic in diagnostics[:MAX_DRAWN]]
    if len(diagnostics) > MAX_DRAWN:
        drawn.append(f"… and {len(diagnostics) - MAX_DRAWN} more")
    return "\n\n".join(drawn)


def draw(diagnostic: Diagnostic, colours: Colours = PLAIN) -> str:
    """Draw one mistake: what it is, the line with a mark under it, other lines that belong to it, the way out."""
    strong = colours.error if diagnostic.severity == "error" else colours.warning
    lines = [strong(f"{diagnostic.severity}[{diagnostic.code}]") + f": {escape(diagnostic.message)}"]
    where = diagnostic.where
    spots = [
        (diagnostic.focus or where, diagnostic.label, "^"),
        *((r.where, r.message, "-") for r in diagnostic.related),
    ]
    numbers = [spot.line for spot, _, _ in spots]
    width = max(len(str(number)) for number in numbers)
    # What has no text (a missing file, a backend) has no line either.
    lines.append(colours.quiet(f"{' ' * width}┌─ ") + escape(str(where) if where.source.text else where.file))
    file = where.file
    for spot, label, mark in spots:
        if spot.file != file:
            file = spot.file
            lines.append(colours.quiet(f"{' ' * width}├─ ") + escape(str(spot)))
        lines.extend(_draw_spot(spot, label, mark, width, colours, strong))
    if diagnostic.help:
        lines.append(colours.quiet(f"{' ' * width}= ") + colours.good("help: ") + escape(diagnostic.help))
    return "\n".join(lines)


def _draw_spot(spot: Where, label: str, mark: str, width: int, colours: Colours, strong: Any) -> Iterable[str]:
    text = _line(spot)
    if not text:
        if label:
            yield colours.quiet(f"{spot.line:>{width}}│ ") + escape(label)
        return
    start = min(spot.column - 1, len(text))
    end = spot.end_column - 1 if spot.end_line == spot.line else len(text)
    end = max(start + 1, min(end, max(len(text), start + 1)))
    room = MAX_LINE
    while True:
        cut = max(0, min(start - room // 2, len(text) - room))
        shown = escape(text[cut : cut + room])
        if len(shown) <= 2 * MAX_LINE:
            break
        room //= 2  # characters that have to be escaped take more room
    before = _columns(escape(text[cut:start]))
    length = max(1, _columns(escape(text[start : min(end, cut + room)])))
    yield colours.quiet(f"{spot.line:>{width}}│ ") + shown
    marks = mark * length
    painted = strong(marks) if mark == "^" else colours.quiet(marks)
    yield colours.quiet(f"{' ' * width}│ ") + " " * before + painted + (f" {escape(label)}" if label else "")


def _line(where: Where) -> str:
    lines = LINE_BREAK.split(where.source.text)
    return lines[where.line - 1].expandtabs(1) if 0 < where.line <= len(lines) else ""


def _columns(text: str) -> int:
    """Count the columns a text takes on a terminal; East Asian wide letters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def as_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """Turn a mistake into the object that ``--json`` prints. Lines and columns count from 1."""
    where = diagnostic.where
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "file": where.file,
        "line": where.line,
        "column": where.column,
        "end_line": where.end_line,
        "end_column": where.end_column,
        "path": diagnostic.path,
        "help": diagnostic.help,
        "related": [
            *([_place(diagnostic.label, diagnostic.focus or where)] if diagnostic.focus or diagnostic.label else []),
            *(_place(related.message, related.where) for related in diagnostic.related),
        ],
    }


def _place(message: str, where: Where) -> dict[str, Any]:
    return {"message": message, "file": where.file, "line": where.line, "column": where.column}
