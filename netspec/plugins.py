"""Types that installed packages bring: the entry-point group ``netspec.types``, each imported only when it is named."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from typing import Any

from netspec.errors import RegistrationError
from netspec.layer import TYPES, Layer, register_layer
from netspec.registry import Type
from netspec.tensors import register_block

GROUP = "netspec.types"


@functools.cache
def installed() -> Mapping[str, Any]:
    """The entry points of installed packages, by the name of the type; nothing is imported."""
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=GROUP)}


def find(name: str) -> Type | None:
    """Find a type: one that netspec has, or one that an installed package brings under that very name.

    Raises `RegistrationError` where the package's object is no layer or block of that name.
    """
    if name in TYPES:
        return TYPES[name]
    entry = installed().get(name)
    if entry is None:
        return None
    try:
        loaded = entry.load()
        if name not in TYPES:
            if isinstance(loaded, type) and issubclass(loaded, Layer):
                register_layer(loaded)
            elif inspect.isfunction(loaded):
                register_block(loaded)
    except Exception as error:  # whatever the package's own code raises
        raise RegistrationError(
            f"{name} can't be imported from {entry.value}: {type(error).__name__}: {error}"
        ) from error
    if name not in TYPES:
        raise RegistrationError(f"the entry point {name} of {entry.value} brings no type of that name")
    return TYPES[name]


def load_all() -> list[str]:
    """Import every installed type, for lists and schemas that are to show them all; say which ones don't work."""
    broken = []
    for name in installed():
        try:
            find(name)
        except RegistrationError as error:
            broken.append(str(error))
    return broken
