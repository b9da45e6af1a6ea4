"""Mermaid: a flowchart with subgraphs, which GitHub and other tools draw from text: https://mermaid.js.org."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.draw.linked import Group, Linked, Links
from netspec.draw.options import Drawn, Options
from netspec.draw.picture import picture
from netspec.draw.style import DARK, LIGHT
from netspec.graph import Graph

IS_TEXT = True


def render(graph: Graph, options: Options) -> Drawn:
    """Write a network as a flowchart."""
    drawn = picture(graph, options.depth)
    links = Links(drawn)
    lines = [
        f"flowchart {'LR' if options.direction == 'right' else 'TD'}",
        *_inside(links.root, "  "),
        *(line for panel in links.panels for line in _group(panel, "  ")),
        *(f'  {link.source} -- "{_text(link.label)}" --> {link.target}' for link in links.links.values()),
        *_colours(links, options),
    ]
    return Drawn("".join(f"{line}\n" for line in lines).encode(), tuple(drawn.notes))


def _group(group: Group, lead: str) -> Iterator[str]:
    yield f'{lead}subgraph {group.key} ["{_text(group.title)}"]'
    yield from _inside(group, f"{lead}  ")
    yield f"{lead}end"


def _inside(group: Group, lead: str) -> Iterator[str]:
    for box in group.boxes:
        yield f'{lead}{box.key}["{"<br/>".join(map(_text, box.lines))}"]:::{box.colour}'
    for inner in group.groups:
        yield from _group(inner, lead)


def _colours(links: Links, options: Options) -> Iterator[str]:
    palette, ink = (DARK, "#ececf1") if options.theme == "dark" else (LIGHT, "#1c1c22")
    used = {box.colour for group in (links.root, *links.panels) for box in _boxes(group)}
    for name in sorted(used):
        fill, line = palette[name]
        yield f"  classDef {name} fill:{fill},stroke:{line},color:{ink}"


def _boxes(group: Group) -> Iterator[Linked]:
    yield from group.boxes
    for inner in group.groups:
        yield from _boxes(inner)


def _text(text: str) -> str:
    """Text between quotes: whatever may mean something to Mermaid, Markdown or HTML is written as a number."""
    plain = " _×·→…[](),.:=+/-"
    return "".join(c if c.isalnum() or c in plain else f"#{ord(c)};" for c in text) or " "
