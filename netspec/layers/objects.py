"""Initializers, regularizers and constraints.

See https://keras.io/api/layers/initializers/.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from netspec.layer import ConfiguredObject, register_object
from netspec.layers.fields import NonNegative, Seed
from netspec.options import Doc, Keywords
from netspec.shapes import show

Rate = Annotated[NonNegative, Doc("factor of the penalty")]
Axis = Annotated[int | tuple[int, ...], Doc("axes over which the norm is taken")]


class Initializer(ConfiguredObject):
    """What initializers have in common."""

    keras_module: ClassVar[str] = "initializers"


class SeededInitializer(Initializer):
    """What initializers have in common that draw random numbers."""

    seed: Seed = None


@register_object("initializer")
class Zeros(Initializer):
    """All values 0."""


@register_object("initializer")
class Ones(Initializer):
    """All values 1."""


@register_object("initializer")
class Constant(Initializer):
    """All values the same."""

    value: Annotated[float, Doc("the value")] = 0.0


@register_object("initializer")
class Identity(Initializer):
    """The identity matrix, for kernels of two axes."""

    gain: Annotated[float, Doc("factor of the matrix")] = 1.0

    def refuses(self, shape: tuple[int, ...]) -> str:
        return "" if len(shape) == 2 else f"it makes matrices, and the weight is {show(shape)}"


@register_object("initializer")
class Orthogonal(SeededInitializer):
    """A random orthogonal matrix (Saxe et al., 2014)."""

    gain: Annotated[float, Doc("factor of the matrix")] = 1.0

    def refuses(self, shape: tuple[int, ...]) -> str:
        return "" if len(shape) >= 2 else f"it needs two axes or more, and the weight is {show(shape)}"


@register_object("initializer")
class RandomNormal(SeededInitializer):
    """Normal distribution."""

    mean: Annotated[float, Doc("mean of the distribution")] = 0.0
    stddev: Annotated[float, Doc("standard deviation of the distribution")] = 0.05


@register_object("initializer")
class TruncatedNormal(SeededInitializer):
    """Normal distribution, cut at two standard deviations."""

    mean: Annotated[float, Doc("mean of the distribution")] = 0.0
    stddev: Annotated[float, Doc("standard deviation of the distribution before it is cut")] = 0.05


@register_object("initializer")
class RandomUniform(SeededInitializer):
    """Uniform distribution."""

    minval: Annotated[float, Doc("lower bound")] = -0.05
    maxval: Annotated[float, Doc("upper bound")] = 0.05


FanAxes = Annotated[tuple[int, ...] | None, Doc("axes of the weight that count for it; null takes the usual ones")]


class FanInitializer(SeededInitializer):
    """What initializers have in common whose spread follows from the number of inputs or outputs."""

    input_axes: FanAxes = None
    output_axes: FanAxes = None


@register_object("initializer")
class VarianceScaling(FanInitializer):
    """A distribution whose spread follows from the number of inputs or outputs."""

    scale: Annotated[float, Keywords(exclusiveMinimum=0), Doc("factor of the variance")] = 1.0
    mode: Annotated[Literal["fan_in", "fan_out", "fan_avg"], Doc("what the variance is divided by")] = "fan_in"
    distribution: Annotated[
        Literal["truncated_normal", "untruncated_normal", "uniform"], Doc("shape of the distribution")
    ] = "truncated_normal"


@register_object("initializer")
class GlorotNormal(FanInitializer):
    """Glorot and Bengio (2010), truncated normal: Keras's `GlorotNormal`."""


@register_object("initializer")
class GlorotUniform(FanInitializer):
    """Glorot and Bengio (2010), uniform: Keras's default for kernels."""


@register_object("initializer")
class HeNormal(FanInitializer):
    """He et al. (2015), truncated normal: made for ReLU."""


@register_object("initializer")
class HeUniform(FanInitializer):
    """He et al. (2015), uniform."""


@register_object("initializer")
class LecunNormal(FanInitializer):
    """LeCun et al. (1998), truncated normal: made for SELU."""


@register_object("initializer")
class LecunUniform(FanInitializer):
    """LeCun et al. (1998), uniform."""


class Regularizer(ConfiguredObject):
    """What regularizers have in common."""

    keras_module: ClassVar[str] = "regularizers"


@register_object("regularizer")
class L1(Regularizer):
    """Sum of absolute values."""

    l1: Rate = 0.01


@register_object("regularizer")
class L2(Regularizer):
    """Sum of squares (weight decay)."""

    l2: Rate = 0.01


@register_object("regularizer")
class L1L2(Regularizer):
    """Sum of absolute values and of squares."""

    type_name = "l1_l2"

    l1: Rate = 0.0
    l2: Rate = 0.0


@register_object("regularizer")
class OrthogonalRegularizer(Regularizer):
    """Pushes rows or columns of a matrix towards being orthogonal."""

    factor: Rate = 0.01
    mode: Annotated[Literal["rows", "columns"], Doc("which vectors are compared")] = "rows"


class Constraint(ConfiguredObject):
    """What constraints have in common."""

    keras_module: ClassVar[str] = "constraints"


@register_object("constraint")
class MaxNorm(Constraint):
    """Norm of the incoming weights at most a value."""

    max_value: Annotated[float, Doc("largest norm")] = 2
    axis: Axis = 0


@register_object("constraint")
class MinMaxNorm(Constraint):
    """Norm of the incoming weights between two values."""

    min_value: Annotated[float, Doc("smallest norm")] = 0.0
    max_value: Annotated[float, Doc("largest norm")] = 1.0
    rate: Annotated[float, Doc("how strictly it is held, from 0 to 1")] = 1.0
    axis: Axis = 0


@register_object("constraint")
class NonNeg(Constraint):
    """No value below 0."""


@register_object("constraint")
class UnitNorm(Constraint):
    """Norm of the incoming weights 1."""

    axis: Axis = 0
