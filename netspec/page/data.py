"""A graph as the data of its page: small, as parts that are built alike share one definition.

`view_data` gives a JSON object:

    key, title, file, name, description, params, macs
    groups   names of what has one colour
    layers   [type, options in brief, {option: value where it is not the default}, group (-1: an input)]
    types    {type: {option: default}}
    shapes   texts; places [file, line, text of the line]
    columns  [{key, title, unit, fold}]: what is known of each layer; costs: the rows of values
    far      for each layer by number, the row in ``rows`` of what depends on all that comes before it
    parts    definitions: {kind, type, detail, place, options, inside, runs} of a network, stage, block or group
    outputs  numbers of nodes; marks {name: [kind, text]}; problems

An item ``inside`` of a definition is ``[label, definition]``, or of a layer ``[label, layer, shape, place, costs,
reads]``: ``reads`` tells how many numbers before its own each node has that it reads; of a layer that is called again a
last number tells the same of the first call. Nodes are numbered as the definitions name them, followed from the last
one. A label is what is left of the built name behind that of the part around; where a name does not begin so, it is
``[label, name]``.
``runs`` are ``[first, length]`` of equal neighbours.
"""

from __future__ import annotations

from typing import Any

from netspec.errors import Where
from netspec.graph import Graph, Node, Site
from netspec.layer import Layer, Settings
from netspec.options import show_value
from netspec.outline import Kind, Part, outline, readers, runs
from netspec.page.columns import COLUMNS, GROUPS, Facts, Value, group_of
from netspec.page.view import View, problems_data
from netspec.shapes import show
from netspec.tensors import BlockCall
from netspec.yaml import LINE_BREAK

LONGEST_LINE = 400


def view_data(view: View) -> dict[str, Any]:
    """Turn a view into what the page reads; the module's docstring says what is in it."""
    data: dict[str, Any] = {"key": view.key or view.file, "title": view.title, "file": view.file}
    if view.graph is not None:
        data |= _Writer(view.graph).data
    data["marks"] = {name: [mark.kind.value, mark.text] for name, mark in view.marks.items()}
    data["problems"] = problems_data(view.problems)
    return data


class _Table:
    """Values told once; whoever needs one names its number."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[Any, int] = {}

    def number(self, key: Any, value: Any = None) -> int:
        """The number of a value, which is the key itself where none is given."""
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.values)
            self.values.append(key if value is None else value)
        return number

    def __contains__(self, key: Any) -> bool:
        return key in self._numbers


class _Writer:
    """Makes the data of one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.read_by = readers(graph)
        self.layers, self.shapes, self.places = _Table(), _Table(), _Table()
        self.costs, self.rows, self.parts = _Table(), _Table(), _Table()
        self.types: dict[str, dict[str, str]] = {}
        self.lines: dict[str, list[str]] = {}
        self.made: dict[int, int] = {}  # the numbers of layers that were met already, by identity
        self.facts = Facts(graph)
        root = outline(graph)
        leaves = [part.node for part in root.walk() if not part.parts]
        self.numbers = {node: number for number, node in enumerate(leaves)}
        self._part(root)
        self.data: dict[str, Any] = {
            "name": graph.name,
            "description": graph.description,
            "params": [graph.params.total, graph.params.trainable],
            "macs": graph.macs,
            "groups": list(GROUPS),
            "layers": self.layers.values,
            "types": self.types,
            "shapes": self.shapes.values,
            "places": self.places.values,
            "columns": [
                {"key": column.key, "title": column.title, "unit": column.unit, "fold": column.fold}
                | ({"far": True} if column.far else {})
                | ({"colours": True} if column.colours else {})
                for column in COLUMNS
            ],
            "costs": self.costs.values,
            "far": [self.rows.number(self._values(node, far=True)) for node in leaves],
            "rows": self.rows.values,
            "parts": self.parts.values,
            "outputs": [self.numbers[graph.nodes[name]] for name in graph.outputs],
        }

    def _part(self, part: Part) -> int:
        """Define a part from the inside out; one that is like another takes its number."""
        inside = [self._inside(each) for each in part.parts]
        folded, first = [], 0
        for run in runs(part, self.read_by, self.graph.outputs):
            if len(run) > 1:
                folded.append([first, len(run)])
            first += len(run)
        definition: dict[str, Any] = {"kind": part.kind.value, "inside": inside}
        if folded:
            definition["runs"] = folded
        if part.type:
            definition |= {"type": part.type, "detail": part.detail}
        if part.kind is not Kind.network:
            definition["place"] = self._place(part.where)
        if options := _options_of_block(part):
            definition["options"] = options
        return self.parts.number(repr(definition), definition)

    def _inside(self, part: Part) -> list[Any]:
        label: Any = part.label
        if part.parent is not None and part.name != _name(part.parent, part.label):
            label = [part.label, part.name]
        if part.parts:
            return [label, self._part(part)]
        node = part.node
        own = self.numbers[node]
        entry = [
            label,
            self._layer(part, node),
            self.shapes.number(show(node.shape)),
            self._place(part.where),
            self.costs.number(self._values(node, far=False)),
            [own - self.numbers[read] for read in node.inputs],
        ]
        if node.owner is not None:
            entry.append(own - self.numbers[node.owner])
        return entry

    def _values(self, node: Node, *, far: bool) -> tuple[Value, ...]:
        return tuple(column.of(self.facts, node) for column in COLUMNS if column.far is far)

    def _layer(self, part: Part, node: Node) -> int:
        number = self.made.get(id(node.layer))
        if number is None:
            options: dict[str, str] = {}
            if isinstance(node.layer, Layer):
                options = self._options(node.layer)
            elif node.layer.dtype:
                options = {"dtype": node.layer.dtype}
            entry = [part.type, part.detail, options, -1 if part.kind is Kind.input else group_of(node)]
            number = self.made[id(node.layer)] = self.layers.number(repr(entry), entry)
        return number

    def _options(self, layer: Layer) -> dict[str, str]:
        """The options that are not the type's defaults; those are told once for each type."""
        declared = type(layer).declared()
        if layer.type_name not in self.types:
            self.types[layer.type_name] = {
                name: _shown(option.default) for name, option in declared.items() if not option.required
            }
        defaults = self.types[layer.type_name]
        shown = {name: _shown(value) for name, value in layer.options().items()}
        return {name: value for name, value in shown.items() if defaults.get(name) != value}

    def _place(self, where: Where) -> int:
        key = (where.file, where.line)
        if key in self.places:
            return self.places.number(key)
        if where.file not in self.lines:
            self.lines[where.file] = LINE_BREAK.split(where.source.text)
        lines = self.lines[where.file]
        text = lines[where.line - 1].strip()[:LONGEST_LINE] if 0 < where.line <= len(lines) else ""
        return self.places.number(key, [*key, text])


def _name(parent: Part, label: str) -> str:
    return f"{parent.name}-{label}" if parent.name else label


def _options_of_block(part: Part) -> dict[str, str]:
    """The options that a block was called with; a stage or a group has none."""
    site: Site | None = part.node.scope
    while site is not None and site.block != part.name:
        site = site.within
    if site is None or part.kind is not Kind.block or not isinstance(site.written, BlockCall):
        return {}
    return {name: _shown(value) for name, value in site.written.options.items()}


def _shown(value: object) -> str:
    """A value as a spec has it; an initializer or its like by its type, with the options that are not the defaults."""
    if not isinstance(value, Settings):
        return show_value(value).strip("'")
    declared = type(value).declared()
    said = {
        name: each
        for name, each in value.options().items()
        if declared[name].required or each != declared[name].default
    }
    options = "".join(f", {name}: {_shown(each)}" for name, each in said.items())
    return f"{{type: {value.type_name}{options}}}" if options else value.type_name
