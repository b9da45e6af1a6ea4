"""Expressions: ``$name``, or ``$(…)`` around arithmetic on numbers, strings and lists.

The text is parsed by Python's own parser and translated, node by node, into functions; what is not on the list below
does not exist. Sizes are checked before a value is made, so that no expression can take time or memory that its length
does not account for; and what the expressions of a network take together is counted in steps.
"""

from __future__ import annotations

import ast
import functools
import math
import operator
import re
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from netspec.characters import FORBIDDEN_IN_A_VALUE, describe, lookalike
from netspec.errors import Mistake
from netspec.limits import DEFAULT_LIMITS, Limits
from netspec.options import shorten, show_value
from netspec.references import Reference, parse_reference
from netspec.shapes import Shape

MAX_ITEMS = 10_000
"""The most values that a list, and the most characters that a text made by an expression may have."""

MAX_DEPTH = 100
"""How deeply operators, brackets and calls may be nested in one expression."""

ITEMS_PER_STEP = 10
"""So many items of a list, or characters of a text, are read or made in the time of one operation."""

MAX_DIGITS = 400
"""No number that is allowed changes by rounding to more digits, before or behind the point."""

CONSTANTS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}


class UnknownNameMistake(Mistake):
    """A name has no value; ``near`` is the one that was probably meant."""

    def __init__(self, message: str, near: str | None, help: str) -> None:
        super().__init__("E201", message, help=f"write {near}" if near else help)
        self.near = near


class Lookup(Protocol):
    """What an expression can see. One that has ``spend`` (`Meter.spend`) is told how many steps are taken."""

    def value(self, name: str) -> Any:
        """The value of a name; raises `Mistake` where there is none."""

    def shape(self, reference: Reference) -> Shape:
        """The shape of what a reference leads to, without batch axis."""


class Meter:
    """Counts the steps that all expressions of a network take, each as often as it is worked out."""

    __slots__ = ("allowed", "spent")

    def __init__(self) -> None:
        self.spent = 0
        self.allowed = DEFAULT_LIMITS.expression_steps

    def spend(self, steps: int, allowed: int | None = None) -> None:
        """Count steps; ``allowed`` is the limit under which the spec is read. Raises `Mistake` where they are more."""
        if allowed is not None:
            self.allowed = allowed
        self.spent += steps
        if self.spent > self.allowed:
            message = f"the expressions of this spec take more than {self.allowed:,} steps"
            help = "work out once in vars what every copy uses, or raise the limit with --limit expression_steps=N"
            raise Mistake("E411", message, help=help)


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression. ``names`` are the names it uses, ``uses_shapes`` whether it asks for a shape.

    ``steps`` is the number of its operations.
    """

    text: str
    names: frozenset[str]
    uses_shapes: bool
    steps: int
    _evaluate: Callable[[Lookup], Any]
    limits: Limits

    def evaluate(self, names: Lookup) -> Any:
        """Work out the value. Raises `Mistake`."""
        spend = getattr(names, "spend", None)
        if spend is not None:
            spend(self.steps, self.limits.expression_steps)
        value, magnitude = self._evaluate(names), self.limits.magnitude
        if type(value) is int and -magnitude <= value <= magnitude:  # nearly always
            return value
        bounded(value, magnitude)
        _count(names, value)
        return value


def _count(names: Lookup, *values: Any) -> None:
    """Count the steps of reading or making lists and texts."""
    weight = sum(_weight(value) for value in values if isinstance(value, list | str))
    if weight >= ITEMS_PER_STEP:
        spend_steps(names, weight // ITEMS_PER_STEP)


def spend_steps(names: Lookup, steps: int) -> None:
    """Count steps where somebody counts them. Raises `Mistake` where they are more than allowed."""
    spend = getattr(names, "spend", None)
    if spend is not None:
        spend(steps)


def _weight(value: list[Any] | str) -> int:
    """Count the items and characters that reading a value takes; what is in it was bounded when it was made."""
    if isinstance(value, str):
        return len(value)
    kinds = set(map(type, value))
    inner = [item for item in value if isinstance(item, list | str)] if kinds & {list, str} else ()
    return len(value) + sum(map(_weight, inner))


_BARE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)\Z", re.ASCII)


def parse_expression(text: str, limits: Limits = DEFAULT_LIMITS) -> Expression | None:
    """Read a text that begins with ``$``; None where it doesn't and so is an ordinary text. Raises `Mistake`."""
    if not text.startswith("$"):
        return None
    if len(text) > limits.expression_length:
        raise Mistake(
            "E408",
            f"an expression of {len(text):,} characters; {limits.expression_length:,} are allowed",
            help="split it into vars, or raise the limit with --limit expression_length=N",
        )
    bare = _BARE.match(text)
    if bare:
        return _expression(text, bare.group(1), limits)
    stripped = text.rstrip()
    if not (stripped.startswith("$(") and stripped.endswith(")")):
        raise _neither_form(stripped, limits)
    return _expression(text, stripped[2:-1], limits)


@functools.lru_cache(maxsize=4096)  # a network says the same thing over and over
def _expression(text: str, inner: str, limits: Limits) -> Expression:
    compiler = _Compiler(limits.magnitude, bare=inner == text[1:])
    try:
        evaluate = compiler.compile(inner)
    except Mistake as mistake:
        _explain(mistake, inner, limits)
        raise
    names = frozenset(compiler.names)
    return Expression(text, names, compiler.uses_shapes, compiler.steps, evaluate, limits)


def _explain(mistake: Mistake, inner: str, limits: Limits) -> None:
    """Put what another language has in its place, and how it is written here, into a mistake."""
    from netspec.foreign import explain

    if mistake.code == "E203" and inner.strip():
        explained = explain(inner, [*FUNCTIONS, "shape"], lambda text: _is_expression(text, limits))
        if explained:
            message, help = explained
            mistake.message, mistake.help = message, help or mistake.help


def expression_meant(text: str, names: Collection[str]) -> str:
    """Write a text that holds names of variables as the expression that it was meant to be; nothing if it is none."""
    from netspec.foreign import as_expression

    return as_expression(text, names, [*FUNCTIONS, "shape"], lambda inner: _is_expression(inner, DEFAULT_LIMITS))


def value_of(written: str) -> Any:
    """The value of an expression that uses no names; None of one that does, or that has none."""
    expression = parse_expression(written.strip("\"'"))
    try:
        return None if expression is None else expression.evaluate(_Nothing())
    except Mistake:
        return None


class _Nothing:
    """A place where nothing can be seen."""

    def value(self, name: str) -> Any:
        raise Mistake("E201", name)

    def shape(self, reference: Reference) -> Shape:
        raise Mistake("E205", reference.text)


def _neither_form(text: str, limits: Limits) -> Mistake:
    """Describe a text that begins with $ but is no expression, and say what expression it was meant to be."""
    from netspec.foreign import as_value, explain, unwrapped

    message = f"{show_value(text)} starts with $ but is neither $name nor $(…)"
    if text.startswith("$(") and _is_expression(text[2:], limits):
        written = shorten(as_value(text[2:]))
        return Mistake("E203", "this ( is never closed", help=f"add the ) that is missing: {written}")
    inner = unwrapped(text)
    for meant in (inner, inner + ")"):
        if _is_expression(meant, limits):
            written = as_value(meant)
            around = "" if written[1:] == meant or "{" in text else "put $( ) around the whole expression: "
            return Mistake("E203", message, help=f"{around or 'write '}{shorten(written)}")
    explained = explain(inner, [*FUNCTIONS, "shape"], lambda text: _is_expression(text, limits))
    help = explained[1] if explained and "$" in explained[1] else "write $name, or put $( ) around the whole expression"
    return Mistake("E203", message, help=help)


def _is_expression(inner: str, limits: Limits) -> bool:
    try:
        _Compiler(limits.magnitude).compile(inner)
    except Mistake:
        return False
    return len(inner) <= limits.expression_length


# References have a grammar of their own (gates.3, gates.*.skip); Python's parser is shown a quoted string.
_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_SHAPE_CALL = re.compile(rf"({_QUOTED})|\bshape\s*\(\s*([^()'\"]*?)\s*\)")


def _quote_references(text: str) -> str:
    return _SHAPE_CALL.sub(lambda match: match[1] or f"shape({match[2]!r})", text)


_NAME_USE = re.compile(rf"({_QUOTED}|\bshape\s*\([^()]*\))|(?<![\w.])([A-Za-z_]\w*)\b(?!\s*\()")


def substitute(text: str, values: Mapping[str, Any]) -> str:
    """Write values in place of the names that have one: how a resolved spec shows an expression it has to keep."""
    bare = _BARE.match(text)
    inner = bare.group(1) if bare else text.rstrip()[2:-1]
    written = _NAME_USE.sub(
        lambda match: match[1] or (literal(values[match[2]]) if match[2] in values else match[2]), inner
    )
    return text if bare and written == inner else f"$({written})"


def literal(value: Any) -> str:
    """Write a value as an expression would."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    for name, constant in CONSTANTS.items():
        if value is constant:
            return name
    written = repr(value)
    return f"({written})" if written.startswith("-") else written


def bounded(value: Any, magnitude: int) -> Any:
    """Give the value back if it is of a size that a spec may have. Raises `Mistake`."""
    if type(value) is int:
        if abs(value) > magnitude:
            raise Mistake(
                "E407", f"the value is larger than {magnitude:,}", help="--limit magnitude=N raises the limit"
            )
    elif type(value) is float:
        if not math.isfinite(value):
            raise Mistake("E204", "the value is not a finite number")
    elif isinstance(value, str):
        if len(value) > MAX_ITEMS:
            raise _too_large(len(value), "characters")
    elif isinstance(value, list) and _size(value) > MAX_ITEMS:
        raise _too_large(MAX_ITEMS + 1, "items")
    return value


def _size(value: list[Any], depth: int = 0) -> int:
    """Count the values in a list, nested ones too, and stop counting once there are too many."""
    if depth > MAX_DEPTH:
        raise Mistake("E408", f"a list nested more than {MAX_DEPTH} levels deep")
    total = 1 + len(value)
    if total <= MAX_ITEMS and list in set(map(type, value)):
        for item in value:
            if isinstance(item, list):
                total += _size(item, depth + 1) - 1
                if total > MAX_ITEMS:
                    break
    return total


def _too_large(size: int, what: str) -> Mistake:
    return Mistake("E408", f"the value would have {size:,} {what}; {MAX_ITEMS:,} are allowed")


# ------------------------------------------------------------------------------------------------------------ functions


def make_divisible(value: float, divisor: int) -> int:
    """Round to a multiple of ``divisor``, at least one of it, but never more than a tenth below the value.

    The rule of the MobileNet papers' reference code (Sandler et al., 2018).
    """
    _number(value, "make_divisible")
    if type(divisor) is not int or divisor < 1:
        raise Mistake("E204", f"make_divisible: the divisor must be a positive integer, not {show_value(divisor)}")
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


def _number(value: object, function: str) -> Any:
    if type(value) not in (int, float, bool):
        raise Mistake("E204", f"{function}() wants a number, not {show_value(value)}")
    return value


def _rounding(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    def apply(value: Any, *digits: Any) -> Any:
        _number(value, name)
        if digits and type(digits[0]) is not int:
            raise Mistake("E204", f"{name}() wants a whole number of digits, not {show_value(digits[0])}")
        return function(value, *(max(-MAX_DIGITS, min(one, MAX_DIGITS)) for one in digits))

    return apply


def _extreme(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    def apply(*values: Any) -> Any:
        items = values[0] if len(values) == 1 and isinstance(values[0], list) else values
        if not items:
            raise Mistake("E204", f"{name}() of an empty list")
        return function(_number(item, name) for item in items)

    return apply


def _sum(values: Any) -> Any:
    if not isinstance(values, list):
        raise Mistake("E204", f"sum() wants a list, not {show_value(values)}")
    return sum(_number(item, "sum") for item in values)


def _len(value: Any) -> int:
    if not isinstance(value, list | str):
        raise Mistake("E204", f"len() wants a list or a text, not {show_value(value)}")
    return len(value)


_ARGUMENTS = {
    "make_divisible": "value, divisor",
    "round": "value, digits",
    "min": "a, b",
    "max": "a, b",
    "len": "list",
    "sum": "[a, b]",
}
"""What the arguments of a function are, where they are not one value."""

# name: (function, fewest arguments, most arguments)
FUNCTIONS: Mapping[str, tuple[Callable[..., Any], int, int]] = {
    "min": (_extreme(min, "min"), 1, 100),
    "max": (_extreme(max, "max"), 1, 100),
    "round": (_rounding(round, "round"), 1, 2),
    "floor": (_rounding(math.floor, "floor"), 1, 1),
    "ceil": (_rounding(math.ceil, "ceil"), 1, 1),
    "int": (_rounding(int, "int"), 1, 1),
    "len": (_len, 1, 1),
    "sum": (_sum, 1, 1),
    "make_divisible": (make_divisible, 2, 2),
}

_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, items: item in items,
    ast.NotIn: lambda item, items: item not in items,
}


def _add(a: Any, b: Any, magnitude: int) -> Any:
    if not (isinstance(a, list | str) and type(a) is type(b)):
        _require_numbers(a, b, "+")
    return operator.add(a, b)


def _multiply(a: Any, b: Any, magnitude: int) -> Any:
    for items, times in ((a, b), (b, a)):
        if isinstance(items, list | str) and type(times) is int:
            if len(items) * times > MAX_ITEMS:
                raise _too_large(len(items) * times, "characters" if isinstance(items, str) else "items")
            return items * times
    _require_numbers(a, b, "*")
    return a * b


def _power(a: Any, b: Any, magnitude: int) -> Any:
    _require_numbers(a, b, "**")
    if type(a) is int and type(b) is int and abs(a) > 1 and b > 0 and b * math.log2(abs(a)) > math.log2(magnitude) + 1:
        raise Mistake("E407", f"{a}**{b} is larger than {magnitude:,}")
    value = a**b
    if isinstance(value, complex):
        raise Mistake("E204", f"{show_value(a)} to the power of {show_value(b)} is not a real number")
    return value


def _arithmetic(function: Callable[[Any, Any], Any], sign: str) -> Callable[[Any, Any, int], Any]:
    def apply(a: Any, b: Any, magnitude: int) -> Any:
        _require_numbers(a, b, sign)
        return function(a, b)

    return apply


def _require_numbers(a: Any, b: Any, sign: str) -> None:
    for value in (a, b):
        if type(value) not in (int, float, bool):
            if value is None:
                raise Mistake("E204", f"{sign} can't calculate with null: the size is not known here")
            raise Mistake("E204", f"{show_value(a)} {sign} {show_value(b)}: {sign} wants numbers")


_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any, int], Any]] = {
    ast.Add: _add,
    ast.Sub: _arithmetic(operator.sub, "-"),
    ast.Mult: _multiply,
    ast.Div: _arithmetic(operator.truediv, "/"),
    ast.FloorDiv: _arithmetic(operator.floordiv, "//"),
    ast.Mod: _arithmetic(operator.mod, "%"),
    ast.Pow: _power,
}

_WHOLE: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}

Function = Callable[[Lookup], Any]


class _Compiler:
    """Translates Python's syntax tree; collects the names that are used."""

    def __init__(self, magnitude: int, *, bare: bool = False) -> None:
        self.magnitude = magnitude
        self.bare = bare  # a name alone, written with its $
        self.names: set[str] = set()
        self.uses_shapes = False
        self.depth = 0
        self.steps = 0

    def compile(self, text: str) -> Function:
        try:
            with warnings.catch_warnings(action="ignore"):  # of an odd escape in a string
                tree = ast.parse(_quote_references(" ".join(text.split("\n")).strip()), mode="eval")
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            _refuse_syntax(text, error)
        bare = re.sub(_QUOTED, "", text)
        if not bare.isascii():
            _refuse_lookalikes(bare)
        numbers = re.finditer(r"(?<![\w.])\d[\d_.]*", bare, re.ASCII)
        if grouped := next((number for number in numbers if "_" in number[0]), None):
            raise Mistake(
                "E203", "numbers are written without underscores", help=f"write {grouped[0].replace('_', '')}"
            )
        return self._node(tree.body)

    def _node(self, node: ast.expr) -> Function:
        self.depth += 1
        self.steps += 1
        if self.depth > MAX_DEPTH:
            raise Mistake("E408", f"an expression nested more than {MAX_DEPTH} levels deep", help="split it into vars")
        function = self._translate(node)
        self.depth -= 1
        return function

    def _translate(self, node: ast.expr) -> Function:
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            words = _REFUSED.get(type(node).__name__, "this")
            raise Mistake("E203", f"{words} can't stand in an expression", help=_HELP)
        function: Function = method(node)
        return function

    def _constant(self, node: ast.Constant) -> Function:
        value = node.value
        if isinstance(value, str) and (odd := FORBIDDEN_IN_A_VALUE.search(value)):
            raise Mistake(
                "E002", f"{describe(odd.group())} can't stand in a text", help="delete the escape that makes it"
            )
        if type(value) not in (int, float, str):
            shown = "..." if value is ... else show_value(str(value))
            raise Mistake("E203", f"{shown} can't stand in an expression", help=_HELP)
        bounded(value, self.magnitude)
        return lambda names: value

    def _name(self, node: ast.Name) -> Function:
        name = node.id
        if name in CONSTANTS:
            constant = CONSTANTS[name]
            return lambda names: constant
        self.names.add(name)
        if not self.bare:
            return lambda names: names.value(name)

        def value(names: Lookup) -> Any:
            try:
                return names.value(name)
            except UnknownNameMistake as mistake:
                mistake.help = f"write ${mistake.near}" if mistake.near else mistake.help
                raise

        return value

    def _list(self, node: ast.List) -> Function:
        items, magnitude = [self._node(item) for item in node.elts], self.magnitude

        def evaluate(names: Lookup) -> list[Any]:
            value: list[Any] = bounded([item(names) for item in items], magnitude)
            _count(names, value)
            return value

        return evaluate

    def _unaryop(self, node: ast.UnaryOp) -> Function:
        operand = self._node(node.operand)
        if isinstance(node.op, ast.Not):
            return lambda names: not operand(names)
        if isinstance(node.op, ast.Invert):
            raise Mistake("E203", "~ can't stand in an expression", help=_HELP)
        apply = operator.neg if isinstance(node.op, ast.USub) else operator.pos
        return lambda names: apply(_signed(operand(names)))

    def _binop(self, node: ast.BinOp) -> Function:
        apply = _OPERATORS.get(type(node.op))
        if apply is None:
            sign = _OTHER_OPERATORS.get(type(node.op).__name__, "this operator")
            raise Mistake("E203", f"{sign} can't stand in an expression", help=_HELP)
        left, right, magnitude = self._node(node.left), self._node(node.right), self.magnitude
        whole = _WHOLE.get(type(node.op))

        def evaluate(names: Lookup) -> Any:
            a, b = left(names), right(names)
            if whole is not None and type(a) is int and type(b) is int:  # nearly always: nothing can go wrong but size
                number = whole(a, b)
                if -magnitude <= number <= magnitude:
                    return number
            try:
                value = bounded(apply(a, b, magnitude), magnitude)
            except ZeroDivisionError:
                raise Mistake("E204", "this divides by zero") from None
            except OverflowError:
                raise Mistake("E407", "the value is too large for a floating-point number") from None
            if isinstance(value, list | str):
                _count(names, value)
            return value

        return evaluate

    def _boolop(self, node: ast.BoolOp) -> Function:
        parts = [self._node(value) for value in node.values]
        stops_at = isinstance(node.op, ast.Or)

        def evaluate(names: Lookup) -> Any:
            value: Any = None
            for part in parts:
                value = part(names)
                if bool(value) is stops_at:
                    break
            return value

        return evaluate

    def _compare(self, node: ast.Compare) -> Function:
        first, rest = self._node(node.left), [self._node(item) for item in node.comparators]
        try:
            checks = [_COMPARISONS[type(op)] for op in node.ops]
        except KeyError:
            raise Mistake("E203", "is can't stand in an expression", help="compare with == or !=") from None

        def evaluate(names: Lookup) -> bool:
            left = first(names)
            for check, part in zip(checks, rest, strict=True):
                right = part(names)
                if isinstance(right, list | str):
                    _count(names, left, right)
                try:
                    if not check(left, right):
                        return False
                except TypeError:
                    raise Mistake("E204", f"{show_value(left)} can't be compared with {show_value(right)}") from None
                left = right
            return True

        return evaluate

    def _ifexp(self, node: ast.IfExp) -> Function:
        test, yes, no = self._node(node.test), self._node(node.body), self._node(node.orelse)
        return lambda names: yes(names) if test(names) else no(names)

    def _subscript(self, node: ast.Subscript) -> Function:
        items, index = self._node(node.value), self._index(node.slice)

        def evaluate(names: Lookup) -> Any:
            container, at = items(names), index(names)
            if not isinstance(container, list | str):
                raise Mistake("E204", f"{show_value(container)} has no items")
            if isinstance(at, slice):
                _count(names, container)
            try:
                return container[at]
            except IndexError:
                raise Mistake(
                    "E204", f"there is no item {at} in {show_value(container)}: it has {len(container)}"
                ) from None
            except (TypeError, ValueError):
                raise Mistake("E204", "an item's position must be a whole number") from None

        return evaluate

    def _index(self, node: ast.expr) -> Function:
        if not isinstance(node, ast.Slice):
            return self._node(node)
        parts = [self._node(part) if part else None for part in (node.lower, node.upper, node.step)]
        return lambda names: slice(*(part(names) if part else None for part in parts))

    def _call(self, node: ast.Call) -> Function:
        if not isinstance(node.func, ast.Name):
            raise Mistake("E203", "only functions can be called in an expression", help=_HELP)
        name = node.func.id
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise Mistake("E203", f"{name}() takes its arguments by position", help=_HELP)
        if name == "shape":
            return self._shape(node)
        if name not in FUNCTIONS:
            raise Mistake("E203", f"there is no function {name}()", help=_HELP)
        function, fewest, most = FUNCTIONS[name]
        if not fewest <= len(node.args) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            message = f"{name}() takes {wanted} argument{'s' if wanted != '1' else ''}, not {len(node.args)}"
            raise Mistake("E203", message, help=f"write {name}({_ARGUMENTS.get(name, 'value')})")
        arguments, magnitude = [self._node(argument) for argument in node.args], self.magnitude

        def evaluate(names: Lookup) -> Any:
            values = [argument(names) for argument in arguments]
            if isinstance(values[0], list):
                _count(names, values[0])
            try:
                return bounded(function(*values), magnitude)
            except (ValueError, TypeError, OverflowError) as error:
                raise Mistake("E204", f"{name}() has no value here: {error}") from None

        return evaluate

    def _shape(self, node: ast.Call) -> Function:
        argument = node.args[0] if len(node.args) == 1 else None
        if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
            raise Mistake("E203", "shape() takes one reference: shape(prev)")
        reference = parse_reference(argument.value)
        self.uses_shapes = True
        return lambda names: list(names.shape(reference))


_HELP = f"there are + - * / // % **, comparisons, in, and or not, a if c else b, [ ], and {', '.join(FUNCTIONS)}, shape"

_OTHER_OPERATORS = {"BitAnd": "&", "BitOr": "|", "BitXor": "^", "LShift": "<<", "RShift": ">>", "MatMult": "@"}

_REFUSED = {
    "Attribute": "a dot",
    "Lambda": "lambda",
    "ListComp": "a comprehension",
    "SetComp": "a comprehension",
    "DictComp": "a comprehension",
    "GeneratorExp": "a comprehension",
    "Tuple": "a list without brackets",
    "Dict": "a mapping",
    "Set": "a set",
    "JoinedStr": "a formatted string",
    "NamedExpr": ":=",
    "Starred": "*",
    "Await": "await",
    "Yield": "yield",
}


def _signed(value: Any) -> Any:
    if type(value) not in (int, float, bool):
        raise Mistake("E204", f"{show_value(value)} has no sign: it is no number")
    return value


def _refuse_syntax(text: str, error: BaseException) -> NoReturn:
    if not text.strip():
        raise Mistake("E203", "the expression is empty", help="write something between the brackets")
    reason = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply"
    raise Mistake("E203", f"{show_value(text)} is not an expression: {reason}", help=_HELP)


def _refuse_lookalikes(bare: str) -> NoReturn:
    """Names are ASCII: Python would read 𝐧 as n, and a Cyrillic а would be another name that looks the same."""
    odd = next(character for character in bare if not character.isascii())
    words = (re.split(r"[^\w]", word) for word in bare.split() if not word.isascii())
    alike = next(filter(None, (lookalike(word, mixed=False) for parts in words for word in parts)), None)
    help = f"write {alike[1]}, in ASCII" if alike else "names are written in ASCII"
    raise Mistake("E203", f"{describe(odd)} can't stand in an expression", help=help)
