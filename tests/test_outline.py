"""The network as a tree: what stands in what, and which neighbours are folded together."""

from pathlib import Path

import pytest

from netspec import load_spec, parse_spec
from netspec.outline import Kind, Part, flows, outline, readers, runs

ROOT = Path(__file__).parents[1]
SPECS = sorted([*ROOT.glob("specs/**/*.yaml"), *ROOT.glob("tests/specs/*.yaml")])
NETWORKS = [path for path in SPECS if "blocks" not in path.parts and not path.name.endswith(".expect.yaml")]


def drawn(text):
    """The tree in short: labels, ``×N`` behind what is folded, the inside in brackets."""
    graph = parse_spec("netspec: 1\nname: n\n" + text).graph()
    read_by = readers(graph)

    def short(part: Part) -> str:
        shown = []
        for run in runs(part, read_by, graph.outputs):
            inside = f"({short(run.first)})" if run.first.parts else ""
            shown.append(run.first.label + inside + (f"×{len(run)}" if len(run) > 1 else ""))
        return " ".join(shown)

    return short(outline(graph))


# a row: what is written behind the input, and the tree
PIXELS = "input: {shape: [8, 8, 4]}\n"
ROWS = {
    "a chain": ("head: [relu, tanh]", "input head(relu tanh)"),
    "padding is no stage": ("padding: 1\nhead: [relu]", "input padding head(relu)"),
    "equal layers in a row": ("head: [{type: dense, units: 4}, {type: dense, units: 4}]", "input head(dense×2)"),
    "of other options": (
        "head: [{type: dense, units: 4}, {type: dense, units: 5}]",
        "input head(dense dense_1)",
    ),
    "a repeated group": (
        "head: [{nodes: [{type: dense, units: 4}, relu], name: g, repeat: 3}]",
        "input head(g-0(dense relu)×3)",
    ),
    "whose copies differ": (
        "head: [{nodes: [{type: dense, units: $(4 + i)}, relu], name: g, repeat: 3}]",
        "input head(g-0(dense relu) g-1(dense relu) g-2(dense relu))",
    ),
    "a group in a group": (
        "head: [{nodes: [{nodes: [relu, tanh], name: inner}, elu], name: outer}]",
        "input head(outer(inner(relu tanh) elu))",
    ),
    "a group without a name is none": ("head: [{nodes: [relu, tanh]}]", "input head(relu tanh)"),
    "a YAML block in another": (
        "blocks:\n  a: {nodes: [relu, b]}\n  b: {nodes: [tanh]}\nhead: [{type: a, repeat: 2}]",
        "input head(a-0(relu b(tanh))×2)",
    ),
    "a Python block": (
        "head: [{type: identity, filters: [4, 4, 4], f: 3, repeat: 2}]",
        "input head(identity-0(conv2d batch_normalization relu conv2d_1 batch_normalization_1 relu_1"
        " conv2d_2 batch_normalization_2 add relu_2)×2)",
    ),
    "groups of other names": (
        "head: [{nodes: [relu], name: a}, {nodes: [relu], name: b}]",
        "input head(a(relu) b(relu))",
    ),
    "blocks that were written apart": (
        "blocks:\n  a: {nodes: [relu]}\nhead: [a, {type: a, name: second}, a]",
        "input head(a(relu)×3)",
    ),
    "side by side is no run": (
        "head: [{branches: [[{type: dense, units: 4}], [{type: dense, units: 4}]], merge: add}]",
        "input head(dense dense_1 add)",
    ),
    "the last but one is read behind the run": (
        "head: [{name: g, nodes: [relu], repeat: 4}, {type: add, from: [g.2, g.3]}]",
        "input head(g-0(relu)×4 add)",
    ),
    "an earlier one ends it": (
        "head: [{name: g, nodes: [relu], repeat: 4}, {type: add, from: [g.1, g.3]}]",
        "input head(g-0(relu)×2 g-2(relu)×2 add)",
    ),
    "a pair is cut": (
        "head: [{name: g, nodes: [relu], repeat: 2}, {type: add, from: [g.0, g.1]}]",
        "input head(g-0(relu) g-1(relu) add)",
    ),
    "so does an output": (
        "head: [{name: g, nodes: [relu], repeat: 4}]\noutputs: [g.0, g.3]",
        "input head(g-0(relu) g-1(relu)×3)",
    ),
    "a block called again": (
        "head: [{name: g, nodes: [{type: dense, units: 4}]}, {share: g}]",
        "input head(g(dense) share(dense))",
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_what_is_folded(row):
    text, expected = ROWS[row]
    assert drawn(PIXELS + text) == expected


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_every_network_is_a_tree_of_its_nodes(path):
    graph = load_spec(path).graph()
    root, read_by = outline(graph), readers(graph)
    leaves = [part.node for part in root.walk() if part.kind in (Kind.layer, Kind.input)]
    assert sorted(leaf.name for leaf in leaves) == sorted(graph.nodes)
    names = [part.name for part in root.walk()]
    assert len(set(names)) == len(names)
    for part in root.walk():
        if part.parts:
            assert sorted(n.name for inner in part.parts for n in inner.nodes) == sorted(n.name for n in part.nodes)
        copies = [copy for run in runs(part, read_by, graph.outputs) for copy in run.copies]
        assert copies == part.parts
        assert part.params == sum(inner.params for inner in part.parts) or not part.parts


def test_what_flows_between_things():
    head = "head: [{type: relu, name: relu}, {type: add, from: [input, relu]}, tanh]"
    graph = parse_spec("netspec: 1\nname: n\n" + PIXELS + head).graph()
    node = graph.nodes
    inside = {node["input"]: "outside", node["head-relu"]: "a", node["head-add"]: "b", node["head-tanh"]: "b"}
    assert flows(inside) == {
        ("outside", "a"): [node["input"]],
        ("outside", "b"): [node["input"]],
        ("a", "b"): [node["head-relu"]],
    }
