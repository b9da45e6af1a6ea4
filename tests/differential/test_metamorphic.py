"""The same network, written differently: names, types, shapes, parameters, cost and edges stay as they were."""

from __future__ import annotations

import os
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest

from netspec import Spec, SpecError, load_spec, parse_spec
from tests.differential import rewrites
from tests.differential.generate import spec_of

CASES = int(os.environ.get("NETSPEC_METAMORPHIC_CASES", "100"))

Graph = list[Any]


@pytest.fixture(scope="module")
def specs() -> list[tuple[rewrites.Spec, Graph | None]]:
    """Random specs, the first so many of their row, each with its graph, if it is accepted."""
    drawn = [spec_of(number) for number in range(CASES)]
    return [(spec, read(spec)) for spec in drawn]


def read(spec: rewrites.Spec | str, **options: Any) -> Graph | None:
    """Read a spec: all there is to say about its graph, or None where it is refused."""
    text = spec if isinstance(spec, str) else rewrites.dumped(spec)
    try:
        return described(parse_spec(text, **options))
    except SpecError:
        return None


def described(spec: Spec) -> Graph:
    graph = spec.graph()
    nodes = [
        (node.name, node.type, node.shape, node.params, node.trainable, node.macs, [read.name for read in node.inputs])
        for node in graph.nodes.values()
    ]
    return [*nodes, graph.outputs, graph.params, graph.macs]


def without_names(graph: Graph) -> Graph:
    """Put the position of each node in the place of its name."""
    *nodes, outputs, params, macs = graph
    position = {node[0]: number for number, node in enumerate(nodes)}
    plain = [(*node[1:-1], [position[name] for name in node[-1]]) for node in nodes]
    return [*plain, [position[name] for name in outputs], params, macs]


@pytest.mark.parametrize("name", rewrites.TEXTS)
def test_same_text_is_the_same_network(specs: list[tuple[rewrites.Spec, Graph | None]], name: str) -> None:
    tried = 0
    for number, (spec, graph) in enumerate(specs):
        other = rewrites.TEXTS[name](spec, Random(number))
        if other is not None:
            tried += 1
            assert read(other) == graph, f"spec {number} differs as\n{other}"
    assert tried


@pytest.mark.parametrize("name", [*rewrites.SAME_NAMES, *rewrites.OTHER_NAMES])
def test_same_meaning_is_the_same_network(specs: list[tuple[rewrites.Spec, Graph | None]], name: str) -> None:
    compare = list if name in rewrites.SAME_NAMES else without_names
    rewrite = {**rewrites.SAME_NAMES, **rewrites.OTHER_NAMES}[name]
    tried = 0
    for number, (spec, graph) in enumerate(specs):
        other = rewrite(spec, Random(number)) if graph else None
        if graph and other is not None:
            tried += 1
            again = read(other)
            assert again, f"spec {number} is refused as\n{other}"
            assert compare(again) == compare(graph), f"spec {number} differs as\n{other}"
    assert tried


def test_empty_variant_is_its_base(specs: list[tuple[rewrites.Spec, Graph | None]], tmp_path: Path) -> None:
    for number, (spec, graph) in enumerate(specs):
        (tmp_path / f"{number}.yaml").write_text(rewrites.dumped(spec), encoding="utf-8")
        variant = tmp_path / f"variant{number}.yaml"
        variant.write_text(f"extends: {number}.yaml\n", encoding="utf-8")
        assert read(variant.read_text(), root=tmp_path) == graph, number
        if graph:
            assert described(load_spec(variant)) == graph, number


def test_blocks_of_a_library_are_those_of_the_spec(
    specs: list[tuple[rewrites.Spec, Graph | None]], tmp_path: Path
) -> None:
    tried = 0
    for number, (spec, graph) in enumerate(specs):
        if graph is None or "blocks" not in spec or re.search(r"\bv\d", str(spec["blocks"])):
            continue
        tried += 1
        library = tmp_path / f"{number}.yaml"
        library.write_text(rewrites.dumped({"blocks": spec["blocks"]}), encoding="utf-8")
        user = {**{key: value for key, value in spec.items() if key != "blocks"}, "use": [library.name]}
        assert read(user, root=tmp_path) == graph, number
    assert tried
