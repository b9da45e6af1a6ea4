"""Layers that go through a sequence step by step, and carry a state from each step to the next.

The state is zeros at first, or comes from another layer as a further input. No type gives its state out.
See https://keras.io/api/layers/recurrent_layers/.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from netspec.errors import Mistake
from netspec.layer import Example, Layer, Weight, Weights, Work, register_layer
from netspec.layers.counting import NOTHING, activated, per_value, times, total
from netspec.layers.fields import Activation, BelowOne, Constraint, Initializer, Regularizer, Seed, Units, UseBias
from netspec.layers.kernels import with_bias
from netspec.options import Doc
from netspec.reaches import everything
from netspec.shapes import Shape, Size, require_known, require_rank, show, volume

GateActivation = Annotated[Activation, Doc("Keras activation of the gates; null leaves them as they are")]
ForgetBias = Annotated[bool, Doc("whether the bias of the forget gate starts with ones")]


class SequenceLayer(Layer):
    """What all layers have in common that go through a sequence, whatever a step of it is."""

    options_come_last: ClassVar[bool] = True

    use_bias: UseBias = True
    kernel_initializer: Initializer = "glorot_uniform"
    recurrent_initializer: Initializer = "orthogonal"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    recurrent_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    recurrent_constraint: Constraint = None
    bias_constraint: Constraint = None
    # Keras takes 1 too, but then drops nothing in most of these layers.
    dropout: Annotated[BelowOne, Doc("fraction of the inputs that is dropped while training")] = 0.0
    recurrent_dropout: Annotated[BelowOne, Doc("fraction of the state that is dropped while training")] = 0.0
    seed: Seed = None
    return_sequences: Annotated[bool, Doc("whether the output of every step is given, not only the last")] = False
    go_backwards: Annotated[
        bool, Doc("whether it starts at the last step; the outputs come in the order in which they are made")
    ] = False

    def cell(self, state: Shape) -> Work | None:
        """Count one step beside its products, from the shape of the state, without its output; None where not known."""
        return None

    def work_of_steps(self, steps: Size, state: Shape) -> Work | None:
        """Count all steps. Each output is kept, as the next step's products need it, though only the last is given."""
        each = self.cell(state)
        if each is None:
            return None
        outputs = NOTHING if self.return_sequences else per_value(Work(kept=1), state)
        work = total(times(each, steps), times(outputs, steps))
        return work and work._replace(keeps_input=True, keeps_output=self.return_sequences, workspace=each.workspace)

    def over_steps(self, steps: Size, output: Shape) -> Shape:
        """Give the output of one step, or of all of them."""
        return (steps, *output) if self.return_sequences else output

    reach = everything  # a step sees all before it, or behind it where it goes backwards

    def require_state(self, state: Shape, wanted: Shape, index: int) -> None:
        """Refuse an initial state, the input at ``index``, of another shape than the states have."""
        fits = len(state) == len(wanted) and all(a == b or None in (a, b) for a, b in zip(state, wanted, strict=True))
        if not fits:
            units = f"write units: {state[0]}, or " if len(state) == len(wanted) == 1 and state[0] else ""
            raise Mistake(
                "E305",
                f"{self.type_name}: an initial state of {show(state)} does not fit its states of {show(wanted)}",
                help=f"{units}give a tensor of {show(wanted)}, such as the output of another {self.type_name} of that "
                "size",
                notes={index: f"this state is {show(state)}"},
            )

    def require_both(self, hidden_state: Shape | None, cell_state: Shape | None) -> None:
        """Refuse one of the two states of an LSTM without the other."""
        if hidden_state is not None and cell_state is None:
            raise Mistake(
                "E306",
                f"{self.type_name} takes hidden_state and cell_state together, but here it gets one of them",
                help="write from: {sequence: …, hidden_state: …, cell_state: …}, or leave both out",
            )

    def call(self, layer: Any, inputs: list[Any]) -> Any:
        sequence, *states = inputs
        if not states:
            return layer(sequence)
        return layer(sequence, initial_state=states[0] if len(states) == 1 else states)


class RecurrentLayer(SequenceLayer):
    """What the layers have in common whose steps are vectors."""

    gates: ClassVar[int]

    units: Units
    activation: Activation = "tanh"
    unroll: Annotated[bool, Doc("whether every step is built for itself: faster for few steps")] = False

    def through(self, sequence: Shape) -> Shape:
        """Go through the steps of a sequence."""
        require_rank(self.type_name, sequence, "steps×features", self._way_to_steps(sequence))
        if self.unroll:
            require_steps(self.type_name, sequence[0], option=("unroll",))
        return self.over_steps(sequence[0], (self.units,))

    @staticmethod
    def _way_to_steps(sequence: Shape) -> str:
        """Say how something that is no sequence of vectors becomes one."""
        if len(sequence) == 1:
            return (
                "put embedding before it for words, or reshape for numbers: target_shape [-1, 1] makes a step of each"
            )
        if sequence[1:] and sequence.count(None) <= 1:
            features = volume(sequence[1:])
            steps = -1 if sequence[0] is None else sequence[0]
            shape = f"[{steps}, {-1 if features is None else features}]"
            return f"put {{type: reshape, target_shape: {shape}}} before it, which makes one vector of each step"
        return "put reshape before it"

    def matrices(self, sequence: Shape) -> Weights:
        """List the two matrices: of the input, and of the state."""
        features = require_known(self.type_name, sequence[-1], "number of features")
        width = self.gates * self.units
        return (Weight("kernel", (features, width)), Weight("recurrent_kernel", (self.units, width)))

    # The states add no weights, so that these two ask for the sequence alone.

    def weights(self, sequence: Shape, *states: Shape) -> Weights:
        return with_bias(self.matrices(sequence), self.use_bias, self.gates * self.units)

    def macs(self, sequence: Shape, *others: Shape) -> int | None:
        steps = sequence[0]
        return None if steps is None else steps * sum(volume(matrix.shape) or 0 for matrix in self.matrices(sequence))

    def work(self, sequence: Shape, *others: Shape) -> Work | None:
        return self.work_of_steps(sequence[0], (self.units,))

    def brief(self) -> str:
        return str(self.units)


def require_steps(type_name: str, steps: int | None, option: tuple[str | int, ...]) -> None:
    """Refuse an unknown number of steps where each is built for itself."""
    if steps is None:
        raise Mistake(
            "E304",
            f"{type_name} can't be unrolled over a number of steps that is not known here",
            help="leave unroll out, or give that axis of the input a number instead of null",
            option=option,
        )


def gate(activation: str | None, state: Shape) -> Work | None:
    """Count the activation of a gate, whose value is kept: others are multiplied by it."""
    return total(activated(activation, state), per_value(Work(kept=1), state))


def lstm_cell(state: Shape, use_bias: bool, activation: str | None, recurrent_activation: str | None) -> Work | None:
    """Count a step of an LSTM: both products of four gates are added, c is f * c + i * g, and the output o * tanh(c).

    What is multiplied and c are kept; the gates and both states are alive at once.
    """
    each = Work(4 + 4 * use_bias + 4, kept=1, workspace=4 + 2)
    gates = [gate(recurrent_activation, state)] * 3 + [gate(activation, state)] * 2
    return total(per_value(each, state), *gates)


@register_layer
class LSTM(RecurrentLayer):
    """Long short-term memory: gates decide what the state keeps (Hochreiter and Schmidhuber, 1997).

    The states that it starts from may be given as further inputs.
    """

    gates = 4
    example = Example((100, 64), units=128, return_sequences=True)

    recurrent_activation: GateActivation = "sigmoid"
    unit_forget_bias: ForgetBias = True

    def infer(self, sequence: Shape, hidden_state: Shape | None = None, cell_state: Shape | None = None) -> Shape:
        output = self.through(sequence)
        self.require_both(hidden_state, cell_state)
        for index, state in enumerate((hidden_state, cell_state), start=1):
            if state is not None:
                self.require_state(state, (self.units,), index)
        return output

    def cell(self, state: Shape) -> Work | None:
        return lstm_cell(state, self.use_bias, self.activation, self.recurrent_activation)


class SingleStateLayer(RecurrentLayer):
    """What recurrent layers of one state have in common."""

    def infer(self, sequence: Shape, initial_state: Shape | None = None) -> Shape:
        output = self.through(sequence)
        if initial_state is not None:
            self.require_state(initial_state, (self.units,), 1)
        return output


@register_layer
class GRU(SingleStateLayer):
    """Gated recurrent unit: two gates and one state (Cho et al., 2014).

    The state that it starts from may be given as a further input.
    """

    gates = 3
    example = Example((100, 64), units=128)

    recurrent_activation: GateActivation = "sigmoid"
    reset_after: Annotated[
        bool, Doc("whether the reset gate is applied after the product with the matrix; then there are two biases")
    ] = True

    def weights(self, sequence: Shape, *states: Shape) -> Weights:
        matrices, width = self.matrices(sequence), self.gates * self.units
        if self.use_bias and self.reset_after:
            return (*matrices, Weight("bias", (2, width)))
        return with_bias(matrices, self.use_bias, width)

    def cell(self, state: Shape) -> Work | None:
        # The products are added; r is multiplied by its state or product, which is kept; z * h + (1 - z) * g is made.
        biases = self.use_bias * (2 if self.reset_after else 1)
        each = Work(3 + 3 * biases + 1 + 4, kept=1, workspace=3 + 1)
        gates = [gate(self.recurrent_activation, state)] * 2 + [gate(self.activation, state)]
        return total(per_value(each, state), *gates)


@register_layer
class SimpleRNN(SingleStateLayer):
    """The plain recurrent layer: the last output is its state (Elman, 1990).

    The state that it starts from may be given as a further input.
    """

    gates = 1
    example = Example((100, 64), units=128)

    def cell(self, state: Shape) -> Work | None:
        return total(per_value(Work(1 + self.use_bias, workspace=1 + 1), state), activated(self.activation, state))
