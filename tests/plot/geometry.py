"""What is wrong with the places in a figure: boxes on boxes, edges through boxes, text that leaves its box."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise

from netspec.draw.shapes import BoxShape, Figure, FrameShape, Point, Text

SLACK = 0.6


@dataclass(frozen=True)
class Area:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Area) -> bool:
        return (
            self.left < other.right - SLACK
            and other.left < self.right - SLACK
            and self.top < other.bottom - SLACK
            and other.top < self.bottom - SLACK
        )

    def holds(self, other: Area) -> bool:
        return (
            self.left <= other.left + SLACK
            and other.right <= self.right + SLACK
            and self.top <= other.top + SLACK
            and other.bottom <= self.bottom + SLACK
        )


def area(shape: BoxShape | FrameShape) -> Area:
    return Area(shape.x, shape.y, shape.x + shape.width, shape.y + shape.height)


def text_area(text: Text) -> Area:
    left, right = text.span()
    return Area(left, text.y - 7, right, text.y + 2)


def segment(start: Point, end: Point) -> Area:
    (x1, y1), (x2, y2) = start, end
    return Area(min(x1, x2) - SLACK, min(y1, y2) - SLACK, max(x1, x2) + SLACK, max(y1, y2) + SLACK)


def faults(figure: Figure) -> Iterator[str]:
    paper = Area(0, 0, figure.width, figure.height)
    boxes = [(box, area(box)) for box in figure.boxes]
    for (one, here), (other, there) in combinations(boxes, 2):
        if here.meets(there):
            yield f"{one.tip} lies on {other.tip}"
    yield from _of_text(figure, boxes)
    yield from _of_lines(figure, boxes)
    yield from _of_frames(figure, boxes)
    for shape in [*(place for _, place in boxes), *map(area, figure.frames), *map(text_area, figure.texts())]:
        if not paper.holds(shape):
            yield f"{shape} leaves the paper"


def _of_text(figure: Figure, boxes: list[tuple[BoxShape, Area]]) -> Iterator[str]:
    for box, place in boxes:
        texts = [text for cell in box.cells for text in cell.texts] + ([box.badge] if box.badge else [])
        for text in texts:
            if not place.holds(text_area(text)):
                yield f"{text.text!r} leaves its box"
        for one, other in combinations(texts, 2):
            if text_area(one).meets(text_area(other)):
                yield f"{one.text!r} lies on {other.text!r}"
    for label in figure.labels:
        inner = text_area(label)
        if any(segment(*pair).meets(inner) for line in figure.lines for pair in pairwise(line.points)):
            yield f"an edge passes through the label {label.text!r}"
        for other in figure.labels:
            if other is not label and text_area(label).meets(text_area(other)):
                yield f"the label {label.text!r} lies on {other.text!r}"
        for box, place in boxes:
            if text_area(label).meets(place):
                yield f"the label {label.text!r} lies on {box.tip}"


def _of_lines(figure: Figure, boxes: list[tuple[BoxShape, Area]]) -> Iterator[str]:
    for line in figure.lines:
        for start, end in pairwise(line.points):
            if abs(start[0] - end[0]) > SLACK and abs(start[1] - end[1]) > SLACK:
                yield f"an edge runs aslant from {start} to {end}"
            for box, place in boxes:
                inner = Area(place.left + 1, place.top + 1, place.right - 1, place.bottom - 1)
                if segment(start, end).meets(inner):
                    yield f"an edge passes through {box.tip}"


def _crosses_title(figure: Figure, frame: FrameShape) -> Iterator[str]:
    for text in frame.texts:
        for line in figure.lines:
            if any(segment(*pair).meets(text_area(text)) for pair in pairwise(line.points)):
                yield f"an edge passes through the title {text.text!r}"


def _of_frames(figure: Figure, boxes: list[tuple[BoxShape, Area]]) -> Iterator[str]:
    for one, other in combinations(figure.frames, 2):
        here, there = area(one), area(other)
        if here.meets(there) and not (here.holds(there) or there.holds(here)):
            yield f"the frames {one.texts[0].text!r} and {other.texts[0].text!r} cut each other"
    for frame in figure.frames:
        place = area(frame)
        yield from _crosses_title(figure, frame)
        for text in frame.texts:
            if not place.holds(text_area(text)):
                yield f"{text.text!r} leaves its frame"
            for box, inner in boxes:
                if text_area(text).meets(inner):
                    yield f"the title {text.text!r} lies on {box.tip}"
        for title, note in combinations(frame.texts, 2):
            if text_area(title).meets(text_area(note)):
                yield f"the title {title.text!r} lies on {note.text!r}"
        for box, inner in boxes:
            if place.meets(inner) and not place.holds(inner):
                yield f"{box.tip} leaves the frame {frame.texts[0].text!r}"
