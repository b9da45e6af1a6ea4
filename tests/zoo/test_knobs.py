"""What keras.applications takes as arguments the specs have as vars, and any size of image gives the same network."""

from collections.abc import Mapping
from typing import Any

import pytest

from netspec import load_spec
from tests.zoo.applications import Sizes, spec_of
from tests.zoo.comparison import compare, randomised, without_softmax
from tests.zoo.originals import original

CALLED: Mapping[tuple[str, str], str] = {("MobileNetV3Small", "dropout"): "dropout_rate"}

# The function, the size of the image, the knobs. Odd sizes need other padding before strides than even ones.
CASES: list[tuple[str, Sizes, dict[str, Any]]] = [
    ("MobileNet", (64, 64, 3), {"alpha": 0.25, "classes": 10, "dropout": 0.5}),
    ("MobileNet", (75, 98, 3), {"alpha": 1.3}),
    ("MobileNetV2", (64, 64, 3), {"alpha": 0.35}),
    ("MobileNetV2", (75, 98, 3), {"alpha": 1.4}),
    ("MobileNetV3Small", (64, 64, 3), {"alpha": 0.75, "classes": 10, "dropout": 0.5}),
    ("MobileNetV3Small", (75, 98, 3), {"minimalistic": True}),
    ("MobileNetV3Large", (64, 64, 3), {"alpha": 1.25}),
    ("MobileNetV3Large", (75, 98, 3), {"minimalistic": True, "alpha": 0.75}),
    ("MobileNetV3Large", (75, 98, 3), {}),
    ("EfficientNetB1", (75, 98, 3), {"classes": 10}),
    ("EfficientNetV2B2", (75, 98, 3), {"classes": 10}),
]


@pytest.mark.parametrize(("name", "shape", "knobs"), CASES, ids=lambda value: str(value).replace(" ", ""))
def test_same_network(name: str, shape: Sizes, knobs: dict[str, Any]):
    theirs = original(name, shape, **{CALLED.get((name, knob), knob): value for knob, value in knobs.items()})
    changes = {f"vars.{knob}": value for knob, value in knobs.items()}
    spec = load_spec(spec_of(name), set={"input.shape": list(shape), **changes})
    assert not spec.warnings
    graph, ours = spec.graph(), spec.build()
    assert graph.params.total == theirs.count_params()
    found = compare(randomised(theirs), without_softmax(ours))
    assert found.same, found
