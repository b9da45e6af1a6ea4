"""What the rules of XLA's cost analysis are put to, file by file, and what they share."""

from __future__ import annotations

from netspec.conventions._operations import OperationCounter, Operations, each
from netspec.conventions._rules import values
from netspec.shapes import Shape

COUNTER = OperationCounter(
    "xla",
    "operations, as XLA's cost analysis counts of Keras's model in JAX for one sample",
    ["dot", "convolution"],
)
of = COUNTER.rules.of

PADDING_UNSEEN = "products with the padding of padding: same are not counted"
BODY_ONCE = "the body of the loop is counted once, not at every step"


def elementwise(count: int) -> Operations:
    return each(count, "element-wise")


def running_sums(shape: Shape, axis: int) -> int:
    """Count a sum of all values up to each, which XLA takes for a window as wide as the axis."""
    return values(shape) * ((shape[axis] or 1) - 1)
