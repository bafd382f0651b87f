"""Problems view: reasons of failed images, and what can be done about them (P2)."""

import csv
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from infra.settings import Settings
from tests.e2e.browser.actions import make_files, upload_files
from tests.support.factories import execute
from tests.support.processes import Stack

FAIL = """
    UPDATE images SET status = 'failed', failure_code = %s, failure_detail = 'X.'
     WHERE id IN (SELECT image_id FROM job_items WHERE name = ANY(%s))
"""
CRASHED = ["lake.jpg", "dune.jpg"]
DAMAGED = ["reef.jpg"]


def fail_images(page: Page, stack: Stack, settings: Settings) -> None:
    """Upload images that have failed for two reasons although they are intact."""
    stack.stop("worker")
    upload_files(page, make_files(*CRASHED, *DAMAGED))
    expect(page.get_by_role("button", name="3 queued")).to_be_visible()
    url = settings.require_database_url()
    execute(url, FAIL, "crashed_worker", CRASHED)
    execute(url, FAIL, "truncated", DAMAGED)
    stack.start("worker")


def reason_row(page: Page, cause: str) -> Locator:
    """Return the row of a reason."""
    reasons = page.get_by_role("list", name="Reasons")
    return reasons.get_by_role("article", name=cause)


def test_status_leads_to_problems_that_can_be_retried_or_deleted(
    page: Page, stack: Stack, settings: Settings
) -> None:
    """P2: the status said "Ready" with 2,010 failed images that had no entry point."""
    fail_images(page, stack, settings)
    page.get_by_role("banner").get_by_role("link", name="3 problems").click()
    expect(page.get_by_text("3 images could not be processed")).to_be_visible()
    listed = page.get_by_role("list", name="Failed images").get_by_role("article")
    expect(listed).to_have_count(3)

    crashed, damaged = (reason_row(page, c) for c in ("Processing crashed", "File is cut off"))
    expect(damaged.get_by_role("button", name="Retry all")).to_have_count(0)
    crashed.get_by_role("button", name="Show 2 images").click()
    expect(listed).to_have_count(2)
    crashed.get_by_role("button", name="Retry all").click()
    expect(crashed.get_by_role("status")).to_have_text("2 fixed, 0 still failing")
    page.get_by_role("link", name="Show all").click()
    expect(listed).to_have_count(1)

    damaged.get_by_role("button", name="Move to trash").click()
    expect(page.get_by_text("1 image moved to trash.")).to_be_visible()
    expect(page.get_by_role("banner").get_by_text("Ready", exact=True)).to_be_visible()
    page.keyboard.press("Control+z")
    expect(damaged).to_be_visible()


def test_list_of_a_reason_can_be_downloaded(sample_page: Page, tmp_path: Path) -> None:
    sample_page.goto("/#/problems")
    with sample_page.expect_download() as download:
        sample_page.get_by_role("link", name="Download list").click()
    path = tmp_path / "failed.csv"
    download.value.save_as(path)
    with path.open(newline="") as file:
        assert [row["Name"] for row in csv.DictReader(file)] == ["broken.jpg"]


def test_failed_image_opens_from_the_list(sample_page: Page) -> None:
    sample_page.goto("/#/problems")
    sample_page.get_by_role("link", name="broken.jpg").click()
    panel = sample_page.get_by_role("complementary")
    expect(panel.get_by_text("This file is cut off.")).to_be_visible()
    sample_page.go_back()
    expect(sample_page).to_have_url(re.compile("#/problems$"))
    expect(sample_page.get_by_role("heading", name="Problems")).to_be_visible()


def test_gallery_without_failed_images_has_no_problems(page: Page) -> None:
    page.goto("/#/problems")
    expect(page.get_by_role("heading", name="No problems")).to_be_visible()


def test_problems_that_cannot_be_loaded_load_when_the_service_is_back(
    page: Page, stack: Stack
) -> None:
    page.goto("/")
    expect(page.get_by_text("Ready", exact=True)).to_be_visible()
    stack.stop("api")
    page.goto("/#/problems")
    expect(page.get_by_role("heading", name="Can't load problems")).to_be_visible()
    stack.start("api")
    expect(page.get_by_role("heading", name="No problems")).to_be_visible()
