"""Convolutional LSTMs, which go through a sequence of images, or of signals or volumes.

See https://keras.io/api/layers/recurrent_layers/conv_lstm2d/.
"""

from __future__ import annotations

from math import prod
from typing import Any

from netspec.errors import Mistake
from netspec.layer import Example, Weight, Weights, Work, register_layer
from netspec.layers.convolution import SpatialLayer
from netspec.layers.fields import (
    Activation,
    Dilation,
    Dilation1,
    Dilation2,
    Dilation3,
    Filters,
    Kernel,
    Kernel1,
    Kernel2,
    Kernel3,
    Padding,
    Strides,
    Strides1,
    Strides2,
    Strides3,
)
from netspec.layers.kernels import with_bias
from netspec.layers.recurrent import ForgetBias, GateActivation, SequenceLayer, lstm_cell
from netspec.reaches import ALL, Axes, Reach, Sight
from netspec.shapes import Shape, require_known, require_rank, show, volume

GATES = 4

AXES = {1: "steps×width×channels", 2: "steps×height×width×channels", 3: "steps×depth×height×width×channels"}


class ConvolutionalLSTM(SpatialLayer, SequenceLayer):
    """What the convolutional LSTMs of one, two and three dimensions have in common."""

    filters: Filters
    kernel_size: Kernel
    strides: Strides = 1
    padding: Padding = "valid"
    dilation_rate: Dilation = 1
    activation: Activation = "tanh"
    recurrent_activation: GateActivation = "sigmoid"
    unit_forget_bias: ForgetBias = True

    def check(self) -> None:
        self.refuse_stepping_over_taps(self.strides, self.dilation_rate)

    def infer(self, sequence: Shape, hidden_state: Shape | None = None, cell_state: Shape | None = None) -> Shape:
        require_rank(self.type_name, sequence, AXES[self.rank], self._way_to_steps(sequence))
        if None in sequence[1:-1]:
            raise Mistake(
                "E304",
                f"{self.type_name} has a state of the size of a step, and that of {show(sequence)} is not known here",
                help="give every axis of the input a number instead of null; the first, the steps, may stay open",
            )
        state = self._state(sequence)
        self.require_both(hidden_state, cell_state)
        for index, given in enumerate((hidden_state, cell_state), start=1):
            if given is not None:
                self.require_state(given, state, index)
        return self.over_steps(sequence[0], state)

    def _state(self, sequence: Shape) -> Shape:
        """The shape of the state, which is that of one step's output."""
        spatial = self.windows_along(sequence[1:-1], self.kernel_size, self.strides, self.padding, self.dilation_rate)
        return (*spatial, self.filters)

    def reach(self, sequence: Shape, *others: Shape) -> Sight:
        *states, _ = others
        sizes, first = sequence[1:-1], int(self.return_sequences)
        of_a_step = self.seen_along(sizes, self.kernel_size, self.strides, self.padding, self.dilation_rate)
        steps = sequence[0]
        seen: Axes = (ALL,) * self.rank
        if steps is not None:
            wider = self._seen_after(steps - 1, first)
            seen = tuple(reach and reach.through(inner) for reach, inner in zip(wider, of_a_step, strict=True) if inner)
        return ((ALL, *seen, ALL), *((*self._seen_after(steps, first), ALL) for _ in states))

    def _seen_after(self, steps: int | None, first: int) -> Axes:
        """Say what is seen of a state after so many more steps: each sees a window of the state before."""
        if steps is None:
            return (ALL,) * self.rank
        reaches = []
        for axis, size in enumerate(self.along(self.kernel_size), start=first):
            before = (size - 1) // 2
            reaches.append(Reach(axis, 1, (-steps * before,), (steps * (size - 1 - before),)))
        return tuple(reaches)

    def _way_to_steps(self, sequence: Shape) -> str:
        """Say which layer takes such a sequence, or what may be none, and how one is made."""
        rank = len(sequence) - 2
        sibling = self.type_name.replace(f"{self.rank}d", f"{rank}d")
        if rank == self.rank - 1:
            steps = f"use {sibling} for steps like these, or " if rank in AXES else ""
            return f"use conv{self.rank}d where there are no steps, or {steps}put reshape before it"
        return f"use {sibling}, or put reshape before it" if rank in AXES else "put reshape before it"

    def kernels(self, sequence: Shape) -> Weights:
        """List the two kernels: of the input, and of the state."""
        channels = require_known(self.type_name, sequence[-1], "channels")
        window, width = self.along(self.kernel_size), GATES * self.filters
        return (
            Weight("kernel", (*window, channels, width)),
            Weight("recurrent_kernel", (*window, self.filters, width)),
        )

    def weights(self, sequence: Shape, *states: Shape) -> Weights:
        return with_bias(self.kernels(sequence), self.use_bias, GATES * self.filters)

    def macs(self, sequence: Shape, *others: Shape) -> int | None:
        # The state is padded, so that both convolutions have the same positions.
        positions = volume((sequence[0], *self._state(sequence)[:-1]))
        return None if positions is None else positions * sum(prod(kernel.shape) for kernel in self.kernels(sequence))

    def work(self, sequence: Shape, *others: Shape) -> Work | None:
        return self.work_of_steps(sequence[0], self._state(sequence))

    def cell(self, state: Shape) -> Work | None:
        return lstm_cell(state, self.use_bias, self.activation, self.recurrent_activation)

    def lower(self, keras: Any, name: str, inputs: tuple[Shape, ...]) -> Any:
        layer = super().lower(keras, name, inputs)
        layer.cell.trainable = self.trainable  # Keras does not tell the cell, which has the weights
        return layer

    def brief(self) -> str:
        return f"{self.filters} {self.brief_window(self.kernel_size, self.strides)}"


@register_layer
class ConvLSTM1D(ConvolutionalLSTM):
    """LSTM over a sequence of signals, whose products are convolutions (Shi et al., 2015).

    The states that it starts from may be given as further inputs.
    """

    rank = 1
    example = Example((10, 32, 4), filters=8, kernel_size=3, padding="same")

    kernel_size: Kernel1
    strides: Strides1 = 1
    dilation_rate: Dilation1 = 1


@register_layer
class ConvLSTM2D(ConvolutionalLSTM):
    """LSTM over a sequence of images, whose products are convolutions (Shi et al., 2015).

    The states that it starts from may be given as further inputs.
    """

    rank = 2
    example = Example((10, 32, 32, 3), filters=8, kernel_size=3, padding="same", return_sequences=True)

    kernel_size: Kernel2
    strides: Strides2 = 1
    dilation_rate: Dilation2 = 1


@register_layer
class ConvLSTM3D(ConvolutionalLSTM):
    """LSTM over a sequence of volumes, whose products are convolutions (Shi et al., 2015).

    The states that it starts from may be given as further inputs.
    """

    rank = 3
    example = Example((4, 8, 16, 16, 1), filters=4, kernel_size=3, strides=2)

    kernel_size: Kernel3
    strides: Strides3 = 1
    dilation_rate: Dilation3 = 1
