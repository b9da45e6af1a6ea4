"""The final spec: every ``extends``, ``set``, ``use``, variable and default worked out, written as YAML again.

What is only known inside the network (``$i``, ``$channels``, a block's params) stays an expression, with the values of
the spec's variables written into it. Reading the result gives the same graph.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import yaml as pyyaml

from netspec import yaml
from netspec.errors import Mistake, Where
from netspec.expressions import Meter, parse_expression, substitute
from netspec.layer import TYPES
from netspec.limits import DEFAULT_LIMITS, Limits
from netspec.nodes import calls
from netspec.references import Reference
from netspec.scopes import Names, Place, Variables
from netspec.shapes import Shape
from netspec.syntax import Branches, Call, Group, Network, Step

TEXTS = ("netspec", "name", "description", "weights")
_Defaults = Mapping[str, Mapping[str, Any]]
WORKED_OUT = ("extends", "set", "use", "vars", "defaults", "blocks")


def resolved(network: Network, limits: Limits = DEFAULT_LIMITS) -> str:
    """Write the resolved spec of a network that was found good under ``limits``."""
    known = _Known(_variables(network), limits, Meter(), _left_out(network))
    defaults = {
        type_name: {name: _value(value.tree, known) for name, value in options.items()}
        for type_name, options in network.defaults.items()
    }
    result: dict[str, Any] = {"netspec": 1, "name": network.name}
    entries = network.tree.entries
    blocks = _blocks(network, known, defaults)
    for key, tree in entries.items():
        if key in TEXTS:
            result[key] = yaml.plain(tree)
        elif key == "stages":
            result[key] = {name: _nodes(nodes, known, defaults) for name, nodes in _entries(tree).items()}
        elif key == "head":
            result[key] = _nodes(tree, known, defaults)
        elif key not in WORKED_OUT:
            result[key] = _value(tree, known)
        elif key == "defaults" and _uses_written_blocks(network):
            result[key] = defaults  # layers inside a block written in Python can't be given their options one by one
        if key in ("use", "blocks") and blocks:
            result["blocks"] = blocks
    return pyyaml.dump(result, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


def _variables(network: Network) -> dict[str, Any]:
    variables = Variables(network.vars, {}, None)
    nowhere = Place(Names(), variables, [], None)
    return {name: variables.value(name, nowhere) for name in network.vars}


def _left_out(network: Network) -> frozenset[Where]:
    """Find the written nodes that the network does not have."""
    waiting = [step for steps in network.stages.values() for step in steps]
    waiting += [step for block in network.blocks.values() for step in block.steps]
    found = []
    while waiting:
        step = waiting.pop()
        if not step.expanded:
            found.append(step.where)
        if isinstance(step.body, Group):
            waiting += step.body.steps
        elif isinstance(step.body, Branches):
            waiting += [*chain.from_iterable(step.body.branches), step.body.merge]
    return frozenset(found)


def _uses_written_blocks(network: Network) -> bool:
    """Tell whether a block written in Python is called anywhere."""
    steps: list[Step] = [step for stage in network.stages.values() for step in stage]
    for block in network.blocks.values():
        steps += block.steps
    return any(
        isinstance(step.body, Call) and step.body.entry.name in TYPES and step.body.entry.kind == "block"
        for step in calls(steps)
    )


def _blocks(network: Network, known: _Known, defaults: _Defaults) -> dict[str, Any]:
    """Every block of the spec and its libraries; its own params and vars hide variables of the same name."""
    result = {}
    for library in (*network.libraries, network.tree):
        for name, tree in _entries(library.entries.get("blocks")).items():
            block = network.blocks[name]
            hidden = {*block.params, *block.vars}
            seen = known.without(hidden if block.sees_vars else known.values)
            result[name] = {
                key: _nodes(item, seen, defaults) if key == "nodes" else _value(item, seen)
                for key, item in _entries(tree).items()
            }
    return result


def _entries(tree: yaml.Tree | None) -> Mapping[str, yaml.Tree]:
    return tree.entries if isinstance(tree, yaml.Mapping) else {}


def _nodes(tree: yaml.Tree, known: _Known, defaults: _Defaults) -> list[Any]:
    assert isinstance(tree, yaml.Sequence)
    return [_node(item, known, defaults) for item in tree.items]


def _node(tree: yaml.Tree, known: _Known, defaults: _Defaults) -> Any:
    """A node with its defaults written out; one that needs nothing stays a bare name."""
    if isinstance(tree, yaml.Scalar):
        missing = defaults.get(str(tree.value), {})
        return {"type": tree.value, **missing} if missing else tree.value
    result: dict[str, Any] = {}
    if tree.where in known.left_out:
        known = replace(known, worked_out=False)  # never used, so never checked: as values they would be
    for key, item in _entries(tree).items():
        if key == "nodes":
            result[key] = _nodes(item, known, defaults)
        elif key == "branches":
            assert isinstance(item, yaml.Sequence)
            result[key] = [_nodes(branch, known, defaults) for branch in item.items]
        elif key == "merge" or _is_layer(key, tree, item):
            result[key] = _node(item, known, defaults)
        else:
            result[key] = _value(item, known)
    for name, value in defaults.get(str(result.get("type")), {}).items():
        result.setdefault(name, value)
    return result


def _is_layer(key: str, node: yaml.Tree, item: yaml.Tree) -> bool:
    """Whether an option of a node is a layer, for which defaults hold as well."""
    entry = TYPES.get(str(yaml.plain(_entries(node).get("type", item))))
    option = entry.options.get(key) if entry else None
    written = isinstance(item, yaml.Mapping) or not str(yaml.plain(item)).startswith("$")
    return option is not None and option.kind == "layer" and written


def _value(tree: yaml.Tree, known: _Known) -> Any:
    if isinstance(tree, yaml.Sequence):
        return [_value(item, known) for item in tree.items]
    if isinstance(tree, yaml.Mapping):
        return {key: _value(item, known) for key, item in tree.entries.items()}
    if not isinstance(tree.value, str):
        return tree.value
    expression = parse_expression(tree.value, known.limits)
    if expression is None:
        return tree.value
    if known.worked_out and expression.names <= known.values.keys() and not expression.uses_shapes:
        try:
            value = expression.evaluate(known)
        except Mistake:
            value = "$"  # nothing uses it, or the spec would have been refused
        if "$" not in str(value):  # a text with a $ would be read as an expression
            return value
    return substitute(tree.value, known.values)


@dataclass(frozen=True)
class _Known:
    """What an expression sees outside of the network: values only; what is asked of it was checked before.

    Where ``worked_out`` is false, expressions stay, with the values written into them; ``left_out`` are the nodes that
    the network does not have, where that is so.
    """

    values: Mapping[str, Any]
    limits: Limits
    meter: Meter
    left_out: frozenset[Where]
    worked_out: bool = True

    def without(self, names: Container[str]) -> _Known:
        return replace(self, values={name: value for name, value in self.values.items() if name not in names})

    def value(self, name: str) -> Any:
        return self.values[name]

    def spend(self, steps: int, allowed: int | None = None) -> None:
        self.meter.spend(steps, allowed)

    def shape(self, reference: Reference) -> Shape:
        raise Mistake("E204", f"the shape of {reference.text} is not known outside of the network")


class _Dumper(pyyaml.SafeDumper):
    """Short leaves on one line, no aliases, and quotes where our reader would not see text."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, value: str) -> pyyaml.ScalarNode:
        style = None if yaml.resolves_to_text(value) and value != "<<" else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    def represent_list(self, value: Any) -> pyyaml.SequenceNode:
        return self.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=_fits(value))

    def represent_dict(self, value: Any) -> pyyaml.MappingNode:
        return self.represent_mapping("tag:yaml.org,2002:map", value, flow_style=_fits(value))


_Dumper.add_representer(str, _Dumper.represent_text)
_Dumper.add_representer(list, _Dumper.represent_list)
_Dumper.add_representer(dict, _Dumper.represent_dict)


def _fits(value: Any) -> bool:
    """Tell whether a collection reads better on one line: a node, a list of sizes, but not a list of nodes."""
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return False
    if isinstance(value, dict) and ({"nodes", "branches"} & value.keys() or any(map(_is_long, value.values()))):
        return False
    return len(str(value)) <= 110


def _is_long(value: Any) -> bool:
    return isinstance(value, list | dict) and not _fits(value)
