"""A comparison folded into few lines: copies together, and what is the same in many places said once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from netspec.diff.compare import NAME, PLACE, TYPE, Comparison, Difference, Pair
from netspec.diff.features import COPY, Numbers
from netspec.outline import Kind, Part

SAME_LINES = 3  # so many lines that say the same are left where they are
LIKE_LINES = 6  # and so many in which only the values differ


@dataclass
class Line:
    """Pairs of which one thing is said: neighbours, or what is the same all over the network.

    ``before`` and ``after`` count the copies of each side. ``differences`` are what all of them have in common; where
    ``vary`` is set, only their names are, and the pairs have the values; where ``partly`` is, the pairs differ in more.
    """

    pairs: list[Pair]
    differences: list[Difference]
    inside: list[Line] = field(default_factory=list)
    vary: bool = False
    partly: bool = False

    @property
    def before(self) -> int:
        return sum(pair.before is not None for pair in self.pairs)

    @property
    def after(self) -> int:
        return sum(pair.after is not None for pair in self.pairs)

    @property
    def pair(self) -> Pair:
        """The one that stands for all."""
        return next((pair for pair in self.pairs if pair.before and pair.after), self.pairs[0])

    @property
    def mark(self) -> str:
        return "+" if not self.before else "-" if not self.after else "~"

    @property
    def recounted(self) -> bool:
        """Whether there are more copies now, or fewer."""
        return self.before != self.after and self.mark == "~"


@dataclass
class Folded:
    """The lines of a comparison in the network's order, and those that are about many places."""

    root: list[Difference]
    lines: list[Line]
    throughout: list[Line]


def fold(comparison: Comparison) -> Folded:
    """Fold what has changed into lines."""
    inside = comparison.root.inside
    common = _common(_all(_Folder().lines(inside)), Counter(_kind(pair) for pair in _told(inside)))
    folder = _Folder(common)
    lines = folder.lines(inside)
    lifted, taken = _lift(lines, folder)
    return Folded(comparison.root.differences, _without(lines, taken), [*_of_common(inside, common), *lifted])


def _common(lines: Iterable[Line], parts: Mapping[Hashable, int]) -> Collection[Hashable]:
    """The differences that more than a few lines have in common, and at least half of all parts of their type."""
    said: Counter[Hashable] = Counter()
    having: Counter[Hashable] = Counter()
    of: dict[Hashable, Hashable] = {}
    for line in lines:
        for one in line.differences if not line.recounted else ():
            if one.what in (NAME, TYPE, PLACE):
                continue
            key = _key(line.pair, one)
            said[key] += 1
            having[key] += len(line.pairs)
            of[key] = _kind(line.pair)
    return {key for key, count in said.items() if count > SAME_LINES and 2 * having[key] >= parts[of[key]]}


def _kind(pair: Pair) -> Hashable:
    return pair.part.kind, pair.part.type


def _key(pair: Pair, one: Difference) -> Hashable:
    return _kind(pair), one.what, repr(one.before), repr(one.after)


class _Folder:
    """Folds pairs into lines; of differences that are ``common`` nothing is said."""

    def __init__(self, common: Collection[Hashable] = ()) -> None:
        self.common = common
        self.numbers = Numbers()
        self._says: dict[Pair, int] = {}

    def lines(self, pairs: Sequence[Pair]) -> list[Line]:
        return [line for group in self._groups(pairs) for line in self._of_group(group)]

    def differences(self, pair: Pair) -> list[Difference]:
        return [one for one in pair.differences if _key(pair, one) not in self.common]

    def says(self, pair: Pair) -> int:
        """A number for what is to be said of a pair, but its name; 0 for nothing."""
        if pair.only_follows:
            return 0
        if pair not in self._says:
            built = 0 if pair.before and pair.after else self.numbers.of(self.numbers.structure(pair.part)) + 1
            inside = () if pair.follows else tuple(number for one in pair.inside if (number := self.says(one)))
            differences = tuple((one.what, repr(one.before), repr(one.after)) for one in self.differences(pair))
            what = pair.change, pair.part.kind, pair.part.type, built, differences, inside
            self._says[pair] = self.numbers.of(what) + 1 if built or differences or inside else 0
        return self._says[pair]

    def _groups(self, pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
        """Neighbours that are copies of one thing: of one written node, or built alike."""
        group: list[Pair] = []
        for pair in pairs:
            if group and not self._go_together(group[-1], pair):
                yield group
                group = []
            group.append(pair)
        if group:
            yield group

    def _go_together(self, one: Pair, other: Pair) -> bool:
        a, b = one.part, other.part
        if a.kind is not b.kind or a.type != b.type or a.kind in (Kind.stage, Kind.input):
            return False
        series = {_series(part) for pair in (one, other) for part in (pair.before, pair.after) if part is not None}
        if len(series) == 1 and None not in series:
            return True
        return self.numbers.structure(a) == self.numbers.structure(b)

    def _of_group(self, group: list[Pair]) -> Iterator[Line]:
        line = Line(group, [])
        both = [pair for pair in group if pair.before and pair.after]
        if line.recounted and len(group) == max(line.before, line.after) and both:
            changed = [pair for pair in both if self.says(pair)]
            if len(changed) == len(both) and len({self.says(pair) for pair in both}) == 1:
                yield Line(group, self.differences(both[0]), self._within(both[0]))
            else:
                yield Line(group, [], list(self._alike(changed)))
        else:
            yield from self._alike([pair for pair in group if self.says(pair)])

    def _alike(self, pairs: Sequence[Pair]) -> Iterator[Line]:
        """A line for neighbours of which the same is to be said."""
        found: list[list[Pair]] = []
        for pair in pairs:
            if found and self.says(found[-1][0]) == self.says(pair) and not _named(found[-1][0], pair):
                found[-1].append(pair)
            else:
                found.append([pair])
        for group in found:
            yield Line(group, self.differences(group[0]), self._within(group[0]))

    def _within(self, pair: Pair) -> list[Line]:
        return [] if pair.follows else self.lines(pair.inside)


# ------------------------------------------------------------------------------------------------- the same all over it


def _of_common(pairs: Sequence[Pair], common: Collection[Hashable]) -> Iterator[Line]:
    """Lines for the differences that many have: those that the same pairs have share one."""
    found: dict[Hashable, list[Pair]] = {}
    said: dict[Hashable, Difference] = {}
    for pair in _told(pairs):
        for one in pair.differences:
            if (key := _key(pair, one)) in common:
                found.setdefault(key, []).append(pair)
                said[key] = one
    together: dict[tuple[Pair, ...], list[Difference]] = {}
    for key, having in found.items():
        together.setdefault(tuple(having), []).append(said[key])
    for pairs_having, differences in together.items():
        partly = any(len(pair.differences) > len(differences) for pair in pairs_having)
        yield Line(list(pairs_having), differences, partly=partly)


def _told(pairs: Sequence[Pair]) -> Iterator[Pair]:
    """All pairs but those that follow from another."""
    for pair in pairs:
        yield pair
        if not pair.follows:
            yield from _told(pair.inside)


def _lift(lines: Sequence[Line], folder: _Folder) -> tuple[list[Line], set[int]]:
    """Lines for what many others say, as a whole or but for the values; and which those others are."""
    found: dict[Hashable, list[Line]] = {}
    for line in _all(lines):
        for key in (_same(line, folder), _like(line)):
            if key is not None:
                found.setdefault(key, []).append(line)
    taken: set[int] = set()
    said_once = []
    for key, saying in found.items():
        vary = isinstance(key, tuple)
        fresh = [line for line in saying if id(line) not in taken]
        if len(fresh) > (LIKE_LINES if vary else SAME_LINES):
            taken |= {id(inner) for line in fresh for inner in _all([line])}
            pairs = [pair for line in fresh for pair in line.pairs]
            said_once.append(Line(pairs, fresh[0].differences, fresh[0].inside, vary))
    return said_once, taken


def _same(line: Line, folder: _Folder) -> Hashable:
    return None if line.recounted or line.pair.part.kind is Kind.stage else folder.says(line.pair)


def _like(line: Line) -> Hashable:
    """What lines have in common in which only values differ: the type, and which options changed."""
    names = tuple(one.what for one in line.differences)
    if line.recounted or not names or line.inside or {NAME, PLACE} & set(names):
        return None
    return _kind(line.pair), names


def _without(lines: Sequence[Line], taken: Collection[int]) -> list[Line]:
    """The lines but for those that are said once for all; what held nothing else goes too."""
    kept = []
    for line in lines:
        inside = _without(line.inside, taken)
        if id(line) not in taken and (inside or not line.inside or line.differences or line.recounted):
            kept.append(Line(line.pairs, line.differences, inside, line.vary))
    return kept


def _all(lines: Sequence[Line]) -> Iterator[Line]:
    for line in lines:
        yield line
        yield from _all(line.inside)


def _series(part: Part) -> str | None:
    """What copies of one node have in common; None of what was written alone."""
    return COPY.sub("", part.label) if COPY.search(part.label) else None


def _named(one: Pair, other: Pair) -> bool:
    """Whether one of two pairs has another name now: then each is told by itself."""
    return any(difference.what == NAME for pair in (one, other) for difference in pair.differences)
