"""What XLA and jax count of a Keras layer. Keras has to run on jax; nothing here knows netspec's rules."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import jax
from jax._src.ad_checkpoint import saved_residuals

from netspec.layer import Layer
from netspec.shapes import Shape
from tests.layers.oracle import build, dtype_for

PRODUCTS = ("dot_general", "conv_general_dilated")


def count(layer: Layer, inputs: tuple[Shape, ...]) -> tuple[int, int, int, int] | None:
    """Count operations but those of products, transcendental ones, and kept numbers and truths; None where it can't."""
    try:
        model = build(layer, inputs).model
        variables = (model.trainable_variables, model.non_trainable_variables)
        weights = [[variable.value for variable in kind] for kind in variables]
        given = [jax.numpy.zeros((1, *shape), dtype_for(layer)) for shape in inputs]

        def predict(weights: Any, *x: Any) -> Any:
            return model.stateless_call(*weights, list(x), training=False)[0]

        def train(trained: Any, *x: Any) -> Any:
            return model.stateless_call(trained, weights[1], list(x), training=True)[0]

        operations, transcendental = _cost(predict, weights, *given)
        products = sum(_products(jax.make_jaxpr(predict)(weights, *given).jaxpr))
        numbers, truths = _kept(train, weights[0], *given)
    except Exception as error:  # noqa: BLE001  what needs TensorFlow, or what jax refuses in ways of its own
        print(f"{layer.type_name} of {inputs}: {type(error).__name__}: {str(error)[:80]!r}")
        return None
    return operations - products, transcendental, numbers, truths


def _cost(function: Any, *arguments: Any) -> tuple[int, int]:
    counted = jax.jit(function).lower(*arguments).cost_analysis() or {}
    return int(counted.get("flops", 0)), int(counted.get("transcendentals", 0))


def _products(jaxpr: Any) -> Iterator[int]:
    """Count each product by itself, also those inside other functions."""
    for equation in jaxpr.eqns:
        if equation.primitive.name in PRODUCTS:
            arguments = [jax.ShapeDtypeStruct(variable.aval.shape, variable.aval.dtype) for variable in equation.invars]
            yield _cost(lambda *given, of=equation: of.primitive.bind(*given, **of.params), *arguments)[0]
        for parameter in equation.params.values():
            for within in parameter if isinstance(parameter, list | tuple) else [parameter]:
                inner = getattr(within, "jaxpr", within)
                if hasattr(inner, "eqns"):
                    yield from _products(inner)


def _kept(function: Any, weights: Any, *given: Any) -> tuple[int, int]:
    """Count the values that the backward pass is given, but weights."""
    numbers = truths = 0
    residuals: list[tuple[Any, str]] = saved_residuals(function, weights, *given)
    for value, origin in residuals:
        if origin.startswith("from the argument trained"):
            continue
        if value.dtype == bool:
            truths += math.prod(value.shape)
        else:
            numbers += math.prod(value.shape)
    return numbers, truths
