"""YAML text to a tree in which every key and value knows its place.

Scalars are read by YAML 1.2's core rules: ``no`` and ``on`` are text, ``1e-3`` is a number. Tags, merge keys and
anything that could run code don't exist. The parser's events are walked with a stack of our own, counting as they come:
PyYAML's loaders recurse, and a short text can make them run for minutes or crash.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from netspec.errors import Diagnostic, Related, Source, SpecError, Where
from netspec.limits import DEFAULT_LIMITS, Limits
from netspec.options import escape, show_value


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
    _refuse_control_characters(source)
    reader = _Reader(source, limits)
    try:
        for event in yaml.parse(source.text if text is None else text, Loader=_LOADER):
            reader.take(event)
    except yaml.YAMLError as error:
        split = [diagnostic for diagnostic in reader.diagnostics if diagnostic.code == "E008"]
        raise SpecError(split or [*reader.diagnostics, _broken(source, error)]) from None
    except (ValueError, RecursionError, MemoryError, UnicodeError) as error:  # PyYAML lets these through
        raise SpecError([Diagnostic("E003", f"the YAML can't be read: {escape(str(error))}", _start(source))]) from None
    if reader.root is None:
        raise SpecError([Diagnostic("E009", "the file is empty", _start(source), help="begin with netspec: 1")])
    return reader.root, reader.diagnostics


# The C parser is ten times as fast; both give the same events.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet; ``size`` counts the YAML nodes in it."""

    tree: Sequence | Mapping
    anchor: str | None
    size: int = 1
    key: tuple[str | None, Where] | None = None


class _Reader:
    def __init__(self, source: Source, limits: Limits) -> None:
        self.source = source
        self.limits = limits
        self.root: Tree | None = None
        self.diagnostics: list[Diagnostic] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Tree, int] | None] = {}
        self._nodes = 0
        self._aliases = 0
        self._documents = 0

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
            self._fail("E005", "a key must be text, not a list or mapping", where)
        tree = Sequence([], where) if isinstance(event, yaml.SequenceStartEvent) else Mapping({}, where)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(_Open(tree, event.anchor))

    def _end_collection(self, event: Any) -> None:
        closed = self._stack.pop()
        start = closed.tree.where
        if event.end_mark.index > event.start_mark.index:  # a closing bracket; a block ends where the next line begins
            end_line, end_column = event.end_mark.line + 1, event.end_mark.column + 1
        else:
            last = _last(closed.tree)
            end_line, end_column = (last.end_line, last.end_column) if last else (start.line, start.column + 1)
        closed.tree.where = Where(self.source, start.line, start.column, end_line, end_column)
        self._add(closed.tree, closed.size, closed.anchor)

    def _add(self, tree: Tree, size: int, anchor: str | None) -> None:
        self._count(1 if isinstance(tree, Scalar) else 0, tree.where)
        if anchor is not None:
            self._anchors[anchor] = (tree, size)
        self._place(tree, size)

    def _place(self, tree: Tree, size: int) -> None:
        if not self._stack:
            self.root = tree
            return
        parent = self._stack[-1]
        parent.size += size
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

    def _alias(self, event: Any) -> None:
        where = self._where(event)
        self._aliases += 1
        if self._aliases > self.limits.aliases:
            self._fail("E404", f"more than {self.limits.aliases} aliases", where, _raise_limit("aliases"))
        if event.anchor not in self._anchors:
            self._fail("E003", f"the alias *{escape(event.anchor)} has no anchor before it", where)
        anchored = self._anchors[event.anchor]
        if anchored is None:
            self._fail("E006", f"*{escape(event.anchor)} contains itself", where)
        else:
            tree, size = anchored
            self._count(size, where)
            self._place(tree, size)

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
        if not isinstance(tree, Scalar) or not isinstance(tree.value, str):
            shown = show_value(tree.value) if isinstance(tree, Scalar) else "a collection"
            self._say("E005", f"a key must be text, not {shown}", where, "write a name that begins with a letter")
            mapping.broken = True
            return None, where
        if tree.plain and tree.value == "<<":
            self._say("E006", "merge keys (<<) are not part of the language", where, "use extends, defaults or a block")
            mapping.broken = True
            return None, where
        if tree.plain and _brackets_open(tree.value):
            mapping.broken = True
            if not any(d.code == "E008" and d.where.line == where.line for d in self.diagnostics):
                self._say_quote(where)
            return None, where
        if tree.value in mapping.entries:
            first = mapping.keys[tree.value]
            self.diagnostics.append(
                Diagnostic(
                    "E004",
                    f"the key {show_value(tree.value)} is written twice",
                    where,
                    help="keep one of the two",
                    related=(Related("first here", first),),
                )
            )
            return None, where
        return tree.value, where

    def _scalar(self, event: Any) -> Scalar:
        where = self._where(event)
        if not event.implicit[0] or event.style in ("'", '"', "|", ">"):
            return Scalar(event.value, where, plain=False)
        said = len(self.diagnostics)
        value = self._resolve(event.value, where)
        return Scalar(value, where, broken=len(self.diagnostics) > said)

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
        """Notice that YAML ended an expression early; True also where that was said of something inside."""
        if isinstance(tree, Scalar):
            text = tree.value
            if tree.plain and isinstance(text, str) and text.startswith("$(") and _brackets_open(text):
                self._say_quote(tree.where)
                return True
            return False
        return isinstance(tree, Sequence) and tree.broken

    def _say_quote(self, where: Where) -> None:
        self._say("E008", "quote this expression: YAML ends it early", where, QUOTE_HELP)

    # -- saying it

    def _refuse_tag(self, event: Any) -> None:
        if event.tag is not None:
            self._fail(
                "E006",
                f"the tag {escape(event.tag.replace('tag:yaml.org,2002:', '!!'))}: tags are not part of the language",
                self._where(event),
                "leave the tag out",
            )

    def _where(self, event: Any) -> Where:
        start, end = event.start_mark, event.end_mark
        return Where(self.source, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def _say(self, code: str, message: str, where: Where, help: str = "") -> None:
        self.diagnostics.append(Diagnostic(code, message, where, help=help))

    def _fail(self, code: str, message: str, where: Where, help: str = "") -> None:
        self._say(code, message, where, help)
        raise SpecError(self.diagnostics)


def _raise_limit(name: str) -> str:
    return f"say it with fewer, or raise the limit with --limit {name}=N"


QUOTE_HELP = "put the whole expression, with its $, in double quotes"

_CONSTANTS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?(?:0x(?P<hex>[0-9a-fA-F]+)|0o(?P<octal>[0-7]+)|(?P<decimal>0|[1-9][0-9]*))\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_SPLIT_EXPRESSION = re.compile(r"(?<!['\"\w])\$(?:\(|[A-Za-z_]\w*\[)")
_STRING = re.compile(r"'[^']*'|\"[^\"]*\"")


def resolves_to_text(text: str) -> bool:
    """Tell whether a text, written without quotes, would be read back as text."""
    return text not in _CONSTANTS and not (_INTEGER.match(text) or _FLOAT.match(text) or _NOT_FINITE.match(text))


def _brackets_open(text: str) -> bool:
    """Tell whether a text has a bracket without its partner, those inside quotes apart."""
    bare = _STRING.sub("", text)
    return any(bare.count(left) != bare.count(right) for left, right in ("()", "[]"))


def _last(tree: Sequence | Mapping) -> Where | None:
    """The end of the last thing in a collection: where the collection ends for a reader."""
    if isinstance(tree, Sequence):
        return tree.items[-1].where if tree.items else None
    ends = [item.where for item in tree.entries.values()]
    return ends[-1] if ends else None


def _start(source: Source) -> Where:
    return Where(source, 1, 1, 1, 1)


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def _refuse_control_characters(source: Source) -> None:
    match = _CONTROL.search(source.text)
    if match:
        where = position(source, match.start())
        code_point = ord(match.group())
        raise SpecError(
            [
                Diagnostic(
                    "E002", f"the control character U+{code_point:04X} can't stand in a spec", where, help="delete it"
                )
            ]
        )


def position(source: Source, index: int) -> Where:
    """Turn an index into the text into a place."""
    line, start = 1, 0
    for match in LINE_BREAK.finditer(source.text, 0, index):
        line, start = line + 1, match.end()
    return Where(source, line, index - start + 1, line, index - start + 2)


def _broken(source: Source, error: yaml.YAMLError) -> Diagnostic:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or "the text can't be read as YAML"
    if mark is None:
        return Diagnostic("E003", f"broken YAML: {escape(problem)}", _start(source))
    where = Where(source, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)
    lines = LINE_BREAK.split(source.text)
    # The parser often notices only on the line after the one that is wrong.
    for number in (mark.line, mark.line - 1):
        line = lines[number] if 0 <= number < len(lines) else ""
        found = _SPLIT_EXPRESSION.search(line)
        end = mark.column + 1 if number == mark.line else len(line)
        if found and found.start() <= end and _brackets_open(line[found.start() : end]):
            at = Where(source, number + 1, found.start() + 1, number + 1, len(line.rstrip()) + 1)
            help = (
                QUOTE_HELP
                if found[0] == "$("
                else f'write "$({found[0][1:]}…)", with $( ) around it all, in double quotes'
            )
            return Diagnostic("E008", "quote this expression: YAML ends it early", at, help=help)
    context = getattr(error, "context", None)
    context_mark = getattr(error, "context_mark", None)
    if context_mark is not None and context_mark.line < len(lines) and not "".join(lines[mark.line :]).strip():
        # The end of the file came first: what matters is what was open.
        opened = Where(
            source, context_mark.line + 1, context_mark.column + 1, context_mark.line + 1, context_mark.column + 2
        )
        character = lines[context_mark.line][context_mark.column : context_mark.column + 1]
        if character in ("{", "[", "'", '"'):
            closing = {"{": "}", "[": "]"}.get(character, character)
            return Diagnostic(
                "E003", f"this {character} is never closed", opened, help=f"add the {closing} that is missing"
            )
    if context == "while scanning a simple key" and context_mark is not None and context_mark.line < len(lines):
        text = lines[context_mark.line][context_mark.column :].split(" #")[0].rstrip()
        at = Where(
            source,
            context_mark.line + 1,
            context_mark.column + 1,
            context_mark.line + 1,
            context_mark.column + 1 + len(text),
        )
        help = f"write - {escape(text)}, or {escape(text)}: …"
        return Diagnostic("E003", "this is neither an item of a list nor a key with a value", at, help=help)
    related: tuple[Related, ...] = ()
    if context and context_mark and context_mark.line != mark.line:
        there = Where(
            source, context_mark.line + 1, context_mark.column + 1, context_mark.line + 1, context_mark.column + 2
        )
        related = (Related(escape(context), there),)
    return Diagnostic("E003", f"broken YAML: {escape(problem)}", where, help=_syntax_help(lines, mark), related=related)


def _syntax_help(lines: list[str], mark: Any) -> str:
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line[: mark.column + 1] or line.startswith("\t"):
        return "indent with spaces; YAML does not allow tabs there"
    if re.search(r"[{,]\s*\w+: [^,{}\[\]]+ \w+:", line):
        return "put a comma between the keys"
    before = "\n".join(lines[max(0, mark.line - 1) : mark.line + 1])
    for left, right, name in (("{", "}", "brace"), ("[", "]", "bracket")):
        if before.count(left) > before.count(right):
            return f"close the {name}: a {right} is missing"
    if ": " in line and line.count(": ") > 1:
        return "one line can hold one key; put a value that contains ': ' in quotes"
    return "check the indentation, brackets, quotes and commas here and on the line before"
