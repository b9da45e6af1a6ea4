"""One of two networks that are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from netspec.graph import Graph


@dataclass(frozen=True)
class Side:
    """A network, what its file is called, and what that file says.

    ``shown`` turns the name of a file that was really read into the one that the reader knows it by: an old version is
    read from a copy.
    """

    graph: Graph
    file: str = ""
    text: str | None = None
    shown: Callable[[str], str] = str
