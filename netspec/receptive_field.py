"""What part of its input each node of a network sees: the receptive field, and how far it moves from place to place.

Layers say what they see (`Layer.reach`); followed back to an input, that adds up to intervals of positions, which are
kept exactly, padding and all. Where branches join, both ends reach as far as those of any branch. See docs/cost.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from netspec.errors import InternalError
from netspec.graph import Graph, Input, Node
from netspec.layer import Layer
from netspec.reaches import ALL, Axes, Reach, Sight, TooMuch, between, in_place, same
from netspec.shapes import Shape, Size

MAX_PACES = 4
"""So many branches that move at different paces are told apart; of more, nothing is said."""

View = tuple[tuple[Reach, ...] | None, ...]
"""What a node sees of each axis of the input: reaches that move at different paces, seldom more than one, or `ALL`."""

Sights = dict[tuple[Layer, tuple[Shape, ...]], Sight | None]
"""What layers said, so that one that stands in many places is asked once."""


class Field:
    """The receptive field of one position of a node's output, and its stride, along each spatial axis of an input.

    The axes are those of the input but the last, its channels; an input of one axis has that one. ``unknown`` names the
    layer from which on nothing is known, because its type does not say what it sees, or too much to write it down.
    """

    __slots__ = ("_shape", "_view", "unknown")

    def __init__(self, view: View, shape: Shape, unknown: str = "") -> None:
        self._view = view
        self._shape = shape
        self.unknown = unknown

    @property
    def size(self) -> tuple[int | None, ...]:
        """How many positions of the input it has, those in the padding included: None for all, 0 for nothing.

        Where it is not the same for all positions of the output, it is the largest.
        """
        return tuple([_size(reaches, self._shape) for reaches in self._view])

    @property
    def stride(self) -> tuple[int | Fraction | None, ...]:
        """How far apart the fields of two neighbours lie; None where nothing moves, or not at one pace."""
        return tuple([_stride(reaches) for reaches in self._view])

    def __repr__(self) -> str:
        return f"<Field {self.text()}>"

    def interval(self, axis: int, position: int) -> tuple[int, int] | None:
        """The first and the last position along an axis that the output at a position sees; None for all of them.

        The position is counted along the axis of the output that is moved along; the ends may lie in the padding.
        """
        reaches = self._view[axis]
        if reaches is None:
            return None
        return min(reach.low(position) for reach in reaches), max(reach.high(position) for reach in reaches)

    def text(self) -> str:
        """Write it for people: ``427×427/32``, with the stride behind where it is not 1."""
        if self.unknown:
            return "?"
        sizes = self.size
        if None in sizes and set(sizes) == {None}:
            return "all"
        if set(sizes) <= {0}:
            return "nothing"
        shown = "×".join("all" if size is None else str(size) for size in sizes)
        strides = [_stride_text(reaches) for reaches in self._view]
        moving = {stride for stride in strides if stride}
        if moving <= {"1"}:
            return shown
        return f"{shown}/{moving.pop() if len(moving) == 1 else '×'.join(stride or '–' for stride in strides)}"


def _stride_text(reaches: tuple[Reach, ...] | None) -> str:
    """Write a stride; nothing where nothing moves, ``?`` where it moves at several paces."""
    stride = _stride(reaches)
    if stride is None:
        return "?" if reaches and len(reaches) > 1 else ""
    return str(stride) if stride == int(stride) else f"{float(stride):.3g}"


def receptive_fields(graph: Graph, input: str | None = None) -> Mapping[Node, Field]:
    """Find the field of every node in one of the network's inputs, the first where none is named."""
    source = graph.nodes[input or graph.inputs[0]]
    seen: dict[Node, View | str | None] = {}
    sights: Sights = {}
    axes = max(len(source.shape) - 1, min(len(source.shape), 1))
    fields: dict[Node, Field] = {}
    for node in graph.nodes.values():
        view = seen[node] = _view(node, source, seen, sights)
        if isinstance(view, str):
            fields[node] = Field((ALL,) * axes, node.shape, view)
        else:
            fields[node] = Field(((),) * axes if view is None else view[:axes], node.shape)
    return fields


def _view(node: Node, source: Node, seen: Mapping[Node, View | str | None], sights: Sights) -> View | str | None:
    """Find what a node sees: None for nothing, a name for the layer that doesn't say."""
    if node is source:
        return tuple((reach,) for reach in map(same, range(len(node.shape))))
    if isinstance(node.layer, Input) or all(seen[read] is None for read in node.inputs):
        return None
    try:
        shapes = tuple([read.shape for read in node.inputs])
        if (node.layer, shapes) in sights:
            sight = sights[node.layer, shapes]
        else:
            sight = sights[node.layer, shapes] = node.layer.reach(*shapes, node.shape)
        if sight is None:
            return node.name
        if len(sight) != len(node.inputs):
            raise InternalError(f"{node.type}: reach speaks of {len(sight)} inputs, not {len(node.inputs)}")
        joined: View | None = None
        for read, axes in zip(node.inputs, sight, strict=True):
            view = seen[read]
            if view is None or axes is None:
                continue
            if isinstance(view, str):
                return view
            through = _through(axes, view, read.shape, source.shape)
            joined = through if joined is None or joined == through else _joined(joined, through, source.shape)
    except TooMuch:
        return node.name
    return joined


def _through(axes: Axes, view: View, shape: Shape, whole: Shape) -> View:
    """Look through a layer at what its input, of a shape, sees of the whole."""
    if axes is in_place(len(shape)):
        return view
    return tuple([reaches and _seen(axes, reaches, shape, size) for reaches, size in zip(view, whole, strict=True)])


def _seen(axes: Axes, reaches: tuple[Reach, ...], shape: Shape, size: Size) -> tuple[Reach, ...] | None:
    if len(reaches) == 1 and (inner := reaches[0]).axis is not None:
        outer = axes[inner.axis]
        if outer is not ALL and outer.axis is not None:  # as most are
            return (outer.through(inner),)
    found: list[Reach] = []
    for inner in reaches:
        reach = inner
        if inner.axis is not None:
            outer = axes[inner.axis]
            if outer is not ALL:
                reach = outer.through(inner)
            elif (count := shape[inner.axis]) is None:
                return ALL
            else:
                reach = between(inner.low(0), inner.high(count - 1))
        found.append(reach)
    return _kept(found, size)


def _joined(one: View, other: View, whole: Shape) -> View:
    """Join what two branches see."""
    return tuple(
        ALL if left is ALL or right is ALL else left if left == right else _kept([*left, *right], size)
        for left, right, size in zip(one, other, whole, strict=True)
    )


def _kept(found: list[Reach], size: Size) -> tuple[Reach, ...] | None:
    """Join those that move at one pace. Raises `TooMuch` where there are too many paces."""
    kept: list[Reach] = []
    for reach in found:
        place = next((place for place, other in enumerate(kept) if reach.keeps_pace_with(other)), None)
        if place is None:
            kept.append(reach)
        else:
            kept[place] = kept[place].joined(reach)
        last = kept[-1 if place is None else place]
        if last.axis is None and size is not None and last.lowest[0] <= 0 and last.highest[0] >= size - 1:
            return ALL
    if len(kept) > MAX_PACES:
        raise TooMuch
    return tuple(kept)


def _stride(reaches: tuple[Reach, ...] | None) -> int | Fraction | None:
    if reaches is None or len(reaches) != 1 or reaches[0].axis is None:
        return None
    advance, period = reaches[0].advance, len(reaches[0].lowest)
    return advance // period if advance % period == 0 else Fraction(advance, period)


def _size(reaches: tuple[Reach, ...] | None, shape: Shape) -> int | None:
    """Count the positions of the field where it is largest."""
    if reaches is None:
        return None
    if len(reaches) <= 1:
        sizes = [high - low + 1 for reach in reaches for low, high in zip(reach.lowest, reach.highest, strict=True)]
        return max(0, *sizes) if sizes else 0
    # Of several paces, it is largest at one of the two ends of the output.
    period = max(len(reach.lowest) for reach in reaches)
    ends = {reach.axis: _ends(reach, shape, period) for reach in reaches}
    if None in ends.values():
        return None
    moving = [places for axis, places in ends.items() if axis is not None]
    if len(moving) == 1:
        return max(_extent([(reach, place) for reach in reaches]) for place in moving[0] or ())
    return _extent([(reach, place) for reach in reaches for place in ends[reach.axis] or ()])


def _ends(reach: Reach, shape: Shape, period: int) -> list[int] | None:
    """List the first and the last places along the axis of an output that a reach moves along."""
    if reach.axis is None:
        return [0]
    count = shape[reach.axis]
    return None if count is None else [*range(min(count, period)), *range(max(count - period, 0), count)]


def _extent(seen: list[tuple[Reach, int]]) -> int:
    """Count the positions from the lowest to the highest that reaches see from places."""
    return max(reach.high(place) for reach, place in seen) - min(reach.low(place) for reach, place in seen) + 1
