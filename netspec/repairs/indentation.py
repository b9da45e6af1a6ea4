"""Repairs of indentation: tabs, and lines that stand further left or right than what they belong to."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.options import SPEC_KEYS
from netspec.repairs.lines import Line, Lines, Repair

MAX_MOVED = 200
"""So many lines are moved together at most."""


def tabs(lines: Lines, number: int) -> Iterator[Repair]:
    """Tabs in the indentation, of this line or of all."""
    if "\t" not in lines[number][: lines.line(number).start]:
        return
    column = lines[number].index("\t")
    above = lines.before(number)
    widths = [2, 4, 8, *(lines.line(above).columns if above is not None and "\t" not in lines[above] else ())]
    message, help = "a tab stands in the indentation", "indent with spaces; YAML does not allow tabs there"
    usual = lines.usual_column(number)
    targets = [*([usual] if usual is not None else []), *(lines.line(above).columns if above is not None else [])]
    for target in dict.fromkeys(targets):
        if target > 0 or lines.line(number).key in SPEC_KEYS:
            repaired = " " * target + lines[number][lines.line(number).indent :]
            yield Repair(number, column, column + 1, message, help, {number: repaired})
    for width in dict.fromkeys(widths):
        for changed in ([number], lines.tabbed):
            spaced = {n: lines[n][: lines.line(n).start].replace("\t", " " * width) for n in changed}
            mended = {n: spaced[n] + lines[n][lines.line(n).start :] for n in changed}
            yield Repair(min(changed), lines[min(changed)].index("\t"), column + 1, message, help, mended)


def first_below_key(lines: Lines, number: int) -> Iterator[Repair]:
    """The first line below a key, where it stands otherwise than such lines do elsewhere in the text."""
    usual, above = lines.usual_column(number), lines.before(number)
    if usual is not None and above is not None and lines.out_of_style(number):
        yield from _moves(lines, number, usual, above)


def regular(lines: Lines, number: int) -> Iterator[Repair]:
    """A line that doesn't stand where its neighbours do, moved to a column that is regular in the text."""
    if _in_steps_of_two(lines):
        for column, neighbour in _columns_beside(lines, number):
            if column % 2 == 0 and not lines.out_of_style(neighbour):
                yield from _moves(lines, number, column, neighbour)


def irregular(lines: Lines, number: int) -> Iterator[Repair]:
    """The same, moved to any column that a neighbour has."""
    for column, neighbour in _columns_beside(lines, number):
        yield from _moves(lines, number, column, neighbour)


def _in_steps_of_two(lines: Lines) -> bool:
    indents = [indent for indent in lines.indents.values() if indent]
    return sum(indent % 2 == 0 for indent in indents) * 2 > len(indents) - 1


def _columns_beside(lines: Lines, number: int) -> list[tuple[int, int]]:
    """The columns where the neighbours of a line stand, the nearest first, and which neighbour that is."""
    line, above, below = lines.line(number), lines.before(number), lines.after(number)
    columns: dict[int, int] = {}
    for neighbour in (above, below, *lines.around(number)):
        if neighbour is not None:
            for column in lines.line(neighbour).columns:
                columns.setdefault(column, neighbour)
    child = lines.line(below).indent if below is not None and line.body.endswith(":") else len(line.text)
    return sorted(columns.items(), key=lambda item: (abs(item[0] - line.indent), item[0] >= child))


def _moves(lines: Lines, number: int, column: int, neighbour: int) -> Iterator[Repair]:
    """Move a line to a column, alone and with all that belongs to it."""
    line = lines.line(number)
    if column == line.indent or (column == 0 and not line.dashed and line.key not in SPEC_KEYS):
        return
    beside = lines.line(neighbour)
    place = f"line {neighbour + 1}" if beside.indent == column else f"the text of line {neighbour + 1}"
    under_key = beside.body.endswith(":") and column > beside.start
    message = f"this line is indented by {_counted(line.indent, 'column')}, {place} by {column}"
    help = f"indent it by {_counted(column, 'space')}, as {place}" if column else "begin it at the left edge"
    if under_key:
        message = f"this line is indented by {_counted(line.indent, 'column')}, and belongs to {beside.key}"
        help = f"indent it by {_counted(column, 'space')}, below {beside.key}"
    block = _block(lines, number)
    for moved in ([number], block) if len(block) > 1 else ([number],):
        repaired = {n: _indented(lines.line(n), lines.line(n).indent + column - line.indent) for n in moved}
        yield Repair(number, 0, max(line.indent, 1), message, help, repaired)


def _block(lines: Lines, number: int) -> list[int]:
    """A line and the lines below it that go with it."""
    line, block = lines.line(number), [number]
    while (following := lines.after(block[-1])) is not None and len(block) < MAX_MOVED:
        below = lines.line(following)
        if below.indent < line.indent or (below.dashed and not line.dashed and below.indent <= line.indent):
            break
        block.append(following)
    return block


def _indented(line: Line, column: int) -> str:
    return " " * column + line.text[line.indent :]


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"
