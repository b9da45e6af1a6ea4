"""What TensorFlow's profiler counts of normalization, pooling, activations and merges."""

from __future__ import annotations

from math import prod

from netspec.conventions._operations import (
    Operations,
    each,
    joined_sizes,
    total,
)
from netspec.conventions._rules import UnknownSizeError, known, values
from netspec.conventions._tf import of
from netspec.conventions._tf_activations import COSTS, of_activation_layer, softmax
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
)
from netspec.shapes import Shape


@of(
    activations.ActivationLayer,
    augmentation.RandomAugmentation,
    core.Flatten,
    core.Linear,
    core.Permute,
    core.Reshape,
    images.CenterCrop,
    merging.Concatenate,
    operations.Slice,
    operations.Absolute,
    pooling.GlobalPooling,
    regularization.RegularizationLayer,
    resampling.Cropping,
    resampling.ZeroPadding,
    images.Resizing,
)
def nothing(layer: Layer, *shapes: Shape) -> Operations:
    return Operations()


of(activations.ActivationLayer, activations.Threshold)(of_activation_layer)


@of(normalization.BatchNormalization)
def normalize_batch(layer: normalization.BatchNormalization, x: Shape, output: Shape) -> Operations:
    (channels,) = layer.known_sizes(layer.axis, x)
    offset = "Sub" if layer.center else "Neg"
    names = f"AddV2 Rsqrt {'Mul' if layer.scale else ''} Mul {offset}"
    return total([each(channels, names, COSTS), each(values(x), "Mul AddV2")])


def _standardize(layer: normalization.SampleNormalization, size: int, rows: int, factors: int) -> Operations:
    """Count what normalizes ``rows`` of ``size`` values, with ``factors`` values where the learned ones are spread."""
    spread = factors if layer.scale else rows
    return total(
        [
            each(size, "Mean SquaredDifference Mean", COSTS),
            each(rows, "AddV2 Rsqrt Neg", COSTS),
            each(factors, "Mul") if layer.scale else Operations(),
            each(spread, "Mul"),
            each(factors, "AddV2") if layer.center else Operations(),
            each(size, "Mul AddV2"),
        ]
    )


@of(normalization.LayerNormalization)
def normalize_layer(layer: normalization.LayerNormalization, x: Shape, output: Shape) -> Operations:
    size = values(x)
    return _standardize(layer, size, size // values(layer.known_sizes(layer.axis, x)), size)


@of(normalization.GroupNormalization)
def normalize_groups(layer: normalization.GroupNormalization, x: Shape, output: Shape) -> Operations:
    (channels,) = layer.known_sizes(layer.axis, x)
    return _standardize(layer, values(x), channels if layer.groups == -1 else layer.groups, channels)


@of(normalization.RMSNormalization)
def normalize_root(layer: normalization.RMSNormalization, x: Shape, output: Shape) -> Operations:
    size = values(x)
    rows = size // values(layer.known_sizes(layer.axis, x))
    return total([each(size, "Square Mean Mul Mul"), each(rows, "AddV2 Rsqrt", COSTS)])


@of(normalization.UnitNormalization)
def normalize_length(layer: normalization.UnitNormalization, x: Shape, output: Shape) -> Operations:
    size = values(x)
    rows = size // values(layer.known_sizes(layer.axis, x))
    return total([each(size, "Square Mul"), each(size - rows, "Sum"), each(rows, "Rsqrt Minimum", COSTS)])


@of(pooling.Pooling)
def pool(layer: pooling.Pooling, x: Shape, output: Shape) -> Operations:
    name = "MaxPool" if "max" in layer.type_name else "AvgPool"
    window = prod(layer.along(layer.pool_size))
    return each(window * values(output), name) if layer.rank < 3 else Operations()


@of(pooling.GlobalAveragePooling1D, pooling.GlobalAveragePooling2D, pooling.GlobalAveragePooling3D)
def pool_globally(layer: pooling.GlobalPooling, x: Shape, output: Shape) -> Operations:
    return each(values(x), "Mean")


@of(adaptive_pooling.AdaptivePooling)
def pool_adaptively(layer: adaptive_pooling.AdaptivePooling, x: Shape, output: Shape) -> Operations:
    """Two poolings along each axis, of the widest window and of one more, of which positions are picked."""
    name = "MaxPool" if "max" in layer.type_name else "AvgPool"
    sizes, found = list(known(x)), []
    for axis, wanted in enumerate(layer.along(layer.output_size)):
        found.append(each(wanted, "Mul RealDiv Mul RealDiv Minimum Minimum Sub Equal AddV2"))
        window = -(-sizes[axis] // wanted)
        for width in (window, window + 1):
            places = [*sizes[:axis], sizes[axis] - width + 1, *sizes[axis + 1 :]]
            found.append(each(width * prod(places), name) if layer.rank < 3 else Operations())
        sizes[axis] = wanted
    return total(found)


@of(resampling.UpSampling1D, resampling.UpSampling3D)
def repeat(layer: resampling.UpSampling, x: Shape, output: Shape) -> Operations:
    return each(layer.rank, "Mul")


@of(resampling.UpSampling2D)
def enlarge(layer: resampling.UpSampling2D, x: Shape, output: Shape) -> Operations:
    return each(layer.rank, "Mul") if layer.interpolation == "nearest" else Operations()


@of(core.RepeatVector)
def repeat_vector(layer: core.RepeatVector, x: Shape, output: Shape) -> Operations:
    return each(1, "Mul")


@of(core.Masking)
def mask(layer: core.Masking, x: Shape, output: Shape) -> Operations:
    return each(values(x), "NotEqual")


@of(preprocessing.Rescaling)
def rescale(layer: preprocessing.Rescaling, x: Shape, output: Shape) -> Operations:
    return each(values(x), "Mul AddV2")


@of(preprocessing.Normalization)
def normalize_inputs(layer: preprocessing.Normalization, x: Shape, output: Shape) -> Operations:
    return total([each(values(x), "Sub RealDiv"), each(known(x)[-1] if x else 1, "Maximum")])


@of(regularization.ActivityRegularization)
def penalize(layer: regularization.ActivityRegularization, x: Shape, output: Shape) -> Operations:
    one = total([each(values(x) - 1, "Sum"), each(1, "Mul AddV2")])
    square = total([each(values(x), "Square"), one])
    return total([one if layer.l1 else Operations(), square if layer.l2 else Operations()])


@of(activations.Softmax)
def soften(layer: activations.Softmax, x: Shape, output: Shape) -> Operations:
    return softmax(layer.axis, x)


@of(activations.Glu)
def gate(layer: activations.Glu, x: Shape, output: Shape) -> Operations:
    return each(values(output), "Mul")


@of(activations.PReLU)
def rectify(layer: activations.PReLU, x: Shape, output: Shape) -> Operations:
    (alpha,) = layer.weights(x)
    return total([each(values(alpha.shape), "Neg"), each(values(x), "Neg Mul AddV2")])


MERGES = {merging.Subtract: "Sub", merging.Multiply: "Mul", merging.Maximum: "Maximum", merging.Minimum: "Minimum"}


@of(merging.ElementwiseMerge)
def merge(layer: merging.ElementwiseMerge, *shapes: Shape) -> Operations:
    *inputs, output = shapes
    name = MERGES.get(type(layer), "AddV2")
    sums = [each(values(shape), name) for shape in joined_sizes(layer.type_name, tuple(inputs))]
    return total([*sums, each(values(output), "RealDiv") if isinstance(layer, merging.Average) else Operations()])


@of(merging.Dot)
def multiply(layer: merging.Dot, left: Shape, right: Shape, output: Shape) -> Operations:
    macs = layer.macs(left, right, output)
    if macs is None:
        raise UnknownSizeError
    found = [Operations({"BatchMatMulV2": 2 * macs})]
    if layer.normalize:
        axes = (layer.axes, layer.axes) if isinstance(layer.axes, int) else layer.axes
        for shape, axis in zip((left, right), axes, strict=True):
            found.append(normalize_length(normalization.UnitNormalization(axis=axis), shape, shape))
    return total(found)
