"""What transformers need and Keras has no layer for, as operations on tensors.

Positions are counted in the graph from the tensor itself, so that sequences may have any length.
"""

from __future__ import annotations

from math import log
from typing import Annotated, Any

from netspec.errors import Mistake
from netspec.layer import Example, Layer, Weight, Weights, Work, register_layer
from netspec.layers.attending import way_to_steps, weighing
from netspec.layers.counting import NOTHING, at_once, per_value
from netspec.layers.fields import Initializer, PositiveInt
from netspec.layers.operations import Operation, WithOperations
from netspec.options import Doc, Keywords
from netspec.reaches import ALL, Reach, Sight, each_position, each_value, nothing, same
from netspec.shapes import Shape, require_known, require_rank, show, volume

Wavelength = Annotated[
    float,
    Keywords(exclusiveMinimum=0),
    Doc("longest wavelength of the angles, divided by 2π: in how many steps the slowest turns by 1"),
]

_WAY_TO_HEADS = (
    "put reshape or einsum_dense before it, which make the heads, or use multi_head_attention, which has them"
)


def count_along(ops: Any, x: Any, axis: int) -> Any:
    """Count 0, 1, 2, … along an axis of a tensor, in its shape."""
    return ops.cumsum(ops.ones_like(x), axis=axis) - 1


@register_layer
class Positions(Operation):
    """Numbers the steps of a sequence 0, 1, 2, …: what an embedding of positions looks up."""

    example = Example((1024, 768))

    def infer(self, x: Shape) -> Shape:
        if not x:
            raise Mistake("E302", f"{self.type_name} numbers the steps of a sequence, but its input is a single number")
        return x[:1]

    reach = nothing

    def operate(self, ops: Any, x: Any) -> Any:
        for _ in x.shape[2:]:
            x = ops.take(x, 0, axis=-1)
        return count_along(ops, ops.cast(x, "int32"), 1)

    def work(self, x: Shape, output: Shape) -> Work | None:
        return NOTHING

    def output_dtype(self, compute: str, inputs: tuple[str, ...]) -> str:
        return "int32"


@register_layer
class LearnedTokens(Layer):
    """Learned vectors, the same for every sample: what a class token is. Only the input's last size matters.

    They are built as Keras's `Embedding` of the numbers 0, 1, 2, ….
    """

    keras_name = "Embedding"
    example = Example((196, 768), count=1)

    count: Annotated[PositiveInt, Doc("how many vectors")] = 1
    embeddings_initializer: Initializer = "random_uniform"

    def infer(self, x: Shape) -> Shape:
        self._size(x)
        return (self.count, x[-1])

    reach = nothing

    def weights(self, x: Shape) -> Weights:
        return (Weight("embeddings", (self.count, self._size(x))),)

    def _size(self, x: Shape) -> int:
        require_rank(self.type_name, x, "steps×values", way_to_steps(x))
        return require_known(self.type_name, x[-1], "size of the last axis")

    def lower(self, keras: Any, name: str, inputs: tuple[Shape, ...]) -> Any:
        options = self.keras_options(keras)
        layer = keras.layers.Embedding(options.pop("count"), inputs[0][-1], **options, name=name)

        def numbers(x: Any) -> Any:
            """Make 0, 1, …, count - 1 for each sample."""
            first = keras.ops.take(x, 0, axis=-1)
            return count_along(keras.ops, keras.ops.cast(keras.ops.take(first, [0] * self.count, axis=1), "int32"), 1)

        return WithOperations(layer, numbers)

    def work(self, x: Shape, output: Shape) -> Work | None:
        return NOTHING


@register_layer
class SinusoidalPositionEmbedding(Operation):
    """Adds to each step a vector of sines and cosines that tells its position (Vaswani et al., 2017)."""

    example = Example((512, 768))

    max_wavelength: Wavelength = 10000.0

    def infer(self, x: Shape) -> Shape:
        require_rank(self.type_name, x, "steps×values", way_to_steps(x))
        require_known(self.type_name, x[-1], "size of the last axis")
        return x

    reach = each_value

    def operate(self, ops: Any, x: Any) -> Any:
        position, index = _position_and_index(ops, x)
        pair = ops.cast(index // 2, "float32")
        angle = position * ops.exp(pair * (-2 * log(self.max_wavelength) / x.shape[-1]))
        encoding = ops.where(ops.equal(index % 2, 0), ops.sin(angle), ops.cos(angle))
        return x + ops.cast(encoding, x.dtype)

    def work(self, x: Shape, output: Shape) -> Work | None:
        return per_value(Work(1), output)  # the vectors are the same for every sample


@register_layer
class RotaryEmbedding(Operation):
    """Turns pairs of values by an angle that grows with the position (Su et al., 2021, RoFormer).

    For queries and keys before they are compared; of heads each is turned alike. The pairs are the first and the second
    half of the values, as in LLaMA's published weights, or with interleaved neighbours, as in the paper.
    """

    example = Example((128, 12, 64))

    max_wavelength: Wavelength = 10000.0
    interleaved: Annotated[bool, Doc("whether neighbours are the pairs, instead of the two halves")] = False

    def infer(self, x: Shape) -> Shape:
        if len(x) not in (2, 3):
            raise Mistake(
                "E302",
                f"{self.type_name} wants steps×values or steps×heads×values, but its input is {show(x)}",
                help="put reshape before it",
            )
        if require_known(self.type_name, x[-1], "size of the last axis") % 2:
            raise Mistake(
                "E305",
                f"{self.type_name} turns pairs of values, but the last axis of {show(x)} has an odd size",
                help="make the last axis even",
            )
        return x

    reach = each_position

    def operate(self, ops: Any, x: Any) -> Any:
        size = x.shape[-1]
        half = size // 2
        position, index = _position_and_index(ops, x)
        if self.interleaved:
            pair, second = index // 2, index % 2
            partners = [place + 1 - 2 * (place % 2) for place in range(size)]
        else:
            pair, second = index % half, index // half
            partners = [*range(half, size), *range(half)]
        angle = position * ops.exp(ops.cast(pair, "float32") * (-2 * log(self.max_wavelength) / size))
        sign = ops.cast(2 * second - 1, "float32")  # the first of a pair takes the second away, the second adds
        turned = ops.cast(x, "float32") * ops.cos(angle)
        turned = turned + ops.cast(ops.take(x, partners, axis=-1), "float32") * (sign * ops.sin(angle))
        return ops.cast(turned, x.dtype)

    def work(self, x: Shape, output: Shape) -> Work | None:
        return per_value(Work(3), output)  # x * cos + partner * sin; both are the same for every sample


def _position_and_index(ops: Any, x: Any) -> tuple[Any, Any]:
    """Number the steps, as floats, and the values of the last axis, as integers; each for one sample and head."""
    for axis in (0, *range(2, len(x.shape) - 1)):
        x = ops.take(x, [0], axis=axis)
    x = ops.cast(x, "int32")
    return ops.cast(count_along(ops, x, 1), "float32"), count_along(ops, x, -1)


@register_layer
class DotProductAttention(Operation):
    """Mixes values by how well queries match keys, for heads that were made before (Vaswani et al., 2017).

    Nothing is learned. Fewer heads of keys and values than of queries serve groups of them (Ainslie et al., 2023). See
    https://keras.io/api/ops/nn/.
    """

    example = Example((128, 8, 64), (128, 2, 64), (128, 2, 64), use_causal_mask=True)

    scale: Annotated[
        float | None, Doc("factor of the products; null takes 1 divided by the root of the size of a head")
    ] = None
    use_causal_mask: Annotated[bool, Doc("whether a step sees only itself and the steps before it")] = False

    def infer(self, query: Shape, key: Shape, value: Shape) -> Shape:
        for shape in (query, key, value):
            require_rank(self.type_name, shape, "steps×heads×values", _WAY_TO_HEADS)
        if query[2] != key[2] or key[1:] != value[1:] or not _may_be_equal(key[0], value[0]):
            raise Mistake(
                "E305",
                f"{self.type_name}: query {show(query)}, key {show(key)} and value {show(value)} don't fit",
                help="all have heads of the same size, and key and value as many steps and heads",
            )
        heads, groups = (require_known(self.type_name, shape[1], "number of heads") for shape in (query, key))
        require_known(self.type_name, query[2], "size of a head")
        if heads % groups:
            raise Mistake(
                "E305",
                f"{self.type_name}: {heads} heads of queries can't share {groups} heads of keys",
                help="the first number must be a multiple of the second",
            )
        return query

    def reach(self, query: Shape, key: Shape, value: Shape, output: Shape) -> Sight:
        sharing = (query[1] or 1) // (key[1] or 1)  # so many heads of queries in a row see one of keys
        head = Reach(1, 1, (0,) * sharing, (0,) * sharing)
        return (same(0), same(1), ALL), (ALL, head, ALL), (ALL, head, same(2))

    def macs(self, query: Shape, key: Shape, value: Shape, output: Shape) -> int | None:
        queries = volume(query)
        return None if queries is None or key[0] is None else 2 * queries * key[0]

    def work(self, query: Shape, key: Shape, value: Shape, output: Shape) -> Work | None:
        rows, shared = volume(query[:2]), query[1] != key[1]
        # Heads that share keys and values get copies of them.
        copies = per_value(Work(kept=2, workspace=2), (key[0], *query[1:])) if shared else NOTHING
        weights = weighing(rows, key[0], scaled=True, masked=self.use_causal_mask, dropped=False)
        return at_once(Work(keeps_input=True), copies, weights)

    def operate(self, ops: Any, query: Any, key: Any, value: Any) -> Any:
        groups = query.shape[2] // key.shape[2]
        if groups > 1:
            key, value = (ops.repeat(tensor, groups, axis=2) for tensor in (key, value))
        return ops.dot_product_attention(
            query, key, value, scale=self.scale, is_causal=self.use_causal_mask, flash_attention=False
        )


def _may_be_equal(one: int | None, other: int | None) -> bool:
    return one is None or other is None or one == other
