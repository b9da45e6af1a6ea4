"""The cost of a network as another tool would count it, and in words why it differs from netspec's multiply-adds.

    from netspec import conventions

    count = conventions.count(graph, "fvcore")
    count.value, count.why

One file a convention, found by its name and imported on use; files whose name begins with ``_`` are what several share.
Nothing is run: each tool's rules stand in its file, and are applied to the graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from textwrap import wrap
from typing import Any

from netspec.graph import Graph
from netspec.suggest import nearest

CONVENTIONS = tuple(
    sorted(module.name.replace("_", "-") for module in iter_modules(__path__) if not module.name.startswith("_"))
)
"""The names of all conventions."""

WIDTH = 100


@dataclass(frozen=True, slots=True)
class Count:
    """One number of a network, as one tool counts it.

    ``value`` is None where a size is unknown, ``unit`` says of what it is the number, and ``why`` is sentences: what
    makes it another number than netspec's ``macs``. ``params`` is there where the tool counts parameters too.
    ``uncounted`` are the types of layers that the tool may count and netspec has no rule for; each adds 0.
    """

    convention: str
    value: int | None
    unit: str
    macs: int | None
    why: tuple[str, ...]
    params: int | None = None
    uncounted: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The object that stands under "count" in the summary's JSON."""
        return {
            "convention": self.convention,
            "value": self.value,
            "unit": self.unit,
            "params": self.params,
            "uncounted": list(self.uncounted),
            "why": list(self.why),
        }

    def text(self) -> str:
        """A few lines for a terminal, at most 100 columns wide."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        shown = "unknown" if self.value is None else f"{self.value:,}"
        yield from wrap(f"{self.convention}: {shown} {self.unit}", WIDTH, subsequent_indent="  ")
        for sentence in self.why:
            yield from wrap(sentence, WIDTH, initial_indent="  ", subsequent_indent="    ")


def require(name: str) -> None:
    """Raise `ValueError` where there is no such convention."""
    if name not in CONVENTIONS:
        near = nearest(name, CONVENTIONS)
        help = f"did you mean {near}?" if near else f"there are {', '.join(CONVENTIONS)}"
        raise ValueError(f"there is no convention {name!r}: {help}")


def count(graph: Graph, name: str) -> Count:
    """Count a network by a convention, one of `CONVENTIONS`. Raises `ValueError` for any other name."""
    require(name)
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    found: Count = module.count(graph)
    return found
