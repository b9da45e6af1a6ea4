"""How wide text is, without a browser: the widths of Helvetica, which Arial and Liberation Sans share."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from netspec.options import escape

FONTS = "Helvetica, Arial, 'Liberation Sans', sans-serif"

# Thousandths of the size, for the characters from blank to tilde, as Adobe's font metrics say.
_REGULAR = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
_BOLD = (
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
    975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
    333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
)  # fmt: skip
_OTHERS = {"×": 584, "…": 1000, "·": 333, "→": 1000, "−": 584}
_WIDE = ("W", "F")


@lru_cache(maxsize=4096)
def width(text: str, size: float, bold: bool = False) -> float:
    """How wide a line is, in the units of ``size``."""
    return sum(_thousandths(character, bold) for character in text) * size / 1000


def _thousandths(character: str, bold: bool) -> int:
    place = ord(character) - 32
    if 0 <= place < len(_REGULAR):
        return (_BOLD if bold else _REGULAR)[place]
    if character in _OTHERS:
        return _OTHERS[character]
    if unicodedata.combining(character):
        return 0
    # Letters with marks are as wide as those without; of anything else no font is sure, so it is taken as wide.
    plain = unicodedata.normalize("NFD", character)[0]
    if plain != character:
        return _thousandths(plain, bold)
    return 1000 if unicodedata.east_asian_width(character) in _WIDE else 800


def fitted(text: str, room: float, size: float, bold: bool = False) -> str:
    """The text, or as much of its start as there is room for, with … behind it; what can't be seen is written out."""
    text = escape(text)
    if width(text, size, bold) <= room:
        return text
    room -= width("…", size, bold)
    length, used = 0, 0.0
    while length < len(text):
        used += _thousandths(text[length], bold) * size / 1000
        if used > room:
            break
        length += 1
    return text[:length].rstrip() + "…"
