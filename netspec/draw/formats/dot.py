"""DOT: a graph with clusters for Graphviz and the tools that read its language: https://graphviz.org/doc/info/lang.html."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.draw.linked import Group, Linked, Links
from netspec.draw.options import Drawn, Options
from netspec.draw.picture import picture
from netspec.draw.style import DARK, DARK_INK, LIGHT, LIGHT_INK, Palette
from netspec.graph import Graph

IS_TEXT = True


def render(graph: Graph, options: Options) -> Drawn:
    """Write a network as a graph for Graphviz."""
    drawn = picture(graph, options.depth)
    links = Links(drawn)
    palette, ink = (DARK, DARK_INK) if options.theme == "dark" else (LIGHT, LIGHT_INK)
    fonts = f'fontname="Helvetica", fontcolor="{ink["text"]}"'
    lines = [
        f"digraph {_quoted(graph.name)} {{",
        f'  graph [rankdir={"LR" if options.direction == "right" else "TB"}, bgcolor="{ink["paper"]}", {fonts}, '
        f'fontsize=12, labeljust=l, color="{ink["frame_line"]}", nodesep=0.3, ranksep=0.35];',
        f'  node [shape=box, style="rounded,filled", {fonts}, fontsize=11, height=0.3];',
        f'  edge [color="{ink["edge"]}", fontname="Helvetica", fontcolor="{ink["muted"]}", fontsize=9, arrowsize=0.6];',
        *_inside(links.root, "  ", palette),
        *(line for panel in links.panels for line in _group(panel, "  ", palette)),
        *(f"  {link.source} -> {link.target} [label={_quoted(f' {link.label}')}];" for link in links.links.values()),
        "}",
    ]
    return Drawn("".join(f"{line}\n" for line in lines).encode(), tuple(drawn.notes))


def _group(group: Group, lead: str, palette: Palette) -> Iterator[str]:
    yield f"{lead}subgraph cluster_{group.key} {{"
    yield f"{lead}  label={_quoted(group.title)}; style={'dashed' if group.panel else 'rounded'};"
    yield from _inside(group, f"{lead}  ", palette)
    yield f"{lead}}}"


def _inside(group: Group, lead: str, palette: Palette) -> Iterator[str]:
    for box in group.boxes:
        yield f"{lead}{_box(box, palette)}"
    for inner in group.groups:
        yield from _group(inner, lead, palette)


def _box(box: Linked, palette: Palette) -> str:
    fill, line = palette[box.colour]
    label = "\\n".join(_quoted(each)[1:-1] for each in box.lines)
    return f'{box.key} [label="{label}", fillcolor="{fill}", color="{line}"];'


def _quoted(text: str) -> str:
    """A string of DOT; a backslash would begin a sequence of its own."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
