"""TensorFlow's profiler with `float_operation()`, on the graph that Keras makes for one sample in inference.

The profiler adds up what TensorFlow's registry says of each operation (`python/profiler/internal/flops_registry.py` and
`ops/nn_ops.py`): 2 for each multiply-add, 1 for each value of most element-wise operations, 2 of Rsqrt and
SquaredDifference, 5 of Softmax, the window for each value that is pooled. Relu, Sigmoid, Tanh, Exp, Erf, Einsum,
grouped convolutions, three-dimensional pooling and what stands in the body of a loop count 0. Which operations a layer
becomes was read off the graphs of Keras 3.15 on TensorFlow 2.21.
"""

from __future__ import annotations

from netspec.conventions import (
    Count,
    _tf_attention,  # noqa: F401 - these four hold the rules
    _tf_kernels,  # noqa: F401
    _tf_sequences,  # noqa: F401
    _tf_values,  # noqa: F401
)
from netspec.conventions._tf import COUNTER
from netspec.graph import Graph


def count(graph: Graph) -> Count:
    """Count a network as TensorFlow's profiler would."""
    return COUNTER.count(graph)
