"""The page of `netspec watch` in a real browser: it follows the file, whatever becomes of it."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import Served, watching

SPECS = Path(__file__).parents[2] / "specs"
GONE = ("net::ERR_CONNECTION_REFUSED", "net::ERR_INCOMPLETE_CHUNKED_ENCODING", "net::ERR_CONNECTION_RESET")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("resnet18.yaml", "resnet50.yaml", "digits.yaml"):
        shutil.copy(SPECS / name, tmp_path)
    return tmp_path


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    with watching(folder, "resnet50.yaml", "digits.yaml") as served:
        yield served


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def test_the_page_follows_the_file(served: Served, page: Page, folder: Path) -> None:
    page.goto(served.address)
    stage = page.get_by_role("treeitem", name=re.compile("^stage2"))
    expect(stage).to_be_visible()
    unmoved = stage.bounding_box()
    edit(folder / "resnet50.yaml", "  stage3:", "    - dropout\n  stage3:")
    expect(page.locator(".problems")).to_contain_text("dropout needs rate")
    edit(folder / "resnet50.yaml", "    - dropout\n", "    - {type: dropout, rate: 0.25}\n    - relu\n")
    expect(page.get_by_role("treeitem", name=re.compile("dropout"))).to_be_visible()
    expect(page.locator(".problems")).to_have_count(0)
    assert unmoved
    assert unmoved == stage.bounding_box()  # what was looked at stays where it was


def test_a_mistake_is_shown_and_marked_until_it_is_mended(served: Served, page: Page, folder: Path) -> None:
    page.goto(served.address)
    parts = page.get_by_role("treeitem")
    before = parts.count()
    edit(folder / "resnet50.yaml", "filters: 64, kernel_size", "filtrs: 64, kernel_size")
    problems = page.get_by_role("alert")
    expect(problems).to_contain_text("The spec is wrong")
    expect(problems).to_contain_text("conv2d has no option 'filtrs'")
    expect(problems.locator("pre")).to_contain_text("- {type: conv2d, filtrs: 64, kernel_size: 7")
    expect(page.locator(".marked.mistake")).to_have_attribute("aria-label", re.compile("conv2d"))
    assert parts.count() == before
    edit(folder / "resnet50.yaml", "filtrs", "filters")
    expect(problems).to_have_count(0)
    expect(page.locator(".marked")).to_have_count(0)


def test_each_file_has_a_tab(served: Served, page: Page, folder: Path) -> None:
    page.goto(served.address)
    expect(page.get_by_role("tab")).to_have_text(["resnet50", "digits"])
    edit(folder / "digits.yaml", "netspec: 1", "netspec: 2")
    expect(page.locator(".tab.wrong")).to_have_text(["digits"])
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("tab", name="digits").click()
    expect(page.get_by_role("alert")).to_contain_text("E111")
    edit(folder / "digits.yaml", "netspec: 2", "netspec: 1")
    expect(page.locator(".tab.wrong")).to_have_count(0)


def test_what_is_wrong_from_the_start_is_drawn_when_it_is_mended(page: Page, folder: Path) -> None:
    (folder / "net.yaml").write_text("extends: base.yaml\n", encoding="utf-8")
    with watching(folder, "net.yaml") as served:
        page.goto(served.address)
        expect(page.get_by_role("alert")).to_contain_text("base.yaml does not exist")
        shutil.copy(SPECS / "resnet18.yaml", folder / "base.yaml")
        expect(page.get_by_role("treeitem", name=re.compile("^stage2"))).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
        page.close()


def test_the_page_waits_for_the_server_to_come_back(open_page: Callable[..., Page], folder: Path) -> None:
    page = open_page(expected=GONE)
    with watching(folder, "resnet50.yaml") as served:
        page.goto(served.address)
        gone = page.get_by_role("status").filter(has_text="Not connected")
        expect(gone).to_have_count(0)
        assert served.end() == (0, "", "")
    expect(gone).to_be_visible()
    edit(folder / "resnet50.yaml", "classes: 6", "classes: 1000")
    with watching(folder, "resnet50.yaml", "--port", str(served.port)):
        expect(page.locator(".titles")).to_contain_text("25.6 M parameters")
        expect(gone).to_have_count(0)
    with watching(folder, "digits.yaml", "--port", str(served.port)):  # something else: the page is another one
        expect(page).to_have_title("digits")


def test_a_page_of_another_origin_sees_nothing(served: Served, open_page: Callable[..., Page]) -> None:
    page = open_page(expected=("",))
    page.route("http://localhost:1/", lambda route: route.fulfill(body="<p>another page", content_type="text/html"))
    page.goto("http://localhost:1/")
    for way in ("fetch(URL).then(r => r.status)", "fetch(URL, {mode: 'no-cors'}).then(r => r.type)"):
        assert page.evaluate(f"{way.replace('URL', repr(served.address))}.catch(() => 'refused')") == "refused"
    assert (
        page.evaluate(
            """address => new Promise(done => {
            const source = new EventSource(address + "events");
            source.onmessage = source.onopen = () => done("open");
            source.onerror = () => done("refused");
        })""",
            served.address,
        )
        == "refused"
    )
    framed = page.evaluate(
        """address => new Promise(done => {
            const frame = document.createElement("iframe");
            frame.onload = () => done(String(frame.contentDocument));
            frame.src = address;
            document.body.append(frame);
        })""",
        served.address,
    )
    assert framed == "null"
    assert all("netspec" not in frame.content() for frame in page.frames[1:])
