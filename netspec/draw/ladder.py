"""Networks that go down and come up again: U-Net, feature pyramids. The way up stands beside the way down.

What the one way hands to the other are rungs between them, each from the side of a box to the side of another at the
same height. A network is drawn so only where that works out: the rungs lie in each other, and nothing is in their way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from netspec.draw.boxes import text
from netspec.draw.columns import LANE
from netspec.draw.compose import Composer
from netspec.draw.items import OUTPUT, Box, Frame, Item, Picture
from netspec.draw.placed import Placed, PlacedBox, PlacedLabel, PlacedLine
from netspec.draw.wires import Wire, Wiring, owners
from netspec.graph import Node
from netspec.shapes import show

GUTTER = 84.0  # room for the size of a tensor
LABEL = 90.0
LEAST_RUNGS = 2
MOST_ITEMS = 60  # of a network to try
ABOVE = 16.0  # where room is made above a box


@dataclass(frozen=True, slots=True)
class _Rung:
    """A tensor that goes from a box to one beside it."""

    source: Box
    target: Box
    tensor: Node
    reader: Node


def ladder(picture: Picture) -> Placed | None:
    """Lay out an overview as ways down and up beside each other, where the network is one."""
    boxes = list(picture.root.boxes())
    if len(boxes) < 2 * LEAST_RUNGS:
        return None
    place = {box: number for number, box in enumerate(boxes)}
    owner = owners(picture.root)
    items = picture.root.items
    cuts = [(cut, _rungs(items[:cut], items[cut:], owner)) for cut in range(1, min(len(items), MOST_ITEMS))]
    for cut, rungs in sorted(cuts, key=lambda each: -len(each[1])):
        if len(rungs) >= LEAST_RUNGS and _nested(rungs, place):
            placed = _folded(picture, Wiring(picture.graph), items, cut, rungs, owner)
            if placed is not None:
                return placed
    return None


def _boxes(items: Sequence[Item]) -> Iterator[Box]:
    for item in items:
        if isinstance(item, Frame):
            yield from item.boxes()
        else:
            yield item


def _rungs(before: Sequence[Item], behind: Sequence[Item], owner: dict[Node, Box]) -> list[_Rung]:
    """What flows from the one part to the other, but for what ends the first."""
    left, right = list(_boxes(before)), list(_boxes(behind))
    sources = set(left[:-1])
    found: dict[tuple[Box, Box, Node], _Rung] = {}
    for box in right:
        for node in box.nodes:
            for read in node.inputs:
                if (source := owner[read]) in sources:
                    found.setdefault((source, box, read), _Rung(source, box, read, node))
    return list(found.values())


def _nested(rungs: Sequence[_Rung], place: dict[Box, int]) -> bool:
    """Whether each rung lies within the one before it."""
    ordered = sorted(rungs, key=lambda rung: place[rung.source])
    return all(
        place[one.source] < place[other.source] and place[one.target] > place[other.target]
        for one, other in pairwise(ordered)
    )


def _folded(
    picture: Picture, wiring: Wiring, items: Sequence[Item], cut: int, rungs: list[_Rung], owner: dict[Node, Box]
) -> Placed | None:
    """Lay out the way down, the way up, and what stands beside that; None where a rung has something in its way."""
    beside = _beside(items[cut:], rungs, owner)
    up = [item for item in items[cut:] if item not in beside]
    further = _rungs_to(beside, owner)
    wiring.aside = {(rung.tensor, rung.reader) for rung in (*rungs, *further)}
    wiring.outputs -= {node.name for box in _boxes(beside) for node in box.nodes}
    wires = wiring.wires(picture.root)
    down_part = Composer(wiring).inside(items[:cut], _part(wires, items[:cut]))
    rising = Composer(wiring, rising=True)
    up_part = rising.inside(up, _part(wires, up))
    up_part.stand_on_head()
    parts = [down_part, up_part]
    if beside:
        standing = Composer(wiring)
        ends = sorted(further, key=lambda rung: -list(owner.values()).index(rung.source))
        standing.below = {other.target: one.target for one, other in pairwise(ends)}
        parts.append(standing.inside(beside, _part(wires, beside)))
    steps = [(0, 1, rungs), (1, 2, further)] if beside else [(0, 1, rungs)]
    for left, right, between in steps:
        if not _level(parts[left], parts[right], between):
            return None
    return _joined(parts, steps, wires, set(beside), picture)


def _beside(items: Sequence[Item], rungs: Sequence[_Rung], owner: dict[Node, Box]) -> list[Item]:
    """The items at the end whose boxes each read one box of the way up, and nothing else."""
    targets = {rung.target for rung in rungs}
    last = max((n for n, item in enumerate(items) if targets & set(_boxes([item]))), default=0)
    beside = list(items[last + 1 :])
    boxes = list(_boxes(beside))
    read = [{owner[read] for node in box.nodes for read in node.inputs} - {box} for box in boxes]
    single = all(len(each) == 1 and not each & set(boxes) for each in read)
    sources = [source for each in read for source in each]
    return beside if len(boxes) >= LEAST_RUNGS and single and len(set(sources)) == len(sources) else []


def _rungs_to(items: Sequence[Item], owner: dict[Node, Box]) -> list[_Rung]:
    return [
        _Rung(owner[read], box, read, node)
        for box in _boxes(items)
        for node in box.nodes
        for read in node.inputs
        if owner[read] is not box
    ]


def _part(wires: Sequence[Wire], items: Sequence[Item]) -> list[Wire]:
    """The wires of some of the items; what joins them to others enters or leaves."""
    found: dict[Wire, None] = {}
    for wire in wires:
        inside = wire.source in items, wire.target in items
        if inside == (True, True) or (inside[0] and wire.target is None):
            found[Wire(wire.source, wire.target or OUTPUT, wire.tensor)] = None
        elif inside[0]:
            found[Wire(wire.source, None, wire.tensor)] = None
        elif inside[1]:
            found[Wire(None, wire.target, wire.tensor)] = None
    return list(found)


# -------------------------------------------------------------------------------------------------------------- places


def _level(left: Placed, right: Placed, rungs: Sequence[_Rung]) -> bool:
    """Bring the ends of each rung to one height; says no where the boxes of the two sides can't stand so."""
    sides = [{placed.item: placed for placed in part.boxes} for part in (left, right)]
    ends = sorted(((sides[0][r.source], sides[1][r.target]) for r in rungs), key=lambda pair: pair[0].y)
    if any(one[1].y >= other[1].y for one, other in pairwise(ends)):
        return False
    if not all(_is_free(left, one, 1) and _is_free(right, other, -1) for one, other in ends):
        return False
    first = _height(ends[0][0]) - _height(ends[0][1])
    (right if first > 0 else left).stretch(-1.0, abs(first))
    for one, other in ends[1:]:
        apart = _height(one) - _height(other)
        part, box = (right, other) if apart > 0 else (left, one)
        if abs(apart) > 0.01:
            part.stretch(box.y - ABOVE, abs(apart))
    return True


def _height(box: PlacedBox) -> float:
    return box.y + box.shape.height / 2


def _is_free(part: Placed, box: PlacedBox, side: int) -> bool:
    """Whether nothing stands or runs between a box and the side of its part."""
    if any(other is not box and (other.x - box.x) * side > 0 and _overlap(other, box) for other in part.boxes):
        return False
    for line in part.lines:
        for (x, start), (_, end) in pairwise(line.points):
            if (x - box.x) * side > 0 and min(start, end) < _height(box) < max(start, end):
                return False
    return True


def _overlap(one: PlacedBox, other: PlacedBox) -> bool:
    return one.y < other.y + other.shape.height and other.y < one.y + one.shape.height


_Step = tuple[int, int, list[_Rung]]


def _joined(
    parts: Sequence[Placed], steps: Sequence[_Step], wires: Sequence[Wire], beside: set[Item], picture: Picture
) -> Placed:
    """Put the parts beside each other, with the rungs and the foot that joins the first two."""
    top = max([0.0, *(-y for part in parts for line in part.lines for _, y in line.points)])
    whole = Placed()
    x, starts = 0.0, []
    for part in parts:
        starts.append(x + part.left)
        x += part.left + part.right + GUTTER
    whole.right = x - GUTTER
    feet = _feet(parts, starts, wires)
    for part, start in zip(parts, starts, strict=True):
        whole.take(part, start, top)
    shapes = {placed.item: placed for placed in whole.boxes}
    for _, _, rungs in steps:
        for rung in rungs:
            _draw_rung(whole, shapes[rung.source], shapes[rung.target], rung.tensor)
    outputs = set(picture.graph.outputs)
    ends = [
        box for box in _boxes([item for item in picture.root.items if item in beside]) if box.output.name in outputs
    ]
    right = max((shapes[box].x + shapes[box].shape.width / 2 for box in ends), default=0.0) + LABEL
    for box in ends:
        _draw_end(whole, shapes[box], max(right, starts[-1] + parts[-1].right + 10.0))
    for foot in feet:
        foot.move(0.0, top)
    whole.lines += feet
    whole.height = max(y for line in whole.lines for _, y in line.points)
    whole.height = max([whole.height, *(frame.bottom for frame in whole.frames)]) + 2.0
    return whole


def _draw_rung(whole: Placed, source: PlacedBox, target: PlacedBox, tensor: Node) -> None:
    y = _height(target)
    start = source.x + source.shape.width / 2 + (6.0 if source.shape.copies > 1 else 0.0)
    end = target.x - target.shape.width / 2
    whole.lines.append(PlacedLine([(start, y), (end, y)], arrow=True))
    words, wide = text(show(tensor.shape), "label", 110.0)
    whole.labels.append(PlacedLabel((start + end - wide) / 2 - 5, y, words, wide, above=True))


def _draw_end(whole: Placed, box: PlacedBox, right: float) -> None:
    y, start = _height(box), box.x + box.shape.width / 2
    words, wide = text(show(box.item.output.shape), "label", LABEL - 20)
    whole.lines.append(PlacedLine([(start, y), (right, y)], arrow=True))
    whole.labels.append(PlacedLabel(start, y, words, wide, above=True))
    whole.right = max(whole.right, right)


def _feet(parts: Sequence[Placed], starts: Sequence[float], wires: Sequence[Wire]) -> list[PlacedLine]:
    """What goes from the foot of the way down to the foot of the way up."""
    lowest = max(parts[0].height, parts[1].height)
    feet = []
    for lane, (tensor, leaves) in enumerate(parts[0].outs.items()):
        if tensor in parts[1].ins:
            start, end, y = starts[0] + leaves, starts[1] + parts[1].ins[tensor], lowest + LANE * (lane + 1)
            points = [(start, parts[0].height), (start, y), (end, y), (end, parts[1].height)]
            feet.append(PlacedLine(points, arrow=False))
    return feet
