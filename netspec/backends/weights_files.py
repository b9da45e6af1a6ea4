"""Weights as Keras 3 stores them in HDF5, read without trusting the file.

A store has one group a layer, ``layers/conv2d_3``: its weights are ``vars/0``, ``vars/1``, … in it, those of a layer
inside it (the dense layers of an attention) in groups of their own, and the attribute ``name`` of ``vars`` is the
layer's name. A ``.keras`` file is a zip with such a store in it, ``model.weights.h5``; nothing else of it is read.

Of a file only plain numbers in plain HDF5 are read, and only as many as the model has: no link is followed, no other
file opened, no object made. Anything else is `Unreadable`.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STORE = "model.weights.h5"  # in a .keras file
MAX_OBJECTS = 100_000  # groups and weights of a file; EfficientNetV2L has some 5,000
MAX_DEPTH = 24
MAX_NAME = 1000  # characters
PLAIN_FILTERS = frozenset({1, 2, 3})  # deflate, shuffle, fletcher32; HDF5 would load code for others
MOST_EXPANSION = 50  # of a compressed store; weights hardly shrink
SMALL = 2**26  # bytes; a store of this size may be compressed as it likes


class Unreadable(Exception):
    """A file that weights can't be read from: the reason, and what to do about it."""

    def __init__(self, reason: str, help: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.help = help or "save the weights again with Keras 3: model.save_weights('model.weights.h5')"


@dataclass(frozen=True, slots=True)
class Weight:
    """One weight in a store. ``kind`` is ``float``, ``integer`` or ``bool``."""

    path: str
    shape: tuple[int, ...]
    kind: str
    dataset: Any = field(repr=False, compare=False)

    def read(self) -> Any:
        """Its numbers, as a numpy array."""
        import numpy

        try:
            numbers = numpy.array(self.dataset)
        except (OSError, ValueError) as error:
            raise Unreadable(f"{self.path} is damaged: {_first_line(error)}") from None
        return numbers.view(_bfloat16()) if numbers.dtype.kind == "V" else numbers

    def write(self, numbers: Any) -> None:
        """Put other numbers in its place, in the type that it has."""
        self.dataset[...] = numbers.astype(_bfloat16() if self.dataset.dtype.kind == "V" else self.dataset.dtype)


class Store:
    """The weights of a store: ``layers`` maps names to weights by their path inside the layer.

    ``groups`` maps the path of a layer's group to its weights in the same way, ``repeated`` holds the names that
    several layers have, which ``layers`` leaves out.
    """

    def __init__(self, file: Any) -> None:
        self.layers: dict[str, dict[str, Weight]] = {}
        self.groups: dict[str, dict[str, Weight]] = {}
        self.repeated: set[str] = set()
        weights = list(_weights(file))
        if not weights:
            raise Unreadable(*_without_layers(file))
        for weight in sorted(weights, key=lambda one: _natural(one.path)):
            group, inner = _split(weight.path)
            if "seed_generator" not in inner:  # the state of a dropout's chance is no weight
                self.groups.setdefault(group, {})[inner] = weight
        for group, found in self.groups.items():
            name = _name(file, group)
            if name in self.layers:
                self.repeated.add(name)
            self.layers[name] = found
        for name in self.repeated:
            del self.layers[name]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every weight by its path: two stores with the same are of models of the same layers."""
        return {weight.path: weight.shape for found in self.groups.values() for weight in found.values()}


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    """Open the store of a ``.weights.h5`` or ``.keras`` file. Raises `Unreadable`."""
    require_file(path)
    with ExitStack() as stack:
        try:
            store = _open(path, stack)
        except MemoryError:
            raise Unreadable("it doesn't fit into memory", "use a machine with more memory") from None
        except OSError as error:
            raise Unreadable(f"it is damaged, or no HDF5 file: {_first_line(error)}") from None
        except (KeyError, RuntimeError, TypeError, ValueError) as error:  # what h5py makes of damaged groups
            raise Unreadable(f"it is damaged: {_first_line(error)}") from None
        yield store


def _open(path: Path, stack: ExitStack) -> Store:
    import h5py

    return Store(stack.enter_context(h5py.File(_out_of_zip(path) if path.name.endswith(".keras") else path, "r")))


def require_file(path: Path) -> None:
    """Refuse what is no file with weights, as far as its name and kind tell. Raises `Unreadable`."""
    if not path.name.endswith((".weights.h5", ".keras")):
        raise Unreadable(f"{path.name} is neither .weights.h5 nor .keras", "name a file that Keras 3 has saved")
    try:
        if not path.exists():
            raise Unreadable("there is no such file", "look at the path")
        if not path.is_file():
            raise Unreadable("it is not a file", "name a file that Keras 3 has saved")
        with path.open("rb"):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or _first_line(error)
        raise Unreadable(reason, "look at the path, and at the rights to read it") from None


def _out_of_zip(path: Path) -> io.BytesIO:
    """The store inside a ``.keras`` file."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info for info in archive.infolist() if info.filename == STORE]
            if len(names) != 1:
                raise Unreadable(f"it holds {'no' if not names else 'more than one'} {STORE}")
            (info,) = names
            if info.flag_bits & 1:
                raise Unreadable(f"its {STORE} is encrypted")
            if info.file_size > SMALL and info.file_size > MOST_EXPANSION * info.compress_size:
                raise Unreadable(f"its {STORE} of {info.compress_size:,} bytes claims to unpack to {info.file_size:,}")
            return io.BytesIO(archive.read(info))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise Unreadable(f"it is damaged, or no .keras file: {_first_line(error)}") from None


# ------------------------------------------------------------------------------------------------ what is in a store


def _weights(file: Any) -> Iterator[Weight]:
    """All weights below ``layers``; what the optimizer and metrics have beside them is left out."""
    import h5py

    waiting = [("layers", file)] if file.get("layers", getclass=True, getlink=False) is h5py.Group else []
    count = 0
    while waiting:
        path, parent = waiting.pop()
        count += 1
        if count > MAX_OBJECTS:
            raise Unreadable(f"it holds more than {MAX_OBJECTS:,} groups and weights")
        key = path.rpartition("/")[2]
        if not isinstance(parent.get(key, getlink=True), h5py.HardLink):
            raise Unreadable(f"{path} is a link to another place, which is not followed")
        found = parent[key]
        if isinstance(found, h5py.Dataset):
            yield _weight(path, found)
        elif isinstance(found, h5py.Group):
            if path.count("/") >= MAX_DEPTH:
                raise Unreadable(f"its groups are nested deeper than {MAX_DEPTH}")
            if len(found) + len(waiting) > MAX_OBJECTS:
                raise Unreadable(f"it holds more than {MAX_OBJECTS:,} groups and weights")
            waiting += [(f"{path}/{inner}", found) for inner in found]


def _weight(path: str, dataset: Any) -> Weight:
    """Describe a dataset, which is not read for it. Only plain numbers that stand in the file itself are weights."""
    kinds = {"f": "float", "i": "integer", "u": "integer", "b": "bool"}
    kind = kinds.get(dataset.dtype.kind)
    if dataset.dtype.kind == "V" and dataset.dtype.itemsize == 2 and dataset.attrs.get("dtype") == "bfloat16":
        kind = "float"
    if kind is None or dataset.shape is None:
        raise Unreadable(f"{path} holds no numbers, but {dataset.dtype}")
    if dataset.external or dataset.is_virtual:
        raise Unreadable(f"{path} stands in another file, which is not opened")
    properties = dataset.id.get_create_plist()
    filters = {properties.get_filter(place)[0] for place in range(properties.get_nfilters())}
    if not filters <= PLAIN_FILTERS:
        raise Unreadable(f"{path} is packed in a way that Keras doesn't use (HDF5 filter {max(filters)})")
    return Weight(path, tuple(map(int, dataset.shape)), kind, dataset)


def _split(path: str) -> tuple[str, str]:
    """The group of the layer that a weight belongs to, and the weight's path in it.

    A model inside a model has ``layers`` of its own; the innermost count.
    """
    parts = path.split("/")
    last = max((place for place, part in enumerate(parts[:-2]) if part == "layers"), default=0)
    return "/".join(parts[: last + 2]), "/".join(parts[last + 2 :])


def _name(file: Any, group: str) -> str:
    """The layer's name, or that of its group in a file that names no layers."""
    name = None
    if "vars" in file[group]:
        try:
            name = file[group]["vars"].attrs.get("name")
        except (OSError, TypeError, ValueError):  # an attribute of a type that numpy doesn't have
            name = None
    if isinstance(name, str) and 0 < len(name) <= MAX_NAME:
        return name
    return group.rpartition("/")[2][:MAX_NAME]


def _without_layers(file: Any) -> tuple[str, str]:
    if "layer_names" in file.attrs or "model_weights" in file:
        again = "load it into its model with Keras and save it again: model.save_weights('model.weights.h5')"
        return "it is in the format of Keras 2", again
    return "it holds no layers with weights", "name a file saved from a functional or sequential model of Keras 3"


def _natural(path: str) -> list[tuple[int, str]]:
    """A key to sort by that puts conv2d_2 before conv2d_10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split("([0-9]{1,9})", path)]


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def _bfloat16() -> Any:
    import ml_dtypes

    return ml_dtypes.bfloat16
