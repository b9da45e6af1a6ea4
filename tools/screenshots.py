"""Takes the pictures of README.md in a real browser: ``python -m tools.screenshots`` writes docs/pictures/*.png.

`make test` installs the browser. Look at what comes out before you commit it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from netspec.api import load_spec
from netspec.page import View, page
from tests.browser.launch import chromium
from tests.browser.serving import watching

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
SIZE = {"width": 1200, "height": 720}
LARGEST = 200_000


def shoot(browser: Browser, name: str, address: str, act: Callable[[Page], Any], **options: Any) -> None:
    """Open a page, do something with it, and take its picture once it is at rest."""
    tab = browser.new_page(**{"viewport": SIZE, "reduced_motion": "reduce", **options})
    tab.goto(address)
    tab.wait_for_selector("[role=treeitem]")
    act(tab)
    tab.wait_for_timeout(2000)  # what has changed is lit up for a moment
    file = PICTURES / f"{name}.png"
    tab.screenshot(path=file, animations="disabled")
    tab.close()
    assert file.stat().st_size < LARGEST, f"{file} is too large for a page that people load"
    print(f"{file.relative_to(ROOT)}: {file.stat().st_size:,} bytes")


def look_inside(tab: Page) -> None:
    """Unfold a block and select a convolution in it."""
    tab.get_by_role("treeitem", name="convolutional").first.dblclick()
    tab.wait_for_timeout(500)
    tab.get_by_role("treeitem", name="conv2d").nth(1).click()


def colour_by_macs(tab: Page) -> None:
    tab.get_by_label("Colour").select_option("macs")
    look_inside(tab)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, chromium() as browser:
        folder = Path(shutil.copytree(ROOT / "specs", Path(temporary) / "specs"))
        with chdir(ROOT):  # the page says where the spec is, as it is named here
            spec = load_spec("specs/resnet50.yaml")
        file = folder / "page.html"
        file.write_text(page([View(spec.graph(), spec.name, spec.file)]), encoding="utf-8")
        shoot(browser, "page-light", file.as_uri(), look_inside)
        shoot(browser, "page-dark", file.as_uri(), colour_by_macs, color_scheme="dark")
        with watching(folder, "resnet50.yaml") as served:

            def break_it(tab: Page) -> None:
                text = (folder / "resnet50.yaml").read_text(encoding="utf-8")
                wrong = text.replace("[128, 128, 512], f: 3, repeat", "[128, 128, 256], f: 3, repeat")
                assert wrong != text
                (folder / "resnet50.yaml").write_text(wrong, encoding="utf-8")
                tab.get_by_role("alert").wait_for()
                tab.get_by_title("Next mark (n)").click()

            shoot(browser, "watch-mistake", served.address, break_it)


if __name__ == "__main__":
    main()
