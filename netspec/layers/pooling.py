"""Pooling.

See https://keras.io/api/layers/pooling_layers/.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from netspec.dtypes import WholeNumbers
from netspec.layer import Example, Layer, Work, register_layer
from netspec.layers.convolution import SpatialLayer
from netspec.layers.counting import times
from netspec.layers.fields import (
    Kernel,
    Kernel1,
    Kernel2,
    Kernel3,
    Padding,
    PoolStrides,
    PoolStrides1,
    PoolStrides2,
    PoolStrides3,
)
from netspec.options import Doc
from netspec.reaches import ALL, Sight, same
from netspec.shapes import Shape, Size, require_spatial, sliding, volume


class Pooled(Layer):
    """What all pooling has in common: windows of values become one value each."""

    def windows(self, x: Shape, output: Shape) -> Size:
        """Count the values of all windows together, those in several of them as often."""
        raise NotImplementedError


class LargestOf(Pooled):
    """What takes the largest of each window: the gradient goes where it was."""

    def work(self, x: Shape, output: Shape) -> Work | None:
        compared, made = self.windows(x, output), volume(output)
        if compared is None or made is None:
            return None
        return Work(compared - made, keeps_input=True, keeps_output=True)


class MeanOf(Pooled):
    """What takes the mean of each window, a sum and a division: the gradient is the same for all of its values."""

    def work(self, x: Shape, output: Shape) -> Work | None:
        return times(Work(1), self.windows(x, output))


class Pooling(SpatialLayer, Pooled):
    """What pooling over a window has in common: one value stays of each window and channel."""

    whole_numbers = WholeNumbers.kept

    pool_size: Kernel
    strides: PoolStrides = None
    padding: Padding = "valid"

    def infer(self, x: Shape) -> Shape:
        require_spatial(self.type_name, x, self.rank)
        window = self.along(self.pool_size)
        strides = window if self.strides is None else self.along(self.strides)
        spatial = sliding(self.type_name, x[:-1], window, strides, self.padding, option=("pool_size",))
        return (*spatial, x[-1])

    def reach(self, x: Shape, output: Shape) -> Sight:
        strides = self.pool_size if self.strides is None else self.strides
        return ((*self.seen_along(x[:-1], self.pool_size, strides, self.padding, 1), same(self.rank)),)

    def windows(self, x: Shape, output: Shape) -> Size:
        return volume((*output, *self.along(self.pool_size)))

    def brief(self) -> str:
        return self.brief_window(self.pool_size, self.pool_size if self.strides is None else self.strides)


class Pooling1D(Pooling):
    """Pooling over windows of steps."""

    rank = 1
    example = Example((100, 16), pool_size=2)

    pool_size: Kernel1
    strides: PoolStrides1 = None


class Pooling2D(Pooling):
    """Pooling over windows of height and width."""

    rank = 2
    example = Example((32, 32, 16), pool_size=3, strides=2, padding="same")

    pool_size: Kernel2
    strides: PoolStrides2 = None


class Pooling3D(Pooling):
    """Pooling over windows of depth, height and width."""

    rank = 3
    example = Example((8, 16, 16, 4), pool_size=2)

    pool_size: Kernel3
    strides: PoolStrides3 = None


@register_layer
class MaxPooling1D(LargestOf, Pooling1D):
    """The largest value of each window of steps."""

    pool_size: Kernel1 = 2


@register_layer
class MaxPooling2D(LargestOf, Pooling2D):
    """The largest value of each window of height and width."""

    pool_size: Kernel2 = 2


@register_layer
class MaxPooling3D(LargestOf, Pooling3D):
    """The largest value of each window of depth, height and width."""

    pool_size: Kernel3 = 2


@register_layer
class AveragePooling1D(MeanOf, Pooling1D):
    """The mean of each window of steps."""


@register_layer
class AveragePooling2D(MeanOf, Pooling2D):
    """The mean of each window of height and width."""


@register_layer
class AveragePooling3D(MeanOf, Pooling3D):
    """The mean of each window of depth, height and width."""


class GlobalPooling(Pooled):
    """What pooling over everything has in common: one value stays of each channel (Lin et al., 2013)."""

    whole_numbers = WholeNumbers.kept

    rank: ClassVar[int]

    keepdims: Annotated[bool, Doc("whether the pooled axes stay, with size 1")] = False

    def infer(self, x: Shape) -> Shape:
        require_spatial(self.type_name, x, self.rank, of_vector="leave it out: only channels come in")
        return ((1,) * self.rank if self.keepdims else ()) + x[-1:]

    def reach(self, x: Shape, output: Shape) -> Sight:
        return ((*(ALL,) * self.rank, same(len(output) - 1)),)

    def windows(self, x: Shape, output: Shape) -> Size:
        return volume(x)


class GlobalPooling1D(GlobalPooling):
    """Pooling over all steps."""

    rank = 1
    example = Example((100, 16))


class GlobalPooling2D(GlobalPooling):
    """Pooling over all height and width."""

    rank = 2
    example = Example((7, 7, 512))


class GlobalPooling3D(GlobalPooling):
    """Pooling over all depth, height and width."""

    rank = 3
    example = Example((4, 8, 8, 32), keepdims=True)


@register_layer
class GlobalMaxPooling1D(LargestOf, GlobalPooling1D):
    """The largest value of each channel over all steps."""


@register_layer
class GlobalMaxPooling2D(LargestOf, GlobalPooling2D):
    """The largest value of each channel over height and width."""


@register_layer
class GlobalMaxPooling3D(LargestOf, GlobalPooling3D):
    """The largest value of each channel over depth, height and width."""


@register_layer
class GlobalAveragePooling1D(MeanOf, GlobalPooling1D):
    """The mean of each channel over all steps."""

    whole_numbers = WholeNumbers.widened


@register_layer
class GlobalAveragePooling2D(MeanOf, GlobalPooling2D):
    """The mean of each channel over height and width (Lin et al., 2013)."""

    whole_numbers = WholeNumbers.widened


@register_layer
class GlobalAveragePooling3D(MeanOf, GlobalPooling3D):
    """The mean of each channel over depth, height and width."""

    whole_numbers = WholeNumbers.widened
