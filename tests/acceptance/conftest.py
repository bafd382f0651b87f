"""Chromium against the real service with its built page."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from infra.settings import Settings
from tests.stack import ROOT, Stack, running_stack

# Headless and quiet: no update checks, no sync, no first-run pages.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def find_chromium() -> str | None:
    """Chromium or Chrome, as this machine names it."""
    named = os.environ.get("GALLERY_TEST_CHROMIUM")
    names = ("chromium", "chromium-browser", "google-chrome")
    return named or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium: install it or name it in GALLERY_TEST_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def stack(
    settings: Settings, weights: Path, compiled_model: Path, tmp_path: Path
) -> Iterator[Stack]:
    """The whole service, with the built page."""
    web = ROOT / "web" / "dist"
    if not (web / "index.html").is_file():
        pytest.skip("the web client is not built: `make web`")
    assert compiled_model.is_file()
    values = settings.model_dump(exclude_unset=True) | {"weights": weights, "web_dir": web}
    with running_stack(Settings.model_validate(values), tmp_path) as stack:
        yield stack


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """A page of an English reader, on which no script may fail."""
    context = browser.new_context(
        base_url=stack.url, viewport={"width": 1280, "height": 860}, locale="en"
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []
