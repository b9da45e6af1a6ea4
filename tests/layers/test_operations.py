"""What Keras has no layer for, against its formula written down in numpy."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest

from netspec.shapes import Shape
from tests.layers.oracle import LAYER_TYPES, build

Array = Any  # of numpy


def computed(name: str, options: dict[str, Any], *arrays: Array, weights: tuple[Array, ...] = ()) -> Array:
    """Build a type for inputs of unknown length where it takes them, and run it."""
    shapes: tuple[Shape, ...] = tuple(array.shape[1:] for array in arrays)
    model = build(LAYER_TYPES[name].bind(options), shapes).model
    model.set_weights(weights)
    return np.asarray(model(list(arrays)))


def draw(*shape: int) -> Array:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_approximate_gelu_is_the_formula_with_tanh() -> None:
    x = draw(2, 9) * 3
    wanted = x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    np.testing.assert_allclose(computed("gelu", {"approximate": True}, x), wanted, rtol=1e-4, atol=1e-6)


def test_glu_is_half_gated_by_the_other_half() -> None:
    x = draw(2, 4)
    np.testing.assert_allclose(computed("glu", {}, x), x[:, :2] / (1 + np.exp(-x[:, 2:])), rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"index": 0}, np.s_[:, 0]),
        ({"index": -1}, np.s_[:, 4]),
        ({"index": 2, "axis": -1}, np.s_[..., 2]),
        ({"index": -3, "axis": 2}, np.s_[:, :, 3]),
    ],
)
def test_take(options: dict[str, Any], wanted: Any) -> None:
    x = draw(2, 5, 6)
    np.testing.assert_array_equal(computed("take", options, x), x[wanted])


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, np.s_[:]),
        ({"stop": 2}, np.s_[..., :2]),
        ({"start": -2, "stop": -1}, np.s_[..., 4:5]),
        ({"start": 1, "stop": 99, "axis": 1}, np.s_[:, 1:]),
    ],
)
def test_slice(options: dict[str, Any], wanted: Any) -> None:
    x = draw(2, 5, 6)
    np.testing.assert_array_equal(computed("slice", options, x), x[wanted])


def test_absolute() -> None:
    x = draw(2, 5)
    np.testing.assert_array_equal(computed("absolute", {}, x), np.abs(x))


def test_threshold() -> None:
    x = draw(2, 9)
    got = computed("threshold", {"threshold": 0.25, "default_value": -2}, x)
    np.testing.assert_array_equal(got, np.where(x > 0.25, x, np.float32(-2)))


@pytest.mark.parametrize("shape", [(7,), (5, 7), (3, 4, 7), (2, 3, 4, 7)])
def test_scales_multiply_the_last_axis(shape: tuple[int, ...]) -> None:
    x, factor, offset = draw(2, *shape), draw(7), draw(7) + 1
    np.testing.assert_allclose(computed("layer_scale", {}, x, weights=(factor,)), x * factor, rtol=1e-6)
    np.testing.assert_allclose(
        computed("channel_scale", {"use_bias": True}, x, weights=(factor, offset)), x * factor + offset, rtol=1e-5
    )


def test_layer_scale_begins_at_its_value() -> None:
    built = build(LAYER_TYPES["layer_scale"].bind({"initial_value": 0.25}), ((4,),))
    np.testing.assert_array_equal(built.model.get_weights()[0], np.full(4, 0.25, "float32"))


def test_stochastic_depth_drops_whole_samples() -> None:
    x = np.ones((400, 3, 2), "float32")
    model = build(LAYER_TYPES["stochastic_depth"].bind({"rate": 0.25, "seed": 1}), ((3, 2),)).model
    np.testing.assert_array_equal(model([x], training=False), x)
    kept = np.asarray(model([x], training=True)).reshape(400, 6)
    assert (kept == kept[:, :1]).all()
    assert set(kept[:, 0].round(4)) == {0, np.float32(1.3333)}
    assert 0.65 < (kept[:, 0] > 0).mean() < 0.85


def test_positions_count_the_steps_of_any_length() -> None:
    model = build(LAYER_TYPES["positions"].bind({}), ((None, 3),)).model
    for length in (1, 4):
        np.testing.assert_array_equal(model([draw(2, length, 3)]), [list(range(length))] * 2)


def test_learned_tokens_are_the_same_for_every_sample() -> None:
    tokens = draw(3, 6)
    np.testing.assert_array_equal(
        computed("learned_tokens", {"count": 3}, draw(2, 5, 6), weights=(tokens,)), [tokens, tokens]
    )


@pytest.mark.parametrize("size", [5, 6])
def test_sinusoidal_position_embedding(size: int) -> None:
    x = draw(2, 4, size)
    encoding = np.zeros((4, size))
    for position in range(4):
        for index in range(size):
            angle = position / 100 ** ((index - index % 2) / size)
            encoding[position, index] = math.cos(angle) if index % 2 else math.sin(angle)
    got = computed("sinusoidal_position_embedding", {"max_wavelength": 100}, x)
    np.testing.assert_allclose(got, x + encoding, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("shape", [(5, 8), (5, 3, 8)])
def test_rotary_embedding_turns_pairs_as_complex_numbers(interleaved: bool, shape: tuple[int, ...]) -> None:
    x = draw(2, *shape)
    first, second = (x[..., ::2], x[..., 1::2]) if interleaved else (x[..., :4], x[..., 4:])
    angle = np.arange(5)[:, None] * 100.0 ** (-np.arange(4) / 4)
    angle = angle if len(shape) == 2 else angle[:, None]
    turned = (first + 1j * second) * np.exp(1j * angle)
    wanted = np.stack([turned.real, turned.imag], -1) if interleaved else np.concatenate([turned.real, turned.imag], -1)
    got = computed("rotary_embedding", {"max_wavelength": 100, "interleaved": interleaved}, x)
    np.testing.assert_allclose(got, wanted.reshape(x.shape), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_dot_product_attention_shares_heads_of_keys(causal: bool, groups: int) -> None:
    query, key, value = draw(2, 5, 4, 6), draw(2, 5, groups, 6) * 2, draw(2, 5, groups, 6) + 1
    wanted = np.zeros_like(query)
    for head in range(4):
        group = head // (4 // groups)
        scores = query[:, :, head] @ key[:, :, group].transpose(0, 2, 1) / math.sqrt(6)
        if causal:
            scores[:, np.triu_indices(5, 1)[0], np.triu_indices(5, 1)[1]] = -np.inf
        weights = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
        wanted[:, :, head] = weights @ value[:, :, group]
    got = computed("dot_product_attention", {"use_causal_mask": causal}, query, key, value)
    np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)


def test_names_are_those_of_keras_where_it_gives_none() -> None:
    """A type with weights is a layer with the node's name, so that its weights are found again."""
    for name in ("layer_scale", "channel_scale", "learned_tokens"):
        entry = LAYER_TYPES[name]
        model = build(entry.bind(entry.target.example.options), entry.target.example.inputs).model
        assert [layer.name for layer in model.layers if layer.weights] == ["built"]
        assert all(type(layer).__module__.startswith("keras.") for layer in model.layers if layer.weights)
        assert isinstance(model, keras.Model)
