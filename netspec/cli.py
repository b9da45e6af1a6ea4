"""The command line: words to calls, results to stdout, diagnostics to stderr. No logic of its own.

Exit codes: 0 good, 1 the spec is wrong, 2 the command line is wrong, 3 a fault of netspec's own.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netspec.errors import Diagnostic, InternalError, Mistake, NetspecError, SpecError
from netspec.limits import Limits

if TYPE_CHECKING:
    from netspec.api import Spec
    from netspec.reports import Checked

# A file of netspec/reports is a format.
FORMATS = ("text", *sorted(file.stem for file in (Path(__file__).parent / "reports").glob("[a-z]*.py")))

GOOD, WRONG_SPEC, WRONG_COMMAND, OWN_FAULT = 0, 1, 2, 3

app = typer.Typer(
    name="netspec",
    help="One YAML file describes one neural network: check it, see its shapes and cost, build it as a Keras model.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: netspec summary specs/resnet50.yaml",
)

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
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
FormatOption = Annotated[
    str | None, typer.Option("--format", metavar="|".join(FORMATS), help="Print for people, or for programs.")
]
OutputOption = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to this file.")]


class Depth(StrEnum):
    """How far the table is unfolded."""

    stage = "stage"
    block = "block"
    layer = "layer"


def _show_version(wanted: bool) -> None:
    if wanted:
        from netspec import __version__

        _print(f"netspec {__version__}")
        raise typer.Exit


@app.callback()
def netspec(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """One YAML file describes one neural network: check it, see its shapes and cost, build it as a Keras model."""


@app.command()
def build(
    spec: SpecArgument,
    summary: Annotated[bool, typer.Option("--summary", help="Print the table of the built model.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Save the model: .keras, .weights.h5 or .json by the ending."
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights",
            metavar="FILE",
            help="Load the weights of a .weights.h5 or .keras file, or imagenet: the published ones.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse weights that don't all fit.")] = False,
    set_: SetOption = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", min=0, max=2**32 - 1, help="Make the weights repeatable.")
    ] = None,
    root: RootOption = None,
    limit: LimitOption = None,
) -> None:
    """Build the Keras model of SPEC."""
    if output is not None:
        _check_target(output)
    if strict and weights is None:
        raise typer.BadParameter("it is about --weights, which is not there", param_hint="--strict")
    loaded = _load(spec, set_, root, limit)
    if output is not None:
        _spare_sources(output, spec, loaded)
    if weights is not None:
        loaded.require_weights(weights)
    from netspec.backends import keras as backend

    model = backend.build(loaded.graph(), loaded.limits, seed=seed, progress=_progress("building"))
    if weights is not None:
        sys.stderr.write(f"{loaded.load_weights(model, weights, strict=strict)}\n")
    if summary:
        _print(loaded.summary())
    if output is not None:
        backend.save(model, output)
        _print(f"saved {output}")
    if not summary and output is None:
        from netspec.summary import totals

        _print(f"built {loaded.name}: {totals(loaded.graph())}")


@app.command()
def validate(
    specs: Annotated[list[str], typer.Argument(metavar="SPEC...", help="The spec files; - reads standard input.")],
    format_: FormatOption = None,
    json_: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    set_: SetOption = None,
    root: RootOption = None,
    limit: LimitOption = None,
) -> None:
    """Explain every mistake at its line."""
    from netspec.reports import Checked

    report = _report(format_, json_)
    checked = []
    for name in specs:
        diagnostics: Sequence[Diagnostic]
        try:
            diagnostics, good = _check(name, set_, root, limit), True
        except SpecError as error:
            diagnostics, good = error.diagnostics, False
        checked.append(Checked(_shown(name), good, diagnostics))
        if report is None:
            _draw(diagnostics)
            if good:
                _print(f"{_shown(name)}: good")
    if report is not None:
        _print(report(checked))
    raise typer.Exit(GOOD if all(one.good for one in checked) else WRONG_SPEC)


@app.command()
def summary(
    specs: Annotated[list[str], typer.Argument(metavar="SPEC...", help="The spec files; - reads standard input.")],
    depth: Annotated[Depth, typer.Option("--depth", help="How far to unfold.")] = Depth.block,
    json_: JsonOption = False,
    set_: SetOption = None,
    root: RootOption = None,
    limit: LimitOption = None,
) -> None:
    """Show shapes, parameters and cost; of several specs a line each."""
    if len(specs) > 1:
        _summarise(specs, set_, root, limit, as_json=json_)
        return
    loaded = _load(specs[0], set_, root, limit)
    if json_:
        from netspec.summary import as_json

        _print_json(as_json(loaded.graph()))
    else:
        _print(loaded.summary(depth.value))


def _summarise(
    specs: Sequence[str], edits: list[str] | None, root: Path | None, limits: list[str] | None, *, as_json: bool
) -> None:
    """Print a line for each spec, or one JSON object; what is wrong with one does not keep the others away."""
    from netspec import summary

    loaded = []
    for spec in specs:
        try:
            loaded.append(_load(spec, edits, root, limits))
        except SpecError as error:
            _draw(error.diagnostics)
    if as_json:
        networks = [summary.as_json(spec.graph()) for spec in loaded]
        _print_json({"schema": "netspec.summaries/1", "networks": networks})
    elif loaded:
        _print(summary.overview((spec.graph(), spec.file) for spec in loaded))
    raise typer.Exit(GOOD if len(loaded) == len(specs) else WRONG_SPEC)


@app.command()
def resolve(spec: SpecArgument, set_: SetOption = None, root: RootOption = None, limit: LimitOption = None) -> None:
    """Print SPEC with everything worked out."""
    _print(_load(spec, set_, root, limit).resolve().rstrip())


@app.command()
def blocks(
    type_: Annotated[str | None, typer.Argument(metavar="[TYPE]", help="A layer or block.", show_default=False)] = None,
) -> None:
    """List layers and blocks, or explain one."""
    from netspec.reference import describe_type, list_types

    _print(list_types() if type_ is None else _looked_up(describe_type, type_))


@app.command()
def schema(output: OutputOption = None) -> None:
    """Print the JSON Schema, for editors."""
    from netspec.plugins import load_all
    from netspec.schema import spec_schema

    load_all()
    text = json.dumps(spec_schema(), indent=1, ensure_ascii=False)
    if output is None:
        _print(text)
        return
    from netspec.files import write_whole

    write_whole(output, text + "\n")
    _print(f"wrote {output}")


@app.command()
def explain(code: Annotated[str, typer.Argument(metavar="CODE", help="An error code, such as E301.")]) -> None:
    """Explain an error CODE at length."""
    from netspec import reference

    _print(_looked_up(reference.explain, code))


# ------------------------------------------------------------------------------------------------------ words to values


def _load(
    spec: str, edits: list[str] | None, root: Path | None, limits: list[str] | None, *, warn: bool = True
) -> Spec:
    from netspec.api import load_spec, parse_spec

    chosen = _limits(limits)
    settings: dict[str, Any] = {"set": _edits(edits), "root": root, "limits": chosen}
    if spec == "-":
        loaded = parse_spec(sys.stdin.buffer.read(chosen.file_bytes + 1), name=_shown(spec), **settings)
    else:
        loaded = load_spec(spec, **settings)
    if warn:
        _draw(loaded.warnings)
    return loaded


def _check(spec: str, edits: list[str] | None, root: Path | None, limits: list[str] | None) -> tuple[Diagnostic, ...]:
    """Check a spec, or a file of blocks, and give back the warnings."""
    if spec == "-":
        return _load(spec, edits, root, limits, warn=False).warnings
    from netspec.api import check_file

    return check_file(spec, set=_edits(edits), root=root, limits=_limits(limits))


def _shown(spec: str) -> str:
    return "<stdin>" if spec == "-" else spec


def _edits(edits: list[str] | None) -> dict[str, str]:
    from netspec.load import CommandLineText

    found: dict[str, str] = {}
    for edit in edits or ():
        path, equals, value = edit.partition("=")
        if not equals or not path:
            raise typer.BadParameter(f"{edit!r} is not PATH=VALUE", param_hint="--set")
        found[path] = CommandLineText(value)
    return found


def _limits(limits: list[str] | None) -> Limits:
    from netspec.limits import DEFAULT_LIMITS

    names = [field.name for field in fields(DEFAULT_LIMITS)]
    changed = {}
    for limit in limits or ():
        name, _, value = limit.partition("=")
        if name not in names or not (value.isascii() and value.isdigit()) or len(value) > 18:
            raise typer.BadParameter(f"{limit!r} is not NAME=N with one of {', '.join(names)}", param_hint="--limit")
        changed[name] = int(value)
    return replace(DEFAULT_LIMITS, **changed)


def _report(name: str | None, json_: bool) -> Callable[[Sequence[Checked]], str] | None:
    """The function that writes a report in a format; None is text, which is shown file by file."""
    name = name or ("json" if json_ else "text")
    if name not in FORMATS:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(FORMATS)}", param_hint="--format")
    if json_ and name != "json":
        raise typer.BadParameter(f"--json and --format {name} contradict each other", param_hint="--format")
    return None if name == "text" else import_module(f"netspec.reports.{name}").report


def _check_target(output: Path) -> None:
    """Refuse before the long work what could not be saved after it."""
    from netspec.backends.keras import require_format
    from netspec.files import require_writable

    _looked_up(require_format, output)
    require_writable(output)


def _spare_sources(output: Path, spec: str, loaded: Spec) -> None:
    """Refuse to write the model over a file that it is built from."""
    from netspec.files import is_same

    for source in (Path("/dev/stdin") if spec == "-" else Path(spec), *loaded.files):
        if is_same(output, source):
            raise typer.BadParameter(f"{output} is a file that the spec is read from", param_hint="-o")


def _looked_up(look_up: Callable[[Any], str], word: Any) -> str:
    """Look something up; what does not exist is a wrong command line."""
    try:
        return look_up(word)
    except Mistake as mistake:
        raise typer.BadParameter(f"{mistake.message}; {mistake.help}") from None


# --------------------------------------------------------------------------------------------------------------- output


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def _print_json(value: Any) -> None:
    _print(json.dumps(value, indent=1, ensure_ascii=False))


def _draw(diagnostics: Sequence[Diagnostic]) -> None:
    if diagnostics:
        from netspec.render import Colours, draw_all

        colours = Colours(sys.stderr.isatty() and not os.environ.get("NO_COLOR"))
        sys.stderr.write(draw_all(diagnostics, colours) + "\n\n")


def _progress(what: str) -> Any:
    """Show progress on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        last = done + 1 >= total
        sys.stderr.write(f"\r\x1b[K{'' if last else f'{what} {done + 1}/{total} layers'}")
        sys.stderr.flush()

    return show


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code; whatever happens, no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give back its exit code."""
    try:
        app(args=arguments, prog_name="netspec")
    except SystemExit as finished:
        return finished.code if isinstance(finished.code, int) else GOOD
    except SpecError as error:
        _draw(error.diagnostics)
        return WRONG_SPEC
    except BrokenPipeError:
        # The reader of our output has gone, as head does; closing stdout again must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD
    except KeyboardInterrupt:
        return 130
    except OSError as error:  # of our own output: a full disk, a closed terminal
        sys.stderr.write(f"error: the output can't be written: {error.strerror or error}\n")
        return WRONG_SPEC
    except InternalError as error:
        sys.stderr.write(f"internal error: {error}\nThis is a fault of netspec, not of your spec; please report it.\n")
        return OWN_FAULT
    except NetspecError as error:
        sys.stderr.write(f"error: {error}\n")
        return OWN_FAULT
    except Exception as error:
        if os.environ.get("NETSPEC_DEBUG"):
            raise
        sys.stderr.write(
            f"internal error: {type(error).__name__}: {error}\n"
            "This is a fault of netspec, not of your spec; please report it (NETSPEC_DEBUG=1 shows where it is).\n"
        )
        return OWN_FAULT
    return GOOD
