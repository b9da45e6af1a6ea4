"""Receptive fields: what every layer says it sees against what Keras's layers see, networks against both and papers."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec import Layer, SpecError, load_spec, parse_spec
from netspec.graph import Graph
from netspec.layer import TYPES, LayerType
from netspec.reaches import Axes, Reach
from netspec.receptive_field import Field, receptive_fields
from netspec.shapes import Shape
from tests.layers.footprints import FILE, footprints, with_positive_weights

SPECS = Path(__file__).parents[1] / "specs"
CASES = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
MIRRORED = {"mel_spectrogram"}  # beyond its ends its input is there once more, turned round


def field_of_output(graph: Graph, input: str | None = None) -> Field:
    return receptive_fields(graph, input)[graph.nodes[graph.outputs[0]]]


def spec_of(text: str) -> str:
    return f"netspec: 1\n{text}"


def agree(expected: tuple[int, int] | None, seen: Any, size: int, *, mirrored: bool = False) -> bool:
    """Hold one position to what Keras sees; whether all of it lay inside the input, so that it had to be the same."""
    low, high = (0, size - 1) if expected is None else expected
    inside = 0 <= low <= high < size
    if seen is None:
        assert low > high or not inside  # between the windows, or in the padding
    elif inside:
        assert [low, high] == list(seen)
    elif not mirrored:
        assert max(low, 0) <= seen[0] <= seen[1] <= min(high, size - 1)
    return inside and seen is not None


# ---------------------------------------------------------------------------------------------------------- each layer


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["type"])
def test_a_layer_sees_what_keras_sees(case: dict[str, Any]) -> None:
    seen_of_x = sight(case)
    for axis, by_axis in enumerate(case["seen"]):
        reach, size = seen_of_x[axis], case["input"][axis]
        if reach is None:  # all of it: here and there, if not everywhere
            for positions in by_axis:
                assert min(seen[0] for seen in positions if seen) == 0
                assert max(seen[1] for seen in positions if seen) == size - 1
            continue
        for along, positions in enumerate(by_axis):
            if reach.axis in (None, along):
                for position, seen in enumerate(positions):
                    said = (reach.low(position), reach.high(position))
                    agree(said, seen, size, mirrored=case["type"] in MIRRORED)


def sight(case: dict[str, Any]) -> Axes:
    """What the layer of a case says that it sees."""
    spec = {"netspec": 1, "input": {"shape": case["input"]}, "head": [{"type": case["type"], **case["options"]}]}
    graph = parse_spec(json.dumps(spec)).graph()
    node = graph.nodes[graph.outputs[0]]
    assert isinstance(node.layer, Layer)
    (axes,) = node.layer.reach(node.inputs[0].shape, node.shape) or (None,)
    assert axes is not None
    return axes


def test_the_cases_can_fail() -> None:
    """Much of what Keras sees lies inside the input, where it has to be the same, and a shift by one is noticed."""
    case = next(case for case in CASES if case["type"] == "conv2d")
    positions, size = case["seen"][0][0], case["input"][0]
    assert any(agree(tuple(seen), seen, size) for seen in positions)
    low, high = next(seen for seen in positions if seen[0] < seen[1])
    with pytest.raises(AssertionError):
        agree((low + 1, high), [low, high], size)


@pytest.mark.parametrize(
    "entry", [entry for entry in TYPES if isinstance(entry, LayerType)], ids=lambda entry: entry.name
)
def test_every_type_says_what_it_sees(entry: LayerType) -> None:
    assert entry.example is not None
    layer = entry.bind(dict(entry.example.options))
    shapes = entry.example.inputs
    seen = layer.reach(*shapes, layer.infer(*shapes))
    assert seen is not None
    assert [None if axes is None else len(axes) for axes in seen] in (
        [len(shape) for shape in shapes],
        [None] * len(shapes),
    )


# ------------------------------------------------------------------------------------------------------------ networks

NETWORKS = {
    "residual with a strided shortcut": """
input: {shape: [97, 1]}
head:
  - {type: conv1d, filters: 1, kernel_size: 7, strides: 2, padding: same}
  - {type: max_pooling1d, pool_size: 3, strides: 2, padding: same}
  - branches:
      - [{type: conv1d, filters: 1, kernel_size: 3, strides: 2, padding: same},
         {type: conv1d, filters: 1, kernel_size: 3, padding: same}]
      - [{type: conv1d, filters: 1, kernel_size: 1, strides: 2}]
    merge: add
""",
    "inception": """
input: {shape: [15, 14, 1]}
head:
  - branches:
      - [{type: conv2d, filters: 1, kernel_size: [1, 5], padding: same}]
      - [{type: average_pooling2d, pool_size: 3, strides: 1, padding: same}]
      - [{type: conv2d, filters: 1, kernel_size: [4, 2], padding: same}]
      - []
    merge: concatenate
  - {type: conv2d, filters: 1, kernel_size: 2, strides: [2, 3]}
""",
    "u-net": """
input: {shape: [48, 1]}
stages:
  down1: [{type: conv1d, filters: 1, kernel_size: 3, padding: same}]
  pool1: [{type: max_pooling1d, pool_size: 2}]
  down2: [{type: conv1d, filters: 1, kernel_size: 3, padding: same}]
  pool2: [{type: max_pooling1d, pool_size: 2}]
  bottom: [{type: conv1d, filters: 1, kernel_size: 3, padding: same}, {type: up_sampling1d, size: 2}]
  up2: [{type: concatenate, from: [prev, down2]}, {type: conv1d, filters: 1, kernel_size: 3, padding: same}]
  up1:
    - {type: conv1d_transpose, filters: 1, kernel_size: 4, strides: 2, padding: same}
    - {type: concatenate, from: [prev, down1]}
""",
    "valid u-net": """
input: {shape: [40, 1]}
head:
  - {type: conv1d, filters: 1, kernel_size: 3, name: top}
  - branches:
      - - {type: average_pooling1d, pool_size: 2}
        - {type: conv1d, filters: 1, kernel_size: 3}
        - {type: up_sampling1d, size: 2}
      - [{type: cropping1d, cropping: [2, 2]}]
    merge: add
""",
    "wavenet": """
input: {shape: [40, 1]}
head:
  - nodes:
      - branches:
          - [{type: conv1d, filters: 1, kernel_size: 2, padding: causal, dilation_rate: $(2 ** i)}]
          - []
        merge: add
    repeat: 4
""",
    "pool and enlarge": """
input: {shape: [24, 2]}
head:
  - {type: average_pooling1d, pool_size: 3}
  - {type: up_sampling1d, size: 3}
  - {type: max_pooling1d, pool_size: 2}
""",
    "attention nearby": """
input: {shape: [20, 4]}
head:
  - {type: multi_head_attention, num_heads: 1, key_dim: 2, sliding_window: 3, use_causal_mask: true}
  - {type: multi_head_attention, num_heads: 1, key_dim: 2, sliding_window: 2}
  - {type: slice, axis: 1, start: 5}
""",
    "squeeze and excitation": """
input: {shape: [9, 8, 2]}
head:
  - {type: conv2d, filters: 2, kernel_size: 3}
  - branches:
      - [{type: global_average_pooling2d, keepdims: true}, {type: conv2d, filters: 2, kernel_size: 1}]
      - []
    merge: multiply
""",
    "images of a film": """
input: {shape: [3, 13, 11, 1]}
head:
  - {type: time_distributed, layer: {type: conv2d, filters: 1, kernel_size: 3, strides: 2}}
  - {type: permute, dims: [2, 1, 3, 4]}
  - {type: conv3d, filters: 1, kernel_size: [2, 1, 2]}
""",
    "enlarged at another pace": """
input: {shape: [18, 13, 1]}
head:
  - branches:
      - [{type: conv2d, filters: 1, kernel_size: 3, strides: 2, padding: same},
         {type: resizing, height: 18, width: 13, interpolation: bilinear}]
      - [{type: zero_padding2d, padding: 1}, {type: conv2d, filters: 1, kernel_size: 3}]
    merge: add
""",
    "a part of the middle": """
input: {shape: [30, 1]}
head:
  - {type: conv1d, filters: 1, kernel_size: 3}
  - {type: slice, axis: 1, start: 10, stop: 14}
  - {type: global_average_pooling1d}
""",
}  # fmt: skip

FIELDS = {
    "residual with a strided shortcut": "35/8",
    "inception": "5×6/2×3",
    "u-net": "26",
    "valid u-net": "8",
    "wavenet": "16",
    "pool and enlarge": "6/2",
    "attention nearby": "5",
    "squeeze and excitation": "all",
    "images of a film": "1×5×5/1×2×2",
    "enlarged at another pace": "5×5/1×?",
    "a part of the middle": "6",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_sees_what_keras_sees(name: str) -> None:
    spec = parse_spec(spec_of(NETWORKS[name]))
    graph = spec.graph()
    shape = graph.nodes["input"].shape
    model = with_positive_weights(spec.build())
    field = field_of_output(graph)
    same = 0
    for axis in range(len(shape) - 1):
        size = shape[axis] or 0
        for along, positions in enumerate(footprints(model, shape, axis)):
            if along in moved_along(field, axis, len(positions)):
                same += sum(agree(field.interval(axis, at), seen, size) for at, seen in enumerate(positions))
    assert same
    assert field.text() == FIELDS[name]


def moved_along(field: Field, axis: int, count: int) -> set[int]:
    """The axes of the output that a field moves along; where it moves along none, any will do."""
    reaches = field._view[axis]
    axes = {reach.axis for reach in reaches if reach.axis is not None} if reaches else set()
    return axes or set(range(count))


SEVERAL = """
inputs: {near: {shape: [16, 1]}, far: {shape: [32, 1]}, aside: {shape: [3]}}
head:
  - {type: conv1d, filters: 1, kernel_size: 4, strides: 2, padding: same, from: far, name: half}
  - {type: conv1d, filters: 1, kernel_size: 3, padding: same, from: near, name: whole}
  - {type: add, from: [half, whole], name: joined}
  - {type: positions, name: numbers}
outputs: [head.joined, head.numbers, aside]
"""


def test_each_input_has_its_own_field() -> None:
    spec = parse_spec(spec_of(SEVERAL))
    graph = spec.graph()
    joined, numbers = graph.nodes["head-joined"], graph.nodes[graph.outputs[1]]
    fields = {name: receptive_fields(graph, name) for name in graph.inputs}
    assert [fields[name][joined].text() for name in graph.inputs] == ["3", "4/2", "nothing"]
    assert [fields[name][numbers].text() for name in graph.inputs] == ["nothing"] * 3
    assert fields["aside"][graph.nodes["aside"]].text() == "1"
    model = with_positive_weights(spec.build())
    others = {name: np.ones([size or 0 for size in graph.nodes[name].shape]) for name in graph.inputs}
    for name in ("near", "far"):
        shape = graph.nodes[name].shape
        (seen, _) = footprints(lambda fed, training: model(fed, training=training)[0], shape, 0, others, name)
        interval, size = fields[name][joined].interval, shape[0] or 0
        assert sum(agree(interval(0, at), one, size) for at, one in enumerate(seen)) > 10


# ---------------------------------------------------------------------------------------------------- published figures


@pytest.mark.parametrize(
    ("spec", "node", "text"),
    [
        # Araujo, Norris and Sim: Computing Receptive Fields of Convolutional Neural Networks (Distill, 2019).
        ("zoo/vgg16.yaml", "stage5-max_pooling2d", "212×212/32"),
        ("zoo/mobilenet.yaml", "{last}", "315×315/32"),
        ("zoo/resnet50.yaml", "{last}", "483×483/32"),
        ("zoo/resnet101.yaml", "{last}", "1027×1027/32"),
        ("zoo/resnet152.yaml", "{last}", "1507×1507/32"),
        ("zoo/resnet50v2.yaml", "{last}", "483×483/32"),
        ("zoo/inceptionv3.yaml", "{last}", "1311×1311/32"),
        ("zoo/inceptionresnetv2.yaml", "{last}", "3039×3039/32"),
        # With the stride on the 3×3 it is the convolution after it that reaches further.
        ("resnet50_v1_5.yaml", "{last}", "427×427/32"),
        # What is squeezed and excited sees everything.
        ("zoo/se_resnet50.yaml", "{last}", "all"),
    ],
)
def test_known_networks(spec: str, node: str, text: str) -> None:
    graph = load_spec(SPECS / spec).graph()
    last = [name for name, one in graph.nodes.items() if len(one.shape) == 3 and one.shape[0] not in (None, 1)][-1]
    assert receptive_fields(graph)[graph.nodes[node.format(last=last)]].text() == text


# ----------------------------------------------------------------------------------------------------------- the edges


class Silent(Layer):
    """A layer that does not say what it sees."""

    def infer(self, x: Shape) -> Shape:
        return x


def test_what_is_not_said_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = parse_spec(
        spec_of("input: {shape: [8, 1]}\nhead: [relu, {type: conv1d, filters: 1, kernel_size: 3}]\n")
    ).graph()
    monkeypatch.setattr(graph.nodes["head-relu"], "layer", Silent())
    field = field_of_output(graph)
    assert (field.unknown, field.text()) == ("head-relu", "?")
    assert receptive_fields(graph)[graph.nodes["input"]].text() == "1"


@pytest.mark.parametrize(
    ("text", "shown", "stride"),
    [
        ("input: {shape: [null, 1]}\nhead: [{type: conv1d, filters: 1, kernel_size: 5, strides: 2}]\n", "5/2", 2),
        ("input: {shape: [8, 1]}\nhead: [{type: up_sampling1d, size: 2}]\n", "1/0.5", Fraction(1, 2)),
        ("input: {shape: [null, 1]}\nhead: [global_max_pooling1d]\n", "all", None),
        ("input: {shape: [7]}\nhead: [{type: embedding, input_dim: 9, output_dim: 2}]\n", "1", 1),
        ("input: {shape: [7]}\nhead: [{type: dense, units: 2}]\n", "all", None),
        ("input: {shape: [null, 8, 64]}\nhead: [{type: reshape, target_shape: [-1, 512]}]\n", "1×all", 1),
        ("input: {shape: [1, 1]}\nhead: [{type: max_pooling1d, pool_size: 1, strides: 2, repeat: 70}]\n", "?", None),
        ("input: {shape: [4, 1]}\nhead: [{type: up_sampling1d, size: 9000}]\n", "?", None),
        ("input: {shape: [6, 6, 1]}\nhead: [{type: permute, dims: [2, 1, 3]}, {type: add, from: [-1, input]}]\n",
         "6×6/?", None),
    ],
)  # fmt: skip
def test_edges(text: str, shown: str, stride: object) -> None:
    field = field_of_output(parse_spec(spec_of(text)).graph())
    assert field.text() == shown
    assert field.stride[0] == stride


def test_reaches_follow_each_other() -> None:
    """Looking through two windows is looking through one; enlarging takes the stride back."""
    inner, outer = Reach(0, 2, (-1,), (1,)), Reach(0, 3, (0,), (4,))
    assert outer.through(inner) == Reach(0, 6, (-1,), (9,))
    enlarged = Reach(0, 1, (0, 0), (0, 0)).through(Reach(0, 2, (0,), (1,)))
    assert enlarged == Reach(0, 2, (0, 0), (1, 1))
    assert [(enlarged.low(at), enlarged.high(at)) for at in range(4)] == [(0, 1), (0, 1), (2, 3), (2, 3)]
    assert enlarged.joined(Reach(0, 1, (0,), (0,))) == Reach(0, 2, (0, 0), (1, 1))


def test_a_wrong_reference_to_an_input_is_no_field() -> None:
    graph = parse_spec(spec_of("input: {shape: [8, 1]}\nhead: [relu]\n")).graph()
    with pytest.raises(KeyError):
        receptive_fields(graph, "nothing")
    with pytest.raises(SpecError):
        parse_spec(spec_of("input: {shape: [8, 1]}\nhead: [rel]\n"))
