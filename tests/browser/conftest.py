"""A real browser for tests.

``page`` is an empty tab of Chromium; ``open_page`` opens more of them, or one of another kind::

    def test_it_unfolds(page):
        page.goto(file.as_uri())
        page.get_by_text("stage2").click()

    def test_it_is_readable_at_night_on_a_phone(open_page):
        page = open_page(color_scheme="dark", viewport={"width": 390, "height": 844}, has_touch=True)

When a test ends, nothing may have left the machine, and nothing may have been said on the console or thrown, in any of
its tabs. ``open_page(expected=[…])`` names what may be said, as regular expressions.

`launch` says where the browser comes from.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.launch import chromium

THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}
LOCAL_SCHEMES = {"file", "data", "blob", "about"}


class Visit:
    """One tab, and everything it asked for and complained of."""

    def __init__(self, context: BrowserContext, expected: Sequence[str]) -> None:
        self.context = context
        self.expected = expected
        self.requests: list[str] = []
        self.complaints: list[str] = []
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("console", lambda message: self.complaints.append(f"console: {message.type}: {message.text}"))
        context.on("weberror", lambda error: self.complaints.append(f"thrown: {error.error}"))
        self.page = context.new_page()
        self.page.on("websocket", lambda socket: self.requests.append(socket.url))
        self.page.set_default_timeout(10_000)

    def leave(self) -> tuple[list[str], list[str]]:
        """Close the tab; give back the requests that would have left, and the complaints that nobody expected."""
        self.context.close()
        foreign = [url for url in self.requests if not is_local(url)]
        return foreign, [text for text in self.complaints if not any(re.search(word, text) for word in self.expected)]


def is_local(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in LOCAL_SCHEMES or parts.hostname in THIS_MACHINE


# One a module, because asyncio.run is refused to everybody while Playwright is running.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    visits: list[Visit] = []

    def open_one(*, expected: Sequence[str] = (), **options: Any) -> Page:
        visits.append(Visit(browser.new_context(**options), expected))
        return visits[-1].page

    yield open_one
    ended = [visit.leave() for visit in visits]
    assert [foreign for foreign, _ in ended] == [[] for _ in ended], "requests left the machine"
    assert [complaints for _, complaints in ended] == [[] for _ in ended], "the browser complained"


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()
