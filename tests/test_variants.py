"""Variants: what a base gives, what a variant and its edits make of it."""

import pytest

from netspec import SpecError, load_spec

BASE = """
netspec: 1
vars: {width: 8}
input: {shape: [8]}
stages:
  first: [{type: dense, units: $width, name: wide}, relu]
  last: [{type: dense, units: 4}]
head: [{type: dense, units: 2, name: scores}]
"""


@pytest.fixture
def files(tmp_path):
    def write(**texts):
        for name, text in {"base": BASE, **texts}.items():
            path = tmp_path / f"{name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def names(spec):
    return [name for name in spec.graph().nodes if name != "input"]


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("", ["first-wide", "first-relu", "last-dense", "head-scores"]),
        ("stages: {middle: [elu]}", ["first-wide", "first-relu", "last-dense", "middle-elu", "head-scores"]),
        ("stages: {first: [elu], middle: [elu]}", ["first-elu", "middle-elu", "last-dense", "head-scores"]),
        ("stages: {first: null}", ["last-dense", "head-scores"]),
        ("stages: {first: null, other: [elu]}", ["other-elu", "last-dense", "head-scores"]),
        ("head: null", ["first-wide", "first-relu", "last-dense"]),
        ("set: {stages.last: null}", ["first-wide", "first-relu", "head-scores"]),
        ("set: {stages.first.1: null}", ["first-wide", "last-dense", "head-scores"]),
        ("set: {stages.first.wide: null}", ["first-relu", "last-dense", "head-scores"]),
        ("set: {head.+: [elu, selu], stages: null}", ["head-scores", "head-elu", "head-selu"]),
        ("set: {head.+0: flatten}", ["first-wide", "first-relu", "last-dense", "head-flatten", "head-scores"]),
        ("set: {stages.last.0.name: n}", ["first-wide", "first-relu", "last-n", "head-scores"]),
        ("set: {stages.first.1.max_value: 6}", ["first-wide", "first-relu", "last-dense", "head-scores"]),
        ("set: {stages.first: [elu]}", ["first-elu", "last-dense", "head-scores"]),
    ],
)  # fmt: skip
def test_what_a_variant_changes(files, variant, expected):
    folder = files(variant=f"netspec: 1\nextends: base.yaml\n{variant}\n")
    assert names(load_spec(folder / "variant.yaml")) == expected


def test_the_edits_of_a_base_come_before_those_of_its_variant(files):
    folder = files(
        middle="netspec: 1\nextends: base.yaml\nset: {vars.width: 16, head.0.units: 3}\n",
        top="netspec: 1\nextends: middle.yaml\nvars: {width: 32}\n",
    )
    shapes = {name: node.shape for name, node in load_spec(folder / "top.yaml").graph().nodes.items()}
    assert shapes["first-wide"] == (32,)
    assert shapes["head-scores"] == (3,)
    edited = load_spec(folder / "top.yaml", set={"vars.width": 64, "head.scores.units": 5})
    assert edited.graph().nodes["first-wide"].shape == (64,)
    assert edited.graph().nodes["head-scores"].shape == (5,)


def test_paths_are_relative_to_the_file_they_stand_in(files):
    folder = files(
        **{
            "parts/blocks": "blocks: {double: {nodes: [{type: dense, units: $(2 * channels)}]}}\n",
            "parts/base": BASE.replace("netspec: 1", "netspec: 1\nuse: [blocks.yaml]"),
            "variant": "netspec: 1\nextends: parts/base.yaml\nset: {head.+0: double}\n",
        }
    )
    assert load_spec(folder / "variant.yaml").graph().nodes["head-double-dense"].shape == (8,)


def test_nothing_outside_of_the_folder_is_read(files):
    folder = files(**{"inner/variant": "netspec: 1\nextends: ../base.yaml\n"})
    with pytest.raises(SpecError, match="outside of the spec's folder"):
        load_spec(folder / "inner" / "variant.yaml")
    assert load_spec(folder / "inner" / "variant.yaml", root=folder).graph().params.total > 0


def test_a_link_out_of_the_folder_is_followed_before_it_is_judged(files):
    folder = files(**{"inner/variant": "netspec: 1\nextends: link.yaml\n"})
    (folder / "inner" / "link.yaml").symlink_to(folder / "base.yaml")
    with pytest.raises(SpecError, match="outside of the spec's folder"):
        load_spec(folder / "inner" / "variant.yaml")


def test_a_variable_that_an_edit_makes_and_another_removes_is_not_warned_about(files):
    folder = files(
        middle="netspec: 1\nextends: base.yaml\nset: {vars.extra: 16}\n",
        top="netspec: 1\nextends: middle.yaml\nset: {vars.extra: null}\n",
    )
    assert [warning.code for warning in load_spec(folder / "middle.yaml").warnings] == ["W202"]
    assert load_spec(folder / "top.yaml").warnings == ()


def test_an_edit_does_not_show_through_an_alias(files):
    folder = files(
        aliased="netspec: 1\ninput: {shape: [8]}\nhead:\n  - &d {type: dense, units: 4}\n  - *d\n",
        variant="netspec: 1\nextends: aliased.yaml\nset: {head.0.units: 6}\n",
    )
    nodes = load_spec(folder / "variant.yaml").graph().nodes
    assert (nodes["head-dense"].shape, nodes["head-dense_1"].shape) == ((6,), (4,))


def test_a_mapping_from_python_is_read_like_a_file(files):
    spec = load_spec(
        {"netspec": 1, "input": {"shape": (8, 8, 3)}, "head": ["flatten", {"type": "dense", "units": 3}]},
        set={"head.1.units": 5, "head.+": ["softmax"]},
    )
    assert spec.graph().outputs == ("head-softmax",)
    assert spec.graph().nodes["head-softmax"].shape == (5,)
    with pytest.raises(SpecError, match="can't stand in a spec"):
        load_spec({"netspec": 1, "input": {"shape": [float("nan")]}})
    with pytest.raises(SpecError, match="can't stand in a spec"):
        load_spec({"netspec": 1, "input": object()})
    folder = files(base=BASE)
    with pytest.raises(SpecError, match="needs a folder"):
        load_spec({"netspec": 1, "extends": "base.yaml"})
    assert load_spec({"netspec": 1, "extends": "base.yaml"}, root=folder).graph().nodes["head-scores"].shape == (2,)
