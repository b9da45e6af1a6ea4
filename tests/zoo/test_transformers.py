"""The transformers against KerasHub's, with the same random weights, and against published parameter counts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from netspec import load_spec
from netspec.graph import Graph

ZOO = Path(__file__).parents[2] / "specs" / "zoo"

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
    graph = load_spec(ZOO / f"{name}.yaml").graph()
    assert graph.params.total == graph.params.trainable == published


def test_multiply_adds_of_vit_are_those_of_its_parts() -> None:
    """12 layers of 4 projections, scores, mix and 2 dense layers on 197 steps; the patches and the classifier."""
    steps, size = 197, 768
    layer = steps * (4 * size * size + 2 * steps * size + 2 * size * 4 * size)
    wanted = 12 * layer + 196 * 16 * 16 * 3 * size + 1000 * size
    assert load_spec(ZOO / "vitb16.yaml").graph().macs == wanted == 17_563_828_224


def built(name: str, changes: dict[str, Any]) -> tuple[Graph, Any]:
    spec = load_spec(ZOO / f"{name}.yaml", set=changes)
    return spec.graph(), spec.build()


def randomised(model: Any) -> None:
    """Give a model random weights, of such sizes that its outputs stay in reach."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        normal = rng.standard_normal(weight.shape).astype("float32")
        weight.assign(1 + 0.1 * normal if weight.path.endswith(("gamma", "scale")) else 0.05 * normal)


def copied(layers: Iterator[Any], graph: Graph, model: Any) -> None:
    """Give the weighted layers of a model the weights of others, in the order of its graph."""
    weighted = [model.get_layer(node.name) for node in graph.nodes.values() if node.params]
    for source, layer in zip(layers, weighted, strict=True):
        assert sum(math.prod(w.shape) for w in source.weights) == layer.count_params(), layer.name
        layer.set_weights([np.reshape(w, v.shape) for w, v in zip(source.weights, layer.weights, strict=True)])


def close(got: Any, wanted: Any) -> None:
    got, wanted = np.asarray(got), np.asarray(wanted)
    assert got.shape == wanted.shape
    assert wanted.std() > 0.01, "outputs too alike to tell networks apart"
    assert np.abs(got - wanted).max() <= 1e-5 * np.abs(wanted).max()


class Token:
    """A weight that KerasHub's layer holds beside its inner layers, as a layer of its own."""

    def __init__(self, weight: Any) -> None:
        self.weights = [weight]


def vit_layers(backbone: Any, classifier: Any) -> Iterator[Any]:
    patches = backbone.get_layer("vit_patching_and_embedding")
    encoder = backbone.get_layer("vit_encoder")
    yield patches.patch_embedding
    yield Token(patches.class_token)
    yield patches.position_embedding
    for block in encoder.encoder_layers:
        yield from (block.layer_norm_1, block.mha, block.layer_norm_2, block.mlp.dense_1, block.mlp.dense_2)
    yield encoder.layer_norm
    yield classifier


@pytest.mark.parametrize(
    ("name", "changes", "sizes"),
    [
        ("vitb16", {}, (12, 12, 768)),
        ("vits16", {"vars.depth": 2, "input.shape": [64, 96, 3]}, (2, 6, 384)),
        ("vitl16", {"vars.depth": 1, "vars.patch": 32}, (1, 16, 1024)),
    ],
)
def test_vit_computes_what_keras_hub_computes(name: str, changes: dict[str, Any], sizes: tuple[int, int, int]) -> None:
    import keras_hub

    graph, ours = built(name, {**changes, "head.1.activation": None})
    depth, heads, size = sizes
    shape = ours.input.shape[1:]
    backbone = keras_hub.models.ViTBackbone(
        image_shape=shape,
        patch_size=changes.get("vars.patch", 16),
        num_layers=depth,
        num_heads=heads,
        hidden_dim=size,
        mlp_dim=4 * size,
    )
    classifier = keras.layers.Dense(1000)
    theirs = keras.Model(backbone.input, classifier(backbone.output[:, 0]))
    randomised(theirs)
    copied(vit_layers(backbone, classifier), graph, ours)
    images = np.random.default_rng(1).normal(size=(1, *shape)).astype("float32")
    close(ours(images), theirs(images))


def gpt2_layers(backbone: Any) -> Iterator[Any]:
    yield backbone.token_embedding
    yield backbone.position_embedding
    for block in backbone.transformer_layers:
        yield block._self_attention_layer_norm
        yield block._self_attention_layer
        yield block._feedforward_layer_norm
        yield block._feedforward_intermediate_dense
        yield block._feedforward_output_dense
    yield backbone.layer_norm


def test_gpt2_computes_what_keras_hub_computes() -> None:
    import keras_hub

    backbone = keras_hub.models.GPT2Backbone(
        vocabulary_size=50257, num_layers=12, num_heads=12, hidden_dim=768, intermediate_dim=3072
    )
    theirs = keras_hub.models.GPT2CausalLM(backbone)
    graph, ours = built("gpt2small", {"input.shape": [None]})
    randomised(backbone)
    copied(gpt2_layers(backbone), graph, ours)
    for length in (3, 20):
        tokens = np.random.default_rng(1).integers(0, 50257, (2, length)).astype("int32")
        close(ours(tokens), theirs({"token_ids": tokens, "padding_mask": np.ones_like(tokens)}))


def llama_layers(backbone: Any) -> Iterator[Any]:
    yield Token(backbone.token_embedding.embeddings)
    for block in backbone.transformer_layers:
        attention = block._self_attention_layer
        yield block._self_attention_layernorm
        yield from (attention._query_dense, attention._key_dense, attention._value_dense, attention._output_dense)
        yield block._feedforward_layernorm
        yield block._feedforward_gate_dense
        yield block._feedforward_intermediate_dense
        yield block._feedforward_output_dense
    yield backbone.layer_norm
    yield Token(backbone.token_embedding.reverse_embeddings)


def test_llama_computes_what_keras_hub_computes() -> None:
    import keras_hub

    sizes = {"vocabulary": 50, "size": 32, "depth": 2, "heads": 8, "key_value_heads": 2, "hidden": 48}
    changes = {f"vars.{name}": value for name, value in sizes.items()}
    graph, ours = built("tinyllama", {**changes, "input.shape": [None]})
    backbone = keras_hub.models.LlamaBackbone(
        vocabulary_size=50,
        num_layers=2,
        num_query_heads=8,
        num_key_value_heads=2,
        hidden_dim=32,
        intermediate_dim=48,
        layer_norm_epsilon=1e-5,
    )
    assert graph.params.total == backbone.count_params()
    theirs = keras_hub.models.LlamaCausalLM(backbone)
    randomised(backbone)
    copied(llama_layers(backbone), graph, ours)
    for length in (3, 11):
        tokens = np.random.default_rng(1).integers(0, 50, (2, length)).astype("int32")
        close(ours(tokens), theirs({"token_ids": tokens, "padding_mask": np.ones_like(tokens)}))


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
