"""PDF: the SVG as one page of its size, with lines and text as such and the fonts inside."""

from __future__ import annotations

from netspec.draw.formats import svg
from netspec.draw.options import Drawn, Options
from netspec.graph import Graph

IS_TEXT = False


def render(graph: Graph, options: Options) -> Drawn:
    """Draw a network as a page; what follows the reader's colours elsewhere is light here."""
    import vl_convert

    figure, notes = svg.figure_of(graph, options)
    return Drawn(vl_convert.svg_to_pdf(svg.markup(figure, svg.on_paper(options.theme))), notes)
