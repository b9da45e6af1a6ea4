"""What ``netspec summary --json`` prints: docs/output.md describes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from netspec.costs.cost import Cost, cost_of
from netspec.costs.setting import Setting
from netspec.graph import Graph, Node
from netspec.receptive_field import Field, receptive_fields


def as_json(graph: Graph) -> dict[str, Any]:
    """The object of one network. Shapes have no batch axis; an unknown size is null."""
    return {
        "schema": "netspec.summary/1",
        "name": graph.name,
        "inputs": _shapes(graph, graph.inputs),
        "outputs": _shapes(graph, graph.outputs),
        "params": {
            "total": graph.params.total,
            "trainable": graph.params.trainable,
            "non_trainable": graph.params.non_trainable,
        },
        "macs": graph.macs,
        "layers": [_layer(node) for node in graph.nodes.values()],
    }


def with_costs(graph: Graph, setting: Setting) -> dict[str, Any]:
    """The same with the cost of the network, each stage, block and layer, and the receptive field of each layer."""
    costs = {node: cost_of(node, setting) for node in graph.nodes.values()}
    fields = {name: receptive_fields(graph, name) for name in graph.inputs}
    found = as_json(graph)
    found["cost"] = sum(costs.values(), Cost()).as_json()
    found["stages"] = _together((node.stage, cost) for node, cost in costs.items())
    found["blocks"] = _together((node.block, cost) for node, cost in costs.items())
    for layer, (node, cost) in zip(found["layers"], costs.items(), strict=True):
        layer["cost"] = cost.as_json()
        layer["receptive_field"] = {name: _field(seen[node]) for name, seen in fields.items()}
    return found


def _shapes(graph: Graph, names: tuple[str, ...]) -> Mapping[str, list[int | None]]:
    return {name: list(graph.nodes[name].shape) for name in names}


def _together(costs: Iterable[tuple[str | None, Cost]]) -> list[dict[str, Any]]:
    """Add up the costs of the same name; what has none stands in no stage or block."""
    found: dict[str, Cost] = {}
    for name, cost in costs:
        if name is not None:
            found[name] = found.get(name, Cost()) + cost
    return [{"name": name, "cost": cost.as_json()} for name, cost in found.items()]


def _layer(node: Node) -> dict[str, Any]:
    return {
        "name": node.name,
        "type": node.type,
        "stage": node.stage,
        "block": node.block,
        "from": [read.name for read in node.inputs],
        "output_shape": list(node.shape),
        "params": node.params,
        "trainable": node.trainable,
        "macs": node.macs,
        "file": node.where.file,
        "line": node.where.line,
    }


def _field(field: Field) -> dict[str, Any] | None:
    if field.unknown:
        return None
    strides = [stride if stride is None or stride % 1 else int(stride) for stride in field.stride]
    return {
        "size": list(field.size),
        "stride": [stride if stride is None or isinstance(stride, int) else float(stride) for stride in strides],
    }
