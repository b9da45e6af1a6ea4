"""A spec read by its documentation alone and built with Keras: the judge of whole networks.

Nothing of netspec is used: references are looked up in dictionaries, expressions are Python's own, options go to Keras
as they are written. What netspec foresees is compared with what comes out here.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from math import ceil, floor, prod
from typing import Any

import jsonschema
import keras
from keras.src.utils.naming import to_snake_case

# ------------------------------------------------------------------------------------------------------ types of layers

CLASSES: dict[str, Any] = {
    to_snake_case(name): value for name, value in vars(keras.layers).items() if inspect.isclass(value)
}
CLASSES |= {
    "relu": keras.layers.ReLU,
    "leaky_relu": keras.layers.LeakyReLU,
    "prelu": keras.layers.PReLU,
    "linear": keras.layers.Identity,
}
JOINS = {"add", "average", "concatenate", "dot", "maximum", "minimum", "multiply", "subtract"}
OBJECTS = {
    "initializer": keras.initializers,
    "regularizer": keras.regularizers,
    "constraint": keras.constraints,
}
NODE_KEYS = {"type", "name", "from", "repeat", "when"}

LARGEST = 1_000_000
"""Values in a tensor, above which a network is no longer small: its weights would take time, and show nothing more."""


class Refused(Exception):
    """What the language doesn't allow, whatever Keras makes of it."""


class TooLarge(Exception):
    """Not a small network: there is no verdict."""


def make(type_name: str, options: Mapping[str, Any], name: str) -> Any:
    """Make the Keras layer, or where Keras has none, a function of a tensor."""
    if type_name == "glu" or (type_name == "gelu" and options.get("approximate")):
        operation = getattr(keras.ops, type_name)
        arguments = {"approximate": True} if type_name == "gelu" else {}
        policy = keras.DTypePolicy(options.get("dtype") or keras.config.dtype_policy().name)
        return lambda x: operation(keras.ops.cast(x, policy.compute_dtype), **arguments)
    given = {key: _object(key, value) for key, value in options.items()}
    trainable = given.pop("trainable", True)
    if type_name in CLASSES:
        layer = CLASSES[type_name](**given, name=name)
    elif hasattr(keras.activations, type_name):
        given.pop("approximate", None)
        layer = keras.layers.Activation(type_name, **given, name=name)
    else:
        raise Refused(f"no type {type_name}")
    layer.trainable = trainable  # not every layer of Keras takes it as an argument
    return layer


def _object(option: str, value: Any) -> Any:
    """Make the initializer, regularizer or constraint that an option names or describes."""
    module = OBJECTS.get(option.rsplit("_", 1)[-1])
    if module is None or value is None:
        return value
    described = {"type": value} if isinstance(value, str) else value
    return getattr(module, described["type"])(**{key: item for key, item in described.items() if key != "type"})


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


def translate(spec: Mapping[str, Any]) -> Translation:
    """Build a spec. Raises `Refused`, `TooLarge`, or whatever Python and Keras raise at what is wrong."""
    return _Translator(_plain(spec)).run()


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
    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.defaults: Mapping[str, Mapping[str, Any]] = spec.get("defaults", {})
        self.blocks: Mapping[str, Any] = spec.get("blocks", {})
        self.calls: list[Called] = []
        self.labels: dict[int, str] = {}
        self.met: set[int] = set()
        nowhere = Place({}, [], {}, {}, [], None, "")
        self.values = Lazy(
            {}, spec.get("vars", {}), lambda written: evaluate(written, replace(nowhere, values=self.values))
        )

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
                place, names=names, own=[names], inside={}, prefix=f"{built}-", history=inputs, shared=shared
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
            source = [source[name] for name in self._input_names(node, place)]
        return [found for reference in _references(source) for found in find(reference, place)]

    def _input_names(self, node: Mapping[str, Any], place: Place) -> Sequence[str]:
        if "share" in node:
            return things(node["share"], place)[0].inputs
        return self.blocks[node["type"]]["inputs"] if node["type"] in self.blocks else ["x"]

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
        if type_name in RESIDUAL:
            return self._residual(RESIDUAL[type_name], options, inputs, place, built)
        return Thing(self._call(type_name, options, inputs, built, place))

    def _call(
        self, type_name: str, options: Mapping[str, Any], inputs: Sequence[Called], built: str, place: Place
    ) -> Called:
        """Call a new layer, or in a shared call the one that was made first."""
        if type_name not in JOINS and len(inputs) != 1:
            raise Refused(f"{type_name} takes one input")
        first = None
        if place.shared is None:
            layer = make(type_name, options, built)
        else:
            if built not in place.shared:
                raise Refused("a shared call makes another layer")
            first = place.shared[built].first or place.shared[built]
            if (first.type, first.options) != (type_name, options):
                raise Refused("a shared call makes another layer")
            layer = first.layer
        tensors = [called.tensor for called in inputs]
        tensor = layer(tensors if type_name in JOINS else tensors[0])
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

    def _residual(
        self, block: Callable[..., Called], options: Mapping[str, Any], inputs: list[Called], place: Place, built: str
    ) -> Thing:
        if len(inputs) != 1:
            raise Refused("a block takes one input")
        inside: dict[str, Thing] = {}
        numbers: dict[str, int] = {}

        def apply(type_name: str, *inputs: Called, **options: Any) -> Called:
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
        if not target.entered or len(target.entered) != len(inputs):
            raise Refused("nothing flows into it, or something else")
        if target.again is None or (len(target.made) == 1 and target.made[0].name == target.prefix):
            (made,) = target.made
            shared = {built: made}
            return Thing(self._call(made.type, made.options, inputs, built, replace(place, shared=shared)))
        shared = {built + made.name[len(target.prefix) :]: made for made in target.made}
        thing = target.again(inputs, built, shared)
        return replace(thing, again=target.again, inputs=target.inputs)

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
                elif type_name not in RESIDUAL and is_constant(options):
                    make(type_name, options, "off")


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


RESIDUAL: Mapping[str, Callable[..., Called]] = {
    "identity": _identity,
    "convolutional": _convolutional,
    "basic": _basic,
}
