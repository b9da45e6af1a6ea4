"""Two lists side by side, so that as much as possible stands beside what it was before.

What both begin and end with is set aside. Of the rest every pair is weighed, as in Needleman and Wunsch's alignment of
sequences; where there is too much of it, Myers's shortest edit script finds what is equal first.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Generic, TypeVar

Item = TypeVar("Item")
Aligned = list[tuple[Item | None, Item | None]]

MOST_PAIRS = 40_000  # to weigh one by one
MOST_EDITS = 400  # to look for among what is equal


@dataclass(frozen=True)
class Aligner(Generic[Item]):
    """Pairs the items of two lists in order.

    ``key`` is equal for what is the same, ``score`` tells how well two go together; None keeps them apart.
    """

    key: Callable[[Item], Hashable]
    score: Callable[[Item, Item], float | None]

    def align(self, a: Sequence[Item], b: Sequence[Item]) -> Aligned[Item]:
        """Pair two lists: each item once, alone or with its partner, in the order of both."""
        shorter = min(len(a), len(b))
        start = 0
        while start < shorter and self.key(a[start]) == self.key(b[start]):
            start += 1
        end = 0
        while end < shorter - start and self.key(a[-1 - end]) == self.key(b[-1 - end]):
            end += 1
        return [
            *zip(a[:start], b[:start], strict=True),
            *_in_order(self._middle(a[start : len(a) - end], b[start : len(b) - end])),
            *zip(a[len(a) - end :], b[len(b) - end :], strict=True),
        ]

    def _middle(self, a: Sequence[Item], b: Sequence[Item]) -> Aligned[Item]:
        if len(a) * len(b) <= MOST_PAIRS:
            return self._weighed(a, b)
        found: Aligned[Item] = []
        at_a = at_b = 0
        for place_a, place_b in [*_equal(list(map(self.key, a)), list(map(self.key, b))), (len(a), len(b))]:
            gap_a, gap_b = a[at_a:place_a], b[at_b:place_b]
            small = len(gap_a) * len(gap_b) <= MOST_PAIRS
            found += self._weighed(gap_a, gap_b) if small else self._in_step(gap_a, gap_b)
            found += zip(a[place_a : place_a + 1], b[place_b : place_b + 1], strict=True)
            at_a, at_b = place_a + 1, place_b + 1
        return found

    def _weighed(self, a: Sequence[Item], b: Sequence[Item]) -> Aligned[Item]:
        """Choose the pairs whose scores add up to most."""
        paired: dict[tuple[int, int], float] = {}
        best = [[0.0] * (len(b) + 1) for _ in range(len(a) + 1)]
        for i in range(len(a) - 1, -1, -1):
            below, here = best[i + 1], best[i]
            for j in range(len(b) - 1, -1, -1):
                here[j] = max(below[j], here[j + 1])
                value = self.score(a[i], b[j])
                if value is not None:
                    paired[i, j] = value + below[j + 1]
                    here[j] = max(here[j], paired[i, j])
        found: Aligned[Item] = []
        i = j = 0
        while i < len(a) and j < len(b):
            if paired.get((i, j)) == best[i][j]:
                found.append((a[i], b[j]))
                i, j = i + 1, j + 1
            elif best[i + 1][j] == best[i][j] and (best[i][j + 1] < best[i][j] or len(a) - i >= len(b) - j):
                found.append((a[i], None))
                i += 1
            else:  # where both will do, the longer rest gives way, so that it is the same the other way round
                found.append((None, b[j]))
                j += 1
        return [*found, *((one, None) for one in a[i:]), *((None, one) for one in b[j:])]

    def _in_step(self, a: Sequence[Item], b: Sequence[Item]) -> Aligned[Item]:
        """Pair what stands at the same place: two long lists that have nothing in common."""
        found: Aligned[Item] = []
        for one, other in zip_longest(a, b):
            if one is not None and other is not None and self.score(one, other) is not None:
                found.append((one, other))
            else:
                found += [pair for pair in ((one, None), (None, other)) if pair != (None, None)]
        return found


def _in_order(aligned: Aligned[Item]) -> Iterator[tuple[Item | None, Item | None]]:
    """Between two pairs, put what is gone before what is new."""
    new: Aligned[Item] = []
    for one, other in aligned:
        if one is None:
            new.append((one, other))
            continue
        if other is not None:
            yield from new
            new = []
        yield one, other
    yield from new


def _equal(a: Sequence[Hashable], b: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    """The places of what is equal in two lists, by the fewest edits; nothing where those are too many."""
    furthest = {1: 0}
    steps: list[dict[int, int]] = []
    for edits in range(min(len(a) + len(b), MOST_EDITS) + 1):
        steps.append(dict(furthest))
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
            x = furthest[diagonal + 1] if down else furthest[diagonal - 1] + 1
            while x < len(a) and 0 <= x - diagonal < len(b) and a[x] == b[x - diagonal]:
                x += 1
            furthest[diagonal] = x
            if x >= len(a) and x - diagonal >= len(b):
                return reversed(list(_backwards(steps, len(a), len(b))))
    return iter(())


def _backwards(steps: list[dict[int, int]], x: int, y: int) -> Iterator[tuple[int, int]]:
    """Follow the furthest ways back from the end, and give the places of what was equal on it."""
    for edits in range(len(steps) - 1, -1, -1):
        furthest, diagonal = steps[edits], x - y
        down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
        before = diagonal + 1 if down else diagonal - 1
        before_x = furthest[before]
        while x > max(before_x, 0) and y > max(before_x - before, 0):
            x, y = x - 1, y - 1
            yield x, y
        x, y = before_x, before_x - before
