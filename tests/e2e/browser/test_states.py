"""What keeps the gallery from working is said in words, and passes by itself."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect

from infra.database.queries.api_keys import create_key
from infra.settings import Settings
from tests.e2e.browser.actions import files, open_view, upload
from tests.support.processes import Stack, running_stack


@pytest.fixture
def later_weights(tmp_path: Path) -> Path:
    """Where weights will be."""
    return tmp_path / "later.weights.h5"


@pytest.fixture
def stack(
    settings: Settings, later_weights: Path, compiled_model: Path, built_page: Path, tmp_path: Path
) -> Iterator[Stack]:
    """An API alone."""
    assert compiled_model.is_file()  # by content, so that late weights need not be compiled
    values = settings.model_dump(exclude_unset=True)
    values |= {"weights": later_weights, "web_dir": built_page}
    with running_stack(Settings.model_validate(values), tmp_path, workers=0) as stack:
        yield stack


def says(page: Page, short: str, long: str) -> None:
    """Wait until the bar has the short words, and the page the long ones."""
    expect(page.get_by_role("banner").get_by_text(short, exact=True)).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text=long)).to_be_visible()


def test_no_worker_no_weights_and_no_service_are_each_told(
    page: Page, stack: Stack, later_weights: Path, weights: Path
) -> None:
    upload(page, files("lake.jpg"))
    row = page.get_by_role("article", name="lake.jpg")
    expect(row.get_by_text("Queued")).to_be_visible()
    says(page, "No worker", "No worker is running.")
    expect(page.get_by_text("1 picture will wait until then.")).to_be_visible()

    stack.start("worker")
    says(page, "No model", "No MobileNetV2 weights")
    shutil.copy(weights, later_weights)
    expect(row.get_by_text("Done")).to_be_visible()
    expect(page.get_by_text("Ready", exact=True)).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)

    stack.stop("api")
    says(page, "Offline", "The gallery cannot be reached.")
    open_view(page, "Gallery")
    expect(page.get_by_role("heading", name="The pictures could not be loaded")).to_be_visible()
    stack.start("api")
    expect(page.get_by_role("heading", name="lake.jpg")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_who_signs_out_sees_nothing_until_signing_in_again(page: Page, settings: Settings) -> None:
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        key = create_key(conn, "me", ["read"])
    page.goto("/#/gallery")
    page.get_by_role("textbox", name="Key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="No pictures yet")).to_be_visible()

    with page.expect_navigation():
        page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
