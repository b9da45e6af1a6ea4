"""One spec, several backends of Keras: ``python -m tests.backends jax torch [--spec FILE]``.

Each backend runs in a process of its own, builds the spec, takes the same random weights and the same input, and its
outputs are held against TensorFlow's. The backends have to be installed; jax is, among what the tests need.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
ZOO = ROOT / "specs" / "zoo"
SPECS = (
    ROOT / "specs" / "resnet50.yaml",
    ZOO / "resnet50.yaml",
    ZOO / "mobilenetv2.yaml",
    ZOO / "efficientnetb0.yaml",
    ZOO / "vitb16.yaml",
)
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Difference:
    """How far a backend's outputs are from TensorFlow's, as a part of the largest output."""

    spec: Path
    backend: str
    largest: float


def differences(backends: Sequence[str], specs: Sequence[Path]) -> Iterator[Difference]:
    """Compare backends with TensorFlow on each spec."""
    with tempfile.TemporaryDirectory() as folder:
        for backend in ("tensorflow", *backends):
            environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
            command = [sys.executable, "-m", "tests.backends", "--into", folder, *map(str, specs)]
            subprocess.run(command, cwd=ROOT, env=environment, check=True)
        for number, spec in enumerate(specs):
            wanted = np.load(Path(folder) / f"tensorflow-{number}.npy")
            for backend in backends:
                got = np.load(Path(folder) / f"{backend}-{number}.npy")
                yield Difference(spec, backend, float(np.abs(got - wanted).max() / np.abs(wanted).max()))


def compute(specs: Sequence[Path], folder: Path) -> None:
    """Write what each spec computes on the backend of this process."""
    import keras

    from netspec import load_spec

    for number, path in enumerate(specs):
        rng = np.random.default_rng(0)
        keras.utils.clear_session()
        model = load_spec(path).build()
        for weight in model.weights:
            weight.assign(_random(rng, weight))
        if isinstance(model.layers[-1], keras.layers.Dense):  # softmax makes differences small that are not
            model.layers[-1].activation = keras.activations.linear
        images = rng.uniform(0, 1, (1, *model.inputs[0].shape[1:])).astype("float32")
        np.save(folder / f"{keras.backend.backend()}-{number}.npy", model.predict(images, verbose=0))


def _random(rng: np.random.Generator, weight: Any) -> Any:
    """Draw a weight that keeps the size of what flows about the same from layer to layer."""
    normal = rng.standard_normal(weight.shape)
    if weight.name in ("gamma", "moving_variance", "variance"):
        return 1 + 0.1 * np.abs(normal)
    if len(weight.shape) < 2:
        return 0.1 * normal
    return normal / math.sqrt(max(1, math.prod(weight.shape) / max(weight.shape)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", help="backends, such as jax and torch")
    parser.add_argument("--spec", action="append", type=Path, help="a spec with one input; several if repeated")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.into:
        compute([Path(name) for name in arguments.names], arguments.into)
        return
    worst = 0.0
    for found in differences(arguments.names, arguments.spec or SPECS):
        print(f"{found.spec.stem:20} {found.backend:10} {found.largest:.1e}", flush=True)
        worst = max(worst, found.largest)
    sys.exit(worst > TOLERANCE)


if __name__ == "__main__":
    main()
