"""``netspec summary``."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netspec.cli._output import GOOD, WRONG_SPEC, draw, print_json, print_line
from netspec.cli._words import (
    BudgetOption,
    JsonOption,
    LimitOption,
    RootOption,
    SetOption,
    argument_of,
    load,
    read_budgets,
)
from netspec.errors import SpecError

if TYPE_CHECKING:
    from netspec.api import Spec
    from netspec.costs.memory import MemoryReport
    from netspec.costs.setting import Setting
    from netspec.graph import Graph


class Depth(StrEnum):
    """How far the table is unfolded."""

    stage = "stage"
    block = "block"
    layer = "layer"


def summary(
    specs: Annotated[list[str], typer.Argument(metavar="SPEC...", help="The spec files; - reads standard input.")],
    depth: Annotated[Depth, typer.Option("--depth", help="How far to unfold.")] = Depth.block,
    cost: Annotated[
        bool, typer.Option("--cost", help="Show operations, bytes moved, weights and receptive field.")
    ] = False,
    batch: Annotated[
        int | None, typer.Option("--batch", metavar="N", min=1, help="Show the memory of so many samples at once.")
    ] = None,
    dtype: Annotated[
        str | None, typer.Option("--dtype", metavar="POLICY", help="… in float16, mixed_float16, bfloat16, …")
    ] = None,
    training: Annotated[
        str | None, typer.Option("--training", metavar="OPTIMIZER", help="… of a training step with adam, sgd, …")
    ] = None,
    fits: Annotated[
        str | None, typer.Option("--fits", metavar="MEMORY", help="… and the largest batch that fits into 24GiB.")
    ] = None,
    convention: Annotated[
        str | None,
        typer.Option(
            "--convention",
            metavar="TOOL",
            help="Count as another tool does, and say why it differs: fvcore, thop, torchinfo, ptflops, tf-profiler, "
            "xla, mac or flop2.",
        ),
    ] = None,
    budget: BudgetOption = None,
    json_: JsonOption = False,
    set_: SetOption = None,
    root: RootOption = None,
    limit: LimitOption = None,
) -> None:
    """Show shapes, parameters and cost; of several specs a line each."""
    asked = _Asked(depth.value, cost, batch, dtype, training, fits, convention)
    bounds = read_budgets(budget)
    loaded = []
    for name in specs:
        try:
            loaded.append(load(name, set_, root, limit, budgets=bounds))
        except SpecError as error:  # what is wrong with one does not keep the others away
            draw(error.diagnostics)
    if json_ and len(specs) > 1:
        print_json({"schema": "netspec.summaries/1", "networks": [asked.json(spec.graph()) for spec in loaded]})
    elif json_:
        for spec in loaded:
            print_json(asked.json(spec.graph()))
    elif len(specs) > 1:
        asked.refuse_more_than_lines()
        _print_lines(loaded)
    else:
        for spec in loaded:
            asked.print(spec)
    raise typer.Exit(GOOD if len(loaded) == len(specs) else WRONG_SPEC)


def _print_lines(specs: Sequence[Spec]) -> None:
    from netspec.summary import overview

    if specs:
        print_line(overview((spec.graph(), spec.file) for spec in specs))


class _Asked:
    """What the options ask for; words that can't be read are refused at once."""

    def __init__(
        self,
        depth: str,
        cost: bool,
        batch: int | None,
        dtype: str | None,
        training: str | None,
        fits: str | None,
        convention: str | None,
    ) -> None:
        self.depth = depth
        self.cost = cost
        self.training = training
        self.convention = convention
        self.of_memory = any(word is not None for word in (batch, dtype, training, fits))
        self.setting: Setting | None = None
        self.fits: int | None = None
        if self.of_memory or cost:
            from netspec.costs.optimizers import slots_of
            from netspec.costs.setting import Setting
            from netspec.units import parse_quantity

            self.setting = argument_of("--dtype", Setting, batch or 1, dtype)
            if training is not None:
                argument_of("--training", slots_of, training)
            if fits is not None:
                self.fits = argument_of("--fits", parse_quantity, fits, "bytes")
        if convention is not None:
            from netspec.conventions import require

            argument_of("--convention", require, convention)

    def refuse_more_than_lines(self) -> None:
        """Refuse what has no place in one line for each spec."""
        if self.cost or self.of_memory or self.convention:
            raise typer.BadParameter("of several specs there is a line each: ask for one spec, or add --json")

    def json(self, graph: Graph) -> dict[str, Any]:
        from netspec.summary.json import as_json, with_costs

        found = with_costs(graph, self.setting) if self.setting else as_json(graph)
        memory = self._memory(graph)
        if memory:
            found["memory"] = memory.as_json()
        if self.convention:
            from netspec.conventions import count

            found["count"] = count(graph, self.convention).as_json()
        return found

    def print(self, spec: Spec) -> None:
        graph = spec.graph()
        if self.cost and self.setting:
            from netspec.summary.costs import cost_table

            print_line(cost_table(graph, self.setting, spec.file, self.depth))
        else:
            print_line(spec.summary(self.depth))
        memory = self._memory(graph)
        if memory:
            print_line(f"\n{memory.text()}")
        if self.convention:
            from netspec.conventions import count

            print_line(f"\n{count(graph, self.convention).text()}")

    def _memory(self, graph: Graph) -> MemoryReport | None:
        if not self.of_memory or self.setting is None:
            return None
        from netspec.costs.memory import memory_report

        return memory_report(graph, self.setting, self.training, self.fits)
