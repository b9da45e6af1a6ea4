"""Attention: steps take from other steps what suits them.

The query asks, the key tells of each step how well it answers, and the value is what that step gives. Without a key the
value is compared itself; a query alone attends to itself. See https://keras.io/api/layers/attention_layers/.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from netspec.dtypes import WholeNumbers
from netspec.errors import Mistake
from netspec.layer import Example, Weight, Weights, Work, register_layer
from netspec.layers.attending import (
    MAX_SCORE_AXES,
    MAX_SCORE_AXES_TOGETHER,
    AttentionLayer,
    HeadedAttention,
    Projected,
    Sides,
    differ,
    sides,
    way_to_steps,
    weighing,
)
from netspec.layers.core import Embedding
from netspec.layers.counting import at_once, per_row, per_value, total
from netspec.layers.fields import PositiveInt
from netspec.options import Doc, Keywords
from netspec.reaches import ALL, Axes, Sight, aligned, each_position
from netspec.shapes import Shape, Size, axis_indices, require_axis, require_known, require_rank, show, volume

Heads = Annotated[PositiveInt, Doc("number of heads, each with projections of its own")]
UseScale = Annotated[bool, Doc("whether the scores have a learned factor")]

# -------------------------------------------------------------------------------------------------------- with heads


@register_layer
class MultiHeadAttention(HeadedAttention):
    """Attention of several heads, each of which compares other features of the steps (Vaswani et al., 2017)."""

    example = Example((128, 512), num_heads=8, key_dim=64)

    num_heads: Heads
    key_dim: Annotated[PositiveInt, Doc("size of a head's queries and keys: often the features divided by num_heads")]
    value_dim: Annotated[PositiveInt | None, Doc("size of a head's values; null takes that of its keys")] = None
    output_shape: Annotated[
        PositiveInt | Annotated[tuple[PositiveInt, ...], Keywords(minItems=1)] | None,
        Doc("features of the output; null takes those of the query"),
    ] = None
    attention_axes: Annotated[
        int | Annotated[tuple[int, ...], Keywords(minItems=1)] | None,
        Doc("axis or axes along which it attends; 1 is the first after the batch; null: all but the last"),
    ] = None

    def heads(self) -> Projected:
        return Projected(self.num_heads, self.num_heads, self.key_dim, self.value_dim or self.key_dim)

    def features(self, query: Shape) -> Shape:
        if self.output_shape is None:
            return query[-1:]
        return (self.output_shape,) if isinstance(self.output_shape, int) else self.output_shape

    def attended(self, query: Shape) -> tuple[int, ...]:
        if self.attention_axes is None:
            return tuple(range(len(query) - 1))
        option = ("attention_axes",)
        axes = axis_indices(self.type_name, self.attention_axes, query, option)
        if len(query) - 1 in axes:
            raise Mistake(
                "E104",
                f"{self.type_name}: the last axis of {show(query)} holds the features, which stay together",
                help=f"write attention_axes: {_listed(range(1, len(query)))}, or leave it out",
                option=option,
            )
        return axes

    def attend(self, joined: Sides) -> Shape:
        query, value = joined.query, joined.value
        axes = self.attended(query)
        for index, (asking, answering) in enumerate(zip(query[:-1], value[:-1], strict=True)):
            if index not in axes and differ(asking, answering):
                raise self.cannot_join(
                    joined,
                    f"it does not attend along axis {index + 1}, which has size {asking} here and {answering} there",
                    f"give both the same size, or add {index + 1} to attention_axes",
                )
        self._refuse_mask_of_several(query, axes)
        self._refuse_scores_of_many_axes(query, axes)
        return (*query[:-1], *self.features(query))

    def _refuse_mask_of_several(self, query: Shape, axes: tuple[int, ...]) -> None:
        """Refuse masks that Keras makes along the first axis, wherever it attends."""
        masks = {"use_causal_mask": self.use_causal_mask, "sliding_window": self.sliding_window is not None}
        option = next((name for name, used in masks.items() if used), None)
        if option is None or axes == (0,):
            return
        row = _listed([-1 if (count := volume(query[:-1])) is None else count, query[-1]])
        raise Mistake(
            "E105",
            f"{self.type_name}: {option} counts along axis 1, but {show(query)} is attended "
            f"along {_listed([index + 1 for index in axes])}",
            help=f"put {{type: reshape, target_shape: {row}}} before it, or write attention_axes: 1",
            option=(option,),
        )

    def _refuse_scores_of_many_axes(self, query: Shape, axes: tuple[int, ...]) -> None:
        count = len(query) + 1 + len(axes)  # with the batch and the heads, and without the features
        most = MAX_SCORE_AXES if len(axes) == 1 else MAX_SCORE_AXES_TOGETHER
        if count > most:
            raise Mistake(
                "E302",
                f"{self.type_name} would make scores of {count} axes of {show(query)}; {most} are the most",
                help="put reshape before it, which lays axes in one row",
            )


def _listed(values: Any) -> str:
    return f"[{', '.join('null' if value is None else str(value) for value in values)}]"


@register_layer
class GroupQueryAttention(HeadedAttention):
    """Attention in which groups of heads share their keys and values (Ainslie et al., 2023)."""

    example = Example((128, 512), head_dim=64, num_query_heads=8, num_key_value_heads=2, use_causal_mask=True)

    head_dim: Annotated[PositiveInt, Doc("size of a head")]
    num_query_heads: Annotated[PositiveInt, Doc("number of heads that ask")]
    num_key_value_heads: Annotated[
        PositiveInt, Doc("number of heads that answer; 1: multi-query attention, as many as ask: multi-head attention")
    ]

    def check(self) -> None:
        if self.num_query_heads % self.num_key_value_heads:
            raise Mistake(
                "E105",
                f"{self.type_name}: {self.num_query_heads} query heads can't share "
                f"{self.num_key_value_heads} key-value heads in equal groups",
                help=f"use a number of key-value heads that divides {self.num_query_heads}",
                option=("num_key_value_heads",),
            )

    def heads(self) -> Projected:
        return Projected(self.num_query_heads, self.num_key_value_heads, self.head_dim, self.head_dim)

    def require_steps(self, query: Shape) -> None:
        require_rank(self.type_name, query, "steps×features", way_to_steps(query))

    def attend(self, joined: Sides) -> Shape:
        features = joined.query[-1]
        if differ(features, joined.value[-1]):
            raise self.cannot_join(
                joined,
                f"query and value need the same features, but have {features} and {joined.value[-1]}",
                f"bring the value to {features} with {{type: dense, units: {features}}}, or use multi_head_attention",
            )
        shape: Shape = joined.query
        return shape


# ----------------------------------------------------------------------------------------------------- without heads


class PlainAttention(AttentionLayer):
    """What attention has in common that compares the tensors as they are. Axes before the steps stay apart."""

    def spreads_features(self) -> bool:
        """Whether a single feature of one side is compared with all features of the other."""
        raise NotImplementedError

    def require_matching_keys(self, joined: Sides) -> None:
        """Refuse keys that are of other steps than the values; here an unknown number may be any."""
        if differ(joined.key[-2], joined.value[-2]):
            raise self.cannot_join(
                joined,
                f"every step of the value has a key of its own, but there are {joined.value[-2]} and {joined.key[-2]}",
                "take both from the same node",
            )

    def attend(self, joined: Sides) -> Shape:
        query, value, key, _ = joined
        for other in (value, key):
            for index, (asking, answering) in enumerate(zip(query[:-2], other[:-2], strict=True)):
                unsure = asking == 1 and answering is None
                if answering != 1 and (unsure or differ(asking, answering)):
                    raise self.cannot_join(
                        joined,
                        f"it attends along axis {len(query) - 1} alone; axis {index + 1} has size "
                        f"{show((asking,))} here and {show((answering,))} there",
                        "give both the same size, or reshape them to steps×features",
                    )
        if differ(query[-1], key[-1]) and not (self.spreads_features() and 1 in (query[-1], key[-1])):
            compared = "key" if joined.given == 3 else "value"
            raise self.cannot_join(
                joined,
                f"query and {compared} need the same features, but have {query[-1]} and {key[-1]}",
                f"bring the {compared} to {query[-1]} with {{type: dense, units: {query[-1]}}}",
            )
        if len(query) >= MAX_SCORE_AXES:
            raise Mistake(
                "E302",
                f"{self.type_name} would make scores of {len(query) + 1} axes of {show(query)}; "
                f"{MAX_SCORE_AXES} are the most",
                help="put reshape before it, which lays axes in one row",
            )
        return (*query[:-1], value[-1])

    def reach(self, *shapes: Shape) -> Sight:
        *inputs, output = shapes
        asking = (*aligned(inputs[0][:-1], output[:-1]), ALL)
        answering: list[Axes] = [(*aligned(shape[:-2], output[:-2]), ALL, ALL) for shape in inputs]
        return (asking, *answering[1:]) if len(inputs) > 1 else tuple(answering)

    def macs(self, *shapes: Shape) -> int | None:
        *inputs, _ = shapes
        query, value, key, _ = sides(*inputs)
        scores = 0 if self.spreads_features() else volume((*query, key[-2]))
        mixing = volume((*query[:-1], *value[-2:]))
        return None if scores is None or mixing is None else scores + mixing

    def scoring(self, pairs: Shape, features: Size) -> Work | None:
        """Count what makes the score of each pair beside products, of so many features; None where not known."""
        return None

    def work(self, *shapes: Shape) -> Work | None:
        *inputs, _ = shapes
        query, _, key, _ = sides(*inputs)
        rows, seen = volume(query[:-1]), key[-2]
        features = key[-1] if query[-1] == 1 else query[-1]
        weights = weighing(rows, seen, scaled=False, masked=self.use_causal_mask, dropped=self.drops())
        return at_once(Work(keeps_input=True), self.scoring((rows, seen), features), weights)

    def call(self, layer: Any, inputs: list[Any]) -> Any:
        joined = sides(*inputs)
        return layer(list(joined.each[: max(joined.given, 2)]), **self.at_call())

    def brief(self) -> str:
        return "causal" if self.use_causal_mask else ""


@register_layer
class Attention(PlainAttention):
    """Mixes the steps of the value by their products with the query; nothing is projected (Luong et al., 2015)."""

    example = Example((16, 64), (32, 64))

    use_scale: UseScale = False
    score_mode: Annotated[
        Literal["dot", "concat"], Doc("dot: products of query and key; concat: the sum of the tanh of query plus key")
    ] = "dot"

    def spreads_features(self) -> bool:
        return self.score_mode == "concat"

    def weights(self, query: Shape, value: Shape | None = None, key: Shape | None = None) -> Weights:
        scale = (Weight("scale", ()),) if self.use_scale else ()
        return (*scale, Weight("concat_score_weight", ())) if self.score_mode == "concat" else scale

    def scoring(self, pairs: Shape, features: Size) -> Work | None:
        if self.score_mode == "dot":
            return per_value(Work(int(self.use_scale)), pairs)
        # weight * sum(tanh(scale * (query + key))); what tanh gives is kept
        each = Work(2 + self.use_scale, 1, kept=1, workspace=1)
        return per_value(each, (*pairs, features))


@register_layer
class AdditiveAttention(PlainAttention):
    """Mixes the steps of the value by the sum of the tanh of query plus key (Bahdanau et al., 2015)."""

    whole_numbers = WholeNumbers.widened
    example = Example((16, 64), (32, 64))

    use_scale: Annotated[bool, Doc("whether each feature of the scores has a learned factor")] = True

    def spreads_features(self) -> bool:
        return True

    def weights(self, query: Shape, value: Shape | None = None, key: Shape | None = None) -> Weights:
        if not self.use_scale:
            return ()
        return (Weight("scale", (require_known(self.type_name, query[-1], "features of the query"),)),)

    def scoring(self, pairs: Shape, features: Size) -> Work | None:
        # sum(scale * tanh(query + key)); what tanh gives is kept
        return per_row(Work(2 + self.use_scale, 1, kept=1, workspace=1), Work(-1), (*pairs, features), (2,))


# -------------------------------------------------------------------------------------------------------- embeddings


@register_layer
class ReversibleEmbedding(Embedding):
    """An embedding that also works backwards: from vectors to a score for each number (Press and Wolf, 2016).

    ``{share: NAME, reverse: true}`` calls one that has a name again, backwards, with the same weights.
    """

    call_options: ClassVar[tuple[str, ...]] = ("reverse",)
    example = Example((40,), input_dim=1000, output_dim=64)

    tie_weights: Annotated[bool, Doc("whether the way back takes the same vectors, or has a matrix of its own")] = True
    reverse_dtype: Annotated[
        Literal["float16", "bfloat16", "float32", "float64"] | None,
        Doc("type of the numbers on the way back; null takes that of the layer"),
    ] = None
    logit_soft_cap: Annotated[
        Annotated[float, Keywords(exclusiveMinimum=0)] | None,
        Doc("the scores are pressed between this and its negative by tanh; null leaves them"),
    ] = None
    reverse: Annotated[bool, Doc("whether it goes backwards, from output_dim to input_dim")] = False

    def check(self) -> None:
        super().check()
        if self.lora_rank is not None and not self.tie_weights:
            raise Mistake(
                "E105",
                f"{self.type_name}: lora_rank and tie_weights: false don't go together",
                help="leave one of them out",
                option=("lora_rank",),
            )

    def infer(self, x: Shape) -> Shape:
        if not self.reverse:
            return super().infer(x)
        require_axis(self.type_name, x)
        if differ(x[-1], self.output_dim):
            raise Mistake(
                "E305",
                f"{self.type_name} goes back from vectors of {self.output_dim}, but its input is {show(x)}",
                help=f"put {{type: dense, units: {self.output_dim}}} before it",
                option=("reverse",),
            )
        return (*x[:-1], self.input_dim)

    def reach(self, x: Shape, output: Shape) -> Sight:
        return each_position(self, x, output) if self.reverse else super().reach(x, output)

    def weights(self, x: Shape) -> Weights:
        weights = super().weights(x)
        if self.tie_weights:
            return weights
        back = Weight("reverse_embeddings", (self.output_dim, self.input_dim), initializer="embeddings_initializer")
        return (*weights, back)

    def macs(self, x: Shape, output: Shape) -> int | None:
        return volume((*output, self.output_dim)) if self.reverse else 0

    def work(self, x: Shape, output: Shape) -> Work | None:
        found = super().work(x, output)
        if not self.reverse or self.logit_soft_cap is None:
            return found
        return total(found, per_value(Work(2, 1, keeps_output=True), output))  # cap * tanh(x / cap)

    def brief(self) -> str:
        return super().brief() + (" reversed" if self.reverse else "")
