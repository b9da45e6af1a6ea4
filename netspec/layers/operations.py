"""What Keras has no layer for, as operations on tensors: https://keras.io/api/ops/.

The built model holds each operation by its public name, so that plain Keras saves and loads it. Keras lets nobody else
name an operation; it takes the name that Keras gives it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from netspec.dtypes import promoted
from netspec.errors import Mistake
from netspec.layer import Example, Layer, Work, register_layer
from netspec.layers.counting import NOTHING, per_value
from netspec.layers.fields import Axis
from netspec.options import Doc
from netspec.reaches import Sight, between, each_value, same, shifted
from netspec.shapes import Shape, axis_index, show


class Operation(Layer):
    """A type that is built of `keras.ops` on symbolic tensors."""

    options_come_last = True

    def operate(self, ops: Any, *tensors: Any) -> Any:
        """Compute the output, with nothing but `keras.ops` and operators."""
        raise NotImplementedError

    def lower(self, keras: Any, name: str, inputs: tuple[Shape, ...]) -> Any:
        def operation(tensors: Any) -> Any:
            tensors = tensors if isinstance(tensors, list) else [tensors]
            if self.dtype is not None:
                compute_dtype = keras.DTypePolicy(self.dtype).compute_dtype
                tensors = [keras.ops.cast(tensor, compute_dtype) for tensor in tensors]
            return self.operate(keras.ops, *tensors)

        return operation

    def casts(self) -> bool:
        return self.dtype is not None  # operations know no policy

    def output_dtype(self, compute: str, inputs: tuple[str, ...]) -> str:
        return compute if self.casts() else promoted(inputs)


class WithOperations:
    """A Keras layer that is called on what operations make of its input."""

    def __init__(self, layer: Any, before: Callable[[Any], Any]) -> None:
        self._layer = layer
        self._before = before

    def __call__(self, tensor: Any) -> Any:
        return self._layer(self._before(tensor))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._layer, name)


@register_layer
class Take(Operation):
    """Picks one position along an axis, which is gone then: such as the class token of a transformer."""

    example = Example((197, 768), index=0)

    index: Annotated[int, Doc("which position; 0 is the first, -1 the last")]
    axis: Axis = 1

    def infer(self, x: Shape) -> Shape:
        at = axis_index(self.type_name, self.axis, x)
        size = x[at]
        if size is not None and not -size <= self.index < size:
            raise Mistake(
                "E305",
                f"{self.type_name}: there is no position {self.index} along an axis of {size} in {show(x)}",
                help=f"write an index from 0 to {size - 1}, or from -{size} to -1 counted from the end",
                option=("index",),
            )
        if size is None and self.index < 0:
            raise Mistake(
                "E304",
                f"{self.type_name}: the last position can't be counted from an axis of unknown size in {show(x)}",
                help="write the size of the axis in the input's shape, or an index from 0 on",
                option=("index",),
            )
        return (*x[:at], *x[at + 1 :])

    def reach(self, x: Shape, output: Shape) -> Sight:
        at = axis_index(self.type_name, self.axis, x)
        index = self.index % (x[at] or self.index + 1)
        return (tuple(between(index, index) if axis == at else same(axis - (axis > at)) for axis in range(len(x))),)

    def operate(self, ops: Any, x: Any) -> Any:
        axis = self.axis % len(x.shape)
        return ops.take(x, self.index % (x.shape[axis] or self.index + 1), axis=axis)

    def work(self, x: Shape, output: Shape) -> Work | None:
        return NOTHING


@register_layer
class Slice(Operation):
    """Keeps a range of positions along an axis, such as half of the channels."""

    example = Example((28, 28, 116), stop=58)

    start: Annotated[int, Doc("first position that is kept; negative ones count from the end")] = 0
    stop: Annotated[int | None, Doc("first position after it that is not kept; null keeps all to the end")] = None
    axis: Axis = -1

    def infer(self, x: Shape) -> Shape:
        at = axis_index(self.type_name, self.axis, x)
        size = x[at]
        if size is None:
            raise Mistake(
                "E304",
                f"{self.type_name} can't keep a part of an axis whose size is not known in {show(x)}",
                help="give that axis of the input a number instead of null",
                option=("axis",),
            )
        count = len(range(size)[self.start : self.stop])
        if count == 0:
            end = "the end" if self.stop is None else self.stop
            raise Mistake(
                "E305",
                f"{self.type_name}: nothing is left of {size} positions from {self.start} to {end}",
                help="positions count from 0, and stop is the first that is left out",
                option=("start" if self.stop is None else "stop",),
            )
        return (*x[:at], count, *x[at + 1 :])

    def reach(self, x: Shape, output: Shape) -> Sight:
        at = axis_index(self.type_name, self.axis, x)
        start = range(x[at] or 0)[self.start :].start
        return (tuple(shifted(axis, start) if axis == at else same(axis) for axis in range(len(x))),)

    def operate(self, ops: Any, x: Any) -> Any:
        axis = self.axis % len(x.shape)
        kept = range(x.shape[axis])[self.start : self.stop]
        return x[(slice(None),) * axis + (slice(kept.start, kept.stop),)]

    def work(self, x: Shape, output: Shape) -> Work | None:
        return NOTHING


@register_layer
class Absolute(Operation):
    """Takes away the sign, such as of the difference of two embeddings in a Siamese network."""

    example = Example((128,))

    def infer(self, x: Shape) -> Shape:
        return x

    reach = each_value

    def operate(self, ops: Any, x: Any) -> Any:
        return ops.absolute(x)

    def work(self, x: Shape, output: Shape) -> Work | None:
        return per_value(Work(1, keeps_input=True), output)
