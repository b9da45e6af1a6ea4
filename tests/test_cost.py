"""What layers, blocks and networks cost; and what their tensors and weights are stored as, compared with Keras."""

from __future__ import annotations

import json
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from netspec import parse_spec
from netspec.cost import activation_bytes, activation_memory, alive_at_peak
from netspec.costs.cost import Cost, cost_of, total
from netspec.costs.setting import Setting
from netspec.dtypes import POLICIES, promoted
from netspec.errors import Source, Where
from netspec.graph import GraphBuilder, Input, Node, Site, Words
from netspec.layer import Layer, Work
from netspec.shapes import Shape
from tests.layers.oracle import LAYER_TYPES

WHERE = Where(Source("test"), 1, 1, 1, 1)
SITE = Site(object(), Words("test"), "test", None, None)


def called(layer: Layer, shapes: tuple[Shape, ...], dtype: str = "float32") -> Node:
    """The node of a layer on inputs of its own."""
    builder = GraphBuilder()
    inputs = [builder.add_input(f"i{at}", Input(shape, dtype), SITE, WHERE) for at, shape in enumerate(shapes)]
    return builder.add("layer", layer, tuple(inputs), SITE, WHERE)


def bound(name: str, **options: object) -> Layer:
    layer: Layer = LAYER_TYPES[name].bind(options)
    return layer


class Unruled(Layer):
    """A layer of a plugin that says nothing of its work."""

    def infer(self, x: Shape) -> Shape:
        return x


class Ruled(Unruled):
    """One that does, where the size is known."""

    def work(self, x: Shape, output: Shape) -> Work | None:
        return None if x[0] is None else Work(3 * x[0], x[0])


SMALL = """
netspec: 1
name: small
input: {shape: [10]}
head:
  - {name: wide, type: dense, units: 100}
  - linear
  - {type: dense, units: 5, dtype: float16}
"""


def test_a_layer_is_costed_by_hand():
    dense = parse_spec(SMALL).graph().nodes["head-wide"]
    cost = cost_of(dense, Setting(batch=8))
    assert (cost.macs, cost.bytes_read, cost.bytes_written) == (8 * 1000, 8 * 10 * 4 + 1100 * 4, 8 * 100 * 4)
    assert (cost.activation_bytes, cost.weights, cost.weights_bytes) == (3200, {"float32": 4400}, 4400)
    assert cost.elementwise is not None
    assert cost.intensity == (2 * 8000 + cost.elementwise) / (320 + 4400 + 3200)


def test_a_network_is_the_sum_of_its_layers():
    graph = parse_spec(SMALL).graph()
    setting = Setting(batch=2)
    whole = total(graph.nodes.values(), setting)
    assert whole.macs == 2 * (graph.macs or 0)
    assert whole.weights == {"float32": 4400, "float16": 505 * 2}
    assert whole.bytes_read == 2 * (10 + 100) * 4 + 4400 + 1010
    assert whole.bytes_written == 2 * (100 * 4 + 5 * 2)
    assert whole.activation_bytes == 2 * (10 * 4 + 100 * 4 + 5 * 2)
    passed_on = cost_of(graph.nodes["head-linear"], setting)
    assert (passed_on.bytes_read, passed_on.bytes_written, passed_on.activation_bytes) == (0, 0, 0)
    assert cost_of(graph.nodes["input"], setting) == Cost(activation_bytes=80)


def test_a_shared_layer_reads_its_weights_at_each_call_and_has_them_once():
    text = """
netspec: 1
name: shared
inputs: {a: {shape: [4]}, b: {shape: [4]}}
stages:
  twins:
    - {name: twin, type: dense, units: 3, from: a}
    - {name: again, share: twin, from: b}
    - {type: add, from: [twin, again]}
"""
    nodes = [node for node in parse_spec(text).graph().nodes.values() if node.type == "dense"]
    assert [cost_of(node, Setting()).weights_bytes for node in nodes] == [60, 0]
    assert [cost_of(node, Setting()).bytes_read for node in nodes] == [16 + 60, 16 + 60]


def test_a_table_is_read_where_it_is_looked_up():
    node = called(bound("embedding", input_dim=1000, output_dim=8), ((5,),), "int32")
    assert cost_of(node, Setting()).bytes_read == 5 * 4 + 5 * 8 * 4
    assert cost_of(node, Setting(batch=1000)).bytes_read == 1000 * 5 * 4 + 1000 * 8 * 4  # the whole table, at most
    logits = called(bound("reversible_embedding", input_dim=1000, output_dim=8, reverse=True), ((5, 8),))
    assert cost_of(logits, Setting()).bytes_read == (5 * 8 + 1000 * 8) * 4


def test_a_type_without_a_rule_is_listed():
    setting = Setting()
    nodes = [called(Unruled(), ((6,),)), called(Unruled(), ((6,),)), called(Ruled(), ((6,),))]
    cost = total(nodes, setting)
    assert (cost.elementwise, cost.transcendental, cost.uncounted) == (18, 6, {"unruled": 2})
    assert (cost.macs, cost.intensity) == (None, None)
    assert total(nodes[2:], setting).uncounted == {}


def test_an_unknown_size_is_unknown():
    known, unknown = (cost_of(called(Ruled(), ((size,),)), Setting()) for size in (6, None))
    expected = (None, None, None, None, None, dict[str, int]())
    for cost in (unknown, known + unknown, unknown + known):
        operations = (cost.elementwise, cost.transcendental)
        assert (*operations, cost.bytes_read, cost.bytes_written, cost.intensity, cost.uncounted) == expected


def test_a_cost_for_programs_is_json():
    graph = parse_spec(SMALL).graph()
    written = total([*graph.nodes.values(), called(Unruled(), ((6,),))], Setting()).as_json()
    assert json.loads(json.dumps(written)) == written
    assert (written["macs"], written["weights_bytes"]) == (None, {"float32": 4400, "float16": 1010})
    assert written["uncounted"] == {"unruled": 1}


counts = st.none() | st.integers(0, 10**9)
costs = st.builds(
    Cost,
    *(counts for _ in range(6)),
    st.dictionaries(st.sampled_from(["float32", "float16"]), st.integers(1, 99)),
    st.dictionaries(st.sampled_from(["a", "b"]), st.integers(1, 99)),
)


@given(costs, costs, costs)
def test_costs_add_up_in_any_order(one, two, three):
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)
    assert one + Cost() == one


# --------------------------------------------------------------------------------------------------------------- dtypes


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"batch": 0}, "a batch has at least 1 sample, not 0"),
        ({"dtype": "float_16"}, "there is no dtype policy 'float_16': did you mean float16?"),
        ({"dtype": "spam"}, f"there is no dtype policy 'spam': there are {', '.join(POLICIES)}"),
    ],
)
def test_a_setting_that_can_not_be(wrong, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Setting(**wrong)


def test_what_keeps_its_input_in_memory_is_cast_all_the_same():
    graph = parse_spec(SMALL.replace("linear", "{type: linear, dtype: float16}")).graph()
    assert cost_of(graph.nodes["head-linear"], Setting()).bytes_written == 200


def test_a_deep_network_has_dtypes():
    builder = GraphBuilder()
    node = builder.add_input("tokens", Input((3,), "uint8"), SITE, WHERE)
    relu = bound("relu")
    for number in range(5000):
        node = builder.add(f"relu_{number}", relu, (node,), SITE, WHERE)
    assert Setting(dtype="float16").dtype_of(node) == "uint8"


@given(st.sets(st.sampled_from(["float16", "bfloat16", "float32", "int8", "int32", "uint8", "uint16", "bool"])))
def test_dtypes_are_promoted_as_keras_does(dtypes):
    if dtypes:
        expected = keras.backend.result_type(*dtypes)
        assert promoted(tuple(dtypes)) == expected


def zeros(shape: Shape, dtype: str) -> tf.Tensor:
    return tf.zeros((1, *(4 if size is None else size for size in shape)), dtype)


def built(name: str, dtype: str) -> keras.Model | None:
    """The example of a type as a model; None where Keras refuses to build it for that dtype."""
    example = LAYER_TYPES[name].target.example
    layer = LAYER_TYPES[name].bind(example.options)
    inputs = [keras.Input(shape, dtype=dtype) for shape in example.inputs]
    try:
        return keras.Model(inputs, layer.call(layer.lower(keras, "layer", example.inputs), inputs))
    except Exception:  # noqa: BLE001  whatever Keras raises says that the layer takes no such numbers
        return None


def run(model: keras.Model, dtype: str, training: bool = False) -> tuple[list[tf.Tensor], tf.Tensor] | None:
    """Run a model on zeros; None where TensorFlow can't."""
    given = [zeros(tuple(tensor.shape)[1:], dtype) for tensor in model.inputs]
    try:
        return given, model(given if len(given) > 1 else given[0], training=training)
    except Exception:  # noqa: BLE001  as above
        return None


def foreseen(name: str, dtype: str) -> Node:
    example = LAYER_TYPES[name].target.example
    return called(LAYER_TYPES[name].bind(example.options), example.inputs, dtype)


@pytest.fixture
def mixed():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    yield Setting(dtype="mixed_float16")
    keras.config.set_dtype_policy(before)


def test_what_a_layer_gives_and_keeps_is_stored_as_by_keras(mixed):
    wrong, compared = [], 0
    for name in LAYER_TYPES:
        for dtype in ("float32", "int32"):
            model = built(name, dtype)
            result = None if model is None else run(model, dtype)
            if model is None or result is None:
                continue
            compared += 1
            node = foreseen(name, dtype)
            real = (keras.backend.standardize_dtype(result[1].dtype), {weight.dtype for weight in model.weights})
            expected = (mixed.dtype_of(node), {mixed.policy_of(node).variable} if model.weights else set())
            if real != expected:
                wrong.append((name, dtype, real, expected))
    assert wrong == []
    assert compared > len(LAYER_TYPES)


def address(tensor: tf.Tensor) -> int:
    return int(np.asarray(memoryview(tensor)).ctypes.data)


def test_what_passes_its_input_on_takes_no_memory_in_tensorflow():
    wrong, compared = [], 0
    for name in LAYER_TYPES:
        dtype = "int64" if name == "hashed_crossing" else "float32"
        model = built(name, dtype)
        for training in (False, True):
            result = model and run(model, dtype, training)
            if result is None:
                continue
            compared += 1
            given, output = result
            real = address(output) in {address(tensor) for tensor in given}
            if real != Setting().passes_on(foreseen(name, dtype), training=training):
                wrong.append((name, training, real))
    assert wrong == []
    assert compared > 1.8 * len(LAYER_TYPES)


# ------------------------------------------------------------------------------------------------- activation memory


def test_what_is_alive_at_the_peak_adds_up():
    graph = parse_spec(SMALL).graph()
    alive = alive_at_peak(graph)
    cast = 2 * 100  # the last layer works in float16
    assert {node.name: size for node, size in alive.items()} == {"head-wide": 400, "head-dense": 2 * 5 + cast}
    assert sum(size or 0 for size in alive.values()) == activation_memory(graph)
    assert activation_bytes(graph.nodes["head-wide"]) == 400
    unknown = parse_spec(SMALL.replace("[10]", "[null, 10]")).graph()
    assert set(alive_at_peak(unknown).values()) == {None}
    assert activation_memory(unknown) is None


def test_a_setting_works_out_what_a_node_is_stored_as_once(monkeypatch):
    graph = parse_spec("netspec: 1\nname: n\ninput: {shape: [4]}\nhead: [{type: relu, repeat: 500}]").graph()
    asked: list[Layer] = []
    rule = Layer.output_dtype

    def counted(layer: Layer, compute: str, inputs: tuple[str, ...]) -> str:
        asked.append(layer)
        return rule(layer, compute, inputs)

    monkeypatch.setattr(Layer, "output_dtype", counted)
    setting = Setting()
    assert [setting.dtype_of(node) for node in list(graph.nodes.values())[::-1]] == ["float32"] * 501
    assert len(asked) == 500
