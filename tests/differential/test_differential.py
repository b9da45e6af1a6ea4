"""Random small networks: netspec and Keras accept the same, and know the same of what they accept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec import load_spec, yaml
from netspec.errors import Source
from tests.differential import verdict
from tests.differential.generate import spec_of

WRITTEN = Path(__file__).parent.parent / "specs"
RUNS = 150
MIXED = {"extends", "set", "use"}  # what these make of several texts is no matter of Keras


@pytest.fixture(autouse=True, scope="module")
def fresh_keras() -> Iterator[None]:
    yield
    verdict.forget()


@pytest.mark.filterwarnings("ignore:Layer.*mask")
def test_random_specs() -> None:
    """The first specs of the row that ``python -m tests.differential --runs 20000`` walks along."""
    found = {number: verdict.judge(spec_of(number)) for number in range(RUNS)}
    disagreements = {number: one.reason for number, one in found.items() if one.outcome == verdict.DISAGREE}
    assert disagreements == {}
    outcomes = Counter(one.outcome for one in found.values())
    assert outcomes[verdict.BOTH_ACCEPT] > RUNS // 3
    assert outcomes[verdict.BOTH_REFUSE] > RUNS // 10


def small_specs() -> list[Path]:
    specs = [path for path in sorted(WRITTEN.glob("*.yaml")) if not path.name.endswith(".expect.yaml")]
    return [path for path in specs if not MIXED & read(path).keys() and load_spec(path).graph().layer_count < 60]


def read(path: Path) -> dict[str, object]:
    tree, _ = yaml.read(Source(path.name, path.read_text(encoding="utf-8")))
    plain = yaml.plain(tree)
    assert isinstance(plain, dict)
    return plain


@pytest.mark.parametrize("path", small_specs(), ids=lambda path: path.stem)
def test_written_specs(path: Path) -> None:
    """What was written by hand, with figures worked out beside it: there the oracle itself is put to the test."""
    found = verdict.judge(read(path))
    assert (found.outcome, found.reason) == (verdict.BOTH_ACCEPT, "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shape": (7,)}, "is (7,) for netspec"),
        ({"params": 1, "trainable": 1}, "counts [1, 1, 0]"),
        ({"macs": 5}, "costs 5"),
        ({"inputs": ()}, "head-dense reads []"),
        ({"name": "other"}, "netspec makes ['input', 'other'"),
    ],
)
def test_a_difference_is_seen(change: dict[str, object], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let netspec be wrong about one node, and see that it is said."""
    from netspec import graph

    make = graph.Node.__init__

    def wrong(node: graph.Node, *arguments: object) -> None:
        make(node, *arguments)  # type: ignore[arg-type]
        if node.type == "dense":
            for name, value in change.items():
                setattr(node, name, value)

    monkeypatch.setattr(graph.Node, "__init__", wrong)
    spec = {"netspec": 1, "input": {"shape": [3]}, "head": [{"type": "dense", "units": 4}, "relu"]}
    found = verdict.judge(spec)
    assert found.outcome == verdict.DISAGREE
    assert words in found.reason
