"""The command line: words to calls, results to stdout, diagnostics to stderr. No logic of its own.

A file of this folder is a command, found by its name. Exit codes: 0 good, 1 the spec is wrong, 2 the command line is
wrong, 3 a fault of netspec's own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from netspec.cli._output import GOOD, OWN_FAULT, WRONG_COMMAND, WRONG_SPEC, draw, print_line
from netspec.errors import InternalError, NetspecError, SpecError

__all__ = ["GOOD", "OWN_FAULT", "WRONG_COMMAND", "WRONG_SPEC", "app", "main", "run"]

app = typer.Typer(
    name="netspec",
    help="One YAML file describes one neural network: check it, see its shapes and cost, build it as a Keras model.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: netspec summary specs/resnet50.yaml",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from netspec import __version__

        print_line(f"netspec {__version__}")
        raise typer.Exit


@app.callback()
def netspec(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """One YAML file describes one neural network: check it, see its shapes and cost, build it as a Keras model."""


for _file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
    app.command()(getattr(import_module(f"netspec.cli.{_file.stem}"), _file.stem))


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
        draw(error.diagnostics)
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
