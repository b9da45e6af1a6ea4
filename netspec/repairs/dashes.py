"""Items of a list without a dash, or with another sign."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.options import NODE_KEYS, shorten
from netspec.repairs.common import BODY_KEYS
from netspec.repairs.lines import Lines, Repair

_GLUED_DASH = re.compile(r"(\s*)-+([^\s\-].*)\Z")
_BULLET = re.compile(r"(\s*)(?:[*+•·‣◦▪●>~–—]|--+|\d+[.)])\s*([^\s*+].*)\Z")


def _items_near(lines: Lines, number: int) -> Iterator[int]:
    """The items of lists that a line may be one of: the next below it, and the nearest above."""
    indent = lines.line(number).indent
    if (below := lines.after(number)) is not None and lines.line(below).dashed:
        yield below
    above = number
    for _ in range(30):
        previous = lines.before(above)
        if previous is None or lines.line(previous).indent < indent - 2:
            return
        above = previous
        if lines.line(above).dashed and lines.line(above).indent <= indent:
            yield above
            return


def dashes(lines: Lines, number: int) -> Iterator[Repair]:
    """Dashes without a space, other bullets, dashes that are missing or too many."""
    line = lines.line(number)
    text = line.text
    for pattern, message in (
        (_GLUED_DASH, "a space is missing after the dash of this list item"),
        (_BULLET, "an item of a list begins with a dash"),
    ):
        match = pattern.match(text)
        if match and not line.dashed:
            alike = {
                n: f"{m[1]}- {m[2]}"
                for n, one in enumerate(lines)
                if (m := pattern.match(one)) and not lines.line(n).dashed
            }
            both = {number: f"{match[1]}- - {match[2]}"} if text.lstrip().startswith("--") else alike
            for changed in (both, {number: alike[number]}, alike):
                first = min(changed)
                written = lines.line(first)
                help = f"write {shorten(changed[first][: written.end + 1].strip())}"
                yield Repair(first, written.indent, written.end, message, help, changed)
    above = lines.before(number)
    if above is None or not line.body:
        return
    if not line.dashed and line.key not in NODE_KEYS[4:]:
        first = lines.usual_column(number) == line.indent and line.key in BODY_KEYS
        columns = [lines.line(n).indent for n in _items_near(lines, number)] + ([line.indent] if first else [])
        starts_node = not line.key or line.key in BODY_KEYS
        for column in dict.fromkeys(sorted(columns, key=lambda column: abs(column - line.indent))):
            if starts_node and abs(column - line.indent) <= 2:
                message = "a dash is missing before this item of a list"
                repaired = " " * column + "- " + text[line.indent :]
                help = f"write - {shorten(line.body)}"
                yield Repair(number, line.indent, line.end, message, help, {number: repaired})
    if line.dashed and line.key and line.key not in BODY_KEYS and not lines.line(above).text.rstrip().endswith(":"):
        siblings = lines.line(above)
        for column in dict.fromkeys((line.indent, siblings.start)):
            message = "an item of a list can't stand between the keys of a mapping"
            help = f"take the dash out: {shorten(line.body)}"
            repaired = " " * column + text[line.start :]
            yield Repair(number, line.indent, line.end, message, help, {number: repaired})
