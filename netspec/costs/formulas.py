"""What Keras's formulas keep for their gradients beyond what these could be worked out from.

Where TensorFlow has no single operation for a layer, Keras writes a formula, and the gradient of each step of it keeps
what that step needs. A compiler that works these values out anew, value by value, would do without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from netspec.graph import Node
from netspec.layer import TYPES, Layer, LayerType, Work
from netspec.layers import activations, normalization
from netspec.shapes import volume


class Steps(NamedTuple):
    """Values for each value of the output: those kept for the gradient, and those alive while the formula runs."""

    kept: int
    workspace: int = 0


FORMULAS: Mapping[type[Layer], Steps] = {
    activations.Celu: Steps(1),
    activations.Gelu: Steps(2, workspace=1),  # x / 2, 1 + erf(x / root), x / root
    activations.HardSilu: Steps(2),
    activations.HardTanh: Steps(1),
    activations.Mish: Steps(1),
    activations.PReLU: Steps(1),
    activations.Squareplus: Steps(1),
    normalization.LayerNormalization: Steps(1),
    normalization.RMSNormalization: Steps(1),
}
"""Types whose gradients keep more in TensorFlow than they could be worked out from."""

WITH_TANH = Steps(3, workspace=1)  # x, tanh(…), 1 + tanh(…), x / 2


def with_formula(node: Node, work: Work) -> Work:
    """Add what the formula of a layer, and that of its activation, keep to what `Layer.work` says."""
    values = volume(node.shape) or 0
    steps = [_steps(node.layer)] if isinstance(node.layer, Layer) else []
    activation = getattr(node.layer, "activation", None)
    entry = TYPES.get(activation) if isinstance(activation, str) else None
    if isinstance(entry, LayerType):
        steps.append(FORMULAS.get(entry.target, Steps(0)))
    return work._replace(
        kept=work.kept + values * sum(step.kept for step in steps),
        workspace=max([work.workspace, *(values * step.workspace for step in steps)]),
    )


def _steps(layer: Layer) -> Steps:
    if isinstance(layer, activations.Gelu) and layer.approximate:
        return WITH_TANH
    return next((FORMULAS[base] for base in type(layer).__mro__ if base in FORMULAS), Steps(0))
