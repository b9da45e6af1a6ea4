"""torchinfo's `summary`: its "mult-adds", parameters at each position of a convolution and once for anything else.

Read from torchinfo 1.8.0's `layer_info.py` and `model_statistics.py`. Of a module without modules inside, a convolution
counts its weights and biases at each position of its output, a recurrent module all its parameters at each step, and
any other module its `weight` and `bias` once, however many positions it works on. `nn.MultiheadAttention`, functions
and bare parameters count nothing. Parameters are all counted, those of a module that shares another's twice.
"""

from __future__ import annotations

from math import prod

from netspec.conventions import Count
from netspec.conventions._torch import (
    Call,
    Convolution,
    Embedding,
    Linear,
    Normalization,
    PReLU,
    Recurrent,
    TransposedConvolution,
)
from netspec.conventions._torch_tool import TorchTool
from netspec.graph import Graph


def parameters(call: Call, once: bool) -> int:
    """Count all of a module at its first call; a linear module with an embedding's matrix is another module."""
    return call.parameters if once or (isinstance(call, Linear) and call.apart) else 0


TOOL = TorchTool("torchinfo", 'multiply-adds and others, as torchinfo\'s "mult-adds" counts for one sample', parameters)


@TOOL.rules.of(TransposedConvolution, note="it and its biases are counted at each position of its output")
@TOOL.rules.of(Convolution, note="biases are counted too")
def _convolve(call: Convolution) -> int:
    return call.times * call.parameters * prod(call.made)


@TOOL.rules.of(Linear, note="weights and biases are counted once, not at each position")
def _connect(call: Linear) -> int:
    return call.times * call.parameters


@TOOL.rules.of(Embedding, Normalization, PReLU, note="its parameters are counted once")
def _look_up(call: Call) -> int:
    return call.times * call.parameters


@TOOL.rules.of(Recurrent, note="all parameters are counted at each step, both biases too")
def _recur(call: Recurrent) -> int:
    return call.times * call.steps * call.parameters


def count(graph: Graph) -> Count:
    """Count a network as torchinfo would."""
    return TOOL.count(graph)
