"""Noise while training, and penalties.

See https://keras.io/api/layers/regularization_layers/.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from netspec.dtypes import WholeNumbers
from netspec.errors import Mistake
from netspec.layer import Example, HandsOn, Layer, Work, register_layer
from netspec.layers.counting import NOTHING, times
from netspec.layers.fields import BelowOne, Fraction, NonNegative, PositiveInt, Rate, Seed
from netspec.options import Doc
from netspec.reaches import each_value
from netspec.shapes import Shape, require_spatial, show, volume

NoiseShape = Annotated[
    tuple[PositiveInt | None, ...] | None,
    Doc("the batch and the sizes of what is drawn: 1 drops along that whole axis, null takes the input's size"),
]
Penalty = Annotated[NonNegative, Doc("factor of the penalty")]


class RegularizationLayer(Layer):
    """What these layers have in common: the shape stays, nothing is learned, and only training changes values."""

    hands_on = HandsOn.in_inference
    whole_numbers = WholeNumbers.kept
    example = Example((128,), rate=0.5)

    def infer(self, x: Shape) -> Shape:
        return x

    reach = each_value

    def work(self, x: Shape, output: Shape) -> Work | None:
        return NOTHING


class Drop(RegularizationLayer):
    """What these layers have in common that multiply by random numbers while training, which are kept."""

    rate: Rate

    def work(self, x: Shape, output: Shape) -> Work | None:
        return times(Work(kept=1), volume(self.drawn(x))) if 0 < self.rate < 1 else NOTHING

    def drawn(self, x: Shape) -> Shape:
        """The shape of the random numbers for one sample."""
        return x


class ShapedDropout(Drop):
    """What dropouts have in common whose random numbers can be shared along an axis."""

    noise_shape: NoiseShape = None
    seed: Seed = None

    def infer(self, x: Shape) -> Shape:
        if self.noise_shape is None or self._can_be_spread(self.noise_shape, x):
            return x
        raise Mistake(
            "E305",
            f"{self.type_name}: noise_shape {show(self.noise_shape)} can't be spread over a batch of {show(x)}",
            help=f"write {len(x) + 1} sizes, first the batch's: null, then 1 or null for each axis of the input",
            option=("noise_shape",),
        )

    def drawn(self, x: Shape) -> Shape:
        if self.noise_shape is None:
            return x
        from_the_end = zip(reversed(self.noise_shape), reversed(x), strict=False)  # the batch is left out
        return tuple(size if wanted is None else wanted for wanted, size in from_the_end)

    @staticmethod
    def _can_be_spread(noise_shape: Shape, x: Shape) -> bool:
        full = (1, *x)  # the batch has any size: its noise is the same for all, or with null each has its own
        if len(noise_shape) > len(full):
            return False
        if len(noise_shape) < len(full) and None in noise_shape:
            return False  # Keras would take the size of that place counted from the front, and lay it at the back
        pairs = zip(reversed(noise_shape), reversed(full), strict=False)
        return all(noise in (None, 1, size) or size is None for noise, size in pairs)


@register_layer
class Dropout(ShapedDropout):
    """Sets some values to 0 while training, others each time (Srivastava et al., 2014)."""


@register_layer
class StochasticDepth(Drop):
    """Sets whole samples to 0 while training, so that only the shortcut is left of them (Huang et al., 2016).

    Put it at the end of a residual branch. It is built as Keras's `Dropout` with one random number a sample.
    """

    keras_name = "Dropout"
    example = Example((14, 14, 384), rate=0.1)

    seed: Seed = None

    def drawn(self, x: Shape) -> Shape:
        return ()

    def lower(self, keras: Any, name: str, inputs: tuple[Shape, ...]) -> Any:
        noise_shape = (None, *(1 for _ in inputs[0]))
        return keras.layers.Dropout(**self.keras_options(keras), noise_shape=noise_shape, name=name)


@register_layer
class AlphaDropout(ShapedDropout):
    """Dropout that keeps mean and variance, for networks of `selu` (Klambauer et al., 2017)."""

    rate: Annotated[BelowOne, Doc("fraction of the values that is dropped while training")]


@register_layer
class GaussianDropout(Drop):
    """Multiplies by noise around 1 while training (Srivastava et al., 2014)."""

    rate: Annotated[BelowOne, Doc("as that of dropout: the noise has the variance rate / (1 - rate)")]
    seed: Seed = None


@register_layer
class GaussianNoise(RegularizationLayer):
    """Adds noise around 0 while training."""

    example = Example((32, 32, 3), stddev=0.1)

    stddev: Annotated[Fraction, Doc("standard deviation of the noise")]
    seed: Seed = None


class SpatialDropout(Drop):
    """What dropouts of whole channels have in common (Tompson et al., 2014)."""

    rank: ClassVar[int]

    seed: Seed = None

    def infer(self, x: Shape) -> Shape:
        require_spatial(self.type_name, x, self.rank, of_vector="use dropout, which drops single values")
        return x

    def drawn(self, x: Shape) -> Shape:
        return x[-1:]

    def keras_options(self, keras: Any) -> dict[str, Any]:
        options = super().keras_options(keras)
        del options["trainable"]  # the only layers of Keras that don't take it; they have no weights
        return options


@register_layer
class SpatialDropout1D(SpatialDropout):
    """Sets whole channels to 0 over all steps while training (Tompson et al., 2014)."""

    rank = 1
    example = Example((100, 16), rate=0.2)


@register_layer
class SpatialDropout2D(SpatialDropout):
    """Sets whole channels to 0 over height and width while training (Tompson et al., 2014)."""

    rank = 2
    example = Example((32, 32, 16), rate=0.2)


@register_layer
class SpatialDropout3D(SpatialDropout):
    """Sets whole channels to 0 over depth, height and width while training."""

    rank = 3
    example = Example((8, 16, 16, 4), rate=0.2)


@register_layer
class ActivityRegularization(RegularizationLayer):
    """Adds a penalty on the size of its input to the loss."""

    hands_on = HandsOn.always
    example = Example((128,), l1=0.01)

    l1: Penalty = 0.0
    l2: Penalty = 0.0

    def work(self, x: Shape, output: Shape) -> Work | None:
        return Work(keeps_input=bool(self.l1 or self.l2))
