"""``netspec summary``."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from netspec.cli._output import GOOD, WRONG_SPEC, draw, print_json, print_line
from netspec.cli._words import JsonOption, LimitOption, RootOption, SetOption, load
from netspec.errors import SpecError


class Depth(StrEnum):
    """How far the table is unfolded."""

    stage = "stage"
    block = "block"
    layer = "layer"


def summary(
    specs: Annotated[list[str], typer.Argument(metavar="SPEC...", help="The spec files; - reads standard input.")],
    depth: Annotated[Depth, typer.Option("--depth", help="How far to unfold.")] = Depth.block,
    json_: JsonOption = False,
    set_: SetOption = None,
    root: RootOption = None,
    limit: LimitOption = None,
) -> None:
    """Show shapes, parameters and cost; of several specs a line each."""
    if len(specs) > 1:
        _summarise(specs, set_, root, limit, as_json=json_)
        return
    loaded = load(specs[0], set_, root, limit)
    if json_:
        from netspec.summary import as_json

        print_json(as_json(loaded.graph()))
    else:
        print_line(loaded.summary(depth.value))


def _summarise(
    specs: Sequence[str], edits: list[str] | None, root: Path | None, limits: list[str] | None, *, as_json: bool
) -> None:
    """Print a line for each spec, or one JSON object; what is wrong with one does not keep the others away."""
    from netspec import summary

    loaded = []
    for spec in specs:
        try:
            loaded.append(load(spec, edits, root, limits))
        except SpecError as error:
            draw(error.diagnostics)
    if as_json:
        networks = [summary.as_json(spec.graph()) for spec in loaded]
        print_json({"schema": "netspec.summaries/1", "networks": networks})
    elif loaded:
        print_line(summary.overview((spec.graph(), spec.file) for spec in loaded))
    raise typer.Exit(GOOD if len(loaded) == len(specs) else WRONG_SPEC)
