"""The kinds of option that layers share, each described once."""

from __future__ import annotations

from typing import Annotated, Literal

from netspec.options import Doc, Keywords, Registered

PositiveInt = Annotated[int, Keywords(minimum=1)]
NonNegativeInt = Annotated[int, Keywords(minimum=0)]
NonNegative = Annotated[float, Keywords(minimum=0)]
Fraction = Annotated[float, Keywords(minimum=0, maximum=1)]
BelowOne = Annotated[float, Keywords(minimum=0, exclusiveMaximum=1)]

# One number stands for the same number along each axis. The unnumbered kind is for what one, two and three axes share.
Sizes = int | tuple[int, ...]
Size1 = PositiveInt | tuple[PositiveInt]
Size2 = PositiveInt | tuple[PositiveInt, PositiveInt]
Size3 = PositiveInt | tuple[PositiveInt, PositiveInt, PositiveInt]

Filters = Annotated[PositiveInt, Doc("number of output channels")]
Units = Annotated[PositiveInt, Doc("number of outputs")]
Groups = Annotated[PositiveInt, Doc("number of groups the channels are split into; each has its own filters")]
DepthMultiplier = Annotated[PositiveInt, Doc("number of outputs that each input channel gets on its own")]
UseBias = Annotated[bool, Doc("whether a learned bias is added")]

_padding = Doc("valid: only whole windows; same: padded, so that only strides divide")
Padding = Annotated[Literal["valid", "same"], _padding]
CausalPadding = Annotated[
    Literal["valid", "same", "causal"],
    Doc("valid: only whole windows; same: padded, so that only strides divide; causal: padded before the first step"),
]

_kernel = Doc("size of the window")
Kernel = Annotated[Sizes, _kernel]
Kernel1 = Annotated[Size1, _kernel]
Kernel2 = Annotated[Size2, _kernel]
Kernel3 = Annotated[Size3, _kernel]

_strides = Doc("step of the window; above 1 it divides the size")
Strides = Annotated[Sizes, _strides]
Strides1 = Annotated[Size1, _strides]
Strides2 = Annotated[Size2, _strides]
Strides3 = Annotated[Size3, _strides]

_dilation = Doc("distance between the taps of the window")
Dilation = Annotated[Sizes, _dilation]
Dilation1 = Annotated[Size1, _dilation]
Dilation2 = Annotated[Size2, _dilation]
Dilation3 = Annotated[Size3, _dilation]

_pool_strides = Doc("step of the window; null takes the size of the window")
PoolStrides = Annotated[Sizes | None, _pool_strides]
PoolStrides1 = Annotated[Size1 | None, _pool_strides]
PoolStrides2 = Annotated[Size2 | None, _pool_strides]
PoolStrides3 = Annotated[Size3 | None, _pool_strides]

Axis = Annotated[int, Doc("axis it works along; 1 is the first after the batch, -1 the last")]
Axes = Annotated[
    int | Annotated[tuple[int, ...], Keywords(minItems=1)],
    Doc("axis or axes it works along; 1 is the first after the batch, -1 the last"),
]
Epsilon = Annotated[NonNegative, Doc("small number that keeps a division from being one by zero")]
Rate = Annotated[Fraction, Doc("fraction of the values that is dropped while training")]
Seed = Annotated[NonNegativeInt | None, Doc("makes the random numbers repeatable")]
CausalMask = Annotated[bool, Doc("whether a step sees only itself and the steps before it")]

Activation = Annotated[
    Literal[
        "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu",
        "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink",
        "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "tanh",
        "tanh_shrink",
    ]
    | None,
    Doc("Keras activation applied to the result; null leaves it as it is"),
]  # fmt: skip

# What the next three hold after binding is an object made by netspec.layers.objects; the type is that of the default.
Initializer = Annotated[str | None, Registered("initializer"), Doc("how the weight starts")]
Regularizer = Annotated[
    str | None, Registered("regularizer"), Doc("penalty on the weight or output, added to the loss")
]
Constraint = Annotated[str | None, Registered("constraint"), Doc("what the weight is forced to after each step")]
WrappedLayer = Annotated[str, Registered("layer"), Doc("the layer that is wrapped")]

LoraRank = Annotated[
    PositiveInt | None, Doc("rank of a low-rank addition that is trained instead of the frozen kernel; null for none")
]
LoraAlpha = Annotated[float | None, Doc("factor of the low-rank addition, divided by its rank; null takes the rank")]
