"""What the commands share: their common options, and words of the command line as values."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from netspec.cli._output import draw
from netspec.errors import Mistake
from netspec.limits import Limits

if TYPE_CHECKING:
    from netspec.api import Spec

SpecArgument = Annotated[str, typer.Argument(metavar="SPEC", help="The spec file; - reads standard input.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="PATH=VALUE", help="Edit the spec before it is read: --set vars.classes=10. Repeatable."
    ),
]
LimitOption = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        metavar="NAME=N",
        help=f"Change a limit: {', '.join(field.name for field in fields(Limits))}. Repeatable.",
    ),
]
RootOption = Annotated[
    Path | None,
    typer.Option(
        "--root", metavar="FOLDER", help="The folder that extends and use may not leave. Default: the spec's."
    ),
]
BudgetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--budget", metavar="BOUNDS", help="What it may cost at most: --budget params<=26M,macs<=4.1G. Repeatable."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
OutputOption = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to this file.")]


def load(
    spec: str,
    edits: list[str] | None,
    root: Path | None,
    limits: list[str] | None,
    *,
    budgets: Mapping[str, int] | None = None,
    warn: bool = True,
) -> Spec:
    """Load a spec as the options say. Raises `SpecError`, also where it breaks a budget."""
    from netspec.api import load_spec, parse_spec

    chosen = read_limits(limits)
    settings: dict[str, Any] = {"set": read_edits(edits), "root": root, "limits": chosen}
    if spec == "-":
        loaded = parse_spec(sys.stdin.buffer.read(chosen.file_bytes + 1), name=shown(spec), **settings)
    else:
        loaded = load_spec(spec, **settings)
    if budgets:
        loaded.require_budgets(budgets)
    if warn:
        draw(loaded.warnings)
    return loaded


def shown(spec: str) -> str:
    return "<stdin>" if spec == "-" else spec


def read_edits(edits: list[str] | None) -> dict[str, str]:
    from netspec.load import CommandLineText

    found: dict[str, str] = {}
    for edit in edits or ():
        path, equals, value = edit.partition("=")
        if not equals or not path:
            raise typer.BadParameter(f"{edit!r} is not PATH=VALUE", param_hint="--set")
        found[path] = CommandLineText(value)
    return found


def read_limits(limits: list[str] | None) -> Limits:
    from netspec.limits import DEFAULT_LIMITS

    names = [field.name for field in fields(DEFAULT_LIMITS)]
    changed = {}
    for limit in limits or ():
        name, _, value = limit.partition("=")
        if name not in names or not (value.isascii() and value.isdigit()) or len(value) > 18:
            raise typer.BadParameter(f"{limit!r} is not NAME=N with one of {', '.join(names)}", param_hint="--limit")
        changed[name] = int(value)
    return replace(DEFAULT_LIMITS, **changed)


def spare_sources(output: Path, spec: str, loaded: Spec) -> None:
    """Refuse to write the model over a file that it is built from."""
    from netspec.files import is_same

    for source in (Path("/dev/stdin") if spec == "-" else Path(spec), *loaded.files):
        if is_same(output, source):
            raise typer.BadParameter(f"{output} is a file that the spec is read from", param_hint="-o")


def read_budgets(texts: list[str] | None) -> dict[str, int]:
    """Read bounds; of a budget that is bounded twice the lower one holds."""
    if not texts:
        return {}
    from netspec.budgets import parse_budgets

    bounds: dict[str, int] = {}
    for text in texts:
        for name, bound in argument_of("--budget", parse_budgets, text).items():
            bounds[name] = min(bound, bounds.get(name, bound))
    return bounds


Made = TypeVar("Made")


def argument_of(option: str, make: Callable[..., Made], *values: object) -> Made:
    """Make something of an option's value; what can't be made is a wrong command line."""
    try:
        return make(*values)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def looked_up(look_up: Callable[[Any], str], word: Any) -> str:
    """Look something up; what does not exist is a wrong command line."""
    try:
        return look_up(word)
    except Mistake as mistake:
        raise typer.BadParameter(f"{mistake.message}; {mistake.help}") from None
