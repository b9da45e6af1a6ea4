"""What values are stored as, as Keras 3 does it: https://keras.io/api/mixed_precision/.

A policy has two dtypes. A layer keeps its weights in one, and casts the floats that it is given to the other, in which
it works and answers. Whole numbers are never cast; what becomes of them depends on the layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

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


def is_float(dtype: str) -> bool:
    """Whether a dtype holds fractions."""
    return "float" in dtype


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


class WholeNumbers(Enum):
    """What a layer makes of whole numbers, where no other input holds fractions."""

    worked_with = "they become what the layer works in"
    kept = "they stay what they are"
    widened = "they become fractions of the default dtype, whatever the policy"
    averaged = "they are divided: TensorFlow makes float64 of those that float32 can't hold"

    def output(self, compute: str, inputs: tuple[str, ...]) -> str:
        """The dtype of the output, given that of the layer's work and those of its inputs."""
        if self is WholeNumbers.worked_with or any(map(is_float, inputs)):
            return compute
        if self is WholeNumbers.kept:
            return promoted(inputs)
        if self is WholeNumbers.averaged and SIZES[promoted(inputs)] >= SIZES["int32"]:
            return "float64"
        return DEFAULT_POLICY
