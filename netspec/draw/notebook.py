"""The picture in a notebook: part of its page, in the reader's colours, with no names that could clash."""

from __future__ import annotations

from netspec.draw.figure import figure
from netspec.draw.formats.svg import markup
from netspec.draw.options import Options
from netspec.draw.picture import picture
from netspec.graph import Graph

PAGE = (900.0, 480.0)  # a notebook's column, about


def shown(graph: Graph) -> str:
    """The overview of a network as SVG to put into HTML; nothing where what draws it is not installed."""
    try:
        drawn = figure(picture(graph, panels=False), Options(), PAGE)
    except ImportError:
        return ""
    style = f"max-width:min(100%,{min(round(PAGE[0]), round(drawn.width))}px);height:auto"
    return f'<div class="netspec-picture">{markup(drawn, "auto", style=style)}</div>'
