"""Transposed convolutions, which enlarge.

See https://keras.io/api/layers/convolution_layers/convolution2d_transpose/.
"""

from __future__ import annotations

from math import prod
from typing import Annotated

from netspec.errors import Mistake
from netspec.layer import Example, Weight, Weights, register_layer
from netspec.layers.convolution import SpatialLayer
from netspec.layers.fields import (
    Dilation,
    Dilation1,
    Dilation2,
    Dilation3,
    Filters,
    Kernel,
    Kernel1,
    Kernel2,
    Kernel3,
    NonNegativeInt,
    Padding,
    Size1,
    Size2,
    Size3,
    Sizes,
)
from netspec.layers.kernels import KernelLayer, with_bias
from netspec.options import Doc
from netspec.reaches import ALL, Sight, spread
from netspec.shapes import Shape, require_known, require_spatial, stretched, volume

_strides = Doc("factor by which the size grows")
Growth = Annotated[Sizes, _strides]
Growth1 = Annotated[Size1, _strides]
Growth2 = Annotated[Size2, _strides]
Growth3 = Annotated[Size3, _strides]

_output_padding = Doc("what is added to the size at the end, less than the strides; null takes what padding implies")
Extra = Annotated[Sizes | None, _output_padding]
Extra1 = Annotated[NonNegativeInt | tuple[NonNegativeInt] | None, _output_padding]
Extra2 = Annotated[NonNegativeInt | tuple[NonNegativeInt, NonNegativeInt] | None, _output_padding]
Extra3 = Annotated[NonNegativeInt | tuple[NonNegativeInt, NonNegativeInt, NonNegativeInt] | None, _output_padding]


class TransposedConvolution(SpatialLayer, KernelLayer):
    """What the transposed convolutions of one, two and three dimensions have in common."""

    filters: Filters
    kernel_size: Kernel
    strides: Growth = 1
    padding: Padding = "valid"
    output_padding: Extra = None
    dilation_rate: Dilation = 1

    def check(self) -> None:
        self.refuse_stepping_over_taps(self.strides, self.dilation_rate)
        if self.output_padding is None:
            return
        sizes = map(self.along, (self.output_padding, self.strides, self.kernel_size, self.dilation_rate))
        for extra, stride, kernel, dilation in zip(*sizes, strict=True):
            reach = dilation * (kernel - 1) + 1
            if extra >= stride:
                reason = f"output_padding {extra} must be less than the strides, which are {stride}"
            elif self.padding == "same" and extra == 0 and reach % 2 == 0:
                reason = f"with padding same, output_padding 0 wants a window of odd size, not {reach}"
            else:
                continue
            raise Mistake(
                "E105",
                f"{self.type_name}: {reason}",
                help="leave output_padding out: with padding same, the size is then multiplied by the strides",
                option=("output_padding",),
            )

    def infer(self, x: Shape) -> Shape:
        require_spatial(self.type_name, x, self.rank)
        spatial = tuple(
            stretched(size, kernel, stride, self.padding, extra, dilation)
            for size, kernel, stride, extra, dilation in zip(
                x[:-1],
                self.along(self.kernel_size),
                self.along(self.strides),
                self._extra(),
                self.along(self.dilation_rate),
                strict=True,
            )
        )
        return (*spatial, self.filters)

    def reach(self, x: Shape, output: Shape) -> Sight:
        options = map(self.along, (self.kernel_size, self.dilation_rate, self.strides))
        along = enumerate(zip(x[:-1], output[:-1], *options, strict=True))
        seen = (
            spread(axis, size, made, rate * (kernel - 1) + 1, stride, self.padding)
            for axis, (size, made, kernel, rate, stride) in along
        )
        return ((*seen, ALL),)

    def weights(self, x: Shape) -> Weights:
        channels = require_known(self.type_name, x[-1], "channels")
        kernel = Weight("kernel", (*self.along(self.kernel_size), self.filters, channels))
        return with_bias((kernel,), self.use_bias, self.filters)

    def macs(self, x: Shape, output: Shape) -> int | None:
        positions = volume(x[:-1])
        return None if positions is None else positions * prod(self.weights(x)[0].shape)

    def brief(self) -> str:
        return f"{self.filters} {self.brief_window(self.kernel_size, self.strides)}"

    def _extra(self) -> tuple[int | None, ...]:
        return (None,) * self.rank if self.output_padding is None else self.along(self.output_padding)


@register_layer
class Conv1DTranspose(TransposedConvolution):
    """Transposed convolution over steps: the reverse of the sizes of a strided `conv1d`."""

    rank = 1
    example = Example((25, 32), filters=16, kernel_size=4, strides=2, padding="same")

    kernel_size: Kernel1
    strides: Growth1 = 1
    output_padding: Extra1 = None
    dilation_rate: Dilation1 = 1


@register_layer
class Conv2DTranspose(TransposedConvolution):
    """Transposed convolution over height and width, as in the way up of a U-Net (Zeiler et al., 2010)."""

    rank = 2
    example = Example((16, 16, 64), filters=32, kernel_size=2, strides=2)

    kernel_size: Kernel2
    strides: Growth2 = 1
    output_padding: Extra2 = None
    dilation_rate: Dilation2 = 1


@register_layer
class Conv3DTranspose(TransposedConvolution):
    """Transposed convolution over depth, height and width."""

    rank = 3
    example = Example((4, 8, 8, 16), filters=8, kernel_size=3, strides=2, padding="same")

    kernel_size: Kernel3
    strides: Growth3 = 1
    output_padding: Extra3 = None
    dilation_rate: Dilation3 = 1
