"""How long `netspec watch` takes from a save to the new drawing, in a real browser: 20 edits of each network.

    make test                                  # installs the browser
    .venv/bin/python -m benchmarks.redraw      # a minute

The time runs from just before the file is written, by another process than the server's, until the page's drawing has
been changed, and until it has been painted. Each edit changes a number, so that the network and its totals differ.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Page

from tests.browser.launch import chromium
from tests.browser.serving import watching

SPECS = Path(__file__).parents[1] / "specs"
EDITS = 20

# Of each file a number to change so that the totals differ, and by how much each time.
NETWORKS = {
    "zoo/resnet50.yaml": ("classes: ", 1000, 1000),
    "zoo/efficientnetv2l.yaml": ("stage: 6, filters: ", 640, 64),
}

# What is observed is the line of totals, which is written last, in the same step as the drawing.
OBSERVE = """() => {
    const titles = document.querySelector(".titles"), before = titles.textContent;
    window.redrawn = new Promise((done) => {
        const observer = new MutationObserver(() => {
            if (titles.textContent === before) return;
            observer.disconnect();
            const drawn = Date.now();
            requestAnimationFrame(() => setTimeout(() => done([drawn, Date.now()])));
        });
        observer.observe(titles, {childList: true, characterData: true, subtree: true});
    });
}"""


def redraw(page: Page, file: Path, option: str, value: int) -> tuple[float, float]:
    """Save the file with another value; milliseconds until the drawing is there, and until it is seen."""
    text = re.sub(f"{option}[0-9]+", f"{option}{value}", file.read_text(encoding="utf-8"))
    page.evaluate(OBSERVE)
    start = time.time()
    file.write_text(text, encoding="utf-8")
    drawn, painted = page.evaluate("window.redrawn")
    return drawn - start * 1000, painted - start * 1000


def main() -> None:
    print(f"{'ms from the save to':24}{'the drawing':>24}{'the picture':>24}")
    print(f"{f'{EDITS} edits':24}" + f"{'median':>14}{'worst':>10}" * 2)
    with tempfile.TemporaryDirectory() as temporary, chromium() as browser:
        folder = Path(shutil.copytree(SPECS, Path(temporary) / "specs"))
        for name, (option, first, step) in NETWORKS.items():
            with watching(folder, name) as served:
                page = browser.new_page()
                page.goto(served.address)
                page.wait_for_function("document.querySelector('.titles').textContent.includes('parameters')")
                times = []
                for edit in range(EDITS):
                    times.append(redraw(page, folder / name, option, first + step * (edit + 1)))
                    time.sleep(1)  # a person is not faster
                page.close()
            columns = "".join(f"{median(column):14.0f}{max(column):10.0f}" for column in zip(*times, strict=True))
            print(f"{Path(name).stem:24}{columns}")


if __name__ == "__main__":
    main()
