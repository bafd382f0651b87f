"""Notices about a missing worker, a missing model, an unreachable service, and sign-in."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect

from infra.database.queries.api_keys import create_key
from infra.settings import Settings
from tests.e2e.browser.actions import make_files, open_view, upload_files
from tests.support.processes import Stack, running_stack


@pytest.fixture
def missing_weights(tmp_path: Path) -> Path:
    """Configured path of the weights, where the test copies them later."""
    return tmp_path / "later.weights.h5"


@pytest.fixture
def stack(
    settings: Settings,
    missing_weights: Path,
    compiled_model: Path,
    built_page: Path,
    tmp_path: Path,
) -> Iterator[Stack]:
    """The API without a worker."""
    # The compiled model is cached by the hash of the weights, so late weights start fast.
    assert compiled_model.is_file()
    values = settings.model_dump(exclude_unset=True)
    values |= {"weights": missing_weights, "web_dir": built_page}
    with running_stack(Settings.model_validate(values), tmp_path, workers=0) as stack:
        yield stack


def expect_notice(page: Page, short: str, long: str) -> None:
    """Wait until the header shows the short text and an alert the long one."""
    expect(page.get_by_role("banner").get_by_text(short, exact=True)).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text=long)).to_be_visible()


def test_notice_names_missing_worker_missing_model_and_offline_service(
    page: Page, stack: Stack, missing_weights: Path, weights: Path
) -> None:
    upload_files(page, make_files("lake.jpg"))
    row = page.get_by_role("article", name="lake.jpg")
    expect(row.get_by_text("Queued")).to_be_visible()
    detail = stack.get("/api/v1/status")["workers"]["detail"]
    expect_notice(page, "No worker", detail)
    expect(page.get_by_text("1 image waiting to be processed.")).to_be_visible()

    stack.start("worker")
    expect_notice(page, "No model", "No MobileNetV2 weights")
    shutil.copy(weights, missing_weights)
    expect(row.get_by_text("Done")).to_be_visible()
    expect(page.get_by_text("Ready", exact=True)).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)

    stack.stop("api")
    expect_notice(page, "Offline", "Can't reach the server. Retrying automatically.")
    open_view(page, "Gallery")
    expect(page.get_by_role("heading", name="Can't load images")).to_be_visible()
    stack.start("api")
    expect(page.get_by_role("heading", name="lake.jpg")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_signed_out_page_requires_sign_in_after_reload(page: Page, settings: Settings) -> None:
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        key = create_key(conn, "me", ["read"])
    page.goto("/#/gallery")
    page.get_by_role("textbox", name="Access key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="No images yet")).to_be_visible()

    with page.expect_navigation():
        page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
