"""Make a spec smaller for as long as something stays true of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Spec = dict[str, Any]

OF_A_NODE = ("name", "from", "repeat", "when")
"""What a node keeps whose wrapped layer is put in its place."""


def smallest(spec: Spec, still: Callable[[Spec], bool]) -> Spec:
    """Take away keys and items, and put small values, one after another until none can go any more."""
    changed = True
    while changed:
        changed = False
        for smaller in _smaller(spec):
            if still(smaller):
                spec, changed = smaller, True
                break
    return spec


def _smaller(value: Any) -> Iterator[Any]:
    """Yield what differs from a value by one step, the largest steps first."""
    if isinstance(value, Mapping):
        for key in value:
            yield {one: item for one, item in value.items() if one != key}
        for key, item in value.items():
            yield from ({**value, key: less} for less in _smaller(item))
        if "type" in value and len(value) == 1:
            yield value["type"]
        if "type" in value and "layer" in value:
            inner = value["layer"] if isinstance(value["layer"], Mapping) else {"type": value["layer"]}
            yield {**{key: item for key, item in value.items() if key in OF_A_NODE}, **inner}
        if isinstance(value.get("from"), Mapping):
            yield {**value, "from": list(value["from"].values())}
    elif isinstance(value, list):
        for index in range(len(value)):
            yield value[:index] + value[index + 1 :]
        for index, item in enumerate(value):
            if isinstance(item, Mapping) and "nodes" in item:
                yield [*value[:index], *item["nodes"], *value[index + 1 :]]
            yield from ([*value[:index], less, *value[index + 1 :]] for less in _smaller(item))
    elif isinstance(value, int) and not isinstance(value, bool) and value > 1:
        yield from (less for less in (1, value // 2, value - 1) if less < value)
