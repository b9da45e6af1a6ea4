"""How the commands print: results to stdout, diagnostics and progress to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from netspec.errors import Diagnostic

GOOD, WRONG_SPEC, WRONG_COMMAND, OWN_FAULT = 0, 1, 2, 3


def print_line(text: str) -> None:
    sys.stdout.write(text + "\n")


def print_json(value: Any) -> None:
    print_line(json.dumps(value, indent=1, ensure_ascii=False))


def draw(diagnostics: Sequence[Diagnostic]) -> None:
    if diagnostics:
        from netspec.render import Colours, draw_all

        colours = Colours(sys.stderr.isatty() and not os.environ.get("NO_COLOR"))
        sys.stderr.write(draw_all(diagnostics, colours) + "\n\n")


def progress(what: str) -> Any:
    """Show progress on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        last = done + 1 >= total
        sys.stderr.write(f"\r\x1b[K{'' if last else f'{what} {done + 1}/{total} layers'}")
        sys.stderr.flush()

    return show
