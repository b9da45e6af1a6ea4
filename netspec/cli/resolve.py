"""``netspec resolve``."""

from __future__ import annotations

from netspec.cli._output import print_line
from netspec.cli._words import LimitOption, RootOption, SetOption, SpecArgument, load


def resolve(spec: SpecArgument, set_: SetOption = None, root: RootOption = None, limit: LimitOption = None) -> None:
    """Print SPEC with everything worked out."""
    print_line(load(spec, set_, root, limit).resolve().rstrip())
