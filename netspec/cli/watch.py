"""``netspec watch``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from netspec.cli._output import print_line
from netspec.cli._words import LimitOption, RootOption, SetOption, read_edits, read_limits


def watch(
    specs: Annotated[list[str], typer.Argument(metavar="SPEC...", help="The spec files.")],
    port: Annotated[
        int | None,
        typer.Option("--port", metavar="N", min=0, max=65535, help="Serve on this port; 0 takes any that is free."),
    ] = None,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = False,
    set_: SetOption = None,
    root: RootOption = None,
    limit: LimitOption = None,
) -> None:
    """Show SPEC as a page that is drawn anew at every save."""
    if "-" in specs:
        raise typer.BadParameter("standard input can't be watched; name a file", param_hint="SPEC")
    from netspec.watch.server import PortTaken, serve
    from netspec.watch.watched import Settings

    def announce(address: str) -> None:
        print_line(f"watching {', '.join(specs)} at {address} until Ctrl-C")
        sys.stdout.flush()
        if open_:
            import webbrowser

            webbrowser.open(address)

    try:
        serve(specs, Settings(read_edits(set_), root, read_limits(limit)), port, announce)
    except PortTaken as error:
        raise typer.BadParameter(str(error), param_hint="--port") from None
