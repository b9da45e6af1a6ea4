"""The overview of a network, cut into columns that stand beside each other; edges between them run in the gutters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from netspec.draw.compose import Composer
from netspec.draw.items import OUTPUT, Box, Frame, Item
from netspec.draw.layered import rank
from netspec.draw.pieces import Edge, Vertex
from netspec.draw.placed import Placed, PlacedLine
from netspec.draw.wires import Wire
from netspec.graph import Node

GUTTER = 26.0
LANE = 8.0
BETWEEN_RANKS = 30.0  # about, to foresee the height of columns

Cut = list[list[Item]]


def columns(composer: Composer, root: Frame, most: int) -> Iterator[tuple[int, Cut]]:
    """The ways to cut the items of a network into up to so many columns of about the same height."""
    ranks = _ranks(composer, root)
    heights = [max(height for _, height in each) + BETWEEN_RANKS for each in ranks]
    seen = set()
    for count in range(1, most + 1):
        cuts = _even(heights, count)
        if cuts in seen:
            continue
        seen.add(cuts)
        yield (
            len(cuts) + 1,
            [
                [item for each in ranks[start:stop] for item, _ in each]
                for start, stop in zip((0, *cuts), (*cuts, len(ranks)), strict=True)
            ],
        )


def _ranks(composer: Composer, root: Frame) -> list[list[tuple[Item, float]]]:
    """The items from top to bottom, those that stand beside each other together, with their heights."""
    wires = composer.wiring.wires(root)
    vertices = {}
    for item in root.items:
        part = composer.place(item, wires)
        vertices[item] = Vertex(part.left, part.right, part.height)
    rank(
        list(vertices.values()),
        [
            Edge(vertices[wire.source], vertices[wire.target], None)
            for wire in wires
            if wire.source is not None and isinstance(wire.target, Box | Frame)
        ],
    )
    found: dict[int, list[tuple[Item, float]]] = defaultdict(list)
    for item, vertex in vertices.items():
        found[vertex.rank].append((item, vertex.height))
    return [found[number] for number in sorted(found)]


def _even(heights: Sequence[float], count: int) -> tuple[int, ...]:
    """Where to cut a sequence into at most so many pieces, the tallest of which is as low as can be."""
    least, most = max(heights), sum(heights)
    for _ in range(30):
        middle = (least + most) / 2
        if len(_filled(heights, middle)) < count:
            most = middle
        else:
            least = middle
    return _filled(heights, most)


def _filled(heights: Sequence[float], most: float) -> tuple[int, ...]:
    cuts, filled = [], 0.0
    for place, height in enumerate(heights):
        if filled and filled + height > most:
            cuts.append(place)
            filled = 0.0
        filled += height
    return tuple(cuts)


def overview(composer: Composer, root: Frame, cut: Cut) -> Placed:
    """Lay out each column, put them beside each other and join them."""
    wires = composer.wiring.wires(root)
    column = {item: number for number, items in enumerate(cut) for item in items}
    placed = [composer.inside(items, _within(wires, column, number)) for number, items in enumerate(cut)]
    routes = _routes(wires, column)
    x, starts = 0.0, []
    gutters = _gutters(routes, len(cut))
    for number, each in enumerate(placed):
        x += gutters[number]
        starts.append(x + each.left)
        x += each.left + each.right
    above = max((len(routes[number]) for number in routes), default=0) * LANE
    top = above + 8 if len(routes) else 0.0
    whole = Placed(0.0, x, 0.0)
    lines = _join(placed, starts, routes, top)
    for each, start in zip(placed, starts, strict=True):
        whole.take(each, start, top)
    whole.lines += lines
    whole.height = max([top + max(each.height for each in placed), *(y + 4 for line in lines for _, y in line.points)])
    return whole


def _within(wires: Sequence[Wire], column: dict[Item, int], number: int) -> list[Wire]:
    """The wires of a column; what comes from or goes to another one enters or leaves it."""
    found: dict[Wire, None] = {}
    for wire in wires:
        source = column[wire.source] if wire.source is not None else None
        target = column[wire.target] if isinstance(wire.target, Box | Frame) else None
        if source == number and (target == number or wire.target is None):
            found[Wire(wire.source, wire.target or OUTPUT, wire.tensor)] = None
        elif source == number:
            found[Wire(wire.source, None, wire.tensor)] = None
        elif target == number:
            found[Wire(None, wire.target, wire.tensor)] = None
    return list(found)


_Routes = dict[int, list[tuple[Node, int]]]


def _routes(wires: Sequence[Wire], column: dict[Item, int]) -> _Routes:
    """For each column the tensors that come to it from others, each with the column that it comes from."""
    found: _Routes = defaultdict(list)
    for wire in wires:
        if wire.source is not None and isinstance(wire.target, Box | Frame):
            source, target = column[wire.source], column[wire.target]
            if source != target and (wire.tensor, source) not in found[target]:
                found[target].append((wire.tensor, source))
    return {target: tensors for target, tensors in found.items() if tensors}


def _gutters(routes: _Routes, count: int) -> list[float]:
    """How wide the gutter at the left of each column is."""
    return [0.0, *(GUTTER + LANE * max(0, len(routes.get(number, ())) - 1) for number in range(1, count))]


def _join(placed: Sequence[Placed], starts: Sequence[float], routes: _Routes, top: float) -> list[PlacedLine]:
    """Edges from the bottom of a column, up the gutter, to the top of a later one."""
    lines = []
    below: dict[tuple[Node, int], int] = {}
    for target, tensors in sorted(routes.items()):
        gutter = starts[target] - placed[target].left - GUTTER / 2
        for number, (tensor, source) in enumerate(sorted(tensors, key=lambda each: -placed[target].ins[each[0]])):
            lane = below.setdefault((tensor, source), len(below))
            bottom = max(placed[between].height for between in range(source, target)) + top + 8 + lane * LANE
            up = gutter - LANE * number if number else gutter
            over = top - 8 - LANE * number
            start, end = starts[source] + placed[source].outs[tensor], starts[target] + placed[target].ins[tensor]
            points = [
                (start, top + placed[source].height), (start, bottom), (up, bottom), (up, over), (end, over), (end, top)
            ]  # fmt: skip
            lines.append(PlacedLine(points, arrow=False))
    return lines
