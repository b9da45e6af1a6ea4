"""What the ways to mend a line have in common."""

from __future__ import annotations

import re

from netspec.options import NODE_KEYS
from netspec.repairs.lines import Line, Repair

MAX_LINE = 1_000
"""A longer line was not written by hand; no repair is looked for in it."""

BODY_KEYS = NODE_KEYS[:4]
TEXT_KEYS = ("name", "description")

PAIR = re.compile(r"(?:^|(?<=[\s,;{]))([A-Za-z_]\w*)[ \t]*:(?=\s|$|[\[{\"'])")
WORD = re.compile(r"[A-Za-z_]\w*\Z")


def change(number: int, line: Line, start: int, end: int, new: str, message: str, help: str) -> Repair:
    """Replace a stretch of a line, and point there."""
    return Repair(number, start, max(end, start + 1), message, help, {number: line.replaced(start, end, new)})


def rewrite(number: int, line: Line, body: str, message: str, help: str) -> Repair:
    """Replace the body of a line, and point at it."""
    return Repair(number, line.start, line.end, message, help, {number: line.with_body(body)})


def quoted(text: str) -> str:
    """Put a text in quotes, the kind that needs nothing doubled if there is one."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"
