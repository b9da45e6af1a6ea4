"""XLA's count of many layers, written down: ``python -m tests.layers.record_work`` counts anew and writes the file.

Each line of ``work.jsonl`` is one case: a type, options, input shapes, and what XLA's cost analysis says of Keras's
layer on jax before anything is optimised: operations but those of products, and transcendental ones. Then what jax
keeps of a training step for the gradient, but weights: values of numbers, and of truths.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from netspec.errors import Mistake
from netspec.registry import Mistakes
from netspec.shapes import Shape
from tests.layers import record
from tests.layers.agreement import LAYER_TYPES, apply

FILE = Path(__file__).with_name("work.jsonl")

CASES = 6  # of each type, beside its example
STEPS = 3  # so many are written out, one after another; of a loop XLA counts one turn


@dataclass(frozen=True)
class Case:
    """A layer, its inputs, and what XLA and jax count."""

    type: str
    options: dict[str, Any]
    inputs: tuple[Shape, ...]
    elementwise: int
    transcendental: int
    kept: int
    kept_truths: int

    @classmethod
    def read(cls, line: str) -> Case:
        read = json.loads(line)
        return cls(**{**read, "inputs": tuple(map(tuple, read["inputs"]))})

    def line(self) -> str:
        return json.dumps(asdict(self))


@cache
def cases() -> tuple[Case, ...]:
    """Read the record."""
    return tuple(map(Case.read, FILE.read_text(encoding="utf-8").splitlines()))


def chosen() -> Iterator[tuple[str, dict[str, Any], tuple[Shape, ...]]]:
    """Each type's example, and some of the layers that Keras was asked about, of known sizes."""
    for name, entry in LAYER_TYPES.items():
        example = entry.target.example
        yield name, *in_turns(name, dict(example.options), example.inputs)
        asked = [(case.options, case.inputs) for case in record.cases() if case.type == name and is_countable(case)]
        every = max(len(asked) // CASES, 1)  # spread over all, as the first are the simplest
        for options, inputs in asked[every - 1 :: every][:CASES]:
            yield name, *in_turns(name, options, inputs)


def is_countable(case: record.Case) -> bool:
    """Whether all sizes are known, and both Keras and netspec take the layer."""
    if case.keras is None or any(None in shape for shape in case.inputs):
        return False
    try:
        apply(case.type, case.options, case.inputs)
    except (Mistake, Mistakes):
        return False
    return True


def in_turns(name: str, options: dict[str, Any], inputs: tuple[Shape, ...]) -> tuple[dict[str, Any], tuple[Shape, ...]]:
    """Write a recurrent layer out step by step, or let it take one step where it can't be."""
    if name in ("lstm", "gru", "simple_rnn"):
        return {**options, "unroll": True}, ((STEPS, *inputs[0][1:]), *inputs[1:])
    if name.startswith("conv_lstm"):
        return options, ((1, *inputs[0][1:]), *inputs[1:])
    if "layer" in options:
        written = options["layer"]
        inner = written if isinstance(written, dict) else {"type": written}
        of_steps = name == "time_distributed"
        within, shapes = in_turns(inner["type"], inner, (inputs[0][1:],) if of_steps else inputs)
        return {**options, "layer": within}, ((inputs[0][0], *shapes[0]),) if of_steps else shapes
    return options, inputs


def main() -> None:
    os.environ["KERAS_BACKEND"] = "jax"
    from tests.layers import xla

    with FILE.open("w", encoding="utf-8") as file:
        for name, options, inputs in chosen():
            counted = xla.count(LAYER_TYPES[name].bind(options), inputs)
            if counted is not None:
                print(Case(name, options, inputs, *counted).line(), file=file)


if __name__ == "__main__":
    main()
