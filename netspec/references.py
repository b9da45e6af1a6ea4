"""References: the one dotted grammar by which a spec names tensors and places."""

from __future__ import annotations

import re
from dataclasses import dataclass

from netspec.errors import Mistake
from netspec.options import NODE_KEYS, shorten, show_value

POSITIONAL = ("i", "channels", "in_channels")
RESERVED = frozenset({*NODE_KEYS, *POSITIONAL, "prev", "input"})

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_REFERENCE = re.compile(rf"-[1-9][0-9]{{0,5}}|{_NAME}(?:\.(?:{_NAME}|0|[1-9][0-9]{{0,5}}|\*))*", re.ASCII)

EVERY = "*"
Segment = str | int


@dataclass(frozen=True, slots=True)
class Reference:
    """``prev``, ``-2`` (``steps`` is 2), or a path of names, copy numbers and ``*``."""

    text: str
    path: tuple[Segment, ...] = ()
    steps: int = 0

    @property
    def flows(self) -> bool:
        """Whether it follows the flow, so that each copy of a repeated node means another tensor by it."""
        return self.steps > 0 or self.path == ("prev",)


PREV = Reference("prev", ("prev",))
INPUT = Reference("input", ("input",))


def parse_reference(text: object) -> Reference:
    """Read a reference. Raises `Mistake` where the text is none."""
    if type(text) is int and text < 0:
        text = str(text)
    if not isinstance(text, str) or not _REFERENCE.fullmatch(text):
        raise Mistake("E205", f"{show_value(text)} is not a reference", help=_help(text))
    if text[0] == "-":
        return Reference(text, steps=int(text[1:])) if text != "-1" else PREV
    segments = text.split(".")
    return Reference(text, tuple(int(segment) if segment.isdigit() else segment for segment in segments))


_BRACKETS = re.compile(r"\[(\w+|\*)\]")
_WRAPPED = re.compile(r"^[\s.$@#&%(\[{<]+|[\s.:;,)\]}>]+$")
_SEPARATORS = re.compile(r"[/:>\s]+|(?<=\w)-")


def _help(text: object) -> str:
    if isinstance(text, str):
        if _BRACKETS.search(text):
            return f"write {_BRACKETS.sub(_dotted, text)}: a copy's number follows a dot"
        bare = _WRAPPED.sub("", text[:200]).strip(".")
        if bare != text and _REFERENCE.fullmatch(bare):
            return f"write {shorten(bare)}" + (": a reference is written without $" if "$" in text else "")
        if "$" in text:
            return "references are written out; an expression can't stand here"
        dotted = _SEPARATORS.sub(".", text)
        if dotted != text and _REFERENCE.fullmatch(dotted):
            return f"join the path with dots: {dotted}"
    return "write prev, input, -2, a name, or a path such as block.inner or gates.3"


def _dotted(match: re.Match[str]) -> str:
    return f".{match[1]}"
