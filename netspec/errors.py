"""What can go wrong, as data: where it is, what it is called, how it is shown.

    NetspecError
    ├── SpecError           the user's spec is wrong; ``.diagnostics`` holds every mistake (exit code 1)
    ├── RegistrationError   a layer or block is declared wrongly (a mistake in Python code)
    └── InternalError       netspec foresaw something that did not come true (exit code 3)

    Mistake                 raised by a rule that knows no line (a shape rule, an expression);
                            whoever called the rule knows the line and turns it into a Diagnostic

A code's first digit is its kind: 0 reading, 1 types and options, 2 variables, references and other files, 3 shapes,
4 budgets and limits, 5 building; ``W`` instead of ``E`` is a warning. ``netspec explain CODE`` tells each at length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

CODES: Mapping[str, str] = {
    "E001": "the file can't be read",
    "E002": "the text is not plain UTF-8",
    "E003": "the YAML is broken",
    "E004": "a key is written twice",
    "E005": "a key is not text",
    "E006": "a YAML feature that specs don't have",
    "E007": "not a number, or infinite",
    "E008": "an expression needs quotes",
    "E009": "the file is not one mapping",
    "E010": "letters that only look right",
    "E101": "unknown type",
    "E102": "unknown option",
    "E103": "a required option is missing",
    "E104": "an option has a wrong value",
    "E105": "options that don't go together",
    "E106": "unknown key",
    "E107": "a required key is missing",
    "E108": "a key has a wrong value",
    "E109": "not a node",
    "E110": "a name that can't be used",
    "E111": "another language version",
    "E112": "a block is declared wrongly",
    "E113": "a type of another package does not work",
    "E201": "unknown name in an expression",
    "E202": "variables that need each other",
    "E203": "an expression is not well formed",
    "E204": "an expression has no value",
    "E205": "a reference leads nowhere",
    "E206": "a name is used twice",
    "E207": "a reference is not what is wanted here",
    "E208": "another file can't be used",
    "E209": "an edit leads nowhere",
    "E210": "copies that nothing would use",
    "E211": "a block contains itself",
    "E212": "weights can't be shared here",
    "E301": "shapes that can't be joined",
    "E302": "a shape of the wrong rank",
    "E303": "nothing would be left of the input",
    "E304": "a size must be known",
    "E305": "sizes that don't fit",
    "E306": "the wrong number of inputs",
    "E401": "over budget",
    "E402": "the file is too large",
    "E403": "nested too deeply",
    "E404": "too many aliases",
    "E405": "too many YAML nodes",
    "E406": "too many layers",
    "E407": "a number is too large",
    "E408": "an expression is too long or its value too large",
    "E409": "a spec of too many files",
    "E410": "too many parameters to build",
    "E411": "expressions that take too long",
    "E412": "a text is too long",
    "E501": "the model can't be saved",
    "E502": "Keras can't build this",
    "E503": "the backend is not there",
    "E504": "weights that can't be read",
    "E505": "weights that don't fit",
    "E506": "no published weights to be had",
    "W201": "a node reaches no output",
    "W202": "an edit makes a variable that nothing uses",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A text that a spec was read from: its name as the user knows it, and the text for showing lines of it."""

    name: str
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Where:
    """A stretch of a source. Lines and columns count from 1; the end column is the one after the last character."""

    source: Source
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def file(self) -> str:
        return self.source.name

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to a mistake, and what it has to do with it."""

    message: str
    where: Where


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake (or warning), complete enough to be shown as text, JSON or an editor's mark.

    ``where`` is where the mistake is; ``focus``, if given, the part of it to underline; ``label`` is what stands beside
    the underline. ``path`` is the place in the spec in the grammar of ``set``: ``stages.stage2.0.filters``.
    """

    code: str
    message: str
    where: Where
    path: str = ""
    label: str = ""
    focus: Where | None = None
    help: str = ""
    related: tuple[Related, ...] = ()

    @property
    def severity(self) -> str:
        return "warning" if self.code.startswith("W") else "error"

    def with_related(self, *related: Related) -> Diagnostic:
        return replace(self, related=self.related + related)


class NetspecError(Exception):
    """The base of everything that netspec raises on purpose."""


class SpecError(NetspecError):
    """The spec is wrong. ``diagnostics`` holds every independent mistake that was found, in the order of the text."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(*(f"{d.where}: {d.severity}[{d.code}]: {d.message}" for d in self.diagnostics))

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))


class RegistrationError(NetspecError):
    """A layer, block or plugin is declared in a way that the registry can't accept."""


class InternalError(NetspecError):
    """netspec is wrong: what it foresaw is not what was built. Never the user's mistake."""


class Mistake(Exception):
    """What a rule raises when the values it was given are wrong; it knows the values but not the line.

    ``option`` names the option at fault as a path (``("filters", 2)``), ``label`` is what to write beside it, and
    ``notes`` says of an input, by position, what it brings: ``{0: "the shortcut carries 256 channels"}``; ``inside``
    is the way from the written node to the layer of a block where it happened, and ``inputs`` the nodes that flowed
    into that layer.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        help: str = "",
        option: tuple[str | int, ...] = (),
        label: str = "",
        notes: Mapping[int, str] | None = None,
        inside: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help
        self.option = option
        self.label = label
        self.notes = dict(notes or {})
        self.inside = inside
        self.inputs: tuple[Any, ...] = ()
