"""What a block is made of, as it was written: whether two networks mean the same by its name."""

from __future__ import annotations

from typing import Any

from netspec import yaml
from netspec.registry import Type
from netspec.syntax import Branches, Call, Group, Share, Step, YamlBlock
from netspec.values import Value

SHAPES = frozenset({"channels", "in_channels"})
"""Names that stand for sizes of what is read."""


def definition(entry: Type) -> object:
    """The parts of a block's definition, equal for blocks that are defined alike. A block in Python is only itself."""
    if not isinstance(entry, YamlBlock):
        return entry.name, entry.target
    return (
        entry.name,
        entry.inputs,
        [(name, option.schema) for name, option in entry.params.items()],
        {name: _value(value) for name, value in (entry.defaults | entry.vars).items()},
        [_step(step) for step in entry.steps],
    )


def depends_on_shapes(entry: Type) -> bool:
    """Whether options inside of a block may be worked out from the shapes of what it reads."""
    if not isinstance(entry, YamlBlock):
        return True
    values = [*entry.vars.values(), *entry.defaults.values()]
    waiting = list(entry.steps)
    while waiting:
        step = waiting.pop()
        body = step.body
        if isinstance(body, Call):
            if depends_on_shapes(body.entry) and isinstance(body.entry, YamlBlock):
                return True
            values += body.options.values()
        elif isinstance(body, Group):
            waiting += body.steps
        elif isinstance(body, Branches):
            waiting += [body.merge, *(inner for branch in body.branches for inner in branch)]
    return any(one.uses_shapes or SHAPES & one.names for value in values for one in value.expressions)


def _step(step: Step) -> object:
    references: Any = step.source.references if step.source else ()
    pairs = references.items() if isinstance(references, dict) else enumerate(references)
    reads = [(name, located.reference.text if located.reference else None) for name, located in pairs]
    return step.label, reads, _value(step.repeat), _value(step.when), _body(step)


def _body(step: Step) -> object:
    body = step.body
    if isinstance(body, Call):
        return definition(body.entry), {name: _value(value) for name, value in (body.defaults | body.options).items()}
    if isinstance(body, Group):
        return [_step(inner) for inner in body.steps]
    if isinstance(body, Branches):
        return [[_step(inner) for inner in branch] for branch in body.branches], _step(body.merge)
    if isinstance(body, Share):
        return body.target.text, {name: _value(value) for name, value in body.options.items()}
    return None


def _value(value: Value | None) -> Any:
    return None if value is None else yaml.plain(value.tree)
