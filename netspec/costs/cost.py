"""What one pass of a network costs: operations, bytes read and written, weights; by layer, and added up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from netspec.costs.setting import Setting, is_uncounted, work_of
from netspec.dtypes import SIZES
from netspec.graph import Input, Node
from netspec.layer import Layer
from netspec.shapes import volume


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one pass of a batch through one layer, or through several added up; None where a size is unknown.

    ``weights`` are bytes by dtype, ``activation_bytes`` those of the outputs that take new memory. ``uncounted`` are
    types without a rule for their work, with the number of their calls: the two numbers of operations lack them.
    """

    macs: int | None = 0
    elementwise: int | None = 0
    transcendental: int | None = 0
    bytes_read: int | None = 0
    bytes_written: int | None = 0
    activation_bytes: int | None = 0
    weights: Mapping[str, int] = field(default_factory=dict)
    uncounted: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            _sum(self.macs, other.macs),
            _sum(self.elementwise, other.elementwise),
            _sum(self.transcendental, other.transcendental),
            _sum(self.bytes_read, other.bytes_read),
            _sum(self.bytes_written, other.bytes_written),
            _sum(self.activation_bytes, other.activation_bytes),
            _joined(self.weights, other.weights),
            _joined(self.uncounted, other.uncounted),
        )

    @property
    def weights_bytes(self) -> int:
        return sum(self.weights.values())

    @property
    def intensity(self) -> float | None:
        """Operations per byte read or written: two a multiply-add, one each of the others."""
        moved = _sum(self.bytes_read, self.bytes_written)
        if self.macs is None or self.elementwise is None or self.transcendental is None or not moved:
            return None
        return (2 * self.macs + self.elementwise + self.transcendental) / moved

    def as_json(self) -> dict[str, Any]:
        """The cost for programs: bytes as integers, null where a size is unknown."""
        return {
            "macs": self.macs,
            "elementwise_operations": self.elementwise,
            "transcendental_operations": self.transcendental,
            "bytes_read": self.bytes_read,
            "bytes_written": self.bytes_written,
            "activation_bytes": self.activation_bytes,
            "weights_bytes": dict(self.weights),
            "arithmetic_intensity": self.intensity,
            "uncounted": dict(self.uncounted),
        }


def cost_of(node: Node, setting: Setting) -> Cost:
    """The cost of one node. What hands on its input as it is moves no bytes; an input of the network does nothing."""
    batch = setting.batch
    passes_on = setting.passes_on(node, training=False)
    written = 0 if passes_on else _times(setting.output_bytes(node), batch)
    if isinstance(node.layer, Input):
        return Cost(activation_bytes=written)
    work = work_of(node)
    uncounted = is_uncounted(node, work)
    weight_size = SIZES[setting.policy_of(node).variable]
    read: int | None = 0
    if not passes_on:
        read = _sum(_times(_inputs_bytes(node, setting), batch), weights_read(node, batch) * weight_size)
    return Cost(
        macs=_times(node.macs, batch),
        elementwise=_times(work.elementwise, batch) if work else 0 if uncounted else None,
        transcendental=_times(work.transcendental, batch) if work else 0 if uncounted else None,
        bytes_read=read,
        bytes_written=written,
        activation_bytes=written,
        weights={setting.policy_of(node).variable: node.params * weight_size} if node.params else {},
        uncounted={node.type: 1} if uncounted else {},
    )


def weights_read(node: Node, batch: int) -> int:
    """How many weights one call on a batch reads: all, but of a table only the rows that are looked up."""
    weights = (node.owner or node).params
    if isinstance(node.layer, Layer) and node.layer.looks_up_rows and node.macs == 0:
        values = volume(node.shape)
        return weights if values is None else min(weights, values * batch)
    return weights


def total(nodes: Iterable[Node], setting: Setting) -> Cost:
    """The cost of several nodes together: of a block, a stage, a network."""
    return reduce(Cost.__add__, (cost_of(node, setting) for node in nodes), Cost())


def _inputs_bytes(node: Node, setting: Setting) -> int | None:
    """What the distinct inputs of a node take for one sample: one that is given twice is read once."""
    total: int | None = 0
    for read in dict.fromkeys(node.inputs):
        total = _sum(total, setting.output_bytes(read))
    return total


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _times(number: int | None, batch: int) -> int | None:
    return None if number is None else number * batch


def _joined(one: Mapping[str, int], other: Mapping[str, int]) -> Mapping[str, int]:
    if not other:
        return one
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}
