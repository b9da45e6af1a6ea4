"""Counts a network as a tool for PyTorch would, of its modules and functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netspec.conventions import Count
from netspec.conventions._as_torch import as_torch
from netspec.conventions._rules import NoRuleError, Rules, UnknownSizeError
from netspec.conventions._tally import Tally, compared, unknown_size
from netspec.conventions._torch import Call, Parameter, Plain
from netspec.graph import Graph, Input, Node
from netspec.layers.normalization import BatchNormalization

NO_MODULE = "there is no usual way to write it as a module of PyTorch"
NO_RULE = "there is no rule for {}"


class TorchTool:
    """A tool's rules by class of call, each a function from a call to what it counts.

    ``parameters`` says how many parameters of a call it counts; None where it counts none at all.
    """

    def __init__(self, name: str, unit: str, parameters: Callable[[Call, bool], int] | None = None) -> None:
        self.name = name
        self.unit = unit
        self.rules: Rules[int] = Rules()
        self._parameters = parameters

    def has_rule(self, call: Call) -> bool:
        return self.rules.find(type(call)) is not None

    def count(self, graph: Graph) -> Count:
        """Count a network, and say what makes the number differ from netspec's."""
        tally, params = Tally(), Tally()
        try:
            for node in graph.nodes.values():
                if not isinstance(node.layer, Input):
                    self._count_node(node, tally, params)
        except UnknownSizeError:
            return Count(self.name, None, self.unit, graph.macs, (unknown_size(node),))
        macs = graph.macs or 0
        why = [
            f"netspec counts {macs:,} multiply-adds; {self.name} counts {compared(tally.value, macs, 'that')}.",
            *tally.sentences(NO_MODULE),
        ]
        if self._parameters is None:
            return Count(self.name, tally.value, self.unit, graph.macs, tuple(why), uncounted=tally.without_rule)
        total = graph.params.total
        why.append(f"netspec counts {total:,} parameters; {self.name} counts {compared(params.value, total, 'that')}.")
        why += [f"Parameters of {sentence}" for sentence in params.sentences(NO_MODULE) if "Nothing is" not in sentence]
        return Count(self.name, tally.value, self.unit, graph.macs, tuple(why), params.value, tally.without_rule)

    def _count_node(self, node: Node, tally: Tally, params: Tally) -> None:
        try:
            calls, written = as_torch(node)
        except NoRuleError:
            tally.add_without_rule(node.type, node.macs or 0)
            if node.params:
                params.add_without_rule(node.type, node.params)
            return
        found = [(call, self.rules.find(type(call))) for call in calls]
        notes = [self._without(calls), *(rule.note for _, rule in found if rule is not None)]
        value = sum(rule.count(call) for call, rule in found if rule is not None)
        tally.add(node.type, value, node.macs or 0, [written, *notes])
        if self._parameters is not None:
            once = node.owner is None
            number = sum(self._parameters(call, once) for call in calls)
            params.add(node.type, number, node.params, [written, self._unseen(calls), *_moving(node)])

    def _without(self, calls: Iterable[Call]) -> str:
        """Say which calls it has no rule for."""
        names = dict.fromkeys(
            call.name for call in calls if not isinstance(call, Plain | Parameter) and not self.has_rule(call)
        )
        return f"{self.name} has no rule for {', '.join(names)}" if names else ""

    def _unseen(self, calls: Iterable[Call]) -> str:
        """Say which parameters it does not see."""
        assert self._parameters is not None
        unseen = [call for call in calls if call.parameters and not self._parameters(call, True)]
        names = dict.fromkeys("bare parameters" if isinstance(call, Parameter) else call.name for call in unseen)
        return f"{self.name} does not see those of {', '.join(names)}" if names else ""


def _moving(node: Node) -> list[str]:
    """Say that moving statistics are no parameters in PyTorch."""
    batch = isinstance(node.layer, BatchNormalization)
    return ["moving statistics are buffers in PyTorch, no parameters"] if batch else []
