"""XLA's `HloCostAnalysis`, on what Keras's model is in JAX for one sample in inference, before it is compiled.

It is what `jax.jit(f).lower(…).cost_analysis()["flops"]` gives, with f the model's `stateless_call` and the weights as
arguments (as constants, weights of zeros and ones are folded away). XLA counts 2 for each multiply-add, those of a
convolution only where the window is on the input and not on its padding; 1 for each value of an element-wise
operation; a reduction by its steps. Exponentials, logarithms, tanh and roots it counts apart ("transcendentals"), the
body of a loop once. It keeps the sum in 32 bits, of which 24 are digits, so that a large network's is rounded. Which
operations a layer becomes was read off JAX 0.10 and Keras 3.15.
"""

from __future__ import annotations

from netspec.conventions import (
    Count,
    _xla_attention,  # noqa: F401 - these four hold the rules
    _xla_kernels,  # noqa: F401
    _xla_sequences,  # noqa: F401
    _xla_values,  # noqa: F401
)
from netspec.conventions._xla import COUNTER
from netspec.graph import Graph


def count(graph: Graph) -> Count:
    """Count a network as XLA would."""
    return COUNTER.count(graph)
