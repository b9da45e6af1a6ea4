"""Whole networks, written from the language's description alone: `specs/*.yaml`, with what must come out beside each.

An expectation (`NAME.expect.yaml`) says any of:

    total, trainable, macs  of the whole network
    outputs                 shapes, in order
    names                   built names that occur in this order, others may stand between
    absent                  built names that must not occur
    from                    built name → built names of its inputs
    shapes, params, types   built name → that of the node
    warnings                how many there are (0 unless said)
"""

from pathlib import Path

import pytest
import yaml

from netspec import load_spec

SPECS = sorted(p for p in (Path(__file__).parent / "specs").glob("*.yaml") if not p.name.endswith(".expect.yaml"))
KEYS = {
    "name",
    "total",
    "trainable",
    "macs",
    "inputs",
    "outputs",
    "names",
    "absent",
    "from",
    "shapes",
    "params",
    "types",
    "warnings",
}


def test_there_are_specs():
    assert len(SPECS) >= 30


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_spec(path):
    expected = yaml.safe_load(path.with_suffix(".expect.yaml").read_text())
    assert expected, "an expectation that says nothing cannot fail"
    assert set(expected) <= KEYS
    spec = load_spec(path)
    graph = spec.graph()
    nodes = graph.nodes

    figures = {"total": graph.params.total, "trainable": graph.params.trainable, "macs": graph.macs, "name": spec.name}
    assert {k: v for k, v in figures.items() if k in expected} == {k: expected[k] for k in figures if k in expected}
    assert {n: list(nodes[n].shape) for n in graph.inputs} == expected.get(
        "inputs", {n: list(nodes[n].shape) for n in graph.inputs}
    )
    if "outputs" in expected:
        assert [list(nodes[name].shape) for name in graph.outputs] == expected["outputs"]
    wanted = expected.get("names", [])
    assert [name for name in nodes if name in set(wanted)] == wanted
    assert not set(expected.get("absent", [])) & set(nodes)
    for built, inputs in expected.get("from", {}).items():
        assert [node.name for node in nodes[built].inputs] == inputs, built
    for what, read in READ.items():
        for built, value in expected.get(what, {}).items():
            assert read(nodes[built]) == value, (what, built)
    assert len(spec.warnings) == expected.get("warnings", 0), spec.warnings


READ = {"shapes": lambda n: list(n.shape), "params": lambda n: n.params, "types": lambda n: n.type}
