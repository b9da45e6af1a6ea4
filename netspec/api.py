"""The public way in: `load_spec`, `parse_spec` and `Spec`."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.errors import Diagnostic, InternalError, Source, SpecError, Where
from netspec.expand import expand
from netspec.graph import Graph
from netspec.limits import DEFAULT_LIMITS, Limits
from netspec.load import Loaded, Loader, decode, read_text, to_yaml
from netspec.parse import parse, parse_blocks
from netspec.syntax import Network
from netspec.values import Problems

if TYPE_CHECKING:
    import keras

    from netspec.backends.weights import LoadedWeights


@dataclass(frozen=True, eq=False)
class Spec:
    """A network that was read and found good.

    ``files`` are those it was read from, ``warnings`` what was noticed without being wrong. `graph` gives the network
    as data, `summary` as a table, `build` as a Keras model.
    """

    name: str
    file: str
    network: Network
    limits: Limits
    files: tuple[Path, ...]
    warnings: tuple[Diagnostic, ...]
    _graph: Graph

    @property
    def description(self) -> str:
        return self.network.description

    def graph(self) -> Graph:
        """The expanded network, with shapes, parameters and cost of every node. It never imports TensorFlow."""
        return self._graph

    def summary(self, depth: str = "block") -> str:
        """The network as a table of at most 100 columns; ``depth`` is ``"stage"``, ``"block"`` or ``"layer"``."""
        from netspec.summary import DEPTHS, table

        if depth not in DEPTHS:
            raise ValueError(f"depth must be one of {', '.join(DEPTHS)}, not {depth!r}")
        return table(self._graph, file=self.file, depth=depth)

    def require_budgets(self, budgets: Mapping[str, int]) -> None:
        """Hold the network to bounds that are not in the spec, such as ``{"params": 26_000_000}``.

        The names are those of the spec's ``budget``. Raises `SpecError` (E401) where it takes more, or that is unknown.
        """
        from netspec.budgets import check_budgets

        source = next(iter(self._graph.nodes.values())).where.source
        diagnostics = check_budgets(self._graph, budgets, source)
        if diagnostics:
            raise SpecError(diagnostics)

    def resolve(self) -> str:
        """The spec with every ``extends``, ``set``, variable and default worked out, as YAML."""
        from netspec.resolve import resolved

        return resolved(self.network, self.limits)

    def build(self, seed: int | None = None, *, weights: str | Path | None = None, strict: bool = False) -> keras.Model:
        """Build an ordinary Keras model. With a ``seed`` the weights are the same every time.

        ``weights`` and ``strict`` are those of `load_weights`; what was not taken is said in a warning.

        Raises `SpecError` (E410, E502, E503, and those of `load_weights`) where the network is too large, Keras can't
        build it, or the weights can't be had, and `InternalError` where Keras built something else than was foreseen.
        """
        from netspec.backends.keras import build

        if weights is not None:
            self.require_weights(weights)
        model = build(self._graph, self.limits, seed=seed)
        if weights is not None:
            loaded = self.load_weights(model, weights, strict=strict)
            if loaded.left or loaded.notes:
                warnings.warn(str(loaded), stacklevel=2)
        return model

    def load_weights(self, model: keras.Model, weights: str | Path, *, strict: bool = False) -> LoadedWeights:
        """Give a model that was built from this spec the weights of a file, and say which were taken.

        ``weights`` is a ``.weights.h5`` or ``.keras`` file, or ``"imagenet"`` for the published weights of the spec's
        ``weights: {keras_application: …}``. What fits is taken, by the names of the layers or by the structure of the
        original. Raises `SpecError` where nothing fits, or the weights can't be had (E504, E505, E506), and with
        ``strict`` where anything is left; the model is then as it was.
        """
        from netspec.backends.weights import load_weights

        return load_weights(model, self._graph, weights, self.network.application, strict=strict)

    def require_weights(self, weights: str | Path) -> None:
        """Refuse weights that `load_weights` could never take, without building anything. Raises `SpecError`."""
        from netspec.backends.weights import require

        require(self._graph, weights, self.network.application)

    def __repr__(self) -> str:
        return f"<Spec {self.name} from {self.file}: {self._graph!r}>"

    def _repr_html_(self) -> str:
        from netspec.draw.notebook import shown
        from netspec.summary import html

        return shown(self._graph) + html(self._graph, file=self.file)


def load_spec(
    spec: str | Path | Mapping[str, Any],
    *,
    set: Mapping[str, Any] | None = None,
    root: str | Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Spec:
    """Read a spec from a file, or from a mapping of the same content.

    ``set`` holds edits by path, as the spec's own ``set`` and the command line's: ``{"vars.classes": 10}``. ``root`` is
    the folder that ``extends`` and ``use`` may not leave, by default that of the file. Raises `SpecError`, whose
    ``diagnostics`` hold every mistake.
    """
    if isinstance(spec, Mapping):
        return parse_spec(to_yaml(spec), name="<mapping>", set=set, root=root, limits=limits)
    source, folder = _open(Path(spec), root, limits)
    return _load(source, Path(spec), set, folder, limits)


def parse_spec(
    text: str | bytes,
    *,
    name: str = "<text>",
    set: Mapping[str, Any] | None = None,
    root: str | Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Spec:
    """Read a spec from its text; ``name`` stands for the file in messages. Otherwise as `load_spec`."""
    data, mistake = decode(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"), limits)
    if mistake:
        code, message = mistake
        raise SpecError([Diagnostic(code, f"{name} {message}", _nowhere(name))])
    return _load(Source(name, data), None, set, Path(root) if root else None, limits)


def check_file(
    path: str | Path,
    *,
    set: Mapping[str, Any] | None = None,
    root: str | Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
    budgets: Mapping[str, int] | None = None,
) -> tuple[Diagnostic, ...]:
    """Check a spec, or a file of blocks that specs use, and give back the warnings. Otherwise as `load_spec`.

    ``budgets`` are those of `Spec.require_budgets`; a file of blocks costs nothing.
    """
    source, folder = _open(Path(path), root, limits)
    loader = Loader(folder, Problems(), limits)
    with _reporting(loader, source):
        loaded = loader.load(source, Path(path), set or {})
        if not loaded.holds_only_blocks:
            spec = _parse(source, loader, loaded)
            spec.require_budgets(budgets or {})
            return spec.warnings
        parse_blocks(loaded.tree, loader.problems, limits)
    return tuple(map(loader.explain, loader.problems.all))


def _open(path: Path, root: str | Path | None, limits: Limits) -> tuple[Source, Path]:
    """Read the text of a file, and say which folder its other files may not leave."""
    text, mistake = read_text(path, limits)
    if mistake:
        code, message = mistake
        raise SpecError([Diagnostic(code, f"{path} {message}", _nowhere(str(path)))])
    return Source(str(path), text), Path(root) if root else path.resolve().parent


def _load(
    source: Source, path: Path | None, edits: Mapping[str, Any] | None, root: Path | None, limits: Limits
) -> Spec:
    loader = Loader(root, Problems(), limits)
    with _reporting(loader, source):
        return _parse(source, loader, loader.load(source, path, edits or {}))
    raise InternalError(f"{source.name} was refused without a reason")


def _parse(source: Source, loader: Loader, loaded: Loaded) -> Spec:
    """Make a spec of its tree. Raises `SpecError`; all mistakes are among the loader's problems."""
    problems, limits = loader.problems, loader.limits
    network = parse(
        loaded.tree, loaded.libraries, loaded.name, problems, limits, blocks_missing=loaded.libraries_missing
    )
    for name, warning in loaded.new_variables.items():
        if name not in network.used_variables:
            problems.add(warning)
    graph = expand(network, problems, limits)
    if graph is None:
        raise SpecError(problems.errors)
    files, found = tuple(loader.paths.values()), tuple(map(loader.explain, problems.all))
    return Spec(network.name, source.name, network, limits, files, found, graph)


@contextmanager
def _reporting(loader: Loader, source: Source) -> Iterator[None]:
    """Raise all mistakes that were found inside, in the order of the text."""
    problems = loader.problems
    try:
        with _collector_paused():
            yield
    except SpecError as error:
        for diagnostic in error.diagnostics:
            problems.add(diagnostic)
    if problems.errors:
        raise SpecError(sorted(map(loader.explain, problems.errors), key=_reading_order(source)))


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Hold Python's garbage collector while objects are made that all stay.

    It would look through every node made so far again and again, so that a layer of a long network would cost several
    times as much as one of a short network.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _reading_order(source: Source) -> Any:
    """Sort mistakes as a reader meets them: the file that was named first, from top to bottom."""
    return lambda diagnostic: (
        diagnostic.where.file != source.name,
        diagnostic.where.file,
        diagnostic.where.line,
        diagnostic.where.column,
    )


def _nowhere(name: str) -> Where:
    return Where(Source(name), 1, 1, 1, 1)
