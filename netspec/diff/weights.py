"""Which weights of a network would still load into another, by the rule of ``--weights``: by name and shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from netspec.diff.compare import Comparison
from netspec.fitting import misfit
from netspec.graph import Graph, Node
from netspec.layer import Layer

NEW, RENAMED, RESHAPED, GONE = "new", "renamed", "reshaped", "gone"


class Kept(NamedTuple):
    """One weight of a layer. What a layer of one type counts in does not change."""

    shape: tuple[int, ...]
    kind: str = "float"


class Left(NamedTuple):
    """A layer whose weights are not taken: the layer now, the one it was, and why.

    ``why`` is ``new``, ``renamed`` (they would fit under another name), ``reshaped`` or ``gone``; ``reason`` says it in
    words.
    """

    after: Node | None
    before: Node | None
    why: str
    reason: str


@dataclass(frozen=True)
class Loading:
    """What would become of the first network's weights in the second.

    ``taken`` are layers of the second that take weights, by name. ``strayed`` are those among them that take the
    weights of what is another layer now, with the name that their own layer had before. Counts are of layers with
    weights.
    """

    taken: list[Node]
    left: list[Left]
    strayed: list[tuple[Node, str]]
    layers: int
    params: int

    @property
    def params_taken(self) -> int:
        return sum(node.params for node in self.taken)

    def of(self, why: str) -> list[Left]:
        """The layers that are left out for one reason."""
        return [one for one in self.left if one.why == why]

    @property
    def complete(self) -> bool:
        """Whether every layer takes its own weights, and none are left over."""
        return not self.left and not self.strayed


def loading(comparison: Comparison) -> Loading:
    """Work out which layers of the second network take the weights that the first one has under their names."""
    theirs, ours = _weighted(comparison.a.graph), _weighted(comparison.b.graph)
    partner = {after: before for before, after in comparison.partners.items()}
    taken: list[Node] = []
    left: list[Left] = []
    strayed: list[tuple[Node, str]] = []
    for name, node in ours.items():
        was = partner.get(node)
        if name in theirs and not _misfit(theirs[name], node):
            taken.append(node)
            if theirs[name] is not was and (was is not None or theirs[name] in comparison.partners):
                strayed.append((node, was.name if was else ""))
        else:
            left.append(_left(node, was if was is not None and was.name in theirs else None, name in theirs))
    found = {node.name for node in taken} | {one.before.name for one in left if one.before is not None}
    found |= {name for _, name in strayed}
    left += [Left(None, node, GONE, "is not there any more") for name, node in theirs.items() if name not in found]
    return Loading(taken, left, strayed, len(ours), sum(node.params for node in ours.values()))


def _left(node: Node, was: Node | None, named: bool) -> Left:
    if was is None:
        return Left(node, None, NEW, "was not there; another layer had its name" if named else "was not there")
    reason = _misfit(was, node)
    if reason:
        return Left(node, was, RESHAPED, reason)
    return Left(node, was, RENAMED, f"was called {was.name}")


def _weighted(graph: Graph) -> dict[str, Node]:
    """The layers that have weights; one that is called again has them at its first call."""
    layers = {name: node for name, node in graph.nodes.items() if node.owner is None and isinstance(node.layer, Layer)}
    return {name: node for name, node in layers.items() if kept(node)}


def kept(node: Node) -> list[Kept]:
    """The weights of a layer, in Keras's order."""
    assert isinstance(node.layer, Layer)
    return [Kept(weight.shape) for weight in node.layer.weights(*(read.shape for read in node.inputs))]


def _misfit(theirs: Node, ours: Node) -> str:
    before, after = ({str(place): one for place, one in enumerate(kept(node))} for node in (theirs, ours))
    return misfit(before, after, "before", "now")
