"""The expanded network: nodes that know their shape and cost, in the order in which data flows.

`GraphBuilder.add` infers a node's shape at once, so a mistake is found at the node that makes it. A finished `Graph` is
not changed any more; summary, building and every other reader stand on it alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from netspec.errors import Mistake, Where
from netspec.layer import Applied, Layer
from netspec.options import show_value
from netspec.shapes import Shape, show


class Input:
    """The layer of an input node: a tensor that is fed to the network."""

    type_name = "input"

    def __init__(self, shape: Shape, dtype: str) -> None:
        self.shape = shape
        self.dtype = dtype


class Node:
    """One call of a layer. ``name`` is the built layer's name, ``shape`` its output's, without batch axis.

    ``params``, ``trainable`` and ``macs`` are those that this call adds: a layer that is called a second time has its
    weights already (``owner`` is the node that has them), but does its work again. ``stage`` is the name of the stage,
    ``block`` the built name of the outermost block or group that the node stands in, ``where`` the place that wrote it.
    ``scope`` is the site of the innermost block or group, ``site`` that of the outermost; of a layer outside of any
    both are its own.
    """

    __slots__ = ("inputs", "layer", "macs", "name", "owner", "params", "scope", "shape", "site", "trainable", "where")

    def __init__(
        self,
        name: str,
        layer: Layer | Input,
        inputs: tuple[Node, ...],
        applied: Applied,
        site: Site,
        where: Where,
        owner: Node | None = None,
    ) -> None:
        self.name = name
        self.layer = layer
        self.inputs = inputs
        self.shape, self.params, self.trainable, self.macs = applied
        self.scope = site
        self.site = site.outermost
        self.where = where
        self.owner = owner

    @property
    def type(self) -> str:
        return self.layer.type_name

    @property
    def stage(self) -> str | None:
        return self.site.stage

    @property
    def block(self) -> str | None:
        return self.site.block

    def __repr__(self) -> str:
        return f"<{self.name}: {self.type} {show(self.shape)}>"


class Presumed(Node):
    """What a node would give if the mistake in it, or before it, were mended.

    A size that is unknown here would be known then: nothing can be said about it, and nothing is built of it.
    """

    __slots__ = ()

    def __init__(self, name: str, inputs: tuple[Node, ...], shape: Shape, site: Site, where: Where) -> None:
        super().__init__(name, Input(shape, ""), inputs, Applied(shape, 0, 0, None), site, where)


class Described(Protocol):
    """What can be named in a table: a layer or a block with its options."""

    @property
    def type_name(self) -> str: ...

    def brief(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Words:
    """A description that was always words: of an input, a group, a shared call."""

    type_name: str
    detail: str = ""

    def brief(self) -> str:
        return self.detail


@dataclass(slots=True, eq=False)  # one for every written node that is expanded: freezing would double its cost
class Site:
    """What the nodes that come from one copy of one written step have in common.

    ``step`` tells written steps apart; ``written`` can say what stood there, ``identity [64, 64, 256]``. ``block`` is
    the built name of the block or group, None where the step is a layer; ``within`` is the site of the block or group
    around it.
    """

    step: object
    written: Described
    path: str
    stage: str | None
    block: str | None
    within: Site | None = None

    @property
    def outermost(self) -> Site:
        site = self
        while site.within is not None:
            site = site.within
        return site


@dataclass(frozen=True, slots=True)
class Parameters:
    """Numbers of parameters: all, those that training changes, and the others."""

    total: int
    trainable: int

    @property
    def non_trainable(self) -> int:
        return self.total - self.trainable


@dataclass(frozen=True)
class Graph:
    """A network as data: ``nodes`` by built name, in order; ``inputs`` and ``outputs`` are names of nodes."""

    name: str
    nodes: Mapping[str, Node]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    params: Parameters
    macs: int | None
    description: str = ""

    def __repr__(self) -> str:
        ins = ", ".join(show(self.nodes[name].shape) for name in self.inputs)
        outs = ", ".join(show(self.nodes[name].shape) for name in self.outputs)
        return f"<Graph {self.name}: {ins} → {outs}, {len(self.nodes)} nodes, {self.params.total:,} parameters>"

    @property
    def layer_count(self) -> int:
        """How many layers the built model has: a layer that is called twice is one layer."""
        return sum(node.owner is None for node in self.nodes.values())


class GraphBuilder:
    """Nodes so far. ``add`` checks and infers; ``finish`` leaves out what no output needs."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._owners: Mapping[str, Node] | None = None

    def add(self, name: str, layer: Layer, inputs: tuple[Node, ...], site: Site, where: Where) -> Node:
        """Add one call of a layer. Raises `Mistake` where the inputs' shapes don't suit it."""
        try:
            applied = layer.apply(tuple([node.shape for node in inputs]))
        except Mistake as mistake:
            mistake.inputs = inputs
            raise
        owner = None
        if self._owners is not None:
            owner = self._owners.get(name)
            applied = _called_again(name, layer, applied, inputs, owner)
        node = Node(name, layer, inputs, applied, site, where, owner)
        self.nodes.append(node)
        return node

    @contextmanager
    def sharing(self, nodes: Iterable[Node], old: str, new: str) -> Iterator[None]:
        """Let what is added inside call the layers of ``nodes`` again, under names that begin otherwise."""
        outer = self._owners
        self._owners = {new + node.name[len(old) :]: node.owner or node for node in nodes}
        try:
            yield
        finally:
            self._owners = outer

    def add_input(self, name: str, layer: Input, site: Site, where: Where) -> Node:
        node = Node(name, layer, (), Applied(layer.shape, 0, 0, 0), site, where)
        self.nodes.append(node)
        return node

    def finish(
        self, name: str, description: str, inputs: Sequence[Node], outputs: Sequence[Node]
    ) -> tuple[Graph, list[Node]]:
        """Make the graph of what reaches an output, and give back the nodes that don't."""
        needed = _reaching(outputs) | set(inputs)
        kept = {node.name: node for node in _with_owners([node for node in self.nodes if node in needed], needed)}
        unused = [node for node in self.nodes if node not in needed] if len(kept) < len(self.nodes) else []
        params = Parameters(sum(node.params for node in kept.values()), sum(node.trainable for node in kept.values()))
        graph = Graph(
            name,
            MappingProxyType(kept),
            tuple(node.name for node in inputs),
            tuple(node.name for node in outputs),
            params,
            total_macs(kept.values()),
            description,
        )
        return graph, unused


def _called_again(name: str, layer: Layer, applied: Applied, inputs: tuple[Node, ...], owner: Node | None) -> Applied:
    """Check that a layer is the one of the first call, and its weights fit; they are not counted a second time."""
    if owner is None or not _is_made_like(layer, owner.layer):
        first = "is not there" if owner is None else f"is {owner.type}"
        message = f"a shared call would make another layer as {name}: in the first call it {first}"
        if owner is not None and isinstance(owner.layer, Layer) and owner.type == layer.type_name:
            message = f"a shared call would make {name} with other options: {_difference(owner.layer, layer)}"
        raise Mistake("E212", message, help="what is shared must not depend on the shape of its input")
    has = layer.weights(*(node.shape for node in owner.inputs))
    wants = layer.weights(*(node.shape for node in inputs))
    if has != wants:
        raise Mistake(
            "E212",
            f"the weights of {owner.name} were made for {_shapes(owner.inputs)} and don't fit {_shapes(inputs)}",
            help="give both calls inputs of the same channels",
        )
    return applied._replace(params=0, trainable=0)


def _is_made_like(layer: Layer, first: Layer | Input) -> bool:
    return layer is first or (isinstance(first, Layer) and layer.is_made_like(first))


def _difference(first: Layer, second: Layer) -> str:
    """Say which option of two layers of one type differs."""
    before, after = first.options(), second.options()
    name = next(name for name in before if repr(before[name]) != repr(after[name]))
    return f"{name} {show_value(before[name])} at first, {show_value(after[name])} now"


def _shapes(nodes: Iterable[Node]) -> str:
    return ", ".join(show(node.shape) for node in nodes)


def _with_owners(nodes: list[Node], kept: set[Node]) -> list[Node]:
    """Let a later call own the weights of a shared layer whose first call is not kept.

    Nodes don't change, so every node from there on is made anew.
    """
    if all(node.owner is None or node.owner in kept for node in nodes):
        return nodes
    anew: dict[Node, Node] = {}
    heirs: dict[Node, Node] = {}
    for node in nodes:
        owner, params, trainable = node.owner, node.params, node.trainable
        if owner is not None and owner not in kept and owner not in heirs:
            params, trainable, owner = owner.params, owner.trainable, None
        elif owner is not None:
            owner = heirs.get(owner) or anew[owner]
        applied = Applied(node.shape, params, trainable, node.macs)
        inputs = tuple(anew[read] for read in node.inputs)
        anew[node] = Node(node.name, node.layer, inputs, applied, node.scope, node.where, owner)
        if owner is None and node.owner is not None:
            heirs[node.owner] = anew[node]
    return list(anew.values())


def _reaching(outputs: Sequence[Node]) -> set[Node]:
    needed: set[Node] = set()
    waiting = list(outputs)
    while waiting:
        node = waiting.pop()
        if node not in needed:
            needed.add(node)
            waiting.extend(node.inputs)
    return needed


def total_macs(nodes: Iterable[Node]) -> int | None:
    """Add up multiply-adds; unknown as soon as one node's are."""
    total = 0
    for node in nodes:
        if node.macs is None:
            return None
        total += node.macs
    return total
