"""Declaring layers and blocks: what the registry takes, and what it refuses."""

import itertools
from typing import Annotated

import pytest

from netspec import (
    Doc,
    Example,
    Keywords,
    Layer,
    Mistake,
    RegistrationError,
    SpecError,
    Tensor,
    apply,
    parse_spec,
    register_block,
    register_layer,
)
from netspec.layer import TYPES, snake_case
from netspec.options import NODE_KEYS, describe, schema_of
from netspec.registry import objects
from netspec.schema import OBJECT_KINDS
from netspec.suggest import OBJECT_WORDS, OPTION_NOTES, OPTION_WORDS, TYPE_WORDS, nearest
from netspec.tensors import check_inputs


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """Whatever a test registers is forgotten after it."""
    monkeypatch.setattr(TYPES, "_types", dict(TYPES._types))


def one_layer(text, shape="[8, 8, 4]"):
    return parse_spec(f"netspec: 1\ninput: {{shape: {shape}}}\nhead:\n  - {text}\n")


@pytest.mark.parametrize(
    ("name", "type_name"),
    [
        ("Conv2D", "conv2d"),
        ("MaxPooling2D", "max_pooling2d"),
        ("UpSampling2D", "up_sampling2d"),
        ("RMSNormalization", "rms_normalization"),
        ("LSTM", "lstm"),
        ("ConvLSTM2D", "conv_lstm2d"),
    ],
)
def test_names_are_those_of_keras(name, type_name):
    from keras.src.utils.naming import to_snake_case

    assert snake_case(name) == type_name == to_snake_case(name)


def test_a_layer_of_ones_own():
    @register_layer
    class Doubled(Layer):
        """Concatenates the input with itself along the channels."""

        times: Annotated[int, Keywords(minimum=1), Doc("how often")] = 2
        example = Example((4, 4, 2))

        def infer(self, x):
            return (*x[:-1], x[-1] * self.times)

        def lower(self, keras, name, inputs):
            return lambda x: keras.ops.concatenate([x] * self.times, axis=-1)

    spec = one_layer("{type: doubled, times: 3}")
    assert spec.graph().nodes["head-doubled"].shape == (8, 8, 12)
    assert spec.build().output.shape == (None, 8, 8, 12)
    with pytest.raises(SpecError, match="times must be a positive integer, not 0"):
        one_layer("{type: doubled, times: 0}")


def test_a_wrong_rule_is_found_when_the_layer_is_built():
    @register_layer
    class Wrong(Layer):
        """Says that it halves the channels, and does nothing."""

        keras_name = "Identity"

        def infer(self, x):
            return (*x[:-1], x[-1] // 2)

    from netspec import InternalError

    with pytest.raises(InternalError, match="foreseen as 8×8×2, but Keras built 8×8×4"):
        one_layer("wrong").build()


def test_a_name_is_taken_once():
    class Conv2D(Layer):
        """Another one."""

        def infer(self, x):
            return x

    with pytest.raises(RegistrationError, match="'conv2d' is registered already"):
        register_layer(Conv2D)

    def identity(x: Tensor) -> Tensor:
        """Another one."""
        return x

    with pytest.raises(RegistrationError, match="'identity' is registered already"):
        register_block(identity)


def test_bad_declarations_say_what_is_missing():
    class Silent(Layer):
        def infer(self, x):
            return x

    def silent(x: Tensor) -> Tensor:
        return x

    with pytest.raises(RegistrationError, match="needs a docstring"):
        register_layer(Silent)
    with pytest.raises(RegistrationError, match="needs a docstring"):
        register_block(silent)

    def inputless(*, width: int = 1) -> Tensor:
        """Takes no tensor."""
        raise AssertionError

    with pytest.raises(RegistrationError, match="takes no tensor"):
        register_block(inputless)

    class Ruleless(Layer):
        """Has no rule for its shape."""

    with pytest.raises(RegistrationError, match="needs infer"):
        register_layer(Ruleless)

    class Clashing(Layer):
        """Has an option that every node has as a key."""

        repeat: Annotated[int, Doc("how often")] = 1

        def infer(self, x):
            return x

    with pytest.raises(RegistrationError, match="'repeat' can't be an option"):
        Clashing.declared()
    with pytest.raises(RegistrationError, match=r"made from netspec\.Layer"):
        register_layer(int)  # type: ignore[type-var]


def test_a_block_that_fails_is_not_the_specs_fault():
    @register_block
    def crashing(x: Tensor) -> Tensor:
        """Divides by zero."""
        raise ZeroDivisionError("by zero")

    @register_block
    def forgetful(x: Tensor) -> Tensor:
        """Forgets to return a tensor."""
        return None  # type: ignore[return-value]

    @register_block
    def twice(x: Tensor) -> Tensor:
        """Gives two nodes one name."""
        return apply("relu", apply("relu", x, name="a"), name="a")

    @register_block
    def odd(x: Tensor) -> Tensor:
        """Gives a node a name that none can have."""
        return apply("relu", x, name="a/b")

    for block, reason in {
        "crashing": "the block crashing failed: ZeroDivisionError: by zero",
        "forgetful": "the block forgetful must return a Tensor, not NoneType",
        "twice": "the block twice failed: two nodes are called 'a'",
        "odd": "the block odd failed: 'a/b' can't be the name of a node: letters, digits and _ only",
    }.items():
        with pytest.raises(SpecError) as refused:
            one_layer(block)
        (mistake,) = refused.value.diagnostics
        assert (mistake.code, mistake.message, mistake.where.line) == ("E113", reason, 4)


def test_a_mistake_inside_a_block_is_told_at_the_line_that_uses_it():
    @register_block
    def outer(x: Tensor, *, window: Annotated[int, Doc("window")]) -> Tensor:
        """A block in a block."""
        return apply("pooled", x, window=window)

    @register_block
    def pooled(x: Tensor, *, window: Annotated[int, Doc("window")]) -> Tensor:
        """Pools."""
        return apply("max_pooling2d", apply("relu", x), pool_size=window)

    with pytest.raises(SpecError) as refused:
        one_layer("{type: outer, window: 9}")
    (mistake,) = refused.value.diagnostics
    assert mistake.code == "E303"
    assert (mistake.where.line, mistake.where.column) == (4, 5)
    assert "in outer, at its pooled.max_pooling2d" in mistake.message


def test_a_block_names_its_nodes_in_the_order_of_its_calls():
    @register_block
    def named(x: Tensor) -> Tensor:
        """Two of one type, one with a name."""
        return apply("relu", apply("elu", apply("relu", x), name="middle"))

    assert list(one_layer("{type: named, repeat: 2}").graph().nodes)[1:] == [
        "head-named-0-relu",
        "head-named-0-middle",
        "head-named-0-relu_1",
        "head-named-1-relu",
        "head-named-1-middle",
        "head-named-1-relu_1",
    ]


def test_several_inputs_by_name():
    @register_block
    def gated(x: Tensor, gate: Tensor) -> Tensor:
        """Multiplies by the sigmoid of a gate."""
        return apply("multiply", [x, apply("sigmoid", gate)])

    text = "netspec: 1\ninputs: {a: {shape: [4]}, b: {shape: [4]}}\nhead:\n  - {type: gated, from: {gate: b, x: a}}\n"
    nodes = parse_spec(text).graph().nodes
    assert nodes["head-gated-sigmoid"].inputs[0].name == "b"
    assert nodes["head-gated-multiply"].inputs[0].name == "a"
    with pytest.raises(SpecError, match="gated takes 2 inputs"):
        one_layer("gated")


@pytest.mark.parametrize(("name", "count", "good"), [("conv2d", 1, True), ("conv2d", 2, False), ("add", 5, True)])
def test_a_layer_takes_as_many_inputs_as_its_rule_has(name, count, good):
    if good:
        check_inputs(TYPES[name], count)
    else:
        with pytest.raises(Mistake, match=f"{name} takes one input, but here it gets {count}"):
            check_inputs(TYPES[name], count)


@pytest.mark.parametrize(
    ("annotation", "schema", "words"),
    [
        (int, {"type": "integer"}, "an integer"),
        (Annotated[int, Keywords(minimum=1)], {"type": "integer", "minimum": 1}, "a positive integer"),
        (Annotated[int, Keywords(minimum=0)], {"type": "integer", "minimum": 0}, "a non-negative integer"),
        (
            Annotated[float, Keywords(minimum=0, maximum=1)],
            {"type": "number", "minimum": 0, "maximum": 1},
            "a number from 0 to 1",
        ),
        (bool, {"type": "boolean"}, "true or false"),
        (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "an integer or null"),
        (
            tuple[int, int],
            {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
            "a list of 2 integers",
        ),
        (tuple[str, ...], {"type": "array", "items": {"type": "string"}}, "a list of text"),
    ],
)
def test_an_annotation_is_a_schema(annotation, schema, words):
    assert schema_of(annotation) == schema
    assert describe(schema) == words


def test_an_annotation_that_is_no_schema():
    with pytest.raises(RegistrationError, match="no JSON Schema"):
        schema_of(complex)


def test_every_word_people_write_leads_to_something_that_exists():
    for word, names in TYPE_WORDS.items():
        assert all(name in TYPES for name in names), word
    kinds = [objects(kind) for kind in OBJECT_KINDS]
    for word, names in OBJECT_WORDS.items():
        assert all(any(name in kind for kind in kinds) for name in names), word
    entries = itertools.chain(TYPES, *kinds)
    options = {name for entry in entries for name in entry.options} | set(NODE_KEYS)
    for word, names in OPTION_WORDS.items():
        assert set(names) <= options, word


def test_what_a_note_explains_is_no_other_name_for_an_option():
    assert OPTION_NOTES.keys() & OPTION_WORDS.keys() == set()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Conv2D", "conv2d"),
        ("MaxPooling2D", "max_pooling2d"),
        ("MaxPool2d", "max_pooling2d"),
        ("BatchNorm2d", "batch_normalization"),
        ("bn", "batch_normalization"),
        ("fc", "dense"),
        ("Linear", "dense"),
        ("ReLU", "relu"),
        ("LeakyReLU", "leaky_relu"),
        ("densse", "dense"),
        ("batch_normalisation", "batch_normalization"),
        ("GlobalAvgPool2D", "global_average_pooling2d"),
        ("nn.Conv2d", "conv2d"),
        ("torch.nn.Linear", "dense"),
        ("tf.keras.layers.Dense", "dense"),
        ("relu()", "relu"),
        ("conv2d(64, 3)", "conv2d"),
        ("Identity", "linear"),
        ("bottleneck", "identity"),
        ("AdaptiveAveragePooling1D", "adaptive_average_pooling1d"),
        ("ConvTranspose3d", "conv3d_transpose"),
        ("Dropout3d", "spatial_dropout3d"),
        ("DenseLayer", "dense"),
        ("GlobalAveragePool", "global_average_pooling2d"),
        ("max_poling", "max_pooling2d"),
        ("Softmin", None),
        ("LSTM", "lstm"),
        ("zzz", None),
    ],
)
def test_did_you_mean(written, meant):
    assert nearest(written, [entry.name for entry in TYPES], TYPE_WORDS) == meant
