"""Pictures of a network: one file a format, found by the ending of what is written, and imported on use.

Every format has ``render(graph, options)``, which gives `Drawn`; ``IS_TEXT`` says that it may go to a terminal.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import PurePath
from types import ModuleType
from typing import TYPE_CHECKING

from netspec.draw.options import DEPTHS, DIRECTIONS, FORMATS, THEMES, Drawn, Options

if TYPE_CHECKING:
    from netspec.graph import Graph

__all__ = ["DEPTHS", "DIRECTIONS", "FORMATS", "THEMES", "Drawn", "Options", "draw", "format_of", "is_text"]


def format_of(path: PurePath) -> str:
    """The format that the ending of a path names. Raises ValueError, with the endings that there are."""
    ending = path.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        raise ValueError(f"{path.name} names no format: end it with {', '.join(f'.{name}' for name in FORMATS)}")
    return ending


def is_text(format_: str) -> bool:
    """Whether a format is text, which can go to a terminal."""
    return bool(_module(format_).IS_TEXT)


def draw(graph: Graph, format_: str, options: Options | None = None) -> Drawn:
    """Draw a network. Raises ImportError where a package is missing that the format needs."""
    drawn = _module(format_).render(graph, options or Options())
    assert isinstance(drawn, Drawn)
    return drawn


def _module(format_: str) -> ModuleType:
    return import_module(f"netspec.draw.formats.{format_}")
