"""The most common layers, and those that change only the arrangement.

See https://keras.io/api/layers/core_layers/.
"""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, Literal

from netspec.dtypes import WholeNumbers
from netspec.errors import Mistake
from netspec.layer import Example, HandsOn, Layer, Weight, Weights, Work, register_layer
from netspec.layers.counting import NOTHING, per_row
from netspec.layers.fields import (
    Constraint,
    Initializer,
    LoraAlpha,
    LoraRank,
    PositiveInt,
    Regularizer,
    Units,
)
from netspec.layers.kernels import KernelLayer, with_bias
from netspec.options import Doc
from netspec.reaches import Sight, each_position, each_value, in_other_shape, in_place, same
from netspec.shapes import Shape, require_axis, require_known, require_rank, show, volume


def with_lora(weights: Weights, rank: int | None) -> Weights:
    """Freeze the first weight, a matrix, and add the two narrow ones that are trained in its stead."""
    if rank is None:
        return weights
    matrix, *others = weights
    rows, columns = matrix.shape
    return (
        matrix._replace(trainable=False),
        *others,
        Weight(f"lora_{matrix.name}_a", (rows, rank)),
        Weight(f"lora_{matrix.name}_b", (rank, columns)),
    )


def refuse_constrained_lora(type_name: str, rank: int | None, constraint: Any, option: str) -> None:
    """Refuse a constraint on a weight that is a sum of a frozen and a trained part, which Keras does."""
    if rank is not None and constraint is not None:
        raise Mistake(
            "E105",
            f"{type_name}: lora_rank and {option} don't go together",
            help="leave one of them out",
            option=("lora_rank",),
        )


@register_layer
class Dense(KernelLayer):
    """Fully connected layer: every output is a weighted sum of all values of the last axis."""

    example = Example((256,), units=10, activation="softmax")

    units: Units
    lora_rank: LoraRank = None
    lora_alpha: LoraAlpha = None

    def check(self) -> None:
        refuse_constrained_lora(self.type_name, self.lora_rank, self.kernel_constraint, "kernel_constraint")

    def infer(self, x: Shape) -> Shape:
        require_axis(self.type_name, x)
        return (*x[:-1], self.units)

    reach = each_position

    def weights(self, x: Shape) -> Weights:
        size = require_known(self.type_name, x[-1], "size of the last axis")
        weights = with_bias((Weight("kernel", (size, self.units)),), self.use_bias, self.units)
        return with_lora(weights, self.lora_rank)

    def macs(self, x: Shape, output: Shape) -> int | None:
        inputs = volume(x)
        return None if inputs is None else inputs * self.units


@register_layer
class Embedding(Layer):
    """A table of vectors: every whole number becomes the vector of that number."""

    looks_up_rows = True
    example = Example((40,), input_dim=1000, output_dim=64)

    input_dim: Annotated[PositiveInt, Doc("how many numbers there are; the largest is one less")]
    output_dim: Annotated[PositiveInt, Doc("size of the vectors")]
    embeddings_initializer: Initializer = "random_uniform"
    embeddings_regularizer: Regularizer = None
    embeddings_constraint: Constraint = None
    mask_zero: Annotated[bool, Doc("whether 0 means that there is nothing, for the layers after it")] = False
    lora_rank: LoraRank = None
    lora_alpha: LoraAlpha = None

    def check(self) -> None:
        refuse_constrained_lora(self.type_name, self.lora_rank, self.embeddings_constraint, "embeddings_constraint")

    def infer(self, x: Shape) -> Shape:
        return (*x, self.output_dim)

    def reach(self, x: Shape, output: Shape) -> Sight:
        return (in_place(len(x)),)

    def weights(self, x: Shape) -> Weights:
        return with_lora((Weight("embeddings", (self.input_dim, self.output_dim)),), self.lora_rank)

    def work(self, x: Shape, output: Shape) -> Work | None:
        return Work(keeps_input=self.trainable)


class Arrangement(Layer):
    """What layers have in common that compute nothing: values stay as they are, in another place or shape."""

    def work(self, *shapes: Shape) -> Work | None:
        return NOTHING


@register_layer
class Linear(Arrangement):
    """Gives its input on unchanged: Keras's `Identity`, whose name here belongs to the residual block."""

    hands_on = HandsOn.always
    whole_numbers = WholeNumbers.kept
    keras_name = "Identity"
    example = Example((8, 8, 16))

    def infer(self, x: Shape) -> Shape:
        return x

    reach = each_value


@register_layer
class Flatten(Arrangement):
    """Lays all values in one row, as a dense layer after convolutions wants them."""

    hands_on = HandsOn.always
    whole_numbers = WholeNumbers.kept
    example = Example((4, 4, 64))

    def infer(self, x: Shape) -> Shape:
        return (volume(x),)

    reach = in_other_shape


@register_layer
class Reshape(Arrangement):
    """Arranges the same values in another shape."""

    hands_on = HandsOn.always
    whole_numbers = WholeNumbers.kept
    example = Example((64,), target_shape=(4, 4, -1))

    target_shape: Annotated[
        tuple[Literal[-1] | PositiveInt, ...], Doc("the new sizes, without the batch; one may be -1: what remains")
    ]

    def check(self) -> None:
        if self.target_shape.count(-1) > 1:
            raise Mistake(
                "E104",
                f"{self.type_name}: only one size of {list(self.target_shape)} can be -1",
                help="write the other sizes as numbers",
                option=("target_shape",),
            )

    def infer(self, x: Shape) -> Shape:
        wanted = prod(size for size in self.target_shape if size != -1)
        known = prod(size for size in x if size is not None)
        if None in x:  # any whole number of `known` values may come
            fits, remaining = -1 in self.target_shape or wanted % known == 0, None
        else:
            fits, remaining = known % wanted == 0 and (-1 in self.target_shape or known == wanted), known // wanted
        if not fits:
            raise Mistake(
                "E305",
                f"{self.type_name} can't make {self._shown()} of {show(x)}: {wanted} values of {volume(x) or known}",
                help="the sizes must multiply to the same number; -1 stands for what remains",
                option=("target_shape",),
            )
        return tuple(remaining if size == -1 else size for size in self.target_shape)

    reach = in_other_shape

    def _shown(self) -> str:
        return "×".join(map(str, self.target_shape)) or "a single number"


@register_layer
class Permute(Arrangement):
    """Puts the axes in another order."""

    whole_numbers = WholeNumbers.kept
    example = Example((10, 64), dims=(2, 1))

    dims: Annotated[tuple[PositiveInt, ...], Doc("for each new axis the one it was, counted from 1 without the batch")]

    def check(self) -> None:
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise Mistake(
                "E104",
                f"{self.type_name}: dims must hold each number from 1 to {len(self.dims)} once, not {list(self.dims)}",
                help="[2, 1] swaps two axes",
                option=("dims",),
            )

    def infer(self, x: Shape) -> Shape:
        if len(x) != len(self.dims):
            raise Mistake(
                "E302",
                f"{self.type_name}: dims {list(self.dims)} orders {len(self.dims)} axes, but the input is {show(x)}",
                help=f"write an order of the {len(x)} axes of the input, or put reshape before it",
                option=("dims",),
            )
        return tuple(x[dim - 1] for dim in self.dims)

    def reach(self, x: Shape, output: Shape) -> Sight:
        return (tuple(same(self.dims.index(axis + 1)) for axis in range(len(x))),)


@register_layer
class RepeatVector(Arrangement):
    """Gives the same vector for each of so many steps, such as for the decoder of a sequence."""

    whole_numbers = WholeNumbers.kept
    example = Example((64,), n=10)

    n: Annotated[PositiveInt, Doc("number of steps")]

    def infer(self, x: Shape) -> Shape:
        before = "put flatten or a global pooling before it, which leave a vector" if x else ""
        require_rank(self.type_name, x, "features", before)
        return (self.n, *x)

    def reach(self, x: Shape, output: Shape) -> Sight:
        return ((same(1),),)


@register_layer
class Masking(Layer):
    """Makes the layers after it skip the steps whose values are all the same given one."""

    whole_numbers = WholeNumbers.kept
    example = Example((20, 8))

    mask_value: Annotated[float, Doc("the value that means that there is nothing")] = 0.0

    def infer(self, x: Shape) -> Shape:
        require_axis(self.type_name, x)
        return x

    reach = each_position

    def work(self, x: Shape, output: Shape) -> Work | None:
        # Each value is compared and multiplied; for each step it is found out whether any of its values differs.
        return per_row(Work(3), Work(-1, kept=1), x, (len(x) - 1,))
