"""The table of what a network costs: operations, bytes, weights and receptive field, for people."""

from __future__ import annotations

from netspec.costs.cost import Cost, cost_of
from netspec.costs.setting import Setting
from netspec.graph import Graph, Node
from netspec.receptive_field import Field, receptive_fields
from netspec.summary.table import columns, digits, named_once, rows, title
from netspec.units import show_bytes, show_count

HEADER = ["MACs", "element", "transc", "moved", "weights", "ops/byte", "field"]


def cost_table(graph: Graph, setting: Setting, file: str = "", depth: str = "block") -> str:
    """Draw a line for each stage, block or layer and one for all, at most 100 columns wide, in people's units.

    The receptive field is that of the line's last layer in the first input.
    """
    seen = receptive_fields(graph)
    lines = []
    whole = Cost()
    for row in rows(graph, depth):
        cost = _sum(row.nodes, setting)
        whole += cost
        text = row.text + (f" ×{row.copies}" if row.copies > 1 and depth == "block" else "")
        lines.append([row.stage, text, *_figures(cost), seen[row.nodes[-1]].text()])
    last = seen[graph.nodes[graph.outputs[0]]]
    named_once(lines)
    lines.append(["all", "", *_figures(whole), last.text()])
    what = {"stage": "", "block": "block", "layer": "layer"}[depth]
    drawn, width = columns([["stage", what, *HEADER], *lines], numeric=range(2, 8), shrinking=((1, 16), (0, 8)))
    return "\n".join([*title(graph, file, width), *drawn, *_notes(whole, setting, last)])


def _sum(nodes: list[Node], setting: Setting) -> Cost:
    return sum((cost_of(node, setting) for node in nodes), Cost())


def _figures(cost: Cost) -> list[str]:
    moved = None if cost.bytes_read is None or cost.bytes_written is None else cost.bytes_read + cost.bytes_written
    return [
        _short(cost.macs),
        _short(cost.elementwise),
        _short(cost.transcendental),
        "?" if moved is None else show_bytes(moved),
        show_bytes(cost.weights_bytes),
        "?" if cost.intensity is None else f"{cost.intensity:.1f}",
    ]


def _short(number: int | None) -> str:
    return "?" if number is None else show_count(number)


def _notes(whole: Cost, setting: Setting, last: Field) -> list[str]:
    dtype = f" in {setting.dtype}" if setting.dtype else ""
    notes = [
        f"one pass of {digits(setting.batch)} sample{'s' if setting.batch > 1 else ''}{dtype}; rules: docs/cost.md"
    ]
    if whole.uncounted:
        listed = ", ".join(f"{name} ×{calls}" for name, calls in whole.uncounted.items())
        notes.append(f"uncounted, for want of a rule: {listed}")
    if last.unknown:
        notes.append(f"receptive field unknown from {last.unknown} on, whose type does not say what it sees")
    return notes
