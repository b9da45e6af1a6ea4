"""A `Graph` to an ordinary Keras 3 model: https://keras.io/guides/functional_api/.

Every layer is made with every argument written out, under the graph's names, and called in the graph's order. What was
foreseen is compared with what Keras built before the model is given out.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.errors import Diagnostic, InternalError, Mistake, Source, SpecError, Where
from netspec.files import cannot_write, written_whole
from netspec.graph import Graph, Input, Node
from netspec.layer import Layer
from netspec.options import escape
from netspec.shapes import Shape, show

if TYPE_CHECKING:
    import keras

    from netspec.limits import Limits

Progress = Callable[[int, int], None]


def import_keras() -> Any:
    """Import Keras, on TensorFlow unless the user asks for another backend, without TensorFlow's start-up notes."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _quiet_start():
        try:
            import keras
        except (ImportError, ValueError) as error:  # ValueError: no backend has that name
            backend = os.environ["KERAS_BACKEND"]
            raise SpecError(
                [
                    Diagnostic(
                        "E503",
                        f"Keras can't start on the backend {escape(backend)}: {escape(str(error))}",
                        Where(Source("KERAS_BACKEND"), 1, 1, 1, 1),
                        help=f"install {escape(backend)}, or set KERAS_BACKEND to a backend that is installed",
                    )
                ]
            ) from error
    return keras


@contextmanager
def _quiet_start() -> Iterator[None]:
    """Hold back what TensorFlow's C++ start-up writes past Python, unless it was asked to speak.

    Its first lines are written before it reads its own log level.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL") != "3":
        yield
        return
    try:
        saved = os.dup(2)
    except OSError:
        yield
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nothing)


def build(graph: Graph, limits: Limits, seed: int | None = None, progress: Progress | None = None) -> keras.Model:
    """Build the model of a graph and compare it with what the graph foresaw.

    Raises `SpecError` (E410, E502, E503), and `InternalError` where Keras built something else.
    """
    if graph.params.total > limits.build_parameters:
        raise SpecError([_too_large(graph, limits.build_parameters)])
    keras = import_keras()
    if seed is not None:
        keras.utils.set_random_seed(seed)
    tensors: dict[str, Any] = {}
    layers: dict[Node, Any] = {}
    for number, node in enumerate(graph.nodes.values()):
        if progress:
            progress(number, len(graph.nodes))
        try:
            tensors[node.name] = _add(keras, node, tensors, layers)
        except (ValueError, TypeError, NotImplementedError) as error:
            raise _refused(node, error) from error
    outputs = [tensors[name] for name in graph.outputs]
    inputs = [tensors[name] for name in graph.inputs]
    model = keras.Model(
        inputs[0] if len(inputs) == 1 else inputs, outputs[0] if len(outputs) == 1 else outputs, name=graph.name
    )
    check(graph, model, tensors, layers)
    return model


def _add(keras: Any, node: Node, tensors: dict[str, Any], layers: dict[Node, Any]) -> Any:
    """Make the node's Keras layer, unless it shares one, and call it."""
    if isinstance(node.layer, Input):
        return keras.Input(shape=node.shape, dtype=node.layer.dtype, name=node.name)
    owner = node.owner or node
    if owner not in layers:
        layers[owner] = node.layer.lower(keras, owner.name, tuple(read.shape for read in node.inputs))
    return node.layer.call(layers[owner], [tensors[read.name] for read in node.inputs])


def _too_large(graph: Graph, bound: int) -> Diagnostic:
    dearest_node = max(graph.nodes.values(), key=lambda node: node.params)
    return Diagnostic(
        "E410",
        f"this network has {graph.params.total:,} parameters; {bound:,} are allowed to be built",
        dearest_node.where,
        path=dearest_node.site.path,
        label=f"{dearest_node.name} alone has {dearest_node.params:,}",
        help="raise the limit with --limit build_parameters=N if the machine has the memory",
    )


def _refusal_help(node: Node) -> str:
    if any(size is None for read in node.inputs for size in read.shape) or any(
        None in given.shape for given in _inputs_of(node)
    ):
        return "Keras loses track of a size that is unknown; give every axis of the inputs a number"
    return "netspec should have said this before; please report it"


def _inputs_of(node: Node) -> Iterator[Node]:
    """Find the inputs of the network that a node depends on."""
    waiting, seen = [node], {node}
    while waiting:
        current = waiting.pop()
        if isinstance(current.layer, Input):
            yield current
        for read in current.inputs:
            if read not in seen:
                seen.add(read)
                waiting.append(read)


def _refused(node: Node, error: Exception) -> SpecError:
    reason = str(error).strip().splitlines()
    said = escape(reason[0]) if reason else type(error).__name__
    return SpecError(
        [
            Diagnostic(
                "E502",
                f"Keras refuses {node.name} ({node.type}): {said}",
                node.where,
                path=node.site.path,
                help=_refusal_help(node),
            )
        ]
    )


def check(graph: Graph, model: Any, tensors: dict[str, Any], layers: dict[Node, Any]) -> None:
    """Compare every shape and parameter count with the model. Raises `InternalError` at the first difference."""
    for node in graph.nodes.values():
        built = tuple(tensors[node.name].shape)[1:]
        if not _agree(node.shape, built):
            raise InternalError(f"{node.name} was foreseen as {show(node.shape)}, but Keras built {show(built)}")
    for owner, layer in layers.items():
        if isinstance(owner.layer, Layer):
            counted = layer.count_params() if hasattr(layer, "count_params") else 0
            if counted != owner.params:
                raise InternalError(
                    f"{owner.name} was foreseen with {owner.params:,} parameters, but Keras built {counted:,}"
                )
    for what, foreseen, weights in (
        ("trainable", graph.params.trainable, model.trainable_weights),
        ("non-trainable", graph.params.non_trainable, model.non_trainable_weights),
    ):
        counted = sum(_size(weight.shape) for weight in weights)
        if counted != foreseen:
            raise InternalError(f"{foreseen:,} {what} parameters were foreseen, but Keras built {counted:,}")


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for axis in shape:
        size *= axis
    return size


def _agree(foreseen: Shape, built: Shape) -> bool:
    """Tell whether two shapes are the same; Keras may leave open a size that a join makes known."""
    return len(foreseen) == len(built) and all(a == b or b is None for a, b in zip(foreseen, built, strict=True))


# -------------------------------------------------------------------------------------------------------------- saving


def require_format(path: Path) -> str:
    """The ending of a path, which says in what format a model is saved. Raises `Mistake` (E501)."""
    ending = next((ending for ending in _SAVE if path.name.endswith(ending) and path.name != ending), None)
    if ending is None:
        raise Mistake("E501", f"{path.name} names no format", help=f"end it with {', '.join(_SAVE)}")
    return ending


def save(model: keras.Model, path: Path) -> None:
    """Save a model whole or not at all: ``.keras``, ``.weights.h5`` or ``.json`` (the architecture) by the ending.

    While weights are saved they are in memory a second time. Raises `SpecError` (E501); the file that was there before
    is then still there.
    """
    try:
        ending = require_format(path)
        with written_whole(path) as descriptor:
            _SAVE[ending](model, descriptor)
    except Mistake as mistake:
        raise cannot_write(path, mistake.message, mistake.help) from None
    except MemoryError:
        raise cannot_write(path, "the weights don't fit into memory a second time") from None


def _save_all(model: keras.Model, descriptor: int) -> None:
    require_memory(model)
    with _KerasFile(io.FileIO(descriptor, "wb", closefd=False)) as file:
        model.save(file)


def _save_weights(model: keras.Model, descriptor: int) -> None:
    require_memory(model)
    with WeightsInMemory() as weights, open(descriptor, "wb", closefd=False) as file:
        model.save_weights(weights)
        file.write(weights.getbuffer())


def _save_architecture(model: keras.Model, descriptor: int) -> None:
    with open(descriptor, "wb", closefd=False) as file:
        file.write(model.to_json(indent=1).encode() + b"\n")


_SAVE: dict[str, Callable[[Any, int], None]] = {
    ".keras": _save_all,
    ".weights.h5": _save_weights,
    ".json": _save_architecture,
}


def require_memory(model: keras.Model) -> None:
    """Raise `MemoryError` where the weights don't fit into memory a second time.

    HDF5 can't be stopped halfway: when a write fails, it tries again as Python ends, and takes the process down. So it
    is given no file, which a disk may have no room for, but memory, and that only where there is enough of it.
    """
    import numpy

    sizes = [_size(weight.shape) * numpy.dtype(weight.dtype).itemsize for weight in model.weights]
    buffer = sum(sizes) * 9 // 8  # BytesIO asks for an eighth more than it needs
    on_the_way = 2 * max(sizes, default=0)
    described = 2048 * len(sizes) + 2**24
    bytearray(buffer + on_the_way + described)


class _KerasFile(io.BufferedWriter):
    """A file for Keras, which takes anything that can be written to, but asks ``str()`` for the format.

    It has no name, so that Keras can't put the weights of large models into another file beside it.
    """

    def __str__(self) -> str:
        return "model.keras"


class WeightsInMemory(io.BytesIO):
    """Memory for Keras to save weights to; see `_KerasFile`."""

    def __str__(self) -> str:
        return "model.weights.h5"
