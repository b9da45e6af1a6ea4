"""YAML text to a tree in which every key and value knows its place.

Scalars are read by YAML 1.2's core rules: ``no`` and ``on`` are text, ``1e-3`` is a number. Tags, merge keys and
anything that could run code don't exist. The parser's events are walked with a stack of our own, counting as they come:
PyYAML's loaders recurse, and a short text can make them run for minutes or crash.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from netspec.characters import FORBIDDEN, FORBIDDEN_IN_A_VALUE, describe, lookalike
from netspec.errors import Diagnostic, Related, Source, SpecError, Where
from netspec.limits import DEFAULT_LIMITS, Limits
from netspec.options import escape, shorten, show_value
from netspec.suggest import nearest

if TYPE_CHECKING:
    from netspec.misread import Meant


@dataclass(slots=True)
class Scalar:
    """A text, number, boolean or null. ``plain`` says that it was written without quotes.

    ``broken``, here and below, says that a mistake was reported already: what else is odd follows from that.
    """

    value: bool | int | float | str | None
    where: Where
    plain: bool = True
    broken: bool = False


@dataclass(slots=True)
class Sequence:
    """A list."""

    items: list[Tree]
    where: Where
    broken: bool = False


@dataclass(slots=True)
class Mapping:
    """A mapping from text; ``keys`` holds the place of each key."""

    entries: dict[str, Tree]
    where: Where
    keys: dict[str, Where] = field(default_factory=dict)
    broken: bool = False


Tree = Scalar | Sequence | Mapping


def plain(tree: Tree) -> Any:
    """Drop the places: the ordinary Python value of a tree."""
    if isinstance(tree, Scalar):
        return tree.value
    if isinstance(tree, Sequence):
        return [plain(item) for item in tree.items]
    return {key: plain(item) for key, item in tree.entries.items()}


def walk(tree: Tree) -> Iterator[Tree]:
    """Yield a tree and everything in it."""
    yield tree
    if isinstance(tree, Sequence):
        for item in tree.items:
            yield from walk(item)
    elif isinstance(tree, Mapping):
        for item in tree.entries.values():
            yield from walk(item)


LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def read(source: Source, limits: Limits = DEFAULT_LIMITS, text: str | None = None) -> tuple[Tree, list[Diagnostic]]:
    """Read one document. Mistakes that leave a usable tree are given back beside it; others raise `SpecError`.

    ``text`` is what to read where that is not what to show.
    """
    _refuse_characters(source)
    reader = _Reader(source, limits)
    found: list[Diagnostic] = []
    try:
        reader.read(source.text if text is None else text)
    except yaml.YAMLError as error:
        reader, found = _mended(reader, source.text if text is None else text, error)
    except (ValueError, RecursionError, MemoryError, UnicodeError) as error:  # PyYAML lets these through
        raise SpecError([Diagnostic("E003", f"the YAML can't be read: {escape(str(error))}", _start(source))]) from None
    if reader.root is None:
        raise SpecError([*found, Diagnostic("E009", "the file is empty", _start(source), help="begin with netspec: 1")])
    return reader.root, [*found, *reader.diagnostics]


def _mended(reader: _Reader, text: str, error: yaml.YAMLError) -> tuple[_Reader, list[Diagnostic]]:
    """Explain broken YAML, and read it as it was meant. Raises `SpecError` where that is not known."""
    from netspec.broken_yaml import Failure, Trial, explain

    source, lines = reader.source, LINE_BREAK.split(text)

    def failure(error: Any) -> Failure:
        mark, context = error.problem_mark or error.context_mark, error.context_mark
        return Failure(
            mark.line if mark else 0,
            mark.column if mark else 0,
            error.problem or "the text can't be read",
            error.context or "",
            context.line if context else None,
            context.column if context else 0,
        )

    def attempt(mended: Iterable[str]) -> Trial:
        trial = _Reader(source, reader.limits, lines)
        failed = None
        refused: list[Diagnostic] = []
        text = "\n".join(mended)
        try:
            _parse(text, reader.limits)  # nearly all trials fail, and this is several times as fast
            trial.read(text)
        except yaml.YAMLError as broken:
            failed = failure(broken)
        except SpecError as refusal:
            refused = list(refusal.diagnostics)
        return Trial(failed, trial.diagnostics, refused)

    found, mended = explain(source, lines, failure(error), attempt)
    split = [diagnostic for diagnostic in reader.diagnostics if diagnostic.code == "E008"]
    if split and not any(diagnostic.code in ("E008", "E203") for diagnostic in found):
        raise SpecError(split)  # what is broken follows from that
    if mended is None:
        raise SpecError([*reader.diagnostics, *found])
    again = _Reader(source, reader.limits, lines)
    again.read("\n".join(mended))
    return again, found


def _parse(text: str, limits: Limits) -> None:
    """Parse a text as far as it is nested no deeper than allowed. Raises PyYAML's errors."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        kind = type(event)
        depth += (kind in _STARTS) - (kind in _ENDS)
        if depth > limits.nesting:
            return


_STARTS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)

# The C parser is ten times as fast; both give the same events.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet; ``size`` counts the YAML nodes in it, ``last`` is where it goes to."""

    tree: Sequence | Mapping
    anchor: str | None
    last: Where | None = None
    size: int = 1
    key: tuple[str | None, Where] | None = None


class _Reader:
    """Makes a tree of a text. ``written`` are the lines as they stand in the source, where what is read was mended."""

    def __init__(self, source: Source, limits: Limits, written: list[str] | None = None) -> None:
        self.source = source
        self.limits = limits
        self._long = min(limits.word_length, limits.text_length)
        self.written = written
        self.root: Tree | None = None
        self.diagnostics: list[Diagnostic] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Tree, int] | None] = {}
        self._nodes = 0
        self._aliases = 0
        self._documents = 0
        self._lines: list[str] = []
        self._misread: set[int] = set()  # lines of which it was said that YAML reads them otherwise

    def read(self, text: str) -> None:
        """Read a whole text. Raises PyYAML's errors, and `SpecError` where going on makes no sense."""
        for event in yaml.parse(text, Loader=_LOADER):
            self.take(event)

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event)
            self._add(self._scalar(event), 1, event.anchor)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._start_collection(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end_collection(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._fail(
                    "E009", "a second YAML document begins here", self._where(event), "keep one network in one file"
                )

    # -- collections

    def _start_collection(self, event: Any) -> None:
        self._refuse_tag(event)
        where = self._where(event)
        if len(self._stack) >= self.limits.nesting:
            self._fail("E403", f"nested more than {self.limits.nesting} levels deep", where, _raise_limit("nesting"))
        if self._stack and isinstance(self._stack[-1].tree, Mapping) and self._stack[-1].key is None:
            self._refuse_collection_as_key(where)
        tree = Sequence([], where) if isinstance(event, yaml.SequenceStartEvent) else Mapping({}, where)
        if event.anchor is not None:
            self._check_anchor(event.anchor, where)
            self._anchors[event.anchor] = None
        self._stack.append(_Open(tree, event.anchor))

    def _end_collection(self, event: Any) -> None:
        closed = self._stack.pop()
        start = closed.tree.where
        if event.end_mark.index > event.start_mark.index:  # a closing bracket; a block ends where the next line begins
            end_line, end_column = (place + 1 for place in self._written(event.end_mark))
        else:
            last = closed.last
            end_line, end_column = (last.end_line, last.end_column) if last else (start.line, start.column + 1)
        closed.tree.where = Where(self.source, start.line, start.column, end_line, end_column)
        self._add(closed.tree, closed.size, closed.anchor)

    def _add(self, tree: Tree, size: int, anchor: str | None) -> None:
        self._count(1 if isinstance(tree, Scalar) else 0, tree.where)
        if anchor is not None:
            self._check_anchor(anchor, tree.where)
            self._anchors[anchor] = (tree, size)
        self._place(tree, size, tree.where)

    def _place(self, tree: Tree, size: int, where: Where) -> None:
        """Put a tree where it belongs; ``where`` is the place in the text, which is not the tree's own for an alias."""
        if not self._stack:
            self.root = tree
            return
        parent = self._stack[-1]
        parent.size += size
        parent.last = where
        if isinstance(parent.tree, Sequence):
            parent.tree.items.append(tree)
            parent.tree.broken |= self._splits_expression(tree)
        elif parent.key is None:
            parent.key = self._key(tree, parent.tree)
        else:
            key, where = parent.key
            parent.key = None
            broken = self._splits_expression(tree)
            parent.tree.broken |= broken
            if key is not None:
                parent.tree.entries[key] = tree
                parent.tree.keys[key] = where

    def _check_anchor(self, anchor: str, where: Where) -> None:
        if len(anchor) > self.limits.word_length:
            message = f"a word of {len(anchor):,} characters; {self.limits.word_length:,} are allowed"
            self._fail("E412", message, where, _raise_limit("word_length"))

    def _alias(self, event: Any) -> None:
        where = self._where(event)
        self._check_anchor(event.anchor, where)
        self._aliases += 1
        if self._aliases > self.limits.aliases:
            self._fail("E404", f"more than {self.limits.aliases} aliases", where, _raise_limit("aliases"))
        if event.anchor not in self._anchors:
            near = nearest(event.anchor, self._anchors)
            help = f"write *{near}" if near else "write & before the value that it stands for, or quote the text"
            self._fail("E003", f"the alias *{shorten(event.anchor)} has no anchor before it", where, help)
        anchored = self._anchors[event.anchor]
        if anchored is None:
            self._fail("E006", f"*{escape(event.anchor)} contains itself", where)
        else:
            tree, size = anchored
            self._count(size, where)
            self._place(tree, size, where)

    def _count(self, nodes: int, where: Where) -> None:
        self._nodes += nodes or 1
        if self._nodes > self.limits.yaml_nodes:
            self._fail(
                "E405",
                f"more than {self.limits.yaml_nodes:,} YAML nodes (aliases count as what they stand for)",
                where,
                _raise_limit("yaml_nodes"),
            )

    # -- keys and scalars

    def _key(self, tree: Tree, mapping: Sequence | Mapping) -> tuple[str | None, Where]:
        assert isinstance(mapping, Mapping)
        where = tree.where
        number = isinstance(tree, Scalar) and tree.plain and isinstance(tree.value, str) and tree.value.isdecimal()
        if not isinstance(tree, Scalar) or not isinstance(tree.value, str) or number:
            self._say_no_key(tree)
            mapping.broken = True
            return None, where
        if tree.plain and "{" in tree.value:
            mark = yaml.Mark("", 0, where.line - 1, where.column - 1, None, 0)
            raise yaml.MarkedYAMLError(problem="a brace opens in a key", problem_mark=mark)
        if tree.plain and tree.value == "<<":
            self._say("E006", "merge keys (<<) are not part of the language", where, "use extends, defaults or a block")
            mapping.broken = True
            return None, where
        if tree.plain and _brackets_open(tree.value):
            self._say_split(where)
            mapping.broken = True
            return None, where
        key = tree.value
        if not key.isascii() and (alike := lookalike(key, mixed=False)):
            self._say_lookalike(key, *alike, where)
            key = alike[1]
        if key in mapping.entries:
            first = mapping.keys[key]
            self._add_diagnostic(
                Diagnostic(
                    "E004",
                    f"the key {show_value(key)} is written twice",
                    where,
                    help="keep one of the two",
                    related=(Related("first here", first),),
                )
            )
            return None, where
        return key, where

    def _scalar(self, event: Any) -> Scalar:
        where = self._where(event)
        text = event.value
        quoted = not event.implicit[0] or event.style in ("'", '"', "|", ">")
        if len(text) > self._long or not (text.isascii() and text.isprintable()):
            text = self._checked(text, where)
        if quoted:
            return Scalar(text, where, plain=False)
        said = len(self.diagnostics)
        value = self._resolve(text, where)
        return Scalar(value, where, broken=len(self.diagnostics) > said)

    def _checked(self, text: str, where: Where) -> str:
        """Refuse a text that is too long or holds what a terminal would obey.

        One that only looks like a word is reported, and reading goes on with that word.
        """
        word = not text.startswith("$(") and _BLANK.search(text) is None
        if not (_INTEGER.match(text) or _FLOAT.match(text)):  # a number is too large before it is too long
            name, what = ("word_length", "a word") if word else ("text_length", "a text")
            longest = getattr(self.limits, name)
            if len(text) > longest:
                message = f"{what} of {len(text):,} characters; {longest:,} are allowed"
                self._fail("E412", message, where, _raise_limit(name))
        if match := FORBIDDEN_IN_A_VALUE.search(text):
            self._add_diagnostic(_forbidden(match.group(), where, "delete the escape that makes it"))
            raise SpecError(self.diagnostics)
        if word and (alike := lookalike(text)):
            self._say_lookalike(text, *alike, where)
            return alike[1]
        return text

    def _say_lookalike(self, text: str, character: str, spelling: str, where: Where) -> None:
        message = f"{show_value(text)} holds {describe(character)}, by which it only looks like {show_value(spelling)}"
        self._say("E010", message, where, f"write {spelling}, in ASCII")

    def _resolve(self, text: str, where: Where) -> bool | int | float | str | None:
        """Read a plain scalar by the core schema; what other readers take for a number and we don't stays text."""
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if text[0] not in "+-.0123456789":
            return text
        if _NOT_FINITE.match(text):
            self._say("E007", f"{text} is no value an architecture can have", where, "write a finite number")
            return 0
        if match := _INTEGER.match(text):
            base = 16 if match["hex"] else 8 if match["octal"] else 10
            digits = match["hex"] or match["octal"] or match["decimal"]
            # 10^12 has 13 digits; a longer number is too large whatever it is, and need not be converted
            number = int(digits, base) if len(digits) <= 40 else self.limits.magnitude + 1
            if number > self.limits.magnitude:
                shown = text if len(text) <= 30 else text[:29] + "…"
                help = "raise the limit with --limit magnitude=N if this is meant"
                self._say("E407", f"{shown} is larger than {self.limits.magnitude:,}", where, help)
                return 0
            return -number if text[0] == "-" else number
        if _FLOAT.match(text):
            value = float(text)
            if math.isinf(value):
                self._say("E407", f"{escape(text[:30])} is too large for a floating-point number", where)
                return 0
            return value
        return text

    def _splits_expression(self, tree: Tree) -> bool:
        """Notice that YAML ended a text early; True also where that was said of something inside."""
        if isinstance(tree, Scalar):
            text = tree.value
            if tree.plain and isinstance(text, str) and _OPENS.match(text) and _brackets_open(text):
                where = tree.where
                behind = self._line(where.end_line)[where.end_column - 1 :].strip()
                if not behind and where.end_line == where.line:
                    return False  # it goes on to the end of its line: nothing ended it
                self._say_split(where)
                tree.broken = True
                return True
            if tree.plain and isinstance(text, str) and tree.where.line in self._misread and _brackets_open(text):
                tree.broken = True  # the other half
            return tree.broken
        return isinstance(tree, Sequence) and tree.broken

    def _say_split(self, where: Where) -> None:
        """Report a text that YAML ended early, once a line."""
        from netspec.misread import split_at_bracket

        if where.line in self._misread:
            return
        if meant := split_at_bracket(self._line(where.line), where.column - 1):
            self._say_meant(meant, where.line)
        else:
            self._misread.add(where.line)
            self._say("E008", "quote this text: YAML ends it early, at a sign in it", where, "put it in double quotes")

    def _say_meant(self, meant: Meant, line: int) -> None:
        """Report what was read otherwise than it was meant."""
        self._misread.add(line)
        self._say(meant.code, meant.message, Where(self.source, line, meant.start + 1, line, meant.end + 1), meant.help)

    def _line(self, number: int) -> str:
        """A line of the text as it was written; nothing of one so long that nobody wrote it by hand."""
        if not self._lines:
            self._lines = LINE_BREAK.split(self.source.text)
        line = self._lines[number - 1] if number <= len(self._lines) else ""
        return line if len(line) <= LONGEST_LINE else ""

    def _refuse_collection_as_key(self, where: Where) -> None:
        from netspec.misread import template_as_key

        if meant := template_as_key(self._line(where.line), where.column - 1):
            self._say_meant(meant, where.line)
            raise SpecError(self.diagnostics)
        self._fail("E005", "a key must be text, not a list or mapping", where)

    def _say_no_key(self, tree: Tree) -> None:
        """Report a key that is no text."""
        from netspec.misread import number_as_key

        where = tree.where
        if where.line in self._misread:
            return
        if meant := number_as_key(self._line(where.line), where.column - 1):
            self._say_meant(meant, where.line)
            return
        shown = show_value(tree.value) if isinstance(tree, Scalar) else "a collection"
        self._say("E005", f"a key must be text, not {shown}", where, "write a name that begins with a letter")

    # -- saying it

    def _refuse_tag(self, event: Any) -> None:
        if event.tag is not None:
            from netspec.misread import instead_of_tag

            self._fail(
                "E006",
                f"the tag {_cut(event.tag.replace('tag:yaml.org,2002:', '!!'))}: tags are not part of the language",
                self._where(event),
                instead_of_tag(event.tag, event.value if isinstance(event, yaml.ScalarEvent) else None),
            )

    def _where(self, event: Any) -> Where:
        (line, column), (end_line, end_column) = self._written(event.start_mark), self._written(event.end_mark)
        return Where(self.source, line + 1, column + 1, end_line + 1, end_column + 1)

    def _written(self, mark: Any) -> tuple[int, int]:
        """A place of the text that is read, in the text as it was written."""
        if self.written is None or mark.line >= len(self.written):
            return mark.line, mark.column
        return mark.line, min(mark.column, len(self.written[mark.line]))

    def _say(self, code: str, message: str, where: Where, help: str = "") -> None:
        self._add_diagnostic(Diagnostic(code, message, where, help=help))

    def _add_diagnostic(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(diagnostic)
        if len(self.diagnostics) > MAX_MISTAKES:
            raise SpecError(self.diagnostics)

    def _fail(self, code: str, message: str, where: Where, help: str = "") -> None:
        self._say(code, message, where, help)
        raise SpecError(self.diagnostics)


MAX_MISTAKES = 500
"""So many mistakes are looked for in the YAML of one file."""


def _cut(text: str) -> str:
    return show_value(text)[1:-1]


def _raise_limit(name: str) -> str:
    return f"say it with fewer, or raise the limit with --limit {name}=N"


LONGEST_LINE = 1_000
"""In a longer line it isn't looked for what a person may have meant by what was misread."""


_CONSTANTS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?(?:0x(?P<hex>[0-9a-fA-F]+)|0o(?P<octal>[0-7]+)|(?P<decimal>0|[1-9][0-9]*))\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_BLANK = re.compile(r"\s", re.ASCII)
_OPENS = re.compile(r"[“”‘’]?(?:[A-Za-z_$][\w.]*)?\(")
_STRING = re.compile(r"'[^']*'|\"[^\"]*\"")


def resolves_to_text(text: str) -> bool:
    """Tell whether a text, written without quotes, would be read back as text."""
    return text not in _CONSTANTS and not (_INTEGER.match(text) or _FLOAT.match(text) or _NOT_FINITE.match(text))


def _brackets_open(text: str) -> bool:
    """Tell whether a text has a bracket without its partner, those inside quotes apart."""
    bare = _STRING.sub("", text)
    return any(bare.count(left) != bare.count(right) for left, right in ("()", "[]"))


def _start(source: Source) -> Where:
    return Where(source, 1, 1, 1, 1)


def _refuse_characters(source: Source) -> None:
    match = FORBIDDEN.search(source.text)
    if match:
        raise SpecError([_forbidden(match.group(), position(source, match.start()), "delete it")])


def _forbidden(character: str, where: Where, help: str) -> Diagnostic:
    kind = "control character " if unicodedata.category(character) == "Cc" else ""
    return Diagnostic("E002", f"the {kind}{describe(character)} can't stand in a spec", where, help=help)


def position(source: Source, index: int) -> Where:
    """Turn an index into the text into a place."""
    line, start = 1, 0
    for match in LINE_BREAK.finditer(source.text, 0, index):
        line, start = line + 1, match.end()
    return Where(source, line, index - start + 1, line, index - start + 2)
