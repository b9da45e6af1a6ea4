"""What the rules of TensorFlow's profiler are put to, file by file."""

from __future__ import annotations

from netspec.conventions._operations import OperationCounter

COUNTER = OperationCounter(
    "tf-profiler",
    "float operations, as TensorFlow's profiler counts in the graph of Keras's model for one sample",
    ["Conv2D", "Conv3D", "DepthwiseConv2dNative", "Conv2DBackpropInput", "MatMul", "BatchMatMulV2"],
)
of = COUNTER.rules.of
