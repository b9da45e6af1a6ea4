"""Costs as other tools count them: against what the tools themselves counted, which `conventions.yaml` holds.

`benchmarks/conventions.py --record` writes that file; two of the tools are asked here as well.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
import yaml

from netspec import conventions, load_spec
from netspec.graph import Graph
from tests.layers.oracle import LAYER_TYPES

ROOT = Path(__file__).parents[1]
RECORD: dict[str, Any] = yaml.safe_load((ROOT / "tests" / "conventions.yaml").read_text())
NETWORKS: dict[str, list[dict[str, Any]]] = RECORD["networks"]
LAYERS: list[dict[str, Any]] = RECORD["layers"]
TOOLS = ("flop2", "fvcore", "mac", "ptflops", "tf-profiler", "thop", "torchinfo", "xla")

# XLA adds up in 32 bits, of which 24 are digits: each of a network's many sums is rounded.
XLA_ROUNDING = 2e-5

PUBLISHED = [
    ("resnet50_v1_5.yaml", "mac", 4_089_184_256, None),
    ("resnet50_v1_5.yaml", "flop2", 8_178_368_512, None),
    ("resnet50_v1_5.yaml", "fvcore", 4_111_512_576, None),
    ("resnet50_v1_5.yaml", "thop", 4_133_742_592, 25_557_032),
    ("resnet50_v1_5.yaml", "torchinfo", 4_089_238_376, 25_557_032),
    ("resnet50_v1_5.yaml", "ptflops", 4_089_185_256, 25_557_032),
    ("zoo/resnet50.yaml", "tf-profiler", 7_755_299_312, None),
    ("zoo/vitb16.yaml", "mac", 17_563_828_224, None),
    ("zoo/vitb16.yaml", "torchinfo", 173_232_616, 86_567_656),
    ("zoo/vitb16.yaml", "thop", 11_286_254_592, 58_067_176),
]

EVERY_KIND = """
netspec: 1
name: every_kind
input: {shape: [16, 16, 3]}
defaults: {conv2d: {padding: same}}
stages:
  see:
    - {type: conv2d, filters: 8, kernel_size: 3, activation: relu}
    - batch_normalization
    - {type: depthwise_conv2d, kernel_size: 3, strides: 2, padding: same}
    - {type: conv2d_transpose, filters: 8, kernel_size: 3, strides: 2, padding: same}
    - {type: max_pooling2d, pool_size: 2}
    - {type: reshape, target_shape: [64, 8]}
  read:
    - branches: [[layer_normalization, {type: multi_head_attention, num_heads: 2, key_dim: 4}], []]
      merge: add
    - {type: dense, units: 16, activation: gelu}
    - {type: bidirectional, layer: {type: lstm, units: 4}}
head:
  - {type: dense, units: 5, activation: softmax}
"""


SMALL = """
netspec: 1
name: small
input: {shape: [16, 16, 3]}
head:
  - {type: conv2d, filters: 8, kernel_size: 3, strides: 2, padding: same, activation: silu}
  - batch_normalization
  - global_average_pooling2d
  - {type: dense, units: 5, activation: softmax}
"""


@cache
def graph_of(network: str) -> Graph:
    return load_spec(ROOT / "specs" / "zoo" / f"{network}.yaml").graph()


def parse(text: str) -> Graph:
    return load_spec(yaml.safe_load(text)).graph()


def test_each_file_is_a_convention() -> None:
    assert conventions.CONVENTIONS == TOOLS


@pytest.mark.parametrize(("spec", "name", "value", "params"), PUBLISHED)
def test_published_numbers(spec: str, name: str, value: int, params: int | None) -> None:
    counted = conventions.count(load_spec(ROOT / "specs" / spec).graph(), name)
    assert (counted.value, counted.params) == (value, params)


@pytest.mark.parametrize("network", NETWORKS)
def test_networks_count_as_the_tools_count_them(network: str) -> None:
    for row in NETWORKS[network]:
        counted = conventions.count(graph_of(network), row["tool"])
        assert counted.value is not None
        if "because" in row:  # a difference between the networks, or one that the convention's words tell of
            assert counted.value != row["value"], row
        elif row["tool"] == "xla":
            assert counted.value == pytest.approx(row["value"], rel=XLA_ROUNDING), row
        else:
            assert counted.value == row["value"], row
            assert row.get("params") in (None, counted.params), row


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool != "mac"])
def test_layers_count_as_the_tools_count_them(tool: str) -> None:
    asked = [(layer["spec"], layer["counts"][tool]) for layer in LAYERS if tool in layer["counts"]]
    assert len(asked) > 200
    for spec, answer in asked:
        counted = conventions.count(load_spec(spec).graph(), tool)
        assert counted.value is not None
        value, params = answer if isinstance(answer, list) else (answer, None)
        if tool == "flop2" and value < counted.value:  # PyTorch's own counter does not see every product
            assert re.search("attention|lstm", str(spec)), spec
        elif tool == "xla":
            assert counted.value == pytest.approx(value, rel=XLA_ROUNDING), spec
        else:
            assert counted.value == value, spec
        assert params in (None, counted.params), spec


@pytest.mark.parametrize("network", NETWORKS)
def test_the_reasons_add_up(network: str) -> None:
    graph = graph_of(network)
    assert graph.macs is not None
    for tool in set(TOOLS) - {"mac", "flop2"}:
        counted = conventions.count(graph, tool)
        assert counted.value is not None
        expected = graph.macs * (2 if tool in ("tf-profiler", "xla") else 1)
        differences = [re.match(r"\w+: ([+-][\d,]+)", sentence) for sentence in counted.why]
        told = sum(int(found[1].replace(",", "")) for found in differences if found)
        assert told == counted.value - expected, (tool, counted.why)
        assert all(sentence.endswith(".") for sentence in counted.why)


def test_reasons_show_what_is_wrong_with_a_transformer() -> None:
    thop = conventions.count(graph_of("vitb16"), "thop")
    assert any("nn.MultiheadAttention" in sentence and "-28,348,416" in sentence for sentence in thop.why)
    assert any("bare parameter" in sentence and "-151,296" in sentence for sentence in thop.why)
    torchinfo = conventions.count(graph_of("vitb16"), "torchinfo")
    assert any(sentence.startswith("dense: -11,098,081,304; weights") for sentence in torchinfo.why)


@pytest.mark.parametrize("tool", TOOLS)
def test_text_and_json(tool: str) -> None:
    counted = conventions.count(parse(EVERY_KIND), tool)
    lines = counted.text().splitlines()
    assert lines[0].startswith(f"{tool}: {counted.value:,} ")
    assert max(map(len, lines)) <= 100
    found = json.loads(json.dumps(counted.as_json()))
    assert (found["convention"], found["value"]) == (tool, counted.value)
    assert found["why"] == list(counted.why)
    assert found["why"]


@pytest.mark.parametrize("tool", TOOLS)
def test_an_unknown_size_gives_no_number(tool: str) -> None:
    spec = {"netspec": 1, "name": "open", "input": {"shape": [None, None, 3]}}
    graph = load_spec({**spec, "head": [{"type": "conv2d", "filters": 4, "kernel_size": 3}]}).graph()
    counted = conventions.count(graph, tool)
    assert counted.value is None
    assert counted.as_json()["value"] is None
    assert "unknown" in counted.text()


@pytest.mark.parametrize(
    ("tool", "layer"), [("fvcore", "conv_lstm1d"), ("thop", "stft_spectrogram"), ("xla", "mel_spectrogram")]
)
def test_a_type_without_rule_is_named(tool: str, layer: str) -> None:
    example = LAYER_TYPES[layer].example
    assert example is not None
    node = {"type": layer, **example.options}
    graph = load_spec({"netspec": 1, "name": "x", "input": {"shape": [*example.inputs[0]]}, "head": [node]}).graph()
    counted = conventions.count(graph, tool)
    assert counted.value == 0
    assert counted.uncounted == (layer,)
    assert any(sentence.startswith(f"{layer}: ") for sentence in counted.why)


@pytest.mark.parametrize("name", ["flops", "_tally", "tf_profiler", ""])
def test_an_unknown_convention_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="there is no convention"):
        conventions.count(parse(EVERY_KIND), name)


@pytest.mark.parametrize("tool", ["fvcore", "thop", "tf-profiler", "xla"])
def test_a_shared_layer_counts_at_each_call_and_its_parameters_once(tool: str) -> None:
    twin = {"name": "seen", "type": "dense", "units": 3}
    base = {"netspec": 1, "name": "twins", "inputs": {"left": {"shape": [4]}, "right": {"shape": [4]}}}
    once = load_spec({**base, "inputs": {"left": {"shape": [4]}}, "head": [{**twin, "from": "left"}]})
    both = [{**twin, "from": "left"}, {"name": "again", "share": "seen", "from": "right"}]
    twice = load_spec({**base, "head": [*both, {"type": "concatenate", "from": ["seen", "again"]}]})
    first, second = (conventions.count(spec.graph(), tool) for spec in (once, twice))
    assert first.value is not None
    assert second.value == 2 * first.value
    assert second.params == first.params


def test_no_tool_is_imported() -> None:
    """The rules stand in netspec: nothing is run, and nothing heavy is loaded."""
    script = (
        "import sys, netspec; from netspec import conventions\n"
        f"graph = netspec.load_spec({str(ROOT / 'specs' / 'zoo' / 'vitb16.yaml')!r}).graph()\n"
        "[conventions.count(graph, name).text() for name in conventions.CONVENTIONS]\n"
        "print(sorted({'numpy', 'keras', 'tensorflow', 'torch', 'jax', 'fvcore', 'thop'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ------------------------------------------------------------------------------------------------ the tools themselves


def test_tensorflows_profiler_says_the_same() -> None:
    spec = load_spec(yaml.safe_load(EVERY_KIND))
    model = spec.build()
    function = tf.function(lambda x: model(x, training=False))
    graph = function.get_concrete_function(tf.TensorSpec((1, 16, 16, 3))).graph
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation()).with_empty_output().build()
    assert keras.backend.backend() == "tensorflow"
    assert (
        conventions.count(spec.graph(), "tf-profiler").value == profiler.profile(graph, options=options).total_float_ops
    )


def test_the_benchmark_finds_no_difference_to_jax(tmp_path: Path) -> None:
    """The table that a user gets, with XLA asked in it: its row ends in a difference of 0."""
    file = tmp_path / "small.yaml"
    file.write_text(SMALL)
    command = [sys.executable, str(ROOT / "benchmarks" / "conventions.py"), str(file), "--tool", "xla"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    counted = conventions.count(load_spec(file).graph(), "xla")
    assert re.search(rf" xla +{counted.value:,} +{counted.value:,} +0  Keras's model", done.stdout)
