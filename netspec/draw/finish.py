"""From a layout to shapes on paper: turned over where the data flows to the right, with text in its places."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from netspec.draw.boxes import text
from netspec.draw.items import Picture
from netspec.draw.placed import Placed, PlacedBox, PlacedFrame, PlacedLabel
from netspec.draw.shapes import BoxShape, Figure, FrameShape, Line, Point, Text
from netspec.shapes import show
from netspec.units import show_count

MARGIN = 14.0
HEADING = 26.0


def finished(placed: Placed, picture: Picture, turned: bool) -> Figure:
    """Make a figure of a layout whose left upper corner is at 0, 0."""
    width, height = (placed.height, placed.right) if turned else (placed.right, placed.height)
    heading = _heading(picture, width)
    width = max(width, heading[-1].span()[1])
    drawn = Figure(width + 2 * MARGIN, height + HEADING + 2 * MARGIN, picture.graph.name, _description(picture))
    for line in heading:
        line.x, line.y = line.x + MARGIN, line.y + MARGIN
    drawn.labels += heading
    drawn.frames = [_frame(frame, turned) for frame in placed.frames]
    drawn.lines = [Line([_at(point, turned) for point in line.points], line.arrow) for line in placed.lines]
    drawn.lines = [line for line in drawn.lines if any(one != other for one, other in pairwise(line.points))]
    drawn.boxes = [_box(box, turned) for box in placed.boxes]
    drawn.labels += [_label(label, turned) for label in placed.labels]
    return drawn


def _at(point: Point, turned: bool) -> Point:
    x, y = (point[1], point[0]) if turned else point
    return x + MARGIN, y + MARGIN + HEADING


def _box(box: PlacedBox, turned: bool) -> BoxShape:
    shape = box.shape
    x, y = _at((box.x, box.y), turned)
    x, y = (x, y - shape.height / 2) if turned else (x - shape.width / 2, y)
    shape.x, shape.y = x, y
    for cell in shape.cells:
        cell.x, cell.y = cell.x + x, cell.y + y
        for words in cell.texts:
            words.x, words.y = words.x + x, words.y + y
    if shape.badge:
        shape.badge.x, shape.badge.y = shape.badge.x + x, shape.badge.y + y
    return shape


def _frame(frame: PlacedFrame, turned: bool) -> FrameShape:
    shape = frame.shape
    (shape.x, shape.y), (right, bottom) = _at((frame.x, frame.y), turned), _at((frame.right, frame.bottom), turned)
    shape.width, shape.height = right - shape.x, bottom - shape.y
    title, title_width = text(frame.title[0], "title", 190.0)
    shape.texts.append(Text(shape.x + 8, shape.y + 15, title, "title", title_width))
    if frame.title[1]:
        note, note_width = text(frame.title[1], "note", 190.0)
        if shape.panel and not turned:
            shape.texts.append(Text(shape.x + 8, shape.y + 28, note, "note", note_width))
        else:
            shape.texts.append(Text(right - 8, shape.y + 15, note, "note", note_width, "end"))
    return shape


def _label(label: PlacedLabel, turned: bool) -> Text:
    x, y = _at((label.x, label.y), turned)
    if turned:
        return Text(x + 4, y - 4 if label.side < 0 else y + 10, label.text, "label", label.width)
    anchor: Literal["start", "end"] = "start" if label.side > 0 else "end"
    return Text(x + 5 * label.side, y - 4 if label.above else y + 10, label.text, "label", label.width, anchor)


def _heading(picture: Picture, across: float) -> list[Text]:
    name, name_width = text(picture.graph.name, "title", 300.0)
    facts, facts_width = text(_facts(picture), "note", max(480.0, across - name_width - 10))
    return [Text(0.0, 10.0, name, "title", name_width), Text(name_width + 10, 10.0, facts, "note", facts_width)]


def _facts(picture: Picture) -> str:
    graph = picture.graph
    macs = "MACs unknown" if graph.macs is None else f"{show_count(graph.macs)} MACs"
    return f"{_ends(picture)} · {show_count(graph.params.total)} parameters · {macs} · {graph.layer_count:,} layers"


def _ends(picture: Picture) -> str:
    graph = picture.graph
    return " → ".join(
        ", ".join(show(graph.nodes[name].shape) for name in names[:4]) + (", …" if len(names) > 4 else "")
        for names in (graph.inputs, graph.outputs)
    )


def _description(picture: Picture) -> str:
    """The picture in words, for who can't see it."""
    names = [item.title for item in picture.root.items if hasattr(item, "title")]
    stages = f" Stages: {', '.join(names)}." if names else ""
    panels = [panel.title for panel in picture.panels]
    blocks = f" The inside of each block is drawn once: {', '.join(panels)}." if panels else ""
    words = f"{picture.graph.description}." if picture.graph.description else ""
    return f"{words} {_facts(picture)}.{stages}{blocks}".strip()
