"""How much memory the outputs of layers take, for one sample and under Keras's default dtype policy."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.costs.cost import Cost, cost_of, total
from netspec.costs.setting import Setting
from netspec.costs.timeline import of_inference
from netspec.graph import Graph, Node

__all__ = ["Cost", "Setting", "activation_bytes", "activation_memory", "alive_at_peak", "cost_of", "total"]


def activation_bytes(node: Node, setting: Setting | None = None) -> int | None:
    """The size of a node's output for one sample, in bytes. One setting for a whole network spares work."""
    return (setting or Setting()).output_bytes(node)


def activation_memory(graph: Graph) -> int | None:
    """The most bytes of activations alive at once in a forward pass of one sample; None where a size is unknown.

    Nodes run in the order of the graph; an output is alive from when it is made until its last reader has run, the
    network's outputs until the end. What a layer needs inside is counted while it runs; weights are not.
    """
    alive = alive_at_peak(graph).values()
    return None if None in alive else sum(size or 0 for size in alive)


def alive_at_peak(graph: Graph) -> Mapping[Node, int | None]:
    """The nodes whose outputs are alive when most is, with their bytes; None where a size is unknown.

    What the layer that runs then needs inside is counted with it.
    """
    setting = Setting()
    timeline = of_inference(graph, setting)
    if timeline is None:
        sizes = {node: setting.output_bytes(node) for node in graph.nodes.values()}
        return {node: size for node, size in sizes.items() if size is None}
    step = timeline.peak(batch=1)
    alive = {node: setting.output_bytes(node) or 0 for node in timeline.alive_at(step)}
    if inside := step.at(batch=1).workspace:
        alive[step.node] = alive.get(step.node, 0) + inside
    return alive
