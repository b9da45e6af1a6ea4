"""What the values of a network are stored as, as Keras 3 does it: https://keras.io/api/mixed_precision/.

A policy has two dtypes. A layer keeps its weights in one, and casts the floats that it is given to the other, in which
it works and answers. Whole numbers are never cast; what becomes of them depends on the layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from netspec.graph import Input, Node
from netspec.layer import Layer
from netspec.layers import (
    activations,
    adaptive_pooling,
    attention,
    augmentation,
    categories,
    core,
    images,
    merging,
    normalization,
    operations,
    pooling,
    regularization,
    resampling,
    transformer,
    wrappers,
)

SIZES: Mapping[str, int] = {
    "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2,
    "int64": 8, "int32": 4, "int16": 2, "int8": 1, "uint32": 4, "uint16": 2, "uint8": 1, "bool": 1,
}  # fmt: skip
"""Bytes of one value."""

DEFAULT_POLICY = "float32"


class Policy(NamedTuple):
    """What a layer works in, and what it keeps its weights in."""

    compute: str
    variable: str


POLICIES: Mapping[str, Policy] = {
    **{name: Policy(name, name) for name in ("float32", "float16", "bfloat16", "float64")},
    "mixed_float16": Policy("float16", "float32"),
    "mixed_bfloat16": Policy("bfloat16", "float32"),
}


def policy_of(layer: Layer, default: str | None = None) -> Policy:
    """The policy of a layer: its own, that of the layer inside it, or the default."""
    inner = layer.inner if isinstance(layer, wrappers.Wrapper) else layer
    return POLICIES[inner.dtype or layer.dtype or default or DEFAULT_POLICY]


def is_float(dtype: str) -> bool:
    """Whether a dtype holds fractions."""
    return "float" in dtype


def output_dtype(node: Node, inputs: tuple[str, ...], default: str | None = None) -> str:
    """What a node's output is stored as, given what its inputs are stored as."""
    layer = node.layer
    if isinstance(layer, Input):
        return layer.dtype
    return _rule_of(type(layer))(layer, policy_of(layer, default).compute, inputs)


def depends_on_inputs(layer: Layer | Input) -> bool:
    """Whether what comes out is stored as what goes in may be."""
    if isinstance(layer, Input):
        return False
    return _rule_of(type(layer)) in _FROM_INPUTS


def casts(layer: Layer) -> bool:
    """Whether the layer casts the floats that it is given to the dtype in which it works.

    Operations know no policy: only a dtype of their own makes them cast.
    """
    operates = isinstance(layer, operations.Operation) and not wrappers.is_built_as_keras_layer(layer, ())
    return layer.dtype is not None or not operates


# ------------------------------------------------------------------------------------------- what becomes of the inputs


def promoted(dtypes: tuple[str, ...]) -> str:
    """The dtype that holds what several dtypes hold, as Keras joins them."""
    found = [dtype for dtype in dtypes if is_float(dtype)] or list(dtypes)
    width = max(SIZES[dtype] for dtype in found)
    widest = {dtype for dtype in found if SIZES[dtype] == width}
    if widest == {"float16", "bfloat16"}:
        return "float32"
    signed = {dtype for dtype in widest if dtype.startswith("int")}
    if signed and any(dtype.startswith("uint") for dtype in widest):
        return f"int{min(16 * width, 64)}"
    return min(signed or widest - {"bool"} or widest)


Rule = Callable[[Any, str, tuple[str, ...]], str]
"""From a layer, the dtype it works in and those of its inputs to that of its output."""


def _computed(layer: Layer, compute: str, inputs: tuple[str, ...]) -> str:
    return compute


def _kept(layer: Layer, compute: str, inputs: tuple[str, ...]) -> str:
    """Whole numbers stay what they are."""
    return compute if any(map(is_float, inputs)) else promoted(inputs)


def _widened(layer: Layer, compute: str, inputs: tuple[str, ...]) -> str:
    """Whole numbers become fractions."""
    return compute if any(map(is_float, inputs)) else DEFAULT_POLICY


def _averaged(layer: Layer, compute: str, inputs: tuple[str, ...]) -> str:
    """Whole numbers are divided: TensorFlow makes float64 of those that float32 can't hold."""
    if any(map(is_float, inputs)):
        return compute
    return "float64" if SIZES[promoted(inputs)] >= SIZES["int32"] else "float32"


def _untouched(layer: Layer, compute: str, inputs: tuple[str, ...]) -> str:
    """What is not cast stays what it is."""
    return compute if casts(layer) else promoted(inputs)


def _counted(layer: Layer, compute: str, inputs: tuple[str, ...]) -> str:
    return "int32"


def _encoded(layer: Layer, compute: str, inputs: tuple[str, ...]) -> str:
    return "float64" if compute == "float64" else "float32"


def _in_bins(layer: categories.Discretization, compute: str, inputs: tuple[str, ...]) -> str:
    return "int32" if layer.output_mode == "int" else compute


def _hashed(layer: categories.Hashing, compute: str, inputs: tuple[str, ...]) -> str:
    return "int64" if layer.output_mode == "int" else "float32"


def _crossed(layer: categories.HashedCrossing, compute: str, inputs: tuple[str, ...]) -> str:
    return "int64" if layer.output_mode == "int" else compute


def _looked_up(layer: categories.IntegerLookup, compute: str, inputs: tuple[str, ...]) -> str:
    return "float32" if layer.output_mode == "tf_idf" else "int64"


def _inside(layer: wrappers.TimeDistributed, compute: str, inputs: tuple[str, ...]) -> str:
    return _rule_of(type(layer.inner))(layer.inner, compute, inputs)


RULES: Mapping[type[Layer], Rule] = {
    **dict.fromkeys(
        (
            core.Linear, core.Flatten, core.Reshape, core.Permute, core.RepeatVector, core.Masking,
            activations.ReLU, activations.Relu6, adaptive_pooling.AdaptivePooling, images.Resizing, merging.Merge,
            augmentation.ContrastLimitedAdaptiveHistogramEqualization, augmentation.RandomBrightness,
            augmentation.RandomColorDegeneration, augmentation.RandomColorJitter, augmentation.RandomContrast,
            augmentation.RandomGrayscale, augmentation.RandomHue, augmentation.RandomInvert,
            augmentation.RandomPosterization, augmentation.RandomSaturation, normalization.RMSNormalization,
            pooling.Pooling, pooling.GlobalPooling, regularization.RegularizationLayer,
            resampling.ResamplingLayer,
        ),
        _kept,
    ),
    **dict.fromkeys(
        (
            activations.Exponential, activations.Tanh, activations.LeakyReLU, attention.AdditiveAttention,
            pooling.GlobalAveragePooling1D, pooling.GlobalAveragePooling2D, pooling.GlobalAveragePooling3D,
        ),
        _widened,
    ),
    merging.Average: _averaged,
    operations.Operation: _untouched,
    transformer.Positions: _counted,
    categories.CategoryEncoding: _encoded,
    categories.Discretization: _in_bins,
    categories.Hashing: _hashed,
    categories.HashedCrossing: _crossed,
    categories.IntegerLookup: _looked_up,
    wrappers.TimeDistributed: _inside,
}  # fmt: skip
"""Where it is not the dtype that the layer works in, by class; a class made from one of these does the same."""

_FROM_INPUTS: tuple[Rule, ...] = (_kept, _widened, _averaged, _untouched, _inside)


def _rule_of(cls: type[Layer]) -> Rule:
    return next((RULES[base] for base in cls.__mro__ if base in RULES), _computed)
