"""Places down: ranks below each other, with room between them for the lanes on which edges change sides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from netspec.draw.pieces import Piece, Vertex
from netspec.draw.shapes import Point

LANE = 7.0  # between lanes
ARROW = 9.0  # the last piece of an edge, for its head


def stack(ranks: Sequence[Sequence[Vertex]], pieces: Sequence[Piece]) -> float:
    """Find the places down, with room for the lanes of edges between two ranks; gives the height of all."""
    by_rank: dict[int, list[Piece]] = defaultdict(list)
    for piece in pieces:
        by_rank[piece.source.rank].append(piece)
    top = 0.0
    for number, rank in enumerate(ranks):
        height = max((vertex.height for vertex in rank), default=0.0)
        for vertex in rank:
            vertex.y = top + (height - vertex.height) / 2
        top += height
        if number == len(ranks) - 1:
            break
        label = max((vertex.below for vertex in rank), default=0.0)
        lanes = _lanes(by_rank[number])
        arrow = ARROW if any(piece.arrow for piece in by_rank[number]) else 0.0
        for piece in by_rank[number]:
            piece.lane += top + max(label, 5.0)
        top += max(label, 5.0) + max(lanes - 1, 0) * LANE + max(arrow, 5.0) + (2.0 if lanes else 0.0)
    return top


def _lanes(pieces: Sequence[Piece]) -> int:
    """Give a lane to what changes sides between two ranks, and say how many there are. Those of one net share it."""
    leaving: dict[object, set[float]] = defaultdict(set)
    for piece in pieces:
        leaving[piece.source, piece.net].add(round(piece.end, 3))
    nets: dict[object, list[Piece]] = defaultdict(list)
    for piece in pieces:
        if abs(piece.start - piece.end) < 0.01 and len(leaving[piece.source, piece.net]) == 1:
            continue
        fans_out = len(leaving[piece.source, piece.net]) > 1
        nets[(piece.source, piece.net) if fans_out else (piece.target, piece.enters)].append(piece)
    spans = {net: _span(found) for net, found in nets.items()}
    order = sorted(
        nets,
        key=lambda net: (
            sum(_crossings(nets[net], nets[other], spans[net], spans[other]) for other in nets if other != net),
            spans[net],
        ),
    )
    lane: dict[object, int] = {}
    for net in order:
        overlapping = [lane[other] for other in lane if _overlap(spans[net], spans[other])]
        lane[net] = max(overlapping, default=-1) + 1
        for piece in nets[net]:
            piece.lane = lane[net] * LANE
    return max(lane.values(), default=-1) + 1


def _span(pieces: Iterable[Piece]) -> tuple[float, float]:
    ends = [end for piece in pieces for end in (piece.start, piece.end)]
    return min(ends), max(ends)


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[1] + 4 and other[0] <= one[1] + 4


def _crossings(
    upper: Sequence[Piece], lower: Sequence[Piece], upper_span: tuple[float, float], lower_span: tuple[float, float]
) -> int:
    """How many more edges cross if the one net is above the other than if it is below."""

    def within(place: float, span: tuple[float, float]) -> bool:
        return span[0] - 0.01 < place < span[1] + 0.01

    above = sum(within(p.end, lower_span) for p in upper) + sum(within(p.start, upper_span) for p in lower)
    below = sum(within(p.end, upper_span) for p in lower) + sum(within(p.start, lower_span) for p in upper)
    return above - below


def corners_of(way: Sequence[Piece]) -> list[Point]:
    """The corners of an edge."""
    points: list[Point] = []
    for piece in way:
        if not points:
            points.append((piece.start, piece.source.y + piece.source.height))
        if abs(piece.start - piece.end) > 0.01:
            points += [(piece.start, piece.lane), (piece.end, piece.lane)]
        points.append((piece.end, piece.target.y))
    corners = points[:1]
    for point, following in pairwise(points[1:]):
        straight = corners[-1][0] == point[0] == following[0]
        if not straight:
            corners.append(point)
    return [*corners, points[-1]]
