"""Random layers: options drawn from what their schema allows, and shapes that mostly suit them."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from hypothesis import strategies as st

from netspec.layer import LayerType
from netspec.options import JsonSchema
from netspec.registry import objects
from netspec.shapes import Shape

NUMBERS = (-1.5, -1, 0, 0.0, 1e-3, 0.25, 0.5, 0.99, 1, 1.0, 2.5, 6)
SIZES: tuple[int | None, ...] = (1, 2, 3, 4, 5, 6, 8, 12, 16, 32, None)

# They want a matrix, and Keras finds out when it makes or uses the weight: nothing that a layer could know of shapes.
FOR_MATRICES = {"identity", "orthogonal", "orthogonal_regularizer"}

# They count the axes of one weight.
AXES_OF_WEIGHTS = {"input_axes", "output_axes"}

# Their further inputs are the states that they start from.
RECURRENT = re.compile(r"lstm|gru|simple_rnn|conv_lstm\dd")

# Layers of any precision are built, but the processor that tests run on lacks kernels for all but this.
RUNNABLE = (None, "float32")


def values(schema: JsonSchema) -> st.SearchStrategy[Any]:
    """Draw a value that the schema allows, small where a size is meant."""
    if "$ref" in schema:
        return objects_of(schema["$ref"].rsplit("/", 1)[1])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([values(arm) for arm in schema["anyOf"]])
    return _BY_TYPE[schema["type"]](schema)


def _integers(schema: JsonSchema) -> st.SearchStrategy[int]:
    if "minimum" not in schema:
        return st.integers(-4, 4)
    low = schema["minimum"]
    return st.integers(low, low + 1) | st.integers(low, low + 5)  # the smallest suit the most inputs


def _numbers(schema: JsonSchema) -> st.SearchStrategy[float]:
    low, high = schema.get("minimum", -2), schema.get("maximum", 10)
    above, below = schema.get("exclusiveMinimum", -2), schema.get("exclusiveMaximum", 11)
    return st.sampled_from([number for number in NUMBERS if low <= number <= high and above < number < below])


def _arrays(schema: JsonSchema) -> st.SearchStrategy[list[Any]]:
    low = schema.get("minItems", 0)
    return st.lists(values(schema["items"]), min_size=low, max_size=schema.get("maxItems", max(low, 3)))


def _mappings(schema: JsonSchema) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: values(one) for name, one in schema["properties"].items()})


_BY_TYPE = {
    "integer": _integers,
    "number": _numbers,
    "array": _arrays,
    "object": _mappings,
    "boolean": lambda _: st.booleans(),
    "null": lambda _: st.none(),
}


def objects_of(kind: str) -> st.SearchStrategy[Any]:
    """Draw an initializer, regularizer or constraint: by its name, or with options."""
    entries = [entry for entry in objects(kind) if entry.name not in FOR_MATRICES]
    mappings = [
        st.fixed_dictionaries(
            {"type": st.just(entry.name)},
            optional={
                name: values(option.schema) for name, option in entry.options.items() if name not in AXES_OF_WEIGHTS
            },
        )
        for entry in entries
    ]
    return st.one_of(st.sampled_from([entry.name for entry in entries]), *mappings)


@st.composite
def options_of(draw: st.DrawFn, entry: LayerType) -> dict[str, Any]:
    """Draw the required options and a few of the others."""
    chosen = set(draw(_some_free(entry)))
    return {
        name: draw(values_of(entry, name))
        for name, option in entry.options.items()
        if option.required or name in chosen
    }


@cache
def _some_free(entry: LayerType) -> st.SearchStrategy[list[str]]:
    free = [name for name, option in entry.options.items() if not option.required]
    return st.lists(st.sampled_from(free), max_size=4, unique=True)


@cache
def values_of(entry: LayerType, option: str) -> st.SearchStrategy[Any]:
    """Make the strategy of an option once: making it takes longer than drawing from it."""
    return st.sampled_from(RUNNABLE) if option == "dtype" else values(entry.options[option].schema)


@st.composite
def shapes_for(draw: st.DrawFn, entry: LayerType) -> tuple[Shape, ...]:
    """Draw input shapes: mostly of the rank of the example, and for several inputs mostly alike."""
    usual = entry.target.example.inputs
    rank = len(usual[0]) if draw(st.integers(0, 5)) else draw(st.integers(0, 4))
    first: Shape = tuple(draw(st.lists(st.sampled_from(SIZES), min_size=rank, max_size=rank)))
    if RECURRENT.fullmatch(entry.name):
        return (first, *draw(_states(entry, first)))
    count = draw(st.sampled_from((2, 2, 2, 2, 3, 1))) if entry.variadic else len(usual)
    return (first, *(draw(_like(first)) for _ in range(count - 1)))


@st.composite
def _states(draw: st.DrawFn, entry: LayerType, sequence: Shape) -> list[Shape]:
    """Draw no initial states or some, mostly as of a layer of few units that keeps the sizes between."""
    count = draw(st.sampled_from((0, 0, len(entry.inputs) - 1, len(entry.inputs) - 1, 1)))
    state = (*sequence[1:-1], draw(st.sampled_from((1, 2, 2, 3, None))))
    return [state if draw(st.integers(0, 4)) else draw(_like(state)) for _ in range(count)]


@st.composite
def _like(draw: st.DrawFn, shape: Shape) -> Shape:
    """Draw a shape that differs little from another: in no size, in one, in the order of two, or in rank."""
    change = draw(st.integers(0, 5))
    if change <= 1 or not shape:
        return shape
    at = draw(st.integers(0, len(shape) - 1))
    if change == 2:
        return shape[:at] + shape[at + 1 :]
    if change == 3:
        return (*shape[:at], *reversed(shape[at:]))
    return (*shape[:at], draw(st.sampled_from(SIZES)), *shape[at + 1 :])
