"""The story behind a mistake of shapes: which lines made the sizes that don't go together.

A shape rule knows sizes; the nodes that flowed into it know where each size came from. `tell` follows them back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise, takewhile, zip_longest
from typing import NamedTuple

from netspec.errors import Mistake, Related, Where
from netspec.graph import Input, Node, Site
from netspec.layer import Layer
from netspec.shapes import SPATIAL_AXES, Shape, show, volume
from netspec.syntax import Call, Step, YamlBlock

MAX_STEPS = 2000
"""So many nodes are followed back: a line that is further away says nothing any more."""

MAX_LINES = 6
"""So many lines that made a size smaller are shown, those that did most."""

MAX_SIZES = 8
"""Of a longer trail the middle is left out."""


class Told(NamedTuple):
    """What to write beside the mark of a mistake and at other lines, and the way out."""

    label: str
    notes: list[Related]
    help: str


def tell(mistake: Mistake, step: Step, site: Site) -> Told:
    """Tell how a mistake came about. ``step`` is the written node that made it, ``site`` what it belongs to."""
    told = _STORIES.get(mistake.code)
    if told is None or not mistake.inputs:
        return Told(mistake.label, [], mistake.help)
    story = _Story(mistake, site)
    label = told(story)
    here = {step.where, site.step.where if isinstance(site.step, Step) else step.where}
    notes: dict[Where, str] = {}
    for where, note in story.notes:
        if where not in here:
            notes.setdefault(where, note)
    return Told(mistake.label or label, [Related(note, where) for where, note in notes.items()], story.help)


def misread_input(mistake: Mistake, layer: Layer) -> tuple[Node, str, str] | None:
    """Find out whether a shape is refused because the input's was written as another framework would have it.

    That is with the batch in front, or with channels first. Gives the input, what is wrong with it, and the help.
    """
    if mistake.code not in ("E302", "E303") or len(mistake.inputs) != 1:
        return None
    *_, source = _back(mistake.inputs[0])
    shape = source.shape
    if not isinstance(source.layer, Input):
        return None
    if len(shape) == 4 or shape[:1] == (None,):
        if mistake.inputs[0].shape == shape and _suits(layer, shape[1:]):
            return source, "a shape has no batch axis", f"write shape: {_listed(shape[1:])}, without the batch"
    elif len(shape) > 1 and shape[0] in (1, 3, 4) and all(size is None or size > 4 for size in shape[1:]):
        last = (*shape[1:], shape[0])
        if _suits(layer, last):
            wrong = f"channels come last; {show(shape)} has {shape[-1]} of them"
            return source, wrong, f"write shape: {_listed(last)}"
    return None


def _suits(layer: Layer, shape: Shape) -> bool:
    try:
        layer.infer(shape)
    except Mistake:
        return False
    return True


def _listed(shape: Shape) -> str:
    return f"[{', '.join('null' if size is None else str(size) for size in shape)}]"


class _Story:
    """One mistake, the nodes that led to it, and what was found out about them."""

    def __init__(self, mistake: Mistake, site: Site) -> None:
        self.mistake = mistake
        self.inputs: Sequence[Node] = mistake.inputs
        self.site = site
        self.help = mistake.help
        self.notes: list[tuple[Where, str]] = []

    def place(self, node: Node) -> Where:
        """Find the line of a node: of one inside a YAML block, the line that uses the block, unless we are inside."""
        step = node.site.step
        inside = isinstance(step, Step) and isinstance(step.body, Call) and isinstance(step.body.entry, YamlBlock)
        return step.where if isinstance(step, Step) and inside and node.site is not self.site else node.where

    def note(self, node: Node, text: str) -> None:
        self.notes.append((self.place(node), text))

    def sides(self) -> str:
        """Of a join: what each input carries, and the line that made it so."""
        origins: list[tuple[Node, str]] = []
        for index, text in self.mistake.notes.items():
            node = self.inputs[index]
            origin = _origin(node)
            self.note(node, text)
            if self.place(origin) != self.place(node):
                origins.append((origin, f"{show(origin.shape)} from here on"))
        for origin, text in origins:
            self.note(origin, text)
        return ""

    def trail(self) -> str:
        """Of a window that is too large: the sizes on the way, and the lines that made them smaller."""
        nodes = _way(self.inputs[0])
        # Of another block only what comes out matters, not how its inner layers got there.
        way = [
            (node, node.shape[:-1])
            for node, after in zip_longest(nodes, nodes[1:])
            if after is None or node.site is not after.site or node.site is self.site
        ]
        changes = [(node, before, after) for (_, before), (node, after) in pairwise(way) if before != after]
        if not changes:
            return self.first()
        by_line: dict[Where, list[Shape]] = {}
        for node, before, after in changes:
            by_line.setdefault(self.place(node), [before]).append(after)
        factors = {where: _factor(line[0], line[-1]) for where, line in by_line.items()}
        most = sorted((where for where in factors if factors[where] > 1), key=lambda where: -factors[where])[:MAX_LINES]
        self.notes += [(where, _arrows(line)) for where, line in by_line.items() if where in most]
        return f"the input went {_arrows([changes[0][1], *(after for _, _, after in changes)])}"

    def rank(self) -> str:
        """Of a wrong number of axes: the line that made it so."""
        first = _way(self.inputs[0])[0]
        if not first.inputs:
            return self.first()
        self.note(first, f"{show(_main(first).shape)} becomes {show(first.shape)} here")
        self.help += f", or take out the {first.type} in line {self.place(first).line}"
        return ""

    def unknown(self) -> str:
        """Of a size that has to be known: the line where it is not."""
        node = next((node for node in self.inputs if None in node.shape), self.inputs[0])
        *_, first = takewhile(lambda earlier: None in earlier.shape, _back(node))
        self.note(first, f"{show(first.shape)}: not known from here on")
        flat = next((earlier for earlier in _back(node) if len(earlier.shape) > len(node.shape)), None)
        if len(node.shape) == 1 and flat is not None and len(flat.shape) - 1 in SPATIAL_AXES:
            pooling = f"global_average_pooling{len(flat.shape) - 1}d"
            self.help += f", or put {pooling} in the place of flatten: it leaves only the channels"
        return ""

    def first(self) -> str:
        """Of sizes that don't fit: the line that made them."""
        origin = _origin(self.inputs[0])
        self.note(origin, f"{show(origin.shape)} from here on")
        return ""


_STORIES: Mapping[str, Callable[[_Story], str]] = {
    "E301": _Story.sides,
    "E302": _Story.rank,
    "E303": _Story.trail,
    "E304": _Story.unknown,
    "E305": _Story.first,
}


def _main(node: Node) -> Node:
    """Of several nodes that flowed into one, choose the largest, which the others are spread to."""
    return max(node.inputs, key=lambda one: (len(one.shape), volume(one.shape[:-1]) or 0))


def _back(node: Node) -> Iterator[Node]:
    """Follow what flowed into a node, itself first."""
    for _ in range(MAX_STEPS):
        yield node
        if not node.inputs:
            return
        node = _main(node)


def _origin(node: Node) -> Node:
    """Find the node that first had the shape that a node has."""
    *_, origin = takewhile(lambda earlier: earlier.shape == node.shape, _back(node))
    return origin


def _way(node: Node) -> list[Node]:
    """List, in the order of the data, the nodes of one rank that lead to a node."""
    way = list(takewhile(lambda earlier: len(earlier.shape) == len(node.shape), _back(node)))
    return way[::-1]


def _factor(before: Shape, after: Shape) -> float:
    """By what factor sizes became smaller."""
    return (volume(before) or 1) / max(volume(after) or 1, 1)


def _arrows(shapes: Sequence[Shape]) -> str:
    """Write sizes one after another, ``64→32→16``; one number where height and width are the same all along."""
    square = all(len(set(shape)) == 1 for shape in shapes)
    sizes = [show(shape[:1] if square else shape) for shape in shapes]
    if len(sizes) > MAX_SIZES:
        sizes = [*sizes[:5], "…", *sizes[-2:]]
    return "→".join(sizes)
