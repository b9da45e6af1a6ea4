"""What the page knows of each layer, to show, to add up and to colour by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from netspec.costs.cost import Cost, cost_of
from netspec.costs.setting import Setting
from netspec.graph import Graph, Node
from netspec.layer import TYPES
from netspec.receptive_field import Field, receptive_fields


class Facts:
    """What is worked out of a graph once for all columns."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._setting = Setting()
        self._costs: dict[Node, Cost] = {}

    def cost(self, node: Node) -> Cost:
        """The cost of one pass of one sample."""
        if node not in self._costs:
            self._costs[node] = cost_of(node, self._setting)
        return self._costs[node]

    @cached_property
    def fields(self) -> Mapping[Node, Field]:
        """What each node sees of the first input."""
        return receptive_fields(self.graph)


Value = int | None | tuple[int | None, str]
"""A number, or one with the text to show for it; None where it is unknown."""


@dataclass(frozen=True)
class Column:
    """Something that is known of each layer, or not (None), and how the page shows it.

    ``fold`` says what a folded part shows: the sum, or what its last layer has. What is ``far`` depends on all that
    comes before a layer, not on the layer alone. ``colours`` is whether parts can be coloured by it.
    """

    key: str
    title: str
    unit: Literal["count", "bytes"]
    of: Callable[[Facts, Node], Value]
    fold: Literal["sum", "last"] = "sum"
    far: bool = False
    colours: bool = False


def _sight(facts: Facts, node: Node) -> Value:
    """The largest size of the receptive field; of all of an axis, that axis's size."""
    found = facts.fields[node]
    whole = facts.graph.nodes[facts.graph.inputs[0]].shape
    sizes = [size if size is not None else axis for size, axis in zip(found.size, whole, strict=False)]
    known = [size for size in sizes if size is not None]
    return (None if found.unknown or len(known) < len(sizes) else max(known, default=0), found.text())


def _counted(facts: Facts, node: Node, value: Callable[[Cost], int | None]) -> int | None:
    """Operations of a layer; of a type that does not say, nothing is known."""
    cost = facts.cost(node)
    return None if cost.uncounted else value(cost)


def _moved(facts: Facts, node: Node) -> int | None:
    cost = facts.cost(node)
    return None if cost.bytes_read is None or cost.bytes_written is None else cost.bytes_read + cost.bytes_written


COLUMNS: tuple[Column, ...] = (
    Column("params", "parameters", "count", lambda _, node: node.params, colours=True),
    Column("trainable", "trainable", "count", lambda _, node: node.trainable),
    Column("macs", "MACs", "count", lambda _, node: node.macs, colours=True),
    Column("elementwise", "element-wise", "count", lambda facts, node: _counted(facts, node, lambda c: c.elementwise)),
    Column(
        "functions", "exp, log, √ …", "count", lambda facts, node: _counted(facts, node, lambda c: c.transcendental)
    ),
    Column("memory", "activations", "bytes", lambda facts, node: facts.cost(node).activation_bytes, colours=True),
    Column("moved", "read, written", "bytes", _moved),
    Column("sight", "receptive field", "count", _sight, fold="last", far=True, colours=True),
)
"""All that the page can show and colour by: a new column is one line here, those that are far last."""


GROUPS: Mapping[str, tuple[str, ...]] = {
    "convolution": ("convolution", "depthwise_convolution", "transposed_convolution"),
    "dense, embedding": ("core", "einsum"),
    "attention": ("attention", "transformer"),
    "recurrent": ("recurrent", "convolutional_recurrent"),
    "normalization": ("normalization", "scaling", "preprocessing"),
    "activation": ("activations",),
    "pooling, resampling": ("pooling", "adaptive_pooling", "resampling", "images"),
    "merging": ("merging",),
    "other": (),
}
"""What has one colour: families of layers, as their files are called. What is in none is the last."""

WEIGHTED = "core"
"""A family of layers with weights, and of those that only arrange values, which belong to the last group."""


def group_of(node: Node) -> int:
    """The number of the group that a layer belongs to."""
    family = TYPES[node.type].family if node.type in TYPES else ""
    if family != WEIGHTED or node.params or node.owner:
        for number, families in enumerate(GROUPS.values()):
            if family in families:
                return number
    return len(GROUPS) - 1
