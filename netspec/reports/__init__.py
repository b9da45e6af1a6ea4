"""What `netspec validate` found, for programs: one file a format, found by its name and imported on use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netspec.errors import Diagnostic


@dataclass(frozen=True, slots=True)
class Checked:
    """One file and what was found in it; a good one may have warnings."""

    file: str
    good: bool
    diagnostics: Sequence[Diagnostic]
