"""``netspec schema``."""

from __future__ import annotations

import json

from netspec.cli._output import print_line
from netspec.cli._words import OutputOption


def schema(output: OutputOption = None) -> None:
    """Print the JSON Schema, for editors."""
    from netspec.plugins import load_all
    from netspec.schema import spec_schema

    load_all()
    text = json.dumps(spec_schema(), indent=1, ensure_ascii=False)
    if output is None:
        print_line(text)
        return
    from netspec.files import write_whole

    write_whole(output, text + "\n")
    print_line(f"wrote {output}")
