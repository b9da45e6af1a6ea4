"""The transformers against KerasHub's, with the same random weights, and against published parameter counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec import load_spec
from tests.zoo.applications import FOLDER, TOLERANCE
from tests.zoo.transformers import built, difference_of_gpt2, difference_of_llama, difference_of_vit

PUBLISHED = [
    # timm's vit_small_patch16_224; Touvron et al. (2020), table 1, say 22 M
    ("vits16", 22_050_664),
    # torchvision's vit_b_16 and vit_l_16
    ("vitb16", 86_567_656),
    ("vitl16", 304_326_632),
    # the weights of https://huggingface.co/openai-community/gpt2, the tied output counted once
    ("gpt2small", 124_439_808),
    # the weights of https://huggingface.co/TinyLlama/TinyLlama_v1.1
    ("tinyllama", 1_100_048_384),
]


@pytest.mark.parametrize(("name", "published"), PUBLISHED, ids=[name for name, _ in PUBLISHED])
def test_parameters_are_the_published_ones(name: str, published: int) -> None:
    graph = load_spec(FOLDER / f"{name}.yaml").graph()
    assert graph.params.total == graph.params.trainable == published


def test_multiply_adds_of_vit_are_those_of_its_parts() -> None:
    """12 layers of 4 projections, scores, mix and 2 dense layers on 197 steps; the patches and the classifier."""
    steps, size = 197, 768
    layer = steps * (4 * size * size + 2 * steps * size + 2 * size * 4 * size)
    wanted = 12 * layer + 196 * 16 * 16 * 3 * size + 1000 * size
    assert load_spec(FOLDER / "vitb16.yaml").graph().macs == wanted == 17_563_828_224


VITS: list[tuple[str, dict[str, Any], tuple[int, int, int]]] = [
    ("vitb16", {}, (12, 12, 768)),
    ("vits16", {"vars.depth": 2, "input.shape": [64, 96, 3]}, (2, 6, 384)),
    ("vitl16", {"vars.depth": 1, "vars.patch": 32}, (1, 16, 1024)),
]


@pytest.mark.parametrize(("name", "changes", "sizes"), VITS, ids=[name for name, _, _ in VITS])
def test_vit_computes_what_keras_hub_computes(name: str, changes: dict[str, Any], sizes: tuple[int, int, int]) -> None:
    assert difference_of_vit(name, changes, *sizes) <= TOLERANCE


def test_gpt2_computes_what_keras_hub_computes() -> None:
    assert difference_of_gpt2() <= TOLERANCE


def test_llama_computes_what_keras_hub_computes() -> None:
    assert difference_of_llama() <= TOLERANCE


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("vits16", {"vars.depth": 2, "input.shape": [32, 32, 3]}),
        ("gpt2small", {"vars.depth": 2, "vars.vocabulary": 40, "vars.size": 24, "vars.context": 16}),
        (
            "tinyllama",
            {"vars.depth": 2, "vars.vocabulary": 40, "vars.size": 64, "vars.hidden": 32, "vars.context": 16},
        ),
    ],
)
def test_every_weight_gets_a_gradient(name: str, changes: dict[str, Any]) -> None:
    import tensorflow as tf

    graph, model = built(name, changes)
    node = graph.nodes[graph.inputs[0]]
    rng = np.random.default_rng(0)
    shape = (2, *(size or 1 for size in node.shape))
    inputs = rng.integers(0, 40, shape) if "vars.vocabulary" in changes else rng.normal(size=shape)
    with tf.GradientTape() as tape:
        outputs = model(inputs, training=True)
        loss = tf.reduce_mean(outputs * rng.normal(size=outputs.shape).astype("float32"))
    gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
    for weight, gradient in zip(model.trainable_weights, gradients, strict=True):
        assert gradient is not None, weight.path
        values = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(values).all(), weight.path
        if weight.path.split("/")[-2:] != ["key", "bias"]:  # the same for every key: the softmax cancels it
            assert np.abs(values).max() > 0, weight.path
