"""Sounds as pictures of their frequencies.

See https://keras.io/api/layers/preprocessing_layers/audio_preprocessing/.
"""

from __future__ import annotations

from math import prod
from typing import Annotated, Literal

from netspec.errors import Mistake
from netspec.layer import Example, Layer, Weight, Weights, Work, register_layer
from netspec.layers.counting import NOTHING, per_value, times, total
from netspec.layers.fields import NonNegative, Padding, PositiveInt
from netspec.options import Doc, Keywords
from netspec.reaches import ALL, Sight, padding_before, same, window
from netspec.shapes import Shape, require_rank, sliding, volume

Positive = Annotated[float, Keywords(exclusiveMinimum=0)]


OF_BOTH_PARTS = {
    "real": Work(),
    "imag": Work(),
    "stft": Work(workspace=2),
    "angle": Work(0, 1, kept=2, workspace=2),
    "psd": Work(4, kept=2, workspace=2),  # the power, and that of the other half of the frequencies, which is the same
    "magnitude": Work(4, 1, kept=2, workspace=2),  # sqrt(max(real * real + imag * imag, least))
    "log": Work(5, 2, kept=2, workspace=2),  # log(max(magnitude, least))
}
"""What is done with the real and imaginary part of each frequency, by mode."""


@register_layer
class STFTSpectrogram(Layer):
    """Short-time Fourier transform, as a convolution whose filters start as waves and may be trained."""

    example = Example((800, 2), frame_length=64, frame_step=32)

    mode: Annotated[
        Literal["log", "magnitude", "psd", "real", "imag", "angle", "stft"],
        Doc("what is given of each frequency: its strength, its power, a part of it, or both parts (stft)"),
    ] = "log"
    frame_length: Annotated[PositiveInt, Doc("samples of a frame")] = 256
    frame_step: Annotated[PositiveInt | None, Doc("samples from one frame to the next; null for half a frame")] = None
    fft_length: Annotated[
        PositiveInt | None, Doc("samples that a frame is padded to; null for the next power of two")
    ] = None
    window: Annotated[
        Literal[
            "hann", "hamming", "blackman", "blackmanharris", "bartlett", "barthann", "bohman", "boxcar", "cosine",
            "flattop", "nuttall", "parzen", "triang", "tukey",
        ]
        | None,
        Doc("how much the samples of a frame count; null for all the same"),
    ] = "hann"  # fmt: skip
    periodic: Annotated[bool, Doc("whether the window is one of a row that goes on")] = False
    scaling: Annotated[
        Literal["density", "spectrum"] | None, Doc("what the window is divided by; null for nothing")
    ] = "density"
    padding: Padding = "valid"
    expand_dims: Annotated[bool, Doc("whether frequencies and channels stay apart, as two axes")] = False

    def check(self) -> None:
        if self.frame_step is not None and self.frame_step > self.frame_length:
            raise Mistake(
                "E105",
                f"{self.type_name}: frame_step {self.frame_step} is above frame_length {self.frame_length}",
                help="use a smaller frame_step, so that no sample is left out",
                option=("frame_step",),
            )
        if self.fft_length is not None and self.fft_length < self.frame_length:
            raise Mistake(
                "E105",
                f"{self.type_name}: fft_length {self.fft_length} is below frame_length {self.frame_length}",
                help="leave fft_length out: the next power of two is taken",
                option=("fft_length",),
            )
        if self.frame_length == 1 and self.frame_step is None:
            raise Mistake(
                "E105",
                f"{self.type_name}: half of a frame_length of 1 is no step",
                help="write frame_step: 1",
                option=("frame_length",),
            )

    def infer(self, x: Shape) -> Shape:
        before = "put {type: reshape, target_shape: [-1, 1]} before it, which adds the channels"
        require_rank(self.type_name, x, "samples×channels", before if len(x) < 2 else "")
        step = self.frame_step or self.frame_length // 2
        option = ("frame_length",)
        (frames,) = sliding(self.type_name, x[:1], (self.frame_length,), (step,), self.padding, option=option)
        channels = self._channels(x)
        frequencies = self._frequencies() * (2 if self.mode == "stft" else 1)
        return (frames, frequencies, channels) if self.expand_dims else (frames, frequencies * channels)

    def reach(self, x: Shape, output: Shape) -> Sight:
        step = self.frame_step or self.frame_length // 2
        frames = window(0, self.frame_length, step, padding_before(x[0], self.frame_length, step, self.padding))
        return ((frames, same(2) if self.expand_dims else ALL),)

    def weights(self, x: Shape) -> Weights:
        shape = (self.frame_length, 1, self._frequencies())
        real = () if self.mode == "imag" else (Weight("real_kernel", shape),)
        return real if self.mode == "real" else (*real, Weight("imag_kernel", shape))

    def macs(self, x: Shape, output: Shape) -> int | None:
        positions = volume((output[0], x[-1]))
        return None if positions is None else positions * sum(prod(weight.shape) for weight in self.weights(x))

    def work(self, x: Shape, output: Shape) -> Work | None:
        frequencies = (output[0], self._frequencies(), self._channels(x))
        return total(Work(keeps_input=self.trainable), per_value(OF_BOTH_PARTS[self.mode], frequencies))

    def _frequencies(self) -> int:
        return (self.fft_length or 1 << (self.frame_length - 1).bit_length()) // 2 + 1

    def _channels(self, x: Shape) -> int:
        if x[-1] is None:
            raise Mistake(
                "E304",
                f"{self.type_name} has to know how many channels there are",
                help="give that axis of the input a number instead of null",
            )
        return x[-1]


@register_layer
class MelSpectrogram(Layer):
    """The strength of a few bands of frequencies, as wide as people hear them, by a fast Fourier transform.

    Its filters are fixed, so they count no multiply-adds.
    """

    example = Example((4000,), fft_length=256, sequence_stride=128, num_mel_bins=20)

    fft_length: Annotated[PositiveInt, Doc("samples that a frame is padded to")] = 2048
    sequence_stride: Annotated[PositiveInt, Doc("samples from one frame to the next")] = 512
    sequence_length: Annotated[PositiveInt | None, Doc("samples of a frame; null for fft_length")] = None
    window: Annotated[
        Literal["hann", "hamming"] | None, Doc("how much the samples of a frame count; null for all the same")
    ] = "hann"
    sampling_rate: Annotated[PositiveInt, Doc("samples of a second")] = 16000
    num_mel_bins: Annotated[PositiveInt, Doc("number of bands")] = 128
    min_freq: Annotated[NonNegative, Doc("where the lowest band begins, in hertz")] = 20.0
    max_freq: Annotated[Positive | None, Doc("where the highest band ends, in hertz; null for half the rate")] = None
    power_to_db: Annotated[bool, Doc("whether strengths are given in decibels")] = True
    top_db: Annotated[NonNegative, Doc("how far below the strongest the weakest may be, in decibels")] = 80.0
    mag_exp: Annotated[Positive, Doc("exponent of the strength: 1 for magnitude, 2 for power")] = 2.0
    min_power: Annotated[Positive, Doc("the least strength that is told apart from none")] = 1e-10
    ref_power: Annotated[Positive, Doc("the strength of 0 decibels")] = 1.0

    def check(self) -> None:
        if self.sequence_length is not None and self.sequence_length > self.fft_length:
            raise Mistake(
                "E105",
                f"{self.type_name}: sequence_length {self.sequence_length} is above fft_length {self.fft_length}",
                help="use a longer fft_length, or leave sequence_length out",
                option=("sequence_length",),
            )

    def infer(self, x: Shape) -> Shape:
        require_rank(self.type_name, x, "samples", "put flatten before it, which leaves only samples" if x else "")
        samples = x[0]
        if samples is None:
            return (self.num_mel_bins, None)
        if samples <= self.fft_length // 2:
            raise Mistake(
                "E303",
                f"{self.type_name} wants more than {self.fft_length // 2} samples, half of fft_length, not {samples}",
                help="use a shorter fft_length",
                option=("fft_length",),
            )
        said, made = self._frames_said(samples), self._frames_made(samples)
        if said != made:
            raise Mistake(
                "E305",
                f"{self.type_name}: of {samples} samples Keras says {said} frames, but makes {made}",
                help=self._way_out(samples),
                option=("sequence_stride",),
            )
        return (self.num_mel_bins, made)

    def reach(self, x: Shape, output: Shape) -> Sight:
        """Frames have their middle where they count, and samples beyond the ends are mirrored."""
        length = self.fft_length if self.window is None else self.sequence_length or self.fft_length
        before = self.fft_length // 2 - (self.fft_length - length) // 2
        return ((window(1, length, self.sequence_stride, before),),)

    def _frames_said(self, samples: int) -> int:
        return (samples + 1) // self.sequence_stride + 1

    def _frames_made(self, samples: int) -> int:
        borders = self.fft_length // 2 * 2  # half a frame before and after is mirrored
        return (samples + borders - self.fft_length) // self.sequence_stride + 1

    def _way_out(self, samples: int) -> str:
        near = (samples + 1, samples - 1, samples + 2, samples - 2)
        right = next((count for count in near if self._frames_said(count) == self._frames_made(count)), None)
        wider = f"use a sequence_stride above {self.sequence_stride}"
        return f"give the input {right} samples, or {wider}" if right else wider

    def work(self, x: Shape, output: Shape) -> Work | None:
        frequencies = self.fft_length // 2 + 1
        # A fast Fourier transform of N numbers takes 5/2 * N * log(N) operations if they are real.
        transform = Work(
            (self.sequence_length or self.fft_length) + 5 * self.fft_length * (self.fft_length - 1).bit_length() // 2
        )
        each = Work(3, 1 + (self.mag_exp != 1), workspace=1)  # the size of a complex number, and a power of it
        band = Work(2 * frequencies - 1)
        decibels = Work(5, 1) if self.power_to_db else NOTHING
        frames = times(total(transform, times(each, frequencies)), output[-1])
        return total(frames, per_value(total(band, decibels) or NOTHING, output))
