"""A resolved spec reads back as the same graph, and holds nothing that is still to be worked out."""

from pathlib import Path

import pytest

from netspec import load_spec, parse_spec

ROOT = Path(__file__).parent.parent
SPECS = sorted(
    [*(ROOT / "specs").glob("*.yaml"), *(ROOT / "specs/zoo").glob("*.yaml"), *(ROOT / "tests" / "specs").glob("*.yaml")]
)
SPECS = [path for path in SPECS if not path.name.endswith(".expect.yaml")]


def nodes_of(spec):
    return [
        (node.name, node.type, node.shape, node.params, node.macs, tuple(read.name for read in node.inputs))
        for node in spec.graph().nodes.values()
    ]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_resolved_spec_is_the_same_network(path):
    spec = load_spec(path)
    text = spec.resolve()
    again = parse_spec(text)
    assert nodes_of(again) == nodes_of(spec)
    assert again.name == spec.name
    assert again.graph().outputs == spec.graph().outputs
    assert again.resolve() == text
    assert not {"extends", "set", "use", "vars"} & set(again.network.tree.entries)


def test_what_it_looks_like():
    spec = parse_spec("""
netspec: 1
vars: {width: $(base * 2), base: 8, act: "no"}
defaults: {conv2d: {use_bias: false}}
input: {shape: ["$(base * 4)", 32, 3]}
blocks:
  wide:
    params: {base: {type: integer}}
    nodes:
      - {type: conv2d, filters: $(base * width), kernel_size: 1, name: n}
head:
  - {type: conv2d, filters: $width, kernel_size: 3, use_bias: true}
  - {nodes: [{type: dropout, rate: $(i / base)}, relu], repeat: 2}
  - {type: wide, base: 4}
""")
    assert (
        spec.resolve()
        == """\
netspec: 1
name: network
defaults:
input: {shape: [32, 32, 3]}
blocks:
  wide:
    params:
      base: {type: integer}
    nodes:
    - {type: conv2d, filters: $(base * 16), kernel_size: 1, name: n, use_bias: false}
head:
- {type: conv2d, filters: 16, kernel_size: 3, use_bias: true}
- nodes:
  - {type: dropout, rate: $(i / 8)}
  - relu
  repeat: 2
- {type: wide, base: 4}
""".replace("defaults:\n", "").replace(
            "    params:\n      base: {type: integer}\n", "    params: {base: {type: integer}}\n"
        )
    )


@pytest.mark.parametrize("switch", ["when: $(not true)", "repeat: $(one - 1)", "repeat: 0"])
def test_a_node_that_is_left_out_is_not_worked_out(switch):
    text = "netspec: 1\nname: x\ninput: {shape: [4]}\nvars: {one: 1}\n"
    text += f'head: [relu, {{{switch}, type: permute, dims: [1, 1, "$(one + 1)"]}}]\n'
    again = parse_spec(text).resolve()
    assert "$(1 + 1)" in again
    assert list(parse_spec(again).graph().nodes) == list(parse_spec(text).graph().nodes)


def test_a_block_that_nothing_uses_is_not_worked_out():
    text = "netspec: 1\nname: x\ninput: {shape: [4]}\nvars: {three: 3}\nblocks:\n  unused:\n    nodes:\n"
    text += "      - {type: conv1d_transpose, filters: 2, kernel_size: 2, output_padding: $(three + 2)}\n"
    text += "head: [relu, {type: unused, when: $(three > 4)}]\n"
    again = parse_spec(text).resolve()
    assert "$(3 + 2)" in again
    assert list(parse_spec(again).graph().nodes) == list(parse_spec(text).graph().nodes)
