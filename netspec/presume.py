"""What is still known behind a mistake, so that one mistake hides no other.

A convolution with a misspelt activation has the shape that it would have without the mistake; one behind a node of an
unknown type still has three axes, and its own number of channels. Nothing is said of what is not known.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, Never

from netspec.errors import Mistake
from netspec.graph import Node, Presumed
from netspec.layer import Layer, LayerType
from netspec.shapes import Shape

RANKS = range(1, 6)
"""Numbers of axes that are tried where nothing is known of an input."""


class _InDoubtError(Exception):
    """A shape rule asks for an option that is not known."""


def in_doubt(nodes: Sequence[Node]) -> bool:
    """Whether a size of these is unknown because of a mistake, not because the spec leaves it open."""
    return any(isinstance(node, Presumed) and None in node.shape for node in nodes)


def presumed_shape(layer: Layer, inputs: Sequence[Shape | None]) -> Shape | None:
    """Infer what a layer gives, None where that is not known; an input of which nothing is known is None.

    Raises `Mistake` where what is known can't go together.
    """
    try:
        if None not in inputs:
            return layer.infer(*inputs)
        return _of_any_rank(layer) if len(inputs) == 1 else None
    except _InDoubtError:
        return None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None  # the rule was promised options that go together, and these were not checked for it


def _of_any_rank(layer: Layer) -> Shape | None:
    """Infer what a layer gives whatever comes in, if that is one shape: a convolution takes one number of axes."""
    found = set()
    for rank in RANKS:
        with suppress(Mistake):
            found.add(layer.infer((None,) * rank))
    return found.pop() if len(found) == 1 else None


def partly_known(entry: LayerType, options: Mapping[str, Any], doubtful: Collection[str]) -> Layer:
    """Make a layer whose ``doubtful`` options are not known; ``options`` are the others as written.

    It is good for `presumed_shape` alone.
    """

    def read(layer: Layer) -> Never:
        raise _InDoubtError

    names = {"keras_name": entry.target.keras_name, "type_name": entry.target.type_name}
    partly = type(entry.target.__name__, (entry.target,), {**names, **dict.fromkeys(doubtful, property(read))})
    layer: Layer = object.__new__(partly)
    layer.__dict__.update({name: entry.convert(name, value) for name, value in options.items() if name not in doubtful})
    return layer
