"""Parts of transformers that are more than one layer: positions, the class token, attention with rotated heads."""

from __future__ import annotations

from typing import Annotated, Any

from netspec.errors import Mistake
from netspec.layer import Example
from netspec.layers.attending import way_to_steps
from netspec.options import Doc, Keywords, Registered
from netspec.shapes import show
from netspec.tensors import Tensor, apply, register_block

PositiveInt = Annotated[int, Keywords(minimum=1)]
Initializer = Annotated[str, Registered("initializer"), Doc("how the vectors start")]


@register_block(example=Example((196, 768)))
def class_token(x: Tensor, *, embeddings_initializer: Initializer = "random_normal") -> Tensor:
    """Puts a learned vector before the steps, to gather what a classifier reads (Devlin et al., 2018, BERT)."""
    token = apply("learned_tokens", x, embeddings_initializer=embeddings_initializer)
    return apply("concatenate", [token, x], axis=1)


@register_block(example=Example((197, 768)))
def position_embedding(
    x: Tensor,
    *,
    length: Annotated[PositiveInt | None, Doc("most steps there can be; null takes those of the input")] = None,
    embeddings_initializer: Initializer = "glorot_uniform",
) -> Tensor:
    """Adds a learned vector to each step, one for each position (Gehring et al., 2017)."""
    if len(x.shape) != 2:
        message = f"position_embedding wants steps×values (2 axes), but its input is {show(x.shape)}"
        raise Mistake("E302", message, help=way_to_steps(x.shape))
    steps, size = x.shape
    if length is None and steps is None:
        message = "position_embedding has a vector for each position, but the number of steps is not known here"
        raise Mistake("E304", message, help="write length: the most steps there can be", option=("length",))
    if length is not None and steps is not None and steps > length:
        message = f"position_embedding has {length} positions, but its input has {steps} steps"
        raise Mistake("E305", message, help=f"write length: {steps}, or more", option=("length",))
    vectors = apply(
        "embedding",
        apply("positions", x),
        input_dim=length or steps,
        output_dim=size,
        embeddings_initializer=embeddings_initializer,
    )
    return apply("add", [x, vectors])


@register_block(example=Example((128, 512), num_heads=8, num_key_value_heads=2))
def rotary_attention(
    x: Tensor,
    *,
    num_heads: Annotated[PositiveInt, Doc("number of heads of the queries")],
    num_key_value_heads: Annotated[
        PositiveInt | None, Doc("number of heads of keys and values, each for a group of queries; null takes as many")
    ] = None,
    key_dim: Annotated[PositiveInt | None, Doc("size of a head; null divides the input's among the queries")] = None,
    use_bias: Annotated[bool, Doc("whether the four projections add a learned bias")] = False,
    use_causal_mask: Annotated[bool, Doc("whether a step sees only itself and the steps before it")] = True,
    max_wavelength: Annotated[float, Keywords(exclusiveMinimum=0), Doc("as that of rotary_embedding")] = 10000.0,
    interleaved: Annotated[bool, Doc("as that of rotary_embedding")] = False,
) -> Tensor:
    """Self-attention that rotates queries and keys by their position (Su et al., 2021), as in LLaMA.

    Projections of queries, keys and values to heads, `rotary_embedding` of queries and keys, `dot_product_attention`,
    and a projection back to the size of the input.
    """
    if len(x.shape) != 2:
        message = f"rotary_attention wants steps×values (2 axes), but its input is {show(x.shape)}"
        raise Mistake("E302", message, help=way_to_steps(x.shape))
    steps, size = x.shape
    if key_dim is None and (size is None or size % num_heads):
        message = f"rotary_attention can't divide {show(x.shape[1:])} values among {num_heads} heads"
        fitting = f"use a number of heads that divides {size}, or " if size else ""
        raise Mistake("E305", message, help=f"{fitting}write key_dim, the size of a head", option=("num_heads",))
    head = key_dim or (size or 0) // num_heads

    def heads(count: int, name: str) -> Tensor:
        bias = "de" if use_bias else None
        options: dict[str, Any] = {"equation": "abc,cde->abde", "output_shape": (steps, count, head), "bias_axes": bias}
        return apply("einsum_dense", x, name=name, **options)

    groups = num_key_value_heads or num_heads
    query, key, value = heads(num_heads, "query"), heads(groups, "key"), heads(groups, "value")
    turn: dict[str, Any] = {"max_wavelength": max_wavelength, "interleaved": interleaved}
    query, key = apply("rotary_embedding", query, **turn), apply("rotary_embedding", key, **turn)
    mixed = apply("dot_product_attention", [query, key, value], use_causal_mask=use_causal_mask)
    bias = "e" if use_bias else None
    options: dict[str, Any] = {"equation": "abcd,cde->abe", "output_shape": (steps, size), "bias_axes": bias}
    return apply("einsum_dense", mixed, name="output", **options)
