"""What all kinds of attention have in common, and those of several heads; their types are in `attention`."""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, ClassVar, NamedTuple

from netspec.errors import Mistake
from netspec.layer import Layer, Weight, Weights, Work
from netspec.layers.activations import softmax
from netspec.layers.counting import NOTHING, activated, at_once, output_inside, per_value, total
from netspec.layers.fields import (
    CausalMask,
    Constraint,
    Fraction,
    Initializer,
    PositiveInt,
    Regularizer,
    Seed,
    UseBias,
)
from netspec.options import Doc
from netspec.reaches import ALL, Reach, Sight, in_place, same
from netspec.shapes import Shape, Size, require_known, require_rank, show, volume

MAX_SCORE_AXES = 5
"""TensorFlow's softmax along one axis takes tensors of so many, the batch among them."""

MAX_SCORE_AXES_TOGETHER = 9
"""A softmax along several axes takes tensors of so many."""


class Sides(NamedTuple):
    """What attention joins; ``given`` is the number of them that flow in, the others are those again."""

    query: Any
    value: Any
    key: Any
    given: int

    @property
    def each(self) -> tuple[Any, Any, Any]:
        return self.query, self.value, self.key


def sides(query: Any, value: Any = None, key: Any = None) -> Sides:
    """Fill in what is not given, for shapes as for tensors."""
    given = 1 + (value is not None) + (key is not None)
    value = query if value is None else value
    return Sides(query, value, value if key is None else key, given)


def way_to_steps(shape: Shape) -> str:
    """Say how what is no sequence of vectors becomes one: numbers of words, one vector, the pixels of an image."""
    if len(shape) < 2:
        return "put embedding before it for words, or reshape for numbers: target_shape [-1, 1] makes a step of each"
    if shape[-1] is None:
        return "put reshape before it, which lays axes in one row"
    steps = volume(shape[:-1])
    row = f"[{-1 if steps is None else steps}, {shape[-1]}]"
    return f"put {{type: reshape, target_shape: {row}}} before it, which lays axes in one row"


def weighing(rows: Size, length: Size, *, scaled: bool, masked: bool, dropped: bool) -> Work | None:
    """Count what makes weights of rows of scores: a factor, a choice by a mask, and softmax; the weights are kept.

    What drops some of them is kept, too. The scores become the weights in the same place.
    """
    shape = (rows, length)
    each = Work(int(scaled) + int(masked), kept=int(dropped), workspace=1)
    return total(per_value(each, shape), output_inside(softmax(shape, (1,)), shape))


def differ(one: Size, other: Size) -> bool:
    """Whether two sizes are known to be different."""
    return one is not None and other is not None and one != other


class AttentionLayer(Layer):
    """What all kinds of attention have in common."""

    options_come_last: ClassVar[bool] = True
    call_options: ClassVar[tuple[str, ...]] = ("use_causal_mask",)

    dropout: Annotated[Fraction, Doc("fraction of the scores that is dropped while training")] = 0.0
    seed: Seed = None
    use_causal_mask: CausalMask = False

    def drops(self) -> bool:
        """Whether training drops scores, and keeps which."""
        return 0 < self.dropout < 1

    def infer(self, query: Shape, value: Shape | None = None, key: Shape | None = None) -> Shape:
        joined = sides(query, value, key)
        self.require_steps(query)
        if not len(query) == len(joined.value) == len(joined.key):
            raise self.cannot_join(
                joined,
                "they have different numbers of axes",
                "give all the same number of axes: reshape lays several in one row",
            )
        self.require_matching_keys(joined)
        return self.attend(joined)

    def require_steps(self, query: Shape) -> None:
        """Refuse a query that has not the axes it needs."""
        if len(query) < 2:
            require_rank(self.type_name, query, "steps×features", way_to_steps(query))

    def require_matching_keys(self, joined: Sides) -> None:
        """Refuse keys that are not those of the values. Keras compares sizes that are unknown as if they were known."""
        if joined.key[:-1] != joined.value[:-1]:
            raise self.cannot_join(
                joined,
                "every step of the value has a key of its own",
                "take both from the same node, or give them the same sizes but the last, numbers or null",
            )

    def attend(self, joined: Sides) -> Shape:
        """Work out the output's shape where the sides have the same number of axes."""
        raise NotImplementedError

    def cannot_join(self, joined: Sides, reason: str, help: str) -> Mistake:
        """Make the mistake of sides that don't go together."""
        first, *others = named = [
            f"{name} {show(shape)}" for name, shape in zip(Sides._fields, joined.each[: joined.given], strict=False)
        ]
        return Mistake(
            "E301",
            f"{self.type_name} can't join {first} with {' and '.join(others)}: {reason}",
            help=help,
            notes={index: f"this is the {text}" for index, text in enumerate(named)},
        )


# -------------------------------------------------------------------------------------------------------- with heads


class Projected(NamedTuple):
    """How many heads ask and answer, and what size their queries (and keys) and their values have."""

    queries: int
    keys: int
    size: int
    value_size: int


class HeadedAttention(AttentionLayer):
    """What attention of several heads has in common: a projection into each and one out of all of them."""

    options_come_last: ClassVar[bool] = True

    use_bias: UseBias = True
    sliding_window: Annotated[
        PositiveInt | None, Doc("a step sees only steps nearer than this; null: all of them, however far away")
    ] = None
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    bias_constraint: Constraint = None
    use_gate: Annotated[bool, Doc("whether what the heads give is gated by a projection of the query")] = False

    def heads(self) -> Projected:
        raise NotImplementedError

    def features(self, query: Shape) -> Shape:
        """The sizes that the last projection makes."""
        return query[-1:]

    def attended(self, query: Shape) -> tuple[int, ...]:
        """The positions of the axes along which it attends."""
        return (0,)

    def reach(self, *shapes: Shape) -> Sight:
        *inputs, _ = shapes
        query = inputs[0]
        attended, seen = self.attended(query), self._seen_steps()
        answering = (*(seen if axis in attended else same(axis) for axis in range(len(query) - 1)), ALL)
        asking = (*in_place(len(query) - 1), ALL)
        return (answering,) if len(inputs) == 1 else (asking, answering, answering)[: len(inputs)]

    def _seen_steps(self) -> Reach | None:
        if self.sliding_window is None:
            return ALL
        farthest = self.sliding_window - 1
        return Reach(0, 1, (-farthest,), (0 if self.use_causal_mask else farthest,))

    def weights(self, query: Shape, value: Shape | None = None, key: Shape | None = None) -> Weights:
        joined = sides(query, value, key)
        query_size, value_size, key_size = (
            require_known(self.type_name, shape[-1], f"features of the {name}")
            for name, shape in zip(Sides._fields, joined.each, strict=False)
        )
        heads = self.heads()
        out = tuple(size or query_size for size in self.features(query))
        gate = self._projection((query_size,), (heads.queries, heads.value_size)) if self.use_gate else ()
        return (
            *self._projection((query_size,), (heads.queries, heads.size)),
            *self._projection((key_size,), (heads.keys, heads.size)),
            *gate,
            *self._projection((value_size,), (heads.keys, heads.value_size)),
            *self._projection((heads.queries, heads.value_size), out),
        )

    def _projection(self, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> Weights:
        kernel = Weight("kernel", (*inputs, *outputs))
        return (kernel, Weight("bias", outputs)) if self.use_bias else (kernel,)

    def macs(self, *shapes: Shape) -> int | None:
        *inputs, _ = shapes
        joined = sides(*inputs)
        asking, answering = volume(joined.query[:-1]), volume(joined.value[:-1])
        pairs = volume((*joined.query[:-1], *(joined.value[index] for index in self.attended(joined.query))))
        if asking is None or answering is None or pairs is None:
            return None
        kernels = [prod(weight.shape) for weight in self.weights(*inputs) if weight.name == "kernel"]
        query, key, *gate, value, out = kernels
        heads = self.heads()
        mixing = pairs * heads.queries * (heads.size + heads.value_size)
        return asking * (query + sum(gate) + out) + answering * (key + value) + mixing

    def work(self, *shapes: Shape) -> Work | None:
        *inputs, output = shapes
        joined, heads = sides(*inputs), self.heads()
        asking, answering = volume(joined.query[:-1]), volume(joined.value[:-1])
        seen = volume(tuple(joined.value[index] for index in self.attended(joined.query)))
        projected: list[Shape] = [(asking, heads.queries * heads.size), output]
        projected.append((answering, heads.keys * (heads.size + heads.value_size)))
        queries, mixed = projected[0], (asking, heads.queries * heads.value_size)
        # Each head that asks gets keys and values of its own, even where some share theirs.
        answers = (answering, heads.queries * (heads.size + heads.value_size))
        masked = self.use_causal_mask or self.sliding_window is not None
        return at_once(
            Work(keeps_input=self.trainable),
            *(per_value(Work(int(self.use_bias)), shape) for shape in projected),
            *(per_value(Work(kept=1, workspace=1), shape) for shape in (queries, answers)),
            weighing(volume((asking, heads.queries)), seen, scaled=True, masked=masked, dropped=self.drops()),
            per_value(Work(kept=int(self.trainable or self.use_gate)), mixed),
            self._gating(mixed),
        )

    def _gating(self, mixed: Shape) -> Work | None:
        """Count the gate beside its product: bias, sigmoid, and what the heads give times that."""
        if not self.use_gate:
            return NOTHING
        product = per_value(Work(self.use_bias + 1, workspace=1), mixed)
        return total(product, output_inside(activated("sigmoid", mixed), mixed))

    def call(self, layer: Any, inputs: list[Any]) -> Any:
        joined = sides(*inputs)
        key = {"key": joined.key} if joined.given == 3 else {}
        output = layer(joined.query, joined.value, **key, **self.at_call())
        if not self.trainable:  # what the layer is made of exists only now, and is told when this changes
            layer.trainable = True
            layer.trainable = False
        return output

    def brief(self) -> str:
        heads = self.heads()
        shared = "" if heads.queries == heads.keys else f"/{heads.keys}"
        return f"{heads.queries}{shared}×{heads.size}" + (" causal" if self.use_causal_mask else "")
