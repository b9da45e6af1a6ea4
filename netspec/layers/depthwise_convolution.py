"""Convolutions that treat channels apart.

See https://keras.io/api/layers/convolution_layers/depthwise_convolution2d/.
"""

from __future__ import annotations

from math import prod

from netspec.layer import Example, Weight, Weights, Work, register_layer
from netspec.layers.convolution import SpatialLayer
from netspec.layers.counting import after_product, per_value, total
from netspec.layers.fields import (
    Activation,
    Constraint,
    DepthMultiplier,
    Dilation,
    Dilation1,
    Dilation2,
    Filters,
    Initializer,
    Kernel,
    Kernel1,
    Kernel2,
    Padding,
    Regularizer,
    Sizes,
    Strides,
    Strides1,
    Strides2,
    UseBias,
)
from netspec.layers.kernels import with_bias
from netspec.reaches import ALL, Sight
from netspec.shapes import Shape, require_known, require_spatial, volume


class ChannelwiseConvolution(SpatialLayer):
    """What depthwise and separable convolutions have in common: Keras has them for one and two dimensions."""

    def slide(self, x: Shape, kernel_size: Sizes, strides: Sizes, padding: str, dilation_rate: Sizes) -> Shape:
        """Slide the window over the spatial axes of ``x``."""
        require_spatial(self.type_name, x, self.rank, siblings=(1, 2))
        return self.windows_along(x[:-1], kernel_size, strides, padding, dilation_rate)

    def seen_in_window(self, x: Shape, kernel_size: Sizes, strides: Sizes, padding: str, dilation_rate: Sizes) -> Sight:
        """Say what the window sees of ``x``."""
        return ((*self.seen_along(x[:-1], kernel_size, strides, padding, dilation_rate), ALL),)

    def macs(self, x: Shape, output: Shape) -> int | None:
        positions = volume(output[:-1])
        kernels = [weight for weight in self.weights(x) if weight.name != "bias"]
        return None if positions is None else positions * sum(prod(kernel.shape) for kernel in kernels)


class DepthwiseConvolution(ChannelwiseConvolution):
    """What the depthwise convolutions of one and two dimensions have in common."""

    kernel_size: Kernel
    strides: Strides = 1
    padding: Padding = "valid"
    depth_multiplier: DepthMultiplier = 1
    dilation_rate: Dilation = 1
    activation: Activation = None
    use_bias: UseBias = True
    depthwise_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    depthwise_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    depthwise_constraint: Constraint = None
    bias_constraint: Constraint = None

    def infer(self, x: Shape) -> Shape:
        spatial = self.slide(x, self.kernel_size, self.strides, self.padding, self.dilation_rate)
        return (*spatial, None if x[-1] is None else x[-1] * self.depth_multiplier)

    def reach(self, x: Shape, output: Shape) -> Sight:
        return self.seen_in_window(x, self.kernel_size, self.strides, self.padding, self.dilation_rate)

    def weights(self, x: Shape) -> Weights:
        channels = require_known(self.type_name, x[-1], "channels")
        shape = (*self.along(self.kernel_size), channels, self.depth_multiplier)
        kernel = Weight("kernel", shape, initializer="depthwise_initializer")
        return with_bias((kernel,), self.use_bias, channels * self.depth_multiplier)

    def work(self, x: Shape, output: Shape) -> Work | None:
        return after_product(output, self.use_bias, self.activation, trainable=self.trainable)

    def brief(self) -> str:
        return self.brief_window(self.kernel_size, self.strides)


@register_layer
class DepthwiseConv1D(DepthwiseConvolution):
    """Convolution over steps of every channel on its own."""

    rank = 1
    example = Example((100, 16), kernel_size=5, padding="same")

    kernel_size: Kernel1
    strides: Strides1 = 1
    dilation_rate: Dilation1 = 1


@register_layer
class DepthwiseConv2D(DepthwiseConvolution):
    """Convolution over height and width of every channel on its own, as in MobileNet (Howard et al., 2017)."""

    rank = 2
    example = Example((32, 32, 16), kernel_size=3, strides=2, padding="same")

    kernel_size: Kernel2
    strides: Strides2 = 1
    dilation_rate: Dilation2 = 1


class SeparableConvolution(ChannelwiseConvolution):
    """What the separable convolutions of one and two dimensions have in common."""

    filters: Filters
    kernel_size: Kernel
    strides: Strides = 1
    padding: Padding = "valid"
    dilation_rate: Dilation = 1
    depth_multiplier: DepthMultiplier = 1
    activation: Activation = None
    use_bias: UseBias = True
    depthwise_initializer: Initializer = "glorot_uniform"
    pointwise_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    depthwise_regularizer: Regularizer = None
    pointwise_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    depthwise_constraint: Constraint = None
    pointwise_constraint: Constraint = None
    bias_constraint: Constraint = None

    def infer(self, x: Shape) -> Shape:
        return (*self.slide(x, self.kernel_size, self.strides, self.padding, self.dilation_rate), self.filters)

    def reach(self, x: Shape, output: Shape) -> Sight:
        return self.seen_in_window(x, self.kernel_size, self.strides, self.padding, self.dilation_rate)

    def weights(self, x: Shape) -> Weights:
        channels = require_known(self.type_name, x[-1], "channels")
        depthwise = Weight("depthwise_kernel", (*self.along(self.kernel_size), channels, self.depth_multiplier))
        mixed = channels * self.depth_multiplier
        pointwise = Weight("pointwise_kernel", (*(1,) * self.rank, mixed, self.filters))
        return with_bias((depthwise, pointwise), self.use_bias, self.filters)

    def work(self, x: Shape, output: Shape) -> Work | None:
        between = (*output[:-1], None if x[-1] is None else x[-1] * self.depth_multiplier)
        made_between = per_value(Work(kept=int(self.trainable), workspace=1), between)
        return total(made_between, after_product(output, self.use_bias, self.activation, trainable=self.trainable))

    def brief(self) -> str:
        return f"{self.filters} {self.brief_window(self.kernel_size, self.strides)}"


@register_layer
class SeparableConv1D(SeparableConvolution):
    """Convolution over steps of every channel on its own, then a mix of the channels."""

    rank = 1
    example = Example((100, 16), filters=32, kernel_size=5)

    kernel_size: Kernel1
    strides: Strides1 = 1
    dilation_rate: Dilation1 = 1


@register_layer
class SeparableConv2D(SeparableConvolution):
    """Convolution over height and width of every channel on its own, then a mix of the channels (Chollet, 2017)."""

    rank = 2
    example = Example((32, 32, 16), filters=32, kernel_size=3, padding="same")

    kernel_size: Kernel2
    strides: Strides2 = 1
    dilation_rate: Dilation2 = 1
