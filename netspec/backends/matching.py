"""Which layer of one Keras model is which layer of another, by structure alone.

Names, classes and the order of layers may differ, and so may everything that has no weights. Each model is contracted
to the calls of its weighted layers and the joins between them. What a call does is known by the shapes of its layer's
weights and by what it reads. Both graphs are then refined together, as Weisfeiler and Lehman did
(https://davidbieber.com/post/2019-05-10-weisfeiler-lehman-isomorphism-test/): forwards, what reads different things is
different; backwards, what is read by different things is. Equal branches stay tied; of those, one pair after another is
taken in order of appearance, and its consequences are drawn before the next.

* Joins whose order means nothing (`SYMMETRIC_JOINS`) are sets of what they join, however they are nested. Of every
  other operation with several inputs each input keeps its place: concatenate, subtract, dot, a weighted layer.
* Axes of size 1 don't count in the shapes of weights: a dense kernel of (C, F) and a 1×1 kernel of (1, 1, C, F) hold
  the same numbers in the same order.
* A layer that is called several times is one layer with several calls.
* Models inside a model are read as if their layers stood in it. Other composite layers (attention, bidirectional) are
  one layer with all their weights.
"""

from __future__ import annotations

import inspect
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

from netspec.backends.keras import import_keras

# The classes are called the same among Keras's layers and among its operations.
# CustomScaleLayer is what keras.applications adds the scaled residuals of Inception-ResNet with.
SYMMETRIC_JOINS = frozenset({"Add", "CustomScaleLayer", "Multiply", "Average", "Maximum", "Minimum"})

Pair = tuple[Any, Any]


class StructuresDiffer(ValueError):
    """The two models are not the same network. ``source`` and ``target`` are the layers that have no partner."""

    def __init__(self, source: list[Any], target: list[Any]) -> None:
        self.source, self.target = source, target
        super().__init__(
            "the structures differ; the first without a partner: "
            f"{_described(source) or 'an output'} in the source, {_described(target) or 'an output'} in the target"
        )


def _described(layers: list[Any]) -> str:
    return ", ".join(f"{layer.name} {[tuple(weight.shape) for weight in layer.weights]}" for layer in layers[:2])


@dataclass(frozen=True)
class Matching:
    """Pairs of layers, source first, and the layers of both models that have no partner, in order from the inputs.

    ``near`` pairs those of the rest that read the same, but have other weights. ``complete`` says that nothing is left
    over: no layer, no join and no output.
    """

    pairs: list[Pair]
    source_rest: list[Any]
    target_rest: list[Any]
    near: list[Pair]
    complete: bool


def match(source: Any, target: Any) -> Matching:
    """Pair what is the same from the inputs on; what reads something that differs has no partner."""
    return _Refinement(_Graph(source, 0), _Graph(target, 1)).matching()


def pair(source: Any, target: Any) -> list[Pair]:
    """Pair all weighted layers of two functional models. Raises `StructuresDiffer` where one has no partner."""
    found = match(source, target)
    if not found.complete:
        raise StructuresDiffer(found.source_rest, found.target_rest)
    return found.pairs


def copy_by_structure(source: Any, target: Any) -> list[Pair]:
    """Give the target the source's weights. Raises `StructuresDiffer`, and then nothing has been changed."""
    pairs = pair(source, target)
    copy_weights(pairs)
    return pairs


def copy_weights(pairs: Iterable[Pair]) -> None:
    """Copy every weight of the first layer of each pair to the second."""
    ops = import_keras().ops
    for source, target in pairs:
        for given, wanted in zip(source.weights, target.weights, strict=True):
            wanted.assign(ops.reshape(ops.convert_to_tensor(given), wanted.shape))
        settle(target)


def settle(layer: Any) -> None:
    """Let a layer draw its conclusions from weights that were put into it; Keras's Normalization keeps some aside."""
    for one in (layer, *getattr(layer, "_flatten_layers", tuple)()):
        if hasattr(one, "finalize_state"):
            one.finalize_state()


def side_by_side(model: Any) -> Pair | None:
    """Two layers of one class and with equal weights, neither of which depends on the other; None without such.

    Where there are none, the layers of each class follow each other in one order, whoever builds the model.
    """
    graph = _Graph(model, 0)
    behind: dict[_Vertex, int] = {}  # a bit for every vertex that one depends on, itself included
    alike: dict[Hashable, Any] = {}
    for number, vertex in enumerate(sorted(graph.vertices, key=lambda one: one.level)):
        behind[vertex] = 1 << number
        for one in vertex.inputs:
            behind[vertex] |= behind[one]
        if vertex.layer is None:
            continue
        key = (type(vertex.layer), tuple(tuple(weight.shape) for weight in vertex.layer.weights))
        last, bit = alike.get(key, (vertex, 0))
        if last.layer is not vertex.layer and not behind[vertex] & bit:
            return last.layer, vertex.layer
        alike[key] = vertex, 1 << number
    return None


# ------------------------------------------------------------------------------------------------ a model, contracted


class _Vertex:
    """An input, a call of a weighted layer, a join or an output.

    ``label`` is what it is by itself, ``level`` the longest way from an input. The inputs of an unordered vertex are a
    set. ``hints`` may tell equals apart, but no difference in them makes two vertices different.
    """

    __slots__ = ("color", "consumers", "hints", "inputs", "label", "layer", "level", "ordered", "side")

    def __init__(
        self, label: Hashable, inputs: tuple[_Vertex, ...], side: int, *, ordered: bool = True, layer: Any = None
    ) -> None:
        self.label = label
        self.inputs = inputs
        self.side = side
        self.ordered = ordered
        self.layer = layer
        self.level: int = 1 + max((one.level for one in inputs), default=-1)
        self.hints: _Hints | None = None
        self.consumers: list[tuple[_Vertex, int]] = []
        self.color = 0
        for place, one in enumerate(inputs):
            one.consumers.append((self, place if ordered else 0))


class _Hints(NamedTuple):
    """What may tell equals apart: sizes of outputs, the layer's class and windows, the pooling before it."""

    shapes: Hashable
    settings: Hashable
    pooled: Hashable


class _Value(NamedTuple):
    """What a tensor holds: the vertices that are joined in it, and the pooling that it passed since."""

    members: frozenset[_Vertex]
    pooled: tuple[str, ...] = ()


class _Graph:
    """A model, contracted: ``vertices`` in order of appearance, ``calls`` by layer."""

    def __init__(self, model: Any, side: int) -> None:
        self.side = side
        self.keras = import_keras()
        self.vertices: list[_Vertex] = []
        self.calls: dict[Any, list[_Vertex]] = defaultdict(list)
        self._joins: dict[Hashable, _Vertex] = {}
        self._shapes: dict[Any, tuple[tuple[int, ...], ...]] = {}
        inputs = [
            _Value(frozenset([self._vertex(("input", place), ())])) for place, _ in enumerate(_flat(model.inputs))
        ]
        for place, value in enumerate(self._read(model, inputs)):
            self._vertex(("output", place), (self._joined(value),))

    def _read(self, model: Any, inputs: list[_Value]) -> list[_Value]:
        """The values of a model's outputs, given those of its inputs."""
        values = {id(tensor): value for tensor, value in zip(_flat(model.inputs), inputs, strict=True)}
        outputs = _flat(model.outputs)
        for node in _in_order(outputs, set(values)):
            read = [values[id(tensor)] for tensor in self._tensors_read(node)]
            made = self._called(node, read)
            values.update(zip(map(id, node.output_tensors), made, strict=True))
        return [values[id(tensor)] for tensor in outputs]

    def _called(self, node: Any, read: list[_Value]) -> list[_Value]:
        operation = node.operation
        if isinstance(operation, self.keras.Model) and getattr(operation, "outputs", None):
            return self._read(operation, read)
        kind = type(operation).__name__
        if shapes := self._weight_shapes(operation):
            inputs = tuple(map(self._joined, read))
            vertex = self._vertex(("call", shapes), inputs, layer=operation)
            vertex.hints = _Hints(
                tuple(tuple(tensor.shape)[1:] for tensor in node.output_tensors),
                (kind, getattr(operation, "strides", None), getattr(operation, "dilation_rate", None)),
                tuple(value.pooled for value in read),
            )
            self.calls[operation].append(vertex)
            value = _Value(frozenset([vertex]))
        elif not read:
            value = _Value(frozenset([self._join("constant", ())]))
        elif len(read) == 1:
            pooled = (kind,) if "Pooling" in kind else ()
            value = _Value(read[0].members, read[0].pooled + pooled)
        elif kind in SYMMETRIC_JOINS:
            members = frozenset().union(*(one.members for one in read))
            value = _Value(members, tuple(sorted(name for one in read for name in one.pooled)))
        else:
            value = _Value(frozenset([self._join("join", tuple(map(self._joined, read)))]))
        if len(node.output_tensors) == 1:
            return [value]
        whole = self._joined(value)
        parts = [self._join(("part", place), (whole,)) for place in range(len(node.output_tensors))]
        return [_Value(frozenset([part])) for part in parts]

    def _tensors_read(self, node: Any) -> list[Any]:
        """The tensors of a call in the order of the parameters that take them, however they were given."""
        arguments = node.arguments
        if not arguments.kwargs:
            return list(arguments.keras_tensors)
        try:
            bound = inspect.signature(node.operation.call).bind(*arguments.args, **arguments.kwargs)
        except (TypeError, ValueError):
            return list(arguments.keras_tensors)
        given = list(bound.arguments.values())
        return [one for one in self.keras.tree.flatten(given) if isinstance(one, self.keras.KerasTensor)]

    def _weight_shapes(self, operation: Any) -> tuple[tuple[int, ...], ...]:
        if operation not in self._shapes:
            weights = getattr(operation, "weights", ())
            self._shapes[operation] = tuple(tuple(size for size in weight.shape if size != 1) for weight in weights)
        return self._shapes[operation]

    def _joined(self, value: _Value) -> _Vertex:
        """One vertex for what is joined in a value."""
        if len(value.members) == 1:
            return next(iter(value.members))
        if value.members not in self._joins:
            members = tuple(sorted(value.members, key=lambda one: one.level))
            self._joins[value.members] = self._vertex("set", members, ordered=False)
        return self._joins[value.members]

    def _join(self, label: Hashable, inputs: tuple[_Vertex, ...]) -> _Vertex:
        if (label, inputs) not in self._joins:
            self._joins[label, inputs] = self._vertex(label, inputs)
        return self._joins[label, inputs]

    def _vertex(
        self, label: Hashable, inputs: tuple[_Vertex, ...], *, ordered: bool = True, layer: Any = None
    ) -> _Vertex:
        vertex = _Vertex(label, inputs, self.side, ordered=ordered, layer=layer)
        self.vertices.append(vertex)
        return vertex


def _flat(tensors: Any) -> list[Any]:
    return list(import_keras().tree.flatten(tensors))


def _in_order(outputs: list[Any], known: set[int]) -> Iterator[Any]:
    """The calls that outputs depend on, each after those it reads; ``known`` are ids of tensors that are given.

    Keras names no public way from a tensor to the call that made it, so two of its private names are used here, as
    they are by other libraries.
    """
    waiting = [(tensor, False) for tensor in reversed(outputs)]
    done: set[int] = set()
    while waiting:
        tensor, ready = waiting.pop()
        if id(tensor) in known:
            continue
        operation, index, _ = tensor._keras_history
        node = operation._inbound_nodes[index]
        if id(node) in done:
            continue
        if ready:
            done.add(id(node))
            yield node
        else:
            waiting.append((tensor, True))
            waiting += [(read, False) for read in reversed(node.input_tensors)]


# --------------------------------------------------------------------------------------------------------- refinement


class _Class:
    """Vertices that nothing tells apart so far, of the source and of the target."""

    __slots__ = ("color", "level", "sides")

    def __init__(self, color: int, level: int) -> None:
        self.color = color
        self.level = level
        self.sides: tuple[list[_Vertex], list[_Vertex]] = ([], [])

    @property
    def size(self) -> int:
        return len(self.sides[0]) + len(self.sides[1])

    @property
    def shared(self) -> bool:
        return bool(self.sides[0] and self.sides[1])

    @property
    def tied(self) -> bool:
        return self.shared and self.size > 2


class _Refinement:
    """Classes of vertices of both graphs, split until each holds one of each."""

    def __init__(self, source: _Graph, target: _Graph) -> None:
        self.graphs = (source, target)
        self.colors = count()
        self.classes: dict[int, _Class] = {}
        self.tied: set[int] = set()
        self._start()
        self._refine()
        self._take_hints()
        while self.tied:
            self._take_first_pair()
            self._refine()

    def matching(self) -> Matching:
        partners: dict[Any, set[Any]] = defaultdict(set)
        for one in self.classes.values():
            if one.shared:
                (source,), (target,) = one.sides
                if source.layer is not None:
                    partners[source.layer].add(target.layer)
        pairs = []
        for layer, found in partners.items():
            if len(found) == 1 and self._agree(layer, *found):
                pairs.append((layer, *found))
        paired = ({source for source, _ in pairs}, {target for _, target in pairs})
        rests = [
            sorted((layer for layer in graph.calls if layer not in paired[graph.side]), key=self._first_level(graph))
            for graph in self.graphs
        ]
        pairs.sort(key=lambda one: self._first_level(self.graphs[0])(one[0]))
        complete = not rests[0] and not rests[1] and all(one.shared for one in self.classes.values())
        return Matching(pairs, rests[0], rests[1], self._near(rests), complete)

    def _near(self, rests: list[list[Any]]) -> list[Pair]:
        """Pair what reads the same, where only one layer of each model does and is called once."""
        found: dict[Hashable, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
        for graph, rest in zip(self.graphs, rests, strict=True):
            for layer in rest:
                call, *more = graph.calls[layer]
                if not more and all(self.classes[color].shared for color in _reads(call)):
                    found[_reads(call)][graph.side].append(layer)
        return [(theirs[0], ours[0]) for theirs, ours in found.values() if len(theirs) == len(ours) == 1]

    def _agree(self, source: Any, target: Any) -> bool:
        """All calls of both are paired, and the same layer of Keras has the same weights: beta alone is not gamma."""
        if len(self.graphs[0].calls[source]) != len(self.graphs[1].calls[target]):
            return False
        kind = type(source)
        if kind is not type(target) or getattr(import_keras().layers, kind.__name__, None) is not kind:
            return True
        return [weight.name for weight in source.weights] == [weight.name for weight in target.weights]

    @staticmethod
    def _first_level(graph: _Graph) -> Callable[[Any], int]:
        return lambda layer: min(call.level for call in graph.calls[layer])

    def _start(self) -> None:
        """Class every vertex by what it is and what it reads, level by level."""
        vertices = sorted((one for graph in self.graphs for one in graph.vertices), key=lambda one: one.level)
        found: dict[Hashable, _Class] = {}
        for vertex in vertices:
            calls = len(self.graphs[vertex.side].calls[vertex.layer]) if vertex.layer is not None else 0
            key = (vertex.label, calls, _reads(vertex))
            if key not in found:
                found[key] = self._class(vertex.level)
            vertex.color = found[key].color
            found[key].sides[vertex.side].append(vertex)
        self.tied = {one.color for one in self.classes.values() if one.tied}

    def _refine(self) -> None:
        """Split what is tied until no reading, no reader and no other call of the same layer tells anything apart."""
        changed = True
        while changed:
            changed = False
            for one in self._in_levels():
                changed |= self._split(one, _reads)
                changed |= self._split(one, self._other_calls)
            for one in reversed(self._in_levels()):
                changed |= self._split(one, self._readers, only_if_equal=True)

    def _take_hints(self) -> None:
        """Let what equals look like tell them apart, wherever it does so in both models alike."""
        for number in range(len(_Hints._fields)):
            for one in self._in_levels():
                self._split(one, lambda vertex: vertex.hints and vertex.hints[number], only_if_equal=True)  # noqa: B023
            self._refine()

    def _take_first_pair(self) -> None:
        first = self._in_levels()[0]
        chosen = {one[0] for one in first.sides}
        self._split(first, lambda vertex: vertex in chosen)

    def _in_levels(self) -> list[_Class]:
        return sorted((self.classes[color] for color in self.tied), key=lambda one: (one.level, one.color))

    def _split(self, one: _Class, key: Callable[[_Vertex], Hashable], *, only_if_equal: bool = False) -> bool:
        """Part a tied class by a key. With ``only_if_equal``, only where both models have each key as often."""
        if not one.tied:
            return False
        keys = [[key(vertex) for vertex in side] for side in one.sides]
        counts = [Counter(found) for found in keys]
        if len(counts[0] | counts[1]) == 1 or (only_if_equal and counts[0] != counts[1]):
            return False
        parts: dict[Hashable, _Class] = {}
        for side, found in zip(one.sides, keys, strict=True):
            for vertex, value in zip(side, found, strict=True):
                if value not in parts:
                    parts[value] = self._class(one.level)
                vertex.color = parts[value].color
                parts[value].sides[vertex.side].append(vertex)
        del self.classes[one.color]
        self.tied.discard(one.color)
        self.tied |= {part.color for part in parts.values() if part.tied}
        return True

    def _class(self, level: int) -> _Class:
        made = _Class(next(self.colors), level)
        self.classes[made.color] = made
        return made

    def _readers(self, vertex: _Vertex) -> Hashable:
        """Who reads a vertex, and as which of its inputs; readers that the other model doesn't have say nothing."""
        found = Counter((one.color, place) for one, place in vertex.consumers if self.classes[one.color].shared)
        return frozenset(found.items())

    def _other_calls(self, vertex: _Vertex) -> Hashable:
        if vertex.layer is None:
            return ()
        calls = self.graphs[vertex.side].calls[vertex.layer]
        return tuple(sorted(call.color for call in calls)) if len(calls) > 1 else ()


def _reads(vertex: _Vertex) -> tuple[int, ...]:
    colors = [one.color for one in vertex.inputs]
    return tuple(colors if vertex.ordered else sorted(colors))
