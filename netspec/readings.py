"""How a person would read a value that an option refuses: ``0,5``, ``(3, 3)``, ``Flase``, ``20%``, ``None``, ``9# it``.

A reading is only a guess. Whoever asks checks it against what the option takes, and states it if it is welcome there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple

MAX_READ = 80
"""Longer texts are not read in other ways."""


LARGEST = 10**12

DTYPES = {
    "half": "float16", "fp16": "float16", "f16": "float16", "float": "float32", "single": "float32", "fp32": "float32",
    "f32": "float32", "double": "float64", "fp64": "float64", "f64": "float64", "bf16": "bfloat16", "int": "int32",
    "long": "int64", "short": "int16", "char": "int8", "byte": "uint8", "boolean": "bool",
}  # fmt: skip
"""What other languages and tools call the types of numbers."""


class Reading(NamedTuple):
    """A value that may have been meant, how it is written, and what to add to that."""

    value: object
    written: str
    note: str = ""


def readings(value: object) -> Iterator[Reading]:
    """Yield what a value may have been meant to be, the likeliest first."""
    if isinstance(value, str):
        if len(value) <= MAX_READ:
            yield from _of_text(value)
    elif isinstance(value, bool):
        if not value:
            yield Reading(None, "null")
    elif isinstance(value, int | float):
        yield from _of_number(value)
    elif isinstance(value, list | tuple):
        yield from _of_list(list(value))


def _of_text(text: str) -> Iterator[Reading]:
    bare = text.strip()
    if (dtype := DTYPES.get(bare.casefold().rpartition(".")[2])) is not None:
        yield Reading(dtype, dtype)
    yield from _of_word(bare)
    yield from _of_numeral(bare)
    yield from _of_written_list(bare)
    comment = re.match(r"(.*?\S)\s*(#|//|--\s|/\*).*", bare)
    if comment:
        note = " with a space before the #" if comment[2] == "#" else " and begin the comment with #"
        yield from (reading._replace(note=note) for reading in _of_text(comment[1]))
        yield Reading(comment[1], comment[1], note)
    if closed := re.fullmatch(r"([^\[\](){}]*[^\[\](){}\s])\s*([\]})])+", bare):
        yield from (reading._replace(note=f" without the {closed[2]}") for reading in _of_text(closed[1]))
        yield Reading(closed[1], closed[1], f" without the {closed[2]}")
    if bare.rstrip(",;") != bare:
        yield from (reading._replace(note=f" without the {bare[-1]}") for reading in _of_text(bare.rstrip(",;")))
    if quoted := re.fullmatch(
        "[\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb]+(.*?)[\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb]+", bare
    ):
        yield from _of_text(quoted[1])


_TRUE = ("true", "yes", "on", "y", "t", "1", "enabled", "enable")
_FALSE = ("false", "no", "off", "n", "f", "0", "disabled", "disable")
_NOTHING = ("none", "null", "nil", "undefined", "nan", "n/a", "na", "-", "~", "")
_NUMBERS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "sixteen": 16, "thirty-two": 32, "sixty-four": 64, "hundred": 100,
}  # fmt: skip
_AXES = ("last", "channel", "channels", "channels_last", "feature", "features", "c")


def _of_word(text: str) -> Iterator[Reading]:
    word = text.casefold()
    for words, value in ((_TRUE, True), (_FALSE, False)):
        if word in words:
            yield Reading(value, str(value).lower(), " without quotes" if word in ("true", "false") else "")
    if word in _NOTHING:
        yield Reading(None, "null")
    if word in _NUMBERS:
        yield Reading(_NUMBERS[word], str(_NUMBERS[word]))
    if word in _AXES:
        yield Reading(-1, "-1", ", the last axis")
    if close := get_close_matches(word, ("true", "false"), 1, 0.7):
        yield Reading(close[0] == "true", close[0])


_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_SUFFIXES = {"k": 10**3, "m": 10**6}


def _of_numeral(text: str) -> Iterator[Reading]:
    if re.fullmatch(_NUMBER, text):
        yield from _number(text, " without quotes")
    if re.fullmatch(r"[-+]?\d+,\d+", text):
        if re.fullmatch(r"[-+]?[1-9]\d{0,2}(,\d{3})+", text):
            yield from _number(text.replace(",", ""))
        yield from _number(text.replace(",", "."), ", with a point")
    if re.fullmatch(r"[-+]?\d{1,3}(?:[,_' .\u00a0\u2009\u202f]\d{3})+", text):
        yield from _number(re.sub(r"[^-+\d]", "", text))
    if percent := re.fullmatch(rf"({_NUMBER})\s*(?:%|percent)", text):
        yield from _number(f"{float(percent[1]) / 100:.10g}")
    if power := re.fullmatch(
        r"(?:(\d+(?:\.\d+)?)\s*[*x\u00d7\u00b7]\s*)?10\s*(?:\^|\*\*)\s*\(?([-+]?\d{1,3})\)?", text
    ):
        yield from _number(f"{power[1] or 1}e{int(power[2])}")
    if power := re.fullmatch(r"(\d{1,6})\s*(?:\^|\*\*)\s*(\d{1,2})", text):
        yield from _number(str(int(power[1]) ** int(power[2])))
    if apart := re.fullmatch(r"([-+]?[\d.]+)\s+(e[-+]?\d+)|([-+])\s+([\d.]+)", text, re.IGNORECASE):
        yield from _number("".join(part for part in apart.groups() if part))
    if unit := re.fullmatch(rf"({_NUMBER})\s*([A-Za-z]+)", text):
        factor = _SUFFIXES.get(unit[2].casefold())
        yield from _number(f"{float(unit[1]) * factor:.0f}" if factor else unit[1])


def _number(text: str, note: str = "") -> Iterator[Reading]:
    text = text.lstrip("+")
    value = float(text)
    if abs(value) > LARGEST:
        return
    whole = re.fullmatch(r"-?\d+", text)
    yield Reading(int(text) if whole else value, text, note)
    if value.is_integer() and not whole:
        yield Reading(int(value), str(int(value)))


SIZES = r"\s*[x\u00d7*X]\s*|\s+by\s+|\s+"
"""What stands between sizes: ``3x3``, ``3 by 3``."""


def _of_written_list(text: str, *, times: bool = True) -> Iterator[Reading]:
    """Lists as texts: quoted, in parentheses, without brackets, with an x or blanks between the numbers."""
    inner = re.fullmatch(r"[\[({<]\s*(.*?)[,\s]*[\])}>]", text)
    note = " without quotes" if text.startswith("[") and text.endswith("]") else ""
    if inner and re.search(r"[\[(]", inner[1]):
        try:
            value = json.loads(re.sub(r",\s*\]", "]", text.replace("(", "[").replace(")", "]")))
        except ValueError:
            return
        yield Reading(value, json.dumps(value), note)
        return
    separator = r"\s*[,;]\s*" if inner or "," in text or ";" in text else SIZES if times else r"\s+"
    items = [item for item in re.split(separator, inner[1] if inner else text) if item]
    numbers = [next(iter(_number(item)), None) if re.fullmatch(_NUMBER, item) else _as_null(item) for item in items]
    values = [number.value for number in numbers if number]
    if values and len(values) == len(items) and (inner or len(values) > 1):
        yield Reading(values, f"[{', '.join(number.written for number in numbers if number)}]", note)
        if all(value == values[0] for value in values):
            yield Reading(values[0], items[0])


def _as_null(item: str) -> Reading | None:
    return Reading(None, "null") if item.casefold() in ("none", "null", "?") else None


def _of_number(value: float) -> Iterator[Reading]:
    if value in (0, 1):
        yield Reading(bool(value), str(bool(value)).lower())
    if value >= 2:
        yield Reading(value / 100, f"{value / 100:.10g}")
    yield Reading([value], f"[{value}]")


def _of_list(values: list[object]) -> Iterator[Reading]:
    if len(values) == 1 and isinstance(values[0], str):
        yield from _of_written_list(values[0].replace("*", " * "), times=False)
    if len(values) == 1:
        yield Reading(values[0], json.dumps(values[0], default=str).strip('"'))
    axes = [value for value in values if type(value) is int]
    if 0 in axes and sorted(axes) == list(range(len(values))):
        shifted = axes[1:] if axes[0] == 0 and len(axes) > 2 else [axis + 1 for axis in axes]
        yield Reading(shifted, json.dumps(shifted), ", counting from 1 without the batch")
    if values and values.count(None) == 1:
        known = [-1 if value is None else value for value in values]
        yield Reading(known, json.dumps(known, default=str))
    if len(values) > 1 and all(value == values[0] for value in values):
        yield Reading(values[0], json.dumps(values[0], default=str).strip('"'))
