"""HTML: the page of a network, to unfold, search and point at; one file that loads nothing."""

from __future__ import annotations

from netspec.draw.options import Drawn, Options
from netspec.graph import Graph

IS_TEXT = True


def render(graph: Graph, options: Options) -> Drawn:
    """Write the page. It is unfolded by who reads it, and has the colours that they are used to."""
    from netspec.page import View, page

    return Drawn(page([View(graph, graph.name, options.file)]).encode())
