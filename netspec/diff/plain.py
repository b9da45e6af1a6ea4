"""Two files line by line, where they can't be compared as networks."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

from netspec.limits import Limits
from netspec.load import read_text
from netspec.options import escape


def lines(before: Path, after: Path, name: str, limits: Limits) -> Iterator[str]:
    """The lines of a unified diff of two files that stand for one name; one that can't be read is empty."""
    old, new = (read_text(path, limits)[0].splitlines() for path in (before, after))
    for line in unified_diff(old, new, f"a/{name}", f"b/{name}", lineterm=""):
        yield escape(line)
