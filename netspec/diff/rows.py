"""The lines of a comparison in columns: a mark, what changed, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from netspec.diff.compare import NAME, TYPE, Comparison
from netspec.diff.figures import Figure, part_figures
from netspec.diff.fold import Folded, Line
from netspec.diff.words import fit, ranges, told
from netspec.graph import Node
from netspec.options import escape
from netspec.outline import Kind
from netspec.render import Colours
from netspec.units import show_count

WIDTH = 100
MOST_ROWS = 60
LONGEST_DETAIL = 40
COLOURS = {"+": "32", "-": "31", "~": "33"}


class Row(NamedTuple):
    """One line: its mark, its words, and the nodes that it is about, as they were and as they are."""

    mark: str
    text: str
    before: Sequence[Node] = ()
    after: Sequence[Node] = ()


def rows(comparison: Comparison, folded: Folded) -> list[Row]:
    """The lines that tell what changed, at most so many that a reader reads them."""
    found = list(_rows(folded))
    if len(found) > MOST_ROWS + 1:
        found = [*found[:MOST_ROWS], Row("", f"… and {len(found) - MOST_ROWS} more lines; --json has all of them")]
    return [*found, *_follows(comparison, folded)]


def _rows(folded: Folded) -> Iterator[Row]:
    for difference in folded.root:
        yield Row("~", f"outputs: {told(difference)}")
    for line in folded.lines:
        yield from _row(line, 0)
    if folded.throughout:
        yield Row("", "in many places")
        for line in folded.throughout:
            places = list(dict.fromkeys(pair.part.nodes[0].stage or "" for pair in line.pairs))
            where = " … ".join(dict.fromkeys(escape(place) for place in (places[0], places[-1]) if place))
            yield from _row(line, 1, f" in {where}" if where else "")


def _row(line: Line, depth: int, where: str = "") -> Iterator[Row]:
    before, after = (
        ((), ())
        if line.partly
        else (list(chain.from_iterable(nodes)) for nodes in zip(*(pair.sides for pair in line.pairs), strict=True))
    )
    said = ", ".join(told(one) for one in (ranges(line) if line.vary else line.differences))
    named = _named(line)
    if line.differences and (line.differences[0].what, line.differences[0].after) == (TYPE, named):
        named, said = said, ""  # a layer of another type, called after it, is told by both types
    yield Row(line.mark, f"{'  ' * depth}{named}{where}{f': {said}' if said else ''}", before, after)
    for inner in line.inside:
        yield from _row(inner, depth + 1)


def _named(line: Line) -> str:
    """What a line is about: the part as people know it, and how many of it."""
    pair, part = line.pair, line.pair.part
    one = len(line.pairs) == 1
    renamed = any(difference.what == NAME for difference in line.differences)
    name = (pair.before or part).label if renamed else part.label if one else part.type
    name = escape(name or part.label)
    if part.kind in (Kind.layer, Kind.block):
        details = {pair.part.detail for pair in line.pairs}
        detail = "" if len(details) > 1 or (line.differences and line.mark == "~") else details.pop()
        automatic = name == part.type or name.startswith((f"{part.type}_", f"{part.type}-"))
        what = detail if automatic or renamed else f"{part.type} {detail}"
        name = f"{name} {fit(escape(what.strip()), LONGEST_DETAIL)}".rstrip()
    if line.recounted:
        return f"{name} ×{line.before} → ×{line.after}"
    count = max(line.before, line.after)
    several = f" ×{count}" if count > 1 else ""
    if line.mark != "~" and part.kind in (Kind.stage, Kind.block):
        layers = sum(len(pair.part.nodes) for pair in line.pairs)
        return f"{name}{several} ({layers} layer{'s' * (layers > 1)})"
    return f"{name}{several}"


def _follows(comparison: Comparison, folded: Folded) -> Iterator[Row]:
    """What layers cost more or less that no line is about: their inputs are others."""
    lines = (*folded.lines, *folded.throughout)
    known = {node for line in lines for pair in line.pairs for node in pair.sides[1]}
    others = [(one, other) for one, other in comparison.partners.items() if other not in known]
    count = sum(one.shape != other.shape for one, other in others)
    if count:
        what = f"what follows: {count} layer{'s' * (count > 1)} with other shapes"
        yield Row("", what, [one for one, _ in others], [other for _, other in others])


# ------------------------------------------------------------------------------------------------------------- columns


def draw(found: Sequence[Row], colours: Colours) -> Iterator[str]:
    """Put beside each line what it costs, where anything costs more or less."""
    costs = [_cost(row) for row in found]
    shown = [column for column in (0, 1) if any(cost[column][0] for cost in costs)]
    cells = [[part for column in shown for part in cost[column]] for cost in costs]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    room = WIDTH - 4 - sum(width + 2 for width in widths)
    wide = min(room, max(len(row.text) for row in found))
    if shown:
        heads = (
            ("params", "MACs")[column].rjust(widths[2 * place] + 2 + widths[2 * place + 1])
            for place, column in enumerate(shown)
        )
        yield colours.quiet("  ".join([" " * (wide + 2), *heads]))
    for row, cost in zip(found, cells, strict=True):
        *above, last = wrapped(row.text, wide)
        beside = [part.rjust(width) for part, width in zip(cost, widths, strict=True)]
        lines = [*above, "  ".join([last.ljust(wide), *beside])]
        for number, line in enumerate(lines):
            drawn = f"{row.mark if number == 0 else '':1} {line}".rstrip()
            yield colours(drawn, COLOURS[row.mark]) if row.mark else colours.quiet(drawn)


def wrapped(line: str, width: int) -> list[str]:
    """Break a line at blanks; what goes on is indented."""
    indent = len(line) - len(line.lstrip())
    pieces = []
    while len(line) > width:
        at = line.rfind(" ", indent + width // 3, width + 1)
        at = at if at > 0 else width
        pieces.append(line[:at])
        line = " " * (indent + 4) + line[at:].lstrip()
    return [*pieces, line]


def _cost(row: Row) -> tuple[tuple[str, str], tuple[str, str]]:
    """What a line costs more or less: parameters and multiply-adds, each with the percent of what they were."""
    found = part_figures(row.before, row.after)
    return _delta(found["params"]), _delta(found["macs"])


def _delta(figure: Figure) -> tuple[str, str]:
    return (signed(show_count(figure.change)), percent(figure)) if figure.change else ("", "")


def signed(number: str) -> str:
    """A written number with its sign."""
    return f"−{number[1:]}" if number.startswith("-") else f"+{number}"


def percent(figure: Figure) -> str:
    """The change in percent; nothing where it begins or ends with nothing."""
    if not figure.percent or not figure.after:
        return ""
    shown = f"{abs(figure.percent):,.{1 if abs(figure.percent) < 10 else 0}f}"
    return f"{'−' if figure.percent < 0 else '+'}{shown}%" if shown != "0.0" else ""
