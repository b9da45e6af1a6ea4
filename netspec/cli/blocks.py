"""``netspec blocks``."""

from __future__ import annotations

from typing import Annotated

import typer

from netspec.cli._output import print_line
from netspec.cli._words import looked_up


def blocks(
    type_: Annotated[str | None, typer.Argument(metavar="[TYPE]", help="A layer or block.", show_default=False)] = None,
) -> None:
    """List layers and blocks, or explain one."""
    from netspec.reference import describe_type, list_types

    print_line(list_types() if type_ is None else looked_up(describe_type, type_))
