"""What changed, for a picture of both networks: which of their parts to mark, and what to say of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from netspec.diff.compare import Comparison
from netspec.diff.words import told


class Mark(NamedTuple):
    """How a part is marked: ``added``, ``removed`` or ``changed``; and what has changed of it, in words."""

    change: str
    text: str


def marks(comparison: Comparison) -> tuple[Mapping[str, Mark], Mapping[str, Mark]]:
    """The marks of the parts of the first network and of the second, by their built names.

    A part is ``changed`` where something in it is; its text is then empty unless it has changed itself. What is inside
    of a part that was added or removed has its mark too.
    """
    first: dict[str, Mark] = {}
    second: dict[str, Mark] = {}
    for pair in comparison.root.walk():
        if not pair.change:
            continue
        if pair.before is None or pair.after is None:
            for part in pair.part.walk():
                (second if pair.before is None else first)[part.name] = Mark(pair.change, "")
        else:
            mark = Mark("changed", "; ".join(map(told, pair.differences)))
            first[pair.before.name] = second[pair.after.name] = mark
    return first, second
