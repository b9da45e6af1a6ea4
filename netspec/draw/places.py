"""Places across: what follows each other in line is one block, and blocks move towards what they are joined to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from netspec.draw.pieces import Piece, Vertex

GAP = 14.0  # between neighbours in a rank
SWEEPS = 24
WIDE = 3  # a vertex with so many ways is put amid them, one with fewer in line with the longest


def place_across(ranks: Sequence[Sequence[Vertex]], pieces: Sequence[Piece]) -> None:
    """Find the places across: aligned vertices are one block, and blocks move towards what they are joined to."""
    offset, block = _blocks(ranks, pieces)
    members: dict[Vertex, list[Vertex]] = defaultdict(list)
    for rank in ranks:
        for vertex in rank:
            members[block[vertex]].append(vertex)
    before: dict[Vertex, list[tuple[Vertex, float]]] = defaultdict(list)  # left neighbours and the least distance
    behind: dict[Vertex, list[tuple[Vertex, float]]] = defaultdict(list)
    for rank in ranks:
        for one, other in pairwise(rank):
            distance = one.right + GAP + other.left + offset[one] - offset[other]
            before[block[other]].append((block[one], distance))
            behind[block[one]].append((block[other], distance))
    pulls: dict[Vertex, list[tuple[Vertex, float, float]]] = defaultdict(list)
    for piece in pieces:
        one, other = block[piece.source], block[piece.target]
        if one is not other:
            shift = offset[piece.source] + piece.leaves - offset[piece.target] - piece.enters
            weight = 4.0 if piece.source.role == piece.target.role == "pass" else 1.0
            pulls[other].append((one, shift, weight))
            pulls[one].append((other, -shift, weight))
    order = _from_the_left(list(members), before, behind)
    place: dict[Vertex, float] = {}
    for each in order:
        place[each] = max((place[left] + distance for left, distance in before[each]), default=0.0)
    for sweep in range(SWEEPS):
        for each in order if sweep % 2 else reversed(order):
            if not pulls[each]:
                continue
            total = sum(weight for *_, weight in pulls[each])
            wanted = sum((place[to] + shift) * weight for to, shift, weight in pulls[each]) / total
            least = max((place[left] + distance for left, distance in before[each]), default=float("-inf"))
            most = min((place[right] - distance for right, distance in behind[each]), default=float("inf"))
            place[each] = max(least, min(most, wanted))
    for first, vertices in members.items():
        for vertex in vertices:
            vertex.x = place[first] + offset[vertex]


def _from_the_left(
    blocks: Sequence[Vertex],
    before: dict[Vertex, list[tuple[Vertex, float]]],
    behind: dict[Vertex, list[tuple[Vertex, float]]],
) -> list[Vertex]:
    waiting = {each: len(before[each]) for each in blocks}
    ready = [each for each in blocks if not waiting[each]]
    for each in ready:
        for right, _ in behind[each]:
            waiting[right] -= 1
            if not waiting[right]:
                ready.append(right)
    return ready


def _blocks(
    ranks: Sequence[Sequence[Vertex]], pieces: Sequence[Piece]
) -> tuple[dict[Vertex, float], dict[Vertex, Vertex]]:
    """Align vertices with one above each, the longest way first; gives each vertex's block, and its place in it."""
    offset = {vertex: 0.0 for rank in ranks for vertex in rank}
    block = {vertex: vertex for rank in ranks for vertex in rank}
    place = {vertex: number for rank in ranks for number, vertex in enumerate(rank)}
    below: dict[Vertex, list[Piece]] = defaultdict(list)
    above: dict[Vertex, list[Piece]] = defaultdict(list)
    for piece in pieces:
        below[piece.source].append(piece)
        above[piece.target].append(piece)
    ahead, behind = _lengths(ranks, above, below)
    by_rank: dict[int, list[Piece]] = defaultdict(list)
    for piece in pieces:
        by_rank[piece.source.rank].append(piece)
    for rank in range(len(ranks)):
        taken: list[tuple[tuple[int, float], tuple[int, float]]] = []

        def importance(piece: Piece) -> tuple[bool, int]:
            through = piece.source.role == piece.target.role == "pass"
            return through, ahead[piece.target] + behind[piece.source]

        for piece in sorted(by_rank[rank], key=importance, reverse=True):
            one, other = piece.source, piece.target
            through = one.role == other.role == "pass"
            ways = sum(each.leaves == piece.leaves for each in below[one])
            read = sum(each.enters == piece.enters for each in above[other])
            if (ways >= WIDE or read >= WIDE) and not through:
                continue
            here = (place[one], piece.leaves), (place[other], piece.enters)
            apart = all((here[0] < a and here[1] < b) or (here[0] > a and here[1] > b) for a, b in taken)
            if apart and all(a[0] != place[one] and b[0] != place[other] for a, b in taken):
                taken.append(here)
                block[other] = block[one]
                offset[other] = offset[one] + piece.leaves - piece.enters
    return offset, block


def _lengths(
    ranks: Sequence[Sequence[Vertex]], above: dict[Vertex, list[Piece]], below: dict[Vertex, list[Piece]]
) -> tuple[dict[Vertex, int], dict[Vertex, int]]:
    """How many boxes lie on the longest way down from each vertex, and on that up from it."""
    ahead: dict[Vertex, int] = {}
    behind: dict[Vertex, int] = {}
    for rank in reversed(ranks):
        for vertex in rank:
            ahead[vertex] = max((ahead[p.target] for p in below[vertex]), default=0) + (vertex.role == "box")
    for rank in ranks:
        for vertex in rank:
            behind[vertex] = max((behind[p.source] for p in above[vertex]), default=0) + (vertex.role == "box")
    return ahead, behind
