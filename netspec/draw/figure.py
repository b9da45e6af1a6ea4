"""The whole figure: the overview in columns, the insides of blocks beside or below it, arranged for a page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from netspec.draw.columns import columns, overview
from netspec.draw.compose import Composer
from netspec.draw.finish import finished
from netspec.draw.items import Picture
from netspec.draw.ladder import ladder
from netspec.draw.options import Options
from netspec.draw.placed import Placed
from netspec.draw.shapes import Figure
from netspec.draw.wires import Wiring

PAGE = (1000.0, 1000.0)  # what a figure should fit into without being made smaller
BETWEEN = 22.0  # between the parts of a figure
MOST_COLUMNS = 8
SHARES = (0.6, 0.8, 1.0, 1.2, 1.4, 1.7, 2.0)  # of a page's width, to try
UNEVEN_COST = 0.05
COLUMN_COST = 0.04  # a reader has to find the next column


@dataclass(eq=False)
class _Arrangement:
    """Where the overview and the panels are put, by their left upper corners."""

    overview: Placed
    panels: list[tuple[Placed, float, float]] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0

    def put(self, panel: Placed, x: float, y: float) -> None:
        self.panels.append((panel, x, y))
        self.width = max(self.width, x + panel.left + panel.right)
        self.height = max(self.height, y + panel.height)


def figure(picture: Picture, options: Options, page: tuple[float, float] = PAGE) -> Figure:
    """Give every shape of a picture its place, so that it fits well into a page."""
    turned = options.direction == "right"
    composer = Composer(Wiring(picture.graph), turned)
    panels = [composer.frame(panel, panel=True) for panel in picture.panels]
    page = page[::-1] if turned else page
    best, least = None, math.inf
    for count, drawn in _overviews(composer, picture):
        for arrangement in _arrangements(drawn, panels, page[0]):
            score = max(1.0, arrangement.width / page[0], arrangement.height / page[1]) + COLUMN_COST * count
            score += 1e-8 * arrangement.width * arrangement.height + UNEVEN_COST * _unevenness(arrangement, page)
            if score < least:
                best, least = arrangement, score
    assert best is not None, "a network has at least one box"
    whole = Placed(0.0, best.width, best.height)
    whole.take(best.overview, best.overview.left, 0.0)
    for panel, x, y in best.panels:
        whole.take(panel, x + panel.left, y)
    return finished(whole, picture, turned)


def _unevenness(arrangement: _Arrangement, page: tuple[float, float]) -> float:
    """How far the form of a figure is from that of the page, and how much of it is empty."""
    parts = [arrangement.overview, *(panel for panel, *_ in arrangement.panels)]
    filled = sum((part.left + part.right) * part.height for part in parts)
    form = arrangement.width / page[0] * page[1] / arrangement.height
    return abs(math.log(form)) + 2.0 * (1.0 - filled / (arrangement.width * arrangement.height))


def _overviews(composer: Composer, picture: Picture) -> Iterator[tuple[int, Placed]]:
    """The overview in more and more columns; of a network that goes down and comes up again just that."""
    if not composer.turned and (folded := ladder(picture)):
        yield 1, folded
        return
    for count, cut in columns(composer, picture.root, MOST_COLUMNS):
        yield count, overview(composer, picture.root, cut)


def _arrangements(drawn: Placed, panels: Sequence[Placed], across_page: float) -> Iterator[_Arrangement]:
    """Put the panels beside and below the overview, in their order or the tallest first, into several widths."""
    width = drawn.left + drawn.right
    least = max([width, *(panel.left + panel.right for panel in panels)])
    orders = [list(panels), sorted(panels, key=lambda panel: -panel.height)]
    widths = {least, *(max(least, across_page * share) for share in SHARES)}
    for across in sorted(widths) if panels else [least]:
        for order in orders if len(panels) > 1 else orders[:1]:
            arrangement = _Arrangement(drawn, [], width, drawn.height)
            skyline = [(0.0, width, drawn.height)]  # from left to right: start, end, how far down it is taken
            for panel in order:
                wide = panel.left + panel.right
                x, y = _lowest(skyline, wide, across)
                arrangement.put(panel, x, y)
                skyline.append((x, x + wide, y + panel.height))
            yield arrangement


def _lowest(skyline: Sequence[tuple[float, float, float]], wide: float, across: float) -> tuple[float, float]:
    """The highest free place of a width, below everything that is above it; of several the one at the left."""
    found = []
    for start in {0.0, *(end + BETWEEN for _, end, _ in skyline)}:
        if start == 0.0 or start + wide <= across:
            under = [
                bottom
                for left, right, bottom in skyline
                if left < start + wide + BETWEEN and start < right + BETWEEN - 0.01
            ]
            found.append((max(under) + BETWEEN if under else 0.0, start))
    y, x = min(found)
    return x, y
