"""How well mistakes are explained, beside raw jsonschema and raw Keras on the same files.

    python benchmarks/mistakes.py                 every category of tests/mistakes
    python benchmarks/mistakes.py types shapes    some of them

line      share of the specs for which a tool names the line where the mistake was made: netspec all lines and no other,
          the others one of them, for they stop at the first
fix       share of the specs whose fix can be known for which the message names it; who lists all names there are has
          named none (`tests/mistakes/reader.py`)
length    median length of what is said, in characters, where anything is

jsonschema    yaml.safe_load, the committed schema and best_match; the path of its error is looked up in the text
Keras         yaml.safe_load and a builder of sixty lines as people write them; its line is that of the node it was at
Both get the line of the mark where the YAML itself can't be read. Who thinks for over five seconds has said nothing.
"""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import statistics
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.mistakes.reader import Case, cases, without_lists  # noqa: E402

Place = tuple[str, int]
At = list[str | int]


@dataclass(frozen=True)
class Answer:
    """What a tool says about a spec: where, and in which words; of these, where a fix may stand."""

    places: frozenset[Place] = frozenset()
    text: str = ""
    advice: tuple[str, ...] = ()


NOTHING = Answer()


# ------------------------------------------------------------------------------------------------------------ netspec


def by_netspec(case: Case) -> Answer:
    from netspec import SpecError, load_spec

    try:
        load_spec(case.spec)
    except SpecError as error:
        found = error.diagnostics
        places = {(os.path.relpath(one.where.file, case.spec.parent), one.where.line) for one in found}
        said = [(one.message, one.label, one.help, *(note.message for note in one.related)) for one in found]
        text = "\n".join(part for parts in said for part in parts if part)
        return Answer(frozenset(places), text, tuple(one.help for one in found))
    return NOTHING


# ------------------------------------------------------------------------------------------------- what the others do


class Lines:
    """The lines of a YAML text by path: where a value begins."""

    def __init__(self, text: str) -> None:
        self.root = yaml.compose(text, yaml.SafeLoader)

    def __getitem__(self, path: Sequence[str | int]) -> int:
        node = self.root
        for step in path:
            inner = self._inside(node, step)
            if inner is None:
                break
            node = inner
        return node.start_mark.line + 1 if node else 1

    @staticmethod
    def _inside(node: yaml.Node, step: str | int) -> yaml.Node | None:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            return node.value[step]
        if isinstance(node, yaml.MappingNode):
            return next((value for key, value in node.value if key.value == str(step)), None)
        return None


def by_reading(find: Callable[[Any], tuple[At, str] | None]) -> Callable[[Case], Answer]:
    """Make a tool of what finds the first mistake in the data of a YAML text: its path and what is said."""

    def answer(case: Case) -> Answer:
        try:
            text = case.spec.read_text(encoding="utf-8")
            data = yaml.safe_load(text)
        except Exception as error:  # noqa: BLE001  (whatever a reader raises is what its user sees)
            mark = getattr(error, "problem_mark", None)
            return one(case, mark.line + 1 if mark else 1, str(error))
        found = find(data)
        return one(case, Lines(text)[found[0]], found[1]) if found else NOTHING

    return answer


def one(case: Case, line: int, text: str) -> Answer:
    return Answer(frozenset({(f"{case.name}.yaml", line)}), text, (text,))


# --------------------------------------------------------------------------------------------------------- jsonschema


def find_by_schema(data: Any) -> tuple[At, str] | None:
    from jsonschema.exceptions import best_match

    error = best_match(validator().iter_errors(data))
    return (list(error.absolute_path), error.message) if error else None


@cache
def validator() -> Any:
    from jsonschema import Draft202012Validator

    schema = json.loads((ROOT / "schemas" / "netspec.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


# -------------------------------------------------------------------------------------------------------------- Keras


def find_by_keras(data: Any) -> tuple[At, str] | None:
    import keras

    keras.backend.clear_session()
    gc.collect()  # the last model is circles of references, and holds its weights
    builder = Builder(keras)
    try:
        builder.model(data)
    except Exception as error:  # noqa: BLE001  (whatever a builder raises is what its user sees)
        return builder.at, f"{type(error).__name__}: {error}"
    return None


class Builder:
    """The builder that is in many a repository: look the type up, call it with its options, call it on the tensor.

    ``at`` is the path of the node that it is at.
    """

    def __init__(self, keras: Any) -> None:
        self.keras = keras
        self.at: At = []
        self.tensors: dict[str, Any] = {}

    def model(self, data: Any) -> Any:
        self.variables, self.blocks = data.get("vars", {}), data.get("blocks", {})
        self.at = ["input"]
        inputs = {"input": data["input"]} if "input" in data else data["inputs"]
        self.tensors = {name: self.keras.Input(**options) for name, options in inputs.items()}
        x = next(iter(self.tensors.values()))
        for name, nodes in data.get("stages", {}).items():
            x = self.tensors[name] = self.nodes(nodes, x, ["stages", name])
        x = self.nodes(data.get("head", []), x, ["head"])
        return self.keras.Model(list(self.tensors.values())[: len(inputs)], x)

    def nodes(self, nodes: list[Any], x: Any, at: At) -> Any:
        for index, node in enumerate(nodes):
            self.at = [*at, index]
            options = {"type": node} if isinstance(node, str) else dict(self.filled(node))
            for _ in range(options.pop("repeat", 1)):
                x = self.node(dict(options), x, self.at)
        return x

    def node(self, options: dict[str, Any], x: Any, at: At) -> Any:
        name, source = options.pop("name", None), options.pop("from", None)
        if not options.pop("when", True):
            return x
        if source is not None:
            found = [x if one == "prev" else self.tensors[one] for one in as_list(source)]
            x = found if len(found) > 1 else found[0]
        if "nodes" in options:
            x = self.nodes(options["nodes"], x, [*at, "nodes"])
        elif "branches" in options:
            ends = [self.nodes(branch, x, [*at, "branches", i]) for i, branch in enumerate(options["branches"])]
            x = self.nodes([options["merge"]], ends, [*at, "merge"])
        else:
            x = self.layer(options.pop("type"), options, x)
        if name:
            self.tensors[name] = x
        return x

    def layer(self, kind: str, options: dict[str, Any], x: Any) -> Any:
        if kind in self.blocks:
            return self.block(self.blocks[kind], options, x)
        cls = getattr(self.keras.layers, kind, None) or getattr(self.keras.layers, camel_case(kind))
        return cls(**options)(x)

    def block(self, block: Any, options: dict[str, Any], x: Any) -> Any:
        outside = self.variables, self.at
        defaults = {name: param["default"] for name, param in block.get("params", {}).items() if "default" in param}
        self.variables = {**self.variables, **defaults, **options}
        x = self.nodes(block["nodes"], x, self.at)
        self.variables, self.at = outside
        return x

    def filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        return self.variables[value[1:]] if isinstance(value, str) and re.match(r"\$\w+\Z", value) else value


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def camel_case(kind: str) -> str:
    """Name a class as Keras does: conv2d → Conv2D, relu → ReLU, max_pooling2d → MaxPooling2D."""
    known = {"relu": "ReLU", "leaky_relu": "LeakyReLU", "prelu": "PReLU", "elu": "ELU"}
    words = (re.sub(r"(\d)d\b", r"\1D", word) for word in kind.split("_"))
    return known.get(kind) or "".join(word[:1].upper() + word[1:] for word in words)


# -------------------------------------------------------------------------------------------------------------- score

TOOLS: dict[str, Callable[[Case], Answer]] = {
    "netspec": by_netspec,
    "jsonschema": by_reading(find_by_schema),
    "Keras": by_reading(find_by_keras),
}


@dataclass(frozen=True)
class Mark:
    """How one tool did on one spec; ``fix`` is None where only the author can know it."""

    line: bool
    fix: bool | None
    length: int


SECONDS = 5


class TooLong(BaseException):
    """The time is over. No Exception, so that no tool takes it for a mistake of the spec."""


def in_time(tool: str, case: Case) -> Answer:
    def stop(*_: object) -> None:
        raise TooLong

    signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)  # of the processor, so that a busy machine changes no score
    try:
        return TOOLS[tool](case)
    except TooLong:
        return NOTHING
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def mark(tool: str, case: Case) -> Mark:
    answer = in_time(tool, case)
    places = {mistake.place for mistake in case.mistakes}
    line = answer.places == places if tool == "netspec" else bool(answer.places & places)
    fixes = [mistake.fix for mistake in case.mistakes if mistake.fix]
    advice = [without_lists(text) for text in answer.advice]
    named = [any(all(word in text for word in fix) for text in advice) for fix in fixes]
    fix = (all(named) if tool == "netspec" else any(named)) if fixes else None
    return Mark(line, fix, len(answer.text))


def row(title: str, columns: Sequence[Sequence[Mark]]) -> str:
    cells = []
    for marks in columns:
        fixes = [one.fix for one in marks if one.fix is not None]
        lengths = [one.length for one in marks if one.length]
        cells += [
            share([one.line for one in marks]),
            share(fixes),
            f"{statistics.median(lengths):.0f}" if lengths else "–",
        ]
    return f"{title:<12}{len(columns[0]):>5}  " + "".join(f"{cell:>8}" for cell in cells)


def share(values: Sequence[bool]) -> str:
    return f"{sum(values) / len(values):.1%}" if values else "–"


def main(wanted: Sequence[str]) -> None:
    import keras  # noqa: F401  (what it takes to import is no time of the first spec's)

    warnings.simplefilter("ignore")
    chosen = [case for case in cases() if not wanted or case.category in wanted]
    marks = {tool: [mark(tool, case) for case in chosen] for tool in TOOLS}
    print(f"{'':<19}" + "".join(f"{tool:>24}" for tool in TOOLS))
    print(
        f"{'category':<12}{'specs':>5}  " + "".join(f"{cell:>8}" for _ in TOOLS for cell in ("line", "fix", "length"))
    )
    for category in sorted({case.category for case in chosen}):
        here = [index for index, case in enumerate(chosen) if case.category == category]
        print(row(category, [[column[index] for index in here] for column in marks.values()]))
    print(row("all", list(marks.values())))


if __name__ == "__main__":
    main(sys.argv[1:])
