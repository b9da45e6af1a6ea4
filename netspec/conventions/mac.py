"""Multiply-adds, as netspec counts them everywhere: products of convolutions, dense layers, attention and einsum."""

from __future__ import annotations

from netspec.conventions import Count
from netspec.graph import Graph


def count(graph: Graph) -> Count:
    """Give netspec's own number."""
    why = (
        "This is netspec's own number: every multiply-add of a convolution, a dense product, an attention or einsum "
        "product and a recurrent layer, at each call, padding counted in full; nothing else.",
    )
    return Count("mac", graph.macs, "multiply-adds, for one sample", graph.macs, why)
