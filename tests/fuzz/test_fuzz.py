"""A short run of every fuzzer, the same each time, and what the fuzzers themselves have to do: keep, count, go on."""

import os
import platform
import subprocess
import sys

import pytest

from netspec import load_spec
from tests.fuzz import __main__ as command_line
from tests.fuzz import workspace as workspaces
from tests.fuzz.cases import Edits, Structures
from tests.fuzz.seeds import TESTS, valid_specs
from tests.fuzz.target import Fault, check_promises
from tests.fuzz.workspace import TooSlow, Workspace

# Where atheris can be installed: the marker of pyproject.toml.
HAS_ENGINE = sys.platform == "linux" and platform.machine() == "x86_64" and sys.version_info < (3, 14)

RUNS = {"edits": 1_000, "structure": 300, "generated": 50, **({"bytes": 3_000} if HAS_ENGINE else {})}


def fuzz(*arguments, hash_seed="0"):
    command = [sys.executable, "-m", "tests.fuzz", *map(str, arguments)]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(
        command, cwd=TESTS.parent, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize(("kind", "runs"), RUNS.items())
def test_short_run(kind, runs, tmp_path):
    result = fuzz(kind, "--runs", runs, "--folder", tmp_path)
    assert result.stdout == f"{kind}: {runs:,} inputs, 0 finds\n", result.stderr
    assert result.returncode == 0


def test_every_process_says_the_same(tmp_path):
    cases = Structures()
    files = [tmp_path / f"{number}.yaml" for number in range(200)]
    for number, file in enumerate(files):
        file.write_bytes(cases[number])
    first, second = (fuzz("replay", *files, "--folder", tmp_path, hash_seed=seed) for seed in ("1", "2"))
    assert first.stdout.count("nothing is wrong") == len(files), first.stderr
    assert first.stdout == second.stdout


# ------------------------------------------------------------------------------------------------------------ the runs


def broken(file):
    raise Fault("a promise: with details")


def test_a_find_is_kept_and_the_run_goes_on(tmp_path):
    workspace = Workspace(tmp_path)
    for data in (b"longer", b"long", b"longest"):
        workspace.try_input(data, broken)
    assert workspace.done == 3
    (find,) = workspace.finds.glob("*.yaml")
    assert find.name == "Fault-a-promise.yaml"
    assert find.read_bytes() == b"long"
    assert "with details" in find.with_suffix(".txt").read_text()


def test_what_hangs_is_stopped(tmp_path, monkeypatch):
    def hang(file):
        while True:
            pass

    monkeypatch.setattr(workspaces, "SECONDS", 0.01)
    with pytest.raises(TooSlow):
        Workspace(tmp_path).check(b"", hang)


def test_a_run_goes_on_where_it_ended(tmp_path):
    workspace = Workspace(tmp_path)
    for _ in range(workspaces.SAVED_EVERY + 1):
        workspace.try_input(b"", lambda file: "")
    assert Workspace(tmp_path).done == workspaces.SAVED_EVERY  # as after a kill
    workspace.save()
    assert Workspace(tmp_path).done == workspaces.SAVED_EVERY + 1


def test_a_finished_run_counts_earlier_ones(tmp_path):
    for runs in (10, 20, 15):
        result = fuzz("edits", "--runs", runs, "--folder", tmp_path)
    assert result.stdout.startswith("edits: 20 inputs")


def test_replay_says_whether_something_is_wrong(tmp_path, monkeypatch):
    find = tmp_path / "find.yaml"
    find.write_text("netspec: 1\n")
    assert command_line.replay([find], tmp_path) == 0
    monkeypatch.setattr(command_line, "check_promises", broken)
    with pytest.raises(Fault):
        command_line.replay([find], tmp_path)


# ----------------------------------------------------------------------------------------------------------- the cases


@pytest.mark.parametrize("kind", [Edits, Structures])
def test_a_case_is_known_by_its_number(kind):
    cases, again = kind(), kind()
    texts = [cases[number] for number in range(50)]
    assert [again[number] for number in reversed(range(50))] == texts[::-1]
    assert len(set(texts)) > 45


def test_good_specs_keep_every_promise(tmp_path):
    workspace = Workspace(tmp_path)
    for path in valid_specs():
        workspace.check(path.read_bytes(), check_promises)
        load_spec(workspace.spec)  # good there too: what it extends and uses is beside it
