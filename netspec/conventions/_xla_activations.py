"""What XLA's cost analysis counts of activations in JAX: all but transcendental operations, which it counts apart."""

from __future__ import annotations

from netspec.conventions._operations import Operations, each, total
from netspec.conventions._rules import NoRuleError, values
from netspec.layer import Layer
from netspec.layers import activations
from netspec.shapes import Shape, axis_indices

EACH = {
    "celu": 5,
    "elu": 5,
    "exponential": 0,
    "gelu": 66,  # Erfc is a polynomial
    "glu": 4,
    "hard_shrink": 3,
    "hard_sigmoid": 4,
    "hard_silu": 5,
    "hard_tanh": 4,
    "leaky_relu": 3,
    "linear": 0,
    "log_sigmoid": 8,
    "mish": 7,
    "relu": 1,
    "relu6": 2,
    "selu": 6,
    "sigmoid": 3,
    "silu": 4,
    "soft_shrink": 6,
    "softplus": 6,
    "softsign": 3,
    "sparse_plus": 7,
    "sparse_sigmoid": 4,
    "squareplus": 4,
    "tanh": 0,
    "tanh_shrink": 1,
    "threshold": 2,
}
"""Operations for each value of the output."""

ONCE = {"hard_tanh": 2, "squareplus": 1, "threshold": 1}
"""Operations on the constants of an activation."""


def activation(name: str | None, shape: Shape) -> Operations:
    """Count an activation that a layer has as an option. Raises `NoRuleError` where it is not worked out."""
    if name is None:
        return Operations()
    if name in ("softmax", "log_softmax"):
        return softmax(values(shape), values(shape[:-1]), 1)
    if name not in EACH:
        raise NoRuleError
    return total([each(EACH[name] * values(shape), "element-wise"), each(ONCE.get(name, 0), "element-wise")])


def of_activation_layer(layer: Layer, x: Shape, output: Shape) -> Operations:
    """Count an activation that is a layer of its own."""
    if isinstance(layer, activations.ReLU):
        return _relu(layer, values(x))
    if isinstance(layer, activations.Gelu) and layer.approximate:
        return each(8 * values(x), "element-wise")
    return activation(layer.type_name, output)


def _relu(layer: activations.ReLU, size: int) -> Operations:
    plain = layer.max_value is None and not layer.threshold
    if layer.negative_slope and plain:
        return each(3 * size, "element-wise")
    cut = 0 if layer.max_value is None else 1 if layer.max_value == 6 and not layer.threshold else 2
    below = 4 + bool(layer.threshold) if layer.negative_slope else 0
    steps = 1 + bool(layer.threshold) + cut + below
    return each(steps * size + bool(layer.threshold), "element-wise")


def softmax(size: int, rows: int, axes: int) -> Operations:
    """Count a softmax of ``rows``: the largest value, differences, the sum, quotients."""
    return each(4 * size - rows if axes == 1 else 4 * size + 3 * rows, "element-wise")


def soften(layer: activations.Softmax, x: Shape, output: Shape) -> Operations:
    positions = axis_indices("softmax", layer.axis, x)
    size = values(x)
    return softmax(size, size // values(tuple(x[position] for position in positions)), len(positions))
