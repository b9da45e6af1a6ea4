"""Residual blocks, as in He et al. (2015), Deep Residual Learning for Image Recognition.

https://arxiv.org/abs/1512.03385
"""

from __future__ import annotations

from typing import Annotated

from netspec.errors import Mistake
from netspec.layer import Example
from netspec.options import Doc, Keywords
from netspec.tensors import Tensor, apply, register_block

PositiveInt = Annotated[int, Keywords(minimum=1)]
Bottleneck = Annotated[
    tuple[PositiveInt, PositiveInt, PositiveInt],
    Doc("channels of the 1×1, the f×f and the last 1×1 convolution: [F1, F2, F3]"),
]
Filters = Annotated[PositiveInt, Doc("channels of both convolutions")]
KernelSize = Annotated[PositiveInt, Doc("size of the middle convolution's window")]
Stride = Annotated[PositiveInt, Doc("stride of the block; above 1 it divides height and width")]


@register_block(example=Example((15, 15, 256), filters=(64, 64, 256), f=3))
def identity(x: Tensor, *, filters: Bottleneck, f: KernelSize) -> Tensor:
    """Bottleneck residual block whose shortcut is the input itself.

    1×1, f×f and 1×1 convolutions, each with batch normalization, then the input is added; ReLU after each but the
    last, and after the sum. The input must have F3 channels already.
    """
    y = _bottleneck(x, filters, f, strides=1)
    if x.shape[-1] != filters[2]:
        raise Mistake(
            "E301",
            f"the shortcut of an identity block carries {x.shape[-1]} channels, but its main path ends in {filters[2]}",
            help=f"use filters: [{filters[0]}, {filters[1]}, {x.shape[-1]}], "
            "or a convolutional block, whose shortcut is projected",
            option=("filters", 2),
            label=f"the main path ends in {filters[2]} channels",
            notes={0: f"the shortcut carries {x.shape[-1]}"},
        )
    return apply("relu", apply("add", [y, x]))


@register_block(example=Example((15, 15, 256), filters=(128, 128, 512), f=3, s=2))
def convolutional(x: Tensor, *, filters: Bottleneck, f: KernelSize, s: Stride = 2) -> Tensor:
    """Bottleneck residual block whose shortcut is a linear projection, for where channels or size change.

    The main path is that of `identity`, with stride s on its first 1×1 convolution; the shortcut is a 1×1 convolution
    with stride s and batch normalization, without activation.
    """
    y = _bottleneck(x, filters, f, strides=s)
    shortcut = apply("conv2d", x, filters=filters[2], kernel_size=1, strides=s)
    shortcut = apply("batch_normalization", shortcut)
    return apply("relu", apply("add", [y, shortcut]))


def _bottleneck(x: Tensor, filters: tuple[int, int, int], f: int, *, strides: int) -> Tensor:
    """The main path, up to its last batch normalization."""
    y = apply("conv2d", x, filters=filters[0], kernel_size=1, strides=strides)
    y = apply("relu", apply("batch_normalization", y))
    y = apply("conv2d", y, filters=filters[1], kernel_size=f, padding="same")
    y = apply("relu", apply("batch_normalization", y))
    y = apply("conv2d", y, filters=filters[2], kernel_size=1)
    return apply("batch_normalization", y)


@register_block(example=Example((15, 15, 64), filters=128, s=2))
def basic(x: Tensor, *, filters: Filters, s: Stride = 1) -> Tensor:
    """Residual block of two 3×3 convolutions, as in ResNet-18 and ResNet-34.

    The shortcut is the input itself; where stride or channels change it is a 1×1 convolution with batch normalization.
    A stride above 1 pads one pixel on every side, as the paper's networks do; Keras's "same" would pad only one side.
    """
    y = x
    if s > 1:
        y = apply("zero_padding2d", y, padding=1)
    y = apply("conv2d", y, filters=filters, kernel_size=3, strides=s, padding="valid" if s > 1 else "same")
    y = apply("relu", apply("batch_normalization", y))
    y = apply("conv2d", y, filters=filters, kernel_size=3, padding="same")
    y = apply("batch_normalization", y)
    shortcut = x
    if s > 1 or x.shape[-1] != filters:
        shortcut = apply("conv2d", x, filters=filters, kernel_size=1, strides=s)
        shortcut = apply("batch_normalization", shortcut)
    return apply("relu", apply("add", [y, shortcut]))
