"""What changed, as text for a terminal and for CI: at most 100 columns, one mark a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from netspec.diff.compare import Comparison
from netspec.diff.figures import Figure, figures, receptive_field
from netspec.diff.fold import fold
from netspec.diff.rows import WIDTH, draw, percent, rows, signed, wrapped
from netspec.diff.weights import GONE, NEW, RENAMED, RESHAPED, Left, Loading, kept, loading
from netspec.diff.words import fit
from netspec.graph import Node
from netspec.options import escape
from netspec.render import PLAIN, Colours
from netspec.shapes import show
from netspec.units import show_bytes

MOST_LEFT = 3
"""So many layers are named whose weights are left out for one reason."""


def text(comparison: Comparison, colours: Colours = PLAIN) -> str:
    """Write a comparison for people."""
    if comparison.equal:
        return _equal(comparison)
    lines = [*_title(comparison), *draw(rows(comparison, fold(comparison)), colours)]
    if not comparison.same_but_names:
        lines += ["", *_totals(comparison)]
    if weights := list(_weights(comparison)):
        lines += ["", *weights]
    return "\n".join(lines)


def _equal(comparison: Comparison) -> str:
    """Say that two networks are the same, and what is another besides."""
    a, b = comparison.a.graph, comparison.b.graph
    other = [
        word
        for word, differs in (("name", a.name != b.name), ("description", a.description != b.description))
        if differs
    ]
    if other:
        return f"the same network; only its {' and its '.join(other)} changed"
    if comparison.a.text != comparison.b.text and None not in (comparison.a.text, comparison.b.text):
        return "the same network, written otherwise"
    return "the same network"


def _title(comparison: Comparison) -> Iterator[str]:
    a, b = comparison.a, comparison.b
    names = " → ".join(dict.fromkeys([escape(a.graph.name), escape(b.graph.name)]))
    files = " → ".join(file for file in dict.fromkeys([escape(a.file), escape(b.file)]) if file)
    if len(names) + len(files) + 2 > WIDTH:
        yield fit(names, WIDTH)
        yield fit(files, WIDTH)
    else:
        yield f"{names}  {files}".rstrip()
    if comparison.same_but_names:
        yield "the same network; only names differ:"


# ----------------------------------------------------------------------------------------------------------- the totals


def _totals(comparison: Comparison) -> Iterator[str]:
    """The figures of both networks side by side."""
    a, b = comparison.a.graph, comparison.b.graph
    found = figures(a, b)
    rows = [["", "before", "after", "change", ""]]
    for name, called in (("params", "parameters"), ("macs", "MACs")):
        rows.append([called, *_sides(found[name], lambda number: f"{number:,}")])
    rows.append(["activation memory", *_sides(found["activation_memory"], show_bytes)])
    rows.append(["layers", *_sides(found["layers"], lambda number: f"{number:,}")])
    fields = [receptive_field(a), receptive_field(b)]
    rows.append(["receptive field", *fields, "" if fields[0] != fields[1] else "same", ""])
    for called, names in (("input", "inputs"), ("output", "outputs")):
        sides = [", ".join(show(graph.nodes[name].shape) for name in getattr(graph, names)) for graph in (a, b)]
        if sides[0] != sides[1]:
            rows.append([called, *(fit(side, 24) for side in sides), "", ""])
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        yield "  ".join(cells).rstrip()


def _sides(figure: Figure, shown: Callable[[int], str]) -> list[str]:
    before, after = ("?" if number is None else shown(number) for number in (figure.before, figure.after))
    if figure.change is None:
        return [before, after, "", ""]
    if not figure.change:
        return [before, after, "same", ""]
    return [before, after, signed(shown(figure.change)), percent(figure)]


# ---------------------------------------------------------------------------------------------------------- the weights


def _weights(comparison: Comparison) -> Iterator[str]:
    found = loading(comparison)
    if not found.layers:
        return
    yield f"weights: {_share(found)}"
    alone = {
        node: pair.part.name
        for pair in comparison.root.walk()
        if pair.before is None or pair.after is None
        for node in pair.part.nodes
    }
    lines = [_left_over(found, why, title, tell(found.of(why), alone)) for why, (title, tell) in REASONS.items()]
    if found.strayed:
        some = [f"{escape(node.name)} was {escape(was)}" if was else escape(node.name) for node, was in found.strayed]
        lines.append(f"careful: some take what was another layer's, by its name: {_shortened(some, len(some))}")
    for line in filter(None, lines):
        yield from (f"  {piece}" for piece in wrapped(line, WIDTH - 2))


def _share(found: Loading) -> str:
    if found.complete:
        return f"all load, {found.layers:,} layers by name"
    return (
        f"{len(found.taken):,} of {found.layers:,} layers load by name, "
        f"{found.params_taken:,} of {found.params:,} parameters"
    )


def _left_over(found: Loading, why: str, title: str, told: Sequence[str]) -> str:
    """The layers that are left out for one reason."""
    return f"{title}: {_shortened(told, len(found.of(why)))}" if told else ""


def _shortened(told: Sequence[str], layers: int) -> str:
    shown = "; ".join(told[:MOST_LEFT])
    if len(told) > MOST_LEFT:
        return f"{shown}; … ({layers} layers)"
    return f"{shown} ({layers} layers)" if layers > len(told) else shown


def _spans(left: Sequence[Left], alone: Mapping[Node, str]) -> list[str]:
    """The parts that are new or gone, neighbours of one kind together."""
    nodes = [node for one in left if (node := one.after or one.before) is not None]
    names = list(dict.fromkeys(alone.get(node, node.name) for node in nodes))
    groups = [list(group) for _, group in groupby(names, key=lambda name: name.rstrip("0123456789_-"))]
    return [escape(" … ".join(dict.fromkeys([group[0], group[-1]]))) for group in groups]


def _renamed(left: Sequence[Left], _: Mapping[Node, str]) -> list[str]:
    """What layers were called and are called, without the ends that both names have; each way of renaming once."""
    found: dict[str, None] = {}
    for one in left:
        assert one.before is not None
        assert one.after is not None
        before, after = one.before.name.split("-"), one.after.name.split("-")
        while len(before) > 1 and len(after) > 1 and before[-1] == after[-1]:
            del before[-1], after[-1]
        found[f"{escape('-'.join(before))} → {escape('-'.join(after))}"] = None
    return list(found)


def _reshaped(left: Sequence[Left], _: Mapping[Node, str]) -> list[str]:
    """The first shape that differs of each layer, or how many weights it had and has."""
    told = []
    for one in left:
        assert one.before is not None
        assert one.after is not None
        before, after = kept(one.before), kept(one.after)
        differing = [f"{show(a.shape)} → {show(b.shape)}" for a, b in zip(before, after, strict=False) if a != b]
        what = differing[0] if differing else f"{len(before)} → {len(after)} weights"
        told.append(f"{escape(one.after.name)} {what}")
    return told


REASONS: Mapping[str, tuple[str, Callable[[Sequence[Left], Mapping[Node, str]], list[str]]]] = {
    NEW: ("new", _spans),
    RENAMED: ("would fit, but for their names", _renamed),
    RESHAPED: ("other shapes", _reshaped),
    GONE: ("gone", _spans),
}
"""Why layers are left out, and how they are told."""
