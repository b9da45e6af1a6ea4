"""How much memory a network takes, in inference and in training, and how large a batch fits into how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from netspec.costs.optimizers import slots_of
from netspec.costs.setting import Setting, weights_of
from netspec.costs.timeline import Moment, Timeline, of_inference, of_training
from netspec.dtypes import DEFAULT_POLICY, SIZES
from netspec.graph import Graph
from netspec.units import show_bytes


@dataclass(frozen=True, slots=True)
class Held:
    """The bytes that are held whatever the batch: weights by dtype, their gradients, and what the optimizer keeps."""

    weights: Mapping[str, int]
    gradients: int = 0
    optimizer: int = 0

    @property
    def total(self) -> int:
        return sum(self.weights.values()) + self.gradients + self.optimizer


def held(graph: Graph, setting: Setting, optimizer: str | None = None) -> Held:
    """Count what is held in inference, or in training with an optimizer: Keras keeps slots in the weight's dtype."""
    weights: dict[str, int] = {}
    gradients = kept = 0
    slots = slots_of(optimizer) if optimizer else None
    for node in graph.nodes.values():
        if not node.params:
            continue
        dtype = setting.policy_of(node).variable
        weights[dtype] = weights.get(dtype, 0) + node.params * SIZES[dtype]
        if slots:
            gradients += node.trainable * SIZES[dtype]
            trained = [weight for weight in weights_of(node) if weight.trainable]
            kept += sum(slots(f"{node.name}/{weight.name}", weight.shape) for weight in trained) * SIZES[dtype]
    return Held(weights, gradients, kept)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one kind of run takes at a batch: what is held, and what is alive at the step where most is.

    ``moment`` and ``where`` are None where a size of the network is unknown. Of training, ``saved`` are the activations
    that are kept for the gradients.
    """

    held: Held
    moment: Moment | None
    where: str | None
    saved: int | None = None

    @property
    def total(self) -> int | None:
        return None if self.moment is None else self.held.total + self.moment.total

    def as_json(self) -> dict[str, Any]:
        moment = self.moment
        return {
            "weights_bytes": dict(self.held.weights),
            "weight_gradients_bytes": self.held.gradients,
            "optimizer_bytes": self.held.optimizer,
            "activations_bytes": moment and moment.activations,
            "activation_gradients_bytes": moment and moment.gradients,
            "workspace_bytes": moment and moment.workspace,
            "peak_layer": self.where,
            "total_bytes": self.total,
        }


@dataclass(frozen=True, slots=True)
class Fit:
    """The largest batch that fits into so many bytes: 0 where not even one sample does, None where not known."""

    bytes: int
    batch: int | None


@dataclass(frozen=True, slots=True)
class MemoryReport:
    """The memory of a network in one setting; ``uncounted`` are types without a rule, with their numbers of calls."""

    setting: Setting
    inference: Estimate
    training: Estimate | None
    optimizer: str | None
    fit: Fit | None
    uncounted: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """The report for programs: bytes as integers, null where a size is unknown."""
        return {
            "batch": self.setting.batch,
            "dtype": self.setting.dtype or DEFAULT_POLICY,
            "inference": self.inference.as_json(),
            "training": _training_json(self.optimizer, self.training) if self.training else None,
            "fits": {"bytes": self.fit.bytes, "largest_batch": self.fit.batch} if self.fit else None,
            "uncounted": dict(self.uncounted),
        }

    def text(self) -> str:
        """A few lines for people, at most 100 columns wide."""
        setting = self.setting
        heading = f"memory at batch {setting.batch:,}{f', {setting.dtype}' if setting.dtype else ''}"
        rows = [["", "weights", "optimizer", "gradients", "activations", "workspace", "total"]]
        rows.append(["inference", *_cells(self.inference)])
        if self.training:
            rows.append([f"training, {self.optimizer}", *_cells(self.training)])
        else:
            rows = [[*row[:2], *row[4:]] for row in rows]  # nothing is learned
        lines = [heading, *_columns(rows)]
        if self.fit:
            doing = f"training with {self.optimizer}" if self.training else "inference"
            lines.append(f"  {show_bytes(self.fit.bytes)}: {_fitting(self.fit, doing)}")
        if self.uncounted:
            listed = ", ".join(f"{name} ×{calls}" if calls > 1 else name for name, calls in self.uncounted.items())
            lines.append(f"  without what is needed inside of {listed}")
        return "\n".join(line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…" for line in lines)


def _training_json(optimizer: str | None, estimate: Estimate) -> dict[str, Any]:
    return {"optimizer": optimizer, "saved_for_backward_bytes": estimate.saved, **estimate.as_json()}


WIDTH = 100


def _cells(estimate: Estimate) -> list[str]:
    holding, moment = estimate.held, estimate.moment
    weights, optimizer = show_bytes(sum(holding.weights.values())), show_bytes(holding.optimizer)
    if moment is None or estimate.total is None:
        return [weights, optimizer, "?", "?", "?", "?"]
    sizes = (holding.gradients + moment.gradients, moment.activations, moment.workspace, estimate.total)
    return [weights, optimizer, *map(show_bytes, sizes)]


def _columns(rows: list[list[str]]) -> list[str]:
    """Draw rows in columns: the first to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]


def _fitting(fit: Fit, doing: str) -> str:
    if fit.batch is None:
        return "a size is unknown, so the largest batch can't be known"
    return f"a batch of {fit.batch:,} fits, in {doing}" if fit.batch else f"not even one sample fits, in {doing}"


def memory_report(graph: Graph, setting: Setting, training: str | None = None, fits: int | None = None) -> MemoryReport:
    """Work out the memory of a network; ``training`` names an optimizer, ``fits`` the bytes that there are.

    Raises ValueError, with a plain sentence, where there is no such optimizer.
    """
    forward = of_inference(graph, setting)
    inference = _estimate(held(graph, setting), forward, setting.batch)
    trained: Estimate | None = None
    timeline, uncounted = forward, forward.uncounted if forward else {}
    holding = inference.held
    if training is not None:
        holding = held(graph, setting, training)
        timeline = of_training(graph, setting)
        trained = _estimate(holding, timeline, setting.batch)
        trained = replace(trained, saved=None if timeline is None else timeline.saved(setting.batch))
    fit = None
    if fits is not None:
        fit = Fit(fits, None if timeline is None else timeline.largest_batch(fits - holding.total))
    return MemoryReport(setting, inference, trained, training, fit, uncounted)


def _estimate(holding: Held, timeline: Timeline | None, batch: int) -> Estimate:
    if timeline is None:
        return Estimate(holding, None, None)
    step = timeline.peak(batch)
    return Estimate(holding, step.at(batch), step.node.name)


def largest_batch(graph: Graph, bytes: int, setting: Setting, training: str | None = None) -> int | None:
    """The largest batch whose estimate is within so many bytes, 0 where none is; None where a size is unknown."""
    timeline = of_inference(graph, setting) if training is None else of_training(graph, setting)
    return None if timeline is None else timeline.largest_batch(bytes - held(graph, setting, training).total)
