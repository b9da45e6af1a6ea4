"""``netspec build``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from netspec.cli._output import print_line, progress
from netspec.cli._words import (
    BudgetOption,
    LimitOption,
    RootOption,
    SetOption,
    SpecArgument,
    load,
    looked_up,
    read_budgets,
    spare_sources,
)


def build(
    spec: SpecArgument,
    summary: Annotated[bool, typer.Option("--summary", help="Print the table of the built model.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Save the model: .keras, .weights.h5 or .json by the ending."
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights",
            metavar="FILE",
            help="Load the weights of a .weights.h5 or .keras file, or imagenet: the published ones.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse weights that don't all fit.")] = False,
    budget: BudgetOption = None,
    set_: SetOption = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", min=0, max=2**32 - 1, help="Make the weights repeatable.")
    ] = None,
    root: RootOption = None,
    limit: LimitOption = None,
) -> None:
    """Build the Keras model of SPEC."""
    if output is not None:
        _check_target(output)
    if strict and weights is None:
        raise typer.BadParameter("it is about --weights, which is not there", param_hint="--strict")
    loaded = load(spec, set_, root, limit, budgets=read_budgets(budget))
    if output is not None:
        spare_sources(output, spec, loaded)
    if weights is not None:
        loaded.require_weights(weights)
    from netspec.backends import keras as backend

    model = backend.build(loaded.graph(), loaded.limits, seed=seed, progress=progress("building"))
    if weights is not None:
        sys.stderr.write(f"{loaded.load_weights(model, weights, strict=strict)}\n")
    if summary:
        print_line(loaded.summary())
    if output is not None:
        backend.save(model, output)
        print_line(f"saved {output}")
    if not summary and output is None:
        from netspec.summary import totals

        print_line(f"built {loaded.name}: {totals(loaded.graph())}")


def _check_target(output: Path) -> None:
    """Refuse before the long work what could not be saved after it."""
    from netspec.backends.keras import require_format
    from netspec.files import require_writable

    looked_up(require_format, output)
    require_writable(output)
