"""Quantities as people write them: ``26M``, ``4.1G``, ``24GiB``, ``512 MiB``; and numbers as people read them."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Literal

Kind = Literal["count", "bytes"]

LONGEST = 40  # characters of a quantity; with the two digits of an exponent no number grows beyond reason

COUNT_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
BYTE_UNITS = {
    "": 1, "b": 1, "byte": 1, "bytes": 1,
    "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
    "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40,
}  # fmt: skip
"""Units in small letters: ``GB`` is decimal, ``GiB`` binary. Nobody means a millibyte, so case does not matter."""

UNITS: dict[Kind, dict[str, int]] = {"count": COUNT_UNITS, "bytes": BYTE_UNITS}
WANTED: dict[Kind, str] = {
    "count": "write a number, with k, M, G or T where it is large: 26M, 4.1G, 1.5e9",
    "bytes": "write a number of bytes with its unit: 24GiB, 8GB, 512 MiB",
}

QUANTITY = re.compile(
    r"(?P<number>[0-9]{1,3}(?:[,_][0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
    r"(?:[eE](?P<exponent>[+-]?[0-9]{1,2}))?"
    r"[ \t\u00a0\u202f]*(?P<unit>[A-Za-z]*)"
)


def parse_quantity(text: str, kind: Kind) -> int:
    """Read a quantity exactly; a part of one (``0.3GiB`` ends in a fifth of a byte) is left off, as of a bound.

    Raises ValueError, with a plain sentence that says what is wanted.
    """
    stripped = text.strip()
    found = QUANTITY.fullmatch(stripped) if len(stripped) <= LONGEST else None
    if found is None:
        raise ValueError(f"{_shown(stripped)} is not {_named(kind)}: {WANTED[kind]}")
    unit = found["unit"].lower()
    size = UNITS[kind].get(unit)
    if size is None:
        raise ValueError(_unknown_unit(stripped, found["unit"], kind))
    number = Fraction(re.sub(r"[,_]", "", found["number"]).rstrip(".")) * Fraction(10) ** int(found["exponent"] or 0)
    return math.floor(number * size)


def _unknown_unit(text: str, unit: str, kind: Kind) -> str:
    """Say what is wrong with a unit: ``24G`` of memory may be 24·10^9 or 24·2^30 bytes."""
    number = text.removesuffix(unit).rstrip()
    if kind == "bytes" and unit.lower() in COUNT_UNITS:
        letter = unit.upper().replace("K", "k")
        return f"{_shown(text)} may mean {number}{letter}B or {number}{unit.upper()}iB: write which"
    return f"{_shown(unit)} is no unit of {_named(kind)}: {WANTED[kind]}"


def _named(kind: Kind) -> str:
    return "a count" if kind == "count" else "an amount of memory"


def _shown(text: str) -> str:
    """Quote what was written, its control characters escaped, cut where it is long."""
    return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


def show_bytes(number: int) -> str:
    """Write a number of bytes in binary units, to three digits: ``97.8 MiB``."""
    return _scaled(number, 2**10, ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"))


def show_count(number: int) -> str:
    """Write a count in decimal units, to three digits: ``25.6 M``."""
    return _scaled(number, 10**3, ("", "k", "M", "G", "T", "P", "E"))


def _scaled(number: int, base: int, units: tuple[str, ...]) -> str:
    """Write a number to three digits in the largest unit of which it has at least one."""
    step = 0
    while step < len(units) - 1 and abs(number) >= base ** (step + 1):
        step += 1
    text = _digits(Fraction(abs(number), base**step), whole=step == 0)
    if text == f"{base:,}" and step < len(units) - 1:  # 1,023.9 KiB rounds up to the next unit
        step, text = step + 1, "1.00"
    return f"{'-' if number < 0 else ''}{text} {units[step]}".rstrip()


def _digits(value: Fraction, *, whole: bool) -> str:
    if value >= 10**6:
        return f"{Decimal(round(value)):.2e}"
    if whole or round(value, 1) >= 100:
        return f"{round(value):,}"
    places = 1 if round(value, 2) >= 10 else 2
    return f"{float(round(value, places)):.{places}f}"
