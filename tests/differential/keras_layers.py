"""Layers of Keras by the names and options of specs, and how each is called, by the documentation alone.

What Keras has no layer for is made of `keras.ops` here, as its page says what it does. Values are not compared with
netspec's, only shapes and weights, so the shortest way that depends on the same sizes is taken.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from string import ascii_lowercase
from typing import Any

import keras
from keras import ops
from keras.src.layers.core.einsum_dense import _analyze_einsum_string
from keras.src.utils.naming import to_snake_case

Shape = tuple[int | None, ...]

CLASSES: dict[str, Any] = {
    to_snake_case(name): value for name, value in vars(keras.layers).items() if inspect.isclass(value)
}
CLASSES |= {
    "relu": keras.layers.ReLU,
    "leaky_relu": keras.layers.LeakyReLU,
    "prelu": keras.layers.PReLU,
    "linear": keras.layers.Identity,
}
JOINS = {"add", "average", "concatenate", "dot", "maximum", "minimum", "multiply", "subtract"}
OBJECTS = {
    "initializer": keras.initializers,
    "regularizer": keras.regularizers,
    "constraint": keras.constraints,
}
WRAPPED = ("layer", "backward_layer")
"""Options that take a layer."""

SIDES = ("query", "value", "key")
STATES = ("sequence", "hidden_state", "cell_state")
INPUTS: Mapping[str, Sequence[str]] = {
    "multi_head_attention": SIDES,
    "group_query_attention": SIDES,
    "attention": SIDES,
    "additive_attention": SIDES,
    "dot_product_attention": ("query", "key", "value"),
    "lstm": STATES,
    "conv_lstm1d": STATES,
    "conv_lstm2d": STATES,
    "conv_lstm3d": STATES,
    "gru": ("sequence", "initial_state"),
    "simple_rnn": ("sequence", "initial_state"),
    "category_encoding": ("x", "count_weights"),
    "hashed_crossing": ("x", "y"),
}
"""The types with several inputs, and their names; every other type but the joins has one, called x."""

AT_CALL = ("use_causal_mask", "reverse")
"""Options that Keras takes at the call."""


class Refused(Exception):
    """What the language doesn't allow, whatever Keras makes of it."""


def input_names(type_name: str) -> Sequence[str]:
    return INPUTS.get(type_name, ("x",))


def takes_at_call(type_name: str, option: str) -> bool:
    return (
        option in AT_CALL and type_name in CLASSES and option in inspect.signature(CLASSES[type_name].call).parameters
    )


# ------------------------------------------------------------------------------------------------------------- making


def make(type_name: str, options: Mapping[str, Any], name: str | None, x: Shape) -> Any:
    """Make the Keras layer for a first input of a shape, or where Keras has no layer, a function of tensors."""
    if type_name in OPERATIONS and (type_name != "gelu" or options.get("approximate")):
        return _operation(type_name, options)
    given = {
        key: _inner(value, x[1:] if type_name == "time_distributed" else x) if key in WRAPPED else _object(key, value)
        for key, value in options.items()
        if not takes_at_call(type_name, key)
    }
    trainable = given.pop("trainable", True)
    if type_name in SHAPED:
        layer = SHAPED[type_name](x, name=name, **given)
    elif type_name in CLASSES:
        layer = CLASSES[type_name](**given, name=name)
    elif hasattr(keras.activations, type_name):
        given.pop("approximate", None)
        layer = keras.layers.Activation(type_name, **given, name=name)
    else:
        raise Refused(f"no type {type_name}")
    if type_name == "bidirectional":  # it copies the layers, and of some only the outermost says that it is frozen
        _freeze(layer.forward_layer, given["layer"].trainable)
        _freeze(layer.backward_layer, (given.get("backward_layer") or given["layer"]).trainable)
    _freeze(layer, trainable)  # not every layer of Keras takes it as an argument
    return layer


def make_unused(type_name: str, options: Mapping[str, Any]) -> None:
    """Make a layer that isn't there, whose shape nobody knows: its options have to go together all the same."""
    make(type_name, options, "unused", (2, 2))
    if type_name == "einsum_dense":  # Keras reads its letters only when it is built
        given = options["output_shape"] if isinstance(options["output_shape"], list) else [options["output_shape"]]
        asked, _, made = options["equation"].replace(".", "").partition(",")
        sizes = dict(zip(reversed(made), reversed(given), strict=False))
        fitting = tuple(sizes.get(letter) for letter in asked)
        _analyze_einsum_string(options["equation"], options.get("bias_axes"), fitting, tuple(given))


def _freeze(layer: Any, trainable: bool) -> None:
    """Freeze a layer and all in it. Never the other way: what is frozen in a wrapper stays so."""
    if not trainable:
        layer.trainable = False


def _inner(written: Any, x: Shape) -> Any:
    """Make the layer that a wrapper takes."""
    if written is None:
        return None
    described = {"type": written} if isinstance(written, str) else written
    return make(described["type"], {key: item for key, item in described.items() if key != "type"}, None, x)


def _object(option: str, value: Any) -> Any:
    """Make the initializer, regularizer or constraint that an option names or describes."""
    module = OBJECTS.get(option.rsplit("_", 1)[-1])
    if module is None or value is None:
        return value
    described = {"type": value} if isinstance(value, str) else value
    return getattr(module, described["type"])(**{key: item for key, item in described.items() if key != "type"})


# ------------------------------------------------------------------------------------------------------------ calling


def call(type_name: str, layer: Any, options: Mapping[str, Any], tensors: Sequence[Any]) -> Any:
    """Call a layer on its inputs, in the order of their names."""
    if type_name in JOINS:
        return layer(list(tensors))
    if len(tensors) > len(input_names(type_name)):
        raise Refused(f"{type_name} takes {len(input_names(type_name))} inputs")
    said = {key: value for key, value in options.items() if takes_at_call(type_name, key)}
    output = _called(type_name, layer, said, *tensors)
    if isinstance(layer, keras.Layer) and not layer.trainable:
        layer.trainable = True  # saying it a second time would do nothing
        layer.trainable = False  # what attention makes when it is built doesn't know of it yet
    return output


def _called(type_name: str, layer: Any, said: Mapping[str, Any], first: Any, *others: Any) -> Any:
    names = input_names(type_name)
    if type_name in OPERATIONS:
        return layer(first, *others)
    if names == SIDES:
        value, *key = others or (first,)
        if type_name.endswith("attention") and type_name not in ("attention", "additive_attention"):
            return layer(first, value, **dict(zip(("key",), key, strict=False)), **said)
        return layer([first, value, *key], **said)
    if not others:
        return layer(first, **said)
    if names == STATES:
        return layer(first, initial_state=list(others))
    if "hashed" in type_name:
        return layer((first, *others))
    return layer(first, **dict(zip(names[1:], others, strict=True)))


# ----------------------------------------------------------------------------- layers that are made for a shape


def _scale(x: Shape, initializer: Any, *, use_bias: bool = False, **given: Any) -> Any:
    """Multiply the last axis by a vector."""
    letters = ascii_lowercase[: len(x) + 1]
    return keras.layers.EinsumDense(
        f"{letters},{letters[-1]}->{letters}",
        output_shape=x,
        bias_axes=letters[-1] if use_bias else None,
        kernel_initializer=initializer,
        **given,
    )


def _layer_scale(x: Shape, *, initial_value: float = 1e-5, **given: Any) -> Any:
    return _scale(_known_last(x), keras.initializers.Constant(initial_value), **given)


def _channel_scale(x: Shape, *, scale_initializer: Any = "ones", **given: Any) -> Any:
    given = {key.replace("scale_", "kernel_"): value for key, value in given.items()}
    return _scale(_known_last(x), scale_initializer, **given)


def _stochastic_depth(x: Shape, **given: Any) -> Any:
    return keras.layers.Dropout(noise_shape=(None, *[1] * len(x)), **given)


class _LearnedTokens(keras.layers.Embedding):  # type: ignore[misc]
    """Looks up 0, 1, 2, … for each sample, whatever its values."""

    def __init__(self, x: Shape, *, count: int = 1, **given: Any) -> None:
        if len(x) != 2:
            raise Refused("tokens go before steps")
        super().__init__(count, _known_last(x)[-1], **given)
        self.input_spec = keras.InputSpec(ndim=3, axes={-1: self.output_dim})

    def call(self, inputs: Any) -> Any:
        numbers = ops.broadcast_to(ops.arange(self.input_dim), (ops.shape(inputs)[0], self.input_dim))
        return super().call(numbers)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.input_dim, self.output_dim)


def _known_last(x: Shape) -> Shape:
    if not x or x[-1] is None:
        raise Refused("the last size has to be known")
    return x


SHAPED: Mapping[str, Callable[..., Any]] = {
    "layer_scale": _layer_scale,
    "channel_scale": _channel_scale,
    "stochastic_depth": _stochastic_depth,
    "learned_tokens": _LearnedTokens,
}


# ------------------------------------------------------------------------------------------------------- operations


def _operation(type_name: str, options: Mapping[str, Any]) -> Callable[..., Any]:
    """Make a function of tensors that computes in the dtype that is asked for."""
    given = {key: value for key, value in options.items() if key not in ("trainable", "dtype")}
    operation = partial(OPERATIONS[type_name], **given)
    policy = keras.DTypePolicy(options.get("dtype") or keras.config.dtype_policy().name)
    if options.get("dtype") is None and type_name not in ("glu", "gelu"):
        return operation
    return lambda *tensors: operation(*[ops.cast(tensor, policy.compute_dtype) for tensor in tensors])


def _position(axis: int, x: Any) -> int:
    """Count an axis from the front, the batch being 0, which nobody may name."""
    found = axis if axis >= 0 else axis + len(x.shape)
    if not 0 < found < len(x.shape):
        raise Refused(f"no axis {axis}")
    return found


def _take(x: Any, *, index: int, axis: int = 1) -> Any:
    at = _position(axis, x)
    size = x.shape[at]
    if size is None and index < 0:
        raise Refused("counted from an end that is not known")
    return ops.take(x, index if size is None else range(size)[index], axis=at)


def _slice(x: Any, *, start: int = 0, stop: int | None = None, axis: int = -1) -> Any:
    at = _position(axis, x)
    if not range(x.shape[at])[start:stop]:
        raise Refused("nothing is left")
    return x[(slice(None),) * at + (slice(start, stop),)]


def _positions(x: Any) -> Any:
    if len(x.shape) < 2:
        raise Refused("no steps")
    ones = ops.ones_like(x, dtype="int32")
    return ops.cumsum(ops.max(ones, axis=tuple(range(2, len(x.shape)))) if len(x.shape) > 2 else ones, axis=1) - 1


def _turning(x: Any, wavelength: float) -> Any:
    """For each step and value the angle of its position, in the shape of all but the heads."""
    size: int = _known_last(tuple(x.shape))[-1]  # type: ignore[assignment]
    angles = ops.convert_to_tensor([wavelength ** (-2 * (index // 2) / size) for index in range(size)])
    return ops.expand_dims(ops.cast(_positions(x), "float32"), -1) * angles


def _sinusoidal(x: Any, *, max_wavelength: float = 10000.0) -> Any:
    if len(x.shape) != 3:
        raise Refused("it wants steps and values")
    return x + ops.cast(ops.sin(_turning(x, max_wavelength)), x.dtype)


def _rotary(x: Any, *, max_wavelength: float = 10000.0, interleaved: bool = False) -> Any:
    if len(x.shape) not in (3, 4) or x.shape[-1] is None or x.shape[-1] % 2:
        raise Refused("it wants steps, perhaps heads, and pairs of values")
    angle = _turning(x, max_wavelength)
    angle = ops.expand_dims(angle, 2) if len(x.shape) == 4 else angle
    return x * ops.cast(ops.cos(angle), x.dtype)


def _mixed(query: Any, key: Any, value: Any, *, scale: float | None = None, use_causal_mask: bool = False) -> Any:
    """Mix values by products of queries and keys, in groups of heads; the products themselves tell what fits."""
    if {len(tensor.shape) for tensor in (query, key, value)} != {4}:
        raise Refused("it wants steps, heads and values")
    heads, groups = query.shape[2], key.shape[2]
    if heads is None or query.shape[3] is None or heads % groups or key.shape[2:] != value.shape[2:]:
        raise Refused("heads don't fit")
    if query.shape[3] != key.shape[3] or (
        None not in (key.shape[1], value.shape[1]) and key.shape[1] != value.shape[1]
    ):
        raise Refused("steps or sizes don't fit")
    key, value = (ops.repeat(tensor, heads // groups, axis=2) for tensor in (key, value))
    return ops.dot_product_attention(query, key, value, scale=scale, is_causal=use_causal_mask)


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "absolute": ops.absolute,
    "glu": ops.glu,
    "gelu": ops.gelu,
    "threshold": ops.threshold,
    "take": _take,
    "slice": _slice,
    "positions": _positions,
    "sinusoidal_position_embedding": _sinusoidal,
    "rotary_embedding": _rotary,
    "dot_product_attention": _mixed,
}
