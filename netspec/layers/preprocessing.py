"""Preparation of the input inside the network.

See https://keras.io/api/layers/preprocessing_layers/.
"""

from __future__ import annotations

from typing import Annotated

from netspec.errors import Mistake
from netspec.layer import Example, Layer, Weight, Weights, Work, register_layer
from netspec.layers.counting import per_value
from netspec.options import Doc, Keywords
from netspec.reaches import each_value
from netspec.shapes import Shape, axis_indices, require_known, show

Numbers = float | Annotated[tuple[float, ...], Keywords(minItems=1)]


@register_layer
class Rescaling(Layer):
    """Multiplies by a factor and adds an offset, such as from 0…255 to 0…1."""

    example = Example((224, 224, 3), scale=1 / 255)

    scale: Annotated[Numbers, Doc("factor; a list gives one for each value of the last axis")]
    offset: Annotated[Numbers, Doc("what is added after; a list gives one for each value of the last axis")] = 0.0

    def check(self) -> None:
        counts = {_count(self.scale), _count(self.offset)} - {None, 1}
        if len(counts) > 1:
            raise Mistake(
                "E105",
                f"{self.type_name}: scale and offset have different numbers of values",
                help="write one number, or one for each value of the last axis",
                option=("offset",),
            )

    def infer(self, x: Shape) -> Shape:
        for option, numbers in (("scale", self.scale), ("offset", self.offset)):
            if isinstance(numbers, tuple) and (not x or len(numbers) not in (1, x[-1] or len(numbers))):
                raise Mistake(
                    "E305",
                    f"{self.type_name}: {len(numbers)} numbers don't fit the last axis of {show(x)}",
                    help="write one number, or one for each value of the last axis",
                    option=(option,),
                )
        return x

    reach = each_value

    def work(self, x: Shape, output: Shape) -> Work | None:
        scaled, shifted = (
            any(number != idle for number in (numbers if isinstance(numbers, tuple) else (numbers,)))
            for numbers, idle in ((self.scale, 1), (self.offset, 0))
        )
        return per_value(Work(int(scaled) + int(shifted)), output)


@register_layer
class Normalization(Layer):
    """Subtracts a mean and divides by a spread that are given, or adapted from data with Keras's `adapt`."""

    example = Example((224, 224, 3), mean=(0.485, 0.456, 0.406), variance=(0.0524, 0.0502, 0.0506))

    axis: Annotated[
        int | tuple[int, ...] | None,
        Doc("axes whose positions each have a mean of their own, -1 the last; null for one mean of everything"),
    ] = -1
    mean: Annotated[Numbers | None, Doc("the mean, if it isn't adapted; a list gives one for each position")] = None
    variance: Annotated[Numbers | None, Doc("the variance, if it isn't adapted; a list as for the mean")] = None
    invert: Annotated[bool, Doc("whether normalized values are turned back instead")] = False

    def check(self) -> None:
        if (self.mean is None) != (self.variance is None):
            missing = "mean" if self.mean is None else "variance"
            given = "variance" if self.mean is None else "mean"
            raise Mistake(
                "E105",
                f"{self.type_name}: {given} needs {missing} beside it",
                help="give both, or neither to adapt them from data",
                option=(given,),
            )
        if _count(self.mean) != _count(self.variance):
            raise Mistake(
                "E105",
                f"{self.type_name}: mean and variance have different numbers of values",
                option=("variance",),
            )
        if isinstance(self.mean, tuple) and not self._axes():
            raise Mistake(
                "E105",
                f"{self.type_name}: without an axis there is one mean, not a list of them",
                help="write axis: -1 for a mean for each value of the last axis",
                option=("mean",),
            )

    def infer(self, x: Shape) -> Shape:
        sizes = self._kept_sizes(x)
        if isinstance(self.mean, tuple) and len(self.mean) not in (1, sizes[-1]):
            raise Mistake(
                "E305",
                f"{self.type_name}: {len(self.mean)} means don't fit an axis of size {sizes[-1]} of {show(x)}",
                help="write one mean and variance, or one for each position",
                option=("mean",),
            )
        return x

    reach = each_value

    def weights(self, x: Shape) -> Weights:
        if self.mean is not None:
            return ()
        shape = self._kept_sizes(x)
        return (
            Weight("mean", shape, trainable=False),
            Weight("variance", shape, trainable=False),
            Weight("count", (), trainable=False),
        )

    def _axes(self) -> tuple[int, ...]:
        if self.axis is None:
            return ()
        return (self.axis,) if isinstance(self.axis, int) else self.axis

    def _kept_sizes(self, x: Shape) -> tuple[int, ...]:
        return tuple(
            require_known(self.type_name, x[index], f"size of axis {index + 1}", option=("axis",))
            for index in sorted(axis_indices(self.type_name, self._axes(), x))
        )

    def work(self, x: Shape, output: Shape) -> Work | None:
        return per_value(Work(2), output)


def _count(numbers: Numbers | None) -> int | None:
    return len(numbers) if isinstance(numbers, tuple) else None
