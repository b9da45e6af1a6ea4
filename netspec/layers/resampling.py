"""Padding, cropping and enlarging.

See https://keras.io/api/layers/reshaping_layers/.
"""

from __future__ import annotations

from typing import Annotated, Literal

from netspec.dtypes import WholeNumbers
from netspec.errors import Mistake
from netspec.layer import Example, Work, register_layer
from netspec.layers.convolution import SpatialLayer
from netspec.layers.counting import NOTHING
from netspec.layers.fields import NonNegativeInt, PositiveInt, Size2, Size3, Sizes
from netspec.layers.images import interpolated
from netspec.options import Doc
from netspec.reaches import Sight, resized, same, shifted
from netspec.shapes import Shape, require_spatial, show, tuple_of

Pair = tuple[NonNegativeInt, NonNegativeInt]
Ends = int | tuple[int, ...] | tuple[int | tuple[int, int], ...]
Ends1 = NonNegativeInt | Pair
Ends2 = NonNegativeInt | tuple[NonNegativeInt | Pair, NonNegativeInt | Pair]
Ends3 = NonNegativeInt | tuple[NonNegativeInt | Pair, NonNegativeInt | Pair, NonNegativeInt | Pair]

_padding = Doc(
    "zeros added before and after each axis: one number for all, one for each axis, or [before, after] for each"
)
_cropping = Doc(
    "what is cut off before and after each axis: one number for all, one for each, or [before, after] for each"
)


class ResamplingLayer(SpatialLayer):
    """What these layers have in common: spatial axes get other sizes, channels stay."""

    whole_numbers = WholeNumbers.kept

    def ends(self, value: Ends) -> tuple[int, ...]:
        """Sum up, for each spatial axis, what an option says of its two ends."""
        return tuple(map(sum, self.both_ends(value)))

    def both_ends(self, value: Ends) -> tuple[tuple[int, ...], ...]:
        """Write out, for each spatial axis, what an option says of its two ends."""
        if isinstance(value, int):
            return ((value, value),) * self.rank
        if self.rank == 1:  # here two numbers are the two ends of the only axis
            return (tuple(tuple_of(side, 1)[0] for side in value),)
        return tuple(tuple_of(side, 2) for side in value)

    def work(self, x: Shape, output: Shape) -> Work | None:
        return NOTHING


class ZeroPadding(ResamplingLayer):
    """What the paddings of one, two and three dimensions have in common."""

    padding: Annotated[Ends, _padding] = 1

    def infer(self, x: Shape) -> Shape:
        require_spatial(self.type_name, x, self.rank)
        added = self.ends(self.padding)
        return (*(None if size is None else size + more for size, more in zip(x[:-1], added, strict=True)), x[-1])

    def reach(self, x: Shape, output: Shape) -> Sight:
        seen = (shifted(axis, -before) for axis, (before, _) in enumerate(self.both_ends(self.padding)))
        return ((*seen, same(self.rank)),)


@register_layer
class ZeroPadding1D(ZeroPadding):
    """Adds zeros before the first and after the last step."""

    rank = 1
    example = Example((100, 16), padding=(4, 0))

    padding: Annotated[Ends1, Doc("zeros added before and after: one number for both, or [before, after]")] = 1


@register_layer
class ZeroPadding2D(ZeroPadding):
    """Adds a border of zeros around height and width."""

    rank = 2
    example = Example((64, 64, 3), padding=3)

    padding: Annotated[Ends2, _padding] = 1


@register_layer
class ZeroPadding3D(ZeroPadding):
    """Adds a border of zeros around depth, height and width."""

    rank = 3
    example = Example((16, 32, 32, 1), padding=((0, 0), (1, 1), (1, 1)))

    padding: Annotated[Ends3, _padding] = 1


class Cropping(ResamplingLayer):
    """What the croppings of one, two and three dimensions have in common."""

    cropping: Annotated[Ends, _cropping] = 1

    def infer(self, x: Shape) -> Shape:
        require_spatial(self.type_name, x, self.rank)
        cut = self.ends(self.cropping)
        spatial = tuple(None if size is None else size - less for size, less in zip(x[:-1], cut, strict=True))
        if any(size is not None and size < 1 for size in spatial):
            raise Mistake(
                "E303",
                f"{self.type_name} cuts off {show(cut)}, but its input is only {show(x[:-1])}",
                help="cut off less",
                option=("cropping",),
            )
        return (*spatial, x[-1])

    def reach(self, x: Shape, output: Shape) -> Sight:
        seen = (shifted(axis, before) for axis, (before, _) in enumerate(self.both_ends(self.cropping)))
        return ((*seen, same(self.rank)),)


@register_layer
class Cropping1D(Cropping):
    """Cuts off steps at the beginning and at the end."""

    rank = 1
    example = Example((100, 16), cropping=(4, 0))

    cropping: Annotated[Ends1, Doc("what is cut off before and after: one number for both, or [before, after]")] = 1


@register_layer
class Cropping2D(Cropping):
    """Cuts off a border of height and width."""

    rank = 2
    example = Example((64, 64, 3), cropping=((2, 2), (4, 4)))

    cropping: Annotated[Ends2, _cropping] = 0


@register_layer
class Cropping3D(Cropping):
    """Cuts off a border of depth, height and width."""

    rank = 3
    example = Example((16, 32, 32, 1), cropping=(2, 4, 4))

    cropping: Annotated[Ends3, _cropping] = 1


_size = Doc("how many times each value is repeated along each axis")


class UpSampling(ResamplingLayer):
    """What the enlargements of one, two and three dimensions have in common."""

    size: Annotated[Sizes, _size] = 2

    def infer(self, x: Shape) -> Shape:
        require_spatial(self.type_name, x, self.rank)
        factors = self.along(self.size)
        return (*(None if n is None else n * factor for n, factor in zip(x[:-1], factors, strict=True)), x[-1])

    def reach(self, x: Shape, output: Shape) -> Sight:
        method = self.options().get("interpolation", "nearest")
        larger = (resized(axis, 1, factor, method) for axis, factor in enumerate(self.along(self.size)))
        return ((*larger, same(self.rank)),)


@register_layer
class UpSampling1D(UpSampling):
    """Repeats every step."""

    rank = 1
    example = Example((25, 16), size=4)

    size: Annotated[PositiveInt, Doc("how many times each step is repeated")] = 2


@register_layer
class UpSampling2D(UpSampling):
    """Enlarges height and width."""

    rank = 2
    example = Example((16, 16, 64), size=2, interpolation="bilinear")

    size: Annotated[Size2, _size] = 2
    interpolation: Annotated[
        Literal["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"], Doc("how values between are found")
    ] = "nearest"

    def work(self, x: Shape, output: Shape) -> Work | None:
        return interpolated(self.interpolation, output)


@register_layer
class UpSampling3D(UpSampling):
    """Enlarges depth, height and width by repeating."""

    rank = 3
    example = Example((4, 8, 8, 16), size=2)

    size: Annotated[Size3, _size] = 2
