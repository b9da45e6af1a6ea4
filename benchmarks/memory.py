"""How true the estimates of memory are: next to what Keras takes on TensorFlow, and to what XLA plans.

    python benchmarks/memory.py                       all networks, about half an hour on two cores
    python benchmarks/memory.py resnet50v1_5 unet     some of them

tensorflow   the peak of resident memory of a process that makes one forward pass, or one training step with Adam, on
             the CPU. A process takes memory for much else, so two batch sizes are measured, and what one sample more
             takes is compared
plain        the same without oneDNN, whose kernels take memory of their own beside the tensors
xla          what XLA's compiler plans for the same pass or step on Keras's JAX backend: arguments, results and
             temporary memory. This is exact, so all of it is compared, at both batch sizes
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent


class Case(NamedTuple):
    """A network, the two batch sizes it is measured at, and what is set in its spec."""

    name: str
    batches: tuple[int, int]
    set: Mapping[str, Any] = MappingProxyType({})


CASES = (
    Case("resnet50v1_5", (4, 12)),
    Case("mobilenetv2", (8, 24)),
    Case("vitb16", (6, 14)),
    Case("gpt2small", (2, 4), {"vars.context": 512}),
    Case("unet", (2, 4), {"input.shape": [256, 256, 1]}),
)
"""Batches so large that the peak is that of the layers, not that of the optimizer."""

QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "",
    "JAX_PLATFORMS": "cpu",
    # freed memory goes back at once, so that the peak is that of the tensors
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_ARENA_MAX": "1",
}


# ---------------------------------------------------------------------------------------------- in a process of its own


def build(case: Case) -> Any:
    from netspec import load_spec

    return load_spec(ROOT / "specs" / "zoo" / f"{case.name}.yaml", set=case.set).build(seed=0)


def mean_of_output(_wanted: Any, given: Any) -> Any:
    """A loss that takes next to nothing itself."""
    import keras

    return keras.ops.mean(given)


def peak_of_process() -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def tensorflow(case: Case, training: bool, batch: int) -> int:
    """Run on TensorFlow and give back the most resident memory that the process had."""
    import numpy as np
    import tensorflow as tf

    tf.config.threading.set_inter_op_parallelism_threads(1)  # one layer after another, as they are counted
    model = build(case)
    given = np.zeros((batch, *model.inputs[0].shape[1:]), model.inputs[0].dtype)
    if training:
        model.compile("adam", mean_of_output, jit_compile=False)
        model.train_on_batch(given, np.zeros((batch, 1), "float32"))
    else:
        tf.function(lambda x: model(x, training=False))(tf.constant(given))  # predict would copy what comes out
    return peak_of_process()


def xla(case: Case, training: bool, batch: int) -> int:
    """Compile with XLA, without running it, and give back the memory that it plans."""
    model = build(case)
    import jax
    import keras

    def described(variables: Any) -> list[Any]:
        return [jax.ShapeDtypeStruct(variable.shape, variable.dtype) for variable in variables]

    given = jax.ShapeDtypeStruct((batch, *model.inputs[0].shape[1:]), model.inputs[0].dtype)
    weights, others = described(model.trainable_variables), described(model.non_trainable_variables)

    def forward(weights: Any, others: Any, x: Any) -> Any:
        return model.stateless_call(weights, others, x, training=False)[0]

    if not training:
        return planned(jax.jit(forward).lower(weights, others, given).compile())
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)

    def loss(weights: Any, others: Any, x: Any) -> Any:
        y, others = model.stateless_call(weights, others, x, training=True)
        return keras.ops.mean(y), others

    def step(weights: Any, others: Any, slots: Any, x: Any) -> Any:
        (value, others), gradients = jax.value_and_grad(loss, has_aux=True)(weights, others, x)
        weights, slots = optimizer.stateless_apply(slots, gradients, weights)
        return value, weights, others, slots

    slots = described(optimizer.variables)
    return planned(jax.jit(step, donate_argnums=(0, 1, 2)).lower(weights, others, slots, given).compile())


def planned(compiled: Any) -> int:
    plan = compiled.memory_analysis()
    arguments = plan.argument_size_in_bytes + plan.output_size_in_bytes - plan.alias_size_in_bytes
    return int(arguments + plan.temp_size_in_bytes)


class Witness(NamedTuple):
    """What is asked, and the environment that its process gets."""

    measure: Callable[[Case, bool, int], int]
    environment: Mapping[str, str]


WITNESSES = {
    "tensorflow": Witness(tensorflow, {"KERAS_BACKEND": "tensorflow"}),
    "plain": Witness(tensorflow, {"KERAS_BACKEND": "tensorflow", "TF_ENABLE_ONEDNN_OPTS": "0"}),
    "xla": Witness(xla, {"KERAS_BACKEND": "jax"}),
}


# ------------------------------------------------------------------------------------------------------------ the table


def estimated(case: Case, training: bool, batch: int) -> int:
    from netspec import load_spec
    from netspec.costs.memory import memory_report
    from netspec.costs.setting import Setting

    graph = load_spec(ROOT / "specs" / "zoo" / f"{case.name}.yaml", set=case.set).graph()
    report = memory_report(graph, Setting(batch), "adam" if training else None)
    estimate = report.training or report.inference
    assert estimate.total is not None
    return estimate.total


def measured(witness: str, case: Case, training: bool, batch: int) -> int:
    """Ask a witness in a fresh process."""
    question = json.dumps([witness, case.name, training, batch])
    done = subprocess.run(
        [sys.executable, __file__, "--measure", question],
        env={**os.environ, **QUIET, **WITNESSES[witness].environment, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout.split()[-1])


def compare(case: Case, training: bool) -> list[str]:
    """What one sample more takes, by each witness, and what the larger batch takes as a whole, by the exact one."""
    few, many = case.batches
    estimates = {batch: estimated(case, training, batch) for batch in case.batches}
    found = {name: {batch: measured(name, case, training, batch) for batch in case.batches} for name in WITNESSES}

    def a_sample(totals: Mapping[int, int]) -> float:
        return (totals[many] - totals[few]) / (many - few)

    return [
        case.name,
        "training" if training else "forward",
        str(case.batches)[1:-1],
        f"{a_sample(estimates) / 2**20:,.1f}",
        *(with_ratio(a_sample(estimates), a_sample(totals)) for totals in found.values()),
        f"{estimates[many] / 2**20:,.0f}",
        with_ratio(estimates[many], found["xla"][many], 0),
    ]


def with_ratio(estimate: float, truth: float, places: int = 1) -> str:
    return f"{truth / 2**20:,.{places}f} ({estimate / truth:.2f})"


def main(arguments: list[str]) -> None:
    cases = {case.name: case for case in CASES}
    if arguments[:1] == ["--measure"]:
        witness, name, training, batch = json.loads(arguments[1])
        print(WITNESSES[witness].measure(cases[name], training, batch))
        return
    print("MiB; in brackets the estimate divided by it")
    heading = ["network", "run", "batches", "a sample: estimate", *WITNESSES, "larger batch: estimate", "xla"]
    print(f"| {' | '.join(heading)} |\n|{' --- |' * len(heading)}")
    for name in arguments or cases:
        for training in (False, True):
            print(f"| {' | '.join(compare(cases[name], training))} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
