"""A picture for tools that lay out on their own: groups of boxes, and edges from box to box."""

from __future__ import annotations

from dataclasses import dataclass, field

from netspec.draw.boxes import colour_of
from netspec.draw.items import Box, Frame, Picture
from netspec.draw.wires import Wiring, owners
from netspec.graph import Node
from netspec.options import escape
from netspec.shapes import show

LONGEST = 80  # characters of a line


@dataclass(eq=False)
class Group:
    """A titled frame by what is in it; ``lead`` says how deep it stands."""

    key: str
    title: str
    panel: bool = False
    boxes: list[Linked] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Linked:
    """A box by its key, its lines of text and its colour."""

    key: str
    lines: tuple[str, ...]
    colour: str


@dataclass(frozen=True, slots=True)
class Link:
    """An edge between the boxes of two keys, with the size of what flows."""

    source: str
    target: str
    label: str


class Links:
    """The groups and edges of a picture."""

    def __init__(self, picture: Picture) -> None:
        self.wiring = Wiring(picture.graph)
        self.keys: dict[Box, str] = {}
        self.counted = 0
        self.links: dict[tuple[str, str], Link] = {}
        self.root = self.group(picture.root)
        self.link(picture.root)
        self.panels = [self.panel(frame) for frame in picture.panels]

    def group(self, frame: Frame) -> Group:
        self.counted += 1
        title = " · ".join(word for word in (frame.title, frame.note) if word)
        group = Group(f"group{self.counted}", line(f"{title} ×{frame.copies}" if frame.copies > 1 else title))
        for item in frame.items:
            if isinstance(item, Frame):
                group.groups.append(self.group(item))
            else:
                group.boxes.append(self.box(item))
        return group

    def box(self, box: Box) -> Linked:
        key = self.keys[box] = f"box{len(self.keys) + 1}"
        lines = [line(f"{row.head} {row.tail}") for row in box.rows]
        if box.copies > 1:
            lines[-1] += f" ×{box.copies}"
        return Linked(key, tuple(lines), colour_of(box, box.rows[0]))

    def panel(self, frame: Frame) -> Group:
        """A group for the inside of a block, with its ends as boxes."""
        group = self.group(frame)
        group.panel = True
        ends: dict[tuple[str, Node], Linked] = {}
        for wire in self.wiring.wires(frame):
            if wire.source is None or wire.target is None:
                way = "in" if wire.source is None else "out"
                key = f"{group.key}{way}{len(ends) + 1}"
                ends.setdefault((way, wire.tensor), Linked(key, (way,), "input"))
        group.boxes += ends.values()
        self.link(frame, {each: linked.key for each, linked in ends.items()})
        return group

    def link(self, frame: Frame, ends: dict[tuple[str, Node], str] | None = None) -> None:
        """Join the boxes of a frame, however deep they stand in it; of repeats the first stands for all."""
        owner = {node: self.keys[box] for node, box in owners(frame).items()}
        for node in (node for box in frame.boxes() for node in box.nodes):
            for read in node.inputs:
                source = owner.get(read) or (ends or {}).get(("in", read))
                if source and source != owner[node]:
                    self.links.setdefault((source, owner[node]), Link(source, owner[node], show(read.shape)))
        for (way, tensor), key in (ends or {}).items():
            if way == "out" and tensor in owner:
                self.links[owner[tensor], key] = Link(owner[tensor], key, show(tensor.shape))


def line(text: str) -> str:
    """A line of text of at most so many characters, with what can't be seen written out."""
    text = escape(text.strip())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
