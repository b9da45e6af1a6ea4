"""Frames of boxes as shapes with places: each frame is laid out alone, and then stands in its parent as a vertex.

All of it flows downwards. A picture that flows to the right is laid out with the sides of every box swapped, and turned
over at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from netspec.draw.boxes import SHADOW, box_shape, text
from netspec.draw.items import OUTPUT, Box, Frame, Item
from netspec.draw.layered import Extent, layered
from netspec.draw.pieces import Edge, Vertex
from netspec.draw.placed import Placed, PlacedBox, PlacedFrame, PlacedLabel, PlacedLine
from netspec.draw.shapes import FrameShape
from netspec.draw.wires import Wire, Wiring, entrances, stand_in
from netspec.graph import Node
from netspec.shapes import show

PAD = 12.0
TITLE = 20.0
LABEL_HEIGHT = 15.0
PORT = 14.0  # between ports of a box
LABEL = 110.0  # the widest that a size may be written


class Composer:
    """Lays out frames.

    ``turned`` says that the picture will be turned over, to flow to the right, and ``rising`` that it will be stood on
    its head, to flow upwards.
    """

    def __init__(self, wiring: Wiring, turned: bool = False, rising: bool = False) -> None:
        self.wiring = wiring
        self.turned = turned
        self.rising = rising
        self.side = -1 if turned else 1
        self.below: dict[Item, Item] = {}
        """Items that stand below others without being joined to them."""

    def place(self, item: Item, wires: Sequence[Wire]) -> Placed:
        """Lay out an item, given the wires of the frame that it is in."""
        return self.box(item, wires) if isinstance(item, Box) else self.frame(item)

    def box(self, box: Box, wires: Sequence[Wire]) -> Placed:
        shape = box_shape(box)
        shadow = SHADOW * 2 if box.copies > 1 else 0.0
        across, along = (shape.height, shape.width) if self.turned else (shape.width, shape.height)
        placed = Placed(across / 2, across / 2 + shadow, along + shadow, [PlacedBox(shape, box)])
        out = dict.fromkeys(wire.tensor for wire in wires if wire.source is box)
        ports = dict.fromkeys(map(self.wiring.port, sorted(out, key=lambda node: node is not box.output)))
        places = {port: min(PORT * number, across / 2 - 4) for number, port in enumerate(ports)}
        placed.outs = {tensor: places[self.wiring.port(tensor)] for tensor in out}
        tensors = [next(tensor for tensor in out if self.wiring.port(tensor) is port) for port in ports]
        self.label(placed, box, tensors)
        return placed

    def label(self, placed: Placed, box: Box, tensors: Sequence[Node]) -> None:
        """Write the size of what comes out beside it, where it is another than what came in."""
        inside = set(box.nodes)
        read = {read.shape for node in box.nodes for read in node.inputs if read not in inside}
        for tensor in tensors:
            if read != {tensor.shape} or len(tensors) > 1:
                words, wide = text(show(tensor.shape), "label", LABEL)
                placed.labels.append(PlacedLabel(placed.outs[tensor], placed.height, words, wide, self.side))

    def frame(self, frame: Frame, panel: bool = False) -> Placed:
        """Lay out a frame with its border and title; tensors go in at its top and out at its bottom."""
        placed = self.inside(frame.items, self.wiring.wires(frame), stubs=panel)
        name = f"{frame.title} ×{frame.copies}" if frame.copies > 1 else frame.title
        title, title_width = text(name, "title", 190.0)
        note, note_width = text(frame.note, "note", 150.0)
        left, right = placed.left + PAD, placed.right + PAD
        top, bottom = 8.0, 8.0
        first = placed.height - placed.lowest() if self.rising else placed.highest()
        if self.turned:
            left += TITLE
            bottom += max(0.0, title_width + note_width + 20 - placed.height - top - bottom)
        elif panel:
            top += TITLE + (14 if note else 0)
            width = max(title_width, note_width) + 16
            left, right = max(left, width / 2), max(right, width / 2)
        else:
            top += 4 if self.rising else self.under_title(bool(placed.ins), first)
            least, most = min(placed.ins.values(), default=0.0), max(placed.ins.values(), default=0.0)
            left = max(left, title_width + 14 - least)
            right = max(right, note_width + 14 + most)
        if self.rising:
            top, bottom = bottom, top
            if not panel:
                bottom += self.under_title(bool(placed.outs), first)
        around = Placed(left, right, placed.height + top + bottom)
        around.take(placed, 0.0, top)
        lines = [PlacedLine([(x, 0.0), (x, top)], arrow=False) for x in placed.ins.values()] if not panel else []
        lines += (
            [PlacedLine([(x, placed.height + top), (x, around.height)], arrow=False) for x in placed.outs.values()]
            if not panel
            else []
        )
        around.lines += lines
        shape = FrameShape(0, 0, 0, 0, [], panel)
        around.frames.insert(0, PlacedFrame(shape, -left, 0.0, right, around.height, (title, note)))
        around.ins = {tensor: placed.ins[first] for tensor, first in entrances(frame).items() if first in placed.ins}
        around.outs = {
            tensor: placed.outs[stand_in(frame, tensor)]
            for tensor in self.wiring.leaving(frame)
            if stand_in(frame, tensor) in placed.outs
        }
        return around

    def under_title(self, joined: bool, first: float) -> float:
        """How far below its usual place a frame begins, so that only edges from outside come beside its title."""
        return max(4.0, TITLE - 4 - first) if joined else TITLE

    def inside(self, items: Sequence[Item], wires: Sequence[Wire], stubs: bool = False) -> Placed:
        """Lay out items. With ``stubs`` what enters and leaves starts and ends here, with a label and an arrow."""
        parts = {item: self.place(item, wires) for item in items}
        vertices: dict[object, Vertex] = {item: self.vertex(item, part) for item, part in parts.items()}
        edges = self.edges(parts, vertices, wires, stubs)
        extent = layered(list(vertices.values()), edges)
        for item, part in parts.items():
            if isinstance(item, Box):
                self.turn_labels(part, {abs(e.leaves): e.leaves for e in edges if e.source is vertices[item]})
        self.even(parts, vertices, extent)
        middle = _middle(list(vertices.values()), extent.left, extent.right)
        whole = Placed(middle - extent.left, extent.right - middle, extent.height)
        for item, part in parts.items():
            whole.take(part, vertices[item].x - middle, vertices[item].y)
        whole.lines += [
            PlacedLine([(x - middle, y) for x, y in edge.points], edge.arrow) for edge in edges if edge.drawn
        ]
        for wire in wires:
            port = self.wiring.port(wire.tensor)
            if wire.source is None:
                whole.ins[wire.tensor] = vertices["in", port].x - middle
            if wire.target is None and not stubs:
                whole.outs[wire.tensor] = vertices["out", port].x - middle
        if stubs:
            for tensor, x in whole.ins.items():
                words, wide = text(show(tensor.shape), "label", LABEL)
                whole.labels.append(PlacedLabel(x, 0.0, words, wide, self.side))
        return whole

    def edges(
        self, parts: dict[Item, Placed], vertices: dict[object, Vertex], wires: Sequence[Wire], stubs: bool
    ) -> list[Edge]:
        """The edges of wires, each pair of ports joined once; what enters or leaves gets a vertex of its own."""
        found: dict[tuple[Vertex, Vertex, float, float], Edge] = {}
        for wire in wires:
            port = self.wiring.port(wire.tensor)
            source_key, target_key = wire.source or ("in", port), _target(wire, port, stubs)
            if source_key not in vertices:
                vertices[source_key] = self.entry(wire.tensor, stubs)
            source = vertices[source_key]
            target = vertices.setdefault(target_key, Vertex(1.0, 1.0, 0.0, "exit"))
            leaves = parts[wire.source].outs[wire.tensor] if wire.source is not None else 0.0
            enters = parts[wire.target].ins.get(wire.tensor, 0.0) if isinstance(wire.target, Box | Frame) else 0.0
            arrow = isinstance(wire.target, Box) or target_key == ("end", port)
            found.setdefault((source, target, leaves, enters), Edge(source, target, leaves, leaves, enters, arrow))
        hidden = [
            Edge(vertices[above], vertices[item], above, arrow=False, drawn=False)
            for item, above in self.below.items()
            if item in parts and above in parts
        ]
        return [*found.values(), *hidden]

    def even(self, parts: dict[Item, Placed], vertices: dict[object, Vertex], extent: Extent) -> None:
        """Make frames that stand alone as wide as each other."""
        alone = [item for item in parts if isinstance(item, Frame) and vertices[item] in extent.alone]
        left = min((vertices[item].x - parts[item].left for item in alone), default=0.0)
        right = max((vertices[item].x + parts[item].right for item in alone), default=0.0)
        for item in alone:
            border = parts[item].frames[0]
            border.x, border.right = left - vertices[item].x, right - vertices[item].x

    def vertex(self, item: Item, part: Placed) -> Vertex:
        vertex = Vertex(part.left, part.right, part.height, turns=isinstance(item, Box))
        if isinstance(item, Box):
            for label in part.labels:
                self.room(vertex, label, both=len(part.labels) > 1)
        return vertex

    def room(self, vertex: Vertex, label: PlacedLabel, both: bool = False) -> None:
        """Keep room for a label: beside the edge that goes down, or above the one that goes to the right."""
        if self.turned:
            vertex.left = max(vertex.left, LABEL_HEIGHT - label.x)
            vertex.right = max(vertex.right, LABEL_HEIGHT + label.x) if both else vertex.right
            vertex.below = max(vertex.below, label.width + 6)
        else:
            vertex.right = max(vertex.right, label.x + label.width + 6)
            vertex.left = max(vertex.left, label.x + label.width + 6) if both else vertex.left
            vertex.below = max(vertex.below, LABEL_HEIGHT)

    def turn_labels(self, box: Placed, ports: dict[float, float]) -> None:
        """Put labels on the outer sides of ports, which may have changed sides."""
        if len(box.labels) > 1:
            for label in box.labels:
                label.x = ports.get(label.x, label.x)
            ordered = sorted(box.labels, key=lambda label: label.x)
            ordered[0].side, ordered[-1].side = -1, 1
            box.labels[:] = [ordered[0], ordered[-1]]  # there is no room between two ports

    def entry(self, tensor: Node, stubs: bool) -> Vertex:
        vertex = Vertex(1.0, 1.0, 0.0, "entry")
        if stubs:
            words, wide = text(show(tensor.shape), "label", LABEL)
            self.room(vertex, PlacedLabel(0.0, 0.0, words, wide))
        return vertex


def _middle(vertices: Sequence[Vertex], left: float, right: float) -> float:
    """The anchor of a layout: where most edges go in or out, else the middle."""
    ends = [vertex.x for vertex in vertices if vertex.role in ("entry", "exit")]
    return sorted(ends)[len(ends) // 2] if ends else (left + right) / 2


def _target(wire: Wire, port: Node, stubs: bool) -> object:
    """What stands for the target of a wire: an item, or the place where the tensor leaves or ends."""
    if isinstance(wire.target, Box | Frame):
        return wire.target
    return ("end" if stubs or wire.target is OUTPUT else "out", port)
