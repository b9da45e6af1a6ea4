"""``netspec explain``."""

from __future__ import annotations

from typing import Annotated

import typer

from netspec.cli._output import print_line
from netspec.cli._words import looked_up


def explain(code: Annotated[str, typer.Argument(metavar="CODE", help="An error code, such as E301.")]) -> None:
    """Explain an error CODE at length."""
    from netspec import reference

    print_line(looked_up(reference.explain, code))
