"""Adds up what a tool counts, type by type, and says where that comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from netspec.conventions._rules import listed
from netspec.graph import Node


class Tally:
    """Counts by type of layer, and how far each is from what netspec counts."""

    def __init__(self) -> None:
        self.value = 0
        self._differences: dict[str, int] = {}
        self._notes: dict[str, dict[str, None]] = {}
        self._parts: dict[str, Counter[str]] = {}
        self._nothing: dict[str, None] = {}
        self._without_rule: dict[str, int] = {}

    def add(
        self, type_name: str, value: int, expected: int, notes: Iterable[str], parts: Mapping[str, int] | None = None
    ) -> None:
        """Add what is counted for one layer, and what would have been ``expected``.

        ``notes`` say why they differ, ``parts`` what the difference is made of.
        """
        self.value += value
        if not value and not expected:
            self._nothing[type_name] = None
            return
        self._differences[type_name] = self._differences.get(type_name, 0) + value - expected
        self._notes.setdefault(type_name, {}).update(dict.fromkeys(note for note in notes if note))
        self._parts.setdefault(type_name, Counter()).update(parts or {})

    def add_without_rule(self, type_name: str, expected: int) -> None:
        """Add a layer of which nothing is known; it counts 0."""
        self._without_rule[type_name] = self._without_rule.get(type_name, 0) + expected

    @property
    def without_rule(self) -> tuple[str, ...]:
        return tuple(self._without_rule)

    def sentences(self, reason: str) -> list[str]:
        """Say where the differences are; ``reason`` says why there is no rule for what has none."""
        found = sorted(self._differences.items(), key=lambda item: -abs(item[1]))
        said = [self._said(name, difference) for name, difference in found if difference]
        for name, expected in self._without_rule.items():
            said.append(f"{name}: {-expected:+,}; {reason}." if expected else f"{name}: counted 0; {reason}.")
        nothing = [name for name in self._nothing if name not in self._differences]
        if nothing:
            said.append(f"Nothing is counted for {listed(nothing)}.")
        return said

    def _said(self, name: str, difference: int) -> str:
        parts = [f"{part} {number:+,}" for part, number in self._parts[name].items() if number]
        return "; ".join([f"{name}: {difference:+,}", *self._notes[name], *([", ".join(parts)] if parts else [])]) + "."


def unknown_size(node: Node) -> str:
    """Say why there is no number."""
    return f"{node.name} has a size that is not known, so that nothing can be counted."


def compared(value: int, expected: int, what: str) -> str:
    """Say how far a number is from another: ``22,328,320 more than …``."""
    if value == expected:
        return f"just {what}"
    return f"{abs(value - expected):,} {'more' if value > expected else 'less'} than {what}"
