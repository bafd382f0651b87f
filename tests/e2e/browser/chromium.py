"""A browser, and pages in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize

# Headless and quiet: no update checks, no sync, no first-run pages.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# A shared machine can be slow; only a fact that never comes about should fail.
TIMEOUT_MS = 30_000
DESKTOP = ViewportSize(width=1280, height=860)


def find_chromium() -> str | None:
    """Chromium or Chrome, as this machine names it."""
    named = os.environ.get("GALLERY_TEST_CHROMIUM")
    names = ("chromium", "chromium-browser", "google-chrome")
    return named or next(filter(None, map(shutil.which, names)), None)


@contextmanager
def visit(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """A page of an English reader, on which no script may fail."""
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
