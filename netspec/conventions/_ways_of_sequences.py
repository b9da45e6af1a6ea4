"""How attention, recurrent layers and layers around others are written in PyTorch."""

from __future__ import annotations

from dataclasses import replace

from netspec.conventions._rules import known, values
from netspec.conventions._torch import (
    GRU,
    LSTM,
    RNN,
    Call,
    Linear,
    MatrixProduct,
    MultiheadAttention,
    Recurrent,
    ScaledDotProductAttention,
)
from netspec.conventions._ways import WAYS, Calls
from netspec.conventions._ways_of_kernels import linear
from netspec.layer import Layer
from netspec.layers import (
    attending,
    attention,
    merging,
    recurrent,
    transformer,
    wrappers,
)
from netspec.shapes import Shape, axis_index


@WAYS.of(attending.HeadedAttention, note="it is four nn.Linear and F.scaled_dot_product_attention")
def attend_with_projections(layer: attending.HeadedAttention, *shapes: Shape) -> Calls:
    *inputs, output = shapes
    joined, heads = attending.sides(*inputs), layer.heads()
    axes = layer.attended(joined.query)
    asking, answering = values(joined.query[:-1]), values(joined.value[:-1])
    mixed, made = heads.queries * heads.value_size, values(output) // asking
    sides = [
        (joined.query, heads.queries * heads.size, asking),
        (joined.key, heads.keys * heads.size, answering),
        *([(joined.query, mixed, asking)] if layer.use_gate else []),
        (joined.value, heads.keys * heads.value_size, answering),
    ]
    return (
        *(linear(known(read)[-1], size, layer.use_bias, positions) for read, size, positions in sides),
        ScaledDotProductAttention(
            times=asking // values(tuple(joined.query[axis] for axis in axes)),
            queries=values(tuple(joined.query[axis] for axis in axes)),
            keys=values(tuple(joined.value[axis] for axis in axes)),
            heads=heads.queries,
            size=heads.size,
            value_size=heads.value_size,
        ),
        linear(mixed, made, layer.use_bias, asking),
    )


@WAYS.of(
    attention.MultiHeadAttention,
    note="it is taken for nn.MultiheadAttention, called with need_weights=False as torchvision does",
)
def attend_with_heads(layer: attention.MultiHeadAttention, *shapes: Shape) -> Calls:
    """PyTorch's module, where its one size fits: heads that share out the query's features, along one axis."""
    *inputs, output = shapes
    joined, heads = attending.sides(*inputs), layer.heads()
    size = known(joined.query)[-1]
    fits = heads.queries * heads.size == heads.queries * heads.value_size == size and output == joined.query
    if not fits or len(joined.query) != 2 or layer.use_gate:
        return attend_with_projections(layer, *shapes)
    return (
        MultiheadAttention(
            size=size,
            key_size=known(joined.key)[-1],
            value_size=known(joined.value)[-1],
            heads=heads.queries,
            bias=layer.use_bias,
            queries=known(joined.query)[0],
            keys=known(joined.value)[0],
        ),
    )


@WAYS.of(attention.PlainAttention, note="its products are torch.matmul")
def attend(layer: attention.PlainAttention, *shapes: Shape) -> Calls:
    *inputs, _ = shapes
    query, value, key, _ = attending.sides(*inputs)
    asking, answering = known(query)[-2], known(value)[-2]
    batch = values(query[:-2])
    mix = MatrixProduct(batch=batch, rows=asking, inner=answering, columns=known(value)[-1])
    if layer.spreads_features():
        return (mix,)
    return (MatrixProduct(batch=batch, rows=asking, inner=known(query)[-1], columns=known(key)[-2]), mix)


@WAYS.of(transformer.DotProductAttention, note="it is F.scaled_dot_product_attention")
def attend_to_heads(layer: transformer.DotProductAttention, query: Shape, key: Shape, *others: Shape) -> Calls:
    steps, heads, size = known(query)
    return (ScaledDotProductAttention(queries=steps, keys=known(key)[0], heads=heads, size=size, value_size=size),)


@WAYS.of(merging.Dot, note="it is torch.matmul")
def multiply(layer: merging.Dot, *shapes: Shape) -> Calls:
    left, right, _ = shapes
    axis = layer.axes if isinstance(layer.axes, int) else layer.axes[0]
    inner = known(left)[axis_index(layer.type_name, axis, left)]
    rows = values(left) // inner
    return (MatrixProduct(batch=1, rows=rows, inner=inner, columns=values(right) // inner),)


@WAYS.of(recurrent.LSTM, recurrent.GRU, recurrent.SimpleRNN, note="PyTorch's module has two biases for each gate")
def recur(layer: recurrent.RecurrentLayer, sequence: Shape, *others: Shape) -> Calls:
    steps, inputs = known(sequence)
    kinds: dict[int, type[Recurrent]] = {recurrent.LSTM.gates: LSTM, recurrent.GRU.gates: GRU}
    kind = kinds.get(layer.gates, RNN)
    return (kind(inputs=inputs, units=layer.units, steps=steps, bias=layer.use_bias),)


def _inside(layer: Layer, *shapes: Shape) -> Calls:
    return WAYS.get(type(layer)).count(layer, *shapes)


@WAYS.of(wrappers.TimeDistributed, note="the steps are made samples for it")
def distribute(layer: wrappers.TimeDistributed, x: Shape, output: Shape) -> Calls:
    steps = known(x)[0]
    calls = _inside(layer.inner, x[1:], output[1:])
    return tuple(_at_each(call, steps) for call in calls)


def _at_each(call: Call, steps: int) -> Call:
    """A linear module takes any number of axes as it is."""
    if isinstance(call, Linear):
        return replace(call, positions=call.positions * steps)
    return replace(call, times=call.times * steps)


@WAYS.of(wrappers.Bidirectional, note="PyTorch's module has two biases for each gate")
def go_both_ways(layer: wrappers.Bidirectional, x: Shape, output: Shape) -> Calls:
    forward, backward = _inside(layer.inner, x, output), _inside(layer.backward, x, output)
    if forward == backward and len(forward) == 1 and isinstance(forward[0], Recurrent):
        return (replace(forward[0], directions=2),)
    return (*forward, *backward)


@WAYS.of(wrappers.SpectralNormalization)
def normalize_kernel(layer: wrappers.SpectralNormalization, x: Shape, output: Shape) -> Calls:
    return _inside(layer.inner, x, output)
