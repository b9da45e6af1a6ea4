"""What a page shows: networks with marks and mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from netspec.errors import Diagnostic
from netspec.graph import Graph
from netspec.render import draw


class MarkKind(StrEnum):
    """What a mark says of a part."""

    added = "added"
    removed = "removed"
    changed = "changed"
    mistake = "mistake"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to say of a part: that it was added, removed or changed, or is mistaken."""

    kind: MarkKind
    text: str = ""


@dataclass(frozen=True)
class View:
    """One network of a page. ``marks`` are by built name of a layer, block or stage.

    ``graph`` is None where the spec was wrong from the start; ``problems`` say how. ``key`` tells views apart; it is
    the file where none is given.
    """

    graph: Graph | None
    title: str
    file: str
    marks: Mapping[str, Mark] = field(default_factory=dict)
    problems: Sequence[Diagnostic] = ()
    key: str = ""


def problems_data(problems: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Turn mistakes into what ``netspec.problems`` shows: ``frame`` is the drawn piece of the spec."""
    return [
        {
            "severity": problem.severity,
            "code": problem.code,
            "message": problem.message,
            "file": problem.where.file,
            "line": problem.where.line,
            "column": problem.where.column,
            "help": problem.help,
            "frame": _frame(problem),
        }
        for problem in problems
    ]


def _frame(problem: Diagnostic) -> str:
    """The lines of the spec that a mistake is about, with its marks; message and help stand elsewhere."""
    lines = draw(problem).split("\n")[1:]
    return "\n".join(lines[:-1] if problem.help else lines)
