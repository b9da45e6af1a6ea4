"""Learned factors for channels, which Keras has no layer for; built as its `EinsumDense` of one axis.

See https://keras.io/api/layers/core_layers/einsum_dense/.
"""

from __future__ import annotations

from typing import Annotated, Any

from netspec.layer import Example, Layer, Weight, Weights, Work, register_layer
from netspec.layers.counting import per_value
from netspec.layers.fields import Constraint, Initializer, Regularizer
from netspec.layers.kernels import with_bias
from netspec.options import Doc
from netspec.reaches import each_value
from netspec.shapes import Shape, require_axis, require_known

_AXES = "abcdefghijklmnopqrstuvwxyz"


def equation(rank: int) -> str:
    """Multiply the last of so many axes, the batch counted, by a vector: ``abc,c->abc``."""
    axes = _AXES[:rank]
    return f"{axes},{axes[-1]}->{axes}"


class Scaling(Layer):
    """What these layers have in common: the shape stays, and each value of the last axis has a factor of its own."""

    use_bias = False

    def infer(self, x: Shape) -> Shape:
        require_axis(self.type_name, x)
        require_known(self.type_name, x[-1], "size of the last axis")
        return x

    reach = each_value

    def weights(self, x: Shape) -> Weights:
        size = require_known(self.type_name, x[-1], "size of the last axis")
        return with_bias((Weight("kernel", (size,), initializer="scale_initializer"),), self.use_bias, size)

    def lower(self, keras: Any, name: str, inputs: tuple[Shape, ...]) -> Any:
        (x,) = inputs
        return keras.layers.EinsumDense(
            equation(1 + len(x)),
            x,
            bias_axes=_AXES[len(x)] if self.use_bias else None,
            **self.keras_options(keras),
            name=name,
        )

    def work(self, x: Shape, output: Shape) -> Work | None:
        return per_value(Work(1 + self.use_bias, keeps_input=self.trainable), output)


@register_layer
class ChannelScale(Scaling):
    """Multiplies each channel by a learned factor, and may add a learned offset (Touvron et al., 2021, ResMLP)."""

    example = Example((196, 384), use_bias=True)

    use_bias: Annotated[bool, Doc("whether a learned offset is added")] = False
    scale_initializer: Initializer = "ones"
    bias_initializer: Initializer = "zeros"
    scale_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    scale_constraint: Constraint = None
    bias_constraint: Constraint = None

    def keras_options(self, keras: Any) -> dict[str, Any]:
        options = super().keras_options(keras)
        del options["use_bias"]
        return {name.replace("scale_", "kernel_"): value for name, value in options.items()}


@register_layer
class LayerScale(Scaling):
    """Multiplies each channel by a learned factor that begins small (Touvron et al., 2021, CaiT)."""

    example = Example((14, 14, 384), initial_value=1e-6)

    initial_value: Annotated[float, Doc("what every factor is at first")] = 1e-5

    def keras_options(self, keras: Any) -> dict[str, Any]:
        options = super().keras_options(keras)
        return {"kernel_initializer": keras.initializers.Constant(options.pop("initial_value")), **options}
