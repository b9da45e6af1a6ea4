"""The command line: what goes where, and which code it leaves with."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from netspec.cli import run
from netspec.errors import InternalError

ROOT = Path(__file__).parent.parent
RESNET50 = str(ROOT / "specs" / "resnet50.yaml")
WRONG = "netspec: 1\ninput: {shape: [8, 8, 3]}\nhead:\n  - {type: conv2d, fliters: 4, kernel_size: 3}\n"


@pytest.fixture
def wrong(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG, encoding="utf-8")
    return str(path)


def netspec(*arguments, **options):
    """The real command, as a process of its own."""
    command = [sys.executable, "-m", "netspec", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **options)


def test_a_good_spec(capsys):
    assert run(["validate", RESNET50]) == 0
    out, err = capsys.readouterr()
    assert out == f"{RESNET50}: good\n"
    assert err == ""


def test_a_wrong_spec(wrong, capsys):
    assert run(["validate", RESNET50, wrong]) == 1
    out, err = capsys.readouterr()
    assert out == f"{RESNET50}: good\n"
    assert "error[E102]: conv2d has no option 'fliters'" in err
    assert f"{wrong}:4:20" in err
    assert "\x1b[" not in err, "no colours for what is not a terminal"


@pytest.mark.parametrize("command", ["build", "summary", "resolve"])
def test_every_command_says_what_is_wrong_on_stderr(command, wrong, capsys):
    assert run([command, wrong]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "write filters" in err


def test_validate_json(wrong, capsys):
    assert run(["validate", "--json", RESNET50, wrong]) == 1
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert err == ""
    assert report["schema"] == "netspec.validate/1"
    assert [(file["file"], file["ok"]) for file in report["files"]] == [(RESNET50, True), (wrong, False)]
    assert report["files"][0]["diagnostics"] == []
    assert report["files"][1]["diagnostics"] == [
        {
            "code": "E102",
            "severity": "error",
            "message": "conv2d has no option 'fliters'",
            "file": wrong,
            "line": 4,
            "column": 20,
            "end_line": 4,
            "end_column": 27,
            "path": "head.0.fliters",
            "help": "write filters",
            "related": [],
        }
    ]


def test_the_formats_of_validate(wrong, capsys):
    printed = {}
    for arguments in (["--json"], ["--format", "json"], ["--json", "--format", "json"], [], ["--format", "text"]):
        assert run(["validate", *arguments, RESNET50, wrong]) == 1
        printed[" ".join(arguments)] = capsys.readouterr()
    assert printed["--json"] == printed["--format json"] == printed["--json --format json"]
    assert printed[""] == printed["--format text"] != printed["--json"]


def test_summary_json(capsys):
    assert run(["summary", "--json", RESNET50]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == "netspec.summary/1"
    assert report["name"] == "resnet50"
    assert report["inputs"] == {"input": [64, 64, 3]}
    assert report["outputs"] == {"head-dense": [6]}
    assert report["params"] == {"total": 23600006, "trainable": 23546886, "non_trainable": 53120}
    assert report["macs"] == 308178944
    assert len(report["layers"]) == 177
    assert report["layers"][2] == {
        "name": "stage1-conv2d",
        "type": "conv2d",
        "stage": "stage1",
        "block": None,
        "from": ["padding"],
        "output_shape": [32, 32, 64],
        "params": 9472,
        "trainable": 9472,
        "macs": 9633792,
        "file": RESNET50,
        "line": 10,
    }
    inside = report["layers"][18]
    assert (inside["name"], inside["stage"], inside["block"]) == (
        "stage2-identity-0-conv2d",
        "stage2",
        "stage2-identity-0",
    )
    for key in ("params", "trainable", "macs"):
        total = report["params"]["total"] if key == "params" else report["params"].get(key, report["macs"])
        assert sum(layer[key] for layer in report["layers"]) == total


def test_summary_json_with_costs(capsys):
    arguments = ["--cost", "--batch", "2", "--training", "adam", "--fits", "8GiB", "--convention", "flop2"]
    assert run(["summary", "--json", *arguments, RESNET50]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["macs"] == 308178944
    assert report["cost"]["macs"] == 2 * report["macs"]
    assert report["cost"]["weights_bytes"] == {"float32": 4 * 23600006}
    assert report["cost"]["uncounted"] == {}
    for parts in (report["stages"], report["layers"]):
        for key in ("elementwise_operations", "bytes_written"):
            total = sum(part["cost"][key] for part in parts)
            assert total <= report["cost"][key]
            assert total == report["cost"][key] or parts is report["stages"]  # the padding is in no stage
    assert [stage["name"] for stage in report["stages"]] == ["stage1", "stage2", "stage3", "stage4", "stage5", "head"]
    assert report["blocks"][0]["name"] == "stage2-convolutional"
    assert report["layers"][2]["receptive_field"] == {"input": {"size": [7, 7], "stride": [2, 2]}}
    assert report["memory"]["training"]["optimizer"] == "adam"
    assert report["memory"]["fits"]["largest_batch"] > 100
    assert (report["count"]["convention"], report["count"]["value"]) == ("flop2", 2 * report["macs"])


def test_the_summary_of_costs(capsys):
    assert run(["summary", "--cost", "--depth", "stage", "--batch", "4", RESNET50]) == 0
    out = capsys.readouterr().out
    assert all(len(line) <= 100 for line in out.splitlines())
    assert "one pass of 4 samples" in out
    assert "memory at batch 4" in out
    assert re.search(r"^stage5 .* 483×483/32$", out, re.MULTILINE)
    assert re.search(r"^all +1\.23 G ", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--dtype", "float23"], "there is no dtype policy 'float23'"),
        (["--training", "adamm"], "adam"),
        (["--fits", "24G"], "24GB or 24GiB"),
        (["--batch", "0"], "0 is not in the range"),
        (["--convention", "fvcor"], "did you mean fvcore?"),
        (["--budget", "flops<=3"], "there is no budget 'flops'"),
        (["--cost", RESNET50], "ask for one spec, or add --json"),
    ],
)
def test_wrong_words_about_cost(arguments, said, capsys):
    assert run(["summary", RESNET50, *arguments]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_budget_of_the_command_line(capsys):
    for command in ("summary", "validate", "build"):
        assert run([command, RESNET50, "--budget", "params<=20M,macs<=1G"]) == 1
        err = capsys.readouterr().err
        assert "error[E401]: params is 23,600,006, over the budget of 20,000,000 by 3,600,006" in err
        assert "stage5-convolutional: 6.05 M, 26 %" in err
        assert "macs" not in err
    assert run(["validate", RESNET50, "--budget", "params<=24M", "--budget", "macs<=310M"]) == 0


def test_a_comparison_as_a_page(tmp_path, capsys):
    page = tmp_path / "both.html"
    assert run(["diff", RESNET50, str(ROOT / "specs" / "resnet101.yaml"), "-o", str(page)]) == 0
    said = capsys.readouterr()
    assert "×5 → ×22" in said.out
    assert "saved" in said.err
    assert '"compare":true' in page.read_text("utf-8")
    assert run(["diff", RESNET50, RESNET50, "-o", str(tmp_path / "both.png")]) == 2
    assert "no .html" in capsys.readouterr().err


def test_the_table_fits_and_adds_up(capsys):
    for depth in ("stage", "block", "layer"):
        assert run(["summary", "--depth", depth, RESNET50]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= 100
        assert lines[-1] == "23,600,006 parameters (23,546,886 trainable) · 308,178,944 MACs · 177 layers"
        params = [int(line.split()[-2].replace(",", "")) for line in lines[2:-1]]
        assert sum(params) == 23_600_006


def test_a_spec_from_standard_input():
    done = netspec("summary", "-", input=Path(RESNET50).read_text(encoding="utf-8"))
    assert done.returncode == 0
    assert "23,600,006 parameters" in done.stdout
    done = netspec("validate", "-", input=WRONG)
    assert done.returncode == 1
    assert "<stdin>:4:20" in done.stderr


def test_edits_on_the_command_line(capsys):
    assert run(["summary", RESNET50, "--set", "vars.classes=10", "--set", "stages.stage4.1.repeat=22"]) == 0
    assert "42,678,666 parameters" in capsys.readouterr().out
    assert run(["validate", RESNET50, "--set", "stages.stage4.9.repeat=22"]) == 1
    err = capsys.readouterr().err
    assert "error[E209]" in err
    assert "there is no item 9; the list has 2" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["summary"],
        ["nonsense"],
        ["summary", RESNET50, "--depth", "atom"],
        ["summary", RESNET50, "--set", "novalue"],
        ["summary", RESNET50, "--limit", "layers=many"],
        ["summary", RESNET50, "--limit", "patience=3"],
        ["build", RESNET50, "-o", "model.txt"],
        ["build", RESNET50, "--seed", "-1"],
        ["validate", RESNET50, "--format", "xml"],
        ["validate", RESNET50, "--format", "sarif", "--json"],
        ["validate", RESNET50, "--format", "text", "--json"],
        ["explain", "E999"],
        ["blocks", "conv2"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_leaves_with_2(arguments, capsys):
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err


def test_a_file_that_is_not_there(capsys):
    assert run(["validate", "nowhere.yaml"]) == 1
    assert "error[E001]: nowhere.yaml does not exist" in capsys.readouterr().err


def test_a_fault_of_our_own_leaves_with_3(monkeypatch, capsys):
    def fails(*_, **__):
        raise InternalError("foreseen 1, built 2")

    monkeypatch.setattr("netspec.api.check_file", fails)
    assert run(["validate", RESNET50]) == 3
    assert "internal error: foreseen 1, built 2" in capsys.readouterr().err
    monkeypatch.setattr("netspec.api.check_file", lambda *_, **__: 1 / 0)
    assert run(["validate", RESNET50]) == 3
    err = capsys.readouterr().err
    assert "ZeroDivisionError" in err
    assert "Traceback" not in err


def test_build_prints_the_same_table_and_saves(tmp_path, capsys):
    saved = tmp_path / "digits.keras"
    assert run(["build", str(ROOT / "specs" / "digits.yaml"), "--summary", "--seed", "1", "-o", str(saved)]) == 0
    out = capsys.readouterr().out
    assert "77,866 parameters (77,290 trainable) · 2,116,224 MACs · 25 layers" in out
    assert out.endswith(f"saved {saved}\n")
    assert saved.stat().st_size > 100_000


def test_the_reader_of_a_pipe_may_leave():
    command = f"{sys.executable} -m netspec schema | head -1"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "{\n"
    assert done.stderr == ""


def test_help_names_every_command():
    done = netspec("--help")
    assert done.returncode == 0
    for command in ("build", "validate", "summary", "resolve", "blocks", "schema", "explain"):
        assert f"\n  {command} " in done.stdout
    assert "--install-completion" in done.stdout


def test_shell_completion_offers_the_commands():
    environment = {"_NETSPEC_COMPLETE": "complete_bash", "COMP_WORDS": "netspec su", "COMP_CWORD": "1"}
    done = netspec(env={**environment, "PATH": "/usr/bin:/bin"})
    assert "summary" in done.stdout
