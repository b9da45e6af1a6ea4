"""Cases chosen by hand for what random inputs seldom show, such as sizes that tell one axis from another.

Each is a type, options, input shapes, and the output's shape or the code of netspec's refusal.
"""

from __future__ import annotations

from typing import Any

from netspec.shapes import Shape

# Equal, but not the same object, as small numbers are.
LONG = (int("1000"), int("1000"))


def enlarging(kernel: object, strides: object, padding: str, extra: object, dilation: int = 1) -> dict[str, Any]:
    """Write out the options of a transposed convolution that gives its output padding."""
    sizes = {"kernel_size": kernel, "strides": strides, "dilation_rate": dilation}
    return {"filters": 2, "padding": padding, "output_padding": extra, **sizes}


CASES: tuple[tuple[str, dict[str, Any], tuple[Shape, ...], Shape | str], ...] = (
    ("glu", {}, ((3, 5, 4),), (3, 5, 2)),
    ("glu", {}, ((None, 7, 6),), (None, 7, 3)),
    ("glu", {}, ((4, None),), (4, None)),
    ("glu", {}, ((6, 5, None),), (6, 5, None)),
    ("glu", {}, ((4, 6, 5),), "E305"),
    ("glu", {}, ((None, None, 5),), "E305"),
    ("glu", {}, ((),), "E302"),
    ("reshape", {"target_shape": [32, 32]}, ((1024,),), (32, 32)),
    ("reshape", {"target_shape": [-1, 32]}, ((2, 512),), (32, 32)),
    ("batch_normalization", {"renorm": True, "renorm_clipping": {"rmin": 2, "rmax": 2}}, ((4, 5),), (4, 5)),
    ("batch_normalization", {"renorm": True, "renorm_clipping": {"rmin": 2, "rmax": 3}}, ((4, 5),), (4, 5)),
    ("batch_normalization", {"renorm": False, "renorm_clipping": {"rmin": 3, "rmax": 2}}, ((4, 5),), (4, 5)),
    ("rms_normalization", {}, ((3, 4, 5),), (3, 4, 5)),
    ("rms_normalization", {"axis": [2, 3]}, ((3, 4, 5),), (3, 4, 5)),
    ("rms_normalization", {"axis": [1, 2]}, ((3, 4, 5),), "E302"),
    ("rms_normalization", {"axis": [1, 3]}, ((3, 4, 5),), "E302"),
    ("rms_normalization", {"axis": [-1, 2]}, ((3, 4, 5),), "E302"),
    ("permute", {"dims": [1, 2, 3]}, ((4, 5),), "E302"),
    ("permute", {"dims": [2, 1]}, ((4, 5, 6),), "E302"),
    ("dot", {"axes": 1}, ((4,), (4,)), (1,)),
    ("dot", {"axes": 2}, ((3, LONG[0]), (5, LONG[1])), (3, 5)),
    ("dot", {"axes": [1, 2]}, ((4, 3, 6), (5, 4)), (3, 6, 5)),
    ("dot", {"axes": [2, 1]}, ((4, 3, 6), (5, 4)), "E301"),
    ("concatenate", {"axis": 2}, ((4,), (4, 5)), "E302"),
    ("concatenate", {"axis": 2}, ((4, 5), (4,)), "E301"),
    ("conv1d_transpose", enlarging(3, 3, "same", 0), ((5, 3),), (13, 2)),
    ("conv1d_transpose", enlarging(4, 3, "same", 0), ((5, 3),), "E105"),
    ("conv1d_transpose", enlarging(2, 3, "same", 0), ((5, 3),), "E105"),
    ("conv1d_transpose", enlarging(4, 3, "valid", 0), ((5, 3),), (16, 2)),
    ("conv1d_transpose", enlarging(4, 3, "same", 1), ((5, 3),), (13, 2)),
    ("conv1d_transpose", enlarging(3, 3, "same", 1), ((5, 3),), (14, 2)),
    ("conv1d_transpose", enlarging(4, 3, "valid", 2), ((5, 3),), (18, 2)),
    ("conv1d_transpose", enlarging(4, 3, "valid", 3), ((5, 3),), "E105"),
    ("conv1d_transpose", enlarging(3, 1, "same", 0, 2), ((5, 3),), (5, 2)),
    ("conv1d_transpose", enlarging(4, 1, "same", 0, 3), ((5, 3),), "E105"),
    ("conv1d_transpose", enlarging(4, 1, "valid", 0, 3), ((5, 3),), (14, 2)),
    ("conv2d_transpose", enlarging([3, 4], 2, "same", [0, 1]), ((5, 3, 4),), (9, 5, 2)),
    ("conv2d_transpose", enlarging([4, 3], 2, "same", [0, 1]), ((5, 3, 4),), "E105"),
    ("conv2d_transpose", enlarging([3, 3], [2, 1], "same", [1, 1]), ((5, 3, 4),), "E105"),
    ("dropout", {"rate": 0.5, "noise_shape": [None, 4, 3]}, ((4, 3),), (4, 3)),
    ("dropout", {"rate": 0.5, "noise_shape": [1, 4, 3]}, ((4, 3),), (4, 3)),
    ("dropout", {"rate": 0.5, "noise_shape": [None, 1, None]}, ((4, 3),), (4, 3)),
    ("dropout", {"rate": 0.5, "noise_shape": [4, 3]}, ((4, 3),), (4, 3)),
    ("dropout", {"rate": 0.5, "noise_shape": [1, 3]}, ((4, 3),), (4, 3)),
    ("dropout", {"rate": 0.5, "noise_shape": [3]}, ((4, 3),), (4, 3)),
    ("dropout", {"rate": 0.5, "noise_shape": [None, 5, 3]}, ((None, 3),), (None, 3)),
    ("dropout", {"rate": 0.5, "noise_shape": [2, 4, 3]}, ((4, 3),), "E305"),
    ("dropout", {"rate": 0.5, "noise_shape": [None, 4, 2]}, ((4, 3),), "E305"),
    ("dropout", {"rate": 0.5, "noise_shape": [None, 3]}, ((4, 3),), "E305"),
    ("dropout", {"rate": 0.5, "noise_shape": [1, 1, 4, 3]}, ((4, 3),), "E305"),
    ("normalization", {"mean": [0.5], "variance": [2]}, ((4, 3),), (4, 3)),
    ("normalization", {"axis": [1, 2], "mean": [1, 2, 3], "variance": [1, 2, 3]}, ((4, 3),), (4, 3)),
    ("normalization", {"axis": [1, 2], "mean": [1, 2, 3, 4], "variance": [1, 2, 3, 4]}, ((4, 3),), "E305"),
    ("normalization", {"axis": [1], "mean": [1, 2, 3, 4], "variance": [1, 2, 3, 4]}, ((4, 3),), (4, 3)),
    ("normalization", {"mean": [1] * 300, "variance": [1] * 300}, ((4, 300),), (4, 300)),
    ("normalization", {"mean": [1] * 300, "variance": [1] * 300}, ((300, 4),), "E305"),
    ("adaptive_max_pooling1d", {"output_size": [7]}, ((2, None),), (7, None)),
    ("adaptive_average_pooling3d", {"output_size": [2, 9, 3]}, ((2, 3, 5, 1),), (2, 9, 3, 1)),
    ("random_perspective", {}, ((2, 2, 5),), (2, 2, 5)),
    ("contrast_limited_adaptive_histogram_equalization", {"tile_grid_size": [5, 4]}, ((3, 2, 1),), (3, 2, 1)),
    ("contrast_limited_adaptive_histogram_equalization", {"tile_grid_size": [5, 4]}, ((2, 4, 1),), "E303"),
    ("contrast_limited_adaptive_histogram_equalization", {"tile_grid_size": [4, 5]}, ((4, 2, 1),), "E303"),
    ("category_encoding", {"num_tokens": 5, "output_mode": "count"}, ((4,), (4,)), (5,)),
    ("category_encoding", {"num_tokens": 5, "output_mode": "count"}, ((4,), (3,)), "E301"),
    ("category_encoding", {"num_tokens": 5, "output_mode": "one_hot"}, ((4, 1),), (4, 5)),
    ("category_encoding", {"num_tokens": 5, "output_mode": "one_hot"}, ((1,),), (5,)),
    ("hashing", {"num_bins": 5, "output_mode": "one_hot"}, ((1,),), (5,)),
    ("hashing", {"num_bins": 5, "output_mode": "one_hot"}, ((4, 1),), (4, 5)),
    ("hashing", {"num_bins": 5, "output_mode": "one_hot"}, ((1, 1),), "E305"),
    ("hashing", {"num_bins": 5, "output_mode": "one_hot"}, ((),), "E305"),
    ("integer_lookup", {"vocabulary": [1, 2], "mask_token": 0, "output_mode": "one_hot"}, ((4,),), (4, 3)),
    ("integer_lookup", {"vocabulary": [1, 2], "num_oov_indices": 4, "output_mode": "count"}, ((4,),), (6,)),
    ("integer_lookup", {"vocabulary": [1, 2], "max_tokens": 9, "output_mode": "count"}, ((4,),), (3,)),
    ("integer_lookup", {"vocabulary": [1, 2], "max_tokens": 3}, ((4,),), (4,)),
    ("integer_lookup", {"vocabulary": [1, 2], "max_tokens": 3, "mask_token": 0}, ((4,),), "E105"),
    ("stft_spectrogram", {"frame_length": 2}, ((9, 2),), (8, 4)),
    ("stft_spectrogram", {"frame_length": 9, "mode": "stft"}, ((9, 1),), (1, 18)),
    ("stft_spectrogram", {"frame_length": 8, "padding": "same", "expand_dims": True}, ((9, 2),), (3, 5, 2)),
    ("mel_spectrogram", {"fft_length": 8, "sequence_stride": 3, "num_mel_bins": 2}, ((5,),), "E305"),
    ("mel_spectrogram", {"fft_length": 8, "sequence_stride": 3, "num_mel_bins": 2}, ((6,),), (2, 3)),
    ("mel_spectrogram", {"fft_length": 8, "sequence_stride": 3, "num_mel_bins": 2}, ((4,),), "E303"),
    ("mel_spectrogram", {"fft_length": 7, "sequence_stride": 4, "num_mel_bins": 2}, ((9,),), (2, 3)),
    ("mel_spectrogram", {"fft_length": 7, "sequence_stride": 4, "num_mel_bins": 2}, ((8,),), "E305"),
)
