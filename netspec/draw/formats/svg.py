"""SVG: one file without scripts and without anything from elsewhere; text stays text."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from math import hypot

from netspec.draw.boxes import SHADOW
from netspec.draw.figure import figure
from netspec.draw.options import Drawn, Options, Theme
from netspec.draw.picture import picture
from netspec.draw.shapes import BOLD, POINTS, BoxShape, Figure, FrameShape, Line, Point, Text
from netspec.draw.style import DARK, DARK_INK, LIGHT, LIGHT_INK, Palette
from netspec.draw.text import FONTS
from netspec.graph import Graph
from netspec.options import escape as visible

IS_TEXT = True
ROUND = 5.0
HEAD = 5.5  # length of an arrow's head


def render(graph: Graph, options: Options) -> Drawn:
    """Draw a network."""
    drawn, notes = figure_of(graph, options)
    return Drawn(markup(drawn, options.theme).encode(), notes)


def figure_of(graph: Graph, options: Options) -> tuple[Figure, tuple[str, ...]]:
    """The shapes of a network, and what was drawn otherwise than asked."""
    drawn = picture(graph, options.depth)
    return figure(drawn, options), tuple(drawn.notes)


def on_paper(theme: Theme) -> Theme:
    """The theme for a format that can't follow the reader's colours."""
    return "light" if theme == "auto" else theme


def markup(figure: Figure, theme: Theme, *, style: str = "") -> str:
    """A figure as SVG; ``style`` is for where it is part of a page."""
    styled = f' style="{escape(style)}"' if style else ""
    width, height = _number(figure.width), _number(figure.height)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="netspec" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(clean(figure.title))}"{styled}>',
            f"<title>{escape(clean(figure.title))}</title>",
            f"<desc>{escape(clean(figure.description))}</desc>",
            f"<style>{_style(theme)}</style>",
            f'<rect class="paper" width="{width}" height="{height}"/>',
            *map(_frame, figure.frames),
            *_lines(figure.lines),
            *map(_box, figure.boxes),
            *(_text(text) for text in figure.labels),
            "</svg>\n",
        ]
    )


def _style(theme: Theme) -> str:
    fonts = "".join(
        f".netspec .{name}{{font-size:{size}px{';font-weight:700' if name in BOLD else ''}}}"
        for name, size in POINTS.items()
    )
    common = f".netspec text{{font-family:{FONTS}}}{fonts}.netspec .edge{{fill:none;stroke-width:1.2}}"
    if theme == "auto":
        dark = _colours(DARK, DARK_INK)
        return f"{common}{_colours(LIGHT, LIGHT_INK)}@media (prefers-color-scheme:dark){{{dark}}}"
    return common + (_colours(DARK, DARK_INK) if theme == "dark" else _colours(LIGHT, LIGHT_INK))


def _colours(palette: Palette, ink: dict[str, str]) -> str:
    cells = "".join(f".netspec .{name}{{fill:{fill};stroke:{line}}}" for name, (fill, line) in palette.items())
    return (
        f".netspec .paper{{fill:{ink['paper']}}}.netspec text{{fill:{ink['text']}}}"
        f".netspec .tail,.netspec .label,.netspec .note{{fill:{ink['muted']}}}"
        f".netspec .edge{{stroke:{ink['edge']}}}.netspec .head-of{{fill:{ink['edge']}}}"
        f".netspec .frame{{fill:{ink['frame']};stroke:{ink['frame_line']}}}"
        f".netspec .panel{{fill:{ink['panel']};stroke:{ink['panel_line']};stroke-dasharray:4 3}}{cells}"
    )


def _frame(frame: FrameShape) -> str:
    kind = "panel" if frame.panel else "frame"
    return f'<rect class="{kind}" {_rectangle(frame)} rx="6"/>' + "".join(map(_text, frame.texts))


def _box(box: BoxShape) -> str:
    colour = box.cells[0].colour
    behind = [
        f'<rect class="{colour}" x="{_number(box.x + shift)}" y="{_number(box.y + shift)}" '
        f'width="{_number(box.width)}" height="{_number(box.height)}" rx="3"/>'
        for shift in ((2 * SHADOW, SHADOW) if box.copies > 1 else ())
    ]
    cells = [f'<rect class="{cell.colour}" {_rectangle(cell)} rx="3"/>' for cell in box.cells]
    texts = [_text(text) for cell in box.cells for text in cell.texts] + ([_text(box.badge)] if box.badge else [])
    return f"<g><title>{escape(clean(box.tip))}</title>{''.join((*behind, *cells, *texts))}</g>"


def _rectangle(shape: object) -> str:
    return " ".join(f'{name}="{_number(getattr(shape, name))}"' for name in ("x", "y", "width", "height"))


def _text(text: Text) -> str:
    anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
    # The length is the measured one, whatever font the reader has.
    length = f' textLength="{_number(text.width)}" lengthAdjust="spacingAndGlyphs"'
    place = f'x="{_number(text.x)}" y="{_number(text.y)}"'
    return f'<text class="{text.size}" {place}{anchor}{length}>{escape(clean(text.text))}</text>'


def _lines(lines: list[Line]) -> Iterator[str]:
    """All edges as one path, and their heads as another."""
    if lines:
        yield f'<path class="edge" d="{"".join(_path(line) for line in lines)}"/>'
    heads = "".join(_head(line.points) for line in lines if line.arrow)
    if heads:
        yield f'<path class="head-of" d="{heads}"/>'


def _path(line: Line) -> str:
    """Straight pieces with round corners."""
    points = [*line.points[:-1], _short(line.points)] if line.arrow else line.points
    drawn = f"M{_point(points[0])}"
    for before, corner, behind in zip(points, points[1:], points[2:], strict=False):
        radius = min(ROUND, _distance(before, corner) / 2, _distance(corner, behind) / 2)
        start, end = _toward(corner, before, radius), _toward(corner, behind, radius)
        drawn += f"L{_point(start)}Q{_point(corner)} {_point(end)}"
    return f"{drawn}L{_point(points[-1])}"


def _short(points: list[Point]) -> Point:
    """The end of a line that has a head: within it."""
    return _toward(points[-1], points[-2], HEAD - 1)


def _head(points: list[Point]) -> str:
    (x, y), back = points[-1], _toward(points[-1], points[-2], HEAD)
    across = ((back[1] - y) * 0.5, (x - back[0]) * 0.5)
    one, other = (back[0] + across[0], back[1] + across[1]), (back[0] - across[0], back[1] - across[1])
    return f"M{_point((x, y))}L{_point(one)}L{_point(other)}Z"


def _toward(start: Point, end: Point, distance: float) -> Point:
    whole = _distance(start, end) or 1.0
    return (start[0] + (end[0] - start[0]) * distance / whole, start[1] + (end[1] - start[1]) * distance / whole)


def _distance(one: Point, other: Point) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])


def _point(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    return (
        f"{value:.1f}".removesuffix(".0").replace("-0", "0") if abs(value) < 0.05 else f"{value:.1f}".removesuffix(".0")
    )


def clean(text: str) -> str:
    """Text without what XML can't hold."""
    return visible(" ".join(text.split()))
