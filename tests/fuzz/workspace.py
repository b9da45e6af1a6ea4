"""A folder that a fuzzer works in: the specs that others refer to, what was found, and how far it came."""

from __future__ import annotations

import re
import resource
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fuzz.seeds import TESTS, VALID
from tests.fuzz.target import Fault

SECONDS = 2.0
"""Processor time that one input may take. Nothing within the lowered limits needs a tenth of it."""

MEMORY = 2**30
"""Bytes that the inputs of a run may take, beyond what is in use when it begins."""

SAVED_EVERY = 100

Check = Callable[[Path], str]


class TooSlow(Exception):
    """An input took longer than it may."""


class Workspace:
    """``spec.yaml`` in a copy of the good specs is the file that every input is written to before it is read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.finds = self.folder / "finds"
        self.finds.mkdir(parents=True, exist_ok=True)
        self.spec = self.folder / "files" / "spec.yaml"
        for specs in (*VALID, TESTS / "diagnostics" / "parts"):
            shutil.copytree(specs, self.spec.parent, dirs_exist_ok=True)
        self._progress = self.folder / "done"
        self.done = 0
        self.load()

    def load(self) -> None:
        """Read how far earlier runs came."""
        if self._progress.exists():
            self.done = int(self._progress.read_text())

    def try_input(self, data: bytes, check: Check) -> None:
        """Check one input and count it; what goes wrong is kept, and the run goes on."""
        try:
            self.check(data, check)
        except Exception as error:  # noqa: BLE001  whatever comes out is a find
            self._keep(data, error)
        self.done += 1
        if self.done % SAVED_EVERY == 0:
            self.save()

    def check(self, data: bytes, check: Check) -> str:
        """Check one input; give back what is said about it. Raises what comes out of netspec, `Fault` or `TooSlow`."""
        self.spec.unlink(missing_ok=True)  # a file that is written anew never reaches the disk; one that is cut would
        self.spec.write_bytes(data)
        with _held_to(SECONDS):
            return check(self.spec)

    def save(self) -> None:
        """Write down how far the run came; a run that is stopped while it writes loses nothing."""
        written = self._progress.with_suffix(".new")
        written.write_text(str(self.done))
        written.replace(self._progress)

    def _keep(self, data: bytes, error: Exception) -> None:
        """Keep the smallest input of each fault: the file replays, and the text beside it shows where it came from."""
        find = self.finds / f"{_name_of(error)}.yaml"
        if not find.exists() or len(data) < find.stat().st_size:
            find.write_bytes(data)
            find.with_suffix(".txt").write_text("".join(traceback.format_exception(error)), encoding="utf-8")


def _name_of(error: Exception) -> str:
    """Name a fault so that what is wrong in one place has one name."""
    if isinstance(error, Fault):
        what = re.sub(r"\W+", "-", str(error).split(":")[0])
    elif isinstance(error, TooSlow):
        what = ""
    else:
        frames = traceback.extract_tb(error.__traceback__)
        place = [frame for frame in frames if frame.filename.endswith(".py")][-1]  # not what Python wrote itself
        what = f"{Path(place.filename).stem}-{place.lineno}"
    return f"{type(error).__name__}-{what}".strip("-")


def limit_memory() -> None:
    """Let what asks for too much fail with `MemoryError`, which is a find. Only Linux holds processes to this."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, most))


@contextmanager
def _held_to(seconds: float) -> Iterator[None]:
    """Raise `TooSlow` inside what takes longer."""
    signal.signal(signal.SIGVTALRM, _too_slow)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _too_slow(*_: object) -> None:
    raise TooSlow(f"more than {SECONDS:g} s")
