"""What the layers refuse, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from netspec.errors import Mistake
from netspec.layer import Example
from netspec.registry import Mistakes
from tests.layers.agreement import LAYER_TYPES, apply

IMAGE = (16, 16, 256)
HEADS: dict[str, Any] = {"num_heads": 2, "key_dim": 3}
GROUPS: dict[str, Any] = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
TABLE: dict[str, Any] = {"input_dim": 9, "output_dim": 4}
DENSE: dict[str, Any] = {"type": "dense", "units": 4}
GRU: dict[str, Any] = {"type": "gru", "units": 4}

# Values that no input could suit: the schema of the option, or the layer's check of several options.
OPTIONS: tuple[tuple[str, Example, str, str], ...] = (
    ("conv2d", Example(filters=0, kernel_size=3), "E104", "filters must be a positive integer, not 0"),
    ("conv2d", Example(filters=8, kernel_size=(3, 3, 3)), "E104", "a list of 2 positive integers"),
    ("conv2d", Example(filters=8, kernel_size=3, padding="causal"), "E104", "padding must be valid or same"),
    ("conv2d", Example(filters=8, kernel_size=3, activation="glu"), "E104", "activation must be"),
    ("conv2d", Example(filters=8, kernel_size=3, strides=2, dilation_rate=2), "E105", "can't both be above 1"),
    ("conv1d", Example(filters=9, kernel_size=3, groups=2), "E105", "9 filters can't be split into 2 groups"),
    ("conv2d_transpose", Example(filters=8, kernel_size=3, strides=2, dilation_rate=2), "E105", "both be above 1"),
    ("conv2d_transpose", Example(filters=8, kernel_size=3, strides=(3, 2), output_padding=2), "E105", "which are 2"),
    (
        "conv1d_transpose",
        Example(filters=8, kernel_size=2, strides=2, padding="same", output_padding=0),
        "E105",
        "not 2",
    ),
    ("dense", Example(units=8, lora_rank=2, kernel_constraint="max_norm"), "E105", "lora_rank and kernel_constraint"),
    (
        "embedding",
        Example(input_dim=8, output_dim=2, lora_rank=2, embeddings_constraint="non_neg"),
        "E105",
        "lora_rank",
    ),
    ("reshape", Example(target_shape=(-1, 2, -1)), "E104", "only one size of [-1, 2, -1] can be -1"),
    ("reshape", Example(target_shape=(0, 2)), "E104", "target_shape must be"),
    ("permute", Example(dims=(1, 3)), "E104", "dims must hold each number from 1 to 2 once, not [1, 3]"),
    ("dropout", Example(rate=1.5), "E104", "rate must be a number from 0 to 1"),
    ("gaussian_dropout", Example(rate=1), "E104", "rate must be"),
    ("activity_regularization", Example(l1=-0.1), "E104", "l1 must be"),
    ("relu", Example(max_value=-1), "E104", "max_value must be"),
    ("up_sampling1d", Example(size=(2,)), "E104", "size must be a positive integer"),
    ("up_sampling2d", Example(interpolation="area"), "E104", "interpolation must be"),
    ("layer_normalization", Example(axis=()), "E104", "axis must be"),
    ("group_normalization", Example(groups=0), "E104", "groups must be"),
    ("batch_normalization", Example(renorm_clipping={"max": 1}), "E104", "a mapping of rmax, rmin or dmax or null"),
    ("batch_normalization", Example(renorm=True, renorm_clipping={"rmin": 2, "rmax": 1}), "E105", "rmax 1 is below"),
    ("rescaling", Example(scale=(1, 2), offset=(1, 2, 3)), "E105", "different numbers of values"),
    ("normalization", Example(mean=1), "E105", "mean needs variance beside it"),
    ("normalization", Example(variance=1), "E105", "variance needs mean beside it"),
    ("normalization", Example(mean=(1, 2), variance=1), "E105", "different numbers of values"),
    ("normalization", Example(axis=None, mean=(1, 2), variance=(1, 2)), "E105", "without an axis there is one mean"),
    ("repeat_vector", Example(n=0), "E104", "n must be a positive integer"),
    ("adaptive_max_pooling2d", Example(output_size=(2, 2, 2)), "E104", "output_size must be"),
    ("resizing", Example(height=8, width=8, fill_mode="reflect"), "E104", "fill_mode must be constant"),
    (
        "resizing",
        Example(height=8, width=8, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True),
        "E105",
        "can't both be true",
    ),
    ("random_rotation", Example(factor=30), "E104", "factor must be a number from -1 to 1 or a list of 2"),
    ("random_zoom", Example(height_factor=-1), "E104", "height_factor must be a number above -1"),
    ("random_shear", Example(y_factor=0.1), "E104", "whose y_factor is one number"),
    ("random_gaussian_blur", Example(kernel_size=(3, 4)), "E104", "kernel_size must be odd, not 4"),
    ("random_posterization", Example(factor=9), "E104", "factor must be an integer from 1 to 8"),
    ("random_hue", Example(factor=0.1, value_range=(255, 0)), "E104", "the lowest and then the highest"),
    ("auto_contrast", Example(value_range=(1, 1)), "E104", "value_range must be the lowest"),
    ("discretization", Example(bin_boundaries=(1, 0)), "E104", "bin_boundaries must rise"),
    ("hashing", Example(num_bins=4, dtype="float32"), "E105", "which dtype float32 has not"),
    ("integer_lookup", Example(vocabulary=(3, 1, 3)), "E104", "3 is in the vocabulary twice"),
    ("integer_lookup", Example(vocabulary=(3, 1), mask_token=1), "E105", "mask_token means something else"),
    ("integer_lookup", Example(vocabulary=(3, -1)), "E105", "oov_token means something else"),
    ("integer_lookup", Example(vocabulary=(3, 1), invert=True, output_mode="count"), "E105", "invert gives numbers"),
    ("integer_lookup", Example(vocabulary=(3, 1), pad_to_max_tokens=True), "E105", "needs max_tokens beside it"),
    ("integer_lookup", Example(vocabulary=(3, 1), salt=3), "E105", "salt belongs to oov_method farmhash"),
    ("integer_lookup", Example(vocabulary=(3, 1), idf_weights=(1, 2)), "E105", "belong together"),
    (
        "integer_lookup",
        Example(vocabulary=(3, 1), idf_weights=(1,), output_mode="tf_idf"),
        "E105",
        "2 numbers and 1 idf_weights",
    ),
    ("integer_lookup", Example(vocabulary=(3, 1), max_tokens=2), "E105", "3 indices are more than max_tokens"),
    ("stft_spectrogram", Example(frame_length=8, frame_step=9), "E105", "frame_step 9 is above frame_length 8"),
    ("stft_spectrogram", Example(frame_length=8, fft_length=4), "E105", "fft_length 4 is below frame_length 8"),
    ("stft_spectrogram", Example(frame_length=1), "E105", "half of a frame_length of 1 is no step"),
    ("mel_spectrogram", Example(fft_length=8, sequence_length=9), "E105", "sequence_length 9 is above fft_length 8"),
    ("gru", Example(units=3, dropout=1.0), "E104", "dropout must be a number at least 0 and below 1"),
    ("conv_lstm1d", Example(filters=3, kernel_size=3, strides=2, dilation_rate=2), "E105", "can't both be above 1"),
    ("bidirectional", Example(layer=DENSE), "E105", "can't wrap dense, which has no direction"),
    ("bidirectional", Example(layer=GRU, backward_layer=DENSE), "E105", "can't wrap dense, which has no direction"),
    ("bidirectional", Example(layer={**GRU, "go_backwards": True}), "E105", "the first does so already"),
    ("bidirectional", Example(layer=GRU, backward_layer=GRU), "E105", "both of its layers go forwards"),
    (
        "bidirectional",
        Example(layer=GRU, backward_layer={**GRU, "go_backwards": True, "return_sequences": True}),
        "E105",
        "one of its layers returns sequences, the other does not",
    ),
    ("bidirectional", Example(layer=GRU, merge_mode=None), "E104", "merge_mode must be concat, sum, mul or ave"),
    ("spectral_normalization", Example(layer=DENSE, power_iterations=0), "E104", "power_iterations must be a positive"),
    ("multi_head_attention", Example(num_heads=0, key_dim=3), "E104", "num_heads must be a positive integer"),
    (
        "group_query_attention",
        Example(head_dim=3, num_query_heads=8, num_key_value_heads=3),
        "E105",
        "8 query heads can't share 3 key-value heads",
    ),
    ("attention", Example(score_mode="product"), "E104", "score_mode must be dot or concat"),
    ("attention", Example(dropout=2), "E104", "dropout must be a number from 0 to 1"),
    ("reversible_embedding", Example(input_dim=9, output_dim=4, logit_soft_cap=0), "E104", "logit_soft_cap must be"),
    (
        "reversible_embedding",
        Example(input_dim=9, output_dim=4, lora_rank=2, tie_weights=False),
        "E105",
        "lora_rank and tie_weights: false",
    ),
    ("einsum_dense", Example(equation="ab", output_shape=4), "E104", "must be like ab,bc->ac"),
    ("einsum_dense", Example(equation="ab,bc->...c", output_shape=4), "E104", "must be like ab,bc->ac"),
    ("einsum_dense", Example(equation="a...b,bc->a...c", output_shape=4), "E104", "must be like ab,bc->ac"),
    ("einsum_dense", Example(equation="a...,b->ab...", output_shape=4), "E104", "must be like ab,bc->ac"),
    ("einsum_dense", Example(equation="ab, bc -> ac", output_shape=4), "E104", "not 'ab, bc -> ac'"),
    ("einsum_dense", Example(equation="abb,bc->ac", output_shape=4), "E104", "has b twice in abb"),
    ("einsum_dense", Example(equation="ab,bc->ca", output_shape=4), "E104", "mixes samples: a, the first letter"),
    ("einsum_dense", Example(equation="ab,abc->ac", output_shape=4), "E104", "mixes samples: a, the first letter"),
    ("einsum_dense", Example(equation="ab,bcd->ac", output_shape=4), "E104", "has d in the kernel alone"),
    ("einsum_dense", Example(equation="ab,bc->acd", output_shape=(4, 5)), "E104", "has d in the output alone"),
    ("einsum_dense", Example(equation="abc,cd->abd", output_shape=4), "E105", "has 1 size, but the output has 2: b, d"),
    ("einsum_dense", Example(equation="...b,bc->...c", output_shape=(5, 4)), "E105", "2 sizes, but the output has 1"),
    (
        "einsum_dense",
        Example(equation="ab,bc->ac", output_shape=(None,)),
        "E105",
        "a number for c, an axis of the kernel",
    ),
    ("einsum_dense", Example(equation="ab,bc->ac", output_shape=4, bias_axes="b"), "E105", "letters of the output"),
    ("einsum_dense", Example(equation="ab,bc->ac", output_shape=4, bias_axes="a"), "E105", "but the batch"),
    ("einsum_dense", Example(equation="ab,bc->ac", output_shape=4, bias_axes=""), "E105", "not ''"),
    (
        "einsum_dense",
        Example(equation="abc,cd->abd", output_shape=(None, 4), bias_axes="b"),
        "E105",
        "a number for b, an axis of the bias",
    ),
    (
        "einsum_dense",
        Example(equation="ab,bc->ac", output_shape=4, lora_rank=2, kernel_constraint="non_neg"),
        "E105",
        "lora_rank and kernel_constraint",
    ),
)

# Options that are good for other inputs than these; last, where the way out names it, a word of the help.
INPUTS: tuple[tuple[str, Example, str, str, str], ...] = (
    ("conv2d", Example((256,), filters=8, kernel_size=3), "E302", "height×width×channels (3 axes)", "reshape"),
    ("conv2d", Example((16, 256), filters=8, kernel_size=3), "E302", "its input is 16×256 (2 axes)", "use conv1d"),
    ("conv2d", Example((4, *IMAGE), filters=8, kernel_size=3), "E302", "(4 axes)", "use conv3d"),
    ("conv2d", Example((), filters=8, kernel_size=3), "E302", "its input is scalar (no axes)", "reshape"),
    ("conv2d", Example((16, 2, 8), filters=8, kernel_size=3), "E303", "3×3, but its input is only 16×2", "same"),
    ("conv1d", Example((8, 3), filters=8, kernel_size=5, dilation_rate=2), "E303", "a window of 9", "smaller"),
    ("conv2d", Example((16, 16, None), filters=8, kernel_size=3), "E304", "not known here: the channels", "null"),
    ("conv2d", Example((9, 9, 9), filters=8, kernel_size=3, groups=2), "E305", "9 channels can't be", "divides 9"),
    ("conv3d_transpose", Example(IMAGE, filters=8, kernel_size=2), "E302", "depth×height", "use conv2d_transpose"),
    ("conv2d_transpose", Example((4, 4, None), filters=8, kernel_size=2), "E304", "channels", "null"),
    ("depthwise_conv2d", Example((4, *IMAGE), kernel_size=3), "E302", "depthwise_conv2d wants height", "reshape"),
    ("depthwise_conv1d", Example((4, None), kernel_size=3), "E304", "channels", "null"),
    ("dense", Example((8,), units=4, bias_initializer="orthogonal"), "E305", "can't start the bias", "any shape"),
    (
        "depthwise_conv2d",
        Example(IMAGE, kernel_size=3, depthwise_initializer="identity"),
        "E305",
        "identity can't start the kernel",
        "any shape",
    ),
    ("separable_conv1d", Example(IMAGE, filters=8, kernel_size=3), "E302", "steps×channels", "separable_conv2d"),
    ("separable_conv2d", Example((4, 4, None), filters=8, kernel_size=3), "E304", "channels", "null"),
    ("dense", Example((), units=8), "E302", "dense wants at least 1 axis", "reshape"),
    ("dense", Example((4, None), units=8), "E304", "the size of the last axis", "null"),
    ("reshape", Example(IMAGE, target_shape=(256, 255)), "E305", "can't make 256×255 of 16×16×256", "-1"),
    ("reshape", Example((7,), target_shape=(2, -1)), "E305", "can't make 2×-1 of 7", "-1"),
    ("reshape", Example((None, 3), target_shape=(4,)), "E305", "can't make 4 of ?×3", "-1"),
    ("permute", Example(IMAGE, dims=(2, 1)), "E302", "orders 2 axes, but the input is 16×16×256", "reshape"),
    ("add", Example(IMAGE, (16, 16, 128)), "E301", "add can't join 16×16×256 with 16×16×128", "kernel_size: 1"),
    ("multiply", Example((3, 4), (5, 4), (3, 4)), "E301", "can't join 3×4 with 5×4", "same sizes"),
    ("subtract", Example((3,), (3,), (3,)), "E306", "subtract wants 2 inputs, but it gets 3", "from"),
    ("concatenate", Example(IMAGE, (8, 16, 256)), "E301", "16×16×256 with 8×16×256", "only axis 3"),
    ("concatenate", Example(IMAGE, (256,)), "E301", "16×16×256 with 256", "flatten or global_average_pooling2d"),
    ("concatenate", Example(IMAGE, IMAGE, axis=0), "E104", "axis 0 is the batch", "write 1 to 3"),
    ("concatenate", Example((4,), (4,), axis=2), "E302", "there is no axis 2 in 4 (1 axis)", "write 1, or"),
    ("dot", Example((3, 4), (3, 4), axes=(1, 2)), "E301", "axis 1 has size 3, axis 2 has 4", "axes"),
    ("dot", Example((3, 4), (None, 4), axes=1), "E301", "axis 1 has size 3, axis 1 has ?", "size"),
    ("dot", Example((4,), axes=1), "E306", "dot wants 2 inputs, but it gets 1", "from"),
    ("dot", Example((3, 4), (4,), axes=0), "E104", "axis 0 is the batch", "-1"),
    ("dot", Example((3, 4), (4,), axes=(2, -3)), "E302", "there is no axis -3 in 4", "-1"),
    ("batch_normalization", Example(IMAGE, axis=0), "E104", "axis 0 is the batch", "write 1 to 3"),
    ("batch_normalization", Example(IMAGE, axis=-4), "E104", "axis -4 is the batch", "write 1 to 3"),
    ("batch_normalization", Example(IMAGE, axis=4), "E302", "there is no axis 4 in 16×16×256", "write 1 to 3"),
    ("batch_normalization", Example((16, None)), "E304", "the size of axis 2", "null"),
    ("layer_normalization", Example(IMAGE, axis=(-1, 3)), "E104", "axis 3 is named twice in [-1, 3]", "once"),
    ("group_normalization", Example((16, 16, 48)), "E305", "48 channels can't be split into 32", "divides 48"),
    ("group_normalization", Example((16, None)), "E304", "the size of axis 2", "null"),
    ("rms_normalization", Example((3, 4), axis=1), "E302", "only along the last axes of 3×4", "permute"),
    ("unit_normalization", Example(()), "E104", "axis -1 is the batch", "reshape"),
    ("max_pooling2d", Example((1, 16, 8)), "E303", "a window of 2×2, but its input is only 1×16", "same"),
    ("average_pooling1d", Example(IMAGE, pool_size=2), "E302", "steps×channels", "use average_pooling2d"),
    ("global_average_pooling2d", Example((256,)), "E302", "its input is 256 (1 axis)", "leave it out"),
    ("spatial_dropout3d", Example(IMAGE, rate=0.5), "E302", "depth×height×width×channels", "use spatial_dropout2d"),
    ("zero_padding2d", Example((16, 3)), "E302", "height×width×channels", "use zero_padding1d"),
    ("cropping2d", Example((4, 9, 3), cropping=(2, 3)), "E303", "cuts off 4×6, but its input is only 4×9", "less"),
    ("cropping1d", Example((4, 3), cropping=(4, 1)), "E303", "cuts off 5, but its input is only 4", "less"),
    ("up_sampling2d", Example((16, 3)), "E302", "height×width×channels", "use up_sampling1d"),
    ("dropout", Example((4, 8), rate=0.5, noise_shape=(None, 4, 2)), "E305", "noise_shape ?×4×2", "3 sizes"),
    ("alpha_dropout", Example((4, 8), rate=0.5, noise_shape=(None, 8)), "E305", "noise_shape ?×8", "3 sizes"),
    ("dropout", Example((4,), rate=0.5, noise_shape=(32, 4)), "E305", "noise_shape 32×4", "null"),
    ("prelu", Example((4, None)), "E304", "the size of axis 2", "null"),
    ("prelu", Example((4, 8), shared_axes=3), "E302", "there is no axis 3 in 4×8", "write 1 to 2"),
    ("softmax", Example((4,), axis=(1, -1)), "E104", "axis -1 is named twice", "once"),
    ("log_softmax", Example(()), "E302", "log_softmax wants at least 1 axis", "reshape"),
    ("glu", Example((4, 7)), "E305", "that of 4×7 has an odd size", "even"),
    ("rescaling", Example((4, 3), scale=(1, 2)), "E305", "2 numbers don't fit the last axis of 4×3", "one number"),
    ("normalization", Example((4, 3), mean=(1, 2), variance=(1, 2)), "E305", "2 means don't fit", "one mean"),
    ("normalization", Example((None, 3), axis=1), "E304", "the size of axis 1", "null"),
    ("normalization", Example((4, 3), axis=(2, -1)), "E104", "named twice", "once"),
    ("repeat_vector", Example((4, 3), n=2), "E302", "wants features (1 axis), but its input is 4×3", "flatten"),
    ("masking", Example(()), "E302", "masking wants at least 1 axis", "reshape"),
    ("adaptive_max_pooling2d", Example((9, 3), output_size=2), "E302", "height×width", "use adaptive_max_pooling1d"),
    ("adaptive_max_pooling1d", Example((None, 3), output_size=2), "E304", "the sizes that it pools", "global_max"),
    (
        "adaptive_average_pooling2d",
        Example(IMAGE, output_size=1),
        "E105",
        "can't compile an output_size of 1",
        "{type: global_average_pooling2d, keepdims: true}",
    ),
    (
        "adaptive_average_pooling2d",
        Example(IMAGE, output_size=(1, 4)),
        "E105",
        "can't compile",
        "{type: average_pooling2d, pool_size: [16, 4]}",
    ),
    ("adaptive_max_pooling1d", Example((1, 3), output_size=2), "E305", "can't compile 2 of 1", "up_sampling1d"),
    ("adaptive_max_pooling2d", Example((7, 7, 3), output_size=(1, 4)), "E105", "can't compile", "1 for all axes"),
    ("center_crop", Example((16, 3), height=8, width=8), "E302", "its input is 16×3 (2 axes)", "reshape"),
    ("random_flip", Example((4, *IMAGE)), "E302", "its input is 4×16×16×256 (4 axes)", "reshape"),
    ("random_hue", Example((8, 8, 4), factor=0.1), "E305", "images with 3 channels, not 8×8×4", "before"),
    ("random_grayscale", Example((8, 8, 4)), "E305", "images with 1 or 3 channels", "before"),
    ("random_grayscale", Example((8, 8, None)), "E304", "has to know the sizes of its images", "instead of null"),
    ("random_erasing", Example((8, None, 3)), "E304", "which are 8×?×3", "resizing"),
    ("random_erasing", Example((8, 8, 4), fill_value=(1, 2, 3)), "E305", "images with 3 channels", "before"),
    ("random_color_jitter", Example((8, 8, 4), hue_factor=0.1), "E305", "images with 3 channels", "before"),
    ("random_perspective", Example((1, 8, 3)), "E303", "images with four corners, not 1×8", "above 1"),
    (
        "contrast_limited_adaptive_histogram_equalization",
        Example((3, 16, 3)),
        "E303",
        "3×16 can't be cut into 8×8 tiles",
        "fewer",
    ),
    ("category_encoding", Example((4, 3), num_tokens=5), "E302", "wants numbers (1 axis)", "one_hot"),
    ("category_encoding", Example((4,), (4,), num_tokens=5), "E105", "output_mode multi_hot does not ask", "count"),
    ("category_encoding", Example((4,), (3,), num_tokens=5, output_mode="count"), "E301", "with weights of 3", "each"),
    ("hashing", Example((4,), num_bins=5, output_mode="one_hot"), "E305", "another shape than it makes", "reshape"),
    ("hashed_crossing", Example((4,), (4,), num_bins=5), "E302", "a single number of each input, not 4", "[1]"),
    ("hashed_crossing", Example((1,), (), num_bins=5), "E301", "can't cross 1 with scalar", "same"),
    ("stft_spectrogram", Example((800,)), "E302", "wants samples×channels (2 axes)", "reshape"),
    ("stft_spectrogram", Example((100, 1)), "E303", "a window of 256, but its input is only 100", "smaller"),
    ("stft_spectrogram", Example((800, None)), "E304", "how many channels there are", "null"),
    ("mel_spectrogram", Example((800, 1)), "E302", "wants samples (1 axis)", "flatten"),
    ("mel_spectrogram", Example((800,)), "E303", "wants more than 1024 samples", "fft_length"),
    ("mel_spectrogram", Example((4095,)), "E305", "Keras says 9 frames, but makes 8", "4096 samples"),
    (
        "mel_spectrogram",
        Example((100,), fft_length=8, sequence_stride=1),
        "E305",
        "Keras says 102 frames",
        "sequence_stride above 1",
    ),
    ("multi_head_attention", Example((6,), **HEADS), "E302", "steps×features (2 axes), but its input is 6", "reshape"),
    ("multi_head_attention", Example((4, None), **HEADS), "E304", "the features of the query", "null"),
    ("multi_head_attention", Example((4, 6), (5, None), **HEADS), "E304", "the features of the value", "null"),
    ("multi_head_attention", Example((4, 6), (5, 6), (5, None), **HEADS), "E304", "features of the key", "null"),
    ("multi_head_attention", Example((4, 6), (5, 6), (4, 6), **HEADS), "E301", "a key of its own", "same node"),
    ("multi_head_attention", Example((4, 6), (5, 6), (None, 6), **HEADS), "E301", "key ?×6", "numbers or null"),
    ("multi_head_attention", Example((4, 6), (5, 5, 6), **HEADS), "E301", "numbers of axes", "reshape"),
    (
        "multi_head_attention",
        Example(IMAGE, (8, 16, 256), attention_axes=2, **HEADS),
        "E301",
        "does not attend along axis 1, which has size 16 here and 8 there",
        "add 1 to attention_axes",
    ),
    ("multi_head_attention", Example(IMAGE, attention_axes=3, **HEADS), "E104", "the features", "[1, 2]"),
    ("multi_head_attention", Example(IMAGE, attention_axes=(1, 0), **HEADS), "E104", "is the batch", "1 to 3"),
    ("multi_head_attention", Example(IMAGE, attention_axes=(1, 1), **HEADS), "E104", "named twice", "once"),
    ("multi_head_attention", Example(IMAGE, attention_axes=4, **HEADS), "E302", "there is no axis 4", "1 to 3"),
    (
        "multi_head_attention",
        Example(IMAGE, use_causal_mask=True, **HEADS),
        "E105",
        "use_causal_mask counts along axis 1, but 16×16×256 is attended along [1, 2]",
        "target_shape: [256, 256]",
    ),
    (
        "multi_head_attention",
        Example((None, 4, 6), sliding_window=3, attention_axes=2, **HEADS),
        "E105",
        "sliding_window counts along axis 1",
        "target_shape: [-1, 6]",
    ),
    ("multi_head_attention", Example((2, 2, 2, 2, 2), **HEADS), "E302", "scores of 10 axes", "reshape"),
    ("multi_head_attention", Example((2, 2, 2, 2), attention_axes=1, **HEADS), "E302", "of 6 axes", "reshape"),
    ("group_query_attention", Example(IMAGE, **GROUPS), "E302", "wants steps×features (2 axes)", "reshape"),
    ("group_query_attention", Example((4, 6), (4, 8), **GROUPS), "E301", "have 6 and 8", "units: 6"),
    ("attention", Example((6,)), "E302", "wants steps×features", "reshape"),
    ("attention", Example((4, 6), (5, 8)), "E301", "query and value need the same features", "units: 6"),
    ("attention", Example((4, 6), (5, 8), (5, 7)), "E301", "query and key need the same features", "units: 6"),
    ("attention", Example((4, 6), (5, 6), (4, 6)), "E301", "there are 5 and 4", "same node"),
    ("attention", Example((1, 4, 6), (3, 5, 6)), "E301", "axis 1 has size 1 here and 3 there", "reshape"),
    ("attention", Example((1, 4, 6), (None, 5, 6)), "E301", "axis 1 has size 1 here and ? there", "reshape"),
    ("attention", Example((2, 2, 2, 2, 2)), "E302", "scores of 6 axes", "reshape"),
    ("additive_attention", Example((4, None)), "E304", "features of the query", "null"),
    ("additive_attention", Example((4, 6), (5, 8)), "E301", "have 6 and 8", "units: 6"),
    ("reversible_embedding", Example((5, 3), reverse=True, **TABLE), "E305", "of 4, but its input is 5×3", "units: 4"),
    ("reversible_embedding", Example((), reverse=True, **TABLE), "E302", "at least 1 axis", "reshape"),
    (
        "einsum_dense",
        Example((5, 6, 7), equation="abc,cd->abd", output_shape=(5, 4)),
        "E302",
        "abc,cd->abd wants 2 axes beside the batch, but its input is 5×6×7 (3)",
        "a letter",
    ),
    ("einsum_dense", Example((), equation="...b,bc->...c", output_shape=4), "E302", "1 or more axes", "a letter"),
    ("einsum_dense", Example((5,), equation="...abc,cd->...d", output_shape=4), "E302", "3 or more", "a letter"),
    (
        "einsum_dense",
        Example((5, 6), equation="abc,cd->abd", output_shape=(4, 3)),
        "E305",
        "gives b the size 4, but in the input 5×6 it is 5",
        "write 5 for b",
    ),
    (
        "einsum_dense",
        Example((None, 6), equation="abc,cd->abd", output_shape=(4, 3)),
        "E305",
        "it is ?",
        "write null for b",
    ),
    ("einsum_dense", Example((5, None), equation="abc,cd->abd", output_shape=(5, 3)), "E304", "the axis c", "null"),
    (
        "einsum_dense",
        Example((5, 6, 8), equation="...c,c->...c", output_shape=8),
        "E305",
        "turns round the axes 5×6",
        'equation: "abdc,c->abdc" and output_shape: [null, null, 8]',
    ),
    (
        "einsum_dense",
        Example((6,), equation="ab,b->a", output_shape=(), activation="softmax"),
        "E302",
        "leaves a single number",
        "leave an axis",
    ),
    ("einsum_dense", Example((1,) * 11, equation="...c,c->...c", output_shape=1), "E302", "10 axes are", "reshape"),
    ("lstm", Example((9,), units=3), "E302", "steps×features (2 axes), but its input is 9", "put embedding"),
    ("gru", Example((9, 4, 5), units=3), "E302", "its input is 9×4×5", "target_shape: [9, 20]"),
    ("gru", Example((9, 4), (5,), units=3), "E305", "an initial state of 5 does not fit", "write units: 5"),
    ("conv_lstm2d", Example((8, 8, 3), filters=2, kernel_size=3), "E302", "its input is 8×8×3", "use conv2d"),
    (
        "time_distributed",
        Example((8, 8, 3), layer={"type": "conv2d", "filters": 2, "kernel_size": 3}),
        "E302",
        "its input is 8×3 (2 axes)",
        "write the conv2d by itself, which takes 8×8×3",
    ),
    ("multi_head_attention", Example((8,), **HEADS), "E302", "but its input is 8 (1 axis)", "put embedding before it"),
    ("group_query_attention", Example((4, 5, 6), **GROUPS), "E302", "4×5×6", "target_shape: [20, 6]"),
    ("learned_tokens", Example((None, 5, 6)), "E302", "?×5×6", "target_shape: [-1, 6]"),
    ("learned_tokens", Example((4, 5, None)), "E302", "4×5×?", "put reshape before it"),
    (
        "einsum_dense",
        Example((4, 6), equation="ab,bc->ac", output_shape=3),
        "E302",
        "wants 1 axis beside the batch",
        "abc,cd->abd",
    ),
    ("gru", Example((None, 4, 5), units=3), "E302", "its input is ?×4×5", "target_shape: [-1, 20]"),
    ("gru", Example((9, None, 5), units=3), "E302", "its input is 9×?×5", "target_shape: [9, -1]"),
    ("gru", Example((None, None, 5), units=3), "E302", "its input is ?×?×5", "put reshape before it"),
    ("simple_rnn", Example((9, None), units=3), "E304", "the number of features", "null"),
    ("simple_rnn", Example((None, 4), units=3, unroll=True), "E304", "can't be unrolled", "leave unroll out"),
    ("lstm", Example((9, 4), (3,), units=3), "E306", "hidden_state and cell_state together", "leave both out"),
    ("lstm", Example((9, 4), (3,), (4,), units=3), "E305", "state of 4 does not fit its states of 3", "tensor of 3"),
    ("gru", Example((9, 4), (9, 3), units=3), "E305", "of 9×3 does not fit its states of 3", "another gru"),
    ("conv_lstm2d", Example((4, 9, 3), filters=2, kernel_size=3), "E302", "steps×height×width", "use conv_lstm1d"),
    ("conv_lstm3d", Example((4,), filters=2, kernel_size=3), "E302", "steps×depth×height", "put reshape before it"),
    ("conv_lstm1d", Example((4, None, 3), filters=2, kernel_size=3), "E304", "that of 4×?×3 is not known", "null"),
    ("conv_lstm1d", Example((4, 9, None), filters=2, kernel_size=3), "E304", "channels", "null"),
    ("conv_lstm1d", Example((4, 2, 3), filters=2, kernel_size=3), "E303", "a window of 3", "same"),
    ("conv_lstm1d", Example((4, 9, 3), (9, 2), (9, 2), filters=2, kernel_size=3), "E305", "its states of 7×2", "7×2"),
    ("time_distributed", Example((4,), layer=DENSE), "E302", "(2 axes or more), but its input is 4", "dense by itself"),
    ("time_distributed", Example((4, 8), layer="add"), "E105", "can't wrap add: a layer inside gets one", "of its own"),
    ("time_distributed", Example((4, 8), layer="glu"), "E105", "it is built of operations", "a node of its own"),
    ("time_distributed", Example((4, 8), layer={"type": "gelu", "approximate": True}), "E105", "of operations", "own"),
    ("time_distributed", Example((4, None), layer=DENSE), "E304", "dense has weights", "null"),
    ("time_distributed", Example((4, 5), layer={**DENSE, "bias_initializer": "orthogonal"}), "E305", "bias", "shape"),
    ("bidirectional", Example((4,), layer=GRU), "E302", "gru wants steps×features", "embedding"),
    (
        "bidirectional",
        Example((9, 8), layer=GRU, backward_layer={**GRU, "units": 5, "go_backwards": True}),
        "E105",
        "its layers give 4 and 5",
        "same number of units",
    ),
    ("spectral_normalization", Example((4, 8), layer="relu"), "E105", "it has no kernel of its own", "a node"),
    ("spectral_normalization", Example((4, 8), layer=GRU), "E105", "it has no kernel of its own", "a node"),
    ("spectral_normalization", Example((8,), layer={**DENSE, "lora_rank": 2}), "E105", "is frozen", "lora_rank out"),
)  # fmt: skip


def refusal(name: str, case: Example) -> Mistake:
    with pytest.raises((Mistake, Mistakes)) as caught:
        apply(name, case.options, case.inputs)
    mistakes = caught.value.mistakes if isinstance(caught.value, Mistakes) else [caught.value]
    assert len(mistakes) == 1
    assert isinstance(mistakes[0], Mistake)
    return mistakes[0]


@pytest.mark.parametrize(("name", "case", "code", "words"), OPTIONS)
def test_options_are_refused(name: str, case: Example, code: str, words: str) -> None:
    mistake = refusal(name, case)
    assert (mistake.code, mistake.message.startswith(name)) == (code, True)
    assert words in mistake.message
    assert mistake.option[0] in case.options


@pytest.mark.parametrize(("name", "case", "code", "words", "way_out"), INPUTS)
def test_inputs_are_refused(name: str, case: Example, code: str, words: str, way_out: str) -> None:
    mistake = refusal(name, case)
    assert (mistake.code, mistake.message.startswith(name)) == (code, True)
    assert words in mistake.message
    assert way_out in mistake.help
    assert not mistake.option or mistake.option[0] in LAYER_TYPES[name].options


def test_a_join_says_what_each_side_brings() -> None:
    notes = refusal("add", Example((3, 4), (5, 4), (3, 4))).notes
    assert notes == {0: "this side is 3×4", 1: "this side is 5×4", 2: "this side is 3×4"}


def test_the_item_at_fault_is_pointed_at() -> None:
    assert refusal("layer_normalization", Example((3, 4), axis=(1, 5))).option == ("axis", 1)
    assert refusal("dot", Example((3, 4), (5, 4), axes=(2, 4))).option == ("axes", 1)
    assert refusal("prelu", Example((3, 4), shared_axes=(1, 3))).option == ("shared_axes", 1)
    assert refusal("time_distributed", Example((3, 4), layer={"type": "softmax", "axis": 5})).option == (
        "layer",
        "axis",
    )
    backwards = {**GRU, "go_backwards": True}
    assert refusal("bidirectional", Example((3, 4), layer=backwards)).option == ("layer", "go_backwards")
