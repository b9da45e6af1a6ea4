"""The zoo's networks against torchvision's, with the same random weights: the largest difference of their logits.

    python -m pip install torch==2.13.0 torchvision==0.28.0
    python benchmarks/against_torchvision.py                        # all of them, about a minute
    python benchmarks/against_torchvision.py resnet18 wide_resnet50_2

Both list their weighted layers in the order of the paper's figures, so that the weights are copied in that order; the
kernels' axes are put into Keras's order. The differences are relative to the largest logit.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import torch
import torchvision

from netspec import load_spec

ZOO = Path(__file__).parents[1] / "specs" / "zoo"
NAMES = {
    "resnet18": "resnet18",
    "resnet34": "resnet34",
    "resnet50v1_5": "resnet50",
    "resnext50_32x4d": "resnext50_32x4d",
    "wide_resnet50_2": "wide_resnet50_2",
    "regnet_y_400mf": "regnet_y_400mf",
    "regnet_y_8gf": "regnet_y_8gf",
}
TOLERANCE = 1e-4


def difference(name: str) -> float:
    """Build both, copy the weights, and ask both for the logits of two random images."""
    generator = torch.Generator().manual_seed(0)
    theirs = getattr(torchvision.models, NAMES[name])(weights=None).eval()
    randomise(theirs, generator)
    spec = load_spec(ZOO / f"{name}.yaml")
    ours = spec.build()
    weighted = [ours.get_layer(node.name) for node in spec.graph().nodes.values() if node.params]
    for layer, weights in zip(weighted, keras_weights(theirs), strict=True):
        layer.set_weights(weights)
    weighted[-1].activation = keras.activations.linear  # torchvision leaves softmax to the loss

    images = torch.rand((2, 3, 224, 224), generator=generator)
    with torch.no_grad():
        wanted = theirs(images).numpy()
    got = np.asarray(ours(images.permute(0, 2, 3, 1).numpy(), training=False))
    assert wanted.std() > 0.1 * np.abs(wanted).max(), "logits too alike to tell networks apart"
    return float(np.abs(got - wanted).max() / np.abs(wanted).max())


def randomise(model: torch.nn.Module, generator: torch.Generator) -> None:
    """Draw what PyTorch starts with zeros and ones: statistics, factors and offsets. The kernels are random already."""
    for key, value in model.state_dict().items():
        if key.endswith(("running_var", "weight")) and value.ndim == 1:
            value.uniform_(0.8, 1.2, generator=generator)
        elif value.ndim == 1:
            value.normal_(0, 0.1, generator=generator)
        elif value.ndim == 2:
            value.normal_(0, 0.03, generator=generator)


def keras_weights(model: torch.nn.Module) -> Iterator[list[Any]]:
    """The weights of every weighted layer, as Keras has them."""
    for module in model.modules():
        own = [value.detach().numpy() for value in (*module.parameters(recurse=False), *module.buffers(recurse=False))]
        if not own:
            continue
        kernel, *others = own
        axes = {1: (0,), 2: (1, 0), 4: (2, 3, 1, 0)}[kernel.ndim]
        yield [kernel.transpose(axes), *(other for other in others if other.ndim)]  # batches are counted in a scalar


def main() -> None:
    found = {}
    for name in sys.argv[1:] or NAMES:
        found[name] = difference(name)
        print(f"{name:16} {found[name]:.1e}", flush=True)
        keras.utils.clear_session()
    sys.exit(max(found.values()) > TOLERANCE)


if __name__ == "__main__":
    main()
