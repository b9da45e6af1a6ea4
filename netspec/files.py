"""Writing files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netspec.errors import Diagnostic, Source, SpecError, Where

MODEL_ENDINGS = (".keras", ".weights.h5", ".json")


def model_ending(path: Path) -> str | None:
    """The ending by which a model's format is chosen, None where it is none that Keras writes."""
    return next((ending for ending in MODEL_ENDINGS if path.name.endswith(ending) and path.name != ending), None)


def require_folder(path: Path) -> None:
    """Refuse a path whose folder is not there, or that is a folder itself. Raises `SpecError` (E501)."""
    if not path.parent.is_dir():
        raise _cannot_write(path, NotADirectoryError(f"there is no folder {path.parent}"))
    if path.is_dir():
        raise _cannot_write(path, IsADirectoryError("it is a folder"))


@contextmanager
def written_whole(path: Path, name: str) -> Iterator[Path]:
    """Give a path to write to, and move the file to its place once it is complete.

    The file is called ``name`` while it is written, in a folder of its own beside its place, so that moving it is one
    step. Raises `SpecError` (E501); what was there before is then still there.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix=".netspec-", dir=path.parent))
    except OSError as error:
        raise _cannot_write(path, error) from None
    written = folder / name
    try:
        yield written
        with written.open("rb+") as file:
            os.fsync(file.fileno())
        written.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from None
    finally:
        written.unlink(missing_ok=True)
        folder.rmdir()


def write_whole(path: Path, text: str) -> None:
    """Write a text file. Raises `SpecError` (E501)."""
    with written_whole(path, "text") as file:
        file.write_text(text, encoding="utf-8")


def _cannot_write(path: Path, error: OSError) -> SpecError:
    where = Where(Source(str(path)), 1, 1, 1, 1)
    return SpecError([Diagnostic("E501", f"{path} can't be written: {error.strerror or error}", where)])
