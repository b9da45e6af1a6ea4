"""What can be chosen of a picture, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Depth = Literal["stage", "block", "layer"]
Theme = Literal["light", "dark", "auto"]
Direction = Literal["auto", "down", "right"]

DEPTHS: tuple[Depth, ...] = ("stage", "block", "layer")
THEMES: tuple[Theme, ...] = ("light", "dark", "auto")
DIRECTIONS: tuple[Direction, ...] = ("auto", "down", "right")


# A file of the folder formats is a format.
FORMATS = tuple(sorted(file.stem for file in (Path(__file__).parent / "formats").glob("[a-z]*.py")))


@dataclass(frozen=True, slots=True)
class Options:
    """How a network is drawn.

    ``depth`` says how far it is unfolded, ``theme`` which colours it has (``auto`` follows the reader's, where the
    format can), ``direction`` which way the data flows, ``scale`` how many pixels a unit has in a format of pixels.
    ``file`` is the spec's, for a format that names it.
    """

    depth: Depth = "block"
    theme: Theme = "auto"
    direction: Direction = "auto"
    scale: float = 2.0
    file: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as the content of a file, and what was drawn otherwise than asked, in words."""

    content: bytes
    notes: tuple[str, ...] = ()
