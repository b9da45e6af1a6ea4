"""Activations, as layers of their own.

`relu`, `leaky_relu`, `prelu`, `elu` and `softmax` are Keras's layers of those names; every other activation of Keras
is a type without options. See https://keras.io/api/layers/activations/.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from netspec.dtypes import WholeNumbers
from netspec.errors import Mistake
from netspec.layer import Example, Formula, Layer, Weight, Weights, Work, register_layer
from netspec.layers.counting import per_row, per_value
from netspec.layers.fields import Axes, Constraint, Initializer, NonNegative, PositiveInt, Regularizer
from netspec.layers.operations import Operation
from netspec.options import Doc
from netspec.reaches import Sight, each_position, each_value, mixed
from netspec.shapes import Shape, axis_indices, require_axis, require_known, show


class ActivationLayer(Layer):
    """What activations have in common: the shape stays, and mostly each value is worked on by itself."""

    example = Example((16, 16, 64))
    each: ClassVar[Work | None] = None
    """What is done for one value, counted in the formula beside it."""

    def infer(self, x: Shape) -> Shape:
        return x

    reach = each_value

    def work(self, x: Shape, output: Shape) -> Work | None:
        return per_value(self.each, output)


@register_layer
class ReLU(ActivationLayer):
    """Sets negative values to 0 (Nair and Hinton, 2010)."""

    whole_numbers = WholeNumbers.kept
    type_name = "relu"

    max_value: Annotated[NonNegative | None, Doc("largest value that is let through; null for no bound")] = None
    negative_slope: Annotated[NonNegative, Doc("factor of the values below the threshold")] = 0.0
    threshold: Annotated[NonNegative, Doc("value from which on the input is let through")] = 0.0

    def work(self, x: Shape, output: Shape) -> Work | None:
        # min(max(x, 0), bound), or with a threshold or a slope: x if x > threshold else slope * (x - threshold)
        plain = not (self.negative_slope or self.threshold)
        below = bool(self.negative_slope) + bool(self.negative_slope and self.threshold)
        count = (1 if plain else 2 + below) + (self.max_value is not None)
        from_output = plain and self.max_value in (None, 6)  # what Keras has operations of its own for
        return per_value(Work(count, keeps_input=not from_output, keeps_output=from_output), output)


@register_layer
class LeakyReLU(ActivationLayer):
    """Makes negative values small instead of 0 (Maas et al., 2013)."""

    whole_numbers = WholeNumbers.widened
    type_name = "leaky_relu"
    example = Example((16, 16, 64), negative_slope=0.1)
    each = Work(3, keeps_input=True)  # x if x > 0 else slope * x

    negative_slope: Annotated[NonNegative, Doc("factor of negative values")] = 0.3


@register_layer
class ELU(ActivationLayer):
    """Lets negative values end smoothly at a lower bound (Clevert et al., 2015)."""

    alpha: Annotated[float, Doc("how far below 0 the bound is")] = 1.0

    def work(self, x: Shape, output: Shape) -> Work | None:
        # x if x > 0 else alpha * (exp(x) - 1)
        return per_value(Work(3 + (self.alpha != 1), 1, keeps_output=True), output)


@register_layer
class PReLU(ActivationLayer):
    """Learns the factor of negative values, one for each position that isn't shared (He et al., 2015)."""

    type_name = "prelu"
    example = Example((16, 16, 64), shared_axes=(1, 2))
    each = Work(3, keeps_input=True)  # x if x > 0 else alpha * x

    alpha_initializer: Initializer = "zeros"
    alpha_regularizer: Regularizer = None
    alpha_constraint: Constraint = None
    shared_axes: Annotated[
        PositiveInt | tuple[PositiveInt, ...] | None,
        Doc("axes along which one factor serves all; [1, 2] leaves one a channel of an image"),
    ] = None

    def infer(self, x: Shape) -> Shape:
        self._shared(x)
        return x

    def weights(self, x: Shape) -> Weights:
        shared = self._shared(x)
        shape = [
            1 if index in shared else require_known(self.type_name, size, f"size of axis {index + 1}")
            for index, size in enumerate(x)
        ]
        return (Weight("alpha", tuple(shape)),)

    def _shared(self, x: Shape) -> tuple[int, ...]:
        return () if self.shared_axes is None else axis_indices(self.type_name, self.shared_axes, x, ("shared_axes",))

    def formula(self) -> Formula:
        return Formula(1)


@register_layer
class Softmax(ActivationLayer):
    """Turns the values along an axis into probabilities, which sum to 1."""

    example = Example((10,))

    axis: Axes = -1

    def infer(self, x: Shape) -> Shape:
        axis_indices(self.type_name, self.axis, x)
        return x

    def reach(self, x: Shape, output: Shape) -> Sight:
        return (mixed(x, axis_indices(self.type_name, self.axis, x)),)

    def work(self, x: Shape, output: Shape) -> Work | None:
        return softmax(output, axis_indices(self.type_name, self.axis, x))


def softmax(shape: Shape, positions: tuple[int, ...]) -> Work | None:
    """Count exp(x - max) / sum along some axes, in which the sum and the largest are found once a row."""
    return per_row(Work(4, 1, keeps_output=True), Work(-2), shape, positions)


class ActivationFunction(ActivationLayer):
    """An activation that Keras has only as a function: its layer is `Activation` with the function's name."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.keras_name = "Activation"

    def keras_options(self, keras: Any) -> dict[str, Any]:
        return {"activation": self.type_name, **super().keras_options(keras)}


class ActivationAlongLastAxis(ActivationFunction):
    """An activation in which the values of the last axis depend on each other."""

    def infer(self, x: Shape) -> Shape:
        require_axis(self.type_name, x)
        return x

    reach = each_position


@register_layer
class Celu(ActivationFunction):
    """Like `elu`, but smooth for every bound (Barron, 2017)."""

    each = Work(3, 1, keeps_input=True)  # x if x > 0 else exp(x) - 1

    def formula(self) -> Formula:
        return Formula(1)


@register_layer
class Exponential(ActivationFunction):
    """The exponential function."""

    whole_numbers = WholeNumbers.widened
    each = Work(0, 1, keeps_output=True)  # exp(x)


@register_layer
class HardShrink(ActivationFunction):
    """Sets values between -0.5 and 0.5 to 0."""

    each = Work(3, keeps_input=True)  # x if abs(x) > 0.5 else 0


@register_layer
class HardSigmoid(ActivationFunction):
    """A sigmoid of three straight lines."""

    each = Work(4, keeps_input=True)  # min(max(x + 3, 0), 6) / 6


@register_layer
class HardSilu(ActivationFunction):
    """The input times its `hard_sigmoid`, also known as hard swish (Howard et al., 2019)."""

    each = Work(5, keeps_input=True)  # x * min(max(x + 3, 0), 6) / 6

    def formula(self) -> Formula:
        return Formula(2)


@register_layer
class HardTanh(ActivationFunction):
    """Cuts values at -1 and 1."""

    each = Work(2, keeps_input=True)  # min(max(x, -1), 1)

    def formula(self) -> Formula:
        return Formula(1)


@register_layer
class LogSigmoid(ActivationFunction):
    """The logarithm of the sigmoid."""

    each = Work(3, 2, keeps_input=True)  # -log(1 + exp(-x))


@register_layer
class LogSoftmax(ActivationAlongLastAxis):
    """The logarithms of the probabilities that `softmax` gives along the last axis."""

    def work(self, x: Shape, output: Shape) -> Work | None:
        # x - max - log(sum(exp(x - max)))
        return per_row(Work(4, 1, keeps_output=True), Work(-2, 1), output, (len(output) - 1,))


@register_layer
class Mish(ActivationFunction):
    """The input times the tanh of its softplus (Misra, 2019)."""

    each = Work(2, 3, keeps_input=True)  # x * tanh(log(1 + exp(x)))

    def formula(self) -> Formula:
        return Formula(1)


@register_layer
class Relu6(ActivationFunction):
    """A `relu` that ends at 6, as in MobileNet."""

    whole_numbers = WholeNumbers.kept
    each = Work(2, keeps_output=True)  # min(max(x, 0), 6)


@register_layer
class Selu(ActivationFunction):
    """An `elu` scaled so that mean and variance keep themselves (Klambauer et al., 2017)."""

    each = Work(5, 1, keeps_output=True)  # scale * (x if x > 0 else alpha * (exp(x) - 1))


@register_layer
class Sigmoid(ActivationFunction):
    """Brings values between 0 and 1."""

    each = Work(3, 1, keeps_output=True)  # 1 / (1 + exp(-x))


@register_layer
class Silu(ActivationFunction):
    """The input times its sigmoid, also known as swish (Ramachandran et al., 2017)."""

    each = Work(4, 1, keeps_input=True)  # x * (1 / (1 + exp(-x)))


@register_layer
class SoftShrink(ActivationFunction):
    """Brings values 0.5 nearer to 0, and those that near to 0."""

    each = Work(6, keeps_input=True)  # x - 0.5 if x > 0.5 else x + 0.5 if x < -0.5 else 0


@register_layer
class Softplus(ActivationFunction):
    """A smooth `relu`: the logarithm of 1 plus the exponential."""

    each = Work(1, 2, keeps_input=True)  # log(1 + exp(x))


@register_layer
class Softsign(ActivationFunction):
    """The input divided by 1 plus its size: between -1 and 1."""

    each = Work(3, keeps_input=True)  # x / (1 + abs(x))


@register_layer
class SparsePlus(ActivationFunction):
    """A smooth `relu` that is exactly 0 below -1 and the input above 1."""

    each = Work(7, keeps_input=True)  # 0 if x <= -1 else (x + 1) * (x + 1) / 4 if x < 1 else x


@register_layer
class SparseSigmoid(ActivationFunction):
    """A sigmoid that is exactly 0 below -1 and 1 above 1, a straight line between."""

    each = Work(4, keeps_input=True)  # min(max((x + 1) / 2, 0), 1)


@register_layer
class Sparsemax(ActivationAlongLastAxis):
    """Like `softmax`, but small probabilities are exactly 0 (Martins and Astudillo, 2016)."""

    example = Example((10,))

    def work(self, x: Shape, output: Shape) -> Work | None:
        # The values of a row are sorted and summed up one by one; what holds of each sum says how many stay above 0.
        if output[-1] is None:
            return None
        comparisons = (output[-1] - 1).bit_length()
        each = Work(10 + comparisons, keeps_input=True, keeps_output=True)
        return per_row(each, Work(-1), output, (len(output) - 1,))


@register_layer
class Squareplus(ActivationFunction):
    """A smooth `relu` without exponentials (Barron, 2021)."""

    each = Work(4, 1, keeps_input=True)  # (x + sqrt(x * x + 4)) / 2

    def formula(self) -> Formula:
        return Formula(1)


@register_layer
class Tanh(ActivationFunction):
    """Brings values between -1 and 1."""

    whole_numbers = WholeNumbers.widened
    each = Work(0, 1, keeps_output=True)  # tanh(x)


@register_layer
class TanhShrink(ActivationFunction):
    """The input minus its tanh."""

    each = Work(1, 1, keeps_input=True)  # x - tanh(x)


@register_layer
class Glu(Operation):
    """Half of the last axis times the sigmoid of the other half, so that half of it is left (Dauphin et al., 2016)."""

    example = Example((16, 16, 64))

    def infer(self, x: Shape) -> Shape:
        require_axis(self.type_name, x)
        if x[-1] is not None and x[-1] % 2:
            raise Mistake(
                "E305",
                f"{self.type_name} halves the last axis, but that of {show(x)} has an odd size",
                help="make the last axis even: twice what shall be left",
            )
        return (*x[:-1], None if x[-1] is None else x[-1] // 2)

    reach = each_position

    def operate(self, ops: Any, x: Any) -> Any:
        return ops.glu(x)

    def work(self, x: Shape, output: Shape) -> Work | None:
        return per_value(Work(4, 1, keeps_input=True), output)  # a / (1 + exp(-b))


@register_layer
class Gelu(ActivationFunction, Operation):
    """The input times the probability that a normally distributed number is smaller (Hendrycks and Gimpel, 2016)."""

    approximate: Annotated[bool, Doc("whether the formula with tanh is used, as GPT-2 does")] = False

    def lower(self, keras: Any, name: str, inputs: tuple[Shape, ...]) -> Any:
        lower = Operation.lower if self.approximate else Layer.lower
        return lower(self, keras, name, inputs)

    def keras_options(self, keras: Any) -> dict[str, Any]:
        options = super().keras_options(keras)
        del options["approximate"]
        return options

    def operate(self, ops: Any, x: Any) -> Any:
        return ops.gelu(x, approximate=True)

    def work(self, x: Shape, output: Shape) -> Work | None:
        # x / 2 * (1 + erf(x / root)), or x / 2 * (1 + tanh(root * (x + c * x * x * x)))
        return per_value(Work(8 if self.approximate else 4, 1, keeps_input=True), output)

    def casts(self) -> bool:
        return not self.approximate or super().casts()

    def formula(self) -> Formula:
        if self.approximate:
            return Formula(3, workspace=1)  # x, tanh(…), 1 + tanh(…), x / 2
        return Formula(2, workspace=1)  # x / 2, 1 + erf(x / root), x / root


@register_layer
class Threshold(Operation):
    """Puts a value of its own in the place of everything that is not above a bound."""

    example = Example((16, 16, 64), threshold=0.1, default_value=0)

    threshold: Annotated[float, Doc("what is above it is let through")]
    default_value: Annotated[float, Doc("what stands in the place of everything else")]

    def infer(self, x: Shape) -> Shape:
        return x

    reach = each_value

    def operate(self, ops: Any, x: Any) -> Any:
        return ops.threshold(x, self.threshold, self.default_value)

    def work(self, x: Shape, output: Shape) -> Work | None:
        return per_value(Work(2, keeps_input=True), output)  # x if x > threshold else value
