"""Budgets: the units that people write, what is refused and how, and where the cost of a network goes."""

from __future__ import annotations

import re

import pytest

from netspec import SpecError, parse_spec
from netspec.budgets import BUDGETS, DEAREST, _enough, check_budgets, parse_budgets
from netspec.errors import Source
from netspec.graph import Graph
from netspec.layer import TYPES, Layer
from netspec.registry import objects
from netspec.schema import spec_schema
from netspec.shapes import Shape
from netspec.units import Kind, parse_quantity

NETWORK = """netspec: 1
input: {shape: [16]}
vars: {most: 2}
head:
  - {type: dense, units: 64, name: wide}
  - {nodes: [{type: dense, units: 32}, relu], name: pair, repeat: 2}
  - {type: dense, units: 10}
"""
LINES = NETWORK.splitlines()


def with_budget(budget: str) -> str:
    return f"{NETWORK}budget: {budget}\n"


def refusal(budget: str) -> SpecError:
    with pytest.raises(SpecError) as refused:
        parse_spec(with_budget(budget), name="net.yaml")
    return refused.value


@pytest.fixture(scope="module")
def graph() -> Graph:
    return parse_spec(NETWORK, name="net.yaml").graph()


# ------------------------------------------------------------------------------------------------------------- spelling


@pytest.mark.parametrize(
    "budget",
    [
        "{params: 26M, macs: 4.1G, activation_memory: 64MiB}",
        "{params: 4554}",
        '{params: "4,554"}',
        "{params: 4.554k, layers: 7}",
        "{params: $(most * 10 ** 4)}",
        "{weight_memory: 18216}",
        "{weight_memory: 18.216 kB, training_memory: 1MB}",
        "{params: 0.005m}",
        "{transcendental_operations: $(most - 2)}",
    ],
)
def test_what_fits(budget: str) -> None:
    assert parse_spec(with_budget(budget)).graph().params.total == 4554


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ("{params: 4.553k}", "params is 4,554, over the budget of 4,553 by 1"),
        ("{layers: 6}", "layers is 7, over the budget of 6 by 1"),
        ("{macs: 4k}", "macs is 4,416, over the budget of 4,000 by 416"),
        ("{weight_memory: 18215B}", "weight_memory is 18,216, over the budget of 18,215 by 1"),
        ("{elementwise_operations: 201}", "elementwise_operations is 202, over the budget of 201 by 1"),
        ("{activation_memory: 383}", "activation_memory is 384, over the budget of 383 by 1"),
    ],
)
def test_what_does_not(budget: str, message: str) -> None:
    (diagnostic,) = refusal(budget).diagnostics
    assert (diagnostic.code, diagnostic.message) == ("E401", message)
    assert (diagnostic.where.line, diagnostic.path) == (len(LINES) + 1, "budget." + message.partition(" ")[0])


@pytest.mark.parametrize(
    ("budget", "help"),
    [
        ("{params: 26MB}", "write params: 26000000"),
        ("{params: lots}", "'lots' is not a count: write a number, with k, M, G or T"),
        ("{params: 26 furlongs}", "'furlongs' is no unit of a count"),
        ("{activation_memory: 4M}", "'4M' may mean 4MB or 4MiB: write which"),
        ("{weight_memory: 3 feet}", "'feet' is no unit of an amount of memory: write a number of bytes with its unit"),
        ("{params: true}", "write a number, with k, M, G or T"),
        ("{macs: -1}", "write a number, with k, M, G or T"),
        ("{macs: [3]}", "write a number, with k, M, G or T"),
        ('{macs: $("4" + "X")}', "'X' is no unit of a count"),
    ],
)
def test_wrong_units(budget: str, help: str) -> None:
    (diagnostic,) = refusal(budget).diagnostics
    assert diagnostic.code == "E108"
    assert diagnostic.help.startswith(help), diagnostic.help
    assert diagnostic.where.line == len(LINES) + 1
    assert diagnostic.where.column > len("budget: {")


@pytest.mark.parametrize("name", BUDGETS)
@pytest.mark.parametrize("text", ["26M", "4.1g", "1.5e9", "64MiB", "8 GB", "4 Ki", "3 feet", "26 million", "1,000", ""])
def test_the_editor_takes_what_netspec_takes(name: str, text: str) -> None:
    arms = spec_schema()["properties"]["budget"]["properties"][name]["anyOf"]
    (quantity,) = (arm for arm in arms if arm.get("type") == "string")
    try:
        parse_quantity(text, BUDGETS[name].kind)
        taken = True
    except ValueError:
        taken = False
    assert bool(re.search(quantity["pattern"], text)) == taken


# ------------------------------------------------------------------------------------------------- where the cost goes


def test_a_breach_marks_the_dearest_blocks() -> None:
    (diagnostic,) = refusal("{params: 4k}").diagnostics
    assert [(note.message, note.where.line) for note in diagnostic.related] == [
        ("head-pair-0: 2.08 k, 46 %", 6),
        ("head-wide: 1.09 k, 24 %", 5),
        ("head-pair-1: 1.06 k, 23 %", 6),
        ("head-dense: 330, 7 %", 7),
    ]
    assert diagnostic.help == "make what is marked cheaper, or write params: 4.56k if it may cost that"


def test_no_more_than_five_are_marked_and_none_where_all_cost_the_same() -> None:
    many = "netspec: 1\ninput: {shape: [4]}\nbudget: {params: 1}\nhead:\n"
    unequal = "".join(f"  - {{type: dense, units: {units}}}\n" for units in range(3, 12))
    equal = "  - {type: dense, units: 4}\n" * 9
    for layers, count in ((unequal, DEAREST), (equal, 0)):
        with pytest.raises(SpecError) as refused:
            parse_spec(many + layers)
        (diagnostic,) = refused.value.diagnostics
        assert len(diagnostic.related) == count
        assert diagnostic.help.startswith("make what is marked" if count else "write params")


def test_parts_add_up_to_what_the_summary_says(graph: Graph) -> None:
    for name, whole in {
        "params": graph.params.total,
        "trainable_params": graph.params.trainable,
        "macs": graph.macs,
        "layers": graph.layer_count,
        "weight_memory": 4 * graph.params.total,
    }.items():
        assert sum(part or 0 for part in BUDGETS[name].parts(graph).values()) == whole


@pytest.mark.parametrize("kind", ["count", "bytes"])
@pytest.mark.parametrize(
    "number", [0, 7, 999, 1000, 1001, 1023, 1024, 1025, 25_636_712, 999_999, 4_089_184_256, 10**15]
)
def test_the_bound_that_is_proposed_is_enough(number: int, kind: Kind) -> None:
    assert number <= parse_quantity(_enough(number, kind), kind) <= number * 1.01 + 1


# ------------------------------------------------------------------------------------------------- on the command line


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("params<=26M,macs<=4.1G", {"params": 26_000_000, "macs": 4_100_000_000}),
        (" params ≤ 26 M , activation_memory<= 64 MiB ", {"params": 26_000_000, "activation_memory": 2**26}),
        ("params<=26,000,000,layers<10", {"params": 26_000_000, "layers": 9}),
        ("weight_memory<1kB", {"weight_memory": 999}),
    ],
)
def test_reading_a_command_line(text: str, bounds: dict[str, int]) -> None:
    assert parse_budgets(text) == bounds


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("parms<=3M", "there is no budget 'parms': did you mean params?"),
        ("flops<=3G", "there is no budget 'flops': did you mean macs?"),
        ("latency<=3", "there is no budget 'latency': there are params, "),
        ("params=26M", "'params=26M' is no budget: write params<=26M"),
        ("params>=26M", "is no budget"),
        ("params: 26M", "is no budget"),
        ("", "is no budget"),
        ("params<=26M,", "'26M,' is not a count"),
        ("params<=", "'' is not a count"),
        ("params<=3furlongs", "'furlongs' is no unit of a count"),
        ("activation_memory<=3M", "may mean 3MB or 3MiB"),
        ("params<=3,params<=4", "params is bounded twice"),
        ("layers<0", "nothing is below 0"),
    ],
)
def test_a_wrong_command_line(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        parse_budgets(text)


def test_a_breach_of_the_command_line_stands_at_the_dearest_block(graph: Graph) -> None:
    source = Source("net.yaml", NETWORK)
    assert check_budgets(graph, parse_budgets("params<=4554,macs<=4.5k"), source) == []
    params, layers = check_budgets(graph, parse_budgets("params<4554,macs<=4.5k,layers<=6"), source)
    assert (params.code, params.where.line, params.label) == ("E401", 6, "head-pair-0: 2.08 k, 46 %")
    assert [note.where.line for note in params.related] == [5, 6, 7]
    assert layers.code == "E401"
    assert layers.where.line == 6


# ------------------------------------------------------------------------------------------------------ what is unknown


def test_what_is_unknown_names_the_layers() -> None:
    unknown = NETWORK.replace("[16]", "[null, 16]") + "budget: {params: 1M, macs: 1M}\n"
    with pytest.raises(SpecError) as refused:
        parse_spec(unknown)
    (diagnostic,) = refused.value.diagnostics
    assert diagnostic.message == "macs can't be known, because a size is unknown"
    assert diagnostic.related[0].message == "head-wide is not known"
    assert [note.where.line for note in diagnostic.related] == [5, 6, 7]


class Uncounted(Layer):
    """A layer that says nothing of its work."""

    def infer(self, x: Shape) -> Shape:
        return x


def test_what_is_not_counted_is_named(monkeypatch: pytest.MonkeyPatch, graph: Graph) -> None:
    wide = graph.nodes["head-wide"]
    monkeypatch.setattr(wide, "layer", Uncounted())
    (diagnostic,) = check_budgets(graph, {"elementwise_operations": 10**9}, Source("net.yaml", NETWORK))
    assert diagnostic.message == "elementwise_operations can't be known, because uncounted has no rule for it"
    assert diagnostic.label == "head-wide is not known"
    assert Uncounted.type_name not in {*TYPES, *objects("layer")}
