"""Reading YAML: values by the core schema, a place for each, and no text that does harm."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec import SpecError, parse_spec, yaml
from netspec.characters import FORBIDDEN, lookalike
from netspec.errors import Source
from netspec.limits import DEFAULT_LIMITS
from netspec.load import to_yaml


def read(text, limits=DEFAULT_LIMITS):
    tree, found = yaml.read(Source("text", text), limits)
    return yaml.plain(tree), [diagnostic.code for diagnostic in found]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-3", -3),
        ("+4", 4),
        ("0", 0),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e-3", 0.001),
        ("1E5", 1e5),
        ("-2.5e+2", -250.0),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("0100", "0100"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("2024-01-01", "2024-01-01"),
        ("1e", "1e"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("|\n  1\n", "1\n"),
        ("1000000000000", 10**12),
    ],
)
def test_scalars(text, value):
    (found, codes) = read(f"key: {text}")
    assert codes == []
    assert found == {"key": value}
    assert type(found["key"]) is type(value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("key: .nan", "E007"),
        ("key: -.inf", "E007"),
        ("key: 1000000000001", "E407"),
        ("key: 0x" + "f" * 5000, "E407"),
        ("key: " + "9" * 5000, "E407"),
        ("key: 1e999", "E407"),
        ("a: 1\na: 2", "E004"),
        ("1: 2", "E005"),
        ("true: 2", "E005"),
        ("? [a]\n: 2", "E005"),
        ("<<: {a: 1}", "E006"),
        ("a: !!python/name:os.system x", "E006"),
        ("a: !local x", "E006"),
        ("!!map {a: 1}", "E006"),
        ("a: &b [*b]", "E006"),
        ("a: *nowhere", "E003"),
        ("a: {units: $(max(1, 2))}", "E008"),
        ("a: [$(min(a, b)), 3]", "E008"),
        ("a: {units: $(b[0])}", "E008"),
        ("a: $(1 #2)", "E008"),
        ("a: $(b if c: d)", "E008"),
        ("a: [1", "E003"),
        ("a: 'x", "E003"),
        ("a:\n\t- b", "E003"),
        ("a: b: c", "E003"),
        ('a: "\\ud800"', "E003"),
        ("", "E009"),
        ("# nothing", "E009"),
        ("a: 1\n---\nb: 2", "E009"),
        ("a: \x00", "E002"),
        ("a: \x1b[31m", "E002"),
    ],
)
def test_refusals(text, code):
    try:
        _, codes = read(text)
    except SpecError as error:
        codes = [diagnostic.code for diagnostic in error.diagnostics]
    assert codes == [code]


def test_places_are_those_of_the_text():
    tree, _ = yaml.read(Source("text", "first: 1\nlist:\n  - {deep: [1, two]}\n"))
    assert isinstance(tree, yaml.Mapping)
    assert (tree.keys["list"].line, tree.keys["list"].column) == (2, 1)
    (inner,) = (part for part in yaml.walk(tree) if isinstance(part, yaml.Scalar) and part.value == "two")
    assert (inner.where.line, inner.where.column, inner.where.end_column) == (3, 16, 19)


def test_aliases_are_copies():
    assert read("a: &x {b: [1]}\nc: *x\n")[0] == {"a": {"b": [1]}, "c": {"b": [1]}}


@pytest.mark.parametrize(
    ("text", "spelling", "character"),
    [
        ("\u0441onv2d", "conv2d", "U+0441 CYRILLIC SMALL LETTER ES"),
        ("t\u03b1nh", "tanh", "U+03B1 GREEK SMALL LETTER ALPHA"),
        ("\uff52elu", "relu", "U+FF52 FULLWIDTH LATIN SMALL LETTER R"),
        ("\ufb01lters", "filters", "U+FB01 LATIN SMALL LIGATURE FI"),
        ("re\u200blu", "relu", "U+200B ZERO WIDTH SPACE"),
        ("relu\u00a0", "relu", "U+00A0 NO-BREAK SPACE"),
        ("re\u00adlu", "relu", "U+00AD SOFT HYPHEN"),
        ("$\u0430", "$a", "U+0430 CYRILLIC SMALL LETTER A"),
        ("\u22121", -1, "U+2212 MINUS SIGN"),
        ("\uff16\uff14", 64, "U+FF16 FULLWIDTH DIGIT SIX"),
        ("\u0663", 3, "U+0663 ARABIC-INDIC DIGIT THREE"),
    ],
)
def test_what_only_looks_right_is_read_as_what_it_looks_like(text, spelling, character):
    tree, found = yaml.read(Source("text", f"key: {text}"))
    assert [diagnostic.code for diagnostic in found] == ["E010"]
    assert character in found[0].message
    assert found[0].help == f"write {spelling}, in ASCII"
    assert yaml.plain(tree) == {"key": spelling}


@pytest.mark.parametrize(
    "text", ["тор", "x²", "µm", "naïve", "H₂O", "α-dropout", "größe", "网络", "ResNet–50", "👩\u200d🔬", "שלום"]
)
def test_words_of_other_scripts_are_read(text):
    assert read(f"key: {text}") == ({"key": text}, [])


@pytest.mark.parametrize("character", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
@pytest.mark.parametrize("text", ["key: a{}b", "# a{}b\nkey: 1", "ke{}y: 1", 'key: "a\\u{:04x}b"'])
def test_direction_of_letters_is_not_changed(character, text):
    with pytest.raises(SpecError) as refused:
        read(text.format(ord(character) if ":04x" in text else character))
    (found,) = refused.value.diagnostics
    assert found.code == "E002"
    assert f"U+{ord(character):04X}" in found.message


@pytest.mark.parametrize("text", ["\ufeffa: 1", "a: 1\r\nb: 2\r\n", "# ключ 鍵\na: 1"])
def test_odd_but_legal(text):
    assert read(text.lstrip("\ufeff"))[0]["a"] == 1


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufffe\uffff"), max_size=12
).filter(lambda text: not FORBIDDEN.search(text) and not lookalike(text, mixed=False))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(texts.filter(lambda key: key != "<<"), inner, max_size=4)
    ),
    max_leaves=15,
)


@given(values)
def test_what_python_hands_over_is_read_back(value):
    found, codes = read(to_yaml({"value": value}))
    assert codes == []
    assert found == {"value": value}
    assert json.dumps(found) == json.dumps({"value": value})


@given(st.text(max_size=60) | st.text("{}[],:-?&*!|>'\"%@` \n\tab1$()#.~", max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        read(text)
    except SpecError as error:
        assert error.diagnostics
        lines = yaml.LINE_BREAK.split(text)
        for one in error.diagnostics:
            assert 1 <= one.where.line <= len(lines)
            assert 1 <= one.where.column <= len(lines[one.where.line - 1]) + 1
            assert len(one.message) + len(one.help) < 400


# -------------------------------------------------------------------------------------------------------- broken YAML

SPEC = """\
netspec: 1
name: digits
vars: {width: 32}
input: {shape: [28, 28, 1]}
stages:
  stem:
    - {type: conv2d, filters: $width, kernel_size: [3, 3]}
    - relu
  body:
    - branches:
        - [{type: conv2d, filters: 8, kernel_size: 1}, relu]
        - [{type: conv2d, filters: 8, kernel_size: 1}]
      merge: concatenate
    - type: max_pooling2d
      pool_size: 2
head:
  - flatten
  - {type: dense, units: 10, activation: softmax}
"""


def said(text):
    """What is said about a wrong spec: line, message and help of each mistake."""
    with pytest.raises(SpecError) as refusal:
        parse_spec(text)
    return [(one.where.line, one.message, one.help) for one in refusal.value.diagnostics]


def without(text, match):
    return text[: match.start()] + text[match.end() :]


@pytest.mark.parametrize(
    "missing",
    [r"(?<=\w):(?= |\n)", r"(?<=:) ", r"\[", r"\]", r"\{", r"\}", r", (?=[a-z])", r"(?m)(?<=^    -) ", r"(?<=  )- "],
)
def test_a_missing_character_is_named_at_its_line(missing):
    for match in re.finditer(missing, SPEC):
        line = SPEC.count("\n", 0, match.start()) + 1
        assert {place for place, _, _ in said(without(SPEC, match))} == {line}, SPEC.splitlines()[line - 1]


@pytest.mark.parametrize("columns", [1, 2, 3])
@pytest.mark.parametrize("line", [2, 3, 4, *range(6, 16), 17, 18])
def test_a_line_too_far_to_the_right_is_found(line, columns):
    lines = SPEC.splitlines()
    lines[line - 1] = " " * columns + lines[line - 1]
    assert line in {place for place, _, _ in said("\n".join(lines))}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("  - flatten\n", "  -flatten\n"),
        ("  - flatten\n", "  * flatten\n"),
        ("name: digits", "name = digits"),
        ("name: digits", "name => digits"),
        ("name: digits", "name:digits"),
        ("name: digits", "name digits"),
        ("activation: softmax}", "activation: softmax"),
        ("activation: softmax}", "activation: softmax}}"),
        (", units: 10, ", "; units: 10; "),
        (", units: 10, ", " units: 10, "),
        ("vars: {width: 32}", "vars: width: 32"),
        ("pool_size: 2", "pool_size 2"),
        ("$width,", "${width},"),
        ("shape: [28", "shape=[28"),
    ],
)
def test_what_is_written_instead_is_given_word_by_word(written, meant):
    assert written in SPEC
    ((line, _, help),) = said(SPEC.replace(written, meant))
    right = SPEC.splitlines()[line - 1]
    advised = help.rpartition("write ")[2] if "write " in help else help.rpartition(": ")[0] and help.partition(": ")[2]
    assert advised.strip() in right or "take the" in help


def test_a_mistake_in_the_yaml_hides_no_other():
    text = SPEC.replace("kernel_size: [3, 3]}", "kernel_size: [3, 3]").replace("type: dense", "type: dens")
    assert [(line, help) for line, _, help in said(text.replace("name: digits", "name digits"))] == [
        (2, "write name: digits"),
        (7, "add the } that is missing: {type: conv2d, filters: $width, kernel_size: [3, 3]}"),
        (18, "write dense"),
    ]


def test_many_mistakes_take_no_longer_than_a_few():
    text = SPEC + "  - {type: dense, units: 10\n" * 1500
    assert {line for line, _, _ in said(text)} <= set(range(19, 19 + 1500))


FOUND_BY_FUZZING = (
    "netspec: 1\nname: xception_b, 64]}\nstages:\n  middle:\n  -  n odealpha_initializers:\n  \n"
    "        - batch_normalizb8ation\n      repeat: 3\n",
    "netspec: 1\nhead: [relu,",
    "netspec: 1\ninput: {shape: [8, 8, 3]}\nhead:\n  - &a {type: relu}\n  -   - *a\n",
    "netspec: 1\ninput: {shape: [64, 64, 3]}\nhead:\n  - {type: permute, dimsape: [64, 8, 4]}\n",
    "netspec: 1\nname: digits\nmodel:\n  input: {shape: [28, 28, 1]}\n  head:\n    - flattn\n",
    "netspec: 1\ninput: {shape: [4]}\nhead: [{type: dense, units: 2, kernel_regulariser: $channels}]\n",
)


@pytest.mark.parametrize("text", FOUND_BY_FUZZING)
def test_what_fuzzing_found_is_refused_at_its_line(text):
    with pytest.raises(SpecError) as refused:
        parse_spec(text)
    for where in (diagnostic.where for diagnostic in refused.value.diagnostics):
        assert (1, 1) <= (where.line, where.column) <= (where.end_line, where.end_column)
        assert where.end_line <= text.count("\n") + 1
