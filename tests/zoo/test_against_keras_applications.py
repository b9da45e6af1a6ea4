"""Every network of keras.applications and its spec, at full size: the same network, in outputs and gradients too."""

import gc
from collections.abc import Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf

from netspec import load_spec
from tests.zoo.applications import recorded, spec_of
from tests.zoo.comparison import compare, randomised, without_softmax
from tests.zoo.originals import measured, names, nothing_dropped, original, parts_for


@pytest.fixture(autouse=True)
def _forget_models() -> Iterator[None]:
    yield
    keras.utils.clear_session()
    gc.collect()


def test_the_record_names_every_application():
    assert names() == sorted(recorded())


@pytest.mark.parametrize("name", recorded())
def test_same_network(name: str):
    theirs = original(name)
    assert measured(name, theirs) == recorded()[name]
    ours = load_spec(spec_of(name)).build()
    assert (ours.input_shape, ours.output_shape) == (theirs.input_shape, theirs.output_shape)

    theirs, ours = randomised(theirs), without_softmax(ours)
    found = compare(theirs, ours)
    assert found.same, found
    del theirs
    gc.collect()  # a model is a circle of references, and two large ones and gradients are too much
    assert_every_weight_learns(ours)


def assert_every_weight_learns(model: keras.Model) -> None:
    """A training step gives every trainable weight a gradient that is finite, and not zero."""
    images = parts_for(model)
    with nothing_dropped(model), tf.GradientTape() as tape:
        logits = model(images, training=True)
        unlikely = np.argmin(logits, axis=-1)
        loss = keras.losses.sparse_categorical_crossentropy(unlikely, logits, from_logits=True)
    weights = model.trainable_variables
    for weight, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
        assert gradient is not None, weight.path
        assert np.isfinite(gradient).all(), weight.path
        assert np.any(gradient), weight.path
