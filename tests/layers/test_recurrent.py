"""Recurrent layers and wrappers give what plain Keras layers give with the same weights, also saved and loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from netspec.layer import snake_case
from netspec.shapes import Shape
from tests.layers.oracle import LAYER_TYPES, build

GRU: dict[str, Any] = {"type": "gru", "units": 3}
CONV_LSTM: dict[str, Any] = {"type": "conv_lstm1d", "filters": 3, "kernel_size": 2}


def forward(layer: Any, tensors: list[Any]) -> Any:
    """Call a layer on one tensor, as everybody does, or on a sequence and the states to start from."""
    sequence, *states = tensors
    return layer(sequence, initial_state=states) if states else layer(sequence)


CASES: tuple[tuple[str, dict[str, Any], tuple[Shape, ...], Any], ...] = (
    ("lstm", {"units": 3, "activation": "relu"}, ((7, 5),), lambda: layers.LSTM(3, activation="relu")),
    (
        "lstm",
        {"units": 3, "return_sequences": True, "go_backwards": True},
        ((None, 5), (3,), (3,)),
        lambda: layers.LSTM(3, return_sequences=True, go_backwards=True),
    ),
    ("gru", {"units": 3, "reset_after": False}, ((7, 5), (3,)), lambda: layers.GRU(3, reset_after=False)),
    ("simple_rnn", {"units": 3, "unroll": True}, ((7, 5), (3,)), lambda: layers.SimpleRNN(3, unroll=True)),
    (
        "conv_lstm2d",
        {"filters": 3, "kernel_size": 3, "strides": 2},
        ((4, 9, 8, 2), (4, 3, 3), (4, 3, 3)),
        lambda: layers.ConvLSTM2D(3, 3, strides=2),
    ),
    (
        "time_distributed",
        {"layer": {"type": "conv1d", "filters": 3, "kernel_size": 2}},
        ((None, 7, 5),),
        lambda: layers.TimeDistributed(layers.Conv1D(3, 2)),
    ),
    (
        "time_distributed",
        {"layer": {"type": "bidirectional", "layer": GRU}},
        ((2, 7, 5),),
        lambda: layers.TimeDistributed(layers.Bidirectional(layers.GRU(3))),
    ),
    (
        "bidirectional",
        {"layer": {**GRU, "return_sequences": True}, "merge_mode": "ave"},
        ((7, 5),),
        lambda: layers.Bidirectional(layers.GRU(3, return_sequences=True), "ave"),
    ),
    (
        "bidirectional",
        {"layer": {"type": "lstm", "units": 3}, "backward_layer": {**GRU, "go_backwards": True}},
        ((7, 5),),
        lambda: layers.Bidirectional(layers.LSTM(3), backward_layer=layers.GRU(3, go_backwards=True)),
    ),
    ("bidirectional", {"layer": GRU, "trainable": False}, ((7, 5),), lambda: layers.Bidirectional(layers.GRU(3))),
    (
        "spectral_normalization",
        {"layer": {"type": "conv2d", "filters": 3, "kernel_size": 2}},
        ((7, 6, 5),),
        lambda: layers.SpectralNormalization(layers.Conv2D(3, 2)),
    ),
)


@pytest.mark.parametrize(("name", "options", "inputs", "plain"), CASES)
def test_outputs_are_those_of_keras(
    name: str, options: dict[str, Any], inputs: tuple[Shape, ...], plain: Any, tmp_path: Path
) -> None:
    tensors = [keras.Input(shape) for shape in inputs]
    original = keras.Model(tensors, forward(plain(), tensors))
    model = build(LAYER_TYPES[name].bind(options), inputs).model
    random = np.random.default_rng(0)
    weights = [random.normal(scale=0.3, size=weight.shape) for weight in model.weights]
    model.set_weights(weights)
    original.set_weights(weights)
    arrays = [random.normal(size=[6 if size is None else size for size in (2, *shape)]) for shape in inputs]
    wanted = original(arrays)
    assert np.ptp(wanted) > 0.01
    np.testing.assert_allclose(model(arrays), wanted, rtol=1e-6)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again(arrays), wanted, rtol=1e-6)
    assert len(again.trainable_weights) == len(model.trainable_weights)


@pytest.mark.parametrize(
    ("name", "options", "inputs"),
    [
        ("conv_lstm1d", {"filters": 3, "kernel_size": 2, "trainable": False}, ((4, 9, 2),)),
        ("bidirectional", {"layer": {**CONV_LSTM, "trainable": False}}, ((4, 9, 2),)),
        ("bidirectional", {"layer": GRU, "trainable": False}, ((4, 9),)),
        ("time_distributed", {"layer": GRU, "trainable": False}, ((4, 9, 2),)),
        ("time_distributed", {"layer": {"type": "batch_normalization"}, "trainable": False}, ((4, 9, 2),)),
        ("spectral_normalization", {"layer": {"type": "dense", "units": 3}, "trainable": False}, ((4,),)),
    ],
)  # fmt: skip
def test_what_is_frozen_is_not_trained(name: str, options: dict[str, Any], inputs: tuple[Shape, ...]) -> None:
    """Keras freezes only the weights that the outer layer has itself, unless each layer inside is told."""
    model = build(LAYER_TYPES[name].bind(options), inputs).model
    assert model.weights
    assert model.trainable_weights == []


@pytest.mark.parametrize("name", ["conv_lstm1d", "conv_lstm2d", "conv_lstm3d", "simple_rnn", "gru", "lstm"])
def test_types_are_called_what_keras_calls_its_layers(name: str) -> None:
    keras_class = getattr(layers, LAYER_TYPES[name].target.keras_name)
    options = {"kernel_size": 1, "filters": 1} if name.startswith("conv") else {"units": 1}
    assert keras_class(**options).name.startswith(snake_case(keras_class.__name__))
    assert snake_case(keras_class.__name__) == name
