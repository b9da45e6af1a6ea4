"""Folding for a picture: neighbours that look alike are one box, though their options differ somewhere.

`netspec.outline.runs` folds what is built alike. A reader of a picture also takes blocks as repeated whose rate of
dropout rises, or whose dilation doubles: the same layers, joined in the same way, of the same sizes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netspec.graph import Node
from netspec.outline import Kind, Part, Run

LEAST = 3  # so many copies that are not built alike are folded
LEAST_NODES = 4  # of a block; smaller ones are drawn as their layers, whose options matter


def wiring_of(part: Part) -> tuple[object, ...]:
    """What a picture shows of the inside of a block: types and how they are joined, without options."""
    places = {node: place for place, node in enumerate(part.nodes)}
    outside = {node: -1 - place for place, node in enumerate(part.entering)}
    return tuple(
        (node.type, tuple(places[read] if read in places else outside[read] for read in node.inputs))
        for node in part.nodes
    )


def alike(folded: Sequence[Run], read_by: Mapping[Node, Sequence[Node]], outputs: Sequence[str]) -> list[Run]:
    """Join neighbouring runs of blocks that look alike, where that makes a run of three copies or more."""
    found: list[Run] = []
    waiting: list[Run] = []
    for run in folded:
        if waiting and not _follows(waiting[-1], run):
            found += _joined(waiting, read_by, outputs)
            waiting = []
        waiting.append(run)
    return found + _joined(waiting, read_by, outputs)


def _follows(before: Run, run: Run) -> bool:
    """Whether a run continues one that looks like it."""
    last, first = before.last, run.first
    if not (first.kind is last.kind is Kind.block and first.type == last.type and first.shape == last.shape):
        return False
    if len(first.nodes) != len(last.nodes) or len(first.nodes) < LEAST_NODES:
        return False
    inside, known = set(last.nodes), {*last.nodes, *before.first.entering}
    reads = [node.shape for node in first.entering] == [node.shape for node in last.entering]
    joined = any(node in inside for node in first.entering) and all(node in known for node in first.entering)
    return reads and joined and wiring_of(first) == wiring_of(last)


def _joined(found: Sequence[Run], read_by: Mapping[Node, Sequence[Node]], outputs: Sequence[str]) -> list[Run]:
    """One run of several, where all copies but the last give the same to the outside; else as they were."""
    copies = tuple(copy for run in found for copy in run.copies)
    if len(found) < 2 or len(copies) < LEAST:
        return list(found)
    inside = {node for copy in copies for node in copy.nodes}

    def given(copy: Part) -> set[tuple[int, Node]]:
        return {
            (place, reader) for place, node in enumerate(copy.nodes) for reader in read_by[node] if reader not in inside
        }

    ends = any(node.name in outputs for copy in copies[:-1] for node in copy.nodes)
    # What comes out of the last copy goes on; what every copy gives goes to one node that joins it all.
    shared = given(copies[0])
    onward = {place for place, node in enumerate(copies[0].nodes) if any(each in inside for each in read_by[node])}
    same = all(given(copy) == shared for copy in copies[:-1])
    behind = {
        (place, reader) for place, reader in given(copies[-1]) if place not in onward or (place, reader) in shared
    }
    return list(found) if ends or not same or not shared <= behind else [Run(copies)]
