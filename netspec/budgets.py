"""What a ``budget`` may bound, whether a network keeps to it, and what is dearest where it does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from netspec.cost import alive_at_peak
from netspec.costs.setting import Setting, is_uncounted, work_of
from netspec.dtypes import SIZES
from netspec.errors import Diagnostic, Related, Source, Where
from netspec.graph import Graph, Node
from netspec.options import show_value
from netspec.suggest import KEY_WORDS, nearest
from netspec.syntax import Step
from netspec.units import WANTED, Kind, parse_quantity, show_bytes, show_count

DEAREST = 5
"""So many blocks are shown of a network that breaks its budget."""

Parts = Mapping[Node, int | None]
"""What each node takes; None where that can't be known. A node that is not in it takes nothing."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Something that can be bounded, in numbers of things or in bytes.

    A network takes what its ``parts`` take together, or what ``total`` says, where they don't add up.
    """

    what: str
    kind: Kind
    parts: Callable[[Graph], Parts]
    total: Callable[[Graph], int | None] | None = None


def _each(part: Callable[[Node], int | None]) -> Callable[[Graph], Parts]:
    return lambda graph: {node: part(node) for node in graph.nodes.values()}


def _elementwise(node: Node) -> int | None:
    work = work_of(node)
    return None if work is None else work.elementwise


def _transcendental(node: Node) -> int | None:
    work = work_of(node)
    return None if work is None else work.transcendental


def _weight_memory(graph: Graph) -> Parts:
    setting = Setting()
    return {node: node.params * SIZES[setting.policy_of(node).variable] for node in graph.nodes.values() if node.params}


OPTIMIZER = "adam"
"""A budget of training takes that for granted, and one sample at a time."""


def _training_memory(graph: Graph) -> int | None:
    from netspec.costs.memory import memory_report

    training = memory_report(graph, Setting(), OPTIMIZER).training
    return training.total if training else None


def _training_parts(graph: Graph) -> Parts:
    """What a node brings: its weights, and of those that are trained a gradient and two more values; its output."""
    setting = Setting()
    parts: dict[Node, int | None] = {}
    for node in graph.nodes.values():
        output = setting.output_bytes(node)
        held = (node.params + 3 * node.trainable) * SIZES[setting.policy_of(node).variable]
        parts[node] = None if output is None else held + output
    return parts


BUDGETS: Mapping[str, Budget] = {
    "params": Budget("params", "count", _each(lambda node: node.params)),
    "trainable_params": Budget("trainable params", "count", _each(lambda node: node.trainable)),
    "macs": Budget("macs", "count", _each(lambda node: node.macs)),
    "elementwise_operations": Budget("elementwise operations", "count", _each(_elementwise)),
    "transcendental_operations": Budget("transcendental operations", "count", _each(_transcendental)),
    "layers": Budget("layers", "count", _each(lambda node: int(node.owner is None))),
    "weight_memory": Budget("bytes of weights", "bytes", _weight_memory),
    "activation_memory": Budget("bytes of activations alive at once, for one sample", "bytes", alive_at_peak),
    "training_memory": Budget(
        f"bytes in a training step of one sample with {OPTIMIZER}", "bytes", _training_parts, _training_memory
    ),
}


# ------------------------------------------------------------------------------------------------------- reading bounds


def bound_of(name: str, written: object) -> float:
    """Read the bound of a budget, a number or a text with a unit. Raises ValueError, with words on what to write."""
    if isinstance(written, str):
        return parse_quantity(written, BUDGETS[name].kind)
    if isinstance(written, int | float) and not isinstance(written, bool) and written >= 0:
        return written
    raise ValueError(WANTED[BUDGETS[name].kind])


_SIGN = r"<=|≤|<"
_NEXT = re.compile(rf",(?=\s*[A-Za-z_]\w*\s*(?:{_SIGN}|[=>:≥]))")
_BOUND = re.compile(rf"\s*([A-Za-z_]\w*)\s*({_SIGN})\s*(.*?)\s*", re.DOTALL)


def parse_budgets(text: str) -> dict[str, int]:
    """Read budgets as a command line has them, ``params<=26M,macs<=4.1G``: the most that each may be.

    Raises ValueError, with a plain sentence that says what is wrong.
    """
    bounds: dict[str, int] = {}
    for part in _NEXT.split(text):
        found = _BOUND.fullmatch(part)
        if found is None:
            raise ValueError(f"{show_value(part.strip())} is no budget: write params<=26M, or params<=26M,macs<=4.1G")
        name, sign, amount = found.groups()
        if name not in BUDGETS:
            near = nearest(name, BUDGETS, KEY_WORDS)
            help = f"did you mean {near}?" if near else f"there are {', '.join(BUDGETS)}"
            raise ValueError(f"there is no budget {show_value(name)}: {help}")
        if name in bounds:
            raise ValueError(f"{name} is bounded twice: write one of the two")
        most = parse_quantity(amount, BUDGETS[name].kind)
        if sign == "<" and most == 0:
            raise ValueError(f"nothing is below 0: write {name}<=0")
        bounds[name] = most - (sign == "<")
    return bounds


# -------------------------------------------------------------------------------------------------- keeping to them


class Share(NamedTuple):
    """What a block, or a layer outside of any, takes of what is bounded, and where it is written."""

    name: str
    part: int
    where: Where

    def text(self, kind: Kind, total: int) -> str:
        percent = f"{100 * self.part / total:.0f} %" if 100 * self.part >= total else "under 1 %"
        return f"{self.name}: {_shown(self.part, kind)}, {percent}"


def _shown(number: int, kind: Kind) -> str:
    return show_bytes(number) if kind == "bytes" else show_count(number)


def dearest(parts: Parts) -> list[Share]:
    """The blocks that take most, the dearest first; none where all take the same."""
    spent: dict[str, int] = {}
    places: dict[str, Where] = {}
    for node, part in parts.items():
        name = node.block or node.name
        spent[name] = spent.get(name, 0) + (part or 0)
        step = node.site.step
        places.setdefault(name, step.where if isinstance(step, Step) else node.where)
    shares = [Share(name, part, places[name]) for name, part in spent.items() if part]
    shares.sort(key=lambda share: -share.part)
    if len(shares) > 1 and shares[0].part == shares[-1].part:
        return []
    return shares[:DEAREST]


def breach(graph: Graph, name: str, bound: float, where: Where, path: str = "") -> Diagnostic | None:
    """Say that a network breaks a budget, or can't be held to it, at the place where the budget is written."""
    budget = BUDGETS[name]
    parts = budget.parts(graph)
    if None in parts.values():
        return _unknown(name, parts, where, path)
    total = budget.total(graph) if budget.total else sum(part or 0 for part in parts.values())
    if total is None or total <= bound:
        return None
    message = f"{name} is {total:,}, over the budget of {bound:,} by {total - bound:,}"
    notes = tuple(Related(share.text(budget.kind, total), share.where) for share in dearest(parts))
    cheaper = "make what is marked cheaper, or " if notes else ""
    help = f"{cheaper}write {name}: {_enough(total, budget.kind)} if it may cost that"
    return Diagnostic("E401", message, where, path, help=help, related=notes)


def check_budgets(graph: Graph, budgets: Mapping[str, int], source: Source) -> list[Diagnostic]:
    """Hold a network to budgets that are not in its spec: what is wrong stands where the dearest block is written."""
    found = []
    for name, bound in budgets.items():
        diagnostic = breach(graph, name, bound, Where(source, 1, 1, 1, 1))
        if diagnostic is not None and diagnostic.related:
            first, *others = diagnostic.related
            diagnostic = replace(diagnostic, where=first.where, label=first.message, related=tuple(others))
        if diagnostic is not None:
            found.append(diagnostic)
    return found


def _unknown(name: str, parts: Parts, where: Where, path: str) -> Diagnostic:
    """Say which layers make it unknown: those of unknown sizes, and those that don't say what they do."""
    nodes = [node for node, part in parts.items() if part is None]
    silent = [node for node in nodes if is_uncounted(node, None)]
    if silent:
        types = ", ".join(dict.fromkeys(node.type for node in silent))
        reason, help = f"{types} has no rule for it", "count it by hand, or give the class of the layer the method work"
    else:
        reason, help = "a size is unknown", "give every axis of the input a number"
    places: dict[Where, str] = {}
    for node in silent or nodes:
        places.setdefault(node.where, node.name)
    notes = [Related(f"{known_as} is not known", place) for place, known_as in places.items()][:DEAREST]
    message = f"{name} can't be known, because {reason}"
    return Diagnostic("E401", message, where, path, help=help, related=tuple(notes))


def _enough(number: int, kind: Kind) -> str:
    """Write a bound that is just enough, in three digits and people's units: ``25.7M`` for 25,636,712."""
    base, units = (2**10, ("", "KiB", "MiB", "GiB", "TiB")) if kind == "bytes" else (10**3, ("", "k", "M", "G", "T"))
    step = 0
    while step < len(units) - 1 and number >= base ** (step + 1):
        step += 1
    if step == 0:
        return str(number)
    digits = len(str(number // base**step))
    tenths = 10 ** max(3 - digits, 0)
    return f"{-(-number * tenths // base**step) / tenths:.10g}{units[step]}"
