"""The machine's own Chromium, driven by Playwright: found, started once, ended without a trace."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
"""The same without a window, where there is one, starts no pages for a window of its own."""

FLAGS = (
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find() -> str | None:
    """Where the machine's Chromium is; Playwright is never let to fetch one of its own."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


@contextmanager
def running(*flags: str) -> Iterator[Browser]:
    """One browser without a window, with more flags of its own, until the block ends.

    Until then this thread counts as inside an event loop, so nothing else that runs one may happen
    in the block; at its end the loop, the browser and its driver are gone.
    """
    from playwright.sync_api import sync_playwright

    path = find()
    assert path is not None, f"none of {', '.join(NAMES)} was found"
    sandbox = ("--no-sandbox",) if os.getuid() == 0 else ()  # it does not start for root
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=[*FLAGS, *sandbox, *flags])
        try:
            yield browser
        finally:
            browser.close()
