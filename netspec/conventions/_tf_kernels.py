"""What TensorFlow's profiler counts of convolutions and products of matrices."""

from __future__ import annotations

from math import prod

from netspec.conventions._operations import (
    Operations,
    each,
    einsum_output,
    spread_positions,
    total,
)
from netspec.conventions._rules import UnknownSizeError, known, values
from netspec.conventions._tf import of
from netspec.conventions._tf_activations import activation
from netspec.layers import (
    convolution,
    core,
    depthwise_convolution,
    einsum,
    scaling,
    transposed_convolution,
)
from netspec.shapes import Shape


def _bias(used: bool, shape: Shape, name: str = "BiasAdd") -> Operations:
    return each(values(shape), name) if used else Operations()


def product_of(name: str, kernel: int, positions: int) -> Operations:
    return Operations({name: 2 * kernel * positions})


def _positions(layer: convolution.Convolution | depthwise_convolution.ChannelwiseConvolution, *shapes: Shape) -> int:
    """Count the windows: of a dilated convolution those that TensorFlow adds, too."""
    x, output = shapes
    dilation: tuple[int, ...] = layer.along(layer.dilation_rate)  # type: ignore[union-attr]
    if max(dilation) == 1:
        return values(output[:-1])
    window = layer.along(layer.kernel_size)  # type: ignore[union-attr]
    return spread_positions(known(x[:-1]), window, dilation, layer.padding)  # type: ignore[union-attr]


@of(convolution.Convolution, note="the profiler does not see the convolution of groups of channels")
def convolve(layer: convolution.Convolution, x: Shape, output: Shape) -> Operations:
    kernel = prod(layer.weights(x)[0].shape)
    name = "Conv3D" if layer.rank == 3 else "Conv2D"
    product = product_of(name, kernel, _positions(layer, x, output)) if layer.groups == 1 else Operations()
    return total([product, _bias(layer.use_bias, output), activation(layer.activation, output)])


@of(depthwise_convolution.DepthwiseConvolution)
def convolve_depthwise(layer: depthwise_convolution.DepthwiseConvolution, x: Shape, output: Shape) -> Operations:
    product = product_of("DepthwiseConv2dNative", prod(layer.weights(x)[0].shape), _positions(layer, x, output))
    return total([product, _bias(layer.use_bias, output), activation(layer.activation, output)])


@of(depthwise_convolution.SeparableConvolution)
def convolve_separably(layer: depthwise_convolution.SeparableConvolution, x: Shape, output: Shape) -> Operations:
    depthwise, pointwise, *_ = layer.weights(x)
    return total(
        [
            product_of("DepthwiseConv2dNative", prod(depthwise.shape), _positions(layer, x, output)),
            product_of("Conv2D", prod(pointwise.shape), values(output[:-1])),
            _bias(layer.use_bias, output),
            activation(layer.activation, output),
        ]
    )


@of(
    transposed_convolution.TransposedConvolution,
    note="the positions of the output are counted, divided by the strides; a transposed Conv3D counts 0",
)
def convolve_transposed(layer: transposed_convolution.TransposedConvolution, x: Shape, output: Shape) -> Operations:
    kernel = prod(layer.weights(x)[0].shape)
    product = Operations()
    if layer.rank < 3:
        counted = 2 * kernel * values(output[:-1]) // prod(layer.along(layer.strides))
        product = Operations({"Conv2DBackpropInput": counted})
    return total([product, _bias(layer.use_bias, output), activation(layer.activation, output)])


def lora(rows: int, columns: int, rank: int | None) -> Operations:
    """Count what puts the low-rank part to a matrix."""
    if rank is None:
        return Operations()
    return total([Operations({"MatMul": 2 * rows * rank * columns}), each(rows * columns, "Mul AddV2")])


@of(core.Dense)
def connect(layer: core.Dense, x: Shape, output: Shape) -> Operations:
    return total(
        [
            lora(values(x[-1:]), layer.units, layer.lora_rank),
            Operations({"MatMul": 2 * values(x) * layer.units}),
            _bias(layer.use_bias, output),
            activation(layer.activation, output),
        ]
    )


MATRIX_EQUATIONS = {"ab,bc->ac", "ab,cb->ac", "abc,cd->abd", "abc,dc->abd", "abc,cde->abde", "abc,dce->abde"} | {
    "abc,dec->abde",
    "abcd,cde->abe",
    "abcd,ced->abe",
    "abcd,ecd->abe",
}
"""What Keras computes as a product of matrices; any other equation is TensorFlow's Einsum, which counts 0."""


def is_matrix_product(equation: str) -> bool:
    """Whether Keras makes a product of matrices of it, whatever its letters are called."""
    letters = dict.fromkeys(letter for letter in equation if letter.isalpha())
    renamed = str.maketrans(dict(zip(letters, "abcdefghijklmnopqrstuvwxyz", strict=False)))
    return equation.translate(renamed) in MATRIX_EQUATIONS


@of(einsum.EinsumDense, note="TensorFlow's Einsum counts 0")
def contract(layer: einsum.EinsumDense, x: Shape, output: Shape) -> Operations:
    product = Operations()
    if is_matrix_product(layer.equation):
        macs = layer.macs(x, output)
        if macs is None:
            raise UnknownSizeError
        product = Operations({"BatchMatMulV2": 2 * macs})
    made = einsum_output(layer, x, output)
    return total([product, _bias(layer.bias_axes is not None, made), activation(layer.activation, made)])


@of(scaling.Scaling, note="TensorFlow's Einsum counts 0")
def scale(layer: scaling.Scaling, x: Shape, output: Shape) -> Operations:
    return _bias(layer.use_bias, output)
