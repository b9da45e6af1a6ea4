"""Rules found by class, and what the sentences of every convention are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from netspec.graph import Node
from netspec.shapes import Shape, volume

Found = TypeVar("Found")
Function = TypeVar("Function", bound=Callable[..., Any])


class UnknownSizeError(Exception):
    """A count needs a size that the network leaves open."""


def values(shape: Shape) -> int:
    """Multiply sizes. Raises `UnknownSizeError` where one is not known."""
    count = volume(shape)
    if count is None:
        raise UnknownSizeError
    return count


class NoRuleError(Exception):
    """Nothing is said of layers of this class."""


def known(shape: Shape) -> tuple[int, ...]:
    """The sizes, each of which must be known. Raises `UnknownSizeError` where one is not."""
    values(shape)
    return tuple(size for size in shape if size is not None)


@dataclass(frozen=True, slots=True)
class Rule(Generic[Found]):
    """How things of a class are counted; ``note`` says in words what is peculiar in it."""

    count: Callable[..., Found]
    note: str


class Rules(Generic[Found]):
    """Functions by class. The one for the nearest class that a thing is made from answers, as in `singledispatch`."""

    def __init__(self) -> None:
        self._by_class: dict[type, Rule[Found]] = {}

    def of(self, *classes: type, note: str = "") -> Callable[[Function], Function]:
        """Make a function the rule for some classes."""

        def register(function: Function) -> Function:
            for cls in classes:
                self._by_class[cls] = Rule(function, note)
            return function

        return register

    def find(self, cls: type) -> Rule[Found] | None:
        """The rule for a class, None where there is none."""
        return next((self._by_class[base] for base in cls.__mro__ if base in self._by_class), None)

    def get(self, cls: type) -> Rule[Found]:
        """The rule for a class. Raises `NoRuleError` where there is none."""
        rule = self.find(cls)
        if rule is None:
            raise NoRuleError
        return rule


def shapes_of(node: Node) -> tuple[Shape, ...]:
    """The shapes that a rule asks for: those of the inputs, then the output's."""
    return (*(read.shape for read in node.inputs), node.shape)


def listed(words: Iterable[str]) -> str:
    """Write an enumeration: ``a, b and c``."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
