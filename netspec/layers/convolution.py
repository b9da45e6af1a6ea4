"""Convolutions.

See https://keras.io/api/layers/convolution_layers/.
"""

from __future__ import annotations

from math import prod
from typing import ClassVar

from netspec.errors import Mistake
from netspec.layer import Example, Layer, Weight, Weights, register_layer
from netspec.layers.fields import (
    CausalPadding,
    Dilation,
    Dilation1,
    Dilation2,
    Dilation3,
    Filters,
    Groups,
    Kernel,
    Kernel1,
    Kernel2,
    Kernel3,
    Padding,
    Sizes,
    Strides,
    Strides1,
    Strides2,
    Strides3,
)
from netspec.layers.kernels import KernelLayer, with_bias
from netspec.reaches import ALL, Axes, Sight, padding_before, window
from netspec.shapes import (
    Shape,
    divide,
    require_known,
    require_spatial,
    show,
    sliding,
    tuple_of,
    volume,
)


class SpatialLayer(Layer):
    """What every kind of convolution has in common: a number of spatial axes, and sizes given along each of them."""

    rank: ClassVar[int]

    def along(self, value: Sizes) -> tuple[int, ...]:
        """Write a size out for each spatial axis."""
        return tuple_of(value, self.rank)

    def windows_along(
        self, sizes: Shape, kernel_size: Sizes, strides: Sizes, padding: str, dilation_rate: Sizes
    ) -> Shape:
        """Count the windows that fit along each spatial axis."""
        window, steps, dilation = self.along(kernel_size), self.along(strides), self.along(dilation_rate)
        return sliding(self.type_name, sizes, window, steps, padding, dilation, option=("kernel_size",))

    def seen_along(self, sizes: Shape, kernel_size: Sizes, strides: Sizes, padding: str, dilation_rate: Sizes) -> Axes:
        """Say what a window sees along each spatial axis."""
        options = zip(self.along(kernel_size), self.along(dilation_rate), strict=True)
        widths = [rate * (size - 1) + 1 for size, rate in options]
        along = enumerate(zip(sizes, widths, self.along(strides), strict=True))
        return tuple(
            window(axis, width, stride, padding_before(size, width, stride, padding))
            for axis, (size, width, stride) in along
        )

    def refuse_stepping_over_taps(self, strides: Sizes, dilation_rate: Sizes) -> None:
        """Refuse strides together with dilation, which Keras does."""
        if max(self.along(strides)) > 1 and max(self.along(dilation_rate)) > 1:
            raise Mistake(
                "E105",
                f"{self.type_name}: strides and dilation_rate can't both be above 1",
                help="leave one of them out",
                option=("strides",),
            )

    def brief_window(self, kernel_size: Sizes, strides: Sizes) -> str:
        """Write a window and its step as papers do: ``3×3/2``."""
        steps = self.along(strides)
        step = "" if max(steps) == 1 else f"/{steps[0]}" if len(set(steps)) == 1 else f"/{show(steps)}"
        return show(self.along(kernel_size)) + step


class Convolution(SpatialLayer, KernelLayer):
    """What the convolutions of one, two and three dimensions have in common."""

    filters: Filters
    kernel_size: Kernel
    strides: Strides = 1
    padding: CausalPadding = "valid"
    dilation_rate: Dilation = 1
    groups: Groups = 1

    def check(self) -> None:
        self.refuse_stepping_over_taps(self.strides, self.dilation_rate)
        if self.filters % self.groups:
            raise Mistake(
                "E105",
                f"{self.type_name}: {self.filters} filters can't be split into {self.groups} groups",
                help="use a number of filters that the groups divide",
                option=("groups",),
            )

    def infer(self, x: Shape) -> Shape:
        require_spatial(self.type_name, x, self.rank)
        spatial = self.windows_along(x[:-1], self.kernel_size, self.strides, self.padding, self.dilation_rate)
        return (*spatial, self.filters)

    def reach(self, x: Shape, output: Shape) -> Sight:
        seen = self.seen_along(x[:-1], self.kernel_size, self.strides, self.padding, self.dilation_rate)
        return ((*seen, ALL),)

    def weights(self, x: Shape) -> Weights:
        channels = require_known(self.type_name, x[-1], "channels")
        each = divide(self.type_name, channels, self.groups, "channels", option=("groups",))
        kernel = Weight("kernel", (*self.along(self.kernel_size), each, self.filters))
        return with_bias((kernel,), self.use_bias, self.filters)

    def macs(self, x: Shape, output: Shape) -> int | None:
        positions = volume(output[:-1])
        return None if positions is None else positions * prod(self.weights(x)[0].shape)

    def brief(self) -> str:
        return f"{self.filters} {self.brief_window(self.kernel_size, self.strides)}"


@register_layer
class Conv1D(Convolution):
    """Convolution over steps, such as the moments of a sound or the words of a text."""

    rank = 1
    example = Example((100, 16), filters=32, kernel_size=5, padding="causal")

    kernel_size: Kernel1
    strides: Strides1 = 1
    dilation_rate: Dilation1 = 1


@register_layer
class Conv2D(Convolution):
    """Convolution over height and width (LeCun et al., 1998)."""

    rank = 2
    example = Example((32, 32, 3), filters=16, kernel_size=3, padding="same")

    kernel_size: Kernel2
    strides: Strides2 = 1
    padding: Padding = "valid"
    dilation_rate: Dilation2 = 1


@register_layer
class Conv3D(Convolution):
    """Convolution over depth, height and width, such as those of a scan or a film."""

    rank = 3
    example = Example((16, 32, 32, 1), filters=8, kernel_size=3, strides=2)

    kernel_size: Kernel3
    strides: Strides3 = 1
    padding: Padding = "valid"
    dilation_rate: Dilation3 = 1
