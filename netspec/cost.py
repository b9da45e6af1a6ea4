"""What a network costs, and what a ``budget`` may bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from netspec.graph import Graph, Node
from netspec.shapes import volume

BYTES = {
    "float16": 2, "bfloat16": 2, "mixed_float16": 2, "mixed_bfloat16": 2, "float64": 8,
    "int8": 1, "uint8": 1, "bool": 1, "int16": 2, "uint16": 2, "int64": 8,
}  # fmt: skip
"""Bytes of one value, by an input's dtype or a layer's dtype policy; 4 (float32, int32) for what is not listed."""


def activation_bytes(node: Node) -> int | None:
    """The size of a node's output for one sample, in bytes."""
    values = volume(node.shape)
    return None if values is None else values * BYTES.get(getattr(node.layer, "dtype", None) or "", 4)


def activation_memory(graph: Graph) -> int | None:
    """The most bytes of activations alive at once in a forward pass of one sample.

    Nodes run in the order of the graph; an output is alive from when it is made until its last reader has run, the
    network's outputs until the end. Weights and what a kernel needs inside are not counted.
    """
    last_use: dict[Node, int] = {}
    nodes = list(graph.nodes.values())
    for position, node in enumerate(nodes):
        last_use[node] = position
        for read in node.inputs:
            last_use[read] = position
    for name in graph.outputs:
        last_use[graph.nodes[name]] = len(nodes)
    ending: dict[int, list[Node]] = {}
    for node, position in last_use.items():
        ending.setdefault(position, []).append(node)
    alive = peak = 0
    for position, node in enumerate(nodes):
        size = activation_bytes(node)
        if size is None:
            return None
        alive += size
        peak = max(peak, alive)
        alive -= sum(activation_bytes(dead) or 0 for dead in ending.get(position, ()))
    return peak


@dataclass(frozen=True, slots=True)
class Budget:
    """What a budget bounds: how much of it a network takes, and how much one node."""

    of_graph: Callable[[Graph], int | None]
    of_node: Callable[[Node], int | None]


BUDGETS: Mapping[str, Budget] = {
    "params": Budget(lambda graph: graph.params.total, lambda node: node.params),
    "trainable_params": Budget(lambda graph: graph.params.trainable, lambda node: node.trainable),
    "macs": Budget(lambda graph: graph.macs, lambda node: node.macs),
    "layers": Budget(lambda graph: graph.layer_count, lambda node: 1),
    "activation_memory": Budget(activation_memory, activation_bytes),
}


def dearest(graph: Graph, budget: str, count: int = 5) -> list[tuple[str, int]]:
    """The blocks (or layers outside of any) that take most of what a budget bounds, the dearest first."""
    spent: dict[str, int] = {}
    for node in graph.nodes.values():
        name = node.block or node.name
        spent[name] = spent.get(name, 0) + (BUDGETS[budget].of_node(node) or 0)
    return sorted(spent.items(), key=lambda item: -item[1])[:count]
