"""ResNet-50 of specs/resnet50.yaml against the same network written out by hand in Keras."""

from pathlib import Path

import keras
import numpy
import pytest
from keras import layers

from netspec import load_spec

SPECS = Path(__file__).parent.parent / "specs"


def main_path(x, filters, f, s):
    x = layers.Conv2D(filters[0], 1, strides=s)(x)
    x = layers.ReLU()(layers.BatchNormalization(axis=3)(x))
    x = layers.Conv2D(filters[1], f, padding="same")(x)
    x = layers.ReLU()(layers.BatchNormalization(axis=3)(x))
    x = layers.Conv2D(filters[2], 1)(x)
    return layers.BatchNormalization(axis=3)(x)


def identity_block(x, filters, f):
    return layers.ReLU()(layers.Add()([main_path(x, filters, f, 1), x]))


def convolutional_block(x, filters, f, s=2):
    y = main_path(x, filters, f, s)
    shortcut = layers.Conv2D(filters[2], 1, strides=s)(x)
    shortcut = layers.BatchNormalization(axis=3)(shortcut)
    return layers.ReLU()(layers.Add()([y, shortcut]))


def by_hand(classes=6):
    inputs = keras.Input((64, 64, 3))
    x = layers.ZeroPadding2D((3, 3))(inputs)
    x = layers.Conv2D(64, 7, strides=2)(x)
    x = layers.ReLU()(layers.BatchNormalization(axis=3)(x))
    x = layers.MaxPooling2D(3, strides=2)(x)
    for filters, s, identities in (
        ([64, 64, 256], 1, 2),
        ([128, 128, 512], 2, 3),
        ([256, 256, 1024], 2, 5),
        ([512, 512, 2048], 2, 2),
    ):
        x = convolutional_block(x, filters, 3, s)
        for _ in range(identities):
            x = identity_block(x, filters, 3)
    x = layers.Flatten()(layers.AveragePooling2D(2)(x))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


def macs_by_hand(model):
    """Multiply-adds of convolutions and dense layers, from Keras's own kernels and output shapes."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            total += layer.kernel.shape.num_elements() * numpy.prod(layer.output.shape[1:3])
        elif isinstance(layer, layers.Dense):
            total += layer.kernel.shape.num_elements()
    return int(total)


@pytest.fixture(scope="module")
def spec():
    return load_spec(SPECS / "resnet50.yaml")


@pytest.fixture(scope="module")
def models(spec):
    keras.utils.set_random_seed(7)
    ours, theirs = spec.build(), by_hand()
    random = numpy.random.default_rng(7)
    # a variance must stay positive; the rest may be anything that keeps activations finite
    theirs.set_weights(
        [
            random.uniform(0.3, 0.6, weight.shape)
            if "variance" in weight.path
            else random.normal(0, 0.05, weight.shape)
            for weight in theirs.weights
        ]
    )
    return ours, theirs


def test_the_published_counts(spec):
    graph = spec.graph()
    assert (graph.params.total, graph.params.trainable, graph.params.non_trainable) == (23_600_006, 23_546_886, 53_120)
    assert graph.macs == 308_178_944
    assert graph.layer_count == 177


def test_macs_are_those_of_keras_kernels(spec, models):
    assert spec.graph().macs == macs_by_hand(models[1])


def in_order(model):
    """Layers that have the same place in both networks: sorted by type, then by order of appearance."""
    return sorted(model.layers, key=lambda layer: type(layer).__name__)


def test_every_layer_has_the_shape_and_parameters_of_the_one_by_hand(spec, models):
    ours, theirs = map(in_order, models)
    assert [type(layer) for layer in ours] == [type(layer) for layer in theirs]
    nodes = spec.graph().nodes
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.output.shape == other.output.shape
        assert mine.count_params() == other.count_params() == nodes[mine.name].params
        assert nodes[mine.name].shape == tuple(mine.output.shape)[1:]


def test_the_same_weights_give_the_same_output(models):
    ours, theirs = models
    for mine, other in zip(in_order(ours), in_order(theirs), strict=True):
        mine.set_weights(other.get_weights())
    pictures = numpy.random.default_rng(1).normal(size=(4, 64, 64, 3)).astype("float32")
    expected = theirs.predict(pictures, verbose=0)
    assert numpy.ptp(expected) > 1e-3, "the outputs must tell one network from another"
    numpy.testing.assert_allclose(ours.predict(pictures, verbose=0), expected, rtol=1e-5, atol=1e-6)
