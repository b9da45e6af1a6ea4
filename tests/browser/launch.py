"""Starts the browser that `make test` installs: npm brings it, `unpack.js` unpacks it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
CHROMIUM = HERE / "chromium" / "chromium"

ARGUMENTS = [
    "--no-sandbox",  # Chromium refuses to be root with one
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium with a home and fonts of its own. NETSPEC_CHROMIUM names another than the one that npm brought."""
    chosen = Path(os.environ.get("NETSPEC_CHROMIUM", CHROMIUM))
    assert chosen.exists(), f"there is no {chosen}: make test installs the browser"
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        environment: dict[str, str | float | bool] = {
            "PATH": os.defpath,
            "HOME": home,
            "XDG_CACHE_HOME": home,
            "XDG_CONFIG_HOME": home,
            "FONTCONFIG_FILE": str(HERE / "fonts.conf"),
        }
        if chosen == CHROMIUM:
            environment["LD_LIBRARY_PATH"] = str(HERE / "chromium" / "lib")
        browser = playwright.chromium.launch(executable_path=chosen, args=ARGUMENTS, env=environment)
        yield browser
        browser.close()
