"""Try netspec on inputs that nobody would write: only `SpecError` may come out.

    python -m tests.fuzz bytes --runs 1000000       bytes, led by coverage; needs atheris
    python -m tests.fuzz edits --runs 100000        edits of the bytes of specs, without it
    python -m tests.fuzz structure --runs 20000     changes to what good specs hold
    python -m tests.fuzz generated --runs 20000     specs made from what the registry declares
    python -m tests.fuzz replay FILE...             inputs again, and what is said about them

``--runs`` counts the inputs of all runs so far: one that was stopped goes on where it ended. What is found is kept in
``.fuzz/KIND/finds``, each with its traceback, until somebody deletes it; the exit code is 1 if there is anything.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.cases import Cases, Edits, Generated, Structures
from tests.fuzz.seeds import TESTS
from tests.fuzz.target import check_promises, check_reading
from tests.fuzz.workspace import Workspace, limit_memory

CASES: dict[str, type[Cases]] = {"edits": Edits, "structure": Structures, "generated": Generated}


def run_cases(workspace: Workspace, total: int, cases: Cases) -> None:
    limit_memory()
    while workspace.done < total:
        workspace.try_input(cases[workspace.done], cases.check)
    workspace.save()


def run_engine(workspace: Workspace, total: int) -> None:
    """Let the engine run until all is done. An input that ends its process is kept, and a new process goes on."""
    command = [sys.executable, "-m", "tests.fuzz.engine", str(workspace.folder), str(total)]
    while workspace.done < total:
        before = workspace.done
        with (workspace.folder / "log").open("ab") as log:
            subprocess.run(command, cwd=TESTS.parent, stderr=log, check=False)
        workspace.load()
        if workspace.done == before:
            sys.exit(f"the engine does not run: see {log.name}")


def run(kind: str, total: int, folder: Path) -> int:
    workspace = Workspace(folder / kind)
    if kind in CASES:
        run_cases(workspace, total, CASES[kind]())
    else:
        run_engine(workspace, total)
    found = sorted(path for path in workspace.finds.iterdir() if path.suffix != ".txt")
    print(f"{kind}: {workspace.done:,} inputs, {len(found)} finds", *found, sep="\n  ")
    return 1 if found else 0


def replay(files: Sequence[Path], folder: Path) -> int:
    """Check inputs again and print what is said about them; the first that is still wrong ends in its traceback."""
    workspace = Workspace(folder / "replay")
    for file in files:
        workspace.check(file.read_bytes(), check_reading)
        print(workspace.check(file.read_bytes(), check_promises))
        print(f"{file}: nothing is wrong")
    return 0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for kind in ("bytes", *CASES):
        command = commands.add_parser(kind)
        command.add_argument("--runs", type=int, required=True, help="how many inputs, those of earlier runs counted")
    commands.add_parser("replay").add_argument("files", type=Path, nargs="+")
    for command in commands.choices.values():
        command.add_argument("--folder", type=Path, default=TESTS.parent / ".fuzz", help="where the state is kept")
    given = parser.parse_args(arguments)
    if given.command != "replay":
        return run(given.command, given.runs, given.folder)
    limit_memory()
    return replay(given.files, given.folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
