"""What layers with one kernel and perhaps a bias share: their options, and the bias among their weights."""

from __future__ import annotations

from typing import ClassVar

from netspec.layer import Layer, Weight, Weights, Work
from netspec.layers.counting import after_product
from netspec.layers.fields import Activation, Constraint, Initializer, Regularizer, UseBias
from netspec.shapes import Shape


class KernelLayer(Layer):
    """A layer of one kernel, a bias and an activation."""

    options_come_last: ClassVar[bool] = True

    activation: Activation = None
    use_bias: UseBias = True
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    bias_constraint: Constraint = None

    def work(self, x: Shape, output: Shape) -> Work | None:
        return after_product(output, self.use_bias, self.activation, trainable=self.trainable)


def with_bias(weights: Weights, use_bias: bool, size: int) -> Weights:
    """Add the bias to the weights of a layer that has one."""
    return (*weights, Weight("bias", (size,))) if use_bias else weights
