"""Expressions: what they mean, against Python where both speak the same words; and that nothing else gets through."""

import math
import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec import Mistake
from netspec.expressions import (
    Meter,
    UnknownNameMistake,
    expression_meant,
    literal,
    make_divisible,
    parse_expression,
    substitute,
    value_of,
)
from netspec.limits import DEFAULT_LIMITS, Limits


class Names:
    """A place where some names have values and one tensor has a shape."""

    def value(self, name):
        values = {"a": 3, "b": [1, 2, 3], "s": "same", "f": 2.5, "yes": True, "nothing": None}
        if name not in values:
            raise Mistake("E201", f"no {name}")
        return values[name]

    def shape(self, reference):
        return {"prev": (8, 8, 16), "gates.3.skip": (None, 4), "-2": (5,)}[reference.text]


def parsed(text, limits=DEFAULT_LIMITS):
    expression = parse_expression(text, limits)
    assert expression is not None
    return expression


def evaluate(text, limits=DEFAULT_LIMITS):
    return parsed(text, limits).evaluate(Names())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$a", 3),
        ("$(a)", 3),
        ("$(7 / 2)", 3.5),
        ("$(8 / 2)", 4.0),
        ("$(7 // 2)", 3),
        ("$(-7 // 2)", -4),
        ("$(7 % 4)", 3),
        ("$(2 ** 10)", 1024),
        ("$(2 ** -1)", 0.5),
        ("$(1 < a < 5)", True),
        ("$(1 < a > 5)", False),
        ("$(a == 3 and s == 'same')", True),
        ("$(not yes or a)", 3),
        ("$(nothing == null)", True),
        ("$(true if a > 5 else false)", False),
        ("$(2 in b)", True),
        ("$('am' in s)", True),
        ("$(4 not in b)", True),
        ("$(b[0])", 1),
        ("$(b[-1])", 3),
        ("$(b[1:])", [2, 3]),
        ("$(b[::-1])", [3, 2, 1]),
        ("$(b + [4])", [1, 2, 3, 4]),
        ("$([0] * 3)", [0, 0, 0]),
        ("$(3 * [0])", [0, 0, 0]),
        ("$(s + '_padded')", "same_padded"),
        ("$([a, [f, s]])", [3, [2.5, "same"]]),
        ("$(min(b))", 1),
        ("$(max(a, 7, f))", 7),
        ("$(round(2.5))", 2),
        ("$(round(2.567, 1))", 2.6),
        ("$(floor(-2.5))", -3),
        ("$(ceil(2.1))", 3),
        ("$(int(2.9))", 2),
        ("$(len(b))", 3),
        ("$(sum(b))", 6),
        ("$(make_divisible(33, 8))", 32),
        ("$(make_divisible(11, 8))", 16),
        ("$(shape(prev)[-1])", 16),
        ("$(shape( prev ))", [8, 8, 16]),
        ("$(shape(gates.3.skip))", [None, 4]),
        ("$(shape('gates.3.skip')[1])", 4),
        ("$(shape(-2)[0])", 5),
        ("$('shape(prev)')", "shape(prev)"),
        ("$(0x10)", 16),
        ("$(1e3)", 1000.0),
        ("$(\n a +\n 1)", 4),
    ],
)
def test_values(text, value):
    found = evaluate(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["plain", "costs $5", "a$b", ""])
def test_ordinary_texts_are_themselves(text):
    assert parse_expression(text) is None


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("$", "E203", "neither $name nor $(…)"),
        ("$5", "E203", "neither"),
        ("$(a) + 1", "E203", "neither"),
        ("$a.b", "E203", "neither"),
        ("$(a", "E203", "never closed"),
        ("$()", "E203", "empty"),
        ("$(a +)", "E203", "not an expression"),
        ("$(True)", "E203", "True is not a word"),
        ("$(None)", "E203", "None is not a word"),
        ("$(a.real)", "E203", "a dot"),
        ("$(().__class__)", "E203", "a dot"),
        ("$(__import__('os'))", "E203", "no function __import__()"),
        ("$(open('f'))", "E203", "no function open()"),
        ("$(eval('1'))", "E203", "no function eval()"),
        ("$(range(10**12))", "E203", "no function range()"),
        ("$(b[0](1))", "E203", "only functions can be called"),
        ("$(min(b, key=a))", "E203", "by position"),
        ("$(min(*b))", "E203", "by position"),
        ("$(round(1, 2, 3))", "E203", "takes 1 to 2 arguments"),
        ("$(len())", "E203", "takes 1 argument"),
        ("$(lambda: 1)", "E203", "lambda"),
        ("$([x for x in b])", "E203", "comprehension"),
        ("$({1: 2})", "E203", "a mapping"),
        ("$((1, 2))", "E203", "without brackets"),
        ("$(f'{a}')", "E203", "formatted"),
        ("$((x := 1))", "E203", ":="),
        ("$(a & 1)", "E203", "&"),
        ("$(~a)", "E203", "~"),
        ("$(a is a)", "E203", "is can't"),
        ("$(1j)", "E203", "1j"),
        ("$(b'x')", "E203", "can't stand"),
        ("$(...)", "E203", "..."),
        ("$(1_000)", "E203", "underscores"),
        ("$(2 * 1.5_0)", "E203", "underscores"),
        ("$(𝐚)", "E203", "U+1D41A"),
        ("$(shape(prev, 1))", "E205", "not a reference"),
        ("$(shape('prev', 1))", "E203", "one reference"),
        ("$(shape(a+b))", "E205", "not a reference"),
        ("$missing", "E201", "no missing"),
        ("$(1 / 0)", "E204", "zero"),
        ("$(1 % 0)", "E204", "zero"),
        ("$(0 ** -1)", "E204", "zero"),
        ("$(nothing + 1)", "E204", "not known"),
        ("$(s + 1)", "E204", "wants numbers"),
        ("$(b - 1)", "E204", "wants numbers"),
        ("$(-s)", "E204", "no sign"),
        ("$('%s' % a)", "E204", "wants numbers"),
        ("$(a < s)", "E204", "compared"),
        ("$(a[0])", "E204", "no items"),
        ("$(b[7])", "E204", "no item 7"),
        ("$(b['x'])", "E204", "whole number"),
        ("$(b[1:2:0])", "E204", "whole number"),
        ("$(a in a)", "E204", "compared"),
        ("$(min([]))", "E204", "empty"),
        ("$(sum(a))", "E204", "wants a list"),
        ("$(len(a))", "E204", "wants a list or a text"),
        ("$(int('9'))", "E204", "wants a number"),
        ("$(round(1.5, f))", "E204", "whole number of digits"),
        ("$(make_divisible(9, 0))", "E204", "positive integer"),
        ("$((-8) ** 0.5)", "E204", "not a real number"),
        ("$(1e308 * 10)", "E204", "finite"),
        ("$(1e999)", "E204", "finite"),
        ("$(9 ** 9 ** 9)", "E407", "larger"),
        ("$(10 ** 12 + 1)", "E407", "larger"),
        ("$(1.5 ** 100000)", "E407", "too large"),
        ("$('a' * 10 ** 9)", "E408", "1,000,000,000"),
        ("$([0] * 10 ** 9)", "E408", "1,000,000,000"),
        ("$([[0] * 200] * 200)", "E408", "items"),
        ("$(" + "-" * 200 + "1)", "E408", "nested"),
        ("$(" + "1 + " * 300 + "1)", "E408", "1,000 are allowed"),
    ],
)
def test_refusals(text, code, says):
    with pytest.raises(Mistake) as refused:
        evaluate(text)
    assert refused.value.code == code
    assert says in refused.value.message


@pytest.mark.parametrize("length", [999, 1000])
def test_a_length_up_to_the_limit(length):
    assert evaluate("$(" + "1".rjust(length - 3) + ")") == 1


def test_magnitude_at_the_limit():
    assert evaluate("$(10 ** 12)") == 10**12
    assert evaluate("$(-10 ** 12)") == -(10**12)
    with pytest.raises(Mistake):
        evaluate("$(1000 + 1)", Limits(magnitude=1000))


# ------------------------------------------------------------------------------------------------ against Python itself

numbers = st.integers(-50, 50) | st.floats(-50, 50).map(lambda number: round(number, 3))


def combined(inner):
    pair = st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "<", "<=", ">", ">=", "==", "!="]), inner)
    choice = st.tuples(inner, inner, inner)
    return (
        pair.map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})")
        | choice.map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})")
        | pair.map(lambda parts: f"({parts[0]} and {parts[2]})")
        | inner.map(lambda part: f"(not {part})")
        | inner.map(lambda part: f"(-{part})")
        | st.tuples(inner, inner).map(lambda parts: f"max({parts[0]}, {parts[1]})")
    )


leaves = numbers.map(lambda number: f"({number})") | st.sampled_from(["a", "f"])
expressions = st.recursive(leaves, combined, max_leaves=12)


@given(expressions)
def test_arithmetic_is_that_of_python(text):
    try:
        expected = eval(text, {"a": 3, "f": 2.5, "max": max})
    except ZeroDivisionError:
        expected = None
    try:
        found = evaluate(f"$({text})")
    except Mistake as mistake:
        too_large = mistake.code == "E407" or (mistake.code == "E408" and "nested" in mistake.message)
        assert expected is None or too_large or not math.isfinite(expected)
    else:
        assert found == expected
        assert type(found) is type(expected)


@given(st.text(max_size=40))
def test_any_text_gives_a_value_or_a_mistake(text):
    try:
        expression = parse_expression("$(" + text + ")")
        assert expression is not None
        expression.evaluate(Names())
    except Mistake as mistake:
        assert mistake.code in {"E201", "E203", "E204", "E205", "E407", "E408"}
    except KeyError:
        pass  # shape() of something that the little world of this test does not have


@given(st.integers(1, 5000), st.integers(1, 64))
def test_make_divisible_keeps_its_promise(value, divisor):
    found = make_divisible(value, divisor)
    assert found % divisor == 0
    assert found >= max(divisor, 0.9 * value)
    assert found <= max(divisor, value + divisor)


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.floats(-10, 10) | st.text("abc $'\"", max_size=5),
    lambda inner: st.lists(inner, max_size=3),
)


@given(plain_values)
def test_a_literal_reads_back(value):
    assert evaluate(f"$({literal(value)})") == value


def test_substitution_leaves_texts_and_references_alone():
    written = substitute("$(a * shape(a)[0] + len('a') + other(a))", {"a": -3})
    assert written == "$((-3) * shape(a)[0] + len('a') + other((-3)))"
    assert substitute("$i", {"a": 1}) == "$i"
    assert substitute("$a", {"a": [1, "x"]}) == "$([1, 'x'])"


# ------------------------------------------------------------------------------------------ the same, beyond arithmetic

SAME_WORDS = {
    "a": 3, "f": 2.5, "b": [1, 2, 3], "s": "same", "yes": True, "true": True, "false": False, "null": None,
    "min": min, "max": max, "round": round, "floor": math.floor, "ceil": math.ceil, "int": int, "len": len, "sum": sum,
}  # fmt: skip

small = st.integers(-4, 9)
counts = small.map(str) | st.sampled_from(["a", "len(b)", "len(s)", "sum(b)", "floor(f)", "ceil(f)", "int(f)"])
texts = st.sampled_from(["s", "'x'", "''", "'pa' + s", "s[1:]", "s[::-1]", "'ab' * 2"])
lists = st.recursive(
    st.lists(counts, max_size=3).map(lambda items: f"[{', '.join(items)}]") | st.just("b"),
    lambda inner: (
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} + {pair[1]})")
        | st.tuples(inner, small).map(lambda pair: f"({pair[0]} * {pair[1]})")
        | st.tuples(small, inner).map(lambda pair: f"({pair[0]} * {pair[1]})")
        | st.tuples(inner, st.tuples(*[st.just("") | small.map(str)] * 3)).map(
            lambda pair: f"{pair[0]}[{':'.join(pair[1])}]"
        )
    ),
    max_leaves=4,
)
items = st.tuples(lists | texts, small).map(lambda pair: f"{pair[0]}[{pair[1]}]")
calls = (
    st.tuples(st.sampled_from(["min", "max", "sum", "len"]), lists).map(lambda call: f"{call[0]}({call[1]})")
    | st.tuples(st.sampled_from(["min", "max"]), counts, counts, items).map(
        lambda call: f"{call[0]}({', '.join(call[1:])})"
    )
    | st.tuples(st.sampled_from(["round", "floor", "ceil", "int"]), numbers).map(lambda call: f"{call[0]}({call[1]})")
    | st.tuples(numbers, small).map(lambda call: f"round({call[0]}, {call[1]})")
    | texts.map(lambda text: f"len({text})")
)
values = counts | texts | lists | items | calls | st.sampled_from(["null", "true", "false", "f"])
relations = st.lists(st.sampled_from(["<", "<=", ">", ">=", "==", "!=", "in", "not in"]), min_size=1, max_size=2)


@st.composite
def comparisons(draw):
    signs = draw(relations)
    return " ".join([draw(values), *(f"{sign} {draw(values)}" for sign in signs)])


chosen = st.tuples(values, comparisons(), values).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})")
joined = st.tuples(
    st.lists(values | comparisons().map("({})".format), min_size=2, max_size=4), st.sampled_from("ao")
).map(lambda parts: {"a": " and ", "o": " or "}[parts[1]].join(parts[0]))
powers = st.tuples(small, small).map(lambda pair: f"({pair[0]}) ** ({pair[1]})") | st.tuples(numbers, small).map(
    lambda pair: f"({pair[0]}) ** {pair[1]}"
)


@given(values | comparisons() | chosen | joined | powers)
def test_words_that_python_shares_mean_the_same(text):
    try:
        with warnings.catch_warnings(action="ignore"):  # Python finds it odd to take an item of a number
            expected = eval(text, dict(SAME_WORDS))
    except (ArithmeticError, IndexError, TypeError, ValueError):
        with pytest.raises(Mistake) as refused:
            evaluate(f"$({text})")
        assert refused.value.code == "E204"
    else:
        found = evaluate(f"$({text})")
        assert found == expected
        assert type(found) is type(expected)


@pytest.mark.parametrize("text", ["5 < 1 < missing", "yes or missing", "nothing and missing", "a if yes else missing"])
def test_what_does_not_matter_is_not_asked_for(text):
    assert evaluate(f"$({text})") in (False, True, None, 3)
    assert "missing" in parsed(f"$({text})").names


# ---------------------------------------------------------------------------------------------------------- differences


@pytest.mark.parametrize(
    "text",
    [
        "yes * b", "b * yes", "'x' * f", "f * 'x'", "b + s", "s + b", "b + 1", "1 + s", "b * b", "s * s",
        "b - b", "b / 2", "2 // b", "b % 2", "2 ** b", "s ** 2", "nothing * 2", "2 - nothing", "-nothing", "+b",
        "min('ab')", "max(s, s)", "min([[1]])", "sum(s)", "sum(['x'])", "sum([null])", "int(s)", "floor(nothing)",
        "round(s)", "ceil([1])", "round(f, yes)", "len(nothing)", "len(f)", "make_divisible(s, 8)",
        "make_divisible(8, f)", "make_divisible(8, yes)", "make_divisible(8, -8)", "max([])",
        "min([], 1)", "min([1], 2)",
    ],
)  # fmt: skip
def test_what_python_would_take_or_not_take_has_no_value(text):
    with pytest.raises(Mistake) as refused:
        evaluate(f"$({text})")
    assert refused.value.code == "E204"


@pytest.mark.parametrize(
    ("name", "fewest", "most"),
    [
        ("min", 1, 100), ("max", 1, 100), ("round", 1, 2), ("floor", 1, 1), ("ceil", 1, 1), ("int", 1, 1),
        ("len", 1, 1), ("sum", 1, 1), ("make_divisible", 2, 2),
    ],
)  # fmt: skip
def test_functions_take_so_many_arguments(name, fewest, most):
    argument = "b" if name in ("len", "sum") else "2"
    for count in range(most + 2):
        text = f"$({name}({','.join([argument] * count)}))"
        if fewest <= count <= most:
            assert evaluate(text) in (2, 3, 6)
            continue
        with pytest.raises(Mistake) as refused:
            parse_expression(text)
        assert refused.value.code == "E203"
        assert f"not {count}" in refused.value.message
        assert ("arguments" in refused.value.message) == ((fewest, most) != (1, 1))


def refused_code(text, limits=DEFAULT_LIMITS, names=None):
    try:
        parsed(text, limits).evaluate(names or Names())
    except Mistake as mistake:
        return mistake.code
    return None


class Given(Names):
    """A place where one name has a value."""

    def __init__(self, given):
        self.given = given

    def value(self, name):
        return self.given if name == "x" else super().value(name)


def nested(depth):
    value = [1]
    for _ in range(depth - 1):
        value = [value]  # type: ignore[list-item]
    return value


@pytest.mark.parametrize(
    ("good", "past"),
    [
        ("'a' * 10000", "'a' * 10001"),
        ("10000 * 'a'", "10001 * 'a'"),
        ("'a' * 6000 + 'a' * 4000", "'a' * 6000 + 'a' * 4001"),
        ("[0] * 9999", "[0] * 10000"),
        ("9999 * [0]", "10000 * [0]"),
        ("[0, 0] * 4999", "[0, 0] * 5000"),
        ("[0] * 6000 + [0] * 3999", "[0] * 6000 + [0] * 4000"),
        ("[[0] * 98] * 101", "[[0] * 98] * 102"),
        ("len([[0] * 4998, [0] * 4999])", "len([[0] * 4999, [0] * 4999])"),
        ("[0] * 9998 + [[]]", "[0] * 9998 + [[1]]"),
        ("[" * 99 + "1" + "]" * 99, "[" * 100 + "1" + "]" * 100),
        ("-" * 99 + "1", "-" * 100 + "1"),
        ("0 + " * 99 + "1", "0 + " * 100 + "1"),
        ("[" + "1, " * 90 + "-" * 98 + "1]", "[" + "1, " * 90 + "-" * 99 + "1]"),
    ],
)
def test_sizes_at_the_limit_and_one_past_it(good, past):
    assert refused_code(f"$({good})") is None
    assert refused_code(f"$({past})") == "E408"


def test_a_size_past_the_limit_is_told():
    for text, told in (("$('a' * 10002)", "10,002"), ("$('a' * 9000 + 'a' * 1500)", "10,500"), ("$x", "10,001 items")):
        with pytest.raises(Mistake) as refused:
            parsed(text).evaluate(Given([0] * 12_000))
        assert told in refused.value.message


class Near(Names):
    """A place where no name has a value, and perhaps another name was meant."""

    def __init__(self, near):
        self.near = near

    def value(self, name):
        raise UnknownNameMistake(f"no {name}", self.near, "look around")


@pytest.mark.parametrize(
    ("text", "near", "help"),
    [
        ("$widht", "width", "write $width"),
        ("$(widht + 1)", "width", "write width"),
        ("$widht", None, "look around"),
        ("$(widht + 1)", None, "look around"),
        ("$('x' + widht)", "width", "write width"),
    ],
)
def test_a_name_that_was_meant_is_written_as_it_stands(text, near, help):
    with pytest.raises(Mistake) as refused:
        parsed(text).evaluate(Near(near))
    assert (refused.value.code, refused.value.help) == ("E201", help)


def test_values_of_names_are_bounded():
    for good, past, code in (
        ("a" * 10_000, "a" * 10_001, "E408"),
        ([0] * 9_999, [0] * 10_000, "E408"),
        (nested(101), nested(102), "E408"),
        (10**12, 10**12 + 1, "E407"),
        (-(10**12), -(10**12) - 1, "E407"),
        (1e300, math.inf, "E204"),
    ):
        assert refused_code("$x", names=Given(good)) is None
        assert refused_code("$x", names=Given(past)) == code
    assert refused_code("$(floor(x))", names=Given(math.nan)) == "E204"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("10 ** 12", None), ("10 ** 12 + 1", "E407"), ("(-10) ** 12 + 1", "E407"), ("10 ** 13", "E407"),
        ("2 ** 39", None), ("2 ** 40", "E407"), ("(-2) ** 39", None), ("(-2) ** 41", "E407"), ("3 ** 25", None),
        ("3 ** 26", "E407"), ("1000000 ** 2", None), ("1000001 ** 2", "E407"), ("(10 ** 12) ** 1", None),
        ("1 ** 10 ** 12", None), ("(-1) ** 10 ** 12", None), ("0 ** 10 ** 12", None), ("7 ** 0", None),
        ("2 ** 10 ** 12", "E407"), ("(-3) ** 10 ** 12", "E407"), ("2 ** -10 ** 12", None), ("2.0 ** 1024", "E407"),
        ("2.0 ** 1023", None), ("1e200 * 1e200", "E204"), ("1000000000001", "E407"), ("[1000000000000]", None),
        ("10 ** 6 * 10 ** 6", None), ("10 ** 6 * 10 ** 7", "E407"), ("round(1.7e308, -308)", "E204"),
        ("0 - 10 ** 12 - 1 + 10", "E407"), ("10 ** 12 + 1 - 10", "E407"), ("0 - 10 ** 6 * 10 ** 7 + 10 ** 12", "E407"),
        ("0 - 10 ** 12 + 5", None), ("0 - 10 ** 12 + 10 ** 12", None), ("10 ** 12 + 0 - 5", None),
        ("int(1e12)", None), ("int(1e13)", "E407"), ("(-8) ** 0.5", "E204"), ("sum([10 ** 12, 1])", "E407"),
    ],
)  # fmt: skip
def test_numbers_at_the_limit_and_past_it(text, code):
    assert refused_code(f"$({text})") == code


def test_a_limit_of_ones_own_bounds_every_number():
    limits = Limits(magnitude=100)
    for text, code in (
        ("100", None), ("101", "E407"), ("99 + 1", None), ("99 + 2", "E407"), ("10 ** 2", None), ("10 ** 3", "E407"),
        ("3 ** 5", "E407"), ("100 + 1 - 1", "E407"),
        ("0 - 101 + 1", "E407"), ("0 - 100 + 1", None), ("max(50, 100)", None),
        ("len('" + "a" * 101 + "')", "E407"), ("[101 - 1]", "E407"),
    ):  # fmt: skip
        assert refused_code(f"$({text})", limits) == code
    assert refused_code("$x", limits, Given(101)) == "E407"


@pytest.mark.parametrize(("base", "power"), [(11, 3), (7, 9), (20, 7)])
def test_a_power_may_be_just_as_large_as_the_limit(base, power):
    limit = base**power
    assert refused_code(f"$({base} ** {power})", Limits(magnitude=limit)) is None
    assert refused_code(f"$({base} ** {power})", Limits(magnitude=limit - 1)) == "E407"


# ------------------------------------------------------------------------------------------------------ what is written


@pytest.mark.parametrize(
    ("text", "names", "uses_shapes"),
    [
        ("$width", {"width"}, False),
        ("$(a + b[c] * max(d, 1))", {"a", "b", "c", "d"}, False),
        ("$(true and null)", set(), False),
        ("$(shape(prev)[0])", set(), True),
        ("$([a, shape(gates.3.skip)])", {"a"}, True),
        ("$('a' + \"shape(b)\")", set(), False),
    ],
)
def test_an_expression_knows_what_it_uses(text, names, uses_shapes):
    expression = parsed(text)
    assert (expression.text, expression.names, expression.uses_shapes) == (text, names, uses_shapes)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$(2 * 3)", 6), ("'$(2 * 3)'", 6), ('"$([1, 2])"', [1, 2]), ("$(null)", None), ("$(1 / 0)", None),
        ("$width", None), ("$(2 * width)", None), ("$(len(shape(prev)))", None), ("plain", None), ("", None),
    ],
)  # fmt: skip
def test_the_value_of_what_needs_no_names(text, value):
    assert value_of(text) == value


@pytest.mark.parametrize(("theirs", "ours"), [("True", "true"), ("False", "false"), ("None", "null")])
def test_the_words_of_python_are_not_ours(theirs, ours):
    with pytest.raises(Mistake) as refused:
        parsed(f"$({theirs})")
    assert refused.value.code == "E203"
    assert refused.value.help.startswith(f"write {ours}")


def test_an_expression_is_read_once_and_stays_as_it_is():
    expression = parsed("$(a + 41)")
    assert parsed("$(a + 41)") is expression
    with pytest.raises(AttributeError):
        expression.text = "$b"
    assert not hasattr(expression, "__dict__")


@pytest.mark.parametrize("text", ["$(a)  ", "$( a )", "$(a\n)\n", "$(\n\n  a)", "$(a) \t"])
def test_white_space_means_nothing(text):
    assert evaluate(text) == 3


def test_many_parts_side_by_side_are_not_deep():
    assert evaluate(f"$([{', '.join(['1 + 1'] * 120)}])") == [2] * 120
    assert evaluate(f"$({' and '.join(['a'] * 150)})") == 3


@pytest.mark.filterwarnings("error")
def test_strings_hold_anything():
    assert evaluate(r"$('\d')") == r"\d"
    assert evaluate("$('größe 1_000 shape(prev)')") == "größe 1_000 shape(prev)"
    assert evaluate(r"""$("it's" + 'a \' quote')""") == "it'sa ' quote"


@pytest.mark.parametrize("escape", [r"\0", r"\x1b", r"\u202e", r"\ud800"])
def test_strings_hold_no_character_that_a_text_may_not_hold(escape):
    assert refused_code(f"$('a' + 'b{escape}')") == "E002"
    assert refused_code(r"$('\u00e9')") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("$(a @ b)", "@"),
        ("$(a | b)", "|"),
        ("$(a ^ 1)", "^"),
        ("$(a << 2)", "<<"),
        ("$(a >> 2)", ">>"),
        ("$({a})", "set"),
        ("$([*b])", "*"),
        ("$(a is not a)", "is"),
        ("$(False)", "False"),
        ("$(b[0:2, 1])", "brackets"),
        ("$(shape(a, 'b'))", "reference"),
        ("$(shape('a' + 'b'))", "reference"),
        ("$(min(a, *b))", "position"),
        ("$(a + 1_000)", "1000"),
        ("$(1 +\n\n)", "not an expression"),
    ],
)
def test_what_is_not_in_the_language(text, says):
    with pytest.raises(Mistake) as refused:
        parse_expression(text)
    assert refused.value.code in ("E203", "E205")
    assert says in f"{refused.value.message} {refused.value.help}"


def test_make_divisible_at_its_edges():
    assert make_divisible(73.5, 7) == 77  # half way is rounded up
    assert make_divisible(73.4, 7) == 70
    assert make_divisible(80, 72) == 72  # a tenth may be lost
    assert make_divisible(81, 72) == 144


@given(st.integers(1, 5000) | st.floats(1, 5000), st.integers(1, 64))
def test_make_divisible_takes_the_nearest_that_loses_little(value, divisor):
    multiples = [count * divisor for count in range(1, 5100 // divisor + 3)]
    near = min(multiples, key=lambda multiple: (abs(multiple - value), -multiple))
    wanted = near if near >= 0.9 * value else near + divisor
    found = make_divisible(value, divisor)
    assert found == wanted or (isinstance(value, float) and abs(value % divisor - divisor / 2) < 1)


@pytest.mark.parametrize(
    ("values", "text", "written"),
    [
        ({"a": True, "b": None}, "$(a or b)", "$(true or null)"),
        ({"a": -2.5}, "$(a ** 2)", "$((-2.5) ** 2)"),
        ({"a": [1, [-1, "x"]]}, "$a", "$([1, [(-1), 'x']])"),
        ({"a": 1}, '$(a.b + x.a + "a" + aa)  ', '$(1.b + x.a + "a" + aa)'),
        ({"a": 1, "f": 2}, "$(f(a))", "$(f(1))"),
        ({"a": 1}, "$(shape( a )[a])", "$(shape( a )[1])"),
        ({}, "$a", "$a"),
        ({}, "$width", "$width"),
        ({"a": True}, "$a", "$(true)"),
        ({}, "$(a)", "$(a)"),
    ],
)
def test_values_are_written_in_place_of_names(values, text, written):
    assert substitute(text, values) == written


# ---------------------------------------------------------------------------------------------------------------- steps


class Counting(Given):
    """A place that counts the steps, where x is a list of a hundred numbers."""

    def __init__(self):
        super().__init__([0] * 100)
        self.meter = Meter()
        self.spend = self.meter.spend


@pytest.mark.parametrize(
    ("text", "steps"),
    [("$a", 1), ("$(a + 1)", 3), ("$(max(a, 1, f))", 4), ("$([a, [1, 2]])", 5), ("$(a if yes else not f)", 5)],
)
def test_every_operation_is_a_step(text, steps):
    assert parsed(text).steps == steps
    place = Counting()
    parsed(text).evaluate(place)
    assert place.meter.spent == steps


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("$x", 10),  # ten items are a step, in what comes out too
        ("$(x[0])", 0),
        ("$(x[1:])", 10 + 9),
        ("$(x + x)", 20 + 20),
        ("$(len(x))", 10),
        ("$(max(a, 1))", 0),
        ("$(1 in x)", 10),
        ("$(x == x)", 20),
        ("$(x < x < [])", 20),
        ("$([x, x])", 20 + 20),
        ("$('a' * 95)", 9 + 9),
        ("$('a' * 9)", 0),
        ("$('a' * 10)", 1 + 1),
        ("$('a' * 60 == 'b' * 60)", 6 + 6 + 12),
        ("$([['a' * 97], 1])", 9 + 9 + 10 + 10),
        ("$(x if yes else x + x)", 10),
    ],
)
def test_lists_and_texts_take_steps_by_their_length(text, more):
    place = Counting()
    expression = parsed(text)
    expression.evaluate(place)
    assert place.meter.spent == expression.steps + more


def test_a_list_takes_its_steps_before_it_is_refused():
    place = Counting()
    with pytest.raises(Mistake):
        parsed("$(max(x, 1))").evaluate(place)
    assert place.meter.spent == 3 + 10


def test_steps_up_to_the_limit():
    place = Counting()
    three_steps = parsed("$(1 + 1)", Limits(expression_steps=6))
    three_steps.evaluate(place)
    three_steps.evaluate(place)
    with pytest.raises(Mistake) as refused:
        three_steps.evaluate(place)
    assert refused.value.code == "E411"
    assert "more than 6 steps" in refused.value.message
    with pytest.raises(Mistake):
        parsed("$(1 + 1)", Limits(expression_steps=2)).evaluate(Counting())
    with pytest.raises(Mistake):
        parsed("$(len(x))", Limits(expression_steps=11)).evaluate(Counting())
    assert parsed("$(len(x))", Limits(expression_steps=12)).evaluate(Counting()) == 100


def test_steps_up_to_the_limit_of_every_spec():
    Meter().spend(DEFAULT_LIMITS.expression_steps)
    with pytest.raises(Mistake):
        Meter().spend(DEFAULT_LIMITS.expression_steps + 1)


def test_rounding_to_any_number_of_digits():
    assert evaluate("$(round(1.23456, 10 ** 12))") == 1.23456
    assert evaluate("$(round(123456, -10 ** 12))") == 0
    assert evaluate("$(round(123456, -5))") == 100_000
    assert evaluate("$(round(1.5, 0))") == 2.0


# ------------------------------------------------------------------------------------------------------------- steps


class Counted(Names):
    """A place where steps are counted."""

    def __init__(self):
        self.meter = Meter()
        self.spend = self.meter.spend


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("$a", 1),
        ("$(a + 1)", 3),
        ("$(1 if a else 2 + 3)", 6),  # all that stands there, whichever is worked out
        ("$(b[0])", 3),
        ("$(len([1] * 99))", 5 + 9 + 9),  # to make the list, and to read it
        ("$(sum([1] * 99))", 5 + 9 + 9),
        ("$(1 in [1] * 99)", 6 + 9 + 9),
        ("$(([1] * 99)[::2])", 6 + 9 + 9 + 5),
        ("$([1] * 99)", 4 + 9 + 9),
        ("$('a' * 99 == 'b' * 99)", 7 + 9 + 9 + 19),
        ("$([[1] * 99] == [2])", 8 + 9 + 10 + 10),
    ],
)
def test_steps(text, steps):
    counted = Counted()
    expression = parse_expression(text)
    assert expression is not None
    expression.evaluate(counted)
    assert counted.meter.spent == steps


def test_too_many_steps():
    counted = Counted()
    expression = parse_expression("$(a + 1)", Limits(expression_steps=7))
    assert expression is not None
    assert [expression.evaluate(counted), expression.evaluate(counted)] == [4, 4]
    with pytest.raises(Mistake, match="more than 7 steps") as refused:
        expression.evaluate(counted)
    assert refused.value.code == "E411"


@pytest.mark.parametrize(
    ("text", "value"), [("$(round(2.5, 10**12))", 2.5), ("$(round(25, -10**12))", 0), ("$(round(25.0, -10**12))", 0.0)]
)
def test_rounding_to_digits_that_no_number_has(text, value):
    assert evaluate(text) == value


# ------------------------------------------------------------------------------------------ as other languages write it


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("$(a && b)", "$(a and b)"),
        ("$(!a || b)", "$(not a or b)"),
        ("$(a ? 3 : 1)", "$(3 if a else 1)"),
        ("$(if a then 3 else 1)", "$(3 if a else 1)"),
        ("$(a = 3)", "$(a == 3)"),
        ("$(a <> 3)", "$(a != 3)"),
        ("$(a => 3)", "$(a >= 3)"),
        ("$(a is None)", "$(a == null)"),
        ("$(2 ^ a)", "$(2 ** a)"),
        ("$(pow(2, a + 4))", "$(2 ** (a + 4))"),
        ("$(pow(pow(2, 3), 2))", "$((2 ** 3) ** 2)"),
        ("$(1 / math.sqrt(a))", "$(1 / a ** 0.5)"),
        ("$(math.ceil(a * 1.3))", "$(ceil(a * 1.3))"),
        ("$(ceiling(a))", "$(ceil(a))"),
        ("$(abs(a - 5))", '"$(max(a - 5, -(a - 5)))"'),
        ("$(clip(a, 0, 9))", '"$(min(max(a, 0), 9))"'),
        ("$(b.length)", "$(len(b))"),
        ("$(len b)", "$(len(b))"),
        ("$(prev.shape[-1])", '"$(shape(prev)[-1])"'),
        ("$(b.0)", '"$(b[0])"'),
        ("$(a × 2)", "$(a * 2)"),
        ("$(a − 1)", "$(a - 1)"),
        ("$(2 a)", "$(2 * a)"),
        ("$(2(a + 1))", "$(2 * (a + 1))"),
        ("$(max(a 3))", '"$(max(a, 3))"'),
        ("$(round(f, ndigits=1))", '"$(round(f, 1))"'),
        ("$(2 * $a)", "$(2 * a)"),
        ("$(vars.a * 2)", "$(a * 2)"),
        ("$((a + 1) * 2", "$((a + 1) * 2)"),
        ("$(a * (2 + 1)))", "$(a * (2 + 1))"),
        ("$vars.a", "$a"),
        ("$a * 2", "$(a * 2)"),
        ("${a}", "$a"),
        ("${{ a }}", "$a"),
        ("$b[0]", '"$(b[0])"'),
        ("$(a + 1) * 16", "$((a + 1) * 16)"),
        ("$ a", "$a"),
        ("$a;", "$a"),
    ],
)
def test_foreign_words_are_translated(written, meant):
    with pytest.raises(Mistake) as refused:
        evaluate(written)
    assert refused.value.help.endswith(meant)
    evaluate(meant.strip('"'))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("classes", "$classes"),
        ("2 * classes", "$(2 * classes)"),
        ("{{ classes }}", "$classes"),
        ("vars.classes", "$classes"),
        ("=classes + 1", "$(classes + 1)"),
        ("int(classes / 2)", "$(int(classes / 2))"),
        ("8*8", "$(8*8)"),
        ("same", ""),
        ("relu", ""),
        ("2 * width", ""),
        ("a text with classes in it", ""),
    ],
)
def test_texts_that_were_meant_as_expressions(text, meant):
    assert expression_meant(text, {"classes"}) == meant


@given(st.text("ab ?:!&|^=<>()[]{}$.,'\"×2if else", max_size=60))
def test_any_advice_can_be_followed(text):
    try:
        parse_expression(f"$({text})")
    except Mistake as mistake:
        advised = re.search(r"(?:write|missing): *[\"']?(\$\(.*\))[\"']?$", mistake.help)
        if advised and "…" not in mistake.help:
            parse_expression(advised[1])


@pytest.mark.parametrize("expression", ["$conv2_3", "$(block1_2)", "$(conv2_3 + block1_2 - 4)"])
def test_names_may_hold_digits_and_underscores(expression):
    parsed = parse_expression(expression)
    assert parsed is not None
    assert parsed.names
    assert parsed.names <= {"conv2_3", "block1_2"}


@pytest.mark.parametrize(
    ("text", "words"), [("$('a' * 10002)", "10,002 characters"), ("$([1] * 10002)", "10,002 items")]
)
def test_what_is_too_large_is_counted_in_its_own_words(text, words):
    with pytest.raises(Mistake, match=words):
        evaluate(text)
