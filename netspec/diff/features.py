"""What tells parts of two networks apart, and how much two of them are alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable
from functools import cached_property
from math import log2
from typing import Any

from netspec.graph import Node, Site
from netspec.layer import TYPES, Layer, Settings
from netspec.outline import Kind, Part
from netspec.tensors import BlockCall

COPY = re.compile(r"-[0-9]+$")
GROUP = "group"

SAME = 2.0  # built alike
SAME_NAME = 0.6  # a name that somebody gave to both
OTHER_NAME = -0.1
SAME_LABEL = 0.05  # names that were numbered by themselves, and are equal all the same
ENOUGH = 0.5  # so much of their layers parts must share to be taken for one another


class Features:
    """What is known of one part. ``own`` is a name that somebody gave, without the number of its copy."""

    def __init__(self, part: Part, numbers: Numbers) -> None:
        self.part = part
        self.written = site.written if (site := site_of(part)) else None
        self.base = COPY.sub("", part.label)
        grouped = part.kind is Kind.block and not isinstance(self.written, BlockCall)
        self.type = GROUP if grouped and part.type == self.base else part.type
        automatic = re.fullmatch(rf"{re.escape(part.type)}(_[0-9]+)?", self.base) is not None and self.type != GROUP
        self.own = "" if automatic else self.base
        self.numbers = numbers

    @cached_property
    def key(self) -> int:
        """A number that parts have in common which are built alike: layers, options, how they are joined."""
        return self.numbers.of((self.part.kind, self.numbers.structure(self.part)))

    @cached_property
    def exact(self) -> tuple[str, int]:
        """What parts have in common that are built alike and have the same name of their own."""
        return self.own, self.key

    @cached_property
    def names(self) -> list[str]:
        """The names of the nodes inside, as they are called there."""
        return [node.name.removeprefix(self.part.name) for node in self.part.nodes]

    @cached_property
    def types(self) -> Counter[str]:
        return Counter(node.type for node in self.part.nodes)

    @cached_property
    def layers(self) -> Counter[int]:
        return Counter(map(self.numbers.layer, self.part.nodes))

    @cached_property
    def weight(self) -> float:
        """How much it matters that a part finds its partner."""
        if self.part.kind is Kind.layer:
            return 1.0 if self.part.node.params else 0.6
        return 1.5 + log2(max(1, len(self.part.nodes))) / 4

    @cached_property
    def family(self) -> str:
        return TYPES[self.type].family if self.type in TYPES else ""


class Numbers:
    """Small numbers for what is compared often, the same for both networks."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._layers: dict[int, int] = {}
        self._kept: list[object] = []  # a number of an object holds as long as the object does
        self._worked_out: dict[tuple[int, int, str, str], float | None] = {}

    def of(self, what: Hashable) -> int:
        return self._numbers.setdefault(what, len(self._numbers))

    def layer(self, node: Node) -> int:
        """One number for all layers of the same type and options."""
        layer = node.layer
        number = self._layers.get(id(layer))
        if number is None:
            number = self.of((node.type, repr(layer) if isinstance(layer, Layer) else ""))
            self._layers[id(layer)] = number
            self._kept.append(layer)
        return number

    def remember(
        self, a: Features, b: Features, work_out: Callable[[Features, Features], float | None]
    ) -> float | None:
        """Work out once how much parts are alike that are built as these two are."""
        key = a.key, b.key, a.type, b.type
        if key not in self._worked_out:
            self._worked_out[key] = work_out(a, b)
        return self._worked_out[key]

    def structure(self, part: Part) -> Hashable:
        """The layers of a part and how they are joined, without names or sizes."""
        places = {node: place for place, node in enumerate(part.nodes)}
        outside: dict[Node, int] = {}
        found = []
        for node in part.nodes:
            reads = tuple(
                [
                    places[read] if read in places else outside.setdefault(read, -1 - len(outside))
                    for read in node.inputs
                ]
            )
            owner = None if node.owner is None else places.get(node.owner, -1)
            found.append((self.layer(node), reads, owner))
        return tuple(found)


def likeness(a: Features, b: Features) -> float | None:
    """How well two parts go together; None where they can't be the same part, changed."""
    if a.part.kind is not b.part.kind:
        return None
    named = bool(a.own) and a.own == b.own
    score = SAME if a.key == b.key else a.numbers.remember(a, b, _built)
    if score is None:
        if not named:
            return None
        score = 0.0
    if named:
        score += SAME_NAME
    elif a.own and b.own:
        score += OTHER_NAME
    elif a.part.label == b.part.label:
        score += SAME_LABEL
    return score * max(a.weight, b.weight)


def _built(a: Features, b: Features) -> float | None:
    """How much parts are alike that are not built alike."""
    if a.part.kind is Kind.layer:
        if a.type == b.type:
            return 1 + _options_shared(a.part.node, b.part.node) / 2
        return 0.4 if a.family and a.family == b.family else None
    shared = (_shared(a.types, b.types) + _shared(a.layers, b.layers)) / 2
    if a.part.kind is Kind.block and a.type == b.type != GROUP:
        return 0.7 + shared
    return 1.2 * shared if shared >= ENOUGH else None


def _shared(a: Counter[Any], b: Counter[Any]) -> float:
    """The part of all that both have in common, from 0 to 1."""
    total = a.total() + b.total()
    return 2 * (a & b).total() / total if total else 1.0


def _options_shared(a: Node, b: Node) -> float:
    """The part of the options that are equal, of those that are not at their default in both."""
    if not (isinstance(a.layer, Layer) and isinstance(b.layer, Layer)):
        return 1.0
    before, after = a.layer.options(), b.layer.options()
    said = [
        name
        for name, option in type(a.layer).declared().items()
        if not (is_same(before[name], option.default) and is_same(after[name], option.default))
    ]
    return sum(is_same(before[name], after[name]) for name in said) / len(said) if said else 1.0


def is_same(a: object, b: object) -> bool:
    """Whether two values of an option are the same; settings have no equality, and 1 is not True or 1.0."""
    return repr(plain(a)) == repr(plain(b))


def plain(value: Any) -> Any:
    """A value of an option as it would be written: settings as a name, or as a mapping of what they say."""
    if isinstance(value, Settings):
        options = type(value).declared()
        given = value.options().items()
        said = {name: plain(one) for name, one in given if not _is_default(one, options[name].default)}
        return {"type": value.type_name, **said} if said else value.type_name
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value


def _is_default(value: object, default: object) -> bool:
    return (
        value is default or repr(value) == repr(default) or (isinstance(value, Settings) and value.type_name == default)
    )


def site_of(part: Part) -> Site | None:
    """The site of a block or group; None of anything else."""
    if part.kind is not Kind.block:
        return None
    site: Site | None = part.node.scope
    while site is not None and site.block != part.name:
        site = site.within
    return site
