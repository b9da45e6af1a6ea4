"""What Keras makes of a layer: the judge that the rules of `netspec.layers` are compared with."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from netspec import layers  # noqa: F401  registers every type
from netspec.layer import TYPES, Applied, Layer, LayerType, Weight, Weights
from netspec.shapes import Shape

LAYER_TYPES: Mapping[str, LayerType] = {entry.name: entry for entry in TYPES if isinstance(entry, LayerType)}


@dataclass(frozen=True)
class Built:
    """A layer built on symbolic inputs: what Keras says of it, and the model around it."""

    shape: Shape
    weights: Weights
    model: keras.Model


def build(layer: Layer, inputs: tuple[Shape, ...]) -> Built:
    """Build the layer by its own `lower` and `call`. Raises whatever Keras raises."""
    tensors = [keras.Input(shape) for shape in inputs]
    made = layer.lower(keras, "built")
    output = layer.call(made, tensors)
    weights = made.weights if isinstance(made, keras.layers.Layer) else []
    return Built(
        tuple(output.shape[1:]),
        tuple(Weight(weight.name, tuple(weight.shape), weight.trainable) for weight in weights),
        keras.Model(tensors, output),
    )


# The largest first: a window that is larger than the input by one makes TensorFlow give back the input.
TRIED_SIZES = (32, 16, 12, 8, 6, 5, 4, 3, 2, 1)
ONE_SIZE = [(size, 1) for size in range(1, 6**3 + 1)]  # the values of every shape that is drawn for a reshape


def run(built: Built, inputs: tuple[Shape, ...]) -> Shape | None:
    """Train-run the model on zeros and give back the shape of its output; None where it can't run on any size."""
    unknown = [index for shape in inputs for index, size in enumerate(shape) if size is None]
    for filled in [*itertools.product(TRIED_SIZES, repeat=min(len(unknown), 2)), *(ONE_SIZE if unknown else ())]:
        sizes = itertools.chain(filled, itertools.repeat(filled[-1] if filled else 0))
        arrays = [
            np.zeros((2, *(next(sizes) if size is None else size for size in shape)), "float32") for shape in inputs
        ]
        try:
            return tuple(built.model(arrays, training=True).shape[1:])
        except Exception:  # noqa: BLE001  whatever a backend raises says that it can't run
            continue
    return None


def known_as(layer: Layer, inputs: tuple[Shape, ...]) -> Weights:
    """List netspec's weights as Keras shows them: of a layer with trainable false, none is trainable."""
    return tuple(
        Weight(weight.name, weight.shape, weight.trainable and layer.trainable) for weight in layer.weights(*inputs)
    )


def unchecked(entry: LayerType, options: Mapping[str, Any]) -> Layer:
    """Make the layer without its own `check`, so that Keras is asked about options that netspec refuses."""
    target = entry.target
    names = {"keras_name": target.keras_name, "type_name": target.type_name, "check": lambda self: None}
    made: Layer = LayerType(entry.name, type(target.__name__, (target,), names), entry.family).bind(options)
    return made


def apply(name: str, options: Mapping[str, Any], inputs: tuple[Shape, ...]) -> Applied:
    """Ask netspec. Raises `Mistake` or `Mistakes`."""
    layer: Layer = LAYER_TYPES[name].bind(options)
    return layer.apply(inputs)
