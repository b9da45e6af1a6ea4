"""What Keras makes of a layer: the judge that the rules of `netspec.layers` are compared with."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from netspec.layer import Layer, LayerType, Weight, Weights
from netspec.shapes import Shape
from tests.layers import agreement
from tests.layers.agreement import LAYER_TYPES, Facts, apply, known_as, known_to_both

__all__ = [
    "LAYER_TYPES", "Built", "Facts", "Weight", "apply", "build", "disagreement", "facts", "known_as", "known_to_both",
    "run", "unchecked",
]  # fmt: skip


@dataclass(frozen=True)
class Built:
    """A layer built on symbolic inputs: what Keras says of it, and the model around it."""

    shape: Shape
    weights: Weights
    model: keras.Model


def dtype_for(layer: Layer) -> str:
    """The dtype of what goes in: one layer takes only whole numbers, and says so when it runs."""
    return "int64" if layer.type_name == "hashed_crossing" else "float32"


def build(layer: Layer, inputs: tuple[Shape, ...]) -> Built:
    """Build the layer by its own `lower` and `call`. Raises whatever Keras raises."""
    tensors = [keras.Input(shape, dtype=dtype_for(layer)) for shape in inputs]
    made = layer.lower(keras, "built", inputs)
    output = layer.call(made, tensors)
    weights = getattr(made, "weights", [])
    trained = {id(weight) for weight in getattr(made, "trainable_weights", [])}
    return Built(
        tuple(output.shape[1:]),
        tuple(Weight(weight.name, tuple(weight.shape), id(weight) in trained) for weight in weights),
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
            _forget_masks(built.model)
    return None


def _forget_masks(model: keras.Model) -> None:
    """Drop the masks that recurrent layers keep where a run fails, and would put on an input of another size."""
    for layer in model._flatten_layers():
        if hasattr(layer, "reset_dropout_mask"):
            layer.reset_dropout_mask()
            layer.reset_recurrent_dropout_mask()


def unchecked(entry: LayerType, options: Mapping[str, Any]) -> Layer:
    """Make the layer without its own `check`, so that Keras is asked about options that netspec refuses."""
    target = entry.target
    names = {"keras_name": target.keras_name, "type_name": target.type_name, "check": lambda self: None}
    made: Layer = LayerType(entry.name, type(target.__name__, (target,), names), entry.family).bind(options)
    return made


def ends_the_process(name: str, options: Mapping[str, Any], inputs: tuple[Shape, ...]) -> bool:
    """Whether TensorFlow would try a window wider than its input: in max pooling it divides by zero, which kills it."""
    if not name.startswith("adaptive_max"):
        return False
    sizes = options["output_size"]
    return 1 in (*(sizes if isinstance(sizes, list | tuple) else [sizes]), *inputs[0][:-1])


def facts(entry: LayerType, options: Mapping[str, Any], inputs: tuple[Shape, ...]) -> Facts | None:
    """Ask Keras; None where it refuses."""
    if ends_the_process(entry.name, options, inputs):
        return None
    try:
        built = build(unchecked(entry, options), inputs)
    except Exception:  # noqa: BLE001  Keras refuses in many ways, all of them refusals
        return None
    return Facts(built.shape, built.weights, run(built, inputs))


def disagreement(entry: LayerType, options: Mapping[str, Any], inputs: tuple[Shape, ...]) -> str | None:
    """Say in what netspec and Keras differ, or nothing."""
    return agreement.disagreement(entry, options, inputs, facts(entry, options, inputs))
