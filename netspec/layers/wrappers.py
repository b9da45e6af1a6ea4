"""Layers around another layer: called at every step, in both directions, or with its kernel kept in bounds.

The layer inside is made and called by Keras itself, on one tensor. See https://keras.io/api/layers/core_layers/wrapper/.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, cast

from netspec.errors import Mistake
from netspec.layer import TYPES, Applied, Example, Layer, Weight, Weights, Work, register_layer
from netspec.layers.counting import NOTHING, at_once, output_inside, per_value, times, total
from netspec.layers.fields import PositiveInt, WrappedLayer
from netspec.layers.recurrent import SequenceLayer
from netspec.options import Doc, Registered
from netspec.reaches import ALL, Reach, Sight, same
from netspec.shapes import Shape, show


class Wrapper(Layer):
    """What wrappers have in common: one layer inside, and its mistakes told as the wrapper's."""

    layer: WrappedLayer

    @cached_property
    def inner(self) -> Layer:
        """What ``layer`` holds after binding."""
        return self.frozen_with_it(cast(Layer, self.layer))

    def frozen_with_it(self, inner: Layer) -> Layer:
        """Freeze a layer inside where the wrapper is frozen: Keras freezes only the weights of the wrapper itself."""
        return inner if self.trainable else inner.called_with(trainable=False)

    def applied(self, inner: Layer, x: Shape, option: str) -> Applied:
        """Apply the layer that ``option`` names."""
        if TYPES[inner.type_name].required_inputs > 1 or not is_called_on_one_tensor(inner):
            raise self.cannot_wrap(inner, "a layer inside gets one tensor, and no option at the call", option)
        try:
            result = inner.apply((x,))
        except Mistake as mistake:
            path = (option, *mistake.option)
            message = f"{self.type_name}: {mistake.message}"
            raise Mistake(mistake.code, message, help=mistake.help, option=path) from None
        if not is_built_as_keras_layer(inner, x):
            raise self.cannot_wrap(inner, "it is built of operations, and is no layer of Keras", option)
        return result

    @property
    def counts_macs(self) -> bool:
        return super().counts_macs and self.inner.counts_macs

    def cannot_wrap(self, inner: Layer, reason: str, option: str = "layer") -> Mistake:
        return Mistake(
            "E105",
            f"{self.type_name} can't wrap {inner.type_name}: {reason}",
            help=f"make {inner.type_name} a node of its own, and wrap another layer",
            option=(option,),
        )

    def weights_inside(self, inner: Layer, x: Shape) -> Weights:
        """List the weights of a layer inside; of one that says trainable: false, none is trainable."""
        return tuple(weight._replace(trainable=weight.trainable and inner.trainable) for weight in inner.weights(x))

    def brief(self) -> str:
        return f"{self.inner.type_name} {self.inner.brief()}".strip()

    def policy(self) -> str | None:
        return self.inner.policy() or self.dtype


class _AnyKeras:
    """Stands for Keras and for whatever Keras makes."""

    def __getattr__(self, name: str) -> _AnyKeras:
        return self

    def __call__(self, *arguments: object, **options: object) -> _AnyKeras:
        return self


def is_built_as_keras_layer(layer: Layer, x: Shape) -> bool:
    """Whether ``lower`` gives what Keras made, not a function of its own around it."""
    return isinstance(layer.lower(_AnyKeras(), layer.type_name, (x,)), _AnyKeras)


def is_called_on_one_tensor(layer: Layer) -> bool:
    """Whether ``call`` hands on one tensor as it is, and no option but such as Keras has by default."""
    calls: list[tuple[tuple[object, ...], dict[str, object]]] = []
    tensor = _AnyKeras()

    def called(*arguments: object, **options: object) -> _AnyKeras:
        calls.append((arguments, options))
        return tensor

    layer.call(called, [tensor])
    declared = type(layer).declared()
    return all(
        arguments == (tensor,) and all(name in declared and declared[name].default == options[name] for name in options)
        for arguments, options in calls
    )


@register_layer
class TimeDistributed(Wrapper):
    """Puts a layer on every step of a sequence by itself, with the same weights, such as a convolution on each image.

    The first axis is that of the steps; the layer sees what is behind it.
    """

    example = Example((16, 32, 32, 3), layer={"type": "conv2d", "filters": 8, "kernel_size": 3})

    def infer(self, x: Shape) -> Shape:
        at_each = self._at_each(x).shape
        return (x[0], *at_each)

    def reach(self, x: Shape, output: Shape) -> Sight | None:
        of_a_step = self.inner.reach(x[1:], output[1:])
        if of_a_step is None or of_a_step[0] is None:
            return of_a_step
        behind = (
            seen if seen is None or seen.axis is None else seen._replace(axis=seen.axis + 1) for seen in of_a_step[0]
        )
        return ((same(0), *behind),)

    def _at_each(self, x: Shape) -> Applied:
        if len(x) < 2:
            raise Mistake(
                "E302",
                f"{self.type_name} wants steps and what stands at each (2 axes or more), but its input is {show(x)}",
                help=f"write the {self.inner.type_name} by itself where there are no steps",
            )
        try:
            return self.applied(self.inner, x[1:], "layer")
        except Mistake as mistake:
            if mistake.code == "E302" and self._takes(x):
                mistake.help = f"write the {self.inner.type_name} by itself, which takes {show(x)}"
            raise

    def _takes(self, x: Shape) -> bool:
        """Whether the layer inside could take the input as it is."""
        try:
            self.inner.infer(x)
        except Mistake:
            return False
        return True

    def weights(self, x: Shape) -> Weights:
        return self.weights_inside(self.inner, x[1:])

    def macs(self, x: Shape, output: Shape) -> int | None:
        each = self._at_each(x).macs
        if each is None or each == 0:
            return each
        return None if x[0] is None else x[0] * each

    def work(self, x: Shape, output: Shape) -> Work | None:
        return times(self.inner.work(x[1:], output[1:]), x[0])

    def lower(self, keras: Any, name: str, inputs: tuple[Shape, ...]) -> Any:
        (x,) = inputs
        options = self.keras_options(keras)
        options["layer"] = self.inner.lower(keras, self.inner.type_name, (x[1:],))
        return keras.layers.TimeDistributed(**options, name=name)

    def output_dtype(self, compute: str, inputs: tuple[str, ...]) -> str:
        return self.inner.output_dtype(compute, inputs)


@register_layer
class Bidirectional(Wrapper):
    """Goes through a sequence from both ends and merges the outputs (Schuster and Paliwal, 1997).

    The layer inside is recurrent. The second one is made like it, but goes backwards.
    """

    example = Example((100, 64), layer={"type": "lstm", "units": 32, "return_sequences": True})

    merge_mode: Annotated[
        Literal["concat", "sum", "mul", "ave"],
        Doc("what is made of the two outputs: one behind the other along the last axis, sum, product or average"),
    ] = "concat"
    backward_layer: Annotated[
        str | None,
        Registered("layer"),
        Doc("the layer that goes backwards, with go_backwards: true; null makes it like the first"),
    ] = None

    @cached_property
    def backward(self) -> Layer:
        """What goes the other way."""
        if self.backward_layer is not None:
            return self.frozen_with_it(cast(Layer, self.backward_layer))
        return self.inner.called_with(go_backwards=True)

    def check(self) -> None:
        given = ["layer"] if self.backward_layer is None else ["layer", "backward_layer"]
        for option in given:
            inner = getattr(self, option)
            if not isinstance(inner, SequenceLayer):
                raise Mistake(
                    "E105",
                    f"{self.type_name} can't wrap {inner.type_name}, which has no direction",
                    help="wrap lstm, gru, simple_rnn or one of conv_lstm1d to conv_lstm3d",
                    option=(option,),
                )
        forward, backward = cast(SequenceLayer, self.inner), cast(SequenceLayer, self.backward)
        if forward.go_backwards == backward.go_backwards:
            raise self._same_direction(forward.go_backwards)
        if forward.return_sequences != backward.return_sequences:
            shown = str(forward.return_sequences).lower()
            raise Mistake(
                "E105",
                f"{self.type_name}: one of its layers returns sequences, the other does not",
                help=f"write return_sequences: {shown} in backward_layer too",
                option=("backward_layer",),
            )

    def _same_direction(self, backwards: bool) -> Mistake:
        if self.backward_layer is None:
            return Mistake(
                "E105",
                f"{self.type_name} makes the second layer go backwards, but the first does so already",
                help="leave go_backwards out",
                option=("layer", "go_backwards"),
            )
        return Mistake(
            "E105",
            f"{self.type_name}: both of its layers go {'backwards' if backwards else 'forwards'}",
            help=f"write go_backwards: {str(not backwards).lower()} in backward_layer",
            option=("backward_layer",),
        )

    def infer(self, x: Shape) -> Shape:
        forward, backward = self._both(x)
        if forward.shape != backward.shape:  # Keras takes it for twice the first, whatever comes of the second
            raise Mistake(
                "E105",
                f"{self.type_name}: its layers give {show(forward.shape)} and {show(backward.shape)}, "
                "which must be the same",
                help="give both the same number of units",
                option=("backward_layer",),
            )
        *sizes, last = forward.shape
        assert last is not None  # it is the units or filters
        return (*sizes, 2 * last) if self.merge_mode == "concat" else forward.shape

    def reach(self, x: Shape, output: Shape) -> Sight | None:
        one_way = list(output)
        if self.merge_mode == "concat":
            one_way[-1] = self._both(x)[0].shape[-1]
        ways = [layer.reach(x, tuple(one_way)) for layer in (self.inner, self.backward)]
        seen = [way[0] for way in ways if way and way[0]]
        if len(seen) < 2:
            return None
        return (tuple(_seen_by_either(*both) for both in zip(*seen, strict=True)),)

    def _both(self, x: Shape) -> tuple[Applied, Applied]:
        second = "layer" if self.backward_layer is None else "backward_layer"
        return self.applied(self.inner, x, "layer"), self.applied(self.backward, x, second)

    def weights(self, x: Shape) -> Weights:
        return self.weights_inside(self.inner, x) + self.weights_inside(self.backward, x)

    def macs(self, x: Shape, output: Shape) -> int | None:
        forward, backward = self._both(x)
        return None if forward.macs is None or backward.macs is None else forward.macs + backward.macs

    def work(self, x: Shape, output: Shape) -> Work | None:
        forward, _ = self._both(x)
        both = [output_inside(layer.work(x, forward.shape), forward.shape) for layer in (self.inner, self.backward)]
        outputs = per_value(Work(workspace=2), forward.shape)
        return at_once(total(*both), outputs, per_value(self._merging(), output))

    def _merging(self) -> Work:
        """What is done with each value of the two outputs; what is multiplied is kept."""
        return {"concat": NOTHING, "sum": Work(1), "ave": Work(2), "mul": Work(1, kept=2)}[self.merge_mode]

    def lower(self, keras: Any, name: str, inputs: tuple[Shape, ...]) -> Any:
        options = self.keras_options(keras)
        options["layer"] = self.inner.lower(keras, self.inner.type_name, inputs)
        if self.backward_layer is not None:
            options["backward_layer"] = self.backward.lower(keras, f"backward_{self.backward.type_name}", inputs)
        made = keras.layers.Bidirectional(**options, name=name)
        # It makes its layers anew from what they say of themselves, and convolutional ones don't tell their cell then.
        made.forward_layer.cell.trainable = self.inner.trainable
        made.backward_layer.cell.trainable = self.backward.trainable
        return made


def _seen_by_either(forward: Reach | None, backward: Reach | None) -> Reach | None:
    if forward is None or backward is None or not forward.keeps_pace_with(backward):
        return ALL
    return forward.joined(backward)


@register_layer
class SpectralNormalization(Wrapper):
    """Divides the kernel of a layer by its largest singular value at each training step (Miyato et al., 2018).

    The layer inside has one kernel, or is an embedding.
    """

    example = Example((32, 32, 3), layer={"type": "conv2d", "filters": 16, "kernel_size": 3})

    power_iterations: Annotated[PositiveInt, Doc("number of steps in which the singular value is approached")] = 1

    def infer(self, x: Shape) -> Shape:
        shape = self.applied(self.inner, x, "layer").shape
        self._require_kernel(x)
        return shape

    def reach(self, x: Shape, output: Shape) -> Sight | None:
        return self.inner.reach(x, output)

    def _require_kernel(self, x: Shape) -> None:
        """Refuse a layer that holds no kernel itself, as the first of its weights."""
        first = next((weight.name for weight in self.inner.weights(x)), "")
        hidden = isinstance(self.inner, SequenceLayer | TimeDistributed | Bidirectional)
        if hidden or first not in ("kernel", "embeddings"):
            raise self.cannot_wrap(self.inner, "it has no kernel of its own that could be normalized")
        if getattr(self.inner, "lora_rank", None) is not None:
            raise Mistake(
                "E105",
                f"{self.type_name}: with lora_rank the kernel of {self.inner.type_name} is frozen",
                help="leave lora_rank out",
                option=("layer", "lora_rank"),
            )

    def weights(self, x: Shape) -> Weights:
        kernel, *others = self.weights_inside(self.inner, x)
        return (kernel, Weight("vector_u", (1, kernel.shape[-1]), trainable=False), *others)

    def macs(self, x: Shape, output: Shape) -> int | None:
        return self.applied(self.inner, x, "layer").macs

    def work(self, x: Shape, output: Shape) -> Work | None:
        return self.inner.work(x, output)

    def lower(self, keras: Any, name: str, inputs: tuple[Shape, ...]) -> Any:
        options = self.keras_options(keras)
        options["layer"] = self.inner.lower(keras, self.inner.type_name, inputs)
        return keras.layers.SpectralNormalization(**options, name=name)
