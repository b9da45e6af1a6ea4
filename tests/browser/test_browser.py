"""The browser itself: what a page can't do unnoticed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Visit


def visit(browser: Browser, text: str, expected: tuple[str, ...] = ()) -> tuple[list[str], list[str]]:
    visited = Visit(browser.new_context(), expected)
    visited.page.set_content(text, wait_until="load")
    visited.page.evaluate("new Promise(done => setTimeout(done, 0))")
    return visited.leave()


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("<img src='https://example.com/a.png'>", ["https://example.com/a.png"]),
        ("<link rel=stylesheet href='http://example.com/a.css'>", ["http://example.com/a.css"]),
        ("<script>new WebSocket('ws://example.com/')</script>", ["ws://example.com/"]),
        ("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>", []),
    ],
)
def test_what_leaves_is_noticed(browser: Browser, text: str, foreign: list[str]) -> None:
    assert visit(browser, text, expected=("net::",))[0] == foreign


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("<script>console.log('said')</script>", ["console: log: said"]),
        ("<script>throw new Error('thrown')</script>", ["thrown: thrown"]),
        ("<script>Promise.reject(new Error('lost'))</script>", ["thrown: lost"]),
        ("<p>quiet</p>", []),
    ],
)
def test_complaints_are_noticed(browser: Browser, text: str, complaints: list[str]) -> None:
    found = visit(browser, text)[1]
    assert [text.partition("\n")[0] for text in found] == complaints


def test_pages_have_their_fonts_and_colours(open_page: Callable[..., Page]) -> None:
    page = open_page(color_scheme="dark")
    page.set_content(
        "".join(f"<p style='font: 20px monospace; width: max-content'>{text}</p>" for text in ("ii", "MM"))
    )
    assert page.evaluate("document.fonts.check('20px DejaVu Sans Mono')")
    narrow, wide = (page.locator("p").nth(number).bounding_box() for number in range(2))
    assert narrow
    assert wide
    assert narrow["width"] == wide["width"]
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
