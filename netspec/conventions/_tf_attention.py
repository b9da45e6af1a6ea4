"""What TensorFlow's profiler counts of attention. Products that Keras writes as an einsum may count 0."""

from __future__ import annotations

from netspec.conventions._operations import Operations, each, total
from netspec.conventions._rules import values
from netspec.conventions._tf import of
from netspec.conventions._tf_activations import COSTS, softmax_together
from netspec.layers import attending, attention, transformer
from netspec.shapes import Shape

SCORES_UNSEEN = "the products of queries, keys and values are TensorFlow's Einsum, which counts 0"


@of(attending.HeadedAttention, note=SCORES_UNSEEN)
def attend_with_heads(layer: attending.HeadedAttention, *shapes: Shape) -> Operations:
    """Keras's two ways: its own dot-product attention, or einsum where scores are dropped or there are more axes."""
    *inputs, output = shapes
    joined, heads = attending.sides(*inputs), layer.heads()
    query, value, key = joined.each
    asking, answering = values(query[:-1]), values(value[:-1])
    asked, answered = heads.queries * heads.size, heads.keys * heads.size
    mixed, given = heads.queries * heads.value_size, heads.keys * heads.value_size
    flat = len(query) == 2
    own = flat and layer.dropout == 0
    axes = layer.attended(query)
    pairs = asking * values(tuple(value[axis] for axis in axes))
    scores = pairs * heads.queries

    projections = [
        *((values((*query[:-1], query[-1])), asked, asking),),
        *((values((*key[:-1], key[-1])), answered, answering),),
        *((values((*value[:-1], value[-1])), given, answering),),
        *([(values(query), mixed, asking)] if layer.use_gate else []),
    ]
    found = [_projection(read, made, positions, layer.use_bias, flat) for read, made, positions in projections]
    if isinstance(layer, attention.GroupQueryAttention):
        found.append(each(2, "Mul"))  # the heads are repeated, as often as it takes
    found += _masks(layer, own, pairs)
    if own:
        found.append(each(scores, "Mul"))
    else:
        found.append(each(asking * asked, "Mul"))
        if flat:
            found.append(Operations({"BatchMatMulV2": 2 * pairs * (asked + mixed)}))
    rows = asking * heads.queries
    found.append(each(scores, "Softmax", COSTS) if len(axes) == 1 else softmax_together(scores, rows))
    if layer.use_gate:
        found.append(each(asking * mixed, "Mul"))
    out = values(output) // asking
    found.append(Operations({"BatchMatMulV2": 2 * asking * mixed * out} if flat else {}))
    found.append(each(asking * out, "BiasAdd") if layer.use_bias else Operations())
    return total(found)


def _projection(read: int, made: int, positions: int, bias: bool, flat: bool) -> Operations:
    product = Operations({"BatchMatMulV2": 2 * read * made} if flat else {})
    return total([product, each(positions * made, "AddV2") if bias else Operations()])


def _masks(layer: attending.HeadedAttention, own: bool, pairs: int) -> list[Operations]:
    """Count what makes the mask, which Keras's own attention does without counting where it is only causal."""
    windowed = layer.sliding_window is not None
    causal = layer.use_causal_mask and (windowed or not own)
    return [each(pairs, "GreaterEqual" if causal else ""), each(pairs, "Sub Less" if windowed else "")]


@of(attention.PlainAttention)
def attend(layer: attention.PlainAttention, *shapes: Shape) -> Operations:
    *inputs, _ = shapes
    query, value, key, _ = attending.sides(*inputs)
    scores, mixing = values((*query[:-1], value[-2])), values((*query[:-1], *value[-2:]))
    found = []
    scaled = getattr(layer, "use_scale", False)
    if layer.spreads_features():
        features = max(query[-1] or 1, key[-1] or 1)
        factors = scaled or isinstance(layer, attention.AdditiveAttention)
        found.append(each(scores * features, "AddV2 Mul" if factors else "AddV2"))
        found.append(each(scores * (features - 1), "Sum"))
        found.append(each(scores, "Mul") if isinstance(layer, attention.Attention) else Operations())
    else:
        found.append(Operations({"BatchMatMulV2": 2 * values((*query, key[-2]))}))
        found.append(each(scores, "Mul" if scaled else ""))
    found.append(each(scores, "GreaterEqual Sub" if layer.use_causal_mask else ""))
    found.append(each(scores, "Softmax", COSTS))
    found.append(Operations({"BatchMatMulV2": 2 * mixing}))
    return total(found)


@of(transformer.DotProductAttention, note=SCORES_UNSEEN)
def attend_to_heads(
    layer: transformer.DotProductAttention, query: Shape, key: Shape, value: Shape, output: Shape
) -> Operations:
    scores = values((*query[:-1], key[0]))
    repeated = query[1] != key[1]
    found = [each(2 if repeated else 0, "Mul"), each(1 if layer.scale is None else 0, "RealDiv")]
    return total([*found, each(scores, "Mul"), each(scores, "Softmax", COSTS)])
