"""What netspec says of a layer, held against what Keras says of it; nothing here needs Keras itself."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
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


# Keras builds these and runs them, but not as anybody would mean it: types, words of netspec's refusal, and why.
REFUSED_ALL_THE_SAME = (
    ("take|slice|learned_tokens|(sinusoidal_position|rotary)_embedding|dot_product_attention", "", "no layers of Keras"),
    ("softmax|(unit|layer)_normalization|concatenate|dot", "is the batch", "samples of a batch have to stay apart"),
    ("log_softmax|sparsemax|glu", "wants at least 1 axis", "the last axis of a single number is the batch"),
    ("rescaling", r"don't fit the last axis of (scalar|(.*×)?1)$", "the input would be spread along the numbers"),
    ("prelu|normalization", "is named twice", "it changes nothing, but is a slip"),
    ("dropout|alpha_dropout", "can't be spread", "more noise than values enlarges the output, or fails at rates but 1"),
    (r"conv\dd_transpose", "window of odd size", "of one step TensorFlow makes nothing, of more it refuses"),
    ("rms_normalization", "last axes", "Keras multiplies the factor along the last axis, whatever axis is named"),
    ("dot", "there is no axis", "Keras takes a negative axis modulo the rank"),
    ("concatenate", "there is no axis", "Keras doesn't look at the axis where there is only one input"),
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
        accepted = keras.ran is not None and not refused_all_the_same(entry.name, refusal)
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


def refused_all_the_same(name: str, refusal: str) -> bool:
    return any(re.fullmatch(types, name) and re.search(words, refusal) for types, words, _ in REFUSED_ALL_THE_SAME)


def known_to_both(ours: Shape, theirs: Shape) -> bool:
    return len(ours) == len(theirs) and all(a == b or None in (a, b) for a, b in zip(ours, theirs, strict=True))


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
    elif name == "dot":  # m·n is the output, m·k and n·k are the inputs
        pairs, both = volume(output), volume(inputs[0] + inputs[1])
        return None if pairs is None or both is None else pairs * math.isqrt(both // pairs)
    else:
        return 0
    return None if positions is None else positions * kernel
