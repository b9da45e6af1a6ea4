"""``netspec plot``."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netspec.cli._output import print_line
from netspec.cli._words import LimitOption, RootOption, SetOption, SpecArgument, argument_of, load, shown, spare_sources
from netspec.draw.options import FORMATS

if TYPE_CHECKING:
    from netspec.draw import Drawn

STDOUT = "-"


class Depth(StrEnum):
    """How far the picture is unfolded."""

    stage = "stage"
    block = "block"
    layer = "layer"


class Theme(StrEnum):
    """Which colours the picture has."""

    light = "light"
    dark = "dark"
    auto = "auto"


class Direction(StrEnum):
    """Which way the data flows in the picture."""

    auto = "auto"
    down = "down"
    right = "right"


def plot(
    spec: SpecArgument,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help=f"Write to this file: {', '.join(f'.{name}' for name in FORMATS)} by the ending; - prints. "
            "Default: the spec's name with .svg.",
        ),
    ] = None,
    format_: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="The format, whatever the ending.")
    ] = None,
    depth: Annotated[
        Depth, typer.Option("--depth", help="block also draws the inside of each distinct block once.")
    ] = Depth.block,
    theme: Annotated[Theme, typer.Option("--theme", help="auto follows the reader's, in SVG.")] = Theme.auto,
    direction: Annotated[Direction, typer.Option("--direction", help="Which way the data flows.")] = Direction.auto,
    scale: Annotated[
        float, typer.Option("--scale", metavar="N", min=0.1, max=10, help="Pixels for a unit, in .png.")
    ] = 2.0,
    set_: SetOption = None,
    root: RootOption = None,
    limit: LimitOption = None,
) -> None:
    """Draw SPEC as a figure."""
    from netspec.draw import Options, draw
    from netspec.files import require_writable

    target = _target(spec, output)
    format_named = _format(target, format_)
    if target is not None:
        require_writable(target)
    loaded = load(spec, set_, root, limit)
    if target is not None:
        spare_sources(target, spec, loaded)
    options = Options(depth.value, theme.value, direction.value, scale, file=shown(spec))
    try:
        drawn = draw(loaded.graph(), format_named, options)
    except ImportError as error:
        raise typer.BadParameter(
            f"it needs the package {error.name}, which is not installed", param_hint="-o"
        ) from None
    for note in drawn.notes:
        sys.stderr.write(f"note: {note}\n")
    _write(drawn, target)


def _target(spec: str, output: str | None) -> Path | None:
    """The file to write; None stands for standard output."""
    if output is not None:
        return None if output == STDOUT else Path(output)
    return None if spec == STDOUT else Path(f"{Path(spec).stem}.svg")


def _format(target: Path | None, format_: str | None) -> str:
    """The format that was named, else that of the file's ending; to a terminal only text."""
    from netspec.draw import FORMATS, format_of, is_text

    if format_ is not None and format_ not in FORMATS:
        raise typer.BadParameter(f"{format_!r} is none of {', '.join(FORMATS)}", param_hint="--format")
    if target is not None:
        return format_ or argument_of("-o", format_of, target)
    if not is_text(format_ or "svg"):
        raise typer.BadParameter(f"{format_} is not text: write it to a file", param_hint="-o")
    return format_ or "svg"


def _write(drawn: Drawn, target: Path | None) -> None:
    if target is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(drawn.content)
        return
    from netspec.files import written_whole

    with written_whole(target) as descriptor, open(descriptor, "wb", closefd=False) as file:
        file.write(drawn.content)
    print_line(f"saved {target}")
