"""Layered layout: vertices of any size in ranks from top to bottom, edges at right angles that meet no vertex.

The order within ranks, which decides what crosses what, comes from `fast_sugiyama`. It knows no sizes: the places are
worked out here. An edge over several ranks has a vertex of no width in each, shared by all edges that start at one
port. Between two ranks edges change sides on lanes of their own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from netspec.draw.lanes import corners_of, stack
from netspec.draw.pieces import Edge, Piece, Vertex
from netspec.draw.places import place_across

BUNDLE = 7  # so many edges to one port are joined on their way
MOST_COMPARED = 200  # edges between two ranks, to count how many cross


@dataclass(frozen=True, slots=True)
class Extent:
    """The space that a layout takes, from ``left`` to ``right`` and from 0 to ``height``."""

    left: float
    right: float
    height: float
    alone: frozenset[Vertex]
    """The vertices beside which there is nothing."""


def layered(vertices: Sequence[Vertex], edges: Sequence[Edge]) -> Extent:
    """Give every vertex its place and every edge its points. The edges must make no cycle."""
    rank(vertices, edges)
    ranks, pieces, ways = _pieces(vertices, edges)
    ranks = _ordered(ranks, pieces)
    place_across(ranks, pieces)
    height = stack(ranks, pieces)
    for edge in edges:
        edge.points = corners_of(ways[edge])
        edge.leaves = ways[edge][0].leaves
    everything = [vertex for rank in ranks for vertex in rank]
    left = min((vertex.x - vertex.left for vertex in everything), default=0.0)
    right = max((vertex.x + vertex.right for vertex in everything), default=0.0)
    return Extent(left, right, height, frozenset(rank[0] for rank in ranks if len(rank) == 1))


# --------------------------------------------------------------------------------------------------------------- ranks


def rank(vertices: Sequence[Vertex], edges: Sequence[Edge]) -> None:
    """Put each vertex below all that it reads; one that only others read as near to them as it can be."""
    above: dict[Vertex, list[Vertex]] = defaultdict(list)
    below: dict[Vertex, list[Vertex]] = defaultdict(list)
    for edge in edges:
        above[edge.target].append(edge.source)
        below[edge.source].append(edge.target)
    waiting = {vertex: len(above[vertex]) for vertex in vertices}
    ready = [vertex for vertex in vertices if not waiting[vertex]]
    for vertex in ready:
        vertex.rank = max((each.rank + 1 for each in above[vertex]), default=0)
        for each in below[vertex]:
            waiting[each] -= 1
            if not waiting[each]:
                ready.append(each)
    for vertex in reversed(ready):
        if below[vertex] and len(below[vertex]) > len(above[vertex]):
            vertex.rank = min(each.rank for each in below[vertex]) - 1
    entries = [vertex for vertex in vertices if vertex.role == "entry"]
    inner = [vertex for vertex in vertices if vertex.role != "entry"]
    least = min((vertex.rank for vertex in inner), default=0)
    for vertex in inner:
        vertex.rank -= least - bool(entries)
    for vertex in entries:
        vertex.rank = 0
    last = max((vertex.rank for vertex in vertices if vertex.role != "exit"), default=0)
    for vertex in vertices:
        if vertex.role == "exit":
            vertex.rank = last + 1


def _pieces(
    vertices: Sequence[Vertex], edges: Sequence[Edge]
) -> tuple[list[list[Vertex]], list[Piece], dict[Edge, list[Piece]]]:
    """Cut edges into pieces from rank to rank; edges of one net share the vertices that they pass."""
    ranks: list[list[Vertex]] = [[] for _ in range(max((vertex.rank for vertex in vertices), default=0) + 1)]
    for vertex in vertices:
        ranks[vertex.rank].append(vertex)
    passed: dict[tuple[Vertex, object, int], Vertex] = {}
    read = Counter((edge.target, edge.enters) for edge in edges)
    made: dict[tuple[Vertex, Vertex, object, float], Piece] = {}
    ways: dict[Edge, list[Piece]] = {}
    for edge in edges:
        way, source, leaves = [], edge.source, edge.leaves
        for rank in range(edge.source.rank + 1, edge.target.rank + 1):
            last = rank == edge.target.rank
            if last:
                target, enters = edge.target, edge.enters
            else:
                joins = read[edge.target, edge.enters] >= BUNDLE
                key = (edge.target, edge.enters, rank) if joins else (edge.source, edge.net, rank)
                if key not in passed:
                    passed[key] = Vertex(1.0, 1.0, 0.0, "pass", rank=rank)
                    ranks[rank].append(passed[key])
                target, enters = passed[key], 0.0
            piece = made.get((source, target, edge.net, enters))
            if piece is None:
                piece = Piece(source, target, edge.net, leaves, enters, edge.arrow and last)
                made[source, target, edge.net, enters] = piece
            way.append(piece)
            source, leaves = target, 0.0
        ways[edge] = way
    return ranks, list(made.values()), ways


def _ordered(ranks: list[list[Vertex]], pieces: Sequence[Piece]) -> list[list[Vertex]]:
    """Order each rank so that few edges cross; of mirrored orders the one in which sources stand as they are read."""
    from fast_sugiyama import from_edges

    numbers = {vertex: number for number, vertex in enumerate(v for rank in ranks for v in rank)}
    places: dict[int, float] = {}
    found = from_edges(
        sorted({(numbers[piece.source], numbers[piece.target]) for piece in pieces}),
        vertex_spacing=10,
        dummy_vertices=False,
        check_layout=False,
        ranking_type="minimize",
    )
    start = 0.0
    parts = [{int(number): place for number, (place, _) in positions} for positions, *_ in found]
    parts += [{number: 0.0} for number in numbers.values() if not any(number in part for part in parts)]
    for part in sorted(parts, key=min):
        least, most = min(part.values()), max(part.values())
        mirrored = _mirrored(part, pieces, numbers)
        places |= {n: start + (most - place if mirrored else place - least) for n, place in part.items()}
        start += most - least + 10
    ranks = [sorted(rank, key=lambda vertex: (places[numbers[vertex]], numbers[vertex])) for rank in ranks]
    _turn_ports(ranks, pieces)
    return _swept(ranks, pieces)


def _turn_ports(ranks: Sequence[Sequence[Vertex]], pieces: Sequence[Piece]) -> None:
    """Put the further ports of boxes on the side to which their edges go."""
    place = {vertex: number for rank in ranks for number, vertex in enumerate(rank)}
    main = {piece.source: place[piece.target] for piece in pieces if piece.leaves == 0}
    for piece in pieces:
        if piece.leaves and piece.source.turns and place[piece.target] < main.get(piece.source, place[piece.source]):
            piece.leaves = -abs(piece.leaves)


def _swept(ranks: list[list[Vertex]], pieces: Sequence[Piece]) -> list[list[Vertex]]:
    """Better the order where vertices have several ports: each goes to the middle of the ports that it is joined to."""
    best, least = ranks, _all_crossings(ranks, pieces)
    for sweep in range(4 if least and any(piece.leaves or piece.enters for piece in pieces) else 0):
        ranks = [list(rank) for rank in ranks]
        place = {vertex: 1000.0 * number for rank in ranks for number, vertex in enumerate(rank)}
        down = sweep % 2 == 0
        for rank in ranks if down else reversed(ranks):
            wanted: dict[Vertex, list[float]] = defaultdict(list)
            for piece in pieces:
                if down:
                    wanted[piece.target].append(place[piece.source] + piece.leaves - piece.enters)
                else:
                    wanted[piece.source].append(place[piece.target] + piece.enters - piece.leaves)
            rank.sort(key=lambda vertex: sum(w := wanted[vertex] or [place[vertex]]) / len(w))
            place.update((vertex, 1000.0 * number) for number, vertex in enumerate(rank))
        crossings = _all_crossings(ranks, pieces)
        if crossings < least:
            best, least = ranks, crossings
    return best


def _all_crossings(ranks: Sequence[Sequence[Vertex]], pieces: Sequence[Piece]) -> int:
    place = {vertex: 1000.0 * number for rank in ranks for number, vertex in enumerate(rank)}
    by_rank: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for piece in pieces:
        by_rank[piece.source.rank].append((place[piece.source] + piece.leaves, place[piece.target] + piece.enters))
    return sum(
        (one[0] - other[0]) * (one[1] - other[1]) < 0
        for found in by_rank.values()
        for one, other in combinations(found[:MOST_COMPARED], 2)
    )


def _mirrored(places: dict[int, float], pieces: Sequence[Piece], numbers: dict[Vertex, int]) -> bool:
    """Whether the sources of vertices stand the other way round than they are read, more often than not."""
    read: dict[Vertex, list[Vertex]] = defaultdict(list)
    for piece in pieces:
        if numbers[piece.source] in places:
            read[piece.target].append(piece.source)
    turned = 0
    for sources in read.values():
        for one, other in pairwise(sources):
            turned += _sign(places[numbers[one]] - places[numbers[other]])
    return turned > 0


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)
