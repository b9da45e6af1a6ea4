"""Training compiles a model, and TensorFlow can run more than it can compile: netspec accepts what it can compile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from netspec.errors import Mistake
from netspec.layer import Layer
from netspec.layers.images import ImageLayer
from netspec.shapes import Shape
from tests.layers.oracle import LAYER_TYPES, build

IMAGES = [name for name, entry in LAYER_TYPES.items() if issubclass(entry.target, ImageLayer)]

ADAPTIVE: tuple[tuple[int, Shape, Any], ...] = (
    (1, (12, 3), 5),
    (1, (12, 3), 1),
    (1, (2, 3), 2),
    (1, (1, 3), 2),
    (1, (None, 3), 2),
    (2, (7, 9, 3), (2, 20)),
    (2, (7, 9, 3), (1, 3)),
    (2, (7, 1, 3), 2),
    (2, (7, None, 3), 2),
    (3, (4, 5, 6, 2), (4, 3, 2)),
    (3, (4, 5, 6, 2), (4, 3, 1)),
    (3, (4, 5, 1, 2), 3),
    (3, (None, 5, 6, 2), 3),
)


def accepts(layer: Layer, shape: Shape) -> bool:
    try:
        layer.apply((shape,))
    except Mistake:
        return False
    return True


def compiles(layer: Layer, shape: Shape) -> bool:
    """Whether a model of the layer can be compiled for any input of the shape, and trained with."""
    model = build(layer, (shape,)).model
    compiled = tf.function(
        lambda x: model(x, training=True), input_signature=[tf.TensorSpec((None, *shape), "float32")]
    )
    filled = [3 if size is None and axis == len(shape) - 1 else size or 24 for axis, size in enumerate(shape)]
    try:
        compiled(np.zeros((2, *filled), "float32"))
    except (TypeError, ValueError):
        return False
    return True


@pytest.mark.parametrize("shape", [(None, 32, 3), (24, None, 3), (24, 32, None)], ids=str)
@pytest.mark.parametrize("name", IMAGES)
def test_images_of_unknown_sizes_are_accepted_where_they_can_be_compiled(name: str, shape: Shape) -> None:
    layer = LAYER_TYPES[name].bind(dict(LAYER_TYPES[name].target.example.options))
    assert compiles(layer, shape) == accepts(layer, shape)


@pytest.mark.parametrize("kind", ["average", "max"])
@pytest.mark.parametrize(("rank", "shape", "output_size"), ADAPTIVE)
def test_adaptive_pooling_is_accepted_where_it_can_be_compiled(
    kind: str, rank: int, shape: Shape, output_size: Any
) -> None:
    layer = LAYER_TYPES[f"adaptive_{kind}_pooling{rank}d"].bind({"output_size": output_size})
    assert compiles(layer, shape) == accepts(layer, shape)
