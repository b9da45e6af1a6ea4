"""How work is counted: per value, per row, in parts; what an activation after a product adds.

What is made of weights and sizes alone, such as a folded scale or a table of sines, is the same for every sample and
counts nothing. A reduction of n values is n - 1 operations.
"""

from __future__ import annotations

from collections.abc import Sequence

from netspec.layer import TYPES, Layer, Work
from netspec.shapes import Shape, Size, volume

NOTHING = Work()
"""The work of layers that only arrange values, or that do something in training alone and keep nothing for it."""


def times(each: Work | None, count: Size) -> Work | None:
    """Do the same so many times; None where the number matters and is not known."""
    if each is None or (count is None and each._replace(keeps_input=False, keeps_output=False) != NOTHING):
        return None
    number = count or 0
    return Work(
        each.elementwise * number,
        each.transcendental * number,
        each.keeps_input,
        each.keeps_output,
        each.kept * number,
        each.workspace * number,
    )


def total(*parts: Work | None) -> Work | None:
    """Do one after another; each part frees its workspace before the next."""
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return Work(
        sum(part.elementwise for part in known),
        sum(part.transcendental for part in known),
        any(part.keeps_input for part in known),
        any(part.keeps_output for part in known),
        sum(part.kept for part in known),
        max((part.workspace for part in known), default=0),
    )


def at_once(*parts: Work | None) -> Work | None:
    """Do one after another where the workspace of each part stays until the end."""
    work = total(*parts)
    return work and work._replace(workspace=sum(part.workspace for part in parts if part is not None))


def per_value(each: Work | None, shape: Shape) -> Work | None:
    """Do the same for each value of a shape."""
    return times(each, volume(shape))


def per_row(each: Work, of_row: Work, shape: Shape, positions: Sequence[int]) -> Work | None:
    """Do the same for each value, and something once for each row: the values along the axes at ``positions``."""
    rows = volume(tuple(size for index, size in enumerate(shape) if index not in positions))
    return total(per_value(each, shape), times(of_row, rows))


def unit_length(shape: Shape, positions: Sequence[int]) -> Work | None:
    """Bring the rows along some axes to length 1: x * rsqrt(max(sum(x * x), epsilon)); the factors are kept."""
    return per_row(Work(3, keeps_input=True), Work(0, 1, kept=1), shape, positions)


def input_inside(work: Work | None, x: Shape) -> Work | None:
    """Say of a step of a layer that its input is made inside: where the gradient needs it, it is kept there."""
    needed = work is not None and work.keeps_input
    return total(work and work._replace(keeps_input=False), per_value(Work(kept=int(needed)), x))


def output_inside(work: Work | None, output: Shape) -> Work | None:
    """Say of a step of a layer that its output stays inside: where the gradient needs it, it is kept there."""
    needed = work is not None and work.keeps_output
    return total(work and work._replace(keeps_output=False), per_value(Work(kept=int(needed)), output))


def activated(activation: str | None, output: Shape) -> Work | None:
    """Count an activation option as the layer of that name; what goes into it is made inside."""
    if activation is None:
        return NOTHING
    layer: Layer = TYPES[activation].bind({})
    return input_inside(layer.work(output, output), output)


def after_product(output: Shape, use_bias: bool, activation: str | None, *, trainable: bool) -> Work | None:
    """Count what follows a product with a kernel, whose gradient needs the input: the bias and the activation."""
    bias = per_value(Work(elementwise=1), output) if use_bias else NOTHING
    return total(Work(keeps_input=trainable), bias, activated(activation, output))
