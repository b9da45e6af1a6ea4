"""The networks of the zoo that Keras does not ship, written by hand in plain Keras, each in another way than its spec.

Sizes are the published ones; images may be smaller. Padding, pooling, gates and enlarging are spelled with `keras.ops`
or with other layers than the specs take, so that a mistake about one is not made twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import keras
from keras import layers, ops

Tensor = Any
Block = Callable[[Tensor, int, int], Tensor]
"""Makes a tensor of so many channels of another one; its stride divides height and width."""

THIN = (64, 128, 256, 512)
WIDE = (256, 512, 1024, 2048)


def normalized(x: Tensor, filters: int, window: int = 1, stride: int = 1, groups: int = 1) -> Tensor:
    """A convolution as PyTorch pads it, the same on every side, and batch normalization."""
    around = window // 2
    x = ops.pad(x, [(0, 0), (around, around), (around, around), (0, 0)])
    x = layers.Conv2D(filters, window, stride, groups=groups, use_bias=False)(x)
    return layers.BatchNormalization(epsilon=1e-5)(x)


def excited(x: Tensor, squeezed: int) -> Tensor:
    """Squeeze-and-excitation of dense layers."""
    channels = x.shape[-1]
    gate = ops.mean(x, axis=(1, 2))
    for units, activation in ((squeezed, "relu"), (channels, "sigmoid")):
        gate = layers.Activation(activation)(layers.Dense(units)(gate))
    return x * ops.reshape(gate, (-1, 1, 1, channels))


def with_shortcut(entered: Tensor, path: Tensor, stride: int) -> Tensor:
    """The sum of a path and of what entered it, projected where that has another shape."""
    if entered.shape != path.shape:
        entered = normalized(entered, path.shape[-1], stride=stride)
    return ops.relu(path + entered)


def basic(x: Tensor, filters: int, stride: int) -> Tensor:
    path = ops.relu(normalized(x, filters, 3, stride))
    return with_shortcut(x, normalized(path, filters, 3), stride)


def bottleneck(
    x: Tensor, filters: int, stride: int, *, inner: float = 1 / 4, groups: int = 1, first: bool = False, reduce: int = 0
) -> Tensor:
    """``inner`` is the part of the filters that the 3×3 convolution has, ``first`` puts the stride before it."""
    width = int(filters * inner)
    path = ops.relu(normalized(x, width, stride=stride if first else 1))
    path = ops.relu(normalized(path, width, 3, 1 if first else stride, groups))
    path = normalized(path, filters)
    return with_shortcut(x, excited(path, filters // reduce) if reduce else path, stride)


def regnet_block(x: Tensor, filters: int, stride: int, *, group: int) -> Tensor:
    path = ops.relu(normalized(x, filters))
    path = ops.relu(normalized(path, filters, 3, stride, filters // group))
    path = excited(path, round(x.shape[-1] * 0.25))
    return with_shortcut(x, normalized(path, filters), stride)


def stages(
    x: Tensor, block: Block, widths: Sequence[int], depths: Sequence[int], strides: Sequence[int]
) -> Iterator[Tensor]:
    """The end of every stage; the stride of a stage is that of its first block."""
    for width, depth, stride in zip(widths, depths, strides, strict=True):
        for step in (stride, *[1] * (depth - 1)):
            x = block(x, width, step)
        yield x


def residual_stages(image: Tensor, block: Block, widths: Sequence[int], depths: Sequence[int]) -> list[Tensor]:
    """The ends of the four stages of a residual network for ImageNet."""
    x = ops.relu(normalized(image, 64, 7, 2))
    x = ops.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], constant_values=float("-inf"))
    return list(stages(layers.MaxPooling2D(3, 2)(x), block, widths, depths, (1, 2, 2, 2)))


def classifier(image: Tensor, features: Tensor, classes: int = 1000) -> keras.Model:
    return keras.Model(image, layers.Dense(classes)(ops.mean(features, axis=(1, 2))))


def residual_network(size: int, block: Block, widths: Sequence[int], depths: Sequence[int]) -> keras.Model:
    image = keras.Input((size, size, 3))
    return classifier(image, residual_stages(image, block, widths, depths)[-1])


def resnet18(size: int) -> keras.Model:
    return residual_network(size, basic, THIN, (2, 2, 2, 2))


def resnet34(size: int) -> keras.Model:
    return residual_network(size, basic, THIN, (3, 4, 6, 3))


def resnet50v1_5(size: int) -> keras.Model:
    return residual_network(size, bottleneck, WIDE, (3, 4, 6, 3))


def resnext50_32x4d(size: int) -> keras.Model:
    return residual_network(size, partial(bottleneck, inner=1 / 2, groups=32), WIDE, (3, 4, 6, 3))


def wide_resnet50_2(size: int) -> keras.Model:
    return residual_network(size, partial(bottleneck, inner=1 / 2), WIDE, (3, 4, 6, 3))


def se_resnet50(size: int) -> keras.Model:
    return residual_network(size, partial(bottleneck, first=True, reduce=16), WIDE, (3, 4, 6, 3))


def regnet_y(size: int, widths: Sequence[int], depths: Sequence[int], group: int) -> keras.Model:
    image = keras.Input((size, size, 3))
    x = ops.relu(normalized(image, 32, 3, 2))
    *_, last = stages(x, partial(regnet_block, group=group), widths, depths, (2, 2, 2, 2))
    return classifier(image, last)


def regnet_y_400mf(size: int) -> keras.Model:
    return regnet_y(size, (48, 104, 208, 440), (1, 3, 6, 6), 8)


def regnet_y_8gf(size: int) -> keras.Model:
    return regnet_y(size, (224, 448, 896, 2016), (2, 4, 10, 1), 56)


def fpn(size: int) -> keras.Model:
    image = keras.Input((size, size, 3))
    maps: list[Tensor] = []
    for features in reversed(residual_stages(image, bottleneck, WIDE, (3, 4, 6, 3))):
        lateral = layers.Conv2D(256, 1)(features)
        if maps:
            lateral = lateral + ops.repeat(ops.repeat(maps[-1], 2, axis=1), 2, axis=2)
        maps.append(lateral)
    return keras.Model(image, [layers.Conv2D(256, 3, padding="same")(one) for one in reversed(maps)])


def unet(size: int) -> keras.Model:
    image = x = keras.Input((size, size, 1))
    widths = [64 * 2**level for level in range(5)]
    seen: list[Tensor] = []
    for level, width in enumerate(widths):
        for _ in range(2):
            x = ops.relu(layers.Conv2D(width, 3, padding="same")(x))
        if level < 4:
            seen.append(x)
            x = ops.max_pool(x, 2, 2)
    x = layers.Dropout(0.5)(x)
    for _, width in pairwise(reversed(widths)):
        x = ops.concatenate([seen.pop(), layers.Conv2DTranspose(width, 2, 2)(x)], axis=-1)
        for _ in range(2):
            x = ops.relu(layers.Conv2D(width, 3, padding="same")(x))
    return keras.Model(image, layers.Dense(2)(x))


def siamese(size: int) -> keras.Model:
    """One model that is called on both drawings."""
    twin = keras.Sequential([keras.Input((size, size, 1))])
    for filters, window in ((64, 10), (128, 7), (128, 4)):
        twin.add(layers.Conv2D(filters, window))
        twin.add(layers.ReLU())
        twin.add(layers.MaxPooling2D(2))
    twin.add(layers.Conv2D(256, 4, activation="relu"))
    twin.add(layers.Flatten())
    twin.add(layers.Dense(4096, activation="sigmoid"))
    drawings = [keras.Input((size, size, 1)) for _ in range(2)]
    left, right = map(twin, drawings)
    return keras.Model(drawings, layers.Dense(1)(ops.abs(left - right)))


def two_input(size: int) -> keras.Model:
    """``size`` is the number of words."""
    photo, words = keras.Input((4096,)), keras.Input((size,), dtype="int32")
    seen = layers.Dense(256, activation="relu")(layers.Dropout(0.5)(photo))
    codes = layers.Dropout(0.5)(layers.Embedding(7579, 256)(words))
    read = layers.LSTM(256)(codes, mask=ops.not_equal(words, 0))
    return keras.Model([photo, words], layers.Dense(7579)(layers.Dense(256, activation="relu")(seen + read)))


def text_lstm(size: int) -> keras.Model:
    """``size`` is the number of words."""
    words = keras.Input((size,), dtype="int32")
    x = layers.Embedding(20000, 128)(words)
    for every_step in (True, False):
        x = layers.Bidirectional(layers.LSTM(64, return_sequences=every_step))(x)
    return keras.Model(words, layers.Dense(1)(x))


def wavenet(size: int) -> keras.Model:
    """``size`` is the number of samples."""
    sound = keras.Input((size, 256))
    x, told = causal(sound, 32, 1), []
    steps = [2**power for _ in range(3) for power in range(10)]
    for number, step in enumerate(steps):
        gated = ops.tanh(causal(x, 32, step)) * ops.sigmoid(causal(x, 32, step))
        told.append(layers.Dense(512)(gated))
        if number + 1 < len(steps):
            x = x + layers.Dense(32)(gated)
    x = ops.relu(sum(told[1:], told[0]))
    return keras.Model(sound, layers.Dense(256)(ops.relu(layers.Dense(512)(x))))


def causal(x: Tensor, filters: int, step: int) -> Tensor:
    """A convolution of each sample and of that some steps before, zeros before the first."""
    return layers.Conv1D(filters, 2, dilation_rate=step)(ops.pad(x, [(0, 0), (step, 0), (0, 0)]))
