"""How a layer would be written in PyTorch: by which of its modules and functions.

Most have one module of the same meaning. Where there is none, the usual way of writing it stands here; a layer that
nobody writes as a module of PyTorch has no rule. Options that say an activation are functions, as torchvision writes
them; a softmax or another activation that is a layer of its own is a module.
"""

from __future__ import annotations

from netspec.conventions import (
    _ways_of_kernels,
    _ways_of_sequences,  # noqa: F401 - it holds rules
    _ways_of_values,  # noqa: F401 - it holds rules
)
from netspec.conventions._rules import shapes_of
from netspec.conventions._torch import Parameter
from netspec.conventions._ways import WAYS, Calls
from netspec.graph import Node
from netspec.layer import Layer
from netspec.layers import core, transformer


def as_torch(node: Node) -> tuple[Calls, str]:
    """Write a node in PyTorch, and say what is peculiar in it. Raises `NoRuleError` where there is no way."""
    assert isinstance(node.layer, Layer)
    if _is_position_table(node):
        return _position_table(node)
    way = WAYS.get(type(node.layer))
    return way.count(node.layer, *shapes_of(node)), way.note


def _is_position_table(node: Node) -> bool:
    """Whether it is a table of positions, which are looked up by their numbers."""
    return isinstance(node.layer, core.Embedding) and any(
        isinstance(read.layer, transformer.Positions) for read in node.inputs
    )


def _position_table(node: Node) -> tuple[Calls, str]:
    """Of words' vectors it is an ``nn.Embedding``, as in GPT-2; of anything else a bare parameter, as in ViT."""
    assert isinstance(node.layer, core.Embedding)
    (positions,) = node.inputs
    if any(isinstance(read.layer, core.Embedding) for read in positions.inputs):
        return _ways_of_kernels.embed(node.layer, *shapes_of(node)), ""
    return (Parameter(count=node.layer.input_dim * node.layer.output_dim),), "its table is a bare parameter"
