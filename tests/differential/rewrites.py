"""Ways to write a spec differently that must not change its network.

Each takes a spec and a source of chance, and gives the spec written otherwise: as a mapping, or as a text where it is
the text that differs. None says that there is nothing in this spec to write otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from random import Random
from typing import Any

import yaml

from netspec import parse_spec
from tests.layers.agreement import LAYER_TYPES

Spec = dict[str, Any]
Rewrite = Callable[[Spec, Random], Spec | str | None]

WRAPPED = ("layer", "backward_layer")
BODIES = ("type", "nodes", "branches", "share")
NODE_KEYS = {*BODIES, "name", "from", "repeat", "when", "merge"}

# ------------------------------------------------------------------------------------------------------------- the text


def dumped(spec: Any, **how: Any) -> str:
    """Write YAML without aliases, each scalar on one line."""
    return str(yaml.dump(spec, **{"Dumper": _Plain, "sort_keys": False, "width": 10_000, **how}))


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


class _Quoting(_Plain):
    """Texts in quotes, keys too."""


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'\""[len(text) % 2])


_Quoting.add_representer(str, _quoted)


def comments(spec: Spec, chance: Random) -> str:
    """Put in comments, blank lines, and spaces at the ends of lines."""
    lines: list[str] = []
    for line in dumped(spec, default_flow_style=chance.choice((False, None))).splitlines():
        lines += chance.sample(["", "# a comment: {of: it, own", "      # one: deeper", "   "], chance.randint(0, 2))
        lines.append(line + chance.choice(("", "  ", " # after: it", "\t# after a tab")))
    return "\n".join(["%YAML 1.2", "---", *lines, "...", "# the end"][chance.choice((0, 2)) :])


def flow_style(spec: Spec, chance: Random) -> str:
    return dumped(spec, default_flow_style=True)


def block_style(spec: Spec, chance: Random) -> str:
    return dumped(spec, default_flow_style=False, indent=chance.choice((2, 3, 7)))


def quotes(spec: Spec, chance: Random) -> str:
    return dumped(spec, Dumper=_Quoting, default_flow_style=chance.choice((True, False)))


def windows(spec: Spec, chance: Random) -> str:
    """End lines as Windows does, after a byte order mark."""
    return "\ufeff" + dumped(spec).replace("\n", "\r\n")


def aliases(spec: Spec, chance: Random) -> str | None:
    """Write what stands there twice as an anchor and aliases."""
    seen: dict[str, Any] = {}

    def interned(value: Any) -> Any:
        if isinstance(value, Mapping):
            value = {key: interned(item) for key, item in value.items()}
        elif isinstance(value, list):
            value = [interned(item) for item in value]
        return seen.setdefault(repr(value), value) if isinstance(value, dict | list) and value else value

    text = yaml.dump(interned(spec), Dumper=yaml.SafeDumper, sort_keys=False, width=10_000)
    return text if " *id0" in text else None


# ---------------------------------------------------------------------------------------------------------- the mapping

ORDERED = {"stages", "inputs", "params"}
"""Mappings whose order has a meaning: data flows along it, or a default uses what stands before."""


def key_order(spec: Spec, chance: Random) -> Spec:
    def shuffled(value: Any, key: str) -> Any:
        if isinstance(value, list):
            return [shuffled(item, "") for item in value]
        if not isinstance(value, Mapping):
            return value
        keys = list(value)
        if key not in ORDERED:
            chance.shuffle(keys)
        return {one: shuffled(value[one], one) for one in keys}

    return shuffled(spec, "")  # type: ignore[no-any-return]


def each_node(spec: Spec, change: Callable[[dict[str, Any]], list[Any]], *, merges: bool = False) -> Spec:
    """Copy a spec, each node changed into a list of nodes; the inner ones first."""

    def changed(nodes: list[Any]) -> list[Any]:
        return [new for node in nodes for new in one(node)]

    def one(node: Any) -> list[Any]:
        node = {"type": node} if isinstance(node, str) else dict(node)
        if "nodes" in node:
            node["nodes"] = changed(node["nodes"])
        if "branches" in node:
            node["branches"] = [changed(branch) for branch in node["branches"]]
            if merges:
                (node["merge"],) = one(node["merge"])
        return change(node)

    result = dict(spec)
    if "stages" in spec:
        result["stages"] = {stage: changed(nodes) for stage, nodes in spec["stages"].items()}
    if "head" in spec:
        result["head"] = changed(spec["head"])
    if "blocks" in spec:
        result["blocks"] = {name: {**block, "nodes": changed(block["nodes"])} for name, block in spec["blocks"].items()}
    return result


def long_names(spec: Spec, chance: Random) -> Spec:
    """Write every bare name as a mapping with its type."""
    return each_node(spec, lambda node: [node], merges=True)


def bare_names(spec: Spec, chance: Random) -> Spec:
    """Write every node without options as a bare name."""
    return each_node(spec, lambda node: [node["type"] if set(node) == {"type"} else node], merges=True)


def when_true(spec: Spec, chance: Random) -> Spec:
    return each_node(
        spec, lambda node: [{**node, "when": True} if "when" not in node and chance.random() < 0.5 else node]
    )


def nodes_that_are_off(spec: Spec, chance: Random) -> Spec:
    """Put in nodes that are not there. Of their types there is no other, so no automatic name changes."""
    ways: list[dict[str, Any]] = [{"when": False}, {"repeat": 0}, {"when": "$(1 > 2)", "repeat": 3}]
    off = {"nodes": [{"type": "dropout", "rate": 0.5}], "name": ""}
    fresh = (f"off{number}" for number in count())
    return each_node(spec, lambda node: [{**off, **chance.choice(ways), "name": next(fresh)}, node])


def groups_of_one(spec: Spec, chance: Random) -> Spec:
    """Put nodes into groups, which are transparent. Not nodes that may be off: in a group they are a step."""

    def wrapped(node: dict[str, Any]) -> list[Any]:
        alone = not {"from", "repeat", "when"} & set(node) and "(-" not in str(node) and chance.random() < 0.5
        return [{"nodes": [node]}] if alone else [node]

    return each_node(spec, wrapped)


def inputs_by_name(spec: Spec, chance: Random) -> Spec | None:
    """Name the inputs of a layer in the place of listing them, in whatever order."""
    found = []

    def named(node: dict[str, Any]) -> list[Any]:
        entry, source = LAYER_TYPES.get(node.get("type", "")), node.get("from")
        if entry is None or entry.variadic or not isinstance(source, list) or any("*" in str(one) for one in source):
            return [node]
        found.append(node)
        pairs = list(zip(entry.inputs, source, strict=False))
        return [{**node, "from": dict(chance.sample(pairs, len(pairs)))}]

    result = each_node(spec, named)
    return result if found else None


def defaults_written_out(spec: Spec, chance: Random) -> Spec | None:
    """Write what ``defaults`` say at each node and each wrapped layer of that type."""
    defaults: Mapping[str, Any] = spec.get("defaults", {})

    def written_out(node: dict[str, Any]) -> dict[str, Any]:
        wrapped = {key: node[key] for key in WRAPPED if node.get(key)}
        wrapped = {key: {"type": one} if isinstance(one, str) else one for key, one in wrapped.items()}
        inner = {key: written_out(one) for key, one in wrapped.items()}
        return {**defaults.get(node.get("type", ""), {}), **node, **inner}

    return each_node(spec, lambda node: [written_out(node)], merges=True) if defaults else None


def variables_written_out(spec: Spec, chance: Random) -> Spec | None:
    """Write the value of every variable where it is used."""
    if "vars" not in spec:
        return None
    values = worked_out(spec["vars"], {})
    return {key: value if key == "vars" else with_values(value, values) for key, value in spec.items()}


def edits(spec: Spec, chance: Random) -> Spec | None:
    """Set values to what they are."""
    paths = {path: value for path, value in _settable(spec) if value is not None}
    chosen = chance.sample(sorted(paths), min(len(paths), 4))
    return {**spec, "set": {path: paths[path] for path in chosen}} if chosen else None


def _settable(spec: Spec) -> Iterator[tuple[str, Any]]:
    for name, value in spec.get("vars", {}).items():
        yield f"vars.{name}", value
    for name, options in spec.get("defaults", {}).items():
        yield f"defaults.{name}", options
    stages = {**{f"stages.{stage}": nodes for stage, nodes in spec.get("stages", {}).items()}}
    for stage, nodes in {**stages, "head": spec.get("head", [])}.items():
        for index, node in enumerate(nodes):
            yield f"{stage}.{index}", node
            for key, value in node.items() if isinstance(node, dict) else ():
                yield f"{stage}.{node.get('name', index)}.{key}", value


# ----------------------------------------------------------------------------------------------- with other built names


def repeats_written_out(spec: Spec, chance: Random) -> Spec | None:
    """Write copies one by one: `n` repeated three times is `n_0`, `n_1`, `n_2`, and `n` alone means the last.

    A repeated group without a name gets one, for else its copies would share their names.
    """
    spec = variables_written_out(spec, chance) or spec
    copies: dict[str, int] = {}
    fresh = (f"copies{number}" for number in count())
    found = []

    def written_out(node: dict[str, Any]) -> list[Any]:
        times = constant(node.get("repeat"))
        if type(times) is not int or "when" in node:
            return [node]
        found.append(node)
        one = {key: value for key, value in node.items() if key != "repeat"}
        if "nodes" in one or "branches" in one:
            one.setdefault("name", next(fresh))
        if "name" in one:
            copies[one["name"]] = times
        named = ({**one, "name": f"{one['name']}_{number}"} if "name" in one else one for number in range(times))
        return [with_copy_number(copy, number) for number, copy in enumerate(named)]

    result = each_node(spec, written_out)
    return with_references(result, lambda path: _of_copies(path, copies)) if found else None


def _of_copies(path: list[str], copies: Mapping[str, int]) -> list[list[str]]:
    """Rename a path into copies; that of every copy becomes several."""
    if not path:
        return [[]]
    first, rest = path[0], path[1:]
    if first not in copies:
        return [[first, *tail] for tail in _of_copies(rest, copies)]
    if not rest or not (rest[0] == "*" or rest[0].isdecimal()):
        rest = [str(copies[first] - 1), *rest]
    numbers = map(str, range(copies[first])) if rest[0] == "*" else [rest[0]]
    return [[f"{first}_{number}", *tail] for number in numbers for tail in _of_copies(rest[1:], copies)]


def blocks_written_out(spec: Spec, chance: Random) -> Spec | None:
    """Write a block's body as a named group where the block is used, with the params' values in it.

    Not where a group means something else: a body that reads `input` or its inputs by name, or is given a value that is
    only known inside the network.
    """
    variables = worked_out(spec.get("vars", {}), {})
    fresh = (f"body{number}" for number in count())
    found = []

    def written_out(node: dict[str, Any]) -> list[Any]:
        block = spec.get("blocks", {}).get(node.get("type"))
        named_by_type = "name" not in node and f".{node.get('type')}" in str(spec)
        if (
            block is None
            or "inputs" in block
            or named_by_type
            or re.search(r"\binput\b|\bin_channels\b", str(block["nodes"]))
        ):
            return [node]
        given = {key: constant(with_values(value, variables)) for key, value in node.items() if key not in NODE_KEYS}
        defaults = {key: param["default"] for key, param in block.get("params", {}).items() if "default" in param}
        written = {**spec.get("vars", {}), **defaults, **block.get("vars", {}), **given}
        values = worked_out(written, {})
        if any("$" in str(values[name]) for name in (*block.get("params", {}), *block.get("vars", {}))):
            return [node]
        found.append(node)
        kept = {key: node[key] for key in ("name", "from", "repeat", "when") if key in node}
        return [{"name": next(fresh), **kept, "nodes": with_values(block["nodes"], values)}]

    result = each_node(spec, written_out)
    return result if found else None


# ----------------------------------------------------------------------------------------------- values and references


def constant(written: Any) -> Any:
    """Work out an expression without names; what has some stays as it is."""
    if isinstance(written, str) and re.fullmatch(r"\$\([\d\s+*/()-]+\)", written):
        return eval(written[1:], {"__builtins__": {}})
    return written


def worked_out(written: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Work out variables that use each other, in whatever order they stand."""
    values = {**known, **written}
    for _ in values:
        values = {name: constant(with_values(value, values)) for name, value in values.items()}
    return values


def with_values(written: Any, values: Mapping[str, Any]) -> Any:
    """Put the values of names into the expressions that use them."""
    if isinstance(written, list):
        return [with_values(item, values) for item in written]
    if isinstance(written, Mapping):
        return {key: with_values(item, values) for key, item in written.items()}
    if not isinstance(written, str) or not written.startswith("$"):
        return written
    if not written.startswith("$("):
        return values.get(written[1:], written)

    def shown(match: re.Match[str]) -> str:
        value = values.get(match[0], match[0])
        return match[0] if value == match[0] or "$" in str(value) else f"({json.dumps(value)})"

    return re.sub(r"\b[a-z]+\d+\b(?![.)]*\])", shown, written)


def with_copy_number(node: dict[str, Any], number: int) -> dict[str, Any]:
    """Put the number of a copy in the place of `i`, but for what repeats inside: there it counts the inner copies."""

    def numbered(value: Any) -> Any:
        if isinstance(value, list):
            return [numbered(item) for item in value]
        if isinstance(value, Mapping):
            inner = "repeat" in value
            return {key: item if inner and key != "repeat" else numbered(item) for key, item in value.items()}
        if isinstance(value, str) and value.startswith("$"):
            return number if value == "$i" else re.sub(r"\bi\b", str(number), value)
        return value

    return {key: numbered(value) for key, value in node.items()}


def with_references(spec: Spec, rename: Callable[[list[str]], list[list[str]]]) -> Spec:
    """Rename what `from`, `share`, `outputs` and `shape(…)` name."""

    def texts(written: Any) -> list[Any]:
        if not isinstance(written, str) or written.startswith("-"):
            return [written]
        return [".".join(path) for path in rename(written.split("."))]

    def listed(written: Any) -> Any:
        if isinstance(written, list):
            return [text for item in written for text in texts(item)]
        if isinstance(written, Mapping):
            return {key: texts(item)[0] for key, item in written.items()}
        found = texts(written)
        return found[0] if len(found) == 1 else found

    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [changed(item) for item in value]
        if isinstance(value, Mapping):
            return {
                key: listed(item) if key in ("from", "share", "outputs") else changed(item)
                for key, item in value.items()
            }
        if isinstance(value, str) and value.startswith("$("):
            return re.sub(r"\bshape\(([a-z][^()]*)\)", lambda match: f"shape({texts(match[1])[0]})", value)
        return value

    return changed(spec)  # type: ignore[no-any-return]


def resolved(spec: Spec, chance: Random) -> str:
    """What `netspec resolve` makes of it."""
    return parse_spec(dumped(spec)).resolve()


TEXTS: Mapping[str, Rewrite] = {
    "comments and blank lines": comments,
    "flow style": flow_style,
    "block style": block_style,
    "quotes": quotes,
    "line ends of Windows": windows,
    "anchors and aliases": aliases,
    "order of keys": key_order,
}
"""What is in none of these texts wrong is wrong in none: also specs that are refused stay so."""

SAME_NAMES: Mapping[str, Rewrite] = {
    "types written out": long_names,
    "bare names": bare_names,
    "when: true": when_true,
    "nodes that are off": nodes_that_are_off,
    "groups of one": groups_of_one,
    "inputs by name": inputs_by_name,
    "defaults written out": defaults_written_out,
    "variables written out": variables_written_out,
    "set to what it is": edits,
    "resolved": resolved,
}

OTHER_NAMES: Mapping[str, Rewrite] = {
    "repeats written out": repeats_written_out,
    "blocks written out": blocks_written_out,
}
"""Built names change with these, as the page on the language says; the nodes and their order stay."""
