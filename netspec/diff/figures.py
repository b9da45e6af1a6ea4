"""What a change costs: of the whole networks, and of each part that has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from netspec.cost import Setting, activation_memory
from netspec.graph import Graph, Node, total_macs
from netspec.receptive_field import receptive_fields


@dataclass(frozen=True, slots=True)
class Figure:
    """A number before and after; None where a size is unknown."""

    before: int | None
    after: int | None

    @property
    def change(self) -> int | None:
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def percent(self) -> float | None:
        """The change in percent of what was before; None where nothing was."""
        return 100 * self.change / self.before if self.change is not None and self.before else None

    def as_json(self) -> dict[str, int | float | None]:
        percent = self.percent
        return {
            "before": self.before,
            "after": self.after,
            "change": self.change,
            "percent": None if percent is None else round(percent, 2),
        }


OF_GRAPH: Mapping[str, Callable[[Graph], int | None]] = {
    "params": lambda graph: graph.params.total,
    "trainable_params": lambda graph: graph.params.trainable,
    "macs": lambda graph: graph.macs,
    "activation_memory": activation_memory,
    "layers": lambda graph: graph.layer_count,
}
"""The figures of a network, by the names that a ``budget`` has for them."""


OF_NODES: Mapping[str, Callable[[Iterable[Node]], int | None]] = {
    "params": lambda nodes: sum(node.params for node in nodes),
    "macs": total_macs,
    "layers": lambda nodes: sum(node.owner is None for node in nodes),
}
"""The figures of a part."""


def figures(a: Graph, b: Graph) -> dict[str, Figure]:
    """The figures of two networks side by side."""
    return {name: Figure(of(a), of(b)) for name, of in OF_GRAPH.items()}


def part_figures(before: Sequence[Node], after: Sequence[Node]) -> dict[str, Figure]:
    """The figures of a part as it was and as it is; one that is new was nothing before."""
    return {name: Figure(of(before), of(after)) for name, of in OF_NODES.items()}


def activations(before: Sequence[Node], after: Sequence[Node], setting: Setting) -> Figure:
    """The bytes of what the layers of a part give for one sample; a setting remembers what it worked out before."""
    return Figure(_given(before, setting), _given(after, setting))


def _given(nodes: Iterable[Node], setting: Setting) -> int | None:
    sizes = [setting.output_bytes(node) for node in nodes]
    return None if None in sizes else sum(size or 0 for size in sizes)


def receptive_field(graph: Graph) -> str:
    """The receptive field of the last layer that does not see the whole input; "all" where each does.

    Of several inputs it is that in the first.
    """
    fields = receptive_fields(graph)
    limited = [text for field in fields.values() if (text := field.text()) not in ("all", "nothing")]
    return limited[-1] if limited else "all"


def receptive_field_of(fields: Mapping[Node, object], node: Node | None) -> str | None:
    """The receptive field of one node, as text."""
    text = getattr(fields.get(node), "text", None) if node is not None else None
    return text() if text else None
