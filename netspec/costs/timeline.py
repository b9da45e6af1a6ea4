"""What is in memory beside the weights, step after step: of a forward pass, and of a training step.

A step is one call of a layer, in the graph's order; in training the same calls follow backwards. A tensor is alive from
the step that makes it to the last that reads it. Every amount is a fixed part and a part for each sample, so that one
timeline serves all batch sizes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from netspec.costs.setting import Setting, is_uncounted, weights_of, with_formula, work_of
from netspec.dtypes import SIZES, is_float
from netspec.graph import Graph, Input, Node
from netspec.layer import Work
from netspec.shapes import volume


class Moment(NamedTuple):
    """The bytes alive at one step: inputs and outputs of layers, their gradients, and what a layer needs inside."""

    activations: int
    gradients: int
    workspace: int

    @property
    def total(self) -> int:
        return self.activations + self.gradients + self.workspace


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a layer, forwards or backwards: what is alive for each sample, and what however many there are."""

    node: Node
    per_sample: Moment
    fixed: int

    def at(self, batch: int) -> Moment:
        activations, gradients, workspace = self.per_sample
        return Moment(activations * batch, gradients * batch, workspace * batch + self.fixed)


@dataclass(frozen=True, slots=True)
class Timeline:
    """All steps in order.

    ``alive`` are the steps at which the output of each node is in memory that is its own; ``uncounted`` are types whose
    work no rule tells, with the number of their calls.
    """

    steps: Sequence[Step]
    alive: Mapping[Node, range]
    uncounted: Mapping[str, int]

    def peak(self, batch: int) -> Step:
        """The first step at which most is alive."""
        return max(self.steps, key=lambda step: step.at(batch).total)

    def alive_at(self, step: Step) -> list[Node]:
        """The nodes whose outputs are in memory at a step."""
        position = self.steps.index(step)
        return [node for node, steps in self.alive.items() if position in steps]

    def saved(self, batch: int) -> int:
        """The bytes of activations that are there when the way back begins: what gradients need, and the outputs."""
        return self.steps[len(self.steps) // 2].at(batch).activations

    def largest_batch(self, bytes: int) -> int:
        """The most samples with which no step takes more; 0 where not even one does."""
        if any(step.fixed > bytes for step in self.steps):
            return 0
        return min((bytes - step.fixed) // step.per_sample.total for step in self.steps if step.per_sample.total)


class _Ledger:
    """Amounts that are alive over ranges of steps."""

    def __init__(self, steps: int) -> None:
        self._changes = [0] * (steps + 1)

    def add(self, first: int, last: int, amount: int) -> None:
        """Count an amount from a step to another, both included."""
        self._changes[first] += amount
        self._changes[last + 1] -= amount

    def amounts(self) -> list[int]:
        return list(accumulate(self._changes[:-1]))


class _Run:
    """What both kinds of timeline need to know of a graph. The nodes count from 0, backwards from their number on."""

    def __init__(self, graph: Graph, setting: Setting, *, training: bool) -> None:
        self.nodes = list(graph.nodes.values())
        self.setting = setting
        self.at = {node: position for position, node in enumerate(self.nodes)}
        self.ends = [graph.nodes[name] for name in graph.outputs]
        self.storage: dict[Node, Node] = {}
        for node in self.nodes:  # the node whose memory its output is in
            same = setting.passes_on(node, training=training)
            self.storage[node] = self.storage[node.inputs[0]] if same else node
        self.alive: dict[Node, range] = {}
        self.uncounted: dict[str, int] = {}
        self.works = [self._work(node) for node in self.nodes]
        steps = len(self.nodes) * (2 if training else 1)
        self.activations, self.gradients, self.workspace, self.fixed = (_Ledger(steps) for _ in range(4))

    def _work(self, node: Node) -> Work:
        """What a layer needs and keeps. One that says nothing is taken to keep its input for the gradient."""
        work = work_of(node)
        if is_uncounted(node, work):
            self.uncounted[node.type] = self.uncounted.get(node.type, 0) + 1
        return Work(keeps_input=True) if work is None else with_formula(node, work)

    def size(self, node: Node) -> int:
        """The bytes of a node's output for one sample, all of whose sizes are known."""
        return self.setting.output_bytes(node) or 0

    def last_forward(self) -> dict[Node, int]:
        """The last step forwards that reads what a node made; what flows out is read by the caller at the end."""
        last: dict[Node, int] = {}
        for position, node in enumerate(self.nodes):
            last[self.storage[node]] = position
            for read in node.inputs:
                last[self.storage[read]] = position
        for node in self.ends:
            last[self.storage[node]] = len(self.nodes) - 1
        return last

    def keep_until(self, last: Mapping[Node, int]) -> None:
        """Count the outputs of nodes until their last steps: inputs are there from the start."""
        for node, position in last.items():
            first = 0 if isinstance(node.layer, Input) else self.at[node]
            self.alive[node] = range(first, position + 1)
            self.activations.add(first, position, self.size(node))

    def cast_weights(self, node: Node) -> int:
        """The bytes of a layer's weights in the dtype it works in, where they are kept in another."""
        compute, variable = self.setting.policy_of(node)
        return 0 if compute == variable else (node.owner or node).params * SIZES[compute]

    def compute_size(self, node: Node) -> int:
        return SIZES[self.setting.policy_of(node).compute]

    def timeline(self) -> Timeline:
        nodes = self.nodes if len(self.activations.amounts()) == len(self.nodes) else [*self.nodes, *self.nodes[::-1]]
        amounts = zip(
            nodes,
            self.activations.amounts(),
            self.gradients.amounts(),
            self.workspace.amounts(),
            self.fixed.amounts(),
            strict=True,
        )
        return Timeline(
            [Step(node, Moment(a, g, w), fixed) for node, a, g, w, fixed in amounts], self.alive, self.uncounted
        )


def _all_known(graph: Graph) -> bool:
    return all(volume(node.shape) is not None for node in graph.nodes.values())


def of_inference(graph: Graph, setting: Setting) -> Timeline | None:
    """What is alive in a forward pass that keeps nothing; None where a size is unknown.

    What the network answers stays until the end.
    """
    if not _all_known(graph):
        return None
    run = _Run(graph, setting, training=False)
    run.keep_until(run.last_forward())
    for position, (node, work) in enumerate(zip(run.nodes, run.works, strict=True)):
        needed = work.workspace * run.compute_size(node) + (setting.cast_bytes(node) or 0)
        run.workspace.add(position, position, needed)
        run.fixed.add(position, position, run.cast_weights(node))
    return run.timeline()


def of_training(graph: Graph, setting: Setting) -> Timeline | None:
    """What is alive in a training step, beside weights, their gradients and the optimizer's; None if unknown.

    What a gradient needs is kept until it is worked out. Where nothing before a layer is trained, none is.
    """
    if not _all_known(graph):
        return None
    run = _Run(graph, setting, training=True)
    back = 2 * len(run.nodes) - 1  # the layer at position p has its gradient worked out at back - p
    trained = _trained(run)
    last = run.last_forward()
    for node in run.ends:  # the loss reads it
        last[run.storage[node]] = max(len(run.nodes), last[run.storage[node]])
    born: dict[Node, int] = {run.storage[node]: len(run.nodes) for node in run.ends if node in trained}
    for position, (node, work) in enumerate(zip(run.nodes, run.works, strict=True)):
        then = back - position
        cast = setting.cast_bytes(node) or 0
        run.workspace.add(position, position, work.workspace * run.compute_size(node))
        kept = node in trained
        end = then if kept else position
        run.fixed.add(position, end, run.cast_weights(node))
        if kept and work.keeps_input:
            run.activations.add(position, then, cast)  # what was cast is kept in the stead of what was read
        else:
            run.workspace.add(position, position, cast)
        if not kept:
            continue
        run.workspace.add(then, then, work.workspace * run.compute_size(node))
        run.activations.add(position, end, work.kept * run.compute_size(node))
        keeps = [node] if work.keeps_output else []
        if work.keeps_input:
            keeps += [read for read in node.inputs if not setting.is_cast(node, read)]
        for tensor in keeps:
            last[run.storage[tensor]] = max(then, last[run.storage[tensor]])
        for read in node.inputs:
            if read in trained:
                root = run.storage[read]
                born[root] = min(then, born.get(root, then))
    run.keep_until(last)
    for node, first in born.items():
        run.gradients.add(first, back - run.at[node], run.size(node))
    return run.timeline()


def _trained(run: _Run) -> set[Node]:
    """The nodes through which a gradient flows: something before them or in them is trained, and they give floats."""
    trained: set[Node] = set()
    owners: set[Node] = set()
    for node in run.nodes:
        owner = node.owner or node
        if owner is node and any(weight.trainable for weight in weights_of(node)):
            owners.add(node)
        if is_float(run.setting.dtype_of(node)) and (owner in owners or any(read in trained for read in node.inputs)):
            trained.add(node)
    return trained
