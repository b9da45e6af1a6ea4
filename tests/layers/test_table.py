"""Every layer, in one case or several, against the Keras layer that it is built as."""

from __future__ import annotations

import inspect
import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from netspec.layer import Example, Layer, SettingsType
from netspec.options import REQUIRED
from netspec.registry import objects
from netspec.shapes import Shape
from tests.layers.agreement import expected_macs
from tests.layers.oracle import LAYER_TYPES, apply, build, known_as

EXAMPLES = {name: entry.target.example for name, entry in LAYER_TYPES.items()}

IMAGE = (9, 12, 6)
CLIP = (5, 9, 8, 4)
PICTURE = (9, 12, 3)

# One row a case; a new layer needs one here beside its `example`.
ROWS: tuple[tuple[str, Example], ...] = (
    ("relu", Example((5,), max_value=6, negative_slope=0.1, threshold=0.5)),
    ("leaky_relu", Example((None, 4), negative_slope=0)),
    ("prelu", Example((7, 5))),
    ("prelu", Example((None, None, 5), shared_axes=(2, 1))),
    ("prelu", Example((7, 5), shared_axes=2, alpha_initializer={"type": "constant", "value": 0.25})),
    ("elu", Example((5,), alpha=0.5)),
    ("softmax", Example((3, 4), axis=1)),
    ("softmax", Example((3, 4), axis=(1, 2))),
    *((name, Example((None, 6))) for name in (
        "celu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "log_sigmoid",
        "log_softmax", "mish", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softplus", "softsign", "sparse_plus",
        "sparse_sigmoid", "sparsemax", "squareplus", "tanh", "tanh_shrink",
    )),
    ("gelu", Example((8, 6), approximate=True)),
    ("gelu", Example((6,), approximate=True, dtype="float16")),
    ("glu", Example((8, 6))),
    ("glu", Example((8, None))),
    ("take", Example((5, 6), index=-1)),
    ("take", Example((None, 6), index=2)),
    ("take", Example((None, 6), index=-6, axis=-1)),
    ("slice", Example((5, 6), start=-3, axis=1)),
    ("slice", Example((None, 6), start=1, stop=-2)),
    ("absolute", Example((None, 6))),
    ("threshold", Example((None, 6), threshold=-1, default_value=0.5)),
    ("channel_scale", Example((None, 5, 6), scale_initializer={"type": "constant", "value": 0.5})),
    ("channel_scale", Example((6,), use_bias=True, trainable=False)),
    ("layer_scale", Example((None, 6))),
    ("stochastic_depth", Example((None, 5, 6), rate=0, seed=7)),
    ("stochastic_depth", Example((6,), rate=1)),
    ("positions", Example((None,))),
    ("positions", Example((4, 5, 6), dtype="float16")),
    ("learned_tokens", Example((None, 6), count=3, embeddings_initializer="zeros")),
    ("sinusoidal_position_embedding", Example((None, 5), max_wavelength=100)),
    ("rotary_embedding", Example((None, 6), max_wavelength=100)),
    ("rotary_embedding", Example((5, 3, 6), interleaved=True)),
    ("dot_product_attention", Example((None, 4, 6), (7, 4, 6), (7, 4, 6), scale=0.5)),
    ("dot_product_attention", Example((5, 4, 6), (7, 1, 6), (7, 1, 6))),
    ("conv1d", Example((20, 6), filters=4, kernel_size=(3,), strides=2, padding="causal", use_bias=False)),
    ("conv1d", Example((None, 6), filters=4, kernel_size=3, dilation_rate=2, groups=2)),
    ("conv2d", Example(IMAGE, filters=4, kernel_size=(3, 5), strides=(2, 3), groups=2, activation="relu")),
    ("conv2d", Example((224, 224, 3), filters=64, kernel_size=7, strides=2)),
    ("conv2d", Example((None, 12, 6), filters=4, kernel_size=3, padding="same", dilation_rate=(1, 2))),
    ("conv2d", Example(IMAGE, filters=4, kernel_size=1, kernel_initializer={"type": "he_normal", "seed": 1})),
    ("conv2d", Example(IMAGE, filters=4, kernel_size=1, kernel_regularizer={"type": "l2", "l2": 1e-4})),
    ("conv2d", Example(IMAGE, filters=4, kernel_size=1, kernel_constraint="max_norm", trainable=False)),
    ("conv3d", Example(CLIP, filters=2, kernel_size=(1, 3, 3), padding="same", dtype="mixed_bfloat16")),
    ("conv1d_transpose", Example((20, 6), filters=4, kernel_size=3, strides=3, output_padding=2, padding="same")),
    ("conv1d_transpose", Example((20, 6), filters=4, kernel_size=3, dilation_rate=2)),
    ("conv2d_transpose", Example(IMAGE, filters=4, kernel_size=(2, 3), strides=4, use_bias=False)),
    ("conv2d_transpose", Example(IMAGE, filters=4, kernel_size=3, strides=2, output_padding=(0, 1))),
    ("conv2d_transpose", Example((None, 12, 6), filters=4, kernel_size=3, strides=2, padding="same")),
    ("conv3d_transpose", Example(CLIP, filters=2, kernel_size=2, strides=(1, 2, 2))),
    ("depthwise_conv1d", Example((20, 6), kernel_size=3, strides=2, depth_multiplier=2)),
    ("depthwise_conv2d", Example(IMAGE, kernel_size=(3, 5), depth_multiplier=3, use_bias=False)),
    ("depthwise_conv2d", Example(IMAGE, kernel_size=3, strides=2, dilation_rate=2)),
    ("depthwise_conv2d", Example((None, None, 6), kernel_size=3, padding="same", strides=(1, 2))),
    ("separable_conv1d", Example((20, 6), filters=4, kernel_size=3, depth_multiplier=2, padding="same")),
    ("separable_conv2d", Example(IMAGE, filters=4, kernel_size=3, strides=2, use_bias=False)),
    ("separable_conv2d", Example((None, 12, 6), filters=4, kernel_size=3, depth_multiplier=2)),
    ("dense", Example((5, 6), units=4, use_bias=False)),
    ("dense", Example((None, 6), units=4, activation="tanh", trainable=False)),
    ("dense", Example((6,), units=4, lora_rank=2, lora_alpha=4)),
    ("embedding", Example((), input_dim=10, output_dim=4)),
    ("embedding", Example((None, 3), input_dim=10, output_dim=4, mask_zero=True, lora_rank=2)),
    ("linear", Example(())),
    ("flatten", Example(())),
    ("flatten", Example((3, None, 4))),
    ("reshape", Example((12,), target_shape=(3, 4))),
    ("reshape", Example((3, 4), target_shape=(2, -1, 3))),
    ("reshape", Example((1,), target_shape=())),
    ("reshape", Example((None, 4), target_shape=(-1, 2))),
    ("permute", Example((3, None, 5), dims=(3, 1, 2))),
    ("add", Example((3, 4), (3, 4), (4,), ())),
    ("add", Example((3, 4))),
    ("add", Example((None, 4), (None, 4))),
    ("subtract", Example((3, 4), (1, 4))),
    ("multiply", Example((1, 4), (3, 1))),
    ("average", Example((3, 4), (3, 4), (3, 4))),
    ("maximum", Example((3, 4), (3, 4))),
    ("minimum", Example((3, 4), (3, 4))),
    ("concatenate", Example((3, 4), (5, 4), (1, 4), axis=1)),
    ("concatenate", Example((3, 4), (3, None))),
    ("concatenate", Example((3, 4))),
    ("dot", Example((4,), (4,), axes=1)),
    ("dot", Example((3, 4), (5, 6, 3), axes=(1, -1), normalize=True)),
    ("dot", Example((3, None), (5, 3), axes=(1, 2))),
    ("batch_normalization", Example((3, 4), axis=1, center=False, momentum=0.9, trainable=False)),
    ("batch_normalization", Example((4,), scale=False, renorm=True, renorm_clipping={"rmax": 3, "rmin": 0.3})),
    ("layer_normalization", Example((3, 4, 5), axis=(-1, 2), center=False)),
    ("layer_normalization", Example((3, None), scale=False, center=False)),
    ("group_normalization", Example((3, 4), groups=-1)),
    ("group_normalization", Example((6, None, 5), groups=3, axis=1, scale=False)),
    ("rms_normalization", Example((3, 4), axis=(1, 2))),
    ("unit_normalization", Example((3, 4), axis=(1, 2))),
    ("max_pooling1d", Example((20, 6), pool_size=(3,), strides=2)),
    ("max_pooling2d", Example(IMAGE)),
    ("max_pooling2d", Example((None, 12, None), pool_size=3, strides=2, padding="same")),
    ("max_pooling3d", Example(CLIP, pool_size=(1, 2, 2), strides=(1, 2, 3))),
    ("average_pooling1d", Example((20, 6), pool_size=3, strides=1, padding="same")),
    ("average_pooling2d", Example(IMAGE, pool_size=(2, 3))),
    ("average_pooling3d", Example(CLIP, pool_size=2, padding="same")),
    *((f"global_{kind}_pooling1d", Example((None, 6), keepdims=True)) for kind in ("max", "average")),
    *((f"global_{kind}_pooling2d", Example(IMAGE, keepdims=True)) for kind in ("max", "average")),
    *((f"global_{kind}_pooling3d", Example(CLIP)) for kind in ("max", "average")),
    ("rescaling", Example((4, 3), scale=(0.1, 0.2, 0.3), offset=(-1,))),
    ("normalization", Example((4, 3), axis=(2, 1))),
    ("normalization", Example((4, 3), axis=None, mean=0.5, variance=2, invert=True)),
    ("normalization", Example((None, 3))),
    ("dropout", Example((4, 3), rate=0.2, noise_shape=(None, 1, 3), seed=7)),
    ("alpha_dropout", Example((4, 3), rate=0.2, noise_shape=(4, 1))),
    ("gaussian_dropout", Example((4, 3), rate=0)),
    ("gaussian_noise", Example((4, 3), stddev=1.0, seed=7)),
    ("spatial_dropout1d", Example((None, 3), rate=1, trainable=False)),
    ("spatial_dropout2d", Example(IMAGE, rate=0.5, dtype="float16")),
    ("spatial_dropout3d", Example(CLIP, rate=0.5, seed=7)),
    ("activity_regularization", Example((4,), l1=0.1, l2=0.2)),
    ("zero_padding1d", Example((20, 6), padding=2)),
    ("zero_padding2d", Example(IMAGE, padding=(1, 2))),
    ("zero_padding2d", Example((None, 12, 6), padding=((1, 2), 3))),
    ("zero_padding3d", Example(CLIP)),
    ("cropping1d", Example((None, 6))),
    ("cropping2d", Example(IMAGE)),
    ("cropping2d", Example(IMAGE, cropping=(1, (0, 11)))),
    ("cropping3d", Example(CLIP)),
    ("up_sampling1d", Example((20, 6))),
    ("up_sampling2d", Example((None, 12, 6), size=(3, 1))),
    ("up_sampling3d", Example(CLIP, size=(1, 2, 3))),
    ("repeat_vector", Example((None,), n=3)),
    ("masking", Example((None, 6), mask_value=-1)),
    *((f"adaptive_{kind}_pooling1d", Example((20, None), output_size=(30,))) for kind in ("max", "average")),
    *((f"adaptive_{kind}_pooling2d", Example(IMAGE, output_size=5)) for kind in ("max", "average")),
    *((f"adaptive_{kind}_pooling3d", Example(CLIP, output_size=(5, 2, 9))) for kind in ("max", "average")),
    ("resizing", Example((None, 12, 1), height=5, width=6, pad_to_aspect_ratio=True, fill_value=0.5)),
    ("resizing", Example(IMAGE, height=5, width=6, crop_to_aspect_ratio=True, interpolation="nearest")),
    ("center_crop", Example((None, 12, None), height=5, width=16)),
    ("random_flip", Example((None, None, 3), mode="vertical", seed=7)),
    ("random_rotation", Example(PICTURE, factor=(-0.1, 0.3), fill_mode="wrap", interpolation="nearest")),
    ("random_translation", Example(PICTURE, height_factor=0.1, width_factor=-0.2, fill_mode="constant", fill_value=9)),
    ("random_zoom", Example((None, None, 4), height_factor=-0.5, width_factor=(0, 1))),
    ("random_shear", Example(PICTURE, x_factor=(0.1, 0.2), y_factor=(0, 0.1), fill_mode="nearest")),
    ("random_perspective", Example((9, 12, None), scale=0.5, fill_value=1)),
    ("random_elastic_transform", Example(PICTURE, scale=(0.2, 0.4), value_range=(0, 1), dtype="float32")),
    ("random_brightness", Example((None, None, None), factor=(0, 0.5), value_range=(-1, 1))),
    ("random_contrast", Example(IMAGE, factor=1)),
    ("random_saturation", Example((None, 12, 3), factor=-0.5, trainable=False)),
    ("random_hue", Example(PICTURE, factor=(0.1, 0.2), value_range=(0, 1))),
    ("random_color_jitter", Example(IMAGE, brightness_factor=0.1, contrast_factor=(0, 0.5))),
    ("random_color_jitter", Example((9, 12, None), saturation_factor=0.5)),
    ("random_color_degeneration", Example(PICTURE, factor=1)),
    ("random_grayscale", Example((9, 12, 1), factor=1)),
    ("random_invert", Example((None, 12, None), factor=0, value_range=(0, 1))),
    ("random_posterization", Example(PICTURE, factor=8)),
    ("random_sharpness", Example(IMAGE, factor=0.5)),
    ("random_gaussian_blur", Example(PICTURE, kernel_size=(3, 5), sigma=(0.1, 0.5))),
    ("random_erasing", Example(IMAGE, fill_value=7, scale=0.5)),
    ("solarization", Example((None, 12, None), addition_factor=0.1, threshold_factor=(0.2, 0.8))),
    ("auto_contrast", Example((None, None, None))),
    ("contrast_limited_adaptive_histogram_equalization", Example((9, 12, None), clip_limit=0, tile_grid_size=(3, 2))),
    ("rand_augment", Example((None, 12, 1), num_ops=1, factor=(0.2, 0.4), interpolation="nearest")),
    ("category_encoding", Example((4, 3), num_tokens=5, output_mode="one_hot")),
    ("category_encoding", Example((), num_tokens=5, output_mode="one_hot")),
    ("category_encoding", Example((4,), (4,), num_tokens=5, output_mode="count")),
    ("discretization", Example((None, 3), bin_boundaries=(0.5,))),
    ("discretization", Example((4, 1), bin_boundaries=(0.5, 2), output_mode="one_hot")),
    ("discretization", Example((None,), bin_boundaries=(0.5, 2), output_mode="count", dtype="float32")),
    ("hashing", Example((None, 3), num_bins=5, mask_value=0, salt=(1, 2))),
    ("hashing", Example((4, 1), num_bins=5, output_mode="one_hot", salt=3)),
    ("hashing", Example((None,), num_bins=5, output_mode="multi_hot")),
    ("hashed_crossing", Example((), (), num_bins=5, output_mode="one_hot")),
    ("hashed_crossing", Example((1,), (1,), num_bins=5, output_mode="one_hot", dtype="float32")),
    ("integer_lookup", Example((None, 3), vocabulary=(3, 1), mask_token=0, num_oov_indices=2)),
    ("integer_lookup", Example((4, 3), vocabulary=(3, 1), output_mode="one_hot", oov_method="farmhash", salt=3)),
    ("integer_lookup", Example((4,), vocabulary=(3, 1), output_mode="count", max_tokens=5, pad_to_max_tokens=True)),
    ("integer_lookup", Example((4,), vocabulary=(3, 1), output_mode="tf_idf", idf_weights=(0.5, 0.25))),
    ("integer_lookup", Example((4,), vocabulary=(3, 1), invert=True, oov_token=-7)),
    ("stft_spectrogram", Example((None, 1), frame_length=6, mode="psd", trainable=False)),
    ("stft_spectrogram", Example((40, 3), frame_length=9, frame_step=2, mode="stft", padding="same")),
    ("stft_spectrogram", Example((40, 3), mode="imag", frame_length=8, fft_length=12, expand_dims=True, scaling=None)),
    ("stft_spectrogram", Example((40, 1), mode="real", frame_length=8, window="tukey", periodic=True)),
    ("mel_spectrogram", Example((None,), fft_length=16, sequence_stride=4, num_mel_bins=3, power_to_db=False)),
    ("mel_spectrogram", Example((100,), fft_length=64, sequence_length=40, sequence_stride=8, window=None)),
    ("multi_head_attention", Example((7, 6), (5, 4), (5, 3), num_heads=2, key_dim=3, value_dim=5, output_shape=(2, 3))),
    ("multi_head_attention", Example((None, 6), num_heads=2, key_dim=3, use_causal_mask=True, use_bias=False)),
    ("multi_head_attention", Example((7, 6), (5, 6), num_heads=2, key_dim=3, use_gate=True, sliding_window=2)),
    ("multi_head_attention", Example(IMAGE, (3, 2, 6), num_heads=2, key_dim=3, output_shape=4, dropout=0.2, seed=7)),
    ("multi_head_attention", Example(IMAGE, num_heads=2, key_dim=3, attention_axes=(-2,), trainable=False)),
    ("multi_head_attention", Example(IMAGE, num_heads=2, key_dim=3, attention_axes=1, use_causal_mask=True)),
    ("multi_head_attention", Example(CLIP, num_heads=1, key_dim=2, attention_axes=(3, 2), bias_constraint="non_neg")),
    ("multi_head_attention", Example((7, 6), num_heads=2, key_dim=2, output_shape=(2, 3), bias_initializer="identity")),
    ("group_query_attention", Example((7, 6), head_dim=3, num_query_heads=4, num_key_value_heads=4, use_bias=False)),
    (
        "group_query_attention",
        Example((7, 6), (5, 6), (5, 4), head_dim=3, num_query_heads=4, num_key_value_heads=1, use_gate=True),
    ),
    (
        "group_query_attention",
        Example((None, 6), head_dim=3, num_query_heads=4, num_key_value_heads=2, sliding_window=3, dropout=1),
    ),
    ("attention", Example((7, 6), use_causal_mask=True)),
    ("attention", Example((7, 6), (5, 4), (5, 6), use_scale=True, dropout=0.5, seed=7)),
    ("attention", Example((7, 1), (5, 6), score_mode="concat", use_scale=True)),
    ("attention", Example((3, 7, 6), (1, 5, 6), (3, None, 6))),
    ("additive_attention", Example((7, 6), use_causal_mask=True)),
    ("additive_attention", Example((7, 6), (5, 4), (5, 6), use_scale=False, dropout=0.5, seed=7)),
    ("einsum_dense", Example((6,), equation="ab,bc->ac", output_shape=4, activation="softmax")),
    ("einsum_dense", Example((7, 6), equation="...b,bc->...c", output_shape=4, bias_axes="c", trainable=False)),
    ("einsum_dense", Example((7, 7, 6), equation="...b,bc->...c", output_shape=4, lora_rank=2, lora_alpha=3)),
    ("einsum_dense", Example((6, None, 5), equation="ab...,bc->ac...", output_shape=(4,), bias_axes="c")),
    ("einsum_dense", Example((None, 6), equation="abc,cde->adeb", output_shape=(3, 2, None), bias_axes="d")),
    ("einsum_dense", Example((7, 6), equation="aBc,c->aBc", output_shape=(7, 6), bias_axes="cB")),
    ("einsum_dense", Example((7, 6), equation="abc,d->abcd", output_shape=(None, 6, 3), kernel_constraint="max_norm")),
    ("einsum_dense", Example((7, 6), equation="abc,b->a", output_shape=(), lora_rank=1)),
    ("reversible_embedding", Example((None, 4), input_dim=9, output_dim=4, reverse=True, logit_soft_cap=30)),
    ("reversible_embedding", Example((7, None), input_dim=9, output_dim=4, reverse=True, tie_weights=False)),
    ("reversible_embedding", Example((), input_dim=9, output_dim=4, mask_zero=True, reverse_dtype="float16")),
    ("reversible_embedding", Example((7, 4), input_dim=9, output_dim=4, reverse=True, lora_rank=2)),
    ("lstm", Example((7, 5), units=3, use_bias=False, activation=None, recurrent_activation="hard_sigmoid")),
    ("lstm", Example((None, 5), units=3, return_sequences=True, go_backwards=True, unit_forget_bias=False)),
    ("lstm", Example((7, 5), (3,), (3,), units=3, dropout=0.2, recurrent_dropout=0.1, seed=7)),
    ("lstm", Example((7, 5), units=3, unroll=True, trainable=False)),
    ("gru", Example((7, 5), units=3, reset_after=False, return_sequences=True)),
    ("gru", Example((None, 5), (3,), units=3, dropout=0.5, dtype="mixed_bfloat16")),
    ("gru", Example((7, 5), units=3, use_bias=False, bias_initializer="ones")),
    ("gru", Example((7, 5), units=3, bias_initializer="orthogonal", recurrent_initializer="identity")),
    ("simple_rnn", Example((7, 5), (3,), units=3, activation="relu", unroll=True)),
    ("simple_rnn", Example((None, 5), units=3, use_bias=False, recurrent_regularizer={"type": "l2", "l2": 1e-4})),
    ("conv_lstm1d", Example((None, 9, 4), filters=3, kernel_size=(3,), strides=2, return_sequences=True)),
    ("conv_lstm1d", Example((5, 9, 4), filters=3, kernel_size=3, dilation_rate=2, unit_forget_bias=False)),
    ("conv_lstm2d", Example(CLIP, filters=3, kernel_size=(1, 3), strides=(1, 2), padding="same", trainable=False)),
    ("conv_lstm2d", Example(CLIP, (7, 6, 2), (7, 6, 2), filters=2, kernel_size=3, go_backwards=True)),
    ("conv_lstm3d", Example((2, *CLIP), filters=2, kernel_size=2, use_bias=False, dropout=0.2)),
    ("time_distributed", Example((5, 6), layer={"type": "dense", "units": 4, "trainable": False})),
    ("time_distributed", Example((None, 9, 12, 6), layer={"type": "depthwise_conv2d", "kernel_size": 3})),
    ("time_distributed", Example((None, 9, 6), layer="global_average_pooling1d", trainable=False)),
    ("time_distributed", Example((3, 7, 5), layer={"type": "bidirectional", "layer": {"type": "gru", "units": 2}})),
    ("bidirectional", Example((7, 5), layer={"type": "gru", "units": 3}, merge_mode="sum")),
    ("bidirectional", Example((None, 5), layer={"type": "simple_rnn", "units": 3, "use_bias": False}, trainable=False)),
    ("bidirectional", Example(CLIP, layer={"type": "conv_lstm2d", "filters": 2, "kernel_size": 3}, merge_mode="ave")),
    ("bidirectional", Example(
        (7, 5),
        layer={"type": "lstm", "units": 3, "return_sequences": True, "trainable": False},
        backward_layer={"type": "gru", "units": 3, "return_sequences": True, "go_backwards": True},
        merge_mode="mul",
    )),
    ("spectral_normalization", Example((5, 6), layer={"type": "dense", "units": 4}, power_iterations=3)),
    ("spectral_normalization", Example((7,), layer={"type": "embedding", "input_dim": 9, "output_dim": 4})),
    ("spectral_normalization", Example(IMAGE, layer={"type": "depthwise_conv2d", "kernel_size": 3, "use_bias": False})),
    ("spectral_normalization", Example(
        (9, 6), layer={"type": "conv1d_transpose", "filters": 4, "kernel_size": 3, "trainable": False}, trainable=False
    )),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "case"),
    [pytest.param(name, case, id=f"{name} {case.options} {case.inputs}") for name, case in [*EXAMPLES.items(), *ROWS]],
)
def test_layer_is_what_keras_makes_of_it(name: str, case: Example) -> None:
    layer = LAYER_TYPES[name].bind(case.options)
    applied = layer.apply(case.inputs)
    built = build(layer, case.inputs)
    assert applied.shape == built.shape
    assert known_as(layer, case.inputs) == built.weights
    assert applied.params == sum(math.prod(weight.shape) for weight in built.weights)
    assert applied.trainable == sum(math.prod(weight.shape) for weight in built.weights if weight.trainable)
    assert applied.macs == expected_macs(name, case.options, built.weights, case.inputs, built.shape)


@pytest.mark.parametrize(
    ("name", "inputs", "shape"),
    [
        ("add", ((None, 4), (3, 4)), (3, 4)),
        ("multiply", ((None, 1), (3, None), (1, 4)), (3, 4)),
        ("maximum", ((None,), (1,)), (None,)),
        ("concatenate", ((None, 4), (3, 5)), (3, 9)),
    ],
)
def test_known_size_is_the_result_of_a_join(name: str, inputs: tuple[Shape, ...], shape: Shape) -> None:
    assert apply(name, {}, inputs).shape == shape


def known(size: int | None) -> int:
    return 4 if size is None else size


@pytest.mark.parametrize("name", LAYER_TYPES)
def test_saved_model_is_plain_keras(name: str, tmp_path: Path) -> None:
    layer, inputs = LAYER_TYPES[name].bind(EXAMPLES[name].options), EXAMPLES[name].inputs
    model = build(layer, inputs).model
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    random = np.random.default_rng(0)
    arrays = [random.uniform(0, 9, (2, *map(known, shape))).astype("float32") for shape in inputs]
    np.testing.assert_array_equal(model(arrays, training=False), again(arrays, training=False))


@pytest.mark.parametrize(("dtype", "computed"), [("float16", "float16"), ("mixed_bfloat16", "bfloat16")])
def test_operations_on_tensors_obey_dtype(dtype: str, computed: str) -> None:
    for name, options in (("glu", {}), ("gelu", {"approximate": True}), ("gelu", {}), ("absolute", {})):
        layer = LAYER_TYPES[name].bind({**options, "dtype": dtype})
        assert build(layer, ((4,),)).model.outputs[0].dtype == computed


# ------------------------------------------------------------------------------------------------------- completeness

# Arguments of Keras that hold no architecture: values of weights, and objects of Python.
NO_OPTIONS = {"Embedding": {"weights", "quantization_config"}, "Dense": {"quantization_config"}}

# A layer gives one tensor, a batch has no fixed size, and what a layer is computed by is no part of it.
RECURRENT = {"return_state", "stateful", "use_cudnn"}
NO_OPTIONS |= dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), RECURRENT)
NO_OPTIONS["Bidirectional"] = {"weights"}

# Tensors between layers are dense, vocabularies are of one dtype, and nothing is adapted to data.
NO_OPTIONS |= {name: {"sparse"} for name in ("CategoryEncoding", "Hashing", "HashedCrossing")}
NO_OPTIONS |= {"Discretization": {"sparse", "num_bins", "epsilon"}, "IntegerLookup": {"sparse", "vocabulary_dtype"}}

# How attention is computed is no part of it, and Keras does not save it; quantized layers are made of built ones.
NO_OPTIONS |= {name: {"flash_attention"} for name in ("MultiHeadAttention", "GroupQueryAttention")}
NO_OPTIONS |= {"EinsumDense": {"gptq_unpacked_column_size", "quantization_config"}}

# These come to Keras through **kwargs, from the class that the layer is made from.
OF_THE_PARENT: dict[str, dict[str, Any]] = {
    "AdditiveAttention": {"seed": None},
    "ReversibleEmbedding": {"lora_rank": None, "lora_alpha": None},
}

# Without these Keras refuses the layer, or wants it adapted to data.
REQUIRED_ALL_THE_SAME = {
    "CategoryEncoding": {"num_tokens"},
    "Discretization": {"bin_boundaries"},
    "IntegerLookup": {"vocabulary"},
}

# What netspec's types stand for or take away: channels are last, and a type is its own activation.
TAKEN_AWAY = {"data_format", "name", "kwargs"}

BASE = ("trainable", "dtype")


def arguments_of(keras_class: type, without: set[str]) -> dict[str, Any]:
    """List the arguments of a Keras class with their defaults."""
    parameters = inspect.signature(keras_class).parameters
    return {
        name: REQUIRED if parameter.default is parameter.empty else parameter.default
        for name, parameter in parameters.items()
        if name not in without
    }


def plain(name: str, value: Any) -> Any:
    """Bring defaults to one form: a tuple of equals is one of them, the name of an object is the object's config."""
    if isinstance(value, tuple | list) and value and all(item == value[0] for item in value):
        return plain(name, value[0])
    if isinstance(value, str) and name.endswith("_initializer"):
        made = keras.initializers.get(value)
        return type(made).__name__, {key: item for key, item in made.get_config().items() if key != "seed"}
    return value


def declared(entry: SettingsType) -> dict[str, Any]:
    return {name: plain(name, option.default) for name, option in entry.options.items()}


# What Keras has no layer for is lowered in its own way, and has options of its own; gelu is both.
OF_KERAS = [name for name, entry in LAYER_TYPES.items() if entry.target.lower is Layer.lower or name == "gelu"]


@pytest.mark.parametrize("name", OF_KERAS)
def test_options_are_the_arguments_of_keras(name: str) -> None:
    entry = LAYER_TYPES[name]
    keras_name = entry.target.keras_name
    without = TAKEN_AWAY | set(BASE) | NO_OPTIONS.get(keras_name, set())
    if keras_name == "Activation":
        without |= {"activation"}
    wanted = arguments_of(getattr(keras.layers, keras_name), without)
    wanted |= dict.fromkeys(REQUIRED_ALL_THE_SAME.get(keras_name, ()), REQUIRED)
    wanted |= OF_THE_PARENT.get(keras_name, {})
    at_call = inspect.signature(getattr(keras.layers, keras_name).call).parameters
    wanted |= {option: at_call[option].default for option in entry.target.call_options}
    if name == "gelu":
        wanted["approximate"] = inspect.signature(keras.activations.gelu).parameters["approximate"].default
    ours = declared(entry)
    assert sorted(ours) == sorted([*wanted, *BASE])
    required = [key for key, value in wanted.items() if value is REQUIRED]
    assert list(ours)[: len(required)] == required
    assert {key: ours[key] for key in wanted} == {key: plain(key, value) for key, value in wanted.items()}


@pytest.mark.parametrize("kind", ["initializer", "regularizer", "constraint"])
def test_objects_are_those_of_keras(kind: str) -> None:
    module = getattr(keras, f"{kind}s")
    base = getattr(module, kind.capitalize())
    classes = {value for value in vars(module).values() if isinstance(value, type) and issubclass(value, base)} - {base}
    if kind == "initializer":
        classes.remove(keras.initializers.STFT)  # the kernel of a spectrogram layer, of no use to others
    ours = {
        getattr(module, entry.target.keras_name): entry for entry in objects(kind) if isinstance(entry, SettingsType)
    }
    assert set(ours) == classes
    for keras_class, entry in ours.items():
        assert declared(entry) == arguments_of(keras_class, set()), entry.name
        assert keras_class.__name__ == type(entry.bind(required(entry)).lower(keras)).__name__


def required(entry: SettingsType) -> dict[str, Any]:
    return {name: 1 for name, option in entry.options.items() if option.required}


def test_every_activation_of_keras_is_a_type() -> None:
    no_types = {"get", "serialize", "deserialize"}
    other_names = {"swish", "hard_swish"}
    functions = {name for name, value in vars(keras.activations).items() if inspect.isfunction(value)}
    usable = functions - no_types - other_names
    assert usable <= set(LAYER_TYPES)
    option = LAYER_TYPES["dense"].options["activation"]
    # Keras reports the shape of a layer with glu wrongly, and can't give threshold its arguments: they are types only
    assert set(option.schema["anyOf"][0]["enum"]) == usable - {"glu", "threshold"}


def test_every_layer_has_a_row() -> None:
    assert {name for name, _ in ROWS} == set(LAYER_TYPES)


@pytest.mark.parametrize("name", LAYER_TYPES)
def test_every_option_is_described(name: str) -> None:
    entry = LAYER_TYPES[name]
    assert entry.summary.endswith(".")
    assert [key for key, option in entry.options.items() if not option.description] == []
