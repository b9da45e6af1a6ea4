"""Random options and shapes: netspec accepts what Keras accepts, and then both know the same shape and weights."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netspec.errors import Mistake
from netspec.layer import Applied, LayerType
from netspec.registry import Mistakes
from netspec.shapes import Shape
from tests.layers.oracle import LAYER_TYPES, apply, build, known_as, run, unchecked
from tests.layers.strategies import options_of, shapes_for

CASES = int(os.environ.get("NETSPEC_RANDOM_CASES", "60"))

# Keras builds these and runs them, but not as anybody would mean it: types, words of netspec's refusal, and why.
REFUSED_ALL_THE_SAME = (
    ("softmax|(unit|layer)_normalization|concatenate|dot", "is the batch", "samples of a batch have to stay apart"),
    ("log_softmax|sparsemax|glu", "wants at least 1 axis", "the last axis of a single number is the batch"),
    ("rescaling", r"don't fit the last axis of (scalar|(.*×)?1)$", "the input would be spread along the numbers"),
    ("prelu|normalization", "is named twice", "it changes nothing, but is a slip"),
    ("dropout|alpha_dropout", "can't be spread", "more noise than values enlarges the output, or fails at rates but 1"),
    (r"conv\dd_transpose", "window of odd size", "of one step TensorFlow makes nothing, of more it refuses"),
    ("rms_normalization", "last axes", "Keras multiplies the factor along the last axis, whatever axis is named"),
    ("dot", "there is no axis", "Keras takes a negative axis modulo the rank"),
    ("concatenate", "there is no axis", "Keras doesn't look at the axis where there is only one input"),
)


@pytest.mark.parametrize("name", LAYER_TYPES)
@settings(max_examples=CASES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_netspec_and_keras_agree(name: str, data: st.DataObject) -> None:
    entry = LAYER_TYPES[name]
    options, inputs = data.draw(options_of(entry), "options"), data.draw(shapes_for(entry), "inputs")
    assert disagreement(entry, options, inputs) is None


def disagreement(entry: LayerType, options: Mapping[str, Any], inputs: tuple[Shape, ...]) -> str | None:
    """Say in what netspec and Keras differ, or nothing."""
    try:
        ours: Applied | None = apply(entry.name, options, inputs)
        refusal = ""
    except (Mistake, Mistakes) as error:
        ours, refusal = None, str(error)
    try:
        built = build(unchecked(entry, options), inputs)
    except Exception as error:  # noqa: BLE001  Keras refuses in many ways, all of them refusals
        return f"Keras refuses: {error}" if ours else None
    ran = run(built, inputs)
    if ours is None:
        return None if ran is None or refused_all_the_same(entry.name, refusal) else f"netspec refuses: {refusal}"
    if ran is None:
        return "Keras builds it but can't run it"
    # A join may know more than Keras; whatever is known has to be what comes out.
    knows = known_to_both(ours.shape, built.shape) if entry.variadic else ours.shape == built.shape
    if not knows or not known_to_both(ours.shape, ran):
        return f"netspec infers {ours.shape}, Keras {built.shape}, run {ran}"
    wanted = known_as(entry.bind(options), inputs)
    if wanted != built.weights:
        return f"netspec lists {wanted}, Keras makes {built.weights}"
    return None


def refused_all_the_same(name: str, refusal: str) -> bool:
    return any(re.fullmatch(types, name) and re.search(words, refusal) for types, words, _ in REFUSED_ALL_THE_SAME)


def known_to_both(ours: Shape, theirs: Shape) -> bool:
    return len(ours) == len(theirs) and all(a == b or None in (a, b) for a, b in zip(ours, theirs, strict=True))
