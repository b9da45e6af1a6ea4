"""thop's `profile`: multiply-adds of modules that stand in its list, and sums and products of some others.

Read from thop 0.1.1's `profile.py`, `vision/basic_hooks.py`, `vision/calc_func.py` and `rnn_hooks.py`. It looks at
modules alone, by their exact class: it does not see functions, bare parameters and `nn.MultiheadAttention`, whose last
projection is of a class of its own. It counts the parameters of the modules in its list, and no others.
"""

from __future__ import annotations

from math import prod

from netspec.conventions import Count
from netspec.conventions._torch import (
    GRU,
    LSTM,
    RNN,
    AdaptiveAvgPool,
    AvgPool,
    BatchNorm,
    Call,
    Convolution,
    LayerNorm,
    Linear,
    PReLU,
    Recurrent,
    Softmax,
    TransposedConvolution,
    Upsample,
)
from netspec.conventions._torch_tool import TorchTool
from netspec.graph import Graph

UPSAMPLING = {"nearest": 1, "linear": 5, "bilinear": 11, "bicubic": 224 + 35}


def parameters(call: Call, once: bool) -> int:
    """Count those of a module that has a rule, at its first call."""
    first = once or (isinstance(call, Linear) and call.apart)
    return call.parameters if first and TOOL.has_rule(call) else 0


TOOL = TorchTool("thop", "multiply-adds and others, as thop's profile counts for one sample", parameters)


@TOOL.rules.of(TransposedConvolution, note="it is counted at each position of its output, not of its input")
@TOOL.rules.of(Convolution)
def _convolve(call: Convolution) -> int:
    return call.times * call.weight * prod(call.made)


@TOOL.rules.of(Linear)
def _connect(call: Linear) -> int:
    return call.times * call.weight * call.positions


@TOOL.rules.of(BatchNorm, LayerNorm, note="4 for each value, 2 where nothing is learned")
def _normalize(call: BatchNorm | LayerNorm) -> int:
    return call.times * call.values * (4 if call.weight else 2)


@TOOL.rules.of(AvgPool, note="1 for each value that is made")
def _pool(call: AvgPool) -> int:
    return call.times * call.channels * prod(call.made)


@TOOL.rules.of(AdaptiveAvgPool, note="for each value that is made, 1 and the values it is made of")
def _pool_adaptively(call: AdaptiveAvgPool) -> int:
    window = prod(read / made for read, made in zip(call.read, call.made, strict=True))
    return int((window + 1) * call.times * call.channels * prod(call.made))


@TOOL.rules.of(Upsample, note="for each value that is made 1, where it is bilinear 11, where it is bicubic 259")
def _enlarge(call: Upsample) -> int:
    return call.times * UPSAMPLING.get(call.mode, 0) * call.channels * prod(call.made)


@TOOL.rules.of(Softmax, note="for each value an exponential, a sum and a division")
def _soften(call: Softmax) -> int:
    along = call.shape[call.axis]
    return call.times * prod(call.shape) // along * (3 * along - 1)


@TOOL.rules.of(PReLU, note="1 for each value")
def _rectify(call: PReLU) -> int:
    return call.times * prod(call.shape)


@TOOL.rules.of(LSTM, note="both biases and what the gates do are counted, each 1 a unit and step")
def _remember(call: LSTM) -> int:
    return _at_each_step(call, 4)


@TOOL.rules.of(GRU, note="both biases and what the gates do are counted, each 1 a unit and step")
def _remember_gated(call: GRU) -> int:
    return _at_each_step(call, 4)


@TOOL.rules.of(RNN, note="both biases and a sum are counted, each 1 a unit and step")
def _recur(call: RNN) -> int:
    return _at_each_step(call, 0)


def _at_each_step(call: Recurrent, others: int) -> int:
    """Count the products and a sum for each gate, its two biases, and ``others`` for each unit."""
    gates = call.gates * (1 + (2 if call.bias else 0)) + others
    return call.times * call.steps * (call.weight + call.directions * call.units * gates)


def count(graph: Graph) -> Count:
    """Count a network as thop would."""
    return TOOL.count(graph)
