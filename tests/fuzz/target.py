"""What a fuzzed spec goes through, and what has to be true whatever it holds.

Everything goes through `load_spec` of a file, as a stranger's spec would. `Fault` or any other exception is a find.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netspec import Spec, SpecError, load_spec, parse_spec
from netspec.errors import CODES, Diagnostic, Where
from netspec.graph import Input
from netspec.limits import Limits
from netspec.render import draw_all
from netspec.reports import Checked, json, sarif
from netspec.summary import DEPTHS, WIDTH
from netspec.yaml import LINE_BREAK

LIMITS = Limits(layers=1_000, yaml_nodes=10_000)
"""Enough for every spec of the project; what larger numbers cost is tested elsewhere."""

LOW_LIMITS = Limits(layers=100, yaml_nodes=2_000)
"""For bytes, where many inputs find more than large ones."""

LONGEST_MESSAGE = 1_000


class Fault(Exception):
    """A promise that netspec broke: which one, and after a colon what was seen."""


def check_reading(file: Path) -> str:
    """Read a spec; give back what is said about it."""
    return _read(file, LOW_LIMITS)[1]


def check_promises(file: Path) -> str:
    """Read a spec twice, and use all that is offered of one that is good; give back what is said about it."""
    spec, said = _read(file, LIMITS)
    if _read(file, LIMITS)[1] != said:
        raise Fault("the second reading says something else")
    if spec is not None:
        _check_use(spec)
    return said


def _check_use(spec: Spec) -> None:
    for depth in DEPTHS:
        table = spec.summary(depth)
        _require_text(table)
        if max(map(len, table.splitlines())) > WIDTH:
            raise Fault("a table is too wide")
    text = spec.resolve()
    try:
        again = parse_spec(text)
    except SpecError as error:
        raise Fault(f"what is resolved is refused with {error.diagnostics[0].code}: {error}") from None
    if graph_of(again) != graph_of(spec):
        raise Fault("what is resolved is another network")
    if again.resolve() != text:
        raise Fault("what is resolved resolves to something else")


def graph_of(spec: Spec) -> Any:
    """All that a graph says, as plain values that can be compared."""
    graph = spec.graph()
    nodes = [
        (
            *(node.name, node.type, vars(node.layer) if isinstance(node.layer, Input) else repr(node.layer)),
            *(node.shape, node.params, node.trainable, node.macs),
            *(node.stage, node.block, node.owner and node.owner.name, [source.name for source in node.inputs]),
        )
        for node in graph.nodes.values()
    ]
    return graph.name, graph.description, nodes, graph.inputs, graph.outputs, graph.params, graph.macs


def _read(file: Path, limits: Limits) -> tuple[Spec | None, str]:
    """Read a spec; give back what is said about it, too, in all the forms that people and programs get."""
    spec: Spec | None = None
    try:
        spec = load_spec(file, limits=limits)
        diagnostics = spec.warnings
    except SpecError as error:
        diagnostics = error.diagnostics
        if not any(diagnostic.severity == "error" for diagnostic in diagnostics):
            raise Fault("refused without a reason") from None
    _require_sense(diagnostics)
    drawn = draw_all(diagnostics)
    _require_text(drawn)
    checked = [Checked(str(file), spec is not None, diagnostics)]
    said = "\n".join((drawn, json.report(checked), sarif.report(checked)))
    said.encode()
    return spec, said


def _require_sense(diagnostics: Sequence[Diagnostic]) -> None:
    """Require of what was found that it is known, short, in place, and said once."""
    for diagnostic in diagnostics:
        if diagnostic.code not in CODES:
            raise Fault(f"a code that doesn't exist: {diagnostic.code}")
        for text in (diagnostic.message, diagnostic.help, *(related.message for related in diagnostic.related)):
            if len(text) > LONGEST_MESSAGE:
                raise Fault(f"a text of {diagnostic.code} is too long: {len(text)} characters")
        places = (diagnostic.where, diagnostic.focus, *(related.where for related in diagnostic.related))
        for place in filter(None, places):
            _require_place(diagnostic.code, place)
    if len(set(diagnostics)) < len(diagnostics):
        raise Fault("the same thing is said twice")


def _require_place(code: str, place: Where) -> None:
    """Require that a file is there, and that both ends of the stretch lie in its text, in order."""
    lines = LINE_BREAK.split(place.source.text)
    start, end = (place.line, place.column), (place.end_line, place.end_column)
    # Where a line ends nothing stands, and a mark is one column wide all the same.
    ends = {start} if end == (place.line, place.column + 1) else {start, end}
    inside = all(1 <= line <= len(lines) and 1 <= column <= len(lines[line - 1]) + 1 for line, column in ends)
    if not (inside and start <= end and Path(place.file).is_file()):
        raise Fault(f"{code} points outside of the text: {place}–{place.end_line}:{place.end_column}")


def _require_text(text: str) -> None:
    """Require that a text has nothing in it that a terminal would obey or hide."""
    odd = next((character for line in text.split("\n") for character in line if not character.isprintable()), None)
    if odd:
        raise Fault(f"a character is printed as it is: {odd!r}")
    text.encode()
