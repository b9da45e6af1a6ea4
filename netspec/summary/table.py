"""The table of a network: its stages, blocks or layers, with shapes, parameters and multiply-adds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from netspec.graph import Graph, Input, Node, Site, total_macs
from netspec.layer import Layer
from netspec.options import escape
from netspec.shapes import show

WIDTH = 100
DEPTHS = ("stage", "block", "layer")


@dataclass(slots=True)
class Row:
    """One line: a stage, a written step with all its copies, or a layer."""

    stage: str
    text: str
    copies: int = 0
    nodes: list[Node] = field(default_factory=list)

    @property
    def output(self) -> str:
        return show(self.nodes[-1].shape)

    @property
    def params(self) -> int:
        return sum(node.params for node in self.nodes)

    @property
    def macs(self) -> int | None:
        return total_macs(self.nodes)


def rows(graph: Graph, depth: str = "block") -> list[Row]:
    """Fold a network into rows: one a stage, one a written step (repeats together), or one a layer."""
    found: dict[object, Row] = {}
    copies: dict[object, set[str]] = {}
    for node in graph.nodes.values():
        if isinstance(node.layer, Input):
            continue
        stage = node.stage or "─"
        site = node.site
        if depth == "layer":
            found[node] = Row(stage, _labelled(node), 1, [node])
            continue
        key: object = (node.stage, site.step if depth == "block" or node.stage is None else None)
        row = found.get(key)
        if row is None:
            row = found[key] = Row(stage, _described(site) if depth == "block" or node.stage is None else "")
        elif (
            depth == "block"
            and site is not row.nodes[-1].site
            and site.written.brief() != row.nodes[0].site.written.brief()
        ):
            row.text = f"{_described(row.nodes[0].site)} … {site.written.brief()}"
        row.nodes.append(node)
        copies.setdefault(key, set()).add(site.block or node.name if depth == "block" else "")
    for key, names in copies.items():
        found[key].copies = sum(n.owner is None for n in found[key].nodes) if depth == "stage" else len(names)
    return list(found.values())


def _described(site: Site) -> str:
    return f"{site.written.type_name} {site.written.brief()}".rstrip()


def _labelled(node: Node) -> str:
    """A layer by its name within the stage, and what it is, where the name does not say that already."""
    label = node.name.removeprefix(f"{node.stage}-")
    brief = "" if isinstance(node.layer, Input) else node.layer.brief()
    return (f"{label} {brief}" if label == node.type else f"{label}  {node.type} {brief}").rstrip()


def table(graph: Graph, file: str = "", depth: str = "block") -> str:
    """Draw the table, at most 100 columns wide; long names lose their middle, a number its digits from 10^15 on."""
    lines = [
        [row.stage, row.text, str(row.copies), row.output, digits(row.params), digits(row.macs)]
        for row in rows(graph, depth)
    ]
    named_once(lines)
    what, count = {"stage": ("", "layers"), "block": ("block", "×"), "layer": ("layer", "×")}[depth]
    header = ["stage", what, count, "output", "params", "MACs"]
    drawn, width = columns([header, *lines], numeric=(2, 4, 5), shrinking=((1, 16), (0, 12), (3, 12)))
    return "\n".join([*title(graph, file, width), *drawn, totals(graph)])


def named_once(lines: Sequence[list[str]]) -> None:
    """Leave a stage's name out where the line above has it."""
    for line, below in reversed(list(pairwise(lines))):
        if below[0] == line[0]:
            below[0] = ""


def overview(networks: Iterable[tuple[Graph, str]]) -> str:
    """A line for each network and the file it is from, at most 100 columns wide where the names of files allow it."""
    lines = [
        [escape(file), *_ends(graph), f"{graph.params.total:,}", digits(graph.macs), str(graph.layer_count)]
        for graph, file in networks
    ]
    header = ["file", "input", "output", "params", "MACs", "layers"]
    drawn, _ = columns([header, *lines], numeric=(3, 4, 5), shrinking=((2, 12), (1, 12)))
    return "\n".join(drawn)


def columns(
    lines: Sequence[Sequence[str]], numeric: Collection[int], shrinking: Iterable[tuple[int, int]]
) -> tuple[list[str], int]:
    """Draw cells in columns, and say how wide they are together.

    Where that is more than 100 columns, those named in ``shrinking`` are cut one after another, to a least width.
    """
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    gaps = 2 * (len(widths) - 1)
    for column, least in shrinking:
        excess = sum(widths) + gaps - WIDTH
        widths[column] = max(min(widths[column], least), widths[column] - max(0, excess))
    drawn = [
        "  ".join(
            _fit(cell, width).rjust(width) if column in numeric else _fit(cell, width).ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return drawn, sum(widths) + gaps


def _ends(graph: Graph) -> list[str]:
    """The shapes of the inputs, and those of the outputs."""
    return [", ".join(show(graph.nodes[name].shape) for name in names) for names in (graph.inputs, graph.outputs)]


def title(graph: Graph, file: str, width: int) -> list[str]:
    """The name, what goes in and comes out, and the file, above a table of a width."""
    left = f"{escape(graph.name)} · {' → '.join(_ends(graph))}"
    right = escape(file)
    if len(left) + len(right) + 2 > WIDTH:
        return [_fit(left, WIDTH), _fit(right, WIDTH)]
    return [(left + right.rjust(max(width - len(left), len(right) + 2))) if right else left]


def totals(graph: Graph) -> str:
    """The line below the table."""
    params = graph.params
    macs = f"MACs unknown{_reason(graph)}" if graph.macs is None else f"{digits(graph.macs)} MACs"
    total, trainable = digits(params.total), digits(params.trainable)
    return f"{total} parameters ({trainable} trainable) · {macs} · {graph.layer_count:,} layers"


def _reason(graph: Graph) -> str:
    """Name the types that have no rule for their multiply-adds; otherwise it is for want of a size."""
    nodes = [node for node in graph.nodes.values() if node.macs is None]
    silent = dict.fromkeys(node.type for node in nodes if isinstance(node.layer, Layer) and not node.layer.counts_macs)
    return f" ({', '.join(silent)}: no rule)" if silent else ""


def digits(number: int | None) -> str:
    """Write a count in full, from 10^15 on in three digits."""
    if number is None:
        return "?"
    if number < 10**15:
        return f"{number:,}"
    from decimal import Decimal  # such a number may be too large for a float

    return f"{Decimal(number):.2e}"


def _fit(text: str, width: int) -> str:
    if len(text) <= width:
        return text
    left = (width - 1) // 2
    return text[:left] + "…" + text[len(text) - (width - 1 - left) :]
