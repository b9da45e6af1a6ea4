"""What a refusal at a limit takes, and that it does not grow with what was asked for.

    python benchmarks/limits.py             every limit, about two minutes
    python benchmarks/limits.py layers …    some of them

For each limit: the spec at it is good, the one past it refused with its code. The seconds and the peak memory of a
whole process (`python -m netspec validate`) that refuses what is one past it, ten and a thousand times as much, beside
those of one that refuses an empty file; and the seconds of the refusal alone, in Python. Seconds are those of the
processor's clock, the best of three rounds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from netspec import SpecError, load_spec
from netspec.limits import DEFAULT_LIMITS

ROUNDS = 3
TIMES = (1, 10, 1000)
MEBIBYTE = 2**20
START = "netspec: 1\ninput: {shape: [8]}\n"

Maker = Callable[[Path, int], Path]


def text(make: Callable[[int], str]) -> Maker:
    """Make one file of a text that asks for so much."""

    def write(folder: Path, amount: int) -> Path:
        path = folder / "spec.yaml"
        path.write_text(make(amount))
        return path

    return write


def chain(folder: Path, files: int) -> Path:
    """Make a spec that so many files lead up to."""
    for number in range(files + 1):
        base = START + "head: [relu]\n" if number == 0 else f"netspec: 1\nextends: {number - 1}.yaml\n"
        (folder / f"{number}.yaml").write_text(base)
    return folder / f"{files}.yaml"


def sized(folder: Path, size: int) -> Path:
    """Make a file of so many bytes; what is behind the beginning takes no place on the disk."""
    path = folder / "spec.yaml"
    start = START + "head: [relu]\n"
    path.write_text(start + "#" * (min(size, MEBIBYTE) - len(start)))
    os.truncate(path, size)
    return path


def nested(depth: int) -> str:
    groups = (depth - 2) // 2
    return START + "head: [" + "{nodes: [" * groups + "relu" + "]}" * groups + "]\n"


def searching(steps: int) -> str:
    """Take three operations and read a list of 9,970 items in every copy: a thousand steps."""
    copies = min(-(-steps // 1000), DEFAULT_LIMITS.layers)
    items = ", ".join(["1"] * 9970)
    return START + f"vars: {{l: [{items}]}}\nhead:\n  - {{type: relu, when: $(1 in l), repeat: {copies}}}\n"


@dataclass(frozen=True)
class Case:
    """A limit: how much it allows, the code of its error, and a spec that asks for an amount."""

    name: str
    at: int
    code: str
    make: Maker


CASES = [
    Case("file_bytes", DEFAULT_LIMITS.file_bytes, "E402", sized),
    Case("nesting", DEFAULT_LIMITS.nesting, "E403", text(nested)),
    Case(
        "aliases",
        DEFAULT_LIMITS.aliases,
        "E404",
        text(lambda n: START + "head:\n  - &a {type: dense, units: 8}\n" + "  - *a\n" * n),
    ),
    Case(
        "yaml_nodes",
        DEFAULT_LIMITS.yaml_nodes,
        "E405",
        text(lambda n: START + f"vars: {{a: [{'1,' * (n - 15)}]}}\nhead: [relu]\n"),
    ),
    Case(
        "layers",
        DEFAULT_LIMITS.layers,
        "E406",
        text(lambda n: START + f"head:\n  - {{type: relu, repeat: {n}}}\n"),
    ),
    Case(
        "layers, worked out",
        DEFAULT_LIMITS.layers,
        "E406",
        text(lambda n: START + f"vars: {{n: {n}}}\nhead:\n  - {{type: relu, repeat: $n}}\n"),
    ),
    Case(
        "magnitude",
        DEFAULT_LIMITS.magnitude,
        "E407",
        text(lambda n: START + f"head:\n  - {{type: dense, units: {n}}}\n"),
    ),
    Case(
        "magnitude, worked out",
        DEFAULT_LIMITS.magnitude,
        "E407",
        text(lambda n: START + f"head:\n  - {{type: dense, units: $({n} - 1 + 1)}}\n"),
    ),
    Case(
        "text_length",
        DEFAULT_LIMITS.text_length,
        "E412",
        text(lambda n: START + f"description: '{'a ' * (n // 2)}{'a' * (n % 2)}'\nhead: [relu]\n"),
    ),
    Case(
        "word_length",
        DEFAULT_LIMITS.word_length,
        "E412",
        text(lambda n: START + f"head: [{{type: relu, name: {'a' * n}}}]\n"),
    ),
    Case(
        "expression_length",
        DEFAULT_LIMITS.expression_length,
        "E408",
        text(lambda n: START + f"head:\n  - type: dense\n    units: $({'1'.rjust(n - 3)})\n"),
    ),
    Case("expression_steps", DEFAULT_LIMITS.expression_steps, "E411", text(searching)),
    Case(
        "items of a list",
        10_000,
        "E408",
        text(lambda n: START + f"vars: {{a: '$([1] * {n - 1})'}}\nhead: [relu]\n"),
    ),
    Case("extends_depth", DEFAULT_LIMITS.extends_depth, "E409", chain),
    Case("axes", 64, "E108", text(lambda n: f"netspec: 1\ninput: {{shape: [{', '.join(['1'] * n)}]}}\nhead: [relu]\n")),
]


def codes(path: Path) -> list[str]:
    try:
        load_spec(path)
    except SpecError as error:
        return [diagnostic.code for diagnostic in error.diagnostics]
    return []


# A process counts the memory of the one that started it until it has become its own; so a small one starts it.
LAUNCHER = """
import os, subprocess, sys
with subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
print(process.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def whole_process(path: Path) -> tuple[float, float]:
    """Give the seconds of a processor's time and the peak memory in MiB of the command, the best of some rounds."""
    measured = []
    for _ in range(ROUNDS):
        command = [sys.executable, "-c", LAUNCHER, sys.executable, "-m", "netspec", "validate", str(path)]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        code, seconds, memory = map(float, printed.split())
        assert code == 1, path
        measured.append((seconds, memory))
    return min(seconds for seconds, _ in measured), min(memory for _, memory in measured)


def alone(path: Path) -> float:
    """Give the seconds that the refusal takes where netspec is loaded."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        codes(path)
        times.append(time.process_time() - start)
    return min(times)


def measure(case: Case, folder: Path) -> str:
    """Measure one limit; a row of the table."""
    assert codes(case.make(folder, case.at)) == [], case.name
    cells = []
    for times in TIMES:
        path = case.make(folder, case.at * times + (times == 1) * (2 if case.name == "nesting" else 1))
        found = codes(path)
        seconds, memory = whole_process(path)
        other = "" if found == [case.code] else f" {found[0]}"  # a larger limit comes first: that of the file
        cells.append(f"{seconds:.2f} s, {memory:.0f} MiB, {alone(path) * 1000:.1f} ms{other}")
    return f"| {case.name} | {case.at:,} | {case.code} | {' | '.join(cells)} |"


def main(wanted: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.yaml"
        empty.write_text("")
        seconds, memory = whole_process(empty)
        print(f"an empty file: {seconds:.2f} s, {memory:.0f} MiB, {alone(empty) * 1000:.1f} ms\n")
        print("| limit | at | code | one past it | 10 times | 1,000 times |")
        print("| --- | ---: | --- | --- | --- | --- |")
        for number, case in enumerate(CASES):
            if not wanted or case.name.split(",")[0] in wanted:
                place = Path(folder) / str(number)
                place.mkdir()
                print(measure(case, place), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
