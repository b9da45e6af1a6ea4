"""JSON Schema (draft 2020-12) of the spec language, made from the registered types: for editors and other programs.

It is laid out for what the YAML language server makes of it:

- While somebody types, a ``const`` or ``enum`` counts as met by a value that only begins like it: ``conv2d`` would be
  offered the options of ``conv2d_transpose`` too. A ``pattern`` is exact, so types are told apart by patterns.
- A ``pattern`` says nothing of a mapping, and ``required`` nothing of a text: in a condition ``type`` goes along.
- The properties of every schema that applies are offered, but for those that are ``true`` or ``false``. So a key is
  described once, and is ``true`` where it must only not be refused.
- Hovering shows the first description that applies, the innermost first, below the first ``title``. So the arms of an
  ``anyOf`` have none, but for names that are listed one by one. Of arms that look alike it joins the titles by ``||``;
  that is why expressions and references have one.
- Where all arms of an ``anyOf`` fail, the first says what is wrong. So the likeliest stands first.
- All schemas that applied are gathered for each answer; hence `_dispatch`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import netspec.blocks
import netspec.layers  # noqa: F401  (importing both registers every type)
from netspec.block_definitions import PARAM_TYPES
from netspec.budgets import BUDGETS, Budget
from netspec.checks import INPUT_DTYPES, KERAS_APPLICATIONS
from netspec.layer import TYPES
from netspec.options import NODE_KEYS, JsonSchema, Option
from netspec.parse import LANGUAGE_VERSION
from netspec.references import RESERVED
from netspec.registry import Type, objects
from netspec.units import LONGEST, QUANTITY, UNITS

SCHEMA_ID = "netspec.schema.json"
NAME = "[A-Za-z_][A-Za-z0-9_]*"
OBJECT_KINDS = ("initializer", "regularizer", "constraint")


def spec_schema() -> JsonSchema:
    """The schema of a whole spec, with every type that is registered now."""
    types = sorted(TYPES, key=lambda entry: entry.name)
    shared = _Shared()
    definitions = {
        "expression": {"title": "expression", "type": "string", "pattern": rf"^\$({NAME}|\([\s\S]*\))$"},
        "reference": {
            "title": "reference",
            "type": ["string", "integer"],
            "pattern": rf"^(-[1-9][0-9]*|{NAME}(\.({NAME}|[0-9]+|\*))*)$",
            "maximum": -1,
        },
        "name": {**_WORD, "not": {"enum": sorted(RESERVED)}},
        "nodes": {"type": "array", "items": _ref("node")},
        "node": _node(types),
        **{f"node.{name}": schema for name, schema in _node_keys().items()},
        "merge": _merge(),
        "type": _type(types),
        **{f"type.{entry.name}": _options_of_type(entry, shared) for entry in types},
        **{kind: _object(kind, shared) for kind in OBJECT_KINDS},
        "layer": _layer(),
        "options": {"allOf": _by_type(types)},
        "param": _param(),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "description": "One neural network, described by one YAML file.",
        "type": "object",
        "properties": _top_level(types),
        "additionalProperties": False,
        "if": {"not": {"required": ["extends"]}},
        "then": _without_base(),
        "$defs": {**definitions, **shared.definitions},
    }


class _Shared:
    """Options that many types have alike are written once and referred to."""

    def __init__(self) -> None:
        self.definitions: dict[str, JsonSchema] = {}

    def options(self, entry: Type) -> dict[str, JsonSchema]:
        return {name: self._option(option) for name, option in entry.options.items()}

    def _option(self, option: Option) -> JsonSchema:
        schema = _option(option)
        number = 1
        while True:
            name = f"option.{option.name}" + (f".{number}" if number > 1 else "")
            if self.definitions.setdefault(name, schema) == schema:
                return _ref(name)
            number += 1


# ---------------------------------------------------------------------------------------------------- what recurs often


def _ref(name: str) -> JsonSchema:
    return {"$ref": f"#/$defs/{name}"}


def _described(description: str, *parts: JsonSchema, **schema: Any) -> JsonSchema:
    result = {"description": description, **schema}
    for part in parts:
        result |= part
    return result


def _removable(schema: JsonSchema) -> JsonSchema:
    """Allow null too, by which a variant removes what its base has."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def _or_expression(schema: JsonSchema, about: str = "") -> JsonSchema:
    """Allow an expression wherever a value stands, in lists and mappings too; ``about`` describes the keys of those."""
    inner = _expressions_inside(schema, about)
    if "anyOf" in inner:
        return {**inner, "anyOf": [*inner["anyOf"], _ref("expression")]}
    return {"anyOf": [inner, _ref("expression")]}


def _expressions_inside(schema: JsonSchema, about: str) -> JsonSchema:
    inner = dict(schema)
    for key in ("items", "additionalProperties"):
        if isinstance(inner.get(key), dict):
            inner[key] = _or_expression(inner[key], about)
    if "properties" in inner:
        parts = inner["properties"].items()
        inner["properties"] = {name: _described(about, _or_expression(part)) for name, part in parts}
    if "anyOf" in inner:
        inner["anyOf"] = [_expressions_inside(arm, about) for arm in inner["anyOf"]]
    return inner


def _dispatch(then: Mapping[str, JsonSchema], at: Callable[[JsonSchema], JsonSchema]) -> list[JsonSchema]:
    """Apply the schema of a name where that name is. First by letter: a tenth of the work where there are many."""
    letters: dict[str, list[JsonSchema]] = {}
    for name, schema in then.items():
        letters.setdefault(name[0], []).append({"if": at({"pattern": f"^{name}$"}), "then": schema})
    return [{"if": at({"pattern": f"^{letter}"}), "then": {"allOf": cases}} for letter, cases in letters.items()]


def _at_type(schema: JsonSchema) -> JsonSchema:
    return {"properties": {"type": schema}}


def _chain(cases: Iterable[tuple[JsonSchema, JsonSchema]], otherwise: JsonSchema) -> JsonSchema:
    """Apply the schema of the first case whose condition is met."""
    for condition, schema in reversed(list(cases)):
        otherwise = {"if": condition, "then": schema, "else": otherwise}
    return otherwise


def _names(entries: Iterable[Type]) -> list[JsonSchema]:
    return [_described(entry.summary, const=entry.name) for entry in entries]


_COUNT: JsonSchema = {"type": "integer", "minimum": 0}
_TEXT: JsonSchema = {"type": "string"}
_VALUE: JsonSchema = {"type": ["number", "string", "boolean", "array", "null"]}
_WORD: JsonSchema = {"type": "string", "pattern": f"^{NAME}$"}


def _by_name(schema: JsonSchema) -> JsonSchema:
    return {"type": "object", "propertyNames": _ref("name"), "additionalProperties": schema}


def _with_keys(keys: Mapping[str, JsonSchema]) -> JsonSchema:
    properties = {name: _removable(schema) for name, schema in keys.items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _list_of(schema: JsonSchema, **limits: int) -> JsonSchema:
    return {"type": "array", "items": schema, **limits}


# ------------------------------------------------------------------------------------------------------------ the whole


def _top_level(types: Iterable[Type]) -> dict[str, JsonSchema]:
    pads = {"anyOf": [_COUNT, _list_of({"anyOf": [_COUNT, _list_of(_COUNT, minItems=2, maxItems=2)]})]}
    originals = {"enum": list(KERAS_APPLICATIONS)}
    keys = {
        "name": _described("Name of the network and of the built model; by default that of the file.", _TEXT),
        "description": _described("What the network is, for people.", _TEXT),
        "extends": _described("A base spec, by path relative to this file; this file is laid over it.", _TEXT),
        "set": _described(
            "Edits by path, in order, after extends: stages.stage4.1.repeat: 22. "
            "+2 inserts before item 2, + appends, null removes.",
            type="object",
        ),
        "use": _described("Files of blocks, by path relative to this file.", _list_of(_TEXT)),
        "vars": _described("Named values, used as $name; they may use each other in any order.", _by_name(_VALUE)),
        "defaults": _described(
            "Options by type, which hold wherever a node of that type does not say otherwise, inside blocks too.",
            _defaults(types),
        ),
        "input": _described("The single input.", _input()),
        "inputs": _described("Several inputs by name, in the model's order.", _by_name(_removable(_input()))),
        "padding": _described(
            "Zero padding of the single input: 3, [3, 3], or [[3, 2], [3, 2]] for before and after.",
            _or_expression(pads),
        ),
        "blocks": _described("Blocks of this spec, by name.", _by_name(_removable(_block()))),
        "stages": _described(
            "Stages by name, each a list of nodes; data flows through them in order.",
            _by_name(_removable(_list_of(_ref("node")))),
        ),
        "head": _described("The last stage.", _list_of(_ref("node"))),
        "outputs": _described(
            "What the model gives out, in order; by default the last node.", _list_of(_ref("reference"))
        ),
        "budget": _described(
            "Upper bounds that must hold.",
            _with_keys({name: _bound(budget) for name, budget in BUDGETS.items()}),
        ),
        "weights": _described(
            "Where published weights come from.",
            _with_keys({"keras_application": _described("The function of keras.applications.", anyOf=[originals])}),
        ),
    }
    version = _described(f"Version of the language: {LANGUAGE_VERSION}.", const=LANGUAGE_VERSION)
    return {"netspec": version, **{name: _removable(schema) for name, schema in keys.items()}}


def _bound(budget: Budget) -> JsonSchema:
    """A number, or one with a unit; letters large or small, which a pattern has to say of each."""
    units = "|".join("".join(f"[{letter}{letter.upper()}]" for letter in unit) for unit in UNITS[budget.kind] if unit)
    number, _, _ = re.sub(r"\(\?P<\w+>", "(", QUANTITY.pattern).rpartition("(")
    quantity = {"type": "string", "pattern": rf"^\s*{number}({units})?\s*$", "maxLength": LONGEST}
    bound: JsonSchema = {"anyOf": [{"type": "number", "minimum": 0}, quantity]}
    example = "64MiB" if budget.kind == "bytes" else "26M"
    return _described(f"At most so many {budget.what}, such as {example}.", _or_expression(bound))


def _defaults(types: Iterable[Type]) -> JsonSchema:
    return {
        "type": "object",
        "properties": {entry.name: _ref(f"type.{entry.name}") for entry in types},
        # Said of every type at once: what stands here are options, not the keys of a node.
        "allOf": [
            {
                "additionalProperties": {
                    "type": ["object", "null"],
                    "propertyNames": {"not": {"enum": list(NODE_KEYS)}},
                }
            }
        ],
    }


def _without_base() -> JsonSchema:
    """What holds of a file that extends no other: null removes nothing there, and what is needed must be there."""
    whole_input = {**_no_null(1), "required": ["shape"]}
    return {
        "patternProperties": {
            "^set$": True,
            "^input$": whole_input,
            "^inputs$": {**_no_null(0), "additionalProperties": whole_input},
            "^blocks$": {**_no_null(0), "additionalProperties": {**_no_null(2), "required": ["nodes"]}},
        },
        "additionalProperties": _no_null(1),
        "dependentSchemas": {"inputs": {"properties": {"input": False, "padding": False}}},
        # A file of blocks has neither.
        "if": {"anyOf": [{"required": ["stages"]}, {"required": ["head"]}]},
        "then": {"required": ["netspec"], "anyOf": [{"required": ["input"]}, {"required": ["inputs"]}]},
    }


def _no_null(depth: int) -> JsonSchema:
    """Refuse null, and null in mappings down to a depth."""
    refused: JsonSchema = {"not": {"type": "null"}}
    return {**refused, "additionalProperties": _no_null(depth - 1)} if depth else refused


# ------------------------------------------------------------------------------------------------------------ the nodes


def _node_keys() -> dict[str, JsonSchema]:
    """The keys that every node may have beside its own."""
    references = [_ref("reference"), _list_of(_ref("reference"), minItems=1)]
    named = {"type": "object", "additionalProperties": _ref("reference")}
    return {
        "name": _described("A name of its own, for references and for the built layer.", _ref("name")),
        "from": _described(
            "What it reads: a reference (prev, input, -2, a name, a path such as block.inner or gates.3), "
            "a list of them, or a mapping from input name to reference. Default: prev.",
            anyOf=[*references, named],
        ),
        "repeat": _described("So many copies in a row; $i counts them from 0.", _or_expression(_COUNT)),
        "when": _described("When false, the node is as if not written.", _or_expression({"type": "boolean"})),
    }


def _node(types: list[Type]) -> JsonSchema:
    """A bare name, or a mapping with exactly one of type, nodes, branches, share."""
    what = "A node is the name of a layer or block, or a mapping with exactly one of type, nodes, branches, share."
    # This arm says it all again, for the server's sake, which shows the message of the first. As a list of one its
    # kind is not merged into those of the other arms.
    bare = {**_WORD, "type": ["string"], "errorMessage": what}
    return _described(what, anyOf=[bare, _ref("type"), _mapping(types)])


def _mapping(types: list[Type]) -> JsonSchema:
    keys = {name: _ref(f"node.{name}") for name in _node_keys()}
    kinds = {
        "type": _described("The layer or block.", _ref("type")),
        "nodes": _described("A group: nodes that repeat or have a name together.", _list_of(_ref("node"))),
        "branches": _described(
            "Lists of nodes side by side on the same input; an empty one is the input itself.",
            _list_of(_ref("nodes"), minItems=1),
        ),
        "share": _described("A named layer, block or group to call again with the same weights.", _ref("reference")),
    }
    merge = {"merge": _described("The node that joins the ends of the branches, in order.", _ref("merge"))}
    typed: JsonSchema = {"properties": {"type": kinds["type"], **keys}, "allOf": [_ref("options")]}
    cases = [({"type": "object", "properties": {"type": _TEXT}, "required": ["type"]}, typed)]
    for kind, extra, required in (("nodes", {}, []), ("branches", merge, ["merge"]), ("share", _at_call(types), [])):
        alone: JsonSchema = {
            "properties": {kind: kinds[kind], **extra, **keys},
            "required": required,
            "additionalProperties": False,
        }
        cases.append(({"type": "object", "required": [kind]}, alone))
    # While there is nothing yet, everything is offered.
    return {"type": "object", **_chain(cases, {"properties": {**kinds, **keys}, "required": ["type"]})}


def _at_call(types: list[Type]) -> dict[str, JsonSchema]:
    """The options that some layer takes at each call, so that a shared call may have its own."""
    found = [entry.options[name] for entry in types for name in getattr(entry.target, "call_options", ())]
    return {option.name: _option(option) for option in found}


def _by_type(types: list[Type]) -> list[JsonSchema]:
    """Tell by ``type`` which options a node may have; a block of the spec may have any."""
    unknown = _at_type({"not": {"enum": [entry.name for entry in types]}})
    refused = {"properties": dict.fromkeys(("nodes", "branches", "merge", "share"), False)}
    return [*_dispatch(_type_references(types), _at_type), {"if": unknown, "then": refused}]


def _type_references(types: Iterable[Type]) -> dict[str, JsonSchema]:
    return {entry.name: _ref(f"type.{entry.name}") for entry in types}


def _merge() -> JsonSchema:
    """A node that is a layer or block, whose inputs are given."""
    refused = ("nodes", "branches", "share", "from", "repeat", "when")
    return {**_ref("node"), "properties": dict.fromkeys(refused, False)}


def _type(types: list[Type]) -> JsonSchema:
    """The name of a type; one that is not listed is a block of the spec, or of an installed package."""
    listed = {
        "enum": [entry.name for entry in types],
        "enumDescriptions": [entry.summary for entry in types],
        "not": {},  # offered, but never met: hovering would show the whole list
    }
    # Of what stands in these, a text has only the description; hovering shows it.
    described = {"allOf": _dispatch(_type_references(types), lambda pattern: pattern)}
    return {"anyOf": [_WORD, listed], "if": _TEXT, "then": described}


def _options_of_type(entry: Type, shared: _Shared) -> JsonSchema:
    """The options of a type, any of which ``defaults`` may give; the keys of a node are described there."""
    return _described(
        entry.summary,
        properties={**shared.options(entry), "type": True, **dict.fromkeys(_node_keys(), True)},
        additionalProperties=False,
    )


def _option(option: Option) -> JsonSchema:
    default = {} if option.required else {"default": _plain(option.default)}
    return _described(option.description, _or_expression(option.schema, option.description), default)


def _plain(value: Any) -> Any:
    return list(map(_plain, value)) if isinstance(value, tuple) else value


def _object(kind: str, shared: _Shared) -> JsonSchema:
    """An initializer, regularizer or constraint: its name, or a mapping with its type and options."""
    entries = sorted(objects(kind), key=lambda entry: entry.name)
    options = {
        entry.name: {"properties": {**shared.options(entry), "type": True}, "additionalProperties": False}
        for entry in entries
    }
    names = _names(entries)
    mapping = {
        "type": "object",
        "properties": {"type": _described(f"The {kind}.", anyOf=names)},
        "required": ["type"],
        "allOf": _dispatch(options, _at_type),
    }
    return {"anyOf": [*names, mapping]}


def _layer() -> JsonSchema:
    """A layer that an option takes, written as a node is. That blocks and names have no place here, netspec says."""
    kind = {"type": _described("The layer.", _ref("type"))}
    mapping = {"type": "object", "properties": kind, "required": ["type"], **_ref("options")}
    return {"anyOf": [_ref("type"), mapping]}


# ---------------------------------------------------------------------------------------------------- inputs and blocks


def _input() -> JsonSchema:
    size = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}
    dtypes = {"enum": list(INPUT_DTYPES)}
    keys = {
        "shape": _described(
            "Sizes without the batch, channels last; null where a size is unknown.", _or_expression(_list_of(size))
        ),
        "dtype": _described("Type of the values.", _or_expression(dtypes), default="float32"),
    }
    return _with_keys(keys)


def _block() -> JsonSchema:
    keys = {
        "description": _described("What the block is, for people.", _TEXT),
        "params": _described("The block's options by name, in JSON Schema's words.", _by_name(_ref("param"))),
        "inputs": _described("Names of its inputs, where it has several.", _list_of(_ref("name"), minItems=1)),
        "vars": _described("Named values of the body.", _by_name(_VALUE)),
        "nodes": _described("The body.", _list_of(_ref("node"))),
    }
    return _with_keys(keys)


def _param() -> JsonSchema:
    kinds = {"enum": list(PARAM_TYPES)}
    return {
        "type": ["object", "null"],
        "properties": {
            "type": _described("What values it takes.", anyOf=[kinds, _list_of(kinds)]),
            "enum": _described("The values that are allowed.", type="array", minItems=1),
            "minimum": _described("The smallest number.", type="number"),
            "maximum": _described("The largest number.", type="number"),
            "items": _described("What each item of a list is.", _ref("param"), type="object"),
            "minItems": _described("The shortest list.", _COUNT),
            "maxItems": _described("The longest list.", _COUNT),
            "default": _described("The value where a call says nothing; it may use the params before it."),
            "description": _described("What it means, for people.", _TEXT),
        },
        "additionalProperties": False,
    }
