"""Weights for a built model: from a file, by the names of layers, or the published ones, by structure.

What fits is taken, the rest is listed with the reason. A model is changed at once and at the end, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from netspec.backends.keras import WeightsInMemory, require_memory
from netspec.backends.matching import Matching, copy_weights, match, side_by_side
from netspec.backends.weights_files import Store, Unreadable, Weight, opened, require_file
from netspec.backends.weights_published import build, differences, nearest, published
from netspec.errors import Diagnostic, Source, SpecError, Where
from netspec.fitting import misfit
from netspec.options import escape
from netspec.shapes import show

if TYPE_CHECKING:
    import keras

    from netspec.graph import Graph
    from netspec.syntax import Application

PUBLISHED = "imagenet"

NOT_IN_FILE = "in the spec but not in the file"
NOT_IN_SPEC = "in the file but not in the spec"
NOT_IN_ORIGINAL = "in the spec but not in the original, or after something that differs"
ONLY_IN_ORIGINAL = "in the original but not in the spec, or after something that differs"


class Left(NamedTuple):
    """A layer whose weights were not taken, and why. ``ours`` says that the model has it, not only the origin."""

    layer: str
    reason: str
    ours: bool


@dataclass(frozen=True)
class LoadedWeights:
    """What became of weights: the layers that have new ones now, and what was left.

    ``origin`` is where they are from, ``way`` how layers were found: by ``name``, ``structure`` or ``order``. ``notes``
    says what one should know besides.
    """

    origin: str
    way: str
    taken: tuple[str, ...]
    left: tuple[Left, ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        own = sum(one.ours for one in self.left)
        how = {"name": "by name", "structure": "by structure", "order": "by the order of equal layers"}[self.way]
        head = f"{escape(self.origin)}: {len(self.taken)} of {len(self.taken) + own} layers taken {how}"
        rest = [f"not taken: {escape(one.layer)}: {one.reason}" for one in self.left]
        return "\n  ".join([head, *rest, *(f"note: {note}" for note in self.notes)])


def require(graph: Graph, weights: str | Path, application: Application | None) -> None:
    """Refuse at once what could not be loaded after the long work. Raises `SpecError` (E504, E506)."""
    if str(weights) != PUBLISHED:
        try:
            require_file(Path(weights))
        except Unreadable as error:
            raise _unreadable(Path(weights), error) from None
    elif application is None:
        raise _nothing_published(graph)


def load_weights(
    model: keras.Model,
    graph: Graph,
    weights: str | Path,
    application: Application | None = None,
    *,
    strict: bool = False,
) -> LoadedWeights:
    """Give the model of a graph the weights of a file, or with ``"imagenet"`` those of its original.

    Raises `SpecError` (E504, E505, E506) where nothing fits; with ``strict`` already where something is left.
    """
    require(graph, weights, application)
    if not model.weights:
        raise SpecError([Diagnostic("E505", "no layer of the spec has weights", _nowhere(_file_of(graph)))])
    try:
        if str(weights) != PUBLISHED:
            return _from_file(model, graph, Path(weights), application, strict)
        assert application is not None
        origin = f"ImageNet weights of {application.name}"
        original = nearest(application, model)
        _compared(original.model, original.found, origin, graph, strict)  # before anything is downloaded
        return _from_original(model, graph, published(application, original.options, model), origin, strict)
    except Unreadable as error:
        raise _unreadable(Path(weights), error) from None
    except MemoryError:
        help = "use a machine with more memory"
        message = f"the weights of {weights} don't fit into memory beside the model"
        raise SpecError([Diagnostic("E504", message, _nowhere(str(weights)), help=help)]) from None


# --------------------------------------------------------------------------------------------------------- from files


def _from_file(
    model: keras.Model, graph: Graph, path: Path, application: Application | None, strict: bool
) -> LoadedWeights:
    with opened(path) as theirs, _Template(model) as template:
        ours = template.store
        found = _by_name(theirs, ours, [layer.name for layer in model.layers])
        if found.pairs:
            result = LoadedWeights(str(path), "name", tuple(found.taken), tuple(found.left))
            _require_all(result, graph, strict)
            template.take(found.pairs)
            return result
        for original in _originals(application, model):
            with _Template(original) as copied:
                if theirs.shapes == copied.store.shapes:
                    copied.take(_in_order(theirs, copied.store))
                    return _from_original(model, graph, original, f"{path} ({original.name})", strict)
        if theirs.shapes == ours.shapes and side_by_side(model) is None:
            template.take(_in_order(theirs, ours))
            return LoadedWeights(str(path), "order", tuple(ours.layers), ())
        raise _nothing_fits(path, model, found, theirs, ours, application)


def _originals(application: Application | None, model: keras.Model) -> Iterator[Any]:
    """The original that a spec names, which a file may be of that knows no names of the spec; then without its top."""
    if application is not None:
        found = nearest(application, model)
        yield found.model
        if found.options.get("include_top", True):
            yield build(application, {**found.options, "include_top": False}, model).model


class _Named(NamedTuple):
    pairs: list[tuple[Weight, Weight]]
    taken: list[str]
    left: list[Left]


def _by_name(theirs: Store, ours: Store, order: Sequence[str]) -> _Named:
    """Pair the weights of layers of the same name and the same shapes."""
    places = {name: place for place, name in enumerate(order)}
    found = _Named([], [], [])
    for name, weights in sorted(ours.layers.items(), key=lambda item: places.get(item[0], len(places))):
        if name in theirs.repeated:
            found.left.append(Left(name, "several layers of the file have this name", True))
        elif name not in theirs.layers:
            found.left.append(Left(name, NOT_IN_FILE, True))
        elif reason := misfit(theirs.layers[name], weights):
            found.left.append(Left(name, reason, True))
        else:
            found.taken.append(name)
            found.pairs.extend((theirs.layers[name][path], weight) for path, weight in weights.items())
    found.left.extend(Left(name, NOT_IN_SPEC, False) for name in theirs.layers if name not in ours.layers)
    return found


def _in_order(theirs: Store, ours: Store) -> list[tuple[Weight, Weight]]:
    """Pair the weights of two stores by their places, which are the same."""
    return [
        (theirs.groups[group][path], weight) for group, found in ours.groups.items() for path, weight in found.items()
    ]


class _Template:
    """The weights of a model as Keras stores them, in memory, to put others in their place and load them again.

    So Keras alone decides what its layers make of what is stored.
    """

    def __init__(self, model: Any) -> None:
        import h5py

        require_memory(model)
        self.model = model
        self.memory = WeightsInMemory()
        model.save_weights(self.memory)
        self.file = h5py.File(self.memory, "r+")
        self.store = Store(self.file)

    def __enter__(self) -> _Template:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def take(self, pairs: Sequence[tuple[Weight, Weight]]) -> None:
        """Put the numbers of each pair's first in the place of its second, and give all to the model."""
        for given, wanted in pairs:
            wanted.write(given.read())
        self.file.close()
        self.memory.seek(0)
        self.model.load_weights(self.memory)


# ----------------------------------------------------------------------------------------------------- from originals


def _from_original(model: keras.Model, graph: Graph, original: Any, origin: str, strict: bool) -> LoadedWeights:
    """Copy what has the same structure, from the inputs on."""
    found = match(original, model)
    result = _compared(original, found, origin, graph, strict)
    copy_weights(found.pairs)
    return replace(result, notes=differences(original, model)) if found.complete else result


def _compared(original: Any, found: Matching, origin: str, graph: Graph, strict: bool) -> LoadedWeights:
    """What would become of the weights of an original. Raises `SpecError` (E505) where that is too little."""
    left = _left(found)
    if not found.pairs:
        message = f"the spec is not {original.name}: not even the first layers with weights are the same"
        raise SpecError([Diagnostic("E505", message, _nowhere(origin), help=_listed(left))])
    result = LoadedWeights(origin, "structure", tuple(ours.name for _, ours in found.pairs), left)
    _require_all(result, graph, strict)
    return result


def _left(found: Matching) -> tuple[Left, ...]:
    """Why layers have no partner: those that read the same have other weights, the others are not there."""
    other = {ours: theirs for theirs, ours in found.near}
    known = set(other.values())
    return (
        *(
            Left(layer.name, _differing(other[layer], layer) if layer in other else NOT_IN_ORIGINAL, True)
            for layer in found.target_rest
        ),
        *(Left(layer.name, ONLY_IN_ORIGINAL, False) for layer in found.source_rest if layer not in known),
    )


def _differing(theirs: Any, ours: Any) -> str:
    shapes = [(tuple(a.shape), tuple(b.shape)) for a, b in zip(theirs.weights, ours.weights, strict=False)]
    wrong = [f"{show(a)} in the original's {theirs.name}, {show(b)} here" for a, b in shapes if a != b]
    return f"shape differs: {wrong[0]}" if wrong else f"it has other weights than the original's {theirs.name}"


# ------------------------------------------------------------------------------------------------------------- errors


def _require_all(result: LoadedWeights, graph: Graph, strict: bool) -> None:
    if strict and result.left:
        raise SpecError([_strict(one, result.origin, graph) for one in result.left])


def _strict(left: Left, origin: str, graph: Graph) -> Diagnostic:
    node = graph.nodes.get(left.layer) if left.ours else None
    return Diagnostic(
        "E505",
        f"the weights of {escape(left.layer)} can't be taken from {origin}: {left.reason}",
        node.where if node else _nowhere(origin),
        path=node.site.path if node else "",
        help="without --strict what fits is taken and the rest is listed",
    )


def _nothing_fits(
    path: Path, model: keras.Model, found: _Named, theirs: Store, ours: Store, application: Application | None
) -> SpecError:
    names = set(theirs.layers) & set(ours.layers)
    if names:
        message = f"no layer of the spec can take its weights from {path}"
        help = _listed(one for one in found.left if one.layer in names)
    else:
        message = f"no layer of {path} has the name of a layer of the spec"
        help = f"its layers are called {_some(theirs.layers)}, those of the spec {_some(ours.layers)}"
    if theirs.shapes == ours.shapes and (alike := side_by_side(model)):
        message += f", and it doesn't say which of {alike[0].name} and {alike[1].name}, which are alike, is which"
        help = "in Python, copy_by_structure(the original model, spec.build()) can tell: see docs/weights.md"
    elif application is None and not names:
        help += "; if they are of keras.applications, say so: weights: {keras_application: NAME}"
    return SpecError([Diagnostic("E505", message, _nowhere(str(path)), help=help)])


def _listed(left: Iterable[Left]) -> str:
    return "; ".join(f"{escape(one.layer)}: {one.reason}" for one in list(left)[:3])


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    return escape(", ".join(listed[:3]) + (", …" if len(listed) > 3 else ""))


def _unreadable(path: Path, error: Unreadable) -> SpecError:
    message = f"the weights of {escape(str(path))} can't be read: {escape(error.reason)}"
    return SpecError([Diagnostic("E504", message, _nowhere(str(path)), help=error.help)])


def _nothing_published(graph: Graph) -> SpecError:
    help = "say what the spec is written after, weights: {keras_application: ResNet50}, or name a file of weights"
    message = "the spec doesn't say which published weights it takes"
    return SpecError([Diagnostic("E506", message, _nowhere(_file_of(graph)), help=help)])


def _file_of(graph: Graph) -> str:
    return next(iter(graph.nodes.values())).where.file


def _nowhere(name: str) -> Where:
    return Where(Source(name), 1, 1, 1, 1)
