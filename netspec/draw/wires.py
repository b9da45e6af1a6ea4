"""What flows between the parts of a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netspec.draw.items import Box, Frame, Item, Output
from netspec.graph import Graph, Node
from netspec.outline import readers

BUNDLE = 7  # so many tensors on their way to one node are drawn as one line


@dataclass(frozen=True, slots=True)
class Wire:
    """A tensor that flows between two items of a frame; None stands for the outside of the frame."""

    source: Item | None
    target: Item | Output | None
    tensor: Node


class Wiring:
    """What flows between the items of frames.

    Of a frame that stands for several copies the first is drawn: what enters and leaves the others is put on it.
    """

    def __init__(self, graph: Graph) -> None:
        self.read_by = readers(graph)
        self.outputs = frozenset(graph.outputs)
        self.aside: set[tuple[Node, Node]] = set()
        """Tensors and nodes that read them which are joined elsewhere: no wire is there for them."""
        self.ports: dict[Node, Node] = {}
        for node in graph.nodes.values():
            alone = [read for read in node.inputs if len(self.read_by[read]) == 1 and read.name not in self.outputs]
            if len(alone) >= BUNDLE:
                self.ports |= dict.fromkeys(alone, alone[0])

    def port(self, tensor: Node) -> Node:
        """What many tensors that only one node reads are joined into on their way to it; else the tensor itself."""
        return self.ports.get(tensor, tensor)

    def wires(self, frame: Frame) -> list[Wire]:
        """What flows between the items of a frame, into it and out of it; each tensor once for each pair."""
        known = set(drawn_nodes(frame))
        owner = {node: item for item in frame.items for node in item.nodes}
        found: dict[Wire, None] = {}
        for node in drawn_nodes(frame):
            for read in node.inputs:
                if (read, node) in self.aside:
                    continue
                if read not in known:
                    found[Wire(None, owner[node], read)] = None
                elif owner[read] is not owner[node]:
                    found[Wire(owner[read], owner[node], read)] = None
        for node in self.leaving(frame):
            stand = stand_in(frame, node)
            found[Wire(owner[stand], None, stand)] = None
        return list(found)

    def leaving(self, frame: Frame) -> list[Node]:
        """The nodes of a frame that are read outside of it or are outputs of the network."""
        inside = set(frame.nodes)
        return [
            node
            for node in frame.nodes
            if node.name in self.outputs
            or any(reader not in inside and (node, reader) not in self.aside for reader in self.read_by[node])
        ]


def drawn_nodes(frame: Frame) -> list[Node]:
    """The nodes of the first copy, which is the one that is drawn."""
    return frame.nodes[: len(frame.nodes) // frame.copies]


def owners(frame: Frame) -> dict[Node, Box]:
    """The box that stands for each node of a frame, those of further copies too."""
    found = {node: box for item in frame.items for node, box in _owned(item)}
    return found | {node: found[stand] for node, stand in stand_ins(frame).items()}


def _owned(item: Item) -> Iterator[tuple[Node, Box]]:
    yield from owners(item).items() if isinstance(item, Frame) else ((node, item) for node in item.nodes)


def stand_ins(frame: Frame) -> dict[Node, Node]:
    """For the nodes of further copies of a frame, those of the first that stand for them."""
    size = len(frame.nodes) // frame.copies
    return {node: frame.nodes[place % size] for place, node in enumerate(frame.nodes) if place >= size}


def stand_in(frame: Frame, node: Node) -> Node:
    """The node of the first copy that stands for a node of any copy."""
    return frame.nodes[frame.nodes.index(node) % (len(frame.nodes) // frame.copies)] if frame.copies > 1 else node


def entrances(frame: Frame) -> dict[Node, Node]:
    """For each tensor that some copy of a frame reads from outside, the one that the first copy reads in its place."""
    size = len(frame.nodes) // frame.copies
    inside = set(frame.nodes)
    return {
        read: frame.nodes[place % size].inputs[slot]
        for place, node in reversed(list(enumerate(frame.nodes)))
        for slot, read in enumerate(node.inputs)
        if read not in inside
    }
