"""The networks of keras.applications themselves: built, counted, and filled with random weights."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import keras
import numpy as np

from netspec.backends.matching import settle
from tests.zoo.applications import Facts, Sizes

IMAGENET: Sizes = (224, 224, 3)
PART = 128


def names() -> list[str]:
    """The functions of keras.applications that build a network."""
    return sorted(name for name, value in vars(keras.applications).items() if inspect.isfunction(value))


def original(name: str, shape: Sizes | None = None, **options: Any) -> Any:
    """Build one without weights; what takes images of any size is built for 224×224 unless a shape is given."""
    function = getattr(keras.applications, name)
    if shape is not None:
        return function(weights=None, input_shape=shape, **options)
    model = function(weights=None, **options)
    return model if None not in model.input_shape[1:] else original(name, IMAGENET, **options)


def measured(name: str, model: Any) -> Facts:
    """What the record says of a network, measured on the network."""
    source = Path(inspect.getsourcefile(getattr(keras.applications, name)) or "")
    return Facts(
        module=source.name,
        module_lines=len(source.read_text(encoding="utf-8").splitlines()),
        input=tuple(model.input_shape[1:]),
        output=tuple(model.output_shape[1:]),
        total=model.count_params(),
        trainable=_values_of(model.trainable_weights),
        non_trainable=_values_of(model.non_trainable_weights),
        macs=sum(map(multiply_adds, layers(model))),
    )


def _values_of(weights: Iterable[Any]) -> int:
    return sum(prod(weight.shape) for weight in weights)


def layers(model: Any) -> Iterator[Any]:
    """The layers of a model and of the models in it."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from layers(layer)
        else:
            yield layer


def multiply_adds(layer: Any) -> int:
    """Of one layer that is called once, from Keras's own kernels and shapes; 0 for what has no kernel."""
    kernels = [prod(weight.shape) for weight in layer.weights if "kernel" in weight.name]
    return sum(kernels) * prod(layer.output.shape[1:-1]) if kernels else 0


def randomise(model: Any, seed: int = 0) -> None:
    """Give every weight a random value, statistics of batch normalization too, so that what flows stays of one size."""
    generator = np.random.default_rng(seed)
    for layer in layers(model):
        for weight in layer.weights:
            if weight.name != "count":
                weight.assign(_random_values(generator, weight.name, tuple(weight.shape)))
        settle(layer)


def _random_values(generator: np.random.Generator, name: str, shape: Sizes) -> np.ndarray[Any, Any]:
    if name in ("gamma", "moving_variance", "variance"):
        return generator.uniform(0.8, 1.2, shape).astype("float32")
    spread = 0.1
    if len(shape) > 1:
        per_channel = len(shape) == 4 and shape[-1] == 1  # the kernel of a depthwise convolution
        spread = (2 / (prod(shape) // (shape[-2] if per_channel else shape[-1]))) ** 0.5
    return generator.standard_normal(shape, dtype="float32") * np.float32(spread)


def adapt(model: Any) -> None:
    """Let batch normalization take its statistics from random images, so that activations keep their size in depth."""
    norms = [layer for layer in layers(model) if isinstance(layer, keras.layers.BatchNormalization)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    with nothing_dropped(model):
        model(parts_for(model, seed=1), training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


@contextmanager
def nothing_dropped(model: Any) -> Iterator[None]:
    """Dropout at a rate of 0, so that training is not a matter of chance."""
    dropouts = [layer for layer in layers(model) if isinstance(layer, keras.layers.Dropout)]
    rates = [dropout.rate for dropout in dropouts]
    for dropout in dropouts:
        dropout.rate = 0.0
    try:
        yield
    finally:
        for dropout, rate in zip(dropouts, rates, strict=True):
            dropout.rate = rate


def parts_for(model: Any, seed: int = 0) -> np.ndarray[Any, Any]:
    """A batch of two small parts of images, which are enough to train on; all of them where they are flattened."""
    images = np.concatenate([image_for(model, seed), image_for(model, seed + 1)])
    if any(isinstance(layer, keras.layers.Flatten) for layer in layers(model)):
        return images
    model.input_spec = None  # the layers take any size, the model around them does not
    return images[:, :PART, :PART]


def image_for(model: Any, seed: int = 0) -> np.ndarray[Any, Any]:
    """One random image: pixels from 0 to 255 if the network prepares them itself, else from -1 to 1."""
    generator = np.random.default_rng(seed)
    prepares = any(isinstance(layer, keras.layers.Rescaling | keras.layers.Normalization) for layer in layers(model))
    low, high = (0, 255) if prepares else (-1, 1)
    return generator.uniform(low, high, (1, *model.input_shape[1:])).astype("float32")
