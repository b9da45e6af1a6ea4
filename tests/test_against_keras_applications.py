"""Networks written in the language compute what keras.applications computes, with the same random weights."""

from pathlib import Path

import numpy as np
import pytest

from netspec import load_spec

SPECS = Path(__file__).parent / "specs"

# spec, the class in keras.applications, where the spec's classifier stands in its head
NETWORKS = [
    ("mobilenet_v2", "MobileNetV2", 4),
    ("efficientnet_b0", "EfficientNetB0", 5),
    ("densenet121", "DenseNet121", 3),
]


@pytest.mark.parametrize(("name", "reference", "classifier"), NETWORKS, ids=[row[0] for row in NETWORKS])
def test_same_outputs(name, reference, classifier):
    import keras

    keras.utils.clear_session()
    theirs = getattr(keras.applications, reference)(weights=None, classifier_activation=None)
    spec = load_spec(SPECS / f"{name}.yaml", set={f"head.{classifier}.activation": None})
    graph = spec.graph()
    ours = spec.build()

    assert graph.params.total == theirs.count_params()
    assert graph.params.trainable == sum(int(np.prod(w.shape)) for w in theirs.trainable_weights)
    assert graph.macs == sum(map(multiply_adds, theirs.layers))
    copy_random_weights(theirs, ours)

    images = np.random.default_rng(0).uniform(0, 1, (1, 224, 224, 3)).astype("float32")
    if name == "efficientnet_b0":
        images *= 255
    wanted = np.asarray(theirs(images, training=False))
    got = np.asarray(ours(images, training=False))
    assert np.isfinite(wanted).all()
    assert wanted.std() > 0.1, "outputs too alike to tell networks apart"
    assert np.abs(got - wanted).max() <= 1e-5 * np.abs(wanted).max()


def test_efficientnet_drop_rates():
    import keras

    def rates(model):
        return [layer.rate for layer in model.layers if type(layer) is keras.layers.Dropout]

    theirs = keras.applications.EfficientNetB0(weights=None)
    ours = load_spec(SPECS / "efficientnet_b0.yaml").build()
    assert rates(ours) == pytest.approx(rates(theirs), abs=1e-12)
    assert len(rates(ours)) == 10


def copy_random_weights(source, target):
    """Give both models the same random weights, layer by layer in order; classes and shapes must agree."""
    rng = np.random.default_rng(1)

    def weighted(model):
        return [layer for layer in model.layers if layer.weights and type(layer).__name__ != "Normalization"]

    for one, other in zip(weighted(source), weighted(target), strict=True):
        assert type(one) is type(other)
        assert [w.shape for w in one.weights] == [w.shape for w in other.weights]
        values = [random_weight(rng, weight) for weight in one.weights]
        one.set_weights(values)
        other.set_weights(values)


def test_nasnet():
    """Its branches come in another order than Keras's, so layers of one shape get the same weights in both."""
    import keras

    def fill(model):
        for layer in model.layers:
            layer.set_weights([random_weight(np.random.default_rng(list(w.shape)), w) for w in layer.weights])

    keras.utils.clear_session()
    theirs = keras.applications.NASNetMobile(weights=None, classifier_activation=None)
    spec = load_spec(SPECS / "nasnet_mobile.yaml", set={"head.2.activation": None})
    graph = spec.graph()
    ours = spec.build()
    assert graph.params.total == theirs.count_params()
    assert graph.macs == sum(map(multiply_adds, theirs.layers))

    fill(theirs)
    fill(ours)
    images = np.random.default_rng(0).uniform(0, 1, (1, 224, 224, 3)).astype("float32")
    wanted = np.asarray(theirs(images, training=False))
    got = np.asarray(ours(images, training=False))
    assert wanted.std() > 0.1
    assert np.abs(got - wanted).max() <= 1e-5 * np.abs(wanted).max()


def random_weight(rng, weight):
    normal = rng.standard_normal(weight.shape).astype("float32")
    if weight.name in ("gamma", "moving_variance"):
        return 1 + 0.1 * np.abs(normal)
    if len(weight.shape) == 1:
        return 0.1 * normal
    outgoing = 1 if len(weight.shape) == 4 and weight.shape[-1] == 1 else weight.shape[-1]
    fan_in = int(np.prod(weight.shape)) // (weight.shape[-2] if outgoing == 1 else outgoing)
    return normal * np.sqrt(2 / fan_in).astype("float32")


def multiply_adds(layer):
    """Of a convolution or dense layer, from Keras's own kernel and shapes."""
    if type(layer).__name__ == "Dense":
        return int(np.prod(layer.kernel.shape))
    if type(layer).__name__ in ("Conv2D", "DepthwiseConv2D"):
        height, width = layer.output.shape[1:3]
        return int(np.prod(layer.kernel.shape)) * height * width
    if type(layer).__name__ == "SeparableConv2D":
        height, width = layer.output.shape[1:3]
        return sum(int(np.prod(kernel.shape)) for kernel in layer.weights) * height * width
    return 0
