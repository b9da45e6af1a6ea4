"""The parts of a picture: boxes, frames around them, and panels; nothing of places or colours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from netspec.draw.options import Depth
from netspec.graph import Graph, Node
from netspec.layer import Layer
from netspec.outline import Kind


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a box: what it is, in bold, options in brief, and the layer whose family colours it."""

    head: str
    tail: str
    layer: Layer | None = None
    has_weights: bool = False


@dataclass(eq=False)
class Box:
    """A layer, several layers in rows, a block, a stage or an input; ``nodes`` are all that it stands for."""

    kind: Kind
    rows: list[Row]
    nodes: list[Node]
    copies: int = 1

    @property
    def output(self) -> Node:
        return self.nodes[-1]


@dataclass(eq=False)
class Frame:
    """A titled frame around boxes and frames. With ``copies`` only the first is drawn, and stands for all."""

    title: str
    note: str
    items: list[Item]
    nodes: list[Node]
    copies: int = 1

    def boxes(self) -> Iterator[Box]:
        for item in self.items:
            if isinstance(item, Frame):
                yield from item.boxes()
            else:
                yield item


Item: TypeAlias = Box | Frame


class Output:
    """Where an output of the network goes."""


OUTPUT = Output()


@dataclass(eq=False)
class Picture:
    """A network as it is drawn: its overview, a panel for each distinct block, and what was left out, in words."""

    graph: Graph
    root: Frame
    panels: list[Frame] = field(default_factory=list)
    depth: Depth = "block"
    notes: list[str] = field(default_factory=list)
