"""Whether the weights that a layer had fit one that is there now: one rule for files and for networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from netspec.shapes import show


class Held(Protocol):
    """One weight: its shape, and whether it is a ``float``, an ``integer`` or a ``bool``."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def kind(self) -> str: ...


def misfit(theirs: Mapping[str, Held], ours: Mapping[str, Held], there: str = "in the file", here: str = "here") -> str:
    """Why the weights of a layer there, by their path in it, don't fit those of a layer here; nothing where they do."""
    if set(theirs) != set(ours):
        return f"{_counted(theirs)} {there}, {_counted(ours)} {here}"
    reasons = [
        f"{show(theirs[path].shape)} {there}, {show(weight.shape)} {here}"
        for path, weight in ours.items()
        if theirs[path].shape != weight.shape
    ]
    if reasons:
        return f"shape differs: {'; '.join(reasons[:3])}"
    kinds = [(theirs[path].kind, weight.kind) for path, weight in ours.items() if theirs[path].kind != weight.kind]
    return f"type differs: {kinds[0][0]} {there}, {kinds[0][1]} {here}" if kinds else ""


def _counted(weights: Mapping[str, Held]) -> str:
    shapes = ", ".join(show(weight.shape) for weight in list(weights.values())[:4])
    more = ", …" if len(weights) > 4 else ""
    return f"{len(weights)} weight{'s' * (len(weights) != 1)} ({shapes}{more})"
