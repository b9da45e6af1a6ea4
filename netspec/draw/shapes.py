"""A picture as shapes with places: what a format writes, and all that it has to know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Point: TypeAlias = tuple[float, float]
Size = Literal["title", "head", "row", "tail", "label", "note"]

POINTS: dict[Size, float] = {"title": 11.5, "head": 11.0, "row": 10.0, "tail": 10.0, "label": 9.0, "note": 9.5}
BOLD: frozenset[Size] = frozenset(("title", "head"))


@dataclass(slots=True)
class Text:
    """A line of text; ``x`` is its start, middle or end, ``y`` its base line, ``width`` how wide it is measured."""

    x: float
    y: float
    text: str
    size: Size
    width: float
    anchor: Literal["start", "middle", "end"] = "start"

    def span(self) -> tuple[float, float]:
        """From where to where it reaches."""
        left = self.x - self.width * {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]
        return left, left + self.width


@dataclass(slots=True)
class Cell:
    """A row of a box: a rectangle in the colour of a family, with its text."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    texts: list[Text] = field(default_factory=list)


@dataclass(slots=True)
class BoxShape:
    """A box with its rows; ``copies`` of it lie behind each other."""

    x: float
    y: float
    width: float
    height: float
    cells: list[Cell]
    copies: int = 1
    badge: Text | None = None
    tip: str = ""


@dataclass(slots=True)
class FrameShape:
    """A frame with its title; ``panel`` is one that shows the inside of a block."""

    x: float
    y: float
    width: float
    height: float
    texts: list[Text]
    panel: bool = False


@dataclass(slots=True)
class Line:
    """An edge, or a part of one: corners, and whether its end has a head."""

    points: list[Point]
    arrow: bool


@dataclass(slots=True)
class Figure:
    """All shapes of a picture, in a space that starts at 0, 0."""

    width: float
    height: float
    title: str
    description: str
    frames: list[FrameShape] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    boxes: list[BoxShape] = field(default_factory=list)
    labels: list[Text] = field(default_factory=list)

    def texts(self) -> Iterator[Text]:
        yield from self.labels
        for frame in self.frames:
            yield from frame.texts
        for box in self.boxes:
            yield from ([box.badge] if box.badge else [])
            for cell in box.cells:
                yield from cell.texts
