"""Shapes with places while a picture is laid out: everything flows down, and can still be moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

from netspec.draw.boxes import SHADOW
from netspec.draw.items import Box
from netspec.draw.shapes import BoxShape, FrameShape, Point
from netspec.graph import Node


@dataclass(eq=False)
class Placed:
    """Shapes around an anchor: from ``left`` to ``right`` of it, and from 0 down to ``height``.

    ``ins`` and ``outs`` are the places of the ports of tensors at its top and bottom.
    """

    left: float = 0.0
    right: float = 0.0
    height: float = 0.0
    boxes: list[PlacedBox] = field(default_factory=list)
    frames: list[PlacedFrame] = field(default_factory=list)
    lines: list[PlacedLine] = field(default_factory=list)
    labels: list[PlacedLabel] = field(default_factory=list)
    ins: dict[Node, float] = field(default_factory=dict)
    outs: dict[Node, float] = field(default_factory=dict)

    def take(self, other: Placed, x: float, y: float) -> None:
        """Take over the shapes of another one, its anchor put at a place."""
        shapes: list[Movable] = [*other.boxes, *other.frames, *other.lines, *other.labels]
        for shape in shapes:
            shape.move(x, y)
        self.boxes += other.boxes
        self.frames += other.frames
        self.lines += other.lines
        self.labels += other.labels

    def highest(self) -> float:
        """Where the first edge runs across, or the first box stands."""
        return min([*self._across(), *(box.y for box in self.boxes)], default=0.0)

    def lowest(self) -> float:
        """Where the last edge runs across, or the last box ends."""
        return max([*self._across(), *(box.y + box.shape.height for box in self.boxes)], default=0.0)

    def _across(self) -> Iterator[float]:
        for line in self.lines:
            yield from (one[1] for one, other in pairwise(line.points) if one[1] == other[1])

    def stand_on_head(self) -> None:
        """Turn everything upside down, boxes and text excepted: what flowed down flows up."""
        for box in self.boxes:
            box.y = self.height - box.y - box.shape.height - (2 * SHADOW if box.shape.copies > 1 else 0.0)
        for frame in self.frames:
            frame.y, frame.bottom = self.height - frame.bottom, self.height - frame.y
        for line in self.lines:
            line.points = [(x, self.height - y) for x, y in line.points]
        for label in self.labels:
            label.y, label.above = self.height - label.y, not label.above

    def stretch(self, place: float, by: float) -> None:
        """Make room at a place: what is below it moves down."""
        for box in self.boxes:
            box.y += by if box.y >= place else 0.0
        for frame in self.frames:
            frame.y += by if frame.y >= place else 0.0
            frame.bottom += by if frame.bottom >= place else 0.0
        for line in self.lines:
            line.points = [(x, y + by if y >= place else y) for x, y in line.points]
        for label in self.labels:
            label.y += by if label.y >= place else 0.0
        self.height += by


class Movable(Protocol):
    """What has a place that can be changed."""

    def move(self, x: float, y: float) -> None: ...


@dataclass(eq=False)
class PlacedBox:
    """A box by its middle across and its top."""

    shape: BoxShape
    item: Box
    x: float = 0.0
    y: float = 0.0

    def move(self, x: float, y: float) -> None:
        self.x, self.y = self.x + x, self.y + y


@dataclass(eq=False)
class PlacedFrame:
    """A frame from corner to corner, with its title and the note beside it."""

    shape: FrameShape
    x: float
    y: float
    right: float
    bottom: float
    title: tuple[str, str]

    def move(self, x: float, y: float) -> None:
        self.x, self.right = self.x + x, self.right + x
        self.y, self.bottom = self.y + y, self.bottom + y


@dataclass(eq=False)
class PlacedLine:
    """An edge, or a part of one."""

    points: list[Point]
    arrow: bool

    def move(self, x: float, y: float) -> None:
        self.points = [(px + x, py + y) for px, py in self.points]


@dataclass(eq=False)
class PlacedLabel:
    """The size of a tensor beside the start of its edge: ``side`` 1 is right of it or below, -1 left or above."""

    x: float
    y: float
    text: str
    width: float
    side: int = 1
    above: bool = False

    def move(self, x: float, y: float) -> None:
        self.x, self.y = self.x + x, self.y + y
