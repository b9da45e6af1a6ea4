"""A signature is a schema: annotations to options, JSON Schema and words.

An option is declared once, as an annotated attribute of a layer class or an annotated parameter of a block function.
From there come its JSON Schema, the check of its value, its line in ``netspec blocks`` and the editor's completion.
"""

from __future__ import annotations

import functools
import inspect
import json
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, Union

from netspec.errors import Mistake, RegistrationError
from netspec.suggest import TYPE_WORDS, VALUE_NOTES, fold, nearest

JsonSchema = dict[str, Any]

NODE_KEYS = ("type", "nodes", "branches", "share", "merge", "name", "from", "repeat", "when")
"""The keys of a node that are not options."""


SPEC_KEYS = (
    "netspec", "name", "description", "extends", "set", "use", "vars", "defaults", "input", "inputs", "padding",
    "blocks", "stages", "head", "outputs", "budget", "weights",
)  # fmt: skip
"""The keys of a spec."""


class Keywords:
    """JSON Schema keywords that belong to an annotation: ``Annotated[int, Keywords(minimum=1)]``."""

    def __init__(self, **keywords: object) -> None:
        self.keywords = keywords


@dataclass(frozen=True, slots=True)
class Doc:
    """What an option means, in one sentence for people."""

    text: str


@dataclass(frozen=True, slots=True)
class Registered:
    """The option takes an object of that kind (``initializer``): its name, or a mapping with ``type`` and options."""

    kind: str


MAX_ITEMS = 1000
"""The most values that an option's list may have."""


class _Required:
    def __repr__(self) -> str:
        return "required"


REQUIRED: Any = _Required()


@dataclass(frozen=True)
class Option:
    """One option of a type: its name, what values it takes, its default (`REQUIRED` if it has none), its meaning."""

    name: str
    schema: JsonSchema
    default: Any = REQUIRED
    description: str = ""
    kind: str | None = None

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    @cached_property
    def validator(self) -> Any:
        return compile_schema(self.schema)

    @cached_property
    def words(self) -> str:
        return describe(self.schema)

    def choice_meant(self, value: object) -> str | None:
        """The word that a misspelt one was meant to be, of those that the option takes."""
        return nearest(value, _choices(self.schema), TYPE_WORDS) if isinstance(value, str) else None

    def check(self, value: object, owner: str = "") -> Mistake | None:
        """Say what is wrong with a value, or None. Objects of a ``kind`` are checked by their own registry instead.

        ``owner`` is the type whose option it is.
        """
        if isinstance(value, list | tuple) and len(value) > MAX_ITEMS:
            message = f"{self.name} has {len(value):,} values; {MAX_ITEMS:,} are allowed"
            return Mistake("E104", message, option=(self.name,))
        if self.validator.is_valid(value):
            return None
        return Mistake(
            "E104",
            f"{self.name} must be {self.words}, not {show_value(value)}",
            help=_note(self.name, value, owner) or _way_out(self, value, owner),
            option=(self.name, *_position(self.validator, value)),
        )


def _choices(schema: JsonSchema) -> list[str]:
    """The words that a schema allows."""
    arms = [arm for one in schema.get("anyOf", [schema]) for arm in _by_type(one)]
    return [choice for arm in arms for choice in arm.get("enum", ()) if isinstance(choice, str)]


def compile_schema(schema: JsonSchema) -> Any:
    """Make a validator that knows an integer from a float and can't fetch anything."""
    return _validator_class()(schema, registry=_empty_registry())


@functools.cache
def _validator_class() -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    # JSON calls 32.0 an integer and Python calls True one; an architecture means neither.
    checker = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    checker = checker.redefine("number", lambda _, value: type(value) in (int, float))
    checker = checker.redefine("array", lambda _, value: isinstance(value, list | tuple))
    return extend(Draft202012Validator, type_checker=checker)  # type: ignore[no-untyped-call]


def _empty_registry() -> Any:
    from referencing import Registry

    return Registry()


# ---------------------------------------------------------------------------------------------- annotations to options


def options_of_class(cls: type) -> dict[str, Option]:
    """Read the options of a class from its annotations, those of its parents first.

    What many classes share (``options_come_last``) stands after what tells them apart.
    """
    parents = [parent for parent in reversed(cls.__mro__) if parent is not object]
    shared = [parent for parent in parents if parent.__dict__.get("options_come_last")]
    options: dict[str, Option] = {}
    for parent in [*(parent for parent in parents if parent not in shared), *reversed(shared)]:
        hints = typing.get_type_hints(parent, include_extras=True)
        for name in inspect.get_annotations(parent):
            if typing.get_origin(hints[name]) is not typing.ClassVar:
                options[name] = option_from(name, hints[name], getattr(cls, name, REQUIRED))
    return options


def options_of_function(function: Callable[..., Any]) -> dict[str, Option]:
    """Read the options of a block from its keyword-only parameters."""
    hints = typing.get_type_hints(function, include_extras=True)
    return {
        name: option_from(name, hints[name], REQUIRED if parameter.default is parameter.empty else parameter.default)
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }


def option_from(name: str, annotation: Any, default: Any) -> Option:
    """Make the option that an annotation describes. Raises `RegistrationError` where no option can be made of it."""
    if name in NODE_KEYS:
        raise RegistrationError(f"{name!r} can't be an option: every node has a key of that name")
    notes = list(_notes(annotation))
    description = next((note.text for note in notes if isinstance(note, Doc)), "")
    kind = next((note.kind for note in notes if isinstance(note, Registered)), None)
    return Option(name, schema_of(annotation), default, description, kind)


def _notes(annotation: Any) -> Iterator[object]:
    """Yield what is attached to an annotation or to an arm of it, the outermost first."""
    if typing.get_origin(annotation) is Annotated:
        yield from reversed(annotation.__metadata__)
        yield from _notes(annotation.__origin__)
    elif typing.get_origin(annotation) in (Union, types.UnionType):
        for arm in typing.get_args(annotation):
            yield from _notes(arm)


_SIMPLE: Mapping[Any, str] = {int: "integer", float: "number", bool: "boolean", str: "string", type(None): "null"}


def schema_of(annotation: Any) -> JsonSchema:
    """Translate an annotation into JSON Schema (draft 2020-12)."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _annotated(schema_of(arguments[0]), arguments[1:])
    if annotation in _SIMPLE:
        return {"type": _SIMPLE[annotation]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [schema_of(arm) for arm in arguments]}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": schema_of(arguments[1])}
    if origin is tuple and arguments[-1] is Ellipsis:
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin is tuple and len(set(map(repr, arguments))) == 1:
        return {
            "type": "array",
            "items": schema_of(arguments[0]),
            "minItems": len(arguments),
            "maxItems": len(arguments),
        }
    raise RegistrationError(f"no JSON Schema for the annotation {annotation!r}")


def _annotated(schema: JsonSchema, notes: tuple[object, ...]) -> JsonSchema:
    for note in notes:
        if isinstance(note, Keywords):
            schema = {**schema, **note.keywords}
        elif isinstance(note, Registered):
            schema = {"$ref": f"#/$defs/{note.kind}"}
    return schema


# ---------------------------------------------------------------------------------------------------- schemas in words


def describe(schema: JsonSchema) -> str:
    """Say in words which values a schema allows: ``a positive integer or a list of 2 positive integers``."""
    return _describe(schema, plural=False)


def _describe(schema: JsonSchema, *, plural: bool) -> str:
    if "$ref" in schema:
        return f"the name of a Keras {schema['$ref'].rsplit('/', 1)[1]}, or a mapping with its type and options"
    if "const" in schema:
        return show_value(schema["const"])
    if "enum" in schema:
        return _one_of([show_value(value).strip("'") for value in schema["enum"]])
    if "anyOf" in schema:
        return _alternatives([_describe(arm, plural=plural) for arm in schema["anyOf"]])
    kind: Any = schema.get("type", "any value")
    if isinstance(kind, list):
        return _alternatives([_describe({**schema, "type": one}, plural=plural) for one in kind])
    if kind == "any value" and {"minimum", "maximum"} & schema.keys():
        return _number(schema, "number", plural=plural)  # what the bounds are about
    if kind == "array" or (kind == "any value" and {"items", "minItems", "maxItems"} & schema.keys()):
        return ("lists" if plural else "a list") + _length(schema) + _items(schema)
    if kind in ("integer", "number"):
        return _number(schema, kind, plural=plural)
    keys = f" of {_one_of(list(schema['properties']))}" if "properties" in schema else ""
    words = {"boolean": "true or false", "string": "text", "null": "null", "object": f"a mapping{keys}"}
    return words.get(kind, str(kind))


def _one_of(names: list[str]) -> str:
    shown = names if len(names) <= 8 else [*names[:7], f"{len(names) - 7} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def _alternatives(arms: list[str]) -> str:
    arms = list(dict.fromkeys(arms))
    return arms[0] if len(arms) == 1 else f"{', '.join(arms[:-1])} or {arms[-1]}"


def _length(schema: JsonSchema) -> str:
    low, high = schema.get("minItems"), schema.get("maxItems")
    if low is None and high is None:
        return " of"
    if low == high:
        return f" of {low}"
    if high is None:
        return f" of at least {low}"
    return f" of {low or 0} to {high}"


def _items(schema: JsonSchema) -> str:
    items = schema.get("items")
    return f" {_describe(items, plural=True)}" if items else " values"


def _number(schema: JsonSchema, kind: str, *, plural: bool) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    noun = kind + ("s" if plural else "")
    article = "" if plural else ("an " if kind == "integer" else "a ")
    if high is None and below is None:
        if (kind, low) == ("integer", 1) or above == 0:
            return ("" if plural else "a ") + f"positive {noun}"
        if low == 0:
            return ("" if plural else "a ") + f"non-negative {noun}"
    bounds = []
    if low is not None:
        bounds.append(f"at least {low}")
    if above is not None:
        bounds.append(f"above {above}")
    if high is not None:
        bounds.append(f"at most {high}")
    if below is not None:
        bounds.append(f"below {below}")
    if low is not None and high is not None:
        bounds = [f"from {low} to {high}"]
    return f"{article}{noun}" + (f" {' and '.join(bounds)}" if bounds else "")


MAX_SHOWN = 60


def show_value(value: object) -> str:
    """Write a value as YAML would, cut at 60 characters, with control characters escaped."""
    if isinstance(value, str):
        text = escape(value)
        quoted = f"'{text}'" if len(text) <= MAX_SHOWN else f"'{text[: MAX_SHOWN - 1]}…'"
        return quoted
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        text = f"<{type(value).__name__}>"
    text = escape(text)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def shorten(text: str) -> str:
    """Quote what was written, or a part to write, without marks around it: as `show_value` does, cut and escaped."""
    text = escape(text)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def escape(text: str) -> str:
    """Make characters visible that a terminal would obey or hide: controls, bidirectional marks, surrogates."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


# -------------------------------------------------------------------------------------------------- what to do about it


def _position(validator: Any, value: object) -> tuple[str | int, ...]:
    """Find the item of a list that is at fault, where the list as such is welcome."""
    if not isinstance(value, list | tuple):
        return ()
    for arm in validator.schema.get("anyOf", [validator.schema]):
        if arm.get("type") == "array":
            for error in compile_schema(arm).iter_errors(value):
                if error.path:
                    return (error.path[0],)
    return ()


def _note(name: str, value: object, owner: str) -> str:
    """Say what to write instead of a value that people write for that option of that type."""
    notes = VALUE_NOTES.get((owner, name), {})
    return notes.get(fold(value) if isinstance(value, str) else "", notes.get("", ""))


def _way_out(option: Option, value: object, owner: str) -> str:
    """Say what to write instead, where that can be known; it is always welcome where it is said."""
    name, schema = option.name, option.schema
    arms = [arm for one in schema.get("anyOf", [schema]) for arm in _by_type(one)]
    kinds = {arm.get("type") for arm in arms}
    choices = _choices(schema)
    if isinstance(value, float) and value.is_integer() and "integer" in kinds and option.validator.is_valid(int(value)):
        return f"write {int(value)}; in an expression, // divides to an integer and int() or round() makes one"
    if isinstance(value, str) and kinds & {"integer", "number"} and (hint := ambiguous_number(value)):
        return hint
    if name == "padding" and choices:
        return _padding(value, choices, owner)
    if isinstance(value, list | tuple) and "array" in kinds and not any(isinstance(item, str) for item in value):
        for arm in arms:
            count = arm.get("maxItems")
            if arm.get("type") == "array" and count == arm.get("minItems") and count not in (None, len(value)):
                return f"write {count} values, not {len(value)}"
    from netspec.readings import readings

    for reading in readings(value):
        if option.validator.is_valid(reading.value):
            return f"write {name}: {shorten(reading.written)}{reading.note}"
    if isinstance(value, str) and choices and (near := nearest(value, choices, TYPE_WORDS)):
        return f"write {name}: {near}"
    if isinstance(value, Mapping) and choices:
        named = [*(value.get(key) for key in ("type", "class_name", "name")), *value]
        near = next(
            (near for one in named if isinstance(one, str) and (near := nearest(one, choices, TYPE_WORDS))), None
        )
        return f"write {name}: {near}, or put a {near} node with its options behind" if near else ""
    if value is None and not option.required:
        return f"leave it out; it is {show_value(option.default)} then"
    return ""


def _padding(value: object, choices: list[str], owner: str) -> str:
    """Where other tools have a number of rows and columns, or a flag, Keras has a word."""
    if isinstance(value, str):
        folded = value.casefold()
        near = next((choice for choice in choices if choice in folded), None) or nearest(value, choices)
        return f"write padding: {near}" if near else ""
    if not value or value == [0, 0]:
        return "write padding: valid"
    if value is True:
        return "write padding: same"
    axes = re.search(r"\dd(?=_|$)", owner)
    layer = f"zero_padding{axes[0] if axes else ''}"
    return f"write padding: same to keep the size; for an exact number put a {layer} layer before it"


def _by_type(schema: JsonSchema) -> list[JsonSchema]:
    kind = schema.get("type")
    return [{**schema, "type": one} for one in kind] if isinstance(kind, list) else [schema]


def ambiguous_number(text: str) -> str:
    """Explain a text that some YAML readers take for a number and others don't, or give back nothing."""
    digits = text.lstrip("+-")
    if digits.isascii() and digits.isdigit() and digits.startswith("0") and len(digits) > 1:
        return f"{text} is octal to some YAML readers and decimal to others; write it without the leading zero"
    if ":" in digits and all(part.isdigit() for part in digits.split(":")):
        return f"{text} is a number to base 60 for some YAML readers; write the number itself"
    if "_" in digits and digits.replace("_", "").isdigit() and digits.isascii():
        return f"write {text.replace('_', '')} without underscores"
    return ""
