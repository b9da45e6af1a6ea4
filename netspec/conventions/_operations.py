"""Counts of a network by the operations that a backend of Keras makes of each layer: two for each multiply-add."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from math import prod

from netspec.conventions import Count
from netspec.conventions._rules import NoRuleError, Rules, UnknownSizeError, shapes_of
from netspec.conventions._tally import Tally, compared, unknown_size
from netspec.graph import Graph, Input, Node
from netspec.layer import Layer
from netspec.layers.activations import ActivationLayer
from netspec.layers.core import Dense, Embedding, Linear, Masking
from netspec.layers.einsum import EinsumDense, parse
from netspec.layers.normalization import NormalizationLayer
from netspec.layers.recurrent import SequenceLayer
from netspec.layers.regularization import RegularizationLayer
from netspec.layers.wrappers import Bidirectional, TimeDistributed
from netspec.shapes import Shape, broadcast

Operations = Counter[str]
"""How much each operation counts, by its name."""

PASSING_MASKS = (
    ActivationLayer,
    Dense,
    Linear,
    NormalizationLayer,
    RegularizationLayer,
    TimeDistributed,
)
"""Layers that hand a mask on as it is."""

UNDERIVED = "its operations are not worked out here, so that it adds 0"


class OperationCounter:
    """A tool's rules by class of layer, each a function from the layer, its inputs' shapes and its output's.

    ``products`` are the operations whose count is two for each multiply-add. ``masked_rules`` are for layers that skip
    steps because of a mask; where there is none the ordinary one stands.
    """

    def __init__(self, name: str, unit: str, products: Iterable[str]) -> None:
        self.name = name
        self.unit = unit
        self.rules: Rules[Operations] = Rules()
        self.masked_rules: Rules[Operations] = Rules()
        self._products = frozenset(products)

    def of_layer(self, layer: Layer, *shapes: Shape) -> Operations:
        """Count a layer that may stand inside another."""
        return self.rules.get(type(layer)).count(layer, *shapes)

    def count(self, graph: Graph) -> Count:
        """Count a network, and say what makes the number differ from twice netspec's."""
        tally = Tally()
        masked: set[Node] = set()
        try:
            for node in graph.nodes.values():
                if not isinstance(node.layer, Input):
                    skips = not masked.isdisjoint(node.inputs)
                    if gives_mask(node.layer, skips):
                        masked.add(node)
                    self._count_node(node, node.layer, tally, skips)
        except UnknownSizeError:
            return Count(self.name, None, self.unit, graph.macs, (unknown_size(node),))
        macs = graph.macs or 0
        why = (
            f"netspec counts {macs:,} multiply-adds, which are {2 * macs:,} operations; {self.name} counts "
            f"{compared(tally.value, 2 * macs, 'that')}.",
            *tally.sentences(UNDERIVED),
        )
        return Count(self.name, tally.value, self.unit, graph.macs, why, uncounted=tally.without_rule)

    def _count_node(self, node: Node, layer: Layer, tally: Tally, masked: bool) -> None:
        expected = 2 * (node.macs or 0)
        try:
            rule = (self.masked_rules.find(type(layer)) if masked else None) or self.rules.get(type(layer))
            found = rule.count(layer, *shapes_of(node))
        except NoRuleError:
            tally.add_without_rule(node.type, expected)
            return
        products = sum(number for name, number in found.items() if name in self._products)
        parts = {"products": products - expected}
        parts.update((name, number) for name, number in found.items() if name not in self._products)
        tally.add(node.type, sum(found.values()), expected, [rule.note] if products != expected else [], parts)


def gives_mask(layer: Layer, masked: bool) -> bool:
    """Whether what comes out has a mask that says which steps to skip."""
    if isinstance(layer, Embedding):
        return layer.mask_zero
    if isinstance(layer, SequenceLayer):
        return masked and layer.return_sequences
    if isinstance(layer, Bidirectional):
        return gives_mask(layer.inner, masked)
    return isinstance(layer, Masking) or (masked and isinstance(layer, PASSING_MASKS))


def each(count: int, names: str, costs: Mapping[str, int] | None = None) -> Operations:
    """Count some operations, each on so many values: ``each(10, "Mul Add")``."""
    found: Operations = Counter()
    for name in names.split():
        found[name] += count * (costs or {}).get(name, 1)
    return found


def total(parts: Iterable[Operations]) -> Operations:
    """Add up, in order."""
    found: Operations = Counter()
    for part in parts:
        for name, number in part.items():
            found[name] += number
    return found


def times(operations: Operations, factor: int) -> Operations:
    return Counter({name: number * factor for name, number in operations.items()})


def joined_sizes(type_name: str, inputs: tuple[Shape, ...]) -> list[Shape]:
    """The shapes of what comes of a merge of the first two inputs, the first three, and so on."""
    return [broadcast(type_name, inputs[:count]) for count in range(2, len(inputs) + 1)]


def spread_positions(sizes: Iterable[int], kernel: Iterable[int], dilation: Iterable[int], padding: str) -> int:
    """Count the windows of a dilated convolution that is made of plain ones, on every so-many-th value by itself.

    TensorFlow fills up what the dilation does not divide, and counts the windows over that too.
    """
    found = []
    for size, taps, step in zip(sizes, kernel, dilation, strict=True):
        padded = size if padding == "valid" else size + step * (taps - 1)
        found.append((-(-padded // step) - taps + 1) * step)
    return prod(found)


def einsum_output(layer: EinsumDense, x: Shape, output: Shape) -> Shape:
    """The output's shape, with sizes from the input where the option leaves them open."""
    letters = parse(layer.equation)
    assert letters is not None  # it was checked
    read = letters.inputs if letters.dots_before else letters.inputs[1:]
    sizes = dict(zip(read, x[len(x) - len(read) :] if letters.dots_before else x, strict=False))
    made = letters.made
    start = len(output) - len(made) if letters.dots_before else 0
    filled = list(output)
    for place, letter in enumerate(made, start=start):
        filled[place] = sizes.get(letter) if filled[place] is None else filled[place]
    return tuple(filled)
