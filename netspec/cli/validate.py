"""``netspec validate``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netspec.cli._output import GOOD, WRONG_SPEC, draw, print_line
from netspec.cli._words import (
    BudgetOption,
    LimitOption,
    RootOption,
    SetOption,
    load,
    read_budgets,
    read_edits,
    read_limits,
    shown,
)
from netspec.errors import Diagnostic, SpecError

if TYPE_CHECKING:
    from netspec.reports import Checked

# A file of netspec/reports is a format.
FORMATS = ("text", *sorted(file.stem for file in (Path(__file__).parents[1] / "reports").glob("[a-z]*.py")))

FormatOption = Annotated[
    str | None, typer.Option("--format", metavar="|".join(FORMATS), help="Print for people, or for programs.")
]


def validate(
    specs: Annotated[list[str], typer.Argument(metavar="SPEC...", help="The spec files; - reads standard input.")],
    format_: FormatOption = None,
    json_: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    budget: BudgetOption = None,
    set_: SetOption = None,
    root: RootOption = None,
    limit: LimitOption = None,
) -> None:
    """Explain every mistake at its line."""
    from netspec.reports import Checked

    report = _report(format_, json_)
    budgets = read_budgets(budget)
    checked = []
    for name in specs:
        diagnostics: Sequence[Diagnostic]
        try:
            diagnostics, good = _check(name, set_, root, limit, budgets), True
        except SpecError as error:
            diagnostics, good = error.diagnostics, False
        checked.append(Checked(shown(name), good, diagnostics))
        if report is None:
            draw(diagnostics)
            if good:
                print_line(f"{shown(name)}: good")
    if report is not None:
        print_line(report(checked))
    raise typer.Exit(GOOD if all(one.good for one in checked) else WRONG_SPEC)


def _check(
    spec: str, edits: list[str] | None, root: Path | None, limits: list[str] | None, budgets: Mapping[str, int]
) -> tuple[Diagnostic, ...]:
    """Check a spec, or a file of blocks, and give back the warnings."""
    if spec == "-":
        return load(spec, edits, root, limits, budgets=budgets, warn=False).warnings
    from netspec.api import check_file

    return check_file(spec, set=read_edits(edits), root=root, limits=read_limits(limits), budgets=budgets)


def _report(name: str | None, json_: bool) -> Callable[[Sequence[Checked]], str] | None:
    """The function that writes a report in a format; None is text, which is shown file by file."""
    name = name or ("json" if json_ else "text")
    if name not in FORMATS:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(FORMATS)}", param_hint="--format")
    if json_ and name != "json":
        raise typer.BadParameter(f"--json and --format {name} contradict each other", param_hint="--format")
    return None if name == "text" else import_module(f"netspec.reports.{name}").report
