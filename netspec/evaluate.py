"""Working values out where they are used, and reporting what goes wrong there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netspec.errors import Diagnostic, Mistake, Related, SpecError, Where
from netspec.scopes import BROKEN, Place, Seen
from netspec.values import ExpressionMistake, Problems, Unknowable, Value

ABOUT_NAMES = frozenset({"E201", "E202", "E205", "E207"})
"""Mistakes that stand in the body of a block however it is used."""

SHORT_LIST = 10
STEPS_PER_ITEM = 10
"""What checking an item of a long list takes, next to an operation of an expression."""

Check = Callable[[Problems, Value, Any, str], None]
"""Reports what is wrong with a value that was worked out, and marks it."""


class _Reporting:
    """Turns a `Mistake` into a diagnostic: at the expression that made it where that is known, else at ``where``."""

    __slots__ = ("evaluator", "path", "where")

    def __init__(self, evaluator: Evaluator, where: Where, path: str) -> None:
        self.evaluator = evaluator
        self.where = where
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Mistake):
            self.evaluator.say(error, self.where, self.path)
            return True
        return False


class Evaluator:
    """Works values out at a place. ``use`` is where the outermost YAML block or shared call being expanded stands."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.use: Where | None = None

    def evaluate(self, value: Value, place: Place, path: str, missing: Any = None) -> Any:
        """Work out a value; ``missing`` where it can't be, and the reason was reported."""
        if value.broken:
            return missing
        if value.is_constant:
            return value.constant
        found = missing
        with self.reporting(value.where, path):
            seen = Seen(place.variables, place)
            found = value.evaluate(seen)
            if isinstance(found, list) and len(found) > SHORT_LIST:
                seen.spend(STEPS_PER_ITEM * len(found))
        return found

    def checked(self, value: Value, place: Place, path: str, check: Check) -> Any:
        """Work out a value and check it, a constant was checked when it was read; None where it is no good."""
        if value.broken:
            return None
        if value.is_constant:
            return value.constant
        found = self.evaluate(value, place, path, missing=BROKEN)
        if found is BROKEN:
            return None
        probe = Value(value.tree)
        check(self.problems, probe, found, path)
        return None if probe.broken else found

    def reporting(self, where: Where, path: str) -> _Reporting:
        """Report what goes wrong inside a ``with``, and go on after it."""
        return _Reporting(self, where, path)

    def say(self, mistake: Mistake, where: Where, path: str, origin: Related | None = None) -> None:
        """Report a mistake. One that depends on how a YAML block is used is reported there, then inside.

        ``origin`` is where the value at fault was written, if not here.
        """
        if isinstance(mistake, ExpressionMistake):
            where = mistake.where
        if mistake.code == "E411":  # nothing more can be worked out
            self.problems.mistake(mistake, where, path)
            raise SpecError(self.problems.all)
        related = () if origin is None else (origin,)
        if self.use is None or mistake.code in ABOUT_NAMES or isinstance(mistake, Unknowable):
            self.problems.mistake(mistake, where, path, related)
            return
        focus = None
        if origin is not None and contains(self.use, origin.where):
            focus, related = origin.where, ()
        related = (Related("inside, here", where), *related)
        told = Diagnostic(mistake.code, mistake.message, self.use, path, "", focus, mistake.help, related)
        self.problems.add_inside(told, where, lambda: False)


def contains(whole: Where, part: Where) -> bool:
    """Whether a place lies within another."""
    begin, end = (whole.line, whole.column), (whole.end_line, whole.end_column)
    return whole.source is part.source and begin <= (part.line, part.column) < end
