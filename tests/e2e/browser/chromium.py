"""Chromium: executable, arguments and pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize

# No sandbox (root in containers), no GPU, and no background requests such as update checks.
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Long enough for a loaded machine; a passing test never waits this long.
TIMEOUT_MS = 30_000
DESKTOP = ViewportSize(width=1280, height=860)
PHONE = ViewportSize(width=390, height=844)


def find_chromium() -> str | None:
    """Return the path of Chromium or Chrome: GALLERY_TEST_CHROMIUM, or the first one on PATH."""
    configured = os.environ.get("GALLERY_TEST_CHROMIUM")
    names = ("chromium", "chromium-browser", "google-chrome")
    return configured or next(filter(None, map(shutil.which, names)), None)


@contextmanager
def open_page(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """Yield a page in a new browser context with the locale English.

    Args:
        browser: The browser to open the page in.
        url: Base URL of relative addresses.
        **options: Options of `Browser.new_context`.

    Raises:
        AssertionError: A script on the page raised an error.
    """
    context = browser.new_context(base_url=url, locale="en", **({"viewport": DESKTOP} | options))
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert errors == []
