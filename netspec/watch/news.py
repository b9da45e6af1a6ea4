"""What has changed, for everybody who has the page open: as server-sent events, each page from where it stands."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from netspec.page import View
from netspec.watch.watched import State, Watched

RETRY_MILLISECONDS = 500
SILENT_SECONDS = 10.0
"""After so long without news a comment is sent, so that it is noticed when a page has gone."""


@dataclass(frozen=True)
class _Entry:
    """The newest state of a spec, and the numbers of the news at which it and its drawing last changed."""

    state: State
    changed: int
    drawn: int


class News:
    """Numbered news. A page says which number it has seen, and is sent the newest of all that changed after it.

    Somebody who can't follow so gets less news, never old news. All calls belong into the event loop's thread.
    """

    def __init__(self, specs: Iterable[Watched], hello: str) -> None:
        self._hello = hello
        self._server = secrets.token_hex(4)  # another server's numbers mean nothing here
        self._number = 1
        self._entries = {spec.name: _Entry(spec.state, 1, 1) for spec in specs}
        self._more = asyncio.Event()
        self.is_closed = False

    def publish(self, name: str, state: State) -> None:
        """Tell everybody of a new state of a spec."""
        self._number += 1
        old = self._entries[name]
        same_graph = old.state.view.graph is state.view.graph
        self._entries[name] = _Entry(state, self._number, old.drawn if same_graph else self._number)
        self._wake()

    def close(self) -> None:
        """Let everybody go."""
        self.is_closed = True
        self._wake()

    def now(self) -> tuple[str, Sequence[View]]:
        """What there is to show, and the mark by which a page says later that it has seen this."""
        return self._mark, [entry.state.view for entry in self._entries.values()]

    async def follow(self, mark: str) -> AsyncGenerator[str, None]:
        """All news after a mark, as the text of server-sent events, until the server ends."""
        yield f"retry: {RETRY_MILLISECONDS}\n" + _event("hello", self._hello)
        server, _, number = mark.partition("-")
        seen = int(number) if server == self._server and number.isdecimal() and len(number) < 18 else 0
        while not self.is_closed:
            newer = [entry for entry in self._entries.values() if entry.changed > seen]
            for entry in newer:
                if entry.drawn > seen:
                    yield _event("drawing", entry.state.drawing, self._mark)
                else:
                    yield _event("problems", entry.state.problems, self._mark)
            seen = self._number
            if not newer:
                await self._wait()
                yield ": here\n\n"

    @property
    def _mark(self) -> str:
        return f"{self._server}-{self._number}"

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._more.wait(), SILENT_SECONDS)

    def _wake(self) -> None:
        self._more.set()
        self._more = asyncio.Event()


def _event(kind: str, data: str, mark: str | None = None) -> str:
    """One event; ``data`` is JSON, which has no line breaks."""
    return (f"id: {mark}\n" if mark else "") + f"event: {kind}\ndata: {data}\n\n"
