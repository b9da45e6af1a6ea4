"""Whether two Keras models are the same network: the parameters, the structure, the outputs with the same weights."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf, nan, prod
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from netspec.backends.matching import StructuresDiffer, copy_by_structure
from tests.zoo.applications import TOLERANCE
from tests.zoo.originals import adapt, image_for, layers, randomise

TRAINING = re.compile("_(initializer|regularizer|constraint)$|^(momentum|epsilon|trainable)$")

LARGE = 750_000_000
"""Values that all layers of a model give together, 3 GB of them, from which on it is traced before it runs."""


@dataclass(frozen=True)
class Comparison:
    """What told two models apart: an empty text or a small number means nothing did.

    ``training`` is what outputs don't show: rates of dropout, momentum, initializers and their like. ``difference`` is
    nan where weights could not be copied from one to the other.
    """

    parameters: str
    structure: str
    training: str
    difference: float

    @property
    def same(self) -> bool:
        return not (self.parameters or self.structure or self.training) and self.difference <= TOLERANCE


def compare(theirs: Any, ours: Any) -> Comparison:
    """Compare a model that was randomised with another, which is given the weights of the first."""
    parameters = _told_apart("parameters", theirs.count_params(), ours.count_params())
    try:
        pairs = copy_by_structure(theirs, ours)
    except StructuresDiffer as differ:
        return Comparison(parameters, str(differ), "", nan)
    training = _told_apart("rates of dropout", _rates(theirs), _rates(ours)) or next(_settings_that_differ(pairs), "")
    return Comparison(parameters, "", training, difference(theirs, ours))


def _told_apart(what: str, wanted: object, got: object) -> str:
    return "" if got == wanted else f"{what}: {got}, not {wanted}"


def _rates(model: Any) -> list[float]:
    return sorted(round(layer.rate, 12) for layer in layers(model) if isinstance(layer, keras.layers.Dropout))


def _settings_that_differ(pairs: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    """Of layers of one class; where classes differ, the same does not have the same name."""
    for theirs, ours in pairs:
        if type(theirs) is type(ours):
            wanted, got = _settings(theirs), _settings(ours)
            if wanted != got:
                yield _told_apart(theirs.name, wanted, got)


def _settings(layer: Any) -> dict[str, Any]:
    return {key: _plain(value) for key, value in layer.get_config().items() if TRAINING.search(key)}


def _plain(value: Any) -> Any:
    """A setting without what names the object or is drawn anew each time."""
    if not isinstance(value, dict):
        return value
    name, config = value["class_name"], {key: one for key, one in value["config"].items() if key != "seed"}
    return ("Zeros", {}) if (name, config) == ("Constant", {"value": 0.0}) else (name, config)


def difference(theirs: Any, ours: Any) -> float:
    """The largest difference between what two models say of one image, relative to the largest that the first says."""
    image = image_for(theirs)
    wanted, got = outputs(theirs, image), outputs(ours, image)
    if wanted.shape != got.shape:
        return inf
    largest = np.abs(wanted).max()
    assert np.isfinite(wanted).all()
    assert wanted.std() > 0.1 * largest, "outputs too alike to tell networks apart"
    return float(np.abs(got - wanted).max() / largest)


def outputs(model: Any, image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Run a model. Layer by layer, Keras keeps what each gives until the end, which of large images is too much."""
    values = sum(prod(layer.output.shape[1:]) for layer in model.layers)
    run = tf.function(model) if values > LARGE else model
    return np.asarray(run(image, training=False))


def without_softmax(model: Any) -> Any:
    """The model up to its logits: softmax makes differences small that are not."""
    last = model.layers[-1]
    if isinstance(last, keras.layers.Dense):
        assert last.activation is keras.activations.softmax
        last.activation = keras.activations.linear
        return model
    assert isinstance(last, keras.layers.Softmax | keras.layers.Activation)
    return keras.Model(model.input, last.input)


def randomised(model: Any) -> Any:
    """The model with random weights and statistics that suit them, up to its logits."""
    randomise(model)
    adapt(model)
    return without_softmax(model)
