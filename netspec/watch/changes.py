"""Saves, noticed at once: by the system's file events, and a look now and then where there are none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

STEP_MILLISECONDS = 5
"""A save is over when nothing has happened for so long: editors write in several steps."""

DEBOUNCE_MILLISECONDS = 50
"""Where it goes on and on, this is long enough."""

LOOK_MILLISECONDS = 500
"""How often to look without any event: on drives of other machines, and for folders that come back."""


async def changes(folders: Callable[[], frozenset[Path]], stop: asyncio.Event) -> AsyncIterator[None]:
    """Come back whenever something may have changed in one of the folders, which may become others, until ``stop``."""
    from watchfiles import awatch

    while not stop.is_set():
        watched = _places(folders())
        try:
            events = awatch(
                *watched,
                watch_filter=None,
                recursive=False,
                step=STEP_MILLISECONDS,
                debounce=DEBOUNCE_MILLISECONDS,
                rust_timeout=LOOK_MILLISECONDS,
                yield_on_timeout=True,
                stop_event=stop,
            )
            async with aclosing(events):
                async for _ in events:
                    yield
                    if _places(folders()) != watched:
                        break
        except OSError:  # a folder that has just gone, or no more watches to be had: then it has to do without
            await asyncio.sleep(LOOK_MILLISECONDS / 1000)
            yield


def _places(folders: frozenset[Path]) -> dict[Path, int | None]:
    """The folders, and what tells one from another of the same name that came in its place."""
    return {folder: _number(folder) for folder in sorted(folders)}


def _number(folder: Path) -> int | None:
    try:
        return folder.stat().st_ino
    except OSError:
        return None
