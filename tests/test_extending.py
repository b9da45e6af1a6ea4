"""The worked examples of docs/extending.md, run in order as a reader would."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from netspec import load_spec

PAGE = (Path(__file__).parent.parent / "docs" / "extending.md").read_text(encoding="utf-8")


def section(title):
    found = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"no section {title!r}"
    return found[1]


def code(title, language):
    found = re.findall(rf"```{language}\n(.*?)```", section(title), re.DOTALL)
    assert found, f"no {language} in {title!r}"
    return found


def run(script, tmp_path, **options):
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_block_in_yaml(tmp_path):
    library, spec = code("A block in YAML", "yaml")
    (tmp_path / "blocks.yaml").write_text(library, encoding="utf-8")
    (tmp_path / "squeezed.yaml").write_text(spec, encoding="utf-8")
    graph = load_spec(tmp_path / "squeezed.yaml").graph()
    assert graph.nodes["stem-squeeze_excitation-conv2d"].shape == (1, 1, 8)
    assert graph.nodes["stem-squeeze_excitation-multiply"].shape == (30, 30, 32)


def test_a_block_and_a_layer_in_python(tmp_path):
    block, layer = code("A block in Python", "python"), code("A layer", "python")
    run("\n".join([*block, *layer]), tmp_path)


def test_a_layer_of_ones_own_without_a_rule_for_its_cost(tmp_path):
    """What the page promises: the network's MACs are unknown, not those of the other layers."""
    block, layer = code("A block in Python", "python"), code("A layer", "python")
    uncounted = re.sub(r"    def work\(.*?\n\n", "", "\n".join([*block, *layer]), flags=re.DOTALL)
    script, build = re.subn(r"^assert spec\.build.*$", "print(spec.graph().macs)", uncounted, flags=re.MULTILINE)
    script, count = re.subn(r"^assert spec\.graph\(\)\.macs.*$", "", script, flags=re.MULTILINE)
    assert (build, count) == (1, 1)
    assert run(script, tmp_path) == "None\n"


def test_a_mistake_in_an_option_of_ones_own_block(tmp_path):
    """What the page promises of a bad value."""
    (block,) = code("A block in Python", "python")
    script = block.replace('"width": 16', '"width": -1')
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "error[E104]: wide_residual: width must be a positive integer, not -1" in done.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The example package, installed by pip into a folder of its own."""
    folder = tmp_path_factory.mktemp("package")
    (project,) = code("A package", "toml")
    (module,) = code("A package", "python")
    (folder / "pyproject.toml").write_text(
        project + '\n[tool.hatch.build.targets.wheel]\ninclude = ["weighted_pooling.py"]\n', encoding="utf-8"
    )
    (folder / "weighted_pooling.py").write_text(module, encoding="utf-8")
    target = folder / "site"
    install = ["pip", "install", "-q", "--no-build-isolation", "--no-deps", "--no-index", "--target", str(target), "."]
    subprocess.run([sys.executable, "-m", *install], cwd=folder, check=True, capture_output=True)
    return target


def in_site(script, site, tmp_path):
    return run(f"import sys; sys.path.append({str(site)!r})\n{script}", tmp_path)


def test_a_package(site, tmp_path):
    (spec,) = code("A package", "yaml")
    (tmp_path / "spec.yaml").write_text(spec, encoding="utf-8")
    out = in_site("from netspec.cli import run; run(['summary', 'spec.yaml'])", site, tmp_path)
    assert "weighted_pooling" in out
    assert "12 parameters" in out
    page = in_site("from netspec.cli import run; run(['blocks', 'weighted_pooling'])", site, tmp_path)
    assert "weighted_pooling · block" in page
    assert '"weighted_pooling"' in in_site("from netspec.cli import run; run(['schema'])", site, tmp_path)


def test_a_package_is_imported_only_when_it_is_named(site, tmp_path):
    script = (
        "from netspec import parse_spec\n"
        "spec = parse_spec('netspec: 1\\ninput: {shape: [8]}\\nhead: [{type: dense, units: 2}]')\n"
        "assert 'weighted_pooling' not in sys.modules\n"
        "spec = parse_spec('netspec: 1\\ninput: {shape: [8, 8, 3]}\\nhead: [weighted_pooling]')\n"
        "assert 'weighted_pooling' in sys.modules\n"
    )
    in_site(script, site, tmp_path)


def test_a_name_near_that_of_a_package_is_suggested(site, tmp_path):
    script = (
        "from netspec import SpecError, parse_spec\n"
        "try: parse_spec('netspec: 1\\ninput: {shape: [8, 8, 3]}\\nhead: [weighted_poolin]')\n"
        "except SpecError as error: print(error.diagnostics[0].help)\n"
        "assert 'weighted_pooling' not in sys.modules\n"
    )
    assert in_site(script, site, tmp_path) == "write weighted_pooling\n"


def test_a_package_that_can_not_be_imported_is_told_at_the_line(site, tmp_path):
    """And does not take the list of all other types with it."""
    broken = tmp_path / "broken-1.0.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n", encoding="utf-8")
    (broken / "entry_points.txt").write_text("[netspec.types]\nbroken_type = not_there:thing\n", encoding="utf-8")
    script = (
        f"sys.path.append({str(tmp_path)!r})\n"
        "from netspec import SpecError, parse_spec; from netspec.cli import run\n"
        "try: parse_spec('netspec: 1\\ninput: {shape: [8]}\\nhead: [broken_type]')\n"
        "except SpecError as error: print(error)\n"
        "assert run(['blocks']) == 0\n"
    )
    said = in_site(script, site, tmp_path)
    assert "<text>:3:8: error[E113]: broken_type can't be imported from not_there:thing: ModuleNotFoundError" in said
    assert "conv2d_transpose" in said
