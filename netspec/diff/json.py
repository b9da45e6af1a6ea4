"""What changed, for programs: the object that ``netspec diff --json`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netspec.cost import Setting
from netspec.diff.compare import Comparison, Pair
from netspec.diff.figures import activations, figures, part_figures, receptive_field
from netspec.diff.side import Side
from netspec.diff.weights import Loading, loading
from netspec.graph import Node
from netspec.outline import Kind, Part
from netspec.receptive_field import Field, receptive_fields

Fields = tuple[Mapping[Node, Field], Mapping[Node, Field]]


def as_json(comparison: Comparison) -> dict[str, Any]:
    """A comparison as data. Sizes that are unknown, and what a side does not have, are null."""
    a, b = comparison.a, comparison.b
    fields = receptive_fields(a.graph), receptive_fields(b.graph)
    return {
        "schema": "netspec.diff/1",
        "a": _side(a),
        "b": _side(b),
        "equal": comparison.equal,
        "changes": list(_changes(comparison.root, comparison, fields, Setting(), follows=False)),
        "cost": {
            **{name: figure.as_json() for name, figure in figures(a.graph, b.graph).items()},
            "receptive_field": {"before": receptive_field(a.graph), "after": receptive_field(b.graph)},
        },
        "weights": _weights(loading(comparison)),
    }


def alone(a: Side | None, b: Side | None) -> dict[str, Any]:
    """The same of a network that was not there before, or is not there any more."""
    both = {"a": a and _side(a), "b": b and _side(b)}
    return {"schema": "netspec.diff/1", **both, "equal": a is b, "changes": [], "cost": None, "weights": None}


def _side(side: Side) -> dict[str, Any]:
    graph = side.graph
    return {
        "name": graph.name,
        "description": graph.description,
        "file": side.file,
        "inputs": {name: list(graph.nodes[name].shape) for name in graph.inputs},
        "outputs": {name: list(graph.nodes[name].shape) for name in graph.outputs},
    }


def _changes(
    pair: Pair, comparison: Comparison, fields: Fields, setting: Setting, *, follows: bool
) -> Iterator[dict[str, Any]]:
    if not pair.change:
        return
    costs = {**part_figures(*pair.sides), "activations": activations(*pair.sides, setting)}
    yield {
        "change": pair.change,
        "kind": pair.part.kind.value,
        "type": pair.part.type,
        "follows": follows or pair.only_follows,
        "a": _part(pair.before, comparison.a, fields[0]),
        "b": _part(pair.after, comparison.b, fields[1]),
        "differences": [{"what": what, "before": old, "after": new} for what, old, new in pair.differences],
        "cost": {name: figure.as_json() for name, figure in costs.items()},
    }
    for inner in pair.inside:
        yield from _changes(inner, comparison, fields, setting, follows=follows or pair.follows)


def _part(part: Part | None, side: Side, fields: Mapping[Node, Field]) -> dict[str, Any] | None:
    if part is None:
        return None
    return {
        "name": part.name if part.kind is not Kind.network else side.graph.name,
        "type": part.type,
        "output_shape": list(part.shape),
        "receptive_field": fields[part.node].text(),
        "file": side.shown(part.where.file),
        "line": part.where.line,
    }


def _weights(found: Loading) -> dict[str, Any]:
    return {
        "complete": found.complete,
        "layers": found.layers,
        "layers_taken": len(found.taken),
        "params": found.params,
        "params_taken": found.params_taken,
        "taken": [node.name for node in found.taken],
        "strayed": [{"layer": node.name, "was": was or None} for node, was in found.strayed],
        "left": [
            {"a": _name(one.before), "b": _name(one.after), "why": one.why, "reason": one.reason} for one in found.left
        ],
    }


def _name(node: Node | None) -> str | None:
    return node.name if node else None
