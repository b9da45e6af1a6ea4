"""What TensorFlow's profiler counts of positions, embeddings and recurrent layers, and of layers around others."""

from __future__ import annotations

from math import prod

from netspec.conventions._operations import (
    Operations,
    each,
    times,
    total,
)
from netspec.conventions._rules import known, values
from netspec.conventions._tf import COUNTER, of
from netspec.conventions._tf_activations import activation
from netspec.conventions._tf_kernels import lora, product_of
from netspec.layers import (
    attention,
    convolutional_recurrent,
    core,
    operations,
    recurrent,
    transformer,
    wrappers,
)
from netspec.shapes import Shape


def _pick(count: int = 1) -> Operations:
    """Count what makes indices positive, so that negative ones count from the end."""
    return each(count, "Less AddV2")


@of(core.Embedding)
def embed(layer: core.Embedding, x: Shape, output: Shape) -> Operations:
    masks = each(2 * values(x), "NotEqual") if layer.mask_zero else Operations()
    return total([lora(layer.input_dim, layer.output_dim, layer.lora_rank), _pick(values(x)), masks])


@of(attention.ReversibleEmbedding)
def embed_reversibly(layer: attention.ReversibleEmbedding, x: Shape, output: Shape) -> Operations:
    if not layer.reverse:
        return embed(layer, x, output)
    cap = each(values(output), "RealDiv Mul") if layer.logit_soft_cap is not None else Operations()
    return total([Operations({"MatMul": 2 * values(output) * layer.output_dim}), cap])


@of(operations.Take)
def take(layer: operations.Take, x: Shape, output: Shape) -> Operations:
    return _pick()


@of(transformer.Positions)
def number(layer: transformer.Positions, x: Shape, output: Shape) -> Operations:
    return total([_pick(len(x) - 1), each(values(output), "Sub")])


@of(transformer.LearnedTokens)
def learn(layer: transformer.LearnedTokens, x: Shape, output: Shape) -> Operations:
    return total([_pick(1 + 2 * layer.count), each(layer.count, "Sub")])


@of(transformer.SinusoidalPositionEmbedding)
def add_waves(layer: transformer.SinusoidalPositionEmbedding, x: Shape, output: Shape) -> Operations:
    return total([_pick(), each(values(x), "Sub Mul Sub Mul Equal AddV2")])


@of(transformer.RotaryEmbedding)
def turn(layer: transformer.RotaryEmbedding, x: Shape, output: Shape) -> Operations:
    steps, *_, size = known(x)
    angles = each(steps * size, "Sub Mul Sub Mul Mul Sub Mul")
    return total([_pick(len(x) - 1), angles, _pick(size), each(values(x), "Mul Mul AddV2")])


FIRST_STEP_ALONE = "the profiler sees the first step alone, and not the body of the loop"


@of(recurrent.RecurrentLayer, note=FIRST_STEP_ALONE)
def recur(layer: recurrent.RecurrentLayer, sequence: Shape, *others: Shape) -> Operations:
    steps, features = sequence
    step = _step(layer, known((features,))[0])
    return times(step, known((steps,))[0]) if layer.unroll else step


def _step(layer: recurrent.RecurrentLayer, features: int) -> Operations:
    units, gates = layer.units, layer.gates
    biases = each(gates * units, "BiasAdd") if layer.use_bias else Operations()
    products = Operations({"MatMul": 2 * gates * units * (features + units)})
    inside = activation(layer.activation, (units,))
    if isinstance(layer, recurrent.LSTM):
        opened = activation(layer.recurrent_activation, (3 * units,))
        kept = each(units, "Mul Mul AddV2 Mul")
        return total([products, each(gates * units, "BiasAdd"), biases, opened, inside, inside, kept])
    if isinstance(layer, recurrent.GRU):
        opened = activation(layer.recurrent_activation, (2 * units,))
        again = each(gates * units, "AddV2") if layer.use_bias and layer.reset_after else Operations()
        kept = each(units, "AddV2 AddV2 Mul AddV2 Mul Sub Mul AddV2")
        return total([products, biases, again, opened, inside, kept])
    return total([products, biases, each(units, "AddV2"), inside])


@of(convolutional_recurrent.ConvolutionalLSTM, note=FIRST_STEP_ALONE)
def recur_convolving(layer: convolutional_recurrent.ConvolutionalLSTM, sequence: Shape, *others: Shape) -> Operations:
    output = others[-1][1:] if layer.return_sequences else others[-1]
    state = values(output)
    kernels = sum(prod(kernel.shape) for kernel in layer.kernels(sequence))
    name = "Conv3D" if layer.rank == 3 else "Conv2D"
    return total(
        [
            product_of(name, kernels, values(output[:-1])),
            each(4 * state, "AddV2") if layer.use_bias else Operations(),
            each(state, "AddV2 AddV2 Mul AddV2 Mul AddV2 AddV2 Mul"),
            activation(layer.recurrent_activation, (3, state)),
            activation(layer.activation, (2, state)),
        ]
    )


@of(wrappers.TimeDistributed)
def distribute(layer: wrappers.TimeDistributed, x: Shape, output: Shape) -> Operations:
    return times(COUNTER.of_layer(layer.inner, x[1:], output[1:]), known(x[:1])[0])


MODES = {"concat": "", "sum": "AddV2", "mul": "Mul", "ave": "AddV2 RealDiv"}


@of(wrappers.Bidirectional, note=FIRST_STEP_ALONE)
def go_both_ways(layer: wrappers.Bidirectional, x: Shape, output: Shape) -> Operations:
    both = [COUNTER.of_layer(inner, x, inner.infer(x)) for inner in (layer.inner, layer.backward)]
    return total([*both, each(values(output), MODES[layer.merge_mode])])


@of(wrappers.SpectralNormalization)
def normalize_kernel(layer: wrappers.SpectralNormalization, x: Shape, output: Shape) -> Operations:
    return COUNTER.of_layer(layer.inner, x, output)
