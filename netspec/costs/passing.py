"""Which layers hand on what they were given, without new memory, and which read only a part of their weights.

A reshaped tensor is the same bytes under another shape. What changes something only in training (dropout, noise,
augmentation) gives back its input in inference.
"""

from __future__ import annotations

from netspec.graph import Node
from netspec.layer import Layer
from netspec.layers import augmentation, core, regularization
from netspec.shapes import volume

ALWAYS = (core.Linear, core.Flatten, core.Reshape, regularization.ActivityRegularization)
IN_INFERENCE = (*ALWAYS, regularization.RegularizationLayer, augmentation.RandomAugmentation)


def passes_on(cls: type[Layer], *, training: bool) -> bool:
    """Whether layers of a class give back their input, as it is or under another shape."""
    return issubclass(cls, ALWAYS if training else IN_INFERENCE)


def weights_read(node: Node, batch: int) -> int:
    """How many weights one call on a batch reads: all, but of a table only the rows that are looked up."""
    weights = (node.owner or node).params
    if isinstance(node.layer, core.Embedding) and node.macs == 0:
        values = volume(node.shape)
        return weights if values is None else min(weights, values * batch)
    return weights
