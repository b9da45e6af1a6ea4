"""Several tensors become one.

See https://keras.io/api/layers/merging_layers/.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from netspec.dtypes import WholeNumbers
from netspec.errors import Mistake
from netspec.layer import Example, Layer, Work, register_layer
from netspec.layers.counting import NOTHING, per_value, total, unit_length
from netspec.layers.fields import Axis
from netspec.options import Doc
from netspec.reaches import ALL, Axes, Sight, each_value, same, shifted
from netspec.shapes import Shape, Size, axis_index, broadcast, concatenate, show, volume


class Merge(Layer):
    """What merges have in common: any number of inputs."""

    whole_numbers = WholeNumbers.kept

    def infer(self, *inputs: Shape) -> Shape:
        raise NotImplementedError

    def call(self, layer: Any, inputs: list[Any]) -> Any:
        return layer(inputs)

    def require_two(self, inputs: tuple[Shape, ...]) -> tuple[Shape, Shape]:
        """Refuse any number of inputs but two."""
        if len(inputs) != 2:
            raise Mistake(
                "E306",
                f"{self.type_name} wants 2 inputs, but it gets {len(inputs)}",
                help="name both in from: [first, second]",
            )
        return inputs[0], inputs[1]


class ElementwiseMerge(Merge):
    """What merges of equal shapes have in common: the first two are joined, and the others one after another."""

    example = Example((16, 16, 64), (16, 16, 64))
    join: ClassVar[Work] = Work(elementwise=1)
    """What joining two values takes; one that keeps its input keeps what was joined before, too."""

    def infer(self, *inputs: Shape) -> Shape:
        return broadcast(self.type_name, inputs)

    reach = each_value

    def work(self, *shapes: Shape) -> Work | None:
        joins, output = len(shapes) - 2, shapes[-1]
        between = max(joins - 1, 0) if self.join.keeps_input else 0
        joined = self.join._replace(elementwise=joins, kept=between)
        return per_value(joined, output)


@register_layer
class Add(ElementwiseMerge):
    """The sum of its inputs, value by value, as at the end of a residual block."""


@register_layer
class Subtract(ElementwiseMerge):
    """The first input minus the second, value by value."""

    def infer(self, *inputs: Shape) -> Shape:
        return super().infer(*self.require_two(inputs))


@register_layer
class Multiply(ElementwiseMerge):
    """The product of its inputs, value by value, as in squeeze-and-excitation."""

    example = Example((16, 16, 64), (1, 1, 64))
    join = Work(elementwise=1, keeps_input=True)


@register_layer
class Average(ElementwiseMerge):
    """The mean of its inputs, value by value."""

    whole_numbers = WholeNumbers.averaged

    def work(self, *shapes: Shape) -> Work | None:
        return total(super().work(*shapes), per_value(Work(1), shapes[-1]))


@register_layer
class Maximum(ElementwiseMerge):
    """The largest of its inputs, value by value."""

    join = Work(elementwise=1, keeps_input=True)


@register_layer
class Minimum(ElementwiseMerge):
    """The smallest of its inputs, value by value."""

    join = Work(elementwise=1, keeps_input=True)


@register_layer
class Concatenate(Merge):
    """Its inputs one after another along an axis."""

    example = Example((16, 16, 64), (16, 16, 32))

    axis: Axis = -1

    def infer(self, *inputs: Shape) -> Shape:
        return concatenate(self.type_name, inputs, axis_index(self.type_name, self.axis, inputs[0]))

    def reach(self, *shapes: Shape) -> Sight:
        *inputs, output = shapes
        along = axis_index(self.type_name, self.axis, output)
        before: Size = 0
        seen: list[Axes] = []
        for shape in inputs:
            here = ALL if before is None else shifted(along, -before)
            seen.append(tuple(here if axis == along else same(axis) for axis in range(len(shape))))
            size = shape[along]
            before = None if before is None or size is None else before + size
        return tuple(seen)

    def work(self, *shapes: Shape) -> Work | None:
        return NOTHING


@register_layer
class Dot(Merge):
    """The products of all vectors along an axis of the first input with all those of the second."""

    example = Example((10, 64), (20, 64), axes=-1)

    axes: Annotated[
        int | tuple[int, int],
        Doc("axis of both inputs, or one for each, whose products are summed; 1 is the first, -1 the last"),
    ]
    normalize: Annotated[bool, Doc("whether the vectors are brought to length 1 first: cosine similarity")] = False

    @staticmethod
    def _matching(left: Shape, right: Shape) -> str:
        """Name a pair of axes that would do."""
        for first, size in enumerate(left, start=1):
            if size is not None and size in right:
                return f"name axes of the same size: axes: [{first}, {right.index(size) + 1}]"
        return "the inputs have no axis of the same known size; bring one of them to the other's with dense or permute"

    def infer(self, *inputs: Shape) -> Shape:
        left, right = self.require_two(inputs)
        first, second = self._positions(left, right)
        if left[first] != right[second]:
            raise Mistake(
                "E301",
                f"{self.type_name} can't join {show(left)} with {show(right)}: "
                f"axis {first + 1} has size {show(left[first:][:1])}, axis {second + 1} has {show(right[second:][:1])}",
                help=self._matching(left, right),
                option=("axes",),
                notes={0: f"this side is {show(left)}", 1: f"this side is {show(right)}"},
            )
        return (_without(left, first) + _without(right, second)) or (1,)

    def reach(self, *shapes: Shape) -> Sight:
        left, right, _ = shapes
        first, second = self._positions(left, right)
        return _seen_without(left, first, 0), _seen_without(right, second, len(left) - 1)

    def macs(self, *shapes: Shape) -> int | None:
        left, right, _ = shapes
        _, second = self._positions(left, right)
        return volume(left + _without(right, second))

    def work(self, *shapes: Shape) -> Work | None:
        *sides, _ = shapes
        products = Work(keeps_input=True)
        if not self.normalize:
            return products
        axes = self._positions(*sides)
        return total(products, *(unit_length(side, (axis,)) for side, axis in zip(sides, axes, strict=True)))

    def _positions(self, left: Shape, right: Shape) -> tuple[int, int]:
        if isinstance(self.axes, int):
            return axis_index("dot", self.axes, left, ("axes",)), axis_index("dot", self.axes, right, ("axes",))
        return (
            axis_index("dot", self.axes[0], left, ("axes", 0)),
            axis_index("dot", self.axes[1], right, ("axes", 1)),
        )


def _seen_without(shape: Shape, index: int, start: int) -> Axes:
    """Say what is seen of an input of which all but one axis stay, from the place ``start`` on."""
    places = iter(range(start, start + len(shape)))
    return tuple(ALL if axis == index else same(next(places)) for axis in range(len(shape)))


def _without(shape: Shape, index: int) -> Shape:
    return shape[:index] + shape[index + 1 :]
