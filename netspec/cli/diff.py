"""``netspec diff``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netspec.cli._output import draw, print_json, print_line
from netspec.cli._words import JsonOption, LimitOption, RootOption, read_edits, read_limits, shown
from netspec.errors import SpecError
from netspec.limits import Limits

if TYPE_CHECKING:
    from netspec.api import Spec
    from netspec.diff import Side
    from netspec.diff.revisions import Copy

NOTHING = "/dev/null"  # what git names where a file is not there
GIT_ARGUMENTS = (7, 9)  # of an external diff: path, two files with hash and mode each; of a renamed one two more


def diff(
    specs: Annotated[
        list[str],
        typer.Argument(metavar="A B", help="The spec before and after; one may be - for standard input."),
    ],
    git: Annotated[
        str | None,
        typer.Option("--git", metavar="REV", help="Compare with the spec as it was at this commit, or at REV..REV."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="PATH=VALUE", help="Edit B; of a single spec, compare it with its edited self. Repeatable."
        ),
    ] = None,
    set_a: Annotated[
        list[str] | None, typer.Option("--set-a", metavar="PATH=VALUE", help="Edit A. Repeatable.")
    ] = None,
    json_: JsonOption = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE.html", help="Write a page of both, side by side, with marks."),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 1 where the networks differ, as git diff does.")
    ] = False,
    path: Annotated[
        Path | None,
        typer.Option("--path", metavar="FILE", help="Where A and B belong, if they are copies: extends is read there."),
    ] = None,
    root: RootOption = None,
    limit: LimitOption = None,
) -> None:
    """Show what changed between two networks, what it costs, and which weights still load."""
    asked = _Asked(read_edits(set_a), read_edits(set_), path or _path_of_difftool(), root, read_limits(limit))
    if git is None and len(specs) in GIT_ARGUMENTS:
        _for_git(specs, asked)
        return
    if output is not None:
        _check_target(output)
    before, after = _sides(specs, git, asked)
    different = _show(before, after, as_json=json_)
    if output is not None:
        _write_page(before, after, output)
    if exit_code and different:
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Asked:
    """How both specs are to be read."""

    edits_a: Mapping[str, str]
    edits_b: Mapping[str, str]
    place: Path | None
    root: Path | None
    limits: Limits


def _sides(specs: list[str], git: str | None, asked: _Asked) -> tuple[Side | None, Side | None]:
    """Read the two networks that the command line names; None for one that is not there."""
    if git is not None:
        if len(specs) != 1 or specs[0] == "-":
            raise typer.BadParameter("it compares one file with what it was", param_hint="--git")
        return _of_revisions(git, specs[0], asked)
    if len(specs) == 1 and not (asked.edits_a or asked.edits_b):
        raise typer.BadParameter("write two specs, or one with --git REV or --set PATH=VALUE", param_hint="A B")
    if len(specs) > 2:
        raise typer.BadParameter(f"two specs can be compared, not {len(specs)}", param_hint="A B")
    if specs[0] == specs[-1] == "-":
        raise typer.BadParameter("standard input can be read only once", param_hint="A B")
    return _read(specs[0], asked.edits_a, asked), _read(specs[-1], asked.edits_b, asked)


def _of_revisions(git: str, spec: str, asked: _Asked) -> tuple[Side | None, Side | None]:
    """A spec as it was at a revision, and as it is, or was at another."""
    from netspec.diff.revisions import NoRevision, at_revision

    first, dots, second = git.partition("..")
    try:
        with at_revision(first, Path(spec), asked.root, asked.limits) as copy:
            before = _of_copy(copy, asked.edits_a, asked)
        if not dots:
            return before, _read(spec, asked.edits_b, asked)
        with at_revision(second, Path(spec), asked.root, asked.limits) as copy:
            return before, _of_copy(copy, asked.edits_b, asked)
    except NoRevision as error:
        raise typer.BadParameter(str(error), param_hint="--git") from None


def _read(spec: str, edits: Mapping[str, str], asked: _Asked) -> Side | None:
    """Read a spec from where it stands, or as if it stood at ``--path``; None for what is not there."""
    if spec == NOTHING:
        return None
    data = sys.stdin.buffer.read(asked.limits.file_bytes + 1) if spec == "-" else None
    if asked.place is not None:
        from netspec.diff.revisions import read_copy, standing_at

        given = read_copy(Path(spec), asked.limits) if data is None else data
        with standing_at(asked.place, given, asked.root, asked.limits) as copy:
            return _of_copy(copy, edits, asked)
    from netspec.api import load_spec, parse_spec

    settings: dict[str, Any] = {"set": edits, "root": asked.root, "limits": asked.limits}
    loaded = load_spec(spec, **settings) if data is None else parse_spec(data, name=shown(spec), **settings)
    return _side(loaded, edits)


def _of_copy(copy: Copy, edits: Mapping[str, str], asked: _Asked) -> Side:
    """Read a spec that was laid out elsewhere; its files are called as the reader knows them."""
    from netspec.api import load_spec
    from netspec.diff.revisions import renamed

    try:
        loaded = load_spec(copy.path, set=edits, root=copy.root, limits=asked.limits)
    except SpecError as error:
        raise renamed(error, copy.shown) from None
    return _side(loaded, edits, copy.shown)


def _side(loaded: Spec, edits: Mapping[str, str], called: Callable[[str], str] = str) -> Side:
    from netspec.diff import Side

    if edits:  # of what was there before nobody wants to hear, but an edit may go wrong
        draw(loaded.warnings)
    return Side(loaded.graph(), called(loaded.file), loaded.network.tree.where.source.text, called)


def _show(a: Side | None, b: Side | None, *, as_json: bool) -> bool:
    """Print what differs, and say whether anything does."""
    if a is None or b is None:
        return _show_alone(a, b, as_json=as_json)
    from netspec.diff import compare

    comparison = compare(a, b)
    if as_json:
        from netspec.diff.json import as_json as data

        print_json(data(comparison))
    else:
        from netspec.diff.text import text
        from netspec.render import Colours

        print_line(text(comparison, Colours(sys.stdout.isatty() and not os.environ.get("NO_COLOR"))))
    return not comparison.equal


def _show_alone(a: Side | None, b: Side | None, *, as_json: bool) -> bool:
    """Print of a network that there is nothing to compare it with."""
    if as_json:
        from netspec.diff.json import alone

        print_json(alone(a, b))
    else:
        from netspec.summary import totals

        for side, what in ((a, "- gone"), (b, "+ new")):
            if side is not None:
                print_line(f"{what}: {side.graph.name}  {side.file}\n  {totals(side.graph)}")
    return (a is None) != (b is None)


# ----------------------------------------------------------------------------------------------------------------- page


def _check_target(output: Path) -> None:
    """Refuse before the comparison what could not be written after it."""
    from netspec.files import require_writable

    if output.suffix != ".html":
        raise typer.BadParameter(f"{output} is no .html: the page of a comparison is that", param_hint="-o")
    require_writable(output)


def _write_page(a: Side | None, b: Side | None, output: Path) -> None:
    """Write a page that shows both networks, what has changed marked."""
    from netspec.diff import compare
    from netspec.diff.marks import marks
    from netspec.files import write_whole
    from netspec.page import Mark, MarkKind, View, page

    if a is None or b is None:
        raise typer.BadParameter("there are not two networks to show side by side", param_hint="-o")
    views = []
    for key, side, found in zip(("a", "b"), (a, b), marks(compare(a, b)), strict=True):
        shown_marks = {name: Mark(MarkKind(mark.change), mark.text) for name, mark in found.items() if name}
        views.append(View(side.graph, side.graph.name, side.file, shown_marks, key=key))
    write_whole(output, page(views, compare=True))
    sys.stderr.write(f"saved {output}\n")


# ------------------------------------------------------------------------------------------------------------------ git


def _for_git(arguments: list[str], asked: _Asked) -> None:
    """Answer as git's external diff: what can't be read as a network is compared as text, and git goes on."""
    place, old, new = Path(arguments[0]), arguments[1], arguments[4]
    given = _Asked(asked.edits_a, asked.edits_b, place, asked.root, asked.limits)
    try:
        sides = _read(old, asked.edits_a, given), _read(new, asked.edits_b, given)
        print_line(f"netspec diff {place}")
        _show(*sides, as_json=False)
    except SpecError as error:
        from netspec.diff.plain import lines

        print_line(f"netspec diff {place}: compared as text, because of {error.diagnostics[0].message}")
        for line in lines(Path(old), Path(new), str(place), asked.limits):
            print_line(line)


def _path_of_difftool() -> Path | None:
    """Where the files belong that ``git difftool -x`` hands over."""
    base = os.environ.get("BASE")
    return Path(base) if base and "GIT_DIFFTOOL_EXTCMD" in os.environ else None
