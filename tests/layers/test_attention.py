"""Attention gives what Keras's layer gives with the same weights, called by hand; and so does the saved model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from netspec import parse_spec

Inputs = dict[str, tuple[int, ...]]

QUERY, VALUE, KEY = (7, 6), (5, 6), (5, 4)
QUERY_AND_VALUE: Inputs = {"query": QUERY, "value": VALUE}
ALL: Inputs = {**QUERY_AND_VALUE, "key": KEY}
IMAGE: Inputs = {"image": (4, 3, 6)}

heads = keras.layers.MultiHeadAttention
groups = keras.layers.GroupQueryAttention
plain = keras.layers.Attention
additive = keras.layers.AdditiveAttention
einsum = keras.layers.EinsumDense

TWO = {"num_heads": 2, "key_dim": 3}
FOUR = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}

# A node, the inputs of its spec, and the same in Keras.
CASES: dict[str, tuple[str, Inputs, Callable[..., Any]]] = {
    "heads of one": (
        "{type: multi_head_attention, num_heads: 2, key_dim: 3, from: query}",
        {"query": QUERY},
        lambda x: heads(**TWO)(x, x),
    ),
    "heads of one, causal": (
        "{type: multi_head_attention, num_heads: 2, key_dim: 3, use_causal_mask: true, from: query}",
        {"query": QUERY},
        lambda x: heads(**TWO)(x, x, use_causal_mask=True),
    ),
    "heads of two": (
        "{type: multi_head_attention, num_heads: 2, key_dim: 3, from: [query, value]}",
        QUERY_AND_VALUE,
        heads(**TWO),
    ),
    "heads of two, causal": (
        "{type: multi_head_attention, num_heads: 2, key_dim: 3, use_causal_mask: true,"
        " from: {value: value, query: query}}",
        QUERY_AND_VALUE,
        lambda q, v: heads(**TWO)(q, v, use_causal_mask=True),
    ),
    "heads of three, with a gate and a window": (
        "{type: multi_head_attention, num_heads: 2, key_dim: 3, value_dim: 5, use_gate: true, sliding_window: 2,"
        " output_shape: [2, 4], from: {key: key, query: query, value: value}}",
        ALL,
        lambda q, v, k: heads(**TWO, value_dim=5, use_gate=True, sliding_window=2, output_shape=(2, 4))(q, v, key=k),
    ),
    "heads over an image": (
        "{type: multi_head_attention, num_heads: 2, key_dim: 3, from: image}",
        IMAGE,
        lambda x: heads(**TWO)(x, x),
    ),
    "heads over rows, causal": (
        "{type: multi_head_attention, num_heads: 2, key_dim: 3, attention_axes: 1, use_causal_mask: true, from: image}",
        IMAGE,
        lambda x: heads(**TWO, attention_axes=(1,))(x, x, use_causal_mask=True),
    ),
    "groups, causal": (
        "{type: group_query_attention, head_dim: 3, num_query_heads: 4, num_key_value_heads: 2,"
        " use_causal_mask: true, from: query}",
        {"query": QUERY},
        lambda x: groups(**FOUR)(x, x, use_causal_mask=True),
    ),
    "groups of three": (
        "{type: group_query_attention, head_dim: 3, num_query_heads: 4, num_key_value_heads: 2,"
        " from: {query: query, value: value, key: key}}",
        ALL,
        lambda q, v, k: groups(**FOUR)(q, v, key=k),
    ),
    "plain of one, causal": (
        "{type: attention, use_causal_mask: true, from: query}",
        {"query": QUERY},
        lambda x: plain()([x, x], use_causal_mask=True),
    ),
    "plain of two, scaled": (
        "{type: attention, use_scale: true, score_mode: concat, from: [query, value]}",
        QUERY_AND_VALUE,
        lambda q, v: plain(use_scale=True, score_mode="concat")([q, v]),
    ),
    "plain of three": (
        "{type: attention, from: {query: query, value: key, key: value}}",
        ALL,
        lambda q, v, k: plain()([q, k, v]),
    ),
    "additive, causal": (
        "{type: additive_attention, use_causal_mask: true, from: [query, value]}",
        QUERY_AND_VALUE,
        lambda q, v: additive()([q, v], use_causal_mask=True),
    ),
    "einsum": (
        '{type: einsum_dense, equation: "abc,cde->adeb", output_shape: [3, 2, null], bias_axes: d, from: query}',
        {"query": QUERY},
        einsum("abc,cde->adeb", output_shape=(3, 2, None), bias_axes="d"),
    ),
    "an embedding reversed": (
        "{type: reversible_embedding, input_dim: 9, output_dim: 6, reverse: true, logit_soft_cap: 2, from: query}",
        {"query": QUERY},
        lambda x: keras.layers.ReversibleEmbedding(9, 6, logit_soft_cap=2)(x, reverse=True),
    ),
}


def given(inputs: Inputs) -> list[Any]:
    random = np.random.default_rng(0)
    return [random.normal(size=(2, *shape)).astype("float32") for shape in inputs.values()]


def built(node: str, inputs: Inputs) -> Any:
    """Build a spec of one node, its weights random, that of biases too."""
    tensors = ", ".join(f"{name}: {{shape: {list(shape)}}}" for name, shape in inputs.items())
    model = parse_spec(f"netspec: 1\ninputs: {{{tensors}}}\nhead:\n  - {node}\n").build()
    random = np.random.default_rng(1)
    model.set_weights([random.normal(size=weight.shape) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize("name", CASES)
def test_outputs_are_those_of_plain_keras(name: str, tmp_path: Path) -> None:
    node, inputs, by_hand = CASES[name]
    model = built(node, inputs)
    tensors = [keras.Input(shape) for shape in inputs.values()]
    wanted = keras.Model(tensors, by_hand(*tensors))
    wanted.set_weights(model.get_weights())
    arrays = given(inputs)
    np.testing.assert_allclose(model(arrays), wanted(arrays), rtol=1e-5, atol=1e-6)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(arrays), model(arrays))


@pytest.mark.parametrize(
    ("name", "is_causal"), [(name, "causal" in name) for name in CASES if "causal" in name or "one" in name]
)
def test_a_causal_step_sees_none_after_it(name: str, is_causal: bool) -> None:
    node, inputs, _ = CASES[name]
    model = built(node, inputs)
    arrays = given(inputs)
    before = np.asarray(model(arrays))
    for array in arrays:
        array[:, 3:] += 1
    after = np.asarray(model(arrays))
    assert np.allclose(before[:, :3], after[:, :3], atol=1e-5) == is_causal
    assert not np.allclose(before[:, 3:], after[:, 3:], atol=1e-5)


def test_a_tied_embedding_is_called_again_backwards(tmp_path: Path) -> None:
    spec = parse_spec(
        """
        netspec: 1
        input: {shape: [5], dtype: int32}
        head:
          - {type: reversible_embedding, name: tokens, input_dim: 9, output_dim: 6}
          - {type: multi_head_attention, num_heads: 2, key_dim: 3, use_causal_mask: true}
          - {share: tokens, reverse: true}
        """
    )
    assert spec.graph().macs == 2 * 5 * 2 * 3 * 6 * 2 + 2 * 5 * 5 * 2 * 3 + 5 * 6 * 9
    model = spec.build()
    (table,) = (weight for weight in model.weights if weight.name == "embeddings")
    numbers = np.array([[1, 8, 0, 3, 3]], "int32")
    attention = next(layer for layer in model.layers if isinstance(layer, heads))
    vectors = keras.ops.take(table, numbers, axis=0)
    wanted = keras.ops.matmul(attention(vectors, vectors, use_causal_mask=True), keras.ops.transpose(table))
    np.testing.assert_allclose(model(numbers), wanted, rtol=1e-5, atol=1e-6)
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(numbers), model(numbers))
