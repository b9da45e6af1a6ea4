"""Hostile specs are refused, odd ones that are legal accepted: by the real command, held to 1 GiB and watched.

``tests/hostile/cases.yaml`` says what each must come to. Every case has a process of its own, with five seconds of a
processor's time for each command; as many run at a time as there are cores.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import yaml

from tests.hostile.generated import MADE

HERE = Path(__file__).parent / "hostile"
LONGEST_TEXT = 64 * 1024
MUCH = 2**25  # of a network of 20,000 layers
LONGEST_JSON = 8 * LONGEST_TEXT  # up to 500 mistakes, where a text shows 20
LONGEST_LINE = 1_000  # 160 characters of a line of the spec are shown, and each may have to be escaped

CASES: Mapping[str, Mapping[str, Any]] = {
    f"{topic}/{name}": row
    for topic, rows in yaml.safe_load((HERE / "cases.yaml").read_text(encoding="utf-8")).items()
    for name, row in rows.items()
}


@dataclass(frozen=True)
class Output:
    """What one command gave back."""

    command: str
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Run:
    """What a watched process gave back: its commands' outputs, and what it did that it must not."""

    outputs: list[Output]
    events: list[str]
    made: list[str]
    seconds: float


def commands(row: Mapping[str, Any], spec: str, folder: Path) -> list[list[str]]:
    """List the command lines that a spec is put through."""
    asked = [["validate", spec, "--json"], ["validate", spec]]
    if "codes" not in row:
        asked += [["summary", spec], ["summary", spec, "--depth", "layer", "--json"], ["resolve", spec]]
    if "build" in row:
        asked.append(["build", spec, "-o", str(folder / row["build"])])
    return asked


class Runner:
    """A process that makes one for each case."""

    def __init__(self, *arguments: str) -> None:
        paths = os.pathsep.join(path for path in sys.path if path)
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "watched.py"), *arguments],
            env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "100"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, name: str, folder: Path) -> Run:
        """Put a case through the real command, in a process of its own."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        root = folder / "spec"
        root.mkdir()
        spec = MADE[name](root) if name in MADE else HERE / f"{name}.yaml"
        asked = commands(CASES[name], str(spec), folder)
        allowed = [root, spec if name in MADE else spec.parent]
        job = {
            "commands": asked,
            "report": str(folder / "report"),
            "folder": str(root),
            "folders": list(map(str, allowed)),
        }
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        found = json.loads(self.process.stdout.readline())
        assert found["status"] == 0, found
        outputs = [
            Output(
                " ".join(command), code, *((folder / f"report.{number}.{end}").read_text() for end in ("out", "err"))
            )
            for number, (command, code) in enumerate(zip(asked, found["codes"], strict=True))
        ]
        made = [path.name for path in folder.iterdir() if path.name != "spec" and not path.name.startswith("report")]
        return Run(outputs, found["events"], made, found["seconds"])

    def close(self) -> None:
        with self.process:
            assert self.process.stdin is not None
            self.process.stdin.close()


@pytest.fixture(scope="session")
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[Run]]]:
    """Begin every case that was asked for, as many at a time as there are cores."""
    asked = [item.name[len("test_case[") : -1] for item in request.session.items if item.name.startswith("test_case[")]
    folders = {name: tmp_path_factory.mktemp("case") for name in asked}
    runners: SimpleQueue[Runner] = SimpleQueue()
    count = min(len(asked), os.cpu_count() or 1)
    for _ in range(count):
        runners.put(Runner("--warm"))

    def run(name: str) -> Run:
        runner = runners.get()
        try:
            return runner.run(name, folders[name])
        finally:
            runners.put(runner)

    with ThreadPoolExecutor(count) as pool:
        yield {name: pool.submit(run, name) for name in asked}
    for _ in range(count):
        runners.get().close()


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, runs: Mapping[str, Future[Run]]) -> None:
    row = CASES[name]
    found = runs[name].result()
    assert found.events == []
    for output in found.outputs:
        check_output(output, row)
    check_diagnostics(json.loads(found.outputs[0].out)["files"][0]["diagnostics"], row)
    assert found.made == []


def check_output(output: Output, row: Mapping[str, Any]) -> None:
    assert output.code == ("codes" in row), (output.command, output.err[-1000:])
    assert output.err == "" or "--json" not in output.command
    longest = (LONGEST_JSON if "--json" in output.command else LONGEST_TEXT) if "codes" in row else MUCH
    for text in (output.out, output.err):
        assert len(text.encode()) <= longest
        assert "Traceback" not in text
        assert "internal error" not in text
        assert [hidden for hidden in row.get("hides", ()) if hidden in text] == []
        assert sorted({f"U+{ord(character):04X}" for character in text if is_dangerous(character)}) == []
        assert [line[:500] for line in text.split("\n") if len(line) > LONGEST_LINE] == []


def is_dangerous(character: str) -> bool:
    """Tell whether a terminal would obey a character, or show others in another order."""
    kind = unicodedata.category(character)
    return character != "\n" and (
        kind in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(character) in BIDIRECTIONAL
    )


BIDIRECTIONAL = frozenset(["LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"])


def check_diagnostics(diagnostics: list[dict[str, Any]], row: Mapping[str, Any]) -> None:
    errors = [found for found in diagnostics if found["severity"] == "error"]
    said = "\n".join(f"{found['code']} {found['line']}: {found['message']} · {found['help']}" for found in errors)[
        :3000
    ]
    codes = sorted({found["code"] for found in errors})
    assert codes == sorted(row.get("codes", ())) or (row.get("codes") == ["any"] and codes), said
    if "line" in row:
        assert row["line"] == min(found["line"] for found in errors), said
    assert [words for words in row.get("says", ()) if words not in said] == [], said


def test_table_is_whole() -> None:
    """Every file has a row, and every row a file or a maker."""
    files = {str(file.relative_to(HERE).with_suffix("")) for file in HERE.glob("*/*.yaml")}
    assert files | MADE.keys() == CASES.keys()
    assert not files & MADE.keys()


BAD_DEEDS = {
    "socket.": "import socket; socket.socket()",
    "subprocess.": "import subprocess, sys; subprocess.run([sys.executable, '-c', ''])",
    "os.system": "import os; os.system('true')",
    "open": "open('/etc/hostname')",
    "os.listdir": "import os; os.listdir('/etc')",
    "import": "import numpy",
    "os.remove": "import os; os.remove('/no/such/file')",
}


@pytest.mark.parametrize("event", BAD_DEEDS)
def test_watch_notices(event: str) -> None:
    """The watch can fail: what it is there to see, it sees."""
    code = (
        f"import sys; sys.path.insert(0, {str(HERE)!r}); import watched; watch = watched.Watch([])\n"
        f"sys.addaudithook(watch); watch.on = True\ntry:\n    {BAD_DEEDS[event]}\nexcept OSError:\n    pass\n"
        "watch.on = False; print(*watch.seen, sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert any(line.startswith(event) for line in done.stdout.splitlines()), done


@pytest.mark.parametrize(("deed", "noticed"), [("exec('1')", True), ("import ast; ast.parse('1')", False)])
def test_watch_notices_code_that_netspec_runs(deed: str, noticed: bool) -> None:
    file = HERE.parents[1] / "netspec" / "made_up.py"
    code = (
        f"import ast, sys; sys.path.insert(0, {str(HERE)!r}); import watched; watch = watched.Watch([])\n"
        f"code = compile({deed!r}, {str(file)!r}, 'exec'); sys.addaudithook(watch); watch.on = True; exec(code)\n"
        "watch.on = False; print(*watch.seen, sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert bool(done.stdout.strip()) is noticed, done


@pytest.mark.parametrize("topic", sorted({name.split("/")[0] for name in CASES}))
def test_a_process_of_its_own_from_the_start(topic: str, tmp_path: Path) -> None:
    """One case of every threat where nothing was imported before."""
    runner = Runner()
    try:
        found = runner.run(next(name for name in CASES if name.startswith(topic)), tmp_path)
    finally:
        runner.close()
    assert found.events == []
    assert all(output.code in (0, 1) for output in found.outputs)
