"""What is drawn of a network: boxes, frames around them, and what flows between; nothing of places or colours.

Neighbours that are built alike are one box or frame with ``copies``. A chain of layers that keep the size, as a
convolution with its normalization and activation, is one box of several rows. At the depth ``block`` blocks are boxes,
and the inside of each distinct block is drawn once, in a panel of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from netspec.draw.folding import alike, wiring_of
from netspec.draw.items import Box, Frame, Item, Picture, Row
from netspec.draw.options import DEPTHS, Depth
from netspec.graph import Graph, Node
from netspec.layer import Layer
from netspec.outline import Kind, Part, Run, outline, readers, runs
from netspec.units import show_count

LONG_NUMBER = re.compile(r"\d+\.\d{5,}")
MAX_BOXES = 600
MAX_PANELS = 9


def picture(graph: Graph, depth: Depth = "block", *, panels: bool = True) -> Picture:
    """Choose what is drawn at a depth; of a network of too many boxes at the next depth that has fewer."""
    root = outline(graph)
    for place in range(DEPTHS.index(depth), -1, -1):
        drawn = _Chooser(graph, DEPTHS[place], panels).draw(root)
        if drawn is None:
            continue
        if place < DEPTHS.index(depth):
            drawn.notes.insert(
                0, f"at depth {depth} it has more than {MAX_BOXES} boxes: drawn at depth {DEPTHS[place]}"
            )
        return drawn
    return _Chooser(graph, "stage", panels, most=MAX_BOXES).cut(root, depth)


class _Full(Exception):
    """There are more boxes than can be drawn."""


class _Chooser:
    """Makes items of the parts of a network."""

    def __init__(self, graph: Graph, depth: Depth, panels: bool, most: int = MAX_BOXES) -> None:
        self.graph = graph
        self.depth = depth
        self.panels = panels and depth == "block"
        self.left = most
        self.read_by = readers(graph)
        self.variants: dict[str, dict[object, Part]] = {}
        self.boxes: list[tuple[Box, Part]] = []

    def draw(self, root: Part) -> Picture | None:
        try:
            frame = Frame("", "", self.items(root), root.nodes)
            panels, notes = self.insides() if self.panels else ([], [])
        except _Full:
            return None
        return Picture(self.graph, frame, panels, self.depth, notes)

    def cut(self, root: Part, asked: Depth) -> Picture:
        """Draw the first and the last parts of a network that has too many even at its shallowest."""
        folded = alike(runs(root, self.read_by, self.graph.outputs), self.read_by, self.graph.outputs)
        half = MAX_BOXES // 4
        middle = [node for run in folded[half:-half] for copy in run.copies for node in copy.nodes]
        between = Box(Kind.block, [Row("…", f"{len(middle):,} layers")], middle)
        before, behind = ([item for run in part for item in self.item(run)] for part in (folded[:half], folded[-half:]))
        frame = Frame("", "", [*_joined(before, self.read_by), between, *_joined(behind, self.read_by)], root.nodes)
        return Picture(
            self.graph, frame, [], "stage", [f"it has too many boxes at depth {asked}: its middle is one box"]
        )

    def items(self, part: Part) -> list[Item]:
        """The items inside of a part."""
        while len(part.parts) == 1 and part.parts[0].kind is Kind.block:
            part = part.parts[0]  # a block that is no more than another one
        folded = alike(runs(part, self.read_by, self.graph.outputs), self.read_by, self.graph.outputs)
        return _joined([item for run in folded for item in self.item(run)], self.read_by)

    def item(self, run: Run) -> Iterator[Item]:
        first = run.first
        nodes = [node for copy in run.copies for node in copy.nodes]
        self.left -= len(run) if first.kind is Kind.stage else 1
        if self.left < 0:
            raise _Full
        if first.kind in (Kind.layer, Kind.input):
            yield Box(first.kind, [_row(run)], nodes, len(run))
        elif first.kind is Kind.stage:
            yield from map(self.stage, run.copies)  # each has a name of its own
        else:
            yield self.block(run, nodes)

    def stage(self, part: Part) -> Item:
        if self.depth == "stage":
            return Box(part.kind, [Row(part.label, _amount(part))], part.nodes)
        return Frame(
            part.label, f"{show_count(part.params)} params" if part.params else "", self.items(part), part.nodes
        )

    def block(self, run: Run, nodes: list[Node]) -> Item:
        first = run.first
        if self.is_plain(first):  # no more than its layers in one box
            left = self.left
            inside = self.items(first)
            if len(inside) == 1 and isinstance(inside[0], Box) and 1 in (inside[0].copies, len(run)):
                return Box(inside[0].kind, inside[0].rows, nodes, inside[0].copies * len(run))
            self.left = left
        if self.depth == "layer":
            return Frame(_titled(run), _details(run), self.items(first), nodes, len(run))
        box = Box(Kind.block, [Row(_titled(run), _details(run))], nodes, len(run))
        if self.panels and any(node.owner is None for node in first.nodes):
            self.variants.setdefault(first.type, {}).setdefault(wiring_of(first), first)
            self.boxes.append((box, first))
        return box

    def is_plain(self, part: Part) -> bool:
        """Whether a block may turn out to be a single box: a few layers, one after the other."""
        inner = [each for each in part.walk() if each.kind is Kind.block]
        return self.depth != "stage" and len(part.nodes) <= 8 and len(inner) <= 2

    def insides(self) -> tuple[list[Frame], list[str]]:
        """A panel for each distinct block, those inside of blocks too; of many the first of each type come first."""
        frames: dict[tuple[str, object], Frame] = {}
        while len(frames) < MAX_PANELS:
            waiting = [
                (place, kind, wiring)
                for kind, variants in self.variants.items()
                for place, wiring in enumerate(variants)
                if (kind, wiring) not in frames
            ]
            if not waiting:
                break
            _, kind, wiring = min(waiting, key=lambda found: found[0])
            part = self.variants[kind][wiring]
            frames[kind, wiring] = Frame(kind, brief(part.detail), self.items(part), part.nodes)
        return self.titled_panels(frames)

    def titled_panels(self, frames: Mapping[tuple[str, object], Frame]) -> tuple[list[Frame], list[str]]:
        """Name the variants of a type A, B, C, in the panels and in the boxes that they are the inside of."""
        letters = {
            (kind, wiring): f" {_letter(place)}"
            for kind, variants in self.variants.items()
            if len(variants) > 1
            for place, wiring in enumerate(variants)
        }
        for box, part in self.boxes:
            row = box.rows[0]
            box.rows[0] = Row(row.head + letters.get((part.type, wiring_of(part)), ""), row.tail)
        panels = []
        for kind, variants in self.variants.items():
            for wiring in variants:
                if frame := frames.get((kind, wiring)):
                    frame.title += letters.get((kind, wiring), "")
                    panels.append(frame)
        missing = sum(map(len, self.variants.values())) - len(panels)
        return panels, [f"the insides of {missing} further blocks are not drawn"] if missing else []


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else str(place + 1)


def _row(run: Run) -> Row:
    part, node = run.first, run.first.node
    layer = node.layer if isinstance(node.layer, Layer) else None
    return Row(_titled(run), brief(part.detail), layer, has_weights=bool(node.params or node.macs))


def _titled(run: Run) -> str:
    """A part by its type, with its name where somebody gave it one of its own."""
    part = run.first
    if part.kind is Kind.input:
        return part.label if part.label == part.type else f"{part.label} {part.type}"
    numbered = part.label.rpartition("-")[2].isdigit()
    own = len(run) == 1 and not numbered and not part.label.startswith(part.type)
    return f"{part.label}: {part.type}" if own else part.type


def _amount(part: Part) -> str:
    return f"{len(part.nodes)} layers · {show_count(part.params)}"


def _details(run: Run) -> str:
    """The options of a run in brief: of copies that differ in them, the first's, and what is other in the last."""
    first, last = run.first.detail.split(), run.last.detail.split()
    changed = [word for word in last if word not in first]
    return brief(f"{run.first.detail} … {' '.join(changed)}" if changed else run.first.detail)


def brief(detail: str) -> str:
    """Options with numbers of a few digits."""
    return LONG_NUMBER.sub(lambda found: f"{float(found[0]):.4g}", detail)


def _joined(items: Sequence[Item], read_by: Mapping[Node, Sequence[Node]]) -> list[Item]:
    """Join layers to the one before them that keep its size and cost no multiplication, into one box of rows."""
    joined: list[Item] = []
    for item in items:
        last = joined[-1] if joined else None
        if isinstance(item, Box) and isinstance(last, Box) and _continues(last, item, read_by):
            last.rows += item.rows
            last.nodes = [*last.nodes, *item.nodes]
        else:
            joined.append(item)
    return joined


def _continues(last: Box, item: Box, read_by: Mapping[Node, Sequence[Node]]) -> bool:
    node = item.output
    return (
        last.kind is item.kind is Kind.layer
        and last.copies == item.copies == len(item.nodes) == 1
        and node.inputs == (last.output,)
        and node.shape == last.output.shape
        and node.macs == 0
        and len(read_by[last.output]) == 1
        and len(last.rows) < 4
    )
