"""The page of a network as text: small, exact, and with nothing in it that it does not show."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from netspec.api import load_spec, parse_spec
from netspec.errors import SpecError
from netspec.graph import Graph
from netspec.page import Mark, MarkKind, View, page, problems_data, script, served_page, style, view_data
from netspec.receptive_field import receptive_fields
from netspec.shapes import show
from netspec.summary.json import as_json

ROOT = Path(__file__).parents[1]
SPECS = ROOT / "specs"

NETWORKS = ("resnet50", "zoo/densenet121", "zoo/nasnetmobile", "zoo/unet", "zoo/siamese", "zoo/gpt2small", "zoo/fpn")


@cache
def graph(name: str) -> Graph:
    return load_spec(SPECS / f"{name}.yaml", root=SPECS).graph()


@cache
def data(name: str) -> dict[str, Any]:
    return view_data(View(graph(name), name, f"{name}.yaml"))


@dataclass
class Leaf:
    """A layer as the page reads it."""

    name: str
    type: str
    shape: str
    values: dict[str, Any]
    reads: list[int]
    options: dict[str, str]


def leaves(view: dict[str, Any]) -> list[Leaf]:
    """Follow the definitions, as the script does."""
    found: list[Leaf] = []

    def values(costs: int) -> dict[str, Any]:
        row = view["costs"][costs] + view["rows"][view["far"][len(found)]]
        return {column["key"]: value for column, value in zip(view["columns"], row, strict=True)}

    def follow(definition: dict[str, Any], around: str) -> None:
        for entry in definition["inside"]:
            label = entry[0]
            name = label[1] if isinstance(label, list) else f"{around}-{label}" if around else label
            if len(entry) == 2:
                follow(view["parts"][entry[1]], name)
                continue
            _, layer, shape, _, costs, reads = entry[:6]
            type_, _, options, group = view["layers"][layer]
            assert -1 <= group < len(view["groups"])
            place = len(found)
            found.append(
                Leaf(name, type_, view["shapes"][shape], values(costs), [place - back for back in reads], options)
            )

    follow(view["parts"][-1], "")
    return found


def definitions(view: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All parts that hold others, as often as they are there."""
    waiting = [view["parts"][-1]]
    while waiting:
        definition = waiting.pop()
        yield definition
        waiting += [view["parts"][entry[1]] for entry in definition["inside"] if len(entry) == 2]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_is_there_as_it_is(name: str) -> None:
    said = json.loads(json.dumps(data(name)))
    found = leaves(said)
    assert {leaf.name for leaf in found} == set(graph(name).nodes)
    fields = receptive_fields(graph(name))
    for leaf in found:
        node = graph(name).nodes[leaf.name]
        assert (leaf.type, leaf.shape) == (node.type, show(node.shape))
        assert [found[place].name for place in leaf.reads] == [read.name for read in node.inputs]
        assert leaf.values["params"] == node.params
        assert leaf.values["macs"] == node.macs
        assert leaf.values["sight"][1] == fields[node].text()
    assert [found[number].name for number in said["outputs"]] == list(graph(name).outputs)


@pytest.mark.parametrize("name", NETWORKS)
def test_sums_are_those_of_the_summary(name: str) -> None:
    found = leaves(json.loads(json.dumps(data(name))))
    summary = as_json(graph(name))
    sums = {key: sum(leaf.values[key] for leaf in found) for key in ("params", "trainable", "macs")}
    assert sums == {
        "params": summary["params"]["total"],
        "trainable": summary["params"]["trainable"],
        "macs": summary["macs"],
    }
    assert data(name)["params"] == [sums["params"], sums["trainable"]]


def test_each_copy_of_a_run_has_its_own_sizes() -> None:
    found = {leaf.name: leaf for leaf in leaves(json.loads(json.dumps(data("zoo/densenet121"))))}
    widths = [found[f"dense1-dense_layer-{copy}-concatenate"].shape for copy in range(6)]
    assert widths == ["56×56×96", "56×56×128", "56×56×160", "56×56×192", "56×56×224", "56×56×256"]
    lengths = [length for part in definitions(data("zoo/densenet121")) for _, length in part.get("runs", [])]
    assert sorted(lengths) == [6, 12, 16, 24]


def test_equal_copies_share_one_definition() -> None:
    view = data("resnet50")
    (stage,) = [part for part in definitions(view) if part.get("runs") == [[1, 5]]]
    copies = {entry[1] for entry in stage["inside"][1:]}
    assert len(copies) == 1


def test_options_are_told_where_they_are_not_the_defaults() -> None:
    view = data("resnet50")
    found = {leaf.name: leaf.options for leaf in leaves(view)}
    assert found["stage1-conv2d"] == {"filters": "64", "kernel_size": "7", "strides": "2"}
    assert view["types"]["conv2d"]["kernel_initializer"] == "glorot_uniform"
    block = next(part for part in view["parts"] if part.get("type") == "identity")
    assert block["options"] == {"filters": "[64, 64, 256]", "f": "3"}


def test_unknown_sizes_are_null() -> None:
    spec = parse_spec(
        "netspec: 1\nname: n\ninput: {shape: [null, 4]}\nhead: [{type: conv1d, filters: 2, kernel_size: 3}]"
    )
    found = leaves(view_data(View(spec.graph(), "n", "n.yaml")))
    assert (found[1].values["params"], found[1].values["macs"], found[1].values["memory"]) == (26, None, None)
    assert found[1].shape == "?×2"


# ------------------------------------------------------------------------------------------------------- the whole file


def test_pages_are_small() -> None:
    assert len(page([View(graph("resnet50"), "resnet50", "resnet50.yaml")]).encode()) < 150_000


@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_is_loaded_and_no_other_script_can_run(name: str) -> None:
    text = page([View(graph(name), name, "spec.yaml")])
    assert re.findall(r"https?:|wss?:|(?<![:\w])//\w|@import|url\(|\bsrc=|\beval\b|innerHTML|\son\w+=", text) == []
    assert re.findall(r'href="([^"]*)"', text) == ["data:,"]
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert text.count("<script") == 2
    assert " style=" not in text


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def test_what_a_spec_says_stays_text() -> None:
    text = f"""
netspec: 1
name: n
description: {json.dumps(HOSTILE)}
input: {{shape: [4]}}
head:
  - {{type: dense, units: 2}} # {HOSTILE}
"""
    view = View(
        parse_spec(text, name=HOSTILE).graph(),
        HOSTILE,
        HOSTILE,
        marks={"head-dense": Mark(MarkKind.changed, HOSTILE), "<!--head-->": Mark(MarkKind.added, "<!--tail-->")},
    )
    written = page([view])
    assert HOSTILE not in written
    assert "<img" not in written
    assert written.count("</script>") == 2
    (said,) = re.findall(r'id="netspec-data">(.*?)</script>', written, re.DOTALL)
    assert json.loads(said)["views"][0]["title"] == HOSTILE
    assert html.unescape(re.findall(r"<title>(.*?)</title>", written)[0]) == HOSTILE


def test_a_server_sends_style_and_script_itself() -> None:
    text = served_page([View(None, "n", "n.yaml")], style="/a.css?b&c", scripts=["/a.js", "/b.js"])
    assert '<link rel="stylesheet" href="/a.css?b&amp;c">' in text
    assert re.findall(r'<script src="([^"]*)">', text) == ["/a.js", "/b.js"]
    assert "Content-Security-Policy" not in text
    assert style() not in text
    assert script() not in text


def test_mistakes_come_with_their_lines() -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec("netspec: 1\nname: n\ninput: {shape: [4]}\nhead: [{type: dense, unitz: 2}]", name="mine.yaml")
    said = problems_data(caught.value.diagnostics)
    assert [(each["file"], each["line"], each["severity"]) for each in said] == [("mine.yaml", 4, "error")]
    assert "unitz" in said[0]["message"]
    assert "4│ head: [{type: dense, unitz: 2}]" in said[0]["frame"]
    assert "^^^^^" in said[0]["frame"]
    assert said[0]["help"] not in said[0]["frame"]
    view = view_data(View(None, "n", "mine.yaml", problems=caught.value.diagnostics))
    assert view["problems"] == said
    assert "parts" not in view
