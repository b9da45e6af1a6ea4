"""One registry of types: what exists, what it takes, how a name and options become an object.

A `Type` is made from a class or a function and knows its options by reading the signature. Options are checked and the
object is made once for each distinct set of options: a network says the same thing over and over.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from netspec.errors import Mistake, RegistrationError
from netspec.options import Option, shorten, show_value
from netspec.suggest import (
    MISTAKEN_TYPES,
    OBJECT_WORDS,
    OPTION_NOTES,
    OPTION_NOTES_BY_TYPE,
    OPTION_WORDS,
    TYPE_NOTES,
    fold,
    nearest,
)

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
CACHE_SIZE = 4096
MAX_LISTED = 40  # so many names are listed where none is near


class Mistakes(Exception):
    """All that is wrong with one set of options."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__(*mistakes)
        self.mistakes = mistakes


class Type:
    """A registered name: a layer, a block, an initializer. Subclasses say how its options are found.

    ``inputs`` are the names of the tensors it takes; ``variadic`` says that it takes any number of them; of the inputs,
    ``required_inputs`` have to be given.
    """

    kind: str = "type"
    inputs: tuple[str, ...] = ()
    variadic: bool = False
    required_inputs: int = 0
    example: Any = None

    def __init__(self, name: str, target: Callable[..., Any], family: str) -> None:
        self.name = name
        self.target = target
        self.family = family
        self._made: dict[str, Any] = {}

    @cached_property
    def options(self) -> Mapping[str, Option]:
        raise NotImplementedError

    @cached_property
    def documentation(self) -> str:
        return inspect.cleandoc(self.target.__doc__ or "")

    @property
    def summary(self) -> str:
        """The first sentence of the docstring."""
        return self.documentation.split("\n\n", 1)[0].replace("\n", " ")

    def check_names(self, names: Mapping[str, object], also: Sequence[str] = ()) -> Iterator[Mistake]:
        """Find options that do not exist and required ones that are missing; ``also`` are keys that may stand there."""
        unknown = [name for name in names if name not in self.options]
        for name in unknown:
            yield self.unknown_option(name, names, also)
        absent = self.missing(names)
        missing = [name for name in self.options if name in absent]
        renamed = {_meant(name, missing) for name in unknown}
        advice = "; ".join(self._explained(name, names, also) for name in unknown)
        # An option that is misspelt, or that a note says to write instead of another, is one mistake, not two.
        told = {name for name in missing if re.search(rf"\bwrite [^:;{{]*\b{name}\b", advice)}
        missing = [name for name in missing if name not in renamed | told]
        if missing:
            help = "add " + "; ".join(self._wanted(name) for name in missing)
            if len(missing) > 1 and self.name in MISTAKEN_TYPES:
                help = f"{MISTAKEN_TYPES[self.name]}; otherwise {help}"
            yield Mistake("E103", f"{self.name} needs {' and '.join(missing)}", help=help)

    def missing(self, names: Container[str]) -> set[str]:
        """The required options that are not among ``names``."""
        return {name for name, option in self.options.items() if option.required and name not in names}

    def meant(self, name: str, names: Mapping[str, object]) -> str | None:
        """The option that one that does not exist was probably meant to be, of those that are still free."""
        return _meant(name, [option for option in self.options if option not in names])

    def doubtful(self, mistakes: Sequence[Mistake]) -> set[str]:
        """The options that mistakes are about; all of them where one does not say."""
        named = {str(mistake.option[0]) for mistake in mistakes if mistake.option}
        return named if all(mistake.option for mistake in mistakes) else set(self.options)

    def note(self, name: str) -> str:
        """What to do in place of an option that does not exist and can't be renamed; nothing where nothing is known."""
        return OPTION_NOTES_BY_TYPE.get(self.name, {}).get(fold(name)) or OPTION_NOTES.get(fold(name), "")

    def _explained(self, name: str, names: Mapping[str, object], also: Sequence[str]) -> str:
        """The note on an option that does not exist, or on a type that was taken for another one."""
        near = _meant(name, [option for option in (*self.options, *also) if option not in names])
        return self.note(name) or ("" if near else MISTAKEN_TYPES.get(self.name, ""))

    def _wanted(self, name: str) -> str:
        option = self.options[name]
        return f"{name}, {option.words}" + (f": {option.description}" if option.description else "")

    def check_value(self, name: str, value: object) -> Iterator[Mistake]:
        """Find what is wrong with the value of one option."""
        option = self.options[name]
        if option.kind is not None and not (value is None and _allows_null(option)):
            yield from objects(option.kind).check(value, (name,))
        elif option.kind is None and (mistake := option.check(value, self.name)):
            mistake.message = f"{self.name}: {mistake.message}"
            yield mistake

    def bind(self, options: Mapping[str, Any]) -> Any:
        """Check the options and make the object; the same options give the same object. Raises `Mistakes`."""
        key = repr(options)  # tells 1, 1.0 and true apart, which are equal as values
        if key in self._made:
            return self._made[key]
        mistakes = list(self.check_names(options))
        for name, value in options.items():
            if name in self.options:
                mistakes += self.check_value(name, value)
        if mistakes:
            raise Mistakes(mistakes)
        made = self.make({name: self.convert(name, value) for name, value in options.items()})
        if len(self._made) >= CACHE_SIZE:
            self._made.clear()
        self._made[key] = made
        return made

    def disagreements(self, options: Mapping[str, Any]) -> list[Mistake]:
        """Find what is wrong with options that are good one by one."""
        try:
            self.bind(options)
        except Mistakes as error:
            return error.mistakes
        return []

    def make(self, options: dict[str, Any]) -> Any:
        """Make the object from options that are known to be good one by one."""
        try:
            return self.target(**options)
        except Mistake as mistake:  # two options that don't go together
            raise Mistakes([mistake]) from None

    def convert(self, name: str, value: Any) -> Any:
        """Turn a value as written into what the target takes: objects for their names, tuples for lists."""
        kind = self.options[name].kind
        if kind is not None and value is not None:
            return objects(kind).create(value)
        return _tuples(value)

    def unknown_option(self, name: str, names: Mapping[str, object], also: Sequence[str] = ()) -> Mistake:
        """Describe an option that does not exist, with the nearest one that is still free."""
        free = [option for option in (*self.options, *also) if option not in names]
        note = self.note(name)
        near = None if note else _meant(name, free)
        split, odd = _split(name), ""
        if near and split:
            from netspec.misread import odd_blank

            odd = odd_blank(name)
            help = f"write {near}: {shorten(split[1])}" + (" with an ordinary space" if odd else "")
        elif note:
            help = note
        elif near:
            help = f"write {near}"
        elif self.name in MISTAKEN_TYPES:
            help = MISTAKEN_TYPES[self.name]
        elif given := nearest(name, [option for option in self.options if option in names], OPTION_WORDS):
            help = f"{given} is given already; take {name} out"
        elif self.options:
            help = f"{self.name} takes {', '.join(_main_first(self.options))}"
        else:
            help = f"{self.name} takes no options"
        return Mistake("E102", f"{self.name} has no option {show_value(name)}{odd}", help=help, option=(name,))


def _meant(name: str, options: Iterable[str]) -> str | None:
    """The option that a name was meant to be, its value left out where it was written into the name: ``units=64``."""
    split = _split(name)
    return nearest(split[0] if split else name, options, OPTION_WORDS)


def _split(name: str) -> tuple[str, str] | None:
    if NAME.match(name):
        return None
    from netspec.misread import split_key

    return split_key(name)


def _main_first(options: Mapping[str, Option]) -> list[str]:
    """Name the required options and the first few others: enough to remember, not a manual."""
    names = sorted(options, key=lambda name: not options[name].required)
    return names if len(names) <= 8 else [*names[:8], "…"]


def _allows_null(option: Option) -> bool:
    return option.default is None or {"type": "null"} in option.schema.get("anyOf", ())


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value


class Registry:
    """Names to types. A name is taken once; an unknown one says what it was probably meant to be."""

    def __init__(self, kind: str, words: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self.kind = kind
        self._types: dict[str, Type] = {}
        self._words = words or {}

    def add(self, entry: Type) -> None:
        if not NAME.match(entry.name):
            raise RegistrationError(f"{entry.name!r} can't be the name of a {self.kind}: letters, digits and _ only")
        if entry.name in self._types:
            raise RegistrationError(
                f"the {self.kind} {entry.name!r} is registered already, as {self._types[entry.name].target}"
            )
        self._types[entry.name] = entry

    def __contains__(self, name: str) -> bool:
        return name in self._types

    def __iter__(self) -> Iterator[Type]:
        return iter(self._types.values())

    def __getitem__(self, name: str) -> Type:
        return self._types[name]

    def get(self, name: str) -> Type | None:
        return self._types.get(name)

    def nearest(self, name: str, also: Iterable[str] = (), *, guess: bool = True) -> str | None:
        """Find what a name that does not exist was meant to be (``also`` holds further names)."""
        return nearest(name, [*self._types, *also], self._words, guess=guess)

    def unknown(self, name: str, also: Iterable[str] = ()) -> Mistake:
        """Describe a name that does not exist, with the nearest one that does (``also`` holds further names)."""
        near = self.nearest(name, also)
        if near:
            help = f"write {near}"
        elif len(self._types) > MAX_LISTED:
            called = name.partition("(")[0].rpartition(".")[2]
            help = TYPE_NOTES.get(fold(called), "netspec blocks lists every type")
        else:
            help = f"there are {', '.join(sorted(self._types))}"
        return Mistake("E101", f"there is no {self.kind} {show_value(name)}", help=help)

    # An object is a value of an option: an initializer's name, or a mapping with its type and options.

    def check(self, value: object, path: tuple[str | int, ...]) -> Iterator[Mistake]:
        """Find what is wrong with an object that an option names or describes."""
        if isinstance(value, str):
            value = {"type": value}
        if not isinstance(value, Mapping) or not isinstance(value.get("type"), str):
            yield Mistake(
                "E104",
                f"{path[0]} must be the name of a Keras {self.kind}, or a mapping with its type and options, "
                f"not {show_value(value)}",
                help=self._meant(value),
                option=path,
            )
            return
        entry = self.get(value["type"])
        if entry is None:
            mistake = self.unknown(value["type"])
            if called := self._called(value["type"]):
                mistake.help = f"write {called}"
            mistake.option = (*path, "type")
            yield mistake
            return
        options = {name: item for name, item in value.items() if name != "type"}
        mistakes = list(entry.check_names(options))
        for name, item in options.items():
            if name in entry.options:
                mistakes += entry.check_value(name, item)
        if not mistakes:
            mistakes = entry.disagreements(options)
        for mistake in mistakes:
            mistake.option = path + mistake.option
            yield mistake

    def _called(self, text: str) -> str | None:
        """Write the call of a class as an object: ``l2(0.01)`` as ``{type: l2, l2: 0.01}``."""
        near = self.nearest(text) if "(" in text else None
        if near is None:
            return None
        from netspec.misread import from_call

        return from_call(text, near, self[near].options)

    def _meant(self, value: object) -> str:
        """Say how an object is written that was given by a number, or by another key than ``type``."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            word = "zeros" if value == 0 else "ones" if value == 1 else ""
            usual = next((name for name in ("constant", "l2", "max_norm") if name in self), None)
            if word in self._types:
                return f"write {word}"
            option = next(iter(self[usual].options)) if usual else ""
            return f"write {{type: {usual}, {option}: {value}}}" if usual else ""
        if isinstance(value, list | tuple) and len(value) == 1 and isinstance(value[0], str):
            return f"write {near}" if (near := self.nearest(value[0])) else ""
        if not isinstance(value, Mapping):
            return ""
        for key, item in value.items():
            named = item if isinstance(item, str) else key
            near = self.nearest(named)
            if near is None:
                continue
            options = {name: one for name, one in value.items() if name != key}
            options |= item if isinstance(item, Mapping) else {} if isinstance(item, str | None) else {near: item}
            for wrapped in [name for name, one in options.items() if isinstance(one, Mapping)]:
                options |= options.pop(wrapped)
            inside = ", ".join([f"type: {near}", *(f"{name}: {show_value(one)}" for name, one in options.items())])
            return f"write {shorten(f'{{{inside}}}')}"
        return ""

    def create(self, value: str | Mapping[str, Any]) -> Any:
        """Make the object that `check` found nothing wrong with."""
        if isinstance(value, str):
            return self[value].bind({})
        return self[value["type"]].bind({name: item for name, item in value.items() if name != "type"})


_OBJECTS: dict[str, Registry] = {}


def objects(kind: str, words: Mapping[str, tuple[str, ...]] = OBJECT_WORDS) -> Registry:
    """Find the registry of the objects of one kind that options take: initializers, regularizers, constraints, layers.

    ``words`` are what people call them otherwise.
    """
    return _OBJECTS.setdefault(kind, Registry(kind, words))
