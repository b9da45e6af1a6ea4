"""The Python side: what a `Spec` and a `Graph` offer, and the memory that a budget may bound."""

import pytest

from netspec import SpecError, load_spec, parse_spec
from netspec.cost import activation_memory

CHAIN = """
netspec: 1
name: chain <1>
input: {shape: [10]}
head:
  - {type: dense, units: 100, name: wide}
  - {type: dense, units: 5}
"""


def test_a_spec_shows_itself_in_a_notebook():
    html = parse_spec(CHAIN)._repr_html_()
    assert html.startswith('<div class="netspec-picture"><svg')
    assert "<table" in html
    assert "chain &lt;1&gt; · 10 → 5" in html
    assert '<td style="text-align:right">1,100</td>' in html
    assert "1,605 parameters (1,605 trainable) · 1,500 MACs · 3 layers" in html


def test_a_graph_is_data():
    graph = parse_spec(CHAIN).graph()
    assert list(graph.nodes) == ["input", "head-wide", "head-dense"]
    assert (graph.inputs, graph.outputs) == (("input",), ("head-dense",))
    node = graph.nodes["head-wide"]
    assert (node.name, node.type, node.shape, node.params, node.macs) == ("head-wide", "dense", (100,), 1100, 1000)
    assert (graph.params.total, graph.params.non_trainable, graph.macs) == (1605, 0, 1500)
    with pytest.raises(TypeError):
        graph.nodes["other"] = node  # type: ignore[index]


def test_a_depth_that_is_none():
    with pytest.raises(ValueError, match="depth must be one of stage, block, layer"):
        parse_spec(CHAIN).summary("atom")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CHAIN, 4 * (10 + 100)),  # the input and the first layer's output; then that and five more values
        (CHAIN.replace("[10]", "[1000]"), 4 * (1000 + 100)),
        (CHAIN.replace("shape: [10]", "shape: [1000], dtype: uint8"), 1000 + 4 * 100),
        (CHAIN + "  - {type: concatenate, from: [wide, prev]}\n", 4 * (100 + 5 + 105)),
        (CHAIN + "outputs: [wide, head]\n", 4 * (10 + 100)),
        (CHAIN.replace("[10]", "[null, 10]"), None),
    ],
)
def test_memory_of_activations_by_liveness(text, expected):
    assert activation_memory(parse_spec(text).graph()) == expected


def test_a_budget_bounds_memory():
    parse_spec(CHAIN + "budget: {activation_memory: 440}\n")
    with pytest.raises(SpecError, match="activation_memory is 440, over the budget of 439 by 1"):
        parse_spec(CHAIN + "budget: {activation_memory: 439}\n")


def test_every_mistake_is_in_the_error(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(CHAIN.replace("units: 100", "unit: 100").replace("units: 5", "units: -5"), encoding="utf-8")
    with pytest.raises(SpecError) as refused:
        load_spec(path)
    assert [(mistake.code, mistake.where.line) for mistake in refused.value.diagnostics] == [("E102", 6), ("E104", 7)]
    assert str(refused.value).count("error[") == 2


def test_the_table_stays_narrow_where_numbers_are_huge():
    text = "netspec: 1\nname: huge\ninput: {shape: [8, 8, 1000000000000]}\nhead:\n"
    table = parse_spec(
        text + "  - {type: conv2d, filters: 1000000000000, kernel_size: 1000, padding: same}\n"
    ).summary()
    assert max(map(len, table.splitlines())) <= 100
    assert "1.00e+30" in table
