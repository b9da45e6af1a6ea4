"""What outputs of real Keras layers see of their input, found by changing it: ``python -m tests.layers.footprints``.

One position after the other is changed along an axis of the input; what of the output changes saw it. That is asked of
random layers of every type that says something of its own, and written to ``footprints.jsonl``, so that the tests need
no Keras.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from netspec import SpecError, parse_spec
from netspec.shapes import Shape

FILE = Path(__file__).with_name("footprints.jsonl")

Seen = list[tuple[int, int] | None]
"""The lowest and the highest position that each position of an output axis sees; None where it sees nothing."""


BUMPS = (1, 100)
"""A small change goes through what saturates, a large one through what takes the largest."""


def footprints(model: Any, shape: Shape, axis: int, feeds: dict[str, Any] | None = None, name: str = "") -> list[Seen]:
    """Find what is seen along an axis of an input, for each axis of the output; ``feeds`` are the other inputs."""
    numbers = np.random.default_rng(1)
    sizes = [one or 0 for one in shape]
    size = sizes[axis]
    inputs = np.repeat(numbers.uniform(1, 2, sizes)[None], 1 + len(BUMPS) * size, 0)
    for sample, (bump, position) in enumerate(product(BUMPS, range(size)), start=1):
        change = numbers.uniform(0.5, 1.5, sizes[:axis] + sizes[axis + 1 :])
        np.moveaxis(inputs[sample], axis, 0)[position] += bump * change
    fed = {other: np.repeat(value[None], len(inputs), 0) for other, value in (feeds or {}).items()}
    outputs = np.asarray(model({**fed, name: inputs} if name else inputs, training=False), "float64")
    by_bump = outputs[1:].reshape(len(BUMPS), size, *outputs.shape[1:])
    least = [1e-5 * np.abs(bumped).max() for bumped in by_bump]  # what is less is rounding
    changed = np.any([np.abs(bumped - outputs[0]) > one for bumped, one in zip(by_bump, least, strict=True)], axis=0)
    found: list[Seen] = []
    for along in range(1, changed.ndim):
        others = tuple(other for other in range(1, changed.ndim) if other != along)
        found.append([_ends(row) for row in changed.any(axis=others).T])
    return found


def _ends(row: Any) -> tuple[int, int] | None:
    (places,) = np.nonzero(row)
    return (int(places[0]), int(places[-1])) if len(places) else None


def with_positive_weights(model: Any) -> Any:
    """Give a model weights that let everything through: nothing is subtracted, so nothing is hidden."""
    numbers = np.random.default_rng(0)
    model.set_weights([numbers.uniform(0.05, 0.3, weight.shape) for weight in model.get_weights()])
    return model


# ------------------------------------------------------------------------------------------------------------ the cases


def _sizes(pick: random.Random, rank: int) -> list[int]:
    most = {1: 14, 2: 11, 3: 7}[rank]
    return [*(pick.randint(most - 5 if most > 7 else 4, most) for _ in range(rank)), 2]


def _each(pick: random.Random, rank: int, low: int, high: int) -> Any:
    return (
        [pick.randint(low, high) for _ in range(rank)] if rank > 1 and pick.random() < 0.5 else pick.randint(low, high)
    )


def _windows(pick: random.Random, rank: int, kernel: str, paddings: tuple[str, ...]) -> dict[str, Any]:
    options: dict[str, Any] = {kernel: _each(pick, rank, 1, 4), "padding": pick.choice(paddings)}
    if pick.random() < 0.6:
        options["strides"] = pick.randint(1, 3)
    elif kernel == "kernel_size":
        options["dilation_rate"] = pick.randint(1, 3)
    return options


def _ended(pick: random.Random, rank: int) -> Any:
    if rank == 1:
        return [pick.randint(0, 2), pick.randint(0, 2)]
    return [[pick.randint(0, 2), pick.randint(0, 1)] for _ in range(rank)]


Case = tuple[str, dict[str, Any], list[int]]

BOTH = ("valid", "same")
TIMES = {1: 12, 2: 12, 3: 5}


def _sliding(pick: random.Random, rank: int) -> Iterator[Case]:
    causal = (*BOTH, "causal") if rank == 1 else BOTH
    for _ in range(TIMES[rank]):
        for kind, paddings in ((f"conv{rank}d", causal), (f"conv{rank}d_transpose", BOTH)):
            yield kind, {"filters": 2, **_windows(pick, rank, "kernel_size", paddings)}, _sizes(pick, rank)
        for kind in ("max", "average"):
            yield f"{kind}_pooling{rank}d", _windows(pick, rank, "pool_size", BOTH), _sizes(pick, rank)
        if rank < 3:
            yield f"depthwise_conv{rank}d", _windows(pick, rank, "kernel_size", BOTH), _sizes(pick, rank)
            options = {"filters": 2, **_windows(pick, rank, "kernel_size", BOTH)}
            yield f"separable_conv{rank}d", options, _sizes(pick, rank)


def _resampled(pick: random.Random, rank: int) -> Iterator[Case]:
    for _ in range(4):
        yield f"zero_padding{rank}d", {"padding": _ended(pick, rank)}, _sizes(pick, rank)
        yield f"cropping{rank}d", {"cropping": _ended(pick, rank)}, _sizes(pick, rank)
        factors = pick.randint(2, 3) if rank == 1 else _each(pick, rank, 1, 3)
        yield f"up_sampling{rank}d", {"size": factors}, _sizes(pick, rank)
        yield f"adaptive_average_pooling{rank}d", {"output_size": _each(pick, rank, 2, 5)}, _sizes(pick, rank)
    yield f"global_average_pooling{rank}d", {"keepdims": rank == 2}, _sizes(pick, rank)
    yield f"global_max_pooling{rank}d", {}, _sizes(pick, rank)


def _images(pick: random.Random) -> Iterator[Case]:
    for method in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"):
        for _ in range(4):
            options = {"height": pick.randint(3, 20), "width": pick.randint(3, 20), "interpolation": method}
            if pick.random() < 0.5:
                options[pick.choice(("crop_to_aspect_ratio", "pad_to_aspect_ratio"))] = True
            yield "resizing", {**options, "antialias": pick.random() < 0.5}, _sizes(pick, 2)
        yield "up_sampling2d", {"size": [2, 3], "interpolation": method}, [6, 5, 2]
    for _ in range(6):
        yield "center_crop", {"height": pick.randint(2, 14), "width": pick.randint(2, 14)}, _sizes(pick, 2)


def _sequences(pick: random.Random) -> Iterator[Case]:
    for _ in range(6):
        inner = {"type": "conv1d", "filters": 2, **_windows(pick, 1, "kernel_size", BOTH)}
        yield "time_distributed", {"layer": inner}, [3, *_sizes(pick, 1)]
        options = {"frame_length": pick.randint(4, 9), "mode": "real", "padding": pick.choice(BOTH)}
        yield "stft_spectrogram", options, [40, 1]


MEL = "mel_spectrogram, fft_length: 16, sequence_length: 10, sequence_stride: 5, num_mel_bins: 4, min_freq: 0"

CHOSEN = {
    "conv1d_transpose, filters: 1, kernel_size: 3, strides: 2, output_padding: 0": [8, 1],
    "conv1d_transpose, filters: 1, kernel_size: 3, strides: 2, output_padding: 1": [8, 1],
    "conv1d_transpose, filters: 1, kernel_size: 3, strides: 2, output_padding: 0, padding: same": [8, 1],
    "conv1d_transpose, filters: 1, kernel_size: 3, strides: 2, output_padding: 1, padding: same": [8, 1],
    "reshape, target_shape: [24, 2]": [4, 6, 2],
    "reshape, target_shape: [5, 3]": [5, 1, 3],
    "reshape, target_shape: [6, 1, 4]": [6, 4],
    "reshape, target_shape: [3, 8]": [6, 4],
    "reshape, target_shape: [4, 3, 2]": [4, 6],
    "slice, axis: 1, start: 0, stop: 3": [7, 2],
    "slice, axis: 1, start: 2": [7, 2],
    "slice, axis: 1, start: -3": [7, 2],
    "slice, axis: 1, start: 1, stop: -1": [7, 2],
    "take, index: -2": [6, 4],
    "take, index: 1, axis: 2": [6, 4, 2],
    "permute, dims: [2, 1, 3]": [5, 4, 2],
    "permute, dims: [3, 1, 2]": [5, 4, 3],
    "flatten": [4, 3],
    "repeat_vector, n: 3": [5],
    "dense, units: 3": [5, 4],
    "dense, units: 2": [5],
    "masking": [5, 2],
    'einsum_dense, equation: "abc,cd->abd", output_shape: [null, 3]': [6, 2],
    'einsum_dense, equation: "abc,bd->adc", output_shape: [3, 2]': [6, 2],
    'einsum_dense, equation: "abc,c->acb", output_shape: [2, 6]': [6, 2],
    'einsum_dense, equation: "...b,bc->...c", output_shape: [3]': [6, 2],
    "layer_normalization": [5, 4, 2],
    "layer_normalization, axis: 1": [5, 4, 2],
    "layer_normalization, axis: [1, 2]": [5, 4, 2],
    "softmax": [5, 4, 2],
    "softmax, axis: 1": [5, 4, 2],
    "softmax, axis: [1, 2]": [5, 4, 2],
    "group_normalization, groups: 1": [5, 4, 2],
    "multi_head_attention, num_heads: 2, key_dim: 3": [8, 4],
    "multi_head_attention, num_heads: 2, key_dim: 3, sliding_window: 1": [8, 4],
    "multi_head_attention, num_heads: 2, key_dim: 3, sliding_window: 2": [8, 4],
    "multi_head_attention, num_heads: 2, key_dim: 3, sliding_window: 3, use_causal_mask: true": [8, 4],
    "multi_head_attention, num_heads: 1, key_dim: 2, attention_axes: 2": [4, 5, 3],
    "group_query_attention, num_query_heads: 2, num_key_value_heads: 1, head_dim: 2, sliding_window: 2": [7, 4],
    "attention": [6, 3],
    "additive_attention": [6, 3],
    "lstm, units: 2, return_sequences: true": [5, 2],
    "gru, units: 2": [5, 2],
    "conv_lstm1d, filters: 2, kernel_size: 3, strides: 2, padding: same, return_sequences: true": [3, 19, 1],
    "conv_lstm1d, filters: 2, kernel_size: 3, strides: 2, padding: same": [3, 19, 1],
    "conv_lstm2d, filters: 1, kernel_size: [2, 3]": [2, 9, 10, 1],
    "bidirectional, layer: {type: conv_lstm1d, filters: 1, kernel_size: 3}": [2, 11, 1],
    "spectral_normalization, layer: {type: conv1d, filters: 2, kernel_size: 4, strides: 2}": [11, 2],
    f"{MEL}, power_to_db: false, sampling_rate: 100, max_freq: 50, window: null": [83],
    f"{MEL}, power_to_db: false, sampling_rate: 100, max_freq: 50, window: hamming": [83],
}


def cases() -> Iterator[Case]:
    """Draw the random ones, always the same, and add the chosen ones."""
    pick = random.Random(0)
    for rank in TIMES:
        yield from _sliding(pick, rank)
        yield from _resampled(pick, rank)
    yield from _images(pick)
    yield from _sequences(pick)
    for text, shape in CHOSEN.items():
        node = yaml.safe_load(f"{{type: {text}}}")
        yield node.pop("type"), node, shape


def record() -> Iterator[str]:
    """Ask Keras."""
    for kind, options, shape in cases():
        spec = {"netspec": 1, "input": {"shape": shape}, "head": [{"type": kind, **options}]}
        try:
            model = with_positive_weights(parse_spec(json.dumps(spec)).build())
        except SpecError:
            continue  # what was drawn does not go together
        seen = [footprints(model, tuple(shape), axis) for axis in range(max(len(shape) - 1, 1))]
        yield json.dumps({"type": kind, "options": options, "input": shape, "seen": seen}, separators=(",", ":"))


if __name__ == "__main__":
    FILE.write_text("".join(f"{line}\n" for line in record()), encoding="utf-8")
