"""Keras's word on many layers, written down: ``python -m tests.layers.record`` asks Keras anew and writes the file.

Each line of ``recorded.jsonl`` is one case: a type, options, input shapes, and what Keras makes of them. The tests
hold netspec to all of them without Keras, and a sample of them to Keras.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from netspec.layer import LayerType, Weight
from netspec.shapes import Shape
from tests.layers.agreement import LAYER_TYPES, Facts
from tests.layers.strategies import options_of, shapes_for

FILE = Path(__file__).with_name("recorded.jsonl")

CASES = 40
CASES_OF_PLAIN_TYPES = 6  # those that have no options but trainable and dtype


@dataclass(frozen=True)
class Case:
    """A layer, its inputs, and what Keras makes of it; None where it refuses."""

    type: str
    options: dict[str, Any]
    inputs: tuple[Shape, ...]
    keras: Facts | None

    @classmethod
    def read(cls, line: str) -> Case:
        read = json.loads(line)
        return cls(read["type"], read["options"], tuple(map(tuple, read["inputs"])), _facts(read["keras"]))

    def line(self) -> str:
        keras = None
        if self.keras is not None:
            weights = [list(weight[:3]) for weight in self.keras.weights]
            keras = {"shape": self.keras.shape, "weights": weights, "ran": self.keras.ran}
        return json.dumps({"type": self.type, "options": self.options, "inputs": self.inputs, "keras": keras})


def _facts(read: Any) -> Facts | None:
    if read is None:
        return None
    weights = tuple(Weight(name, tuple(shape), trainable) for name, shape, trainable in read["weights"])
    return Facts(tuple(read["shape"]), weights, None if read["ran"] is None else tuple(read["ran"]))


@cache
def cases() -> tuple[Case, ...]:
    """Read the record."""
    return tuple(map(Case.read, FILE.read_text(encoding="utf-8").splitlines()))


def drawn(entry: LayerType) -> Iterator[tuple[dict[str, Any], tuple[Shape, ...]]]:
    """Draw different options and input shapes for a type."""
    found: dict[str, tuple[dict[str, Any], tuple[Shape, ...]]] = {}

    @settings(
        max_examples=3 * CASES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        options = data.draw(options_of(entry))
        inputs = data.draw(shapes_for(entry, options))
        found[repr((options, inputs))] = (options, inputs)

    draw()
    wanted = CASES if set(entry.options) - {"trainable", "dtype"} else CASES_OF_PLAIN_TYPES
    every = len(found) / wanted  # spread over all, as the first that are drawn are the simplest
    chosen = list(found.values())
    yield from (chosen[int(index * every)] for index in range(wanted)) if every > 1 else chosen


def main() -> None:
    from tests.layers.oracle import facts

    with FILE.open("w", encoding="utf-8") as file:
        for entry in LAYER_TYPES.values():
            for options, inputs in drawn(entry):
                case = Case(entry.name, options, inputs, facts(entry, options, inputs))
                print(case.line(), file=file)


if __name__ == "__main__":
    main()
