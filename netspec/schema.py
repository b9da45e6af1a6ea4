"""JSON Schema (draft 2020-12) of the spec language, made from the registered types: for editors and other programs.

It is laid out for what the YAML language server makes of it:

- While one types, it takes a ``const`` or ``enum`` for met by a value that only begins like it, so that ``conv2d`` would
  be offered the options of ``conv2d_transpose`` too. A ``pattern`` is exact; so types are told apart by patterns.
- It offers the properties of every schema that applies, unless they are ``true`` or ``false``. So a key is described
  where it belongs and is ``true`` where it must only not be refused.
- Hovering shows the first description it finds, the innermost first. So the arms of an ``anyOf`` have none, but for
  names that are listed one by one.
- Of several arms that all fail it shows what is wrong by the first. So the most likely stands first.
- A ``title`` would be written over each hover text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import netspec.blocks
import netspec.layers  # noqa: F401  (importing both registers every type)
from netspec.block_definitions import PARAM_TYPES
from netspec.checks import INPUT_DTYPES
from netspec.cost import BUDGETS
from netspec.layer import TYPES
from netspec.options import JsonSchema, Option
from netspec.parse import LANGUAGE_VERSION
from netspec.registry import Type, objects

SCHEMA_ID = "netspec.schema.json"
NAME_PATTERN = "^[A-Za-z_][A-Za-z0-9_]*$"
OBJECT_KINDS = ("initializer", "regularizer", "constraint")


def spec_schema() -> JsonSchema:
    """The schema of a whole spec, with every type that is registered now."""
    types = sorted(TYPES, key=lambda entry: entry.name)
    shared = _Shared()
    schema = _spec_schema(types, shared)
    schema["$defs"].update(shared.definitions)
    return schema


class _Shared:
    """Options that many types have alike are written once and referred to."""

    def __init__(self) -> None:
        self.definitions: dict[str, JsonSchema] = {}

    def option(self, option: Option) -> JsonSchema:
        schema = _option(option)
        number = 1
        while True:
            name = f"option.{option.name}" + (f".{number}" if number > 1 else "")
            if self.definitions.setdefault(name, schema) == schema:
                return {"$ref": f"#/$defs/{name}"}
            number += 1

    def options(self, entry: Type) -> dict[str, JsonSchema]:
        return {name: self.option(option) for name, option in entry.options.items()}


def _spec_schema(types: list[Type], shared: _Shared) -> JsonSchema:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "description": "One neural network, described by one YAML file.",
        "type": "object",
        "properties": _top_level(types),
        "additionalProperties": False,
        "if": {"not": {"required": ["extends"]}},
        "then": _whole(),
        "$defs": {
            "expression": {"type": "string", "pattern": "^\\$"},
            "reference": {"anyOf": [{"type": "string"}, {"type": "integer", "maximum": -1}]},
            "nodes": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            "node": _node(types),
            "type": _type(types),
            **{f"type.{entry.name}": _typed(entry, shared) for entry in types},
            **{kind: _object(kind, shared) for kind in OBJECT_KINDS},
            "input": _input(),
            "block": _block(),
            "param": _param(),
        },
    }


def _described(description: str, **schema: Any) -> JsonSchema:
    return {"description": description, **schema}


def _or_expression(schema: JsonSchema) -> JsonSchema:
    """Allow an expression wherever a value stands, in lists too."""
    inner = dict(schema)
    if "items" in inner:
        inner["items"] = _or_expression(inner["items"])
    if "anyOf" in inner:
        inner["anyOf"] = [_list_or_expression(arm) for arm in inner["anyOf"]]
        return {**inner, "anyOf": [*inner["anyOf"], {"$ref": "#/$defs/expression"}]}
    description = {"description": inner.pop("description")} if "description" in inner else {}
    return {**description, "anyOf": [inner, {"$ref": "#/$defs/expression"}]}


def _list_or_expression(arm: JsonSchema) -> JsonSchema:
    return {**arm, "items": _or_expression(arm["items"])} if "items" in arm else arm


_INTEGER: JsonSchema = {"type": "integer", "minimum": 0}
_TEXT: JsonSchema = {"type": "string"}
_NAMED_REFERENCES = {"type": "object", "additionalProperties": {"$ref": "#/$defs/reference"}}


def _top_level(types: list[Type], shared: _Shared) -> dict[str, JsonSchema]:
    padding_pair = {"type": "array", "items": _or_expression(_INTEGER), "minItems": 2, "maxItems": 2}
    return {
        "netspec": _described(f"Version of the language: {LANGUAGE_VERSION}.", const=LANGUAGE_VERSION),
        "name": _described("Name of the network and of the built model; by default that of the file.", **_TEXT),
        "description": _described("What the network is, for people.", **_TEXT),
        "extends": _described("A base spec, by path relative to this file; this file is laid over it.", **_TEXT),
        "set": _described(
            "Edits by path, in order, after extends: stages.stage4.1.repeat: 22. +2 inserts before item 2, + appends, null removes.",
            type="object",
        ),
        "use": _described("Files of blocks, by path relative to this file.", type="array", items=_TEXT),
        "vars": _described(
            "Named values, used as $name; they may use each other in any order.",
            type="object",
            propertyNames={"pattern": NAME_PATTERN},
            additionalProperties={"type": ["number", "string", "boolean", "array", "null"]},
        ),
        "defaults": _described(
            "Options by type, which hold wherever a node of that type does not say otherwise, inside blocks too.",
            type="object",
            properties={entry.name: _defaults_of(entry, shared) for entry in types},
            additionalProperties={"type": "object"},
        ),
        "input": {**_described("The single input."), "$ref": "#/$defs/input"},
        "inputs": _described(
            "Several inputs by name, in the model's order.",
            type="object",
            propertyNames={"pattern": NAME_PATTERN},
            additionalProperties={"anyOf": [{"$ref": "#/$defs/input"}, {"type": "null"}]},
        ),
        "padding": _described(
            "Zero padding of the single input: 3, [3, 3], or [[3, 2], [3, 2]] for before and after.",
            anyOf=[
                _INTEGER,
                {"type": "array", "items": {"anyOf": [_INTEGER, padding_pair, {"$ref": "#/$defs/expression"}]}},
                {"$ref": "#/$defs/expression"},
                {"type": "null"},
            ],
        ),
        "blocks": _described(
            "Blocks of this spec, by name.",
            type="object",
            propertyNames={"pattern": NAME_PATTERN},
            additionalProperties={"anyOf": [{"$ref": "#/$defs/block"}, {"type": "null"}]},
        ),
        "stages": _described(
            "Stages by name, each a list of nodes; data flows through them in order.",
            type="object",
            propertyNames={"pattern": NAME_PATTERN},
            additionalProperties={"anyOf": [{"$ref": "#/$defs/nodes"}, {"type": "null"}]},
        ),
        "head": _described("The last stage.", anyOf=[{"$ref": "#/$defs/nodes"}, {"type": "null"}]),
        "outputs": _described(
            "What the model gives out, in order; by default the last node.",
            type=["array", "null"],
            items={"$ref": "#/$defs/reference"},
        ),
        "budget": _described(
            "Upper bounds that must hold.",
            type="object",
            properties={
                name: _or_expression(
                    {
                        "type": ["number", "null"],
                        "minimum": 0,
                        "description": f"At most so many {name.replace('_', ' ')}.",
                    }
                )
                for name in BUDGETS
            },
            additionalProperties=False,
        ),
        "weights": _described(
            "Where published weights come from.",
            type="object",
            properties={"keras_application": _described("Name of the keras.applications function.", **_TEXT)},
            additionalProperties=False,
        ),
    }


def _reference() -> JsonSchema:
    return {
        "anyOf": [{"type": "string"}, {"type": "integer", "maximum": -1}],
        "description": "prev, input, -2, the name of an input, stage or node, or a path such as block.inner or gates.3.",
    }


def _node_keys() -> dict[str, JsonSchema]:
    """The keys that every node may have beside its own."""
    return {
        "name": _described(
            "A name of its own, for references and for the built layer.", type="string", pattern=NAME_PATTERN
        ),
        "from": _described(
            "What it reads: a reference, a list of them, or a mapping from input name to reference. Default: prev.",
            anyOf=[
                {"$ref": "#/$defs/reference"},
                {"type": "array", "items": {"$ref": "#/$defs/reference"}, "minItems": 1},
                _NAMED_REFERENCES,
            ],
        ),
        "repeat": _or_expression({**_INTEGER, "description": "So many copies in a row; $i counts them from 0."}),
        "when": _or_expression({"type": "boolean", "description": "When false, the node is as if not written."}),
    }


def _node(types: Iterable[Type]) -> JsonSchema:
    """A node: a bare name, or a mapping whose ``type`` chooses the schema of the rest."""
    names = [entry.name for entry in types]
    by_type = [
        {
            "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
            "then": {"$ref": f"#/$defs/type.{name}"},
        }
        for name in names
    ]
    listed = {"oneOf": [{"const": entry.name, "description": entry.summary} for entry in types]}
    any_type = {
        "anyOf": [
            listed,
            {"type": "string", "pattern": NAME_PATTERN, "description": "A block of this spec, or an installed type."},
        ]
    }
    nodes = {"$ref": "#/$defs/nodes"}
    keys = _node_keys()
    return {
        "description": "A layer or block by its bare name, or a mapping with exactly one of type, nodes, branches, share.",
        "if": {"type": "string"},
        "then": any_type,
        "else": {
            "type": "object",
            "properties": {
                "type": {"description": "The layer or block.", **any_type},
                "nodes": {**_described("A group: nodes that repeat or have a name together."), **nodes},
                "branches": _described(
                    "Lists of nodes side by side on the same input; an empty one is the input itself.",
                    type="array",
                    items=nodes,
                    minItems=1,
                ),
                "merge": {
                    **_described("The node that joins the ends of the branches, in order."),
                    "$ref": "#/$defs/node",
                },
                "share": {
                    **_described("A named layer, block or group to call again with the same weights."),
                    "$ref": "#/$defs/reference",
                },
                **keys,
            },
            "allOf": [
                *by_type,
                *(_only(kind, extra, keys) for kind, extra in (("nodes", ()), ("branches", ("merge",)), ("share", ()))),
            ],
            "anyOf": [{"required": [kind]} for kind in ("type", "nodes", "branches", "share")],
        },
    }


def _only(kind: str, extra: tuple[str, ...], keys: Mapping[str, JsonSchema]) -> JsonSchema:
    allowed = dict.fromkeys((kind, *extra, *keys), True)
    return {
        "if": {"required": [kind]},
        "then": {"properties": allowed, "required": [kind, *extra], "additionalProperties": False},
    }


def _typed_node(entry: Type, shared: _Shared) -> JsonSchema:
    """A node of one type: its options, and the keys of every node. An option may also come from ``defaults``."""
    return {
        "description": entry.summary,
        "type": "object",
        "properties": {
            "type": {"const": entry.name},
            **shared.options(entry),
            **_node_keys(),
        },
        "additionalProperties": False,
    }


def _defaults_of(entry: Type, shared: _Shared) -> JsonSchema:
    return {
        "description": f"Options of every {entry.name} that does not say otherwise.",
        "type": "object",
        "properties": shared.options(entry),
        "additionalProperties": False,
    }


def _option(option: Option) -> JsonSchema:
    described = _or_expression(option.schema)
    text = option.description
    if not option.required:
        described = {**described, "default": _plain(option.default)}
    return {"description": text, **described}


def _plain(value: Any) -> Any:
    return list(map(_plain, value)) if isinstance(value, tuple) else value


def _object(kind: str) -> JsonSchema:
    """An initializer, regularizer or constraint: its name, or a mapping with its type and options."""
    entries = sorted(objects(kind), key=lambda entry: entry.name)
    names = {"oneOf": [{"const": entry.name, "description": entry.summary} for entry in entries]}
    return {
        "description": f"The name of a Keras {kind}, or a mapping with its type and options.",
        "anyOf": [
            names,
            {
                "type": "object",
                "properties": {"type": names},
                "required": ["type"],
                "allOf": [
                    {
                        "if": {"properties": {"type": {"const": entry.name}}, "required": ["type"]},
                        "then": {
                            "properties": {
                                "type": True,
                                **{name: _option(option) for name, option in entry.options.items()},
                            },
                            "additionalProperties": False,
                        },
                    }
                    for entry in entries
                ],
            },
        ],
    }


def _input() -> JsonSchema:
    size = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}, {"$ref": "#/$defs/expression"}]}
    return {
        "type": "object",
        "properties": {
            "shape": _described(
                "Sizes without the batch, channels last; null where a size is unknown.",
                anyOf=[{"type": "array", "items": size}, {"$ref": "#/$defs/expression"}],
            ),
            "dtype": _described(
                "Type of the values.",
                anyOf=[{"enum": list(INPUT_DTYPES)}, {"$ref": "#/$defs/expression"}],
                default="float32",
            ),
        },
        "additionalProperties": False,
    }


def _block() -> JsonSchema:
    return {
        "type": "object",
        "properties": {
            "description": _described("What the block is, for people.", **_TEXT),
            "params": _described(
                "The block's options by name, in JSON Schema's words.",
                type="object",
                propertyNames={"pattern": NAME_PATTERN},
                additionalProperties={"anyOf": [{"$ref": "#/$defs/param"}, {"type": "null"}]},
            ),
            "inputs": _described("Names of its inputs, where it has several.", type="array", items=_TEXT, minItems=1),
            "vars": _described("Named values of the body.", type="object"),
            "nodes": {**_described("The body."), "$ref": "#/$defs/nodes"},
        },
        "additionalProperties": False,
    }


def _param() -> JsonSchema:
    kinds = {"enum": list(PARAM_TYPES)}
    return {
        "type": "object",
        "properties": {
            "type": _described("What values it takes.", anyOf=[kinds, {"type": "array", "items": kinds}]),
            "enum": _described("The values that are allowed.", type="array", minItems=1),
            "minimum": _described("The smallest number.", type="number"),
            "maximum": _described("The largest number.", type="number"),
            "items": {**_described("What each item of a list is."), "$ref": "#/$defs/param"},
            "minItems": _described("The shortest list.", **_INTEGER),
            "maxItems": _described("The longest list.", **_INTEGER),
            "default": _described("The value where a call says nothing; it may use the params before it."),
            "description": _described("What it means, for people.", **_TEXT),
        },
        "additionalProperties": False,
    }
