"""What XLA's cost analysis counts of attention in JAX."""

from __future__ import annotations

from netspec.conventions._operations import Operations, each, total
from netspec.conventions._rules import values
from netspec.conventions._xla import of, running_sums
from netspec.conventions._xla_activations import EACH, softmax
from netspec.layers import attending, attention, transformer
from netspec.shapes import Shape


@of(attending.HeadedAttention)
def attend_with_heads(layer: attending.HeadedAttention, *shapes: Shape) -> Operations:
    *inputs, output = shapes
    joined, heads = attending.sides(*inputs), layer.heads()
    query, value, _ = joined.each
    asking, answering = values(query[:-1]), values(value[:-1])
    asked, mixed = heads.queries * heads.size, heads.queries * heads.value_size
    axes = layer.attended(query)
    pairs = asking * values(tuple(value[axis] for axis in axes))
    scores, rows = pairs * heads.queries, asking * heads.queries
    own = len(query) == 2 and layer.dropout == 0
    found = [
        Operations({"dot": 2 * (layer.macs(*shapes) or 0)}),
        each(scores if own else asking * asked, "element-wise"),
        softmax(scores, rows, len(axes)),
        each(_masked(layer, query, value, pairs, scores, own), "element-wise"),
    ]
    if layer.use_bias:
        key_values = heads.keys * (heads.size + heads.value_size)
        found.append(each(asking * asked + answering * key_values + values(output), "element-wise"))
    if layer.use_gate:
        found.append(each(asking * mixed * (EACH["sigmoid"] + 1 + layer.use_bias), "element-wise"))
    return total(found)


def _masked(layer: attending.HeadedAttention, query: Shape, value: Shape, pairs: int, scores: int, own: bool) -> int:
    """Count what makes a mask and puts it on."""
    windowed = layer.sliding_window is not None
    if not layer.use_causal_mask and not windowed:
        return 0
    if own and not windowed:
        return scores + 2 * pairs
    masked = scores * (1 if own else 2) + (3 + layer.use_causal_mask if windowed else 0) * pairs
    if layer.use_causal_mask:
        square = (query[0], value[0])
        masked += running_sums(square, 0) + running_sums(square, 1) + pairs
    return masked


@of(attention.PlainAttention)
def attend(layer: attention.PlainAttention, *shapes: Shape) -> Operations:
    *inputs, _ = shapes
    query, value, key, _ = attending.sides(*inputs)
    scores, rows = values((*query[:-1], value[-2])), values(query[:-1])
    found = [Operations({"dot": 2 * values((*query[:-1], *value[-2:]))}), softmax(scores, rows, 1)]
    scaled = getattr(layer, "use_scale", False)
    if layer.spreads_features():
        features = max(query[-1] or 1, key[-1] or 1)
        found.append(each(scores * features * (1 + scaled) + scores * (features - 1), "element-wise"))
        found.append(each(scores if isinstance(layer, attention.Attention) else 0, "element-wise"))
    else:
        found.append(Operations({"dot": 2 * values((*query, key[-2]))}))
        found.append(each(scores if scaled else 0, "element-wise"))
    if layer.use_causal_mask:
        square = (*query[:-1], value[-2])
        sums = running_sums(square, len(square) - 1) + running_sums(square, len(square) - 2)
        found.append(each(sums + 4 * scores, "element-wise"))
    return total(found)


@of(transformer.DotProductAttention)
def attend_to_heads(
    layer: transformer.DotProductAttention, query: Shape, key: Shape, value: Shape, output: Shape
) -> Operations:
    pairs = values((query[0], key[0]))
    scores, rows = pairs * values(query[1:2]), values(query[:2])
    masked = scores + 2 * pairs if layer.use_causal_mask else 0
    return total(
        [
            Operations({"dot": 2 * (layer.macs(query, key, value, output) or 0)}),
            each(scores + masked, "element-wise"),
            softmax(scores, rows, 1),
        ]
    )
