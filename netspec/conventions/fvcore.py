"""fvcore's `FlopCountAnalysis`: multiply-adds of the operations that PyTorch's tracer sees, and some others.

Read from fvcore 0.1.5's `fvcore/nn/jit_handles.py` and `flop_count.py`. It counts a convolution, a linear layer, a
matrix product or an einsum by its multiply-adds, without biases; batch normalization in inference 2 for each value, any
other normalization 5, and without learned factors 1 and 4; pooling to a given height and width 1 for each value that
is read; enlarging an image 1 or, linearly, 4 for each value that is made. All else counts 0.
"""

from __future__ import annotations

from math import floor, prod

from netspec.conventions import Count
from netspec.conventions._torch import (
    AdaptiveAvgPool,
    BatchNorm,
    Convolution,
    Einsum,
    GroupNorm,
    Interpolate,
    LayerNorm,
    Linear,
    MatrixProduct,
    MultiheadAttention,
    TransposedConvolution,
)
from netspec.conventions._torch_tool import TorchTool
from netspec.graph import Graph

TOOL = TorchTool("fvcore", "multiply-adds and others, as fvcore's FlopCountAnalysis counts for one sample")
UPSAMPLING = {"nearest": 1, "bilinear": 4}


@TOOL.rules.of(Convolution)
def _convolve(call: Convolution) -> int:
    return call.times * call.weight * prod(call.made)


@TOOL.rules.of(TransposedConvolution)
def _convolve_transposed(call: TransposedConvolution) -> int:
    return call.times * call.weight * prod(call.read)


@TOOL.rules.of(Linear)
def _connect(call: Linear) -> int:
    return call.times * call.weight * call.positions


@TOOL.rules.of(MultiheadAttention, note="the four projections are counted, the products of queries and keys are not")
def _attend(call: MultiheadAttention) -> int:
    return call.times * call.projections


@TOOL.rules.of(MatrixProduct)
def _multiply(call: MatrixProduct) -> int:
    return call.times * call.batch * call.rows * call.inner * call.columns


@TOOL.rules.of(Einsum, note="fvcore asks NumPy, which tells four digits")
def _contract(call: Einsum) -> int:
    """Half of what `numpy.einsum_path` prints as its operations."""
    operations = prod(call.sizes.values()) * (2 if call.sums else 1)
    return call.times * floor(float(f"{operations:.3e}") / 2)


@TOOL.rules.of(BatchNorm, note="2 for each value, a product and a sum")
def _normalize_batch(call: BatchNorm) -> int:
    return call.times * call.values * (2 if call.weight else 1)


@TOOL.rules.of(LayerNorm, GroupNorm, note="5 for each value")
def _normalize(call: LayerNorm | GroupNorm) -> int:
    return call.times * call.values * (5 if call.weight else 4)


@TOOL.rules.of(AdaptiveAvgPool, note="1 for each value that nn.AdaptiveAvgPool2d reads; of 1d and 3d nothing")
def _pool(call: AdaptiveAvgPool) -> int:
    return call.times * call.channels * prod(call.read) if len(call.read) == 2 else 0


@TOOL.rules.of(Interpolate, note="1 for each value that is made of an image, 4 where it is bilinear")
def _enlarge(call: Interpolate) -> int:
    each = UPSAMPLING.get(call.mode, 0) if len(call.made) == 2 else 0
    return call.times * each * call.channels * prod(call.made)


def count(graph: Graph) -> Count:
    """Count a network as fvcore would."""
    return TOOL.count(graph)
