"""How layers with kernels, and tables of vectors, are written in PyTorch."""

from __future__ import annotations

from dataclasses import replace
from string import ascii_lowercase

from netspec.conventions._rules import known, values
from netspec.conventions._torch import (
    Convolution,
    Einsum,
    Embedding,
    Linear,
    Parameter,
    Sizes,
    TransposedConvolution,
)
from netspec.conventions._ways import WAYS, Calls
from netspec.layers import (
    attention,
    convolution,
    core,
    depthwise_convolution,
    einsum,
    scaling,
    transformer,
    transposed_convolution,
)
from netspec.shapes import Shape


@WAYS.of(convolution.Convolution)
def convolve(layer: convolution.Convolution, x: Shape, output: Shape) -> Calls:
    return (_convolution(layer.along(layer.kernel_size), layer.groups, layer.use_bias, x, output),)


def _convolution(kernel: Sizes, groups: int, bias: bool, x: Shape, output: Shape) -> Convolution:
    (*read, inputs), (*made, outputs) = known(x), known(output)
    return Convolution(
        inputs=inputs,
        outputs=outputs,
        kernel=kernel,
        groups=groups,
        bias=bias,
        read=tuple(read),
        made=tuple(made),
    )


@WAYS.of(depthwise_convolution.DepthwiseConvolution)
def convolve_depthwise(layer: depthwise_convolution.DepthwiseConvolution, x: Shape, output: Shape) -> Calls:
    return (_convolution(layer.along(layer.kernel_size), known(x)[-1], layer.use_bias, x, output),)


@WAYS.of(depthwise_convolution.SeparableConvolution)
def convolve_separably(layer: depthwise_convolution.SeparableConvolution, x: Shape, output: Shape) -> Calls:
    channels = known(x)[-1]
    between = (*output[:-1], channels * layer.depth_multiplier)
    return (
        _convolution(layer.along(layer.kernel_size), channels, False, x, between),
        _convolution((1,) * layer.rank, 1, layer.use_bias, between, output),
    )


@WAYS.of(transposed_convolution.TransposedConvolution)
def convolve_transposed(layer: transposed_convolution.TransposedConvolution, x: Shape, output: Shape) -> Calls:
    (*read, inputs), (*made, outputs) = known(x), known(output)
    return (
        TransposedConvolution(
            inputs=inputs,
            outputs=outputs,
            kernel=layer.along(layer.kernel_size),
            groups=1,
            bias=layer.use_bias,
            read=tuple(read),
            made=tuple(made),
            strides=layer.along(layer.strides),
        ),
    )


@WAYS.of(core.Dense)
def connect(layer: core.Dense, x: Shape, output: Shape) -> Calls:
    *others, inputs = known(x)
    return (linear(inputs, layer.units, layer.use_bias, values(tuple(others))),)


def linear(inputs: int, outputs: int, bias: bool, positions: int) -> Linear:
    return Linear(inputs=inputs, outputs=outputs, bias=bias, positions=positions)


@WAYS.of(einsum.EinsumDense)
def contract(layer: einsum.EinsumDense, x: Shape, output: Shape) -> Calls:
    """An ``nn.Linear`` where it sums the last axes and puts others in their place, else ``torch.einsum``."""
    kernel, *bias = layer.weights(x)
    letters = einsum.parse(layer.equation)
    assert letters is not None  # it was checked
    summed = [letter for letter in letters.inputs if letter not in letters.outputs]
    added = [letter for letter in letters.outputs if letter not in letters.inputs]
    stays = letters.inputs.removesuffix("".join(summed))
    has_bias = layer.bias_axes is not None
    if (
        not letters.dots_after
        and len(stays) + len(summed) == len(letters.inputs)
        and stays + "".join(added) == letters.outputs
        and set(letters.kernel) == {*summed, *added}
        and set(layer.bias_axes or added) == set(added)
        and summed
    ):
        inputs = values(x[len(x) - len(summed) :])
        outputs = values(output[len(output) - len(added) :])
        return (linear(inputs, outputs, has_bias, values(x) // inputs),)
    spare = [letter for letter in ascii_lowercase if letter not in "".join(letters[:3])]
    dots = "".join(spare[: 1 + len(x) - len(letters.inputs)])
    before, after = (dots, "") if letters.dots_before else ("", dots)
    full = f"{before}{letters.inputs}{after},{letters.kernel}->{before}{letters.outputs}{after}"
    product = Einsum(equation=full, first=(1, *known(x)), second=known(kernel.shape))
    return (product, *(Parameter(count=values(weight.shape)) for weight in bias[: int(has_bias)]))


@WAYS.of(scaling.Scaling)
def scale(layer: scaling.Scaling, x: Shape, output: Shape) -> Calls:
    return tuple(Parameter(count=values(weight.shape)) for weight in layer.weights(x))


@WAYS.of(core.Embedding)
def embed(layer: core.Embedding, x: Shape, output: Shape) -> Calls:
    return (Embedding(rows=layer.input_dim, size=layer.output_dim, positions=values(x)),)


@WAYS.of(attention.ReversibleEmbedding, note="on the way back it is an nn.Linear with the same vectors")
def embed_reversibly(layer: attention.ReversibleEmbedding, x: Shape, output: Shape) -> Calls:
    if not layer.reverse:
        return embed(layer, x, output)
    back = linear(layer.output_dim, layer.input_dim, False, values(x[:-1]))
    return (replace(back, tied=layer.tie_weights, apart=True),)


@WAYS.of(transformer.LearnedTokens, note="its vectors are a bare parameter")
def learn(layer: transformer.LearnedTokens, x: Shape, output: Shape) -> Calls:
    return (Parameter(count=values(output)),)
