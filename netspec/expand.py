"""A `Network` to a `Graph`: the only place that knows repeats, branches, scopes, shared calls and YAML blocks.

A list of nodes is walked in order. A node whose inputs are wrong, or that depends on one that is, leaves `BROKEN` behind:
what follows is still checked as far as it can be known, and nothing is said twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from netspec import yaml
from netspec.cost import BUDGETS, dearest
from netspec.errors import Diagnostic, Mistake, Related, SpecError, Where
from netspec.errors import Source as Text
from netspec.graph import Graph, GraphBuilder, Input, Node, Site, Words
from netspec.layer import TYPES, Layer, LayerType
from netspec.limits import Limits
from netspec.options import show_value
from netspec.parse import (
    INPUT_DTYPES,
    check_budget,
    check_repeat,
    check_shape,
    check_when,
    report_mistakes,
)
from netspec.references import EVERY, PREV, Reference
from netspec.registry import Mistakes
from netspec.shapes import Shape, show
from netspec.suggest import nearest
from netspec.syntax import Branches, Call, Group, Network, Share, Source, Step, YamlBlock
from netspec.tensors import BlockCall, BlockScope, check_inputs
from netspec.values import ExpressionMistake, Problems, Value

MAX_BLOCK_DEPTH = 64
"""How deeply blocks may contain each other; Python's own stack ends not far behind."""

STEPS_PER_LAYER = 10
"""Steps that make no layer (empty copies, false conditions) take time too: so many are allowed per allowed layer."""


class _Broken:
    """Stands for a tensor that is not known because of a mistake that was reported."""

    def __repr__(self) -> str:
        return "BROKEN"


BROKEN: Final = _Broken()
Flow = Node | _Broken


class _Unknowable(Exception):
    """An expression asks for the shape of something broken; the mistake was reported there."""


@dataclass(slots=True)
class Entry:
    """What a name stands for: an output, the names inside, its copies, and the nodes it made (for ``share``)."""

    output: Flow
    inside: Names | None = None
    copies: dict[int, Entry] | None = None
    built: str = ""
    span: tuple[int, int] = (0, 0)
    entered: tuple[Flow, ...] = ()


@dataclass(slots=True)
class Names:
    """The names of one scope. ``named`` can be used as they are, ``automatic`` ones only in a path."""

    parent: Names | None = None
    named: dict[str, Entry] = field(default_factory=dict)
    automatic: dict[str, Entry] = field(default_factory=dict)

    def find(self, name: str) -> Entry | None:
        scope: Names | None = self
        while scope is not None:
            if name in scope.named:
                return scope.named[name]
            scope = scope.parent
        return None

    def known(self) -> Iterator[str]:
        scope: Names | None = self
        while scope is not None:
            yield from scope.named
            scope = scope.parent

    def inner(self, name: str) -> Entry | None:
        return self.named.get(name) or self.automatic.get(name)


class Variables:
    """Named values, worked out when first asked for; they may use each other in any order, but not in a circle."""

    def __init__(self, values: Mapping[str, Value], known: Mapping[str, Any], outer: Variables | None) -> None:
        self._values = values
        self._known = dict(known)
        self._outer = outer
        self._open: list[str] = []

    def names(self) -> Iterator[str]:
        yield from self._values
        yield from self._known
        if self._outer:
            yield from self._outer.names()

    def value(self, name: str, place: Place) -> Any:
        """The value of a name. Raises `Mistake`, `ExpressionMistake` or `_Unknowable`."""
        if name in self._known:
            return self._known[name]
        if name not in self._values:
            if self._outer is not None:
                return self._outer.value(name, place.outermost())
            raise self._unknown(name, place)
        value = self._values[name]
        if value.broken:
            raise _Unknowable
        if name in self._open:
            circle = [*self._open[self._open.index(name) :], name]
            raise ExpressionMistake(
                Mistake(
                    "E202",
                    f"these variables need each other: {' → '.join(circle)}",
                    help="give one of them a value of its own",
                ),
                value.where,
            )
        self._open.append(name)
        try:
            result = value.evaluate(_Seen(self, place))
        except RecursionError:
            raise Mistake("E202", f"too many variables need each other, {name} among them") from None
        finally:
            self._open.pop()
        self._known[name] = result
        return result

    def _unknown(self, name: str, place: Place) -> Mistake:
        known = [*place.positional(), *place.variables.names()]
        near = nearest(name, known)
        if name == "i":
            return Mistake(
                "E201", "$i counts copies, and nothing repeats here", help="write repeat: beside it, or leave $i out"
            )
        shown = ", ".join(sorted(set(known))[:8])
        return Mistake(
            "E201",
            f"there is no variable {name!r} here",
            help=f"write {near}" if near else f"there are {shown}" if shown else "",
        )


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

    def outermost(self) -> Place:
        """The place of the spec's own variables: nothing flows there."""
        return Place(Names(), self.variables, [], None)

    def positional(self) -> Iterator[str]:
        if self.iteration is not None:
            yield "i"
        if self.history:
            yield "channels"
        if self.entered is not None:
            yield "in_channels"


class _Seen:
    """What an expression can see: variables, positional names and shapes at a place."""

    __slots__ = ("place", "variables")

    def __init__(self, variables: Variables, place: Place) -> None:
        self.variables = variables
        self.place = place

    def value(self, name: str) -> Any:
        if name == "i" and self.place.iteration is not None:
            return self.place.iteration
        if name == "channels":
            return self._channels(self.shape(PREV), name)
        if name == "in_channels":
            return self._channels(self.shape(INPUT), name)
        return self.variables.value(name, self.place)

    def shape(self, reference: Reference) -> Shape:
        found = resolve(reference, self.place)
        if len(found) != 1:
            raise Mistake(
                "E207", f"shape({reference.text}) means {len(found)} tensors", help="name one of them: gates.0"
            )
        if isinstance(found[0], _Broken):
            raise _Unknowable
        return found[0].shape

    def _channels(self, shape: Shape, name: str) -> Any:
        if not shape:
            raise Mistake("E204", f"{name}: a scalar has no channels")
        return shape[-1]


INPUT: Final = Reference("input", ("input",))

_UNKNOWN: Final = Value(yaml.Scalar(None, Where(Text(""), 1, 1, 1, 1)), broken=True)
"""Stands for a value that is not known because of a mistake that was reported."""


# ----------------------------------------------------------------------------------------------------------- references


def resolve(reference: Reference, place: Place) -> list[Flow]:
    """Find the tensors that a reference means. Raises `Mistake`."""
    if reference is PREV or reference.path == ("prev",):
        if not place.history:
            raise Mistake(
                "E207", "nothing has flowed yet: with several inputs the first node says where it reads from",
                help=_inputs_help(place),
            )  # fmt: skip
        return [place.history[-1]]
    if reference.steps:
        if reference.steps > len(place.history):
            raise Mistake(
                "E205",
                f"{reference.text} goes back further than this list, which has {len(place.history)} steps before it",
            )
        return [place.history[-reference.steps]]
    first = reference.path[0]
    if first == "input" and len(reference.path) == 1:
        if place.entered is None:
            raise Mistake("E207", "input has no meaning in a spec with several inputs", help=_inputs_help(place))
        return [place.entered]
    entry = place.names.find(str(first))
    if entry is None:
        raise _leads_nowhere(str(first), place, reference)
    return [found.output for found in _follow([entry], reference.path, reference)]


def resolve_entry(reference: Reference, place: Place) -> Entry:
    """Find the one thing that a reference names, not only its output. Raises `Mistake`."""
    entry = place.names.find(str(reference.path[0]))
    if entry is None:
        raise _leads_nowhere(str(reference.path[0]), place, reference)
    found = _follow([entry], reference.path, reference)
    if len(found) != 1:
        raise Mistake(
            "E207", f"{reference.text} means {len(found)} things, and one is wanted", help="name one of them: gates.0"
        )
    return found[0]


def _follow(entries: list[Entry], path: Sequence[str | int], reference: Reference) -> list[Entry]:
    for depth, segment in enumerate(path[1:], start=1):
        so_far = ".".join(map(str, path[:depth]))
        following: list[Entry] = []
        for entry in entries:
            if segment == EVERY:
                if entry.copies is None:
                    raise Mistake("E205", f"{so_far} does not repeat, so it has no copies", help=f"write {so_far}")
                following.extend(entry.copies.values())
            elif isinstance(segment, int):
                following.append(_copy_number(entry, segment, so_far))
            else:
                following.append(_inner(entry, segment, so_far))
        entries = following
    return [_last_copy(entry, reference) for entry in entries]


def _last_copy(entry: Entry, reference: Reference) -> Entry:
    if entry.copies is None:
        return entry
    if not entry.copies:
        raise Mistake("E205", f"{reference.text} has no copies before this point")
    return entry.copies[max(entry.copies)]


def _copy_number(entry: Entry, number: int, so_far: str) -> Entry:
    if entry.copies is None:
        raise Mistake("E205", f"{so_far} does not repeat, so it has no copy {number}", help=f"write {so_far}")
    if number not in entry.copies:
        count = len(entry.copies)
        raise Mistake(
            "E205",
            f"{so_far} has no copy {number} before this point",
            help=f"there are {count} copies, counted from 0" if count else "",
        )
    return entry.copies[number]


def _inner(entry: Entry, name: str, so_far: str) -> Entry:
    if entry.copies:  # a repeated name alone is its last copy
        entry = entry.copies[max(entry.copies)]
    found = entry.inside.inner(name) if entry.inside else None
    if found is None and isinstance(entry.inside, _Inside):
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


class _Inside(Names):
    """The inside of a block written in Python: its nodes by the names they were built with, looked up when asked for."""

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
            return Entry(inner[-1], _Inside(inner, own + "-"), built=own)
        for node in self.nodes:
            self.automatic[node.name[len(self.prefix) :].split("-")[0]] = Entry(node)
        return None


def _leads_nowhere(name: str, place: Place, reference: Reference) -> Mistake:
    known = list(place.names.known())
    near = nearest(name, known)
    paths = [
        f"{owner}.{name}" for owner, entry in place.names.named.items() if entry.inside and entry.inside.inner(name)
    ]
    if near:
        help = f"write {near}"
    elif paths:
        help = f"write {paths[-1]}, or give the node a name"
    else:
        help = "references point backwards, to a node that has a name" + (f": {', '.join(known[-8:])}" if known else "")
    return Mistake("E205", f"there is no {name!r} before this point", help=help)


def _inputs_help(place: Place) -> str:
    names = list(place.names.known())
    return f"write from: {names[0]}" if names else ""


# ------------------------------------------------------------------------------------------------------------ expanding


@dataclass(slots=True)
class Here:
    """Where new nodes go: the built names' beginning, the stage, and the written step that a table shows."""

    prefix: str
    stage: str | None
    site: Site | None = None
    uses: tuple[Where, ...] = ()


class _SpecDefaults:
    """The spec's ``defaults`` as blocks written in Python see them."""

    def __init__(self, expander: Expander) -> None:
        self._expander = expander
        self._constant: dict[str, dict[str, Any] | None] = {}

    def __contains__(self, type_name: str) -> bool:
        return type_name in self._expander.network.defaults

    def of(self, type_name: str, inputs: Sequence[Node]) -> Mapping[str, Any]:
        values = self._expander.network.defaults[type_name]
        if type_name not in self._constant:
            known = all(value.is_constant for value in values.values())
            self._constant[type_name] = {name: value.constant for name, value in values.items()} if known else None
        constant = self._constant[type_name]
        if constant is not None:
            return constant
        place = Place(Names(), self._expander.variables, list(inputs[:1]), inputs[0])
        return {name: value.evaluate(_Seen(place.variables, place)) for name, value in values.items()}


def expand(network: Network, problems: Problems, limits: Limits) -> Graph | None:
    """Expand a network and infer every shape. Mistakes go to ``problems``; the graph is None where there are any.

    Raises `SpecError` at a limit, where going on would take what the limit is to save.
    """
    return Expander(network, problems, limits).run()


class Expander:
    """Walks a network once."""

    def __init__(self, network: Network, problems: Problems, limits: Limits) -> None:
        self.network = network
        self.problems = problems
        self.limits = limits
        self.builder = GraphBuilder()
        self.variables = Variables(network.vars, {}, None)
        self.defaults = _SpecDefaults(self)
        self.steps_left = limits.layers * STEPS_PER_LAYER
        self.inside_blocks: set[Node] = set()

    def run(self) -> Graph | None:
        root = Place(Names(), self.variables, [], None)
        self._check_variables(root)
        inputs = self._inputs(root)
        self._padding(root)
        least = sum(step.least_layers() for steps in self.network.stages.values() for step in steps)
        if least > self.limits.layers:
            self._too_many(least, self._largest())
        for stage, steps in self.network.stages.items():
            self._stage(stage, steps, root)
        outputs = self._outputs(root)
        if self.problems.errors or outputs is None:
            return None
        graph, unused = self.builder.finish(self.network.name, self.network.description, inputs, outputs)
        self._warn_unused(graph, unused)
        self._budget(graph, root)
        return None if self.problems.errors else graph

    # -- before the first node

    def _check_variables(self, root: Place) -> None:
        for name, value in self.network.vars.items():
            with self._reporting(value.where, f"vars.{name}"):
                self.variables.value(name, root)

    def _inputs(self, root: Place) -> list[Node]:
        nodes = []
        for name, declaration in self.network.inputs.items():
            entry = Entry(BROKEN)
            shape = self._checked(
                declaration.shape, root, lambda value, sizes: check_shape(self.problems, value, sizes, "input.shape")
            )
            dtype = self._checked(declaration.dtype, root, self._check_dtype)
            if shape is not None and dtype is not None:
                site = Site(declaration, Words(name), name, None, None)
                layer = Input(tuple(shape), dtype)
                node = self.builder.add_input(name, layer, site, declaration.where)
                nodes.append(node)
                entry.output = node
                if not self.network.single_input:
                    entry.span = (len(self.builder.nodes) - 1, len(self.builder.nodes))
            if self.network.single_input:
                root.history.append(entry.output)
                root.entered = entry.output
            else:
                root.names.named[name] = entry
        if self.network.single_input and not self.network.inputs:
            root.history.append(BROKEN)
            root.entered = BROKEN
        return nodes

    def _check_dtype(self, value: Value, dtype: Any) -> None:
        if dtype not in INPUT_DTYPES:
            self.problems.say(
                "E108",
                f"there is no dtype {show_value(dtype)} for an input",
                value.where,
                help=f"there are {', '.join(INPUT_DTYPES)}",
            )
            value.broken = True

    def _padding(self, root: Place) -> None:
        """Zero padding of the input: an ordinary layer, the one for the input's rank, as a first node of its own name."""
        padding = self.network.padding
        if padding is None or not root.history:
            return
        output: Flow = BROKEN
        entered = root.history[-1]
        amount = None if padding.broken else self._evaluate(padding, root, "padding")
        if amount is not None and isinstance(entered, Node):
            dimensions = len(entered.shape) - 1
            entry = TYPES.get(f"zero_padding{dimensions}d")
            if entry is None:
                self.problems.say(
                    "E302",
                    f"an input of {show(entered.shape)} can't be padded",
                    padding.where,
                    path="padding",
                    help="padding is for sequences, pictures and volumes, channels last",
                )
            else:
                try:
                    layer = entry.bind({"padding": amount})
                    site = Site(padding, layer, "padding", None, None)
                    output = self.builder.add("padding", layer, (entered,), site, padding.where)
                except Mistakes as mistakes:
                    report_mistakes(self.problems, mistakes.mistakes, {"padding": padding}, padding.where, "padding")
                except Mistake as mistake:
                    self.problems.mistake(mistake, padding.where, "padding")
        root.history.append(output)
        root.names.named["padding"] = Entry(
            output, built="padding", span=(len(self.builder.nodes) - 1, len(self.builder.nodes)), entered=(entered,)
        )

    # -- lists of nodes

    def _stage(self, stage: str, steps: list[Step], root: Place) -> None:
        inside = Names(parent=root.names)
        start = len(self.builder.nodes)
        entered = root.history[-1] if root.history else BROKEN
        place = Place(inside, root.variables, root.history, root.entered)
        self._steps(steps, place, Here(f"{stage}-", stage), also=root.names)
        output = root.history[-1] if root.history else BROKEN
        span = (start, len(self.builder.nodes))
        root.names.named[stage] = Entry(output, inside, built=stage, span=span, entered=(entered,))

    def _steps(self, steps: list[Step], place: Place, here: Here, also: Names | None = None) -> None:
        """Expand a list; what its nodes are called is known in ``place.names``, and their own names in ``also`` too."""
        for step in steps:
            self._step(step, place, here, also)

    def _step(self, step: Step, place: Place, here: Here, also: Names | None) -> None:
        if step.repeat is None:
            if self._when(step, place):
                entry = self._once(step, place, here, here.prefix + step.label, also)
                place.history.append(entry.output)
                self._register(step, entry, place.names, also)
            return
        times = self._times(step, place)
        if times is None:
            place.history.append(BROKEN)
            self._register(step, Entry(BROKEN, copies={0: Entry(BROKEN)}), place.names, also)
            return
        copies: dict[int, Entry] = {}
        # Copies that are finished can be named by those that follow.
        self._register(step, Entry(BROKEN, copies=copies, built=here.prefix + step.label), place.names, also)
        start = len(self.builder.nodes)
        whole = place.names.named.get(step.label) or place.names.automatic[step.label]
        outer = place.iteration
        for number in range(times):
            self._count_step(step)
            place.iteration = number
            if self._when(step, place):
                entry = self._once(step, place, here, f"{here.prefix}{step.label}-{number}", also)
                copies[number] = entry
                place.history.append(entry.output)
        place.iteration = outer
        whole.span = (start, len(self.builder.nodes))

    def _register(self, step: Step, entry: Entry, names: Names, also: Names | None) -> None:
        if step.name is not None:
            names.named[step.name] = entry
            if also is not None:
                also.named[step.name] = entry
        elif step.label:
            names.automatic[step.label] = entry

    def _times(self, step: Step, place: Place) -> int | None:
        assert step.repeat is not None
        times = self._checked(step.repeat, place, lambda value, found: check_repeat(self.problems, value, found, step))
        if times is None:
            return None
        least = times * (step.body.least_layers() if step.body else 0)
        if len(self.builder.nodes) + least > self.limits.layers and step.when is None:
            self._too_many(len(self.builder.nodes) + least, step)
        if times > self.steps_left:
            self._too_many(times, step)
        return int(times)

    def _when(self, step: Step, place: Place) -> bool:
        if step.when is None:
            return True
        decision = self._checked(
            step.when, place, lambda value, found: check_when(self.problems, value, found, f"{step.path}.when")
        )
        return decision is not False  # where it is not known, go on: there may be more to find

    def _once(self, step: Step, place: Place, here: Here, built: str, also: Names | None) -> Entry:
        """Expand one copy of one step."""
        self._count_step(step)
        start = len(self.builder.nodes)
        inputs = self._read(step, place)
        body = step.body
        if body is None or inputs is None:
            entry = Entry(BROKEN)
            if isinstance(body, Group | Branches):
                self._inside(step, body, BROKEN, place, here, built, also)
        elif isinstance(body, Call):
            entry = self._call(step, body, inputs, place, here, built)
        elif isinstance(body, Share):
            entry = self._share(step, body, inputs, place, here, built)
        elif len(inputs) != 1:
            self.problems.say(
                "E306",
                f"{body.kind} take one input, but here they get {len(inputs)}",
                step.where,
                path=step.path,
                help="join them first: add, concatenate, …",
            )
            entry = Entry(BROKEN)
        else:
            entry = self._inside(step, body, inputs[0], place, here, built, also)
        entry.built = built
        entry.span = (start, len(self.builder.nodes))
        entry.entered = tuple(inputs or ())
        return entry

    def _read(self, step: Step, place: Place) -> list[Flow] | None:
        """Find what a step reads from."""
        source = step.source
        if source is None:
            if place.history:
                return place.history[-1:]
            with self._reporting(step.where, step.path):
                return resolve(PREV, place)
            return None
        if isinstance(source.references, dict):
            return self._read_by_name(step, source, source.references, place)
        found: list[Flow] = []
        for reference in source.references:
            tensors: list[Flow] | None = None
            with self._reporting(source.where, f"{step.path}.from"):
                tensors = resolve(reference, place)
            if tensors is None:
                return None
            found.extend(tensors)
        return found

    def _read_by_name(
        self, step: Step, source: Source, references: Mapping[str, Reference], place: Place
    ) -> list[Flow] | None:
        if not isinstance(step.body, Call):
            if step.body is not None:
                self.problems.say(
                    "E207", f"{step.body.kind} have no named inputs", source.where, path=f"{step.path}.from"
                )
            return None
        entry = step.body.entry
        for name in references:
            if name not in entry.inputs or entry.variadic:
                near = nearest(name, entry.inputs)
                self.problems.say(
                    "E207", f"{entry.name} has no input {name!r}", source.where, path=f"{step.path}.from",
                    help=f"write {near}" if near else f"its inputs are {', '.join(entry.inputs)}" if not entry.variadic else "write a list",
                )  # fmt: skip
                return None
        missing = [name for name in entry.inputs[: entry.required_inputs] if name not in references]
        if missing:
            self.problems.say(
                "E306", f"{entry.name} needs an input {missing[0]}", source.where, path=f"{step.path}.from"
            )
            return None
        found: list[Flow] = []
        for name in entry.inputs:
            if name in references:
                tensors: list[Flow] | None = None
                with self._reporting(source.where, f"{step.path}.from"):
                    tensors = resolve(references[name], place)
                if tensors is None:
                    return None
                found.extend(tensors)
        return found

    def _inside(
        self,
        step: Step,
        body: Group | Branches,
        entered: Flow,
        place: Place,
        here: Here,
        built: str,
        also: Names | None,
    ) -> Entry:
        """Expand a group or branches. What is transparent shares the names around it, the rest has a scope of its own."""
        if step.transparent:
            inner, names, outer_names = here, place.names, also
        else:
            site = here.site or Site(step, Words(step.label), step.path, here.stage, built)
            inner, names, outer_names = Here(f"{built}-", here.stage, site, here.uses), Names(parent=place.names), None
        ends: list[Flow] = []
        lists = [body.steps] if isinstance(body, Group) else body.branches
        for steps in lists:
            within = Place(names, place.variables, [entered], place.entered, place.iteration, place.depth)
            self._steps(steps, within, inner, outer_names)
            ends.append(within.history[-1])
        output = ends[0]
        if isinstance(body, Branches):
            output = self._merge(body, ends, names, place, inner, outer_names)
        return Entry(output, None if step.transparent else names)

    def _merge(
        self, body: Branches, ends: list[Flow], names: Names, place: Place, here: Here, also: Names | None
    ) -> Flow:
        merge = body.merge
        if not isinstance(merge.body, Call):
            return BROKEN
        within = Place(names, place.variables, ends[-1:], place.entered, place.iteration, place.depth)
        start = len(self.builder.nodes)
        entry = self._call(merge, merge.body, ends, within, here, here.prefix + merge.label)
        entry.built, entry.span, entry.entered = (
            here.prefix + merge.label,
            (start, len(self.builder.nodes)),
            tuple(ends),
        )
        self._register(merge, entry, names, also)
        return entry.output

    # -- layers and blocks

    def _call(self, step: Step, call: Call, inputs: list[Flow], place: Place, here: Here, built: str) -> Entry:
        entry = call.entry
        try:
            check_inputs(entry, len(inputs))
        except Mistake as mistake:
            self.problems.mistake(mistake, step.source.where if step.source else step.where, step.path)
            inputs = [BROKEN]
        bound = call.bound if call.bound is not None else self._bind(step, call, place)
        if isinstance(entry, YamlBlock):
            return self._yaml_block(step, entry, bound, inputs, place, here, built)
        nodes = tuple([tensor for tensor in inputs if isinstance(tensor, Node)])
        if bound is None or len(nodes) < len(inputs):
            return Entry(BROKEN)
        start = len(self.builder.nodes)
        is_layer = isinstance(entry, LayerType)
        site = here.site
        if site is None:
            site = Site(step, bound, step.path, here.stage, None if is_layer else built)
        self._room_for_one(step)
        try:
            if is_layer:
                return Entry(self.builder.add(built, bound, nodes, site, step.where))
            scope = BlockScope(self.builder, self.defaults, built + "-", site, step.where)
            output = bound.expand(scope, nodes)
        except Mistake as mistake:
            self._shape_mistake(mistake, step, call, nodes, here)
            return Entry(BROKEN)
        except ExpressionMistake as mistake:
            self.problems.mistake(mistake.mistake, mistake.where)
            return Entry(BROKEN)
        return Entry(output, _Inside(self.builder.nodes[start:], built + "-"))

    def _bind(self, step: Step, call: Call, place: Place) -> Any:
        """Work out the options of a node and make the layer or block call; None where something is wrong."""
        written = {**call.defaults, **call.options}
        options: dict[str, Any] = {}
        good = True
        for name, value in written.items():
            path = f"{step.path}.{name}" if name in call.options else f"defaults.{call.entry.name}.{name}"
            # A default was not written here: of the names around, it sees only the spec's and those of the position.
            found = self._evaluate(
                value, place if name in call.options else self._outside(place), path, missing=_Broken
            )
            if found is _Broken:
                good = False
            else:
                options[name] = found
        if not good:
            return None
        try:
            return call.entry.bind(options)
        except Mistakes as mistakes:
            report_mistakes(self.problems, mistakes.mistakes, written, step.where, step.path)
            return None

    def _outside(self, place: Place) -> Place:
        return Place(Names(), self.variables, place.history, place.entered, place.iteration)

    def _shape_mistake(self, mistake: Mistake, step: Step, call: Call, nodes: tuple[Node, ...], here: Here) -> None:
        """Report a mistake that shapes made, at the step, or for a step inside a YAML block where the block is used."""
        value = call.options.get(str(mistake.option[0])) if mistake.option else None
        focus = value.find(mistake.option[1:]) if value else None
        related = [
            Related(note, nodes[index].where)
            for index, note in mistake.notes.items()
            if nodes[index].where != step.where
        ]
        message = mistake.message
        if mistake.inside:
            message = f"{message} (in {call.entry.name}, at its {mistake.inside})"
        where = step.where
        if here.uses:
            related.insert(0, Related("inside the block, here", where))
            where, focus = here.uses[0], None
        self.problems.add(
            Diagnostic(mistake.code, message, where, step.path, mistake.label, focus, mistake.help, tuple(related))
        )

    def _yaml_block(
        self,
        step: Step,
        block: YamlBlock,
        options: dict[str, Any] | None,
        inputs: list[Flow],
        place: Place,
        here: Here,
        built: str,
    ) -> Entry:
        if place.depth >= MAX_BLOCK_DEPTH:
            self.problems.say(
                "E403", f"blocks are nested more than {MAX_BLOCK_DEPTH} levels deep", step.where, path=step.path
            )
            raise SpecError(self.problems.all)
        site = here.site
        if site is None:
            site = Site(step, BlockCall(block, options or {}), step.path, here.stage, built)
        names = Names()
        if block.named_inputs:
            for name, tensor in zip(block.inputs, [*inputs, *[BROKEN] * len(block.inputs)], strict=False):
                names.named[name] = Entry(tensor)
        first = inputs[0]
        variables = self._block_variables(block, options, first, names)
        within = Place(names, variables, [first], first, None, place.depth + 1)
        inner = Here(f"{built}-", here.stage, site, here.uses or (step.where,))
        start = len(self.builder.nodes)
        self._steps(block.steps, within, inner)
        if not here.uses:
            self.inside_blocks.update(self.builder.nodes[start:])
        return Entry(within.history[-1], names)

    def _block_variables(
        self, block: YamlBlock, options: dict[str, Any] | None, first: Flow, names: Names
    ) -> Variables:
        """What a body sees: its params, its vars, and the vars of the file that defines it."""
        outer = self.variables if block.sees_vars else None
        if options is None:
            return Variables({name: _UNKNOWN for name in (*block.params, *block.vars)}, {}, outer)
        known = dict(options)
        values = dict(block.vars)
        for name, default in block.defaults.items():
            if name not in options:
                if default.is_constant:
                    known[name] = default.constant
                else:
                    values[name] = default
        variables = Variables(values, known, outer)
        place = Place(names, variables, [first], first)
        for name, value in values.items():
            with self._reporting(value.where, f"blocks.{block.name}"):
                found = variables.value(name, place)
                if name in block.params and (mistake := block.params[name].check(found)):
                    raise Mistake(mistake.code, f"{block.name}: {mistake.message}", help=mistake.help)
                continue
            values[name] = _UNKNOWN
        return variables

    # -- shared calls

    def _share(self, step: Step, share: Share, inputs: list[Flow], place: Place, here: Here, built: str) -> Entry:
        """Call what a reference names again: every node it made, on new inputs, with the weights it has."""
        target: Entry | None = None
        with self._reporting(share.where, f"{step.path}.share"):
            target = resolve_entry(share.target, place)
            if isinstance(target.output, Node) and target.output.layer.type_name == "input":
                raise Mistake("E212", f"{share.target.text} is an input; it has no weights to share")
        if (
            target is None
            or isinstance(target.output, _Broken)
            or any(isinstance(t, _Broken) for t in (*inputs, *target.entered))
        ):
            return Entry(BROKEN)
        if len(inputs) != len(target.entered):
            self.problems.say(
                "E306",
                f"{share.target.text} takes {len(target.entered)} inputs, but here it gets {len(inputs)}",
                step.where,
                path=step.path,
            )
            return Entry(BROKEN)
        again: dict[Node, Node] = {}
        for old, new in zip(target.entered, inputs, strict=True):
            assert isinstance(old, Node) and isinstance(new, Node)
            again[old] = new
        made = self._span_of(target)
        single = len(made) == 1 and made[0].name == target.built
        site = here.site or Site(step, f"share {share.target.text}", step.path, here.stage, None if single else built)
        for node in made:
            self._room_for_one(step)
            name = built if single else built + node.name[len(target.built) :]
            nodes = tuple(again.get(one, one) for one in node.inputs)
            assert isinstance(node.layer, Layer)
            try:
                again[node] = self.builder.add(name, node.layer, nodes, site, step.where, node.owner or node)
            except Mistake as mistake:
                self.problems.mistake(mistake, step.where, step.path)
                return Entry(BROKEN)
        output = again.get(target.output, target.output)
        inside = target.inside and _Inside([again[node] for node in made], built + "-")
        return Entry(output, inside or None)

    def _span_of(self, entry: Entry) -> list[Node]:
        return self.builder.nodes[slice(*entry.span)]

    # -- after the last node

    def _outputs(self, root: Place) -> list[Node] | None:
        if self.network.outputs is None:
            last = root.history[-1] if root.history else None
            return [last] if isinstance(last, Node) else None
        outputs: list[Node] = []
        good = True
        for index, (reference, where) in enumerate(self.network.outputs):
            tensors: list[Flow] = [BROKEN]
            with self._reporting(where, f"outputs.{index}"):
                tensors = resolve(reference, root)
                if not tensors:
                    raise Mistake("E207", f"{reference.text} means no tensor: nothing was repeated")
            good = good and all(isinstance(tensor, Node) for tensor in tensors)
            outputs.extend(tensor for tensor in tensors if isinstance(tensor, Node))
        return outputs if good else None

    def _warn_unused(self, graph: Graph, unused: list[Node]) -> None:
        """Warn of written nodes that reach no output. Inside blocks nobody is to blame, unless all of a block is unused."""
        if not unused:
            return
        used_steps = {node.site.step for node in graph.nodes.values()}
        used_places = {node.where for node in graph.nodes.values()}
        for node in unused:
            if node.where in used_places or (node in self.inside_blocks and node.site.step in used_steps):
                continue
            where = (
                node.site.step.where if node in self.inside_blocks and isinstance(node.site.step, Step) else node.where
            )
            self.problems.say(
                "W201", f"{node.block or node.name} reaches no output, so it is not built", where, path=node.site.path,
                help="name it in outputs, read it with from, or delete it",
            )  # fmt: skip

    def _budget(self, graph: Graph, root: Place) -> None:
        for name, value in self.network.budget.items():
            bound = self._checked(
                value, root, lambda found, number, name=name: check_budget(self.problems, found, number, name)
            )
            if bound is None:
                continue
            spent = BUDGETS[name](graph)
            if spent is None:
                self.problems.say(
                    "E401",
                    f"{name} can't be known, because a size is unknown",
                    value.where,
                    path=f"budget.{name}",
                    help="give every axis of the input a number",
                )
            elif spent > bound:
                self.problems.say(
                    "E401", f"{name} is {spent:,}, over the budget of {bound:,} by {spent - bound:,}", value.where,
                    path=f"budget.{name}", help="most of it goes to " + ", ".join(f"{block} ({cost:,})" for block, cost in dearest(graph, name)),
                )  # fmt: skip

    # -- evaluating and reporting

    def _evaluate(self, value: Value, place: Place, path: str, missing: Any = None) -> Any:
        """Work out a value; ``missing`` where it can't be, and the reason was reported."""
        if value.broken:
            return missing
        if value.is_constant:
            return value.constant
        found = missing
        with self._reporting(value.where, path):
            found = value.evaluate(_Seen(place.variables, place))
        return found

    def _checked(self, value: Value, place: Place, check: Any) -> Any:
        """Work out a value and check it, a constant was checked when it was read; None where it is no good."""
        if value.broken:
            return None
        if value.is_constant:
            return value.constant
        found = self._evaluate(value, place, "", missing=_Broken)
        if found is _Broken:
            return None
        probe = Value(value.tree)
        check(probe, found)
        return None if probe.broken else found

    @contextmanager
    def _reporting(self, where: Where, path: str) -> Iterator[None]:
        """Report what goes wrong inside, at the expression where that is known, and go on after it."""
        try:
            yield
        except ExpressionMistake as mistake:
            self.problems.mistake(mistake.mistake, mistake.where, path)
        except Mistake as mistake:
            self.problems.mistake(mistake, where, path)
        except _Unknowable:
            pass

    def _count_step(self, step: Step) -> None:
        self.steps_left -= 1
        if self.steps_left < 0:
            self._too_many(self.limits.layers * STEPS_PER_LAYER, step)

    def _room_for_one(self, step: Step) -> None:
        if len(self.builder.nodes) >= self.limits.layers + len(self.network.inputs):
            self._too_many(len(self.builder.nodes) + 1, step)

    def _largest(self) -> Step:
        steps = [step for steps in self.network.stages.values() for step in steps]
        return max(steps, key=Step.least_layers)

    def _too_many(self, layers: int, step: Step) -> None:
        where = step.repeat.where if step.repeat else step.where
        self.problems.say(
            "E406", f"this makes {layers:,} layers or more; {self.limits.layers:,} are allowed", where, path=step.path,
            help="repeat less, or raise the limit with --limit layers=N",
        )  # fmt: skip
        raise SpecError(self.problems.all)
