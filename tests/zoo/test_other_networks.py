"""The networks that Keras does not ship: published counts, and outputs and gradients against those of `references`."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from netspec import load_spec
from netspec.backends.matching import copy_by_structure
from tests.zoo import references
from tests.zoo.applications import FOLDER, TOLERANCE
from tests.zoo.originals import randomise

Edits = dict[str, Any]
Arrays = list[np.ndarray[Any, Any]]


def image(size: int) -> Edits:
    return {"input.shape": [size, size, 3]}


@dataclass(frozen=True)
class Network:
    """What is published of a network, and how small a one is compared.

    ``parameters`` are those that are learned, as ``source`` says; ``giga_macs`` says it too, ``macs`` is worked out.
    """

    parameters: int
    source: str
    macs: int
    giga_macs: float | None = None
    size: int = 64
    edits: Callable[[int], Edits] = field(default=image)


def macs_of_unet(size: int) -> int:
    """From the top level down; on its way up a level is enlarged, joined to what was there and convolved twice."""
    total = size**2 * 64 * 2
    for level in range(5):
        pixels, width = (size >> level) ** 2, 64 << level
        entering = width // 2 if level else 1
        total += pixels * 9 * (entering * width + width * width)
        if level < 4:
            total += pixels * (2 * width * width + 9 * (2 * width * width + width * width))
    return total


def macs_of_fpn(size: int) -> int:
    """ResNet-50 without its classifier, and a 1×1 and a 3×3 convolution for each of its stages."""
    total = (4_089_184_256 - 2048 * 1000) * size**2 // 224**2
    for stage, width in enumerate(references.WIDE):
        total += (size // (4 << stage)) ** 2 * (width * 256 + 9 * 256 * 256)
    return total


TORCHVISION = "https://docs.pytorch.org/vision/stable/models.html, table of all available classification weights"

NETWORKS = {
    "resnet18": Network(11_689_512, TORCHVISION, 1_814_073_344, 1.81),
    "resnet34": Network(21_797_672, TORCHVISION, 3_663_761_408, 3.66),
    "resnet50v1_5": Network(25_557_032, TORCHVISION, 4_089_184_256, 4.09),
    "resnext50_32x4d": Network(25_028_904, TORCHVISION, 4_230_479_872, 4.23),
    "wide_resnet50_2": Network(68_883_240, TORCHVISION, 11_398_021_120, 11.4),
    "regnet_y_400mf": Network(4_344_144, TORCHVISION, 401_842_848, 0.4),
    "regnet_y_8gf": Network(39_381_472, TORCHVISION, 8_473_070_592, 8.47),
    "se_resnet50": Network(
        28_088_024,
        "https://github.com/osmr/imgclsmob, of the weights that the authors published",
        # Keras's ResNet-50, which has its strides at the same place, and two dense layers for every block
        3_857_973_248 + sum(depth * 2 * c * c // 16 for depth, c in zip((3, 4, 6, 3), references.WIDE, strict=True)),
    ),
    "fpn": Network(
        # the convolutions and batch normalization of ResNet-50, a 1×1 and a 3×3 convolution for each of its stages
        (25_557_032 - 2049 * 1000) + sum(256 * c + 256 + 9 * 256 * 256 + 256 for c in references.WIDE),
        # 41,755,286 without the parts that look for regions (593,935) and that tell what is in them (13,895,680 and
        # 466,375), with the batch normalization, which is frozen there (53,120): the same
        TORCHVISION + ", FasterRCNN_ResNet50_FPN_Weights",
        macs_of_fpn(800),
    ),
    "unet": Network(
        31_030_658,
        "https://apoorvnandan.github.io/2020/08/30/unet-keras",
        macs_of_unet(512),
        size=32,
        edits=lambda size: {"input.shape": [size, size, 1]},
    ),
    "siamese": Network(
        38_951_745,
        "https://arxiv.org/abs/2102.06960, table 1",
        2 * (96**2 * 10**2 * 64 + 42**2 * 7**2 * 64 * 128 + 18**2 * 4**2 * 128 * 128 + 6**2 * 4**2 * 128 * 256)
        + 2 * 6 * 6 * 256 * 4096
        + 4096,
        size=105,
        edits=lambda _: {},
    ),
    "two_input": Network(
        5_527_963,
        "https://machinelearningmastery.com/develop-a-deep-learning-caption-generation-model-in-python/",
        4096 * 256 + 34 * 4 * 256 * (256 + 256) + 256 * 256 + 256 * 7579,
        size=34,
        edits=lambda _: {},
    ),
    "text_lstm": Network(
        2_757_761,
        "https://keras.io/examples/nlp/bidirectional_lstm_imdb/",
        2 * 2 * 200 * 4 * 64 * (128 + 64) + 128,
        size=20,
        edits=lambda size: {"input.shape": [size]},
    ),
    "wavenet": Network(
        (2 * 256 + 1) * 32 + 30 * (2 * (2 * 32 + 1) * 32 + 33 * 512) + 29 * 33 * 32 + 513 * 512 + 513 * 256,
        "counted from figure 4 of https://arxiv.org/abs/1609.03499, which gives no sizes",
        16000 * (2 * 256 * 32 + 30 * (2 * 2 * 32 * 32 + 32 * 512) + 29 * 32 * 32 + 512 * 512 + 512 * 256),
        size=1100,  # further back than the longest dilation
        edits=lambda size: {"input.shape": [size, 256]},
    ),
}


@pytest.fixture(autouse=True)
def _forget_models() -> Iterator[None]:
    yield
    keras.utils.clear_session()
    gc.collect()


@pytest.mark.parametrize("name", NETWORKS)
def test_counts_are_the_published_ones(name: str):
    network, graph = NETWORKS[name], load_spec(FOLDER / f"{name}.yaml").graph()
    assert graph.params.trainable == network.parameters
    assert graph.macs == network.macs
    if network.giga_macs is not None:
        assert round(network.macs / 1e9, 2) == network.giga_macs


@pytest.mark.parametrize("name", NETWORKS)
def test_same_network_as_by_hand(name: str):
    reference, ours = pair(name)
    given = samples(ours)
    assert difference(reference, ours, given) <= TOLERANCE

    del reference
    assert_every_weight_learns(ours, given)


def difference_by_hand(name: str) -> float:
    """How far a spec's outputs are from those of the network by hand."""
    reference, ours = pair(name)
    return difference(reference, ours, samples(ours))


def pair(name: str) -> tuple[keras.Model, keras.Model]:
    """The network by hand and that of the spec, with the same random weights."""
    network = NETWORKS[name]
    reference = getattr(references, name)(network.size)
    ours = load_spec(FOLDER / f"{name}.yaml", set=network.edits(network.size)).build()
    assert ours.count_params() == reference.count_params()
    make_last_layer_linear(ours)  # softmax and sigmoid make differences small that are not
    randomise_all(reference)
    copy_by_structure(reference, ours)
    return reference, ours


def make_last_layer_linear(model: keras.Model) -> None:
    last = model.layers[-1]
    assert len(model.outputs) > 1 or last.activation in (keras.activations.softmax, keras.activations.sigmoid)
    last.activation = keras.activations.linear


def randomise_all(model: keras.Model) -> None:
    """Give every weight a random value; those of a table of vectors need not be small for its many rows."""
    randomise(model)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Embedding):
            layer.set_weights([np.random.default_rng(0).standard_normal(layer.embeddings.shape)])


def samples(model: keras.Model) -> Arrays:
    """Two random samples of every input. Words end in zeros, which stand for no word."""
    generator = np.random.default_rng(0)
    found: Arrays = []
    for tensor in model.inputs:
        shape = (2, *tensor.shape[1:])
        if tensor.dtype == "int32":
            words = generator.integers(1, 1000, shape)
            words[:, -5:] = 0
            found.append(words.astype("int32"))
        else:
            found.append(generator.uniform(-1, 1, shape).astype("float32"))
    return found


def difference(theirs: keras.Model, ours: keras.Model, given: Arrays) -> float:
    """The largest difference between outputs, relative to the largest value of that output."""
    found = []
    for got, wanted in zip(outputs(ours, given), outputs(theirs, given), strict=True):
        assert got.shape == wanted.shape
        largest = np.abs(wanted).max()
        assert wanted.std() > 0.1 * largest, "outputs too alike to tell networks apart"
        found.append(float(np.abs(got - wanted).max() / largest))
    return max(found)


def outputs(model: keras.Model, given: Arrays) -> Arrays:
    found = model(given if len(given) > 1 else given[0], training=False)
    return [np.asarray(one) for one in (found if isinstance(found, list) else [found])]


def assert_every_weight_learns(model: keras.Model, given: Arrays) -> None:
    """One training step gives every trainable weight a gradient that is finite, and not zero."""
    with tf.GradientTape() as tape:
        found = model(given if len(given) > 1 else given[0], training=True)
        loss = sum(tf.reduce_mean(one * one) for one in (found if isinstance(found, list) else [found]))
    weights = model.trainable_variables
    for weight, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
        assert gradient is not None, weight.path
        values = np.asarray(tf.convert_to_tensor(gradient))
        assert np.isfinite(values).all(), weight.path
        assert values.any(), weight.path
