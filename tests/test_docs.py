"""What is written down is true: generated files are current, examples run, links lead somewhere."""

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from netspec import load_spec, parse_spec
from netspec.layer import TYPES
from netspec.options import REQUIRED
from netspec.reference import describe_type
from netspec.references import RESERVED
from netspec.shapes import show

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")
LANGUAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")


def tool():
    return runpy.run_path(str(ROOT / "tools" / "generate.py"))


def test_generated_files_are_current(monkeypatch):
    monkeypatch.chdir(ROOT)
    for path, text in tool()["generated"]().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is out of date: make docs"


def test_the_screens_show_something():
    screens = re.findall(r"```console\n\$ ([^\n]+)\n(.*?)```", README, re.DOTALL)
    assert [command for command, _ in screens] == [
        "netspec summary specs/resnet50.yaml",
        "netspec validate docs/wrong.yaml",
        "netspec diff specs/resnet50.yaml specs/resnet101.yaml",
        "netspec summary specs/zoo/vitb16.yaml --depth stage --cost --batch 32 --training adam --fits 24GiB",
    ]
    assert "23,600,006 parameters" in screens[0][1]
    assert screens[1][1].count("error[") == 4
    assert "identity [256, 256, 1024] f=3 ×5 → ×22" in screens[2][1]
    assert "fits, in training with adam" in screens[3][1]


def test_every_layer_of_keras_is_a_type_or_has_a_reason():
    generate = tool()
    types, reasons = generate["types_by_layer"](generate["keras_layers"]()), generate["NOT_COVERED"]
    assert {name for name, named in types.items() if not named} == set(reasons)
    assert len(types) > 100
    for name, reason in reasons.items():
        assert re.fullmatch(r"[A-Z][^.]{20,100}\.", reason), f"{name}: {reason}"


def test_the_layers_page_begins_with_how_many():
    page = (ROOT / "docs" / "layers.md").read_text(encoding="utf-8")
    covered, count = map(int, re.findall(r"\d+", page.splitlines()[0]))
    first, second = (len(re.findall(r"^\| [A-Z]", part, re.MULTILINE)) for part in page.split("\n## "))
    assert (first, first + second) == (covered, count)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert target.startswith("https://") or (page.parent / target).exists(), target
    anchors = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    for anchor in re.findall(r"\]\(#([^)]+)\)", text):
        assert anchor in anchors, anchor


def yaml_blocks(text):
    return re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)


def test_the_first_example_of_the_readme_is_a_part_of_the_spec():
    written = re.sub(r" +#.*", "", yaml_blocks(README)[0])
    spec = (ROOT / "specs" / "resnet50.yaml").read_text(encoding="utf-8")
    for line in written.splitlines():
        assert line in spec.splitlines() or not line.strip(), line


def test_the_python_example_of_the_readme(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["model"].output.shape == (None, 10)
    assert "ResNet" in names["spec"].description or capsys.readouterr().out


NODES = """
netspec: 1
inputs: {x: {shape: [32, 32, 64]}, other_input: {shape: [32, 32, 64]}}
head:
  - {type: linear, from: x}
"""


def test_the_nodes_of_the_readme():
    nodes = "".join(f"  {line}\n" for line in yaml_blocks(README)[1].splitlines())
    graph = parse_spec(NODES + nodes).graph()
    assert graph.nodes["head-share-relu"].shape == (32, 32, 64)


def test_the_nodes_of_the_language_page():
    nodes = "".join(f"  {line}\n" for line in yaml_blocks(LANGUAGE)[0].splitlines())
    graph = parse_spec("netspec: 1\ninput: {shape: [8, 8, 3]}\nhead:\n" + nodes).graph()
    assert list(graph.nodes)[-1] == "head-add"


def test_the_blocks_of_the_language_page():
    blocks = yaml_blocks(LANGUAGE)[1]
    spec = parse_spec(
        "netspec: 1\ninput: {shape: [16, 16, 8]}\n" + blocks + "head:\n"
        "  - {type: conv_bn, filters: 16, name: down}\n"
        "  - {type: max_pooling2d, pool_size: 2}\n"
        "  - {type: up, from: {x: prev, skip: down}, filters: 16}\n"
    )
    assert spec.graph().nodes["head-up-concatenate"].shape == (16, 16, 48)


def test_the_edits_of_the_language_page(tmp_path):
    base = (ROOT / "specs" / "resnet50.yaml").read_text(encoding="utf-8")
    (tmp_path / "resnet50.yaml").write_text(
        base.replace("{type: dense,", "{type: dense, name: scores,"), encoding="utf-8"
    )
    (tmp_path / "variant.yaml").write_text("netspec: 1\n" + yaml_blocks(LANGUAGE)[2], encoding="utf-8")
    graph = load_spec(tmp_path / "variant.yaml").graph()
    assert "stage4-identity-21-add" in graph.nodes
    assert "head-dropout" in graph.nodes
    assert "stage1-max_pooling2d" not in graph.nodes
    assert graph.nodes["head-scores"].shape == (10,)


def test_the_language_page_names_every_reserved_word_and_limit():
    from dataclasses import fields

    from netspec.budgets import BUDGETS
    from netspec.expressions import FUNCTIONS
    from netspec.limits import Limits
    from netspec.parse import TOP_LEVEL

    listed = re.search(r"`([^`]+)` and `([^`]+)` are reserved words", LANGUAGE)
    assert listed
    assert {*listed[1].split(), *listed[2].split()} == RESERVED
    for limit in fields(Limits):
        assert f"--limit {limit.name}=N" in LANGUAGE
    for name in (*TOP_LEVEL, *FUNCTIONS, *BUDGETS):
        assert re.search(rf"`[^`]*\b{name}\b[^`]*`", LANGUAGE), name


def test_every_option_has_a_description():
    from netspec.layer import TYPES
    from netspec.registry import objects

    for registry in (TYPES, objects("initializer"), objects("regularizer"), objects("constraint")):
        for entry in registry:
            assert entry.summary, entry.name
            for option in entry.options.values():
                assert option.description, f"{entry.name}.{option.name}"
                assert option.default is REQUIRED or option.kind or option.check(option.default) is None


@pytest.mark.parametrize("name", [entry.name for entry in TYPES])
def test_examples_can_be_copied(name):
    """What `netspec blocks TYPE` shows as an example is read as it stands, and comes to what is written below it."""
    *_, node, outcome = describe_type(name).splitlines()
    shapes = TYPES[name].example.inputs
    inputs = {letter: {"shape": list(shape)} for letter, shape in zip("abc", shapes, strict=False)}
    declared = f"inputs: {json.dumps(inputs)}" if len(inputs) > 1 else f"input: {json.dumps(inputs['a'])}"
    graph = parse_spec(f"netspec: 1\n{declared}\nhead:\n{node}\n").graph()
    (output,) = graph.outputs
    macs = "MACs unknown" if graph.macs is None else f"{graph.macs:,} MACs"
    shown = f"{show(graph.nodes[output].shape)}, {graph.params.total:,} parameters, {macs}"
    assert outcome.partition(" → ")[2] == shown
