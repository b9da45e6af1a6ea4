"""A network as a tree: stages, the blocks and groups in them, their layers; equal neighbours are folded into runs.

Pictures, the page and the comparison of two networks read this tree. It says nothing about how anything is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from netspec.errors import Where
from netspec.graph import Graph, Input, Node, Site
from netspec.layer import Layer
from netspec.shapes import Shape

Drawn = TypeVar("Drawn")


class Kind(StrEnum):
    """What a part of a network is."""

    network = "network"
    stage = "stage"
    block = "block"
    layer = "layer"
    input = "input"


@dataclass(eq=False)
class Part:
    """A network, stage, block (or named group), layer or input.

    ``name`` is the built name, ``label`` what is left of it inside of the parent. ``type`` is the layer's or block's
    type and ``detail`` its options in brief; of a stage both are empty. ``nodes`` holds all nodes inside, in the
    graph's order; of a layer or input just its own. ``where`` is the place that wrote it, in a YAML block the line
    there.
    """

    kind: Kind
    name: str
    label: str
    type: str
    detail: str
    where: Where
    parent: Part | None
    nodes: list[Node] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    @property
    def node(self) -> Node:
        """The node of a layer or input; of anything else the last one inside."""
        return self.nodes[-1]

    @property
    def shape(self) -> Shape:
        """The shape of what comes out."""
        return self.node.shape

    @property
    def params(self) -> int:
        return sum(node.params for node in self.nodes)

    def walk(self) -> Iterator[Part]:
        """This part and everything inside, from the outside in."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @cached_property
    def entering(self) -> tuple[Node, ...]:
        """The nodes outside that are read inside, in the order in which they are first read."""
        inside = set(self.nodes)
        return tuple(dict.fromkeys(read for node in self.nodes for read in node.inputs if read not in inside))

    @cached_property
    def structure(self) -> tuple[object, ...]:
        """What parts that are built alike have in common: layers, options, how they are joined; no sizes, no names."""
        places: dict[Node, int] = {node: place for place, node in enumerate(self.nodes)}
        outside = {node: -1 - place for place, node in enumerate(self.entering)}
        return tuple(
            (
                _what(node),
                tuple(places[read] if read in places else outside[read] for read in node.inputs),
                places.get(node.owner, node.owner.name) if node.owner else None,
            )
            for node in self.nodes
        )

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name or 'network'}: {self.type} {self.detail}>"


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbours that are built alike and follow each other; most runs hold a single part."""

    copies: tuple[Part, ...]

    @property
    def first(self) -> Part:
        return self.copies[0]

    @property
    def last(self) -> Part:
        return self.copies[-1]

    def __len__(self) -> int:
        return len(self.copies)


def outline(graph: Graph) -> Part:
    """Arrange the nodes of a graph as a tree."""
    first = next(iter(graph.nodes.values()))
    root = Part(Kind.network, "", graph.name, "", "", first.where, None)
    found: dict[tuple[Kind, str], Part] = {}
    for node in graph.nodes.values():
        around = [root]
        if node.stage is not None:
            around.append(_part(found, around[-1], Kind.stage, node.stage, None, node))
        for site in _sites(node.scope):
            if site.block is not None and site.block != around[-1].name:
                around.append(_part(found, around[-1], Kind.block, site.block, site, node))
        kind = Kind.input if isinstance(node.layer, Input) else Kind.layer
        detail = "" if isinstance(node.layer, Input) else node.layer.brief()
        label = _label(node.name, around[-1])
        around[-1].parts.append(Part(kind, node.name, label, node.type, detail, node.where, around[-1], [node]))
        for part in around:
            part.nodes.append(node)
    return root


def _part(
    found: dict[tuple[Kind, str], Part], parent: Part, kind: Kind, name: str, site: Site | None, node: Node
) -> Part:
    part = found.get((kind, name))
    if part is None:
        type_, detail = (site.written.type_name, site.written.brief()) if site else ("", "")
        where = getattr(site.step, "where", node.where) if site else node.where
        part = found[kind, name] = Part(kind, name, _label(name, parent), type_, detail, where, parent)
        parent.parts.append(part)
    return part


def _sites(site: Site) -> list[Site]:
    """A site and those around it, from the outside in."""
    sites = [site]
    while sites[-1].within is not None:
        sites.append(sites[-1].within)
    return sites[::-1]


def _label(name: str, parent: Part) -> str:
    return name.removeprefix(f"{parent.name}-")


def _what(node: Node) -> object:
    if isinstance(node.layer, Layer):
        return _Made(node.layer)
    return (node.type, node.shape)


class _Made:
    """A layer that equals another of the same type and options; what repeats is mostly one object."""

    __slots__ = ("layer",)

    def __init__(self, layer: Layer) -> None:
        self.layer = layer

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Made):
            return False
        return self.layer is other.layer or repr(self.layer) == repr(other.layer)

    def __hash__(self) -> int:
        return hash(self.layer.type_name)


# ---------------------------------------------------------------------------------------------------------------- runs


def readers(graph: Graph) -> Mapping[Node, Sequence[Node]]:
    """The nodes that read each node, in the graph's order."""
    found: dict[Node, list[Node]] = {node: [] for node in graph.nodes.values()}
    for node in graph.nodes.values():
        for read in dict.fromkeys(node.inputs):
            found[read].append(node)
    return found


def runs(part: Part, read_by: Mapping[Node, Sequence[Node]], outputs: Sequence[str] = ()) -> list[Run]:
    """Fold the parts inside of a part: neighbours of one structure, each fed by the one before it.

    ``read_by`` is what `readers` gives. A copy whose inside is read from outside of the run, or is an output of the
    network, ends its run; of the last copy but one that is allowed too, as cells that read the two before them do so.
    """
    folded: list[Run] = []
    copies: list[Part] = []
    known: set[Node] = set()  # what a next copy may read
    for each in part.parts:
        if copies and not (_alike(copies[-1], each) and known.issuperset(each.entering)):
            folded += _cut(copies, read_by, outputs)
            copies = []
        if not copies:
            known = set(each.entering)
        copies.append(each)
        known.update(each.nodes)
    if copies:
        folded += _cut(copies, read_by, outputs)
    return folded


def _alike(last: Part, each: Part) -> bool:
    """Whether a part is built as the one before it, and fed by it."""
    alike = each.kind is last.kind is not Kind.input and each.type == last.type and len(each.nodes) == len(last.nodes)
    return alike and each.structure == last.structure and not set(last.nodes).isdisjoint(each.entering)


def _cut(copies: Sequence[Part], read_by: Mapping[Node, Sequence[Node]], outputs: Sequence[str]) -> Iterator[Run]:
    """Cut copies into runs behind those that are read from outside."""
    inside = {node for copy in copies for node in copy.nodes}
    read_outside = [
        any(node.name in outputs or not inside.issuperset(read_by[node]) for node in copy.nodes) for copy in copies
    ]
    if len(copies) > 2:
        read_outside[-2] = False
    start = 0
    for place, cut in enumerate(read_outside, start=1):
        if cut or place == len(copies):
            yield Run(tuple(copies[start:place]))
            start = place


def flows(drawn: Mapping[Node, Drawn]) -> dict[tuple[Drawn, Drawn], list[Node]]:
    """What flows between things that stand for nodes: for each pair, the nodes of the first that the second reads."""
    found: dict[tuple[Drawn, Drawn], list[Node]] = {}
    for node, target in drawn.items():
        for read in node.inputs:
            source = drawn.get(read)
            if source is not None and source is not target:
                carried = found.setdefault((source, target), [])
                if read not in carried:
                    carried.append(read)
    return found
