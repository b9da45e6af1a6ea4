"""Costs as other tools count them: netspec's conventions beside the tools themselves, as one table.

    python -m pip install "torch==2.13.*" "torchvision==0.28.*"
    python -m pip install fvcore==0.1.5.post20221221 thop==0.1.1.post2209072238 torchinfo==1.8.0 ptflops==0.7.5
    python benchmarks/conventions.py                            # all networks of the table, some ten minutes
    python benchmarks/conventions.py resnet50v1_5 vitb16        # some of them
    python benchmarks/conventions.py my.yaml --tool fvcore      # a spec of yours, one tool
    python benchmarks/conventions.py --layers                   # each layer that tests/conventions.yaml lists
    python benchmarks/conventions.py --record                   # writes what the tools say to tests/conventions.yaml

TensorFlow's profiler and JAX come with netspec's own dependencies; a tool that is not installed is said so in the
table. Where torchvision has the same network, its module is what the tools count. Any other spec is written as a module
that calls, one after another, what netspec says each layer is in PyTorch (a column of the table says which was done).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from netspec import conventions, load_spec
from netspec.api import Spec
from netspec.graph import Graph

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "tests" / "conventions.yaml"

NETWORKS = (
    *("resnet18", "resnet50", "resnet50v1_5", "resnext50_32x4d", "wide_resnet50_2", "regnet_y_400mf", "resnet101v2"),
    *("vgg16", "mobilenetv2", "mobilenetv3small", "densenet121", "efficientnetb0", "inceptionv3", "convnexttiny"),
    *("xception", "nasnetmobile", "unet", "vitb16", "gpt2small", "text_lstm", "two_input", "siamese", "wavenet"),
)
WORKERS = {  # which tools run in one process: Keras has one backend in each
    "torch": ("fvcore", "thop", "torchinfo", "ptflops", "flop2"),
    "tensorflow": ("tf-profiler",),
    "jax": ("xla",),
}
PACKAGES = {"flop2": "torch", "tf-profiler": "tensorflow", "xla": "jax"}
"""What has to be installed for a tool, where that is called otherwise."""

LAYER = "layer "

Row = dict[str, Any]


def installed(tool: str) -> str | None:
    """The version of a tool, None where it is not installed."""
    try:
        found = version(PACKAGES.get(tool, tool))
        if tool in WORKERS["torch"]:
            version("torch")
    except PackageNotFoundError:
        return None
    return found


def load(network: str) -> Spec:
    """Load a file as it is written, a network of the zoo, or one of the layers of the record."""
    if network.startswith(LAYER):
        return load_spec(recorded()["layers"][int(network.removeprefix(LAYER))]["spec"])
    if network.endswith((".yaml", ".yml")):
        return load_spec(network)
    return load_spec(ROOT / "specs" / "zoo" / f"{network}.yaml")


@cache
def recorded() -> dict[str, Any]:
    """Read the record: the networks, and the layers each in a spec of its own."""
    found: dict[str, Any] = yaml.safe_load(RECORD.read_text())
    return found


def work(worker: str, networks: list[str], tools: list[str]) -> Iterator[Row]:
    """Let a process of its own ask the tools; each answer is one line of JSON."""
    environment = {**os.environ, "KERAS_BACKEND": worker, "TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, __file__, *networks, "--worker", worker, "--tool", *tools]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("{"):
                yield json.loads(line)
    if process.returncode:
        sys.exit(f"asking the tools of {worker} ended with {process.returncode}")


def ask(worker: str, networks: list[str], tools: list[str]) -> Iterator[Row]:
    """Ask the tools of this process about each network."""
    for network in networks:
        try:
            for row in ASKING[worker](load(network), Path(network).stem, tools):
                yield {"network": network, **row}
        except Exception as reason:  # noqa: BLE001 - a network that a tool can't take must not end the table
            yield {"network": network, "tool": tools[0], "failed": f"{type(reason).__name__}: {str(reason)[:60]!r}"}


def ask_pytorch(spec: Spec, network: str, tools: list[str]) -> Iterator[Row]:
    from conventions_torch import ask as ask_about

    yield from ask_about(spec, network, tools)


def ask_tensorflow(spec: Spec, network: str, tools: list[str]) -> Iterator[Row]:
    """Profile the graph of the model, for one sample in inference."""
    import keras
    import tensorflow

    model = spec.build()
    sample = [tensorflow.TensorSpec((1, *tensor.shape[1:]), tensor.dtype) for tensor in model.inputs]
    function = tensorflow.function(lambda *x: model(x[0] if len(x) == 1 else list(x), training=False))
    profiler = tensorflow.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation()).with_empty_output()
    found = profiler.profile(function.get_concrete_function(*sample).graph, options=options.build())
    keras.backend.clear_session()
    yield {"tool": "tf-profiler", "how": "Keras's model", "value": int(found.total_float_ops)}


def ask_jax(spec: Spec, network: str, tools: list[str]) -> Iterator[Row]:
    """Ask XLA of the model before it is compiled, with the weights as arguments."""
    import jax
    import keras

    def shaped(tensor: Any, *batch: int) -> Any:
        return jax.ShapeDtypeStruct((*batch, *tensor.shape[len(batch) :]), tensor.dtype)

    model = spec.build()
    weights = [
        [shaped(weight) for weight in part] for part in (model.trainable_variables, model.non_trainable_variables)
    ]
    sample = [shaped(tensor, 1) for tensor in model.inputs]
    inputs = sample[0] if len(sample) == 1 else sample
    lowered = jax.jit(lambda *given: model.stateless_call(*given, training=False)[0]).lower(*weights, inputs)
    keras.backend.clear_session()
    yield {"tool": "xla", "how": "Keras's model", "value": int(lowered.cost_analysis().get("flops", 0))}


ASKING = {"torch": ask_pytorch, "tensorflow": ask_tensorflow, "jax": ask_jax}


def compare(row: Row, graph: Graph) -> Row:
    """Put netspec's numbers beside a tool's."""
    counted = conventions.count(graph, row["tool"])
    assert counted.value is not None
    if row["tool"] == "flop2" and row["value"] < counted.value:
        row["because"] = "it does not see the products inside attention and LSTM"
    return {**row, "ours": counted.value, "our_params": counted.params}


HEADER = f"{'network':<18}{'tool':<13}{'netspec':>19}{'the tool':>19}{'difference':>24}  what the tool counted"


def line(row: Row) -> str:
    """A line of the table."""
    name = Path(row["network"]).stem
    if "failed" in row:
        return f"{name:<18}{row['tool']:<13}{row['failed']}"
    difference = row["ours"] - row["value"]
    shown = "0" if difference == 0 else f"{difference:+,} ({difference / max(1, row['value']):+.1e})"
    params = row.get("params")
    other = "" if params in (None, row["our_params"]) else f"; parameters {row['our_params'] - params:+,}"
    because = f"; {row['because']}" if "because" in row else ""
    what = row["how"] + other + because
    return f"{name:<18}{row['tool']:<13}{row['ours']:>19,}{row['value']:>19,}{shown:>24}  {what}"


def record(rows: list[Row], versions: dict[str, str]) -> None:
    """Write down what the tools said, for the tests; what was not asked stays as it is."""
    data = recorded()
    data["versions"].update(versions)
    for network in {row["network"]: None for row in rows if not row["network"].startswith(LAYER)}:
        others = [answer for answer in data["networks"].get(network, []) if answer["tool"] not in versions]
        data["networks"][network] = others
    for row in rows:
        if "failed" in row:
            continue
        answer = {key: row[key] for key in ("tool", "how", "value", "params", "because") if row.get(key) is not None}
        if row["network"].startswith(LAYER):
            counts = data["layers"][int(row["network"].removeprefix(LAYER))].setdefault("counts", {})
            counts[row["tool"]] = row["value"] if row.get("params") is None else [row["value"], row["params"]]
        else:
            data["networks"][row["network"]].append(answer)
    lines = ["# What the tools themselves count, as `python benchmarks/conventions.py --record` wrote it down."]
    lines += [yaml.safe_dump({"versions": data["versions"]}, sort_keys=False).rstrip(), "networks:"]
    for network, answers in data["networks"].items():
        lines += [f"  {network}:", *(f"    - {_flow(answer)}" for answer in answers)]
    lines.append("layers:")
    for layer in data["layers"]:
        lines.append(f"  - spec: {_flow(layer['spec'])}")
        lines += [f"    counts: {_flow(layer['counts'])}"] if "counts" in layer else []
    RECORD.write_text("\n".join(lines) + "\n")


def _flow(value: Any) -> str:
    """Write a mapping on one line."""
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10**6, allow_unicode=True).strip()


def main() -> None:
    parser = argparse.ArgumentParser(description="netspec's conventions beside the tools themselves")
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="names of the zoo, or files")
    parser.add_argument("--tool", nargs="+", choices=[tool for tools in WORKERS.values() for tool in tools])
    parser.add_argument("--layers", action="store_true", help="ask about the layers of the record instead")
    parser.add_argument("--record", action="store_true", help="write tests/conventions.yaml")
    parser.add_argument("--worker", choices=WORKERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    networks = arguments.networks or list(NETWORKS)
    if arguments.layers:
        networks = [f"{LAYER}{index}" for index in range(len(recorded()["layers"]))]
    if arguments.worker:
        for row in ask(arguments.worker, networks, arguments.tool):
            print(json.dumps(row), flush=True)
        return

    versions = {}
    rows = []
    print(HEADER)
    for worker, names in WORKERS.items():
        wanted = [tool for tool in names if arguments.tool is None or tool in arguments.tool]
        there = [tool for tool in wanted if installed(tool)]
        for tool in wanted:
            if tool in there:
                versions[tool] = f"{PACKAGES.get(tool, tool)} {installed(tool)}"
            else:
                print(f"{'':<18}{tool:<13}{PACKAGES.get(tool, tool)} is not installed")
        for row in work(worker, networks, there) if there else ():
            found = row if "failed" in row else compare(row, load(row["network"]).graph())
            rows.append(found)
            print(line(found), flush=True)
    if arguments.record:
        record(rows, versions)


if __name__ == "__main__":
    main()
