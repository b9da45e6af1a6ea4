"""Pooling.

See https://keras.io/api/layers/pooling_layers/.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from netspec.layer import Example, Layer, register_layer
from netspec.layers.convolution import SpatialLayer
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
from netspec.shapes import Shape, require_spatial, sliding


class Pooling(SpatialLayer):
    """What pooling over a window has in common: one value stays of each window and channel."""

    pool_size: Kernel
    strides: PoolStrides = None
    padding: Padding = "valid"

    def infer(self, x: Shape) -> Shape:
        require_spatial(self.type_name, x, self.rank)
        window = self.along(self.pool_size)
        strides = window if self.strides is None else self.along(self.strides)
        spatial = sliding(self.type_name, x[:-1], window, strides, self.padding, option=("pool_size",))
        return (*spatial, x[-1])

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
class MaxPooling1D(Pooling1D):
    """The largest value of each window of steps."""

    pool_size: Kernel1 = 2


@register_layer
class MaxPooling2D(Pooling2D):
    """The largest value of each window of height and width."""

    pool_size: Kernel2 = 2


@register_layer
class MaxPooling3D(Pooling3D):
    """The largest value of each window of depth, height and width."""

    pool_size: Kernel3 = 2


@register_layer
class AveragePooling1D(Pooling1D):
    """The mean of each window of steps."""


@register_layer
class AveragePooling2D(Pooling2D):
    """The mean of each window of height and width."""


@register_layer
class AveragePooling3D(Pooling3D):
    """The mean of each window of depth, height and width."""


class GlobalPooling(Layer):
    """What pooling over everything has in common: one value stays of each channel (Lin et al., 2013)."""

    rank: ClassVar[int]

    keepdims: Annotated[bool, Doc("whether the pooled axes stay, with size 1")] = False

    def infer(self, x: Shape) -> Shape:
        require_spatial(self.type_name, x, self.rank, of_vector="leave it out: only channels come in")
        return ((1,) * self.rank if self.keepdims else ()) + x[-1:]


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
class GlobalMaxPooling1D(GlobalPooling1D):
    """The largest value of each channel over all steps."""


@register_layer
class GlobalMaxPooling2D(GlobalPooling2D):
    """The largest value of each channel over height and width."""


@register_layer
class GlobalMaxPooling3D(GlobalPooling3D):
    """The largest value of each channel over depth, height and width."""


@register_layer
class GlobalAveragePooling1D(GlobalPooling1D):
    """The mean of each channel over all steps."""


@register_layer
class GlobalAveragePooling2D(GlobalPooling2D):
    """The mean of each channel over height and width (Lin et al., 2013)."""


@register_layer
class GlobalAveragePooling3D(GlobalPooling3D):
    """The mean of each channel over depth, height and width."""
