"""Writing files whole or not at all.

A file is written beside its place, under a hidden name of its own, and moved there in one step once it is complete and
on the disk. Whatever goes wrong before, the file that was there stays as it was. Only a process that is killed outright
leaves its unfinished file behind; a later save of the same file takes that away.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import signal
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from netspec.errors import Diagnostic, Source, SpecError, Where

UNFINISHED = ".netspec-"
ABANDONED_SECONDS = 3600.0  # a save that goes on writes more often than that
LONGEST_NAME = 200  # bytes; with what is put around it, a name stays below the 255 that file systems take

NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


def require_writable(path: Path) -> None:
    """Refuse at once what could not be written after the long work. Raises `SpecError` (E501)."""
    try:
        kind = _kind(path)
    except OSError as error:
        raise _failed(path, error) from None
    if stat.S_ISDIR(kind):
        raise cannot_write(path, "it is a folder", "name a file in it")
    if not (stat.S_ISREG(kind) or _is_stream(kind) or kind == 0):
        raise cannot_write(path, "it is neither a file nor a pipe")
    if kind and not os.access(path, os.W_OK):
        raise cannot_write(path, "it is protected against writing", "allow it with chmod u+w, or name another file")
    folder = Path(os.path.realpath(path)).parent
    if kind == 0 and not folder.is_dir():
        raise cannot_write(
            path, f"there is no folder {folder if path.is_symlink() else path.parent}", "make the folder first"
        )
    if not _is_stream(kind) and not os.access(folder, os.W_OK | os.X_OK):
        raise cannot_write(path, "its folder is protected against writing", "name a file in another folder")


def is_same(path: Path, other: Path) -> bool:
    """Tell whether two paths lead to one file, whatever their names."""
    try:
        return path.samefile(other)
    except OSError:
        return False


def write_whole(path: Path, text: str) -> None:
    """Write a text file. Raises `SpecError` (E501)."""
    with written_whole(path) as descriptor, open(descriptor, "wb", closefd=False) as file:
        file.write(text.encode())


@contextmanager
def written_whole(path: Path) -> Iterator[int]:
    """Open a file to write to, as a descriptor, and put it in the place of ``path`` once it is complete.

    The permissions of a file that is replaced stay. A link stays too: what it leads to is replaced. A pipe or a
    terminal can't be replaced; it is written to. Raises `SpecError` (E501); what was there before is then still there.
    """
    require_writable(path)
    try:
        kind = _kind(path)
        if _is_stream(kind):
            yield from _open(os.open(path, os.O_WRONLY))
            return
        target = Path(os.path.realpath(path))
        file = target.with_name(f"{_unfinished_prefix(target)}{secrets.token_hex(4)}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with _ended_by_exception():
            try:
                # Nobody reads in between what was private before.
                yield from _open(os.open(file, flags, 0o600 if kind else 0o666), sync=True)
                _finish(file, target)
            finally:
                file.unlink(missing_ok=True)
    except OSError as error:
        raise _failed(path, error) from None


def _open(descriptor: int, sync: bool = False) -> Iterator[int]:
    """Lend an open file and close it; a network drive may say only then that it is full."""
    try:
        yield descriptor
        if sync:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _finish(file: Path, target: Path) -> None:
    """Move a complete file to its place, with the owner and permissions of the one that was there."""
    with suppress(FileNotFoundError):
        old = target.stat()
        with suppress(OSError):  # only root may give a file away
            os.chown(file, old.st_uid, old.st_gid)
        shutil.copymode(target, file)
    file.replace(target)
    _take_away_abandoned(target)


def _take_away_abandoned(target: Path) -> None:
    """Delete what saves of the same file left behind that were killed."""
    prefix = _unfinished_prefix(target)
    with suppress(OSError):
        for item in os.scandir(target.parent):
            if item.name.startswith(prefix) and re.fullmatch("[0-9a-f]{8}", item.name.removeprefix(prefix)):
                with suppress(OSError):
                    if time.time() - item.stat(follow_symlinks=False).st_mtime > ABANDONED_SECONDS:
                        Path(item).unlink()


def _unfinished_prefix(target: Path) -> str:
    return f".{os.fsdecode(os.fsencode(target.name)[:LONGEST_NAME])}{UNFINISHED}"


@contextmanager
def _ended_by_exception() -> Iterator[None]:
    """Make of a request to end (SIGTERM, SIGHUP) a `SystemExit`, so that what is unfinished is taken away first."""
    numbers = []
    if threading.current_thread() is threading.main_thread():
        known = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
        numbers = [number for number in known if number and signal.getsignal(number) is signal.SIG_DFL]
    for number in numbers:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _kind(path: Path) -> int:
    """The mode of what a path leads to, 0 where there is nothing yet."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return 0


def _is_stream(kind: int) -> bool:
    return stat.S_ISFIFO(kind) or stat.S_ISCHR(kind)


def _failed(path: Path, error: OSError) -> SpecError:
    help = "make room, or name a file on another disk" if error.errno in NO_ROOM else ""
    return cannot_write(path, error.strerror or str(error), help)


def cannot_write(path: Path, reason: str, help: str = "") -> SpecError:
    """The error (E501) that says why a file can't be written."""
    where = Where(Source(str(path)), 1, 1, 1, 1)
    return SpecError([Diagnostic("E501", f"{path} can't be written: {reason}", where, help=help)])
