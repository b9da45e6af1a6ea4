"""What XLA's cost analysis counts of normalization, pooling, activations and merges."""

from __future__ import annotations

from math import prod

from netspec.conventions._operations import (
    Operations,
    joined_sizes,
    total,
)
from netspec.conventions._rules import NoRuleError, UnknownSizeError, known, values
from netspec.conventions._xla import elementwise, of
from netspec.conventions._xla_activations import of_activation_layer, soften
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

of(activations.ActivationLayer, activations.Glu, activations.Threshold)(of_activation_layer)
of(activations.Softmax)(soften)


@of(
    augmentation.RandomAugmentation,
    core.Flatten,
    core.Linear,
    core.Permute,
    core.RepeatVector,
    core.Reshape,
    images.CenterCrop,
    merging.Concatenate,
    operations.Slice,
    regularization.RegularizationLayer,
    resampling.Cropping,
    resampling.UpSampling,
)
def nothing(layer: Layer, *shapes: Shape) -> Operations:
    return Operations()


@of(resampling.ZeroPadding)
def pad(layer: resampling.ZeroPadding, x: Shape, output: Shape) -> Operations:
    return elementwise(1)  # the zero is made a float


@of(operations.Absolute)
def absolute(layer: operations.Absolute, x: Shape, output: Shape) -> Operations:
    return elementwise(values(x))


@of(normalization.BatchNormalization)
def normalize_batch(layer: normalization.BatchNormalization, x: Shape, output: Shape) -> Operations:
    (channels,) = layer.known_sizes(layer.axis, x)
    return elementwise(2 * values(x) + channels * (3 + layer.scale + layer.center))


def _standardize(layer: normalization.SampleNormalization, size: int, rows: int, factors: int) -> Operations:
    """Count what normalizes ``rows`` of ``size`` values, with ``factors`` values where the learned ones are spread."""
    spread = factors if layer.scale else rows
    learned = factors * (layer.scale + layer.center) + spread
    return elementwise(7 * size + 3 * rows + learned + 3)


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
    return elementwise(4 * size + size // values(layer.known_sizes(layer.axis, x)))


@of(normalization.UnitNormalization)
def normalize_length(layer: normalization.UnitNormalization, x: Shape, output: Shape) -> Operations:
    return elementwise(3 * values(x))


@of(pooling.Pooling)
def pool(layer: pooling.Pooling, x: Shape, output: Shape) -> Operations:
    window, made = prod(layer.along(layer.pool_size)), values(output)
    if "max" in layer.type_name:
        return elementwise((window - 1) * made)
    counted = (window - 1) * values(output[:-1]) if layer.padding == "same" else 0  # how many values are no padding
    return elementwise(window * made + counted)


@of(adaptive_pooling.AdaptivePooling)
def pool_adaptively(layer: adaptive_pooling.AdaptivePooling, x: Shape, output: Shape) -> Operations:
    """Two poolings along each axis, of the widest window and of one more, of which positions are picked."""
    sizes, found = list(known(x)), 0
    for axis, wanted in enumerate(layer.along(layer.output_size)):
        widest = -(-sizes[axis] // wanted)
        for window in (widest, widest + 1):
            made = prod((*sizes[:axis], sizes[axis] - window + 1, *sizes[axis + 1 :]))
            found += made * (window - ("max" in layer.type_name))
        sizes[axis] = wanted
        found += 21 * wanted + prod(sizes)  # where each window begins, and picking it
    return elementwise(found)


@of(pooling.GlobalPooling)
def pool_globally(layer: pooling.GlobalPooling, x: Shape, output: Shape) -> Operations:
    return elementwise(values(x) - (values(output) if "max" in layer.type_name else 0))


RESIZING = {"bilinear": 10, "bicubic": 22}


def _resize(interpolation: str, x: Shape, output: Shape) -> Operations:
    """Count two products with matrices of weights, and what makes the matrices."""
    if interpolation not in RESIZING:
        raise NoRuleError
    height, width, channels = known(x)
    tall, wide, _ = known(output)
    down_first = height * width * channels * tall + width * channels * tall * wide
    across_first = height * width * channels * wide + height * channels * wide * tall
    each = RESIZING[interpolation]
    made = sum(each * read * wanted + 9 * wanted + 3 for read, wanted in ((height, tall), (width, wide)))
    return elementwise(2 * min(down_first, across_first) + made)


@of(resampling.UpSampling2D)
def enlarge(layer: resampling.UpSampling2D, x: Shape, output: Shape) -> Operations:
    return Operations() if layer.interpolation == "nearest" else _resize(layer.interpolation, x, output)


@of(images.Resizing)
def resize(layer: images.Resizing, x: Shape, output: Shape) -> Operations:
    return _resize(layer.interpolation, x, output)


@of(core.Masking)
def mask(layer: core.Masking, x: Shape, output: Shape) -> Operations:
    return elementwise(3 * values(x) - values(x[:-1]) + 1)


@of(preprocessing.Rescaling)
def rescale(layer: preprocessing.Rescaling, x: Shape, output: Shape) -> Operations:
    return elementwise(values(x) * ((layer.scale != 1) + (layer.offset != 0)))


@of(preprocessing.Normalization)
def normalize_inputs(layer: preprocessing.Normalization, x: Shape, output: Shape) -> Operations:
    given = layer.mean is not None  # what is still to be adapted is 0, which is folded away
    return elementwise((1 + given) * values(x))


@of(activations.PReLU)
def rectify(layer: activations.PReLU, x: Shape, output: Shape) -> Operations:
    (alpha,) = layer.weights(x)
    return elementwise(5 * values(x) + values(alpha.shape))


@of(merging.ElementwiseMerge)
def merge(layer: merging.ElementwiseMerge, *shapes: Shape) -> Operations:
    *inputs, output = shapes
    quotient = values(output) if isinstance(layer, merging.Average) else 0
    return elementwise(sum(map(values, joined_sizes(layer.type_name, tuple(inputs)))) + quotient)


@of(merging.Dot)
def multiply(layer: merging.Dot, left: Shape, right: Shape, output: Shape) -> Operations:
    macs = layer.macs(left, right, output)
    if macs is None:
        raise UnknownSizeError
    return total([Operations({"dot": 2 * macs}), elementwise(3 * (values(left) + values(right)) * layer.normalize)])
