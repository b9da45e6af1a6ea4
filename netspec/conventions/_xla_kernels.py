"""What XLA's cost analysis counts of convolutions and products of matrices."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from netspec.conventions._operations import (
    Operations,
    einsum_output,
    total,
)
from netspec.conventions._rules import UnknownSizeError, known, values
from netspec.conventions._xla import PADDING_UNSEEN, elementwise, of
from netspec.conventions._xla_activations import activation
from netspec.layers import (
    convolution,
    convolutional_recurrent,
    core,
    depthwise_convolution,
    einsum,
    scaling,
    transposed_convolution,
)
from netspec.shapes import Shape


@lru_cache(maxsize=4096)
def taps(size: int, made: int, kernel: int, stride: int, dilation: int, padding: str) -> int:
    """Count, over all windows along an axis, the taps that are on the input and not on padding."""
    if padding != "same":
        return made * kernel
    before = max((made - 1) * stride + (kernel - 1) * dilation + 1 - size, 0) // 2
    starts = (place * stride - before for place in range(made))
    return sum(0 <= start + tap * dilation < size for start in starts for tap in range(kernel))


@lru_cache(maxsize=4096)
def transposed_taps(size: int, made: int, kernel: int, stride: int, dilation: int) -> int:
    """Count the taps of a transposed convolution along an axis that fall on what is kept."""
    cut = max((size - 1) * stride + (kernel - 1) * dilation + 1 - made, 0) // 2
    return sum(0 <= place * stride + tap * dilation - cut < made for place in range(size) for tap in range(kernel))


def window_taps(
    layer: convolution.Convolution
    | depthwise_convolution.DepthwiseConvolution
    | depthwise_convolution.SeparableConvolution
    | convolutional_recurrent.ConvolutionalLSTM,
    x: Shape,
    made: Shape,
) -> int:
    sizes = zip(
        known(x[:-1]),
        known(made),
        layer.along(layer.kernel_size),
        layer.along(layer.strides),
        layer.along(layer.dilation_rate),
        strict=True,
    )
    return prod(taps(*size, layer.padding) for size in sizes)


def _with_bias(product: int, bias: bool, name: str | None, output: Shape) -> Operations:
    """Count a convolution or product of matrices, what is added to it, and its activation."""
    added = elementwise(values(output) if bias else 0)
    return total([Operations({"dot": product}), added, activation(name, output)])


@of(convolution.Convolution, note=PADDING_UNSEEN)
def convolve(layer: convolution.Convolution, x: Shape, output: Shape) -> Operations:
    *_, each_channel, filters = layer.weights(x)[0].shape
    product = 2 * window_taps(layer, x, output[:-1]) * each_channel * filters
    padded = elementwise(1 if layer.padding == "causal" else 0)
    return total([padded, _with_bias(product, layer.use_bias, layer.activation, output)])


@of(depthwise_convolution.DepthwiseConvolution, note=PADDING_UNSEEN)
def convolve_depthwise(layer: depthwise_convolution.DepthwiseConvolution, x: Shape, output: Shape) -> Operations:
    product = 2 * window_taps(layer, x, output[:-1]) * known(output)[-1]
    return _with_bias(product, layer.use_bias, layer.activation, output)


@of(depthwise_convolution.SeparableConvolution, note=PADDING_UNSEEN)
def convolve_separably(layer: depthwise_convolution.SeparableConvolution, x: Shape, output: Shape) -> Operations:
    pointwise = layer.weights(x)[1].shape
    depthwise = 2 * window_taps(layer, x, output[:-1]) * pointwise[-2]
    product = depthwise + 2 * prod(pointwise) * values(output[:-1])
    return _with_bias(product, layer.use_bias, layer.activation, output)


@of(transposed_convolution.TransposedConvolution, note="products that fall on what is cut off are not counted")
def convolve_transposed(layer: transposed_convolution.TransposedConvolution, x: Shape, output: Shape) -> Operations:
    sizes = zip(
        known(x[:-1]),
        known(output[:-1]),
        layer.along(layer.kernel_size),
        layer.along(layer.strides),
        layer.along(layer.dilation_rate),
        strict=True,
    )
    product = 2 * prod(transposed_taps(*size) for size in sizes) * known(x)[-1] * layer.filters
    return _with_bias(product, layer.use_bias, layer.activation, output)


def lora(rows: int, columns: int, rank: int | None, alpha: float | None) -> Operations:
    """Count what puts the low-rank part to a matrix."""
    if rank is None:
        return Operations()
    scaled = alpha is not None and alpha != rank
    return total([Operations({"dot": 2 * rows * rank * columns}), elementwise(rows * columns * (1 + scaled))])


@of(core.Dense)
def connect(layer: core.Dense, x: Shape, output: Shape) -> Operations:
    adapted = lora(values(x[-1:]), layer.units, layer.lora_rank, layer.lora_alpha)
    return total([adapted, _with_bias(2 * values(x) * layer.units, layer.use_bias, layer.activation, output)])


@of(einsum.EinsumDense)
def contract(layer: einsum.EinsumDense, x: Shape, output: Shape) -> Operations:
    macs = layer.macs(x, output)
    if macs is None:
        raise UnknownSizeError
    return _with_bias(2 * macs, layer.bias_axes is not None, layer.activation, einsum_output(layer, x, output))


@of(scaling.Scaling, note="each factor is a product of matrices for XLA")
def scale(layer: scaling.Scaling, x: Shape, output: Shape) -> Operations:
    return _with_bias(2 * values(x), layer.use_bias, None, output)
