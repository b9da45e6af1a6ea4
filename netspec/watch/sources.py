"""The files that a spec is read from, or would be if they were there, and the folders in which they come and go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from netspec import yaml
from netspec.errors import Source, SpecError
from netspec.limits import Limits
from netspec.load import MAX_LIBRARIES, read_text

MOST_FILES = 2 * MAX_LIBRARIES
MOST_LINKS = 40
"""So many links a path may lead through, as on Linux."""

Stamp = tuple[int, int, int, int, int]


class Sources:
    """The files of one spec, as far as they are known: those that are missing too, and what stood in broken ones."""

    def __init__(self, path: Path, root: Path | None, limits: Limits) -> None:
        self.path = path.absolute()
        self.root = (root or path.resolve().parent).resolve()
        self.limits = limits
        self.files: tuple[Path, ...] = (self.path,)
        self._named: dict[Path, list[Path]] = {}

    def find(self) -> None:
        """Follow ``extends`` and ``use`` from the spec on."""
        found: dict[Path, None] = {}
        waiting = [self.path]
        while waiting and len(found) < MOST_FILES:
            file = waiting.pop()
            if file not in found:
                found[file] = None
                waiting += self._named_in(file)
        self.files = tuple(found)

    def stamps(self) -> tuple[Stamp | None, ...]:
        """What tells one state of the files from another."""
        return tuple(map(_stamp, self.files))

    def folders(self) -> frozenset[Path]:
        """The folders in which a change can change what the files say; of those that are missing the nearest above."""
        return frozenset(folder for file in self.files for folder in _folders(file))

    def _named_in(self, file: Path) -> list[Path]:
        text, mistake = read_text(file, self.limits)
        before = self._named.get(file, [])
        if mistake:
            return before
        try:
            tree, broken = yaml.read(Source(file.name, text), self.limits)
        except SpecError:
            return before
        folder = file.resolve().parent
        named = [path for name in _names(tree) if self._is_inside(path := folder / name)]
        # What a text named before it broke is still wanted.
        self._named[file] = list(dict.fromkeys([*before, *named])) if broken else named
        return self._named[file]

    def _is_inside(self, path: Path) -> bool:
        try:
            return path.resolve().is_relative_to(self.root)
        except (OSError, RuntimeError, ValueError):
            return False


def _names(tree: yaml.Tree) -> Iterator[str]:
    """The paths after ``extends`` and ``use``."""
    if isinstance(tree, yaml.Mapping):
        use = tree.entries.get("use")
        written: Iterable[yaml.Tree | None] = use.items[:MAX_LIBRARIES] if isinstance(use, yaml.Sequence) else ()
        for item in (tree.entries.get("extends"), *written):
            if isinstance(item, yaml.Scalar) and isinstance(item.value, str) and item.value:
                yield item.value


def _stamp(file: Path) -> Stamp | None:
    try:
        found = file.stat()
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _folders(file: Path) -> Iterator[Path]:
    """The folder of a file, and those of the links that lead to it."""
    waiting, links = [file], 0
    while waiting:
        path = waiting.pop()
        yield _existing(path.parent)
        for step in (path, *path.parents):
            if links < MOST_LINKS and step.is_symlink():
                links += 1
                yield _existing(step.parent)
                waiting.append(step.parent / step.readlink() / path.relative_to(step))


def _existing(folder: Path) -> Path:
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder
