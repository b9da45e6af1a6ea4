"""Specs that are read from somewhere else than where they stand: from a commit of git, or from a copy that git made.

What a spec extends and uses stands beside it. So the files that it needs are laid out in a folder of their own, as they
stand beside each other, and are read from there. Git is asked for the content of files only: it runs no hook and no
filter for that, and nothing of what it says is run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from netspec import yaml
from netspec.errors import Diagnostic, Source, SpecError, Where
from netspec.limits import Limits
from netspec.load import decode, read_text
from netspec.options import escape

MOST_FILES = 200
SECONDS = 60.0  # for git to answer; a repository on a slow drive takes a while


class NoRevision(Exception):
    """Git can't give what was asked for: it is not there, this is no repository, or there is no such revision."""


@dataclass(frozen=True)
class Copy:
    """A spec in a folder of its own: where it is, the folder it may not leave, and what its files are called."""

    path: Path
    root: Path
    shown: Callable[[str], str]


Reader = Callable[[PurePosixPath], bytes | None]


@contextmanager
def at_revision(revision: str, spec: Path, root: Path | None, limits: Limits) -> Iterator[Copy]:
    """Lay out a spec, and what it extends and uses, as they were at a revision.

    Raises `NoRevision`, and `SpecError` (E001) where the spec was not there then.
    """
    git = _Git(spec)
    commit = git.commit(revision)
    name = git.within(spec)

    def read(path: PurePosixPath) -> bytes | None:
        return git.content(commit, path, limits.file_bytes)

    if read(name) is None:
        raise _missing(spec, f"did not exist at {escape(revision)}")
    with TemporaryDirectory(prefix="netspec-") as folder:
        inside = git.within(root) if root else name.parent
        yield _laid_out(Path(folder), name, inside, read, limits, lambda shown: f"{shown}@{revision}", git.top)


@contextmanager
def standing_at(place: Path, text: bytes, root: Path | None, limits: Limits) -> Iterator[Copy]:
    """Lay out a text as if it were the file at a place: beside it, what it extends and uses as that is now."""
    top = (root or place.parent).resolve()
    whole = place.parent.resolve() / place.name
    if not whole.is_relative_to(top):
        raise _missing(place, "is outside of the folder that --root names")
    name = PurePosixPath(whole.relative_to(top).as_posix())

    def read(path: PurePosixPath) -> bytes | None:
        if path == name:
            return text
        found = (top / path).resolve()
        content, mistake = read_text(found, limits) if found.is_relative_to(top) else ("", ("E001", ""))
        return None if mistake else content.encode()

    with TemporaryDirectory(prefix="netspec-") as folder:
        yield _laid_out(Path(folder), name, PurePosixPath(), read, limits, str, top)


def read_copy(path: Path, limits: Limits) -> bytes:
    """Read a file that stands for another. Raises `SpecError`."""
    text, mistake = read_text(path, limits)
    if mistake:
        raise _missing(path, mistake[1], mistake[0])
    return text.encode()


def _laid_out(
    folder: Path,
    name: PurePosixPath,
    root: PurePosixPath,
    read: Reader,
    limits: Limits,
    called: Callable[[str], str],
    top: Path,
) -> Copy:
    """Write a spec and the files that it needs into a folder."""
    waiting, known = [name], {name}
    folder = folder.resolve()
    for path in waiting:
        data = read(path)
        if data is None:
            continue  # who reads the copy says so, at the line that names the file
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        for other in _named(decode(data, limits)[0], limits):
            found = PurePosixPath(os.path.normpath(path.parent / other))
            if found not in known and found.parts[:1] != ("..",) and len(known) < MOST_FILES:
                known.add(found)
                waiting.append(found)

    def shown(file: str) -> str:
        path = Path(file)
        if not path.is_relative_to(folder):
            return file
        return called(os.path.relpath(top / path.relative_to(folder)))

    return Copy(folder / name, folder / root, shown)


def _named(text: str, limits: Limits) -> Iterator[str]:
    """The files that a spec names in its ``extends`` and ``use``."""
    try:
        tree, _ = yaml.read(Source("", text), limits)
    except SpecError:
        return  # it is read again, and then what is wrong with it is said
    entries = tree.entries if isinstance(tree, yaml.Mapping) else {}
    for found in (entries.get("extends"), *getattr(entries.get("use"), "items", ())):
        if isinstance(found, yaml.Scalar) and isinstance(found.value, str) and not Path(found.value).is_absolute():
            yield found.value


def renamed(error: SpecError, shown: Callable[[str], str]) -> SpecError:
    """The same mistakes, their files called as the reader knows them."""

    def where(place: Where) -> Where:
        return Where(
            Source(shown(place.file), place.source.text), place.line, place.column, place.end_line, place.end_column
        )

    return SpecError([_at(diagnostic, where) for diagnostic in error.diagnostics])


def _at(diagnostic: Diagnostic, where: Callable[[Where], Where]) -> Diagnostic:
    related = tuple(replace(one, where=where(one.where)) for one in diagnostic.related)
    focus = where(diagnostic.focus) if diagnostic.focus else None
    return replace(diagnostic, where=where(diagnostic.where), focus=focus, related=related)


def _missing(path: Path, what: str, code: str = "E001") -> SpecError:
    where = Where(Source(str(path)), 1, 1, 1, 1)
    return SpecError([Diagnostic(code, f"{escape(str(path))} {what}", where)])


class _Git:
    """The repository around a file."""

    def __init__(self, spec: Path) -> None:
        program = shutil.which("git")
        if program is None:
            raise NoRevision("git is not installed here")
        self.program = program
        folder = spec.absolute().parent
        while not folder.is_dir():
            folder = folder.parent
        self.folder = folder
        answer = self._ask("rev-parse", "--show-toplevel")
        if answer.returncode:
            raise NoRevision(f"{escape(str(spec))} is in no git repository ({_reason(answer)})")
        self.top = Path(os.fsdecode(answer.stdout).removesuffix("\n"))

    def commit(self, revision: str) -> str:
        """The full name of the commit that a revision is."""
        if not revision or revision.startswith("-") or not revision.isprintable():
            raise NoRevision(f"{revision!r} is not a revision: write a commit, a branch or a tag")
        answer = self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if answer.returncode:
            raise NoRevision(f"there is no revision {revision!r} here")
        return answer.stdout.decode().strip()

    def within(self, path: Path) -> PurePosixPath:
        """The path of a file in the repository; links to the folders around it are followed."""
        whole = path.absolute().parent.resolve() / path.name if path.name else path.resolve()
        try:
            return PurePosixPath(Path(os.path.normpath(whole)).relative_to(self.top.resolve()).as_posix())
        except ValueError:
            raise NoRevision(f"{escape(str(path))} is outside of the repository {escape(str(self.top))}") from None

    def content(self, commit: str, path: PurePosixPath, most: int) -> bytes | None:
        """The content of a file in a commit; None where there is none. Links inside of the repository are followed."""
        name = f"{commit}:{path}"
        if not name.isprintable():
            return None
        kind, size = self._batch("--batch-check", name)[0]
        if kind != b"blob":
            return None
        if size > most:
            return bytes(most + 1)  # too large, as who reads it will say
        return self._batch("--batch", name)[1][:size]

    def _batch(self, how: str, name: str) -> tuple[tuple[bytes, int], bytes]:
        """The kind and size of an object, and what follows them."""
        answer = self._ask("cat-file", how, "--follow-symlinks", given=f"{name}\n".encode())
        head, _, rest = answer.stdout.partition(b"\n")
        words = head.split(b" ")
        known = not answer.returncode and len(words) == 3 and words[2].isdigit()
        return ((words[1], int(words[2])) if known else (b"", 0)), rest

    def _ask(self, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"):
            environment.pop(name, None)  # of a git that runs us, about another folder perhaps
        command = [self.program, "-c", "protocol.allow=never", "-C", str(self.folder), *words]
        try:
            return subprocess.run(  # noqa: S603
                command, input=given, capture_output=True, check=False, env=environment, timeout=SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoRevision(f"git does not answer: {error}") from None


def _reason(answer: subprocess.CompletedProcess[bytes]) -> str:
    lines = os.fsdecode(answer.stderr).strip().splitlines()
    return escape(lines[0].removeprefix("fatal: ")) if lines else f"git ended with {answer.returncode}"
