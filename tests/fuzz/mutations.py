"""Small changes to specs: of their bytes, and of what they hold. All that is drawn comes from ``chance``."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 3, 7, 63, 10**12, 10**12 + 1, -(10**30), 0.5, -0.0, 1.0, 1e308, float("nan"),
    "", " ", "x", "é", "x\ny", "no", "1e3", "-2", "prev", "input", "a.b", "x.0", "gates.*", "*", "relu", "he_normal",
    "$x", "$i", "$channels", "$(1/0)", "$(i * 2)", "$[1]", "$(", "$([1] * 9)", "$(shape(prev)[0])", "$(-2 ** 63)",
    [], {}, [1, 2], [None], [[1, 2], [3, 4]], {"type": "l2"}, {"type": "relu"}, {"nodes": ["relu"]},
)  # fmt: skip

SIGNS = "$.()[]*-_+/ xi0"


def changed_bytes(chance: Random, data: bytes, words: Sequence[str]) -> bytes:
    """Make one to four edits: a stretch is left out or repeated, a word or a byte is put in or in place of it."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randint(0, len(data))
        end = min(len(data), start + chance.choice((1, 1, 2, 4, 16, 64)))
        letter = chance.randrange(256) if chance.random() < 0.1 else chance.randrange(ord(" "), ord("~") + 1)
        new = chance.choice((b"", data[start:end] * 2, chance.choice(words).encode(), bytes([letter])))
        data = data[:start] + new + data[chance.choice((start, end)) :]
    return data


@dataclass(frozen=True)
class Spot:
    """A place in a tree of mappings and lists that holds a value."""

    holder: Any
    key: Any
    path: tuple[Any, ...]

    @property
    def value(self) -> Any:
        return self.holder[self.key]

    def put(self, value: Any) -> None:
        """Put a copy of a value there: no two places of a tree share one."""
        self.holder[self.key] = copy.deepcopy(value)


def spots(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[Spot]:
    """Yield every place in a tree."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield Spot(tree, key, (*path, key))
        yield from spots(value, (*path, key))


class Mutator:
    """Changes trees of specs. ``specs`` are good ones by file name, to take parts from and to extend."""

    def __init__(self, chance: Random, specs: Mapping[str, Any], words: Sequence[str]) -> None:
        self.chance = chance
        self.specs = specs
        self.words = words
        self.changes: tuple[Callable[[Any, Spot], None], ...] = (
            self.drop, self.rename, self.exchange, self.duplicate, self.nest, self.replace, self.replace, self.add,
            self.add, self.splice, self.edit_by_path, self.extend,
        )  # fmt: skip

    def changed(self, tree: Any) -> Any:
        """Make one to three changes to a copy of a tree."""
        tree = copy.deepcopy(tree)
        for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
            if places := list(spots(tree)):
                self.chance.choice(self.changes)(tree, self.chance.choice(places))
        return tree

    def word(self) -> str:
        return self.chance.choice(self.words)

    def odd_value(self) -> Any:
        return self.chance.choice((*ODD_VALUES, self.word()))

    def part_of_another(self) -> Any:
        other = self.specs[self.chance.choice(list(self.specs))]
        return self.chance.choice(list(spots(other))).value

    def drop(self, tree: Any, spot: Spot) -> None:
        del spot.holder[spot.key]

    def rename(self, tree: Any, spot: Spot) -> None:
        """Give a key another name, without moving it; an item of a list becomes that name."""
        new = self.word()
        if isinstance(spot.holder, list):
            spot.put(new)
            return
        renamed = {new if key == spot.key else key: value for key, value in spot.holder.items()}
        spot.holder.clear()
        spot.holder.update(renamed)

    def exchange(self, tree: Any, spot: Spot) -> None:
        """Let two values trade places. Where one holds the other, the inner one takes the place of the outer."""
        partner = self.chance.choice(list(spots(tree)))
        mine, theirs = spot.value, partner.value
        partner.put(mine)
        spot.put(theirs)

    def duplicate(self, tree: Any, spot: Spot) -> None:
        value = copy.deepcopy(spot.value)
        if isinstance(spot.holder, list):
            spot.holder.insert(self.chance.randint(0, len(spot.holder)), value)
        else:
            spot.holder[self.word()] = value

    def nest(self, tree: Any, spot: Spot) -> None:
        value, word = spot.value, self.word()
        spot.put(self.chance.choice(([value], {word: value}, {"nodes": [value]}, {"type": word, "name": value})))

    def replace(self, tree: Any, spot: Spot) -> None:
        spot.put(self.odd_value())

    def add(self, tree: Any, spot: Spot) -> None:
        """Put something more into what stands there; a number becomes an expression."""
        inside = spot.value
        if isinstance(inside, dict):
            inside[self.word()] = copy.deepcopy(self.odd_value())
        elif isinstance(inside, list):
            inside.insert(self.chance.randint(0, len(inside)), copy.deepcopy(self.odd_value()))
        elif isinstance(inside, str):
            at = self.chance.randint(0, len(inside))
            spot.put(inside[:at] + self.chance.choice(SIGNS) + inside[at + self.chance.randint(0, 1) :])
        else:
            spot.put(self.chance.choice((f"$({inside})", f"$({inside} - 1)", str(inside))))

    def splice(self, tree: Any, spot: Spot) -> None:
        spot.put(self.part_of_another())

    def edit_by_path(self, tree: Any, spot: Spot) -> None:
        """Let the spec's own ``set`` change, insert or remove something."""
        path = self.chance.choice((spot.path, (*spot.path[:-1], "+"), (*spot.path, self.word())))
        edits = tree.setdefault("set", {})
        if isinstance(edits, dict):
            value = self.chance.choice((self.odd_value(), self.part_of_another()))
            edits[".".join(map(str, path))] = copy.deepcopy(value)

    def extend(self, tree: Any, spot: Spot) -> None:
        """Make the spec a variant of another."""
        tree["extends"] = self.chance.choice(list(self.specs))
