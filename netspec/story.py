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
    story = _Story(mistake, site, _refusing(step, site))
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

    def __init__(self, mistake: Mistake, site: Site, layer: Layer | None) -> None:
        self.mistake = mistake
        self.inputs: Sequence[Node] = mistake.inputs
        self.site = site
        self.layer = layer
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
        self.help = self._way_to_join() or self.help
        return ""

    def _way_to_join(self) -> str:
        """Find the line to mend: one side lost its steps, or is a branch that changes the features it came from."""
        ranks = {len(node.shape) for node in self.inputs}
        for node in self.inputs:
            first = _way(node)[0]
            if ranks == {len(node.shape), len(node.shape) + 1} and _last_step_of(first):
                return self.keep_steps(first)
        if len(self.inputs) != 2 or len(ranks) != 1:
            return ""
        for branch, entered in (self.inputs, self.inputs[::-1]):
            maker = _widened(branch)
            follows = any(earlier is entered for earlier in _back(maker)) and branch.shape[:-1] == entered.shape[:-1]
            if follows and "units" in _options(maker) and self.stands_alone(maker):
                line = self.place(maker).line
                return f"write units: {entered.shape[-1]} in line {line}, the size of what it is joined with"
        return ""

    def keep_steps(self, node: Node) -> str:
        made = node.owner or node
        block = "" if self.stands_alone(made) else f" of the {made.site.written.type_name}"
        return f"add return_sequences: true to the {_last_step_of(made)}{block} in line {self.place(made).line}"

    def stands_alone(self, node: Node) -> bool:
        """Whether the line of a node holds its options: a block's use does not."""
        return node.site is self.site or node.site.written is node.layer

    def suits(self, shape: Shape) -> bool:
        """Whether the number of axes would be right, for all that is known, if the first input had a shape."""
        if self.layer is None:
            return True
        try:
            self.layer.infer(shape, *(node.shape for node in self.inputs[1:]))
        except Mistake as mistake:
            return mistake.code != "E302"
        return True

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
        before = _main(first).shape
        self.note(first, f"{show(before)} becomes {show(first.shape)} here")
        if _last_step_of(first) and self.suits((before[0], *self.inputs[0].shape)):
            self.help = self.keep_steps(first)
        elif self.suits(before):
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
        origin = _origin(self.inputs[min(self.mistake.notes, default=0)])
        self.note(origin, f"{show(origin.shape)} from here on")
        return ""


_STORIES: Mapping[str, Callable[[_Story], str]] = {
    "E301": _Story.sides,
    "E302": _Story.rank,
    "E303": _Story.trail,
    "E304": _Story.unknown,
    "E305": _Story.first,
}


def _refusing(step: Step, site: Site) -> Layer | None:
    """Find the layer that was refused its input, where it is written as a node of its own."""
    bound = step.body.bound if isinstance(step.body, Call) else None
    found = bound or (site.written if site.step is step else None)
    return found if isinstance(found, Layer) else None


def _last_step_of(node: Node) -> str:
    """Name the layer, or the one inside it, that gives only the last step of a sequence; else nothing."""
    options = _options(node)
    if options.get("return_sequences") is False:
        return node.type
    wrapped = [value for value in options.values() if isinstance(value, Layer)]
    inside = next((one.type_name for one in wrapped if one.options().get("return_sequences") is False), "")
    return inside and f"{inside} inside the {node.type}"


def _options(node: Node) -> Mapping[str, object]:
    return node.layer.options() if isinstance(node.layer, Layer) else {}


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


def _widened(node: Node) -> Node:
    """Find the node that first had the features, the last size, that a node has."""
    *_, origin = takewhile(lambda earlier: earlier.shape[-1:] == node.shape[-1:], _back(node))
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
