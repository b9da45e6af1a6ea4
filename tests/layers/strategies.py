"""Random layers: options drawn from what their schema allows, and shapes that mostly suit them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from hypothesis import strategies as st

from netspec.layer import LayerType
from netspec.layers.images import ImageLayer
from netspec.options import JsonSchema
from netspec.registry import objects
from netspec.shapes import Shape

NUMBERS = (-1.5, -1, 0, 0.0, 1e-3, 0.25, 0.5, 0.99, 1, 1.0, 2.5, 6)
CHANNELS = (3, 3, 3, 1, 4, None)
SIZES: tuple[int | None, ...] = (1, 2, 3, 4, 5, 6, 8, 12, 16, 32, None)

# They want a matrix, and Keras finds out when it makes or uses the weight: nothing that a layer could know of shapes.
FOR_MATRICES = {"identity", "orthogonal", "orthogonal_regularizer"}

# They count the axes of one weight.
AXES_OF_WEIGHTS = {"input_axes", "output_axes"}

# Their further inputs are the states that they start from.
RECURRENT = re.compile(r"lstm|gru|simple_rnn|conv_lstm\dd")

# Every step is compared with every other, so that they have to be few.
ATTENTION = re.compile("multi_head_attention|group_query_attention|(additive_)?attention")

# Sizes by number of axes; what several letters name has to be the same more often than by chance.
SIZES_OF_ATTENTION: tuple[tuple[int | None, ...], ...] = (SIZES, SIZES, SIZES, (1, 2, 3, 4, 6, None), (1, 2, 3))
SIZES_OF_LETTERS = (2, 3)

# What mostly goes into a wrapper.
SUITING = {
    "time_distributed": "",
    "bidirectional": f"({RECURRENT.pattern})$",
    "spectral_normalization": r"(\w*conv\dd\w*|dense|einsum_dense|embedding|spectral_normalization)$",
}

# Without those that end the process where the oracle does not see them coming.
LAYERS = [
    entry for entry in objects("layer") if isinstance(entry, LayerType) and not entry.name.startswith("adaptive_max")
]

# Layers of any precision are built, but the processor that tests run on lacks kernels for all but this.
RUNNABLE = (None, "float32")

# Drawn otherwise than by their schema. With 0 of the last, what is not in the vocabulary is an error; zeros are run.
GIVEN = {"dtype": st.sampled_from(RUNNABLE), "num_oov_indices": st.integers(1, 3)}

# Their defaults are longer than any input that is drawn.
NEVER_LEFT_OUT = {"fft_length", "sequence_stride", "frame_length"}


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
    together = draw(_equation()) if "equation" in entry.options else {}
    return together | {
        name: draw(values_of(entry, name))
        for name, option in entry.options.items()
        if (option.required or name in chosen or name in NEVER_LEFT_OUT) and name not in together
    }


@st.composite
def _equation(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an equation and what has to suit its letters: mostly such that Keras takes them."""
    before, after = draw(st.sampled_from((("", ""), ("", ""), ("...", ""), ("", "..."))))
    usual = {"": 3, "...": 2}[before or after]
    inputs = "abcde"[: usual if draw(st.integers(0, 3)) else draw(st.integers(1, 4))]
    batch, free = ("", inputs) if before else (inputs[0], inputs[1:])
    new = "xyz"[: draw(st.integers(0, 2))]
    kernel = "".join(draw(st.permutations([*draw(_some_of(free)), *new])))
    made = "".join(draw(st.permutations([*draw(_some_of(free)), *new])))
    parts = [inputs, kernel, batch + made]
    if not draw(st.integers(0, 7)):  # a letter too many, perhaps one that is there already
        part = draw(st.integers(0, 2))
        parts[part] += draw(st.sampled_from("abcx"))
    known = st.sampled_from(SIZES_OF_LETTERS)
    output_shape = [draw(known if letter in kernel else known | st.none()) for letter in made]
    return {
        "equation": f"{before}{parts[0]}{after},{parts[1]}->{before}{parts[2]}{after}",
        "output_shape": output_shape,
        "bias_axes": draw(st.none() | _some_of(made).map("".join)),
    }


def _some_of(letters: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(letters), unique=True) if letters else st.just([])


@cache
def _some_free(entry: LayerType) -> st.SearchStrategy[list[str]]:
    free = [name for name, option in entry.options.items() if not option.required]
    return st.lists(st.sampled_from(free), max_size=4, unique=True)


@cache
def values_of(entry: LayerType, option: str) -> st.SearchStrategy[Any]:
    """Make the strategy of an option once: making it takes longer than drawing from it."""
    if option in GIVEN:
        return GIVEN[option]
    if entry.options[option].kind == "layer":
        return layers_for(entry.name)
    return values(entry.options[option].schema)


@st.composite
def layers_for(draw: st.DrawFn, wrapper: str) -> Any:
    """Draw a layer to put into a wrapper, mostly one that suits it: by its name, or with options."""
    suiting = SUITING[wrapper] if draw(st.integers(0, 9)) else ""
    inner = draw(st.sampled_from([entry for entry in LAYERS if re.match(suiting, entry.name)]))
    options: dict[str, Any] = draw(options_of(inner))
    by_name: bool = draw(st.booleans()) and not options
    return inner.name if by_name else {"type": inner.name, **options}


@st.composite
def backward_for(draw: st.DrawFn, forward: Any) -> Any:
    """Draw the other layer of a bidirectional one, mostly such as goes with the first."""
    options = forward if isinstance(forward, dict) else {"type": forward}
    if draw(st.integers(0, 3)) == 0:
        return draw(layers_for("bidirectional"))
    use_bias: bool = draw(st.booleans())
    return {**options, "use_bias": use_bias, "go_backwards": not options.get("go_backwards", False)}


def shapes_for(entry: LayerType, options: Mapping[str, Any]) -> st.SearchStrategy[tuple[Shape, ...]]:
    """Draw input shapes that mostly suit a type with options: those of a wrapper suit the layer inside."""
    if "layer" not in entry.options:
        return _shapes_for(entry)
    written = options["layer"]
    inner = objects("layer")[written if isinstance(written, str) else written["type"]]
    assert isinstance(inner, LayerType)
    shapes = shapes_for(inner, written if isinstance(written, dict) else {}).map(lambda shapes: shapes[:1])
    if entry.name != "time_distributed":
        return shapes
    return st.tuples(st.sampled_from((1, 2, 3, 5, None)), shapes).map(lambda drawn: ((drawn[0], *drawn[1][0]),))


@st.composite
def _shapes_for(draw: st.DrawFn, entry: LayerType) -> tuple[Shape, ...]:
    """Draw input shapes: mostly of the rank of the example, and for several inputs mostly alike."""
    usual = entry.target.example.inputs
    rank = len(usual[0]) if draw(st.integers(0, 5)) else draw(st.integers(0, 4))
    first: Shape = tuple(draw(st.lists(st.sampled_from(_sizes_for(entry, rank)), min_size=rank, max_size=rank)))
    if ATTENTION.fullmatch(entry.name):
        value = draw(_like(first))
        key = draw(_like(value))
        if (*first, *value, *key).count(None) > 2 and len(key) == len(value):  # a run tries two unknown sizes apart
            key = tuple(size or given for size, given in zip(key, value, strict=True))
        return (first, value, key)[: draw(st.sampled_from((1, 2, 2, 3)))]
    if issubclass(entry.target, ImageLayer) and first:
        # Unknown sizes are tried one after another until Keras takes one: with the wrong channels it takes none.
        first = (*first[:-1], draw(st.sampled_from((3, None) if None in first[:-1] else CHANNELS)))
    if RECURRENT.fullmatch(entry.name):
        return (first, *draw(_states(entry, first)))
    count = draw(st.sampled_from((2, 2, 2, 2, 3, 1))) if entry.variadic else len(usual)
    return (first, *(draw(_like(first)) for _ in range(count - 1)))


def _sizes_for(entry: LayerType, rank: int) -> tuple[int | None, ...]:
    if ATTENTION.fullmatch(entry.name):
        return SIZES_OF_ATTENTION[rank]
    return (*SIZES_OF_LETTERS, None) if "equation" in entry.options else SIZES


@st.composite
def _states(draw: st.DrawFn, entry: LayerType, sequence: Shape) -> list[Shape]:
    """Draw no initial states or some, mostly as of a layer of few units that keeps the sizes between."""
    count = draw(st.sampled_from((0, 0, len(entry.inputs) - 1, len(entry.inputs) - 1, 1)))
    state = (*sequence[1:-1], draw(st.sampled_from((1, 2, 2, 3))))
    drawn = [state if draw(st.integers(0, 4)) else draw(_like(state)) for _ in range(count)]
    # Which size an unknown one has is tried, and one may run that only spreads a state over more units.
    return [tuple(2 if size is None else size for size in state) for state in drawn]


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
