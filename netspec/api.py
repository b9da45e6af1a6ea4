"""The public way in: `load_spec`, `parse_spec` and `Spec`."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.errors import Diagnostic, InternalError, Source, SpecError, Where
from netspec.expand import expand
from netspec.graph import Graph
from netspec.limits import DEFAULT_LIMITS, Limits
from netspec.load import Loader, decode, read_text, to_yaml
from netspec.parse import parse
from netspec.syntax import Network
from netspec.values import Problems

if TYPE_CHECKING:
    import keras


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

    def resolve(self) -> str:
        """The spec with every ``extends``, ``set``, variable and default worked out, as YAML."""
        from netspec.resolve import resolved

        return resolved(self.network, self.limits)

    def build(self, seed: int | None = None) -> keras.Model:
        """Build an ordinary Keras model. With a ``seed`` the weights are the same every time.

        Raises `SpecError` (E410, E502, E503) where the network is too large or Keras can't build it, and
        `InternalError` where Keras built something else than was foreseen.
        """
        from netspec.backends.keras import build

        return build(self._graph, self.limits, seed=seed)

    def __repr__(self) -> str:
        return f"<Spec {self.name} from {self.file}: {self._graph!r}>"

    def _repr_html_(self) -> str:
        from netspec.summary import html

        return html(self._graph, file=self.file)


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
    path = Path(spec)
    text, mistake = read_text(path, limits)
    if mistake:
        code, message = mistake
        raise SpecError([Diagnostic(code, f"{path} {message}", _nowhere(str(path)))])
    return _load(Source(str(path), text), path, set, Path(root) if root else path.resolve().parent, limits)


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


def _load(
    source: Source, path: Path | None, edits: Mapping[str, Any] | None, root: Path | None, limits: Limits
) -> Spec:
    problems = Problems()
    loader = Loader(root, problems, limits)
    network = graph = None
    try:
        with _collector_paused():
            loaded = loader.load(source, path, edits or {})
            network = parse(
                loaded.tree,
                loaded.libraries,
                loaded.name,
                problems,
                limits,
                blocks_missing=loaded.libraries_missing,
            )
            for name, warning in loaded.new_variables.items():
                if name not in network.used_variables:
                    problems.add(warning)
            graph = expand(network, problems, limits)
    except SpecError as error:
        for diagnostic in error.diagnostics:
            problems.add(diagnostic)
    if problems.errors or network is None or graph is None:
        if not problems.errors:
            raise InternalError(f"{source.name} was refused without a reason")
        raise SpecError(sorted(map(loader.explain, problems.errors), key=_reading_order(source)))
    files, warnings = tuple(loader.paths.values()), tuple(map(loader.explain, problems.all))
    return Spec(network.name, source.name, network, limits, files, warnings, graph)


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
