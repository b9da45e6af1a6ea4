"""What netspec says of a layer, held against what Keras says of it; nothing here needs Keras itself."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netspec import layers  # noqa: F401  registers every type
from netspec.errors import Mistake
from netspec.layer import TYPES, Applied, Layer, LayerType, Weight, Weights
from netspec.registry import Mistakes
from netspec.shapes import Shape, volume

LAYER_TYPES: Mapping[str, LayerType] = {entry.name: entry for entry in TYPES if isinstance(entry, LayerType)}


@dataclass(frozen=True)
class Facts:
    """What Keras makes of a layer: the shape and weights it declares, and the shape of what comes out of a run.

    ``ran`` is None where the layer is built, but can't run on any size.
    """

    shape: Shape
    weights: Weights
    ran: Shape | None


IMAGES = "random_.*|rand_augment|solarization|auto_contrast|contrast_.*|resizing|center_crop"
CATEGORIES = "category_encoding|discretization|hashing|integer_lookup"

# Keras builds these and runs them, but not as anybody would mean it: types, words of netspec's refusal, and why.
REFUSED_ALL_THE_SAME = (
    (
        "take|slice|learned_tokens|(sinusoidal_position|rotary)_embedding|dot_product_attention",
        "",
        "no layers of Keras",
    ),
    ("softmax|(unit|layer)_normalization|concatenate|dot", "is the batch", "samples of a batch have to stay apart"),
    (
        "log_softmax|sparsemax|glu|masking|reversible_embedding",
        "wants at least 1 axis",
        "the last axis of a single number is the batch",
    ),
    ("rescaling", r"don't fit the last axis of (scalar|(.*×)?1)$", "the input would be spread along the numbers"),
    ("prelu|normalization", "is named twice", "it changes nothing, but is a slip"),
    ("dropout|alpha_dropout", "can't be spread", "more noise than values enlarges the output, or fails at rates but 1"),
    (r"conv\dd_transpose", "window of odd size", "of one step TensorFlow makes nothing, of more it refuses"),
    ("rms_normalization", "last axes", "Keras multiplies the factor along the last axis, whatever axis is named"),
    ("dot", "there is no axis", "Keras takes a negative axis modulo the rank"),
    (
        r"lstm|gru|simple_rnn|conv_lstm\dd",
        "does not fit its states",
        "a state of size 1 would be spread, or the batch be taken for the units",
    ),
    ("bidirectional", "which must be the same", "the output of one unit would be spread over those of the other layer"),
    ("time_distributed|spectral_normalization", "no option at the call", "the layer inside would not be told of it"),
    (
        "time_distributed",
        r": (\w+_pooling|spatial_dropout)\dd wants",
        "the layer inside is called without its check of the axes, and means others then",
    ),
    ("concatenate", "there is no axis", "Keras doesn't look at the axis where there is only one input"),
    (
        "multi_head_attention",
        "is the batch|the features|there is no axis|is named twice",
        "Keras attends to other samples, or does not look at the axes of steps×features at all",
    ),
    ("multi_head_attention", "counts along axis 1", "Keras's mask is that of axis 1, whatever axes are attended"),
    ("((additive|multi_head)_)?attention", "wants steps×features", "without steps Keras attends to other samples"),
    ("(additive_)?attention", "different numbers of axes", "Keras takes an axis of the one for the batch of the other"),
    ("einsum_dense", "beside the batch, but its input", "a few equations Keras works out without counting the axes"),
    ("einsum_dense", "twice in", "a diagonal of the input, which nobody means"),
    ("einsum_dense", "leaves a single number", "the last axis of a single number is the batch"),
    (r"adaptive_\w+", "has to know|can't compile", "TensorFlow runs these, but can't compile them, and training does"),
    ("random_.*|rand_augment|contrast_.*", "has to know", "TensorFlow compiles these only if it knows the size"),
    (IMAGES, r"wants height×width×channels .* \(2 axes\)", "Keras takes the batch for the height of a single image"),
    (IMAGES, "the lowest and then the highest", "nothing lies in such a range"),
    ("random_shear", "can't load a saved layer", "Keras saves two numbers for the one, and refuses the negative one"),
    ("integer_lookup", "means something else", "Keras takes it out of the vocabulary or not, by where it stands"),
    ("hashed_crossing", "is a whole number", "the dtype that Keras says is not that of what comes out"),
    ("hashed_crossing", "wants a single number", "a size that is not known could only be 1"),
    ("mel_spectrogram", "wants samples", "Keras takes the batch for the samples, or the channels for further sounds"),
    (CATEGORIES, "wants numbers", "of several axes Keras joins the first, and mostly says that it was the last"),
)


def apply(name: str, options: Mapping[str, Any], inputs: tuple[Shape, ...]) -> Applied:
    """Ask netspec. Raises `Mistake` or `Mistakes`."""
    layer: Layer = LAYER_TYPES[name].bind(options)
    return layer.apply(inputs)


def known_as(layer: Layer, inputs: tuple[Shape, ...]) -> Weights:
    """List netspec's weights as Keras shows them: of a layer with trainable false, none is trainable."""
    return tuple(
        Weight(weight.name, weight.shape, weight.trainable and layer.trainable) for weight in layer.weights(*inputs)
    )


def disagreement(
    entry: LayerType, options: Mapping[str, Any], inputs: tuple[Shape, ...], keras: Facts | None
) -> str | None:
    """Say in what netspec and Keras differ, or nothing; Keras's facts are None where it refuses."""
    try:
        ours: Applied | None = apply(entry.name, options, inputs)
        refusal = ""
    except (Mistake, Mistakes) as error:
        ours, refusal = None, str(error)
    if keras is None:
        return "Keras refuses" if ours else None
    if ours is None:
        # What comes out in another shape than Keras says fails in the next layer.
        accepted = keras.ran is not None and known_to_both(keras.shape, keras.ran)
        accepted = accepted and not any(
            refused_all_the_same(name, refusal) for name in (entry.name, *names_inside(options))
        )
        return f"netspec refuses: {refusal}" if accepted else None
    if keras.ran is None:
        return "Keras builds it but can't run it"
    if not all(size is None or type(size) is int for size in ours.shape):
        return f"netspec infers {ours.shape}, which are no whole numbers"
    # A join may know more than Keras; whatever is known has to be what comes out.
    knows = known_to_both(ours.shape, keras.shape) if entry.variadic else ours.shape == keras.shape
    if not knows or not known_to_both(ours.shape, keras.ran):
        return f"netspec infers {ours.shape}, Keras {keras.shape}, run {keras.ran}"
    wanted = known_as(entry.bind(options), inputs)
    if wanted != keras.weights:
        return f"netspec lists {wanted}, Keras makes {keras.weights}"
    return None


def names_inside(options: Mapping[str, Any]) -> Iterator[str]:
    """The types of the layers that a wrapper wraps, also of those inside another wrapper."""
    for written in (options[key] for key in ("layer", "backward_layer") if options.get(key)):
        inner = written if isinstance(written, Mapping) else {"type": written}
        yield from (inner["type"], *names_inside(inner))


def refused_all_the_same(name: str, refusal: str) -> bool:
    return any(re.fullmatch(types, name) and re.search(words, refusal) for types, words, _ in REFUSED_ALL_THE_SAME)


def known_to_both(ours: Shape, theirs: Shape) -> bool:
    return len(ours) == len(theirs) and all(a == b or None in (a, b) for a, b in zip(ours, theirs, strict=True))


def expected_macs(
    name: str, options: Mapping[str, Any], weights: Weights, inputs: tuple[Shape, ...], output: Shape
) -> int | None:
    """Count by the design's table, also where that takes options, or weights of one name told apart."""
    if name in ("time_distributed", "bidirectional", "spectral_normalization"):
        return macs_inside(name, options["layer"], weights, inputs[0], output)
    query, value, key = (*inputs, *inputs[-1:] * 2)[:3]
    kernels = [weight.shape for weight in weights if weight.name == "kernel"]
    if name in ("multi_head_attention", "group_query_attention"):
        return macs_of_heads(kernels, attended(options.get("attention_axes"), query), query, value)
    if name in ("attention", "additive_attention"):
        products = name == "attention" and options.get("score_mode", "dot") == "dot"
        each = [query[-1], value[-1]] if products else [value[-1]]
        pairs = volume((*query[:-1], key[-2]))
        return None if pairs is None or None in each else pairs * sum(size for size in each if size is not None)
    if name == "einsum_dense":  # every axis of the input is a subscript, and so are those that the kernel adds
        asked, _, rest = options["equation"].partition(",")
        own = [size for letter, size in zip(rest.partition("->")[0], kernels[0], strict=True) if letter not in asked]
        return volume((*inputs[0], *own))
    if name == "reversible_embedding":
        return volume((*output, options["output_dim"])) if options.get("reverse") else 0
    return multiply_adds(name, {weight.name: math.prod(weight.shape) for weight in weights}, inputs, output)


def macs_inside(name: str, inner: Any, weights: Weights, x: Shape, output: Shape) -> int | None:
    """Count what the layer inside a wrapper does: at each step, in both directions, or as it is."""
    options = inner if isinstance(inner, Mapping) else {"type": inner}
    if name == "bidirectional":  # kernels of both directions, at the same positions
        kernels = {f"{index} {weight.name}": math.prod(weight.shape) for index, weight in enumerate(weights)}
        return multiply_adds(options["type"], kernels, (x,), output)
    if name == "spectral_normalization":
        inside = tuple(weight for weight in weights if weight.name != "vector_u")
        return expected_macs(options["type"], options, inside, (x,), output)
    each = expected_macs(options["type"], options, weights, (x[1:],), output[1:])
    return each if each in (None, 0) else volume((x[0], each))


def attended(axes: int | Sequence[int] | None, query: Shape) -> list[int]:
    """The positions of the axes that an attention layer names as Keras does, all but the last by default."""
    if axes is None:
        return [*range(len(query) - 1)]
    return [axis - 1 if axis > 0 else len(query) + axis for axis in ([axes] if isinstance(axes, int) else axes)]


def macs_of_heads(kernels: list[tuple[int, ...]], axes: list[int], query: Shape, value: Shape) -> int | None:
    """Projections of query and value's steps, then two products of each pair of steps for each head of the query."""
    steps, other_steps = volume(query[:-1]), volume(value[:-1])
    seen = volume(tuple(value[axis] for axis in axes))
    if steps is None or other_steps is None or seen is None:
        return None
    query_kernel, key_kernel, *gate, value_kernel, out_kernel = (math.prod(kernel) for kernel in kernels)
    projections = steps * (query_kernel + sum(gate) + out_kernel) + other_steps * (key_kernel + value_kernel)
    return projections + steps * seen * (math.prod(kernels[-1][:2]) + math.prod(kernels[0][1:]))


def multiply_adds(name: str, weights: Mapping[str, int], inputs: tuple[Shape, ...], output: Shape) -> int | None:
    """Count by the design's table, from Keras's own weights and shapes."""
    kernel = sum(size for weight, size in weights.items() if weight.endswith("kernel"))
    if re.fullmatch(r"lstm|gru|simple_rnn", name):
        return None if inputs[0][0] is None else inputs[0][0] * kernel
    if re.fullmatch(r"conv_lstm\dd", name):  # both kernels at each position of each step
        positions = volume(inputs[0][:1] + output[-len(inputs[0]) + 1 : -1])
        return None if positions is None else positions * kernel
    if re.fullmatch(r"conv\dd_transpose|dense", name):
        positions = volume(inputs[0][:-1])
    elif re.fullmatch(r"(separable_|depthwise_)?conv\dd", name):
        positions = volume(output[:-1])
    elif name == "dot_product_attention":  # scores and mix, for every head of the queries
        positions, kernel = volume(inputs[0]), 2 * (inputs[1][0] or 0)
    elif name == "stft_spectrogram":  # the same filters go over each channel
        positions = volume((output[0], inputs[0][-1]))
    elif name == "dot":  # m·n is the output, m·k and n·k are the inputs
        pairs, both = volume(output), volume(inputs[0] + inputs[1])
        return None if pairs is None or both is None else pairs * math.isqrt(both // pairs)
    else:
        return 0
    return None if positions is None else positions * kernel
