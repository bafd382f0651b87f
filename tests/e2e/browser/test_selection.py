"""Selection bar: work on several images at once."""

import csv
from pathlib import Path

from playwright.sync_api import Page, expect

from infra.settings import Settings
from tests.e2e.browser.actions import make_files, upload_files
from tests.support.factories import execute
from tests.support.processes import Stack

FAIL = """
    UPDATE images SET status = 'failed', failure_code = 'internal', failure_detail = 'X.'
     WHERE id IN (SELECT image_id FROM job_items WHERE name = 'lake.jpg')
"""


def select(page: Page, *names: str) -> None:
    """Select images in the gallery by their checkboxes."""
    for name in names:
        page.get_by_role("checkbox", name=f"Select {name}").check()


def test_toasts_do_not_cover_the_selection_bar(page: Page) -> None:
    """P5: toasts covered the selection bar and took its clicks."""
    upload_files(page, make_files("lake.jpg", "dune.jpg", "reef.jpg"))
    expect(page.get_by_role("heading", name="Upload finished")).to_be_visible()
    page.goto("/#/gallery")
    page.get_by_role("button", name="Delete lake.jpg").click()
    expect(page.get_by_text("1 image moved to trash.")).to_be_visible()
    select(page, "dune.jpg")
    bar = page.get_by_role("toolbar", name="Selected images").bounding_box()
    toast = page.locator(".toast").bounding_box()

    assert bar is not None
    assert toast is not None
    assert toast["y"] + toast["height"] <= bar["y"]


def test_selection_can_be_exported_and_its_failed_images_retried(
    page: Page, stack: Stack, settings: Settings, tmp_path: Path
) -> None:
    stack.stop("worker")
    upload_files(page, make_files("lake.jpg", "dune.jpg", "reef.jpg"))
    expect(page.get_by_role("button", name="3 queued")).to_be_visible()
    execute(settings.require_database_url(), FAIL)
    page.goto("/#/gallery")
    select(page, "dune.jpg")
    bar = page.get_by_role("toolbar", name="Selected images")
    expect(bar.get_by_role("button", name="Retry")).to_have_count(0)
    select(page, "lake.jpg")
    with page.expect_download() as download:
        bar.get_by_role("button", name="Export selected as CSV").click()
    path = tmp_path / "selected.csv"
    download.value.save_as(path)
    with path.open(newline="") as file:
        assert {row["Name"] for row in csv.DictReader(file)} == {"lake.jpg", "dune.jpg"}

    bar.get_by_role("button", name="Retry 1 image").click()
    expect(page.get_by_text("1 image queued again.")).to_be_visible()
    stack.start("worker")
    expect(page.get_by_text("Ready", exact=True)).to_be_visible()
