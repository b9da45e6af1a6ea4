"""What a layered layout is made of: vertices, the edges between them, and edges in pieces from rank to rank."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from netspec.draw.shapes import Point


@dataclass(eq=False)
class Vertex:
    """A box, or the place where edges enter or leave; ``left`` and ``right`` are its extents from its anchor.

    ``below`` is what it needs under it, for a label; ``turns`` says that its ports may change sides.
    """

    left: float
    right: float
    height: float
    role: Literal["box", "entry", "exit", "pass"] = "box"
    below: float = 0.0
    turns: bool = False
    x: float = 0.0
    y: float = 0.0
    rank: int = 0


@dataclass(eq=False)
class Edge:
    """A connection of two vertices; ``leaves`` and ``enters`` are places of its ends, from the vertices' anchors.

    Edges of one ``net`` carry the same, and may share their way.
    """

    source: Vertex
    target: Vertex
    net: object
    leaves: float = 0.0
    enters: float = 0.0
    arrow: bool = True
    drawn: bool = True
    points: list[Point] = field(default_factory=list)


@dataclass(eq=False)
class Piece:
    """A part of an edge between neighbouring ranks."""

    source: Vertex
    target: Vertex
    net: object
    leaves: float
    enters: float
    arrow: bool
    lane: float = 0.0

    @property
    def start(self) -> float:
        return self.source.x + self.leaves

    @property
    def end(self) -> float:
        return self.target.x + self.enters
