"""What is known of the networks of keras.applications without Keras: the record, and the specs that describe them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

from netspec import load_spec
from netspec.shapes import show

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "specs" / "zoo"
PAGE = ROOT / "docs" / "zoo.md"
SPECS = sorted(FOLDER.glob("*.yaml"))
RECORD = Path(__file__).with_name("keras_applications.json")

TOLERANCE = 1e-5
"""Of the largest difference between outputs, relative to the largest output of the original."""

Sizes = tuple[int, ...]


@dataclass(frozen=True)
class Facts:
    """What one function of keras.applications makes by default; shapes have no batch axis.

    ``module`` is the file of Keras that it stands in, with its family, and ``module_lines`` that file's length.
    """

    module: str = field(compare=False)
    module_lines: int = field(compare=False)
    input: Sizes
    output: Sizes
    total: int
    trainable: int
    non_trainable: int
    macs: int


@cache
def recorded() -> Mapping[str, Facts]:
    """Read the record: the name of the function → what it makes."""
    read = json.loads(RECORD.read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            name: Facts(**(facts | {"input": tuple(facts["input"]), "output": tuple(facts["output"])}))
            for name, facts in read.items()
        }
    )


def write_record(facts: Mapping[str, Facts]) -> None:
    """Write the record, a line a network."""
    lines = [f"  {json.dumps(name)}: {json.dumps(asdict(facts[name]))}" for name in sorted(facts)]
    RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def spec_of(application: str) -> Path:
    """The spec of a function of keras.applications, which is called as the function is in lower case."""
    return FOLDER / f"{application.lower()}.yaml"


def known(path: Path) -> str:
    """The line of a spec in the tables of the page, as far as it is known without Keras."""
    graph = load_spec(path).graph()
    shapes = ", ".join(show(graph.nodes[name].shape) for name in graph.inputs)
    counts = f"{graph.params.total:,} | {graph.macs:,} | {len(path.read_text(encoding='utf-8').splitlines())}"
    return f"| [{path.stem}](../specs/zoo/{path.name}) | {shapes} | {counts} |"
