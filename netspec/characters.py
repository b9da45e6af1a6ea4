"""Characters that deceive a reader: those that show others in another order, that look like others, that don't show.

Where a word of the language is wanted, a Cyrillic с for a c is never meant, and nobody sees it: it is named by its code
point. In free text every letter is welcome, but for what reorders a line (CVE-2021-42574, "Trojan Source").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls, but for tabs and what ends a line
    "\u202a-\u202e\u2066-\u2069"  # what changes the direction of other letters: embeddings, overrides, isolates
    "\ufeff\ud800-\udfff\ufffe\uffff]"  # a byte order mark that is not at the beginning; no characters at all
)
"""What can't stand anywhere in a spec, comments included."""

FORBIDDEN_IN_A_VALUE = re.compile(rf"[\r{FORBIDDEN.pattern[1:]}")
"""What no text may hold, however it was written: by an escape such as ``"\\e"`` too."""


def describe(character: str) -> str:
    """Name a character by its code point: ``U+0441 CYRILLIC SMALL LETTER ES``."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}" + (f" {name}" if name else "")


# By what they look like; others (full width, mathematical, ligatures) Unicode itself counts as compatible.
_ALIKE = {
    letter: ascii_letter
    for ascii_letter, letters in {
        "A": "АΑᎪ", "B": "ВΒᏴ", "C": "СϹᏟ", "D": "Ꭰ", "E": "ЕΕᎬ", "F": "Ϝ", "G": "ԌᏀ", "H": "НΗᎻ", "I": "ІΙӀ",
        "J": "ЈͿᎫ", "K": "КΚᏦ", "L": "Ꮮ", "M": "МΜᎷ", "N": "Ν", "O": "ОΟՕ", "P": "РΡᏢ", "Q": "Ԛ", "R": "ᎡᏒ",
        "S": "ЅՏᏚ", "T": "ТΤᎢ", "U": "Ս", "V": "ѴᏙ", "W": "ԜᎳ", "X": "ХΧ", "Y": "ҮΥ", "Z": "ΖᏃ",
        "a": "аɑα", "b": "Ьƅ", "c": "сϲ", "d": "ԁ", "e": "еҽ", "f": "ƒ", "g": "ɡց", "h": "һհ", "i": "іıɩι", "j": "јϳ",
        "k": "кκ", "l": "ӏǀⅼ", "m": "м", "n": "ոп", "o": "оοօσ", "p": "рρ", "q": "ԛգ", "r": "гᴦ", "s": "ѕꜱ", "t": "тτ",
        "u": "սυʋ", "v": "ѵν", "w": "ԝѡա", "x": "хχ", "y": "уγү", "z": "ᴢ", "-": "−",
    }.items()
    for letter in letters
}  # fmt: skip
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u2800\u3164\ufe00-\ufe0f"
    "\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
ODD_BLANKS = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_.$]*|[-+]?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?", re.ASCII)
_ASCII_LETTER = re.compile("[A-Za-z$]")


def lookalike(text: str, *, mixed: bool = True) -> tuple[str, str] | None:
    """Find a character by which a text only looks like a word or number in ASCII; give it and that spelling.

    ``mixed`` asks for ASCII letters beside it: a word that is all in another script is one of that language.
    """
    if text.isascii() or (mixed and not _ASCII_LETTER.search(text) and not _is_number(text)):
        return None
    spelling = "".join(_spelled(text))
    if not _WORD.fullmatch(spelling):
        return None
    return next(character for character in text if not character.isascii()), spelling


def _spelled(text: str) -> Iterator[str]:
    for character in text.strip(ODD_BLANKS):
        if character in _ALIKE:
            yield _ALIKE[character]
        elif not INVISIBLE.match(character):
            kind = unicodedata.category(character)
            compatible = unicodedata.normalize("NFKC", character) if kind.startswith("L") else character
            yield str(unicodedata.decimal(character)) if kind == "Nd" else compatible  # but not the ² of x²


def _is_number(text: str) -> bool:
    return "".join(_spelled(text)).strip("+-").isdecimal()
