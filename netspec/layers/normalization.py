"""Normalization between layers.

See https://keras.io/api/layers/normalization_layers/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from netspec.dtypes import WholeNumbers
from netspec.errors import Mistake
from netspec.layer import Example, Formula, Layer, Weight, Weights, Work, register_layer
from netspec.layers.counting import per_row, per_value, unit_length
from netspec.layers.fields import Axes, Axis, Constraint, Epsilon, Fraction, Initializer, PositiveInt, Regularizer
from netspec.options import Doc, Keywords
from netspec.reaches import Sight, each_value, everything, mixed
from netspec.shapes import Shape, axis_index, axis_indices, divide, require_known, show, volume

Center = Annotated[bool, Doc("whether a learned offset, beta, is added")]
Scale = Annotated[bool, Doc("whether the result is multiplied by a learned factor, gamma")]
Momentum = Annotated[Fraction, Doc("how much of the moving mean and variance stays at each step")]
Clipping = Annotated[
    Annotated[
        Mapping[str, float],
        Keywords(
            properties={
                "rmax": {"type": "number"},
                "rmin": {"type": "number"},
                "dmax": {"type": "number", "minimum": 0},
            },
            additionalProperties=False,
        ),
    ]
    | None,
    Doc("bounds rmin, rmax and dmax of the corrections of renorm"),
]


class NormalizationLayer(Layer):
    """What normalizations have in common: the shape stays."""

    def positions(self, axes: int | tuple[int, ...], x: Shape) -> tuple[int, ...]:
        """Find the positions of the axes, in the order of Keras, which sorts them as they are written."""
        return axis_indices(self.type_name, axes if isinstance(axes, int) else tuple(sorted(axes)), x)

    def known_sizes(self, axes: int | tuple[int, ...], x: Shape) -> tuple[int, ...]:
        """Find the sizes of the axes, which must be known, in that order."""
        return tuple(
            require_known(self.type_name, x[index], f"size of axis {index + 1}", option=("axis",))
            for index in self.positions(axes, x)
        )

    @staticmethod
    def learned(scale: bool, center: bool, shape: tuple[int, ...]) -> Weights:
        """List the factor and the offset, those of them that are learned."""
        gamma = (Weight("gamma", shape),) if scale else ()
        return (*gamma, Weight("beta", shape)) if center else gamma

    def reach(self, x: Shape, output: Shape) -> Sight:
        """Values are seen together along the axis that is normalized, where a type says nothing else."""
        return (mixed(x, self.positions(self.options()["axis"], x)),)


class SampleNormalization(NormalizationLayer):
    """What normalizing each sample by itself takes: a factor and an offset that are learned."""

    options_come_last: ClassVar[bool] = True

    epsilon: Epsilon = 0.001
    center: Center = True
    scale: Scale = True
    beta_initializer: Initializer = "zeros"
    gamma_initializer: Initializer = "ones"
    beta_regularizer: Regularizer = None
    gamma_regularizer: Regularizer = None
    beta_constraint: Constraint = None
    gamma_constraint: Constraint = None

    def spread(self, x: Shape, positions: tuple[int, ...]) -> Work | None:
        """Count what takes mean and variance of rows; both are kept, and the values are made of them anew."""
        # The mean is summed up and taken away, the squares are summed up, and all is multiplied by rsqrt(variance + e).
        each = Work(5 + self.scale + self.center, keeps_input=True)
        return per_row(each, Work(1, 1, kept=2), x, positions)


@register_layer
class BatchNormalization(NormalizationLayer):
    """Brings each channel to mean 0 and variance 1 over the batch (Ioffe and Szegedy, 2015)."""

    example = Example((16, 16, 64), epsilon=1.001e-5)

    axis: Axis = -1
    momentum: Momentum = 0.99
    epsilon: Epsilon = 0.001
    center: Center = True
    scale: Scale = True
    beta_initializer: Initializer = "zeros"
    gamma_initializer: Initializer = "ones"
    moving_mean_initializer: Initializer = "zeros"
    moving_variance_initializer: Initializer = "ones"
    beta_regularizer: Regularizer = None
    gamma_regularizer: Regularizer = None
    beta_constraint: Constraint = None
    gamma_constraint: Constraint = None
    renorm: Annotated[bool, Doc("whether the statistics of a batch are corrected towards the moving ones")] = False
    renorm_clipping: Clipping = None
    renorm_momentum: Momentum = 0.99
    synchronized: Annotated[bool, Doc("whether all devices share the statistics of a batch (TensorFlow only)")] = False

    def check(self) -> None:
        bounds = self.renorm_clipping or {}
        if self.renorm and "rmin" in bounds and "rmax" in bounds and bounds["rmax"] < bounds["rmin"]:
            raise Mistake(
                "E105",
                f"{self.type_name}: rmax {bounds['rmax']} is below rmin {bounds['rmin']}",
                option=("renorm_clipping",),
            )

    def infer(self, x: Shape) -> Shape:
        axis_index(self.type_name, self.axis, x)
        return x

    reach = each_value  # in use; only training sees the batch

    def weights(self, x: Shape) -> Weights:
        shape = self.known_sizes(self.axis, x)
        statistics = ["moving_mean", "moving_variance"]
        if self.renorm:
            statistics += ["moving_stddev", "renorm_mean", "renorm_stddev"]
        return (
            *self.learned(self.scale, self.center, shape),
            *(Weight(name, shape, trainable=False) for name in statistics),
        )

    def work(self, x: Shape, output: Shape) -> Work | None:
        # Outside of training, mean, variance, gamma and beta are one factor and one offset a channel.
        return per_value(Work(2, keeps_input=self.trainable), output)


@register_layer
class LayerNormalization(SampleNormalization):
    """Brings the values of each sample to mean 0 and variance 1 along an axis (Ba et al., 2016)."""

    example = Example((197, 768), epsilon=1e-6)

    axis: Axes = -1

    def infer(self, x: Shape) -> Shape:
        axis_indices(self.type_name, self.axis, x)
        return x

    def weights(self, x: Shape) -> Weights:
        if not (self.scale or self.center):
            return ()
        return self.learned(self.scale, self.center, self.known_sizes(self.axis, x))

    def work(self, x: Shape, output: Shape) -> Work | None:
        return self.spread(x, self.positions(self.axis, x))

    def formula(self) -> Formula:
        return Formula(1)


@register_layer
class GroupNormalization(SampleNormalization):
    """Brings groups of channels of each sample to mean 0 and variance 1 (Wu and He, 2018)."""

    example = Example((16, 16, 64), groups=8)

    groups: Annotated[Literal[-1] | PositiveInt, Doc("number of groups; -1 makes every channel its own")] = 32
    axis: Axis = -1

    def infer(self, x: Shape) -> Shape:
        (size,) = self.known_sizes(self.axis, x)
        divide(self.type_name, size, size if self.groups == -1 else self.groups, "channels", option=("groups",))
        return x

    reach = everything

    def weights(self, x: Shape) -> Weights:
        return self.learned(self.scale, self.center, self.known_sizes(self.axis, x))

    def work(self, x: Shape, output: Shape) -> Work | None:
        (size,) = self.known_sizes(self.axis, x)
        groups = size if self.groups == -1 else self.groups
        count = volume(x)
        of_group = None if count is None else count // groups
        return self.spread((groups, of_group), (1,))


@register_layer
class RMSNormalization(NormalizationLayer):
    """Brings the values of each sample to a root mean square of 1 along an axis (Zhang and Sennrich, 2019)."""

    whole_numbers = WholeNumbers.kept
    example = Example((128, 512), epsilon=1e-5)

    axis: Axes = -1
    epsilon: Epsilon = 1e-6

    def infer(self, x: Shape) -> Shape:
        axis_indices(self.type_name, self.axis, x)
        positions = self.positions(self.axis, x)
        if positions != tuple(range(len(x) - len(positions), len(x))):
            raise Mistake(
                "E302",
                f"{self.type_name}: Keras can normalize only along the last axes of {show(x)} together",
                help="leave axis out, or put permute before it; count all axes from the same end",
                option=("axis",),
            )
        return x

    def weights(self, x: Shape) -> Weights:
        return (Weight("scale", self.known_sizes(self.axis, x)),)

    def work(self, x: Shape, output: Shape) -> Work | None:
        # x * rsqrt(mean(x * x) + epsilon) * scale
        return per_row(Work(4, keeps_input=True), Work(1, 1, kept=1), x, self.positions(self.axis, x))

    def formula(self) -> Formula:
        return Formula(1)


@register_layer
class UnitNormalization(NormalizationLayer):
    """Brings the vectors along an axis to length 1."""

    example = Example((64,))

    axis: Axes = -1

    def infer(self, x: Shape) -> Shape:
        axis_indices(self.type_name, self.axis, x)
        return x

    def work(self, x: Shape, output: Shape) -> Work | None:
        return unit_length(x, self.positions(self.axis, x))
