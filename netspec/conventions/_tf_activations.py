"""What TensorFlow's profiler counts of Keras's activations: Relu, Sigmoid, Tanh and their like are free for it."""

from __future__ import annotations

from netspec.conventions._operations import Operations, each, total
from netspec.conventions._rules import values
from netspec.layer import Layer
from netspec.layers import activations
from netspec.shapes import Shape, axis_indices

COSTS = {"Rsqrt": 2, "SquaredDifference": 2, "Softmax": 5}
"""How much an operation counts for each value, where that is not 1."""

ACTIVATIONS = {
    "celu": "Maximum Minimum RealDiv Mul AddV2",
    "gelu": "Mul Neg Mul Mul",
    "hard_shrink": "Greater",
    "hard_sigmoid": "AddV2 RealDiv",
    "hard_silu": "AddV2 RealDiv Mul",
    "hard_tanh": "Minimum Maximum",
    "log_sigmoid": "Neg Neg",
    "mish": "Mul",
    "silu": "Mul Mul",
    "soft_shrink": "Greater Sub Less AddV2",
    "softmax": "Softmax",
    "sparse_plus": "LessEqual Less AddV2 Pow Mul",
    "sparse_sigmoid": "LessEqual GreaterEqual AddV2 Mul",
    "squareplus": "Square AddV2 AddV2 RealDiv",
    "tanh_shrink": "Sub",
    "threshold": "Greater",
}
"""The operations on each value that count; an activation that is not here has none."""


def activation(name: str | None, shape: Shape) -> Operations:
    """Count an activation that a layer has as an option."""
    if name == "sparsemax":
        return sparsemax(shape)
    return each(values(shape), ACTIVATIONS.get(name or "", ""), COSTS)


def of_activation_layer(layer: Layer, x: Shape, output: Shape) -> Operations:
    """Count an activation that is a layer of its own."""
    if isinstance(layer, activations.ReLU):
        return each(values(x), _relu(layer))
    if isinstance(layer, activations.ELU) and layer.alpha != 1:
        return each(values(x), "Greater Mul")
    if isinstance(layer, activations.Gelu) and layer.approximate:
        return each(values(x), "Mul Pow Mul AddV2 Mul AddV2 Mul")
    return activation(layer.type_name, x)


def _relu(layer: activations.ReLU) -> str:
    """Name the operations of a relu that is more than one."""
    cut = layer.max_value is not None and (layer.max_value != 6 or layer.threshold != 0)
    names = ["Greater"] if layer.threshold else []
    names += ["Minimum", "Maximum"] if cut else []
    if layer.negative_slope and (layer.threshold or layer.max_value is not None):
        names += ["Neg", "Mul", "Sub", *(["AddV2"] if layer.threshold else [])]
    return " ".join(names)


def softmax(axes: int | tuple[int, ...], x: Shape) -> Operations:
    """Count a softmax; along several axes Keras computes it from the logarithm of a sum."""
    size = values(x)
    positions = axis_indices("softmax", axes, x)
    if len(positions) == 1:
        moves = Operations() if positions[0] == len(x) - 1 else each(2, "Sub")
        return total([each(size, "Softmax", COSTS), moves])
    return softmax_together(size, size // values(tuple(x[position] for position in positions)))


def softmax_together(size: int, rows: int) -> Operations:
    """Count a softmax along several axes together, of ``size`` values in ``rows``."""
    return total([each(size, "Sub Sub"), each(size - rows, "Sum"), each(rows, "Log AddV2")])


def sparsemax(shape: Shape) -> Operations:
    size = values(shape)
    rows = size // (shape[-1] or 1)
    return total(
        [
            each(1, "AddV2"),
            each(size, "Sub RealDiv Sub Greater Sub Maximum"),
            each(size - rows, "Sum Sum"),
            each(rows, "Sub RealDiv"),
        ]
    )
