"""A process that starts TensorFlow once and then runs one netspec command after another, each in trouble of its own.

It reads one JSON object a line: ``arguments``, and what happens: ``limit`` (no file may grow beyond so many bytes),
``troubles`` (keys of `TROUBLES`), ``user`` (who tries). It answers with the exit code and what was written.
"""

import errno
import gc
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from netspec import cli
from netspec.files import UNFINISHED

NO_LIMIT = resource.RLIM_INFINITY


def raises(number: int) -> Callable[..., Any]:
    def raise_it(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return raise_it


def signals(number: int) -> Callable[..., Any]:
    return lambda *_: signal.raise_signal(number)


# All of it comes when everything is written, and only the move to its place is missing.
TROUBLES: dict[str, Callable[[], Any]] = {
    "full when synced": lambda: mock.patch("os.fsync", raises(errno.ENOSPC)),
    "full when closed": lambda: mock.patch("os.close", closed_full),
    "not to be moved": lambda: mock.patch.object(Path, "replace", raises(errno.EPERM)),
    "SIGINT": lambda: mock.patch("os.fsync", signals(signal.SIGINT)),
    "SIGTERM": lambda: mock.patch("os.fsync", signals(signal.SIGTERM)),
    "SIGHUP": lambda: mock.patch("os.fsync", signals(signal.SIGHUP)),
    "a large model": lambda: mock.patch("keras.src.saving.saving_lib.is_memory_sufficient", return_value=False),
    "no memory": lambda: mock.patch("netspec.backends.keras.bytearray", no_memory, create=True),
}

really_close = os.close


def closed_full(descriptor: int) -> None:
    """Close as a network drive does that has no more room for what was written."""
    unfinished = UNFINISHED in Path(f"/proc/self/fd/{descriptor}").readlink().name
    really_close(descriptor)
    if unfinished:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))


def no_memory(*_: object) -> None:
    raise MemoryError


@contextmanager
def limited(limit: int | None) -> Iterator[None]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (NO_LIMIT if limit is None else limit, NO_LIMIT))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (NO_LIMIT, NO_LIMIT))


@contextmanager
def acting_as(user: int | None) -> Iterator[None]:
    """Be somebody else for a while; root may write everywhere."""
    if user is None or os.geteuid() != 0:
        yield
        return
    os.setresuid(user, user, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def run(arguments: list[str]) -> int:
    """The command as it is called from a shell."""
    try:
        cli.main(arguments)
    except SystemExit as finished:
        assert isinstance(finished.code, int)
        return finished.code
    raise AssertionError("main always leaves")


@contextmanager
def redirected(number: int, name: str, texts: list[str]) -> Iterator[None]:
    """Lead a stream into a pipe: what C code prints is caught too, and no limit on files holds for it."""
    read, write = os.pipe()
    descriptor, stream = os.dup(number), getattr(sys, name)
    os.dup2(write, number)
    setattr(sys, name, os.fdopen(write, "w", encoding="utf-8"))
    try:
        yield
    finally:
        getattr(sys, name).close()
        setattr(sys, name, stream)
        os.dup2(descriptor, number)
        really_close(descriptor)
        with os.fdopen(read, encoding="utf-8") as file:
            texts.append(file.read())


def answer(task: dict[str, Any]) -> dict[str, Any]:
    """Run one task."""
    texts: list[str] = []
    with redirected(2, "stderr", texts), redirected(1, "stdout", texts):
        with ExitStack() as stack:
            for trouble in task.get("troubles", ()):
                stack.enter_context(TROUBLES[trouble]())
            stack.enter_context(acting_as(task.get("user")))
            stack.enter_context(limited(task.get("limit")))
            code = run(task["arguments"])
        gc.collect()
    handled = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is not signal.SIG_DFL]
    return {"code": code, "out": texts[0], "err": texts[1], "handled": handled}


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # nohup, for one, has them ignored
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        for line in sys.stdin:
            answers.write(json.dumps(answer(json.loads(line))) + "\n")
            answers.flush()
            gc.freeze()  # what TensorFlow is made of stays; looking through it each time takes longer than the rest


if __name__ == "__main__":
    main()
