"""The size of boxes and the places of the text in them, measured so that no text leaves its box."""

from __future__ import annotations

from netspec.draw.items import Box, Row
from netspec.draw.shapes import BOLD, POINTS, BoxShape, Cell, Size, Text
from netspec.draw.style import colour
from netspec.draw.text import fitted, width
from netspec.outline import Kind
from netspec.shapes import show

PADDING = 8.0
ONE_LINE = 168.0  # text wider than that gets two lines
WIDEST = 200.0
LEAST = 74.0
FIRST_HEIGHT, HEIGHT, SECOND_LINE = 24.0, 18.0, 13.0
SHADOW = 3.0


def text(words: str, size: Size, room: float = WIDEST) -> tuple[str, float]:
    """A line, cut to the room that there is, and how wide it is."""
    cut = fitted(words, room, POINTS[size], size in BOLD)
    return cut, width(cut, POINTS[size], size in BOLD)


def box_shape(box: Box) -> BoxShape:
    """A box at 0, 0 with its rows."""
    badge = text(f"×{box.copies}", "head") if box.copies > 1 else None
    extra = badge[1] + PADDING if badge else 0.0
    lines = [_lines(row, first=place == 0) for place, row in enumerate(box.rows)]
    widest = max(sum(line) for row in lines for line in _widths(row))
    across = max(LEAST, min(WIDEST, widest) + 2 * PADDING + extra)
    cells: list[Cell] = []
    down = 0.0
    for number, (row, parts) in enumerate(zip(box.rows, lines, strict=True)):
        height = (FIRST_HEIGHT if number == 0 else HEIGHT) + SECOND_LINE * (len(parts) - 1)
        cell = Cell(0.0, down, across, height, colour_of(box, row))
        middle = (across - extra) / 2
        base = down + height / 2 + 3.8 - SECOND_LINE / 2 * (len(parts) - 1)
        for line in parts:
            start = middle - sum(each for _, _, each in line) / 2
            for words, size, wide in line:
                cell.texts.append(Text(start, base, words.strip(), size, wide - _blank(words, size)))
                start += wide
            base += SECOND_LINE
        cells.append(cell)
        down += height
    shape = BoxShape(0.0, 0.0, across, down, cells, box.copies, tip=_tip(box))
    if badge:
        shape.badge = Text(across - PADDING, down / 2 + 3.8, badge[0], "head", badge[1], "end")
    return shape


_Line = list[tuple[str, Size, float]]


def _lines(row: Row, first: bool) -> list[_Line]:
    """The text of a row: on one line where there is room, else options below the type."""
    size: Size = "head" if first else "row"
    head = _part(row.head, size, WIDEST)
    if not row.tail:
        return [[head]]
    tail = _part(row.tail, "tail", WIDEST)
    if head[2] + tail[2] + 4 <= ONE_LINE:
        spaced = _part(f"{head[0]} ", size, WIDEST + 4)
        return [[spaced, tail]]
    return [[head], [tail]]


def _part(words: str, size: Size, room: float) -> tuple[str, Size, float]:
    if words.endswith(" "):
        return words, size, width(words, POINTS[size], size in BOLD)
    cut, wide = text(words, size, room)
    return cut, size, wide


def _blank(words: str, size: Size) -> float:
    return width(" ", POINTS[size], size in BOLD) if words.endswith(" ") else 0.0


def _widths(lines: list[_Line]) -> list[list[float]]:
    return [[wide for _, _, wide in line] for line in lines]


def colour_of(box: Box, row: Row) -> str:
    """The colour of a row of a box."""
    if box.kind is Kind.input:
        return "input"
    return colour(row.layer, row.has_weights) if row.layer is not None else "block"


def _tip(box: Box) -> str:
    """What a reader learns who points at a box: its name and what comes out."""
    first = box.nodes[0].name if len(box.nodes) == 1 else f"{box.nodes[0].name} … {box.nodes[-1].name}"
    return f"{first}: {show(box.output.shape)}"
