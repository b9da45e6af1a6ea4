"""PNG: the SVG as pixels. The fonts come with the library; no browser and no installed font is needed."""

from __future__ import annotations

from math import sqrt

from netspec.draw.formats import svg
from netspec.draw.options import Drawn, Options
from netspec.graph import Graph

IS_TEXT = False
MOST_PIXELS = 64_000_000  # four bytes each while they are drawn


def render(graph: Graph, options: Options) -> Drawn:
    """Draw a network as pixels; what follows the reader's colours elsewhere is light here."""
    import vl_convert

    figure, notes = svg.figure_of(graph, options)
    most = sqrt(MOST_PIXELS / (figure.width * figure.height))
    if options.scale > most:
        notes = (*notes, f"at scale {options.scale:g} it has more than {MOST_PIXELS:,} pixels: drawn at {most:.2g}")
    markup = svg.markup(figure, svg.on_paper(options.theme))
    return Drawn(vl_convert.svg_to_png(markup, scale=min(options.scale, most)), notes)
