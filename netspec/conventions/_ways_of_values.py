"""How normalization, pooling, activations and what costs nothing are written in PyTorch."""

from __future__ import annotations

from netspec.conventions._rules import known, values
from netspec.conventions._torch import (
    AdaptiveAvgPool,
    AvgPool,
    BatchNorm,
    GroupNorm,
    Interpolate,
    LayerNorm,
    PReLU,
    RMSNorm,
    Softmax,
    Upsample,
)
from netspec.conventions._ways import NOTHING, WAYS, Calls
from netspec.layer import Layer
from netspec.layers import (
    activations,
    adaptive_pooling,
    augmentation,
    core,
    images,
    merging,
    normalization,
    operations,
    pooling,
    preprocessing,
    regularization,
    resampling,
    transformer,
)
from netspec.shapes import Shape, axis_index


@WAYS.of(
    activations.ActivationLayer,
    activations.Glu,
    activations.Threshold,
    augmentation.RandomAugmentation,
    core.Flatten,
    core.Linear,
    core.Masking,
    core.Permute,
    core.RepeatVector,
    core.Reshape,
    images.CenterCrop,
    merging.Concatenate,
    merging.ElementwiseMerge,
    normalization.UnitNormalization,
    operations.Absolute,
    operations.Slice,
    operations.Take,
    pooling.GlobalPooling,
    pooling.Pooling,
    adaptive_pooling.AdaptivePooling,
    preprocessing.Normalization,
    preprocessing.Rescaling,
    regularization.RegularizationLayer,
    resampling.Cropping,
    resampling.ZeroPadding,
    transformer.Positions,
    transformer.RotaryEmbedding,
    transformer.SinusoidalPositionEmbedding,
)
def nothing(layer: Layer, *shapes: Shape) -> Calls:
    return NOTHING


@WAYS.of(normalization.BatchNormalization)
def normalize_batch(layer: normalization.BatchNormalization, x: Shape, output: Shape) -> Calls:
    channels = known(x)[axis_index(layer.type_name, layer.axis, x)]
    learned = channels if layer.scale or layer.center else 0  # PyTorch has both of them or none
    others = list(known(x))
    others.remove(channels)
    return (BatchNorm(shape=(*others, channels), weight=learned, biases=learned),)


@WAYS.of(normalization.LayerNormalization)
def normalize_layer(layer: normalization.LayerNormalization, x: Shape, output: Shape) -> Calls:
    learned = values(layer.known_sizes(layer.axis, x)) if layer.scale or layer.center else 0
    axes = 1 if isinstance(layer.axis, int) else len(layer.axis)
    return (LayerNorm(shape=known(x), axes=axes, weight=learned, biases=learned if layer.center else 0),)


@WAYS.of(normalization.GroupNormalization)
def normalize_groups(layer: normalization.GroupNormalization, x: Shape, output: Shape) -> Calls:
    (channels,) = layer.known_sizes(layer.axis, x)
    learned = channels if layer.scale or layer.center else 0
    groups = channels if layer.groups == -1 else layer.groups
    return (GroupNorm(shape=known(x), groups=groups, weight=learned, biases=learned),)


@WAYS.of(normalization.RMSNormalization)
def normalize_root(layer: normalization.RMSNormalization, x: Shape, output: Shape) -> Calls:
    (scale,) = layer.weights(x)
    return (RMSNorm(shape=known(x), axes=len(scale.shape), weight=values(scale.shape), biases=0),)


@WAYS.of(pooling.AveragePooling1D, pooling.AveragePooling2D, pooling.AveragePooling3D)
def pool(layer: pooling.Pooling, x: Shape, output: Shape) -> Calls:
    (*read, channels), (*made, _) = known(x), known(output)
    return (AvgPool(channels=channels, read=tuple(read), made=tuple(made)),)


@WAYS.of(
    adaptive_pooling.AdaptiveAveragePooling1D,
    adaptive_pooling.AdaptiveAveragePooling2D,
    adaptive_pooling.AdaptiveAveragePooling3D,
)
def pool_adaptively(layer: adaptive_pooling.AdaptivePooling, x: Shape, output: Shape) -> Calls:
    (*read, channels), (*made, _) = known(x), known(output)
    return (AdaptiveAvgPool(channels=channels, read=tuple(read), made=tuple(made)),)


@WAYS.of(pooling.GlobalAveragePooling1D, pooling.GlobalAveragePooling2D, pooling.GlobalAveragePooling3D)
def pool_globally(layer: pooling.GlobalPooling, x: Shape, output: Shape) -> Calls:
    *read, channels = known(x)
    return (AdaptiveAvgPool(channels=channels, read=tuple(read), made=(1,) * len(read)),)


@WAYS.of(resampling.UpSampling)
def enlarge(layer: resampling.UpSampling, x: Shape, output: Shape) -> Calls:
    (*read, channels), (*made, _) = known(x), known(output)
    mode = getattr(layer, "interpolation", "nearest")
    return (Upsample(mode=mode, channels=channels, read=tuple(read), made=tuple(made)),)


@WAYS.of(images.Resizing)
def resize(layer: images.Resizing, x: Shape, output: Shape) -> Calls:
    (*read, channels), (*made, _) = known(x), known(output)
    return (Interpolate(mode=layer.interpolation, channels=channels, read=tuple(read), made=tuple(made)),)


@WAYS.of(activations.Softmax)
def soften(layer: activations.Softmax, x: Shape, output: Shape) -> Calls:
    if not isinstance(layer.axis, int):
        return NOTHING
    return (Softmax(shape=known(x), axis=axis_index(layer.type_name, layer.axis, x)),)


@WAYS.of(activations.PReLU)
def rectify(layer: activations.PReLU, x: Shape, output: Shape) -> Calls:
    (alpha,) = layer.weights(x)
    return (PReLU(shape=known(x), weight=values(alpha.shape)),)
