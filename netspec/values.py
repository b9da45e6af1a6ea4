"""Values of a spec: plain, or with expressions somewhere inside that are worked out where the value is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from netspec import yaml
from netspec.errors import Diagnostic, Mistake, Related, SpecError, Where
from netspec.expressions import Expression, Lookup, parse_expression, spend_steps
from netspec.limits import Limits

MAX_FOUND = 500
"""So many mistakes are looked for in one spec; 20 are shown, and each costs the search for a suggestion."""


MAX_RELATED = 8
"""So many places are shown beside one mistake."""


class Problems:
    """The mistakes found so far. The same mistake at the same place is kept once."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, Where, str], Diagnostic] = {}
        self._inside: dict[tuple[str, Where], Diagnostic] = {}

    def add_inside(self, diagnostic: Diagnostic, inside: Where, never_works: Callable[[], bool]) -> None:
        """Keep a diagnostic of a block's use that was made at a place inside the block.

        A second one of that place is the same mistake where it says the same, comes from another copy of one use, or
        where that place never works: then it is the block that is wrong, and not each of its uses.
        """
        first = self._inside.setdefault((diagnostic.code, inside), diagnostic)
        same = first.message == diagnostic.message or first.where == diagnostic.where
        if first is diagnostic or not (same or never_works()):
            self.add(diagnostic)
        elif first.where != diagnostic.where and len(first.related) < MAX_RELATED:
            more = first.with_related(Related("and where it is used here", diagnostic.where))
            self.found[first.code, first.where, first.message] = more
            self._inside[first.code, inside] = more

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic. Raises `SpecError` where so many were found that going on helps nobody."""
        if len(self.found) < MAX_FOUND:
            self.found.setdefault((diagnostic.code, diagnostic.where, diagnostic.message), diagnostic)
        elif diagnostic.severity == "error":
            raise SpecError([*self.errors, diagnostic])

    def say(self, code: str, message: str, where: Where, **more: Any) -> None:
        self.add(Diagnostic(code, message, where, **more))

    def mistake(self, mistake: Mistake, where: Where, path: str = "", related: tuple[Related, ...] = ()) -> None:
        if isinstance(mistake, Unknowable):
            return
        if isinstance(mistake, ExpressionMistake):
            where = mistake.where
        self.add(Diagnostic(mistake.code, mistake.message, where, path, mistake.label, None, mistake.help, related))

    @property
    def errors(self) -> list[Diagnostic]:
        return [diagnostic for diagnostic in self.found.values() if diagnostic.severity == "error"]

    @property
    def all(self) -> list[Diagnostic]:
        return list(self.found.values())


class ExpressionMistake(Mistake):
    """A mistake whose place is known: that of the expression that made it."""

    def __init__(self, mistake: Mistake, where: Where) -> None:
        super().__init__(mistake.code, mistake.message, help=mistake.help)
        self.where = where


class Unknowable(Mistake):
    """Something depends on what is broken. There is nothing to say: the mistake was reported where it was made."""

    def __init__(self) -> None:
        super().__init__("", "")


@dataclass(slots=True, eq=False)
class Value:
    """One value as written. ``constant`` holds it where nothing has to be worked out.

    ``broken`` says that a mistake in it was reported already.
    """

    tree: yaml.Tree
    constant: Any = None
    is_constant: bool = True
    broken: bool = False
    expressions: tuple[Expression, ...] = ()
    _evaluate: Callable[[Lookup], Any] | None = None

    @property
    def where(self) -> Where:
        return self.tree.where

    @property
    def variable(self) -> str | None:
        """The name of the variable, where the value is nothing but that."""
        if not (isinstance(self.tree, yaml.Scalar) and self.expressions):
            return None
        text = self.expressions[0].text
        return next((name for name in self.expressions[0].names if text in (f"${name}", f"$({name})")), None)

    def evaluate(self, names: Lookup) -> Any:
        """Work the value out. Raises `ExpressionMistake`."""
        return self.constant if self._evaluate is None else self._evaluate(names)

    def find(self, mistake: Mistake) -> Where:
        """The place of the part of the value that a mistake names, as exactly as it was written."""
        tree = self.tree
        where = tree.where
        for step in mistake.option[1:]:
            if isinstance(tree, yaml.Sequence) and isinstance(step, int) and step < len(tree.items):
                tree = tree.items[step]
                where = tree.where
            elif isinstance(tree, yaml.Mapping) and step in tree.entries:
                # an option that does not exist is wrong by its name, not by its value
                where = tree.keys[str(step)] if mistake.code == "E102" else tree.entries[str(step)].where
                tree = tree.entries[str(step)]
            else:
                break
        return where


def constant(value: Any, tree: yaml.Tree) -> Value:
    """Make a value that was not written but follows from something written."""
    return Value(tree, value)


def compile_value(tree: yaml.Tree, problems: Problems, limits: Limits, path: str = "") -> Value:
    """Find the expressions in a value and parse them; what is wrong with one is reported and the value marked."""
    expressions: list[Expression] = []
    broken = any(part.broken for part in yaml.walk(tree))

    def build(part: yaml.Tree) -> Callable[[Lookup], Any] | None:
        """Give a function for a part that holds an expression, None for one that doesn't."""
        nonlocal broken
        if isinstance(part, yaml.Scalar):
            if not isinstance(part.value, str):
                return None
            try:
                expression = parse_expression(part.value, limits)
            except Mistake as mistake:
                problems.mistake(mistake, part.where, path)
                broken = True
                return None
            if expression is None:
                return None
            expressions.append(expression)
            return _located(expression, part.where)
        if isinstance(part, yaml.Sequence):
            items = [(build(item), item) for item in part.items]
            if not any(function for function, _ in items):
                return None
            size = sum(1 for _ in yaml.walk(part))

            def listed(names: Lookup) -> list[Any]:
                spend_steps(names, size)
                return [function(names) if function else yaml.plain(item) for function, item in items]

            return listed
        entries = [(key, build(item), item) for key, item in part.entries.items()]
        if not any(function for _, function, _ in entries):
            return None
        return lambda names: {key: function(names) if function else yaml.plain(item) for key, function, item in entries}

    evaluate = build(tree)
    if evaluate is None:
        return Value(tree, yaml.plain(tree), broken=broken)
    return Value(tree, None, False, broken, tuple(expressions), evaluate)


def _located(expression: Expression, where: Where) -> Callable[[Lookup], Any]:
    def evaluate(names: Lookup) -> Any:
        try:
            return expression.evaluate(names)
        except (ExpressionMistake, Unknowable):
            raise
        except Mistake as mistake:
            raise ExpressionMistake(mistake, where) from None

    return evaluate


def names_in(value: Value) -> Iterator[str]:
    """The names that the expressions of a value use."""
    for expression in value.expressions:
        yield from expression.names
