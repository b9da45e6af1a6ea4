"""What netspec and Keras make of one spec, and where they differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import keras

from netspec import SpecError, load_spec
from netspec.errors import Mistake
from netspec.graph import Graph, Node
from netspec.layer import Layer, Weight
from netspec.registry import Mistakes
from tests.differential.keras_layers import JOINS
from tests.differential.keras_oracle import Called, TooLarge, Translation, translate
from tests.layers.agreement import LAYER_TYPES, apply, expected_macs, known_as, known_to_both
from tests.layers.oracle import Built, disagreement, run

BOTH_ACCEPT = "both accept"
BOTH_REFUSE = "both refuse"
AGREED = "netspec alone refuses, as agreed"
OPEN = "Keras alone refuses, for a size that it lost at a join"
TOO_LARGE = "too large to tell"
DISAGREE = "disagree"
OUTCOMES = (BOTH_ACCEPT, BOTH_REFUSE, AGREED, OPEN, TOO_LARGE, DISAGREE)
COMPARED = ("layers", "shapes", "weights", "macs", "totals")


@dataclass
class Verdict:
    """How a spec was judged, what there is to say about it, and how much was compared."""

    outcome: str
    reason: str = ""
    compared: Counter[str] = field(default_factory=Counter)

    @property
    def kind(self) -> tuple[str, str]:
        """The outcome, and the first reason without names and numbers: the same for the same fault."""
        first = self.reason.partition("\n")[0]
        return self.outcome, re.sub(r"[\w.-]*\d[\w.-]*|\(.*?\)|\[.*?\]", "", first)


def forget() -> None:
    """Let Keras start afresh: it remembers how often each name was used."""
    keras.backend.clear_session()


def judge(spec: Mapping[str, Any]) -> Verdict:
    """Ask both, and compare all that both know."""
    graph: Graph | None = None
    refusal = ""
    try:
        graph = load_spec(spec).graph()
    except SpecError as error:
        refusal = "; ".join(f"{one.code} {one.path}: {one.message}" for one in error.diagnostics)
    except Exception as error:  # noqa: BLE001  nothing but SpecError may come out
        return Verdict(DISAGREE, f"netspec fails: {type(error).__name__}: {error}")
    built: Translation | None = None
    said = ""
    calls: list[Called] = []
    try:
        built = translate(spec, calls)
    except TooLarge as error:
        return Verdict(TOO_LARGE, str(error))
    except Exception as error:  # noqa: BLE001  Keras refuses in many ways, all of them refusals
        said = f"{type(error).__name__}: {str(error).strip()}"
    if graph is None:
        if built is None:
            return Verdict(BOTH_REFUSE, f"{refusal}\n{said}")
        agreed = any(_agreed(called) or _cannot_run(called, built) for called in built.calls)
        return Verdict(AGREED if agreed else DISAGREE, f"netspec refuses: {refusal}")
    if built is None:
        lost = _joins_lose_sizes(graph) or any(map(_loses_sizes, calls))
        return Verdict(OPEN if lost else DISAGREE, f"Keras refuses: {said}")
    compared: Counter[str] = Counter()
    differences = list(_differences(graph, built, compared))
    return Verdict(DISAGREE if differences else BOTH_ACCEPT, "\n".join(differences[:5]), compared)


def _agreed(called: Called) -> bool:
    """Tell whether netspec refuses this very layer, and was found right with that: Keras can't run it, say."""
    shapes = tuple(read.shape for read in called.inputs)
    try:
        apply(called.type, called.options, shapes)
    except (Mistake, Mistakes):
        return disagreement(LAYER_TYPES[called.type], called.options, shapes) is None
    return False


def _cannot_run(called: Called, built: Translation) -> bool:
    """Tell whether a shared call fails on inputs that differ from those of the first: Keras builds some of them."""
    if called.first is None or [one.shape for one in called.inputs] == [one.shape for one in called.first.inputs]:
        return False
    model = keras.Model([one.tensor for one in built.inputs], called.tensor)
    return run(Built((), (), model), tuple(one.shape for one in built.inputs)) is None


def _joins_lose_sizes(graph: Graph) -> bool:
    """Tell whether a join has a known size where one of its inputs has none: Keras knows none there, either."""
    joins = (node for node in graph.nodes.values() if node.type in JOINS)
    return any(
        None in read.shape and read.shape.count(None) > node.shape.count(None) for node in joins for read in node.inputs
    )


def _loses_sizes(called: Called) -> bool:
    """Tell the same of a call that Keras made, also where nothing reads it: the graph holds no such node."""
    known = min((read.shape.count(None) for read in called.inputs), default=0)
    return called.type in JOINS and called.shape.count(None) > known


def _differences(graph: Graph, built: Translation, compared: Counter[str]) -> Iterator[str]:
    theirs = {called.name: called for called in built.kept()}
    if list(graph.nodes) != list(theirs):
        yield f"netspec makes {list(graph.nodes)}, Keras {list(theirs)}"
        return
    known_here_only: set[str] = set()
    owners: dict[int, Called] = {}
    for name, node in graph.nodes.items():
        compared["layers"] += 1
        called = theirs[name]
        owns_weights = owners.setdefault(id(called.layer or called), called) is called
        if (node.owner is None) != owns_weights:
            yield f"{name} shares its weights for one of them only"
        yield from _node_differences(node, called, known_here_only, compared)
    outputs = [called.name for called in built.outputs]
    if list(graph.outputs) != outputs:
        yield f"netspec gives out {list(graph.outputs)}, Keras {outputs}"
    totals = [graph.params.total, graph.params.trainable, graph.params.non_trainable]
    weights = (built.model.weights, built.model.trainable_weights, built.model.non_trainable_weights)
    counted = [sum(prod(weight.shape) for weight in some) for some in weights]
    compared["totals"] += 3
    if totals != counted:
        yield f"netspec counts {totals} parameters (all, trainable, others), Keras {counted}"


def _node_differences(node: Node, called: Called, known_here_only: set[str], compared: Counter[str]) -> Iterator[str]:
    if node.type != called.type:
        yield f"{node.name} is {node.type} for netspec, {called.type} for Keras"
    reads = [read.name for read in node.inputs]
    if reads != [read.name for read in called.inputs]:
        yield f"{node.name} reads {reads} for netspec, {[read.name for read in called.inputs]} for Keras"
        return
    compared["shapes"] += 1
    if node.shape != called.shape:
        may_know_more = node.type in JOINS or known_here_only.intersection(reads)
        if not may_know_more or not known_to_both(node.shape, called.shape):
            yield f"{node.name} ({node.type}) is {node.shape} for netspec, {called.shape} for Keras"
        known_here_only.add(node.name)
    if not isinstance(node.layer, Layer):
        return
    made = tuple(Weight(w.name, tuple(w.shape), w.trainable) for w in getattr(called.layer, "weights", ()))
    shapes = tuple(read.shape for read in node.inputs)
    compared["macs"] += 1
    wanted = expected_macs(node.type, called.options, made, shapes, node.shape)
    if node.macs != wanted:
        yield f"{node.name} ({node.type}) costs {node.macs} for netspec, {wanted} by Keras's weights"
    if node.owner is None:
        compared["weights"] += len(made)
        listed = known_as(node.layer, shapes)
        if listed != made:
            yield f"{node.name} ({node.type}) has {listed} for netspec, {made} for Keras"
