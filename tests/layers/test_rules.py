"""What every layer does with its rules: remember what was asked, and refuse what is too large or can't be started."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.errors import Mistake
from netspec.layer import MAX_AXES, MAX_SIZE, Layer
from netspec.registry import Mistakes
from netspec.shapes import Shape
from tests.layers import chosen
from tests.layers.agreement import LAYER_TYPES, apply


def refusal(name: str, options: dict[str, Any], *inputs: Shape) -> Mistake:
    with pytest.raises((Mistake, Mistakes)) as refused:
        apply(name, options, inputs)
    (mistake,) = refused.value.mistakes if isinstance(refused.value, Mistakes) else [refused.value]
    assert isinstance(mistake, Mistake)
    return mistake


@pytest.mark.parametrize(("name", "options", "inputs", "wanted"), chosen.CASES)
def test_chosen_cases(name: str, options: dict[str, Any], inputs: tuple[Shape, ...], wanted: Shape | str) -> None:
    if isinstance(wanted, str):
        assert refusal(name, options, *inputs).code == wanted
    else:
        shape = apply(name, options, inputs).shape
        assert (shape, [*map(type, shape)]) == (wanted, [*map(type, wanted)])


def test_a_dot_that_can_not_be_says_of_which_axis_and_side() -> None:
    sides = ((3, 4), (5, 6))
    assert list(refusal("dot", {"axes": 2}, *sides).notes) == [0, 1]
    assert refusal("dot", {"axes": [3, 2]}, *sides).option == ("axes", 0)
    assert refusal("dot", {"axes": [2, 3]}, *sides).option == ("axes", 1)
    assert refusal("dot", {"axes": 3}, *sides).option == ("axes",)


def reshaped(count: int, target: list[int]) -> Shape | None:
    try:
        return np.zeros(count).reshape(target).shape
    except ValueError:
        return None


@given(st.lists(st.integers(1, 4), max_size=3), st.lists(st.integers(1, 4), max_size=3), st.data())
def test_reshape_is_that_of_numpy(sizes: list[int], target: list[int], data: st.DataObject) -> None:
    wanted = list(target)
    more_often_than_by_chance, one_open = data.draw(st.booleans()), data.draw(st.booleans())
    if more_often_than_by_chance:
        sizes = data.draw(st.permutations(target))
    if wanted and one_open:
        wanted[data.draw(st.integers(0, len(wanted) - 1))] = -1
    unknown = data.draw(st.sets(st.integers(0, 2), max_size=2))
    inputs = tuple(None if index in unknown else size for index, size in enumerate(sizes))
    known = math.prod(size for size in inputs if size is not None)
    counts = [known] if None not in inputs else [known * count for count in range(1, 65)]
    possible = {shape for count in counts if (shape := reshaped(count, wanted)) is not None}
    if not possible:
        assert refusal("reshape", {"target_shape": wanted}, inputs).code == "E305"
        return
    shape = apply("reshape", {"target_shape": wanted}, (inputs,)).shape
    assert shape == tuple(size[0] if len(set(size)) == 1 else None for size in zip(*possible, strict=True))
    assert all(type(size) is int for size in shape if size is not None)


@given(st.lists(st.sampled_from((5, 6, 7, None)), max_size=4), st.data())
def test_permute_is_that_of_numpy(sizes: list[int | None], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(sizes))))
    places = np.arange(len(sizes))[list(order)] if sizes else ()
    shape = apply("permute", {"dims": [axis + 1 for axis in order]}, (tuple(sizes),)).shape
    assert shape == tuple(sizes[place] for place in places)


SPATIAL = [name for name in LAYER_TYPES if re.search(r"[123]d", name)]


@pytest.mark.parametrize("name", SPATIAL)
def test_a_layer_for_another_rank_is_named_if_there_is_one(name: str) -> None:
    (rank,) = re.findall(r"([123])d", name)
    options = dict(LAYER_TYPES[name].target.example.options)
    for other in {"1", "2", "3"} - {rank}:
        sibling = name.replace(f"{rank}d", f"{other}d")
        steps = len(LAYER_TYPES[name].target.example.inputs[0]) - int(rank) - 1
        mistake = refusal(name, options, (8,) * (steps + int(other)) + (4,))
        assert mistake.code == "E302"
        assert (f"use {sibling}" in mistake.help) == (sibling in LAYER_TYPES)


def test_a_question_is_answered_once() -> None:
    layer: Layer = LAYER_TYPES["dense"].bind({"units": 3})
    first = layer.apply(((5,),))
    assert layer.apply(((6,),)) != first
    assert layer.apply(((5,),)) is first
    for size in range(1, 600):  # more than it remembers
        assert layer.apply(((size,),)) == ((3,), 3 * size + 3, 3 * size + 3, 3 * size)


def test_the_most_axes() -> None:
    assert apply("reshape", {"target_shape": [1] * MAX_AXES}, ((1,),)).shape == (1,) * MAX_AXES
    mistake = refusal("reshape", {"target_shape": [1] * (MAX_AXES + 1)}, (1,))
    assert mistake.code == "E302"
    assert "65 axes; 64 are allowed" in mistake.message


def test_the_largest_size() -> None:
    assert apply("dense", {"units": MAX_SIZE}, ((1,),)).shape == (10**12,)
    assert apply("dense", {"units": MAX_SIZE}, ((None, 1),)).shape == (None, 10**12)
    assert refusal("dense", {"units": MAX_SIZE + 1}, (1,)).code == "E407"
    assert refusal("dense", {"units": MAX_SIZE + 1}, (None, 1)).code == "E407"


@pytest.mark.parametrize(
    ("name", "options", "inputs", "allowed"),
    [
        ("dense", {"units": 4, "kernel_initializer": "identity"}, (3,), True),
        ("dense", {"units": 4, "kernel_initializer": "orthogonal"}, (3,), True),
        ("dense", {"units": 4, "kernel_initializer": "orthogonal", "lora_rank": 2}, (3,), True),
        ("dense", {"units": 4, "bias_initializer": "identity"}, (3,), False),
        ("dense", {"units": 4, "bias_initializer": "orthogonal"}, (3,), False),
        ("dense", {"units": 4, "bias_initializer": "orthogonal", "use_bias": False}, (3,), True),
        ("conv1d", {"filters": 4, "kernel_size": 2, "kernel_initializer": "identity"}, (9, 3), False),
        ("conv1d", {"filters": 4, "kernel_size": 2, "kernel_initializer": "orthogonal"}, (9, 3), True),
        ("depthwise_conv1d", {"kernel_size": 2, "depthwise_initializer": "identity"}, (9, 3), False),
        ("depthwise_conv1d", {"kernel_size": 2, "depthwise_initializer": "orthogonal"}, (9, 3), True),
        ("separable_conv1d", {"filters": 4, "kernel_size": 2, "depthwise_initializer": "identity"}, (9, 3), False),
        ("separable_conv1d", {"filters": 4, "kernel_size": 2, "pointwise_initializer": "identity"}, (9, 3), False),
        ("embedding", {"input_dim": 4, "output_dim": 2, "embeddings_initializer": "identity"}, (3,), True),
        ("prelu", {"alpha_initializer": "orthogonal"}, (3,), False),
        ("prelu", {"alpha_initializer": "orthogonal"}, (3, 4), True),
        ("prelu", {"alpha_initializer": "identity"}, (3, 4), True),
        ("prelu", {"alpha_initializer": "identity"}, (3, 4, 5), False),
        ("batch_normalization", {"moving_mean_initializer": "orthogonal"}, (3,), False),
    ],
)
def test_initializers_that_can_make_their_weight(
    name: str, options: dict[str, Any], inputs: Shape, allowed: bool
) -> None:
    if allowed:
        assert apply(name, options, (inputs,)).params > 0
        return
    mistake = refusal(name, options, inputs)
    (option,) = (key for key in options if key.endswith("_initializer"))
    assert (mistake.code, mistake.option) == ("E305", (option,))
    assert option in mistake.help
