"""The specs of the zoo, without Keras: they are all there, are good, are short, and count what was recorded."""

from itertools import takewhile
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import yaml

from netspec import load_spec
from tests.zoo.applications import FOLDER, PAGE, SPECS, TOLERANCE, known, recorded, spec_of

APPLICATIONS = list(recorded())


def test_all_are_recorded():
    assert len(APPLICATIONS) == 40


def test_every_application_has_its_spec():
    assert [name for name in APPLICATIONS if not spec_of(name).is_file()] == []


@pytest.mark.parametrize("name", APPLICATIONS)
def test_counts(name: str):
    facts = recorded()[name]
    graph = load_spec(spec_of(name)).graph()
    assert [graph.nodes[name].shape for name in graph.inputs] == [facts.input]
    assert [graph.nodes[name].shape for name in graph.outputs] == [facts.output]
    found = (graph.params.total, graph.params.trainable, graph.params.non_trainable)
    assert found == (facts.total, facts.trainable, facts.non_trainable)
    assert graph.macs == facts.macs


@pytest.mark.parametrize("name", APPLICATIONS)
def test_number_of_classes_is_a_knob(name: str):
    spec = load_spec(spec_of(name), set={"vars.classes": 7})
    graph = spec.graph()
    assert [graph.nodes[name].shape for name in graph.outputs] == [(7,)]
    assert not spec.warnings


@pytest.mark.parametrize("name", APPLICATIONS)
def test_says_where_its_weights_come_from(name: str):
    assert written(spec_of(name))["weights"] == {"keras_application": name}


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_is_good_and_named_as_its_file(path: Path):
    spec = load_spec(path)
    assert not spec.warnings
    assert spec.name == path.stem
    assert written(path)["name"] == path.stem


@pytest.mark.parametrize("name", APPLICATIONS)
def test_begins_with_schema_and_paper(name: str):
    schema, *lines = spec_of(name).read_text(encoding="utf-8").splitlines()
    comment = list(takewhile(lambda line: line.startswith("# "), lines))
    assert schema == "# yaml-language-server: $schema=../../schemas/netspec.schema.json"
    assert "https://arxiv.org/abs/" in " ".join(comment)
    assert written(spec_of(name))["description"]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("blocks/*.yaml")), ids=lambda path: path.stem)
def test_every_library_is_used(path: Path):
    assert any(f"blocks/{path.name}" in written(spec).get("use", []) for spec in SPECS)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_stands_on_the_page_as_it_is(path: Path):
    """How far it is from its original, `python -m tests.zoo.figures` measures and writes there."""
    (line,) = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| [{path.stem}]")]
    assert line.startswith(known(path))
    assert float(line.rstrip("| ").rpartition("| ")[2]) <= TOLERANCE


def test_specs_are_short():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SPECS}
    assert median(lengths.values()) < 60
    assert median(length for path, length in lengths.items() if "extends" not in written(path)) < 60, "variants apart"


def written(path: Path) -> dict[str, Any]:
    """What stands in a file, as YAML reads it."""
    read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read
