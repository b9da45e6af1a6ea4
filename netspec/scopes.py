"""What a name, a reference or an expression means at a place in the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from netspec import yaml
from netspec.errors import Mistake, Source, Where
from netspec.expressions import FUNCTIONS, Meter, UnknownNameMistake
from netspec.graph import Node, Presumed, Site
from netspec.references import EVERY, INPUT, PREV, Reference
from netspec.shapes import Shape
from netspec.suggest import nearest
from netspec.syntax import Step
from netspec.values import ExpressionMistake, Unknowable, Value, names_in


class Broken:
    """Stands for a tensor that is not known because of a mistake that was reported."""

    def __repr__(self) -> str:
        return "BROKEN"


BROKEN: Final = Broken()
Flow = Node | Broken


@dataclass(slots=True)
class Here:
    """Where new nodes go: the built names' beginning, the stage, and the written step that a table shows."""

    prefix: str
    stage: str | None
    site: Site | None = None


class Origin(NamedTuple):
    """How something was expanded, for a shared call of it: the step, its place, $i, and how many steps stood before."""

    step: Step
    place: Place
    iteration: int | None
    steps_before: int


@dataclass(slots=True)
class Entry:
    """What a name stands for: an output, the names inside, its copies, and the nodes it made (for ``share``)."""

    output: Flow
    inside: Names | None = None
    copies: dict[int, Entry] | None = None
    built: str = ""
    span: tuple[int, int] = (0, 0)
    entered: tuple[Flow, ...] = ()
    inputs: tuple[str, ...] = ()
    origin: Origin | None = None
    open: bool = False  # a stage or group whose nodes are still being expanded: they can be named, it can't


@dataclass(slots=True)
class Names:
    """The names of one scope. ``named`` can be used as they are, ``automatic`` ones only in a path."""

    parent: Names | None = None
    named: dict[str, Entry] = field(default_factory=dict)
    automatic: dict[str, Entry] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)  # why a written node is not there
    written: Mapping[str, Where] = field(default_factory=dict)  # names of the whole spec, later ones too

    def scopes(self) -> Iterator[Names]:
        """This scope and those around it, from the inside out."""
        scope: Names | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def find(self, name: str) -> Entry | None:
        return next((scope.named[name] for scope in self.scopes() if name in scope.named), None)

    def known(self) -> Iterator[str]:
        """The names that can be referred to here."""
        yield from dict.fromkeys(n for scope in self.scopes() for n, entry in scope.named.items() if not entry.open)

    def inner(self, name: str) -> Entry | None:
        return self.named.get(name) or self.automatic.get(name)


class Variables:
    """Named values, worked out when first asked for; they may use each other in any order, but not in a circle."""

    def __init__(
        self,
        values: Mapping[str, Value],
        known: Mapping[str, Any],
        outer: Variables | None,
        note: str = "",
        caller: tuple[Mapping[str, Value], Variables] | None = None,
    ) -> None:
        self._values = values
        around = outer or (caller[1] if caller else None)
        self.meter: Meter = around.meter if around else Meter()  # one for all expressions of a network
        self._caller = caller  # of a block: the values of its params as written, and what they see
        self._note = note  # what to say where a name is missing
        self._known = dict(known)
        self._outer = outer
        self._spoilt: set[str] = set()

    def names(self) -> Iterator[str]:
        yield from self._values
        yield from self._known
        if self._outer:
            yield from self._outer.names()

    def value(self, name: str, place: Place) -> Any:
        """The value of a name. Raises `Mistake`, `ExpressionMistake` or `Unknowable`."""
        if name not in self._known:
            if name in self._values:
                self._work_out(name, place)
            elif self._outer is not None:
                return self._outer.value(name, place.outermost())
            else:
                raise self._unknown(name, place)
        return self._known[name]

    def place(self, name: str) -> Where | None:
        """Where the value of a name was written; None of a name that has its value from elsewhere."""
        written, variables = self._caller or ({}, None)
        if name in written:
            value = written[name]
            return (variables and value.variable and variables.place(value.variable)) or value.where
        if name in self._values:
            return self._values[name].where
        return self._outer.place(name) if self._outer and name not in self._known else None

    def spoil(self, name: str) -> None:
        """Forget a value that was found wrong: what needs it is then not known, and nothing more is said."""
        self._known.pop(name, None)
        self._spoilt.add(name)

    def _work_out(self, name: str, place: Place) -> None:
        """Work a value out, those that it needs first. The stack is our own: a chain may be longer than Python's."""
        waiting = [name]
        begun: dict[str, None] = {}  # in the order in which they were begun
        try:
            while waiting:
                current = waiting[-1]
                if current in self._known:
                    waiting.pop()
                elif current in self._spoilt or self._values[current].broken:
                    raise Unknowable
                elif current in begun:
                    self._known[current] = self._values[current].evaluate(Seen(self, place))
                    del begun[current]
                else:
                    begun[current] = None
                    waiting += self._needed(current, begun)
        except Mistake:
            self._spoilt.update(begun)  # said once, not again for everything that needs it
            raise

    def _needed(self, name: str, begun: Mapping[str, None]) -> list[str]:
        """List the values that a value still needs. Raises `ExpressionMistake` where they need it in turn."""
        value = self._values[name]
        needed = list(names_in(value))
        for one in needed:
            if one in begun:
                names = list(begun)
                raise _circle([*names[names.index(one) :], one], value)
        return [one for one in needed if one in self._values and one not in self._known]

    def _unknown(self, name: str, place: Place) -> Mistake:
        known = [*place.positional(), *place.variables.names()]
        near = nearest(name, known)
        if name == "i":
            help = "write repeat: beside it, or leave $i out"
            if place.in_block:
                help = "a block does not see the $i of its caller; give the block a param for it"
            return Mistake("E201", "$i counts copies, and nothing repeats here", help=help)
        shown = ", ".join(sorted(set(known) - {"channels", "in_channels"})[:8])
        if name in FUNCTIONS or name == "shape":
            help = f"write {name}({'prev' if name == 'shape' else '…'}): it is a function"
        else:
            help = self._note or (f"there are {shown}" if shown else f"add {name} to vars: {{{name}: …}}")
        return UnknownNameMistake(f"there is no variable {name!r} here", near, help)


def _circle(names: list[str], value: Value) -> ExpressionMistake:
    message = f"these variables need each other: {' → '.join(names[:8])}"
    return ExpressionMistake(Mistake("E202", message, help="give one of them a value of its own"), value.where)


@dataclass(slots=True)
class Place:
    """Where in the network an expression or reference stands: its names, and what flows there.

    ``history`` holds the outputs of the enclosing list's steps, what entered it first; ``entered`` is what ``input``
    means, None in a spec with several inputs. ``iteration`` is $i.
    """

    names: Names
    variables: Variables
    history: list[Flow]
    entered: Flow | None
    iteration: int | None = None
    depth: int = 0
    in_block: bool = False
    step: str | None = None  # the name of the node whose references are being followed

    def outermost(self) -> Place:
        """The place of the spec's own variables: nothing flows there."""
        return Place(Names(), self.variables, [], None, in_block=self.in_block)

    def flows(self) -> bool:
        """Whether anything can be referred to; not so where the spec's own variables stand."""
        return bool(self.history or self.names.named or self.names.parent)

    def positional(self) -> Iterator[str]:
        if self.iteration is not None:
            yield "i"
        if self.history:
            yield "channels"
        if self.entered is not None:
            yield "in_channels"


class Seen:
    """What an expression can see: variables, positional names and shapes at a place."""

    __slots__ = ("place", "spend", "variables")

    def __init__(self, variables: Variables, place: Place) -> None:
        self.variables = variables
        self.place = place
        self.spend = variables.meter.spend

    def value(self, name: str) -> Any:
        if name == "i" and self.place.iteration is not None:
            return self.place.iteration
        if name == "channels":
            return self._channels(PREV, name)
        if name == "in_channels":
            if self.place.entered is None and self.place.flows():
                message = "in_channels has no meaning in a spec with several inputs"
                raise Mistake("E207", message, help="write $channels, or $(shape(name)[-1]) with the input's name")
            return self._channels(INPUT, name)
        return self.variables.value(name, self.place)

    def shape(self, reference: Reference) -> Shape:
        node = self._node(reference)
        if isinstance(node, Presumed) and None in node.shape:
            raise Unknowable
        return node.shape

    def _node(self, reference: Reference) -> Node:
        if not self.place.flows():
            message = "shapes and channels are known only where data flows; vars are worked out before"
            raise Mistake("E201", message, help="use them in a node, or in the vars of a block")
        found = resolve(reference, self.place)
        if len(found) != 1:
            raise Mistake("E207", f"shape({reference.text}) means {len(found)} tensors", help=_name_one(reference))
        if isinstance(found[0], Broken):
            raise Unknowable
        return found[0]

    def _channels(self, reference: Reference, name: str) -> Any:
        node = self._node(reference)
        if not node.shape:
            raise Mistake("E204", f"{name}: a scalar has no channels")
        if isinstance(node, Presumed) and node.shape[-1] is None:
            raise Unknowable
        return node.shape[-1]


UNKNOWN: Final = Value(yaml.Scalar(None, Where(Source(""), 1, 1, 1, 1)), broken=True)
"""Stands for a value that is not known because of a mistake that was reported."""


# ----------------------------------------------------------------------------------------------------------- references


def resolve(reference: Reference, place: Place) -> list[Flow]:
    """Find the tensors that a reference means. Raises `Mistake`."""
    if reference is PREV or reference.path == ("prev",):
        if not place.history:
            raise Mistake(
                "E207",
                "nothing has flowed yet: with several inputs the first node says where it reads from",
                help=_inputs_help(place),
            )
        return [place.history[-1]]
    if reference.steps:
        if reference.steps > len(place.history):
            raise Mistake(
                "E205",
                f"{reference.text} goes back further than this list",
                help=f"the furthest is -{len(place.history)}, what entered the list"
                if place.history
                else "name a node",
            )
        return [place.history[-reference.steps]]
    first = reference.path[0]
    if first == "input" and len(reference.path) == 1:
        if place.entered is None:
            raise Mistake("E207", "input has no meaning in a spec with several inputs", help=_inputs_help(place))
        return [place.entered]
    if first in ("prev", "input"):
        raise Mistake(
            "E205", f"{first} is a tensor, with nothing inside", help="a path begins with the name of a node or stage"
        )
    return [found.output for found in _follow([_first(reference, place)], reference.path, reference)]


def _first(reference: Reference, place: Place) -> Entry:
    """Find what the first part of a path names."""
    name = str(reference.path[0])
    entry = place.names.find(name)
    if entry is None:
        raise _leads_nowhere(name, place)
    return entry


def resolve_entry(reference: Reference, place: Place) -> Entry:
    """Find the one thing that a reference names, not only its output. Raises `Mistake`."""
    found = _follow([_first(reference, place)], reference.path, reference)
    if len(found) != 1:
        message = f"{reference.text} means {len(found)} things, and one is wanted"
        raise Mistake("E207", message, help=_name_one(reference))
    return found[0]


def _follow(entries: list[Entry], path: Sequence[str | int], reference: Reference) -> list[Entry]:
    for depth, segment in enumerate(path[1:], start=1):
        so_far = ".".join(map(str, path[:depth]))
        following: list[Entry] = []
        for entry in entries:
            if entry.open and entry.inside is None:
                raise _incomplete(so_far)
            if isinstance(entry.output, Broken) and entry.inside is None and entry.copies is None:
                following.append(entry)  # what should be inside is not known, for a reason that was reported
            elif segment == EVERY:
                if entry.copies is None:
                    raise Mistake("E205", f"{so_far} does not repeat, so it has no copies", help=f"write {so_far}")
                following.extend(entry.copies.values())
            elif isinstance(segment, int):
                following.append(_copy_number(entry, segment, so_far))
            else:
                following.append(_inner(entry, segment, so_far))
        entries = following
    return [_last_copy(entry, reference) for entry in entries]


def _name_one(reference: Reference) -> str:
    return f"name one of them: {reference.text.replace(EVERY, '0')}"


def _incomplete(text: str) -> Mistake:
    return Mistake("E205", f"{text} is not complete here", help="name the node in it that is meant, or prev")


def _last_copy(entry: Entry, reference: Reference) -> Entry:
    if entry.open:
        raise _incomplete(reference.text)
    if entry.copies is None:
        return entry
    if not entry.copies:
        raise Mistake("E205", f"{reference.text} has no copies before this point")
    return entry.copies[max(entry.copies)]


def _copy_number(entry: Entry, number: int, so_far: str) -> Entry:
    if entry.copies is None:
        raise Mistake("E205", f"{so_far} does not repeat, so it has no copy {number}", help=f"write {so_far}")
    if number not in entry.copies:
        numbers = ", ".join(map(str, list(entry.copies)[:8]))
        help = f"before this point there are the copies {numbers}" if numbers else "no copy is complete here"
        raise Mistake("E205", f"{so_far} has no copy {number} before this point", help=help)
    return entry.copies[number]


def _inner(entry: Entry, name: str, so_far: str) -> Entry:
    if entry.copies:  # a repeated name alone is its last copy
        so_far = f"{so_far}.{max(entry.copies)}"
        entry = entry.copies[max(entry.copies)]
    found = entry.inside.inner(name) if entry.inside else None
    if found is None and isinstance(entry.inside, Inside):
        found = entry.inside.find_node(name)
    if found is None:
        known = [*entry.inside.named, *entry.inside.automatic] if entry.inside else []
        near = nearest(name, known)
        help = (
            f"write {so_far}.{near}"
            if near
            else f"inside are {', '.join(known[:8])}"
            if known
            else f"{so_far} has nothing inside"
        )
        raise Mistake("E205", f"there is no {name!r} in {so_far}", help=help)
    return found


class Inside(Names):
    """The inside of a block written in Python: its nodes by their built names, looked up when asked for."""

    __slots__ = ("nodes", "prefix")

    def __init__(self, nodes: Sequence[Node], prefix: str) -> None:
        super().__init__()
        self.nodes = nodes
        self.prefix = prefix

    def find_node(self, name: str) -> Entry | None:
        """Find a node of the block, or a block in it, and remember all names for a message."""
        own = self.prefix + name
        inner = [node for node in self.nodes if node.name == own or node.name.startswith(own + "-")]
        if inner:
            return Entry(inner[-1], Inside(inner, own + "-"), built=own)
        for node in self.nodes:
            self.automatic[node.name[len(self.prefix) :].split("-")[0]] = Entry(node)
        return None


def _leads_nowhere(name: str, place: Place) -> Mistake:
    message = f"there is no {name!r} before this point"
    scopes = list(place.names.scopes())
    for scope in scopes:
        if name in scope.absent:
            return Mistake("E205", f"{name!r} is not there: {scope.absent[name]}")
    known = list(place.names.known())
    paths = [
        f"{owner}.{name}"
        for scope in scopes
        for owner, entry in scope.named.items()
        for inside in [entry.copies[max(entry.copies)].inside if entry.copies else entry.inside]
        if inside and inside.inner(name)
    ]
    unnamed = [
        owner
        for scope in scopes
        for owner, entry in scope.automatic.items()
        for copy in (entry.copies or {0: entry}).values()
        if copy.inside and copy.inside.inner(name)
    ]
    automatic = any(name in scope.automatic for scope in scopes)
    if name == place.step:
        help = "name the node before it, or write prev"
        return Mistake("E205", f"{name!r} is this node itself; references point backwards only", help=help)
    if any(name in scope.written for scope in scopes):
        return Mistake("E205", f"{name!r} comes later; references point backwards only", help="move this node after it")
    if automatic:
        help = f"give the node a name: {{name: …, type: {name.rstrip('0123456789').rstrip('_')}}}"
    elif paths:
        help = f"write {paths[-1]}, or give the node a name"
    elif unnamed:
        help = f"it is inside of {unnamed[-1]}; give that a name, and write the path"
    elif near := nearest(name, known):
        help = f"write {near}"
    elif place.in_block:
        help = f"a block sees nothing of its caller: make it one of its inputs: [x, {name}], named in from: at each use"
    else:
        shown = f": {', '.join(known[-8:])}" if known else ""
        help = f"references point backwards, to a node that has a name{shown}"
    return Mistake("E205", message, help=help)


def _inputs_help(place: Place) -> str:
    names = list(place.names.known())
    return f"write from: {names[0]}" if names else ""
