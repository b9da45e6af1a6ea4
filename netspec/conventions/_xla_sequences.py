"""What XLA's cost analysis counts of positions, embeddings and recurrent layers, and of layers around others."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from netspec.conventions._operations import (
    Operations,
    times,
    total,
)
from netspec.conventions._rules import known, values
from netspec.conventions._xla import BODY_ONCE, COUNTER, PADDING_UNSEEN, elementwise, of, running_sums
from netspec.conventions._xla_activations import activation
from netspec.conventions._xla_kernels import lora, taps, window_taps
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


def _picked(indices: int, values: int) -> Operations:
    """Count what is picked by index: the index is checked, and so is each value."""
    return elementwise(6 * indices + values)


@of(core.Embedding)
def embed(layer: core.Embedding, x: Shape, output: Shape) -> Operations:
    adapted = lora(layer.input_dim, layer.output_dim, layer.lora_rank, layer.lora_alpha)
    masks = elementwise(values(x) if layer.mask_zero else 0)
    return total([adapted, _picked(values(x), values(output)), masks])


@of(attention.ReversibleEmbedding)
def embed_reversibly(layer: attention.ReversibleEmbedding, x: Shape, output: Shape) -> Operations:
    if not layer.reverse:
        return embed(layer, x, output)
    cap = elementwise(2 * values(output) if layer.logit_soft_cap is not None else 0)
    return total([Operations({"dot": 2 * values(output) * layer.output_dim}), cap])


@of(operations.Take)
def take(layer: operations.Take, x: Shape, output: Shape) -> Operations:
    return _picked(1, values(output))


@of(transformer.Positions)
def number(layer: transformer.Positions, x: Shape, output: Shape) -> Operations:
    return elementwise(running_sums(output, 0) + values(output))


@of(transformer.LearnedTokens)
def learn(layer: transformer.LearnedTokens, x: Shape, output: Shape) -> Operations:
    return total([elementwise(layer.count**2), _picked(layer.count, values(output))])


def _angles(steps: int, size: int, each_angle: int) -> Operations:
    """Count the angles of each position, which are numbered by running sums."""
    sums = running_sums((steps, size), 0) + running_sums((steps, size), 1)
    return elementwise(sums + each_angle * steps * size + 4)


@of(transformer.SinusoidalPositionEmbedding)
def add_waves(layer: transformer.SinusoidalPositionEmbedding, x: Shape, output: Shape) -> Operations:
    steps, size = known(x)
    return _angles(steps, size, 24)


@of(transformer.RotaryEmbedding)
def turn(layer: transformer.RotaryEmbedding, x: Shape, output: Shape) -> Operations:
    steps, *_, size = known(x)
    return total([_angles(steps, size, 25), _picked(size, values(x)), elementwise(3 * values(x))])


@of(recurrent.RecurrentLayer, note=BODY_ONCE)
def recur(layer: recurrent.RecurrentLayer, sequence: Shape, *others: Shape) -> Operations:
    steps, features = known(sequence)
    if layer.unroll:
        return times(_step(layer, features), steps)
    ahead = isinstance(layer, recurrent.GRU) and layer.reset_after  # the products with the input are made before
    loop = elementwise(2 if ahead or not layer.go_backwards else 4)
    if not ahead:
        return total([_step(layer, features), loop])
    width = layer.gates * layer.units
    made = total([Operations({"dot": 2 * features * width}), elementwise(width * layer.use_bias)])
    rest = total([Operations({"dot": 2 * layer.units * width}), elementwise(width), _opened(layer)])
    return total([times(made, steps), rest, loop])


@COUNTER.masked_rules.of(recurrent.RecurrentLayer, note=BODY_ONCE)
def recur_masked(layer: recurrent.RecurrentLayer, sequence: Shape, *others: Shape) -> Operations:
    """Nothing stands before the loop then, and the output and each state are chosen by the mask."""
    steps, features = known(sequence)
    chosen = elementwise(1 + layer.units * (3 if isinstance(layer, recurrent.LSTM) else 2))
    step = total([_step(layer, features), chosen])
    return times(step, steps) if layer.unroll else total([step, elementwise(4 if layer.go_backwards else 2)])


def _step(layer: recurrent.RecurrentLayer, features: int) -> Operations:
    width = layer.gates * layer.units
    biases = layer.use_bias * width
    if isinstance(layer, recurrent.LSTM):
        biases += width  # the sum of the two products
    elif isinstance(layer, recurrent.GRU):
        biases += layer.use_bias * layer.reset_after * width
    else:
        biases += layer.units
    return total([Operations({"dot": 2 * width * (features + layer.units)}), elementwise(biases), _opened(layer)])


def _opened(layer: recurrent.RecurrentLayer) -> Operations:
    """Count what the gates do."""
    units = layer.units
    inside = activation(layer.activation, (units,))
    if isinstance(layer, recurrent.LSTM):
        gates = activation(layer.recurrent_activation, (3 * units,))
        return total([gates, inside, inside, elementwise(4 * units)])
    if isinstance(layer, recurrent.GRU):
        return total([activation(layer.recurrent_activation, (2 * units,)), inside, elementwise(8 * units)])
    return inside


@of(convolutional_recurrent.ConvolutionalLSTM, note=f"{BODY_ONCE}; {PADDING_UNSEEN}")
def recur_convolving(layer: convolutional_recurrent.ConvolutionalLSTM, sequence: Shape, *others: Shape) -> Operations:
    state = others[-1][1:] if layer.return_sequences else others[-1]
    kernel, recurrent_kernel = (weight.shape for weight in layer.kernels(sequence))
    moved = window_taps(layer, sequence[1:], state[:-1]) * prod(kernel[-2:])
    window = layer.along(layer.kernel_size)
    kept = prod(taps(size, size, tap, 1, 1, "same") for size, tap in zip(known(state[:-1]), window, strict=True))
    return total(
        [
            Operations({"convolution": 2 * (moved + kept * prod(recurrent_kernel[-2:]))}),
            elementwise(values(state) * (8 + 4 * layer.use_bias) + 2),
            activation(layer.recurrent_activation, (3, *state)),
            activation(layer.activation, (2, *state)),
        ]
    )


@of(wrappers.TimeDistributed, note=PADDING_UNSEEN)
def distribute(layer: wrappers.TimeDistributed, x: Shape, output: Shape) -> Operations:
    return times(COUNTER.of_layer(layer.inner, x[1:], output[1:]), known(x[:1])[0])


MERGED = {"concat": 0, "sum": 1, "mul": 1, "ave": 2}


@of(wrappers.Bidirectional, note=BODY_ONCE)
def go_both_ways(layer: wrappers.Bidirectional, x: Shape, output: Shape) -> Operations:
    both: Iterable[Operations] = [COUNTER.of_layer(inner, x, inner.infer(x)) for inner in (layer.inner, layer.backward)]
    return total([*both, elementwise(MERGED[layer.merge_mode] * values(output))])


@COUNTER.masked_rules.of(wrappers.Bidirectional, note=BODY_ONCE)
def go_both_ways_masked(layer: wrappers.Bidirectional, x: Shape, output: Shape) -> Operations:
    rules = COUNTER.masked_rules
    both = [rules.get(type(inner)).count(inner, x, inner.infer(x)) for inner in (layer.inner, layer.backward)]
    return total([*both, elementwise(MERGED[layer.merge_mode] * values(output))])


@of(wrappers.SpectralNormalization, note=PADDING_UNSEEN)
def normalize_kernel(layer: wrappers.SpectralNormalization, x: Shape, output: Shape) -> Operations:
    return COUNTER.of_layer(layer.inner, x, output)
