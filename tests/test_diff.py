"""What changed between two networks: cases as files, what must hold for any two, and git in a real repository."""

import json
import os
import random
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from netspec import cli, load_spec, parse_spec
from netspec.diff import Side, align, compare, marks
from netspec.diff.align import Aligner
from netspec.diff.json import as_json
from netspec.diff.text import text
from netspec.diff.weights import loading

ROOT = Path(__file__).parents[1]
CASES = Path(__file__).parent / "diff"
SPECS = sorted([*(ROOT / "specs").glob("*.yaml"), *(ROOT / "specs" / "zoo").glob("*.yaml")])
PAIRS = [("resnet50", "resnet101"), ("efficientnetb0", "efficientnetb1"), ("vgg16", "vgg19"), ("unet", "fpn"),
         ("resnet50", "resnet50v1_5"), ("densenet121", "densenet169"), ("vitb16", "gpt2small")]  # fmt: skip


def side(spec, **edits):
    loaded = load_spec(ROOT / spec if isinstance(spec, str) else spec, set=edits)
    return Side(loaded.graph(), Path(loaded.file).name, Path(loaded.file).read_text())


def written(*stages):
    body = "\n".join(f"  {name}:\n" + "\n".join(f"    - {node}" for node in nodes) for name, nodes in stages)
    return Side(parse_spec(f"netspec: 1\nname: small\ninput: {{shape: [16, 16, 3]}}\nstages:\n{body}\n").graph())


def changes(comparison):
    """What is said to have changed, without what only holds a change or follows from one."""
    return [(pair.change, pair.part.name) for pair in innermost(comparison.root)]


def innermost(pair):
    inside = [] if pair.follows else [one for each in pair.inside for one in innermost(each)]
    own = pair.differences or pair.before is None or pair.after is None
    return inside or ([pair] if own else [])


# --------------------------------------------------------------------------------------------------------------- cases


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir() if path.is_dir()))
def test_a_pair_of_specs_is_told_as_expected(name):
    folder = CASES / name
    found = text(compare(side(folder / "a.yaml"), side(folder / "b.yaml"))) + "\n"
    expected = folder / "expected.txt"
    if os.environ.get("NETSPEC_UPDATE"):
        expected.write_text(found)
    assert found == expected.read_text()


# ----------------------------------------------------------------------------------------------- what holds for any two


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_network_is_the_same_as_itself(path):
    comparison = compare(side(path), side(path))
    assert comparison.equal
    assert text(comparison) == "the same network"
    assert loading(comparison).complete
    assert len(comparison.partners) == len(comparison.a.graph.nodes)
    assert marks(comparison) == ({}, {})


def sides(data, before, after):
    """What changed, and what it is called: before, or where it is new now."""
    return {(one["change"], (one[before] or one[after])["name"]) for one in data["changes"]}


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_a_comparison_mirrors_that_of_the_other_way_round(a, b):
    one, other = side(f"specs/zoo/{a}.yaml"), side(f"specs/zoo/{b}.yaml")
    there, back = as_json(compare(one, other)), as_json(compare(other, one))
    for name, figure in there["cost"].items():
        assert (figure["before"], figure["after"]) == (back["cost"][name]["after"], back["cost"][name]["before"])
    params = there["cost"]["params"]
    assert params["change"] == params["after"] - params["before"] == -back["cost"]["params"]["change"]
    opposite = {"added": "removed", "removed": "added"}
    mirrored = {(opposite.get(kind, kind), name) for kind, name in sides(back, "b", "a")}
    assert sides(there, "a", "b") == mirrored
    assert max(len(line) for line in text(compare(one, other)).splitlines()) <= 100


@pytest.mark.parametrize("seed", range(12))
def test_one_node_that_is_put_in_or_taken_out_is_all_that_changed(seed):
    chance = random.Random(seed)
    kinds = ["relu", "batch_normalization", "{type: conv2d, filters: 8, kernel_size: 3, padding: same}",
             "{type: conv2d, filters: 8, kernel_size: 1}", "{type: dropout, rate: 0.5}"]  # fmt: skip
    stages = [(f"s{number}", [chance.choice(kinds) for _ in range(chance.randint(3, 9))]) for number in range(4)]
    stage, new = chance.randrange(4), "{type: gaussian_noise, stddev: 0.1, name: noise}"
    place = chance.randint(0, len(stages[stage][1]))
    longer = [(name, list(nodes)) for name, nodes in stages]
    longer[stage][1].insert(place, new)
    without, having = written(*stages), written(*longer)
    assert changes(compare(without, having)) == [("added", f"s{stage}-noise")]
    assert changes(compare(having, without)) == [("removed", f"s{stage}-noise")]


@pytest.mark.parametrize(
    ("name", "edits", "kinds"),
    [
        ("resnet50", {"stages.stage3.1.f": 5}, {"changed"}),
        ("resnet50", {"stages.stage3.+1": "relu"}, {"added"}),
        ("densenet121", {"stages.dense2.0.repeat": 9}, {"removed"}),
        ("inceptionv3", {"head.+0": {"type": "dropout", "rate": 0.3}}, {"added"}),
        ("gpt2small", {"stages.decoder.0.repeat": 13}, {"added"}),
    ],
)
def test_an_edit_of_a_network_of_the_zoo_is_the_only_change(name, edits, kinds):
    path = f"specs/zoo/{name}.yaml"
    found = compare(side(path), side(path, **edits))
    assert {change for change, _ in changes(found)} == kinds
    assert text(found).count("\n") < 20


def test_a_renamed_stage_is_the_same_with_another_name():
    nodes = ["{type: conv2d, filters: 8, kernel_size: 3}", "relu"]
    a = written(("first", nodes), ("second", nodes), ("third", ["flatten"]))
    b = written(("first", nodes), ("middle", nodes), ("third", ["flatten"]))
    found = compare(a, b)
    assert changes(found) == [("renamed", "middle")]
    assert found.same_but_names
    left = [(one.why, one.before and one.before.name, one.after and one.after.name) for one in loading(found).left]
    assert left == [("renamed", "second-conv2d", "middle-conv2d")]


def test_a_layer_that_takes_the_weights_of_another_is_told():
    conv = "{type: conv2d, filters: 3, kernel_size: 3}"
    a, b = written(("s", [conv, "relu", conv])), written(("s", [conv, "relu", conv]))
    assert loading(compare(a, b)).strayed == []
    b = written(("s", ["{type: conv2d, filters: 3, kernel_size: 3, strides: 2}", conv, "relu"]))
    found = loading(compare(written(("s", [conv, "relu"])), b))
    assert [(node.name, was) for node, was in found.strayed] == [("s-conv2d", "")]
    assert "careful" in text(compare(written(("s", [conv, "relu"])), b))


def test_marks_name_the_parts_of_both_networks():
    path = "specs/zoo/resnet50.yaml"
    first, second = marks(compare(side(path), side(path, **{"stages.stage5.1.repeat": 1, "vars.classes": 10})))
    assert first["stage5-identity-1"].change == first["stage5-identity-1-conv2d"].change == "removed"
    assert "stage5-identity-1" not in second
    assert second["head-dense"] == first["head-dense"] == ("changed", "units 1000 → 10")


# ----------------------------------------------------------------------------------------------------------- alignment


@pytest.mark.parametrize("most_pairs", [0, 6, 10_000])
def test_every_item_is_aligned_once_and_in_order(most_pairs, monkeypatch):
    monkeypatch.setattr(align, "MOST_PAIRS", most_pairs)
    aligner: Aligner[str] = Aligner(
        str, lambda one, other: 2.0 if one == other else 0.5 if one[0] == other[0] else None
    )
    chance = random.Random(0)
    for _ in range(200):
        a, b = ([chance.choice(["a1", "a2", "b1", "b2"]) for _ in range(chance.randrange(12))] for _ in range(2))
        aligned = aligner.align(a, b)
        assert [one for one, _ in aligned if one] == a
        assert [other for _, other in aligned if other] == b
        assert all(one or other for one, other in aligned)


def test_two_edits_in_thousands_of_layers_are_found():
    a = [("conv", "norm", "relu")[place % 3] for place in range(6000)]
    b = [*a[:5], "new", *a[5:5900], "other", *a[5900:]]
    aligned = Aligner(str, lambda one, other: None).align(a, b)
    assert [other for one, other in aligned if one is None] == ["new", "other"]
    assert [one for one, other in aligned if other is None] == []


# ------------------------------------------------------------------------------------------------- the command line


def run(*arguments, capsys):
    code = cli.run(["diff", *map(str, arguments)])
    return code, *capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["specs/resnet50.yaml"], 2, "write two specs"),
        (["-", "-"], 2, "only once"),
        (["a", "b", "c"], 2, "not 3"),
        (["specs/resnet50.yaml", "specs/nothing.yaml"], 1, "does not exist"),
        (["--git", "--upload-pack=x", "specs/resnet50.yaml"], 2, "is not a revision"),
        (["--git", "no-such-branch", "specs/resnet50.yaml"], 2, "no revision 'no-such-branch'"),
        (["--git", "", "specs/resnet50.yaml"], 2, "is not a revision"),
        (["--git", "HEAD", "/dev/null"], 2, "in no git repository"),
        (["--git", "HEAD", "a", "b"], 2, "one file"),
        (["specs/resnet50.yaml", "specs/resnet50.yaml", "--exit-code"], 0, ""),
        (["specs/resnet50.yaml", "--set", "vars.classes=7", "--exit-code"], 1, ""),
        (["specs/resnet50.yaml", "--set", "vars.clases=7"], 0, "W202"),
    ],
)
def test_the_exit_code_and_what_is_said(arguments, code, says, capsys, monkeypatch, repository):
    monkeypatch.chdir(repository)
    found, _, error = run(*arguments, capsys=capsys)
    assert found == code
    assert says in error.replace("\n", " ")


def test_the_json_has_all_of_it(capsys):
    specs = [ROOT / "specs" / name for name in ("resnet50.yaml", "resnet101.yaml")]
    code, output, _ = run(*specs, "--json", capsys=capsys)
    data = json.loads(output)
    assert code == 0
    assert (data["schema"], data["equal"]) == ("netspec.diff/1", False)
    assert [change["change"] for change in data["changes"]] == ["changed", "changed", *["added"] * 17]
    assert data["changes"][2]["b"]["name"] == "stage4-identity-5"
    assert data["weights"]["layers_taken"] == 107
    assert {one["why"] for one in data["weights"]["left"]} == {"new"}


# ------------------------------------------------------------------------------------------------------------------ git

BASE = """netspec: 1
input: {shape: [8]}
vars: {wide: 4}
head:
  - {type: dense, units: $wide}
  - {type: dense, units: 2, name: last}
"""
VARIANT = "netspec: 1\nextends: base.yaml\nset: {head.0.activation: relu}\n"
SETTINGS = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]


def git(folder, *words, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    answer = subprocess.run(
        ["git", *SETTINGS, "-C", str(folder), *words],
        check=False,
        capture_output=True,
        text=True,
        env={**clean, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder), "GIT_PAGER": "cat", **environment},
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """Two commits: a base and its variant, both of them edited in the second; a link, and a library."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / "specs").mkdir()
    (folder / "specs" / "resnet50.yaml").write_text((ROOT / "specs" / "resnet50.yaml").read_text())
    (folder / "specs" / "base.yaml").write_text(BASE)
    (folder / "specs" / "variant.yaml").write_text(VARIANT)
    (folder / "specs" / "link.yaml").symlink_to("variant.yaml")
    (folder / "specs" / "wrong.yaml").write_text("netspec: 1\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    (folder / "specs" / "base.yaml").write_text(BASE.replace("wide: 4", "wide: 6"))
    (folder / "specs" / "variant.yaml").write_text(VARIANT.replace("relu", "tanh"))
    (folder / "specs" / "wrong.yaml").write_text("netspec: 1\nhead: []\n")
    (folder / "specs" / "new.yaml").write_text(BASE)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "second")
    return folder


@pytest.mark.parametrize(
    ("revision", "file", "says"),
    [
        ("HEAD~1", "variant.yaml", ["units 4 → 6", "activation relu → tanh", "specs/variant.yaml@HEAD~1"]),
        ("HEAD~1..HEAD", "variant.yaml", ["units 4 → 6", "specs/variant.yaml@HEAD\n"]),
        ("HEAD~1", "link.yaml", ["units 4 → 6"]),
        ("main", "variant.yaml", ["the same network"]),
    ],
)
def test_a_spec_is_compared_with_what_it_was_with_its_base(repository, revision, file, says, capsys, monkeypatch):
    monkeypatch.chdir(repository)
    code, output, error = run("--git", revision, f"specs/{file}", capsys=capsys)
    assert (code, error) == (0, "")
    assert [words for words in says if words not in output] == []


@pytest.mark.parametrize(
    ("file", "says"), [("new.yaml", "did not exist at HEAD~1"), ("wrong.yaml", "specs/wrong.yaml@HEAD~1")]
)
def test_what_was_wrong_or_missing_then_is_said_of_then(repository, file, says, capsys, monkeypatch):
    monkeypatch.chdir(repository)
    code, output, error = run("--git", "HEAD~1", f"specs/{file}", capsys=capsys)
    assert (code, output) == (1, "")
    assert says in error


NETSPEC = f"{shlex.quote(sys.executable)} -m netspec diff"


@pytest.mark.parametrize(
    "tool",
    [
        ["-x", NETSPEC],
        ["-x", f'{NETSPEC} --path "$BASE"'],
        ["-t", "netspec"],
    ],
)
def test_it_is_a_difftool(repository, tool):
    configured = ["-c", f'difftool.netspec.cmd={NETSPEC} --path "$MERGED" "$LOCAL" "$REMOTE"']
    command = [*configured, "difftool", "-y", *tool, "HEAD~1", "HEAD", "--", "specs/variant.yaml"]
    output = git(repository, *command, PYTHONPATH=str(ROOT))
    assert "activation relu → tanh" in output
    assert "units" not in output  # the base is the one that stands there now


def test_git_diff_shows_networks(repository):
    attributes = repository / ".git" / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("*.yaml diff=netspec\n")
    command = ["-c", f"diff.netspec.command={NETSPEC}", "diff", "--ext-diff", "HEAD~1", "HEAD"]
    output = git(repository, *command, PYTHONPATH=str(ROOT))
    assert "netspec diff specs/base.yaml" in output
    assert "units 4 → 6" in output
    assert "activation relu → tanh" in output
    assert "+ new: new  specs/new.yaml" in output
    assert "netspec diff specs/wrong.yaml: compared as text" in output
    assert "+head: []" in output
