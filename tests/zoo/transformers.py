"""The transformers of the zoo beside KerasHub's, with the same random weights."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from netspec import load_spec
from netspec.graph import Graph
from tests.zoo.applications import FOLDER


def built(name: str, changes: dict[str, Any]) -> tuple[Graph, Any]:
    spec = load_spec(FOLDER / f"{name}.yaml", set=changes)
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


def difference(got: Any, wanted: Any) -> float:
    """The largest difference between outputs, relative to the largest output."""
    got, wanted = np.asarray(got), np.asarray(wanted)
    assert got.shape == wanted.shape
    assert wanted.std() > 0.01, "outputs too alike to tell networks apart"
    return float(np.abs(got - wanted).max() / np.abs(wanted).max())


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


def difference_of_vit(name: str, changes: dict[str, Any], depth: int, heads: int, size: int) -> float:
    """Between a ViT's logits and those of KerasHub's with a dense layer on its class token."""
    import keras_hub

    graph, ours = built(name, {**changes, "head.1.activation": None})
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
    return difference(ours(images), theirs(images))


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


def difference_of_gpt2() -> float:
    """Between the logits of GPT-2 small and those of KerasHub's."""
    import keras_hub

    backbone = keras_hub.models.GPT2Backbone(
        vocabulary_size=50257, num_layers=12, num_heads=12, hidden_dim=768, intermediate_dim=3072
    )
    theirs = keras_hub.models.GPT2CausalLM(backbone)
    graph, ours = built("gpt2small", {"input.shape": [None]})
    randomised(backbone)
    copied(gpt2_layers(backbone), graph, ours)
    tokens = np.random.default_rng(1).integers(0, 50257, (2, 20)).astype("int32")
    return difference(ours(tokens), theirs({"token_ids": tokens, "padding_mask": np.ones_like(tokens)}))


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


def difference_of_llama() -> float:
    """Between the logits of a small LLaMA and those of KerasHub's."""
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
    theirs = keras_hub.models.LlamaCausalLM(backbone)
    randomised(backbone)
    copied(llama_layers(backbone), graph, ours)
    tokens = np.random.default_rng(1).integers(0, 50, (2, 11)).astype("int32")
    return difference(ours(tokens), theirs({"token_ids": tokens, "padding_mask": np.ones_like(tokens)}))
