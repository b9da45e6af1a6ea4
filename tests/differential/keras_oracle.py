"""A spec read by its documentation alone and built with Keras: the judge of whole networks.

Nothing of netspec is used: references are looked up in dictionaries, expressions are Python's own, options go to Keras
as they are written. What netspec foresees is compared with what comes out here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from math import ceil, floor, prod
from typing import Any

import jsonschema
import keras

from tests.differential import keras_layers
from tests.differential.keras_layers import JOINS, WRAPPED, Refused

NODE_KEYS = {"type", "name", "from", "repeat", "when"}

LARGEST = 1_000_000
"""Values in a tensor, above which a network is no longer small: its weights would take time, and show nothing more."""


class TooLarge(Exception):
    """Not a small network: there is no verdict."""


# --------------------------------------------------------------------------------------------------------------- result


@dataclass(eq=False)
class Called:
    """One call of a layer, or an input; ``first`` is the call whose weights a shared one uses."""

    name: str
    type: str
    options: Mapping[str, Any]
    inputs: tuple[Called, ...]
    tensor: Any
    layer: Any = None
    first: Called | None = None

    @property
    def shape(self) -> tuple[int | None, ...]:
        return tuple(self.tensor.shape[1:])


@dataclass
class Translation:
    """A network that Keras accepts: every call, also of nodes that reach no output, and the model."""

    inputs: list[Called]
    calls: list[Called]
    outputs: list[Called]
    model: keras.Model

    def kept(self) -> list[Called]:
        """What the model holds: the inputs, and what reaches an output."""
        needed = {id(called) for called in self.inputs}
        waiting = list(self.outputs)
        while waiting:
            called = waiting.pop()
            if id(called) not in needed:
                needed.add(id(called))
                waiting += called.inputs
        return [called for called in (*self.inputs, *self.calls) if id(called) in needed]


# ----------------------------------------------------------------------------------------------------------- the places


@dataclass(eq=False)
class Thing:
    """What a name stands for."""

    value: Called | None = None
    inside: dict[str, Thing] = field(default_factory=dict)
    copies: dict[int, Thing] | None = None
    made: list[Called] = field(default_factory=list)
    entered: list[Called] = field(default_factory=list)
    inputs: Sequence[str] = ()
    prefix: str = ""
    again: Callable[[list[Called], str, Mapping[str, Called]], Thing] | None = None

    def last(self) -> Thing:
        return self if self.copies is None else self.copies[max(self.copies)]


@dataclass
class Place:
    """Where a list of nodes stands."""

    names: Mapping[str, Thing]
    own: list[dict[str, Thing]]  # where the names of this list go
    inside: dict[str, Thing]  # and all labels, for paths from outside
    values: Mapping[str, Any]
    history: list[Called]
    entered: Called | None
    prefix: str
    i: int | None = None
    shared: Mapping[str, Called] | None = None


class Chain(dict[str, Any]):
    """A dictionary with another around it, which may still grow."""

    def __init__(self, around: Mapping[str, Any]) -> None:
        self.around = around

    def __missing__(self, key: str) -> Any:
        return self.around[key]


class Lazy(Chain):
    """Values that are worked out when they are asked for."""

    def __init__(self, around: Mapping[str, Any], written: Mapping[str, Any], work_out: Callable[[Any], Any]) -> None:
        super().__init__(around)
        self.written = written
        self.work_out = work_out

    def __missing__(self, key: str) -> Any:
        if key not in self.written:
            return self.around[key]
        self[key] = self.work_out(self.written[key])
        return self[key]


class Here(Chain):
    """The names that an expression sees at a place."""

    def __init__(self, place: Place, shape: Callable[[str], list[int | None]]) -> None:
        super().__init__(place.values)
        self |= {"true": True, "false": False, "null": None, "shape": shape, **FUNCTIONS}
        if place.i is not None:
            self["i"] = place.i
        if place.history:
            self["channels"] = (place.history[-1].shape or (None,))[-1]
        if place.entered:
            self["in_channels"] = (place.entered.shape or (None,))[-1]


def make_divisible(value: float, divisor: int) -> int:
    """Round to a multiple of the divisor, but never down by more than a tenth, as MobileNet does."""
    near = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return near + divisor if near < 0.9 * value else near


FUNCTIONS = {
    "min": min, "max": max, "round": round, "floor": floor, "ceil": ceil, "int": int, "len": len, "sum": sum,
    "make_divisible": make_divisible,
}  # fmt: skip


def evaluate(written: Any, place: Place) -> Any:
    """Work out a value as it is written, with whatever expressions are in it."""
    if isinstance(written, list):
        return [evaluate(item, place) for item in written]
    if isinstance(written, Mapping):
        return {key: evaluate(item, place) for key, item in written.items()}
    if not isinstance(written, str) or not written.startswith("$"):
        return written
    text = written[1:].removeprefix("(").removesuffix(")") if written.startswith("$(") else written[1:]
    text = re.sub(r"\bshape\(([^()]*)\)", r"shape('\1')", text)
    here = Here(place, lambda reference: list(find(reference, place)[0].shape))
    return eval(text, {"__builtins__": {}}, here)


def is_constant(written: Any) -> bool:
    return "$" not in str(written)


def find(reference: str, place: Place) -> list[Called]:
    """Find the tensors that a reference means."""
    if reference == "prev":
        return [place.history[-1]]
    if reference.startswith("-"):
        steps = int(reference)
        if -steps > len(place.history):
            raise Refused(f"{reference} goes back too far")
        return [place.history[steps]]
    if reference == "input":
        if place.entered is None:
            raise Refused("input among several")
        return [place.entered]
    found = [thing.value for thing in things(reference, place)]
    if None in found:
        raise Refused(f"nothing has flowed in {reference}")
    return [called for called in found if called is not None]


def things(reference: str, place: Place) -> list[Thing]:
    first, *path = reference.split(".")
    found = [place.names[first]]
    for part in path:
        if part == "*":
            found = [copy for thing in found for copy in _copies(thing).values()]
        elif part.isdecimal():
            found = [_copies(thing)[int(part)] for thing in found]
        else:
            found = [thing.last().inside[part] for thing in found]
    return [thing.last() for thing in found]


def _copies(thing: Thing) -> Mapping[int, Thing]:
    if thing.copies is None:
        raise Refused("no copies")
    return thing.copies


# ---------------------------------------------------------------------------------------------------------- the network


def translate(spec: Mapping[str, Any], calls: list[Called]) -> Translation:
    """Build a spec, and put every call into ``calls``, also of what is refused later on.

    Raises `Refused`, `TooLarge`, or whatever Python and Keras raise at what is wrong.
    """
    return _Translator(_plain(spec), calls).run()


def _plain(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a spec, every bare name written as a mapping with its type: then each node is an object of its own."""
    plain = dict(spec)
    if "head" in spec:
        plain["head"] = _nodes(spec["head"])
    if "stages" in spec:
        plain["stages"] = {stage: _nodes(nodes) for stage, nodes in spec["stages"].items()}
    if "blocks" in spec:
        plain["blocks"] = {name: {**block, "nodes": _nodes(block["nodes"])} for name, block in spec["blocks"].items()}
    return plain


def _nodes(nodes: list[Any]) -> list[Any]:
    return [_node(node) for node in nodes]


def _node(node: Any) -> dict[str, Any]:
    if isinstance(node, str):
        return {"type": node}
    plain = dict(node)
    if "nodes" in node:
        plain["nodes"] = _nodes(node["nodes"])
    if "branches" in node:
        plain["branches"] = [_nodes(branch) for branch in node["branches"]]
        plain["merge"] = _node(node["merge"])
    return plain


class _Translator:
    def __init__(self, spec: dict[str, Any], calls: list[Called]) -> None:
        self.spec = spec
        self.calls = calls
        self.defaults: Mapping[str, Mapping[str, Any]] = spec.get("defaults", {})
        self.blocks: Mapping[str, Any] = spec.get("blocks", {})
        self.labels: dict[int, str] = {}
        self.met: set[int] = set()
        nowhere = Place({}, [], {}, {}, [], None, "")
        self.values = Lazy({}, spec.get("vars", {}), lambda written: evaluate(written, self.nowhere))
        self.nowhere = replace(nowhere, values=self.values)

    def run(self) -> Translation:
        names: dict[str, Thing] = {}
        place = Place(names, [names], {}, self.values, [], None, "")
        stages = {**self.spec.get("stages", {}), **({"head": self.spec["head"]} if "head" in self.spec else {})}
        for nodes in (*stages.values(), *(block["nodes"] for block in self.blocks.values())):
            self._label(nodes)
        for name in self.spec.get("vars", {}):
            self.values[name]
        for param in (param for block in self.blocks.values() for param in block.get("params", {}).values()):
            if "default" in param and is_constant(param["default"]):
                _check_param(param, param["default"])
        inputs = self._inputs(place)
        if "padding" in self.spec:
            amount = evaluate(self.spec["padding"], place)
            rank = len(inputs[0].shape) - 1
            amount = amount[0] if rank == 1 and isinstance(amount, list) and len(amount) == 1 else amount
            padded = self._call(f"zero_padding{rank}d", {"padding": amount}, inputs, "padding", place)
            names["padding"] = Thing(padded, made=[padded], entered=inputs, prefix="padding")
            place.history.append(padded)
        for stage, nodes in stages.items():
            self._stage(stage, nodes, place)
        self._check_what_is_off([*stages.values(), *(block["nodes"] for block in self.blocks.values())])
        references = self.spec.get("outputs", ["prev"])
        outputs = [output for reference in references for output in find(str(reference), place)]
        model = keras.Model([called.tensor for called in inputs], [called.tensor for called in outputs])
        return Translation(inputs, self.calls, outputs, model)

    def _inputs(self, place: Place) -> list[Called]:
        single = "input" in self.spec
        declared = {"input": self.spec["input"]} if single else self.spec["inputs"]
        inputs = []
        for name, one in declared.items():
            shape = evaluate(one["shape"], place)
            tensor = keras.Input(shape, dtype=evaluate(one.get("dtype"), place), name=name)
            called = Called(name, "input", {}, (), tensor)
            inputs.append(called)
            if not single:
                place.own[0][name] = Thing(called)
        if len(inputs) == 1:
            place.history.append(inputs[0])
        if single:
            place.entered = inputs[0]
        return inputs

    def _stage(self, stage: str, nodes: list[Any], place: Place) -> None:
        inside: dict[str, Thing] = {}
        within = replace(place, own=[*place.own, inside], inside=inside, prefix=f"{stage}-")
        place.own[0][stage] = Thing(None, inside)  # its nodes can be reached by path at once
        start, entered = len(self.calls), place.history[-1:]

        def again(inputs: list[Called], built: str, shared: Mapping[str, Called]) -> Thing:
            names = Chain(place.names)
            there = replace(
                place, names=names, own=[names], inside={}, prefix=f"{built}-", history=list(inputs), shared=shared
            )
            self._steps(nodes, there)
            return Thing(there.history[-1], there.inside)

        self._steps(nodes, within)
        value = place.history[-1] if place.history else None
        place.own[0][stage] = Thing(value, inside, made=self.calls[start:], entered=entered, prefix=stage, again=again)

    # -- labels

    def _label(self, nodes: list[Any]) -> None:
        """Name each node of a list: as it says, or after its type, later ones of a type with a number."""
        flat = list(self._flat(nodes))
        taken = {node["name"] for node in flat if "name" in node}
        numbers: dict[str, Iterator[int]] = {}
        for node in flat:
            if "name" in node:
                self.labels[id(node)] = node["name"]
            else:
                kind = node.get("type") or next(key for key in ("nodes", "branches", "share") if key in node)
                numbered = numbers.setdefault(kind, count())
                labels = (f"{kind}_{number}" if number else kind for number in numbered)
                self.labels[id(node)] = next(label for label in labels if label not in taken)
            if not _transparent(node):
                self._label(_lists_in(node))

    def _flat(self, nodes: list[Any]) -> Iterator[Any]:
        for node in nodes:
            if _transparent(node):
                yield from self._flat(_lists_in(node))
            else:
                yield node

    # -- nodes

    def _steps(self, nodes: list[Any], place: Place) -> None:
        for node in nodes:
            self._step(node, place)

    def _step(self, node: Mapping[str, Any], place: Place) -> None:
        label = self.labels.get(id(node), "")
        if "repeat" not in node:
            if self._is_on(node, place):
                thing = self._once(node, place, place.prefix + label)
                place.history += [thing.value] if thing.value else []
                self._register(node, label, thing, place)
            return
        times = evaluate(node["repeat"], place)
        if times > 1 and "from" in node and not any(map(_flows, _references(node["from"]))):
            raise Refused("all copies but the last would be dead")
        copies: dict[int, Thing] = {}
        self._register(node, label, Thing(copies=copies), place)
        for number in range(times):
            there = replace(place, i=number)
            if self._is_on(node, there):
                copies[number] = self._once(node, there, f"{place.prefix}{label}-{number}")
                value = copies[number].value
                place.history += [value] if value else []

    def _is_on(self, node: Mapping[str, Any], place: Place) -> bool:
        return bool(evaluate(node.get("when", True), place))

    def _register(self, node: Mapping[str, Any], label: str, thing: Thing, place: Place) -> None:
        if "name" in node:
            for names in place.own:
                names[label] = thing
        if label:
            place.inside[label] = thing

    def _once(self, node: Mapping[str, Any], place: Place, built: str) -> Thing:
        inputs = self._read(node, place)
        start = len(self.calls)
        seen = replace(place, history=list(place.history))

        def again(inputs: list[Called], built: str, shared: Mapping[str, Called]) -> Thing:
            return self._body(node, inputs, replace(seen, shared=shared), built, inner_names=False)

        thing = self._body(node, inputs, place, built)
        thing.again = thing.again or again
        return replace(thing, made=self.calls[start:], entered=inputs, prefix=thing.prefix or built)

    def _read(self, node: Mapping[str, Any], place: Place) -> list[Called]:
        source = node.get("from", "prev")
        if isinstance(source, Mapping):
            names = self._input_names(node, place)[: len(source)]  # all before one that is given
            source = [source[name] for name in names]
        return [found for reference in _references(source) for found in find(reference, place)]

    def _input_names(self, node: Mapping[str, Any], place: Place) -> Sequence[str]:
        if "share" in node:
            return things(node["share"], place)[0].inputs
        type_name = node["type"]
        return self.blocks[type_name]["inputs"] if type_name in self.blocks else keras_layers.input_names(type_name)

    def _body(
        self, node: Mapping[str, Any], inputs: list[Called], place: Place, built: str, *, inner_names: bool = True
    ) -> Thing:
        self.met.add(id(node))
        if "type" in node:
            return self._typed(node, inputs, place, built)
        if "share" in node:
            return self._share(node, inputs, place, built)
        if len(inputs) != 1:
            raise Refused("a group takes one input")
        if _transparent(node) and inner_names:
            inner = place
        else:
            inside: dict[str, Thing] = {}
            names = Chain(place.names)
            inner = replace(place, names=names, own=[names], inside=inside, prefix=f"{built}-")
        ends = []
        for nodes in node["branches"] if "branches" in node else [node["nodes"]]:
            within = replace(inner, history=list(inputs))
            self._steps(nodes, within)
            ends.append(within.history[-1])
        value = ends[0]
        if "branches" in node:
            merge = node["merge"]
            label = self.labels[id(merge)]
            there = replace(inner, history=ends[-1:])
            start = len(self.calls)
            thing = self._typed(merge, ends, there, inner.prefix + label)
            thing = replace(thing, made=self.calls[start:], entered=ends, prefix=inner.prefix + label)
            self._register(merge, label, thing, inner)
            assert thing.value
            value = thing.value
        return Thing(value, {} if inner is place else inner.inside)

    # -- types

    def _typed(self, node: Mapping[str, Any], inputs: list[Called], place: Place, built: str) -> Thing:
        self.met.add(id(node))
        type_name = node["type"]
        written = {key: value for key, value in node.items() if key not in NODE_KEYS}
        outside = replace(place, values=self.values)
        options = {
            **{key: evaluate(value, outside) for key, value in self.defaults.get(type_name, {}).items()},
            **{key: evaluate(value, place) for key, value in written.items()},
        }
        if type_name in self.blocks:
            return self._block(self.blocks[type_name], options, inputs, place, built)
        if type_name in BLOCKS:
            return self._written_in_python(BLOCKS[type_name], options, inputs, place, built)
        options = self._with_inner_defaults(options, outside)
        return Thing(self._call(type_name, options, inputs, built, place), inputs=keras_layers.input_names(type_name))

    def _with_inner_defaults(self, options: Mapping[str, Any], outside: Place) -> dict[str, Any]:
        """Fill in what ``defaults`` say of the types of layers that options take."""

        def filled(written: Any) -> Any:
            described = {"type": written} if isinstance(written, str) else dict(written)
            defaults = self.defaults.get(described["type"], {})
            defaults = {key: evaluate(value, outside) for key, value in defaults.items()}
            return self._with_inner_defaults({**defaults, **described}, outside)

        return {key: filled(value) if key in WRAPPED and value else value for key, value in options.items()}

    def _call(
        self, type_name: str, options: Mapping[str, Any], inputs: Sequence[Called], built: str, place: Place
    ) -> Called:
        """Call a new layer, or in a shared call the one that was made first."""
        first = None
        if place.shared is None:
            layer = keras_layers.make(type_name, options, built, inputs[0].shape)
        else:
            if built not in place.shared:
                raise Refused("a shared call makes another layer")
            first = place.shared[built].first or place.shared[built]
            if (first.type, _of_the_layer(first.type, first.options)) != (type_name, _of_the_layer(type_name, options)):
                raise Refused("a shared call makes another layer")
            layer = first.layer
        tensor = keras_layers.call(type_name, layer, options, [called.tensor for called in inputs])
        if prod(size or 1 for size in tensor.shape[1:]) > LARGEST:
            raise TooLarge(str(tensor.shape))
        called = Called(built, type_name, options, tuple(inputs), tensor, layer, first)
        self.calls.append(called)
        return called

    def _block(
        self, block: Mapping[str, Any], options: Mapping[str, Any], inputs: list[Called], place: Place, built: str
    ) -> Thing:
        params = block.get("params", {})
        inside: dict[str, Thing] = {}
        names: dict[str, Thing] = {}
        if "inputs" in block:
            if len(inputs) != len(block["inputs"]):
                raise Refused("another number of inputs")
            names |= {name: Thing(called) for name, called in zip(block["inputs"], inputs, strict=True)}
        elif len(inputs) != 1:
            raise Refused("a block takes one input")
        within = Place(names, [names], inside, {}, inputs[:1], inputs[0], f"{built}-", None, place.shared)
        defaults = {name: param["default"] for name, param in params.items() if "default" in param}
        written = {**defaults, **block.get("vars", {})}
        values = Lazy(self.values, written, lambda value: evaluate(value, within))
        values |= options
        within.values = values
        for name, param in params.items():
            _check_param(param, values[name])
        self._steps(block["nodes"], within)
        return Thing(within.history[-1], inside, inputs=block.get("inputs", ()))

    def _written_in_python(
        self, block: Callable[..., Called], options: Mapping[str, Any], inputs: list[Called], place: Place, built: str
    ) -> Thing:
        if len(inputs) != 1:
            raise Refused("a block takes one input")
        inside: dict[str, Thing] = {}
        numbers: dict[str, int] = {}

        def apply(type_name: str, *inputs: Called, name: str | None = None, **options: Any) -> Called:
            label = name
            if label is None:
                number = numbers[type_name] = numbers.get(type_name, -1) + 1
                label = f"{type_name}_{number}" if number else type_name
            there = replace(place, history=list(inputs[:1]), values=self.values, i=None, entered=inputs[0])
            defaults = {key: evaluate(value, there) for key, value in self.defaults.get(type_name, {}).items()}
            called = self._call(type_name, {**defaults, **options}, inputs, f"{built}-{label}", place)
            inside[label] = Thing(called, made=[called], entered=list(inputs), prefix=called.name)
            return called

        return Thing(block(apply, inputs[0], **options), inside)

    # -- shared calls

    def _share(self, node: Mapping[str, Any], inputs: list[Called], place: Place, built: str) -> Thing:
        (target,) = things(node["share"], place)
        again = target.again
        is_layer = again is None or (len(target.made) == 1 and target.made[0].name == target.prefix)
        of_any_number = is_layer and target.made[0].type not in JOINS  # as many as the layer takes
        if not target.entered or not (of_any_number or len(target.entered) == len(inputs)):
            raise Refused("nothing flows into it, or something else")
        if again is None or is_layer:
            (made,) = target.made
            there = replace(place, shared={built: made})
            options = {**made.options, **self._said_at_call(node, made.type, place)}
            return Thing(self._call(made.type, options, inputs, built, there), inputs=target.inputs)
        self._said_at_call(node, "", place)
        shared = {built + made.name[len(target.prefix) :]: made for made in target.made}
        thing = again(inputs, built, shared)
        return replace(thing, again=again, inputs=target.inputs)

    def _said_at_call(self, node: Mapping[str, Any], type_name: str, place: Place) -> dict[str, Any]:
        """Work out what a shared call says for itself; only of a layer, and what Keras takes at the call."""
        said = {key: evaluate(value, place) for key, value in node.items() if key not in {*NODE_KEYS, "share"}}
        if not all(keras_layers.takes_at_call(type_name, option) for option in said):
            raise Refused("not said at each call")
        return said

    def _check_what_is_off(self, nodes: Sequence[Any]) -> None:
        """Make the layers of nodes that are not there, too: what is written about them has to be right."""
        for node in nodes:
            if isinstance(node, list):
                self._check_what_is_off(node)
                continue
            type_name = node.get("type")
            if type_name is None:
                self._check_what_is_off([_lists_in(node)])
            elif id(node) not in self.met:
                written = {**self.defaults.get(type_name, {}), **node}
                options = {key: value for key, value in written.items() if key not in NODE_KEYS}
                if type_name in self.blocks:
                    for key, value in options.items():
                        if is_constant(value):
                            _check_param(self.blocks[type_name]["params"][key], value)
                elif type_name not in BLOCKS and is_constant(options):
                    options = self._with_inner_defaults(options, self.nowhere)
                    keras_layers.make_unused(type_name, options)


def _of_the_layer(type_name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the options that may differ from call to call."""
    return {key: value for key, value in options.items() if not keras_layers.takes_at_call(type_name, key)}


def _check_param(param: Mapping[str, Any], value: Any) -> None:
    """Refuse a value that the param's own words don't allow; a default of null allows null."""
    schema = {key: item for key, item in param.items() if key not in ("default", "description")}
    if not (value is None and param.get("default", 0) is None):
        jsonschema.validate(value, schema)


def _transparent(node: Mapping[str, Any]) -> bool:
    return ("nodes" in node or "branches" in node) and "name" not in node and "repeat" not in node


def _lists_in(node: Mapping[str, Any]) -> list[Any]:
    """List the nodes in a group or branches, in the order of the text."""
    if "branches" in node:
        return [*(inner for branch in node["branches"] for inner in branch), node["merge"]]
    return list(node.get("nodes", []))


def _references(source: Any) -> list[str]:
    several = source.values() if isinstance(source, Mapping) else source if isinstance(source, list) else [source]
    return [str(one) for one in several]


def _flows(reference: str) -> bool:
    return reference == "prev" or reference.startswith("-")


# --------------------------------------------------------------------------------------- residual blocks, by the page


def _bottleneck(apply: Any, x: Called, filters: list[int], f: int, s: int) -> Called:
    y = apply("conv2d", x, filters=filters[0], kernel_size=1, strides=s)
    y = apply("relu", apply("batch_normalization", y))
    y = apply("conv2d", y, filters=filters[1], kernel_size=f, padding="same")
    y = apply("relu", apply("batch_normalization", y))
    y = apply("conv2d", y, filters=filters[2], kernel_size=1)
    y = apply("batch_normalization", y)
    return y  # type: ignore[no-any-return]


def _identity(apply: Any, x: Called, *, filters: list[int], f: int) -> Called:
    y = _bottleneck(apply, x, filters, f, 1)
    if x.shape[-1] != filters[2]:
        raise Refused("the input must have F3 channels")
    return apply("relu", apply("add", y, x))  # type: ignore[no-any-return]


def _convolutional(apply: Any, x: Called, *, filters: list[int], f: int, s: int = 2) -> Called:
    y = _bottleneck(apply, x, filters, f, s)
    shortcut = apply("batch_normalization", apply("conv2d", x, filters=filters[2], kernel_size=1, strides=s))
    return apply("relu", apply("add", y, shortcut))  # type: ignore[no-any-return]


def _basic(apply: Any, x: Called, *, filters: int, s: int = 1) -> Called:
    y = apply("zero_padding2d", x, padding=1) if s > 1 else x
    y = apply("conv2d", y, filters=filters, kernel_size=3, strides=s, padding="valid" if s > 1 else "same")
    y = apply("relu", apply("batch_normalization", y))
    y = apply("batch_normalization", apply("conv2d", y, filters=filters, kernel_size=3, padding="same"))
    if s > 1 or x.shape[-1] != filters:
        x = apply("batch_normalization", apply("conv2d", x, filters=filters, kernel_size=1, strides=s))
    return apply("relu", apply("add", y, x))  # type: ignore[no-any-return]


# ----------------------------------------------------------------------------------- parts of transformers, by the page


def _class_token(apply: Any, x: Called, *, embeddings_initializer: Any = "random_normal") -> Called:
    token = apply("learned_tokens", x, embeddings_initializer=embeddings_initializer)
    return apply("concatenate", token, x, axis=1)  # type: ignore[no-any-return]


def _position_embedding(
    apply: Any, x: Called, *, length: int | None = None, embeddings_initializer: Any = "glorot_uniform"
) -> Called:
    steps, size = x.shape
    if (length or steps or 0) < (steps or 1):
        raise Refused("fewer positions than steps")
    table = {"input_dim": length or steps, "output_dim": size, "embeddings_initializer": embeddings_initializer}
    return apply("add", x, apply("embedding", apply("positions", x), **table))  # type: ignore[no-any-return]


def _rotary_attention(
    apply: Any,
    x: Called,
    *,
    num_heads: int,
    num_key_value_heads: int | None = None,
    key_dim: int | None = None,
    use_bias: bool = False,
    use_causal_mask: bool = True,
    **turn: Any,
) -> Called:
    steps, size = x.shape
    if key_dim is None and (size is None or size % num_heads):
        raise Refused("values can't be divided among the heads")
    key_dim = key_dim or (size or 0) // num_heads
    counts = {"query": num_heads, "key": num_key_value_heads or num_heads, "value": num_key_value_heads or num_heads}
    query, key, value = (
        apply(
            "einsum_dense", x, name=name, equation="bsf,fhd->bshd", output_shape=[steps, count, key_dim],
            bias_axes="hd" if use_bias else None,
        )
        for name, count in counts.items()
    )  # fmt: skip
    query, key = apply("rotary_embedding", query, **turn), apply("rotary_embedding", key, **turn)
    mixed = apply("dot_product_attention", query, key, value, use_causal_mask=use_causal_mask)
    return apply(  # type: ignore[no-any-return]
        "einsum_dense", mixed, name="output", equation="bshd,hdf->bsf", output_shape=[steps, size],
        bias_axes="f" if use_bias else None,
    )  # fmt: skip


BLOCKS: Mapping[str, Callable[..., Called]] = {
    "identity": _identity,
    "convolutional": _convolutional,
    "basic": _basic,
    "class_token": _class_token,
    "position_embedding": _position_embedding,
    "rotary_attention": _rotary_attention,
}
