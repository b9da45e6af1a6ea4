"""Random small networks: netspec and Keras accept the same, and know the same of what they accept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from netspec import load_spec, yaml
from netspec.errors import Source
from tests.differential import verdict
from tests.differential.generate import spec_of
from tests.differential.shrink import smallest

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


LAYER = "{type: conv1d, filters: 2, kernel_size: 3}"
HEADS = "{type: multi_head_attention, name: heads, num_heads: 2, key_dim: 3}"
TOKENS = "{type: reversible_embedding, name: tokens, input_dim: 9, output_dim: 6}"

# The head of a spec whose inputs are `a` (5×6), `b` (7×6) and `state` (4), what else it holds, and how it is judged.
HEADS_OF_SPECS: tuple[tuple[str, str, dict[str, Any], bool], ...] = (
    ("three inputs by name", "[{type: attention, from: {key: b, query: a, value: b}}]", {}, True),
    ("no input before the last", "[{type: attention, from: {query: a, key: b}}]", {}, False),
    ("too many inputs", "[{type: gru, units: 4, from: [a, state, state]}]", {}, False),
    ("a state", "[{type: gru, units: 4, from: {initial_state: state, sequence: a}}]", {}, True),
    ("one state of two", "[{type: lstm, units: 4, from: [a, state]}]", {}, False),
    ("two states", "[{type: lstm, units: 4, from: [a, state, state]}]", {}, True),
    ("an operation of three", "[{type: rotary_embedding, from: a}, {type: take, index: -2}]", {}, True),
    ("a position that is not there", "[{type: take, index: 5, from: a}]", {}, False),
    ("a mask at one call", f"[{HEADS[:-1]}, from: [a, b]}}, {{share: heads, use_causal_mask: true}}]", {}, True),
    ("a mask at the other", f"[{HEADS[:-1]}, from: a}}, {{share: heads, use_causal_mask: true, from: b}}]", {}, True),
    ("backwards", f"[{TOKENS[:-1]}, from: state}}, {{share: tokens, reverse: true}}]", {}, True),
    (
        "backwards from elsewhere",
        f"[{TOKENS[:-1]}, from: a}}, {{share: tokens, reverse: true, from: state}}]",
        {},
        False,
    ),
    ("said at no call", f"[{HEADS[:-1]}, from: a}}, {{share: heads, reverse: true}}]", {}, False),
    ("frozen heads", f"[{HEADS[:-1]}, trainable: false, from: [a, b]}}]", {}, True),
    ("a wrapped layer", f"[{{type: spectral_normalization, layer: {LAYER}, from: a}}]", {}, True),
    (
        "defaults of a wrapped layer",
        "[{type: bidirectional, layer: {type: lstm, units: 2}, from: a}]",
        {"defaults": {"lstm": {"use_bias": False, "return_sequences": True}}},
        True,
    ),
    (
        "frozen in a wrapper",
        "[{type: time_distributed, layer: {type: bidirectional, layer: {type: gru, units: 2, trainable: false}},"
        " from: {x: image}}]",
        {},
        True,
    ),
    (
        "no layer in a wrapper",
        "[{type: time_distributed, layer: {type: take, index: 0, axis: -1}, from: image}]",
        {},
        False,
    ),
    ("other sizes of the same weights", "[{type: prelu, name: once, from: a}, {share: once, from: b}]", {}, False),
    (
        "a transformer",
        "[{type: class_token, from: a}, position_embedding, {type: rotary_attention, num_heads: 3}]",
        {},
        True,
    ),
)


@pytest.mark.parametrize(
    ("head", "more", "good"), [one[1:] for one in HEADS_OF_SPECS], ids=[one[0] for one in HEADS_OF_SPECS]
)
def test_several_inputs_wrappers_and_calls(head: str, more: dict[str, object], good: bool) -> None:
    """What random specs hold too, but seldom."""
    tree, _ = yaml.read(Source("head", head))
    shapes = {"a": [5, 6], "b": [7, 6], "state": [4], "image": [2, 4, 3]}
    inputs = {name: {"shape": shape} for name, shape in shapes.items()}
    found = verdict.judge({"netspec": 1, "inputs": inputs, "head": yaml.plain(tree), **more})
    assert found.outcome in ((verdict.BOTH_ACCEPT,) if good else (verdict.BOTH_REFUSE, verdict.AGREED)), found.reason


def test_the_first_specs_hold_all_that_the_language_has() -> None:
    found = {kind for number in range(RUNS) for kind in kinds_in(spec_of(number))}
    assert found == {"named inputs", "said at the call", "wrapped layer", "block", "defaults", "repeat", "branches"}


def kinds_in(written: Any) -> Iterator[str]:
    """Tell what of the rarer parts of the language a spec or a part of it holds."""
    if isinstance(written, list):
        for item in written:
            yield from kinds_in(item)
    if isinstance(written, Mapping):
        source = written.get("from")
        if "type" in written and isinstance(source, Mapping) and len(source) > 1:
            yield "named inputs"
        if "share" in written and written.keys() - {"share", "name", "from", "repeat", "when"}:
            yield "said at the call"
        if isinstance(written.get("layer"), Mapping):
            yield "wrapped layer"
        if "blocks" in written:
            yield "block"
        yield from {"defaults", "repeat", "branches"} & written.keys()
        for item in written.values():
            yield from kinds_in(item)


def test_a_spec_is_made_smaller_while_it_shows_the_same() -> None:
    spec = {
        "netspec": 1,
        "vars": {"v0": 3},
        "head": [
            "relu",
            {
                "nodes": [{"type": "time_distributed", "name": "n0", "layer": {"type": "dense", "units": 8}}],
                "repeat": 2,
            },
            {"type": "attention", "from": {"query": "prev", "value": "n0"}},
        ],
    }
    shown = ("'type': 'dense'", "'type': 'attention'")
    small = smallest(spec, lambda one: all(words in str(one) for words in shown) and "'layer'" not in str(one))
    assert small == {"head": [{"type": "dense"}, {"type": "attention"}]}


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
