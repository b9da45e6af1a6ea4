"""The server: a page, its style and scripts, and a stream of news; nothing else of the machine."""

from __future__ import annotations

import asyncio
import errno
import gc
import json
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from netspec import page
from netspec.errors import SpecError
from netspec.watch.changes import changes
from netspec.watch.guard import Guard
from netspec.watch.news import News
from netspec.watch.watched import Settings, Watched

LOOPBACK = "127.0.0.1"
USUAL_PORT = 8642
MOST_CONNECTIONS = 100
MOST_UNSWEPT = 25
"""So many states of specs may lie about until there is a quiet moment."""

SENDING_SECONDS = 0.05
"""News leave before the sweeping, which stops everything for a moment."""


class PortTaken(Exception):
    """The port that was asked for can't be had; the message says why."""


def serve(names: Sequence[str], settings: Settings, port: int | None, announce: Callable[[str], None]) -> None:
    """Serve the page of some specs until the process is asked to end; ``announce`` is told its address.

    ``port`` is None for the usual one, or any if that is taken; 0 is any. Raises `PortTaken`, and `SpecError` where a
    spec is not there at all; whatever else is wrong with one is shown on the page.
    """
    specs = [Watched(name, settings) for name in dict.fromkeys(names)]
    for spec in specs:
        missing = [problem for problem in spec.state.view.problems if problem.code == "E001"]
        if missing:
            raise SpecError(missing)
    # Old graphs are swept away between saves, not amid one, which would double the time of a redraw now and then. What
    # is there by now stays, and need not be looked through.
    gc.freeze()
    gc.disable()
    with _listening(port) as listener:
        announce(f"http://{LOOPBACK}:{listener.getsockname()[1]}/")
        asyncio.run(_run(specs, listener))


def application(news: News, port: int) -> ASGIApp:
    """What is answered at which address."""

    def index(_: Request) -> Response:
        mark, views = news.now()
        scripts = ["/page.js", f"/watch.js?seen={mark}"]
        return HTMLResponse(page.served_page(views, style="/page.css", scripts=scripts))

    async def events(request: Request) -> Response:
        mark = request.headers.get("last-event-id") or request.query_params.get("seen", "")
        return StreamingResponse(news.follow(mark), media_type="text/event-stream")

    def text(content: Callable[[], str], kind: str) -> Callable[[Request], Response]:
        return lambda _: Response(content(), media_type=kind)

    routes = [
        Route("/", index),
        Route("/page.css", text(_style, "text/css")),
        Route("/page.js", text(page.script, "text/javascript")),
        Route("/watch.js", text(_script, "text/javascript")),
        Route("/events", events),
        Route("/favicon.ico", lambda _: Response(status_code=204)),
    ]
    application = Starlette(routes=routes)
    application.router.redirect_slashes = False
    return Guard(application, port)


def hello(names: Sequence[str]) -> str:
    """What has to be the same for a page to stay: the specs, and its own scripts."""
    assets = sha256((_style() + page.script() + _script()).encode()).hexdigest()[:16]
    return json.dumps({"specs": list(names), "assets": assets})


async def _run(specs: Sequence[Watched], listener: socket.socket) -> None:
    stop = asyncio.Event()
    port = listener.getsockname()[1]
    news = News(specs, hello([spec.name for spec in specs]))
    server = _Server(
        uvicorn.Config(
            application(news, port),
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=1,
        )
    )

    def end() -> None:
        stop.set()
        news.close()
        server.should_exit = True

    with _ended_by_signals(end):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_follow(specs, news, stop))
            await server.serve(sockets=[listener])
            end()


async def _follow(specs: Sequence[Watched], news: News, stop: asyncio.Event) -> None:
    """Read what has changed, one spec after the other, beside the server; a slow one delays nobody's page."""

    def folders() -> frozenset[Path]:
        return frozenset(folder for spec in specs for folder in spec.folders)

    unswept = 0
    async for _ in changes(folders, stop):
        before = unswept
        for spec in specs:
            old = spec.state
            if await asyncio.to_thread(spec.refresh):
                news.publish(spec.name, spec.state)
            unswept += spec.state is not old
        if unswept and (unswept == before or unswept >= MOST_UNSWEPT):
            await asyncio.sleep(SENDING_SECONDS)
            await asyncio.to_thread(gc.collect)
            unswept = 0


class _Server(uvicorn.Server):
    """uvicorn's server, which leaves signals to `_ended_by_signals`: it would raise them again at its end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def _ended_by_signals(end: Callable[[], None]) -> Iterator[None]:
    """End when the process is asked to, in good order."""
    loop = asyncio.get_running_loop()
    numbers = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")]
    before = {number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(end)) for number in numbers if number}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _listening(port: int | None) -> Iterator[socket.socket]:
    """A socket on the loopback address, which other machines can't reach."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        if os.name == "posix":  # elsewhere this would let another program take the port away
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            _bind(listener, port)
            listener.listen()  # from here on whoever is told the address is heard
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            reason = "another program listens there" if taken else error.strerror or str(error)
            raise PortTaken(f"port {port} can't be had: {reason}") from None
        yield listener


def _bind(listener: socket.socket, port: int | None) -> None:
    if port is not None:
        listener.bind((LOOPBACK, port))
        return
    try:
        listener.bind((LOOPBACK, USUAL_PORT))
    except OSError:
        listener.bind((LOOPBACK, 0))


@cache
def _style() -> str:
    return page.style() + _asset("watch.css")


@cache
def _script() -> str:
    return _asset("watch.js")


def _asset(name: str) -> str:
    return (files("netspec.watch") / name).read_text("utf-8")
