"""ptflops with its ATen backend: multiply-adds and biases of the matrix products and convolutions that are dispatched.

Read from ptflops 0.7.5's `aten_ops.py` and `aten_engine.py`. Each bias counts 1 for each value it is added to. What
PyTorch computes in one kernel is not seen: `F.scaled_dot_product_attention` and `nn.LSTM` on a CPU; the products of
`nn.GRU` and `nn.RNN` are. Normalization, pooling and activations count 0.
"""

from __future__ import annotations

from math import prod

from netspec.conventions import Count
from netspec.conventions._torch import (
    GRU,
    RNN,
    Call,
    Convolution,
    Einsum,
    Linear,
    MatrixProduct,
    MultiheadAttention,
    Recurrent,
    ScaledDotProductAttention,
    TransposedConvolution,
)
from netspec.conventions._torch_tool import TorchTool
from netspec.graph import Graph


def parameters(call: Call, once: bool) -> int:
    """Count all parameters of the model, once."""
    if isinstance(call, Linear) and call.apart:
        return 0 if call.tied else call.parameters
    return call.parameters if once else 0


TOOL = TorchTool("ptflops", "multiply-adds and biases, as ptflops counts for one sample with backend aten", parameters)


@TOOL.rules.of(Convolution, note="biases are counted, 1 for each value")
def _convolve(call: Convolution) -> int:
    return call.times * call.parameters * prod(call.made)


@TOOL.rules.of(TransposedConvolution, note="biases are counted, 1 for each value")
def _convolve_transposed(call: TransposedConvolution) -> int:
    return call.times * (call.weight * prod(call.read) + call.biases * prod(call.made))


@TOOL.rules.of(Linear, note="biases are counted, 1 for each value")
def _connect(call: Linear) -> int:
    return call.times * call.parameters * call.positions


@TOOL.rules.of(MultiheadAttention, note="the projections and their biases are counted, other products are not")
def _attend(call: MultiheadAttention) -> int:
    return call.times * (call.projections + call.added_biases)


@TOOL.rules.of(MatrixProduct)
def _multiply(call: MatrixProduct) -> int:
    return call.times * call.batch * call.rows * call.inner * call.columns


@TOOL.rules.of(ScaledDotProductAttention, note="its products are seen only where values have another size than keys")
def _mix(call: ScaledDotProductAttention) -> int:
    """Count what PyTorch computes by plain products, as its fused kernel wants one size."""
    fused = call.size == call.value_size
    return 0 if fused else call.times * call.queries * call.keys * call.heads * (call.size + call.value_size)


@TOOL.rules.of(Einsum)
def _contract(call: Einsum) -> int:
    """Count a product of matrices; values that are multiplied one by one are none."""
    return call.times * prod(call.sizes.values()) if call.sums else 0


@TOOL.rules.of(GRU, RNN, note="both biases of each gate are counted, 1 a unit and step")
def _recur(call: Recurrent) -> int:
    return call.times * call.steps * call.parameters


def count(graph: Graph) -> Count:
    """Count a network as ptflops would."""
    return TOOL.count(graph)
