"""Fixtures that run Chromium against the service with the built web client."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from infra.settings import Settings
from tests.e2e.browser.axe import AXE
from tests.e2e.browser.chromium import CHROMIUM_ARGS, TIMEOUT_MS, find_chromium, open_page
from tests.e2e.browser.sample_gallery import SampleGallery, fill_with_samples
from tests.support.paths import ROOT
from tests.support.processes import Stack, running_stack
from tests.support.redis_server import running_redis


# Not for the whole session: while Playwright runs, its event loop forbids others in this process.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium: install it or set GALLERY_TEST_CHROMIUM to its path")
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def built_page() -> Path:
    """The web client as built by `make web`."""
    web = ROOT / "web" / "dist"
    if not (web / "index.html").is_file():
        pytest.skip("the web client is not built: run `make web`")
    return web


@pytest.fixture
def stack(
    settings: Settings, weights: Path, compiled_model: Path, built_page: Path, tmp_path: Path
) -> Iterator[Stack]:
    """A running service with an empty gallery, for one test."""
    assert compiled_model.is_file()
    values = settings.model_dump(exclude_unset=True) | {"weights": weights, "web_dir": built_page}
    with running_stack(Settings.model_validate(values), tmp_path) as stack:
        yield stack


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """A page on the empty gallery of this test."""
    with open_page(browser, stack.url) as page:
        yield page


@pytest.fixture(scope="session")
def session_redis(session_dir: Path) -> Iterator[str]:
    """URL of a Redis that tests do not flush."""
    folder = session_dir / "lasting-run"
    folder.mkdir(mode=0o700)
    with running_redis(folder, session_dir / "lasting-redis.log") as url:
        yield url


@pytest.fixture(scope="session")
def session_database(postgres_url: str, _admin: psycopg.Connection, _template: str) -> str:
    """URL of a migrated database that tests do not drop."""
    _admin.execute("CREATE DATABASE gallery_lasting TEMPLATE gallery_template")
    return postgres_url.replace("/postgres?", "/gallery_lasting?")


@pytest.fixture(scope="session")
def sample_gallery(  # noqa: PLR0913, PLR0917 (each is a server or a file that the service needs)
    session_database: str,
    session_redis: str,
    weights: Path,
    compiled_model: Path,
    built_page: Path,
    session_dir: Path,
) -> Iterator[SampleGallery]:
    """A service with sample images, shared by the session. Tests must not change it."""
    assert compiled_model.is_file()
    settings = Settings.model_validate(
        {
            "database_url": session_database,
            "redis_url": session_redis,
            "objects_url": (session_dir / "lasting-objects").as_uri(),
            "data_dir": session_dir / "data",
            "weights": weights,
            "web_dir": built_page,
            "port": 0,
            "workers": 1,
        }
    )
    logs = session_dir / "lasting-logs"
    logs.mkdir()
    with running_stack(settings, logs) as stack:
        yield fill_with_samples(stack)


@pytest.fixture
def sample_page(browser: Browser, sample_gallery: SampleGallery) -> Iterator[Page]:
    """A page on the sample gallery, with reduced motion."""
    with open_page(browser, sample_gallery.url, reduced_motion="reduce") as page:
        yield page


@pytest.fixture(scope="session")
def axe() -> str:
    """Source of axe-core."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run `make web`")
    return AXE.read_text()
