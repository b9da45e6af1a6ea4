"""Layers of two models are paired by structure, whatever they are called and in whatever order they were made."""

import numpy as np
import pytest

from netspec.backends.matching import StructuresDiffer, copy_by_structure, match, pair, side_by_side

import keras  # isort: skip
from keras import layers, ops


@pytest.fixture(autouse=True)
def fresh():
    yield
    keras.utils.clear_session()


def randomised(model):
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(rng.uniform(0.1, 1, weight.shape))
    return model


def outputs(model):
    rng = np.random.default_rng(1)
    given = [rng.uniform(0, 1, (2, *one.shape[1:])).astype("float32") for one in model.inputs]
    made = model(given if len(given) > 1 else given[0], training=False)
    return [np.asarray(one) for one in (made if isinstance(made, list) else [made])]


def of(*shape):
    return keras.Input(shape)


def dense(units=4, **options):
    return layers.Dense(units, **options)


# Each makes a network in one of two ways, which compute the same with the same weights.


def chain(other):
    x = given = of(4)
    for _ in range(3):
        x = dense()(x)
        x = layers.Activation("tanh")(x) if other else ops.tanh(x)
    return keras.Model(given, x)


def residual(other):
    given = of(4)
    last = dense()
    x = dense()(given)
    for _ in range(3):
        x = layers.Add()([dense()(x), x]) if other else x + dense()(x)
    return keras.Model(given, last(x) if other else dense()(x))


def concatenated(other):
    given = of(4)
    if other:
        right, left = dense()(given), dense()(given)
        return keras.Model(given, dense()(layers.Concatenate()([left, right])))
    left, right = dense()(given), dense()(given)
    return keras.Model(given, dense()(ops.concatenate([left, right], axis=-1)))


def subtracted(other):
    given = of(4)
    made = [dense()(given) for _ in range(2)]
    left, right = reversed(made) if other else made
    return keras.Model(given, layers.Subtract()([left, right]) if other else left - right)


def equal_branches(other):
    """Two branches that only their ends tell apart, three layers deep."""
    given = of(4)
    ends = []
    for _ in range(2):
        x = given
        for _ in range(3):
            x = layers.Activation("tanh")(dense()(x))
        ends.append(x)
    if other:
        ends.reverse()
    return keras.Model(given, [dense(5)(ends[0]), dense(6)(ends[1])])


def symmetric_branches(other):
    """Branches that nothing tells apart: whichever is taken first, the layers of each have to stay together."""
    given = of(4)
    ends = []
    for _ in range(4):
        x = given
        for _ in range(2):
            x = layers.Activation("tanh")(dense()(x))
        ends.append(x)
    return keras.Model(given, layers.Add()(ends[::-1] if other else ends))


def shared(other):
    left, right = of(4), of(4)
    tower, alone = dense(), dense()
    ends = [tower(left), alone(left), tower(right)]
    if other:
        alone, tower = dense(), dense()
        ends = [alone(left), tower(right), tower(left)]
        ends = [ends[2], ends[0], ends[1]]
    return keras.Model([left, right], layers.Concatenate()(ends))


def nested(other):
    given = of(4)
    if not other:
        return keras.Model(given, dense(2)(dense()(layers.Activation("tanh")(dense()(given)))))
    inner = of(4)
    tower = keras.Model(inner, dense()(layers.Activation("tanh")(dense()(inner))))
    return keras.Model(given, keras.Sequential([of(4), dense(2)])(tower(given)))


def attention(other):
    one, two = of(3, 4), of(3, 4)
    layer = layers.MultiHeadAttention(2, 2)
    made = layer(value=two, query=one) if other else layer(one, two)
    return keras.Model([one, two], made)


def several_outputs(other):
    given = of(3, 4)
    x, state = layers.GRU(4, return_state=True)(given)
    ends = [dense()(state), dense()(x)] if other else [dense()(x), dense()(state)]
    return keras.Model(given, layers.Concatenate()(ends[::-1] if other else ends))


def windows(other):
    """Branches that their windows tell apart, and nothing else."""
    given = of(9, 9, 2)
    rates = (3, 1, 2) if other else (1, 2, 3)
    return keras.Model(
        given,
        layers.Add()([layers.Conv2D(2, 3, dilation_rate=rate, padding="same")(given) for rate in rates]),
    )


def pooled(other):
    """Branches that only the pooling before them tells apart."""
    given = of(8, 8, 2)

    def branch(pool):
        return layers.Conv2D(2, 1)(layers.MaxPooling2D(3, strides=1, padding="same")(given) if pool else given)

    return keras.Model(given, layers.Add()([branch(other), branch(not other)]))


def pointwise(other):
    given = of(4)
    if not other:
        return keras.Model(given, dense(3)(given))
    x = layers.Conv2D(3, 1)(layers.Reshape((1, 1, 4))(given))
    return keras.Model(given, layers.Flatten()(x))


def frozen(other):
    given = of(4, 4, 3)
    x = layers.BatchNormalization(trainable=not other)(given)
    return keras.Model(given, layers.Conv2D(2, 3, trainable=not other)(x))


SAME = [
    chain, residual, concatenated, subtracted, equal_branches, symmetric_branches, shared, nested, attention,
    several_outputs, windows, pooled, pointwise, frozen,
]  # fmt: skip


@pytest.mark.parametrize("network", SAME, ids=lambda network: network.__name__)
@pytest.mark.parametrize("swapped", [False, True])
def test_same_outputs(network, swapped):
    source, target = network(swapped), network(not swapped)
    pairs = copy_by_structure(randomised(source), target)
    assert len({id(one) for one, _ in pairs}) == len({id(one) for _, one in pairs}) == len(pairs)
    for wanted, got in zip(outputs(source), outputs(target), strict=True):
        assert wanted.std() > 0
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)


# ------------------------------------------------------------------------------------------------------- differences


def joined(*, order=(0, 1), units=4, scale=True, bias=True, branches=2, twice=False):
    given = of(4)
    first = dense(units, use_bias=bias, name="first")
    ends = [first(given), *(dense(5 + place, name=f"side_{place}")(given) for place in range(branches - 1))]
    if twice:
        ends.append(first(given))
    x = layers.Concatenate()([ends[place] for place in order] + ends[len(order) :])
    x = layers.BatchNormalization(scale=scale, center=not scale, name="norm")(x)
    return keras.Model(given, dense(3, name="last")(x))


DIFFERENCES = {
    "swapped": ({"order": (1, 0)}, ["norm", "last"]),
    "width": ({"units": 6}, ["first", "norm", "last"]),
    "bias": ({"bias": False}, ["first", "norm", "last"]),
    "another branch": ({"branches": 3}, ["side_1", "norm", "last"]),
    "another call": ({"twice": True}, ["first", "norm", "last"]),
    "beta for gamma": ({"scale": False}, ["norm"]),
}


@pytest.mark.parametrize(("options", "rest"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_differences(options, rest):
    source, target = joined(), joined(**options)
    found = match(source, target)
    assert [layer.name for layer in found.target_rest] == rest
    assert not found.complete
    before = [weight.numpy() for weight in target.weights]
    with pytest.raises(StructuresDiffer) as raised:
        copy_by_structure(source, target)
    assert rest[0] in str(raised.value)
    assert all((weight.numpy() == was).all() for weight, was in zip(target.weights, before, strict=True))


def test_outputs_in_another_order():
    given = of(4)
    ends = [dense(2)(given), dense(3)(given)]
    with pytest.raises(StructuresDiffer, match="an output in the source, an output in the target"):
        pair(keras.Model(given, ends), keras.Model(given, ends[::-1]))


def test_near_layers_read_the_same():
    found = match(joined(), joined(units=6))
    assert [(one.name, other.name) for one, other in found.near] == [("first", "first")]


def test_normalization_uses_what_was_copied():
    given = of(3)
    source, target = (keras.Model(given, layers.Normalization()(given)) for _ in range(2))
    source.layers[1].adapt(np.random.default_rng(0).uniform(3, 9, (50, 3)))
    copy_by_structure(source, target)
    np.testing.assert_allclose(outputs(target)[0], outputs(source)[0], rtol=1e-6)


@pytest.mark.parametrize(
    ("network", "names"),
    [(chain, 0), (residual, 0), (shared, 2), (equal_branches, 2), (pointwise, 0), (symmetric_branches, 2)],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_side_by_side(network, names):
    found = side_by_side(network(False))
    assert len(found or ()) == names
